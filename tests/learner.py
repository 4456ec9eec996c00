"""A learner's hands in a kernel: they use everything that the cells of a lesson have put on the page."""

import json
import time

from ipywidgets.widgets.widget import _instances

from leakyedu.teaching.exercise import Recall
from leakyedu.teaching.live import Live
from tests import watched


def use_the_page(recall: Recall | None) -> str:
    """Move each control to its ends, choose and type answers, press each button.

    Returns:
        One line of JSON: how often that was done, and what it did to the machine since the kernel began.
    """
    done = {"moves": 0, "pictures": 0, "still": [], "chosen": 0, "typed": 0, "pressed": 0}
    said = []
    for live in [widget for widget in list(_instances.values()) if isinstance(widget, Live)]:
        for part in [part for row in live.rows for part in (row if isinstance(row, list) else [row])]:
            if part["kind"] in ("number", "menu"):
                _move(live, part, done)
            elif part["kind"] == "options":
                number = part["label"].removeprefix("Answer ")
                first, *_ = part["options"][0]
                right = recall.questions[int(number) - 1][1].right if number.isdigit() else first
                live.receive({"answer": right, "name": part["name"]})
                done["chosen"] += 1
            elif part["kind"] == "field":
                live.receive({"answer": "no idea", "name": part["name"]})
                done["typed"] += 1
            elif part["kind"] == "button":
                live.receive({"press": part["name"]})
                done["pressed"] += 1
                _wait_for(live)
        said += [live.picture, *live.words.values()]
    done["recalled"] = sum("passed" in record.read() for record in recall.records) if recall else 0
    done["alerts"] = [words for words in said if 'role="alert"' in words]
    seen = {"files": sorted(watched.files), "requests": watched.requests, "programs": watched.programs}
    return json.dumps(done | seen)


def _move(live: Live, part: dict, done: dict) -> None:
    name, before = part["name"], done["pictures"]
    ends = part["options"] if part["kind"] == "menu" else (part["low"], part["high"])
    for value in (*ends, live.settings[name]):
        old = live.settings, live.picture
        live.receive({"settings": live.settings | {name: value}})
        done["moves"] += live.settings != old[0]
        done["pictures"] += live.picture != old[1]
    done["still"] += [part["label"]] if done["pictures"] == before else []


def _wait_for(live: Live) -> None:
    """Wait as long as what a button has started is at work: it cannot be pressed again until then."""
    until = time.monotonic() + 60
    while "Measure" in live.off and time.monotonic() < until:
        time.sleep(0.02)
