"""How fast documents are searched for suggestions and found again, and how fast the board stands.

    python benchmarks/register.py [--documents 400] [--library 100000] [--commitments 10000] [--runs 5] [--smoke]

Synthetic releases of 3 kB in four languages, the same for every run. Peers in the same run: for extraction one pass of
five plain regular expressions (amounts, percentages, years, months, quantities of tonnes), which finds less and links
nothing; for search the same query by LIKE over the texts; for the board a plain grouping of its events. Best of several
runs by the processor's time.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import re
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tarazu.register import tables
from tarazu.register.books import Books
from tarazu.register.extraction import extract
from tarazu.register.model import RECORDED, Event, Evidence
from tarazu.register.register import Register
from tarazu.register.search import index, search
from tarazu.register.views import board

SEED = 1403
PAPER = Evidence(publisher="A paper", published="2022")  # a grade without a source does not count
LENGTH = 3_000  # bytes of a document
GOAL_EXTRACT, GOAL_SEARCH, GOAL_BOARD = 200.0, 0.050, 0.200  # documents a second; seconds; seconds
SENTENCES = {
    "en": (
        "The two sides praised the friendly ties between the peoples and the growing exchange of culture and science.",
        "The governments agreed to raise mutual trade to ${n} billion by {y}, officials said on May {d}.",
        "Exports of barley grew by {p}% to {n} thousand tonnes in the first half of {y}.",
        "The ministers signed {d} memoranda of understanding on transport and agriculture during the visit.",
        "Wagons wait at the port of Aktau, and low water lets ships load {p}% less than they used to.",
    ),
    "ru": (
        "Стороны высоко оценили дружественные связи народов и растущий обмен в области культуры и науки.",
        "Стороны договорились довести товарооборот до {n} млрд долларов к {y} году, сообщила пресс-служба {d} мая.",
        "Экспорт ячменя вырос на {p}% и составил {n} тыс. тонн за январь–июнь {y} года.",
        "По итогам визита подписаны {d} меморандумов о сотрудничестве в области транспорта и сельского хозяйства.",
        "В порту Актау ожидают разгрузки вагоны с зерном, из-за мелководья суда загружаются меньше.",
    ),
    "kk": (
        "Тараптар екі халықтың достық байланыстарын, мәдениет пен ғылым саласындағы алмасуды жоғары бағалады.",
        "Тараптар тауар айналымын {y} жылға дейін {n} миллиард долларға жеткізуге келісті, деп хабарланды.",
        "Арпа экспорты {p} пайызға өсіп, {n} мың тоннаны құрады.",
        "Сапар барысында көлік және ауыл шаруашылығы саласында {d} меморандумға қол қойылды.",
        "Ақтау портында астық тиелген вагондар кезек күтіп тұр.",
    ),
    "fa": (
        "دو طرف از پیوندهای دوستانه دو ملت و گسترش همکاری‌های فرهنگی و علمی ابراز خرسندی کردند.",
        "دو طرف توافق کردند حجم تجارت را تا سال {y} به {n} میلیارد دلار برسانند.",
        "صادرات جو با {p} درصد رشد به {n} هزار تن رسید.",
        "در جریان این سفر {d} یادداشت تفاهم در زمینه حمل و نقل و کشاورزی امضا شد.",
        "واگن‌های غلات در بندر آکتائو در صف تخلیه هستند.",
    ),
}
PLAIN = re.compile(
    r"[$€]\s?\d[\d.,]*|\d[\d.,]*\s?(?:%|percent|процент\w*|пайыз\w*|درصد)|(?:19|20|13|14)\d\d|"
    r"(?:January|May|мая|июня|маусым\w*)|\d[\d.,]*\s?(?:thousand|million|billion|тыс|млн|млрд|мың|миллиард|میلیون|میلیارد|هزار)"
)


def releases(count: int) -> list[tuple[str, str]]:
    """Language and text of each."""
    rng = random.Random(SEED)
    found = []
    for number in range(count):
        language = tuple(SENTENCES)[number % 4]
        parts: list[str] = []
        while sum(len(part.encode()) for part in parts) < LENGTH:
            sentence = rng.choice(SENTENCES[language])
            parts.append(
                sentence.format(
                    n=rng.randrange(2, 900),
                    y=rng.randrange(2018, 2031),
                    p=rng.randrange(1, 90),
                    d=rng.randrange(2, 28),
                )
            )
            if rng.random() < 0.3:
                parts.append(f"{rng.choice('abcdefgh')}{rng.randrange(100_000)}.")
        found.append((language, "\n\n".join(" ".join(parts[i : i + 4]) for i in range(0, len(parts), 4))))
    return found


def promises(count: int) -> Register:
    """A register of many commitments, with four events each."""
    rng = random.Random(SEED)
    events = []
    for number in range(count):
        name = f"co{number:05}"
        fields = {
            "id": name,
            "title": f"Promise {number}",
            "form": "obligation",
            "parties": ("KAZ", "IRN"),
            "due": str(rng.randrange(2020, 2032)),
        }
        events.append(Event(name, "commitments", RECORDED, "2019-05", fields=fields))
        events.append(Event(name, "commitments", "said", "2019-05"))
        events.append(
            Event(
                name, "commitments", "official", "2021", value=rng.choice(("agreed", "done", "in_progress"))
            )
        )
        events.append(
            Event(
                name,
                "commitments",
                "evidenced",
                "2022",
                value=rng.choice(("limited", "complete", "not_started")),
                evidence=PAPER,
            )
        )
    return Register("benchmark", tuple(events))


def best(work: Callable[[], Any], runs: int) -> tuple[float, float]:
    """Seconds of the clock and of the processor, the best of some runs."""
    found = []
    for _ in range(runs):
        begun, cpu = time.perf_counter(), time.process_time()
        work()
        found.append((time.perf_counter() - begun, time.process_time() - cpu))
    return min(wall for wall, _ in found), min(used for _, used in found)


def shelved(folder: Path, count: int) -> Books:
    """A database of many documents, indexed; written without the reading, which is not measured here."""
    books = Books(folder / "library.db")
    texts = releases(min(count, 2_000))
    for first in range(0, count, 5_000):
        numbers = range(first + 1, min(first + 5_000, count) + 1)
        rows, words = [], []
        for number in numbers:
            language, text = texts[number % len(texts)]
            body = f"{text[:1_200]} Number{number}."
            rows.append(
                (
                    number,
                    f"{number:064x}",
                    f"Release {number}",
                    "",
                    "2026",
                    "",
                    language,
                    "text/plain",
                    "1",
                    body,
                    "[]",
                    "",
                    "b",
                    "",
                )
            )
            words.append((number, body, language))
        with books.database.writing() as connection:
            books.database.insert(connection, tables.document, rows)
            index(books, connection, words)
    return books


def extraction(count: int, runs: int) -> None:
    texts = [text for _, text in releases(count)]
    size = sum(len(text.encode()) for text in texts) / len(texts)
    extract(texts[0])
    wall, cpu = best(lambda: [extract(text, published=date(2026, 11, 1)) for text in texts], runs)
    _, peer = best(lambda: [PLAIN.findall(text) for text in texts], runs)
    found = sum(len(extract(text)) for text in texts) / len(texts)
    print(f"extraction   {count:,} documents of {size / 1e3:.1f} kB, {found:.0f} suggestions each")
    print(
        f"             {count / wall:,.0f} documents/s (processor {count / cpu:,.0f}); goal {GOAL_EXTRACT:,.0f}"
    )
    print(f"             plain expressions: {count / peer:,.0f}/s; ratio of processor time {cpu / peer:.0f}")


def library(count: int, runs: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        books = shelved(Path(folder), count)
        print(f"search       {count:,} documents indexed in {time.perf_counter() - begun:.0f} s")
        for query in (
            "barley",
            "товарооборот Актау",
            "астық вагондар",
            "یادداشت کشاورزی",
            f"number{count // 2}",
        ):
            search(books, query)
            wall, cpu = best(lambda q=query: search(books, q), runs)
            print(
                f"             {query!r}: {wall * 1e3:.1f} ms (processor {cpu * 1e3:.1f}); goal {GOAL_SEARCH * 1e3:.0f}"
            )
        with books.database.reading() as connection:
            like = (
                sa.select(tables.document.c.number)
                .where(tables.document.c.text.like("%товарооборот%Актау%"))
                .limit(20)
            )
            missing = sa.select(tables.document.c.number).where(
                tables.document.c.text.like(f"%umber{count}X%")
            )
            _, found = best(lambda: connection.execute(like).all(), runs)
            _, all_read = best(lambda: connection.execute(missing).all(), 1)
        print(
            f"             LIKE: {found * 1e3:.1f} ms for common words, unranked; "
            f"{all_read * 1e3:.0f} ms for a rare one"
        )
        books.__exit__()


def boards(count: int, runs: int) -> None:
    given = promises(count)
    # A new register each time: items are folded once and kept.
    wall, cpu = best(lambda: board(Register("b", given.events), date(2026, 11, 23)), runs)

    def grouped() -> dict[str, list[Event]]:
        found: dict[str, list[Event]] = defaultdict(list)
        for event in given.events:
            found[event.item].append(event)
        return found

    _, peer = best(grouped, runs)
    print(f"board        {count:,} commitments, {len(given.events):,} events")
    print(f"             {wall * 1e3:.0f} ms (processor {cpu * 1e3:.0f}); goal {GOAL_BOARD * 1e3:.0f}")
    print(f"             grouping the events alone: {peer * 1e3:.0f} ms; ratio {cpu / peer:.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--documents", type=int, default=400)
    parser.add_argument("--library", type=int, default=100_000)
    parser.add_argument("--commitments", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--smoke", action="store_true", help="a few documents, to see that it runs")
    given = parser.parse_args()
    if given.smoke:
        given.documents, given.library, given.commitments, given.runs = 20, 500, 200, 1
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load {load:.1f}")
    extraction(given.documents, given.runs)
    library(given.library, given.runs)
    boards(given.commitments, given.runs)


if __name__ == "__main__":
    main()
