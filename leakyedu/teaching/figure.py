"""A figure with its sentence: how one begins, how it looks, and how it is shown.

The sentence is computed from the data. It stands below the picture and is its alt text, so a reader
who cannot see the picture, or looks at it for the first time, learns the same thing. Voltages are
blue, currents orange (vermilion of Okabe and Ito's palette, which keeps a contrast of 3 on white),
inputs and references grey; line styles say the same without colour. A sound has its sentence, too.
"""

import base64
import functools
import io
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import matplotlib
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from leakyedu.teaching import wall
from leakyedu.teaching.markup import Html, element, printable

VOLTAGE, CURRENT, INPUT, PREDICTION = "#0072B2", "#D55E00", "#595959", "#A0307A"
PALE, FAINT = {VOLTAGE: "#BBD9EC", CURRENT: "#FBE3D3"}, "#E6E6E6"  # of areas, below what is drawn on them

# In front of a class: what a picture measures that is drawn before its place is known, in inches, and its smallest
# letters, in points. On a wall of 4:3 that it is as wide as, they are a thirtieth of the wall's height.
WALL = (5.6, 2.2)
LETTER = 11

ABOVE = "above"  # marks words that need room above their axes

LINE_STYLES = ("-", "--", ":", "-.")
_in_front_of_a_class = False

# What matplotlib looks like where nobody has chosen anything; what is no matter of looks stays the user's.
_NO_LOOKS = (
    "animation",
    "backend",
    "docstring",
    "interactive",
    "keymap",
    "timezone",
    "tk",
    "toolbar",
    "webagg",
)
_STYLE = {
    key: value
    for key, value in matplotlib.rcParamsDefault.items()
    if not key.startswith(_NO_LOOKS) and key not in ("savefig.directory", "figure.max_open_warning")
}
# Large letters, of all that asks for no size of its own, leave little room; a power of ten has smaller ones.
_LARGE = {
    "font.size": LETTER,
    "legend.labelspacing": 0.2,
    "legend.handlelength": 1.5,
    "legend.columnspacing": 1.0,
    "axes.formatter.min_exponent": 7,
}
_one_style_at_a_time = threading.RLock()
_style_is_ours = False  # on the thread that holds the lock


@contextmanager
def our_style() -> Iterator[None]:
    """Draw in our own style, whatever style the user has chosen; his is there again afterwards.

    matplotlib has one style for all threads, and a lab may be drawn beside a cell, so one waits for the other.
    """
    global _style_is_ours
    with _one_style_at_a_time:
        if _style_is_ours:  # a picture asks for it some eighty times
            yield
            return
        # The plain methods of a dictionary: to check each value again would take as long as a small picture.
        style = matplotlib.rcParams
        theirs = {key: dict.__getitem__(style, key) for key in _STYLE}
        _style_is_ours = True
        try:
            dict.update(style, _STYLE)
            if presenting():
                dict.update(style, _LARGE)
            yield
        finally:
            dict.update(style, theirs)
            _style_is_ours = False


def _in_our_style(draw: Callable) -> Callable:
    @functools.wraps(draw)
    def styled(*arguments, **named):
        # matplotlib would take a tensor apart, number by number, to look at the first one.
        given = [x.detach().cpu().numpy() if isinstance(x, Tensor) else x for x in arguments]
        with our_style():
            return draw(*given, **named)

    return styled


class _Axes(Axes):
    """Axes in which lines, words and ticks have our style, whoever draws them and wherever."""


for _name in (
    *vars(Axes),
    "set",
    "set_xticks",
    "set_yticks",
    "set_xscale",
    "set_yscale",
    "grid",
    "tick_params",
):
    if not _name.startswith("_") and callable(getattr(Axes, _name)):
        setattr(_Axes, _name, _in_our_style(getattr(Axes, _name)))


def presentation(on: bool = True) -> None:
    """Make all further pictures for the last row of a classroom: thick lines, large type.

    Args:
        on: False for pictures of the usual size again.
    """
    global _in_front_of_a_class
    _in_front_of_a_class = on


def presenting() -> bool:
    """Tell whether pictures are made for the last row of a classroom."""
    return _in_front_of_a_class


def new_axes() -> Axes:
    """Return axes in a new figure that no global state knows, so that none is left open."""
    axes = new_figure()[1][0]
    axes.axhline(0, color=INPUT, linewidth=0.8)
    return axes


def new_figure(panes: int = 1) -> tuple[Figure, list[Axes]]:
    """Return a new figure, and its axes side by side."""
    width, height, dpi = 6.4, 3.2, 160
    if presenting():
        # More pixels in fewer inches make everything in the picture larger.
        (width, height), dpi = WALL, 230
    with our_style():
        figure = Figure(figsize=(width, height), dpi=dpi, layout="constrained", facecolor="white")
        axes = list(figure.subplots(1, panes, squeeze=False, subplot_kw={"axes_class": _Axes})[0])
        for pane in axes:
            pane.spines[["top", "right"]].set_visible(False)
            pane.margins(y=0.12)
    return figure, axes


def fit_for_a_class(figure: Figure) -> None:
    """Make what a picture for a class has drawn small or thin as large as the last row needs it."""
    if not presenting():
        return
    width, height = (72 / (0.55 * LETTER) * inches for inches in figure.get_size_inches())  # in letters
    for axes in figure.axes:
        axes.set_ylabel(_broken(axes.get_ylabel().replace("\n", " "), 0.63 * height))
        lines = axes.get_title().split("\n")
        axes.title.set_text("\n".join(_broken(line, width / len(figure.axes)) for line in lines))
        legend = axes.get_legend().get_texts() if axes.get_legend() else ()
        for text in (*axes.texts, *legend, axes.title, axes.xaxis.label, axes.yaxis.label):
            smallest = (
                LETTER / 0.7 if re.search(r"\$.*(_|\^|\\frac)", text.get_text()) else LETTER
            )  # an index has 0.7
            text.set_fontsize(max(text.get_fontsize(), smallest))
        for line in axes.get_lines():
            line.set_linewidth(max(line.get_linewidth(), 1.5))


def _broken(label: str, longest: float) -> str:
    """Break a label that is longer than its axis near its middle: it would be cut at the picture's edge."""
    blanks = [n for n, sign in enumerate(label) if sign == " "]
    if len(label) <= longest or not blanks:
        return label
    at = min(blanks, key=lambda n: abs(2 * n - len(label)))
    return f"{_broken(label[:at], longest)}\n{_broken(label[at + 1 :], longest)}"


def picture(figure: Figure, sentence: str) -> Html:
    """Return a figure as HTML: the picture with the sentence as its alt text and below it.

    For a class it is drawn by lines and not by dots, so that it is sharp on a wall of any size.
    """
    fit_for_a_class(figure)
    file = io.BytesIO()
    with our_style():
        if presenting():
            figure.savefig(file, format="svg", metadata={"Date": None})
        else:
            figure.savefig(file, format="png", metadata={"Software": None})
    return picture_of(file.getvalue(), sentence)


def picture_of(drawn: bytes, sentence: str) -> Html:
    """Return a picture that is drawn already, as PNG or SVG, as HTML as :func:`picture` does."""
    width = "100%" if _in_front_of_a_class else "640px"
    image = element(
        "img", alt=sentence, src=source_of(drawn),
        style=f"width:{width};max-width:100%;height:auto;box-sizing:border-box;border:1px solid #bbb;background:white",
    )  # fmt: skip
    return _with_caption(image, sentence)


def source_of(drawn: bytes) -> str:
    """Return a picture as the address that a page shows: it holds the whole picture."""
    kind = "png" if drawn.startswith(b"\x89PNG") else "svg+xml"
    return f"data:image/{kind};base64,{base64.b64encode(drawn).decode()}"


def _with_caption(shown: Html, sentence: str) -> Html:
    """Return what is shown with its caption, larger for the last row of a classroom."""
    caption = element("figcaption", sentence, style="font-size:1.6em" if _in_front_of_a_class else None)
    return element("figure", shown, caption, style="margin:0")


def show(figure: Figure, sentence: str) -> None:
    """Display a figure below the cell, with its sentence as caption and alt text.

    In front of a class it may be wanted elsewhere than below a cell; then it goes there.

    Raises:
        ValueError: if the sentence says too little to stand for the picture: 20 characters, a number.
    """
    if len(sentence) <= 20 or not any(c.isdigit() for c in sentence):
        raise ValueError(
            f"sentence must have over 20 characters and a number from the data, got {sentence!r}. "
            "Say what is to be seen, for example 'The voltage peaks at 0.25 V after 6.9 ms.'"
        )
    shown, place = picture(figure, sentence), wall.place()
    if place is not None and place.pictures is not None:
        place.pictures.append(shown)
        return
    from IPython.display import display

    display({"text/plain": printable(sentence), "text/html": shown}, raw=True)


def sound(x: Tensor, rate: int, name: str, *, above: float) -> None:
    r"""Display a sound below the cell, to be started by hand, with a sentence that says what is to be heard.

    .. math::
        \text{share} = \sum_{f > f_0} |\hat x(f)|^2 \, / \, \sum_{f > 0} |\hat x(f)|^2

    Its mean is taken off, and it is made as loud as any other: a tenth of full scale, as a root mean square.

    Args:
        x: what is to be heard, of shape ``(time,)``.
        rate: its samples per second.
        name: what it is.
        above: :math:`f_0` in hertz; the sentence says which share of the power lies higher.

    Raises:
        ValueError: if ``x`` has not the shape ``(time,)``, or never changes.
    """
    if x.ndim != 1 or not len(x) or not bool((x != x[0]).any()):
        raise ValueError(
            f"x must have the shape (time,) and change, got shape {tuple(x.shape)}. "
            "Choose one neuron, as in v[:, 0], that has an input."
        )
    from IPython.display import Audio, display

    x = x.detach().cpu().double()
    x = x - x.mean()
    power = torch.fft.rfft(x).abs().square()
    frequencies = torch.fft.rfftfreq(len(x), 1 / rate)
    share = float(power[frequencies > above].sum() / power.sum())
    sentence = (
        f"{capital(name)}: {digits(len(x) / rate)} s of sound; {100 * share:.0f} % of its "
        f"power lies above {above:g} Hz."
    )
    loud = (0.1 / x.square().mean().sqrt() * x).clamp(-1, 1)
    wave = Audio(loud.numpy(), rate=rate, normalize=False).src_attr()
    page = _with_caption(element("audio", controls=True, aria_label=sentence, src=wave), sentence)
    display({"text/plain": printable(sentence), "text/html": page}, raw=True)


def mark_prediction(axes: Axes, x: float, words: str, *, bottom: float = 0.0) -> str:
    """Draw a predicted ``x`` as a vertical line from a share of the height on; return the sentence.

    ``words`` begin the sentence, which also says if the line would be outside of the picture.
    """
    low, high = axes.get_xlim()
    if not low <= x <= high:
        return f"{words}, which is outside of the picture."
    axes.set_xlim(low, high)  # or a line near its edge would widen the picture
    axes.axvline(x, bottom, color=PREDICTION, linestyle=(0, (6, 2, 1, 2)), linewidth=1.8)
    name_line(axes, x, "your prediction", PREDICTION, height=1)
    return f"{words}."


def mark_curve(
    axes: Axes, points: Sequence[tuple[float, float]], unit: str, where: str = "after {} ms"
) -> str:
    """Draw points of a predicted curve as crosses; return the sentence, in which ``where`` holds a place."""
    places, values = zip(*points, strict=True)
    axes.plot(places, values, "X", color=PREDICTION, markersize=9, linestyle="none")
    at = max(range(len(values)), key=values.__getitem__)
    return f" Crosses are your prediction, {digits(values[at])} {unit} {where.format(digits(places[at]))} at the highest."


def name_line(axes: Axes, x: float, text: str, color: str, height: float) -> None:
    """Name a vertical line above the axes, where no curve is; ``height`` keeps two names apart."""
    axes.annotate(
        text, (x, 1), xycoords=("data", "axes fraction"), xytext=(0, height),
        textcoords="offset points", ha="center", va="bottom", color=color, fontsize=9, gid=ABOVE,
    )  # fmt: skip


def check_voltages(name: str, voltages: Mapping[str, Tensor]) -> None:
    """Refuse no voltage at all, or one that is not of shape ``(time,)``; ``name`` is the argument."""
    shapes = {key: tuple(v.shape) for key, v in voltages.items()}
    if not shapes or any(len(shape) != 1 or not shape[0] for shape in shapes.values()):
        raise ValueError(
            f"{name} must each have the shape (time,), got {shapes}. Choose one neuron, as in v[:, 0]."
        )


def capital(name: str) -> str:
    """Return a name as a sentence begins with it; the rest stays, as in "v leak"."""
    return name[:1].upper() + name[1:]


def digits(x: float | Tensor) -> str:
    """Return a number in three digits: what can be read off a figure."""
    return f"{float(x):.3g}"
