"""How well each offer fits each request: product, price with freight, volume, season, certificates, days on the way.

    score = sum_c weight_c * credit_c / sum_c weight_c,  credits in [0, 1]

What is not known has the credit of `unknown`, neither for nor against. Two lines whose codes do not fit are no pair,
whatever the rest says, and so are two of one country. Weights and thresholds stand in ``data/offers/scoring.csv``,
each a judgement with its meaning.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tarazu.planning.offers import AT_SELLER, DELIVERED, Offer, scoring
from tarazu.planning.offers_freight import Haul, Way, cheapest_hauls
from tarazu.planning.transport_flows import commodity_of

if TYPE_CHECKING:
    from tarazu.corridor.network import Network

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PLACES = ("price_node", "node")
CREDITS = ("product", "price", "volume", "season", "certificates", "route")


@dataclass(frozen=True, eq=False)
class Pairs:
    """Every offer and request whose goods may be one, with credits and score.

    Attributes
    ----------
    offer, request
        (P,) positions in the lists.
    credit
        (P, 6) in the order of `CREDITS`; what is unknown has the credit of `unknown`.
    known
        (P, 6) whether it is known.
    score
        (P,) weighted mean.
    price_ratio
        (P,) lowest price asked, brought to the request's terms, over the most that is paid; NaN where unknown.
    hauls
        Cheapest way by origin, destination and commodity.
    commodity
        Of the network, by code of the offers.
    """

    offer: Ints
    request: Ints
    credit: Floats
    known: NDArray[np.bool_]
    score: Floats
    price_ratio: Floats
    hauls: Mapping[Way, Haul]
    commodity: Mapping[str, str]

    def haul(self, offer: Offer, request: Offer, places: str = "node") -> Haul | None:
        """Cheapest way between the places of the goods, or of the prices (`price_node`); None where unknown."""
        if not offer.codes or offer.codes[0] not in self.commodity:
            return None
        way = getattr(offer, places), getattr(request, places), self.commodity[offer.codes[0]]
        return self.hauls.get(way)


def score_pairs(offers: Sequence[Offer], requests: Sequence[Offer], network: Network | None) -> Pairs:
    """Score all pairs whose codes fit and whose countries differ.

    Parameters
    ----------
    network
        For freight and days; without one they are unknown.
    """
    given = scoring()
    i, j, product = _fitting(offers, requests)
    credit, known = np.full((len(i), len(CREDITS)), given["unknown"]), np.ones((len(i), len(CREDITS)), bool)
    credit[:, 0] = product
    carried = sorted({offer.codes[0] for offer in offers if offer.codes}) if network else []
    commodity = {code: commodity_of(network, code).id for code in carried} if network else {}
    hauls = _hauls(offers, requests, i, j, network, commodity)
    freight, days = _by_pair(offers, requests, i, j, commodity, hauls)
    ratio = _price_ratio(offers, requests, i, j, freight)
    columns = (
        1 - np.clip((ratio - 1) / given["price-above"], 0, 1),
        _volume(offers, requests, i, j),
        _season(offers, requests, i, j),
        _certificates(offers, requests, i, j),
        1 - np.clip(days / given["route-slow"], 0, 1),
    )
    for column, values in enumerate(columns, start=1):
        known[:, column] = np.isfinite(values)
        credit[:, column] = np.where(known[:, column], values, given["unknown"])
    weight = np.array([given[f"weight-{name}"] for name in CREDITS])
    return Pairs(i, j, credit, known, credit @ weight / weight.sum(), ratio, hauls, commodity)


def best_pairs(score: Floats, line: Ints) -> Ints:
    """Of each line (P,) the first pair of the highest score, in the order of the lines; without sorting the pairs."""
    if not len(score):
        return np.zeros(0, np.int64)
    most = np.full(int(line.max()) + 1, -np.inf)
    np.maximum.at(most, line, score)
    highest = np.flatnonzero(score == most[line])
    first = np.full(len(most), len(score))
    np.minimum.at(first, line[highest], highest)
    return np.asarray(first[first < len(score)])


def freight_sign(offer: Offer, request: Offer) -> int:
    """1 where freight is to be added to the price asked, -1 where it is in it and not in the price paid, else 0."""
    terms = offer.incoterm, request.incoterm
    if terms[0] in AT_SELLER and terms[1] in DELIVERED:
        return 1
    return -1 if terms[0] in DELIVERED and terms[1] in AT_SELLER else 0


def _fitting(offers: Sequence[Offer], requests: Sequence[Offer]) -> tuple[Ints, Ints, Floats]:
    """Positions and product credit of every pair that fits."""
    left, right = _entries(offers), _entries(requests)
    keys, values = [np.zeros(0, np.int64)], [np.zeros(0)]
    home, away = _numbers([o.country for o in offers], [r.country for r in requests])
    for chapter in sorted(set(left) & set(right)):
        (i, a, own), (j, b, others) = left[chapter], right[chapter]
        fits = _product(a, b) * own[:, None] * others[None, :]
        fits[home[i][:, None] == away[j][None, :]] = 0
        rows, columns = np.nonzero(fits)
        keys.append(i[rows] * len(requests) + j[columns])
        values.append(fits[rows, columns])
    key, value = np.concatenate(keys), np.concatenate(values)
    if not len(key):
        return key, key, value
    if np.any(key[1:] <= key[:-1]):  # in order already where all codes are of one chapter, one for each line
        order = np.argsort(key, kind="stable")
        key, value = key[order], value[order]
    first = np.flatnonzero(np.diff(key, prepend=-1))  # a pair that fits by several codes has the best of them
    i, j = np.divmod(key[first], len(requests))
    return i, j, np.maximum.reduceat(value, first)


def _entries(lines: Sequence[Offer]) -> dict[str, tuple[Ints, Ints, Floats]]:
    """By chapter: positions, codes (as six digits and their number: 1003 is 100300 with 4), discounts."""
    discount = scoring()["guess-discount"]
    found: dict[str, list[tuple[int, tuple[int, int], float]]] = {}
    for number, line in enumerate(lines):
        for code in line.codes:
            sure = 1.0 if line.hs else discount
            found.setdefault(code[:2], []).append((number, (int(code.ljust(6, "0")), len(code)), sure))
    return {
        chapter: (
            np.array([n for n, _, _ in rows], np.int64),
            np.array([code for _, code, _ in rows], np.int64),
            np.array([sure for _, _, sure in rows]),
        )
        for chapter, rows in found.items()
    }


def _product(a: Ints, b: Ints) -> Floats:
    """(n, m) credit of codes (n, 2) and (m, 2) of one chapter."""
    given = scoring()
    digits_a, digits_b = a[:, 1][:, None], b[:, 1][None, :]
    same = (a[:, 0][:, None] == b[:, 0][None, :]) & (digits_a == digits_b)
    heading = (a[:, 0][:, None] // 100 == b[:, 0][None, :] // 100) & (np.minimum(digits_a, digits_b) >= 4)
    levels = (
        (same, given["product-same"]),
        (heading & (digits_a != digits_b), given["product-within"]),
        (heading, given["product-heading"]),
        (np.minimum(digits_a, digits_b) == 2, given["product-chapter"]),
    )
    return np.select([np.broadcast_to(mask, same.shape) for mask, _ in levels], [v for _, v in levels], 0.0)


def _numbers(left: Sequence[str], right: Sequence[str]) -> tuple[Ints, Ints]:
    """Words as numbers, the same for both lists."""
    number = {word: k for k, word in enumerate(sorted({*left, *right}))}
    return np.array([number[w] for w in left], np.int64), np.array([number[w] for w in right], np.int64)


def _hauls(
    offers: Sequence[Offer],
    requests: Sequence[Offer],
    i: Ints,
    j: Ints,
    network: Network | None,
    commodity: Mapping[str, str],
) -> Mapping[Way, Haul]:
    """Cheapest ways of all pairs: of the goods, and of the prices where their terms differ."""
    if network is None or not len(i):
        return {}
    ways: set[Way] = set()
    for attribute in PLACES:
        a, b = _origins(offers, attribute, commodity), _positions([getattr(r, attribute) for r in requests])
        met = np.zeros((len(a[1]), len(b[1])), bool)
        met[a[0][i], b[0][j]] = True
        for row, column in zip(*np.nonzero(met), strict=True):
            (origin, good), destination = a[1][row], b[1][column]
            if origin and destination and good:
                ways.add((origin, destination, good))
    return cheapest_hauls(network, ways)


def _origins(offers: Sequence[Offer], attribute: str, commodity: Mapping[str, str]) -> tuple[Ints, list[Any]]:
    """Place and commodity of each offer."""
    return _positions([(getattr(o, attribute), commodity[o.codes[0]] if o.codes else "") for o in offers])


def _positions(words: Sequence[Any]) -> tuple[Ints, list[Any]]:
    """Position of each word among the distinct ones, and these."""
    number: dict[Any, int] = {}
    return np.array([number.setdefault(word, len(number)) for word in words], np.int64), list(number)


def _by_pair(
    offers: Sequence[Offer],
    requests: Sequence[Offer],
    i: Ints,
    j: Ints,
    commodity: Mapping[str, str],
    hauls: Mapping[Way, Haul],
) -> tuple[Floats, Floats]:
    """(P,) freight between the places of the prices, with its sign, and days between those of the goods."""
    sign = _signs(offers, requests)[i, j]
    if not hauls:
        return np.where(sign == 0, 0.0, np.nan), np.full(len(i), np.nan)
    found = []
    for attribute in PLACES:
        left = _origins(offers, attribute, commodity)
        right = _positions([getattr(r, attribute) for r in requests])
        table = np.full((len(left[1]), len(right[1])), np.nan)
        for row, (origin, good) in enumerate(left[1]):
            for column, destination in enumerate(right[1]):
                haul = hauls.get((origin, destination, good))
                if haul:
                    table[row, column] = haul.freight_usd_t if attribute == "price_node" else haul.days
        found.append(table[left[0][i], right[0][j]])
    return np.where(sign == 0, 0.0, sign * found[0]), found[1]


def _signs(offers: Sequence[Offer], requests: Sequence[Offer]) -> Floats:
    """(n, m) `freight_sign` of every offer and request."""
    before, after = (
        [np.array([line.incoterm in terms for line in lines], float) for lines in (offers, requests)]
        for terms in (AT_SELLER, DELIVERED)
    )
    return np.outer(before[0], after[1]) - np.outer(after[0], before[1])


def _price_ratio(
    offers: Sequence[Offer], requests: Sequence[Offer], i: Ints, j: Ints, freight: Floats
) -> Floats:
    asked = np.array([o.price_usd_t[0] if o.price_usd_t else np.nan for o in offers])
    paid = np.array([r.price_usd_t[1] if r.price_usd_t else np.nan for r in requests])
    return np.asarray(np.maximum(asked[i] + freight, 0.0) / paid[j]) if len(i) else np.zeros(0)


def _volume(offers: Sequence[Offer], requests: Sequence[Offer], i: Ints, j: Ints) -> Floats:
    has = np.array([o.volume_t[1] if o.volume_t else np.nan for o in offers])
    wants = np.array([r.volume_t[1] if r.volume_t else np.nan for r in requests])
    return np.asarray(np.minimum(has[i] / wants[j], 1.0)) if len(i) else np.zeros(0)


def _season(offers: Sequence[Offer], requests: Sequence[Offer], i: Ints, j: Ints) -> Floats:
    """Share of the wanted months in which the goods can be shipped; unknown where neither names months."""
    if not len(i):
        return np.zeros(0)
    a, b = (
        np.array([[month in line.months for month in range(1, 13)] for line in lines], float)
        for lines in (offers, requests)
    )
    shared = (a @ b.T)[i, j] / b.sum(axis=1)[j]
    silent = [np.array([not line.season_known for line in lines]) for lines in (offers, requests)]
    return np.where(silent[0][i] & silent[1][j], np.nan, shared)


def _certificates(offers: Sequence[Offer], requests: Sequence[Offer], i: Ints, j: Ints) -> Floats:
    """Share of the required certificates that are held; unknown where the request names none."""
    if not len(i):
        return np.zeros(0)
    names = sorted({name for line in (*offers, *requests) for name in line.certificates})
    held, required = (
        np.array([[name in line.certificates for name in names] for line in lines], float).reshape(
            len(lines), len(names)
        )
        for lines in (offers, requests)
    )
    count = required.sum(axis=1)[j]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((held @ required.T)[i, j] / count)
