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

import gc
import math
import threading
import time
from collections.abc import Callable, Generator, Sequence
from functools import cache
from numbers import Real
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from leakyedu import compiled
from leakyedu.device import devices
from leakyedu.teaching import wall
from leakyedu.teaching.canvas import Canvas
from leakyedu.teaching.figure import new_figure, our_style, picture_of
from leakyedu.teaching.live import Live
from leakyedu.teaching.markup import Html, element, join, printable

# The compiler takes a third of a lesson's memory on a small machine: a lab that is about it asks for it.
compiled.WORTH_LOADING = 2**22


class Slider(NamedTuple):
    """A number to choose.

    Attributes:
        label: what it is, with its unit where it has one, for example ``"dt (ms)"``.
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
        name: two or three words, for a button: what is set, and not what comes of it.
        says: a sentence, for the class when it has spoken: it comes when the button is pressed again.
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
        asked: some of the controls' names, with what the question gave whose answer is the prediction: there
            it is drawn, and nowhere else. None is any value; a time line need not be named, and the
            others are asked for at their start.
        controls: one control per setting, named as the view's argument.
    """

    def __init__(
        self,
        view: Callable[..., str],
        *,
        panes: int = 1,
        work: Callable[..., Generator[float, None, object]] | None = None,
        presets: Sequence[Preset] = (),
        asked: dict[str, float | str | None] | None = None,
        **controls: Slider | Menu | Device,
    ) -> None:
        self.view, self.panes, self.work, self.controls = view, panes, work, controls
        self.presets = tuple(presets)
        plays = {name: None for name, control in controls.items() if getattr(control, "plays", False)}
        self._asked = plays | (asked or {})

    @property
    def start(self) -> dict[str, float | str]:
        """The settings at the beginning."""
        return {name: control.start for name, control in self.controls.items()}

    @property
    def asked(self) -> dict[str, float | str]:
        """The settings to which a prediction belongs; a control that is not among them does not matter."""
        return {name: value for name, value in (self.start | self._asked).items() if value is not None}

    def figure(self, *, prediction: object = None, result: object = None, **settings) -> tuple[Figure, str]:
        """Return the picture and its sentence, for ``plotting.show`` or for paper.

        Args:
            prediction: what the learner predicted, drawn beside the result where that was asked.
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
        with our_style():
            return figure, self.draw(*axes, **settings, prediction=prediction)

    def draw(self, *axes: Axes, prediction: object, **settings) -> str:
        """Call the view, with a prediction only at the settings of its question; return the sentence.

        Elsewhere the line would lie beside a result that nobody predicted, and seem right or wrong there.
        """
        elsewhere = [name for name, value in self.asked.items() if settings[name] != value]
        if prediction is None or not elsewhere:
            return self.view(*axes, **settings, prediction=prediction)
        sentence = self.view(*axes, **settings, prediction=None)
        where = ", ".join(_in_words(self.controls[name], self.asked[name]) for name in elsewhere)
        return f"{sentence} Your prediction is drawn at {where}."

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

    def within(self, wanted: dict, now: dict | None = None) -> dict[str, float | str]:
        """Return the settings that a page wants as they can be, and as they are ``now`` where they cannot.

        A number stays within its bounds, and 3.75 does not become 3.7500000000000004.
        """
        settings = dict(now or self.start)
        for name, control in self.controls.items():
            value = wanted.get(name)
            if not isinstance(control, Slider):
                settings[name] = value if value in control.options else settings[name]
            elif isinstance(value, Real) and math.isfinite(value):
                settings[name] = min(control.high, max(control.low, round(float(value), 9)))
        return settings

    def show(self, prediction: object = None) -> None:
        """Display the lab below the cell; in front of a class its presets first, the picture, and the controls below.

        Args:
            prediction: what was predicted, drawn beside the result where that was asked.
        """
        _leave_modules_alone()
        if (place := wall.place()) is None:
            self.on_page(prediction).show(self)
        elif self in place.panels:
            place.panels[self].predict(prediction)
        else:
            place.panels[self] = panel = _Panel(self, prediction, place.title)
            panel.show()

    def on_page(self, prediction: object = None) -> Live:
        """Return the picture with its controls, as for :meth:`show`."""
        return _Panel(self, prediction).live


@cache
def _leave_modules_alone() -> None:
    """Let Python look for garbage in what is made from now on: else a moved slider stands still for 0.15 s a second."""
    gc.collect()
    gc.freeze()


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
        prediction: what was predicted.
        title: what stands above it in front of a class; None for a learner.
    """

    def __init__(self, lab: Lab, prediction: object, title: str | None = None) -> None:
        self._lab, self._prediction = lab, prediction
        self._canvas = Canvas(lab.panes)
        self._place: tuple[float, ...] | None = None
        self._lock = threading.Lock()
        self.sentence = ""
        self._work = _Work(lab.work) if lab.work else None
        start, presets = lab.within(lab.start), [lab.within(preset.settings) for preset in lab.presets]
        settings = start if title is None else presets[0]
        self._wanted: tuple | None = None
        self._drawn: tuple = settings, None, prediction, None
        rows = [_part(name, control) for name, control in lab.controls.items()]
        rows.append([{"kind": "reset"}, *(_Work.ROW if lab.work else ())])
        words = {}
        if len(devices()) == 1 and any(isinstance(c, Device) for c in lab.controls.values()):
            rows.insert(0, {"kind": "words", "name": "note"})
            words["note"] = NO_ACCELERATOR
        if title is None:
            rows.append({"kind": "picture"})
        else:
            names, says = ([getattr(preset, field) for preset in lab.presets] for field in ("name", "says"))
            buttons = {"kind": "presets", "names": names, "says": says, "settings": presets}
            rows = [{"kind": "words", "name": "title"}, buttons, {"kind": "picture", "fits": True}, *rows]
            words["title"] = element("h2", title)
        name, control = next(iter(lab.controls.items()))
        value = control.high if isinstance(control, Slider) else control.options[-1]
        self.live = Live(
            *rows,
            respond=self._respond,
            kept=lambda: {"text/plain": printable(self.sentence), "text/html": self.live.picture},
            asleep="To move the controls, run the first code cell, then this one. "
            f"Or draw another picture: `plotting.show(*lab.figure({name}={value!r}))`.",
            picture=self._picture(*self._drawn),
            settings=settings,
            start=start,
            words=words,
            off=["Stop"],
        )
        if self._work:
            self._work.live, self._work.done = self.live, self.draw
            self.live.observe(lambda _: self._work.stop(), "comm")  # closed, as when its cell runs again

    def show(self) -> None:
        """Display it below the cell."""
        self.live.show(self._lab)

    def predict(self, prediction: object) -> None:
        """Draw what is predicted by now."""
        self._prediction = prediction
        self.draw()

    def _respond(self, message: dict) -> None:
        if "settings" in message:
            self.live.settings = self._lab.within(message["settings"], self.live.settings)
            self.draw()
        elif message.get("press") == "Measure":
            self._work.start(self.live.settings)
        elif message.get("press") == "Stop":
            self._work.stop()
        elif "place" in message:
            self._place = _drawable(*map(float, message["place"]))
            self.draw()
        else:
            self.live.keep()

    def draw(self) -> None:
        """Draw what the controls say, unless it is there already."""
        settings = self.live.settings
        result = self._work.result_for(settings) if self._work else None
        self._wanted = settings, result, self._prediction, self._place
        # Settings that a newer one overtakes while a picture is drawn are never drawn. The loop looks
        # again after the lock is free: a setting that came in between has nobody else to draw it.
        while self._wanted is not None and self._lock.acquire(blocking=False):
            try:
                wanted, self._wanted = self._wanted, None
                if wanted is not None and wanted != self._drawn:
                    self.live.picture = self._picture(*wanted)
                    self._drawn = wanted
            finally:
                self._lock.release()

    def _picture(self, settings: dict, result: object, prediction: object, place: tuple | None) -> Html:
        if self._work:
            settings = settings | {"result": result}

        def view(*axes) -> str:
            return self._lab.draw(*axes, **settings, prediction=prediction)

        if place != self._drawn[3]:
            self._canvas.fit(*place)
        try:
            png, self.sentence = self._canvas.draw(view)
            return picture_of(png, self.sentence)
        except Exception as error:
            # A lab goes on: the learner reads what is wrong with this setting and moves the slider back.
            self.sentence = f"This setting cannot be drawn: {error}"
            return element("p", self.sentence, role="alert")


_one_at_a_time = threading.Lock()  # two would measure each other, and share the number of torch's threads


class _Work:
    """What takes longer: started and stopped by buttons, it says how far it has come. It has its own thread.

    Attributes:
        live: where it says so.
        done: is called when there is a result.
    """

    ROW = (
        {"kind": "button", "name": "Measure", "does": "Measure with these settings"},
        {"kind": "button", "name": "Stop", "does": "Stop measuring"},
        {"kind": "words", "name": "work"},
    )

    def __init__(self, work: Callable) -> None:
        self._work = work
        self.live: Live | None = None
        self.done: Callable[[], None] = lambda: None
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._result: tuple[dict, object] | None = None

    def result_for(self, settings: dict) -> object:
        """Return the result of these settings, or None."""
        return self._result[1] if self._result and self._result[0] == settings else None

    def start(self, settings: dict) -> threading.Thread | None:
        """Start, unless it is at work."""
        if not self._lock.acquire(blocking=False):
            return None
        self._stopped.clear()
        thread = threading.Thread(target=self._run, args=(settings,), daemon=True)
        thread.start()
        return thread

    def stop(self) -> None:
        """Stop soon."""
        self._stopped.set()

    def _run(self, settings: dict) -> None:
        self.live.off = ["Measure"]
        began = shown = time.perf_counter()
        share = 0.0
        self._say(share, "measuring")
        try:
            with _one_at_a_time:
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
            self.live.say(work="")
            self.done()
            self.live.keep()
        except Exception as error:
            self.live.say(work=element("p", f"This cannot be measured: {error}", role="alert"))
        finally:
            self.live.off = ["Stop"]
            self._lock.release()

    def _say(self, share: float, words: str) -> None:
        bar = element("progress", aria_label="measured", value=f"{share:.2f}")
        said = element("span", f"{share:.0%}, {words}", role="status")
        self.live.say(work=join(bar, " ", said))


FEWEST, MOST = 640, 4096  # dots of a picture's width: those of a page, and those of a wall of 2,160 lines


def _drawable(width: float, height: float, letter: float) -> tuple[float, ...]:
    """Return a place with as many dots as a picture can have, in the same shape, and its letters."""
    scale = min(max(width, FEWEST), MOST) / max(width, 1)
    return tuple(scale * length for length in (width, min(max(height, width / 6), width), letter))


NO_ACCELERATOR = element("p", "torch finds no accelerator on this machine; what you measure runs on its CPU.")


def _in_words(control: Slider | Menu | Device, value: float | str) -> str:
    """Return a setting as it is written in a sentence: ``dt = 1 ms``."""
    name, _, unit = control.label.removesuffix(")").partition(" (")
    if not isinstance(control, Slider):
        return f"{name} = {value}"
    return f"{name} = {value:g} {unit}".rstrip()


def _part(name: str, control: Slider | Menu | Device) -> dict:
    """Return the row of a control."""
    if not isinstance(control, Slider):
        return {"kind": "menu", "name": name, "label": control.label, "options": list(control.options)}
    numbers = {"low": control.low, "high": control.high, "step": control.step, "plays": control.plays}
    return {"kind": "number", "name": name, "label": control.label, **numbers}
