"""The sanctions lists in force: kept in the books as they were, so that a house stands alone and can be verified."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from tarazu.clearing import tables
from tarazu.clearing.books import Books, canonical
from tarazu.clearing.parties import current_list
from tarazu.clearing.scheme import Scheme
from tarazu.clearing.screening.lists import Entry, SanctionsList
from tarazu.clearing.screening.screen import Screener
from tarazu.core.errors import ListError

SHRINK = 0.8  # of the entries of the set before, at least


def check_dates(lists: Sequence[SanctionsList], scheme: Scheme, today: date) -> None:
    """Refuse lists that cannot be relied on today.

    Raises
    ------
    ListError
        If one is dated in the future, or is too old; for real payments also if its date is unknown.
    """
    for each in lists:
        if each.published is None:
            if not scheme.synthetic_only:
                raise ListError(f"{each.name}: its date is unknown. Give it: --published YYYY-MM-DD.")
            continue
        age = (today - each.published).days
        if age < 0:
            raise ListError(
                f"{each.name}: published {each.published}, after today ({today}). Look at the date."
            )
        if age > scheme.screening_max_age_days:
            raise ListError(
                f"{each.name}: published {each.published}, {age} days ago; {scheme.id} allows "
                f"{scheme.screening_max_age_days}. Fetch a newer one from its publisher."
            )


def check_cover(before: sa.Row[Any] | None, lists: Sequence[SanctionsList], scheme: Scheme) -> None:
    """Refuse, for real payments, a set of lists that covers less than the one it replaces.

    Raises
    ------
    ListError
        If a list of the current set is missing, or the entries are fewer by more than a fifth.
    """
    if before is None or scheme.synthetic_only:
        return
    missing = sorted(set(before.names.split("; ")) - {each.name for each in lists})
    if missing:
        raise ListError(
            f"the current set has {', '.join(missing)}, the new one has not. Load all lists together."
        )
    entries = sum(len(each.entries) for each in lists)
    if entries < SHRINK * before.entries:
        raise ListError(
            f"the new lists have {entries} entries, the current ones {before.entries}. Look whether a file "
            f"is cut short."
        )


def keep(books: Books, lists: Sequence[SanctionsList], screener: Screener, scheme: Scheme, by: str) -> int:
    """Write a set of lists as the current one; returns its number. Lists without a date count from today."""
    dates = [each.published for each in lists]
    oldest = min((each or books.today for each in dates), default=books.today)
    content = zlib.compress(canonical({"lists": [_plain(each) for each in lists]}).encode())
    body: dict[str, Any] = {
        "content_digest": hashlib.sha256(content).hexdigest(),
        "digest": screener.lists_digest,
        "names": "; ".join(each.name for each in lists),
        "published": None if None in dates else oldest.isoformat(),
        "valid_until": (oldest + timedelta(days=scheme.screening_max_age_days)).isoformat(),
        "entries": sum(len(each.entries) for each in lists),
    }
    number = books.record("lists", {**body, "by": by})
    books.connection.execute(
        tables.screening_list.insert().values(id=number, content=content, seq=number, **body)
    )
    return number


def kept_screener(connection: sa.Connection) -> tuple[int, Screener]:
    """Number of the current set of lists and a screener for it, built from what the books keep."""
    number = current_list(connection).id
    lists = tables.screening_list
    content = connection.scalar(sa.select(lists.c.content).where(lists.c.id == number))
    assert content is not None, "the current list has content"
    return number, Screener([_from(each) for each in json.loads(zlib.decompress(content))["lists"]])


def everybody(connection: sa.Connection) -> list[tuple[str, str, str, str]]:
    """Identifier, name, kind and country of every party, in the order of registration."""
    party = tables.party
    query = sa.select(party.c.id, party.c.name, party.c.kind, party.c.country).order_by(party.c.seq)
    return [(row.id, row.name, row.kind, row.country) for row in connection.execute(query)]


def _plain(each: SanctionsList) -> dict[str, Any]:
    published = each.published.isoformat() if each.published else None
    entries = [asdict(entry) for entry in each.entries]
    return {"name": each.name, "published": published, "digest": each.digest, "entries": entries}


def _from(kept: dict[str, Any]) -> SanctionsList:
    entries = tuple(
        Entry(**{**entry, "names": tuple(entry["names"]), "countries": tuple(entry["countries"])})
        for entry in kept["entries"]
    )
    published = date.fromisoformat(kept["published"]) if kept["published"] else None
    return SanctionsList(kept["name"], published, kept["digest"], entries, ())
