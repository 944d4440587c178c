"""What holds for every set-off of every network."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tarazu.clearing.netting import bilateral, set_off


@st.composite
def networks(draw, largest=10**6):
    """Obligations among up to 12 firms, parallel ones included."""
    n = draw(st.integers(2, 12))
    debtor = draw(st.lists(st.integers(0, n - 1), max_size=40))
    step = draw(st.lists(st.integers(1, n - 1), min_size=len(debtor), max_size=len(debtor)))
    amount = draw(st.lists(st.integers(0, largest), min_size=len(debtor), max_size=len(debtor)))
    return debtor, [(i + s) % n for i, s in zip(debtor, step, strict=True)], amount


def positions(debtor, creditor, amount, n):
    """Net position of every firm: owed to it less owed by it."""
    out = np.zeros(n, np.int64)
    np.add.at(out, creditor, amount)
    np.subtract.at(out, debtor, amount)
    return out


def random_firms(seed):
    """A network of firms with few large and many small, from a seed."""
    rng = np.random.default_rng(seed)
    n, m = int(rng.integers(2, 80)), int(rng.integers(1, 400))
    weight = np.arange(1, n + 1) ** -rng.uniform(0, 1.2)
    debtor = rng.choice(n, m, p=weight / weight.sum())
    creditor = (debtor + rng.integers(1, n, m)) % n
    return debtor, creditor, rng.integers(0, 10 ** int(rng.integers(1, 12)), m)


def test_net_positions_are_unchanged_and_nothing_larger_exists_on_a_thousand_networks():
    for seed in range(1000):
        debtor, creditor, amount = random_firms(seed)
        result = set_off((debtor, creditor, amount))
        before, after = (positions(debtor, creditor, a, 80) for a in (amount, result.residual))
        assert np.array_equal(before, after), seed
        assert (result.residual >= 0).all(), seed
        assert (result.set_off >= 0).all(), seed
        assert result.certificate.bound((debtor, creditor, amount)) == result.cleared, seed


@given(networks())
def test_every_set_off_is_proven_and_within_what_can_be_cleared(network):
    result = set_off(network)
    assert result.verify(network) == ()
    assert result.cleared <= result.compensable <= result.total
    assert result.cleared >= bilateral(network).set_off.sum()


@given(networks())
def test_a_second_set_off_finds_nothing(network):
    debtor, creditor, _ = network
    assert set_off((debtor, creditor, set_off(network).residual)).cleared == 0


@given(networks(largest=50), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter_if_ages_are_given(network, random):
    n = len(network[0])
    age = [random.randint(0, 3) for _ in range(n)]
    order = random.sample(range(n), n)
    straight = set_off(network, age=age)
    mixed = set_off(tuple([c[k] for k in order] for c in network), age=[age[k] for k in order])

    def outcome(result, ages):
        columns = (result.debtor, result.creditor, ages, result.amount, result.set_off)
        return sorted(zip(*(list(c) for c in columns), strict=True))

    assert outcome(straight, age) == outcome(mixed, [age[k] for k in order])


@given(networks(largest=50), st.randoms(use_true_random=False))
def test_without_ages_the_order_of_rows_matters_only_within_a_pair(network, random):
    order = random.sample(range(len(network[0])), len(network[0]))

    def by_pair(result):
        sums = {}
        for i, j, f in zip(result.debtor, result.creditor, result.set_off, strict=True):
            sums[i, j] = sums.get((i, j), 0) + f
        return sums

    assert by_pair(set_off(network)) == by_pair(set_off(tuple([c[k] for k in order] for c in network)))


@given(networks())
def test_within_a_pair_everybody_gets_their_share_to_the_unit(network):
    result = set_off(network)
    pairs = {}
    for k, pair in enumerate(zip(*network[:2], strict=True)):
        pairs.setdefault(pair, []).append(k)
    for rows in pairs.values():
        owed, cleared = result.amount[rows].sum(), result.set_off[rows].sum()
        for k in rows:
            exact = int(cleared) * int(result.amount[k]), max(int(owed), 1)
            assert exact[0] // exact[1] <= result.set_off[k] <= -(-exact[0] // exact[1])


@given(networks())
def test_obligations_outside_every_cycle_change_nothing_else(network):
    # 0, 2, 4, ... are the firms of the network; 5 and 7 stand among them and are on no cycle.
    debtor, creditor = ([2 * firm for firm in firms] for firms in network[:2])
    plain = set_off((debtor, creditor, network[2]))
    more = set_off(([7, 5, *debtor], [5, 0, *creditor], [7, 9, *network[2]]))
    assert more.set_off.tolist() == [0, 0, *plain.set_off]


@given(networks(largest=1000), st.integers(2, 10**6))
def test_the_largest_sum_scales_with_the_amounts(network, factor):
    debtor, creditor, amount = network
    scaled = set_off((debtor, creditor, [a * factor for a in amount]))
    assert scaled.cleared == factor * set_off(network).cleared


@settings(max_examples=30)
@given(st.integers(2, 400), st.integers(1, 10**9), st.data())
def test_a_ring_clears_its_smallest_obligation_all_round(n, smallest, data):
    at = data.draw(st.integers(0, n - 1))
    amount = np.full(n, smallest + 1)
    amount[at] = smallest
    firms = np.arange(n)
    assert (set_off((firms, (firms + 1) % n, amount)).set_off == smallest).all()


@pytest.mark.parametrize("n", [5, 40, 300])
def test_ladders_whose_shortest_paths_are_long_are_solved_too(n):
    rng = np.random.default_rng(n)
    firms = np.arange(n)
    network = (
        np.tile(firms, 2),
        np.concatenate(((firms + 1) % n, (firms + 2) % n)),
        rng.integers(1, 10**6, 2 * n),
    )
    result = set_off(network)
    assert result.verify(network) == ()
