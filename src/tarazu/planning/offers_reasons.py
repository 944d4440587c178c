"""Why an offer and a request fit, what is missing between them, and why a line has no match: in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tarazu.planning.offers import Offer, certificates, scoring
from tarazu.planning.offers_demand import market_of
from tarazu.planning.offers_score import CREDITS, Pairs, best_pairs, freight_sign

if TYPE_CHECKING:
    from tarazu.planning.dossier import Dossier
    from tarazu.planning.offers_freight import Haul

MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
LEFT = 1e-6  # share of a line's tonnes below which nothing is left


@dataclass(frozen=True, slots=True)
class Match:
    """One offer for one request.

    Attributes
    ----------
    tonnes
        A year; None where a side names none.
    credits
        By name; None where unknown.
    freight_usd_t, days
        On the cheapest way between the places of the goods; None where unknown.
    reasons, missing
        Why they fit, and what is not there or not known.
    """

    offer: Offer
    request: Offer
    tonnes: float | None
    score: float
    credits: Mapping[str, float | None]
    freight_usd_t: float | None
    days: float | None
    reasons: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A line without a match, or with tonnes left, and what the dossier knows of the market for it."""

    line: Offer
    kind: str
    tonnes_left: float | None
    why: str
    market: tuple[str, ...] = ()


def explained(offer: Offer, request: Offer, pairs: Pairs, p: int, tonnes: float | None) -> Match:
    """A match of pair `p` in words."""
    credits = {
        name: float(pairs.credit[p, k]) if pairs.known[p, k] else None for k, name in enumerate(CREDITS)
    }
    haul = pairs.haul(offer, request)
    reasons, missing = [], []
    for good, bad in (
        _product(offer, request),
        _volume(offer, request, tonnes),
        _price(offer, request, pairs, p),
        _season(offer, request),
        _certificates(offer, request),
        _route(offer, request, haul),
    ):
        reasons += good
        missing += bad
    freight, days = (haul.freight_usd_t, haul.days) if haul else (None, None)
    return Match(
        offer,
        request,
        tonnes,
        float(pairs.score[p]),
        credits,
        freight,
        days,
        tuple(reasons),
        tuple(missing),
    )


Said = tuple[list[str], list[str]]


def _product(offer: Offer, request: Offer) -> Said:
    missing = [
        f"code of the {name} ({line.label()} is suggested from its words)"
        for name, line in (("offer", offer), ("request", request))
        if not line.hs
    ]
    a, b = min(
        ((x, y) for x in offer.codes for y in request.codes if x[:2] == y[:2]),
        key=lambda pair: (pair[0][:4] != pair[1][:4], pair[0] != pair[1], pair),
    )
    if a == b:
        return [f"same code, {a}"], missing
    if a[:4] == b[:4] and 4 in (len(a), len(b)):
        return [f"{max(a, b, key=len)} lies within {min(a, b, key=len)}"], missing
    if a[:4] == b[:4]:
        return [f"same heading, {a[:4]}"], [*missing, f"whether {a} serves for {b}"]
    return [f"same chapter, {a[:2]}"], [*missing, f"the heading meant by {min(a, b, key=len)}"]


def _volume(offer: Offer, request: Offer, tonnes: float | None) -> Said:
    missing = [
        f"tonnes of the {name}"
        for name, line in (("offer", offer), ("request", request))
        if line.volume_t is None
    ]
    if tonnes is None:
        named = (("offered", offer.volume_t), ("wanted", request.volume_t))
        return [f"{volume[1]:,.0f} t a year {word}" for word, volume in named if volume], missing
    reasons = [f"{tonnes:,.0f} t a year"]
    if request.volume_t:
        reasons[0] += f", {tonnes / request.volume_t[1]:.0%} of what is wanted"
    for name, line in (("offer", offer), ("request", request)):
        if line.volume_t and tonnes < line.volume_t[0] * (1 - LEFT):
            missing.append(f"tonnes: the {name} names at least {line.volume_t[0]:,.0f} t")
    return reasons, missing


def _price(offer: Offer, request: Offer, pairs: Pairs, p: int) -> Said:
    missing = [
        f"price of the {name}"
        for name, line in (("offer", offer), ("request", request))
        if line.price_usd_t is None
    ]
    missing += [
        f"Incoterms rule of the {name}'s price"
        for name, line in (("offer", offer), ("request", request))
        if line.price_usd_t is not None and not line.incoterm
    ]
    if offer.price_usd_t is None or request.price_usd_t is None:
        return [], missing
    ratio, sign = float(pairs.price_ratio[p]), freight_sign(offer, request)
    if np.isnan(ratio):
        return [], [*missing, "freight that makes the two prices comparable"]
    haul = pairs.haul(offer, request, "price_node") if sign else None
    with_freight = f" {'+' if sign > 0 else '−'} {haul.freight_usd_t:,.0f} freight" if haul else ""
    asked = f"{offer.price_usd_t[0]:,.0f} {offer.incoterm}{with_freight}".replace("  ", " ")
    paid = f"{request.price_usd_t[1]:,.0f} {request.incoterm}".strip()
    said = f"asked {asked}, paid up to {paid} USD/t"
    if {offer.incoterm, request.incoterm} & {"EXW", "DDP"}:
        missing.append("clearance and duty, which one of the two prices includes")
    if ratio <= 1:
        return [said], missing
    return [], [*missing, f"price: {said}, {ratio - 1:.0%} too much"]


def _season(offer: Offer, request: Offer) -> Said:
    if not offer.season_known and not request.season_known:
        return [], ["months of both"]
    shared = [month for month in request.months if month in offer.months]
    if not shared:
        return [], [
            f"a common month: shipped {months_text(offer.months)}, wanted {months_text(request.months)}"
        ]
    return [f"months: {months_text(shared)}"], []


def months_text(months: Sequence[int]) -> str:
    """``Sep–May``; ``all year``."""
    if len(months) == 12:
        return "all year"
    inside = set(months)
    starts = [m for m in sorted(inside) if (m - 2) % 12 + 1 not in inside]
    parts = []
    for first in starts:
        last = first
        while last % 12 + 1 in inside:
            last = last % 12 + 1
        parts.append(MONTHS[first - 1] if first == last else f"{MONTHS[first - 1]}–{MONTHS[last - 1]}")
    return ", ".join(parts)


def _certificates(offer: Offer, request: Offer) -> Said:
    lacking = [name for name in request.certificates if name not in offer.certificates]
    held = [name for name in request.certificates if name in offer.certificates]
    missing = [f"certificate: {certificates().get(name, name)}" for name in lacking]
    if not request.certificates:
        missing.append("certificates that the request needs")
    return ([f"certificates held: {', '.join(held)}"] if held else []), missing


def _route(offer: Offer, request: Offer, haul: Haul | None) -> Said:
    if haul is None:
        lacking = [
            f"place of the {name} on the network"
            for name, line in (("offer", offer), ("request", request))
            if not line.node
        ]
        return [], lacking or ["a route between the two places"]
    said = f"cheapest way {haul.days:.0f} days, {haul.freight_usd_t:,.0f} USD/t freight ({haul.packaging})"
    gaps = [f"{haul.missing} values of the way, counted as nothing"] if haul.missing else []
    return [said], gaps


def unmatched(
    offers: Sequence[Offer],
    requests: Sequence[Offer],
    pairs: Pairs,
    tonnes: Mapping[int, float | None],
    dossier: Dossier | None,
) -> tuple[Unmatched, ...]:
    """Lines without a match or with tonnes left, offers first; what a partner of unknown tonnes has is not left."""
    found: list[Unmatched] = []
    markets: dict[tuple[tuple[str, ...], str, str], tuple[str, ...]] = {}
    sides = (("offers", offers, requests, pairs.offer), ("requests", requests, offers, pairs.request))
    for kind, lines, others, position in sides:
        used: dict[int, float] = {}
        for p, amount in tonnes.items():  # a partner that names no tonnes may take all
            taken = np.inf if amount is None else amount
            used[int(position[p])] = used.get(int(position[p]), 0.0) + taken
        best = {int(position[p]): int(p) for p in best_pairs(pairs.score, position)}
        for number, line in enumerate(lines):
            left = line.volume_t[1] - used.get(number, 0.0) if line.volume_t else None
            if number in used and (left is None or left <= LEFT * (line.volume_t or (0.0, 1.0))[1]):
                continue
            why = _why(line, kind, number in used, best.get(number), others, pairs)
            key = (line.codes[:1], line.country, kind)
            if dossier and key not in markets:
                markets[key] = market_of(dossier, line, kind)
            found.append(Unmatched(line, kind, left, why, markets.get(key, ())))
    return tuple(found)


def _why(line: Offer, kind: str, used: bool, best: int | None, others: Sequence[Offer], pairs: Pairs) -> str:
    other = "request" if kind == "offers" else "offer"
    if not line.codes:
        return "no code is given and none could be suggested."
    if used:
        return f"no {other} is left for the rest."
    if best is None:
        return f"no {other} of another country is for {line.label()}."
    partner = others[int((pairs.request if kind == "offers" else pairs.offer)[best])]
    score = float(pairs.score[best])
    if score < scoring()["least-score"]:
        return f"the nearest {other}, {partner.id}, scores {score:.2f}, below {scoring()['least-score']:g}."
    return f"{other}s that fit, such as {partner.id}, are served by lines that fit better."
