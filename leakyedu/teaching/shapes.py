"""Shapes of drawn curves: which of some named curves a sketch is meant to be, whatever its digits.

A hand is not a ruler, so a sketch is held against each curve as it is drawn: stretched up or down, with the one
handle that is farthest off forgiven by as much as a hand slips. What is left over, squared and averaged in
parts of the axis, is its distance. The nearest curve is meant, if it is near enough. A mistake is meant only if
the right curve, twice as fast, is no nearer: who draws that one does not jump, but hurries.

All that decides is data, a rule that JSON can hold; ``curve.js`` judges by the same one, to the last bit.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise, product
from typing import Any

STRETCHES = (1.0, 0.9, 1.1, 0.8, 1.2)  # of a curve, about the level where it starts
SLIP = 0.2  # of the axis: how far one handle may have slipped
NEAR = 0.0081  # the largest distance: 9 % of the axis, squared
HURRY = 2.0  # how many times as fast the rival of all mistakes goes


def rule(
    curves: Mapping[str, Sequence[Sequence[float]]],
    axis: Sequence[float],
    start: float = 0.0,
    rival: Sequence[float] = (),
) -> dict[str, Any]:
    """Return what decides between curves, as JSON can hold it.

    Args:
        curves: the ways in which each one is drawn, by its name, as values at the handles.
        axis: the ends of the vertical axis.
        start: the level where all curves start, and about which they are stretched.
        rival: the right curve, twice as fast; none if it is empty.
    """
    named = {name: [list(values) for values in ways] for name, ways in curves.items()}
    height = axis[1] - axis[0]
    return {
        "curves": named,
        "height": height,
        "start": start,
        "stretches": list(STRETCHES),
        "slip": SLIP,
        "near": NEAR,
        "rival": list(rival),
    }


def in_a_hurry(points: Sequence[tuple[float, float]]) -> list[float]:
    """Return the values of a curve that goes twice as fast, at the places of its points but the first.

    Args:
        points: pairs of a place and a value, the first where it starts; it is straight between them.
    """
    first, values = points[0][0], []
    for place, _ in points[1:]:
        then = min(first + HURRY * (place - first), points[-1][0])
        (x, low), (y, high) = next((a, b) for a, b in pairwise(points) if then <= b[0])
        values.append(low + (high - low) * (then - x) / (y - x))
    return values


def nearest(rule: Mapping[str, Any], values: Sequence[float]) -> str | None:
    """Return the name of the curve that a sketch is meant to be, None if it is none of them.

    Args:
        rule: what :func:`rule` has made.
        values: those at the handles.
    """
    found, least = None, rule["near"]
    for name, ways in rule["curves"].items():
        for curve, stretch in product(ways, rule["stretches"]):
            away = _distance(rule, curve, stretch, values)
            if away < least:
                found, least = name, away
    if found and rule["rival"] and _distance(rule, rule["rival"], 1.0, values) < least:
        return None
    return found


def _distance(
    rule: Mapping[str, Any], curve: Sequence[float], stretch: float, values: Sequence[float]
) -> float:
    start, total, worst = rule["start"], 0.0, 0.0
    for truth, value in zip(curve, values, strict=True):
        off = abs(value - (start + stretch * (truth - start))) / rule["height"]
        # Added up one by one: `sum` rounds otherwise than a browser does.
        total += off * off
        worst = max(worst, off)
    left = max(0.0, worst - rule["slip"])
    return (total - worst * worst + left * left) / len(curve)
