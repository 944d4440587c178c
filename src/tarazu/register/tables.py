"""The register's tables: documents, events, suggestions and what was decided on them; all append-only.

``register_event`` is the register; everything shown is folded out of it. A document's text stands beside its hash, so
that every quote can be checked. The index of full-text search stands in ``migrations/sql``: FTS5 on SQLite, a tsvector
on PostgreSQL. Days are ISO 8601 text at the precision that is known, values are JSON.
"""

from __future__ import annotations

import sqlalchemy as sa

METADATA = sa.MetaData()
VERSIONS = "register_version"
LOCK = 7_205_318  # advisory lock of the register's writers on PostgreSQL
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DAY = sa.String(10)
HASH = sa.String(64)


def _id(name: str = "number") -> sa.Column[int]:
    return sa.Column(name, NUMBER, primary_key=True, autoincrement=False)


document = sa.Table(
    "register_document",
    METADATA,
    _id(),
    sa.Column("sha256", HASH, nullable=False, unique=True),  # of the file's bytes
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("publisher", sa.Text, nullable=False),
    sa.Column("published", DAY, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("language", sa.String(3), nullable=False),
    sa.Column("media", sa.String(80), nullable=False),
    sa.Column("normaliser", sa.String(200), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("signature", sa.Text, nullable=False),  # JSON: for near-duplicates
    sa.Column("near", HASH, nullable=False),  # a document that says nearly the same, or empty
    sa.Column("entered_by", sa.String(80), nullable=False),
    sa.Column("entered_at", sa.String(32), nullable=False),
)
event = sa.Table(
    "register_event",
    METADATA,
    _id(),
    sa.Column("item", sa.String(80), nullable=False, index=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("event", sa.String(20), nullable=False),
    sa.Column("date", DAY, nullable=False),
    sa.Column("field", sa.String(40), nullable=False),
    sa.Column("value", sa.Text, nullable=False),  # JSON
    sa.Column("fields", sa.Text, nullable=False),  # JSON
    sa.Column("status", sa.String(1), nullable=False),
    sa.Column("evidence", sa.Text, nullable=False),  # JSON
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("entered_by", sa.String(80), nullable=False),
    sa.Column("entered_at", sa.String(32), nullable=False),
)
suggestion = sa.Table(
    "register_suggestion",
    METADATA,
    _id(),
    sa.Column("document", NUMBER, sa.ForeignKey("register_document.number"), nullable=False, index=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("start_char", sa.Integer, nullable=False),
    sa.Column("end_char", sa.Integer, nullable=False),
    sa.Column("rule", sa.String(60), nullable=False),
    sa.Column("confidence", sa.Float, nullable=False),
    sa.Column("value", sa.Text, nullable=False),  # JSON
    sa.Column(
        "links", sa.Text, nullable=False
    ),  # JSON: items and suggestions that say the same or something else
)
decision = sa.Table(
    "register_decision",
    METADATA,
    _id(),
    sa.Column("suggestion", NUMBER, sa.ForeignKey("register_suggestion.number"), nullable=False, unique=True),
    sa.Column("accepted", sa.Boolean, nullable=False),
    sa.Column("item", sa.String(80), nullable=False),  # the item it became or was added to; empty if refused
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("entered_by", sa.String(80), nullable=False),
    sa.Column("entered_at", sa.String(32), nullable=False),
)
