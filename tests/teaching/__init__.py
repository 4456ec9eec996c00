"""Tests of what every lesson uses, and what they share."""

import io

from ipywidgets.widgets.widget import _instances
from PIL import Image

from leakyedu.teaching.exercise import Exercise
from leakyedu.teaching.lab import Lab
from leakyedu.teaching.live import Live


def fresh(exercise: Exercise) -> Exercise:
    """Return the exercise as a new kernel has it: no hint given, nothing passed."""
    return Exercise(exercise.question, exercise.kind, exercise.hints, exercise._solution)


def show(monkeypatch, lab: Lab, **arguments) -> tuple[dict, Live]:
    """Show a lab; return what stays of it in the file, and what is alive."""
    bundles = []
    monkeypatch.setattr("leakyedu.teaching.live.display", lambda bundle, **_: bundles.append(bundle))
    lab.show(**arguments)
    kept, place = bundles
    return kept, live_in(place)


def live_in(place: dict) -> Live:
    """Return what fills a place on the page."""
    alive = [widget for widget in list(_instances.values()) if isinstance(widget, Live)]
    (live,) = [widget for widget in alive if f'id="{widget.place}"' in place["text/html"]]
    return live


def parts(live: Live, kind: str) -> list[dict]:
    """Return the parts of a kind, in order."""
    rows = [row if isinstance(row, list) else [row] for row in live.rows]
    return [part for row in rows for part in row if part["kind"] == kind]


def move(live: Live, **settings) -> None:
    """Move controls, as the page does."""
    live.receive({"settings": live.settings | settings, "mark": "a move"})


def press(live: Live, name: str) -> None:
    """Press a button, as the page does."""
    assert name in [part["name"] for part in parts(live, "button")]
    live.receive({"press": name, "mark": "a press"})


def answer(live: Live, given: str, name: str = "answer") -> None:
    """Send or choose an answer, as the page does."""
    assert name in [part["name"] for part in parts(live, "field") + parts(live, "options")]
    live.receive({"answer": given, "name": name, "mark": "an answer"})


def caption_of(live: Live) -> str:
    """Return the caption of a lab's picture."""
    return live.picture.rpartition("<figcaption>")[2].partition("</figcaption>")[0]


def pixels(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("RGB")
