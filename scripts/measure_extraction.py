"""How well the register's extraction reads: `python scripts/measure_extraction.py --half development [--errors]`.

Prints precision and recall by kind and language on one half of the labelled documents in
tests/reference/register_labels. Errors are listed for the development half only: of the test half nobody sees
more than figures. `--write` puts the figures of both halves into docs/register-quality.md.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "reference" / "register_labels"))

from label_matching import Outcome, Suggested, Tally, compare, countries, due_agrees, places, tally  # noqa: E402
from label_reading import KINDS, LANGUAGES, Document, Sentences, documents, sentences  # noqa: E402

PAGE = ROOT / "docs" / "register-quality.md"
READ_ON = date(2025, 6, 15)  # day of publication of the sentences
RULES = (  # measured on the sentences: the documents hardly use them
    *(
        "session-numbered",
        "session",
        "body-mission",
        "body-established",
        "membership",
        "membership-concerted",
    ),
    *("event-line", "event-opened", "event-relations", "instrument-line", "commitment-provision"),
    *("product-list", "product-list-doubtful", "product-list-named", "place-route"),
)
HAND_CHECKED = {  # right and suggested in the development documents, which have no labels for these rules
    "session-numbered": (16, 16), "session": (2, 3), "event-relations": (1, 1), "product-list": (1, 1),
}  # fmt: skip
HALVES = ("development", "test")
AUTHORS = ("first", "second")
SETS = {  # columns of sizes: half and author
    "development": ("development", "first"),
    "development, second author": ("development", "second"),
    "test": ("test", "first"),
}
Figures = dict[tuple[str, str], Tally]  # by kind and language


def suggestions(document: Document) -> tuple[Suggested, ...]:
    """What the extraction finds in a document, told nothing but its day of publication."""
    from tarazu.register.extraction import extract

    return tuple(extract(document.text, language=None, published=document.published))


def measure(held: Iterable[Document]) -> tuple[Figures, list[tuple[Document, Outcome]]]:
    """Counts by kind and language, and each document's outcome."""
    figures: Figures = {}
    outcomes = []
    for document in held:
        found = suggestions(document)
        outcome = compare(document, found)
        outcomes.append((document, outcome))
        counts = {**tally(outcome), "country": countries(document, found), "place": places(document, found)}
        due = [due_agrees(label, each.value) for label, each in outcome.right if label.kind == "target"]
        counts["due"] = Tally(sum(due), len(due) - sum(due))
        for kind, count in counts.items():
            for language in (document.language, "all"):
                figures[kind, language] = figures.get((kind, language), Tally()) + count
    return figures, outcomes


def rows(figures: Figures) -> list[list[str]]:
    """A line by kind: labels, then precision and recall of all and of each language."""
    lines = []
    for kind in (*KINDS, "country", "place", "due"):
        line = [kind, str(figures.get((kind, "all"), Tally()).labelled)]
        counts = [figures.get((kind, language), Tally()) for language in ("all", *LANGUAGES)]
        lines.append(line + [_pair(count, kind not in ("place", "due")) for count in counts])
    return lines


def _pair(count: Tally, both: bool) -> str:
    shown = [f"{value:.3f}" if not math.isnan(value) else "–" for value in (count.precision, count.recall)]
    return " / ".join(shown) if both else shown[1]


def measure_rules(held: Iterable[Sentences]) -> dict[str, Tally]:
    """Counts by rule on the sentences: right, invented, and missed under the name of the kind."""
    from tarazu.register.extraction import extract

    counts: dict[str, Tally] = {}
    for each in held:
        left = [
            found
            for found in extract(each.text, language=each.language, published=READ_ON)
            if found.rule in RULES or found.kind in {str(wanted["kind"]) for wanted in each.found}
        ]
        for wanted in each.found:
            hit = next((found for found in left if _is(found, wanted)), None)
            name = hit.rule if hit else str(wanted["kind"])
            counts[name] = counts.get(name, Tally()) + Tally(int(hit is not None), int(hit is None), 0)
            left = [found for found in left if found is not hit]
        for found in left:
            if found.rule in RULES:
                counts[found.rule] = counts.get(found.rule, Tally()) + Tally(0, 0, 1)
    return counts


def rule_rows() -> list[list[str]]:
    """A line by rule: right and suggested on the sentences, the same by hand in the documents, its confidence."""
    from tarazu.register.suggestions import rules

    counts = measure_rules(sentences())
    lines = []
    for name in RULES:
        count = counts.get(name, Tally())
        by_hand = "{} / {}".format(*HAND_CHECKED[name]) if name in HAND_CHECKED else ""
        shown = [
            str(count.right),
            str(count.right + count.invented),
            by_hand,
            f"{rules()[name].confidence:g}",
        ]
        lines.append([name, *shown])
    return lines


def _is(found: Suggested, wanted: Mapping[str, object]) -> bool:
    return all(
        (found.kind if key == "kind" else found.value.get(key)) == value for key, value in wanted.items()
    )


def errors(outcomes: Iterable[tuple[Document, Outcome]]) -> Iterable[str]:
    """What was missed and what was invented, one line each."""
    for document, outcome in outcomes:
        for label in outcome.missed:
            wanted = [label.number, label.unit, label.spans, label.forms, label.events, label.codes]
            said = ", ".join(str(each) for each in wanted if each)
            yield f"{document.name} missed   {label.kind:<11} {label.start:>5} {label.quote!r}: {said}"
        for each in outcome.invented:
            where = " (misplaced)" if each in outcome.misplaced else ""
            yield (
                f"{document.name} invented {each.kind:<11} {each.start:>5} {each.quote!r}{where} {each.rule}: "
                + str(dict(each.value))
            )


def write(page: Path) -> None:
    """Put sizes and figures between the markers of the page."""
    held = documents()
    text = page.read_text("utf-8")
    sizes = [["kind", *LANGUAGES, *SETS, "optional"], *size_rows(held)]
    blocks = {"sizes": _markdown(sizes)}
    for half in HALVES:
        figures, _ = measure(each for each in held if each.half == half)
        blocks[half] = _markdown([["kind", "labels", "all", *LANGUAGES], *rows(figures)])
    blocks["rules"] = _markdown([["rule", "right", "suggested", "in documents", "confidence"], *rule_rows()])
    for name, table in blocks.items():
        before, opening, rest = text.partition(f"<!-- {name} -->\n")
        _, closing, after = rest.partition(f"<!-- end of {name} -->")
        if not opening or not closing:
            raise SystemExit(f"{page}: the markers <!-- {name} --> and <!-- end of {name} --> are needed.")
        text = f"{before}{opening}{table}\n{closing}{after}"
    page.write_text(text, "utf-8")


def size_rows(held: Sequence[Document]) -> list[list[str]]:
    """Documents and labels by language, half and author."""
    lines = [["documents", *(str(sum(each.language == one for each in held)) for one in LANGUAGES)]]
    lines[0] += [str(sum((each.half, each.author) == one for each in held)) for one in SETS.values()] + [""]
    for kind in KINDS:
        labels = [(each, label) for each in held for label in each.labels if label.kind == kind]
        firm = [(each, label) for each, label in labels if not label.optional]
        line = [kind, *(str(sum(each.language == one for each, _ in firm)) for one in LANGUAGES)]
        line += [str(sum((each.half, each.author) == one for each, _ in firm)) for one in SETS.values()]
        lines.append([*line, str(len(labels) - len(firm))])
    return lines


def _markdown(table: Sequence[Sequence[str]]) -> str:
    head, *body = [f"| {' | '.join(line)} |" for line in table]
    return "\n".join([head, "|" + "---|" * len(table[0]), *body])


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=HALVES, default="development")
    parser.add_argument("--author", choices=AUTHORS, help="one author's documents only")
    parser.add_argument("--errors", action="store_true", help="list errors (development half only)")
    parser.add_argument("--kind", choices=KINDS, help="list errors of this kind only")
    parser.add_argument("--write", action="store_true", help="fill the tables of docs/register-quality.md")
    options = parser.parse_args()
    if options.errors and options.half == "test":
        parser.error(
            "errors of the test half are not shown: rules written against them would not be tested by it."
        )
    if options.write:
        write(PAGE)
        return
    chosen = [each for each in documents() if each.half == options.half]
    figures, outcomes = measure(each for each in chosen if options.author in (None, each.author))
    print(f"{options.half} half, {len(outcomes)} documents: precision / recall")
    for line in [["kind", "labels", "all", *LANGUAGES], *rows(figures)]:
        print(f"{line[0]:<12}{line[1]:>7}  " + "  ".join(f"{cell:<13}" for cell in line[2:]))
    if options.errors:
        for error in errors(outcomes):
            if options.kind is None or f" {options.kind} " in error:
                print(error)


if __name__ == "__main__":
    main()
