"""Lessons on a wall: what ``leakyedu demo`` shows, and the server that shows it.

Of a lesson a class sees the predictions and the lab, in large type and without code; :func:`on_a_wall`
writes that notebook. Voila serves it, from a folder that is thrown away in the end, and keeps a kernel
ready that has run it already. Each page begins without votes.
"""

import ast
import json
import re
import secrets
import tempfile
import threading
import webbrowser
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import psutil
import tornado.web
from tornado.netutil import bind_sockets
from traitlets import Bool, Instance, List
from voila.app import Voila, VoilaContentsHandler
from voila.handler import BaseVoilaHandler
from voila.shutdown_kernel_handler import VoilaShutdownKernelHandler
from voila.tornado.treehandler import TornadoVoilaTreeHandler

from leakyedu.lessons import LESSONS, lessons

PAGE = Path(__file__).resolve().parent / "jupyter/demo"
KERNEL = 300_000_000  # bytes that a kernel takes which has run a lesson, and some more
EXTENSIONS = ["@voila-dashboards/widgets-manager8", "@jupyter-widgets/jupyterlab-manager", "anywidget"]
APART = 5.0  # seconds between the starts of two kernels, so that the menu answers meanwhile


class Lesson(NamedTuple):
    """A lesson that can be shown.

    Attributes:
        number: its number in the course.
        title: its heading.
        notebook: the name of its notebook.
    """

    number: int
    title: str
    notebook: str

    @property
    def address(self) -> str:
        """Where it is on the server."""
        return f"voila/render/{self.notebook}"


# -- The notebook ----------------------------------------------------------------------------------


def on_a_wall(lesson: dict) -> dict:
    """Return the notebook that a class sees of a lesson.

    It has the lesson's first code cell, a cell for each prediction with what belongs to it, and the lab.
    What stands between ``predict`` and ``compare`` becomes a function that runs when a button is pressed:
    so it finds the vote, and leaves nothing behind. It shows what is printed and drawn; a formula that a
    cell ends with would stand on the wall without its derivation.

    Args:
        lesson: a notebook of the course.
    """
    opening, first, *others = lesson["cells"]
    title, begin = _heading("# ", opening), "".join(first["source"])
    return {
        "cells": [
            _cell("markdown", f"# {title}"),
            _cell("code", f"{begin}\n{BEGIN}"),
            *(_cell("code", source) for source in _parts(others)),
        ],
        "metadata": lesson["metadata"] | {"title": title},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


# What comes after a lesson's first cell. Votes are of this page alone: they go to a folder of its own.
BEGIN = """
import os, tempfile
from leakyedu import plotting
from leakyedu.exercises.vote import vote

os.environ["LEAKYEDU_HOME"] = tempfile.mkdtemp(dir=".", prefix="votes_")
plotting.presentation()
labs = []

def draw_labs():
    for draw in labs:
        draw()"""


def _parts(cells: Iterable[dict]) -> Iterator[str]:
    """Write the cells with a vote or a lab, in the order of the lesson."""
    heading, asked, answered, steps = "", [], set(), []
    for cell in cells:
        source = "".join(cell["source"])
        if cell["cell_type"] != "code":
            heading = _heading("## ", cell) or heading
            continue
        tree = ast.parse(source)
        calls = dict(_calls(tree))
        if "predict" in calls:
            asked.append(calls["predict"])
        elif "compare" in calls:
            answered.add(calls["compare"])
            if answered == set(asked):
                yield _vote(heading, asked, steps)
                asked, answered, steps = [], set(), []
        elif calls.get("show", "").endswith(".lab"):
            *before, show = tree.body
            prediction = ast.unparse(show.value.keywords[0].value)
            lab = f"labs.append({calls['show']}.present({heading!r}, lambda: {prediction}))"
            yield "\n".join([*map(ast.unparse, before), lab])
        elif asked and "check" not in calls:
            steps.append(tree)


def _vote(heading: str, asked: Sequence[str], steps: Sequence[ast.Module]) -> str:
    body = "\n".join(ast.unparse(_WithoutAnswers().visit(step)) for step in steps)
    lines = ["def happens():", *(f"    {line}" for line in body.splitlines() or ["pass"])]
    return "\n".join([*lines, "", f"vote({heading!r}, {', '.join(asked)}, happens=happens, then=draw_labs)"])


class _WithoutAnswers(ast.NodeTransformer):
    """Takes the reference for the answer to an exercise, without a word: a class has written nothing."""

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "answer":
            exercise = node.func.value
            return ast.Attribute(ast.Attribute(exercise, "kind", ast.Load()), "right", ast.Load())
        return node


def _calls(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Give each method that a cell calls, with what it is called on."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.func.attr, ast.unparse(node.func.value)


def _heading(mark: str, cell: dict) -> str:
    """Return the heading of a level in a cell, or nothing."""
    found = re.search(rf"^{mark}(.+)$", "".join(cell["source"]), re.MULTILINE)
    return found[1] if found else ""


def _cell(kind: str, source: str) -> dict:
    cell = {"cell_type": kind, "id": secrets.token_hex(4), "metadata": {}, "source": source}
    return cell if kind == "markdown" else cell | {"outputs": [], "execution_count": None}


def write(folder: Path) -> list[Lesson]:
    """Write all lessons that a class can be shown to a folder, and return them."""
    written = []
    for path in sorted(lessons().glob(LESSONS)):
        notebook = on_a_wall(json.loads(path.read_bytes()))
        if len(notebook["cells"]) > 2:  # the start page asks nothing
            (folder / path.name).write_text(json.dumps(notebook), encoding="utf-8")
            written.append(Lesson(int(path.name[:2]), notebook["metadata"]["title"], path.name))
    return written


# -- The server ------------------------------------------------------------------------------------


class Menu(BaseVoilaHandler):
    """The page of all lessons, in place of Voila's own list of files."""

    @tornado.web.authenticated
    def get(self) -> None:
        """Show it."""
        shown = self.settings["voila"].lessons
        self.finish(self.render_template("menu.html", lessons=shown))


class Leave(VoilaShutdownKernelHandler):
    """Ends the kernel of a page that is left. Voila's own refuses that wherever there is a token.

    The page says it by a beacon, which can carry no header, and so not the one that Jupyter asks for.
    """

    def check_xsrf_cookie(self) -> None:
        """Ask that a page of this server has sent it."""
        if not self.check_referer():
            raise tornado.web.HTTPError(403)


class Demo(Voila):
    """Voila with our page and our menu, which keeps kernels ready."""

    lessons = List(Instance(Lesson))
    ready = List(Instance(Lesson), help="lessons to keep a kernel ready for, in order")
    shows_itself = Bool(True, help="whether a browser is opened")

    def setup_template_dirs(self) -> None:
        """Look for a template in our folder first."""
        super().setup_template_dirs()
        self.template_paths.insert(0, str(PAGE))

    def init_settings(self) -> dict:
        """Return Voila's settings, without a timeout that Tornado shortens and complains of."""
        return super().init_settings() | {"ws_ping_timeout": 30_000}

    def init_handlers(self) -> list:
        """Return Voila's handlers, with our menu in place of its lists of files."""
        lists = TornadoVoilaTreeHandler, VoilaContentsHandler
        handlers = [
            (pattern, Leave if handler is VoilaShutdownKernelHandler else handler, *arguments)
            for pattern, handler, *arguments in super().init_handlers()
            if handler not in lists
        ]
        return [(self.server_url, Menu, {"voila_configuration": self.voila_configuration}), *handlers]

    @property
    def address(self) -> str:
        """Where the demonstration begins: at its one lesson, or at the menu."""
        page = self.ready[0].address if len(self.ready) == 1 else ""
        return f"{self.connection_url}{page}?token={self.token}"

    def launch_browser(self) -> None:
        """Say where the demonstration is, start the kernels, and open a browser if it is wanted."""
        print(f"The lessons are at {self.address}", flush=True)
        for place, lesson in enumerate(self.ready):
            self.kernel_manager.fill_if_needed(delay=place * APART, notebook_name=lesson.notebook)
        if self.shows_itself:
            # A file, since anybody may read the arguments of a program, and the token is one of them.
            page = Path(self.root_dir, "open.html")
            page.write_text(f'<meta http-equiv="refresh" content="0; url={self.address}">', encoding="ascii")
            threading.Thread(target=webbrowser.open, args=[page.as_uri()], daemon=True).start()


def run(numbers: Sequence[int], port: int | None, browser: bool) -> None:
    """Show lessons to a class until the teacher stops it.

    Args:
        numbers: lessons to keep ready; with one of them the demonstration begins there, with none all are
            kept ready that fit into half of the memory that is free.
        port: of the server; None for 8866 or the next one that is free, 0 for any.
        browser: whether to open a browser.

    Raises:
        SystemExit: if there is no such lesson.
    """
    with tempfile.TemporaryDirectory(prefix="leakyedu_", ignore_cleanup_errors=True) as folder:
        shown = write(Path(folder))
        unknown = [str(number) for number in numbers if number not in [lesson.number for lesson in shown]]
        if unknown:
            names = ", ".join(f"{lesson.number} {lesson.title}" for lesson in shown)
            raise SystemExit(f"There is no lesson {unknown[0]} to show; the lessons are {names}.")
        fit = max(1, psutil.virtual_memory().available // 2 // KERNEL)
        ready = [lesson for lesson in shown if lesson.number in numbers] or shown[:fit]
        print("Voila runs until you press Ctrl+C here. A lesson is ready a few seconds after its turn.")
        options = {
            "Voila.root_dir": folder,
            "Voila.ip": "127.0.0.1",
            "Voila.port": _free_port() if port == 0 else port or 8866,
            "Voila.token": secrets.token_hex(24),
            "Voila.log_level": "ERROR",
            # A picture follows its control at once.
            "Voila.kernel_websocket_connection_class": "leakyedu.server.PromptConnection",
            "VoilaConfiguration.template": "lab",
            "VoilaConfiguration.allow_template_override": "NO",
            "VoilaConfiguration.preheat_kernel": True,
            "VoilaConfiguration.show_tracebacks": True,
            # What our pages need; other extensions of JupyterLab would be loaded, too.
            "VoilaConfiguration.extension_allowlist": EXTENSIONS,
            # Not while the page that took the last kernel is still being built.
            "VoilaKernelManager.fill_delay": APART,
            # Each kernel begins when it is its turn.
            "VoilaKernelManager.preheat_denylist": [".*"],
            # No kernel has anything to save, and Ctrl+C shall end all of them at once.
            "KernelManager.shutdown_wait_time": 0.5,
        }
        pairs = ((name, v) for name, x in options.items() for v in (x if isinstance(x, list) else [x]))
        argv = [f"--{name}={value}" for name, value in pairs]
        Demo.launch_instance(argv=argv, lessons=shown, ready=ready, shows_itself=browser)


def _free_port() -> int:
    (socket, *_) = bind_sockets(0, "127.0.0.1")
    with socket:
        return socket.getsockname()[1]
