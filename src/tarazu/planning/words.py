"""Probabilities in words and whole percents: a range, conditional on what it assumes, not a forecast.

The words are those of the IPCC's likelihood scale (Mastrandrea et al. 2010, guidance note on uncertainty).
"""

from __future__ import annotations

SCALE = (
    (0.01, "exceptionally unlikely"),
    (0.10, "very unlikely"),
    (0.33, "unlikely"),
    (0.66, "about as likely as not"),
    (0.90, "likely"),
    (0.99, "very likely"),
    (1.01, "virtually certain"),
)


def likelihood(probability: float) -> str:
    """Word of the scale for a probability 0..1."""
    return next(word for bound, word in SCALE if probability < bound)


def percent(probability: float) -> str:
    """Whole percent; below one and above ninety-nine are said as such."""
    if probability <= 0.005:
        return "under 1%"
    if probability >= 0.995:
        return "over 99%"
    return f"{probability:.0%}"


def percent_range(low: float, high: float) -> str:
    """``2–6%``; one figure where both ends round to the same."""
    if percent(low) == percent(high):
        return percent(low)
    if low < 0.005:
        return f"under 1% to {percent(high)}"
    return f"{low * 100:.0f}–{percent(high)}"
