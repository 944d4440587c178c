"""PDF: the text that the file itself states, page by page, by pypdf; pages are apart by a form feed.

Pages with right-to-left letters are read by where the signs stand (`pdf_lines`, `order`), because pypdf turns the
digits of Persian numbers round; so are pages with Kazakh letters, whose words it parts. Lines that the margin broke
are joined again (see `joined`); columns of a table come out as words apart by blanks, because a PDF does not state
tables.

Scanned pages hold pictures of text: they are named, so that a person can have
them recognised. Which text a file yields depends on pypdf's version, so it is part of the normaliser's name.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tarazu.core.checks import Check
from tarazu.core.errors import InputError
from tarazu.register.readers.content import Content, limit, missing, plain, share, words
from tarazu.register.readers.datelines import published
from tarazu.register.readers.order import has_right, is_right, read, spelling, years
from tarazu.register.readers.pdf_lines import Drawing, lines

if TYPE_CHECKING:
    from pypdf import PdfReader

_NAMED_PAGES = 12  # page numbers that one check lists
_UNREADABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ue000-\uf8ff\ufffd]")
_LISTED = re.compile(r"\s*(?:[-–—•▪●*]|\(?\d{1,3}[.)]|\(?\w[.)])\s")
_PROGRAM = re.compile(r"microsoft (?:word|powerpoint|excel) ?-|untitled|.*\.(?:docx?|pdf|indd|rtf)$", re.I)
# Letters that many fonts lack: browsers draw them in another one, and pypdf then parts the word («Қ аза қ стан»).
_KAZAKH = re.compile("[әғқңөұүһӘҒҚҢӨҰҮҺ]")
_LEAST_LINE = 40  # characters; a column of short lines has no margin to speak of


class _Exhausted(Exception):  # noqa: N818  (not an error of the user's: a signal through pypdf)
    """The file draws more than the limit."""


def read_pdf(data: bytes, name: str) -> Content:
    """The content of a PDF file.

    Raises
    ------
    InputError
        If pypdf is not installed, or the file is damaged, protected with a password, or beyond the limits.
    """
    try:
        import pypdf
    except ImportError:
        raise missing("pypdf", f"{name}, which is PDF,") from None
    with _warnings() as warned:
        reader = _opened(data, name)
        pages, checks = _pages(reader, name)
        title = _title(reader)
    if warned:
        message = f"is not as the standard asks ({len(warned)} findings; the first: {plain(warned[0])})."
        checks.append(Check.note("irregular-pdf", name, f"{message} Compare the text with the pages."))
    text = "\n\n\f\n\n".join(pages)
    return Content(text, title, published(text), tuple(checks), f"pypdf {pypdf.__version__}")


@contextmanager
def _warnings() -> Iterator[list[str]]:
    """What pypdf logs while it reads; it would else be printed among the user's results."""
    heard: list[str] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record.getMessage())

    logger, handler = logging.getLogger("pypdf"), Handler(logging.WARNING)
    logger.addHandler(handler)
    try:
        yield heard
    finally:
        logger.removeHandler(handler)


def _opened(data: bytes, name: str) -> PdfReader:
    from pypdf import PdfReader
    from pypdf.errors import DependencyError

    try:
        reader = PdfReader(BytesIO(data), strict=False)
        locked = reader.is_encrypted and not reader.decrypt("")
        count = 0 if locked else len(reader.pages)
    except DependencyError:
        raise missing("cryptography", f"{name}, which is an encrypted PDF,") from None
    except (Exception, RecursionError) as reason:  # pypdf lets any kind of error out of a damaged file
        raise InputError(
            f"{name}: is a damaged PDF: {plain(reason) or type(reason).__name__}. "
            "Get the file again, or print it to a new PDF."
        ) from None
    if locked:
        raise InputError(f"{name}: is protected with a password. Save it without one, and read that.")
    if not count:
        raise InputError(f"{name}: is a PDF without pages. Get the file again.")
    if count > limit("pdf", "pages"):
        raise InputError(
            f"{name}: has {count:,} pages, more than {limit('pdf', 'pages'):,}. Split it and give the parts."
        )
    return reader


def _pages(reader: PdfReader, name: str) -> tuple[list[str], list[Check]]:
    """Text of each page, and the checks on them."""
    budget = _Budget()
    texts: list[str] = []
    seen: dict[int, list[list[str]]] = {}
    checks: list[Check] = []
    for number, page in enumerate(reader.pages, 1):
        drawing = Drawing()

        def before(operator: bytes, _: Any, cm: list[float], __: Any, drawing: Drawing = drawing) -> None:
            budget.spend()
            drawing.entered(operator, cm)

        try:
            text = page.extract_text(
                visitor_operand_before=before,
                visitor_operand_after=drawing.operation,
                visitor_text=drawing.flushed,
            )
            texts.append(joined(text))
            if has_right(text) or _KAZAKH.search(text):
                seen[number] = _placed(drawing, text, f"{name}, page {number}", checks)
        except _Exhausted:
            raise InputError(
                f"{name}, page {number}: draws more than {limit('pdf', 'operations'):,} times; reading stopped. "
                "Print it to a new PDF, or split it."
            ) from None
        except (Exception, RecursionError) as reason:  # the other pages may be sound
            texts.append("")
            said = plain(reason) or type(reason).__name__
            message = f"cannot be read and was left out: {said}. Print the file to a new PDF."
            checks.append(Check.error("page-unreadable", f"{name}, page {number}", message))
    for number, text in _read_from_right({number: held for number, held in seen.items() if held}).items():
        texts[number - 1] = text
    doubts = (*_without_text(texts, name), *_without_letters(texts, name), *_reversed(texts, name))
    return texts, [*checks, *doubts, *_figures_reversed(texts, name)]


def _placed(drawing: Drawing, text: str, where: str, checks: list[Check]) -> list[list[str]]:
    """The lines of a page as they are seen; a check, and pypdf's own order, where too few signs could be placed."""
    blocks = lines(drawing)
    letters = sum(char.isalnum() for block in blocks for line in block for char in line)
    told = sum(char.isalnum() for char in text)
    whole = letters >= share("pdf", "placed_share") * told
    if not has_right(text):
        return blocks if whole and not drawing.doubtful else []
    if drawing.doubtful or not whole:
        message = (
            "the order of its words and figures is not certain: text is turned, or a font does not say how wide "
            "its signs are. Compare the figures with the page, or get it as DOCX or HTML."
        )
        checks.append(Check.warning("order-uncertain", where, message))
    return blocks if whole else []


def _read_from_right(seen: dict[int, list[list[str]]]) -> dict[int, str]:
    """Texts of pages from their lines as seen: turned round, unless the words then stand backwards.

    They do in files of programs that draw Persian letter by letter from the left; what is seen there is wrong, and
    the lines as they stand are right.
    """
    common = words("pdf", "common")
    drawn = {number: _text(blocks, None) for number, blocks in seen.items()}
    turned = {number: _text(blocks, is_right(drawn[number])) for number, blocks in seen.items()}
    forwards, backwards = spelling(list(turned.values()), common)
    return drawn if backwards > forwards else turned


def _text(blocks: list[list[str]], right: bool | None) -> str:
    """A page's text of its lines; as they are seen where `right` is None."""
    told = (("\n".join(line if right is None else read(line, right) for line in block)) for block in blocks)
    return joined("\n\n".join(told))


class _Budget:
    """Drawing operations that a file may still spend; pypdf calls `spend` before each."""

    def __init__(self) -> None:
        self.left = limit("pdf", "operations")

    def spend(self, *_: Any) -> None:
        self.left -= 1
        if self.left < 0:
            raise _Exhausted


def _without_text(texts: list[str], name: str) -> Iterator[Check]:
    empty = [number for number, text in enumerate(texts, 1) if not text.strip()]
    if not empty:
        return
    advice = "Run text recognition (OCR) on the file and give the result."
    if len(empty) == len(texts):
        message = f"holds no text on any of its pages ({len(texts)}): they are pictures, or empty. {advice}"
        yield Check.error("needs-text-recognition", name, message)
        return
    listed = ", ".join(map(str, empty[:_NAMED_PAGES])) + (", …" if len(empty) > _NAMED_PAGES else "")
    message = f"{len(empty)} of {len(texts)} pages hold no text: they are pictures, or empty. {advice}"
    yield Check.warning("needs-text-recognition", f"{name}, pages {listed}", message)


def _without_letters(texts: list[str], name: str) -> Iterator[Check]:
    length = sum(map(len, texts))
    bad = sum(len(_UNREADABLE.findall(text)) for text in texts)
    if bad > share("text", "control_share") * length + 1:
        message = (
            f"{bad:,} of {length:,} characters are no letters: the fonts do not say what they show. "
            "Run text recognition (OCR) on the file and give the result."
        )
        yield Check.error("letters-not-stated", name, message)


def _reversed(texts: list[str], name: str) -> Iterator[Check]:
    """A check where Persian words stand backwards whichever way the lines are read."""
    straight, backward = spelling(texts, words("pdf", "common"))
    if backward > straight:
        message = (
            f"Persian stands in reverse order: {backward} common words are spelt backwards, {straight} forwards. "
            "Run text recognition (OCR) on the file, or get it as DOCX or HTML."
        )
        yield Check.error("letters-reversed", name, message)


def _figures_reversed(texts: list[str], name: str) -> Iterator[Check]:
    """A check where more years stand backwards (4041) than forwards (1404)."""
    straight, backward = years([text for text in texts if has_right(text)])
    if backward > straight:
        message = (
            f"figures seem to stand backwards: {backward} of four digits are years only from their other end, "
            f"{straight} as they stand. Compare the amounts with the pages, or get the file as DOCX or HTML."
        )
        yield Check.warning("figures-reversed", name, message)


def _title(reader: PdfReader) -> str | None:
    """The stated title, unless it is only what a program puts there."""
    try:
        stated = reader.metadata.title if reader.metadata else None
    except (Exception, RecursionError):  # a damaged property is no reason to lose the text
        return None
    title = " ".join(str(stated or "").split())
    return None if not title or _PROGRAM.match(title) else title


def joined(page: str) -> str:
    """A page's text with the lines joined that the margin broke.

    A line is joined with the next if it is about as long as the page's lines get, does not end a sentence, and the
    next does not begin a list's item. A hyphen at its end goes only if the page has the whole word elsewhere: of
    "North-" and "South" it does not, and the hyphen stays. Where this errs a line break stays, never the reverse
    of a word lost.
    """
    lines = [line.rstrip() for line in page.replace("\r\n", "\n").split("\n")]
    lengths = sorted(len(line.strip()) for line in lines if line.strip())
    usual = lengths[int(0.9 * (len(lengths) - 1))] if lengths else 0
    if usual < _LEAST_LINE:
        return "\n".join(lines)
    full = share("pdf", "full_line") * usual
    whole = set(re.findall(r"\w+", page.casefold()))
    written = lines[:1]
    for last, line in pairwise(lines):
        if len(last.strip()) >= full and line.strip() and not _ends(last) and not _LISTED.match(line):
            written += _with(written.pop(), last, line.strip(), whole)
        else:
            written.append("\n" + line)
    return "".join(written)


def _ends(line: str) -> bool:
    return line.rstrip().rstrip("\"'”»)").endswith((".", "!", "?", ":", ";", "…", "؟", "؛"))


def _with(piece: str, last: str, line: str, whole: set[str]) -> tuple[str, str]:
    """The piece that ends with the line `last`, and the next line as it goes on."""
    if last.endswith("\u00ad"):
        return piece[:-1], line
    before, after = re.search(r"([^\W\d_]+)[-\u2010]$", last), re.match(r"[^\W\d_]+", line)
    if before and after and line[0].islower():
        apart = (before[1] + after[0]).casefold() not in whole
        return piece if apart else piece[:-1], line
    return piece, " " + line
