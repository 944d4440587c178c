"""Replay of what the house is made of: its foundation, operators, parties, accounts, lists, verdicts, rates, rules."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from fractions import Fraction

from tarazu.clearing.audit import four_eyes
from tarazu.clearing.audit.book import Account, Book, Cycle, Event, Fault, Legs, Party, Standing
from tarazu.clearing.audit.shapes import VERDICT, listed
from tarazu.clearing.scheme import Scheme
from tarazu.clearing.scheme_file import parse_scheme

_FIRM, _AGENT = (
    ("customer", "offset"),
    ("position", "domestic", "frozen", "clearing", "convertible", "consolidated"),
)
_IN_UNIT = ("offset", "clearing", "convertible", "consolidated")
_CHUNK = 1000  # numbers of verdicts that one journal row has


def founded(book: Book, event: Event) -> Legs:
    """The first row: the rules, the operators, and whose signature stands under the heads."""
    body = event.body
    event.need(event.seq == 1, "only row 1 founds a house")
    take_rules(book, event, body["scheme"])
    names = [str(name) for name in body["operators"]]
    event.need(len(set(names)) > 1, f"a house has two named operators or more, got {names}")
    book.operators.update(names)
    book.public_key = body["public_key"]
    return {}


def take_rules(book: Book, event: Event, text: str) -> Scheme:
    """Put a scheme into force."""
    event.expect(digest=hashlib.sha256(text.encode()).hexdigest())
    book.scheme = parse_scheme(text, f"the scheme of row {event.seq}")
    book.calendar = book.scheme.calendar()
    event.rows.append(("rules", (event.seq, event.body["digest"], text)))
    book.cache.clear()
    return book.scheme


def operator(book: Book, event: Event) -> Legs:
    """One more operator, by two."""
    name = event.body["name"]
    granted = four_eyes.take(book, event, "add-operator")
    event.expect(name=granted.details["name"].strip())
    event.need(name not in book.operators and bool(name), f"{name!r} is an operator already, or empty")
    book.operators.add(name)
    return {}


def adopted(book: Book, event: Event) -> Legs:
    """Other rules, by two; changed swing limits must follow at once."""
    granted, old = four_eyes.take(book, event, "adopt-scheme"), book.scheme
    event.expect(scheme=granted.details["text"])
    new = take_rules(book, event, event.body["scheme"])
    members = [[(each.country, each.currency) for each in scheme.members] for scheme in (old, new)]
    event.need((old.unit, members[0]) == (new.unit, members[1]), "a house keeps its unit and its members")
    event.need(old.synthetic_only == new.synthetic_only, "a house of synthetic parties stays one")
    for before, after in zip(old.members, new.members, strict=True):
        if before.swing_limit != after.swing_limit:
            number = book.party(f"agent-{after.country}").account("clearing").id
            book.required.append(
                ("limit", {"account": number, "limit": after.swing_limit, "by": event.body["by"]})
            )
    return {}


def party(book: Book, event: Event) -> Legs:
    """A party, before its accounts."""
    body, identifier = event.body, event.body["id"]
    book.by_operator(event, body["by"])
    event.need(identifier not in book.parties, f"party {identifier!r} is registered already")
    member = book.scheme.member(body["country"])
    agent = f"agent-{body['country']}"
    event.expect(agent=agent, currency=member.currency, synthetic=book.scheme.synthetic_only)
    event.need(body["kind"] in ("firm", "bank", "agent"), f"kind {body['kind']!r} does not exist")
    event.need((body["kind"] == "agent") == (identifier == agent), "an agent is registered under its country")
    event.need(bool(identifier.strip() and body["name"].strip()), "a party has an identifier and a name")
    names = ("id", "name", "kind", "country", "currency", "agent", "limit", "set_off")
    book.parties[identifier] = Party(*(body[name] for name in names))
    event.rows.append(
        (
            "party",
            (event.seq, *(body[name] for name in names if name != "limit"), body["synthetic"], body["bic"]),
        )
    )
    return {}


def account(book: Book, event: Event) -> Legs:
    """An account with nothing on it; the row's number is the account's."""
    body = event.body
    owner, purpose = book.party(body["owner"]), body["purpose"]
    event.need(
        purpose in (_AGENT if owner.kind == "agent" else _FIRM), f"{owner.kind} has no {purpose} account"
    )
    event.need(purpose not in owner.accounts, f"{owner.id!r} has a {purpose} account already")
    limits = {"customer": owner.limit, "clearing": book.scheme.member(owner.country).swing_limit}
    event.expect(
        currency=book.scheme.unit if purpose in _IN_UNIT else owner.currency, limit=limits.get(purpose)
    )
    opened = Account(event.seq, owner.id, purpose, body["currency"], body["limit"])
    book.accounts[event.seq] = owner.accounts[purpose] = opened
    return {}


def limit(book: Book, event: Event) -> Legs:
    """Another limit, by two, or as rules that were just adopted say."""
    body = event.body
    if body["account"] not in book.accounts:
        raise Fault(f"account {body['account']} was never opened")
    changed = book.accounts[body["account"]]
    if book.grant is not None:
        details = four_eyes.take(book, event, "set-limit").details
        event.expect(limit=details["limit"])
        proposed = (details["owner"], details["purpose"])
        event.need((changed.owner, changed.purpose) == proposed, f"approved was the limit of {proposed}")
    else:
        event.need(event.required, "a limit was changed without an approval")
    event.need(changed.purpose in ("customer", "clearing"), f"a {changed.purpose} account has no limit")
    changed.limit = body["limit"]
    return {}


def lists(book: Book, event: Event) -> Legs:
    """New sanctions lists: no verdict holds any more until everybody is screened again."""
    body, oldest = event.body, event.body["published"]
    book.by_operator(event, body["by"])
    most = timedelta(days=book.scheme.screening_max_age_days)
    if oldest is None:
        event.need(book.scheme.synthetic_only, "lists for real payments have a date")
        event.need(
            body["valid_until"] <= (event.day + most).isoformat(), "valid longer than the scheme allows"
        )
    else:
        published = date.fromisoformat(oldest)
        event.expect(valid_until=(published + most).isoformat())
        event.need(
            published <= event.day <= published + most, f"lists of {oldest} cannot be loaded on this day"
        )
    book.list_id, book.list_until = event.seq, body["valid_until"]
    columns = ("digest", "names", "published", "valid_until", "entries")
    row = (event.seq, *(body[name] for name in columns), event.seq, body["content_digest"])
    event.rows.append(("screening_list", row))
    return {}


def screened(book: Book, event: Event) -> Legs:
    """Verdicts; what is held or blocked stays so, a hit holds, a release is forgotten."""
    event.need(bool(event.body["verdicts"]), "a screening of nobody")
    for index, each in enumerate(listed(event.body["verdicts"], VERDICT)):
        number, name = each["id"], each["party"]
        event.need(number == event.seq * _CHUNK + index, f"verdict {number} is numbered out of order")
        event.need(
            each["list"] == book.list_id,
            f"verdict {number} rests on list {each['list']}, not the current one",
        )
        book.party(name)
        before = book.standing.get(name)
        state = "held" if each["hit"] else "clear"
        if before is not None and before.state in ("held", "blocked"):
            state = before.state
        book.standing[name] = Standing(number, each["list"], state)
        columns = ("party", "list", "algorithm", "hit", "score", "entry", "matched_name", "list_name")
        event.rows.append(("verdict", (number, *(each[column] for column in columns), event.seq)))
    return {}


def decision(book: Book, event: Event) -> Legs:
    """Two operators decided on a hit."""
    body = event.body
    granted = four_eyes.take(book, event, "decide")
    details, standing = granted.details, book.standing.get(body["party"])
    event.expect(
        proposal=granted.id,
        party=details["party"],
        release=details["release"],
        reason=details["reason"].strip(),
    )
    event.need(bool(body["reason"]), "a decision states its reason")
    if standing is None:
        raise Fault(f"party {body['party']!r} was never screened: there is nothing to decide")
    event.need(standing.state in ("held", "blocked", "released"), f"{body['party']} is {standing.state}")
    event.expect(verdict=standing.verdict)
    event.need(standing.verdict // _CHUNK < granted.id, "the party was screened again after it was proposed")
    standing.state = "released" if body["release"] else "blocked"
    columns = (body["proposal"], body["verdict"], body["release"], body["reason"])
    event.rows.append(("decision", (event.seq, *columns)))
    return {}


def rates(book: Book, event: Event) -> Legs:
    """Reference rates; one for a day and currency that is known already corrects it."""
    book.by_operator(event, event.body["by"])
    rows = []
    for day, currency, name, per_unit, source in event.body["rates"]:
        value = Fraction(per_unit)
        event.need(value > 0, f"{currency} of {day}: {per_unit} is no rate")
        book.rates.setdefault((currency, name), {})[date.fromisoformat(day)] = value
        rows.append(("rate", (event.seq, day, currency, name, per_unit, source)))
    event.rows += sorted(rows)
    book.cache.clear()
    return {}


def prices(book: Book, event: Event) -> Legs:
    """Usual unit values by HS code."""
    book.by_operator(event, event.body["by"])
    rows = []
    for hs, low, high, source in event.body["ranges"]:
        event.need(0 < low <= high, f"HS {hs}: {low} to {high} is no range")
        book.prices[hs] = (float(low), float(high))
        rows.append(("price_range", (event.seq, hs, low, high, source)))
    event.rows += sorted(rows)
    return {}


def cycle(book: Book, event: Event) -> Legs:
    """A cycle opens: the first with the house, any other right after the close of the one before."""
    number = len(book.cycles) + 1
    opened = event.day if number == 1 else event.day + timedelta(days=1)
    ends = book.scheme.cycle.end(opened, book.calendar).isoformat()
    event.need(number == 1 or event.required, "a cycle opens when the one before is closed")
    event.expect(cycle=number, opened=opened.isoformat(), ends=ends)
    book.cycles.append(Cycle(number, event.body["opened"], event.body["ends"]))
    return {}
