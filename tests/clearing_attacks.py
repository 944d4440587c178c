"""Ways of tampering with a clearing house's books, each with the row or table that must be named when it is found.

Every function takes the raw connection of somebody who may write the file, does its damage, and returns the journal
row (or None), the table and some words of the break that `verify` must report first.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from clearing_support import BY


@dataclass(frozen=True)
class Book:
    """A finished book, its key and the row of its last signed head."""

    path: Path
    key: Path
    public: str
    head: int
    last: int


@contextmanager
def attacker(path: Path) -> Iterator[sqlite3.Connection]:
    """Somebody who may write the file and has taken away what the database refuses."""
    with closing(sqlite3.connect(path)) as raw:
        for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            raw.execute(f"DROP TRIGGER {name}")
        raw.execute("PRAGMA ignore_check_constraints = ON")
        yield raw
        raw.commit()


def rechain(raw: sqlite3.Connection, start: int) -> None:
    """Recompute the hashes from a row on, as somebody would who changed it."""
    row = raw.execute("SELECT hash FROM journal WHERE seq = ?", (start - 1,)).fetchone()
    digest = row[0] if row else "0" * 64
    rows = raw.execute(
        "SELECT seq, at, day, kind, body FROM journal WHERE seq >= ? ORDER BY seq", (start,)
    ).fetchall()
    for seq, at, day, kind, body in rows:
        digest = hashlib.sha256("\n".join((digest, str(seq), at, day, kind, body)).encode()).hexdigest()
        raw.execute("UPDATE journal SET hash = ? WHERE seq = ?", (digest, seq))


def first(raw: sqlite3.Connection, kind: str, part: str = "") -> int:
    """Number of the first journal row of a kind."""
    query = "SELECT min(seq) FROM journal WHERE kind = ? AND body LIKE ?"
    found = raw.execute(query, (kind, f"%{part}%")).fetchone()[0]
    assert found is not None, kind
    return int(found)


def rewrite(
    raw: sqlite3.Connection, seq: int, change: Callable[[dict[str, Any]], None], chain: bool = True
) -> int:
    """Change a body, and the chain after it so that it fits again."""
    body = json.loads(raw.execute("SELECT body FROM journal WHERE seq = ?", (seq,)).fetchone()[0])
    change(body)
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    raw.execute("UPDATE journal SET body = ? WHERE seq = ?", (text, seq))
    if chain:
        rechain(raw, seq)
    return seq


Named = tuple[int | None, str, str]  # journal row or None, table, words in the message
Attack = Callable[[sqlite3.Connection, Book], Named]
ATTACKS: list[Attack] = []


def attack(function: Attack) -> Attack:
    ATTACKS.append(function)
    return function


@attack
def one_changed_byte_in_a_body(raw, book):
    seq = first(raw, "submitted")
    raw.execute("UPDATE journal SET body = replace(body, 'K1', 'K2') WHERE seq = ?", (seq,))
    return seq, "journal", "the hash is"


@attack
def a_changed_hash(raw, book):
    seq = first(raw, "reverse")
    raw.execute("UPDATE journal SET hash = ? WHERE seq = ?", ("f" * 64, seq))
    return seq, "journal", "the hash is"


@attack
def a_changed_business_date(raw, book):
    seq = first(raw, "submitted")
    raw.execute("UPDATE journal SET day = '2026-09-14' WHERE seq = ?", (seq,))
    return seq, "journal", "the hash is"


@attack
def a_row_taken_out_of_the_journal(raw, book):
    seq = first(raw, "voided")
    raw.execute("DELETE FROM journal WHERE seq = ?", (seq,))
    return seq + 1, "journal", "1 rows are missing"


@attack
def two_rows_swapped(raw, book):
    seq = first(raw, "submitted")
    for old, new in ((seq, -1), (seq + 1, seq), (-1, seq + 1)):
        raw.execute("UPDATE journal SET seq = ? WHERE seq = ?", (new, old))
    return seq, "journal", "the hash is"


@attack
def the_chain_computed_anew_from_a_row_on(raw, book):
    """Nothing but the signature tells: reasons are text that nobody can recompute."""
    rewrite(raw, first(raw, "voided"), lambda body: body.update(reason="agreed by telephone"))
    return book.head, "head", "signs the hash"


@attack
def a_head_signed_again_with_another_key(raw, book):
    rewrite(raw, first(raw, "voided"), lambda body: body.update(reason="agreed by telephone"))
    digest = raw.execute("SELECT hash FROM journal WHERE seq = ?", (book.head,)).fetchone()[0]
    signature = Ed25519PrivateKey.generate().sign(f"{book.head}:{digest}".encode()).hex()
    raw.execute("UPDATE head SET hash = ?, signature = ? WHERE seq = ?", (digest, signature, book.head))
    return book.head, "head", "not signed by the owner"


@attack
def a_signature_that_is_no_signature(raw, book):
    raw.execute("UPDATE head SET signature = 'none'")
    return book.head, "head", "not signed by the owner"


@attack
def a_tail_taken_away_with_a_signed_head(raw, book):
    raw.execute("DELETE FROM journal WHERE seq > ?", (book.head - 1,))
    return book.head, "head", "rows after it were taken away"


@attack
def a_tail_taken_away_after_the_last_signed_head(raw, book):
    raw.execute("DELETE FROM journal WHERE seq > ?", (book.head,))
    return first_after(raw, "entry", book.head), "entry", "nothing in the journal"


def first_after(raw: sqlite3.Connection, table: str, seq: int) -> int:
    return int(raw.execute(f"SELECT min(seq) FROM {table} WHERE seq > ?", (seq,)).fetchone()[0])


@attack
def a_dropped_leg(raw, book):
    seq = first(raw, "submitted", '"P"')
    raw.execute("DELETE FROM entry WHERE seq = ? AND leg = 3", (seq,))
    return seq, "entry", f"seq {seq}, leg 3 is missing"


@attack
def a_leg_dropped_from_the_journal_too(raw, book):
    seq = rewrite(raw, first(raw, "submitted", '"P"'), lambda body: body["legs"]["P"].pop())
    raw.execute("DELETE FROM entry WHERE seq = ? AND leg = 5", (seq,))
    return seq, "journal", "the legs are"


@attack
def a_changed_leg(raw, book):
    seq = first(raw, "submitted", '"P"')
    raw.execute("UPDATE entry SET amount = amount + 1 WHERE seq = ? AND leg = 2", (seq,))
    return seq, "entry", "leg 2: amount is"


@attack
def two_legs_swapped(raw, book):
    seq = first(raw, "submitted", '"P"')
    for old, new in ((0, 9), (1, 0), (9, 1)):
        raw.execute("UPDATE entry SET leg = ? WHERE seq = ? AND leg = ?", (new, seq, old))
    return seq, "entry", "leg 0: account is"


@attack
def an_extra_entry(raw, book):
    seq, account = first(raw, "submitted", '"P"'), first(raw, "account")
    raw.execute("INSERT INTO entry VALUES (?, 6, ?, 5, 'P')", (seq, account))
    return seq, "entry", f"seq {seq}, leg 6 has nothing in the journal"


@attack
def a_changed_balance(raw, book):
    account = first(raw, "account", "clearing")
    raw.execute("UPDATE balance SET posted = posted + 1 WHERE account = ?", (account,))
    return None, "balance", f"account {account}: posted is"


@attack
def a_changed_pending_balance(raw, book):
    account = first(raw, "account", "clearing")
    raw.execute("UPDATE balance SET pending_debit = 7 WHERE account = ?", (account,))
    return None, "balance", f"account {account}: pending_debit is 7"


@attack
def a_changed_payment_status(raw, book):
    raw.execute("UPDATE payment SET status = 'posted' WHERE status = 'reversed'")
    seq = json.loads(body_of(raw, first(raw, "reverse")))["payment"]
    return seq, "payment", "status is 'posted'"


def body_of(raw: sqlite3.Connection, seq: int) -> str:
    return str(raw.execute("SELECT body FROM journal WHERE seq = ?", (seq,)).fetchone()[0])


@attack
def a_payment_without_a_verdict(raw, book):
    """Inserted into the table alone."""
    columns = (
        "seq, debtor, creditor, debtor_agent, creditor_agent, amount, debit, credit, settlement_date, expires"
    )
    rest = "day, cycle, status, disputed"
    raw.execute(f"INSERT INTO payment SELECT 999999, {columns}, {rest} FROM payment LIMIT 1")
    return 999999, "payment", "nothing in the journal"


@attack
def a_payment_of_a_held_party_in_the_journal(raw, book):
    """The hit was screened before the payment instead of after it."""
    seq = first(raw, "submitted", '"key":"there"')
    late = first(raw, "screened", '"party":"I3"')
    rewrite(
        raw, late, lambda body: [each.update(hit=True) for each in body["verdicts"] if each["party"] == "I3"]
    )
    raw.execute("UPDATE verdict SET hit = 1 WHERE seq = ? AND party = 'I3'", (late,))
    held = first(raw, "submitted", '"key":"back"')
    assert held < seq
    return held, "journal", "no valid verdict on the current lists: I3 is held"


@attack
def a_verdict_changed_in_the_table(raw, book):
    raw.execute("UPDATE verdict SET hit = 0 WHERE hit = 1")
    return first(raw, "screened", '"hit":true'), "verdict", "hit is False"


@attack
def a_verdict_changed_in_the_journal(raw, book):
    """With the verdict gone, the party is clear, and holding its order was no answer; its decision decides nothing."""
    change = '"hit":true', '"hit":false'
    seq = first(raw, "screened", change[0])
    raw.execute("UPDATE journal SET body = replace(body, ?, ?) WHERE seq = ?", (*change, seq))
    rechain(raw, seq)
    return seq, "verdict", "hit is True"


@attack
def a_limit_raised_in_the_table(raw, book):
    account = first(raw, "account", "customer")
    raw.execute("UPDATE account SET credit_limit = credit_limit + 1 WHERE id = ?", (account,))
    return account, "account", "credit_limit is"


@attack
def a_limit_that_two_operators_never_raised(raw, book):
    seq = first(raw, "limit")
    raw.execute("UPDATE journal SET kind = 'withdrawal' WHERE seq = ?", (seq - 1,))
    rechain(raw, seq - 1)
    return seq, "journal", "limit"


@attack
def a_limit_overdrawn(raw, book):
    """The customer's line was opened smaller than what was booked on it."""
    account = first(raw, "account", '"owner":"I3","purpose":"customer"')
    rewrite(raw, account - 1, lambda body: body.update(limit=5))
    rewrite(raw, account, lambda body: body.update(limit=5))
    raw.execute("UPDATE account SET credit_limit = 5 WHERE id = ?", (account,))
    return first(raw, "submitted", '"key":"back"'), "journal", "I3 had 5 IRR left within its limit"


@attack
def a_changed_request_digest(raw, book):
    seq = first(raw, "submitted")
    raw.execute("UPDATE request SET digest = ? WHERE id = ?", ("0" * 64, seq))
    return seq, "request", "digest is"


@attack
def a_request_taken_away(raw, book):
    seq = first(raw, "submitted")
    raw.execute("DELETE FROM request WHERE id = ?", (seq,))
    return seq, "request", "is missing"


@attack
def an_amount_that_the_rates_do_not_give(raw, book):
    def larger(body: dict[str, Any]) -> None:
        body["credit"] += 1
        body["legs"]["P"][4][1] -= 1
        body["legs"]["P"][5][1] += 1

    seq = rewrite(raw, first(raw, "submitted", '"P"'), larger)
    return seq, "journal", "credit is"


@attack
def a_changed_rate(raw, book):
    raw.execute("UPDATE rate SET per_unit = '5' WHERE rowid = (SELECT min(rowid) FROM rate)")
    return first(raw, "rates"), "rate", "per_unit is '5'"


@attack
def a_changed_settlement_amount(raw, book):
    seq = first(raw, "settlement")
    raw.execute("UPDATE settlement SET amount = amount - 1 WHERE id = ?", (seq,))
    return seq, "settlement", "amount is"


@attack
def a_settlement_made_smaller_in_the_journal(raw, book):
    seq = rewrite(raw, first(raw, "settlement"), lambda body: body.update(amount=body["amount"] - 1))
    return seq, "journal", "settlement: amount is"


@attack
def a_close_that_states_other_figures(raw, book):
    seq = rewrite(raw, first(raw, "close"), lambda body: body["agents"][0].update(paid=1))
    return seq, "journal", "close: agents is"


@attack
def interest_forgiven(raw, book):
    def less(body: dict[str, Any]) -> None:
        for leg in body["legs"]["P"]:
            leg[1] -= 1 if leg[1] > 0 else -1

    return rewrite(raw, first(raw, "interest"), less), "journal", "interest: the legs are"


@attack
def a_set_off_that_is_no_circulation(raw, book):
    seq = rewrite(raw, first(raw, "set-off"), lambda body: body["payments"][0].__setitem__(1, 200_002))
    return seq, "journal", "changes the net position of"


@attack
def a_set_off_that_is_not_the_largest(raw, book):
    def smaller(body: dict[str, Any]) -> None:
        body["payments"] = [[number, part - 1] for number, part in body["payments"]]
        body["legs"]["P"] = [[account, size - (1 if size > 0 else -1)] for account, size in body["legs"]["P"]]

    seq = rewrite(raw, first(raw, "set-off"), smaller)
    return seq, "journal", "it is not the most"


@attack
def a_set_off_posted_for_more_than_is_left(raw, book):
    def whole(body: dict[str, Any]) -> None:
        body["legs"]["P"] = body["legs"]["R"]

    return rewrite(raw, first(raw, "post", '"set_off":200001'), whole), "journal", "post: the legs are"


@attack
def an_approval_by_the_proposer(raw, book):
    seq = rewrite(raw, first(raw, "approval"), lambda body: body.update(by=BY[0]))
    return seq, "journal", "who proposed it"


@attack
def a_decision_without_a_proposal(raw, book):
    seq = first(raw, "decision")
    raw.execute("UPDATE journal SET kind = 'dispute' WHERE seq = ?", (seq - 1,))
    rechain(raw, seq - 1)
    return seq - 1, "journal", "dispute: expected the fields"


@attack
def a_decision_of_one_operator(raw, book):
    seq = rewrite(raw, first(raw, "decision"), lambda body: body.update(by=[BY[1], BY[1]]))
    return seq, "journal", "decision: by is"


@attack
def an_operator_nobody_named(raw, book):
    raw.execute("INSERT INTO operator VALUES ('Zeynep')")
    return None, "operator", "name Zeynep has nothing in the journal"


@attack
def a_standing_changed(raw, book):
    raw.execute("UPDATE standing SET state = 'blocked' WHERE party = 'K2'")
    return None, "standing", "party K2: state is 'blocked'"


@attack
def a_party_renamed(raw, book):
    raw.execute("UPDATE party SET name = 'Somebody' WHERE id = 'K2'")
    return first(raw, "party", '"id":"K2"'), "party", "name is 'Somebody'"


@attack
def a_cycle_end_moved(raw, book):
    raw.execute("UPDATE cycle SET ends = '2026-12-31' WHERE closed IS NULL")
    return None, "cycle", "ends is '2026-12-31'"


@attack
def a_price_passed_by_nobody(raw, book):
    raw.execute("UPDATE waiting SET price_passed = 1")
    return first(raw, "submitted", '"key":"large"'), "waiting", "price_passed is True"


@attack
def a_resolution_changed(raw, book):
    raw.execute("UPDATE resolution SET kind = 'expired' WHERE kind = 'voided'")
    return first(raw, "voided"), "resolution", "kind is 'expired'"


@attack
def a_decision_changed(raw, book):
    raw.execute("UPDATE decision SET reason = 'because'")
    return first(raw, "decision"), "decision", "reason is 'because'"


@attack
def a_proposal_changed(raw, book):
    raw.execute("UPDATE proposal SET approved_by = 'Dana' WHERE action = 'reverse'")
    return first(raw, "proposal", '"action":"reverse"'), "proposal", "approved_by is 'Dana'"


@attack
def a_price_range_changed(raw, book):
    raw.execute("UPDATE price_range SET high = 99")
    return first(raw, "prices"), "price_range", "high is 99.0"


@attack
def a_list_made_valid_for_longer(raw, book):
    raw.execute("UPDATE screening_list SET valid_until = '2099-01-01'")
    return first(raw, "lists"), "screening_list", "valid_until is '2099-01-01'"


@attack
def a_listed_name_taken_out_of_the_lists(raw, book):
    raw.execute(
        "UPDATE screening_list SET content = ? WHERE id = (SELECT min(id) FROM screening_list)", (b"none",)
    )
    return first(raw, "lists"), "screening_list", "not those that were loaded"
