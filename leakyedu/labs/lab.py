"""The machinery of a lab: a picture, its sentence, and the controls that change both.

A lab is an ordinary function ``view(**settings, prediction=None) -> (figure, sentence)`` and one control
for each setting. ``lab.figure(dt=2.0)`` gives the same picture as a figure for paper.
"""

import html
import threading
from collections.abc import Callable
from typing import NamedTuple

import ipywidgets as widgets
from IPython.display import display
from matplotlib.figure import Figure

from leakyedu.plotting import picture


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
        view: ``(**settings, prediction=None) -> (figure, sentence)``.
        controls: one control per setting, named as the view's argument.
    """

    def __init__(self, view: Callable[..., tuple[Figure, str]], **controls: Slider | Menu) -> None:
        self._view = view
        self._controls = controls

    def figure(self, *, prediction: float | str | None = None, **settings) -> tuple[Figure, str]:
        """Return the picture and its sentence, for ``plotting.show`` or for paper.

        Args:
            prediction: what the learner predicted, drawn beside the result.
            settings: some of the controls' names; the others stand at their start.

        Raises:
            TypeError: if a setting is none of the controls.
            ValueError: if a setting is one that its control cannot have.
        """
        unknown = settings.keys() - self._controls
        if unknown:
            raise TypeError(
                f"{', '.join(sorted(unknown))} is no setting of this lab. "
                f"Use some of {', '.join(self._controls)}."
            )
        for name, value in settings.items():
            control = self._controls[name]
            if isinstance(control, Menu):
                allowed, within = f"one of {', '.join(map(repr, control.options))}", value in control.options
            else:
                allowed, within = (
                    f"from {control.low:g} to {control.high:g}",
                    control.low <= value <= control.high,
                )
            if not within:
                raise ValueError(f"{name} must be {allowed} in {control.label!r}, got {value!r}.")
        start = {name: control.start for name, control in self._controls.items()}
        return self._view(**start | settings, prediction=prediction)

    def show(self, prediction: float | str | None = None) -> None:
        """Display the lab below the cell.

        Args:
            prediction: what the learner predicted, drawn beside the result.
        """
        panel = _Panel(self, self._controls, prediction)
        # A page without a kernel, such as a repository's, shows the first picture.
        bundle = {"text/plain": panel.sentence, "text/html": panel.picture.value}
        display(panel.box._repr_mimebundle_() | bundle, raw=True)


class _Panel:
    """One display of a lab. JupyterLab may serve its controls on another thread than its cells."""

    def __init__(self, lab: Lab, controls: dict[str, Slider | Menu], prediction) -> None:
        self._lab, self._prediction = lab, prediction
        self._lock = threading.Lock()
        self._wanted: dict | None = None
        self._drawn: dict | None = None
        self.sentence = ""
        self.picture = widgets.HTML()
        self._start = {name: control.start for name, control in controls.items()}
        rows = []
        self._inputs = {}
        for name, control in controls.items():
            self._inputs[name], row = _row(control)
            self._inputs[name].observe(self._changed, names="value")
            rows.append(row)
        reset = widgets.Button(description="Reset", tooltip="Put every control back to its start")
        reset.on_click(lambda _: self._reset())
        self.box = widgets.VBox([*rows, reset, self.picture])
        self._draw(self._start)

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
        try:
            figure, sentence = self._lab.figure(prediction=self._prediction, **settings)
            self.picture.value, self.sentence = picture(figure, sentence), sentence
        except Exception as error:
            # A lab goes on: the learner reads what is wrong with this setting and moves the slider back.
            self.sentence = f"This setting cannot be drawn: {error}"
            self.picture.value = f'<p role="alert">{html.escape(self.sentence)}</p>'

    def _reset(self) -> None:
        for name, value in self._start.items():
            self._inputs[name].value = value


def _row(control: Slider | Menu) -> tuple[widgets.Widget, widgets.Widget]:
    """Return the widget that holds a control's value, and the row in which it stands."""
    wide = {"description_width": "8em"}
    if isinstance(control, Menu):
        menu = widgets.Dropdown(
            options=control.options, value=control.start, description=control.label, style=wide
        )
        return menu, menu
    bounds = {"min": control.low, "max": control.high, "step": control.step, "value": control.start}
    # The slider's handle has no name for a screen reader; the field beside it does, and takes typing.
    field = widgets.BoundedFloatText(
        **bounds, description=control.label, style=wide, layout=widgets.Layout(width="15em")
    )
    slider = widgets.FloatSlider(**bounds, readout=False, layout=widgets.Layout(width="20em"))

    # Not widgets.link, which drops what is moved on another thread while the picture is drawn.
    def type_in(change: dict) -> None:
        field.value = round(change["new"], 9)  # a slider at 3.75 says 3.7500000000000004

    def move(change: dict) -> None:
        # Written back to the slider, its own value would come when the learner has dragged on, and pull
        # the handle back.
        if round(slider.value, 9) != change["new"]:
            slider.value = change["new"]

    slider.observe(type_in, names="value")
    field.observe(move, names="value")
    return field, widgets.HBox([field, slider], layout=widgets.Layout(flex_flow="row wrap"))
