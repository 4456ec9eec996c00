"""A moved slider until its picture is new: our labs, and ``interact`` under a stock server.

The same pictures, the same browser, the same run. Time goes from the key that moves the slider until the
browser has a complete new picture; while dragging, each frame of the screen is looked at.
"""

import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import nbformat

from leakyedu.lessons import lessons
from leakyedu.teaching.canvas import Canvas
from leakyedu.teaching.lab import Slider
from tests.benchmarks import Row
from tests.browser.server import CHROMIUM, FLAGS, free_port, running

MOVES, SECONDS = 40, 2.0
LABS = [lesson.name for lesson in lessons() if lesson.lab]
OURS = "from leakyedu.lessons.{name} import lab\n\nlab.show()"
THEIRS = """import matplotlib.pyplot as plt
from ipywidgets import Dropdown, FloatSlider, interact
from leakyedu.lessons.{name}.lab import LAB as lab

def control(c):
    if hasattr(c, "step"):
        return FloatSlider(min=c.low, max=c.high, step=c.step, value=c.start, description=c.label)
    return Dropdown(options=c.options, value=c.start, description=c.label)

@interact(**{{name: control(c) for name, c in lab.controls.items()}})
def draw(**settings):
    figure, axes = plt.subplots(1, lab.panes, figsize=(6.4, 3.2), squeeze=False)
    print(lab.view(*axes[0], **settings))
    plt.show()"""
# Runs in the page: notes when a key or the mouse acts, when a new picture is there, and frames without one.
PROBE = """(output) => {
  const probe = window.probe = {begun: null, waits: [], pictures: 0, blank: 0, last: null};
  const picture = () => output.querySelector("img");
  probe.last = picture()?.src;
  document.addEventListener("keydown", () => { probe.begun = performance.now(); }, true);
  const look = () => {
    const img = picture();
    if (!img || !img.complete || !img.naturalWidth) probe.blank += 1;
    else if (img.src !== probe.last) {
      probe.last = img.src;
      probe.pictures += 1;
      if (probe.begun !== null) probe.waits.push(performance.now() - probe.begun);
      probe.begun = null;
    }
    requestAnimationFrame(look);
  };
  new MutationObserver(() => {
    const img = picture();
    if (img && img.src !== probe.last) img.decode().then(() => {
      if (img.src === probe.last) return;
      probe.last = img.src;
      probe.pictures += 1;
      if (probe.begun !== null) probe.waits.push(performance.now() - probe.begun);
      probe.begun = null;
    }, () => {});
  }).observe(output, {subtree: true, childList: true, attributes: true, attributeFilter: ["src"]});
  requestAnimationFrame(look);
}"""


class Took(NamedTuple):
    """What one lab took in one host."""

    waits: list[float]
    pictures: float
    blank: int


def measurements() -> list[Callable[[], list[Row]]]:
    """Return what is measured: each of the first six labs, in both hosts."""
    redraws = [partial(redraw, name) for name in LABS]
    if CHROMIUM is None:
        return [
            *redraws,
            lambda: [Row("no Chromium on the path, so no slider was moved; labs drawn", len(redraws))],
        ]
    return redraws + [partial(in_host, host, name) for host in ("JupyterLab", "Voila") for name in LABS[:6]]


def redraw(name: str) -> list[Row]:
    """Draw one lab at random settings, one slider moved at a time, without a browser."""
    lab = import_module(f"leakyedu.lessons.{name}.lab").LAB
    canvas, generator = Canvas(lab.panes), random.Random(name)
    settings, times = dict(lab.start), []
    for _ in range(60):
        setting, control = generator.choice(list(lab.controls.items()))
        if isinstance(control, Slider):
            steps = round((control.high - control.low) / control.step)
            settings[setting] = control.low + control.step * generator.randrange(steps + 1)
        else:
            settings[setting] = generator.choice(control.options)
        more = {"result": None} if lab.work else {}
        start = time.perf_counter()
        canvas.draw(partial(lab.view, **settings, **more, prediction=None))
        times.append(1000 * (time.perf_counter() - start))
    return [Row(f"a redraw of {name}, median, ms", statistics.median(times), "<= 60")]


def in_host(host: str, name: str) -> list[Row]:
    """Move one slider of a lab in both ways: of those that stand between their ends, the longest."""
    lab = import_module(f"leakyedu.lessons.{name}.lab").LAB
    sliders = [control for control in lab.controls.values() if isinstance(control, Slider)]
    longest = max(sliders, key=lambda c: (c.low < c.start < c.high, (c.high - c.low) / c.step))
    number = sliders.index(longest)
    ours, theirs = (
        measure(host, code.format(name=name), number, prompt)
        for code, prompt in ((OURS, True), (THEIRS, False))
    )
    median = [statistics.median(took.waits) for took in (ours, theirs)]
    late = [statistics.quantiles(took.waits, n=20)[-1] for took in (ours, theirs)]
    what = f"{name} in {host}"
    return [
        Row(f"{what}: median wait, ms", median[0]),
        Row(f"{what}: median wait / interact", median[0] / median[1], "<= 0.4"),
        Row(f"{what}: 95th percentile / interact", late[0] / late[1], "<= 0.45"),
        Row(f"{what}: pictures a second while dragging", ours.pictures),
        Row(f"{what}: pictures a second / interact", ours.pictures / theirs.pictures, ">= 2.5"),
        Row(f"{what}: frames without a picture", ours.blank, "<= 0"),
    ]


def measure(host: str, code: str, number: int, prompt: bool) -> Took:
    """Open a notebook of one cell, move one of its sliders by keys, then drag it."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        cells = [nbformat.v4.new_code_cell(code)]
        lessons = Path(folder, "lessons")
        lessons.mkdir()
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), lessons / "lab.ipynb")
        with served(host, lessons, prompt) as address:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            page = browser.new_page(viewport={"width": 1000, "height": 1000})
            page.goto(address)
            if host == "JupyterLab":
                page.locator("#jp-bottom-panel", has_text="(ipykernel) | Idle").wait_for(timeout=60_000)
                page.get_by_role("menuitem", name="Run", exact=True).click()
                page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
            output = page.locator(".jp-OutputArea:has(img)").first
            output.wait_for(timeout=60_000)
            page.wait_for_timeout(1_000)
            page.locator(".jp-OutputArea:has(img)").first.evaluate(PROBE)
            slider = page.get_by_role("slider").nth(number)
            slider.focus()
            for move in range(MOVES):
                page.keyboard.press("ArrowLeft" if move // 5 % 2 else "ArrowRight")
                page.wait_for_function("probe.begun === null", timeout=5_000)
                page.wait_for_timeout(50)
            waits = page.evaluate("probe.waits")
            pictures, blank = drag(page, slider)
            browser.close()
    return Took(waits, pictures, blank)


def drag(page, slider) -> tuple[float, int]:
    """Drag a slider to and fro; return the pictures a second, and the frames without one."""
    track = slider.locator("xpath=ancestor-or-self::*[contains(@class, 'noUi-target')]")
    box = (track if track.count() else slider).bounding_box()
    x, y, width, height = box["x"], box["y"], box["width"], box["height"]
    grip = slider.bounding_box()
    if grip["width"] > 100:  # a slider of the browser: its grip stands where its value is
        share = slider.evaluate("s => (s.value - s.min) / (s.max - s.min)")
        grip_x = x + 8 + share * (width - 16)
    else:
        grip_x = grip["x"] + grip["width"] / 2
    page.mouse.move(grip_x, y + height / 2)
    page.mouse.down()
    start = page.evaluate("(probe.pictures = 0, probe.blank = 0, performance.now())")
    moves = 0
    while (now := page.evaluate("performance.now()") - start) < 1000 * SECONDS:
        share = abs((now / 1000) % 2 - 1)  # from one end to the other in a second
        page.mouse.move(x + width * (0.05 + 0.9 * share), y + height / 2)
        moves += 1
    pictures, blank, took = page.evaluate(f"[probe.pictures, probe.blank, performance.now() - {start}]")
    page.mouse.up()
    return 1000 * pictures / took, blank


@contextmanager
def served(host: str, folder: Path, prompt: bool) -> Iterator[str]:
    """Serve a folder: with our connection as ``leakyedu lab`` does, or as Jupyter does on its own."""
    if host == "Voila":
        options = ["lab.ipynb", "--no-browser", f"--port={free_port()}", "--Voila.ip=127.0.0.1"]
        if prompt:
            options.append("--Voila.kernel_websocket_connection_class=leakyedu.app.server.PromptConnection")
        with running(folder, "voila", *options) as address:
            yield address
    elif prompt:
        with running(
            folder, "leakyedu.app.cli", "lab", "../lessons", "--no-browser", "--port", "0"
        ) as address:
            yield address.replace("00_start_here", "lab")
    else:
        options = ["--no-browser", "--port=0", "--ServerApp.ip=127.0.0.1", "--allow-root"]
        with running(folder, "jupyterlab", *options) as address:
            yield address.replace("/lab?", "/lab/tree/lab.ipynb?")
