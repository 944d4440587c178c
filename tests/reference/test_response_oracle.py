"""The response against scipy: the producer's price by bracketing, the whole market by a root finder."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq, root

from tarazu.policy.response import Market, outside, respond


def cases(n=200):
    """Random markets: theta, eta, supply, own share, two rival shares; log changes own, money, tariff, rivals."""
    rng = np.random.default_rng(5)
    shares = rng.dirichlet((1, 1, 1, 1), n)
    own, tariff = rng.uniform(-0.8, 0.4, n), rng.uniform(-0.2, 0.1, n)
    return {
        "theta": np.exp(rng.uniform(np.log(0.3), np.log(15), n)),
        "eta": rng.uniform(0.3, 1.8, n),
        "supply": np.exp(rng.uniform(np.log(0.05), np.log(30), n)),
        "share": shares[:, 0],
        "rivals": shares[:, 1:3].T,
        "own": own,
        "money": np.where(rng.random(n) < 0.5, own, own * rng.random(n)),
        "tariff": tariff,
        "rival_change": rng.uniform(-0.5, 0.3, (2, n)),
    }


def ours(c):
    market = Market(c["theta"], c["eta"], c["supply"], c["share"], c["rivals"])
    return respond(market, c["own"], c["money"], c["tariff"], outside(market, c["rival_change"]))


def index(c, j, log_price):
    """Price index of one market in levels, from its definition."""
    theta = c["theta"][j]
    old = np.array([c["share"][j], *c["rivals"][:, j]])
    cost = np.exp([log_price + c["own"][j], *c["rival_change"][:, j]])
    rest = 1 - old.sum()
    return float((old @ cost**-theta + rest) ** (-1 / theta))


def quantity_demanded(c, j, log_price):
    """Tonnes: expenditure P^(1 - eta), split by relative cost, over what is paid for a tonne."""
    p = index(c, j, log_price)
    cost = np.exp(log_price + c["own"][j])
    value = (cost / p) ** -c["theta"][j] * p ** (1 - c["eta"][j])
    return float(value / np.exp(log_price + c["money"][j]))


def test_producer_price_equals_the_bracketed_root():
    c = cases()
    hats = ours(c)
    for j in range(len(c["theta"])):
        expected = brentq(
            lambda x, j=j: np.log(quantity_demanded(c, j, x)) - c["supply"][j] * x, -8, 8, xtol=1e-13
        )
        assert hats.log_price[j] == pytest.approx(expected, abs=1e-9)
        assert hats.quantity[j] == pytest.approx(quantity_demanded(c, j, expected), rel=1e-8)


def test_flows_equal_those_of_the_whole_market_system():
    """Unknowns: log index, log producer price, log tonnes; three equations solved together."""
    c = cases(60)
    hats = ours(c)
    for j in range(60):
        theta, eta = c["theta"][j], c["eta"][j]

        def residual(x, j=j, theta=theta, eta=eta):
            log_index, price, tonnes = x
            value = -theta * (price + c["own"][j]) + (theta + 1 - eta) * log_index
            return [
                log_index - np.log(index(c, j, price)),
                tonnes - (value - price - c["money"][j]),
                tonnes - c["supply"][j] * price,
            ]

        found = root(residual, [0.0, 0.0, 0.0], tol=1e-12)
        assert np.abs(residual(found.x)).max() < 1e-10
        log_index, price, tonnes = found.x
        delivered = (np.exp(price + c["own"][j]) / np.exp(log_index)) ** -theta * np.exp(log_index) ** (
            1 - eta
        )
        assert hats.delivered[j] == pytest.approx(delivered, rel=1e-7)
        assert hats.customs[j] == pytest.approx(delivered / np.exp(c["tariff"][j]), rel=1e-7)
        assert hats.free_on_board[j] == pytest.approx(np.exp(price + tonnes), rel=1e-7)
