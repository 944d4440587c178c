"""Coordinates as people write them: only ``lat,lon`` in decimal degrees is taken, every other form is explained.

Degrees and minutes (43°38'N 51°10'E), the form of UN/LOCODE (4338N 05110E), degrees with a letter (43.65N 51.16E),
decimal commas and blanks between the numbers are recognised, and the answer says what to write instead.
"""

from __future__ import annotations

import re

from tarazu.core.errors import NetworkError
from tarazu.core.names import ascii_digits

EXAMPLE = "43.65,51.16"
_DEGREES = re.compile(
    r"""\s*(?P<before>[NSEW])?\s*(?P<degrees>\d{1,3})\s*[°º\s]\s*(?P<minutes>\d{1,2}(?:\.\d+)?)\s*['′’]?"""
    r"""\s*(?:(?P<seconds>\d{1,2}(?:\.\d+)?)\s*(?:["″”]|'')?)?\s*(?P<after>[NSEW])?\s*""",
    re.IGNORECASE,
)
_LETTERED = re.compile(
    r"\s*(?P<before>[NSEW])?\s*(?P<value>\d{1,3}(?:\.\d+)?)\s*[°º]?\s*(?P<after>[NSEW])?\s*", re.I
)
_COMPACT = re.compile(
    r"\s*(\d{2})(\d{2})(\d{2})?\s*([NS])[\s,;/]*(\d{3})(\d{2})(\d{2})?\s*([EW])\s*", re.IGNORECASE
)
_NUMBER = r"[+-]?\d{1,3}(?:\.\d+)?"
_BLANK = re.compile(rf"\s*({_NUMBER})(?:\s*;\s*|\s+)({_NUMBER})\s*")
_COMMAS = re.compile(r"\s*([+-]?\d{1,3},\d+)(?:\s*[,;]\s*|\s+)([+-]?\d{1,3},\d+)\s*")
# Where one coordinate ends and the other begins.
_BETWEEN = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"[,;/]",
        r"(?<=[NSEW])\s+(?=\d)",
        r"(?<=[\d'′’\"″”°º])\s+(?=[NSEW])",
        r"(?<=['′’\"″”°º])\s+(?=\d+\s*[°º])",
    )
)


def coordinate(text: str) -> tuple[float, float] | None:
    """(lat, lon) of ``43.65,51.16``; None where the text is no coordinate but a name.

    Raises
    ------
    NetworkError
        If it is a coordinate written in another form, which the message turns into decimal degrees, or one that lies
        nowhere on the globe.
    """
    try:
        lat, lon = (float(part) for part in text.split(","))
    except ValueError:
        other = _other_form(ascii_digits(text))
        if other is None:
            return None
        plain = f"{_plain(other[0])},{_plain(other[1])}"
        raise NetworkError(f'"{text}": a coordinate is lat,lon in decimal degrees. Write {plain}.') from None
    if -90 <= lat <= 90 and -180 <= lon <= 180:
        return lat, lon
    swapped = (
        f" The latitude comes first: {lon:g},{lat:g}?" if abs(lon) <= 90 and 90 < abs(lat) <= 180 else ""
    )
    raise NetworkError(f'"{text}": a coordinate is lat,lon in decimal degrees, such as {EXAMPLE}.{swapped}')


def decimal_degrees(text: str) -> float | None:
    """Decimal degrees of ``51°10'N``, ``51 10 30 N`` or ``E 71°26'``; None where it is nothing of the kind."""
    match = _DEGREES.fullmatch(text)
    if match is None or float(match["minutes"]) >= 60 or float(match["seconds"] or 0) >= 60:
        return None
    value = _value(match["degrees"], match["minutes"], match["seconds"])
    return -value if (match["before"] or match["after"] or "N").upper() in "SW" else value


def _other_form(text: str) -> tuple[float, float] | None:
    """(lat, lon) of a pair that is not written as ``lat,lon`` in decimal degrees."""
    if match := _COMPACT.fullmatch(text):
        lat, lon = _value(*match.group(1, 2, 3)), _value(*match.group(5, 6, 7))
        south, west = match[4].upper() == "S", match[8].upper() == "W"
        return _on_globe(-lat if south else lat, -lon if west else lon)
    if match := _BLANK.fullmatch(text):
        return _on_globe(float(match[1]), float(match[2]))
    if match := _COMMAS.fullmatch(text):
        return _on_globe(*(float(part.replace(",", ".")) for part in match.group(1, 2)))
    for between in _BETWEEN:
        halves = [found for part in between.split(text) if (found := _half(part))]
        if len(halves) != 2 or len(between.split(text)) != 2:
            continue
        (first, axis), (second, other) = halves
        if axis != other or not axis:
            turned = axis == "lon" or other == "lat"
            return _on_globe(second, first) if turned else _on_globe(first, second)
    return None


def _half(text: str) -> tuple[float, str] | None:
    """Degrees and, where a letter says it, their axis."""
    match = _DEGREES.fullmatch(text)
    value = decimal_degrees(text)
    if match is None and (match := _LETTERED.fullmatch(text)):
        value = float(match["value"])
        value = -value if (match["before"] or match["after"] or "N").upper() in "SW" else value
    if match is None or value is None:
        return None
    side = (match["before"] or match["after"] or "").upper()
    return value, "" if not side else "lat" if side in "NS" else "lon"


def _value(degrees: str, minutes: str, seconds: str | None) -> float:
    return int(degrees) + float(minutes) / 60 + float(seconds or 0) / 3600


def _on_globe(lat: float, lon: float) -> tuple[float, float] | None:
    return (lat, lon) if abs(lat) <= 90 and abs(lon) <= 180 else None


def _plain(value: float) -> str:
    return f"{value:.5f}"
