"""Drawings: what a bucket, a circuit, an arrow and a neuron look like in the whole course.

A lesson puts them together in its figures. They are in the colours of all figures, and each can be told
without its colour, too: the water of a current is hatched, that of a voltage is not.
"""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, FancyArrowPatch, Polygon, Rectangle

from leakyedu.teaching.figure import CURRENT, FAINT, INPUT, PALE, VOLTAGE, new_figure, presenting

INK = "#262626"
WIDTH, HEIGHT = 16.0, 8.0  # of a drawing; one of them is 40 pixels of the page
_INCHES = 3.2  # height of the figure for which sizes of type are given

Point = tuple[float, float]


def new_drawing() -> tuple[Figure, Axes]:
    """Return a new figure without axes, 16 wide and 8 high, in which both directions have one scale."""
    figure, (axes,) = new_figure()
    figure.set_layout_engine("none")
    axes.set_position((0, 0, 1, 1))
    axes.set(xlim=(0, WIDTH), ylim=(0, HEIGHT), aspect="equal")
    axes.set_axis_off()
    return figure, axes


def write(
    axes: Axes, x: float, y: float, text: str, *, color: str = INK, size: float = 12, **settings
) -> None:
    """Write a text, in the middle of a point unless told otherwise; symbols stand between dollars."""
    if not axes.axison:
        size *= axes.figure.get_figheight() / _INCHES  # a drawing for a class has fewer inches
    place = {"ha": "center", "va": "center", "math_fontfamily": "cm", "zorder": 6}
    axes.text(x, y, text, color=color, fontsize=size, **(place | settings))


def arrow(
    axes: Axes,
    start: Point,
    end: Point,
    *,
    color: str = INK,
    width: float = 1.8,
    style: str = "-",
    heads: str = "-|>",
) -> None:
    """Draw an arrow from one point to another."""
    if style != "-":  # a head of dashes would be none
        stroke(axes, start, end, color=color, width=width, style=style, order=4)
        length = math.dist(start, end)
        start = tuple(b + (a - b) * 0.02 / length for a, b in zip(start, end, strict=True))
    axes.add_artist(
        FancyArrowPatch(
            start, end, arrowstyle=heads, mutation_scale=5 + 3 * width, color=color, linewidth=width,
            shrinkA=0, shrinkB=0, zorder=4, joinstyle="miter", capstyle="butt",
        )
    )  # fmt: skip


def stroke(
    axes: Axes, *points: Point, color: str = INK, width: float = 1.8, style: str = "-", order: int = 3
) -> None:
    """Draw a line through points."""
    line = Line2D(
        *zip(*points, strict=True), color=color, linewidth=width, linestyle=style, zorder=order,
        solid_joinstyle="round", solid_capstyle="round",
    )  # fmt: skip
    axes.add_artist(line)


def water(axes: Axes, x: float, y: float, width: float, height: float, color: str = VOLTAGE) -> None:
    """Fill a box with water: plain for a voltage, hatched for a current."""
    hatch = {CURRENT: "////"}.get(color)
    box = {
        "facecolor": PALE.get(color, FAINT),
        "edgecolor": color,
        "hatch": hatch,
        "linewidth": 0,
        "zorder": 2,
    }
    axes.add_artist(Rectangle((x, y), width, height, **box))
    if height > 0.05:
        stroke(axes, (x, y + height), (x + width, y + height), color=color, width=2.2, order=3)


def bucket(
    axes: Axes,
    x: float,
    y: float,
    width: float,
    height: float,
    level: float,
    color: str = VOLTAGE,
    *,
    hole: float = 0.0,
) -> None:
    """Draw a bucket with water in it: ``x, y`` is its lower left corner, ``hole`` the width of one at its right."""
    water(axes, x, y, width, level, color)
    right = x + width
    stroke(axes, (x, y + height), (x, y), (right, y), width=2.6, order=4)
    stroke(axes, (right, y + hole), (right, y + height), width=2.6, order=4)


def pipe(axes: Axes, points: Sequence[Point], width: float, color: str = VOLTAGE) -> None:
    """Draw a pipe full of water through corners whose sides are level or upright."""
    scale = 28.8 * width  # points of a page in one of a drawing
    style = {"solid_capstyle": "butt", "solid_joinstyle": "miter"}
    for shade, wide, order in ((INK, scale + 4, 2.2), (PALE.get(color, FAINT), scale, 2.4)):
        line = Line2D(*zip(*points, strict=True), color=shade, linewidth=wide, zorder=order, **style)
        axes.add_artist(line)


def pour(axes: Axes, x: float, top: float, bottom: float, color: str, width: float = 0.28) -> None:
    """Draw water that falls, down to a level."""
    box = {"facecolor": color, "edgecolor": "none", "zorder": 3}
    axes.add_artist(Rectangle((x - width / 2, bottom), width, top - bottom, **box))


def resistor(axes: Axes, x: float, top: float, bottom: float, color: str = INK) -> None:
    """Draw a resistor in an upright wire."""
    middle, half = (top + bottom) / 2, 0.8
    steps = [(x + side, middle + half - (k + 0.5) * half / 3) for k, side in enumerate((0.3, -0.3) * 3)]
    stroke(axes, (x, top), (x, middle + half), *steps, (x, middle - half), (x, bottom), color=color)


def capacitor(axes: Axes, x: float, top: float, bottom: float, color: str = INK) -> None:
    """Draw a capacitor in an upright wire."""
    middle = (top + bottom) / 2
    for end, y in ((top, middle + 0.16), (bottom, middle - 0.16)):
        stroke(axes, (x, end), (x, y), color=color)
        stroke(axes, (x - 0.6, y), (x + 0.6, y), color=color, width=3)


def ground(axes: Axes, x: float, y: float) -> None:
    """Draw where a wire ends at 0 V."""
    for k, half in enumerate((0.5, 0.3, 0.12)):
        stroke(axes, (x - half, y - 0.16 * k), (x + half, y - 0.16 * k))


def dot(
    axes: Axes, x: float, y: float, *, color: str = INK, radius: float = 0.14, filled: bool = True
) -> None:
    """Draw a dot, or a ring: where wires meet, where a wire ends."""
    face = color if filled else "white"
    axes.add_artist(Circle((x, y), radius, facecolor=face, edgecolor=color, linewidth=1.6, zorder=5))


def neuron(axes: Axes, x: float, y: float, size: float = 1.5, color: str = VOLTAGE) -> None:
    """Draw a nerve cell: a body, some branches at its left, a fibre at its right."""
    for dx, dy, forks in (
        (-1.5, 0.9, ((-2.1, 0.8), (-1.8, 1.5))),
        (-1.6, -0.7, ((-2.2, -0.5), (-1.9, -1.3))),
    ):
        stroke(axes, (x, y), (x + size * dx, y + size * dy), width=5, order=1)
        for fx, fy in forks:
            stroke(axes, (x + size * dx, y + size * dy), (x + size * fx, y + size * fy), width=2.5, order=1)
    stroke(axes, (x, y), (x + 1.9 * size, y), width=3.5, order=1)
    axes.add_artist(
        Circle((x, y), size, facecolor=PALE.get(color, FAINT), edgecolor=INK, linewidth=3, zorder=2)
    )


def frame(
    axes: Axes, x: float, y: float, width: float, height: float, *, color: str = INK, face: str = "white"
) -> None:
    """Draw a box, for a step or a part."""
    box = {"facecolor": face, "edgecolor": color, "linewidth": 1.6, "zorder": 3}
    axes.add_artist(Rectangle((x, y), width, height, **box))


def polygon(axes: Axes, *points: Point, color: str = INK, face: str = "white") -> None:
    """Draw a filled shape through points."""
    axes.add_artist(
        Polygon(points, facecolor=face, edgecolor=color, linewidth=2, zorder=3, joinstyle="round")
    )


def between(axes: Axes, start: Point, end: Point, *, color: str = INPUT, width: float = 1.2) -> None:
    """Draw an arrow with two heads: how far it is."""
    arrow(axes, start, end, color=color, width=width, heads="<|-|>")


def arc(
    axes: Axes,
    middle: Point,
    radius: float,
    start: float,
    end: float,
    *,
    color: str = INK,
    width: float = 2.2,
) -> None:
    """Draw an arrow along a circle from one angle to another, in degrees; clockwise where ``end`` is smaller."""
    angles = [math.radians(start + (end - start) * k / 40) for k in range(41)]
    points = [(middle[0] + radius * math.cos(a), middle[1] + radius * math.sin(a)) for a in angles]
    stroke(axes, *points[:-4], color=color, width=width)
    arrow(axes, points[-5], points[-1], color=color, width=width)


def sketch(axes: Axes, x: str, y: str, color: str = INK) -> None:
    """Make axes of a plot without numbers: what is drawn in them is a form, and no measurement."""
    axes.set_xlabel(x, loc="right", fontsize=12)
    place = "bottom" if presenting() else "top"  # a flat axis has no room beside it
    axes.annotate(
        y, (0, 1), xycoords="axes fraction", xytext=(-4, 0), textcoords="offset points", ha="right", va=place,
        color=color, fontsize=18, math_fontfamily="cm",
    )  # fmt: skip


def at_time(axes: Axes, time: float, value: float, color: str = VOLTAGE) -> None:
    """Mark a time on a curve, with a line from there to the bucket beside it."""
    stroke(axes, (time, value), (axes.get_xlim()[1], value), color=color, width=0.9, style=":")
    dot = {"marker": "o", "markersize": 7, "markeredgecolor": "white", "zorder": 5}
    axes.add_artist(Line2D([time], [value], color=color, **dot))
