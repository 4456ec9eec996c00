"""A learner's hands in a kernel: they use everything that the cells of a lesson have put on the page."""

import json
import time

import ipywidgets as widgets
from ipywidgets.widgets.widget import _instances

from leakyedu.exercises.exercise import Recall
from leakyedu.exercises.page import Field
from leakyedu.labs.controls import Choice, Number
from tests import watched


def use_the_page(recall: Recall | None) -> str:
    """Move each control to its ends, choose and type answers, press each button.

    Returns:
        One line of JSON: how often that was done, and what it did to the machine since the kernel began.
    """
    done = {"moves": 0, "pictures": 0, "still": [], "chosen": 0, "typed": 0, "pressed": 0}
    for box in _on_page(widgets.VBox):
        for control in (child for child in box.children if isinstance(child, (Number, Choice))):
            _move(control, box.children[-1], done)
    for menu in _on_page(widgets.RadioButtons):
        number = menu.description.removeprefix("Answer ")
        menu.value = recall.questions[int(number) - 1][1].right if number.isdigit() else menu.options[0][1]
        done["chosen"] += 1
    for field in _on_page(Field):
        field._handle_custom_msg({"answer": "no idea"}, [])  # as the page sends it
        done["typed"] += 1
    for button in _on_page(widgets.Button):
        button.click()
        done["pressed"] += 1
        _wait_for(button)
    said = [widget.value for widget in _on_page(widgets.HTML)]
    done["recalled"] = sum("passed" in record.read() for record in recall.records) if recall else 0
    done["alerts"] = [words for words in said if 'role="alert"' in words]
    seen = {"files": sorted(watched.files), "requests": watched.requests, "programs": watched.programs}
    return json.dumps(done | seen)


def _on_page(kind: type) -> list:
    return [widget for widget in list(_instances.values()) if isinstance(widget, kind)]


def _move(control: Number | Choice, picture: widgets.HTML, done: dict) -> None:
    start, before = control.value, done["pictures"]
    ends = control.options if isinstance(control, Choice) else (control.low, control.high)
    for value in (*ends, start):
        old = control.value, picture.value
        control.value = value
        done["moves"] += control.value != old[0]
        done["pictures"] += picture.value != old[1]
    done["still"] += [control.label] if done["pictures"] == before else []


def _wait_for(button: widgets.Button) -> None:
    """Wait as long as what a button has started is at work: it cannot be pressed again until then."""
    until = time.monotonic() + 60
    while button.description == "Measure" and button.disabled and time.monotonic() < until:
        time.sleep(0.02)
