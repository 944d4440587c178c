"""How the flow of one product answers changes of delivery cost: exact hat algebra in one market.

Suppliers r of a market have shares s_r; the rest of the market does not change its cost. With own cost
factor tau, rivals' factors tau_r, trade elasticity theta, upper elasticity eta and the producer's price
change p:

    P^-theta   = s (p tau)^-theta + sum_r s_r tau_r^-theta + rest        (price index of the market)
    delivered  = (p tau)^-theta P^theta P^(1-eta)                       (value at the buyer's door)
    quantity   = delivered / (p tau_money) = p^epsilon                  (supply with elasticity epsilon)
    customs    = delivered / T,  free on board = delivered / tau_money

T is the tariff's factor, tau_money the factor of all costs that are paid in money; time, risk and
information move the buyer's choice but are not paid and so not deducted. Everything is a ratio of new to
old ("hat"). Source: exact hat algebra of Dekle, Eaton & Kortum (2008), IMF Staff Papers 55, in the
Armington market of Anderson (1979), AER 69.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tarazu.core.errors import ConvergenceError, ShapeError

Array = NDArray[np.float64]

MAX_NEWTON = 40
LAST_STEP = 1e-6  # log points of the producer's price; Newton squares it, so what is left is about 1e-12


@dataclass(frozen=True, slots=True)
class Market:
    """One product in one importing country, n draws.

    Attributes
    ----------
    theta, eta, supply
        (n,) trade elasticity, upper elasticity, supply elasticity of the exporter; infinite supply
        elasticity keeps the producer's price fixed.
    own_share
        (n,) exporter's share of the market.
    rival_share
        (R, n) shares of the suppliers whose costs measures may change too.
    """

    theta: Array
    eta: Array
    supply: Array
    own_share: Array
    rival_share: Array

    def __post_init__(self) -> None:
        n = self.theta.shape
        for name in ("eta", "supply", "own_share"):
            if getattr(self, name).shape != n:
                raise ShapeError(expected=n, got=getattr(self, name).shape, what=name)
        if self.rival_share.shape[1:] != n:
            raise ShapeError(expected=("R", *n), got=self.rival_share.shape, what="rival_share")


@dataclass(frozen=True, slots=True)
class Hats:
    """New value divided by old, (..., n) each, kept as logs because a caller needs few of them.

    Attributes
    ----------
    log_delivered, log_price
        Value at the buyer's door; the producer's price.
    money, tariff
        Log change of the costs paid in money, and of the tariff among them.
    """

    log_delivered: Array
    log_price: Array
    money: Array
    tariff: Array

    @property
    def delivered(self) -> Array:
        return np.asarray(np.exp(self.log_delivered))

    @property
    def customs(self) -> Array:
        return np.asarray(np.exp(self.log_delivered - self.tariff))

    @property
    def free_on_board(self) -> Array:
        return np.asarray(np.exp(self.log_delivered - self.money))

    @property
    def quantity(self) -> Array:
        return np.asarray(np.exp(self.log_delivered - self.money - self.log_price))

    @property
    def price(self) -> Array:
        return np.asarray(np.exp(self.log_price))


def respond(market: Market, own: Array, money: Array, tariff: Array, rivals: Array) -> Hats:
    """Change of one product's flow.

    Parameters
    ----------
    own, money, tariff
        (..., n) log change of the whole delivery cost, of its part paid in money, and of the tariff.
    rivals
        (..., n) market share that the rivals with changed costs would have at unchanged own cost,
        divided by their old share: sum_r s_r tau_r^-theta + rest, see `outside`.

    Raises
    ------
    ConvergenceError
        If the producer's price is not found.
    """
    price = _producer_price(market, own, money, rivals)
    effective = price + own
    index = _log_index(market, effective, rivals)
    delivered = -market.theta * effective + (market.theta + 1 - market.eta) * index
    return Hats(delivered, price, money, tariff)


def outside(market: Market, rivals: Array) -> Array:
    """Weight of all other suppliers in the price index: sum_r s_r tau_r^-theta + rest.

    Parameters
    ----------
    rivals
        (..., R, n) log cost change of each rival.
    """
    changed = (market.rival_share * np.expm1(-market.theta * rivals)).sum(axis=-2)
    return np.asarray(1 - market.own_share + changed)


def _log_index(market: Market, effective: Array, rivals: Array) -> Array:
    own = market.own_share * np.exp(-market.theta * effective)
    return np.asarray(-np.log(own + rivals) / market.theta)


def _producer_price(market: Market, own: Array, money: Array, rivals: Array) -> Array:
    """(..., n) log change of the producer's price at which quantity demanded equals p^supply."""
    price = np.zeros(np.broadcast_shapes(own.shape, rivals.shape))
    finite = np.isfinite(market.supply)
    if not finite.any():
        return price
    slope_supply = 1 + np.where(finite, market.supply, 0.0)
    lift = market.theta + 1 - market.eta
    for _ in range(MAX_NEWTON):
        effective = price + own
        own_weight = market.own_share * np.exp(-market.theta * effective)
        weight = own_weight + rivals
        excess = (
            -market.theta * effective - lift / market.theta * np.log(weight) - money - slope_supply * price
        )
        slope = lift * own_weight / weight - (market.theta + slope_supply)
        step = excess / slope
        if not finite.all():
            step = np.where(finite, step, 0.0)
        price -= step
        if max(float(step.max(initial=0.0)), -float(step.min(initial=0.0))) < LAST_STEP:
            return price
    raise ConvergenceError(
        f"No producer price after {MAX_NEWTON} Newton steps (last step {float(np.abs(step).max()):.1e} log points)."
    )
