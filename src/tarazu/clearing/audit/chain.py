"""The chain of the journal and the signatures under its heads, checked row by row.

    hash_n = SHA-256(hash_{n-1} LF seq LF at LF day LF kind LF body),    hash_0 = 64 zeros

A signed head is an Ed25519 signature (RFC 8032) over ``seq:hash``. The chain shows that nothing was changed without
recomputing all that follows; the signature, that nobody without the private key recomputed it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from tarazu.clearing.audit.mirror import Report, first_line, stream
from tarazu.clearing.seal import is_signed

FIRST = "0" * 64
_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


class Chain:
    """Hash and head of every row, as rows come."""

    def __init__(self, connection: sa.Connection, key: str | None, report: Report) -> None:
        self._connection, self._report = connection, report
        self.key, self.key_from = (key or "").strip().lower(), "given" if key else ""
        self.heads: dict[Any, tuple[Any, Any]] = {}
        self.checked = self.last_head = self.last_seq = 0
        self._hash, self._at, self._day = FIRST, "", ""
        self.backwards = 0  # rows written at a time before that of the row before

    def rows(self) -> Iterator[tuple[int, str, str, Any]]:
        """Number, day, kind and parsed body of each row that has a form that can be read."""
        try:
            for seq, digest, signature in stream(self._connection, "head", "seq hash signature", 1):
                self.heads[seq] = (digest, signature)
        except SQLAlchemyError as error:
            self._report(None, "head", f"cannot be read: {first_line(error)}")
        for row in stream(self._connection, "journal", "seq at day kind body hash", 1):
            yield from self._row(*row)

    def trust(self, key: str) -> None:
        """Take the key that the first row names, unless one was given."""
        if not self.key and key:
            self.key, self.key_from = key, "founded"

    def head(self, seq: int) -> None:
        """Check the signed head of the row just read, if there is one."""
        if seq not in self.heads:
            return
        digest, signature = self.heads.pop(seq)
        if digest != self._hash:
            self._report(seq, "head", f"signs the hash {digest}, the journal row has {self._hash}")
        elif self.key:
            if not is_signed(self.key, seq, str(digest), str(signature)):
                self._report(seq, "head", "is not signed by the owner of the public key")
            self.checked += 1
        self.last_head = seq

    def finish(self) -> None:
        """Heads of rows that are not there."""
        for seq in self.heads:
            what = (
                f"signs row {seq}, and the journal ends at row {self.last_seq}: rows after it were taken away"
            )
            self._report(seq if isinstance(seq, int) else None, "head", what)

    def _row(
        self, seq: Any, at: Any, day: Any, kind: Any, body: Any, stored: Any
    ) -> Iterator[tuple[int, str, str, Any]]:
        if type(seq) is not int or not all(type(each) is str for each in (at, day, kind, body, stored)):
            number = seq if type(seq) is int else None
            self._report(
                number, "journal", f"row {seq!r} has a cell that is no text, or a number that is none"
            )
            return
        if seq != self.last_seq + 1:
            self._report(seq, "journal", f"row {seq} follows row {self.last_seq}: {_gap(self.last_seq, seq)}")
        text = f"{self._hash}\n{seq}\n{at}\n{day}\n{kind}\n{body}"
        computed = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        if stored != computed:
            why = f"this row, or its place after row {seq - 1}, was changed"
            self._report(seq, "journal", f"the hash is {stored}, recomputed {computed}: {why}")
        if day < self._day:
            self._report(
                seq, "journal", f"its business date {day} lies before {self._day}, that of the row before"
            )
        self.backwards += at < self._at
        self.last_seq, self._hash, self._at, self._day = seq, stored, at, day
        try:
            parsed = json.loads(body)
            canonical = _canonical(parsed)
        except (ValueError, RecursionError) as error:
            self._report(seq, "journal", f"the body is no JSON ({error})")
            return
        if canonical != body:
            self._report(
                seq, "journal", "the body is not canonical JSON: sorted keys, no spaces, each key once"
            )
        yield seq, day, kind, parsed


def _gap(last: int, seq: int) -> str:
    return f"{seq - last - 1} rows are missing" if seq > last else "numbers must rise by one"
