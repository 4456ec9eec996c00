"""Lessons on a wall: what ``leakyedu demo`` shows, and the server that shows it.

Of a lesson a class sees its question, the predictions and the lab, in large type and without code;
:func:`on_a_wall` writes that notebook. Voila serves it, from a folder that is thrown away in the end, and
keeps a kernel ready that has run it already. Each page begins without votes.

A class may vote by itself: the wall leads the room of :mod:`leakyedu.app.room`, shows what was counted there,
and types what the class expects into the field of the question. Nothing else goes from a phone to a kernel.
"""

import atexit
import itertools
import json
import re
import secrets
import tempfile
import threading
import webbrowser
from asyncio import to_thread
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import psutil
import tornado.web
from jupyter_core.paths import jupyter_config_path
from nbconvert.exporters.templateexporter import JINJA_EXTENSIONS
from tornado.netutil import bind_sockets
from traitlets import Bool, Instance, List, default
from voila.app import Voila, VoilaContentsHandler
from voila.handler import BaseVoilaHandler
from voila.request_info_handler import RequestInfoSocketHandler
from voila.shutdown_kernel_handler import VoilaShutdownKernelHandler
from voila.static_file_handler import AllowListFileHandler
from voila.tornado.handler import TornadoVoilaHandler
from voila.tornado.treehandler import TornadoVoilaTreeHandler

from leakyedu.app import browser, own_site, teacher
from leakyedu.app.voting import Class
from leakyedu.lessons import course, lessons
from leakyedu.teaching.markup import address_of, printable

PAGE = Path(__file__).resolve().parent / "jupyter/demo"
OF_A_CLASS = PAGE / "class"
KERNEL = 300_000_000  # bytes that a kernel takes which has run a lesson, and some more
EXTENSIONS = ["@voila-dashboards/widgets-manager8", "@jupyter-widgets/jupyterlab-manager", "anywidget"]
APART = 5.0  # seconds between the starts of two kernels, so that the menu answers meanwhile


class Shown(NamedTuple):
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
        return f"voila/render/{address_of(self.notebook)}"


# -- The notebook ----------------------------------------------------------------------------------


def on_a_wall(lesson: dict, question: str) -> dict:
    """Return the notebook that a class sees of a lesson.

    It has the lesson's first code cell, the first picture that comes after it with the first equations, and
    of the other cells what their tags say:

    ===========  ================================================================================
    tag          the cell
    ===========  ================================================================================
    ``vote``     asks for a prediction; those in a row are asked one by one, and answered together
    ``happens``  shows what happens then, ending with a picture; it runs when a button is pressed, so
                 it finds the vote
    ``lab``      shows the lab
    ===========  ================================================================================

    Each runs as it stands, and leaves nothing behind. The class sees what is drawn: what is printed, or a
    formula that a cell ends with, would stand on the wall without its derivation.

    Args:
        lesson: a notebook of the course.
        question: what the lesson answers.

    Raises:
        ValueError: if a tag is missing or wrong, or there is no picture to begin with.
    """
    cells = lesson["cells"]
    title, begin = printable(_heading("# ", cells[0])), "".join(cells[1]["source"])
    parts = list(_parts(cells))
    first = next((_code(cell) for cell in cells[2:] if DRAWS in _code(cell)), None)
    if first is None:
        raise ValueError(f"no cell shows a picture by `{DRAWS}`. A lesson begins with one.")
    equations = next(filter(None, (EQUATION.findall("".join(cell["source"])) for cell in cells)), [])
    shown = f"drawing = picture_of(cell({first!r}))\nopening({title!r}, {question!r}, {equations!r}, drawing)"
    return {
        "cells": [_cell(f"{begin}\n{BEGIN}"), *map(_cell, [shown, *parts])],
        "metadata": lesson["metadata"] | {"title": title},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


# What comes after a lesson's first cell. Votes are of this page alone: they go to a folder of its own. A cell
# may run again and again, so it gets a copy of the names that the first one has left.
BEGIN = """
import os, tempfile
from leakyedu.teaching import plotting
from leakyedu.teaching.opening import opening
from leakyedu.teaching.vote import vote
from leakyedu.teaching.wall import picture_of, present

os.environ["LEAKYEDU_HOME"] = tempfile.mkdtemp(dir=".", prefix="votes_")
plotting.presentation()
labs = []

def cell(source):
    return lambda: exec(source, globals().copy())

def draw_labs():
    for draw in labs:
        draw()"""

TAGS = ("vote", "happens", "lab", "nbval-ignore-output")  # the last one is for nbval
ASKED = re.compile(r"^([\w.]+)\.predict\(", re.MULTILINE)
DRAWS = "plotting.show("
EQUATION = re.compile(r"\$\$(.+?)\$\$", re.DOTALL)


class _Tagged(NamedTuple):
    tag: str = ""
    cell: str = ""
    source: str = ""
    heading: str = ""


def _parts(cells: Iterable[dict]) -> Iterator[str]:
    """Write the cells with a vote or a lab, in the order of the lesson."""
    rows = [list(row) for _, row in itertools.groupby(_tagged(cells), key=lambda cell: cell.tag)]
    nothing = [_Tagged()]
    for row, after in itertools.pairwise([nothing, *rows, nothing]):
        tag, cell, _, heading = row[-1]
        if tag != "vote" and after[0].tag == "happens":
            raise ValueError(
                f"cell {after[0].cell} carries the tag `happens`, and no vote comes before it. "
                "Give the tag `vote` to the cell that asks for the prediction, or take this one away."
            )
        if tag == "vote":
            if after[0].tag != "happens":
                raise ValueError(
                    f"cell {cell} carries the tag `vote`, and nothing happens after it. "
                    "Give the tag `happens` to the cells between the prediction and its comparison."
                )
            if DRAWS not in _source(after):
                raise ValueError(
                    f"cell {after[-1].cell} carries the tag `happens`, and no picture is shown. "
                    f"End it with one, by `{DRAWS}*figures.NAME())`."
                )
            asks, asked = _source(row), ", ".join(ASKED.findall(_source(row)))
            drawing = f"picture_of(cell({asks!r}))" if DRAWS in asks else "drawing"
            given = f"drawing={drawing}, happens=cell({_source(after)!r}), then=draw_labs"
            yield f"vote({heading!r}, {asked}, {given})"
        elif tag == "lab":
            yield f"labs.append(present({heading!r}, cell({_source(row)!r})))"
    if "lab" not in (row[0].tag for row in rows):
        raise ValueError("no cell carries the tag `lab`. Give it to the cell that shows the lab.")


def _source(row: Iterable[_Tagged]) -> str:
    return "\n".join(cell.source for cell in row)


def _tagged(cells: Iterable[dict]) -> Iterator[_Tagged]:
    """Give the cells that a class sees something of."""
    heading = ""
    for cell in cells:
        source, is_code = "".join(cell["source"]), cell["cell_type"] == "code"
        if not is_code:
            heading = _heading("## ", cell) or heading
        tags = cell["metadata"].get("tags", [])
        shown = [tag for tag in tags if tag in TAGS[:3]]
        asks = is_code and ASKED.search(source)
        wrong = ""
        if unknown := [tag for tag in tags if tag not in TAGS]:
            wrong = f"carries the tag `{unknown[0]}`. Take it away; there are {', '.join(TAGS)}"
        elif len(shown) > 1:
            wrong = f"carries the tags {' and '.join(shown)}. Leave one of them"
        elif shown and not is_code:
            wrong = f"carries the tag `{shown[0]}` and holds no code. Take it away"
        elif asks and shown != ["vote"]:
            wrong = "asks for a prediction. Give it the tag `vote`"
        elif shown == ["vote"] and not asks:
            wrong = "carries the tag `vote` and asks for nothing. Write `ex.NAME.predict()`, or take it away"
        if wrong:
            raise ValueError(f"cell {cell['id']} {wrong}.")
        if shown:
            yield _Tagged(shown[0], cell["id"], source, heading)


def _heading(mark: str, cell: dict) -> str:
    """Return the heading of a level in a cell, or nothing."""
    found = re.search(rf"^{mark}(.+)$", "".join(cell["source"]), re.MULTILINE)
    return found[1] if found else ""


def _code(cell: dict) -> str:
    return "".join(cell["source"]) if cell["cell_type"] == "code" else ""


def _cell(source: str) -> dict:
    code = {"cell_type": "code", "outputs": [], "execution_count": None}
    return code | {"id": secrets.token_hex(4), "metadata": {}, "source": source}


def write(folder: Path) -> list[Shown]:
    """Write all lessons to a folder, for a class, and return them.

    Raises:
        SystemExit: if a tag of a lesson is missing or wrong.
    """
    written = []
    for lesson in lessons()[1:]:  # the start page asks nothing
        path = course() / lesson.notebook
        try:
            notebook = on_a_wall(json.loads(path.read_bytes()), lesson.question)
        except ValueError as error:
            raise SystemExit(f"{path.name}: {error}") from None
        (folder / path.name).write_text(json.dumps(notebook), encoding="utf-8")
        written.append(Shown(lesson.number, notebook["metadata"]["title"], path.name))
    return written


# -- The server ------------------------------------------------------------------------------------


class PlainAddress(BaseVoilaHandler):
    """A page that takes nothing from its address: Voila writes some of it into the page as it stands."""

    async def prepare(self) -> None:
        """Refuse, before anything is shown or started, all but the token."""
        await super().prepare()
        if not self._finished and self.request.arguments.keys() - {"token"}:
            raise tornado.web.HTTPError(400, "The address of this page ends before the question mark.")


class Page(PlainAddress, TornadoVoilaHandler):
    """The page of a lesson."""


class Menu(PlainAddress):
    """The page of all lessons, in place of Voila's own list of files."""

    @tornado.web.authenticated
    def get(self) -> None:
        """Show it."""
        shown = self.settings["voila"].lessons
        self.finish(self.render_template("menu.html", lessons=shown))


class FromOurPage:
    """Takes what a page of this server has sent, in place of the header that Jupyter asks for."""

    def check_xsrf_cookie(self) -> None:
        """Ask that a page of this server has sent it."""
        if not self.check_referer():
            raise tornado.web.HTTPError(403)


class Leave(FromOurPage, VoilaShutdownKernelHandler):
    """Ends the kernel of a page that is left. Voila's own refuses that wherever there is a token.

    The page says it by a beacon, which can carry no header.
    """


class Voting(FromOurPage, PlainAddress):
    """What the wall and the teacher's window say to the room of the class, and are told by it."""

    @tornado.web.authenticated
    async def get(self) -> None:
        """Tell what is there."""
        await self._lead({"word": "look"})

    @tornado.web.authenticated
    async def post(self) -> None:
        """Do what the wall says."""
        await self._lead(self.get_json_body())

    async def _lead(self, said: dict) -> None:
        room = self.settings["voila"].room
        told = await to_thread(room.lead, said)  # it may wait for another process
        self.finish({"address": room.address, "code": getattr(room, "code", None), **told})


class Aside(PlainAddress):
    """The teacher's own window."""

    @tornado.web.authenticated
    def get(self) -> None:
        """Show it, with the lessons' pages for the teacher."""
        self.finish(self.render_template("teacher.html", pages=teacher.pages()))


NOT_NEEDED = TornadoVoilaTreeHandler, VoilaContentsHandler, AllowListFileHandler, RequestInfoSocketHandler


class Demo(Voila):
    """Voila with our page and our menu, which keeps kernels ready."""

    lessons = List(Instance(Shown))
    ready = List(Instance(Shown), help="lessons to keep a kernel ready for, in order")
    shows_itself = Bool(True, help="whether a browser is opened")
    room = Instance(Class, allow_none=True, help="the room of a class that votes by itself")

    @default("config_file_paths")
    def _of_the_person_alone(self) -> list[str]:
        return jupyter_config_path()  # Voila runs a voila.py of the working folder, too, whosever it is

    def setup_template_dirs(self) -> None:
        """Look for a template in our folder first."""
        super().setup_template_dirs()
        self.template_paths[:0] = [str(PAGE), *([str(OF_A_CLASS)] if self.room else [])]

    def init_settings(self) -> dict:
        """Return Voila's settings, without pings: Jupyter and Tornado take their times for different units.

        A connection that never leaves the machine needs none. One that is closed for want of an answer may
        lose the message on its way, and a page would wait for what it asks for.
        """
        return super().init_settings() | {"ws_ping_interval": 0}

    def init_handlers(self) -> list:
        """Return Voila's handlers, some of them ours, and without what a class needs not.

        Voila lists its files, gives its pictures to whoever asks, and tells each who knows a kernel's name
        with which address its page was asked for, the token included.
        """
        ours = {VoilaShutdownKernelHandler: Leave, TornadoVoilaHandler: Page}
        handlers = [
            (pattern, ours.get(handler, handler), *arguments)
            for pattern, handler, *arguments in super().init_handlers()
            if handler not in NOT_NEEDED
        ]
        given = {"voila_configuration": self.voila_configuration}
        pages = {"": Menu} | ({"class": Voting, "teacher": Aside} if self.room else {})
        return [*((self.server_url + name, page, given) for name, page in pages.items()), *handlers]

    def listen(self) -> None:
        """Listen to the pages of this server alone."""
        own_site.guard(self.app)
        JINJA_EXTENSIONS.append(own_site.Nonces)  # those of a lesson's page, which Voila makes anew each time
        super().listen()

    @property
    def address(self) -> str:
        """Where the demonstration begins: at its one lesson, or at the menu."""
        page = self.ready[0].address if len(self.ready) == 1 else ""
        return f"{self.connection_url}{page}?token={self.token}"

    def launch_browser(self) -> None:
        """Say where the demonstration is, start the kernels, and open a browser if it is wanted."""
        print(f"The lessons are at {self.address}", flush=True)
        if self.room and self.room.address:
            print(f"Phones answer at {self.room.address}", flush=True)
        for place, lesson in enumerate(self.ready):
            self.kernel_manager.fill_if_needed(delay=place * APART, notebook_name=lesson.notebook)
        if self.shows_itself:
            print("If your browser shows an error, open that address in it.", flush=True)
            page = browser.place_for("open.html", Path.cwd()) or Path(self.root_dir, "open.html")
            browser.write(page, f'<meta http-equiv="refresh" content="0; url={self.address}">')
            atexit.register(page.unlink, missing_ok=True)
            threading.Thread(target=webbrowser.open, args=[page.as_uri()], daemon=True).start()


def run(numbers: Sequence[int], port: int | None, shows_itself: bool, room: Class | None = None) -> None:
    """Show lessons to a class until the teacher stops it.

    Args:
        numbers: lessons to keep ready; with one of them the demonstration begins there, with none all are
            kept ready that fit into half of the memory that is free.
        port: of the server; None for 8866 or the next one that is free, 0 for any.
        shows_itself: whether to open a browser.
        room: of a class that votes by itself; it ends with the demonstration.

    Raises:
        SystemExit: if there is no such lesson.
    """
    if room:
        atexit.register(room.end)
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
            "Voila.kernel_websocket_connection_class": "leakyedu.app.server.PromptConnection",
            "VoilaConfiguration.template": "lab",
            # Neither by an address nor by a notebook.
            "VoilaConfiguration.allow_template_override": "NO",
            "VoilaConfiguration.allow_theme_override": "NO",
            "VoilaConfiguration.preheat_kernel": True,
            "VoilaConfiguration.show_tracebacks": True,
            # While a cell takes its time, Voila sends scripts that no template holds, to keep proxies awake.
            "VoilaConfiguration.http_keep_alive_timeout": 3600,
            # What our pages need; other extensions of JupyterLab would be loaded, too.
            "VoilaConfiguration.extension_allowlist": EXTENSIONS,
            # Not while the page that took the last kernel is still being built.
            "VoilaKernelManager.fill_delay": APART,
            # Each kernel begins when it is its turn.
            "VoilaKernelManager.preheat_denylist": [".*"],
            # Nobody else on this machine reads what a kernel says.
            "KernelManager.transport_encryption": "auto",
            # No kernel has anything to save, and Ctrl+C shall end all of them at once.
            "KernelManager.shutdown_wait_time": 0.5,
        }
        pairs = ((name, v) for name, x in options.items() for v in (x if isinstance(x, list) else [x]))
        argv = [f"--{name}={value}" for name, value in pairs]
        Demo.launch_instance(argv=argv, lessons=shown, ready=ready, shows_itself=shows_itself, room=room)


def _free_port() -> int:
    (socket, *_) = bind_sockets(0, "127.0.0.1")
    with socket:
        return socket.getsockname()[1]
