"""The demonstration's year in plain words: what a clearing house does, with the figures of this run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from textwrap import wrap

from tarazu.clearing.demo.figures import Figures
from tarazu.clearing.demo.inbox import Inbox
from tarazu.clearing.demo.proof import Proof
from tarazu.clearing.demo.runner import Kill, Told
from tarazu.clearing.demo.world import World
from tarazu.clearing.screening.screen import NOT_CHECKED
from tarazu.clearing.state import State

_WIDTH = 110
_REASONS = {
    "AG01": "not admitted: excluded goods, a blocked party, or a debtor agent behind with a settlement",
    "AC01": "party not registered",
    "BE01": "name differs from the registered one, which was the one screened",
    "DT01": "settlement date has passed or lies too far ahead",
    "AM02": "larger than the scheme allows",
    "AM04": "no credit left with its own agent",
    "AM21": "beyond the swing limit",
    "AM05": "key already used for another payment",
    "AM06": "smaller than the scheme allows",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the story is told from."""

    world: World
    inbox: Inbox
    told: Told
    kills: tuple[Kill, ...]
    figures: Figures
    proofs: tuple[Proof, ...]
    state: State
    url: str | None


def tell(facts: Facts, folder: Path, seconds: float) -> tuple[str, ...]:
    """The story, line by line, no line longer than a terminal is wide."""
    parts = (
        _opening(facts),
        _rules(facts),
        _screening(facts),
        _orders(facts),
        _others(facts),
        _cycles(facts),
        _settling(facts),
        _killing(facts),
        _proving(facts),
        _looking(facts, folder, seconds),
    )
    lines: list[str] = []
    for number, part in enumerate(parts):
        title, *paragraphs = list(part)
        lines += ([""] if number else []) + [f"{number}. {title}" if number else title]
        for text in paragraphs:
            # What begins with spaces is a table or a command, set as it is.
            lines += [text] if text.startswith("  ") else wrap(text, _WIDTH, break_on_hyphens=False) or [""]
    return tuple(lines)


def _opening(f: Facts) -> Iterator[str]:
    yield "A clearing house between Kazakhstan and Iran: a simulated year"
    yield (
        f"Exporters and importers of two countries pay one another for {len(f.world.days)} joint business days, "
        f"{_day(f.world.days[0])} to {_day(f.world.days[-1])}. Every party, price, rate and list entry is invented "
        f"(seed {f.world.seed}); only the yearly size of the two flows is taken from trade statistics of 2023. "
        "No payment was made, and nothing here permits one."
    )


def _rules(f: Facts) -> Iterator[str]:
    scheme = f.world.scheme
    yield "The rules"
    firms = sum(map(len, f.world.firms.values()))
    agreed = sum(map(len, f.world.consenting.values()))
    limits = {member.swing_limit for member in scheme.members if member.swing_limit is not None}
    shown = " and ".join(_money(f, limit) for limit in sorted(limits)) or "any amount"
    yield (
        f"The scheme is {scheme.id}, a proposal that nobody has adopted. {firms} firms pay and are paid in tenge or "
        "rials, each through its own country's agent. Between the two agents only one figure counts: what one owes "
        f"the other, in {scheme.unit} as a unit of account. Neither may owe more than {shown}, the swing limit. "
        f"Once a month, at the close of a cycle, {float(scheme.settle_share):.0%} of what is owed has to be paid in "
        f"convertible currency within {scheme.deadline_days} joint business days; the rest is carried at "
        f"{_rate(f)} interest. Banks of both countries are open together on three days a week at most. "
        f"{agreed} firms have agreed that circular debts among them are set off."
    )


def _screening(f: Facts) -> Iterator[str]:
    figures = f.figures
    yield "Screening: nobody is booked unscreened"
    yield (
        f"A list in OFAC's format was loaded {figures.events.get('lists', 0)} times ({f.inbox.list_versions} versions "
        f"with other content), since the scheme relies on a list for {f.world.scheme.screening_max_age_days} day after "
        f"its date. Each loading screened every party anew: {figures.verdicts:,} verdicts. "
        f"{len(figures.hits)} parties were hit:"
    )
    ends = {each["party"]: each for each in _decided(f)}
    for party, (name, score, listed) in sorted(figures.hits.items()):
        decision = ends.get(party)
        word = (
            "undecided at the end" if decision is None else "released" if decision["release"] else "blocked"
        )
        why = "" if decision is None else f": {decision['reason']}"
        yield f"  {party}  {name}  ~  {listed}  (score {score:.2f})  {word}{why}"
    yield (
        f"A hit holds a party until one operator proposes and another approves a decision "
        f"({figures.events.get('decision', 0)} decisions; a release counts for one verdict, so each later loading "
        f"asked again). {figures.events.get('freeze', 0)} payments were posted before a hit and frozen at the close "
        f"of their cycle; {figures.events.get('thaw', 0)} of them were booked again after a release. The money of the "
        "others stays with the payer's own agent. Screening compares names with lists. It did not check "
        + "; ".join(NOT_CHECKED)
        + "."
    )


def _orders(f: Facts) -> Iterator[str]:
    figures, told = f.figures, f.told
    yield "Payment orders come in as pacs.008 XML"
    yield (
        f"{len(f.inbox.keys)} messages carried {figures.orders:,} different orders. {len(told.refused)} messages were "
        f"refused whole, {len(told.unread)} order could not be read, the others were answered one by one (pacs.002):"
    )
    for name, reason in sorted(told.refused.items()):
        yield f"  {name}: {reason.removeprefix(name).lstrip(':, ')[:80]}"
    for name, (code, reason) in sorted(told.unread.items()):
        yield f"  {name}: {code}, {reason[:80]}"
    words = {
        "posted": "booked at once",
        "pending": "booked, to be posted on a later day or at the close",
        "held": "held: a screening hit or a price to be explained",
        "queued": "queued: the debtor's agent had too little of its swing limit left",
        "refused": "refused",
    }
    for status, text in words.items():
        if figures.answers.get(status):
            yield f"  {figures.answers[status]:>5,}  {text}"
    for code, count in sorted(figures.reasons.items()):
        yield f"         {count:>5,}  {code}  {_REASONS.get(code, '')}"
    again = f.told.repeated
    yield (
        f"Orders that came a second time with the same key and content, {again:,} of them (one message was sent twice, "
        "others were sent again after a kill), got their first answer and were not booked again. "
        f"{figures.events.get('refused-key', 0)} under a used key with other content was refused."
    )


def _others(f: Facts) -> Iterator[str]:
    figures, events = f.figures, f.figures.events
    yield "What became of the booked payments"
    for status, text in (
        ("posted", "posted"),
        ("pending", "still pending"),
        ("voided", "released by an operator before their date"),
        ("expired", "not posted in time: disputed, or a date that passed; the hold was released"),
        ("reversed", "reversed by two operators, at the first amounts (pacs.004)"),
        ("frozen", "frozen: a party was hit after the booking"),
    ):
        if status in figures.payments:
            count, total = figures.payments[status]
            yield f"  {count:>5,}  {_money(f, total):>22}  {text}"
    for why, text in (
        ("limit", "still queued for the swing limit"),
        ("screening", "held"),
        ("price", "held"),
    ):
        if why in figures.waiting:
            count, total = figures.waiting[why]
            yield f"  {count:>5,}  {_money(f, total):>22}  {text}: never booked, so not paid through clearing"
    if events.get("price-decision"):
        yield (
            f"{events['price-decision']} invoices lay far outside the usual price of their goods and were held until "
            "two operators decided: over-invoicing is how such mechanisms have been emptied."
        )


def _cycles(f: Facts) -> Iterator[str]:
    cycles = f.figures.cycles
    yield "The cycles: all payments of a month become one figure"
    yield (
        "At a close circular debts among consenting firms are set off first; what is left is netted between the two "
        "agents; only the difference remains to be owed. Million dollars:"
    )
    yield "  cycle  closed      payments    gross  set off   netted  remains   owed by     owed in all  to be paid"
    for each in cycles:
        yield (
            f"  {each.number:>5}  {each.closed}  {each.payments:>8,}  {_m(f, each.gross):>7}  "
            f"{_m(f, each.set_off):>7}  {_m(f, each.netted):>7}  {_m(f, each.net):>7}   {each.debtor:<10}  "
            f"{_m(f, each.closing):>11}  {_m(f, each.due):>10}"
        )
    gross = sum(each.gross for each in cycles)
    off, netted, net = (sum(getattr(each, n) for each in cycles) for n in ("set_off", "netted", "net"))
    if gross:
        yield (
            f"Of {_money(f, gross)}, {off / gross:.1%} was set off, {netted / gross:.1%} netted, and {net / gross:.1%} "
            f"({_money(f, net)}) remained. Kazakhstan sells more than it buys: no clearing makes that difference "
            f"disappear. The swing limit carries it for a while, and then it is paid or trade waits. Interest on what "
            f"was owed came to {_money(f, f.figures.interest)}."
        )


def _settling(f: Facts) -> Iterator[str]:
    figures, events = f.figures, f.figures.events
    yield "Settlement in convertible currency"
    count = sum(figures.settlements.values())
    states = ", ".join(f"{number} {status}" for status, number in sorted(figures.settlements.items()))
    yield (
        f"{count} settlements fell due ({states} at the end); {_money(f, figures.settled)} arrived. Each was proposed "
        "by one operator, released by another, and instructed as pacs.009. The agents' balances move when the money "
        "has arrived, not when it was instructed."
    )
    if events.get("settlement-rejected"):
        yield (
            f"{events['settlement-rejected']} instruction was rejected on its way: both sides' books stayed as they "
            "were, it was issued again with a new deadline, and then it arrived."
        )
    if events.get("settlement-overdue"):
        yield (
            f"{events['settlement-overdue']} settlement was late: until it arrived its debtor could not owe more, and "
            "new orders of its customers were refused."
        )


def _killing(f: Facts) -> Iterator[str]:
    yield f"Killed {len(f.kills)} times"
    yield (
        "The process that kept the books was killed from outside in the middle of its work, and started again. It "
        "keeps nothing in memory that matters: it read from the books which day they had reached and did that day "
        "over. What it had acknowledged was noted outside of it:"
    )
    for each in f.kills:
        found = (
            ""
            if each.written is None
            else "; the whole message was booked"
            if each.written
            else "; nothing of it was booked"
        )
        what = f"while booking {each.about}" if each.about else f"during: {each.step}"
        found = f"; {each.half} orders of it were there, not the others" if each.half else found
        yield f"  {each.day}  {what}{found}; {each.acknowledged:,} answers given, {each.lost} lost"


def _proving(f: Facts) -> Iterator[str]:
    yield "The proofs"
    for each in f.proofs:
        yield f"  {'holds ' if each.ok else 'BROKEN'}  {each.claim}"
        yield f"          {each.found}"
    failed = sum(not each.ok for each in f.proofs)
    if failed:
        yield f"{failed} of {len(f.proofs)} claims do not hold. Do not rely on this installation."


def _looking(f: Facts, folder: Path, seconds: float) -> Iterator[str]:
    house = "YOUR-DATABASE-URL" if f.url else str(folder / "house.db")
    last, key = f.world.days[-1], folder / "house.pub"
    yield "Look for yourself"
    yield f"All of it is in {folder} (it took {seconds:.0f} seconds):"
    yield "  inbox/       what came from outside: messages, lists, rates, parties, the operators' script"
    yield "  answers/     pacs.002, one for each message     settlement/  pacs.009 and pacs.004"
    yield "  statements/  of two firms, the blocked party and both agents, first and last closed cycle"
    yield f"  tarazu clearing show --house {house} --day {last}"
    yield f"  tarazu clearing verify --house {house} --day {last} --public-key {key}"
    yield f"  tarazu clearing statement agent-IRN --house {house} --day {last} --cycle 1"
    yield f"  tarazu clearing demo --seed {f.world.seed + 1} --folder {folder}-{f.world.seed + 1}"


def _decided(f: Facts) -> list[dict[str, object]]:
    from tarazu.clearing.demo.watch import decisions

    return decisions(f.world)


def _rate(f: Facts) -> str:
    rate = f.world.scheme.interest.rate
    return "the stated" if rate is None else f"{float(rate):.1%}"


def _m(f: Facts, amount: int) -> str:
    return f"{amount / 10 ** (f.world.scheme.scale(f.world.scheme.unit) + 6):,.1f}"


def _money(f: Facts, amount: int | None) -> str:
    whole = (amount or 0) / 10 ** f.world.scheme.scale(f.world.scheme.unit)
    return f"{whole / 1e6:,.1f} million dollars" if whole >= 1e5 else f"{whole:,.0f} dollars"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
