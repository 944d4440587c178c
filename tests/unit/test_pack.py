"""The commission pack: what it says of a small register, in four languages, as HTML and as a Word document."""

from __future__ import annotations

import csv
import re
from datetime import date
from string import Formatter

import pytest

from pack_support import TABLES, TODAY, bundled_plan, full_pack, small
from tarazu.core.errors import InputError
from tarazu.core.schema import DATA, declared
from tarazu.planning.pack import pack
from tarazu.planning.pack_points import bars_in_force
from tarazu.planning.pack_turnover import lower_bound
from tarazu.planning.pack_values import (
    Lines,
    Phrase,
    Quantity,
    Range,
    Refs,
    Said,
    Share,
    Usd,
    When,
    Word,
)
from tarazu.planning.pack_words import LANGUAGES, Run, day, lines, text
from tarazu.register.model import DECLARATION, event_types
from tarazu.register.register import Register


@pytest.fixture
def register(tmp_path):
    return small(tmp_path)


@pytest.fixture(scope="module")
def plan():
    return bundled_plan()


@pytest.fixture(scope="module")
def full():
    return full_pack()


def said(part, language="en"):
    return [text(sentence, language) for sentence in part.sentences]


def rows(part, name, language="en"):
    grid = next(grid for grid in part.grids if grid.id == name)
    return [[text(cell, language) for cell in row] for row in grid.rows]


# --- what the register tells


def test_last_protocol_is_the_latest_on_record_and_a_session_without_documents_is_named(register):
    part = pack(register, None, 21, TODAY).part("execution")
    assert "Of session 20 the register holds no document. Shown is session 19" in said(part)[0]
    assert [row[0] for row in rows(part, "documents")] == ["Protocol nineteen", "Memo without points"]
    assert rows(part, "documents")[1][3] == "unknown"


def test_sessions_of_other_bodies_are_not_the_commissions(register):
    part = pack(register, None, 41, TODAY).part("session")
    assert "Last session on record: 20; June 2025." in said(part)


def test_execution_is_shown_point_by_point_in_the_order_of_the_points(register):
    found = rows(pack(register, None, 21, TODAY).part("execution"), "points-pr19")
    assert [row[0] for row in found] == ["1", "2", "10"]
    assert found[1][1:4] == ["Open the terminal", "Working group", "31 December 2025"]
    assert found[1][4:7] == ["unknown", "limited\n1 January 2025", "overdue"]
    assert found[0][6] == "met on time"
    assert found[2][2] == "the commission"


def test_progress_is_two_numbers_with_their_denominators(register):
    told = " ".join(said(pack(register, None, 21, TODAY).part("execution")))
    assert "Documents of that session: fully met by the evidence 1 of 3 commitments" in told
    # c1 has one step without evidence (0), c3 is complete (1): half of the two that can be counted.
    assert "Weighted steps done: 50%; commitments with steps or evidence, which alone are counted: 2." in told
    assert "Whole register: fully met by the evidence 1 of 5 commitments" in told


def test_overdue_points_have_their_days_and_what_falls_due_within_180_days_stands_below(register):
    part = pack(register, None, 21, TODAY).part("overdue")
    overdue = rows(part, "overdue")
    assert [(row[0], row[1]) for row in overdue] == [
        ("June 2025", "199 days"),
        ("31 December 2025", "15 days"),
    ]
    assert overdue[0][2] == "Choose a site\nstep of: Open the terminal"
    assert [(row[2], row[1]) for row in rows(part, "due")] == [("Extend the line", "166 days")]


def test_visits_and_documents_since_the_last_session_only(register):
    part = pack(register, None, 21, TODAY).part("visits")
    assert [row[1] for row in rows(part, "visits")] == ["The president"]
    assert rows(part, "visits")[0][3] == "Iran → Kazakhstan"
    assert [row[1] for row in rows(part, "signed")] == ["Later agreement"]


def test_every_proposed_point_has_a_reason_a_source_and_its_mark(register, full):
    for found in (pack(register, None, 21, TODAY), full):
        grid = found.part("points").grids[0]
        assert grid.rows
        for _, proposal, reason, refs in grid.rows:
            assert text(proposal, "en").endswith(
                "Proposal for discussion, drafted by Tarazu from the register."
            )
            assert text(reason, "en")
            assert isinstance(refs, Refs)
            assert refs.numbers
            assert all(1 <= number <= len(found.sources) for number in refs.numbers)


def test_points_follow_from_findings(register):
    points = ["\n".join(row[1:3]) for row in rows(pack(register, None, 21, TODAY).part("points"), "points")]
    assert len(points) == 5
    assert points[0].startswith("Renew with a date: Open the terminal")
    assert "Overdue step: Choose a site; due: June 2025." in points[0]
    assert points[1].startswith("Set a date, and report: commitments of “Protocol nineteen” (1)")
    assert points[2].startswith("Set a date and report, or close: other commitments of the two countries (1)")
    assert "Study a zone" in points[2]
    assert points[3].startswith("Report: other commitments of the two countries (1)")
    assert "Extend the line" in points[3]
    assert points[4].startswith(
        "Present documents that show it done, or correct the statement: Agree on permits"
    )


def test_what_is_kept_calls_for_no_point(tmp_path):
    changes = {
        "commitments": "id,title,form,parties,instrument,due\nc3,Hold a fair,obligation,KAZ;IRN,pr19,2024",
        "milestones": "id,title,commitment,due",
        "events": "\n".join(TABLES["events"].split("\n")[:3]),
    }
    found = pack(small(tmp_path, **changes), None, 21, TODAY)
    assert found.part("points").grids[0].rows == ()
    assert found.part("overdue").grids[0].rows == ()


def test_a_target_that_was_not_reached_is_to_be_closed_or_renewed(tmp_path):
    late = "item,event,value,date\nc1,official,not_reached,2026-01-01"
    points = rows(pack(small(tmp_path, events=late), None, 21, TODAY).part("points"), "points")
    assert any(row[1].startswith("Close as not reached, or renew with a date: Open") for row in points)
    assert not any(row[1].startswith("Renew with a date: Open") for row in points)


def test_without_a_plan_turnover_and_meaning_are_said_to_be_unknown(register):
    found = pack(register, None, 21, TODAY)
    for name in ("turnover", "target"):
        assert said(found.part(name)) == [text(Word("unknown.plan"), "en")]
    assert text(Word("unknown.plan"), "en") in [row[0] for row in rows(found.part("unknown"), "unknown")]


def test_a_register_without_a_commission_or_a_senseless_number_is_refused(tmp_path, register):
    with pytest.raises(InputError, match="names no commission of two countries"):
        pack(
            small(
                tmp_path,
                bodies="id,name,form,parties\njc,Group,working_group,KAZ;IRN\nwg,Group,council,KAZ;IRN",
            ),
            None,
            21,
            TODAY,
        )
    with pytest.raises(InputError, match="session 0: expected a number from 1 to 999"):
        pack(register, None, 0, TODAY)


def test_a_session_that_was_held_is_said_to_be_over_and_a_coming_one_is_not(register):
    assert any("has taken place" in each for each in said(pack(register, None, 20, TODAY).part("session")))
    for session, today in ((20, date(2025, 6, 30)), (21, TODAY)):
        found = said(pack(register, None, session, today).part("session"))
        assert not any("has taken place" in each for each in found)


def test_chairs_are_those_of_the_last_appointment_on_record(tmp_path):
    changes = {
        "roles": "id,title,body,side,holder\nra,Co-chair,jc,KAZ,First office\nrb,Co-chair,jc,IRN,Other office",
        "events": "item,event,value,date\nra,appointed,Second office,2024-03\nra,appointed,Third office,2027",
    }
    found = said(pack(small(tmp_path, **changes), None, 21, TODAY).part("session"))
    assert "Co-chair, Kazakhstan: Second office; as last recorded, March 2024. [1]" in found
    assert "Co-chair, Iran: Other office; since when: unknown. [1]" in found
    assert not any("First office" in each or "Third office" in each for each in found)


def test_the_first_session_has_nothing_before_it(register):
    found = pack(register, None, 1, TODAY)
    assert "The register holds no earlier session." in said(found.part("session"))
    assert said(found.part("execution")) == [text(Word("unknown.protocol"), "en")]


# --- what the plan tells


def test_turnover_stands_in_both_series_with_the_intervals_of_the_baseline(full, plan):
    part = full.part("turnover")
    last = next(
        r for r in plan.baseline.table if (r["year"], r["series"], r["direction"]) == (2025, "IRN", "both")
    )
    cells = next(grid for grid in part.grids if grid.id == "series").rows[-1]
    assert cells[3] == Usd(last["q50"], last["q10"], last["q90"])
    sentence = said(part)[0]
    assert re.match(
        r"Kazakhstan, 2025: USD \d+ \(\d+–\d+\) million; change on the year before: −?\d+%\. \[\d+\]$",
        sentence,
    )


def test_a_year_of_which_only_a_lower_bound_is_published_shows_it_with_its_source(full, plan):
    table = list(plan.dossier.tables["turnover"])
    assert lower_bound(table, 2024, "KAZ")["id"] == "tu053"
    assert lower_bound(table, 2024, "IRN") is None
    # 2025 has but a bound that was derived from others, and so is no statement of its own.
    assert lower_bound(table, 2025, "KAZ") is None
    half = [row | {"period_end": date(2024, 6, 30)} for row in table if row["id"] == "tu053"]
    assert lower_bound(half, 2024, "KAZ") is None
    part = full.part("turnover")
    row = next(row for row in next(g for g in part.grids if g.id == "stated").rows if row[0] == When("2024"))
    assert text(row[1], "en").split("\n")[:2] == ["> USD 340 million", "2024"]
    assert "lower bound" in text(row[1], "en")
    assert text(row[1], "fa").startswith("بیش از ۳۴۰ میلیون دلار")
    (number,) = row[2].numbers
    assert full.sources[number - 1].publisher.startswith("EurasianStar")
    unknown = [row[0] for row in rows(full.part("unknown"), "unknown")]
    assert "The full-year figure itself: Kazakhstan, 2024; only a lower bound is published." in unknown
    assert "A full-year figure: Kazakhstan, 2024." not in unknown


def test_mirror_gap_names_both_figures_and_their_sources(full):
    gap = next(sentence for sentence in said(full.part("turnover")) if sentence.startswith("Mirror gap"))
    assert (
        "2022: Kazakhstan states USD 528 million, Iran states USD 320 million, a difference of USD 208 million"
        in gap
    )
    assert re.search(r"\[\d+\]\[\d+\]$", gap)


def test_the_year_is_held_against_even_growth_from_the_announcement(full, plan):
    found = next(s for s in full.part("turnover").sentences if isinstance(s, Phrase) and "should" in s.values)
    start, now, should = (found.values[name] for name in ("start", "now", "should"))
    assert should.value == pytest.approx(start.value * (3e9 / start.value) ** (2 / 7))
    expected = "below" if now.high < should.value else "above" if now.low > should.value else "within"
    assert found.key == f"path.{expected}"


def test_target_in_tonnes_trains_and_credit_is_that_of_the_plan(full, plan):
    part = full.part("target")
    rail = next(
        row for row in next(g for g in part.grids if g.id == "vehicles").rows if row[0] == Word("mode.rail")
    )
    tonnes, trains = rail[1], rail[2]
    assert trains.value == pytest.approx(tonnes.value * 1e6 / 3000 / 12, abs=0.5)
    assert trains.low < trains.value < trains.high
    credit = next(grid for grid in part.grids if grid.id == "credit").rows
    swing = next(
        r for r in plan.settlement.swing if (r["settled"], r["level"]) == ("evenly through the year", 0.8)
    )
    assert credit[0][3].value == swing["either_usd"]
    assert credit[1][3].value == pytest.approx(swing["either_usd"] * 3e9 / plan.path.rows[4][8])
    told = " ".join(said(part))
    assert text(Said(plan.transport.bottlenecks.rows[0][2]), "en") in told
    assert "very unlikely" in told or "unlikely" in told


def test_path_column_of_the_scaling_is_the_plans_median(plan):
    assert plan.path.columns[8].name == "plan_q50"
    assert plan.path.rows[4][0] == plan.question.by


def test_bars_in_force_on_a_day_are_those_of_one_against_the_other(plan):
    table = plan.dossier.tables["restrictions"]
    spring = {row["id"] for row in bars_in_force(table, ("KAZ", "IRN"), date(2024, 5, 1))}
    assert spring == {"re026", "re027", "re028"}
    assert bars_in_force(table, ("KAZ", "IRN"), date(2026, 11, 23)) == []
    assert bars_in_force(table, ("UZB", "TJK"), date(2024, 5, 1)) == []


def test_a_bar_in_force_becomes_a_point(plan):
    found = pack(Register.read("kaz-irn"), plan, 21, date(2024, 5, 1))
    points = [row[1] for row in rows(found.part("points"), "points", "ru")]
    assert any(
        point.startswith("Обсудить действующее ограничение: квота на экспорт, живые бычки")
        for point in points
    )


# --- languages


def test_every_text_stands_in_four_languages_with_the_same_values():
    with (DATA / "pack" / "words.csv").open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    assert len({row["key"] for row in found}) == len(found)
    for row in found:
        plural = row["key"].rpartition(".")[2] in ("one", "few", "many") and row["key"].startswith("noun.")
        names = {}
        for language in LANGUAGES:
            assert row[language] or plural, f"{row['key']} has no {language}"
            names[language] = {name for _, name, _, _ in Formatter().parse(row[language]) if name}
        assert plural or len({frozenset(each) for each in names.values()}) == 1, row["key"]


def test_translations_are_in_their_own_letters():
    with (DATA / "pack" / "words.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for language, letters in (("ru", "а-яё"), ("kk", "а-яәғқңөұүһі"), ("fa", "آ-ی")):
                words = Formatter().parse(row[language])
                plain = "".join(literal for literal, _, _, _ in words)
                if re.search("[a-z]{3}", row["en"].format_map(_Nothing())) and re.search(r"\w", plain):
                    assert re.search(f"[{letters}]", plain.lower()), (row["key"], language)


class _Nothing(dict):
    def __missing__(self, key):
        return ""


def test_words_exist_for_every_choice_the_register_knows():
    with (DATA / "pack" / "words.csv").open(encoding="utf-8", newline="") as file:
        keys = {row["key"] for row in csv.DictReader(file)}
    wanted = {f"official.{name}" for name in event_types()["official"].choices}
    wanted |= {f"evidence.{name}" for name in event_types()["evidenced"].choices}
    wanted |= {
        f"form.{name}"
        for v in declared(DECLARATION)["instruments"]
        if v.column == "form"
        for name in v.allowed
    }
    wanted |= {
        f"level.{name}" for v in declared(DECLARATION)["visits"] if v.column == "level" for name in v.allowed
    }
    wanted |= {
        f"schedule.{name}" for name in ("met_on_time", "met_late", "running", "overdue", "no_date", "closed")
    }
    assert wanted <= keys


def test_every_text_of_the_full_pack_can_be_written_in_every_language(full):
    for language in LANGUAGES:
        for part in full.parts:
            for value in (part.title, *part.sentences, *(v for g in part.grids for r in g.rows for v in r)):
                assert text(value, language).strip()
                assert "{" not in text(value, language)


def test_numbers_and_units_are_those_of_the_language():
    half = Usd(507.9e6, 427.8e6, 610e6)
    assert text(half, "en") == "USD 508 (428–610) million"
    assert text(half, "ru") == "508 (428–610) млн долл. США"
    assert text(half, "kk") == "508 (428–610) млн АҚШ доллары"
    assert text(half, "fa") == "۵۰۸ (۴۲۸ تا ۶۱۰) میلیون دلار"
    assert text(Usd(1.042e9, 0.501e9, 2.059e9), "ru") == "1,04 (0,50–2,06) млрд долл. США"
    assert text(Usd(999.6e6), "en") == "USD 1.00 billion"
    assert text(Share(-0.14), "en") == "−14%"
    assert text(Share(0.34, 0.07, 0.63), "en") == "34% (7–63%)"
    # The mark keeps the sign on the left of the number, whatever stands before it.
    assert text(Share(0.34), "fa") == "۳۴\N{RIGHT-TO-LEFT MARK}٪"
    assert text(Share(-0.14), "fa") == "\N{LEFT-TO-RIGHT MARK}−۱۴\N{RIGHT-TO-LEFT MARK}٪"


def test_plurals_follow_the_language():
    words = [text(Quantity(n, "days"), "ru") for n in (1, 3, 5, 21, 3524)]
    assert [word.split("\N{NO-BREAK SPACE}")[-1].split(" ")[-1] for word in words] == [
        "день",
        "дня",
        "дней",
        "день",
        "дня",
    ]
    assert text(Quantity(1, "days"), "en") == "1 day"
    assert text(Quantity(15, "days"), "fa") == "۱۵ روز"


def test_chances_are_whole_percents_and_ends_are_said():
    assert text(Range(0.02, 0.06), "en") == "2–6%"
    assert text(Range(0.0, 0.004), "en") == "under 1%"
    assert text(Range(0.0, 0.06), "en") == "under 1% – 6%"
    assert text(Range(0.999, 0.999), "ru") == "более 99 %".replace(" %", " %")


def test_dates_keep_their_precision_and_persian_has_both_calendars():
    assert day("2023-12-04", "en") == "4 December 2023"
    assert day("2023-12-04", "kk").startswith("2023")
    assert day("2023-12", "en") == "December 2023"
    assert day("2023", "ru") == "2023 г."
    assert day("2023-Q2", "en") == "quarter 2 of 2023"
    assert day("2023-12-04", "fa") == "۱۳ آذر ۱۴۰۲ (۴ دسامبر ۲۰۲۳)"
    assert day("2023", "fa").replace("\u2060", "") == "۲۰۲۳\N{NO-BREAK SPACE}(۱۴۰۱–۱۴۰۲)"
    assert "SH" not in day("2022-03-21/2023-03-20", "ru")
    assert day("2022-03-21/2023-03-20", "en") == "21 March 2022 – 20 March 2023 (Solar Hijri 1401)"
    assert day("SH 1402-01", "en").endswith("(Solar Hijri Farvardin 1402)")
    assert day("SH 1402-01", "ru").endswith("(солнечная хиджра фарвардин 1402)")
    assert day("some day soon", "en") == "some day soon"


def test_words_of_the_register_keep_their_language_and_abbreviations_end_sentences():
    title = Said("Open the terminal")
    assert lines(title, "fa") == ((Run("Open the terminal", "en"), Run(" (انگلیسی)")),)
    assert lines(Said("Gazette", kept=True), "fa") == ((Run("Gazette", "en"),),)
    assert lines(title, "en") == ((Run("Open the terminal"),),)
    assert text(Phrase("session.dated", {"day": When("2023")}), "ru") == "Дата по реестру: 2023 г."
    assert len(lines(Lines((title, Word("none"))), "en")) == 2


# --- what is inferred, who is named, meetings elsewhere, what is the keeper's


def bundled_pack():
    return pack(Register.read("kaz-irn"), None, 21, date(2026, 6, 1))


@pytest.mark.parametrize(
    ("language", "mark"),
    [
        ("en", "(inferred: "),
        ("ru", "(выведено косвенно: "),
        ("kk", "(жанама түрде шығарылған: "),
        ("fa", "(استنباط"),
    ],
)
def test_inferred_points_are_marked_and_counted_as_such(language, mark):
    part = bundled_pack().part("execution")
    protocol = next(grid for grid in part.grids if grid.id == "points-co014")
    for row in protocol.rows:  # nobody has the text of the protocol
        assert mark in text(row[1], language)
    others = [row for grid in part.grids if grid.id == "points-co015" for row in grid.rows]
    assert others
    assert not any(mark in text(row[1], language) for row in others)
    if language == "en":
        assert (
            text(part.grids[0].rows[0][3], "en")
            == f"{len(protocol.rows)}, of them inferred: {len(protocol.rows)}"
        )
        assert any("Inferred, not read in a document: 4" in text(each, "en") for each in part.sentences)


def test_who_is_named_comes_before_the_commission():
    protocol = next(grid for grid in bundled_pack().part("execution").grids if grid.id == "points-co014")
    asked = {text(row[1], "en").split("\n")[0]: text(row[2], "en") for row in protocol.rows}
    assert asked["Supply 75 items worth USD 250 million"] == "Kazakh manufacturers"
    assert asked["Make the Caspian hub a link of the North-South corridors"] == "the commission"


def test_a_meeting_in_a_third_country_is_listed():
    grid = bundled_pack().part("visits").grids[0]
    assert any("Sadegh" in text(row[1], "en") and text(row[4], "en") == "Awaza" for row in grid.rows)


def test_a_co_chair_named_again_is_no_word_of_2019_alone():
    told = [text(each, "en") for each in bundled_pack().part("session").sentences]
    (chair,) = [each for each in told if each.startswith("Co-chair, Iran")]
    assert "named again December 2023" in chair
    assert any("Nouri Ghezeljeh" in each and "June 2025" in each for each in told)


def test_findings_on_the_record_are_no_points_of_a_session():
    points, keeper = bundled_pack().part("points").grids
    assert keeper.id == "keeper"
    assert not any("relations" in text(row[1], "en") for row in points.rows)
    assert any("relations" in text(row[1], "en") for row in keeper.rows)
