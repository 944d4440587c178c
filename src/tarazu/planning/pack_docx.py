"""The commission pack as a Word document (Office Open XML) in a language.

Headings are Word's own, so that a secretariat can edit, number and list them; wide tables stand on landscape pages,
heads repeat and rows do not break. Persian has right-to-left paragraphs, runs and tables, which python-docx has no
words for: the elements (w:bidi, w:rtl, w:bidiVisual; ECMA-376, part 1, 17.3 and 17.4) are set here.
"""

from __future__ import annotations

from datetime import datetime, time
from io import BytesIO
from typing import TYPE_CHECKING, Any

from tarazu.core.errors import InputError
from tarazu.planning.pack_html import drafted, footer
from tarazu.planning.pack_values import Grid, Pack, Part
from tarazu.planning.pack_words import RIGHT_TO_LEFT, Line, Run, digits, lines, text

if TYPE_CHECKING:
    from docx.document import Document

FONT = "Arial"  # on every office computer, with Kazakh and Persian letters
BODY, SMALL = 10, 8  # points
LONG, SHORT = 297, 210  # mm, A4
MARGIN = 15  # mm
TAGS = {"en": "en-GB", "ru": "ru-RU", "kk": "kk-KZ", "fa": "fa-IR"}
HEAD_FILL = "F1F4F6"
MISSING = "A Word document needs python-docx, which is not installed: pip install 'tarazu[register]'."


def docx(pack: Pack, language: str) -> bytes:
    """Content of the file.

    Raises
    ------
    InputError
        If python-docx is not installed.
    """
    try:
        from docx import Document
    except ImportError as error:
        raise InputError(MISSING) from error
    writer = _Writer(Document(), language)
    writer.prepare(pack)
    writer.paragraph(lines(pack.title, language)[0], style="Title")
    writer.paragraph(lines(drafted(pack), language)[0], style="Subtitle")
    for number, part in enumerate(pack.parts, 1):
        writer.part(number, part)
    writer.foot(text(footer(pack, language), language))
    out = BytesIO()
    writer.document.save(out)
    return out.getvalue()


class _Writer:
    """Writes parts one after another into a document."""

    def __init__(self, document: Document, language: str) -> None:
        self.document = document
        self.language = language
        self.right_to_left = language in RIGHT_TO_LEFT
        self.wide = False

    def prepare(self, pack: Pack) -> None:
        """Page, styles and properties."""
        from docx.shared import Pt

        self._page(self.document.sections[0], wide=False)
        for name, size in (
            ("Normal", BODY),
            ("Title", 20),
            ("Subtitle", 11),
            ("Heading 1", 14),
            ("Caption", BODY),
        ):
            style: Any = self.document.styles[name]
            style.font.name, style.font.size = FONT, Pt(size)
            self._style(style, size)
        core = self.document.core_properties
        core.title, core.author, core.language = (
            text(pack.title, self.language),
            "Tarazu",
            TAGS[self.language],
        )
        core.comments = text(drafted(pack), self.language)
        core.created = core.modified = datetime.combine(pack.today, time())

    def _style(self, style: Any, size: int) -> None:
        """The same font and size for every script, the document's language, and black."""
        from docx.oxml.ns import qn
        from docx.shared import RGBColor

        style.font.color.rgb = RGBColor(0x12, 0x32, 0x4A) if style.name != "Normal" else RGBColor(0, 0, 0)
        style.font.italic = False
        if style.name not in ("Normal", "Subtitle"):
            style.font.bold = True
        properties = style.element.get_or_add_rPr()
        fonts = properties.get_or_add_rFonts()
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        for script in ("ascii", "hAnsi", "cs", "eastAsia"):
            fonts.set(qn(f"w:{script}"), FONT)
        _set(properties, "w:szCs", val=str(2 * size))
        tag = TAGS[self.language]
        _set(
            properties,
            "w:lang",
            val="en-GB" if self.right_to_left else tag,
            bidi=tag if self.right_to_left else "fa-IR",
        )

    def _page(self, section: Any, *, wide: bool) -> None:
        from docx.enum.section import WD_ORIENT
        from docx.shared import Mm

        section.orientation = WD_ORIENT.LANDSCAPE if wide else WD_ORIENT.PORTRAIT
        section.page_width, section.page_height = (Mm(LONG), Mm(SHORT)) if wide else (Mm(SHORT), Mm(LONG))
        section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Mm(MARGIN)
        if self.right_to_left:
            _set(section._sectPr, "w:bidi")
        self.wide = wide

    def part(self, number: int, part: Part) -> None:
        """Heading, sentences and tables; a new page where its format changes."""
        from docx.enum.section import WD_SECTION

        if part.wide != self.wide:
            self._page(self.document.add_section(WD_SECTION.NEW_PAGE), wide=part.wide)
        title = f"{digits(str(number), self.language)}. {text(part.title, self.language)}"
        self.paragraph((Run(title),), style="Heading 1")
        told = [line for sentence in part.sentences for line in lines(sentence, self.language)]
        for place, line in enumerate(told, 1):
            made = self.paragraph(line)
            made.paragraph_format.keep_with_next = bool(part.grids) and place == len(told)
        for grid in part.grids:
            caption = self.paragraph(lines(grid.caption, self.language)[0], style="Caption")
            caption.paragraph_format.keep_with_next = True
            if grid.rows:
                self._table(grid)
            else:
                self.paragraph(lines(grid.empty, self.language)[0])

    def paragraph(self, line: Line, *, style: str = "Normal") -> Any:
        """One paragraph of runs."""
        from docx.shared import Pt

        made = self.document.add_paragraph(style=style)
        made.paragraph_format.space_after = Pt(4)
        self.fill(made, line)
        return made

    def fill(self, paragraph: Any, line: Line, *, size: int | None = None, bold: bool | None = None) -> None:
        """Put runs into a paragraph, from the right where the document is read so."""
        from docx.shared import Pt

        if self.right_to_left:
            _set(paragraph._p.get_or_add_pPr(), "w:bidi")
        for each in line:
            run = paragraph.add_run(each.text)
            properties = run._r.get_or_add_rPr()
            if bold is not None:
                run.bold = bold
                _set(properties, "w:bCs", val="1" if bold else "0")
            if size is not None:
                run.font.size = Pt(size)
                _set(properties, "w:szCs", val=str(2 * size))
            # Words of a language read from the left keep their direction in a line from the right.
            if (each.language or self.language) in RIGHT_TO_LEFT:
                _set(properties, "w:rtl")
            if each.language:
                tag = TAGS.get(each.language, each.language)
                _set(
                    properties,
                    "w:lang",
                    **({"bidi": tag} if each.language in RIGHT_TO_LEFT else {"val": tag}),
                )

    def _table(self, grid: Grid) -> None:
        from docx.shared import Mm

        table = self.document.add_table(rows=0, cols=len(grid.heads), style="Table Grid")
        table.autofit = False
        if self.right_to_left:
            _set(table._tbl.tblPr, "w:bidiVisual")
        room = (LONG if self.wide else SHORT) - 2 * MARGIN
        widths = [Mm(room * width / sum(grid.widths)) for width in grid.widths]
        for column, width in zip(table.columns, widths, strict=True):
            column.width = width
        for number, row in enumerate((grid.heads, *grid.rows)):
            together = number == 0 or (grid.short and number < len(grid.rows))
            made = table.add_row()
            properties = made._tr.get_or_add_trPr()
            _set(properties, "w:cantSplit")
            if number == 0:
                _set(properties, "w:tblHeader")
            for cell, value, width in zip(made.cells, row, widths, strict=True):
                cell.width = width
                if number == 0:
                    _set(cell._tc.get_or_add_tcPr(), "w:shd", val="clear", color="auto", fill=HEAD_FILL)
                self._cell(cell, lines(value, self.language), head=number == 0, together=together)
        self.document.add_paragraph().paragraph_format.space_after = 0

    def _cell(self, cell: Any, found: tuple[Line, ...], *, head: bool, together: bool) -> None:
        """One cell; `together` with the row that follows."""
        for number, line in enumerate(found):
            paragraph = cell.paragraphs[0] if number == 0 else cell.add_paragraph()
            paragraph.paragraph_format.space_after = 0
            paragraph.paragraph_format.keep_with_next = together
            self.fill(paragraph, line, size=SMALL, bold=True if head else None)

    def foot(self, words: str) -> None:
        """The foot of every page: who drafted it, and the page's number."""
        paragraph = self.document.sections[0].footer.paragraphs[0]
        self.fill(paragraph, (Run(f"{words} · "),), size=SMALL)
        for kind, instruction in (("begin", ""), ("", "PAGE"), ("end", "")):
            run = paragraph.add_run()
            if self.right_to_left:
                _set(run._r.get_or_add_rPr(), "w:rtl")
            run._r.append(_element("w:fldChar", fldCharType=kind) if kind else _instruction(instruction))


# Children of properties that the schema wants in order; what is set here comes before these.
_AFTER: dict[str, str] = {
    "w:bidi": "adjustRightInd snapToGrid spacing ind contextualSpacing jc outlineLvl rPr rtlGutter docGrid",
    "w:bidiVisual": "tblStyleRowBandSize tblStyleColBandSize tblW jc tblCellSpacing tblInd tblBorders shd tblLayout "
    "tblCellMar tblLook",
    "w:bCs": "i iCs color spacing kern sz szCs rtl lang",
    "w:szCs": "highlight u rtl cs lang",
    "w:rtl": "cs lang",
    "w:shd": "noWrap tcMar textDirection vAlign",
}


def _set(parent: Any, name: str, **attributes: str) -> None:
    """Set a child element in its place, or its attributes where it is there already."""
    from docx.oxml.ns import qn

    found = parent.find(qn(name))
    if found is None:
        found = _element(name)
        later = {qn(f"w:{each}") for each in _AFTER.get(name, "").split()}
        place = next((i for i, child in enumerate(parent) if child.tag in later), len(parent))
        parent.insert(place, found)
    for key, value in attributes.items():
        found.set(qn(f"w:{key}"), value)


def _element(name: str, **attributes: str) -> Any:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    made = OxmlElement(name)
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), value)
    return made


def _instruction(words: str) -> Any:
    made = _element("w:instrText")
    made.text = words
    return made
