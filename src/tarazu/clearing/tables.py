"""The clearing house's tables. The journal is the book; every other table can be recomputed from it.

``journal`` holds one row for each event, chained by SHA-256, append-only. ``entry`` holds the legs of its
transfers, append-only too. The rest is what the journal amounts to now, kept so that it can be queried and so
that the database itself can refuse: a payment whose parties have no valid verdict on the current lists, a
pending payment resolved twice, a change that one operator approved alone. The refusals stand beside the schema
in ``migrations/sql``. Amounts are integers in minor units of ISO 4217; days are ISO 8601 text.
"""

from __future__ import annotations

import sqlalchemy as sa

METADATA = sa.MetaData()
DAY = sa.String(10)
CURRENCY = sa.String(3)
# On SQLite only INTEGER is the table's own key; BIGINT would cost a second index for every row.
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _table(name: str, *columns: sa.schema.SchemaItem, keyed: bool = False) -> sa.Table:
    """A table; `keyed` stores it under its own key on SQLite, which saves the index beside it."""
    return sa.Table(name, METADATA, *columns, sqlite_with_rowid=not keyed)


def _one_of(column: str, *values: str, name: str) -> sa.CheckConstraint:
    """A value is one of a few. Written out, for SQLite builds a table for every IN (...) it evaluates."""
    return sa.CheckConstraint(" OR ".join(f"{column} = '{value}'" for value in values), name=name)


def _id(name: str = "id") -> sa.Column[int]:
    return sa.Column(name, NUMBER, primary_key=True, autoincrement=False)


journal = _table(
    "journal",
    _id("seq"),
    sa.Column("at", sa.String(32), nullable=False),  # UTC, when it was written
    sa.Column("day", DAY, nullable=False),  # business date
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("body", sa.Text, nullable=False),  # canonical JSON
    sa.Column("hash", sa.String(64), nullable=False),
)
head = _table(
    "head",
    sa.Column("seq", NUMBER, sa.ForeignKey("journal.seq"), primary_key=True, autoincrement=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("signature", sa.String(128), nullable=False),  # Ed25519 over "seq:hash", hexadecimal
)
rules = _table(  # the scheme in force is that of the newest row
    "rules",
    sa.Column("seq", NUMBER, sa.ForeignKey("journal.seq"), primary_key=True, autoincrement=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
)
operator = _table("operator", sa.Column("name", sa.String(80), primary_key=True))
party = _table(
    "party",
    sa.Column("id", sa.String(80), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.String(8), nullable=False),
    sa.Column("country", sa.String(3), nullable=False),
    sa.Column("currency", CURRENCY, nullable=False),
    sa.Column(
        "agent", sa.String(80), nullable=False
    ),  # the party that clears for it; an agent clears for itself
    sa.Column("set_off", sa.Boolean, nullable=False),  # consents to multilateral set-off
    sa.Column("synthetic", sa.Boolean, nullable=False),
    sa.Column("bic", sa.String(11), nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
)
screening_list = _table(
    "screening_list",
    _id(),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("names", sa.Text, nullable=False),
    sa.Column("published", DAY),  # of the oldest list in it; null is unknown
    sa.Column("valid_until", DAY, nullable=False),
    sa.Column("entries", sa.Integer, nullable=False),
    sa.Column(
        "content", sa.LargeBinary, nullable=False
    ),  # the entries, compressed, so that the house stands alone
    sa.Column("content_digest", sa.String(64), nullable=False),  # SHA-256 of it; the journal holds it too
    sa.Column("seq", sa.BigInteger, nullable=False),
)
verdict = _table(
    "verdict",
    _id(),
    sa.Column("party", sa.String(80), sa.ForeignKey("party.id"), nullable=False),
    sa.Column("list", sa.BigInteger, sa.ForeignKey("screening_list.id"), nullable=False),
    sa.Column("algorithm", sa.String(80), nullable=False),
    sa.Column("hit", sa.Boolean, nullable=False),
    sa.Column("score", sa.Float, nullable=False),
    sa.Column("entry", sa.String(120), nullable=False),
    sa.Column("matched_name", sa.Text, nullable=False),
    sa.Column("list_name", sa.Text, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
)
proposal = _table(
    "proposal",
    _id(),
    sa.Column("action", sa.String(32), nullable=False),
    sa.Column("details", sa.Text, nullable=False),
    sa.Column("proposed_by", sa.String(80), sa.ForeignKey("operator.name"), nullable=False),
    sa.Column("approved_by", sa.String(80), sa.ForeignKey("operator.name")),
    sa.Column("state", sa.String(10), nullable=False),  # open, approved, withdrawn
    sa.CheckConstraint("approved_by IS NULL OR approved_by <> proposed_by", name="four_eyes"),
    sa.CheckConstraint("(state = 'approved') = (approved_by IS NOT NULL)", name="approved_by_somebody"),
)
decision = _table(
    "decision",
    sa.Column("proposal", sa.BigInteger, sa.ForeignKey("proposal.id"), primary_key=True, autoincrement=False),
    sa.Column("verdict", sa.BigInteger, sa.ForeignKey("verdict.id"), nullable=False),
    sa.Column("release", sa.Boolean, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
)
standing = _table(
    "standing",
    sa.Column("party", sa.String(80), sa.ForeignKey("party.id"), primary_key=True),
    sa.Column("verdict", sa.BigInteger, sa.ForeignKey("verdict.id"), nullable=False),
    sa.Column("list", sa.BigInteger, sa.ForeignKey("screening_list.id"), nullable=False),
    sa.Column("state", sa.String(8), nullable=False),  # clear, released, held, blocked
    sa.CheckConstraint("state IN ('clear', 'released', 'held', 'blocked')", name="standing_state"),
)
account = _table(
    "account",
    _id(),
    sa.Column("owner", sa.String(80), sa.ForeignKey("party.id"), nullable=False),
    sa.Column("purpose", sa.String(12), nullable=False),
    sa.Column("currency", CURRENCY, nullable=False),
    sa.Column("credit_limit", sa.BigInteger),  # what the owner may owe; null is no limit
    sa.UniqueConstraint("owner", "purpose", "currency"),
    sa.CheckConstraint("credit_limit >= 0", name="credit_limit_not_negative"),
)
balance = _table(
    "balance",
    sa.Column("account", NUMBER, sa.ForeignKey("account.id"), primary_key=True, autoincrement=False),
    sa.Column("posted", sa.BigInteger, nullable=False),
    sa.Column("pending_debit", sa.BigInteger, nullable=False),
    sa.Column("pending_credit", sa.BigInteger, nullable=False),
    sa.CheckConstraint("pending_debit >= 0 AND pending_credit >= 0", name="pending_not_negative"),
)
request = _table(
    "request",
    sa.Column("key", sa.String(200), primary_key=True),
    sa.Column("id", sa.BigInteger, nullable=False, unique=True),  # the journal row of its submission
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column(
        "status", sa.String(8), nullable=False
    ),  # the first answer: posted, pending, held, queued, refused
    sa.Column("code", sa.String(4), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    keyed=True,
)
waiting = _table(
    "waiting",
    sa.Column("id", sa.BigInteger, sa.ForeignKey("request.id"), primary_key=True, autoincrement=False),
    sa.Column("state", sa.String(8), nullable=False),  # held, queued; booked, refused when it waits no more
    sa.Column("why", sa.String(10), nullable=False),  # screening, price, limit, cycle, lists, rate
    sa.Column("price_passed", sa.Boolean, nullable=False),  # two operators let its price pass
    sa.Column("debtor", sa.String(80), nullable=False),
    sa.Column("creditor", sa.String(80), nullable=False),
)
payment = _table(
    "payment",
    _id(),  # the journal row of its submission, request.id
    sa.Column("seq", sa.BigInteger, nullable=False),  # the journal row that booked it
    sa.Column("debtor", sa.String(80), sa.ForeignKey("party.id"), nullable=False),
    sa.Column("creditor", sa.String(80), sa.ForeignKey("party.id"), nullable=False),
    sa.Column("debtor_agent", sa.String(80), sa.ForeignKey("party.id"), nullable=False),
    sa.Column("creditor_agent", sa.String(80), sa.ForeignKey("party.id"), nullable=False),
    sa.Column("amount", sa.BigInteger, nullable=False),  # in the unit of account
    sa.Column("debit", sa.BigInteger, nullable=False),  # in the debtor's currency
    sa.Column("credit", sa.BigInteger, nullable=False),  # in the creditor's currency
    sa.Column("settlement_date", DAY, nullable=False),
    sa.Column("expires", DAY, nullable=False),
    sa.Column("day", DAY, nullable=False),  # business date of the booking
    sa.Column("cycle", sa.Integer, nullable=False),
    sa.Column("status", sa.String(9), nullable=False),
    sa.Column("disputed", sa.Boolean, nullable=False),
    _one_of("status", "pending", "posted", "voided", "expired", "reversed", "frozen", name="payment_status"),
    sa.CheckConstraint("amount > 0 AND debit > 0 AND credit > 0", name="payment_positive"),
)
resolution = _table(  # a pending payment is posted, voided or expired once; a posted one reversed once
    "resolution",
    sa.Column("payment", sa.BigInteger, sa.ForeignKey("payment.id"), primary_key=True, autoincrement=False),
    sa.Column("stage", sa.String(8), primary_key=True),  # pending, posted
    sa.Column("kind", sa.String(9), nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    keyed=True,
)
entry = _table(
    "entry",
    sa.Column("seq", NUMBER, primary_key=True, autoincrement=False),
    sa.Column("leg", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("account", sa.BigInteger, sa.ForeignKey("account.id"), nullable=False, index=True),
    sa.Column("amount", sa.BigInteger, nullable=False),
    sa.Column("layer", sa.String(1), nullable=False),  # P posted, H hold, R release of a hold
    _one_of("layer", "P", "H", "R", name="entry_layer"),
    keyed=True,
)
cycle = _table(
    "cycle",
    _id(),
    sa.Column("opened", DAY, nullable=False),
    sa.Column("ends", DAY, nullable=False),
    sa.Column("closed", DAY),
    sa.Column("seq", sa.BigInteger),  # the journal row that closed it
    sa.Column("charged", sa.BigInteger),  # the last journal row whose movements bore interest at that close
)
settlement = _table(
    "settlement",
    _id(),
    sa.Column("cycle", sa.BigInteger, sa.ForeignKey("cycle.id"), nullable=False),
    sa.Column("debtor_agent", sa.String(80), sa.ForeignKey("party.id"), nullable=False),
    sa.Column("creditor_agent", sa.String(80), sa.ForeignKey("party.id"), nullable=False),
    sa.Column("amount", sa.BigInteger, nullable=False),
    sa.Column("due", DAY, nullable=False),
    sa.Column("status", sa.String(9), nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("released", sa.Boolean, nullable=False),  # two operators released this attempt
    sa.CheckConstraint(
        "status IN ('due', 'released', 'settled', 'rejected', 'overdue', 'returned')",
        name="settlement_status",
    ),
)
rate = _table(
    "rate",
    sa.Column("day", DAY, primary_key=True),
    sa.Column("currency", CURRENCY, primary_key=True),
    sa.Column("seq", NUMBER, primary_key=True, autoincrement=False),  # a correction is a later row
    sa.Column("name", sa.String(80), primary_key=True),
    sa.Column("per_unit", sa.String(40), nullable=False),
    sa.Column("source", sa.Text, nullable=False),
)
price_range = _table(
    "price_range",
    sa.Column("hs", sa.String(6), primary_key=True),
    sa.Column("seq", NUMBER, primary_key=True, autoincrement=False),
    sa.Column("low", sa.Float, nullable=False),  # USD per kilogram
    sa.Column("high", sa.Float, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
)
