"""The page: complete, self-contained, safe against its own data."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser

import pytest

from tarazu.core.table import Column, Table
from tarazu.report.document import Document, Figure, Listing, Section, Show
from tarazu.report.pages import html, linked, number, share

HOSTILE = '<script>alert("1")</script>'
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 300" role="img"><title>Fan</title></svg>'

CHECKS = Table(
    "checks",
    (Column("severity"), Column("where"), Column("message"), Column("count", "rows"), Column("figure")),
    (
        ("note", "turnover.csv, row 3", "about", 1200, "baseline.2022"),
        ("error", "turnover.csv, row 14, column value_usd", HOSTILE, None, "baseline.2023"),
        ("warning", "tu038", "see http://example.org/a?b=1&c=2 and javascript:alert(1)", 3, "baseline.2024"),
        ("warning", "tu039", "seen twice", 2.5, "baseline.2025"),
    ),
)
PRODUCTS = Table(
    "products",
    (Column("product"), Column("realised", "USD", "three-year mean"), Column("cost", "USD m"),
     Column("chance", "share"), Column("year")),
    (("جو (barley)", 196e6, 12.5, 0.002, 2024), ("Sulphur", float("nan"), None, 0.34, 2023)),
)  # fmt: skip
FIGURE = Figure(
    "fan", "fan", "Where turnover goes", "The plan falls short.", "USD a year", "Tarazu; http://example.org/source",
    {"history": Table("history", (Column("year"), Column("q50", "USD")), ((2024, 605e6), (2025, 620e6)))},
)  # fmt: skip


def document(**changed: object) -> Document:
    parts: dict[str, object] = {
        "title": "Kazakhstan–Iran: what USD 3.0 bn by 2030 would take",
        "subtitle": "Turnover in the pooled series",
        "lead": "No bundle of the measures reaches the target: the chance is <1%.",
        "conditions": ("The regime of the last year holds.",),
        "sections": (
            Section("where", "Where trade goes", ("One paragraph.",), (FIGURE,), (_products(),)),
            Section("checks", "Checks", (), (), (_checks(),)),
        ),
        "colophon": {"To trace a figure": "tarazu explain kaz-irn probability", "Seed": "1"},
    }
    return Document(**(parts | changed))  # type: ignore[arg-type]


def _products() -> Listing:
    show = (Show("product", "Product"), Show("realised", "Realised", "usd"), Show("cost", "Cost", "usd"),
            Show("chance", "Chance", "percent"), Show("year", "Year", "year"))  # fmt: skip
    return Listing(PRODUCTS, show, "Products", folded=True)


def _checks() -> Listing:
    show = (Show("severity", "Severity"), Show("where", "Where"), Show("message", "Message"),
            Show("count", "Rows", "number"), Show("figure", "Figure", "figure"))  # fmt: skip
    return Listing(CHECKS, show, "Findings")


class Reader(HTMLParser):
    """Tags with their attributes, and a proof that every element is closed."""

    VOID = frozenset({"meta", "input", "link", "br", "img"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def page() -> str:
    return html(document(), {"fan": SVG})


def test_page_is_well_formed_and_its_ids_are_unique(page):
    reader = Reader(page)
    assert reader.open == []
    ids = [attributes["id"] for _, attributes in reader.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {a["href"] for a in reader.all("a") if a["href"].startswith("#")} <= {f"#{i}" for i in ids}


def test_page_fetches_nothing(page):
    reader = Reader(page)
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in reader.tags}
    assert "@import" not in page
    assert "url(" not in page
    policy = next(m for m in reader.all("meta") if m.get("http-equiv") == "Content-Security-Policy")
    assert policy["content"].startswith("default-src 'none'")


def test_hostile_text_is_escaped_wherever_it_stands():
    hostile = document(
        title=HOSTILE, subtitle=HOSTILE, lead=HOSTILE, conditions=(HOSTILE,), colophon={HOSTILE: HOSTILE},
        sections=(
            Section("a", HOSTILE, (HOSTILE,), (Figure("f", "fan", HOSTILE, HOSTILE, HOSTILE, HOSTILE, {}),),
                    (Listing(CHECKS, (Show("message", HOSTILE),), HOSTILE),
                     Listing(Table("none", (Column("a"),), ()), (Show("a", "A"),), empty=HOSTILE))),
        ),
    )  # fmt: skip
    for figures in (None, {"f": SVG}):
        text = html(hostile, figures)
        assert "<script" not in text
        assert Reader(text).open == []


def test_only_http_addresses_become_links(page):
    for link in Reader(page).all("a"):
        assert link["href"].startswith(("http://", "https://", "#", "data:text/csv"))
    assert 'href="http://example.org/a?b=1&amp;c=2"' in page


@pytest.mark.parametrize(
    ("text", "href"),
    [
        ("see https://example.org/x.", "https://example.org/x"),
        ("(https://example.org/x)", "https://example.org/x"),
        ("https://en.example.org/a_(b)", "https://en.example.org/a_(b)"),
        ('https://example.org/"onmouseover="x', "https://example.org/"),
    ],
)
def test_address_ends_where_it_ends(text, href):
    assert re.findall('href="([^"]*)"', linked(text)) == [href]


def test_every_table_travels_as_csv(page):
    links = {a["download"]: a["href"] for a in Reader(page).all("a") if "download" in a}
    assert set(links) == {"fan-history.csv", "products.csv", "checks.csv"}
    _, _, body = links["products.csv"].partition(",")
    assert base64.b64decode(body).decode() == PRODUCTS.to_csv()


def test_figure_cells_name_the_command_that_explains_them(page):
    codes = Reader(page).all("code")
    assert {"data-figure": "baseline.2022", "title": "tarazu explain kaz-irn baseline.2022"} in codes


def test_checks_stand_by_severity_with_a_tally(page):
    assert re.findall(r'class="severity (\w+)"', page) == ["error", "warning", "warning", "note"]
    assert "1 error, 2 warnings, 1 note" in page


def test_numbers_are_right_aligned_with_the_unit_in_the_header(page):
    assert (
        '<th scope="col" class="number" title="three-year mean">Realised <span class="unit">USD</span></th>'
        in page
    )
    for text in ("196 m", "12.5 m", "&lt;1%", "34%", "2024", "1,200"):
        assert f'<td dir="auto" class="number">{text}</td>' in page
    assert page.count('<span class="missing" title="missing">–</span>') == 3


def test_without_pictures_the_tables_of_figures_stand_in_their_place():
    without = html(document())
    assert "<svg" not in without
    assert "605 m" in without
    assert "No picture" not in without
    undrawn = html(document(), {"fan": "", "other": SVG})
    assert "No picture" in undrawn
    assert "605 m" in undrawn


def test_a_drawn_figure_hides_its_table(page):
    assert SVG in page
    assert "605 m" not in page
    assert "<b>Figure 1.</b> Where turnover goes" in page


def test_an_amount_in_the_title_is_not_broken_over_lines(page):
    assert "what USD\N{NO-BREAK SPACE}3.0\N{NO-BREAK SPACE}bn by 2030" in page


def test_a_cell_of_several_values_is_a_list():
    table = Table("rows", (Column("rows"),), ((("turnover:tu1", "turnover:tu2"),),))
    section = Section("a", "A", listings=(Listing(table, (Show("rows", "Rows"),)),))
    assert "turnover:tu1, turnover:tu2" in html(document(sections=(section,)))


def test_language_sets_the_direction(page):
    assert Reader(page).all("html") == [{"lang": "en", "dir": "ltr"}]
    assert Reader(html(document(language="fa"))).all("html") == [{"lang": "fa", "dir": "rtl"}]


def test_the_lead_is_plain_text_that_can_be_copied(page):
    assert re.search(r'<p class="lead" id="lead" dir="auto">[^<]*the chance is &lt;1%\.</p>', page)


def test_folded_rows_are_hidden_on_the_screen_only(page):
    assert "@media screen { .fold:not(:checked) ~ .folded { display: none; } }" in page
    assert page.count('class="fold"') == 1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0%"),
        (0.009, "<1%"),
        (0.01, "1%"),
        (0.997, ">99%"),
        (1, "100%"),
        (0.126, "13%"),
        (-0.2, "−20%"),
        (1.5, "150%"),
    ],
)
def test_shares_are_printed_in_whole_per_cents(value, text):
    assert share(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(1234567, "1,234,567"), (1234.5, "1,234"), (12.345, "12.3"), (0.01234, "0.0123"), (-3, "−3")],
)
def test_numbers_keep_three_significant_figures(value, text):
    assert number(value) == text
