"""Labs, recorded: a page without Python shows pictures that were drawn when it was made.

Recorded is what the lessons tell a learner to do: from the start, one control is moved at a time; and each
preset. Nothing else is shown. A control that is moved after another one puts that one back to its start.
"""

import hashlib
import io
import itertools
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from leakyedu.device import devices
from leakyedu.teaching.canvas import Canvas
from leakyedu.teaching.lab import Device, Lab, Menu, Slider

MOST = 25  # values of a control
COLOURS = 48  # of a picture: its lines have few, and the rest are their edges
Settings = dict[str, float | str]


def values(control: Slider | Menu | Device, told: set[float | str] = frozenset()) -> list[float | str]:
    """Return the values of a control that are recorded, in order.

    Args:
        control: a slider has the smallest round step with which they are few enough, and its ends.
        told: values that a preset or a question names, which a slider has too.
    """
    if isinstance(control, Device):
        return list(control.recorded)
    if isinstance(control, Menu):
        return list(control.options)
    steps = round((control.high - control.low) / control.step)
    for coarse in _round_multiples(control.step):
        first, last = math.ceil(control.low / coarse - 1e-9), math.floor(control.high / coarse + 1e-9)
        grid = range(first, last + 1) if coarse > control.step else range(steps + 1)
        offset = 0.0 if coarse > control.step else control.low
        found = {round(offset + n * coarse, 9) for n in grid} | {
            control.low,
            control.high,
            control.start,
            *told,
        }
        if len(found) <= MOST:
            return sorted(found)


def _round_multiples(step: float) -> Iterator[float]:  # without end
    yield step
    power = math.floor(math.log10(step))
    for exponent in itertools.count(power):
        for digit in (1, 2, 2.5, 5):
            coarse = round(digit * 10.0**exponent, 9)
            times = coarse / step
            if times > 1.5 and abs(times - round(times)) < 1e-6:
                yield coarse


def starts(lab: Lab) -> Settings:
    """Return the settings at the beginning; times on the machine that makes the page are no record."""
    return {name: values(c)[0] if isinstance(c, Device) else c.start for name, c in lab.controls.items()}


def shots(lab: Lab) -> list[Settings]:
    """Return the settings of all pictures of a lab, the start first."""
    start = starts(lab)
    here = set(map(str, devices()))
    presets = [start | preset.settings for preset in lab.presets]
    presets = [settings for settings in presets if not here & set(map(str, settings.values()))]
    found = [start]
    for name, control in lab.controls.items():
        told = (
            {settings[name] for settings in (*presets, lab.start | lab.asked)}
            if isinstance(control, Slider)
            else ()
        )
        found += [start | {name: value} for value in values(control, set(told))]
    found += presets
    return [settings for n, settings in enumerate(found) if settings not in found[:n]]


def record(lab: Lab, folder: Path, say: Callable[[float], None] = lambda share: None) -> dict[str, Any]:
    """Draw a lab at all its settings.

    Args:
        lab: what is drawn.
        folder: where the pictures go; it is made if it is not there.
        say: is called with the share that is done.

    Returns:
        What a page shows: ``rows`` and ``start`` as ``live.js`` has them, ``size`` of a picture in pixels,
        and ``shots``, each with its ``settings``, the name of its picture and its sentence.
    """
    folder.mkdir(parents=True, exist_ok=True)
    canvas, taken, size = Canvas(lab.panes), shots(lab), (0, 0)
    table = []
    for n, settings in enumerate(taken):
        drawn = settings | ({"result": None} if lab.work else {})

        def view(*axes, drawn=drawn) -> str:
            return lab.draw(*axes, **drawn, prediction=None)

        png, sentence = canvas.draw(view)
        picture, size = small(png)
        name = f"{hashlib.sha256(picture).hexdigest()[:16]}.webp"
        (folder / name).write_bytes(picture)
        table.append({"settings": settings, "picture": name, "sentence": sentence})
        say((n + 1) / len(taken))
    return {"rows": _rows(lab, taken), "start": starts(lab), "size": size, "shots": table}


def small(png: bytes) -> tuple[bytes, tuple[int, int]]:
    """Return a drawn picture in few colours, without loss of any other kind, and its size in pixels."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    few = picture.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    file = io.BytesIO()
    few.convert("RGB").save(file, "webp", lossless=True, quality=60, method=4)
    return file.getvalue(), picture.size


def _rows(lab: Lab, taken: list[Settings]) -> list[dict[str, Any] | list[dict[str, Any]]]:
    """Return the rows of ``live.js``: the picture between what moves it and what sets several controls."""
    start = starts(lab)

    def recorded(row: dict[str, Any]) -> dict[str, Any]:
        name = row["name"]
        if row["kind"] == "menu":
            return {"options": values(lab.controls[name])}
        return {"values": sorted({s[name] for s in taken if s | {name: start[name]} == start})}

    rows: list[dict[str, Any] | list[dict[str, Any]]] = [
        row | recorded(row)
        for row in lab.on_page().rows
        if isinstance(row, dict) and row["kind"] in ("number", "menu")
    ]
    shown = [(preset, start | preset.settings) for preset in lab.presets if start | preset.settings in taken]
    rows += [[{"kind": "reset"}], {"kind": "words", "name": "said"}, {"kind": "picture"}]
    if shown:
        names, says = ([getattr(preset, field) for preset, _ in shown] for field in ("name", "says"))
        rows.append({"kind": "words", "name": "presets"})
        rows.append({"kind": "presets", "names": names, "says": says, "settings": [s for _, s in shown]})
    return rows
