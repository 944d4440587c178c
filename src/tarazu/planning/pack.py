"""The commission pack: one document for the next session of a commission of two countries, in the languages asked for.

    register + plan + number of the session -> parts, sources, unknowns -> HTML and DOCX in each language

Turnover by both countries' statistics, the last protocol point by point, what is overdue and due, what the target now
means in tonnes, trains and credit, visits since, and points proposed from findings. What is not known is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from tarazu.core.errors import InputError
from tarazu.planning.output import write
from tarazu.planning.pack_points import proposed
from tarazu.planning.pack_register import COMMISSION, Sessions, executed, late, opening, since
from tarazu.planning.pack_target import meaning
from tarazu.planning.pack_titles import Titles
from tarazu.planning.pack_turnover import turnover
from tarazu.planning.pack_values import UNKNOWN, Draft, Grid, Pack, Part, Refs, Said, Value, Word, when

if TYPE_CHECKING:
    from tarazu.planning.pack_values import Entry
    from tarazu.planning.plan import Plan
    from tarazu.register.register import Register

LARGEST = 999  # number of a session
PAIR = 2


def pack(
    register: Register,
    plan: Plan | None,
    session: int,
    today: date | None = None,
    *,
    titles: Titles | None = None,
) -> Pack:
    """The papers of a session, before they have a language.

    Parameters
    ----------
    plan
        The pair's plan; without one turnover and the meaning of the target are said to be unknown.
    session
        Number of the coming session.
    today
        Day of the schedule; by default the computer's.
    titles
        Translations of the register's words; by default the bundled ones.

    Raises
    ------
    InputError
        If the number is none of a session, or the register does not say whose commission it is.
    """
    if not 1 <= session <= LARGEST:
        raise InputError(f"session {session}: expected a number from 1 to {LARGEST}, such as 20.")
    draft = Draft(register, plan, session, today or date.today(), _parties(register, plan))
    sessions = Sessions(register, draft.parties, session)
    parts = [
        opening(draft, sessions),
        turnover(draft),
        executed(draft, sessions),
        late(draft),
        meaning(draft),
        since(draft, sessions),
        proposed(draft, sessions),
    ]
    parts += [_unknown(draft), _sources(draft)]
    meeting = sessions.known.get(session)
    held = meeting.held if meeting else None
    shown, translations = (titles or Titles.read()).translated(parts)
    return Pack(session, draft.today, register.name, draft.parties, held, shown, draft.sources, translations)


def _parties(register: Register, plan: Plan | None) -> tuple[str, str]:
    if plan is not None:
        return plan.home.alpha3, plan.partner.alpha3
    if register.pair:
        return register.pair
    found = [
        body for body in register.of("bodies") if body["form"] == COMMISSION and len(body["parties"]) == PAIR
    ]
    if not found:
        raise InputError(
            "The register names no commission of two countries. Record one in bodies.csv, form commission, with its "
            "parties; or give the pair's plan."
        )
    first, second = found[0]["parties"]
    return first, second


def _unknown(draft: Draft) -> Part:
    """What nobody here knows, each once."""
    rows = tuple((value,) for value in dict.fromkeys(draft.unknown))
    grid = Grid(
        "unknown", Word("caption.unknown"), (Word("head.unknown"),), (1,), rows, Word("empty.unknown")
    )
    return Part("unknown", (Word("unknown.lead"),), (grid,))


def _sources(draft: Draft) -> Part:
    rows = tuple((Refs((number,)), *_entry(entry)) for number, entry in enumerate(draft.sources, 1))
    heads = tuple(Word(f"head.{name}") for name in ("number", "publisher", "published", "address"))
    grid = Grid("sources", Word("caption.sources"), heads, (2, 8, 4, 10), rows)
    return Part("sources", (Word("sources.lead"),), (grid,))


def _entry(entry: Entry) -> tuple[Value, Value, Value]:
    if entry.own is not None:
        return entry.own, Word("dash"), Word("dash")
    publisher, address = (Said(text, kept=True) if text else UNKNOWN for text in (entry.publisher, entry.url))
    return publisher, when(entry.published), address


def write_pack(
    register: Register,
    plan: Plan | None,
    session: int,
    languages: str | Sequence[str],
    folder: str | Path = ".",
    *,
    today: date | None = None,
    words: str | Path | None = None,
) -> tuple[Path, ...]:
    """Write the pack as HTML and DOCX in every language, all files or none: ``session-21-ru.html``, ``….docx``.

    Parameters
    ----------
    languages
        Any of en, ru, kk, fa: a list, or one text with commas.
    words
        A table of translations of the register's titles and names, which comes before the bundled ones.

    Raises
    ------
    InputError
        If a language is not known, the table cannot be read, python-docx is missing, or a place cannot be written.
    """
    from tarazu.planning.pack_docx import docx
    from tarazu.planning.pack_html import html

    wanted = languages_of(languages)
    found = pack(register, plan, session, today, titles=Titles.read(words))
    contents: list[tuple[Path, bytes]] = []
    for name in wanted:
        place = Path(folder) / f"session-{session}-{name}"
        contents.append((place.with_suffix(".html"), html(found, name).encode()))
        contents.append((place.with_suffix(".docx"), docx(found, name)))
    return write(contents)


def languages_of(languages: str | Sequence[str]) -> tuple[str, ...]:
    """Languages named in a list or a text with commas, each once.

    Raises
    ------
    InputError
        If one is not known, or none is named.
    """
    from tarazu.planning.pack_words import LANGUAGES

    named = languages.split(",") if isinstance(languages, str) else languages
    wanted = tuple(dict.fromkeys(name.strip().lower() for name in named if name.strip()))
    unknown = [name for name in wanted if name not in LANGUAGES]
    if unknown or not wanted:
        what = f'"{unknown[0]}" is no language of the pack' if unknown else "no language was named"
        raise InputError(f"{what}. Write any of {', '.join(LANGUAGES)}, such as ru,en.")
    return wanted
