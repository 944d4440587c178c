"""Documents: a file becomes one normalised text, to whose characters every span of evidence refers.

Normalisation, version `NORMALISER`: canonical composition (Unicode NFC); line ends as one line feed; every kind of
blank as one space; invisible characters dropped (zero-width space and joiner, soft hyphen, marks of direction,
controls), but the zero-width non-joiner kept between two letters of Arabic script, where Persian spelling needs it;
presentation forms of Arabic letters and Latin ligatures, as PDF files have them, as their letters; tabs between a
table's cells kept; one blank line between blocks; a line of one form feed between pages. Digits and signs stay as
they are written, so that a quote shows the original. Normalising a normalised text changes nothing.

The same bytes give the same text for ever under one version; where a library takes part in it (PDF, HTML, a judged
encoding) its version is part of the normaliser's name.
"""

from __future__ import annotations

import hashlib
import re
import stat
import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from tarazu.core.checks import Check
from tarazu.core.errors import InputError
from tarazu.register.readers.content import DOCX, HTML, PDF, Content, limit
from tarazu.register.readers.docx import read_docx
from tarazu.register.readers.html import read_html
from tarazu.register.readers.pdf import read_pdf
from tarazu.register.readers.sniff import media_of
from tarazu.register.readers.text import read_text

NORMALISER = "1"  # raise it with every change that gives any text another normal form
UNDETERMINED = "und"  # ISO 639-2: the language of a document without text

_PAGE_BREAK = "\n\n\f\n\n"
_LONGEST_TITLE = 300  # characters
_SHOWN = 60  # characters of a quote that a message repeats
_NON_JOINER = "\u200c"
_ARABIC = "\u0620-\u065f\u066e-\u06d3\u06d5-\u06ef\u06fa-\u06ff\u0750-\u077f\u08a0-\u08ff"
_STRAY = re.compile(rf"(?<![{_ARABIC}]){_NON_JOINER}+|{_NON_JOINER}+(?![{_ARABIC}{_NON_JOINER}])")
_FORMS = (range(0xFB00, 0xFB07), range(0xFB50, 0xFDFC), range(0xFE70, 0xFEFD))  # not the sign of the rial


@dataclass(frozen=True, slots=True)
class Document:
    """A file that was read.

    Attributes
    ----------
    sha256
        Hash of the file's bytes, which identifies the document.
    text
        Normalised text; every span refers to its characters.
    language
        ``en``, ``ru``, ``kk`` or ``fa``; ``und`` for a document without text.
    media
        Media type, by content.
    published
        Day of publication, only if the file states it. The day on which a file was made is not that.
    normaliser
        Version of the normalisation, and libraries on which the text depends.
    checks
        What a person should know about the reading; an error among them means that text is missing.
    """

    sha256: str
    text: str
    language: str
    media: str
    title: str | None
    published: date | None
    normaliser: str
    checks: tuple[Check, ...]


def read(path: Path, *, encoding: str | None = None) -> Document:
    """Read a file: plain text, HTML, PDF or DOCX, as its content (not its name) shows.

    Parameters
    ----------
    encoding
        Encoding of a text or HTML file, where it is known; None finds it.

    Raises
    ------
    InputError
        If the file cannot be read, is too large, damaged, protected or of another kind; says how to mend it.
    """
    name = _shown(path.name or str(path))
    most = limit("file", "bytes")
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise InputError(f"{_shown(str(path))}: is a folder. Name the files in it.")
        if not stat.S_ISREG(found.st_mode):
            raise InputError(
                f"{_shown(str(path))}: is a device or a pipe, not a file. Save its content as a file."
            )
        if found.st_size > most:
            raise _too_large(name, found.st_size)
        with path.open("rb") as file:
            data = file.read(most + 1)  # never more, though the file should grow meanwhile
    except FileNotFoundError:
        raise InputError(f"{_shown(str(path))}: no such file. Check the spelling and the folder.") from None
    except (OSError, ValueError) as reason:
        said = getattr(reason, "strerror", None) or reason
        raise InputError(
            f"{_shown(str(path))}: cannot be read: {said}. Check the path and its permissions."
        ) from None
    return read_bytes(data, name, encoding=encoding)


def read_bytes(data: bytes, name: str, *, encoding: str | None = None) -> Document:
    """Read a file's bytes; `name` is how messages speak of it, and its suffix is held against the content.

    Raises
    ------
    InputError
        As `read` does.
    """
    name = _shown(name)
    if not data:
        raise InputError(f"{name}: is empty (0 bytes). Get the file again.")
    if len(data) > limit("file", "bytes"):
        raise _too_large(name, len(data))
    media, checks = media_of(data, name)
    content = _content(data, name, media, encoding)
    checks += content.checks
    if encoding and media in (PDF, DOCX):
        message = f"the encoding {encoding!r} was not needed: the format states its own."
        checks += (Check.note("encoding-not-used", name, message),)
    text = _bounded(content.text, name)
    if not text and not any(check.name == "needs-text-recognition" for check in checks):
        checks += (Check.error("no-text", name, "holds no text to read. Look whether it is the right file."),)
    return Document(
        sha256=hashlib.sha256(data).hexdigest(),
        text=text,
        language=_language(text),
        media=media,
        title=_title(content.title),
        published=content.published,
        normaliser=f"{NORMALISER} ({content.made_with})" if content.made_with else NORMALISER,
        checks=checks,
    )


def _content(data: bytes, name: str, media: str, encoding: str | None) -> Content:
    if media == PDF:
        return read_pdf(data, name)
    if media == DOCX:
        return read_docx(data, name)
    return read_html(data, name, encoding) if media == HTML else read_text(data, name, encoding)


def _language(text: str) -> str:
    if not text:
        return UNDETERMINED
    from tarazu.register.languages import detect

    return detect(text)


def _title(stated: str | None) -> str | None:
    title = " ".join(normalise(stated or "").split())
    return title[:_LONGEST_TITLE].rstrip() or None


def _bounded(raw: str, name: str) -> str:
    most = limit("file", "characters")
    if len(raw) > 4 * most or len(text := normalise(raw)) > most:
        raise InputError(
            f"{name}: holds more than {most:,} characters of text. Split it and give the parts: each is a document."
        )
    return text


def _too_large(name: str, size: int) -> InputError:
    return InputError(
        f"{name}: is {size:,} bytes, more than the {limit('file', 'bytes'):,} that are read. "
        "Split it, or save it without its pictures."
    )


def _shown(name: str) -> str:
    """A file's name as it can be printed, whatever its bytes."""
    return name.encode("utf-8", "backslashreplace").decode().replace("\n", "\\n")


def normalise(text: str) -> str:
    """The normal form of a text, as the module's docstring describes it; normalising it again changes nothing."""
    text = re.sub("\r\n?|[\v\x85\u2028]", "\n", text).replace("\u2029", "\n\n")
    text = text.translate(_characters())
    if not text.isascii():
        text = _few_marks(unicodedata.normalize("NFC", _few_marks(text)))
    # Dropping invisible characters can bring two non-joiners, or one and a border, together.
    text = _STRAY.sub("", re.sub(f"{_NON_JOINER}+", _NON_JOINER, text))
    if "  " in text:
        text = re.sub("  +", " ", text)
    for border in "\t\n":
        text = text.replace(f" {border}", border).replace(f"{border} ", border)
    return _PAGE_BREAK.join(map(_page, text.split("\f"))).rstrip("\f\n")


def _page(text: str) -> str:
    """A page's blocks with one blank line between them; lines of nothing but tabs are blank."""
    text = re.sub(r"\n\t+(?=\n)", "\n", f"\n{text}\n")
    return re.sub(r"\n{3,}", "\n\n", text).strip(" \n")


def _few_marks(text: str) -> str:
    """A text without the combining marks after the thirtieth of one letter: no writing has so many.

    Ordering longer runs takes the square of their length (Unicode Standard Annex 15, section 13, has the figure).
    """
    # Marks are neither letters nor blanks; a long run of such signs is rare, and only in it marks are looked for.
    return re.sub(r"[^\w\s]{31,}", lambda run: _marks().sub(r"\1", run[0]), text)


@cache
def _marks() -> re.Pattern[str]:
    marks = "".join(char for char in map(chr, range(0x20000)) if unicodedata.combining(char))
    return re.compile(f"([{re.escape(marks)}]{{30}})[{re.escape(marks)}]+")


@cache
def _characters() -> dict[int, str | None]:
    """What becomes of single characters: blanks a space, invisible ones nothing, presentation forms letters."""
    table: dict[int, str | None] = {}
    for code in (*range(0x3100), *range(0xD800, 0xE000), *range(0xF900, 0x10000), *range(0xE0000, 0xE0080)):
        char = chr(code)
        kind = unicodedata.category(char)
        if kind == "Zs":
            table[code] = " "
        elif kind == "Cs":
            table[code] = "\ufffd"
        elif kind in ("Cc", "Cf") and char not in f"\t\n\f{_NON_JOINER}" and not _is_visible(char):
            table[code] = None
        elif any(code in each for each in _FORMS) and unicodedata.decomposition(char):
            table[code] = unicodedata.normalize("NFKC", char)
    table[0xFFFE] = table[0xFFFF] = None  # no characters; XML, and so DOCX and XLSX, cannot hold them
    return table


def _is_visible(char: str) -> bool:
    """Format characters that are printed: Arabic number signs, the end of ayah."""
    return "\u0600" <= char <= "\u0605" or char in "\u06dd\u070f\u0890\u0891\u08e2"


def page(text: str, start: int) -> int:
    """The page, counted from 1, on which a character of a document stands; 1 where there are no pages."""
    return text.count("\f", 0, max(0, start)) + 1


def quote_stands(text: str, start: int | None, end: int | None, quote: str) -> Check | None:
    """Whether a quote stands at its span, or anywhere where none is given: None if so.

    Otherwise a check that says where it does stand, if anywhere.
    """
    spanned = start is not None and end is not None
    if not spanned and quote and quote in text:
        return None
    first, last = start or 0, end or 0
    if spanned and quote and 0 <= first < last and text[first:last] == quote:
        return None
    shown = quote if len(quote) <= _SHOWN else quote[:_SHOWN] + "…"
    where = f"characters {first} to {last}" if spanned else "anywhere"
    said = f'the quote "{shown}" does not stand {"at " if spanned else ""}{where}'
    return Check.error("quote-not-there", where, f"{said}; {_elsewhere(text, first, quote)}")


def _elsewhere(text: str, start: int, quote: str) -> str:
    if not quote:
        return "it is empty. Quote the words of the document."
    places = [match.start() for match in re.finditer(re.escape(quote), text)]
    if places:
        nearest = min(places, key=lambda place: abs(place - start))
        more = f" and at {len(places) - 1} more places" if len(places) > 1 else ""
        return f"it stands at {nearest} to {nearest + len(quote)}{more}. Correct the span."
    words = r"\s+".join(map(re.escape, normalise(quote).split()))
    found = re.search(words, text, re.IGNORECASE) if words else None
    if found:
        span = f"{found.start()} to {found.end()}"
        return f'nearly the same stands at {span}: "{found[0][:_SHOWN]}". Quote it as it is written.'
    return "it stands nowhere in the document. Look whether it is of another document or version."
