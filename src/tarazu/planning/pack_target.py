"""What the target now means, in the commission pack: tonnes, trains, ships, the choke point, credit, and its chance.

Every figure is the plan's own and carries its interval; trains and ships are tonnes over the loads of the network.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from tarazu.clearing.projection import Settled
from tarazu.corridor.flows import pieces
from tarazu.corridor.graph import RUNS
from tarazu.corridor.reading import shared_sources
from tarazu.planning.pack_titles import read_back
from tarazu.planning.pack_values import (
    UNKNOWN,
    Draft,
    Entry,
    Grid,
    Lines,
    Part,
    Phrase,
    Quantity,
    Range,
    Refs,
    Said,
    Share,
    Usd,
    Value,
    When,
    Word,
)
from tarazu.planning.pack_words import has, known
from tarazu.planning.settlement_tables import LEVELS, swing_row
from tarazu.planning.transport_flows import PLANNED, TARGET
from tarazu.planning.words import likelihood

if TYPE_CHECKING:
    from tarazu.planning.plan import Plan
    from tarazu.planning.transport import Transport

CHOKES = 5  # shown
MONTHS = 12


def meaning(draft: Draft) -> Part:
    """The target in tonnes, trains, ships and credit, and how likely it is."""
    plan = draft.plan
    if plan is None:
        return Part("target", (Word("unknown.plan"),))
    sentences = [*_chance(draft, plan)]
    grids: list[Grid] = []
    if plan.transport is None:
        draft.unknown.append(Word("unknown.network"))
        sentences.append(Word("unknown.network"))
    else:
        sentences += _tonnes(draft, plan.transport)
        sentences += _choke(draft, plan.transport)
        grids += [_vehicles(draft, plan.transport), _chokes(draft, plan.transport)]
    sentences += _payments(draft, plan)
    return Part("target", tuple(sentences), (*grids, _credit(draft, plan)))


def _chance(draft: Draft, plan: Plan) -> list[Value]:
    q = plan.question
    low, high = plan.probability_range
    facts: dict[str, Value] = {
        "target": Usd(q.target_usd),
        "by": When(str(q.by)),
        "range": Range(low, high),
        "word": Word(_likely(high)),
        "none": Range(plan.probability_business_as_usual, plan.probability_business_as_usual),
        "sources": draft.own("source.plan"),
    }
    rows = list(plan.announced.table)
    classes = (10, 20, 30)  # percent a year, the bounds of the table's first rows
    row = rows[sum(plan.needed_growth_percent >= bound for bound in classes)]
    record: dict[str, Value] = {
        "n": Quantity(row["n"]),
        "met": Quantity(row["on_time"]),
        "class": Word(f"growth.{row['growth_needed'].replace(' ', '_')}"),
    }
    return [
        Phrase("target.chance", facts),
        Phrase("target.record", {**record, "sources": draft.own("source.announced")}),
    ]


def _likely(probability: float) -> str:
    return f"likelihood.{likelihood(probability).replace(' ', '_')}"


def _tonnes(draft: Draft, found: Transport) -> list[Value]:
    at = found.at_target
    share = float(np.median((at.tonnes - at.moved).sum(axis=1) / at.tonnes.sum(axis=1)))
    unknown, judged = found.unsure
    facts: dict[str, Value] = {
        "target": Usd(found.target_usd),
        "by": When(str(found.plan_year)),
        "tonnes": million_tonnes(found, TARGET),
        "planned": million_tonnes(found, PLANNED),
        "stays": Range(share, share),
        "unknown": Range(unknown, unknown),
        "judged": Range(judged, judged),
        "sources": draft.own("source.transport"),
    }
    draft.unknown.append(Phrase("unknown.capacity", {name: facts[name] for name in ("unknown", "judged")}))
    return [Phrase("target.tonnes", facts), Phrase("target.known", facts)]


def million_tonnes(found: Transport, scenario: str) -> Quantity:
    """Tonnes of the pair a year, in millions, with the 80% interval of all draws."""
    low, middle, high = (np.quantile(found.basket.total(scenario), (0.1, 0.5, 0.9)) / 1e6).tolist()
    return Quantity(middle, "mt", low, high)


def choke_point(found: Transport) -> dict[str, Any] | None:
    """The capacity whose relief is worth most at the target."""
    return next(iter(found.bottlenecks), None)


def network_sources(draft: Draft, found: Transport, names: str) -> Refs:
    """Sources that a table of the network names: rows of the dossier, entries of its list, or our judgement."""
    entries: list[Entry] = []
    listed = {row["id"]: row for row in (*shared_sources(), *found.plain.tables["sources"])}
    dossier = draft.plan.dossier if draft.plan else None
    rows = {row["id"]: row for row in (dossier.tables["corridor"] if dossier else ())}
    for name in filter(None, (part.strip() for part in names.split(";"))):
        table, _, row_id = name.rpartition(":")
        row = rows.get(row_id) if table else listed.get(name)
        if row is None:
            entries.append(Entry(own=Phrase("source.judgement")))
            continue
        url, published = ("source_url", "published_date") if table else ("url", "published")
        entries.append(Entry(row["publisher"] or "", row[url] or "", row[published] or ""))
    return draft.cite(entries)


def _choke(draft: Draft, found: Transport) -> list[Value]:
    row = choke_point(found)
    return [Word("target.no_choke") if row is None else choke_phrase(draft, found, row, "target.choke")]


def choke_phrase(draft: Draft, found: Transport, row: dict[str, Any], key: str) -> Phrase:
    """A choke point with how often it is full and what its relief is worth."""
    relief = row["relief_usd"]
    facts: dict[str, Value] = {
        "name": Said(row["name"]),
        "share": Range(row["full_share"], row["full_share"]),
        "draws": Quantity(len(found.at_target.tonnes)),
        "worth": Usd(row["value_q50"]),
        "relief": UNKNOWN if relief is None else Usd(relief),
        "capacity": _capacity(row),
        "sources": network_sources(draft, found, row["sources"]),
    }
    return Phrase(key, facts)


def _capacity(row: dict[str, Any]) -> Value:
    if row["capacity_t"] is None:
        return UNKNOWN
    return Quantity(row["capacity_t"] / 1e6, "mt", row["capacity_low"] / 1e6, row["capacity_high"] / 1e6)


def _chokes(draft: Draft, found: Transport) -> Grid:
    rows = tuple(
        (
            Said(row["name"]),
            _capacity(row),
            Range(row["full_share"], row["full_share"]),
            Usd(row["value_q50"]),
            UNKNOWN if row["relief_usd"] is None else Usd(row["relief_usd"]),
            network_sources(draft, found, row["sources"]),
        )
        for row in list(found.bottlenecks)[:CHOKES]
    )
    heads = tuple(
        Word(f"head.{name}") for name in ("capacity_name", "capacity", "full", "tonne", "tenth", "source")
    )
    return Grid("chokes", Word("caption.chokes"), heads, (8, 6, 4, 4, 5, 3), rows, Word("target.no_choke"))


def _by_mode(found: Transport) -> dict[tuple[str, bool], float]:
    """Tonnes a year by mode, the pair's own apart from third countries', at the target's median flows."""
    median = found.at_target.median
    total: dict[tuple[str, bool], float] = defaultdict(float)
    for piece in pieces(median):
        arcs = (median.carriage.arcs[index][1] for index in piece.path)
        for mode in {arc.mode for arc in arcs if arc is not None and arc.kind in RUNS}:
            total[mode, median.flows[piece.flow].transit] += piece.tonnes
    return dict(total)


def _vehicles(draft: Draft, found: Transport) -> Grid:
    """By mode: tonnes, and what it takes a month to carry them."""
    tonnes, rows = _by_mode(found), []
    for mode in sorted({mode for mode, _ in tonnes}):
        own, others = tonnes.get((mode, False), 0.0), tonnes.get((mode, True), 0.0)
        units = [row for row in found.at_target.median.fleet if row["mode"] == mode]
        loads = tuple(_load(row) for row in units)
        loaded = _train_loads(found)[:1] if mode == "rail" else []
        refs = network_sources(draft, found, ";".join(row["source"] for row in (*units, *loaded)))
        rows.append(
            (
                known("mode", mode),
                Quantity(own / 1e6, "mt"),
                _monthly(draft, found, mode, own),
                Quantity(others / 1e6, "mt"),
                Lines(loads) if loads else UNKNOWN,
                refs,
            )
        )
    heads = tuple(Word(f"head.{name}") for name in ("mode", "own", "monthly", "others", "loads", "source"))
    return Grid("vehicles", Word("caption.vehicles"), heads, (4, 4, 6, 4, 8, 3), tuple(rows))


def _load(row: Mapping[str, Any]) -> Value:
    """Loads a month of one kind of wagon, lorry, box or ship; a kind that the word list lacks keeps its name."""
    key = f"load.{row['unit'].lower()}"
    facts = {"n": _whole(row["loads_a_month"]), "packaging": known("packaging", row["packaging"])}
    return Phrase(key, facts) if has(key) else Phrase("load.other", {"unit": Said(row["unit"]), **facts})


def _whole(number: float) -> Quantity:
    return Quantity(float(round(number)))


def _monthly(draft: Draft, found: Transport, mode: str, tonnes: float) -> Value:
    """Trains or ships a month for the pair's own goods, over the range of what one carries."""
    if mode == "rail":
        loads = [(r["value"], r["low"] or r["value"], r["high"] or r["value"]) for r in _train_loads(found)]
        noun = "trains"
    else:
        rows = [
            r for r in found.plain.tables["loads"] if r["mode"] == mode and r["unit"] in ("ship", "truck")
        ]
        loads = [(r["tonnes_per_unit"], r["low"], r["high"]) for r in rows[:1]]
        noun = "ships" if mode == "sea" else "trucks"
    if not loads:
        draft.unknown.append(Phrase("unknown.load", {"mode": known("mode", mode)}))
        return UNKNOWN
    each, low, high = loads[0]
    middle, least, most = (float(round(tonnes / load / MONTHS)) for load in (each, high or each, low or each))
    return Quantity(middle, noun, least, most)


def _train_loads(found: Transport) -> list[dict[str, Any]]:
    """Net loads of one train that the network states, in tonnes."""
    return [
        row
        for row in found.plain.tables["values"]
        if row["attribute"] == "payload_per_train" and row["unit"] == "t"
    ]


def _payments(draft: Draft, plan: Plan) -> list[Value]:
    found = plan.settlement
    low, middle, high = np.nanquantile(found.unmatched, (0.1, 0.5, 0.9)).tolist()
    facts: dict[str, Value] = {
        "by": When(str(found.by)),
        "opens": When(str(found.years[0])),
        "unmatched": Share(middle, low, high),
        "usd": Usd(float(np.median(np.abs(found.main.imbalance[:, found.target])))),
        "terms": read_back("terms", found.terms.source),
        "sources": draft.own("source.clearing"),
    }
    return [Phrase("target.unmatched", facts), Phrase("target.clearing", facts)]


def _credit(draft: Draft, plan: Plan) -> Grid:
    """Credit each way by how often it is enough, with the flows simulated and in proportion at the target."""
    found, q = plan.settlement, plan.question
    row = next(r for r in plan.path if r["year"] == q.by)
    factor = q.target_usd / row["plan_q50"]
    rows: list[tuple[Value, ...]] = []
    for settled, key in ((Settled.EVENLY, "evenly"), (Settled.AT_YEAR_END, "year_end")):
        for name, times in (("simulated", 1.0), ("proportion", factor)):
            credit = tuple(Usd(swing_row(found, settled, level)["either_usd"] * times) for level in LEVELS)
            rows.append((Word(f"settled.{key}"), Word(f"flows.{name}"), *credit))
    heads: tuple[Value, ...] = (
        Word("head.settled"),
        Word("head.flows"),
        *(Phrase("head.enough", {"share": Share(level)}) for level in LEVELS),
    )
    facts: dict[str, Value] = {
        "by": When(str(q.by)),
        "factor": Quantity(round(factor, 2)),
        "sources": draft.own("source.clearing"),
    }
    return Grid("credit", Phrase("caption.credit", facts), heads, (6, 6, 4, 4, 4), tuple(rows))
