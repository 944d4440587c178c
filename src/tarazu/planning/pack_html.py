"""The commission pack as one self-contained HTML file in a language: nothing is fetched, and it prints well on A4.

Wide tables stand on landscape pages, table heads repeat, headings stay with what follows, and pages are numbered where
the browser can. Words in another language carry their language and direction. The page stands in
data/pack/pack.html.jinja.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from tarazu.core.parameters import bundled_text
from tarazu.planning.pack_values import UNKNOWN, Grid, Pack, Part, Phrase, Said, Value, When
from tarazu.planning.pack_words import RIGHT_TO_LEFT, digits, lines, text, word

if TYPE_CHECKING:
    from jinja2 import Environment

# Families that have Kazakh and Persian letters, the usual ones of each system.
FONTS = '"Noto Sans", "Segoe UI", Arial, "Liberation Sans", "DejaVu Sans", sans-serif'
PERSIAN_FONTS = (
    'Vazirmatn, "Noto Naskh Arabic", "Noto Sans Arabic", "Segoe UI", Tahoma, "DejaVu Sans", sans-serif'
)

_ADDRESS = re.compile(r"https?://[^\s<>\"']+")
_OURS = ("points", "sources")  # tables that look or behave in a way of their own


def html(pack: Pack, language: str) -> str:
    """Text of the file."""
    right_to_left = language in RIGHT_TO_LEFT
    environment = _environment()
    page = environment.get_template("pack.html.jinja")
    return page.render(
        language=language,
        direction="rtl" if right_to_left else "ltr",
        fonts=Markup(FONTS),
        persian_fonts=Markup(PERSIAN_FONTS),
        counter=", persian" if right_to_left else "",
        title=text(pack.title, language),
        drafted=lines(drafted(pack), language),
        contents=word("contents", language),
        parts=[_part(part, language) for part in pack.parts],
        footer=lines(footer(pack, language), language),
        digits=lambda number: digits(str(number), language),
    )


def drafted(pack: Pack) -> Phrase:
    """Who drafted it, from what, as of when."""
    name = Said(pack.register, kept=True)
    return Phrase("drafted", {"register": name, "day": When(pack.today.isoformat())})


def footer(pack: Pack, language: str) -> Phrase:
    """The line at the foot; where titles are translated, that these translations are ours."""
    shown = pack.translations.texts
    translated = any(said.language != language and said.into(language) is not None for said in shown)
    return Phrase("footer.translated" if translated else "footer", {"day": When(pack.today.isoformat())})


@cache
def _environment() -> Environment:
    from jinja2 import DictLoader, Environment, StrictUndefined

    loader = DictLoader({"pack.html.jinja": bundled_text("pack/pack.html.jinja")})
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
    environment.filters["address"] = _address
    return environment


def _address(words: str) -> Markup | str:
    """A link, where the text is nothing but an address."""
    if not _ADDRESS.fullmatch(words):
        return words
    return Markup('<a href="{0}" rel="noopener noreferrer">{0}</a>').format(words)


def _part(part: Part, language: str) -> dict[str, Any]:
    return {
        "id": part.id,
        "title": text(part.title, language),
        "wide": part.wide,
        "sentences": [lines(sentence, language) for sentence in part.sentences],
        "grids": [_grid(grid, language) for grid in part.grids],
    }


def _grid(grid: Grid, language: str) -> dict[str, Any]:
    whole = sum(grid.widths)
    return {
        "id": f"table-{grid.id}",
        "look": grid.id if grid.id in _OURS else "plain",
        "whole": grid.short,
        "caption": lines(grid.caption, language),
        "empty": lines(grid.empty, language),
        "widths": [round(100 * width / whole, 2) for width in grid.widths],
        "heads": [lines(head, language) for head in grid.heads],
        "rows": [[_cell(value, language) for value in row] for row in grid.rows],
    }


def _cell(value: Value, language: str) -> dict[str, Any]:
    return {"lines": lines(value, language), "unknown": value == UNKNOWN}
