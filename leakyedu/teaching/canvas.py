"""A picture that changes in place: what stays is drawn once, what moves is drawn anew each time."""

import re
import struct
import zlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.legend import Legend
from matplotlib.transforms import Bbox

from leakyedu.teaching.figure import ABOVE, LETTER, fit_for_a_class, new_figure, our_style, presenting


class Canvas:
    """A figure in which a view draws again and again.

    Frames, ticks and labels take ten times as long as all curves, so they are kept as a background for
    when a view asks for the same ones. A view that has few sorts of limits is fast; one that lets them
    follow the data is right too.

    Args:
        panes: number of axes side by side.
    """

    def __init__(self, panes: int = 1) -> None:
        self.figure, self.axes = new_figure(panes)
        if not presenting():
            # A third fewer dots than on paper halve the time of a picture, and are sharp at 120 % zoom.
            self.figure.set_dpi(self.figure.dpi * 0.75)
        self._canvas = FigureCanvasAgg(self.figure)
        self._margins = self.axes[0].margins()
        self._still = {child for axes in self.axes for child in axes.get_children()}
        self._places = [axes.get_position() for axes in self.axes]
        self._layouts: dict[tuple, Layout] = {}
        self._backgrounds: dict[tuple, tuple[Layout, object]] = {}
        self._legends: dict[Axes, dict] = {}
        for axes in self.axes:
            # To make one takes as long as ten curves: it is made with the background, of which it is a part.
            axes.legend = partial(self._ask_for_legend, axes)

    def fit(self, width: float, height: float, letter: float) -> None:
        """Fill a place from now on, in front of a class.

        Args:
            width, height: of the place, in dots.
            letter: how high the smallest letters shall be, in dots; they are smaller where the place is too
                small for them.
        """
        dpi = min(72 / LETTER * letter, width / LEAST[0], height / LEAST[1])
        self.figure.set_size_inches(width / dpi, height / dpi)
        self.figure.set_dpi(dpi)
        self._canvas = FigureCanvasAgg(self.figure)
        self._layouts.clear()
        self._backgrounds.clear()

    def draw(self, view: Callable[..., str]) -> tuple[bytes, str]:
        """Call ``view(*axes)``; return the picture as PNG, and the sentence that the view returned."""
        with our_style():
            return self._draw(view)

    def _draw(self, view: Callable[..., str]) -> tuple[bytes, str]:
        for artist in self._moving():
            artist.remove()
        # As if they were new. To clear them would take half as long as the whole picture.
        for axes, place in zip(self.axes, self._places, strict=True):
            axes.set_position(place)  # on which the number of ticks depends
            _with_usual_ticks(axes)
            axes.set(xlabel="", ylabel="", title="")
            axes.margins(*self._margins)
            axes.set_prop_cycle(None)
            axes.relim()
            axes.autoscale()
        self._legends.clear()
        sentence = view(*self.axes)
        if presenting():
            self._make_legends()  # whose letters must fit
            fit_for_a_class(self.figure)
        ticks = [[_ticks(axis) for axis in (axes.xaxis, axes.yaxis)] for axes in self.axes]
        legends = [_shown(axes, self._legends.get(axes)) for axes in self.axes]
        frame = tuple(map(_frame, self.axes, ticks, legends))
        layout = self._layout(tuple(map(_room, self.axes, ticks, legends)))
        if self._backgrounds.get(frame, (None,))[0] is not layout:
            self._draw_background(frame, layout)
        self._canvas.restore_region(self._backgrounds[frame][1])
        moving = [artist for artist in self._moving() if not isinstance(artist, Legend)]
        for artist in sorted(moving, key=Artist.get_zorder):
            artist.axes.draw_artist(artist)
        return _png(np.asarray(self._canvas.buffer_rgba())), sentence

    def _ask_for_legend(self, axes: Axes, **how) -> None:
        self._legends[axes] = how

    def _make_legends(self) -> None:
        for axes, how in self._legends.items():
            if axes.get_legend() is None:
                type(axes).legend(axes, **how)

    def _moving(self) -> list[Artist]:
        return [child for axes in self.axes for child in axes.get_children() if child not in self._still]

    def _layout(self, room: tuple) -> "Layout":
        """Put the axes where they leave room for all words, which is the same place each time."""
        above = _above(self.axes)
        layout = self._layouts.get(room)
        # Room that is there stays, or a prediction that comes and goes would move everything.
        if layout is None or not above <= layout.above:
            self._make_legends()
            for axes in self.axes:
                axes.set_in_layout(True)  # which ends with each place that is set
            # What moves needs room too, in a margin perhaps; from then on everything stays where it is.
            self.figure.set_layout_engine("constrained")
            self.figure.get_layout_engine().execute(self.figure)
            self.figure.set_layout_engine("none")
            layout = self._layouts[room] = Layout(above, [axes.get_position() for axes in self.axes])
        for axes, place in zip(self.axes, layout.places, strict=True):
            axes.set_position(place)
        return layout

    def _draw_background(self, frame: tuple, layout: "Layout") -> None:
        if len(self._backgrounds) == (KEPT_ON_A_WALL if presenting() else KEPT):
            del self._backgrounds[next(iter(self._backgrounds))]
        self._make_legends()
        moving = [a for a in self._moving() if a.get_visible() and not isinstance(a, Legend)]
        for artist in moving:
            artist.set_visible(False)
        self._canvas.draw()
        self._backgrounds[frame] = layout, self._canvas.copy_from_bbox(self.figure.bbox)
        for artist in moving:
            artist.set_visible(True)


class Layout(NamedTuple):
    """Where axes are, and for which words above them there is room."""

    above: set[str]
    places: list[Bbox]


def _png(pixels: np.ndarray) -> bytes:
    """Return pixels of shape (height, width, 4) as PNG, without their opacity.

    Pillow tries five filters on each line, which takes as long as all curves; lines of one colour need none.
    """
    height, width, _ = pixels.shape
    lines = np.zeros((height, 1 + 3 * width), np.uint8)  # each begins with its filter: 0 is none
    colours = lines[:, 1:].reshape(height, width, 3)
    for n in range(3):  # one after the other takes a quarter of the time
        colours[..., n] = pixels[..., n]
    head = struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0)  # 8 bits for each of three colours
    # The strongest compression takes twice as long as everything else.
    parts = (b"IHDR", head), (b"IDAT", zlib.compress(lines, 1)), (b"IEND", b"")
    sealed = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(sealed)


LEAST = (4.6, 1.6)  # inches that curves need, with their words around them
KEPT, KEPT_ON_A_WALL = 8, 4  # backgrounds: on a page one takes a megabyte, on a wall up to thirty


def _with_usual_ticks(axes: Axes) -> None:
    """Put scales, ticks and grids back where a view has changed them: to do it each time takes as long as a curve."""
    for axis in (axes.xaxis, axes.yaxis):
        usual = axis.isDefault_majloc, axis.isDefault_minloc, axis.isDefault_majfmt, axis.isDefault_minfmt
        if axis.get_scale() != "linear" or not all(usual):
            axes.set(**{f"{axis.axis_name}scale": "linear"})  # a scale brings its own ticks and their labels
        if any(axis.get_tick_params(which).get("gridOn") for which in ("major", "minor")):
            axis.grid(False, which="both")


LOOKS = ("color", "facecolor", "edgecolor", "linestyle", "linewidth", "marker", "markersize", "alpha")


def _ticks(axis: Axis) -> list[tuple[float, str]]:
    """Return where ticks are and what they say; to find them takes as long as a curve."""
    places = axis.get_majorticklocs()
    return list(zip(places, axis.get_major_formatter().format_ticks(places), strict=True))


def _shown(axes: Axes, how: Mapping | None) -> tuple[tuple, tuple]:
    """Return what a legend says and what it shows; nothing if none is asked for."""
    if how is None:
        return (), ()
    handles = how.get("handles") or axes.get_legend_handles_labels()[0]
    labels = how.get("labels") or [handle.get_label() for handle in handles]
    looks = (str(getattr(handle, f"get_{look}", str)()) for handle in handles for look in LOOKS)
    return tuple(labels), tuple(looks)


def _frame(axes: Axes, ticks: list[list], legend: tuple[tuple, tuple]) -> tuple:
    """Return what the background of a picture depends on."""
    frame = [*axes.get_xlim(), *axes.get_ylim(), axes.get_xscale(), axes.get_yscale(), *_words(axes), legend]
    for axis, major in zip((axes.xaxis, axes.yaxis), ticks, strict=True):
        grids = [str(axis.get_tick_params(which)) for which in ("major", "minor")]
        frame += [*major, *axis.get_minor_locator()(), *grids]
    return tuple(frame)


def _room(axes: Axes, ticks: list[list], legend: tuple[tuple, tuple]) -> tuple:
    """Return what the place of axes depends on: the words around them, and how far tick labels reach."""
    reach = []
    for (low, high), major in zip((axes.get_xlim(), axes.get_ylim()), ticks, strict=True):
        # A locator may offer ticks beyond the axes: they are not drawn and need no room.
        within = [(place, label) for place, label in major if min(low, high) <= place <= max(low, high)]
        # One digit is as wide as another.
        widest = max((re.sub(r"\d", "0", label) for _, label in within), key=len, default="")
        ends = [round(float((place - low) / (high - low)), 2) for place, _ in (*within[:1], *within[-1:])]
        reach += [widest, *ends]
    return *reach, *_words(axes), legend[0]


def _above(panes: list[Axes]) -> set[str]:
    """Return the words that stand above axes and move with what they name."""
    return {text.get_text() for axes in panes for text in axes.texts if text.get_gid() == ABOVE}


def _words(axes: Axes) -> tuple[str, ...]:
    return axes.get_title(), axes.get_xlabel(), axes.get_ylabel()
