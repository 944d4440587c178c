"""Announced targets against later figures: delays, restatements, repeated promises, selection, the command."""

from __future__ import annotations

import csv
import json
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from tarazu.cli.targets import targets
from tarazu.core.errors import InputError
from tarazu.trade.announced import bundled as reference_class
from tarazu.trade.delays import HORIZON, kaplan_meier
from tarazu.trade.realism import bundled, realism

BUNDLED = bundled()
ROWS = list(
    csv.DictReader(
        files("tarazu.data").joinpath("announced_targets.csv").read_text(encoding="utf-8").splitlines()
    )
)
METHOD = Path(__file__).resolve().parents[2] / "docs" / "method.md"


def row(id="at1", outcome="missed", due="2015", reached="", below="", pair=("AAA", "BBB"), **other):
    given = {
        "id": id,
        "country_a": pair[0],
        "country_b": pair[1],
        "target_usd_bn": "10",
        "announced_on": "2010-05",
        "restated_on": "",
        "target_date": due,
        "outcome": outcome,
        "actual_usd_bn": "",
        "actual_period": "",
        "reached_in": reached,
        "reached_basis": "",
        "not_reached_by": below,
    }
    return given | other


def share(found, year):
    return list(found.delays)[year]


def test_counts_are_those_of_the_reference_class():
    assert BUNDLED.counts == reference_class().counts
    assert share(BUNDLED, 0)["at_risk"] == 96
    assert share(BUNDLED, 0)["reached"] == 26
    assert (len(BUNDLED.table), len(BUNDLED.pairs)) == (227, 100)


def test_years_agree_with_the_outcome_of_every_bundled_row():
    assert [check.name for check in BUNDLED.checks] == ["announced-target-reached-after-all"]
    for record in BUNDLED.table:
        if record["outcome"] == "on time":
            assert record["delay"] <= 0, record["id"]
        if record["outcome"] == "late":
            assert record["delay"] > 0, record["id"]
            assert record["not_reached_by"] >= record["due"], record["id"]
        if record["outcome"] == "missed":
            assert record["not_reached_by"] >= record["due"], record["id"]


def test_no_year_reached_stands_without_its_basis():
    for each in ROWS:
        assert (each["reached_basis"] == "not known") == (each["reached_in"] == ""), each["id"]
        if each["reached_basis"] == "source":
            assert each["reached_source_url"].startswith("http"), each["id"]
        if each["reached_basis"] == "actual period" and "computed" not in each["actual_period"]:
            assert float(each["actual_usd_bn"]) >= float(each["target_usd_bn"]), each["id"]


def test_a_missed_target_is_followed_to_the_last_figure_below_it():
    found = realism([row(below="2018"), row("at2", "met late", reached="2016", below="2015")])
    at_risk = found.delays.column("at_risk")
    assert at_risk[:5] == [2, 2, 1, 1, 0]
    assert found.delays.column("censored")[3] == 1
    assert found.delays.column("share")[:2] == [0.0, 0.5]
    assert next(iter(found.table))["delay_over"] == 3


def test_a_crossing_between_two_figures_counts_at_the_later_and_is_told_at_the_earlier():
    found = realism(
        [row(outcome="met late", reached="2020", below="2016"), row("at2", below="2030", pair=("C", "D"))]
    )
    assert found.delays.column("share")[4:6] == [0.0, 0.5]
    assert found.delays.column("share_earliest")[1:3] == [0.0, 0.5]


def test_what_is_known_is_never_more_than_the_estimate_and_shares_never_fall():
    for record in BUNDLED.delays:
        assert record["known"] <= record["share"] + 1e-12
        assert record["share_q10"] <= record["share"] <= record["share_q90"]
    assert BUNDLED.delays.column("share") == sorted(BUNDLED.delays.column("share"))
    assert BUNDLED.delays.column("at_risk") == sorted(BUNDLED.delays.column("at_risk"), reverse=True)


def test_every_resolved_target_ends_in_the_table_of_delays_or_after_its_horizon():
    ended = sum(BUNDLED.delays.column("reached")) + sum(BUNDLED.delays.column("censored"))
    assert ended + sum((r["delay_over"] or 0) > HORIZON for r in BUNDLED.table) == 96


def test_interval_is_wider_where_targets_come_from_few_pairs():
    outcomes = ["met on time", "missed"] * 12
    many = realism([row(f"a{i}", o, pair=(f"A{i}", "B")) for i, o in enumerate(outcomes)])
    few = realism([row(f"a{i}", o, pair=(f"A{i % 2}", "B")) for i, o in enumerate(outcomes)])
    spread = [share(found, 0)["share_q90"] - share(found, 0)["share_q10"] for found in (many, few)]
    assert share(many, 0)["share"] == share(few, 0)["share"] == 0.5
    assert spread[1] > 2 * spread[0]


def test_weights_count_targets_more_than_once():
    delay, reached = np.array([0, 2, 3]), np.array([True, False, True])
    doubled = kaplan_meier(np.repeat(delay, [3, 1, 2]), np.repeat(reached, [3, 1, 2]), np.ones((1, 6)))
    assert kaplan_meier(delay, reached, np.array([[3.0, 1.0, 2.0]])) == pytest.approx(doubled)


def test_repeated_promises_say_how_the_date_moved():
    found = realism(
        [
            row("a", due="2015", announced_on="2010"),
            row("b", due="2020", announced_on="2016", pair=("BBB", "AAA")),
            row("c", due="", outcome="censored (no date)", announced_on="2021"),
            row("d", due="2030", outcome="open (later)", announced_on="2022"),
            row("e", due="2028", outcome="open (later)", announced_on="2023"),
            row("f", announced_on="2012", target_usd_bn="11"),
        ]
    )
    told = [(r["before"], r["id"], r["date"], r["moved"]) for r in found.repeats]
    assert sorted(told) == [
        ("a", "b", "later", 5),
        ("b", "c", "dropped", None),
        ("c", "d", "given", None),
        ("d", "e", "earlier", -2),
    ]


def test_groups_of_restatements_add_up():
    found = {r["group"]: r for r in BUNDLED.shares}
    parts = ("never restated", "restated once", "restated twice", "restated three times or more")
    for column in ("targets", "resolved", "on_time"):
        assert sum(found[part][column] for part in parts) == found["all"][column]
        new, again = found["figure new for the pair"], found["figure promised before"]
        assert new[column] + again[column] == found["all"][column]
    assert found["figure promised before"]["targets"] == len(BUNDLED.repeats)


def test_pairs_hold_every_target_once_in_order():
    names = [(r["country_a"], r["country_b"]) for r in BUNDLED.pairs]
    assert names == sorted(names)
    kinds = ("on_time", "late", "missed", "open", "no_actual", "undated")
    for r in BUNDLED.pairs:
        assert r["targets"] == sum(r[kind] for kind in kinds)
    turkey = next(r for r in BUNDLED.pairs if (r["country_a"], r["country_b"]) == ("IRN", "TUR"))
    assert (turkey["latest"], turkey["actual_period"]) == ("tg002", "2022")
    assert turkey["ratio"] == pytest.approx(6.4 / 30)


def test_selection_keeps_the_record_of_all_pairs():
    found = BUNDLED.select(["Kazakhstan,UZB"], ["ASEAN"])
    sides = {(r["country_a"], r["country_b"]) for r in found.table}
    assert ("KAZ", "UZB") in sides
    assert all("ASEAN" in pair or pair == ("KAZ", "UZB") for pair in sides)
    assert found.delays is BUNDLED.delays
    assert len(BUNDLED.select(["UZB-KAZ"]).table) == 3


@pytest.mark.parametrize("pair", ["KAZ", "KAZ,UZB,IRN", "KAZ,Atlantis", ""])
def test_what_is_no_pair_is_an_input_error(pair):
    with pytest.raises(InputError):
        BUNDLED.select([pair])


def test_a_pair_that_the_table_lacks_is_said_not_an_error():
    found = BUNDLED.select(["KAZ,IRN"])
    assert len(found.table) == 0
    assert found.checks[-1].name == "no-announced-target"


@pytest.mark.parametrize(
    ("bad", "column"),
    [
        ({"target_usd_bn": "ten"}, "target_usd_bn"),
        ({"target_usd_bn": "nan"}, "target_usd_bn"),
        ({"outcome": "nearly"}, "outcome"),
        ({"reached_in": "soon"}, "reached_in"),
        ({"not_reached_by": "later"}, "not_reached_by"),
    ],
)
def test_a_row_that_cannot_be_read_is_left_out_with_its_place(bad, column):
    found = realism([row("a", below="2016"), row("b") | bad])
    assert found.table.column("id") == ["a"]
    assert found.checks[0].where == f"announced_targets.csv, row 3, column {column}"


@pytest.mark.parametrize(
    ("outcome", "reached", "year"), [("met on time", "2018", 0), ("met late", "2014", 1)]
)
def test_a_row_that_contradicts_itself_counts_by_its_outcome(outcome, reached, year):
    found = realism([row(outcome=outcome, reached=reached)])
    assert [check.name for check in found.checks] == ["announced-target-contradiction"]
    assert found.delays.column("reached")[year] == 1


def test_an_empty_table_has_empty_tables():
    found = realism([])
    assert [len(t) for t in (found.table, found.pairs, found.delays, found.repeats)] == [0, 0, 0, 0]
    assert found.shares.column("share") == [None] * len(found.shares)


def test_the_page_on_method_says_what_the_code_gives():
    page = " ".join(METHOD.read_text(encoding="utf-8").split())
    five, eight = share(BUNDLED, 5), share(BUNDLED, 8)
    shares = {r["group"]: r for r in BUNDLED.shares}
    again, other = shares["restated at all"], shares["never restated"]
    moved = [r["moved"] for r in BUNDLED.repeats if r["date"] == "later"]
    dates, before = BUNDLED.repeats.column("date"), BUNDLED.repeats.column("outcome_before")
    undated = [r for r in BUNDLED.table if r["outcome"] == "censored"]
    passed = shares["date not after 2026"]
    ahead = shares["all"]["on_time"] - passed["on_time"]
    sentence = BUNDLED.sentence().replace(
        " were reached by the Kaplan–Meier estimate", " were reached by the estimate"
    )
    for text in (
        f"scores {len(BUNDLED.table)} announced targets of {len(BUNDLED.pairs)} pairs",
        f"neither met nor missed: {len(undated)}, of which {sum(r['reached_in'] is not None for r in undated)} are",
        sentence.replace("%–", "–"),
        f"takes the {share(BUNDLED, 0)['censored']} missed targets without any figure after",
        f"{five['at_risk']} targets are still at risk in the fifth year, {eight['at_risk']} in the eighth",
        f"earliest year possible {five['share_earliest']:.0%} are reached within 5 years",
        f"{again['targets']} of {len(BUNDLED.table)} targets were restated, "
        f"{sum(BUNDLED.table.column('restatements'))} times in all",
        f"{again['on_time']} of {again['resolved']} restated ones were met on time and {other['on_time']} of "
        f"{other['resolved']} others",
        f"{len(dates)} times a pair promised a figure again",
        f"moved later {len(moved)} times, by {np.mean(moved):.1f} years on average, was dropped "
        f"{dates.count('dropped')} times; {before.count('missed')} of the {len(dates)} earlier targets had been "
        f"missed, {before.count('late')} met late",
        f"{['None', 'One', 'Two', 'Three'][ahead]} of those met on time have a date that lies ahead; without "
        f"them {passed['on_time']} of {passed['resolved']}.",
    ):
        assert text in page, text


def test_the_command_answers_first_and_prints_its_caveats():
    run = CliRunner().invoke(targets, ["--country", "TUR"])
    assert run.exit_code == 0, run.output
    assert run.output.startswith(f"All pairs: {BUNDLED.sentence()}")
    assert "TUR: " in run.output.splitlines()[1]
    for caveat in BUNDLED.caveats:
        assert caveat in run.output


def test_the_command_writes_json_and_csv(tmp_path):
    run = CliRunner().invoke(targets, ["--pair", "KAZ,UZB", "--json", "-", "--csv", str(tmp_path / "out")])
    assert run.exit_code == 0, run.output
    data = json.loads(run.stdout)
    assert [r["id"] for r in data["announced_targets"]] == ["tg004", "tg005", "tg006"]
    assert data["counts"]["missed"] == 1
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"announced_targets.csv", "pairs.csv", "delays.csv", "shares.csv", "repeats.csv"}
    text = (tmp_path / "out" / "delays.csv").read_text(encoding="utf-8")
    assert len(list(csv.DictReader(text.splitlines()))) == HORIZON + 1


def test_the_command_says_so_where_a_pair_has_no_target():
    run = CliRunner().invoke(targets, ["--pair", "KAZ,IRN"])
    assert run.exit_code == 0
    assert "KAZ,IRN: no announced target in this table." in run.output
