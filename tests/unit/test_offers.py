"""Offers and requests: lists read and checked, matches with reasons, the worked example of an announced list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from tarazu.core.errors import InputError
from tarazu.corridor.network import Network
from tarazu.planning.dossier import Dossier, load
from tarazu.planning.offers import Kind, OfferList, certificates, form, read_offers, scoring
from tarazu.planning.offers_example import Example, claims, example
from tarazu.planning.offers_freight import cheapest_hauls
from tarazu.planning.offers_match import Matched, match
from tarazu.planning.offers_prices import price_checks
from tarazu.planning.offers_reasons import months_text

DAY = date(2026, 6, 1)
Written = Callable[..., OfferList]


@pytest.fixture(scope="module")
def network() -> Network:
    return Network.read("kaz-irn")


@pytest.fixture(scope="module")
def dossier() -> Dossier:
    return load("kaz-irn")


@pytest.fixture
def written(tmp_path: Path, network: Network) -> Written:
    """A list from rows of text, its first line the header."""

    def write(*rows: str, kind: Kind = "offers", places: bool = False) -> OfferList:
        path = tmp_path / f"{kind}.csv"
        path.write_text("\n".join(rows) + "\n", encoding="utf-8")
        return read_offers(path, kind, network if places else None)

    return write


@pytest.fixture
def matched(written: Written, network: Network) -> Callable[..., Matched]:
    """Offers and requests of one header matched on the network."""

    def run(offers: list[str], requests: list[str], dossier: Dossier | None = None) -> Matched:
        left = written(HEADER, *offers, places=True)
        right = written(HEADER, *requests, kind="requests", places=True)
        assert not [c for c in (*left.checks, *right.checks) if c.severity == "error"]
        return match(left, right, network=network, dossier=dossier, on=DAY)

    return run


HEADER = (
    "id,country,product,hs,volume_low_t,volume_high_t,price_high_usd_t,incoterm,months,certificates,place,"
    "valid_until"
)
BARLEY = "o1,KAZ,barley,1003,,5000,190,FCA,9-5,phytosanitary;quality,Kostanay,"
WANTED = "r1,IRN,barley,1003,,4000,330,CPT,10-12,phytosanitary;quality,Tehran,"


def names(listed: OfferList) -> list[tuple[str, str]]:
    return [(check.name, check.where) for check in listed.checks]


@pytest.mark.parametrize(
    ("column", "value", "name"),
    [
        ("country", "Atlantis", "unknown-code"),
        ("hs", "10030", "unknown-code"),
        ("hs", "7701", "unknown-code"),
        ("hs", "1099", "unknown-code"),
        ("volume_high_t", "-5", "out-of-bounds"),
        ("volume_high_t", "0", "zero"),
        ("volume_high_t", "5 000 t", "not-a-number"),
        ("price_high_usd_t", "nan", "not-finite"),
        ("incoterm", "FREE", "unknown-choice"),
        ("months", "0-13", "not-months"),
        ("months", "harvest", "not-months"),
        ("valid_until", "1405-01-01", "not-gregorian"),
        ("product", "", "missing-value"),
    ],
)
def test_a_bad_cell_is_named_by_file_row_and_column(
    written: Written, column: str, value: str, name: str
) -> None:
    cells = dict(zip(HEADER.split(","), BARLEY.split(","), strict=True)) | {column: value}
    listed = written(HEADER, BARLEY.replace("o1", "o0"), ",".join(cells.values()))
    assert names(listed) == [(name, f"offers.csv, row 3, column {column}")]
    assert [line.id for line in listed.rows] == ["o0"]


def test_low_above_high_and_a_second_id_are_errors(written: Written) -> None:
    rows = ("a,KAZ,barley,1003,9,5", "b,KAZ,barley,1003,,5", "b,KAZ,wheat,1001,,5")
    listed = written("id,country,product,hs,volume_low_t,volume_high_t", *rows)
    assert names(listed) == [
        ("low-above-high", "offers.csv, row 2, column volume_high_t"),
        ("duplicate-id", "offers.csv, row 4, column id"),
    ]
    assert [line.hs for line in listed.rows] == ["1003"]


def test_digits_of_a_national_tariff_are_cut_and_said(written: Written) -> None:
    listed = written("id,country,product,hs", "a,KAZ,barley,1003 90 000 0", "b,KAZ,barley,1003.90")
    assert [line.hs for line in listed.rows] == ["100390", "100390"]
    assert names(listed) == [("national-digits", "offers.csv, row 2, column hs")]


def test_a_missing_code_is_suggested_and_said_and_never_written_as_given(written: Written) -> None:
    listed = written("id,country,product", "a,KAZ,Ячменя фуражного", "b,KAZ,qqqq zzzz")
    barley, nothing = listed.rows
    assert (barley.hs, barley.codes[0]) == ("", "1003")
    assert nothing.codes == ()
    assert [name for name, _ in names(listed)] == ["hs-suggested", "hs-unknown"]


def test_what_is_not_a_list_is_a_check_or_an_input_error(written: Written, tmp_path: Path) -> None:
    assert names(written("")) == [("empty-file", "offers.csv")]
    assert names(written("id,country,product")) == [("no-rows", "offers.csv")]
    assert {name for name, _ in names(written("id,country,tons", "a,KAZ,5"))} == {
        "unknown-column",
        "missing-column",
    }
    (tmp_path / "x.csv").write_bytes(b"\xff\xfe\x00\x01")
    assert [c.name for c in read_offers(tmp_path / "x.csv", "offers").checks] == ["not-text"]
    with pytest.raises(InputError, match="no such file"):
        read_offers(tmp_path / "absent.csv", "offers")


def test_a_place_that_is_not_on_the_network_is_named_with_the_nearest(written: Written) -> None:
    listed = written(HEADER, BARLEY.replace("Kostanay", "Kostanai City"), places=True)
    assert names(listed) == [("unknown-place", "offers.csv, row 2, column place")]
    assert "Kostanay" in listed.checks[0].message
    assert listed.rows[0].node == ""


def test_a_price_by_the_kilogram_is_doubted_against_the_dossier(written: Written, dossier: Dossier) -> None:
    doubtful = price_checks(written(HEADER, BARLEY.replace(",190,", ",0.19,")), dossier)
    fine = price_checks(written(HEADER, BARLEY), dossier)
    assert names(doubtful) == [("price-doubtful", "offers.csv, row 2, column price_high_usd_t")]
    assert names(fine) == []


def test_the_form_can_be_read_back_and_explains_each_column(tmp_path: Path) -> None:
    for kind in ("offers", "requests"):
        texts = form(kind)  # type: ignore[arg-type]
        (tmp_path / f"{kind}.csv").write_text(texts[f"{kind}.csv"], encoding="utf-8")
        listed = read_offers(tmp_path / f"{kind}.csv", kind)  # type: ignore[arg-type]
        assert [check.name for check in listed.checks] == ["no-rows"]
        explained = texts[f"{kind}-columns.csv"]
        assert all(f"\n{column}," in explained for column in texts[f"{kind}.csv"].strip().split(","))
        assert all(name in explained for name in certificates())


def test_a_fitting_pair_says_why_and_misses_nothing(matched: Callable[..., Matched]) -> None:
    (found,) = matched([BARLEY], [WANTED]).matches
    assert found.tonnes == pytest.approx(4000)
    said = "; ".join(found.reasons)
    for part in (
        "same code, 1003",
        "100% of what is wanted",
        "190 FCA + ",
        "330 CPT",
        "Oct–Dec",
        "phytosanitary",
    ):
        assert part in said
    assert found.missing == ()
    assert all(value is not None for value in found.credits.values())


def test_what_is_missing_is_named(matched: Callable[..., Matched]) -> None:
    offer = "o1,KAZ,feed barley,,8000,9000,,,6-8,phytosanitary,Kostanay,"
    (found,) = matched([offer], [WANTED]).matches
    missing = "; ".join(found.missing)
    assert "code of the offer (1003? feed barley is suggested" in missing
    assert "price of the offer" in missing
    assert "a common month: shipped Jun–Aug, wanted Oct–Dec" in missing
    assert "certificate of quality" in missing
    assert "the offer names at least 8,000 t" in missing


def test_a_price_above_what_is_paid_is_missing_and_costs_credit(matched: Callable[..., Matched]) -> None:
    dear, cheap = (matched([BARLEY.replace(",190,", f",{p},")], [WANTED]).matches[0] for p in (270, 190))
    assert any("too much" in each for each in dear.missing)
    assert (dear.credits["price"] or 0) < (cheap.credits["price"] or 0) == 1
    assert dear.score < cheap.score


def test_freight_is_added_only_where_the_terms_differ(
    matched: Callable[..., Matched], network: Network
) -> None:
    haul = cheapest_hauls(network, [("kostanay", "tehran", "barley")])["kostanay", "tehran", "barley"]
    paid = 200 + haul.freight_usd_t
    for terms, credit in ((("FCA", "CPT"), 1.0), (("FCA", "FCA"), 1.0), (("CPT", "CPT"), 1.0)):
        price = paid if terms[1] == "CPT" else 200
        asked = 200 if terms[0] == "FCA" else paid
        offer = BARLEY.replace(",190,FCA,", f",{asked - 0.01},{terms[0]},")
        wanted = WANTED.replace(",330,CPT,", f",{price},{terms[1]},")
        (found,) = matched([offer], [wanted]).matches
        assert found.credits["price"] == pytest.approx(credit)


def test_the_cheapest_haul_is_the_cheapest_of_all_routes(network: Network) -> None:
    ways = [("kostanay", "tehran", "barley"), ("almaty", "isfahan", "beef"), ("tehran", "almaty", "dates")]
    for way, haul in cheapest_hauls(network, ways).items():
        routes = network.routes(*way, criteria=("cost",)).every
        best = min(routes, key=lambda route: route.cost_usd_t)
        assert haul.freight_usd_t == pytest.approx(best.cost_usd_t)
        assert haul.days == pytest.approx(best.time_h / 24)


def test_a_request_may_be_served_by_several_offers_and_the_reverse(matched: Callable[..., Matched]) -> None:
    offers = ["o1,KAZ,barley,1003,,3000,,,,,,", "o2,KAZ,barley,1003,,3000,,,,,,"]
    requests = ["r1,IRN,barley,1003,,5000,,,,,,", "r2,IRN,barley,1003,,1000,,,,,,"]
    found = matched(offers, requests)
    assert sum(each.tonnes or 0 for each in found.matches) == pytest.approx(6000)
    assert len(found.matches) == 3
    assert found.unmatched == ()


def test_other_goods_the_same_country_and_ended_offers_are_no_match(matched: Callable[..., Matched]) -> None:
    ended = BARLEY.replace("Kostanay,", "Kostanay,2026-05-31")
    for offer, request in (
        (BARLEY, WANTED.replace("barley,1003", "wheat,1001")),
        (BARLEY, WANTED.replace("IRN", "KAZ")),
        (ended, WANTED),
    ):
        found = matched([offer], [request])
        assert found.matches == ()
    assert [check.name for check in found.checks] == ["ended"]
    assert matched([BARLEY.replace("Kostanay,", "Kostanay,2026-06-01")], [WANTED]).matches


@pytest.mark.parametrize(
    ("offered", "wanted", "credit"),
    [
        ("100390", "100390", "product-same"),
        ("1003", "100390", "product-within"),
        ("100310", "100390", "product-heading"),
        ("10", "1003", "product-chapter"),
    ],
)
def test_codes_fit_by_level(matched: Callable[..., Matched], offered: str, wanted: str, credit: str) -> None:
    found = matched([BARLEY.replace("1003", offered)], [WANTED.replace("1003", wanted)])
    assert found.matches[0].credits["product"] == scoring()[credit]


def test_tonnes_that_nobody_names_are_not_invented(matched: Callable[..., Matched]) -> None:
    (found,) = matched([BARLEY.replace("5000", "")], [WANTED]).matches
    assert found.tonnes is None
    assert "tonnes of the offer" in found.missing
    assert "4,000 t a year wanted" in found.reasons


def test_a_line_without_match_is_held_against_the_dossiers_market(
    matched: Callable[..., Matched], dossier: Dossier
) -> None:
    found = matched([BARLEY, "o2,KAZ,cars,8703,,10,,,,,,"], [], dossier)
    barley, cars = found.unmatched
    assert "no request of another country" in barley.why
    assert "IRN bought from the world" in barley.market[0]
    assert "markets:mk" in barley.market[0]
    assert "RUS" in barley.market[1]
    assert "unknown, not zero" in cars.market[0]


@pytest.mark.parametrize(
    ("kind", "hs", "named"),
    [
        ("offers", "1204", " of oilseeds, HS 1201-1207 ("),
        ("offers", "1507", " of edible oils, HS 1507-1515 ("),
        ("offers", "0204", " of meat, HS 02 ("),
        ("requests", "7216", " of ferrous metals, HS 72 ("),
    ],
)
def test_a_figure_of_a_wider_group_names_the_group_and_its_codes(
    matched: Callable[..., Matched], dossier: Dossier, kind: Kind, hs: str, named: str
) -> None:
    line = f"x1,{'KAZ' if kind == 'offers' else 'IRN'},goods,{hs},,10,,,,,,"
    found = matched([line], [], dossier) if kind == "offers" else matched([], [line], dossier)
    assert named in found.unmatched[0].market[0]


def test_a_figure_of_the_very_code_names_no_group(matched: Callable[..., Matched], dossier: Dossier) -> None:
    (found,) = matched([BARLEY], [], dossier).unmatched
    assert " HS " not in found.market[0]


def test_every_answer_says_that_screening_comes_first(
    matched: Callable[..., Matched], written: Written
) -> None:
    for answer in (matched([BARLEY], [WANTED]).to_dict(), written(HEADER, BARLEY).to_dict()):
        assert "Nobody was screened" in answer["screening"]


def test_months_in_words() -> None:
    assert months_text((9, 10, 11, 12, 1, 2, 3, 4, 5)) == "Sep–May"
    assert months_text((2, 6, 7)) == "Feb, Jun–Jul"
    assert months_text(range(1, 13)) == "all year"  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def worked() -> Example:
    return example(load("kaz-irn"), on=DAY)


def test_the_claim_is_the_list_of_75_items_and_none_is_traced(worked: Example) -> None:
    answer = worked.to_dict()["claim"]
    assert (answer["items"], answer["value_usd_m"], answer["announced"]) == (75, 250.0, "2023-01-27")
    assert (answer["items_named"], answer["share_traced"]) == (0, 0.0)
    assert "0 of 75 items are named" in worked.sentences[1]


def test_what_is_unknown_stays_unknown(worked: Example) -> None:
    volumes = {line.hs: line.volume_t for line in worked.offers.rows}
    assert volumes["1001"] == (0.0, 2_000_000.0)  # offered in April 2025
    assert volumes["7403"] is None
    assert all(line.price_usd_t is None and not line.certificates for line in worked.offers.rows)


def test_flows_before_and_after_are_those_of_the_rows(worked: Example) -> None:
    rows = {row["hs"]: row for row in worked.measured}
    assert (rows["1001"]["before_row"], rows["1001"]["after_row"]) == ("products:pr026", "products:pr027")
    assert rows["1001"]["change"] == pytest.approx(68.6 / 559.1 - 1)
    assert rows["7403"]["change"] is None


def test_its_lists_can_be_read_and_matched_again(worked: Example, tmp_path: Path) -> None:
    lists = []
    for kind in ("offers", "requests"):
        path = tmp_path / f"{kind}.csv"
        path.write_text(worked.tables()[kind].to_csv(), encoding="utf-8")
        lists.append(read_offers(path, kind))  # type: ignore[arg-type]
    assert not [c for each in lists for c in each.checks if c.severity == "error"]
    again = match(lists[0], lists[1], on=DAY)
    pairs = [(m.offer.id, m.request.id, m.tonnes) for m in worked.matched.matches]
    assert sorted(map(str, pairs)) == sorted(str((m.offer.id, m.request.id, m.tonnes)) for m in again.matches)


def test_a_potential_shown_at_several_products_says_whose_it_is(worked: Example) -> None:
    lines = {row["hs"]: (row["line_goods"], row["line"]) for row in worked.potential}
    assert lines["0201"] == lines["0204"] == ("meat", "02")
    said = " ".join(worked.sentences)
    assert "at 0201, 0204 that of meat, HS 02" in said
    assert "at 100310 that of barley, HS 1003" in said
    assert "that of wheat" not in said


def test_another_claim_is_chosen_by_its_row_and_an_unknown_one_is_refused(dossier: Dossier) -> None:
    others = [row["id"] for row in claims(dossier)][1:]
    assert others
    assert example(dossier, others[0], on=DAY).claim["id"] == others[0]
    with pytest.raises(InputError, match="Rows that do"):
        example(dossier, "pr001")


def test_scores_are_means_of_credits_by_the_stated_weights(matched: Callable[..., Matched]) -> None:
    (found,) = matched([BARLEY], [WANTED]).matches
    weights = {name: scoring()[f"weight-{name}"] for name in found.credits}
    credits = [scoring()["unknown"] if c is None else c for c in found.credits.values()]
    assert found.score == pytest.approx(np.average(credits, weights=list(weights.values())))


def test_words_that_mean_no_one_heading_leave_the_code_empty_and_name_candidates(tmp_path):
    path = tmp_path / "offers.csv"
    path.write_text("id,country,product\na,KAZ,масло\nb,KAZ,сыр\nc,KAZ,вагон\n", encoding="utf-8")
    listed = read_offers(path, "offers")
    assert [line.codes for line in listed.rows] == [(), ("0406",), ()]
    oil, cheese, wagon = listed.checks
    assert (oil.name, cheese.name, wagon.name) == ("hs-unknown", "hs-suggested", "hs-unknown")
    assert "row 2" in oil.where
    assert "0405" in oil.message
    assert "8606" in wagon.message


def test_numbers_are_read_as_excel_writes_them_where_they_are_clear():
    from tarazu.planning.offers_reading import plain_number

    clear = {
        "10 000": "10000", "10\u00a0000": "10000", "1\u202f234\u202f567,5": "1234567.5", "200,5": "200.5",
        "1,234,567": "1234567", "1,234.5": "1234.5", "1.234,5": "1234.5", "0,125": "0.125", "۲۰۰,۵": "200.5",
        "12.5": "12.5",
    }  # fmt: skip
    assert {text: plain_number(text) for text in clear} == clear
    for doubtful in ("200,500", "1 00", "10 00 000", "abc", "", "1,2,3"):
        assert plain_number(doubtful) == doubtful


def test_a_list_with_such_numbers_is_read_and_a_doubtful_one_named(tmp_path):
    path = tmp_path / "offers.csv"
    rows = ("id;country;product;hs;volume_high_t;price_high_usd_t", "a;KAZ;barley;1003;10 000;200,5")
    text = "\n".join((*rows, "b;KAZ;barley;1003;200,500;1", ""))
    path.write_text(text, encoding="utf-8")
    listed = read_offers(path, "offers")
    (line,) = listed.rows
    assert line.volume_t == (0.0, 10_000.0)
    assert line.price_usd_t == (200.5, 200.5)
    (wrong,) = [check for check in listed.checks if check.severity == "error"]
    assert wrong.name == "not-a-number"
    assert "may be 200500 or 200.500" in wrong.message
    assert wrong.where == "offers.csv, row 3, column volume_high_t"


def test_a_line_that_has_ended_is_warned_of_and_listed_with_the_reason(tmp_path):
    from datetime import date

    path = tmp_path / "offers.csv"
    path.write_text("id,country,product,hs,valid_until\na,KAZ,barley,1003,2020-01-01\n", encoding="utf-8")
    listed = read_offers(path, "offers", on=date(2026, 1, 1))
    assert [(check.name, str(check.severity)) for check in listed.checks] == [("ended", "warning")]
    wanted = tmp_path / "requests.csv"
    wanted.write_text("id,country,product,hs\nr,IRN,barley,1003\n", encoding="utf-8")
    found = match(read_offers(path, "offers"), read_offers(wanted, "requests"), on=date(2026, 1, 1))
    assert found.matches == ()
    why = {each.line.id: each.why for each in found.unmatched}
    assert why["a"].startswith("it ended on 2020-01-01")
    assert set(why) == {"a", "r"}
