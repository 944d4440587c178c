"""The transport programme of the matching: bounds hold, it equals the programme of all pairs, order does not matter."""

from __future__ import annotations

from datetime import date
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from tarazu.planning import offers_match
from tarazu.planning.hs_texts import suggest
from tarazu.planning.offers import ALL_YEAR, Kind, Offer, OfferList
from tarazu.planning.offers_match import match, transport
from tarazu.planning.offers_score import score_pairs

DAY = date(2026, 1, 1)
CODES = ["10", "1001", "1003", "100310", "100390", "0713", "071340"]
HELD = ["phytosanitary", "quality", "halal"]


def line(number: int, country: str, draw: st.DrawFn) -> Offer:
    volume = draw(st.none() | st.floats(0.5, 1e6))
    price = draw(st.none() | st.floats(1, 1e4))
    months = draw(st.none() | st.sets(st.integers(1, 12), min_size=1).map(sorted))
    return Offer(
        id=f"{country}{number:03d}",
        row=number + 2,
        country=country,
        party="",
        product="goods",
        hs=draw(st.sampled_from(CODES)),
        guesses=(),
        volume_t=volume and (0.0, volume),
        price_usd_t=price and (price, price),
        incoterm=draw(st.sampled_from(["", "FCA", "CPT"])),
        price_place="",
        months=tuple(months) if months else ALL_YEAR,
        season_known=months is not None,
        certificates=tuple(draw(st.sets(st.sampled_from(HELD)))),
        place="",
        node="",
        price_node="",
        valid_until=None,
        contact="",
        source="",
    )


@st.composite
def lists(draw: st.DrawFn) -> tuple[OfferList, OfferList]:
    kinds: tuple[tuple[Kind, str], ...] = (("offers", "KAZ"), ("requests", "IRN"))
    made = []
    for kind, country in kinds:
        count = draw(st.integers(0, 7))
        made.append(OfferList(kind, kind, tuple(line(k, country, draw) for k in range(count)), ()))
    return made[0], made[1]


@settings(max_examples=80, deadline=None)
@given(lists())
def test_no_line_gives_or_takes_more_than_it_names(both: tuple[OfferList, OfferList]) -> None:
    found = match(*both, on=DAY)
    for side, kind in ((lambda m: m.offer, 0), (lambda m: m.request, 1)):
        for each in both[kind].rows:
            tonnes = [m.tonnes for m in found.matches if side(m).id == each.id]
            known = sum(x for x in tonnes if x is not None)
            if each.volume_t:
                assert known <= each.volume_t[1] * (1 + 1e-9)
            else:
                assert known == 0
            assert sum(x is None for x in tonnes) <= 1


@settings(max_examples=80, deadline=None)
@given(lists())
def test_matches_are_of_goods_that_fit_with_scores_in_bounds(both: tuple[OfferList, OfferList]) -> None:
    for each in match(*both, on=DAY).matches:
        a, b = each.offer.hs, each.request.hs
        assert a[:2] == b[:2]
        assert a[:4] == b[:4] or 2 in (len(a), len(b))
        assert 0 <= each.score <= 1
        assert all(c is None or 0 <= c <= 1 for c in each.credits.values())


@settings(max_examples=60, deadline=None)
@given(lists(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(both: tuple[OfferList, OfferList], rng: object) -> None:
    shuffled = []
    for each in both:
        rows = list(each.rows)
        rng.shuffle(rows)  # type: ignore[attr-defined]
        shuffled.append(OfferList(each.kind, each.name, tuple(rows), ()))
    one, other = match(*both, on=DAY), match(*shuffled, on=DAY)
    assert [(m.offer.id, m.request.id, m.tonnes) for m in one.matches] == [
        (m.offer.id, m.request.id, m.tonnes) for m in other.matches
    ]


@settings(max_examples=60, deadline=None)
@given(lists())
def test_one_more_offer_never_lowers_the_total(both: tuple[OfferList, OfferList]) -> None:
    offers, requests = both
    if not offers.rows:
        return
    fewer = OfferList(offers.kind, offers.name, offers.rows[1:], ())
    known = [
        OfferList(each.kind, each.name, tuple(x for x in each.rows if x.volume_t), ())
        for each in (offers, fewer, requests)
    ]
    more, less = match(known[0], known[2], on=DAY).total, match(known[1], known[2], on=DAY).total
    assert more >= less - 1e-6 * max(1.0, less)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_column_generation_equals_the_whole_programme(n: int, m: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    pairs = [pair for pair in product(range(n), range(m)) if rng.random() < 0.8]
    if not pairs:
        return
    i, j = np.array(pairs).T
    score = np.round(rng.random(len(pairs)), 2)  # with ties
    offered, wanted = rng.integers(1, 50, n).astype(float), rng.integers(1, 50, m).astype(float)
    tonnes = transport(score, i, j, offered, wanted)
    rows = [[float(i[p] == k) for p in range(len(pairs))] for k in range(n)]
    rows += [[float(j[p] == k) for p in range(len(pairs))] for k in range(m)]
    whole = linprog(-score, A_ub=rows, b_ub=np.concatenate((offered, wanted)), method="highs")
    assert score @ tonnes == pytest.approx(-whole.fun, rel=1e-9, abs=1e-9)
    assert (np.bincount(i, tonnes, n) <= offered * (1 + 1e-9)).all()
    assert (np.bincount(j, tonnes, m) <= wanted * (1 + 1e-9)).all()


@settings(max_examples=40, deadline=None)
@given(lists())
def test_scores_are_those_of_each_pair_alone(both: tuple[OfferList, OfferList]) -> None:
    offers, requests = both[0].rows, both[1].rows
    together = score_pairs(offers, requests, None)
    for p in range(len(together.offer)):
        one, other = offers[int(together.offer[p])], requests[int(together.request[p])]
        alone = score_pairs([one], [other], None)
        assert together.score[p] == pytest.approx(alone.score[0])


@given(st.text(max_size=60))
def test_any_text_gets_suggestions_in_order_or_none(text: str) -> None:
    found = suggest(text)
    assert all(0 < each.score <= 100 for each in found)
    assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)


@pytest.mark.parametrize("equal", [False, True], ids=["drawn scores", "scores of few values"])
def test_a_sample_solved_first_changes_no_sum(monkeypatch: pytest.MonkeyPatch, equal: bool) -> None:
    """Of few values many allotments have the same sum; the sum itself must be that of all pairs at once."""
    rng = np.random.default_rng(11)
    n, m = 60, 45
    i, j = (each.ravel() for each in np.indices((n, m)))
    score = rng.integers(2, 5, n * m) / 4 if equal else rng.random(n * m)
    offered, wanted = rng.uniform(1, 1e4, n), rng.uniform(1, 1e4, m)
    sums, calls = [], []
    sample = offers_match._sample
    monkeypatch.setattr(offers_match, "_sample", lambda *a: calls.append(1) or sample(*a))
    for whole in (n * m, 20):
        monkeypatch.setattr(offers_match, "WHOLE", whole)
        tonnes = transport(score, i, j, offered, wanted)
        assert (np.bincount(i, tonnes) <= offered * (1 + 1e-9)).all()
        assert (np.bincount(j, tonnes) <= wanted * (1 + 1e-9)).all()
        sums.append(float(score @ tonnes))
    matrix = np.array([*(i == k for k in range(n)), *(j == k for k in range(m))], float)
    best = -linprog(-score, A_ub=matrix, b_ub=np.concatenate((offered, wanted)), method="highs").fun
    assert sums == pytest.approx([best, best], rel=1e-6)
    assert len(calls) > 4  # the second was solved by samples of samples
