"""The map's projection: fitted to places, equidistant conic or plate carrée.

With standard parallels at a sixth and five sixths of the latitudes,

    x = r sin(n (lon - lon0)),   y = r0 - r cos(n (lon - lon0)),   r = G - lat,

with n = (cos p1 - cos p2) / (p2 - p1) and G = cos(p1) / n + p1 (Snyder 1987, Map Projections: A Working
Manual, USGS Professional Paper 1395, section 16); where n vanishes, or the places reach over more than
half the globe, the plate carrée that it becomes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tarazu.report.style import WIDTH

SIDE = 1  # px left and right of the frame
LOWEST, HIGHEST = 340, 640  # px, height of the frame
MARGIN = 44  # px between the outermost places and the frame
NARROWEST = math.radians(2.0)  # a single place is shown with its surroundings

Points = NDArray[np.float64]  # (n, 2) longitude, latitude in degrees, or px


@dataclass(frozen=True, slots=True)
class View:
    """A fitted projection: the frame in px, and the way from degrees to px in it (y downwards)."""

    lon: float  # degrees, the meridian in the middle
    lat: float  # radians, the parallel in the middle
    n: float  # constant of the cone; 0 for the cylinder
    g: float  # radians from the apex of the cone to the equator
    shrink: float  # px in x per px in y, on the cylinder only
    scale: float = 1.0  # px per radian
    centre: tuple[float, float] = (0.0, 0.0)  # of what is shown, before scaling
    height: float = float(HIGHEST)
    width: float = float(WIDTH - 2 * SIDE)

    @classmethod
    def fitted(cls, points: Points) -> View:
        """The view that shows all points (n, 2: longitude, latitude in degrees) with a margin."""
        middle, half = _longitudes(points[:, 0])
        low, high = np.radians(points[:, 1].min()), np.radians(points[:, 1].max())
        if high - low < NARROWEST:
            low, high = low - NARROWEST / 2, high + NARROWEST / 2
        first, last = low + (high - low) / 6, high - (high - low) / 6
        n = float((math.cos(first) - math.cos(last)) / (last - first))
        if half > 90 or abs(n) < 0.02:
            view = cls(middle, 0.0, 0.0, 0.0, max(math.cos((low + high) / 2), 0.1))
        else:
            view = cls(middle, float((low + high) / 2), n, float(math.cos(first) / n + first), 1.0)
        return view._around(points)

    def _around(self, points: Points) -> View:
        plane = self.plane(self.near(points))
        low, high = plane.min(axis=0), plane.max(axis=0)
        span = np.maximum(high - low, NARROWEST)
        room = np.array([self.width, self.height]) - 2 * MARGIN
        scale = float((room / span).min())
        height = min(max(float(span[1] * scale) + 2 * MARGIN, LOWEST), HIGHEST)
        x, y = (low + high) / 2
        return View(self.lon, self.lat, self.n, self.g, self.shrink, scale, (float(x), float(y)), height)

    def plane(self, points: Points) -> Points:
        """Degrees to the unscaled plane, y upwards."""
        lon, lat = np.radians(points[:, 0] - self.lon), np.radians(points[:, 1])
        if self.n == 0:
            return np.column_stack([self.shrink * lon, lat])
        r = self.g - lat
        return np.column_stack([r * np.sin(self.n * lon), self.g - self.lat - r * np.cos(self.n * lon)])

    def px(self, points: Points) -> Points:
        """Degrees to px in the frame; longitudes are taken the short way round."""
        return self.unturned(self.near(points))

    def near(self, points: Points) -> Points:
        """The same places with longitudes at most half a turn from the middle of the map."""
        lons = (points[:, 0] - self.lon + 180) % 360 - 180 + self.lon
        return np.column_stack([lons, points[:, 1]])

    def unturned(self, points: Points) -> Points:
        """Degrees to px, longitudes as they are: a ring that was cut at the edge must not turn round."""
        x, y = (self.plane(points) - self.centre).T * self.scale
        return np.column_stack([self.width / 2 + x, self.height / 2 - y])


def _longitudes(lons: Points) -> tuple[float, float]:
    """Middle and half width, degrees, of the shortest arc that holds all longitudes."""
    ordered = np.unique(lons % 360)
    gaps = np.diff(ordered, append=ordered[0] + 360)
    widest = int(np.argmax(gaps))
    half = float(360 - gaps[widest]) / 2
    start = float(ordered[(widest + 1) % len(ordered)])
    return (start + half + 180) % 360 - 180, half
