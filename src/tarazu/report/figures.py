"""Figures: a `Figure` becomes the text of an SVG picture, without network.

Altair describes the picture, vl-convert draws it. Both are loaded at the first call, since they cost
about half a second and 100 MB that a run without figures does not need.

Kinds, with the tables and columns each one reads (the drawing function says what they mean):

=============  =============================================================================================
baseline       series: year, series, q10, q50, q90; statements: year, group, value_usd, id, used
fan            history: year, q50; paths: year, scenario, q10, q25, q50, q75, q90; target: year, usd, label
waterfall      bars: label, q10, q50, q90, kind
gap            bars: label, value, low, high, kind
potential      products: product, direction, realised, unrealised
frontier       points: measures or cost_usd_m, probability, label, q50
regimes        points: regime, threshold_usd, probability, low, high
announced      shares: bucket, n, share, low, high; here: growth_needed, bucket
position       paths: month, rule, q10, q50, q90
map            nodes: id, name, lat, lon, kind, label; links: from_lat, from_lon, to_lat, to_lon, mode, load_t,
               capacity_t, binding
time_distance  steps: route, km, value, kind, label
cost_distance  steps: route, km, value, kind, label
disruption     bars: label, moved_t, lost_t, cost_usd_t_change
=============  =============================================================================================
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from tarazu.core.errors import ShapeError
from tarazu.report.document import Figure
from tarazu.report.style import CONFIG, Drawing, Rows

Draw = Callable[[Mapping[str, Rows], Mapping[str, Any]], Drawing | None]

COLUMNS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "baseline": {
        "series": ("year", "series", "q10", "q50", "q90"),
        "statements": ("year", "group", "value_usd", "id", "used"),
    },
    "fan": {
        "history": ("year", "q50"),
        "paths": ("year", "scenario", "q10", "q25", "q50", "q75", "q90"),
        "target": ("year", "usd", "label"),
    },
    "waterfall": {"bars": ("label", "q10", "q50", "q90", "kind")},
    "gap": {"bars": ("label", "value", "low", "high", "kind")},
    "potential": {"products": ("product", "direction", "realised", "unrealised")},
    "frontier": {"points": ("probability", "label", "q50")},
    "regimes": {"points": ("regime", "threshold_usd", "probability", "low", "high")},
    "announced": {"shares": ("bucket", "n", "share", "low", "high"), "here": ("growth_needed", "bucket")},
    "position": {"paths": ("month", "rule", "q10", "q50", "q90")},
    "map": {
        "nodes": ("id", "name", "lat", "lon", "kind", "label"),
        "links": ("from_lat", "from_lon", "to_lat", "to_lon", "mode", "load_t", "capacity_t", "binding"),
    },
    "time_distance": {"steps": ("route", "km", "value", "kind", "label")},
    "cost_distance": {"steps": ("route", "km", "value", "kind", "label")},
    "disruption": {"bars": ("label", "moved_t", "lost_t", "cost_usd_t_change")},
}


def draw(figure: Figure) -> str:
    """SVG text of a figure.

    Returns
    -------
    str
        An ``<svg>`` element 760 px wide that shrinks with its page and says its title and caption to a
        screen reader. Empty if the tables hold nothing that can be drawn (no rows, or no finite
        numbers): the page then says so and shows the tables.

    Raises
    ------
    ShapeError
        If the kind is unknown, or a table or column it needs is absent.
    """
    described = specification(figure)
    if not described:
        return ""
    import vl_convert

    # Its newest Vega-Lite, which reads older ones too.
    return _finish(vl_convert.vegalite_to_svg(described), figure)


def specification(figure: Figure) -> dict[str, Any]:
    """Vega-Lite specification of a figure, its data inside; empty where `draw` returns no picture.

    Raises
    ------
    ShapeError
        As `draw`.
    """
    _require(figure)
    import altair as alt
    from altair.utils.schemapi import debug_mode

    rows = {role: table.records() for role, table in figure.data.items()}
    # Altair's own validation and its merging of layers cost more than the drawing: the tests validate.
    with debug_mode(False):
        drawing = _drawer(figure.kind)(rows, figure.options)
        if drawing is None:
            return {}
        datasets: dict[str, Any] = {}
        inside = {"top_level": False, "datasets": datasets}
        layers = [layer.to_dict(validate=False, context=inside) for layer in drawing.layers]
    return {
        "$schema": alt.SCHEMA_URL,
        "config": CONFIG,
        "width": drawing.width,
        "height": drawing.height,
        "padding": {side: getattr(drawing, side) for side in ("left", "right", "top", "bottom")},
        "autosize": {"type": "none"},
        "datasets": datasets,
        "layer": layers,
    }


def _require(figure: Figure) -> None:
    if figure.kind not in COLUMNS:
        raise ShapeError(expected=sorted(COLUMNS), got=figure.kind, what=f"kind of figure {figure.id}")
    for role, wanted in COLUMNS[figure.kind].items():
        have = [column.name for column in figure.data[role].columns] if role in figure.data else []
        if not set(wanted) <= set(have):
            raise ShapeError(expected=wanted, got=have, what=f"columns of table {role} of figure {figure.id}")


def _drawer(kind: str) -> Draw:
    from tarazu.report import curves, maps, routes, rows  # here, since they load Altair

    drawers: dict[str, Draw] = {
        "baseline": curves.baseline,
        "fan": curves.fan,
        "waterfall": rows.waterfall,
        "gap": rows.gap,
        "potential": rows.potential,
        "frontier": rows.frontier,
        "regimes": rows.regimes,
        "announced": rows.announced,
        "position": curves.position,
        "map": maps.network,
        "time_distance": routes.time_distance,
        "cost_distance": routes.cost_distance,
        "disruption": routes.disruption,
    }
    return drawers[kind]


def _finish(svg: str, figure: Figure) -> str:
    """Title and description for screen readers, a size that shrinks, ids that are unique in a page."""
    prefix = re.sub(r"[^A-Za-z0-9_-]", "-", figure.id)
    body = re.sub(r'\s(?:role|aria-[a-z]+)="[^"]*"', "", svg)  # one image, not thousands of graphics objects
    body = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', body)
    body = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", body)
    opening, rest = body.split(">", 1)
    size = re.search(r'width="([\d.]+)" height="([\d.]+)" viewBox="[^"]*"', opening)
    assert size, "vl-convert writes width, height and viewBox"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size[0]} role="img" '
        f'aria-labelledby="{prefix}-title {prefix}-desc" style="max-width:100%;height:auto">'
        f'<title id="{prefix}-title">{escape(figure.title)}</title>'
        f'<desc id="{prefix}-desc">{escape(f"{figure.caption} Unit: {figure.unit}.".strip())}</desc>{rest}'
    )
