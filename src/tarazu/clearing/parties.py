"""Parties: registered, given accounts, screened; a hit holds them until two operators decide.

A party's standing is what its newest verdict and the decisions on it amount to: clear, released (a hit that
was decided to be somebody else), held (a hit nobody has decided on), blocked. A new list screens everybody
anew; a release holds for the verdict it was given on, so a party that still hits is held again. Held and blocked
stay until a decision lifts them, whatever the next list says: no change of lists releases anybody. Screening
compares names with lists. What it does not check is said with it (`tarazu.clearing.screening.NOT_CHECKED`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tarazu.clearing import tables
from tarazu.clearing.books import fits
from tarazu.clearing.scheme import Scheme
from tarazu.core.errors import InputError, ListError
from tarazu.core.names import normalise

if TYPE_CHECKING:
    from tarazu.clearing.books import Books
    from tarazu.clearing.screening.screen import Finding, Screener

KINDS = ("firm", "bank", "agent")
MAY_PAY = ("clear", "released")
CUSTOMER, POSITION, CLEARING, DOMESTIC = "customer", "position", "clearing", "domestic"
FROZEN, CONVERTIBLE, OFFSET, CONSOLIDATED = "frozen", "convertible", "offset", "consolidated"
LONGEST = {"id": 80, "name": 500, "bic": 11}
_CHUNK = 1000  # verdicts in one journal row
_MANY = 10_000  # names in one query


@dataclass(frozen=True, slots=True)
class Party:
    """A firm, a bank or an agent.

    Attributes
    ----------
    country
        ISO 3166 alpha-3; its member of the scheme clears for it.
    limit
        What it may owe its agent, minor units of its currency: a line of credit, 0 for prepaid.
    set_off
        Whether it consents to multilateral set-off.
    synthetic
        Whether it exists only for a simulation.
    """

    id: str
    name: str
    country: str
    kind: str = "firm"
    limit: int = 0
    set_off: bool = False
    synthetic: bool = True
    bic: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one screening of one party found."""

    id: int
    party: str
    list: int
    algorithm: str
    hit: bool
    score: float
    entry: str
    matched_name: str
    list_name: str


def agent_id(country: str) -> str:
    """Identifier of a member's agent as a party."""
    return f"agent-{country}"


def check_party(party: Party, scheme: Scheme) -> None:
    """Refuse a party that the scheme has no place for.

    Raises
    ------
    InputError
        Unknown country or kind, negative limit, empty name, or real where only synthetic parties may be.
    """
    countries = ", ".join(member.country for member in scheme.members)
    if not party.id.strip() or not normalise(party.name):
        raise InputError(
            f"party {party.id!r}: expected an identifier, and a name with letters that can be screened."
        )
    for name, longest in LONGEST.items():
        text = getattr(party, name)
        if len(text) > longest or not fits(text) or text != text.strip():
            raise InputError(
                f"party {party.id[:80]!r}, {name}: expected at most {longest} plain characters, no space at "
                f"the ends."
            )
    if party.kind not in KINDS:
        raise InputError(f"party {party.id}: expected kind {', '.join(KINDS)}, got {party.kind!r}.")
    if party.country not in countries.split(", "):
        raise InputError(
            f"party {party.id}: {party.country!r} is no member of {scheme.id} ({countries}). Use its alpha-3 "
            f"code."
        )
    if not 0 <= party.limit < 2**62:
        raise InputError(f"party {party.id}: expected a limit of 0 or more minor units, got {party.limit}.")
    if party.limit and not scheme.synthetic_only:
        raise InputError(
            f"party {party.id}: register it with limit 0; a line of credit needs two operators (tarazu "
            f"clearing limit)."
        )
    if scheme.synthetic_only and not party.synthetic:
        raise InputError(
            f"party {party.id}: {scheme.id} names no legal authority and instrument, so it takes synthetic "
            f"parties "
            "only. Mark the party as synthetic, or use a scheme file with an [authority]."
        )
    if party.synthetic and not scheme.synthetic_only:
        raise InputError(
            f"party {party.id}: {scheme.id} books real payments; a synthetic party has no place in its books."
        )


def enter(books: Books, party: Party, scheme: Scheme, by: str) -> None:
    """Write a party and open its accounts, all at zero."""
    member = scheme.member(party.country)
    agent = agent_id(party.country)
    seq = books.record("party", {**asdict(party), "agent": agent, "currency": member.currency, "by": by})
    books.connection.execute(
        tables.party.insert().values(
            id=party.id,
            name=party.name,
            kind=party.kind,
            country=party.country,
            currency=member.currency,
            agent=agent,
            set_off=party.set_off,
            synthetic=party.synthetic,
            bic=party.bic,
            seq=seq,
        )
    )
    if party.kind != "agent":
        books.open_account(party.id, CUSTOMER, member.currency, party.limit)
        books.open_account(party.id, OFFSET, scheme.unit)
        return
    for purpose in (POSITION, DOMESTIC, FROZEN):
        books.open_account(party.id, purpose, member.currency)
    books.open_account(party.id, CLEARING, scheme.unit, member.swing_limit)
    for purpose in (CONVERTIBLE, CONSOLIDATED):
        books.open_account(party.id, purpose, scheme.unit)


def newest_list(connection: sa.Connection) -> sa.Row[Any] | None:
    """The newest set of lists without its content; None if none was loaded."""
    lists = tables.screening_list
    columns = [column for column in lists.c if column.name != "content"]
    return connection.execute(sa.select(*columns).order_by(lists.c.id.desc()).limit(1)).first()


def current_list(connection: sa.Connection) -> sa.Row[Any]:
    """The newest set of lists.

    Raises
    ------
    ListError
        If none was loaded.
    """
    row = newest_list(connection)
    if row is None:
        raise ListError(
            "no sanctions list is loaded, and nobody can be registered or paid unscreened. "
            "Load one: tarazu clearing screen --list FILE."
        )
    return row


def screen(books: Books, screener: Screener, parties: Sequence[tuple[str, str, str, str]]) -> list[Verdict]:
    """Screen (id, name, kind, country) against the current lists; write verdicts and standings."""
    list_id = current_list(books.connection).id
    held = {row.party: row.state for row in books.connection.execute(sa.select(tables.standing))}
    found: list[Verdict] = []
    for start in range(0, len(parties), _CHUNK):
        chunk = parties[start : start + _CHUNK]
        seq = books.seq + 1
        verdicts = [
            _verdict(seq * _CHUNK + index, list_id, screener, each) for index, each in enumerate(chunk)
        ]
        assert books.record("screened", {"verdicts": [asdict(each) for each in verdicts]}) == seq
        books.connection.execute(tables.verdict.insert(), [{**asdict(each), "seq": seq} for each in verdicts])
        _set_standings(books.connection, verdicts, held)
        found += verdicts
    return found


def look_up(screener: Screener, name: str, kind: str, country: str) -> Finding:
    """What the lists say about a party's name; asked once, answered from memory after that."""
    return screener.screen(name, kind="" if kind == "firm" else "organisation", country=country)


def _verdict(number: int, list_id: int, screener: Screener, party: tuple[str, str, str, str]) -> Verdict:
    identifier, name, kind, country = party
    finding = look_up(screener, name, kind, country)
    return Verdict(
        id=number,
        party=identifier,
        list=list_id,
        algorithm=screener.version,
        hit=finding.hit,
        score=round(finding.score, 6),
        entry=finding.entry.id if finding.entry else "",
        matched_name=finding.matched_name if finding.hit else "",
        list_name=finding.entry.list_name if finding.entry else "",
    )


def _state(before: str | None, hit: bool) -> str:
    """What a new verdict makes of a standing: what is held or blocked stays so until operators decide."""
    if before in ("held", "blocked"):
        return before
    return "held" if hit else "clear"


def _set_standings(connection: sa.Connection, verdicts: Sequence[Verdict], before: Mapping[str, str]) -> None:
    """What new verdicts amount to: a hit holds, a block stays."""
    standing = tables.standing
    rows = [
        {
            "who": each.party,
            "verdict": each.id,
            "list": each.list,
            "state": _state(before.get(each.party), each.hit),
        }
        for each in verdicts
    ]
    known = [row for row in rows if row["who"] in before]
    if known:
        columns: dict[str, Any] = {name: sa.bindparam(name) for name in ("verdict", "list", "state")}
        connection.execute(
            standing.update().where(standing.c.party == sa.bindparam("who")).values(columns), known
        )
    new = [{**row, "party": row["who"]} for row in rows if row["who"] not in before]
    if new:
        connection.execute(standing.insert(), [{k: v for k, v in row.items() if k != "who"} for row in new])


def set_standing(connection: sa.Connection, party: str, verdict: int, list_id: int, state: str) -> None:
    """What a decision amounts to; the database refuses a standing that no verdict or decision carries."""
    standing = tables.standing
    values = {"verdict": verdict, "list": list_id, "state": state}
    connection.execute(standing.update().where(standing.c.party == party).values(**values))


def standings(connection: sa.Connection, parties: Iterable[str]) -> dict[str, str]:
    """State of each party that was screened against the current lists; others are left out."""
    standing, lists = tables.standing, tables.screening_list
    newest = sa.select(sa.func.max(lists.c.id)).scalar_subquery()
    names = sorted(set(parties))
    found: dict[str, str] = {}
    for start in range(0, len(names), _MANY):
        query = sa.select(standing.c.party, standing.c.state).where(
            standing.c.list == newest, standing.c.party.in_(names[start : start + _MANY])
        )
        found |= {row.party: row.state for row in connection.execute(query)}
    return found
