"""The axioms of Shapley that single him out, on arbitrary worths of bundles."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tarazu.planning.attribution import shapley

worth = st.floats(-1e9, 1e9, allow_subnormal=False)


@st.composite
def games(draw, players=None):
    """(2^m, 3) worths of every bundle of m measures, three draws."""
    m = players or draw(st.integers(1, 6))
    return draw(arrays(np.float64, (1 << m, 3), elements=worth))


def bundles(m):
    return np.arange(1 << m)


@settings(deadline=None, max_examples=50)
@given(games())
def test_values_add_up_to_the_whole_effect(values):
    assert shapley(values).sum(axis=0) == pytest.approx(values[-1] - values[0], abs=1e-4)


@settings(deadline=None, max_examples=50)
@given(games(players=3), st.integers(0, 3), worth)
def test_a_measure_that_only_adds_its_own_gets_exactly_that(values, place, alone):
    """The dummy axiom: insert a fourth measure that brings `alone` to every bundle."""
    low = bundles(4) & ((1 << place) - 1)
    rest = low | (bundles(4) >> (place + 1) << place)
    wider = values[rest] + alone * (bundles(4) >> place & 1)[:, None]
    found = shapley(wider)
    assert found[place] == pytest.approx(np.full(3, alone), abs=1e-4)
    assert np.delete(found, place, axis=0) == pytest.approx(shapley(values), abs=1e-4)


@settings(deadline=None, max_examples=50)
@given(games(players=4), st.permutations(range(4)))
def test_names_do_not_matter(values, order):
    moved = sum((bundles(4) >> old & 1) << new for new, old in enumerate(order))
    renamed = np.empty_like(values)
    renamed[moved] = values
    assert shapley(renamed) == pytest.approx(shapley(values)[list(order)], abs=1e-4)


@settings(deadline=None, max_examples=50)
@given(games(players=4))
def test_measures_that_do_the_same_get_the_same(values):
    swap = bundles(4) & ~3 | (bundles(4) & 1) << 1 | bundles(4) >> 1 & 1
    found = shapley(values + values[swap])
    assert found[0] == pytest.approx(found[1], abs=1e-4)


@settings(deadline=None, max_examples=50)
@given(games(players=4), games(players=4))
def test_values_of_two_lines_add_up(one, other):
    assert shapley(one + other) == pytest.approx(shapley(one) + shapley(other), abs=1e-4)


def test_a_line_that_nothing_touches_has_no_values():
    assert shapley(np.ones((1, 3))).shape == (0, 3)
