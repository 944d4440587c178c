"""What kind of file the bytes are: content decides, a suffix that says otherwise is reported.

Signatures are those of the formats' own standards: PDF (ISO 32000, 7.5.2), ZIP (APPNOTE 4.3.7), the compound file
of old Office programs ([MS-CFB] 2.2), RTF, and the common pictures and archives. HTML has none; it is known by its
first elements.
"""

from __future__ import annotations

import re
from pathlib import PurePath

from tarazu.core.checks import Check
from tarazu.core.errors import InputError
from tarazu.register.readers.content import DOCX, HTML, PDF, TEXT

_SUFFIXES = {
    **dict.fromkeys((".txt", ".text", ".md"), TEXT),
    **dict.fromkeys((".html", ".htm", ".xhtml"), HTML),
    ".pdf": PDF,
    ".docx": DOCX,
}
_KINDS = {TEXT: "plain text", HTML: "HTML", PDF: "PDF", DOCX: "DOCX"}
_TAKEN = "Text, HTML, PDF and DOCX are read."
_HEAD = 4096  # bytes in which a kind shows itself

_PICTURES = {
    b"\x89PNG\r\n\x1a\n": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"II*\x00": "a TIFF picture",
    b"MM\x00*": "a TIFF picture",
}
_ARCHIVES = {b"\x1f\x8b": "gzip", b"Rar!": "RAR", b"7z\xbc\xaf": "7z", b"BZh": "bzip2", b"\xfd7zXZ": "xz"}
_OFFICE = {
    b"xl/workbook.xml": "an Excel workbook",
    b"ppt/presentation.xml": "a PowerPoint presentation",
    b"application/vnd.oasis.opendocument": "an OpenDocument file",
}
_PAGE = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)
_ELEMENT = re.compile(
    r"<(?:html|head|body|meta|title|div|p|table|tr|td|h[1-6]|ul|ol|article|section|span|br)\b[^<>]*>", re.I
)


def media_of(data: bytes, name: str) -> tuple[str, tuple[Check, ...]]:
    """Media type of a file's bytes, and a check where its suffix says another.

    Raises
    ------
    InputError
        If the content is of a kind that is not read; says what it is and how to convert it.
    """
    media = _by_signature(data, name) or _by_elements(data, name)
    suffix = PurePath(name).suffix.lower()
    promised = _SUFFIXES.get(suffix)
    if promised is None or promised == media:
        return media, ()
    message = (
        f"is named {suffix} but its content is {_KINDS[media]}, and it was read as that. "
        "Rename it, so that the next reader is not misled."
    )
    return media, (Check.warning("suffix-and-content-differ", name, message),)


def _by_signature(data: bytes, name: str) -> str | None:
    head = data[:_HEAD]
    if b"%PDF-" in head[:1024]:
        return PDF
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zipped(data, name)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        raise InputError(f"{name}: {_compound(data)} {_TAKEN}")
    if head.startswith(b"{\\rtf"):
        raise InputError(f"{name}: is an RTF file. Save it as DOCX or PDF. {_TAKEN}")
    for mark, kind in _PICTURES.items():
        if head.startswith(mark):
            raise InputError(
                f"{name}: is {kind}, with no text to read. Run text recognition (OCR) and give its result. {_TAKEN}"
            )
    for mark, kind in _ARCHIVES.items():
        if head.startswith(mark):
            raise InputError(f"{name}: is an archive ({kind}). Unpack it and give the documents. {_TAKEN}")
    return None


def _zipped(data: bytes, name: str) -> str:
    # Names of members stand uncompressed in the archive's directory.
    if b"word/document" in data:
        return DOCX
    kind = next((kind for mark, kind in _OFFICE.items() if mark in data), None)
    if kind:
        raise InputError(f"{name}: is {kind}, not a text document. Save it as DOCX, PDF or text. {_TAKEN}")
    raise InputError(
        f"{name}: is a ZIP archive without a Word document. Unpack it and give the files. {_TAKEN}"
    )


def _compound(data: bytes) -> str:
    if "EncryptedPackage".encode("utf-16-le") in data:
        return "is an Office document protected with a password. Save it without the password."
    return "is a document of an old Office program (.doc, .xls). Save it as DOCX or PDF."


def _by_elements(data: bytes, name: str) -> str:
    head = data[:_HEAD]
    encoding = "utf-16" if head.startswith((b"\xff\xfe", b"\xfe\xff")) else "latin-1"
    start = head.removeprefix(b"\xef\xbb\xbf").decode(encoding, "ignore")
    if _PAGE.match(start):
        return HTML
    named = PurePath(name).suffix.lower() in (".html", ".htm", ".xhtml")
    found = len(_ELEMENT.findall(start))
    # A fragment must begin as markup does; a text may speak of a tag or two.
    return HTML if found and (named or (start.lstrip().startswith("<") and found > 1)) else TEXT
