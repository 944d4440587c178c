"""`tarazu register` as a secretary types it: the bundled register, a database of one's own, documents, exchange."""

from __future__ import annotations

import csv
import json
import re

import pytest

from register_support import COMMISSION, DUTY, PLAN, PROTOCOL, TARGET, write
from tarazu.register.register import Register

RELEASE = """Ministers meet in Astana

The two sides signed a memorandum of understanding on plant quarantine on 14 September 2026. The ministers again
confirmed the aim to bring mutual trade up to $3 billion. The Iranian side will open a trade house in Aktau by the end
of 2027.
"""
DESK = ("--db", "c.db", "--by", "secretariat")


@pytest.fixture
def ok(tarazu_here):
    def run(*words, code=0):
        answer = tarazu_here("register", *words)
        assert answer.code == code, answer.out + answer.err
        return answer.out

    return run


@pytest.fixture
def refused(tarazu_here):
    def run(*words):
        answer = tarazu_here("register", *words)
        assert answer.code == 2, answer.out + answer.err
        assert "Traceback" not in answer.err
        return answer.err

    return run


@pytest.fixture
def own(ok, here):
    """A database with what the bundled register holds, and one release read."""
    (here / "release.txt").write_text(RELEASE, encoding="utf-8")
    ok("export", "--out", "register")
    ok("import", "register", *DESK)
    ok("ingest", "release.txt", "--published", "2026-09-15", "--publisher", "Ministry of Trade", *DESK)


def test_the_board_says_the_two_numbers_and_keeps_the_three_statuses_apart(ok):
    out = ok("board", "--today", "2026-11-23", "--no-live")
    assert "commitments are fully met by the evidence" in " ".join(out.split())
    assert all(word in out for word in ("official", "evidence", "schedule"))
    data = json.loads(ok("board", "--today", "2026-11-23", "--no-live", "--json", "-"))
    assert data["today"] == "2026-11-23"
    assert {"official", "evidence", "schedule"} <= set(data["commitments"][0])
    assert data["progress"]["owed"] > data["progress"]["fully_met"]


def test_the_turnover_of_the_board_is_measured_by_the_trade_figures(ok):
    rows = json.loads(ok("board", "--json", "-"))["commitments"]
    (row,) = (each for each in rows if each["id"] == "co008")
    assert 300 < row["actual"] < 800
    assert row["actual_period"] == "2025"


def test_the_turnover_stands_against_its_path(ok):
    out = " ".join(ok("board").split())
    assert re.search(r"\(nd-turnover-kaz\): USD \d+ m in 2025 \(80% interval .* asks USD \d+ m for 2025", out)
    found = json.loads(ok("board", "--json", "-"))["indicators"]
    (row,) = (each for each in found if each["indicator"] == "nd-turnover-kaz")
    assert row["missing"] == pytest.approx(row["asked"] - row["value"])
    assert "nd-turnover" not in ok("board", "--no-live")


def test_a_database_without_trade_figures_says_so_and_how_to_give_them(ok):
    ok("add", "commitments", "id=co1", "title=Trade", "form=target", "parties=KAZ", "date=2026", *DESK)
    assert "No indicator of this register is read from trade figures" in ok("board", "--db", "c.db")
    ok("add", "indicators", "id=nd1", "title=Trade", "unit=USD m", "measure=turnover:TUR", *DESK)
    assert "dossier kaz-irn has no figures of turnover:TUR" in " ".join(ok("board", "--db", "c.db").split())
    assert "no dossier has figures" not in ok("board", "--db", "c.db", "--dossier", "none")


def test_one_instrument_point_by_point(ok, here):
    out = ok("board", "--instrument", "co015", "--no-live", "--csv", "execution.csv")
    assert "co016" in out
    assert all(word in out for word in ("point", "next step"))
    rows = list(csv.DictReader((here / "execution.csv").open(encoding="utf-8")))
    assert {row["instrument"] for row in rows} == {"co015"}


@pytest.mark.parametrize(
    ("words", "key"),
    [
        (("due", "--days", "1500"), "due"),
        (("overdue",), "overdue"),
        (("timeline", "--kind", "instruments", "--since", "2022-01-01"), "timeline"),
        (("visits",), "visits"),
        (("visits", "--by", "year,side"), "visits_by_year_side"),
        (("web",), "web"),
    ],
)
def test_every_view_is_printed_and_given_as_json_and_csv(ok, here, words, key):
    assert len(ok(*words).splitlines()) > 3
    rows = json.loads(ok(*words, "--json", "-"))[key]
    ok(*words, "--csv", "view.csv")
    assert len(list(csv.DictReader((here / "view.csv").open(encoding="utf-8")))) == len(rows) > 0


def test_checks_of_the_bundled_register_fire_on_the_source_documents(ok):
    told = json.loads(ok("check", "--json", "-"))["checks"]
    fired = {each["name"] for each in told}
    assert {
        "embassy-before-relations",
        "done-without-evidence",
        "outlier",
        "implied-level",
        "unit-value",
    } <= fired
    assert "error" not in {each["severity"] for each in told}


def test_a_database_is_checked_alone_and_with_a_dossier(ok, own):
    alone = json.loads(ok("check", "--db", "c.db", "--json", "-"))["checks"]
    with_trade = json.loads(ok("check", "--db", "c.db", "--dossier", "kaz-irn", "--json", "-"))["checks"]
    named = [{each["name"] for each in found} for found in (alone, with_trade)]
    assert "embassy-before-relations" in named[0] & named[1]
    assert {"outlier", "unit-value"} <= named[1] - named[0]
    assert "--dossier names the dossier" in ok("check", "--db", "c.db")


@pytest.mark.parametrize("words", [("due", "--days", "1500"), ("board", "--no-live"), ("visits",)])
def test_a_hyphen_is_standard_output(ok, refused, here, words):
    table = list(csv.DictReader(ok(*words, "--csv", "-").splitlines()))
    assert table
    assert list(here.iterdir()) == []
    assert "only one of --csv and --json" in refused(*words, "--csv", "-", "--json", "-")


def test_an_export_goes_to_standard_output_where_it_is_one_text(ok, refused, here):
    assert json.loads(ok("export", "--form", "json", "--out", "-"))["version"] == 1
    assert ok("export", "--form", "ics", "--out", "-").startswith("BEGIN:VCALENDAR")
    for words in (
        ("export", "--out", "-"),
        ("targets", "--csv", "-"),
        ("pack", "--session", "3", "--out", "-"),
    ):
        refused(*words)
    assert list(here.iterdir()) == []


def test_the_same_group_of_visits_twice_is_one(ok):
    rows = json.loads(ok("visits", "--by", "year,year", "--json", "-"))["visits_by_year"]
    assert rows == json.loads(ok("visits", "--by", "year", "--json", "-"))["visits_by_year"]


def test_one_item_with_its_quotes(ok):
    out = ok("show", "co015")
    assert "Action Plan" in out
    assert '"' in out
    assert json.loads(ok("show", "co015", "--json", "-"))["kind"] == "instruments"


def test_from_a_release_to_the_board(ok, own):
    told = json.loads(ok("review", "--list", *DESK, "--json", "-"))["suggestions"]
    target = next(each for each in told if each["kind"] == "target")
    assert target["known"].startswith("same co007")
    house = next(each for each in told if each["kind"] == "commitment")
    ok("review", "--decide", f"{target['number']}=accept", "--item", "co007", *DESK)
    out = ok("review", "--decide", f"{house['number']}=accept", *DESK)
    item = out.split("->")[1].split()[0]
    due = json.loads(ok("due", "--days", "800", "--today", "2026-11-23", "--db", "c.db", "--json", "-"))[
        "due"
    ]
    assert (item, "2027") in {(row["id"], row["due"]) for row in due}
    rows = json.loads(ok("board", "--no-live", "--db", "c.db", "--json", "-"))["commitments"]
    before = json.loads(ok("board", "--no-live", "--json", "-"))["commitments"]
    said = {row["id"]: row["said"] for row in rows}
    assert said["co007"] == {row["id"]: row["said"] for row in before}["co007"] + 1


def test_decisions_by_a_table_sent_round(ok, own, here):
    ok("review", "--export", "review.csv", *DESK)
    rows = list(csv.DictReader((here / "review.csv").open(encoding="utf-8-sig", newline="")))
    for row in rows:
        row["decision"] = "reject"
    rows[0]["decision"] = "perhaps"
    with (here / "review.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    out = ok("review", "--import", "review.csv", *DESK, code=1)
    assert f"0 taken, {len(rows) - 1} refused" in out
    assert "review.csv, row 2, column decision" in out
    assert len(json.loads(ok("review", "--list", *DESK, "--json", "-"))["suggestions"]) == 1


def test_evidence_needs_its_source_and_its_day(ok, refused):
    ok("import", "kaz-irn", *DESK)
    told = ("add", "event", "item=co004", "event=evidenced", "value=complete")
    before = ok("board", "--no-live", "--db", "c.db")
    assert "evidenced complete needs its source" in refused(*told, *DESK)
    assert "evidenced complete needs its date" in refused(*told, "publisher=A paper", *DESK)
    assert ok("board", "--no-live", "--db", "c.db") == before


def test_an_instrument_without_a_day_is_recorded_and_not_said_to_be_signed(ok):
    out = ok("add", "instruments", "id=inA", "title=A", "form=agreement", "parties=KAZ;IRN", *DESK)
    assert "Recorded without an event" in out
    assert "not said to be signed" in out
    assert "signed" not in json.loads(ok("show", "inA", "--db", "c.db", "--json", "-"))["fields"]
    ok("add", "event", "item=inA", "event=signed", "date=2024", *DESK)
    out = ok("add", "instruments", "id=inB", "title=B", "form=agreement", "parties=KAZ", "date=2024", *DESK)
    assert "Recorded without" not in out


@pytest.mark.parametrize("form", ["csv", "json", "xlsx", "db"])
def test_import_refuses_what_add_refuses(ok, refused, here, monkeypatch, form):
    from tarazu.register import books

    bad = {**DUTY, "id": "co9", "due": "2026-02-30", "title": "Bad", "instrument": "", "body": ""}
    given = [f"{name}={text}" for name, text in bad.items() if text]
    assert "no date" in refused("add", "commitments", *given, *DESK)
    twin = {**DUTY, "id": "co7"}
    tables = {
        "instruments": [PROTOCOL, PLAN],
        "bodies": [COMMISSION],
        "commitments": [TARGET, DUTY, bad, twin],
    }
    folder = write(here / "tables", **tables)
    if form == "db":
        with monkeypatch.context() as earlier, books.Books(here / "old.db") as old:
            earlier.setattr(books, "refusal", lambda event: None)
            old.add(Register.read(folder).events, "x")
    elif form != "csv":
        ok("export", "--form", form, "--out", f"old.{form}", "--db", "tables")
    out = ok("import", "tables" if form == "csv" else f"old.{form}", *DESK, code=1)
    assert "1 refused" in out
    assert "co9: was not entered" in out
    assert "same-under-another-id  co7: is called as co2 is" in out
    assert '"co9" is no item' in refused("show", "co9", "--db", "c.db")
    assert json.loads(ok("show", "co2", "--db", "c.db", "--json", "-"))["id"] == "co2"


def test_documents_are_listed_and_shown(ok, refused, own):
    (row,) = json.loads(ok("documents", "--db", "c.db", "--json", "-"))["documents"]
    waiting = json.loads(ok("review", "--list", *DESK, "--json", "-"))["suggestions"]
    assert (row["language"], row["published"], row["suggestions"]) == ("en", "2026-09-15", len(waiting))
    assert "Ministry of Trade" in ok("documents", "--db", "c.db")
    assert len(list(csv.DictReader(ok("documents", "--db", "c.db", "--csv", "-").splitlines()))) == 1
    assert "plant quarantine" in ok("show", row["document"], "--db", "c.db")
    assert json.loads(ok("show", row["document"], "--db", "c.db", "--json", "-"))["sha256"] == row["sha256"]
    assert "stand in a database" in refused("documents")


def test_the_heading_of_counted_visits_is_their_sum(ok):
    held = len(json.loads(ok("visits", "--json", "-"))["visits"])
    rows = json.loads(ok("visits", "--by", "level", "--json", "-"))["visits_by_level"]
    assert sum(row["visits"] for row in rows) == held != len(rows)
    assert f"Visits ({held})" in ok("visits", "--by", "level")


def test_items_and_events_by_hand(ok, here):
    ok(
        "add", "commitments", "id=co1", "title=Open a trade house", "form=obligation", "parties=KAZ",
        "due=2027", "date=2026-02", "publisher=Ministry of Trade", *DESK,
    )  # fmt: skip
    ok("add", "event", "item=co1", "event=official", "value=in_progress", "date=2026-05", *DESK)
    out = ok("add", "event", "item=co1", "event=revised", "field=due", "value=2025", "date=2026-11", *DESK)
    assert "deadline-before-signature" in out
    assert "due: 2025 (at first 2027)" in ok("show", "co1", "--db", "c.db")
    assert "obligation" in ok("add", "commitments", *DESK)
    assert "in_force" in ok("add", "event", *DESK)


def test_what_is_added_is_given_as_json(ok):
    given = ("id=co1", "title=Open a house", "form=obligation", "parties=KAZ", "due=2027", "date=2028")
    told = json.loads(ok("add", "commitments", *given, *DESK, "--json", "-"))
    assert [each["event"] for each in told["entered"]] == ["recorded", "said"]
    assert "deadline-before-signature" in {each["name"] for each in told["checks"]}
    told = json.loads(ok("add", "event", "item=co1", "event=withdrawn", "date=2028", *DESK, "--json", "-"))
    assert told["withdrawn"]
    assert told["entered"][0]["number"] == 3
    columns = json.loads(ok("add", "commitments", "--json", "-"))["commitments"]
    assert {"field": "title", "meaning": "What was promised.", "one_of": [], "needed": True} in columns


def test_control_characters_are_neither_entered_nor_printed(ok, refused, here):
    fields = ("id=bo1", "name=Red\x1b[31m", "form=commission", "parties=KAZ")
    assert "control character U+001B" in refused("add", "bodies", *fields, *DESK)
    folder = write(here / "tables", bodies=[{**COMMISSION, "name": "Two\nlines"}], commitments=[TARGET])
    out = ok("import", str(folder), *DESK, code=1)
    assert "bodies.csv, row 2: name: holds the control character U+000A (Two lines)" in " ".join(out.split())
    assert '"co1"' in ok("show", "co1", "--db", "c.db", "--json", "-")
    events = json.loads(ok("export", "--form", "json", "--out", "-", "--db", "c.db"))
    events["events"][0]["fields"]["title"] = "Red\x1b[31m\nline"
    (here / "evil.json").write_text(json.dumps(events), encoding="utf-8")
    told = ok("import", "evil.json", "--db", "d.db", "--by", "x", code=1)
    assert "co1: was not entered, nor what happened to it: title: holds the control character" in " ".join(
        told.split()
    )


def test_what_stands_in_an_older_database_is_printed_without_being_obeyed(ok, here, monkeypatch):
    from tarazu.register import books

    monkeypatch.setattr(books, "refusal", lambda event: None)
    ok(
        "add",
        "bodies",
        "id=bo1",
        "name=Red\x1b[31m\nline",
        "form=commission",
        "parties=KAZ",
        "date=1999",
        *DESK,
    )
    for words in (("show", "bo1"), ("timeline",), ("search", "red")):
        out = ok(*words, "--db", "c.db")
        assert "\x1b" not in out
        assert "Red\\x1b[31m line" in out


def test_search_in_the_documents(ok, own):
    assert "plant quarantine" in ok("search", "quarantines", "memorandum", "--db", "c.db")
    assert "nothing" in ok("search", "reindeer", "--db", "c.db")


def test_search_in_a_database_without_documents_finds_items(ok):
    ok("import", "kaz-irn", *DESK)
    assert "co017" in ok("search", "clearing", "mechanism", "--db", "c.db")


def test_search_without_a_database_finds_items(ok):
    rows = json.loads(ok("search", "clearing", "mechanisms", "--json", "-"))["items"]
    assert "co017" in {row["item"] for row in rows}
    assert all("learing" in row["hit"] for row in rows)
    assert "nothing" in ok("search", "reindeer")


@pytest.mark.parametrize("form", ["csv", "json", "xlsx"])
def test_what_is_exported_is_known_already_when_imported(ok, own, form):
    ok("export", "--form", form, "--out", f"copy.{form}", "--db", "c.db")
    assert ok("import", f"copy.{form}", *DESK).startswith("0 events added")


def test_deadlines_and_results_are_written(ok, here):
    ok("export", "--form", "ics", "--out", "due.ics")
    ok("export", "--form", "iati", "--out", "results.xml")
    assert (here / "due.ics").read_bytes().startswith(b"BEGIN:VCALENDAR")
    assert "iati-activities" in (here / "results.xml").read_text(encoding="utf-8")


def test_two_registers_that_differ(ok, own, here):
    ok("export", "--out", "other")
    path = here / "other" / "commitments.csv"
    path.write_text(
        path.read_text("utf-8").replace("Raise trade to USD 3bn in the coming years", "Another"), "utf-8"
    )
    out = ok("import", "other", "--dry-run", *DESK, code=1)
    assert "1 conflicts, 0 refused" in out
    assert "fields-differ" in out


def test_another_database_is_imported(ok, own, here):
    """Its events come; the documents that they quote are ingested again."""
    events = len(Register.read("kaz-irn").events)
    assert ok("import", "c.db", "--db", "d.db", "--by", "ministry").startswith(f"{events} events added")
    assert ok("import", "sqlite:///c.db", "--db", "d.db", "--by", "ministry").startswith("0 events added")
    assert "would be added" in ok("import", "kaz-irn", "--dry-run", "--db", "e.db", "--by", "ministry")
    assert not (here / "e.db").exists()


def test_reading_begins_no_register(refused, here):
    (here / "empty.db").touch()
    assert "holds nothing" in refused("board", "--db", "empty.db")
    assert (here / "empty.db").read_bytes() == b""


def test_the_variable_of_the_register_means_nothing_to_other_commands(tarazu_here, monkeypatch):
    """A plan must not change with what a shell happens to hold."""
    monkeypatch.setenv("TARAZU_REGISTER", "nowhere.db")
    assert "nowhere.db" in tarazu_here("register", "due").err
    for words in (
        ("brief", "--product", "1003", "--from", "KAZ", "--to", "IRN"),
        ("offers", "example"),
        ("dossier", "check", "kaz-irn"),
        ("explain", "kaz-irn", "baseline.2022", "--draws", "1000"),
        ("register", "targets"),
    ):
        answer = tarazu_here(*words)
        assert (answer.code, "nowhere" in answer.out + answer.err) == (0, False), words


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("board", "--db", "nowhere.db"), "no such database"),
        (("board", "--db", ""), "nothing in it can be used"),
        (("board", "--dossier", "nowhere"), "There is no dossier nowhere"),
        (("import", "postgresql://nobody@localhost:1/none", *DESK), "connection"),
        (("import", "release.txt", *DESK), "none of the files that can be imported"),
        (("review", "--decide", "5", *DESK), "NUMBER=accept"),
        (("review", "--least", "7", *DESK), "0<=x<=1"),
        (("add", "event", "item=co9", *DESK), "say what happened"),
        (("board", "--instrument", "co999"), "none of the instruments"),
        (("show", "co01"), "Did you mean"),
        (("visits", "--by", "colour"), "no group of visits"),
        (("due", "--days", "-1"), "days: expected"),
        (("search", "!", "--db", "c.db"), "no such database"),
        (("add", "treaties", "id=1", *DESK), "no kind of item"),
        (("add", "commitments", "id", *DESK), "FIELD=VALUE"),
        (("add", "commitments", "id=1", "id=2", *DESK), "given twice"),
        (("add", "event", "item=co9", "event=official", "value=done", *DESK), "no item of the register"),
        (("ingest", "release.txt", "--db", "c.db", "--by", " "), "Name who enters this"),
        (("review", "--list", *DESK), "no such database"),
        (("import", "nothing", *DESK), "nothing"),
    ],
)
def test_what_cannot_be_done_is_said(refused, here, words, expected):
    (here / "release.txt").write_text(RELEASE, encoding="utf-8")
    assert expected in refused(*words)


def test_files_that_cannot_be_read_are_findings(ok, here):
    (here / "scan.pdf").write_bytes(b"%PDF-1.7 broken")
    (here / "release.txt").write_text(RELEASE, encoding="utf-8")
    out = ok("ingest", "scan.pdf", "release.txt", *DESK, code=1)
    assert "scan.pdf" in out
    assert "release.txt" in out
    assert "1 of 2 files entered, 1 without a text that can be read" in out
    told = json.loads(ok("ingest", "scan.pdf", "release.txt", *DESK, "--json", "-", code=1))
    assert (told["counts"]["files"], told["counts"]["entered"], told["counts"]["known"]) == (2, 0, 1)
    (check,) = told["checks"]
    assert (check["name"], check["file"]) == ("unreadable-document", "scan.pdf")


def test_a_folder_without_files_is_said(ok, here):
    (here / "empty").mkdir()
    assert "empty: holds no file to read" in ok("ingest", "empty", *DESK, code=1)
    assert not (here / "c.db").exists()
    assert json.loads(ok("ingest", "empty", *DESK, "--json", "-", code=1))["checks"][0]["name"] == "no-files"


def test_a_quote_is_shown_with_its_page(ok, here):
    """A form feed ends a page; texts have them as PDF files do."""
    (here / "minutes.txt").write_text("First page.\fThe sides will open a trade house.", encoding="utf-8")
    (row,) = json.loads(ok("ingest", "minutes.txt", *DESK, "--json", "-"))["documents"]
    fields = ("id=co1", "title=Open", "form=obligation", "parties=KAZ", f"document={row['document']}")
    ok("add", "commitments", *fields, "quote=trade house", "start=39", "end=50", *DESK)
    assert "page 2" in ok("show", "co1", "--db", "c.db")


def test_the_pack_of_a_database_takes_ones_own_translations(ok, here):
    fields = ("title=Open a trade house", "form=obligation", "parties=KAZ", "due=2026-01", "date=2025-03-01")
    ok("add", "commitments", "id=co1", *fields, *DESK)
    (here / "mine.csv").write_text("original,ru\nOpen a trade house,Открыть торговый дом\n", encoding="utf-8")
    asked = ("pack", "--session", "21", "--lang", "ru", "--draws", "100", "--db", "c.db")
    ok(*asked, "--out", "with", "--words", "mine.csv")
    assert "Открыть торговый дом" in (here / "with" / "session-21-ru.html").read_text(encoding="utf-8")


def test_every_command_has_help_with_an_example(ok):
    listed = ok("--help").partition("Commands:")[2].splitlines()
    commands = [line.split()[0] for line in listed if line.startswith("  ") and line[2] != " "]
    assert {
        "add",
        "ingest",
        "review",
        "board",
        "due",
        "overdue",
        "timeline",
        "visits",
        "search",
        "export",
        "import",
        "check",
    } <= set(commands)
    for command in commands:
        assert "tarazu register" in ok(command, "--help"), command
