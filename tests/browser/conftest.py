"""A learner's page: `leakyedu lab` on a free port, and a tab of Chromium that opens a lesson there."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import NamedTuple
from urllib.request import Request, urlopen

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


class Lab(NamedTuple):
    folder: Path
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
    server = subprocess.Popen(
        [sys.executable, "-m", "leakyedu.cli", "lab", "--no-browser", "--port", "0"],
        cwd=home,
        env={**os.environ, "JUPYTER_CONFIG_DIR": str(home), "JUPYTER_RUNTIME_DIR": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )  # fmt: skip
    lines, found, ready = [], [], threading.Event()

    def read() -> None:
        # To the end, or a full pipe would stop the server.
        for line in server.stdout:
            lines.append(line)
            if not found and (match := re.search(r"(http://127\.0\.0\.1:\d+)/lab\S*\?token=(\w+)", line)):
                found.append(match.groups())
                ready.set()

    reader = threading.Thread(target=read)
    reader.start()
    assert ready.wait(60), "".join(lines)
    yield Lab(home / "leakyedu-lessons", *found[0])
    server.send_signal(signal.SIGTERM)
    server.wait(20)
    reader.join()
    server.stdout.close()


@pytest.fixture(scope="session")
def chromium(lab):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium):
    """Return a tab that fails its test if it asks for anything outside this machine."""
    page = chromium.new_page(viewport={"width": 1000, "height": 1000})
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    yield page
    page.close()
    outside = [url for url in asked if not re.match(r"(https?|wss?)://127\.0\.0\.1[:/]|data:|blob:", url)]
    assert outside == []
