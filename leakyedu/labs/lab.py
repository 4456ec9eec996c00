"""The machinery of a lab: a picture, its sentence, and the controls that change both.

A lab is an ordinary function ``view(*axes, **settings, prediction=None) -> sentence`` that draws into
given axes, and one control for each setting. ``lab.figure(dt=2.0)`` gives the same picture as a figure
for paper.
"""

import html
import threading
from collections.abc import Callable
from typing import NamedTuple

import ipywidgets as widgets
from IPython.display import display
from matplotlib.figure import Figure

from leakyedu.labs.canvas import Canvas
from leakyedu.labs.controls import Choice, Number
from leakyedu.plotting import new_figure, picture_of


class Slider(NamedTuple):
    """A number to choose.

    Attributes:
        label: what it is, with its unit, for example ``"dt (ms)"``.
        low: smallest value.
        high: largest value.
        step: distance between two values.
        start: value at the beginning and after *Reset*.
    """

    label: str
    low: float
    high: float
    step: float
    start: float


class Menu(NamedTuple):
    """A choice among few words.

    Attributes:
        label: what it is.
        options: the words.
        start: the word at the beginning and after *Reset*.
    """

    label: str
    options: tuple[str, ...]
    start: str


class Lab:
    """An experiment.

    Args:
        view: ``(*axes, **settings, prediction=None) -> sentence``. It draws anew each time, into axes
            that are empty; where it asks for the same limits and labels as before it is drawn fast.
        panes: number of axes, side by side.
        controls: one control per setting, named as the view's argument.
    """

    def __init__(self, view: Callable[..., str], *, panes: int = 1, **controls: Slider | Menu) -> None:
        self.view, self.panes, self.controls = view, panes, controls
        self.start = {name: control.start for name, control in controls.items()}

    def figure(self, *, prediction: object = None, **settings) -> tuple[Figure, str]:
        """Return the picture and its sentence, for ``plotting.show`` or for paper.

        Args:
            prediction: what the learner predicted, drawn beside the result.
            settings: some of the controls' names; the others stand at their start.

        Raises:
            TypeError: if a setting is none of the controls.
            ValueError: if a setting is one that its control cannot have.
        """
        unknown = settings.keys() - self.controls
        if unknown:
            raise TypeError(
                f"{', '.join(sorted(unknown))} is no setting of this lab. "
                f"Use some of {', '.join(self.controls)}."
            )
        for name, value in settings.items():
            control = self.controls[name]
            if isinstance(control, Menu):
                allowed, within = f"one of {', '.join(map(repr, control.options))}", value in control.options
            else:
                allowed, within = (
                    f"from {control.low:g} to {control.high:g}",
                    control.low <= value <= control.high,
                )
            if not within:
                raise ValueError(f"{name} must be {allowed} in {control.label!r}, got {value!r}.")
        figure, axes = new_figure(self.panes)
        return figure, self.view(*axes, **self.start | settings, prediction=prediction)

    def show(self, prediction: object = None) -> None:
        """Display the lab below the cell.

        Args:
            prediction: what the learner predicted, drawn beside the result.
        """
        panel = _Panel(self, prediction)
        # A page without a kernel, such as a repository's, shows the first picture.
        bundle = {"text/plain": panel.sentence, "text/html": panel.picture.value}
        display(panel.box._repr_mimebundle_() | bundle, raw=True)


class _Panel:
    """One display of a lab. JupyterLab may serve its controls on another thread than its cells."""

    def __init__(self, lab: Lab, prediction: object) -> None:
        self._lab, self._prediction = lab, prediction
        self._canvas = Canvas(lab.panes)
        self._lock = threading.Lock()
        self._wanted: dict | None = None
        self._drawn: dict | None = None
        self.sentence = ""
        self.picture = widgets.HTML()
        self._inputs = {name: _widget(control) for name, control in lab.controls.items()}
        for widget in self._inputs.values():
            widget.observe(self._changed, names="value")
        reset = widgets.Button(description="Reset", tooltip="Put every control back to its start")
        reset.on_click(lambda _: self._reset())
        self.box = widgets.VBox([*self._inputs.values(), reset, self.picture])
        self._draw(lab.start)

    def _changed(self, _change) -> None:
        self._wanted = {name: widget.value for name, widget in self._inputs.items()}
        # Settings that a newer one overtakes while a picture is drawn are never drawn. The loop looks
        # again after the lock is free: a setting that came in between has nobody else to draw it.
        while self._wanted is not None and self._lock.acquire(blocking=False):
            try:
                settings, self._wanted = self._wanted, None
                if settings not in (None, self._drawn):
                    self._draw(settings)
            finally:
                self._lock.release()

    def _draw(self, settings: dict) -> None:
        self._drawn = settings

        def view(*axes) -> str:
            return self._lab.view(*axes, **settings, prediction=self._prediction)

        try:
            png, self.sentence = self._canvas.draw(view)
            self.picture.value = picture_of(png, self.sentence)
        except Exception as error:
            # A lab goes on: the learner reads what is wrong with this setting and moves the slider back.
            self.sentence = f"This setting cannot be drawn: {error}"
            self.picture.value = f'<p role="alert">{html.escape(self.sentence)}</p>'

    def _reset(self) -> None:
        for name, value in self._lab.start.items():
            self._inputs[name].value = value


def _widget(control: Slider | Menu) -> widgets.Widget:
    """Return the widget that holds a control's value."""
    if isinstance(control, Menu):
        return Choice(label=control.label, options=list(control.options), value=control.start)
    bounds = {"low": control.low, "high": control.high, "step": control.step}
    return Number(label=control.label, value=control.start, **bounds)
