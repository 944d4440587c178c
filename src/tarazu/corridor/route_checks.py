"""What is said of routes beside their figures: what holds, what is left out or not known, why there is none."""

from __future__ import annotations

from calendar import month_name
from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from tarazu.core.checks import Check
from tarazu.corridor.consistency import SHIPS
from tarazu.corridor.coordinates import coordinate
from tarazu.corridor.graph import RUNS
from tarazu.corridor.network import Commodity, Limit, Network, Node, distance_km

if TYPE_CHECKING:
    from tarazu.corridor.routes import Route


def snapped(text: str, node: Node) -> list[Check]:
    """A note of the place that a coordinate is taken for."""
    point = coordinate(text)
    if point is None:
        return []
    km = distance_km(point, (node.lat, node.lon))
    return [Check.note("snapped", node.id, f"{text} is taken as {node.name}, {km:.1f} km away.")]


def dated_services(network: Network, day: date | None) -> list[Check]:
    """A note of the services that run on some days only, where no day of departure is given."""
    dated = [service.id for service in network.services.values() if service.valid_to]
    if day is not None or not dated:
        return []
    listed = ", ".join(dated[:4]) + (f" and {len(dated) - 4} more" if len(dated) > 4 else "")
    message = f"{listed}: of some days only, left out without a day of departure. Name a day."
    return [Check.note("service-days", "services.csv", message)]


def scenario_checks(network: Network, scenarios: Iterable[str], day: date | None) -> list[Check]:
    """Scenarios of some months only: what is assumed without a day, and that nothing happens on another."""
    checks = []
    for name in scenarios:
        months = sorted({m for limit in network.limits if limit.scenario == name for m in limit.months})
        if len(months) == 12 or (day is not None and day.month in months):
            continue
        listed = ", ".join(month_name[month] for month in months)
        if day is None:
            message = f"{name} holds in {listed} only; without a day of departure it is taken as holding. Name a day."
        else:
            message = f"{name} holds in {listed} only: on {day} it changes nothing."
        checks.append(Check.note("scenario-months", name, message))
    return checks


def findings(network: Network, every: tuple[Route, ...], day: date | None) -> list[Check]:
    """Unknown values, stays without emissions, services of some days, limits in force."""
    checks = []
    unknown = {name for route in every for name in route.missing}
    if unknown:
        listed = ", ".join(sorted(unknown)[:8]) + (" and others" if len(unknown) > 8 else "")
        message = f"not known, counted as nothing: {listed}. Sums over these are too small; emissions are left empty."
        checks.append(Check.warning("unknown-values", "", message))
    stays = {
        arc.id for route in every for arc in route.steps if arc.kind not in RUNS and arc.co2_kg_t is None
    }
    if stays:
        message = (
            f"handling at {len(stays)} stays has no emission factor: emissions are those of the way alone."
        )
        checks.append(Check.note("unknown-handling", "emissions", message))
    used = dict.fromkeys(arc.id for route in every for arc in route.steps if arc.kind == "service")
    for service in (network.services[name] for name in used):
        if day is None and service.valid_from:
            message = f"{service.id} runs from {service.valid_from}; without a day of departure it is taken as running."
            checks.append(Check.note("service-days", service.id, f"{message} Name a day."))
    checks += _at_quays(network, every)
    limits = {limit.id: limit for route in every for arc in route.steps for limit in arc.limits}
    named = [(limit, f"{limit.name}: {_effect(limit)} ({limit.source}).") for limit in limits.values()]
    return checks + [Check.note("limit", limit.subject, message) for limit, message in named]


def _effect(limit: Limit) -> str:
    parts = []
    if limit.capacity_factor < 1:
        parts.append(f"capacity at {limit.capacity_factor:.0%}")
    if limit.payload_factor < 1:
        parts.append(f"ships loaded to {limit.payload_factor:.0%}")
    if limit.delay_h:
        parts.append(f"{limit.delay_h:g} hours more")
    return ", ".join(parts) or "said only"


def _at_quays(network: Network, every: tuple[Route, ...]) -> list[Check]:
    """A note where a route begins or ends on a ship: nothing there loads or discharges it."""
    loaded = {
        route.nodes[0] for route in every if route.steps[0].mode in SHIPS and route.steps[0].kind in RUNS
    }
    landed = {
        route.nodes[-1] for route in every if route.steps[-1].mode in SHIPS and route.steps[-1].kind in RUNS
    }
    said = [
        f"{word} at {network.nodes[name].name}"
        for word, at in (("loading", loaded), ("discharge", landed))
        for name in sorted(at)
    ]
    if not said:
        return []
    message = f"{' and '.join(said)} {'are' if len(said) > 1 else 'is'} not in it: routes go from quay to quay there."
    return [Check.note("quay-to-quay", "routes", message)]


def why_none(network: Network, start: Node, end: Node, good: Commodity, packaging: str | None) -> str:
    """In words that there is no route."""
    packs = (packaging,) if packaging else good.packagings
    return (
        f"no route carries {good.name} from {start.name} to {end.name} as {', '.join(packs)}. "
        "The two may lie in parts of the network that no leg joins, or a limit closes the only way: "
        f"see {network.show()}."
    )
