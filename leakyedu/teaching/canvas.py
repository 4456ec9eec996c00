"""A picture that changes in place: what stays is drawn once, what moves is drawn anew each time."""

import io
import re
from collections.abc import Callable

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.legend import Legend
from PIL import Image

from leakyedu.teaching.figure import fit_for_a_class, new_figure, our_style, presenting


class Canvas:
    """A figure in which a view draws again and again.

    Frames, ticks and labels take ten times as long as all curves, so they are kept as a background for
    as long as a view asks for the same ones. A view that fixes its limits is fast; one that lets them
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
        self._frame = self._room = self._background = None

    def fit(self, dots: int) -> None:
        """Draw as many dots wide from now on."""
        self.figure.set_dpi(dots / self.figure.get_figwidth())
        self._canvas = FigureCanvasAgg(self.figure)
        self._frame = self._room = None

    def draw(self, view: Callable[..., str]) -> tuple[bytes, str]:
        """Call ``view(*axes)``; return the picture as PNG, and the sentence that the view returned."""
        with our_style():
            return self._draw(view)

    def _draw(self, view: Callable[..., str]) -> tuple[bytes, str]:
        for artist in self._moving():
            artist.remove()
        # As if they were new. To clear them would take half as long as the whole picture.
        for axes in self.axes:
            # A scale brings its own ticks and their labels.
            axes.set(xscale="linear", yscale="linear", xlabel="", ylabel="", title="")
            axes.grid(False, which="both")
            axes.margins(*self._margins)
            axes.set_prop_cycle(None)
            axes.relim()
            axes.autoscale()
        sentence = view(*self.axes)
        fit_for_a_class(self.figure)
        frame = [_frame(axes) for axes in self.axes]
        if frame != self._frame:
            self._draw_background()
            self._frame = frame
        self._canvas.restore_region(self._background)
        # A legend says and shows what it did before, or the frame would be another.
        moving = [artist for artist in self._moving() if not isinstance(artist, Legend)]
        for artist in sorted(moving, key=Artist.get_zorder):
            artist.axes.draw_artist(artist)
        return self._png(), sentence

    def _moving(self) -> list[Artist]:
        return [child for axes in self.axes for child in axes.get_children() if child not in self._still]

    def _draw_background(self) -> None:
        room = [_room(axes) for axes in self.axes]
        if room != self._room:
            # What moves needs room too, in a margin perhaps; from then on everything stays where it is.
            self.figure.set_layout_engine("constrained")
            self.figure.get_layout_engine().execute(self.figure)
            self.figure.set_layout_engine("none")
            self._room = room
        moving = [a for a in self._moving() if a.get_visible() and not isinstance(a, Legend)]
        for artist in moving:
            artist.set_visible(False)
        self._canvas.draw()
        self._background = self._canvas.copy_from_bbox(self.figure.bbox)
        for artist in moving:
            artist.set_visible(True)

    def _png(self) -> bytes:
        size, pixels = self._canvas.get_width_height(), self._canvas.buffer_rgba()
        file = io.BytesIO()
        # The strongest compression takes twice as long as everything else.
        Image.frombuffer("RGBA", size, pixels, "raw", "RGBA", 0, 1).convert("RGB").save(
            file, "png", compress_level=1
        )
        return file.getvalue()


LOOKS = ("color", "facecolor", "edgecolor", "linestyle", "linewidth", "marker", "markersize", "alpha")


def _frame(axes: Axes) -> tuple:
    """Return what the background of a picture depends on."""
    frame = [*axes.get_xlim(), *axes.get_ylim(), axes.get_xscale(), axes.get_yscale(), *_words(axes)]
    for axis in (axes.xaxis, axes.yaxis):
        ticks = axis.get_majorticklocs()
        grids = [str(axis.get_tick_params(which)) for which in ("major", "minor")]
        frame += [*ticks, *axis.get_minorticklocs(), *axis.get_major_formatter().format_ticks(ticks), *grids]
    handles = axes.get_legend().legend_handles if axes.get_legend() else ()
    return *frame, *(str(getattr(handle, f"get_{look}", str)()) for handle in handles for look in LOOKS)


def _room(axes: Axes) -> tuple:
    """Return what the place of axes depends on: the words around them, and how far tick labels reach."""
    reach = []
    for axis, (low, high) in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
        # A locator may offer ticks beyond the axes: they are not drawn and need no room.
        ticks = [tick for tick in axis.get_majorticklocs() if min(low, high) <= tick <= max(low, high)]
        # One digit is as wide as another.
        labels = [re.sub(r"\d", "0", label) for label in axis.get_major_formatter().format_ticks(ticks)]
        widest = max(labels, key=len, default="")
        ends = [round(float((tick - low) / (high - low)), 2) for tick in (*ticks[:1], *ticks[-1:])]
        reach += [widest, *ends]
    return *reach, *_words(axes)


def _words(axes: Axes) -> tuple[str, ...]:
    legend = axes.get_legend().get_texts() if axes.get_legend() else ()
    return axes.get_title(), axes.get_xlabel(), axes.get_ylabel(), *(text.get_text() for text in legend)
