"""Of the brief: whom to ask and which promises concern the product, from the register of the pair."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tarazu.core.errors import InputError
from tarazu.core.source import ObsStatus, Source
from tarazu.planning.brief import Fact, Subject, Topic
from tarazu.planning.hs_texts import heading_text
from tarazu.planning.offers_demand import fit
from tarazu.policy.costs import covers
from tarazu.register.schedule import BINDING

if TYPE_CHECKING:
    from tarazu.planning.dossier import Dossier
    from tarazu.register.register import Register

DUE, UNDATED = 5, 4  # promises with and without a date that are listed
BODIES = 6
OPEN = ("overdue", "running", "no date")
SHORTEST_WORD = 4
BROAD = (
    "support",
    "certificate",
    "clearing",
    "tariff",
    "customs",
)  # words of promises that concern every exporter
NONE = "no register of the pair is at hand"
_QUALIFIED = re.compile(r"[,(]| by | via | of | within ")  # what follows qualifies the goods
_GENERAL = frozenset(
    {
        "fresh",
        "other",
        "live",
        "products",
        "product",
        "goods",
        "all",
        "seed",
        "crop",
        "crops",
        "articles",
        "frozen",
        "chilled",
    }
)


def register_of(dossier: Dossier | None) -> Register | None:
    """The register bundled with the dossier; None where there is none."""
    if dossier is None:
        return None
    from tarazu.register.register import Register

    own = dossier.folder / "register"
    try:
        return Register.read(own if own.is_dir() and dossier.name not in _bundled() else dossier.name)
    except InputError:
        return None


def _bundled() -> list[str]:
    from tarazu.planning.dossier import bundled

    return bundled()


def promises(subject: Subject) -> list[Mapping[str, Any]]:
    """Open commitments that concern the product: by name first, then by a measure that acts on it."""
    if subject.register is None:
        return []
    words, acting = _words(subject), _measures(subject)
    found = []
    for row in subject.register.board(subject.on).table:
        if row["schedule"] not in OPEN or row["form"] not in BINDING:
            continue
        title = str(row["commitment"]).casefold()
        named = any(re.search(rf"\b{re.escape(word)}", title) for word in words)
        carried = bool(acting & set(filter(None, str(row["measures"] or "").split("; "))))
        broad = any(word in title for word in BROAD)
        if named or carried or broad:
            found.append((0 if named else 1 if carried else 2, row))
    found.sort(key=lambda each: (each[0], each[1]["schedule"] != "running", abs(each[1]["days_left"] or 0)))
    return [row for _, row in found]


def _words(subject: Subject) -> frozenset[str]:
    """Names of the product, of what lies in it, and of its group where a row names one."""
    names = [subject.name, heading_text(subject.code).partition(";")[0]]
    for table in ("products", "markets"):
        for row in subject.rows(table):
            if row["hs_code"] and row["hs_code"].isdigit() and any(fit(row["hs_code"], subject.code)):
                names.append(row["product"])  # noqa: PERF401
    words = {
        word.rstrip("s")
        for name in names
        for word in re.findall(r"[a-z]+", _QUALIFIED.split(name.casefold())[0])
        if word not in _GENERAL
    }
    return frozenset(word for word in words if len(word) >= SHORTEST_WORD)


def _measures(subject: Subject) -> set[str]:
    measures = subject.dossier.measures if subject.dossier else ()
    return {
        measure.id
        for measure in measures
        for effect in measure.effects
        if effect.direction == subject.direction
        and effect.products != "all"
        and covers(effect.products, subject.code)
    }


def contacts(subject: Subject) -> Topic:
    """Bodies that are to carry out what concerns the product."""
    if subject.register is None:
        return Topic("contacts", "Whom to ask", (), (f"bodies responsible: {NONE}",))
    asked: dict[str, list[Mapping[str, Any]]] = {}
    for row in promises(subject):
        if row["body"]:
            asked.setdefault(str(row["body"]), []).append(row)
    bodies = {item.title: item for item in subject.register.of("bodies")}
    facts = []
    for name, rows in list(asked.items())[:BODIES]:
        item = bodies.get(name)
        proof = item if item and item.evidence else subject.register.items[rows[0]["id"]]
        source = _source(proof.evidence[0]) if proof.evidence else Source("register")
        chairs = f"; {item['chairs']}" if item and item["chairs"] else ""
        text = f"{_listed([str(row['commitment']) for row in rows])}{chairs}"
        facts.append(Fact(name, text, source, f"register:{proof.id}", ObsStatus.CLAIMED))
    unknown = ["names and addresses of persons: the register holds offices"]
    if not facts:
        unknown.insert(0, "the body responsible for these goods")
    return Topic("contacts", "Whom to ask", tuple(facts), tuple(unknown))


def _listed(titles: list[str]) -> str:
    return titles[0] + (f", and {len(titles) - 1} more" if len(titles) > 1 else "")


def _source(evidence: Any) -> Source:
    return Source(evidence.publisher or "register", evidence.source_url, evidence.published)


def deadlines(subject: Subject) -> Topic:
    """Promises with a date, the nearest and the overdue, then those without one."""
    if subject.register is None:
        return Topic("deadlines", "Promises and deadlines", (), (f"deadlines: {NONE}",))
    rows = promises(subject)
    dated = [row for row in rows if row["due"]]
    undated = [row for row in rows if not row["due"]]
    facts = []
    for row in (*dated[:DUE], *undated[:UNDATED]):
        item = subject.register.items[row["id"]]
        when = f"due {row['due']}, {row['schedule']}" if row["due"] else "no date"
        text = f"{row['commitment']}: {when}; evidence: {str(row['evidence']).replace('_', ' ')}"
        evidence = item.evidence
        source = _source(evidence[0]) if evidence else Source("register")
        facts.append(Fact(row["form"], text, source, f"register:{row['id']}", ObsStatus.CLAIMED))
    unknown = [] if dated else ["a deadline: no promise on these goods has a date"]
    return Topic("deadlines", "Promises and deadlines", tuple(facts), tuple(unknown))
