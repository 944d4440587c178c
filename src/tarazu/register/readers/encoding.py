"""Bytes to characters: by byte order mark, then by what the file declares, then UTF-8, then by likelihood.

Texts of the region are still found in windows-1251, KOI8-R, KZ-1048 and windows-1256, which all decode any bytes:
which of them it is can only be judged by the letters that come out (charset-normalizer does that). So the choice
is always said in a check, with how sure it is, and the caller can name the encoding.
"""

from __future__ import annotations

import codecs
import re
import warnings
from dataclasses import dataclass

from tarazu.core.checks import Check
from tarazu.core.errors import InputError
from tarazu.register.readers.content import missing, share, words
from tarazu.register.readers.garbled import garbled

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_COMMON = {"cp1251": "windows-1251", "cp1252": "windows-1252", "cp1256": "windows-1256", "koi8_r": "KOI8-R"}
_HIGH = (0x00, 0x04, 0x06, 0x20)
_WIDE = 0.9  # share of such bytes at one parity from which text without a mark is UTF-16
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f\x80-\x84\x86-\x9f\ufffd]")


@dataclass(frozen=True, slots=True)
class Decoded:
    """Characters of a file, and how its encoding was found."""

    text: str
    checks: tuple[Check, ...] = ()
    guessed: str = ""  # the library that judged, where one did


def decode(data: bytes, name: str, encoding: str | None = None, declared: str | None = None) -> Decoded:
    """The characters of a file.

    Parameters
    ----------
    encoding
        As the caller names it: taken as it is.
    declared
        As the file names it: taken if the bytes agree.

    Raises
    ------
    InputError
        If the bytes do not fit the named encoding, the encoding does not exist, or the content is not text.
    """
    found = _named(data, name, encoding) if encoding else _found(data, name, declared)
    zeros = found.text.count("\0")
    text = found.text.replace("\0", "")
    _refuse_binary(text, name)
    checks = found.checks
    if zeros:
        message = (
            f"{zeros:,} zero bytes stood in the text and were dropped. Look whether the file is damaged."
        )
        checks += (Check.warning("zero-bytes", name, message),)
    return Decoded(text, checks + garbled(text, name), found.guessed)


def _named(data: bytes, name: str, encoding: str) -> Decoded:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # some codecs warn of escapes; the reader is told by the error
            text = data.decode(encoding)
    except (LookupError, ValueError) as reason:
        if isinstance(reason, UnicodeDecodeError):
            message = (
                f"byte {reason.start:,} cannot be {encoding}. Name another encoding, or leave it to be found."
            )
        else:
            message = f"{encoding!r} is no text encoding. Write one such as utf-8, windows-1251, koi8-r, windows-1256."
        raise InputError(f"{name}: {message}") from None
    return Decoded(text.removeprefix("\ufeff"))


def _found(data: bytes, name: str, declared: str | None) -> Decoded:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _marked(data, name, encoding)
    if wide := _wide(data):
        text = data.decode(wide, "replace")
        message = f"read as {wide.upper()}, judged by its bytes: it has no byte order mark."
        return Decoded(text, (Check.note("encoding-assumed", name, message),))
    if declared and (text_of := _as_declared(data, declared)) is not None:
        return Decoded(text_of)
    try:
        return Decoded(data.decode("utf-8"), _contradicted(name, declared, "UTF-8"))
    except UnicodeDecodeError as reason:
        return _damaged(data, name, reason) or _judged(data, name, declared)


def _marked(data: bytes, name: str, encoding: str) -> Decoded:
    text = data.decode(encoding, "replace")
    label = encoding.removesuffix("-sig").upper()
    return Decoded(text, _replaced(text, name, label))


def _replaced(text: str, name: str, label: str) -> tuple[Check, ...]:
    bad = text.count("\ufffd")
    if not bad:
        return ()
    message = (
        f"{bad:,} places are not {label} and were read as \ufffd. Get a clean copy, or name the encoding."
    )
    return (Check.warning("damaged-characters", name, message),)


def _wide(data: bytes) -> str | None:
    """UTF-16 without a mark, known by its high bytes: those of Latin, Cyrillic and Arabic letters and punctuation."""
    sample = data[:4096]
    for high, low, encoding in (
        (sample[1::2], sample[::2], "utf-16-le"),
        (sample[::2], sample[1::2], "utf-16-be"),
    ):
        typical = sum(map(high.count, _HIGH))
        if 0 in high and 0 not in low and typical >= _WIDE * len(high):
            return encoding
    return None


def _as_declared(data: bytes, declared: str) -> str | None:
    """Text in the declared encoding; None if there is no such encoding or the bytes are not in it."""
    try:
        return data.decode(declared)
    except (LookupError, ValueError):
        return None


def _contradicted(name: str, declared: str | None, taken: str) -> tuple[Check, ...]:
    if not declared:
        return ()
    message = f"declares the encoding {declared!r}, which its bytes are not in; read as {taken}."
    return (Check.warning("encoding-contradicted", name, message),)


def _damaged(data: bytes, name: str, reason: UnicodeDecodeError) -> Decoded | None:
    """UTF-8 with a few wrong bytes, such as a cut file; None if it is rather another encoding."""
    text = data.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    wide = sum(1 for char in text[:100_000] if char > "\x7f" and char != "\ufffd")
    if bad > max(1, share("text", "damage_share") * len(data)) or wide <= 2 * bad:
        return None
    message = (
        f"{bad:,} places are not UTF-8 (the first is byte {reason.start:,}) and were read as \ufffd. "
        "Get a clean copy: the file may be cut."
    )
    return Decoded(text, (Check.warning("damaged-characters", name, message),))


def _judged(data: bytes, name: str, declared: str | None) -> Decoded:
    try:
        import charset_normalizer
    except ImportError:
        raise missing("charset-normalizer", f"{name}, which is not UTF-8,") from None
    best = charset_normalizer.from_bytes(data, cp_isolation=list(words("text", "encodings"))).best()
    if best is None:
        raise InputError(
            f"{name}: is not text in any encoding that is known here (tried {', '.join(_labels())}). "
            "Save it as UTF-8, or name its encoding."
        )
    sure = best.coherence >= share("text", "sure_coherence")
    label = _COMMON.get(best.encoding, best.encoding)
    degree = f"{'likely' if sure else 'not sure'}: coherence {best.coherence:.2f}"
    said = f"read as {label}, judged by its letters ({degree})"
    advice = "" if sure else " Look whether it reads well; name the encoding if not."
    check = (Check.note if sure else Check.warning)("encoding-assumed", name, f"{said}.{advice}")
    made_with = f"charset-normalizer {charset_normalizer.__version__}"
    text = data.decode(best.encoding, "replace")
    return Decoded(text, (*_contradicted(name, declared, label), check), made_with)


def _labels() -> list[str]:
    return [_COMMON.get(each, each) for each in words("text", "encodings")]


def _refuse_binary(text: str, name: str) -> None:
    bad = len(_CONTROL.findall(text))
    if bad > share("text", "control_share") * len(text) + 1:
        raise InputError(
            f"{name}: is not text: {bad:,} of {len(text):,} characters are control characters or cannot be decoded. "
            "Text, HTML, PDF and DOCX are read; if it is text, name its encoding."
        )
