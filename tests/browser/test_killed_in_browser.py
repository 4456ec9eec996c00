"""The kernel, the server or the browser is killed in a lesson: what was saved and passed is there."""

import json
import re
import shutil
import time
from pathlib import Path
from uuid import uuid4

import psutil
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Lab
from tests.browser.notebook import SLOWLY, Lesson
from tests.browser.server import CHROMIUM, FLAGS, running

pytestmark = pytest.mark.slow

LESSON = "04_one_euler_step.ipynb"
STEP = """def my_step(x, state, p, dt):
    return li_feed_forward_step(x, state, p, dt)[1]


ex.step.check(my_step)"""
PREDICTION = "ex.peak_time.predict(7.5)"
MAP = "from leakyedu.app import course_map\n\ncourse_map.table()"
UNSAVED = "print('the last words')"


def run(lesson: Lesson, source: str) -> None:
    """Run a cell as it is."""
    lesson.cell(source).locator(".cm-content").click()
    lesson.page.keyboard.press("Control+Enter")
    lesson.idle()


def work(lesson: Lesson) -> None:
    """Predict, pass the exercise and save."""
    run(lesson, "import torch")
    lesson.rewrite("ex.peak_time.predict", PREDICTION)
    expect(lesson.rewrite("def my_step", STEP)).to_contain_text("Right.", timeout=SLOWLY)
    lesson.save()


def is_kept(lesson: Lesson, path: Path, progress: Path) -> bool:
    """Tell whether the notebook on the disk and the record of what was done are whole."""
    sources = ["".join(cell["source"]) for cell in json.loads(path.read_text("utf-8"))["cells"]]
    records = json.loads((progress / "progress.json").read_text("utf-8"))["records"]
    passed, predicted = records["one_euler_step.step"], records["one_euler_step.peak_time"]
    return {STEP, PREDICTION} <= set(sources) and "passed" in passed and predicted["prediction"] == 7.5


def expect_the_tick(lesson: Lesson) -> None:
    """Run the set-up cell, and find the exercise on the map."""
    run(lesson, "import torch")
    lesson.rewrite("ex.recall.show()", f"{MAP}  # ex.recall.show()")
    row = lesson.cell("course_map.table").get_by_role("row").filter(has_text="One Euler step")
    expect(row).to_contain_text(re.compile(r"1 of \d"), timeout=SLOWLY)


def kernel_of(server: psutil.Process, lab: Lab, name: str) -> psutil.Process:
    """Return the process of a notebook's kernel, found by the connection file that it was given."""
    (kernel,) = (session["kernel"]["id"] for session in lab.api("sessions") if session["path"] == name)
    (process,) = (child for child in server.children() if kernel in " ".join(child.cmdline()))
    return process


def server_of(folder: Path) -> psutil.Process:
    """Return the process of the server that runs in a folder; the newest, if others were killed there."""
    newest = max((folder / "runtime").glob("jpserver-*.json"), key=lambda path: path.stat().st_mtime)
    return psutil.Process(json.loads(newest.read_text())["pid"])


def lab_at(home: Path, address: str) -> Lab:
    host, token = re.match(r"(http://[^/]+)/lab\S*\?token=(\w+)", address).groups()
    return Lab(home / "leakyedu-lessons", home / "progress", host, token)


@pytest.mark.thorough
def test_after_a_killed_kernel_the_lesson_goes_on_where_it_was(lesson, lab):
    work(lesson)
    name = re.search(r"copy_\w+\.ipynb", lesson.url)[0]
    kept = []

    for delay in (0, 0.2, 1):
        time.sleep(delay)
        kernel_of(server_of(lab.folder.parent), lab, name).kill()
        kept.append(is_kept(lesson, lab.folder / name, lab.progress))
        expect(lesson.page.get_by_text("appears to have died")).to_be_visible(timeout=SLOWLY)
        lesson.page.locator(".jp-Dialog").get_by_role("button", name="Ok").click()
        lesson.idle()
        run(lesson, "import torch")

    print(f"\n{len(kept)} kills of a kernel: {kept.count(False)} losses")
    assert kept == [True] * 3
    expect_the_tick(lesson)


@pytest.mark.thorough
def test_after_a_killed_server_the_lesson_opens_as_it_was_saved(chromium, tmp_path):
    command, kept, on_disk = ("leakyedu.app.cli", "lab", "--no-browser", "--port", "0"), [], []
    path = tmp_path / "leakyedu-lessons" / LESSON
    page = chromium.new_page(viewport={"width": 1000, "height": 1000})

    with running(tmp_path, *command) as address:
        lab = lab_at(tmp_path, address)
        lesson = Lesson(page, lab.url(LESSON))
        work(lesson)
        lesson.rewrite("ex.by_hand.check()", UNSAVED)
        server_of(tmp_path).kill()
        kept.append(is_kept(lesson, path, lab.progress))
        on_disk.append(UNSAVED in path.read_text("utf-8"))
    with running(tmp_path, *command) as address:
        lab = lab_at(tmp_path, address)
        lesson = Lesson(page, lab.url(LESSON))
        expect_the_tick(lesson)
        lesson.rewrite("ex.by_hand.check()", UNSAVED)
        started = time.monotonic()
        while UNSAVED not in path.read_text("utf-8") and time.monotonic() < started + 60:
            time.sleep(0.2)
        waited = time.monotonic() - started
        server_of(tmp_path).kill()
        kept.append(is_kept(lesson, path, lab.progress))
        on_disk.append(UNSAVED in path.read_text("utf-8"))
    print(
        f"\n{len(kept)} kills of the server: {kept.count(False)} losses of what was saved; "
        f"what was just typed is on the disk after {waited:.0f} s"
    )
    assert kept == [True, True]
    assert on_disk == [False, True]
    with running(tmp_path, *command) as address:
        lesson = Lesson(page, lab_at(tmp_path, address).url(LESSON))
        expect(lesson.cell(UNSAVED)).to_be_visible()
    page.close()


@pytest.mark.thorough
def test_after_a_killed_browser_the_kernel_goes_on(chromium, lab):
    name, mark = f"copy_{uuid4().hex[:8]}.ipynb", f"--leakyedu-test={uuid4().hex}"
    shutil.copy(lab.folder / LESSON, lab.folder / name)
    shutil.rmtree(lab.progress, ignore_errors=True)
    kernels, kept = [], []

    for n in range(3):
        browser = chromium.browser_type.launch(executable_path=CHROMIUM, args=[*FLAGS, mark])
        lesson = Lesson(browser.new_page(viewport={"width": 1000, "height": 1000}), lab.url(name))
        if n == 0:
            work(lesson)
            lesson.rewrite("li_feed_forward_step(x", "mine = 41  # li_feed_forward_step(x")
            lesson.save()
        kernels.append(kernel_of(server_of(lab.folder.parent), lab, name).pid)
        time.sleep(n / 4)
        kill_the_browser(mark)
        kept.append(is_kept(lesson, lab.folder / name, lab.progress))
    page = chromium.new_page(viewport={"width": 1000, "height": 1000})
    lesson = Lesson(page, lab.url(name))

    print(f"\n{len(kept)} kills of a browser: {kept.count(False)} losses, {len(set(kernels))} kernel")
    assert kept == [True] * 3
    assert len(set(kernels)) == 1
    expect(lesson.rewrite("mine = 41", "print(mine + 1, 'is still there')")).to_contain_text(
        "42 is still there"
    )
    expect_the_tick(lesson)
    page.close()


def kill_the_browser(mark: str) -> None:
    """Kill the Chromium that was started with a mark, its first process and what it has started."""
    mine = [child for child in psutil.Process().children(recursive=True) if mark in child.cmdline()]
    assert mine
    for process in mine:
        process.kill()
