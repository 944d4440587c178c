"""The exporter's brief: every line with its source, what holds on a day, what is unknown, pairs without a dossier."""

from __future__ import annotations

import json
import re
from datetime import date
from html.parser import HTMLParser

import pytest

from tarazu.core.errors import InputError, NetworkError, UnknownCodeError
from tarazu.planning import brief_rules
from tarazu.planning.brief import Brief, brief, product_code
from tarazu.planning.dossier import Dossier, load
from tarazu.planning.offers import SCREENING

DAY = date(2026, 6, 1)
TOPICS = [
    "flows", "potential", "tariff", "rules", "certificates", "rivals", "prices", "routes", "landed", "payment",
    "contacts", "deadlines",
]  # fmt: skip


@pytest.fixture(scope="module")
def dossier() -> Dossier:
    return load("kaz-irn")


@pytest.fixture(scope="module")
def barley(dossier: Dossier) -> Brief:
    return brief("1003", "KAZ", "IRN", dossier=dossier, on=DAY)


def texts(found: Brief, topic: str) -> str:
    return " | ".join(f"{fact.label}: {fact.text}" for fact in found.topic(topic).facts)


def test_every_line_has_a_source_and_every_row_exists(barley: Brief, dossier: Dossier) -> None:
    ids = {f"{name}:{row['id']}" for name, table in dossier.tables.items() for row in table}
    for topic in barley.topics:
        for fact in topic.facts:
            assert fact.source, fact
            named = re.findall(r"\b(?:products|markets|restrictions)(?:\.csv)?:\w+", fact.row)
            assert all(name.replace(".csv", "") in ids for name in named)


def test_the_topics_are_those_an_exporter_asks_for_in_order(barley: Brief) -> None:
    assert [topic.id for topic in barley.topics] == TOPICS
    assert all(topic.facts or topic.unknown for topic in barley.topics)


def test_flows_and_trend_are_those_of_the_rows(barley: Brief) -> None:
    said = texts(barley, "flows")
    assert "season 2024/25: 1,228 kt" in said
    assert "26-fold by tonnes: 1,070 kt in first 8 months of 2024/25 after 41 kt" in said
    assert "planned: barley, season 2025/26 forecast: 980 kt" in said


def test_potential_is_that_of_the_plan(barley: Brief, dossier: Dossier) -> None:
    from tarazu.planning.prepare import assess

    row = next(row for row in assess(dossier)[0].table if row["hs"] == "1003")
    assert f"potential: USD {row['potential_q50']:,.3g} m" in texts(barley, "potential")
    assert f"unrealised: USD {row['unrealised_q50']:,.3g} m" in texts(barley, "potential")


def test_the_duty_after_the_agreement_is_said_and_the_one_before_is_unknown(barley: Brief) -> None:
    assert "duty of Iran: barley: before unknown, after 0%" in texts(barley, "tariff")
    assert barley.topic("tariff").unknown == ()
    wheat = brief("1001", "KAZ", "IRN", on=DAY)
    assert "the duty of Iran on HS 1001 today" in wheat.topic("tariff").unknown


def test_a_duty_on_the_importers_own_goods_is_left_out(barley: Brief, dossier: Dossier) -> None:
    back = brief("080410", "IRN", "KAZ", dossier=dossier, on=date(2024, 1, 1))
    assert {"restrictions:re001"} <= {fact.row for fact in back.topic("tariff").facts}
    there = brief("1003", "KAZ", "IRN", dossier=dossier, on=date(2024, 1, 1))
    rows = {fact.row for fact in there.topic("tariff").facts}
    assert "restrictions:re002" in rows
    assert "restrictions:re001" not in rows


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "status", "day", "held"),
    [
        ("2022-04-15", "2022-06-15", "", "2022-05-01", "in force"),
        ("2022-04-15", "2022-06-15", "", "2022-06-15", "in force"),
        ("2022-04-15", "2022-06-15", "", "2022-06-16", "ended"),
        ("2022-04-15", "2022-06-15", "prolonged to 2022-09-30", "2022-09-30", "in force"),
        ("2022-04-15", "2022-06-15", "prolonged to 2022-09-30", "2022-10-01", "ended"),
        ("2022-04-15", None, "in force", "2026-01-01", "in force"),
        ("2022-04-15", None, None, "2026-01-01", "end not stated"),
        ("2022-04-15", None, "in force", "2022-04-14", "not yet in force"),
        ("2024", "2025-03", "ended", "2025-03-31", "in force"),
        ("2024", "2025-03", "ended", "2025-04-01", "ended"),
        ("2022", None, "then", "2026-01-01", "as reported then"),
    ],
)
def test_whether_a_rule_holds_on_a_day(valid_from, valid_to, status, day, held) -> None:  # type: ignore[no-untyped-def]
    row = {"valid_from": valid_from, "valid_to": valid_to, "status": status}
    assert brief_rules.state(row, date.fromisoformat(day)) == held


def test_a_quota_is_in_force_on_its_days_and_earlier_afterwards(dossier: Dossier) -> None:
    then = brief("1001", "KAZ", "IRN", dossier=dossier, on=date(2022, 5, 1))
    quota = next(fact for fact in then.topic("rules").facts if fact.row == "restrictions:re018")
    assert "in force" in quota.text
    assert "1000 kt" in quota.text
    now = texts(brief("1001", "KAZ", "IRN", dossier=dossier, on=DAY), "rules")
    assert "export quota" not in now
    assert "more that ended before" in now


def test_an_import_ban_of_the_exporter_does_not_concern_it(dossier: Dossier) -> None:
    found = brief("1001", "KAZ", "IRN", dossier=dossier, on=date(2023, 6, 1))
    assert "restrictions:re021" not in {fact.row for fact in found.topic("rules").facts}


def test_sanitary_rules_of_meat_are_said_and_those_of_barley_unknown(barley: Brief, dossier: Dossier) -> None:
    assert barley.topic("certificates").unknown == ("certificates that Iran requires for HS 1003",)
    lamb = brief("0204", "KAZ", "IRN", dossier=dossier, on=DAY)
    assert "halal" in texts(lamb, "certificates")
    assert lamb.topic("certificates").unknown == ()


def test_a_unit_value_far_outside_is_marked(dossier: Dossier) -> None:
    wheat = brief("1001", "KAZ", "IRN", dossier=dossier, on=DAY)
    outlier = next(fact for fact in wheat.topic("prices").facts if fact.label == "outlier")
    assert outlier.row == "products:pr028"
    assert "2,723 USD/t" in outlier.text
    assert "doubtful" in outlier.text


def test_routes_are_those_of_the_network_and_places_can_be_named(barley: Brief, dossier: Dossier) -> None:
    from tarazu.corridor.network import Network

    routes = Network.read("kaz-irn").routes("kostanay", "tehran", "barley").every
    cheapest = min(route.cost_usd_t for route in routes)
    assert f"{cheapest:,.0f} USD/t" in barley.topic("routes").facts[0].text
    moved = brief("1003", "KAZ", "IRN", dossier=dossier, on=DAY, origin="Petropavl", destination="Мешхед")
    assert "Petropavl to Mashhad" in moved.topic("routes").title
    with pytest.raises(NetworkError, match="Nearest"):
        brief("1003", "KAZ", "IRN", dossier=dossier, origin="Kostanai City")


def test_the_landed_price_is_the_sum_said_and_the_rival_named_or_unknown(barley: Brief) -> None:
    facts = {fact.label: fact.text for fact in barley.topic("landed").facts}
    total, value, freight = (
        float(x.replace(",", ""))
        for x in re.search(
            r"^([\d,]+) USD/t .*= ([\d,]+) free on board .*\+ ([\d,]+) freight", facts["landed"]
        ).groups()  # type: ignore[union-attr]
    )
    assert total == pytest.approx(value + freight, abs=1.1)
    assert "in place of the rival" in facts
    assert any("price of Russia" in what for what in barley.topic("landed").unknown)


def test_the_clearing_is_said_to_be_a_proposal_and_excluded_goods_are_named(
    barley: Brief, dossier: Dossier
) -> None:
    assert "a proposal that nobody has adopted" in texts(barley, "payment")
    assert "could pass through it" in texts(barley, "payment")
    oil = brief("2709", "KAZ", "IRN", dossier=dossier, on=DAY)
    assert "are excluded from it" in texts(oil, "payment")


def test_promises_on_the_product_come_with_body_and_evidence(barley: Brief) -> None:
    rows = {fact.row for fact in barley.topic("deadlines").facts}
    assert "register:co025.1" in rows  # 1 Mt of grain from the harvest of 2022/23
    assert "overdue" in texts(barley, "deadlines")
    assert "Food Corporation of Kazakhstan" in texts(barley, "contacts")


def test_words_are_taken_for_a_code_and_it_is_said(dossier: Dossier) -> None:
    code, (check,) = product_code("ячмень")
    assert code == "1003"
    assert check.name == "hs-suggested"
    code, (check,) = product_code("1003.90 000")
    assert (code, check.name) == ("100390", "national-digits")
    for wrong in ("qqqq zzzz", "99999", "7701", ""):
        with pytest.raises(UnknownCodeError):
            product_code(wrong)


def test_a_subheading_takes_the_line_of_its_heading(dossier: Dossier) -> None:
    found = brief("100390", "KAZ", "IRN", dossier=dossier, on=DAY)
    assert "(of barley, HS 1003)" in texts(found, "potential")


def test_a_pair_without_a_dossier_says_so_and_claims_nothing() -> None:
    found = brief("1003", "UZB", "KAZ", on=DAY)
    assert [check.name for check in found.checks] == ["no-dossier"]
    assert "USD 1,371 m in 2023" in found.checks[0].message
    assert {topic.id for topic in found.topics if topic.facts} <= {"certificates"}
    assert len(found.unknown) >= len(TOPICS)
    assert "no dossier" in found.html()


def test_what_makes_no_sense_is_refused(dossier: Dossier) -> None:
    with pytest.raises(InputError, match="both exporter and importer"):
        brief("1003", "KAZ", "Kazakhstan")
    with pytest.raises(InputError, match="is of Kazakhstan and Iran"):
        brief("1003", "KAZ", "TUR", dossier=dossier)
    with pytest.raises(UnknownCodeError):
        brief("1003", "KAZ", "Atlantis")
    with pytest.raises(NetworkError, match="no transport network"):
        brief("1003", "UZB", "KAZ", origin="Tashkent")


def test_json_has_every_line_and_every_unknown(barley: Brief) -> None:
    answer = json.loads(json.dumps(barley.to_dict(), allow_nan=False))
    assert [topic["id"] for topic in answer["topics"]] == TOPICS
    assert answer["unknown"] == list(barley.unknown)
    assert answer["screening"] == SCREENING
    line = answer["topics"][0]["lines"][1]
    assert set(line) == {"label", "text", "status", "row", "publisher", "published", "url"}


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.anchors: set[str] = set()
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids |= {given["id"] or ""} if "id" in given else set()
        href = given.get("href") or ""
        if href.startswith("#"):
            self.anchors.add(href[1:])
        if tag in ("script", "img", "link", "iframe") or "src" in given:
            self.loaded.append(tag)


def test_the_page_is_self_contained_numbers_its_sources_and_lists_the_unknown(barley: Brief) -> None:
    text = barley.html()
    page = _Page()
    page.feed(text)
    assert page.loaded == []
    assert page.anchors <= page.ids
    assert {*TOPICS, "unknown", "sources"} <= page.ids
    assert text.count('id="s') >= len(barley.sources)
    assert SCREENING in text
    assert "@page" in text


def test_texts_of_the_dossier_are_escaped(barley: Brief) -> None:
    from dataclasses import replace

    from tarazu.planning.brief import Fact, Topic

    evil = Topic("flows", "<script>alert(1)</script>", (Fact("<b>", "<img src=x>"),), ())
    text = replace(barley, topics=(evil, *barley.topics[1:])).html()
    assert "<script>" not in text
    assert "<img" not in text


def test_words_that_mean_no_one_heading_are_refused_with_the_candidates() -> None:
    with pytest.raises(UnknownCodeError, match=r"Candidates: .*0405 .*1512 "):
        product_code("масло")
    for words, code in (("сыр", "0406"), ("мед", "0409"), ("мёд", "0409"), ("cheese", "0406")):
        assert product_code(words)[0] == code
    with pytest.raises(UnknownCodeError):
        product_code("qqqqzzzz")


def test_a_chapter_is_refused_with_the_headings_of_the_dossier(dossier: Dossier) -> None:
    for chapter in ("10", "grain", "астық"):
        with pytest.raises(UnknownCodeError, match=r"chapter, cereals.*1001 .*1003 "):
            brief(chapter, "KAZ", "IRN", dossier=dossier, on=DAY)
    with pytest.raises(UnknownCodeError, match=r"Give a heading\.$"):
        brief("10", "UZB", "KAZ", on=DAY)


def test_potential_says_why_its_parts_do_not_add_up_and_what_does_not_fit(barley: Brief) -> None:
    said = {fact.label: fact.text for fact in barley.topic("potential").facts}
    assert "medians do not add" in said["why no sum"]
    assert "season 2024/25" in said["share"]
    assert said["does not fit"].startswith("16% of imports in 2022")
    assert "brought to 2025 from a row of season 2024/25" in said["realised in 2025"]
    assert "16% of Iran's imports (2022)" in texts(barley, "rivals")


def test_an_old_flow_is_not_one_of_the_base_year(dossier: Dossier) -> None:
    said = texts(brief("0804", "IRN", "KAZ", dossier=dossier, on=DAY), "potential")
    assert "brought to 2025 from a row of Jan-Jun 2022" in said


def test_computed_lines_name_the_years_of_their_rows_and_carry_a_date(barley: Brief) -> None:
    from tarazu.planning.brief_page import lead

    assert "(own rows of 2012–2021, newest Iranian year 1399; suppliers: Iranian year 1399)" in lead(barley)
    for topic in ("potential", "prices", "routes", "landed"):
        for fact in barley.topic(topic).facts:
            if fact.label not in ("why no sum",):
                assert re.search(r"\b(20\d\d|1[34]\d\d)\b", fact.text), fact
                assert fact.source is not None
                assert fact.source.published, fact


def test_a_page_of_an_earlier_day_knows_nothing_of_later_ones(dossier: Dossier) -> None:
    then = brief("1003", "KAZ", "IRN", dossier=dossier, on=date(2019, 6, 1))
    assert any(check.name == "later-rows" for check in then.checks)
    for topic in ("flows", "potential", "tariff", "rules", "rivals", "prices", "landed"):
        said = texts(then, topic)
        assert not re.search(r"\b202\d\b", said), (topic, said)
    assert "freight on 2019-06-01: rates of the network are of 2017–2022" in then.topic("routes").unknown


def test_goods_of_other_countries_are_set_apart(barley: Brief) -> None:
    facts = barley.topic("tariff").facts
    apart = [fact for fact in facts if fact.label.startswith("for comparison")]
    assert {"Kyrgyz", "Russian"} <= {word for fact in apart for word in fact.text.split()}
    assert facts[-len(apart) :] == tuple(apart)
    assert not any("Kyrgyz" in fact.text or "Russian" in fact.text for fact in facts[: -len(apart)])


def test_a_subheading_shows_the_rows_of_its_heading_as_such(dossier: Dossier) -> None:
    for code in ("100390", "1003900000"):
        found = brief(code, "KAZ", "IRN", dossier=dossier, on=DAY)
        assert "season 2024/25: 1,228 kt, of HS 1003" in texts(found, "flows")
        assert "of HS 1003" in texts(found, "prices")
