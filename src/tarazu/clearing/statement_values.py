"""A statement's values, and how they are written: table, CSV, JSON, a page for A4, camt.053.

Amounts are integers in minor units and are shown in major units with the decimals of ISO 4217.

Cells of a CSV file that a spreadsheet would take for a formula (first character ``=``, ``+``, ``-``, ``@``, tab or
line end) begin with an apostrophe there, as OWASP advises (CSV Injection); amounts are numbers and stay as they are.
HTML, JSON and messages carry the text unchanged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from tarazu.clearing.messages.build import Agent, major
from tarazu.clearing.screening.screen import NOT_CHECKED
from tarazu.core.codes import currency
from tarazu.core.table import Column, Table, is_missing

SIMULATION = "SIMULATION: synthetic parties, no legal authority"
CHECKED = "Names of this party and of both sides of every payment, against the lists named here."
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")

# Accounts in the order in which a statement lists them: name, and what a balance means.
PURPOSES = {
    "customer": ("Account", "A balance above zero is owed to the party by its agent."),
    "clearing": ("Clearing account", "A balance above zero is owed by the other agents, below zero to them."),
    "convertible": ("Settled in convertible currency", "Received (above zero) or paid (below) to settle."),
    "consolidated": ("Consolidated balance", "What exceeded the swing limit; it bears interest."),
    "position": (
        "Exchange position",
        "What customers paid in (above zero) or were paid (below), against clearing.",
    ),
    "domestic": ("Settled at home", "What customers were paid out (above zero) or paid in (below)."),
    "frozen": ("Frozen funds", "Of payments and parties that are stopped, held until operators decide."),
    "offset": ("Set-off", "What set-off discharged of debts (below zero) and claims (above)."),
}

_COLUMNS = (
    Column("row", "", "opening, movement, closing, pending, set-off or note"),
    Column("account", "", "number of the account"),
    Column("purpose", "", "what the account is for"),
    Column("currency", "", "ISO 4217"),
    Column("date", "", "business date"),
    Column("journal", "", "number of the journal row"),
    Column("kind", "", "what happened, or what a note is about"),
    Column("payment", "", "number of the payment"),
    Column("counterparty", "", "name of the other side"),
    Column("customer", "", "own customer of the agent, on an agent's statement"),
    Column("reference", "", "end-to-end identifier"),
    Column("invoice", "", "number of the commercial invoice"),
    Column("amount", "minor units", "negative is a debit"),
    Column("balance", "minor units", "after the movement"),
    Column("remark", "", "text of a note; terms of a pending payment"),
)


@dataclass(frozen=True, slots=True)
class Movement:
    """One leg on the account; amounts in minor units, a debit is negative.

    Attributes
    ----------
    kind
        What happened, in plain words.
    counterparty, customer
        Name of the other side; of the agent's own customer, on an agent's statement.
    reference, transaction_id, uetr, invoice
        As the payment order stated them; of a settlement, its own identifier and the bank's reference.
    """

    day: date
    seq: int
    leg: int
    kind: str
    amount: int
    balance: int
    payment: int | None = None
    counterparty: str = ""
    customer: str = ""
    reference: str = ""
    transaction_id: str = ""
    uetr: str = ""
    invoice: str = ""


@dataclass(frozen=True, slots=True)
class Pending:
    """A payment held but not posted at the end of the statement; no part of the balance."""

    payment: int
    day: date
    settles: date
    expires: date
    amount: int
    counterparty: str
    customer: str
    reference: str
    invoice: str


@dataclass(frozen=True, slots=True)
class SetOffPart:
    """What set-off discharged of one payment.

    Attributes
    ----------
    amount, local
        Discharged, minor units of the unit of account and of the party's own currency; both above 0.
    owed
        Whether the party (or the agent's customer) was the debtor.
    """

    payment: int
    day: date
    amount: int
    local: int
    owed: bool
    counterparty: str
    customer: str
    reference: str
    invoice: str


@dataclass(frozen=True, slots=True)
class AccountStatement:
    """One account from opening to closing, minor units of its currency; `limit` is what it may owe now."""

    id: int
    purpose: str
    currency: str
    limit: int | None
    opening: int
    closing: int
    movements: tuple[Movement, ...]
    pending: tuple[Pending, ...]

    @property
    def moved(self) -> int:
        """Sum of the movements."""
        return sum(each.amount for each in self.movements)

    @property
    def title(self) -> str:
        """The account's name."""
        return PURPOSES[self.purpose][0]

    @property
    def about(self) -> str:
        """What it holds, and what its sign means."""
        return PURPOSES[self.purpose][1]


@dataclass(frozen=True, slots=True)
class Screened:
    """One verdict: which lists, by which algorithm, what was found, who decided (both operators) and why."""

    day: date
    lists: str
    published: date | None
    entries: int
    digest: str
    algorithm: str
    hit: bool
    score: float
    entry: str
    matched_name: str
    list_name: str
    decisions: tuple[str, ...]

    @property
    def found(self) -> str:
        """The finding in words."""
        if not self.hit:
            return f"no hit (nearest listed name {self.score:.2f})"
        return f"hit {self.score:.2f}: {self.matched_name} ({self.entry}, {self.list_name})"

    @property
    def dated(self) -> str:
        """The lists with their date."""
        return f"{self.lists}, {f'of {self.published}' if self.published else 'date unknown'}"

    @property
    def said(self) -> str:
        """The verdict in one line."""
        decided = "; ".join(self.decisions) or ("nobody has decided" if self.hit else "")
        told = f"{self.day}: {self.found}; {self.dated}, entries: {self.entries}; {self.algorithm}"
        return f"{told}; {decided}" if decided else told


@dataclass(frozen=True, slots=True)
class Head:
    """The newest journal row when the statement was drawn, and the signature over it if it has one."""

    seq: int
    at: datetime
    day: date
    hash: str
    signature: str = ""


@dataclass(frozen=True)
class Statement:
    """A party's accounts over a cycle or a span of days.

    Attributes
    ----------
    mark
        That this is a simulation, or the authority and its instrument.
    standing
        State of the party's screening when the statement was drawn.
    screened
        The newest verdict of the period, and every hit in it, newest first.
    """

    party: str
    name: str
    kind: str
    country: str
    agent: str
    scheme: str
    scheme_title: str
    scheme_digest: str
    unit: str
    own_currency: str
    mark: str
    finality: str
    first: date
    last: date
    cycle: int | None
    cycle_open: bool
    accounts: tuple[AccountStatement, ...]
    set_off: tuple[SetOffPart, ...]
    standing: str
    screenings: int
    screened: tuple[Screened, ...]
    head: Head
    checked: str = CHECKED
    not_checked: tuple[str, ...] = NOT_CHECKED

    @property
    def period(self) -> str:
        """The span in words."""
        days = f"{self.first:%d %B %Y} to {self.last:%d %B %Y}".replace(" 0", " ").removeprefix("0")
        return days if self.cycle is None else f"Cycle {self.cycle}{' (open)' * self.cycle_open}, {days}"

    @property
    def notes(self) -> tuple[tuple[str, str], ...]:
        """What every form of the statement says beside the amounts: (about, text)."""
        head = self.head
        signed = "signed" if head.signature else "not signed"
        return (
            ("mark", self.mark),
            ("party", f"{self.name} ({self.party}), {self.kind} in {self.country}, cleared by {self.agent}"),
            ("period", self.period),
            ("scheme", f"{self.scheme} {self.scheme_digest[:12]}: {self.scheme_title}"),
            (
                "drawn at",
                f"journal row {head.seq} of {head.at:%Y-%m-%d %H:%M:%S} UTC, {signed}, hash {head.hash}",
            ),
            ("checked", self.checked),
            ("screening now", f"{self.standing}; {self.screenings} screenings in the period"),
            *(("screened", each.said) for each in self.screened),
            *(("not checked", each) for each in self.not_checked),
            ("finality", self.finality),
        )

    @cached_property
    def table(self) -> Table:
        """Every line with its account; amounts in minor units."""
        return Table.build("statement", _COLUMNS, _lines(self))

    def to_csv(self) -> str:
        """The table as CSV, amounts in major units; formulas neutralised (see the module)."""
        return csv_text(self.table)

    def to_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON; amounts in minor units, with the decimals of each currency."""
        codes = {each.currency for each in self.accounts} | {self.unit, self.own_currency}
        return {**_json(asdict(self)), "scales": {code: currency(code).scale for code in sorted(codes)}}

    def to_html(self) -> str:
        """A self-contained page, laid out for A4."""
        from jinja2 import (
            Environment,
            PackageLoader,
            StrictUndefined,
        )  # on demand: most commands print no page

        environment = Environment(
            loader=PackageLoader("tarazu.clearing", "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters["money"] = shown
        simulated = self.mark == SIMULATION
        return environment.get_template("statement.html").render(s=self, simulated=simulated)

    def to_camt053(
        self, *, message_id: str = "", created: datetime | None = None, servicer: Agent | None = None
    ) -> bytes:
        """Accounts as a camt.053; pending payments are no entries. The moment is that of the head unless given.

        Raises
        ------
        MessageError
            If a value does not fit the message.
        """
        from tarazu.clearing.answers import statement_message  # which builds on statements

        return statement_message(self, message_id=message_id, created=created, servicer=servicer)


def shown(amount: int, code: str) -> str:
    """Minor units in major units with thousands separators and a minus sign: −1,234.50."""
    whole, point, decimals = major(abs(amount), code).partition(".")
    return f"{'−' if amount < 0 else ''}{int(whole):,}{point}{decimals}"


def guarded(text: str) -> str:
    """Text that no spreadsheet takes for a formula: an apostrophe goes before one."""
    return f"'{text}" if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else text


def csv_text(table: Table) -> str:
    """A table as CSV: columns in minor units become major units of the row's ``currency``; text is guarded."""
    money = {column.name for column in table.columns if column.unit == "minor units"}

    def cell(name: str, value: Any, code: str) -> Any:
        if is_missing(value):
            return None
        if name in money:
            return major(value, code)
        return guarded(value) if isinstance(value, str) else value

    rows = ({name: cell(name, value, row["currency"]) for name, value in row.items()} for row in table)
    return Table.build(table.name, table.columns, rows).to_csv()


def _lines(s: Statement) -> Iterator[dict[str, Any]]:
    for each in s.accounts:
        of = {"account": each.id, "purpose": each.purpose, "currency": each.currency}
        yield of | {"row": "opening", "date": s.first, "balance": each.opening}
        for move in each.movements:
            yield (
                of
                | _line("movement", move)
                | {"journal": move.seq, "kind": move.kind, "balance": move.balance}
            )
        yield of | {"row": "closing", "date": s.last, "balance": each.closing}
        for hold in each.pending:
            terms = f"settles {hold.settles}, expires {hold.expires}"
            yield of | _line("pending", hold) | {"kind": "Held, not booked", "remark": terms}
    for part in s.set_off:
        kind = "Own debt discharged" if part.owed else "Claim discharged"
        yield _line("set-off", part) | {"currency": s.unit, "kind": kind, "remark": s.finality}
    for about, text in s.notes:
        yield {"row": "note", "kind": about, "remark": text}


def _line(row: str, of: Movement | Pending | SetOffPart) -> dict[str, Any]:
    shared = ("payment", "counterparty", "customer", "reference", "invoice", "amount")
    return {"row": row, "date": of.day, **{name: getattr(of, name) for name in shared}}


def _json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _json(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_json(each) for each in value]
    return value.isoformat() if isinstance(value, (date, datetime)) else value
