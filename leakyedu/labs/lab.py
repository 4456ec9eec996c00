"""The machinery of a lab: a picture, its sentence, and the controls that change both.

A lab is an ordinary function ``view(*axes, **settings, prediction=None) -> sentence`` that draws into
given axes, and one control for each setting. ``lab.figure(dt=2.0)`` gives the same picture as a figure
for paper.

Work that takes longer than a moved slider may wait is a generator, ``work(**settings)``: it yields how
much is done, from 0 to 1, and returns a result. A button starts it, another stops it, and the view gets
the result as ``result=``, or None as long as there is none for these settings.

In front of a class a lab is presented: its presets, named settings with a sentence each, tell what it
shows in five minutes. A learner alone has the controls; the presets would find for him what he is to find.
"""

import html
import threading
import time
from collections.abc import Callable, Generator, Sequence
from typing import NamedTuple

import ipywidgets as widgets
from IPython.display import display
from matplotlib.figure import Figure

from leakyedu.device import devices
from leakyedu.labs.canvas import Canvas
from leakyedu.labs.controls import Choice, Number, Presets
from leakyedu.plotting import new_figure, picture_of


class Slider(NamedTuple):
    """A number to choose.

    Attributes:
        label: what it is, with its unit, for example ``"dt (ms)"``.
        low: smallest value.
        high: largest value.
        step: distance between two values.
        start: value at the beginning and after *Reset*.
        plays: whether buttons move it on by itself, where it is a time.
    """

    label: str
    low: float
    high: float
    step: float
    start: float
    plays: bool = False


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


class Device(NamedTuple):
    """A choice among the devices that are there; the setting is the name of one.

    Attributes:
        recorded: what to call others, of which the view has a record.
        label: what it is.
    """

    recorded: tuple[str, ...] = ()
    label: str = "device"

    @property
    def options(self) -> tuple[str, ...]:
        """The names of those that are there, as torch knows them, then those on record."""
        return (*map(str, devices()), *self.recorded)

    @property
    def start(self) -> str:
        """The one that is there on which large work runs fastest."""
        return self.options[min(1, len(devices()) - 1)]


class Preset(NamedTuple):
    """Settings that show one thing, and what a teacher says of it.

    Attributes:
        name: two or three words, for a button.
        says: a sentence, for the class.
        settings: some of the controls' names; the others stand at their start.
    """

    name: str
    says: str
    settings: dict[str, float | str]


class Lab:
    """An experiment.

    Args:
        view: ``(*axes, **settings, prediction=None) -> sentence``. It draws anew each time, into axes
            that are empty; where it asks for the same limits and labels as before it is drawn fast.
        panes: number of axes, side by side.
        work: what takes longer, a generator ``(**settings)``; see the module's docstring.
        presets: what a teacher steps through, in order.
        controls: one control per setting, named as the view's argument.
    """

    def __init__(
        self,
        view: Callable[..., str],
        *,
        panes: int = 1,
        work: Callable[..., Generator[float, None, object]] | None = None,
        presets: Sequence[Preset] = (),
        **controls: Slider | Menu | Device,
    ) -> None:
        self.view, self.panes, self.work, self.controls = view, panes, work, controls
        self.presets = tuple(presets)

    @property
    def start(self) -> dict[str, float | str]:
        """The settings at the beginning."""
        return {name: control.start for name, control in self.controls.items()}

    def figure(self, *, prediction: object = None, result: object = None, **settings) -> tuple[Figure, str]:
        """Return the picture and its sentence, for ``plotting.show`` or for paper.

        Args:
            prediction: what the learner predicted, drawn beside the result.
            result: of :meth:`measure`, in a lab that has work to do.
            settings: some of the controls' names; the others stand at their start.

        Raises:
            TypeError: if a setting is none of the controls.
            ValueError: if a setting is one that its control cannot have.
        """
        settings = self._checked(settings)
        if self.work:
            settings["result"] = result
        figure, axes = new_figure(self.panes)
        return figure, self.view(*axes, **settings, prediction=prediction)

    def measure(self, **settings) -> object:
        """Do the work of a lab to its end and return its result; settings as in :meth:`figure`."""
        return finish(self.work(**self._checked(settings)))

    def _checked(self, settings: dict) -> dict:
        """Return all settings, or raise if one is none that a control can have."""
        unknown = settings.keys() - self.controls
        if unknown:
            raise TypeError(
                f"{', '.join(sorted(unknown))} is no setting of this lab. "
                f"Use some of {', '.join(self.controls)}."
            )
        for name, value in settings.items():
            control = self.controls[name]
            if isinstance(control, Slider):
                allowed = f"from {control.low:g} to {control.high:g}"
                within = control.low <= value <= control.high
            else:
                allowed, within = f"one of {', '.join(map(repr, control.options))}", value in control.options
            if not within:
                raise ValueError(f"{name} must be {allowed} in {control.label!r}, got {value!r}.")
        return self.start | settings

    def show(self, prediction: object = None) -> None:
        """Display the lab below the cell.

        Args:
            prediction: what the learner predicted, drawn beside the result.
        """
        _Panel(self, lambda: prediction).show()

    def present(self, title: str, prediction: Callable[[], object] = lambda: None) -> Callable[[], None]:
        """Display the lab for a class: its presets first, the picture, and the controls below.

        Args:
            title: what stands above it.
            prediction: returns what the class has predicted by then.

        Returns:
            A function that draws the lab anew, for when the class has predicted something else.
        """
        panel = _Panel(self, prediction, title)
        panel.show()
        return panel.draw


def finish(work: Generator[float, None, object]) -> object:
    """Do work to its end and return its result."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


class _Panel:
    """One display of a lab. JupyterLab may serve its controls on another thread than its cells.

    Args:
        lab: the lab.
        prediction: returns what was predicted.
        title: what stands above it in front of a class; None for a learner.
    """

    def __init__(self, lab: Lab, prediction: Callable[[], object], title: str | None = None) -> None:
        self._lab, self._prediction = lab, prediction
        self._canvas = Canvas(lab.panes)
        self._lock = threading.Lock()
        self._wanted: tuple | None = None
        self._drawn: tuple | None = None
        self._moving = False
        self._work = _Work(lab.work, self._settings, self.draw) if lab.work else None
        self.sentence = ""
        self.picture = widgets.HTML()
        self._inputs = {name: _widget(control) for name, control in lab.controls.items()}
        for widget in self._inputs.values():
            widget.observe(lambda _: self.draw(), names="value")
        reset = widgets.Button(description="Reset", tooltip="Put every control back to its start")
        reset.on_click(lambda _: self._put(lab.start))
        rows = [*self._inputs.values(), reset, *([self._work.box] if self._work else [])]
        if len(devices()) == 1 and any(isinstance(c, Device) for c in lab.controls.values()):
            rows.insert(0, widgets.HTML(NO_ACCELERATOR))
        if title is None:
            self.box = widgets.VBox([*rows, self.picture])
            self.draw()
        else:
            heading = widgets.HTML(f"<h2>{html.escape(title)}</h2>")
            self.box = widgets.VBox([heading, self._presets(), self.picture, widgets.VBox(rows)])

    def show(self) -> None:
        """Display it below the cell."""
        # A page without a kernel, such as a repository's, shows the first picture.
        bundle = {"text/plain": self.sentence, "text/html": self.picture.value}
        display(self.box._repr_mimebundle_() | bundle, raw=True)

    def _presets(self) -> Presets:
        """Return the buttons of the presets; the first one is chosen."""
        presets = self._lab.presets
        names, says = ([getattr(preset, field) for preset in presets] for field in ("name", "says"))
        buttons = Presets(names=names, says=says)

        def choose(number: int) -> None:
            buttons.chosen = number
            self._put(self._lab.start | presets[number].settings)

        buttons.on_msg(lambda _, content, __: choose(content["chosen"]))
        choose(0)
        return buttons

    def _settings(self) -> dict:
        return {name: widget.value for name, widget in self._inputs.items()}

    def draw(self) -> None:
        """Draw what the controls say, unless it is there already."""
        if self._moving:
            return
        settings = self._settings()
        self._wanted = settings, self._work.result_for(settings) if self._work else None, self._prediction()
        # Settings that a newer one overtakes while a picture is drawn are never drawn. The loop looks
        # again after the lock is free: a setting that came in between has nobody else to draw it.
        while self._wanted is not None and self._lock.acquire(blocking=False):
            try:
                wanted, self._wanted = self._wanted, None
                if wanted is not None and wanted != self._drawn:
                    self._draw(*wanted)
                    self._drawn = wanted
            finally:
                self._lock.release()

    def _draw(self, settings: dict, result: object, prediction: object) -> None:
        if self._work:
            settings = settings | {"result": result}

        def view(*axes) -> str:
            return self._lab.view(*axes, **settings, prediction=prediction)

        try:
            png, self.sentence = self._canvas.draw(view)
            self.picture.value = picture_of(png, self.sentence)
        except Exception as error:
            # A lab goes on: the learner reads what is wrong with this setting and moves the slider back.
            self.sentence = f"This setting cannot be drawn: {error}"
            self.picture.value = f'<p role="alert">{html.escape(self.sentence)}</p>'

    def _put(self, settings: dict) -> None:
        """Move all controls, and draw once."""
        self._moving = True
        try:
            for name, value in settings.items():
                self._inputs[name].value = value
        finally:
            self._moving = False
        self.draw()


class _Work:
    """Buttons to start and stop what takes longer, and how far it has come. It runs on its own thread."""

    def __init__(self, work: Callable, settings: Callable[[], dict], done: Callable[[], None]) -> None:
        self._work, self._settings, self._done = work, settings, done
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._result: tuple[dict, object] | None = None
        self._start = widgets.Button(description="Measure", tooltip="Measure with these settings")
        self._stop = widgets.Button(description="Stop", tooltip="Stop measuring", disabled=True)
        self._said = widgets.HTML()
        self._start.on_click(lambda _: self.start())
        self._stop.on_click(lambda _: self._stopped.set())
        self.box = widgets.HBox([self._start, self._stop, self._said])

    def result_for(self, settings: dict) -> object:
        """Return the result of these settings, or None."""
        return self._result[1] if self._result and self._result[0] == settings else None

    def start(self) -> threading.Thread | None:
        """Start, unless it is at work."""
        if not self._lock.acquire(blocking=False):
            return None
        self._stopped.clear()
        thread = threading.Thread(target=self._run, args=(self._settings(),), daemon=True)
        thread.start()
        return thread

    def _run(self, settings: dict) -> None:
        self._start.disabled, self._stop.disabled = True, False
        began = shown = time.perf_counter()
        share = 0.0
        self._say(share, "measuring")
        try:
            progress = self._work(**settings)
            while not self._stopped.is_set():
                share = next(progress)
                now = time.perf_counter()
                if share > 0 and now - shown > 0.1:  # more often nobody could read
                    shown = now
                    self._say(share, f"about {(now - began) * (1 - share) / share:.0f} s left")
            progress.close()
            self._say(share, "stopped")
        except StopIteration as end:
            self._result = settings, end.value
            self._said.value = ""
            self._done()
        except Exception as error:
            self._said.value = f'<p role="alert">This cannot be measured: {html.escape(str(error))}</p>'
        finally:
            self._start.disabled, self._stop.disabled = False, True
            self._lock.release()

    def _say(self, share: float, words: str) -> None:
        # The progress bar of ipywidgets has no name for a screen reader.
        bar = f'<progress aria-label="measured" value="{share:.2f}"></progress>'
        self._said.value = f'{bar} <span role="status">{share:.0%}, {words}</span>'


NO_ACCELERATOR = "<p>torch finds no accelerator on this machine; what you measure runs on its CPU.</p>"


def _widget(control: Slider | Menu | Device) -> widgets.Widget:
    """Return the widget that holds a control's value."""
    if not isinstance(control, Slider):
        return Choice(label=control.label, options=list(control.options), value=control.start)
    bounds = {"low": control.low, "high": control.high, "step": control.step, "plays": control.plays}
    return Number(label=control.label, value=control.start, **bounds)
