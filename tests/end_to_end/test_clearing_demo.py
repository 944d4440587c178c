"""The demonstration: proven, reproducible whatever the kills, careful with folders, and gone when interrupted."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tarazu.clearing import demo as demo_module
from tarazu.clearing.demo import Demo, run_demo, runner
from tarazu.clearing.demo.folder import MARK
from tarazu.clearing.demo.inbox import write_inbox
from tarazu.clearing.demo.proof import economics, same_result, unbalanced
from tarazu.clearing.demo.runner import Told, targets
from tarazu.clearing.demo.world import Trade, build
from tarazu.clearing.house import ClearingHouse
from tarazu.clearing.messages.read import read_payments
from tarazu.clearing.seal import new_key
from tarazu.core.errors import InputError, MessageError, StoreError

SHORT, TWO_CYCLES = 40, 60


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    return run_demo(tmp_path_factory.mktemp("demo") / "year", days=TWO_CYCLES)


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    folder = tmp_path_factory.mktemp("short") / "demo"
    folder.mkdir()
    for name in (MARK, "old"):
        (folder / name).touch()
    return run_demo(folder, days=SHORT, seed=3)


def _result(url: str | Path) -> dict[str, list[str]]:
    house = ClearingHouse.open(url)
    with house.database.reading() as connection:
        found = economics(connection)
    house.database.close()
    return found


def test_every_claim_is_proven_although_the_desk_was_killed(demo: Demo) -> None:
    assert [each.claim for each in demo.proofs if not each.ok] == []
    assert len(demo.proofs) == 7
    assert len(demo.kills) >= 3
    assert all(each.ok for each in demo.kills)
    assert demo.kills[-1].acknowledged > 100


def test_each_kind_of_trouble_has_its_outcome(demo: Demo) -> None:
    found = demo.figures
    assert set(found.reasons) == {"AC01", "AG01", "AM02", "AM04", "BE01", "DT01"}
    assert found.answers["held"] >= 3  # two for their price, one or more of the near match
    assert found.events["price-decision"] == 2
    assert found.events["refused-key"] >= 1
    assert {found.payments[status][0] for status in ("voided", "reversed")} == {1}
    assert found.payments["expired"][0] >= 1
    assert found.payments["frozen"][0] >= 1
    assert found.events["settlement-rejected"] == 1
    assert set(found.hits) == {"IRN-22", "IRN-24", "KAZ-21"}


def test_a_cycle_splits_what_was_paid_into_set_off_netted_and_what_remains(demo: Demo) -> None:
    assert len(demo.figures.cycles) == 2
    for each in demo.figures.cycles:
        assert each.gross == each.set_off + each.netted + each.net
        assert each.set_off > 0
        assert each.due == round(each.closing / 2) or abs(2 * each.due - each.closing) == 1


def test_the_story_tells_the_figures_of_its_run(demo: Demo) -> None:
    text = "\n".join(demo.story)
    assert f"carried {demo.figures.orders:,} different orders" in text.replace("\n", " ")
    assert f"Killed {len(demo.kills)} times" in text
    assert "ownership and control" in text
    assert "simulated year" in demo.story[0]
    assert (demo.folder / "STORY.txt").read_text(encoding="utf-8").splitlines() == list(demo.story)
    json.dumps(demo.to_dict())


def test_the_folder_holds_books_messages_answers_and_statements(demo: Demo) -> None:
    held = {path.relative_to(demo.folder).as_posix() for path in demo.folder.rglob("*")}
    assert {
        "house.db",
        "house.pub",
        "inbox/messages/2026-01-05-KAZ.xml",
        "answers/2026-01-05-KAZ.pacs002.xml",
    } <= held
    assert {"statements/agent-IRN-cycle-1.html", "statements/agent-IRN-cycle-1.csv"} <= held
    assert any(name.endswith("pacs009.xml") for name in held)
    assert any(name.endswith("pacs004.xml") for name in held)
    assert not any("undisturbed" in name for name in held)


def test_an_earlier_demonstration_is_replaced(short: Demo) -> None:
    assert short.ok
    assert not (short.folder / "old").exists()
    assert [path.name for path in short.folder.parent.iterdir()] == ["demo"]


def test_another_seed_gives_other_payments() -> None:
    worlds = [build(seed, SHORT) for seed in (1, 1, 2)]
    orders = [list(Trade(world, "KAZ").of(world.days[0])) for world in worlds]
    assert orders[0] == orders[1]
    assert orders[0] != orders[2]
    assert worlds[0].rates == worlds[1].rates != worlds[2].rates


@pytest.mark.parametrize("days", [39, 366, 0])
def test_days_out_of_range_are_refused(tmp_path: Path, days: int) -> None:
    with pytest.raises(InputError, match="expected 40 to 365"):
        run_demo(tmp_path / "demo", days=days)


def test_a_folder_with_other_content_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "thesis"
    folder.mkdir()
    (folder / "chapter-1.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="nothing of it is overwritten"):
        run_demo(folder, days=SHORT)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis"]
    assert (folder / "chapter-1.txt").read_text(encoding="utf-8") == "mine"


def test_neither_a_file_nor_a_link_is_taken_for_the_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    earlier = tmp_path / "earlier"
    earlier.mkdir()
    (earlier / MARK).touch()
    (tmp_path / "link").symlink_to(earlier)
    for name in ("file", "link"):
        with pytest.raises(InputError, match="no folder of its own"):
            run_demo(tmp_path / name, days=SHORT)
    assert (earlier / MARK).exists()


def test_books_of_another_house_are_not_touched(tmp_path: Path, demo: Demo) -> None:
    with pytest.raises(StoreError, match="holds a clearing house already"):
        run_demo(tmp_path / "demo", days=SHORT, url=str(demo.folder / "house.db"))
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_demonstration_leaves_neither_process_nor_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[subprocess.Popen[str]] = []

    class Noted(subprocess.Popen):  # type: ignore[type-arg]
        def __init__(self, *arguments: object, **options: object) -> None:
            super().__init__(*arguments, **options)  # type: ignore[call-overload]
            made.append(self)

    def interrupt(stage: str, done: int, total: int) -> None:
        if stage == "business days" and done == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(runner.subprocess, "Popen", Noted)
    with pytest.raises(KeyboardInterrupt):
        run_demo(tmp_path / "demo", days=SHORT, progress=interrupt)
    assert len(made) >= 2
    assert all(each.poll() is not None for each in made)
    assert list(tmp_path.iterdir()) == []


def test_a_desk_leaves_when_whoever_started_it_is_gone(tmp_path: Path) -> None:
    inbox = write_inbox(build(1, SHORT), tmp_path / "inbox")
    new_key(tmp_path / "house.key")
    order = {
        "inbox": str(inbox.folder),
        "url": str(tmp_path / "house.db"),
        "key": str(tmp_path / "house.key"),
        "out": "",
    }
    with runner.started(order) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert "begin" in json.loads(process.stdout.readline())
        process.stdin.close()
        assert process.wait(timeout=60) == 1
        rest = [json.loads(line) for line in process.stdout if line.endswith("\n")]
    assert not any(event.get("done") == "all days" for event in rest)


def test_what_the_desk_cannot_do_is_told_in_its_words(tmp_path: Path) -> None:
    world = build(1, SHORT)
    inbox = write_inbox(world, tmp_path / "inbox")
    (tmp_path / "house.key").write_text("no key", encoding="utf-8")
    order = {
        "inbox": str(inbox.folder),
        "url": str(tmp_path / "house.db"),
        "key": str(tmp_path / "house.key"),
        "out": "",
    }
    with pytest.raises(StoreError, match=r"the desk stopped: .*expected a private key"):
        runner.work_with_kills(world, inbox, order, [], None)


def test_the_damaged_messages_are_damaged(tmp_path: Path) -> None:
    inbox = write_inbox(build(1, SHORT), tmp_path / "inbox")
    messages = inbox.folder / "messages"
    for kind in ("cut", "unsafe"):
        (path,) = messages.glob(f"*-{kind}.xml")
        with pytest.raises(MessageError):
            read_payments(path)
    (path,) = messages.glob("*-decimals.xml")
    assert [each.code for each in read_payments(path).refused] == ["CH20"]
    (again,) = messages.glob("*-again.xml")
    assert again.read_bytes() == again.with_name(again.name.replace("-again", "")).read_bytes()


def test_kills_are_spread_over_the_year_and_follow_the_seed() -> None:
    world = build(5, 365)
    aims = targets(world, 365)
    assert aims == targets(world, 365)
    assert 6 <= len(aims) <= 10
    assert {each.day.month for each in aims} >= {1, 12} or len({each.day.month for each in aims}) >= 5
    assert {"message"} < {each.step for each in aims}


def test_a_lost_or_contradicted_answer_breaks_the_proof(demo: Demo) -> None:
    result = _result(demo.folder / "house.db")
    world = build(demo.seed, demo.days)
    answers = {row.split("|")[0]: tuple(row.split("|")[1:3]) for row in result["answers"]}
    inbox = _inbox_of(answers)
    told = Told(answers=dict(answers))  # type: ignore[arg-type]
    assert demo_module._acknowledged(result, inbox, told).ok  # type: ignore[arg-type]
    key = next(iter(answers))
    for broken in (
        replace(told, answers={**answers, key: ("posted", "XX00")}),
        replace(told, answers={each: answers[each] for each in answers if each != key}),
        replace(told, contradicted=1),
    ):
        assert not demo_module._acknowledged(result, inbox, broken).ok  # type: ignore[arg-type]
    assert world.seed == demo.seed


def _inbox_of(keys: dict[str, tuple[str, ...]]) -> demo_module.Inbox:
    return demo_module.Inbox(Path(), {"all": tuple(keys)}, {}, {}, 0)


def test_a_changed_result_is_told_apart(demo: Demo) -> None:
    one, other = _result(demo.folder / "house.db"), _result(demo.folder / "house.db")
    assert same_result(one, other).ok
    other["payments"] = [*other["payments"][1:], other["payments"][0] + "1"]
    found = same_result(one, other)
    assert not found.ok
    assert "payments:" in found.found


def test_an_entry_that_is_missing_its_other_side_is_seen(demo: Demo, tmp_path: Path) -> None:
    copy = tmp_path / "house.db"
    with sqlite3.connect(demo.folder / "house.db") as source, sqlite3.connect(copy) as target:
        source.backup(target)
    raw = sqlite3.connect(copy)
    for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        raw.execute(f'DROP TRIGGER "{name}"')
    raw.execute(
        "UPDATE entry SET amount = amount + 1 WHERE leg = 0 AND seq = (SELECT max(seq) FROM entry WHERE layer = 'P')"
    )
    raw.commit()
    raw.close()
    house = ClearingHouse.open(copy)
    with house.database.reading() as connection:
        assert len(unbalanced(connection)) == 2  # the currency, and the account whose balance is another
    house.database.close()


def test_the_command_refuses_a_folder_of_somebody_else(tarazu_here, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "mine").touch()
    answer = tarazu_here("clearing", "demo", "--folder", str(other))
    assert answer.code == 2
    assert "nothing of it is overwritten" in answer.err
    assert "Traceback" not in answer.err


def test_the_command_prints_the_story_and_its_commands_work(
    tarazu_here, demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo_module, "run_demo", lambda *_, **__: demo)
    answer = tarazu_here("clearing", "demo")
    assert answer.code == 0
    assert answer.out.splitlines()[0].rstrip() == demo.story[0]
    told = [line.split() for line in demo.story if line.startswith("  tarazu clearing")]
    assert [words[2] for words in told] == ["show", "verify", "statement", "demo"]
    for words in told[:3]:
        assert tarazu_here(*words[1:]).code == 0, words


def test_the_same_seed_gives_the_same_result_in_postgresql_as_in_sqlite(
    tmp_path: Path, postgres_url: str, short: Demo
) -> None:
    found = run_demo(tmp_path / "demo", days=SHORT, seed=3, url=postgres_url)
    assert [each for each in found.proofs if not each.ok] == []
    assert found.kills
    assert not (tmp_path / "demo" / "house.db").exists()
    assert same_result(_result(postgres_url), _result(short.folder / "house.db")).ok
