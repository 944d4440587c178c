"""DOCX: the body in its order, as it would be printed with all tracked changes accepted; footnotes at the end.

WordprocessingML (ECMA-376, part 1, section 17) is read straight from the archive with lxml, because inserted text
and content controls belong to the text. Deleted and hidden text, field codes, headers and footers do not. A table's
row is a line with tabs between its cells. Automatic numbers are written out (see `numbering`): a protocol's points
are cited by them. Sizes are limited before and while unpacking; a document type declaration is refused.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING

from tarazu.core.checks import Check
from tarazu.core.errors import InputError
from tarazu.register.readers.content import Content, limit, missing, plain, set_apart
from tarazu.register.readers.datelines import published
from tarazu.register.readers.numbering import Numbering, W

if TYPE_CHECKING:
    from lxml import etree

_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/wordprocessingml/main")
_TRANSITIONAL = b"http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_MAIN = re.compile(r"word/document\d*\.xml")
_NOTES = ("word/footnotes.xml", "word/endnotes.xml")

_GONE = frozenset((*(W + tag for tag in ("del", "moveFrom", "instrText", "delText")), f"{_MC}Fallback"))
_SIGNS = {
    W + "tab": "\t",
    W + "br": "\n",
    W + "cr": "\n",
    W + "noBreakHyphen": "-",
    W + "softHyphen": "",
}


def read_docx(data: bytes, name: str) -> Content:
    """The content of a Word document.

    Raises
    ------
    InputError
        If lxml is not installed, or the file is damaged, protected, unsafe or beyond the limits.
    """
    try:
        from lxml import etree  # noqa: F401
    except ImportError:
        raise missing("lxml", f"{name}, which is DOCX,") from None
    archive = _Archive(data, name)
    body = archive.xml(archive.main)
    story = _Story(
        Numbering(archive.xml_or_none("word/numbering.xml"), archive.xml_or_none("word/styles.xml"))
    )
    blocks = list(story.blocks(body))
    notes = [block for part in _NOTES for block in _notes(archive.xml_or_none(part))]
    text = "\n\n".join([*blocks, *notes])
    title = archive.title() or story.title
    return Content(text, title, published(text), tuple(_changes(body, name)))


class _Archive:
    """The file as a ZIP archive whose parts are unpacked within limits."""

    def __init__(self, data: bytes, name: str) -> None:
        self.name = name
        # The directory is read whole on opening: entries are counted before that.
        if data.count(b"PK\x01\x02") > limit("docx", "members"):
            raise self._bomb(f"it holds more than {limit('docx', 'members'):,} files")
        try:
            self.archive = zipfile.ZipFile(BytesIO(data))
            members = self.archive.infolist()
        except Exception as reason:  # zipfile lets several kinds of error out of a damaged archive
            raise self._damaged(reason) from None
        total = sum(member.file_size for member in members)
        if total > limit("docx", "total"):
            raise self._bomb(f"it would unpack to {total:,} bytes (at most {limit('docx', 'total'):,})")
        self.names = {member.filename for member in members}
        found = sorted(filter(_MAIN.fullmatch, self.names))
        if not found:
            raise InputError(
                f"{name}: is an archive without word/document.xml, not a Word document. Save it anew."
            )
        self.main = found[0]

    def xml(self, part: str) -> etree._Element:
        """The root of a part."""
        from lxml import etree

        data = _STRICT.sub(_TRANSITIONAL, self._unpacked(part))
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
        )
        try:
            root = etree.fromstring(data, parser)
        except (etree.XMLSyntaxError, ValueError) as reason:
            raise self._damaged(f"{part}: {plain(reason)}") from None
        info = root.getroottree().docinfo
        if info.internalDTD is not None or info.doctype:
            raise InputError(
                f"{self.name}: {part} declares a document type, which no Word document does and which can be used "
                "to read files or exhaust memory. Save it anew from a word processor, and ask where it comes from."
            )
        return root

    def xml_or_none(self, part: str) -> etree._Element | None:
        """The root of a part that a document need not have."""
        return self.xml(part) if part in self.names else None

    def title(self) -> str | None:
        """The title among the document's properties."""
        properties = self.xml_or_none("docProps/core.xml")
        stated = properties.findtext(f"{_DC}title") if properties is not None else None
        return " ".join((stated or "").split()) or None

    def _unpacked(self, part: str) -> bytes:
        most = limit("docx", "part")
        try:
            member = self.archive.getinfo(part)
            if member.flag_bits & 1:
                raise InputError(f"{self.name}: is protected with a password. Save it without one.")
            with self.archive.open(member) as file:
                data = file.read(most + 1)  # never more, whatever the archive says of its size
        except InputError:
            raise
        except Exception as reason:  # as above, and the decompressors' own
            raise self._damaged(reason) from None
        if len(data) > most:
            raise self._bomb(f"{part} unpacks to more than {most:,} bytes")
        ratio = len(data) / max(1, member.compress_size)
        if len(data) > limit("docx", "ratio_from") and ratio > limit("docx", "ratio"):
            raise self._bomb(f"{part} is packed {ratio:,.0f} times (at most {limit('docx', 'ratio')})")
        return data

    def _bomb(self, found: str) -> InputError:
        return InputError(
            f"{self.name}: unpacking was refused: {found}. A document never needs that; it may be made to exhaust "
            "memory. Save it anew from a word processor, or give it as PDF."
        )

    def _damaged(self, reason: object) -> InputError:
        return InputError(
            f"{self.name}: is a damaged Word document: {plain(reason) or type(reason).__name__}. "
            "Get the file again, or open it in a word processor and save it anew."
        )


def _changes(body: etree._Element, name: str) -> Iterator[Check]:
    deleted = sum(1 for _ in body.iter(f"{W}delText"))
    inserted = sum(1 for _ in body.iter(f"{W}ins"))
    if deleted or inserted:
        message = (
            f"holds tracked changes ({inserted} insertions, {deleted} deletions); it was read as if all were "
            "accepted. Make sure that this is the agreed text."
        )
        yield Check.warning("tracked-changes", name, message)


def _notes(part: etree._Element | None) -> Iterator[str]:
    if part is None:
        return
    for note in part:
        yield from _Story(Numbering(None, None)).blocks(note)


class _Story:
    """A sequence of paragraphs and tables on its way to text."""

    def __init__(self, numbering: Numbering) -> None:
        self.numbering = numbering
        self.title: str | None = None

    def blocks(self, root: etree._Element) -> Iterator[str]:
        """Paragraphs and tables in their order; items of a list stay together in one block."""
        together: list[str] = []
        for element, is_item in self._items(root):
            if not is_item and together:
                yield "\n".join(together)
                together = []
            if is_item:
                together.append(element)
            elif element:
                yield element
        if together:
            yield "\n".join(together)

    def _items(self, root: etree._Element) -> Iterator[tuple[str, bool]]:
        """Text of each paragraph or table outside tables, and whether it is an item of a list."""
        from lxml import etree

        walk = etree.iterwalk(root, events=("start",), tag=(f"{W}p", f"{W}tbl", *_GONE))
        for _, element in walk:
            if element.tag in _GONE:
                walk.skip_subtree()
            elif element.tag == f"{W}tbl":
                walk.skip_subtree()
                yield self._table(element), False
            else:
                said = self._paragraph(element).strip()
                number = self.numbering.label(element) if said else ""
                self._heading(element, said)
                yield (f"{number} {said}", True) if number else (said, False)

    def _heading(self, paragraph: etree._Element, said: str) -> None:
        style = paragraph.find(f"{W}pPr/{W}pStyle")
        if said and self.title is None and style is not None and style.get(f"{W}val") == "Title":
            self.title = " ".join(said.split())

    def _table(self, table: etree._Element) -> str:
        rows = [
            "\t".join(self._cells(each))
            for row in table.iterchildren(f"{W}tr", f"{W}sdt")
            for each in (row.iter(f"{W}tr") if row.tag == f"{W}sdt" else (row,))
            if each.find(f"{W}trPr/{W}del") is None
        ]
        return "\n".join(row for row in rows if row.strip())

    def _cells(self, row: etree._Element) -> Iterator[str]:
        for cell in row.iter(f"{W}tc"):
            if next(cell.iterancestors(f"{W}tr")) is not row:
                continue  # of a table within: its text is the outer cell's
            said = (self._numbered(paragraph) for paragraph in cell.iter(f"{W}p"))
            yield " ".join(" ".join(said).split())
            span = cell.find(f"{W}tcPr/{W}gridSpan")
            across = span.get(f"{W}val", "1") if span is not None else "1"
            yield from [""] * (
                min(int(across), limit("html", "cells")) - 1 if re.fullmatch(r"[0-9]{1,6}", across) else 0
            )

    def _numbered(self, paragraph: etree._Element) -> str:
        said = self._paragraph(paragraph)
        number = self.numbering.label(paragraph) if said.strip() else ""
        return f"{number} {said}" if number else said

    def _paragraph(self, paragraph: etree._Element) -> str:
        """Text of a paragraph, without the paragraphs of text boxes within."""
        from lxml import etree

        parts: list[str] = []
        walk = etree.iterwalk(paragraph, events=("start",))
        for _, element in walk:
            if element is paragraph:
                continue
            tag = element.tag
            if tag in _GONE or tag in (f"{W}p", f"{W}pPr") or (tag == f"{W}r" and _has(element, "vanish")):
                walk.skip_subtree()
            elif tag == f"{W}t":
                parts.append(element.text or "")
            elif tag == f"{W}r" and parts and (position := _position(element)):
                parts.append(" " if set_apart(parts[-1], position == "superscript") else "")
            elif tag in _SIGNS:
                parts.append(_SIGNS[tag])
        return "".join(parts)


def _has(run: etree._Element, mark: str) -> bool:
    found = run.find(f"{W}rPr/{W}{mark}")
    return found is not None and found.get(f"{W}val", "true") not in ("0", "false", "off")


def _position(run: etree._Element) -> str:
    """``superscript``, ``subscript``, or empty for a run on the line."""
    found = run.find(f"{W}rPr/{W}vertAlign")
    said = found.get(f"{W}val") if found is not None else None
    return said if said in ("superscript", "subscript") else ""
