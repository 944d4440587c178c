"""The clearing house: one object through which everything enters the books.

    house = ClearingHouse.open("house.db", load_scheme("kaz-irn"), operators=("first", "second"))
    house.load_lists([read_list(path)], by="first")
    house.register([Party("exporter-1", "Specimen Grain", "KAZ")], by="first")
    house.submit(orders)
    house.close_cycle(by=("first", "second"))

Any number of threads and processes may use one database. Orders submitted at the same time by several threads are
booked together and committed once (group commit); an answer is returned only after the commit that carries it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import DataError, IntegrityError

from tarazu.clearing import actions, approvals, cycle, lifecycle, seal, settlements, tables, watchlist
from tarazu.clearing.admission import Desk, Submission
from tarazu.clearing.booking import Outcome, book, submitted
from tarazu.clearing.books import Books
from tarazu.clearing.order import PaymentOrder
from tarazu.clearing.parties import (
    Party,
    Verdict,
    agent_id,
    check_party,
    current_list,
    enter,
    look_up,
    newest_list,
    screen,
)
from tarazu.clearing.rates import Rate, Rates
from tarazu.clearing.scheme import Scheme
from tarazu.clearing.scheme_file import parse_scheme
from tarazu.clearing.screening.lists import SanctionsList, digest_of
from tarazu.clearing.screening.screen import Screener
from tarazu.clearing.state import State, state
from tarazu.clearing.turns import BATCH, Turns
from tarazu.core.errors import InputError, LedgerError, SchemeError, StoreError
from tarazu.core.names import normalise
from tarazu.store.database import Database

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from tarazu.clearing.statement import Statement
    from tarazu.clearing.verify import Verification

HEAD_EVERY = 5000  # journal rows between signed heads
LOCK = 8_271_600_01  # this package's advisory lock on PostgreSQL
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class DayRoll:
    """What a new business day brought: payments posted and expired, orders that waited, settlements overdue."""

    day: date
    posted: int
    expired: int
    waited: tuple[Outcome, ...]
    overdue: tuple[int, ...]


class ClearingHouse:
    """A clearing house's books. Build it with `open`."""

    def __init__(
        self,
        database: Database,
        scheme: Scheme,
        key: Ed25519PrivateKey | None,
        today: Callable[[], date],
        now: Callable[[], datetime],
    ) -> None:
        self.database, self.scheme, self._key = database, scheme, key
        self._today, self._now = today, now
        self._calendar = scheme.calendar()
        self._turns = Turns(self._book)
        self._screener: tuple[int, Screener] | None = None
        self._rates: tuple[int, Rates] | None = None
        self._signed = 0
        self._rules = 0

    @classmethod
    def open(
        cls,
        url: str | Path,
        scheme: Scheme | None = None,
        *,
        operators: Sequence[str] = (),
        key: Path | None = None,
        today: Callable[[], date] = date.today,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> ClearingHouse:
        """Open the books, or found them where there are none.

        Parameters
        ----------
        url
            A path (SQLite) or ``postgresql://…``.
        scheme
            Needed to found; later, the adopted scheme is read from the journal and this one must be the same.
        operators
            At least two names, needed to found.
        key
            Private key file that signs heads (`tarazu.clearing.seal.new_key`); without it heads are not signed.
        today, now
            Business date and clock.

        Raises
        ------
        StoreError, SchemeError, InputError
        """
        signer = seal.read_key(key) if key else None
        database = Database(url, "tarazu.clearing:migrations", LOCK)
        with database.reading() as connection:
            adopted = _adopted(connection)
        if adopted is None:
            if scheme is None:
                raise StoreError(
                    f"{url} holds no clearing house yet: found one with a scheme (tarazu clearing init)."
                )
            house = cls(database, scheme, signer, today, now)
            house._found(operators)
            return house
        if scheme is not None and scheme.digest != adopted.digest:
            raise SchemeError(
                f"{url} runs under {adopted.id} ({adopted.digest[:12]}), not under {scheme.id} "
                f"({scheme.digest[:12]}). "
                "Rules change only by two operators: propose `adopt-scheme`."
            )
        if signer is not None:
            with database.reading() as connection:
                seal.check_key(connection, signer, str(url))
        return cls(database, adopted, signer, today, now)

    @property
    def is_signed(self) -> bool:
        """Whether the house was founded with a key."""
        with self.database.reading() as connection:
            return bool(seal.founded_key(connection))

    @property
    def today(self) -> date:
        """Business date."""
        return self._today()

    def load_lists(self, lists: Sequence[SanctionsList], by: str) -> list[Verdict]:
        """Take a set of sanctions lists as the current one and screen every party anew.

        Raises
        ------
        ListError
            If no list is given, or one is too old, or dated in the future.
        """
        watchlist.check_dates(lists, self.scheme, self.today)
        screener = self._screener_for(lists)
        with self.database.reading() as connection:
            for _, name, kind, country in watchlist.everybody(connection):
                look_up(
                    screener, name, kind, country
                )  # so that the writer's time is not spent on comparing names
        with self._writing() as books:
            approvals.check_operator(books.connection, by)
            watchlist.check_cover(newest_list(books.connection), lists, self.scheme)
            number = watchlist.keep(books, lists, screener, self.scheme, by)
            books.flush()
            self._screener = (number, screener)
            verdicts = screen(books, screener, watchlist.everybody(books.connection))
            actions.thaw_ready(books, self._desk(books), by)
        self._retry("held")
        return verdicts

    def register(self, parties: Iterable[Party], by: str) -> list[Verdict]:
        """Enter parties and screen them at once; returns the verdicts in the same order.

        Raises
        ------
        InputError, ListError
            If a party has no place in the scheme or is registered already, or no list is loaded. Nothing of
            the call is written then.
        """
        entering = list(parties)
        for party in entering:
            check_party(party, self.scheme)
        with self._writing() as books:
            approvals.check_operator(books.connection, by)
            screener = self._current_screener(books.connection)
            names = [each.id for each in entering]
            known = set(
                books.connection.scalars(sa.select(tables.party.c.id).where(tables.party.c.id.in_(names)))
            )
            for party in entering:
                if party.id in known or party.kind == "agent":
                    raise InputError(
                        f"party {party.id!r} is registered already, or its name is kept for an agent."
                    )
                known.add(party.id)
                enter(books, party, self.scheme, by)
            return screen(
                books, screener, [(each.id, each.name, each.kind, each.country) for each in entering]
            )

    def load_rates(self, rates: Iterable[Rate], by: str) -> int:
        """Add reference rates; a rate for a day and currency that is known already is a correction."""
        rows = [each for each in rates if each.currency != self.scheme.unit]
        for each in rows:
            if each.date > self.today and not self.scheme.synthetic_only:
                raise InputError(
                    f"{each.currency} of {each.date}: that day has not come; today is {self.today}."
                )
            if not (each.per_unit.is_finite() and each.per_unit > 0):
                raise InputError(
                    f"{each.currency} of {each.date}: expected a rate above 0, got {each.per_unit}."
                )
        with self._writing() as books:
            approvals.check_operator(books.connection, by)
            listed = [[r.date.isoformat(), r.currency, r.name, str(r.per_unit), r.source] for r in rows]
            seq = books.record("rates", {"rates": listed, "by": by})
            self.database.insert(
                books.connection,
                tables.rate,
                [(day, code, seq, name, per_unit, source) for day, code, name, per_unit, source in listed],
            )
        return len(rows)

    def load_prices(self, ranges: Mapping[str, tuple[float, float, str]], by: str) -> int:
        """Usual unit values by HS code, USD per kilogram: (low, high, source)."""
        with self._writing() as books:
            approvals.check_operator(books.connection, by)
            if self.scheme.unit != "USD":
                raise InputError(
                    f"{self.scheme.id} counts in {self.scheme.unit}; price ranges are in USD per kilogram."
                )
            for hs, (low, high, _) in ranges.items():
                if not 0 < low <= high:
                    raise InputError(f"HS {hs}: expected 0 < low <= high, got {low} and {high}.")
            listed = [(hs, low, high, source) for hs, (low, high, source) in sorted(ranges.items())]
            seq = books.record("prices", {"ranges": [list(each) for each in listed], "by": by})
            self.database.insert(
                books.connection,
                tables.price_range,
                [(hs, seq, low, high, source) for hs, low, high, source in listed],
            )
        return len(listed)

    def submit(
        self, orders: Iterable[PaymentOrder], progress: Progress | None = None, *, by: str = ""
    ) -> list[Outcome]:
        """Book orders handed in by an operator, or by a machine; the answers are durable when this returns."""
        if by:
            with self.database.reading() as connection:
                approvals.check_operator(connection, by)
        given = [Submission(order, by) for order in orders]
        outcomes: list[Outcome] = []
        for start in range(0, len(given), BATCH):
            outcomes += self._turns.take(given[start : start + BATCH])
            if progress is not None:
                progress("payments", len(outcomes), len(given))
        return outcomes

    def advance(self) -> DayRoll:
        """Begin the business day: post what is due, let go what is late, book what waited for a limit or a cycle."""
        with self._writing() as books:
            desk = self._desk(books)
            expired = cycle.expire(books)
            posted = cycle.post_due(books, desk, desk.cycle.id)
            overdue = settlements.mark_overdue(books)
        return DayRoll(self.today, posted, expired, tuple(self._retry("queued")), tuple(overdue))

    def void(self, payment: int, reason: str, by: str) -> None:
        """Release a pending payment's hold; it will not be posted."""
        with self._writing() as books:
            approvals.check_operator(books.connection, by)
            lifecycle.drop(books, [lifecycle.one_payment(books.connection, payment)], "voided", reason, by)

    def dispute(self, payment: int, reason: str, by: str, *, raised: bool = True) -> None:
        """Mark a payment as disputed (it is not posted meanwhile), or end the dispute."""
        with self._writing() as books:
            approvals.check_operator(books.connection, by)
            lifecycle.dispute(books, lifecycle.one_payment(books.connection, payment), raised, reason, by)

    def propose(self, action: str, details: Mapping[str, Any], by: str) -> int:
        """Propose what needs two operators (`approvals.ACTIONS`); returns the proposal's number."""
        with self._writing() as books:
            return approvals.propose(books, action, details, by)

    def approve(self, proposal: int, by: str) -> Any:
        """Approve another operator's proposal and carry it out; both in one transaction."""
        with self._writing() as books:
            action, details, operators = approvals.approve(books, proposal, by)
            desk = self._desk(books)
            result = actions.carry_out(books, desk, proposal, action, details, operators)
        if action in ("decide", "pass-price"):
            return self._retry("held")
        if action in ("close-cycle", "set-limit"):
            self._retry("queued")
        return result

    def withdraw(self, proposal: int, by: str) -> None:
        """Close a proposal without effect."""
        with self._writing() as books:
            approvals.withdraw(books, proposal, by)

    def close_cycle(self, by: tuple[str, str], interest_rate: Decimal | None = None) -> cycle.Close:
        """Close the open cycle: the first operator proposes, the second approves."""
        details = {"interest_rate": None if interest_rate is None else str(interest_rate)}
        closed = self._agree("close-cycle", details, by)
        assert isinstance(closed, cycle.Close)
        return closed

    def settle(self, settlement: int, by: tuple[str, str]) -> None:
        """Instruct a settlement that is due: the first operator proposes, the second releases."""
        self._agree("release-settlement", {"settlement": settlement}, by)

    def _agree(self, action: str, details: Mapping[str, Any], by: tuple[str, str]) -> Any:
        """Propose and approve; a proposal that cannot be carried out does not stay open."""
        number = self.propose(action, details, by[0])
        try:
            return self.approve(number, by[1])
        except InputError:
            self.withdraw(number, by[0])
            raise

    def confirm_settlement(self, settlement: int, reference: str, by: str) -> None:
        """Book a settlement that has arrived, and what waited for the limit it frees."""
        with self._writing() as books:
            approvals.check_operator(books.connection, by)
            settlements.confirm(books, settlement, reference, by, self.scheme.unit)
        self._retry("queued")

    def reject_settlement(self, settlement: int, code: str, reason: str, by: str) -> None:
        """Note that an instruction was rejected; the balances stay as they were."""
        with self._writing() as books:
            approvals.check_operator(books.connection, by)
            settlements.reject(books, settlement, code, reason, by)

    def return_settlement(self, settlement: int, code: str, reason: str, by: str) -> None:
        """Reverse a settlement that arrived and was returned."""
        with self._writing() as books:
            approvals.check_operator(books.connection, by)
            settlements.take_back(books, settlement, code, reason, by, self.scheme.unit)

    def reissue_settlement(self, settlement: int, by: str) -> None:
        """Make a rejected or returned settlement due again, by the scheme's deadline from today."""
        with self._writing() as books:
            approvals.check_operator(books.connection, by)
            due = self._calendar.add_business_days(self.today, self.scheme.deadline_days)
            settlements.reissue(books, settlement, due.isoformat(), by)

    def state(self) -> State:
        """How the house stands: cycle, balances, what waits for whom."""
        return state(self.database, self.scheme)

    def statement(
        self, party: str, *, cycle: int | None = None, first: date | None = None, last: date | None = None
    ) -> Statement:
        """A party's statement of a cycle or of a span of days; without either, of everything booked."""
        from tarazu.clearing.statement import statement

        return statement(self.database, self.scheme, party, cycle=cycle, first=first, last=last)

    def verify(self, public_key: str | None = None, progress: Progress | None = None) -> Verification:
        """Recompute everything from the journal alone; the first break names its row."""
        from tarazu.clearing.verify import verify

        return verify(self.database, public_key, progress)

    def close(self) -> None:
        """Sign the head, if there is a key, and let the database go."""
        if self._key is not None:
            with self.database.writing() as connection:
                seal.sign_head(connection, self._key)
        self.database.close()

    @contextmanager
    def _writing(self) -> Iterator[Books]:
        with self.database.writing() as connection:
            self._follow_rules(connection)
            books = Books(self.database, connection, self._now(), self.today)
            first = books.seq
            yield books
            books.flush()
            if self._key is not None and books.seq > first and books.seq - self._signed >= HEAD_EVERY:
                seal.sign_head(connection, self._key)
                self._signed = books.seq

    def _follow_rules(self, connection: sa.Connection) -> None:
        """Take over a scheme that was adopted, here or in another process, since the last transaction."""
        newest = connection.scalar(sa.select(sa.func.max(tables.rules.c.seq)))
        if newest is not None and newest != self._rules:
            scheme = _adopted(connection)
            assert scheme is not None, "a rule has a text"
            self.scheme, self._calendar, self._rules = scheme, scheme.calendar(), newest

    def _found(self, operators: Sequence[str]) -> None:
        names = sorted({normalise(name): name.strip() for name in operators if name.strip()}.values())
        if len(names) < 2:
            raise InputError(
                f"a clearing house needs two named operators or more, got {len(names)}: {names}."
            )
        public = seal.public_text(self._key) if self._key else ""
        with self._writing() as books:
            if _adopted(books.connection) is not None:
                raise StoreError("another process founded this clearing house just now. Open it again.")
            body = {"scheme": self.scheme.text, "digest": self.scheme.digest, "public_key": public}
            seq = books.record("founded", {**body, "operators": names})
            books.flush()
            values = {"seq": seq, "digest": self.scheme.digest, "text": self.scheme.text}
            books.connection.execute(tables.rules.insert().values(**values))
            books.connection.execute(tables.operator.insert(), [{"name": name} for name in names])
            synthetic = self.scheme.synthetic_only
            for member in self.scheme.members:
                agent = Party(
                    agent_id(member.country), member.agent, member.country, "agent", synthetic=synthetic
                )
                enter(books, agent, self.scheme, names[0])
            cycle.start(books, self.scheme, 1, self.today)

    def _screener_for(self, lists: Sequence[SanctionsList]) -> Screener:
        """A screener for these lists: the one at hand if nothing in them changed, for it knows its answers."""
        if self._screener is not None and self._screener[1].lists_digest == digest_of(lists):
            return self._screener[1]
        return Screener(lists)

    def _current_screener(self, connection: sa.Connection) -> Screener:
        if self._screener is None or self._screener[0] != current_list(connection).id:
            self._screener = watchlist.kept_screener(connection)
        return self._screener[1]

    def _desk(self, books: Books) -> Desk:
        connection, today = books.connection, books.today
        lists, prices = tables.screening_list, tables.price_range
        valid_until = connection.scalar(sa.select(lists.c.valid_until).order_by(lists.c.id.desc()).limit(1))
        ranges = connection.execute(sa.select(prices).order_by(prices.c.seq))
        rates = self._current_rates(connection)
        return Desk(
            scheme=self.scheme,
            calendar=self._calendar,
            ratio=lambda given, wanted: rates.ratio(given, wanted, today, self.scheme.rate),
            prices={row.hs: (row.low, row.high) for row in ranges},
            cycle=cycle.open_cycle(connection),
            valid_until=valid_until or "",
            overdue=settlements.late_debtors(connection, books.day),
        )

    def _current_rates(self, connection: sa.Connection) -> Rates:
        rate = tables.rate
        newest = connection.scalar(sa.select(sa.func.max(rate.c.seq))) or 0
        if self._rates is None or self._rates[0] != newest:
            rows = {
                (row.day, row.currency, row.name): Rate(
                    date.fromisoformat(row.day), row.currency, Decimal(row.per_unit), row.name, row.source
                )
                for row in connection.execute(sa.select(rate).order_by(rate.c.seq))
            }
            self._rates = (newest, Rates.of_rows(self.scheme.unit, rows.values()))
        return self._rates[1]

    def _book(self, submissions: Sequence[Submission]) -> list[Outcome]:
        """One transaction; where the database itself refuses, one for each order, so that one stops alone."""
        try:
            with self._writing() as books:
                return book(books, self._desk(books), submissions)
        except (IntegrityError, DataError, LedgerError) as error:
            if len(submissions) == 1:
                order = submissions[0].order
                reason = f"the books refused it: {getattr(error, 'orig', error)}".strip()
                return [Outcome(order.key, "refused", None, "NARR", reason, order.source)]
        return [outcome for each in submissions for outcome in self._book([each])]

    def _retry(self, state: str) -> list[Outcome]:
        """Book again, in their order, orders that wait in a state; those that still must wait stay."""
        waiting = tables.waiting
        with self.database.reading() as connection:
            query = sa.select(waiting.c.id, waiting.c.price_passed).where(waiting.c.state == state)
            passed = {row.id: row.price_passed for row in connection.execute(query.order_by(waiting.c.id))}
            orders = submitted(connection, list(passed))
        again = [
            Submission(orders[number], "", number, frozenset({"price"} if price else ()))
            for number, price in passed.items()
        ]
        return self._turns.take(again) if again else []


def _adopted(connection: sa.Connection) -> Scheme | None:
    rules = tables.rules
    text = connection.scalar(sa.select(rules.c.text).order_by(rules.c.seq.desc()).limit(1))
    return None if text is None else parse_scheme(text, "the adopted scheme")
