"""Name screening measured: quality on labelled pairs, recall of altered names, blocking, and speed.

Labelled pairs are split in halves by a hash of the unordered pair; weights were set on the first half, the
second is reported. Names of the lists are altered as parties' names come altered (typing errors, word
order, a part left out, another script); the rules that alter are written here, apart from those
that fold spellings in ``data/screening``. Peers in the same run: nomenklatura's logic-v2 by its stored scores
on the labelled pairs, and a plain ratio (Indel similarity of the transliterated names) at 85.

Usage: ``python benchmarks/screening.py [--data FOLDER] [--names N] [--smoke]``
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import os
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from anyascii import anyascii
from rapidfuzz import fuzz

from tarazu.clearing.screening.lists import Entry, SanctionsList, read_ofac_sdn, read_un
from tarazu.clearing.screening.score import match_score
from tarazu.clearing.screening.screen import Screener

SEED = 11
LISTED = 100_000
PORTIONS = 8  # of the new names, timed one by one: other work on the machine comes and goes
RATIO_CUT_OFF = 85
LETTERS = "abcdefghijklmnopqrstuvwxyz"
LONG_ENOUGH_FOR_TWO = 10  # letters: two errors in a shorter name leave too little of it
THRESHOLDS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)

# Latin to Cyrillic as a clerk would write it, longest first.
TO_CYRILLIC = (
    ("shch", "щ"), ("zh", "ж"), ("kh", "х"), ("ch", "ч"), ("sh", "ш"), ("ts", "ц"), ("yu", "ю"), ("ya", "я"),
    ("ph", "ф"), ("th", "т"), ("ck", "к"), ("oo", "у"), ("ee", "и"), ("ou", "у"), ("a", "а"), ("b", "б"), ("c", "к"),
    ("d", "д"), ("e", "е"), ("f", "ф"), ("g", "г"), ("h", "х"), ("i", "и"), ("j", "дж"), ("k", "к"), ("l", "л"),
    ("m", "м"), ("n", "н"), ("o", "о"), ("p", "п"), ("q", "к"), ("r", "р"), ("s", "с"), ("t", "т"), ("u", "у"),
    ("v", "в"), ("w", "в"), ("x", "кс"), ("y", "й"), ("z", "з"),
)  # fmt: skip
# Latin to Persian: short vowels are mostly not written, and several letters share a sound.
TO_PERSIAN = (
    ("sh", "ش"), ("ch", "چ"), ("kh", "خ"), ("gh", "غق"), ("zh", "ژ"), ("th", "ثت"), ("dh", "ذ"), ("ph", "ف"),
    ("ck", "ک"), ("oo", "و"), ("ou", "و"), ("ee", "ی"), ("ei", "ی"), ("ai", "ای"), ("ay", "ای"), ("ce", "س"),
    ("ci", "سی"), ("a", "ا*"), ("b", "ب"), ("c", "ک"),
    ("d", "د"), ("e", "*"), ("f", "ف"), ("g", "گ"), ("h", "هح"), ("i", "ی"), ("j", "ج"), ("k", "ک"), ("l", "ل"),
    ("m", "م"), ("n", "ن"), ("o", "و*"), ("p", "پ"), ("q", "ق"), ("r", "ر"), ("s", "سص"), ("t", "تط"), ("u", "و"),
    ("v", "و"), ("w", "و"), ("x", "کس"), ("y", "ی"), ("z", "زضظ"),
)  # fmt: skip
# Other Latin spellings of the same sound, in use for names from Russian, Persian and Arabic.
RESPELLINGS = (
    ("kh", "h"), ("h", "kh"), ("yu", "iu"), ("ya", "ia"), ("iy", "y"), ("y", "i"), ("i", "y"), ("ou", "u"), ("u", "ou"),
    ("oo", "u"), ("v", "w"), ("w", "v"), ("q", "k"), ("k", "q"), ("gh", "g"), ("zh", "j"), ("ee", "i"), ("ph", "f"),
    ("o", "u"), ("u", "o"), ("e", "i"), ("mm", "m"), ("ss", "s"), ("s", "ss"), ("sh", "ch"), ("x", "ks"), ("c", "k"),
)  # fmt: skip


def one_error(name: str, rng: random.Random) -> str:
    """A letter left out, doubled by another, swapped with its neighbour or replaced."""
    places = [at for at, char in enumerate(name) if char.isalpha()]
    at = rng.choice(places)
    letter = rng.choice(LETTERS)
    choice = rng.randrange(4)
    if choice == 0:
        return name[:at] + name[at + 1 :]
    if choice == 1:
        return name[:at] + letter + name[at:]
    if choice == 2 and at + 1 < len(name):
        return name[:at] + name[at + 1] + name[at] + name[at + 2 :]
    return name[:at] + letter + name[at + 1 :]


def two_errors(name: str, rng: random.Random) -> str:
    return one_error(one_error(name, rng), rng)


def reordered(name: str, rng: random.Random) -> str:
    words = name.replace(",", " ").split()
    turn = rng.randrange(1, len(words))
    return " ".join(words[turn:] + words[:turn])


def without_middle(name: str, rng: random.Random) -> str:
    """Without a patronymic: the last given name after the surname, or a word in the middle."""
    surname, comma, given = name.partition(",")
    words = given.split()
    if comma and len(words) > 1:
        return f"{surname} {' '.join(words[:-1])}"
    words = name.replace(",", " ").split()
    del words[rng.randrange(1, len(words) - 1)]
    return " ".join(words)


def has_middle(name: str) -> bool:
    surname, comma, given = name.partition(",")
    return len(given.split()) > 1 if comma else len(surname.split()) > 2


def respelled(name: str, rng: random.Random) -> str:
    lowered = name.lower()
    fitting = [pair for pair in RESPELLINGS if pair[0] in lowered]
    for old, new in rng.sample(fitting, min(2, len(fitting))):
        lowered = lowered.replace(old, new, 1)
    return lowered


def in_cyrillic(name: str, rng: random.Random) -> str:
    return _written(name, TO_CYRILLIC)


def in_persian(name: str, rng: random.Random) -> str:
    words = name.lower().replace("'", "").replace(",", " ").replace("-", " ").split()
    return " ".join(_persian_word(word, rng) for word in words)


def _persian_word(word: str, rng: random.Random) -> str:
    letters = ""
    first = {"a": "ا", "e": "ا", "i": "ای", "o": "ا", "u": "او"}.get(word[0], "")
    if first:
        letters, word = first, word[1:]
    last = {"a": "ا", "e": "ه", "o": "و", "u": "و"}.get(word[-1:], "")
    if last:
        word = word[:-1]
    while word:
        for latin, written in TO_PERSIAN:
            if word.startswith(latin):
                choices = (
                    [written] if len(written) == 2 and latin in ("ai", "ay", "ci", "x") else list(written)
                )
                letters += rng.choice(choices).replace("*", "")
                word = word[len(latin) :]
                break
        else:
            word = word[1:]
    return letters + last


def _written(name: str, rules: Sequence[tuple[str, str]]) -> str:
    text = name.lower()
    for latin, letter in rules:
        text = text.replace(latin, letter)
    return text


@dataclass(frozen=True, slots=True)
class Alteration:
    """One way in which a listed name comes altered, and which names it fits."""

    name: str
    change: Callable[[str, random.Random], str]
    fits: Callable[[Entry, str], bool]


def _letters(name: str) -> int:
    return sum(char.isalpha() for char in name)


def _words(name: str) -> int:
    return len(name.replace(",", " ").split())


ALTERATIONS = (
    Alteration("one typing error", one_error, lambda entry, name: _letters(name) >= 4),
    Alteration("two typing errors", two_errors, lambda entry, name: _letters(name) >= LONG_ENOUGH_FOR_TWO),
    Alteration("word order", reordered, lambda entry, name: _words(name) >= 2),
    Alteration(
        "part left out", without_middle, lambda entry, name: entry.kind == "person" and has_middle(name)
    ),
    Alteration("Latin respelling", respelled, lambda entry, name: True),
    Alteration("in Cyrillic", in_cyrillic, lambda entry, name: entry.kind == "person"),
    Alteration("in Persian", in_persian, lambda entry, name: entry.kind == "person" and _words(name) >= 2),
)


def altered(entries: Sequence[Entry], per_kind: int, seed: int) -> Iterator[tuple[str, Entry, str, str]]:
    """(alteration, entry, listed name, altered name) of persons' and organisations' first names."""
    fit = [
        entry for entry in entries if entry.kind in ("person", "organisation") and entry.names[0].isascii()
    ]
    for alteration in ALTERATIONS:
        rng = random.Random(f"{seed} {alteration.name}")
        fitting = [entry for entry in fit if alteration.fits(entry, entry.names[0])]
        for entry in rng.sample(fitting, min(per_kind, len(fitting))):
            name = entry.names[0]
            yield alteration.name, entry, name, alteration.change(name, rng)


def grown(lists: Sequence[SanctionsList], size: int, seed: int) -> SanctionsList:
    """Entries enough to make `size` in all: parts of listed names put together anew, some respelled."""
    rng = random.Random(f"{seed} grown")
    entries = [entry for each in lists for entry in each.entries if entry.names[0].isascii()]
    words = {
        kind: [entry.names[0].replace(",", " ").split() for entry in entries if entry.kind == kind]
        for kind in ("person", "organisation")
    }
    made = []
    while len(made) < size - sum(len(each.entries) for each in lists):
        kind = "person" if rng.random() < 0.6 else "organisation"
        one, other = rng.sample(words[kind], 2)
        name = " ".join(one[: (len(one) + 1) // 2] + other[len(other) // 2 :])
        if rng.random() < 0.3:
            name = respelled(name, rng)
        made.append(Entry(f"made-{len(made)}", (name,), kind, "synthetic", "synthetic"))
    digest = hashlib.sha256(repr(made).encode()).hexdigest()
    return SanctionsList("synthetic", None, digest, tuple(made), ())


def invented(count: int, seed: int) -> SanctionsList:
    """A small list without any file: names from syllables, for a smoke run."""
    rng = random.Random(f"{seed} invented")
    syllables = (
        "ba",
        "kho",
        "mir",
        "za",
        "rus",
        "tam",
        "yev",
        "shin",
        "del",
        "qar",
        "nov",
        "gul",
        "pet",
        "hos",
    )
    endings = ("LLC", "Trading Company", "JSC", "Bank")
    made = []
    for number in range(count):
        word = ["".join(rng.sample(syllables, rng.randint(2, 3))) for _ in range(3)]
        person = rng.random() < 0.6
        name = f"{word[0]}, {word[1]} {word[2]}" if person else f"{word[0]} {word[1]} {rng.choice(endings)}"
        kind = "person" if person else "organisation"
        made.append(Entry(f"made-{number}", (name,), kind, "synthetic", "synthetic"))
    digest = hashlib.sha256(repr(made).encode()).hexdigest()
    return SanctionsList("invented", None, digest, tuple(made), ())


@dataclass(frozen=True, slots=True)
class Pair:
    """A labelled pair with the scores of Tarazu and the peers; NaN where a peer has none."""

    match: bool
    half: int
    tarazu: float
    logic_v2: float
    ratio: float


def half_of(name1: str, name2: str) -> int:
    """0 for the half on which weights were set, 1 for the half that is reported."""
    return hashlib.sha256("\n".join(sorted((name1, name2))).encode()).digest()[0] % 2


def kind_of(schema: str) -> str:
    return {"Person": "person", "Vessel": "vessel"}.get(schema, "organisation")


def plain_ratio(name1: str, name2: str) -> float:
    return fuzz.ratio(anyascii(name1).lower(), anyascii(name2).lower())


def labelled(folder: Path) -> list[Pair]:
    with (folder / "logicv2-frozen.csv").open(encoding="utf-8", newline="") as file:
        frozen = {(row["name1"], row["name2"]): float(row["score"]) for row in csv.DictReader(file)}
    with (folder / "cases.csv").open(encoding="utf-8", newline="") as file:
        rows = [(row["name1"], row["name2"], row) for row in csv.DictReader(file)]
    return [
        Pair(
            row["is_match"] == "true",
            half_of(one, two),
            match_score(one, two, kind_of(row["schema"])),
            frozen.get((one, two), float("nan")),
            plain_ratio(one, two) / 100,
        )
        for one, two, row in rows
    ]


def recall_precision(scored: Sequence[tuple[float, bool]], threshold: float) -> tuple[float, float]:
    hits = [match for value, match in scored if value >= threshold]
    return sum(hits) / sum(match for _, match in scored), sum(hits) / max(len(hits), 1)


def best_precision(scored: Sequence[tuple[float, bool]], recall: float) -> float:
    """Highest precision of any threshold that recalls at least this share."""
    points = (recall_precision(scored, value) for value in {value for value, _ in scored})
    return max(precision for reached, precision in points if reached >= recall - 1e-9)


def print_labelled(pairs: Sequence[Pair]) -> None:
    for half, title in ((0, "half on which weights were set"), (1, "other half, reported")):
        mine = [pair for pair in pairs if pair.half == half]
        matches = sum(pair.match for pair in mine)
        print(f"\nLabelled pairs, {title}: {len(mine)} pairs, {matches} matches")
        print(f"{'threshold':>9} {'recall':>7} {'precision':>9}")
        tarazu = [(pair.tarazu, pair.match) for pair in mine]
        for threshold in THRESHOLDS:
            recall, precision = recall_precision(tarazu, threshold)
            print(f"{threshold:9.2f} {recall:7.3f} {precision:9.3f}")
        peers = {
            "Tarazu": tarazu,
            "logic-v2": [(pair.logic_v2, pair.match) for pair in mine if pair.logic_v2 == pair.logic_v2],
            "plain ratio": [(pair.ratio, pair.match) for pair in mine],
        }
        recalls = (0.95, 0.9, 0.89, 0.82, 0.71, 0.6)
        print("Best precision at a recall of at least:")
        print(f"{'':12}" + "".join(f"{recall:>7}" for recall in recalls) + "   pairs")
        for name, scored in peers.items():
            row = "".join(f"{best_precision(scored, recall):7.3f}" for recall in recalls)
            print(f"{name:12}{row} {len(scored):7}")


def print_altered(screener: Screener, entries: Sequence[Entry], per_kind: int) -> None:
    """Recall by alteration: any hit, a hit on the very entry, and the plain ratio with the very entry."""
    counts: dict[str, list[int]] = {}
    for alteration, entry, _, name in altered(entries, per_kind, SEED):
        finding = screener.screen(name)
        kind = "person" if entry.kind == "person" else "organisation"
        itself = max(match_score(name, listed, kind) for listed in entry.names) >= screener.cut_off
        ratio = max(plain_ratio(name, listed) for listed in entry.names) >= RATIO_CUT_OFF
        row = counts.setdefault(alteration, [0, 0, 0, 0, 0])
        lost = itself and not finding.hit
        for at, value in enumerate((1, finding.hit, itself, ratio, lost)):
            row[at] += value
    counts["all"] = [sum(column) for column in zip(*counts.values(), strict=True)]
    print(f"\nAltered names of the lists, cut-off {screener.cut_off}")
    print(f"{'alteration':20} {'names':>6} {'hit':>7} {'itself':>7} {'ratio 85':>9} {'lost by blocking':>17}")
    for name, (all_of, hit, itself, ratio, lost) in counts.items():
        print(
            f"{name:20} {all_of:6} {hit / all_of:7.4f} {itself / all_of:7.4f} {ratio / all_of:9.4f} {lost:17}"
        )


def strangers(lists: Sequence[SanctionsList], count: int, seed: int) -> Iterator[tuple[str, str]]:
    """(kind, name) of parties on no list: one listed name's surname or first word with another's given name or rest."""
    rng = random.Random(f"{seed} strangers")
    entries = [entry for each in lists for entry in each.entries if entry.names[0].isascii()]
    persons = [
        entry.names[0].split(", ") for entry in entries if entry.kind == "person" and "," in entry.names[0]
    ]
    firms = [
        entry.names[0].split()
        for entry in entries
        if entry.kind == "organisation" and _words(entry.names[0]) > 2
    ]
    for _ in range(count):
        one, other = rng.sample(persons, 2)
        yield "person", f"{other[1].split()[0]} {one[0]}"
        first, rest = rng.sample(firms, 2)
        yield "organisation", " ".join([first[0], *rest[1:]])


def print_alarms(screener: Screener, lists: Sequence[SanctionsList], count: int) -> None:
    """Hits among names put together from two listed names."""
    hits = {kind: [0, 0] for kind in ("person", "organisation")}
    for kind, name in strangers(lists, count, SEED):
        hits[kind][0] += 1
        hits[kind][1] += screener.screen(name).hit
    print("\nStrangers: one listed name's surname or first word with another's given name or rest")
    for kind, (all_of, hit) in hits.items():
        print(f"{kind:20} {all_of:6} {hit / all_of:7.4f} hit")


def print_speed(lists: Sequence[SanctionsList], names: Sequence[str], repeats: int) -> None:
    started, busy = time.perf_counter(), time.process_time()
    screener = Screener(lists)
    built, took = time.perf_counter() - started, time.process_time() - busy
    listed = sum(len(entry.names) for each in lists for entry in each.entries)
    entries = sum(len(each.entries) for each in lists)
    print(
        f"\nSpeed: {entries:,} entries, {listed:,} names; index built in {built:.1f} s, {took:.1f} s of processor time"
    )
    clock, processor = [], []
    for at in range(PORTIONS):  # other names each time: the cache must not answer
        part = names[at::PORTIONS]
        started, busy = time.perf_counter(), time.process_time()
        screener.screen_many(part)
        clock.append(len(part) / (time.perf_counter() - started))
        processor.append(len(part) / (time.process_time() - busy))
    cached = 0.0
    for _ in range(repeats):
        started = time.perf_counter()
        for _ in range(20):
            screener.screen_many(names)
        cached = max(cached, 20 * len(names) / (time.perf_counter() - started))
    for name, rates in (("by the clock", clock), ("of processor time", processor)):
        print(
            f"new names a second {name}: best {max(rates):,.0f}, median {median(rates):,.0f} of {PORTIONS} portions"
        )
    print(f"cached names a second: {cached:,.0f}; best of {repeats}; aims 500 new, 50,000 cached; one thread")
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("TARAZU_SHARED_DATA", default)))
    parser.add_argument("--names", type=int, default=1_000, help="altered names of each kind")
    parser.add_argument(
        "--smoke", action="store_true", help="seconds, on a small invented list, without any file"
    )
    options = parser.parse_args(arguments)
    if options.smoke:
        lists = [invented(500, SEED)]
        print_altered(Screener(lists), lists[0].entries, 30)
        print_speed(lists, [name for *_, name in altered(lists[0].entries, 30, SEED + 2)], 2)
        return 0
    folder = options.data / "sanctions"
    if not folder.is_dir():
        print(f"{folder}: no such folder. Give --data, or --smoke for a run without files.", file=sys.stderr)
        return 2
    lists = [
        read_ofac_sdn(folder / "watchman_sdn.csv", folder / "watchman_static_alt.csv"),
        read_un(folder / "watchman_UN_consolidated.xml"),
    ]
    entries = [entry for each in lists for entry in each.entries]
    screener = Screener(lists)
    print(f"{screener.version}; {len(entries):,} entries")
    print_labelled(labelled(folder))
    print_altered(screener, entries, options.names)
    print_alarms(screener, lists, options.names)
    names = [name for *_, name in altered(entries, max(options.names // 4, 1), SEED + 2)]
    random.Random(SEED).shuffle(names)
    print_speed([*lists, grown(lists, LISTED, SEED)], names, 3)
    return 0


if __name__ == "__main__":
    sys.exit(main())
