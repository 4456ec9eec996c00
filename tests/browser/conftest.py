"""A learner's page: `leakyedu lab` on a free port, and a tab of Chromium that opens a lesson there."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest
from playwright.sync_api import Page

from tests.browser.notebook import SLOWLY, Lesson
from tests.browser.server import CHROMIUM, FLAGS, running


class Lab(NamedTuple):
    folder: Path
    progress: Path
    address: str
    token: str

    def url(self, name: str) -> str:
        """Return the address of a notebook, with no tab of an earlier test beside it."""
        return f"{self.address}/lab/tree/{name}?token={self.token}&reset"

    def api(self, path: str, method: str = "GET"):
        """Ask the server, as its page does."""
        headers = {"Authorization": f"token {self.token}"}
        with urlopen(
            Request(f"{self.address}/api/{path}", headers=headers, method=method), timeout=20
        ) as answer:
            return json.loads(answer.read() or "null")


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """Start the command as a learner does; return the folder of the lessons, the address and the token."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on the path")
    home = tmp_path_factory.mktemp("learner")
    with running(home, "leakyedu.app.cli", "lab", "--no-browser", "--port", "0") as address:
        host, token = re.match(r"(http://[^/]+)/lab\S*\?token=(\w+)", address).groups()
        yield Lab(home / "leakyedu-lessons", home / "progress", host, token)


@pytest.fixture(scope="session")
def chromium():
    if CHROMIUM is None:
        pytest.skip("no Chromium on the path")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


# Voila's page asks for its icons elsewhere. Nothing of ours needs them.
OF_VOILA = re.compile(r"https://cdn\.jsdelivr\.net/npm/@fortawesome/fontawesome-free@")


@pytest.fixture
def page(chromium):
    """Return a tab without a network, that fails its test if it asks for anything outside this machine."""
    page = chromium.new_page(viewport={"width": 1000, "height": 1000})
    page.set_default_timeout(SLOWLY)
    asked = []

    def refuse(route):
        asked.append(route.request.url)
        route.abort()

    page.route(re.compile(r"^(https?|wss?)://(?!127\.0\.0\.1[:/])"), refuse)
    yield page
    page.close()
    assert [url for url in asked if not OF_VOILA.match(url)] == []


@pytest.fixture
def screen(page):
    """Return a tab of a projector's size, in which nothing may complain or ask for anything elsewhere."""
    complaints, asked = [], []
    page.set_viewport_size({"width": 1280, "height": 720})
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    yield page
    outside = [
        url for url in asked if not re.match(r"(https?|wss?)://127\.0\.0\.1[:/]|data:|blob:|about:", url)
    ]
    print(f"{len(asked)} requests, {len(outside)} of them outside, {len(complaints)} complaints")
    assert len(asked) > 10
    assert outside == []
    assert complaints == []


@contextmanager
def clean_copy(page: Page, lab: Lab, name: str) -> Iterator[Lesson]:
    """Open a clean copy of a notebook with a kernel of its own, before a learner without a past."""
    copy = f"copy_{uuid4().hex[:8]}.ipynb"
    shutil.copy(lab.folder / name, lab.folder / copy)
    shutil.rmtree(lab.progress, ignore_errors=True)
    yield Lesson(page, lab.url(copy))
    for session in lab.api("sessions"):
        if session["path"] == copy:
            lab.api(f"sessions/{session['id']}", "DELETE")


@pytest.fixture
def lesson(page, lab):
    """Open lesson 4."""
    with clean_copy(page, lab, "04_one_euler_step.ipynb") as lesson:
        yield lesson


@pytest.fixture
def start_page(page, lab):
    """Open the start page."""
    with clean_copy(page, lab, "00_start_here.ipynb") as start_page:
        yield start_page
