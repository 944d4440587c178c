"""What `tarazu clearing` prints, and the JSON of results that have no table of their own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from tarazu.core.codes import currency
from tarazu.core.errors import InputError, TarazuError

if TYPE_CHECKING:
    import polars as pl

    from tarazu.clearing.booking import Outcome
    from tarazu.clearing.house import DayRoll
    from tarazu.clearing.netting import SetOff
    from tarazu.clearing.parties import Verdict
    from tarazu.clearing.reconcile import Reconciliation
    from tarazu.clearing.scheme import Scheme
    from tarazu.clearing.screening.screen import Finding
    from tarazu.clearing.state import State
    from tarazu.clearing.statement_values import Statement
    from tarazu.clearing.verify import Verification
    from tarazu.core.table import Table

PIPED_WIDTH = 120  # columns when the output is no terminal
MOST_ROWS = 20  # of a table that only illustrates; files and --json hold all


def read_table(file: Path, needed: Sequence[str]) -> pl.DataFrame:
    """A CSV file as a frame of the columns it has.

    Raises
    ------
    InputError
        If it cannot be read, or lacks a needed column.
    """
    import polars as pl

    try:
        frame = pl.read_csv(file, infer_schema_length=None)
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        raise InputError(
            f"{file.name}: expected a CSV table in UTF-8 ({str(error).splitlines()[0]})."
        ) from None
    missing = [name for name in needed if name not in frame.columns]
    if missing:
        raise InputError(
            f"{file.name}: expected the columns {', '.join(needed)}; {', '.join(missing)} "
            f"{'is' if len(missing) == 1 else 'are'} absent. It has {', '.join(frame.columns)}."
        )
    return frame


def money(minor: int | None, code: str) -> str:
    """An amount in major units with its decimals; an en dash for none."""
    if minor is None:
        return "–"
    try:
        scale = currency(code).scale
    except TarazuError:
        scale = 0
    return f"{minor / 10**scale:,.{scale}f}"


def console() -> Console:
    """Wide enough for tables when the output is no terminal."""
    probe = Console()
    return probe if probe.is_terminal else Console(width=PIPED_WIDTH)


def grid(title: str, headers: Sequence[str], rows: Iterable[Sequence[Any]], right_from: int = 99) -> Grid:
    """A table without lines; columns from `right_from` on are numbers."""
    found = Grid(title=title or None, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for place, header in enumerate(headers):
        found.add_column(header, justify="right" if place >= right_from else "left", overflow="fold")
    for row in rows:
        found.add_row(*(escape(str(cell)) for cell in row))
    return found


def _few(table: Sequence[Any], total: int) -> str:
    return "" if total <= len(table) else f" (first {len(table)} of {total}; --json has all)"


def print_schemes(found: Sequence[Scheme]) -> None:
    """The presets, one line each."""
    rows = (
        (each.id, each.standing, f"{each.valid_from}–{each.valid_to or ''}", each.title) for each in found
    )
    console().print(grid("Schemes", ("name", "standing", "dates", "what it is"), rows))


def print_scheme(scheme: Scheme) -> None:
    """Rules, members, published figures, sources and remarks."""
    out = console()
    out.print(f"[bold]{escape(scheme.title)}[/bold] ({scheme.standing}, from {scheme.valid_from})\n")
    note = (
        "simulation only: no enacted legal authority is named" if scheme.synthetic_only else "real payments"
    )
    rules = (
        ("unit of account", scheme.unit),
        ("cycle", scheme.cycle.length),
        ("settled", f"within {scheme.deadline_days} joint business days of the close"),
        ("share settled", f"{scheme.settle_share:%} of the balance; above a limit: {scheme.overflow}"),
        (
            "interest",
            f"{scheme.interest.rate_name} {scheme.interest.rate or 'read at each close'}, "
            f"{scheme.interest.day_count}",
        ),
        ("rate", scheme.rate.name),
        ("set-off", scheme.finality if scheme.set_off else "none"),
        ("lists", f"at most {scheme.screening_max_age_days} days old"),
        ("payments", note),
    )
    out.print(grid("Rules", ("rule", "value"), rules))
    members = ((m.country, m.agent, m.currency, money(m.swing_limit, scheme.unit)) for m in scheme.members)
    out.print(grid("\nMembers", ("country", "agent", "currency", f"may owe, {scheme.unit}"), members, 3))
    if scheme.figures:
        figures = ((each.name, f"{each.value} {each.unit}", each.source) for each in scheme.figures)
        out.print(grid("\nPublished figures", ("figure", "value", "source"), figures))
    out.print(grid("\nSources", ("rule", "source"), scheme.sources))
    for check in scheme.checks:
        out.print(f"\n{escape(str(check))}")


def scheme_dict(scheme: Scheme) -> dict[str, Any]:
    """JSON-ready rules; the TOML text is the whole of them."""
    return {
        "id": scheme.id,
        "title": scheme.title,
        "standing": str(scheme.standing),
        "valid_from": scheme.valid_from.isoformat(),
        "valid_to": scheme.valid_to.isoformat() if scheme.valid_to else None,
        "unit": scheme.unit,
        "synthetic_only": scheme.synthetic_only,
        "members": [asdict(each) for each in scheme.members],
        "figures": [{**asdict(each), "value": str(each.value)} for each in scheme.figures],
        "sources": dict(scheme.sources),
        "digest": scheme.digest,
        "text": scheme.text,
    }


def print_set_off(found: SetOff) -> None:
    """The totals, and the first rows."""
    out = console()
    n = len(found.amount)
    out.print(
        f"{found.cleared:,} of {found.total:,} cleared ({found.cleared_share:.1%}) in {n:,} obligations; no "
        f"set-off can "
        f"clear more than {found.compensable:,}. Net positions are unchanged, and no larger set-off exists "
        f"(certificate)."
    )
    rows = found.table.rows[:MOST_ROWS]
    headers = [column.name for column in found.table.columns]
    out.print(grid(f"\nObligations{_few(rows, n)}", headers, rows, 2))
    out.print("\nA proposal until every party whose obligation it reduces has consented.")


def verdict_dict(each: Verdict) -> dict[str, Any]:
    """JSON-ready verdict."""
    return asdict(each)


def print_verdicts(verdicts: Sequence[Verdict]) -> None:
    """Hits, then what was and was not checked."""
    from tarazu.clearing.screening.screen import NOT_CHECKED

    out = console()
    hits = [each for each in verdicts if each.hit]
    out.print(f"Screened by name: {len(verdicts)} parties; hits: {len(hits)}.")
    if hits:
        rows = ((h.party, f"{h.score:.2f}", h.matched_name, h.list_name, h.entry) for h in hits[:MOST_ROWS])
        out.print(
            grid("Held until two operators decide", ("party", "score", "listed name", "list", "entry"), rows)
        )
        out.print("Next: tarazu clearing decide PARTY --release|--block --reason WHY --by NAME")
    out.print(f"Not checked: {'; '.join(NOT_CHECKED)}.")


def finding_dict(found: Finding) -> dict[str, Any]:
    """JSON-ready finding."""
    return {
        "name": found.name,
        "hit": found.hit,
        "score": found.score,
        "matched_name": found.matched_name,
        "entry": found.entry.id if found.entry else None,
        "candidates": [
            {"score": c.score, "matched_name": c.matched_name, "entry": c.entry.id, "list": c.entry.list_name}
            for c in found.candidates
        ],
    }


def print_findings(found: Sequence[Finding]) -> None:
    """One line for each name."""
    from tarazu.clearing.screening.screen import NOT_CHECKED

    out = console()
    rows = (
        (
            f.name,
            "HIT" if f.hit else "no hit",
            f"{f.score:.2f}",
            f.matched_name,
            f.entry.list_name if f.entry else "",
        )
        for f in found
    )
    out.print(grid("Screened by name", ("name", "", "score", "nearest listed name", "list"), rows))
    out.print(f"Not checked: {'; '.join(NOT_CHECKED)}.")


def submitted_dict(name: str, batch: Any, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """JSON-ready answers to one file."""
    return {
        "file": name,
        "message_id": batch.message_id,
        "checked_against": batch.checked_against,
        "outcomes": [asdict(each) for each in outcomes],
        "unreadable": [asdict(each) for each in batch.refused],
    }


def print_outcomes(answered: Sequence[tuple[str, Any, Sequence[Outcome]]]) -> None:
    """How many of each status, then every order that was not booked with its reason."""
    out = console()
    for name, batch, outcomes in answered:
        counts: dict[str, int] = {}
        for each in outcomes:
            word = f"{each.status} before" if each.repeated else each.status
            counts[word] = counts.get(word, 0) + 1
        if batch.refused:
            counts["unreadable"] = len(batch.refused)
        words = ", ".join(f"{count} {word}" for word, count in counts.items()) or "nothing in it"
        out.print(f"{escape(name)}: {words} ({escape(batch.checked_against)}).")
        stopped = [
            (o.id or "", o.key, o.status, o.code, o.reason) for o in outcomes if o.reason and not o.repeated
        ]
        stopped += [("", r.key, "unreadable", r.code, f"{r.source}: {r.reason}") for r in batch.refused]
        if stopped:
            out.print(
                grid(
                    f"Not booked{_few(stopped[:200], len(stopped))}",
                    ("no.", "key", "answer", "code", "reason"),
                    stopped[:200],
                )
            )


def result_dict(result: Any) -> dict[str, Any]:
    """JSON-ready result of an approval."""
    if isinstance(result, list):
        return {"result": [asdict(each) for each in result]}
    return {
        "result": asdict(result) if is_dataclass(result) and not isinstance(result, type) else str(result)
    }


def print_approval(number: int, result: Any, unit: str) -> None:
    """What was carried out; a close in full."""
    from tarazu.clearing.cycle import Close

    out = console()
    out.print(f"Proposal {number} is approved and carried out.")
    if not isinstance(result, Close):
        for each in result if isinstance(result, list) else ():
            out.print(f"{each.key}: {each.status} {escape(each.reason)}")
        return
    out.print(
        f"\nCycle {result.cycle} ({result.opened} to {result.closed}): {result.payments} payments of "
        f"{money(result.gross, unit)} {unit}; {money(result.set_off, unit)} set off; "
        f"{result.netted_share:.1%} needed no "
        f"settlement. {result.expired} expired, {result.frozen} frozen."
    )
    names = ("opening", "received", "paid", "other", "interest", "consolidated", "closing", "limit")
    rows = [(a.agent, *(money(getattr(a, name), unit) for name in names)) for a in result.agents]
    out.print(grid(f"\nAgents, {unit}", ("agent", *names), rows, 1))
    for due in result.settlements:
        out.print(
            f"\nSettlement {due.id}: {due.debtor_agent} pays {due.creditor_agent} {money(due.amount, unit)} "
            f"{unit} by "
            f"{due.due}. Release it: tarazu clearing settle {due.id} --by NAME"
        )


def day_dict(rolled: DayRoll) -> dict[str, Any]:
    """JSON-ready day."""
    return {
        "day": rolled.day.isoformat(),
        "posted": rolled.posted,
        "expired": rolled.expired,
        "waited": [asdict(each) for each in rolled.waited],
        "overdue": list(rolled.overdue),
    }


def print_day(rolled: DayRoll) -> None:
    """What the new day brought."""
    booked = sum(each.status in ("posted", "pending") for each in rolled.waited)
    console().print(
        f"{rolled.day}: {rolled.posted} posted, {rolled.expired} expired, {booked} of {len(rolled.waited)} "
        f"queued orders "
        f"booked, {len(rolled.overdue)} settlements overdue."
    )


def print_state(found: State) -> None:
    """How the house stands."""
    out = console()
    mark = " SIMULATION: synthetic parties, no legal authority is named." if found.simulation else ""
    out.print(
        f"[bold]{escape(found.scheme)}[/bold], cycle {found.cycle} from {found.opened} to {found.ends}.{mark}"
    )
    lists = f"{found.lists}, to be relied on until {found.valid_until}" if found.lists else "none loaded"
    out.print(f"Sanctions lists: {escape(lists)}.")
    unit = found.unit
    agents = (
        (
            a["agent"],
            *(money(a[n], unit) for n in ("posted", "pending_debit", "pending_credit", "credit_limit")),
        )
        for a in found.agents
    )
    heads = ("agent", "balance", "held to pay", "to come", "may owe")
    out.print(grid(f"\nAgents, {unit}", heads, agents, 1))
    payments = ((p["status"], p["payments"], money(p["amount"], unit)) for p in found.payments)
    out.print(grid("\nPayments", ("status", "payments", unit), payments, 1))
    for table, title in (
        (found.waiting, "Waiting"),
        (found.held, "Parties with a hit"),
        (found.proposals, "Proposals, waiting for another operator"),
    ):
        _print_table(out, table, title)
    if len(found.settlements):
        plain = ("id", "cycle", "debtor_agent", "creditor_agent", "due", "status")
        rows = ([*(each[name] for name in plain), money(each["amount"], unit)] for each in found.settlements)
        titles = ("no.", "cycle", "pays", "receives", "due", "status", unit)
        out.print(grid("\nSettlements", titles, rows, 6))


def _print_table(out: Console, table: Table, title: str) -> None:
    if not len(table):
        return
    rows = table.rows[:MOST_ROWS]
    out.print(grid(f"\n{title}{_few(rows, len(table))}", [column.name for column in table.columns], rows))


def print_demo(found: Any) -> None:
    """The story, line by line."""
    out = console()
    for line in found.story:
        out.print(escape(line), highlight=False)


def print_statement(found: Statement) -> None:
    """Accounts with their movements, what was screened, what was not."""
    out = console()
    out.print(
        f"[bold]{escape(found.name)}[/bold] ({escape(found.party)}), {escape(found.period)}. "
        f"{escape(found.mark)}"
    )
    for account in found.accounts:
        code = account.currency
        rows = [
            (m.day, m.kind, m.payment or "", m.counterparty, money(m.amount, code), money(m.balance, code))
            for m in account.movements[:MOST_ROWS]
        ]
        ends = f"opening {money(account.opening, code)}, closing {money(account.closing, code)}"
        if not rows and not account.pending and not account.closing:
            continue
        out.print(
            f"\n[bold]{escape(account.title)}[/bold], {code}: {ends}{_few(rows, len(account.movements))}"
        )
        heads = ("day", "what", "no.", "with", "amount", "balance")
        if rows:
            out.print(grid("", heads, rows, 4))
        if account.pending:
            held = sum(each.amount for each in account.pending)
            out.print(f"Pending: {len(account.pending)} payments, {money(held, code)} {code}.")
    if found.set_off:
        total = sum(each.amount for each in found.set_off)
        out.print(
            f"\nSet off: {money(total, found.unit)} {found.unit} in {len(found.set_off)} payments, final."
        )
    for screening in found.screened:
        out.print(f"\n{escape(screening.said)}")
    out.print(f"Not checked: {escape('; '.join(found.not_checked))}.")
    out.print(f"Drawn at journal row {found.head.seq}, {found.head.hash[:16]}.")


def print_reconciliations(statements: Sequence[Reconciliation]) -> None:
    """The differences of each statement; that there are none is said too."""
    for each in statements:
        _print_reconciliation(console(), each)


def _print_reconciliation(out: Console, found: Reconciliation) -> None:
    word = "agree" if found.agrees else "differ"
    out.print(
        f"{escape(found.agent)}, {found.purpose}, {found.currency}, {found.first} to {found.last}: bank and "
        f"books {word}; "
        f"{len(found.matched)} entries match."
    )
    if not found.agrees:
        _print_table(out, found.table, "Findings")
    for check in found.checks:
        out.print(escape(str(check)))


def reconciliation_dict(found: Reconciliation) -> dict[str, Any]:
    """JSON-ready findings."""
    return {
        "agent": found.agent,
        "account": found.purpose,
        "agrees": found.agrees,
        "opening_difference": found.opening_difference,
        "closing_difference": found.closing_difference,
        "findings": found.table.records(),
        "checks": [str(each) for each in found.checks],
    }


def print_verification(found: Verification) -> None:
    """What was recomputed, and the first break if there is one."""
    out = console()
    out.print(
        f"Recomputed from the journal: {found.rows:,} rows, {found.entries:,} legs, {found.payments:,} "
        f"payments, "
        f"closed cycles: {found.cycles}; {found.signed} of {found.heads} signed heads checked."
    )
    for each in found.breaks:
        out.print(f"BREAK at {escape(str(each))}")
    broken = "The books are broken. Stop booking and keep this database as it is."
    out.print("Nothing is broken." if found.ok else broken)
    for note in found.notes:
        out.print(escape(str(note)))


def verification_dict(found: Verification) -> dict[str, Any]:
    """JSON-ready result."""
    counts = {row["what"]: row["count"] for row in found.table}
    breaks = [{"seq": each.seq, "table": each.table, "what": each.what} for each in found.breaks]
    return {
        "ok": found.ok,
        **counts,
        "key": found.key,
        "breaks": breaks,
        "notes": [str(each) for each in found.notes],
    }


def print_parties(found: Table) -> None:
    """One line for each party."""
    rows = (
        (
            r["id"],
            r["name"],
            r["country"],
            r["kind"],
            r["state"] or "not screened",
            "yes" if r["set_off"] else "",
            money(r["credit_limit"], r["currency"]),
            r["currency"],
        )
        for r in found
    )
    heads = ("party", "name", "country", "kind", "standing", "set-off", "may owe", "currency")
    console().print(grid("Parties", heads, rows))
