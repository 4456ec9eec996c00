"""What a lesson's kernel does to the machine, and what it needs of it: no network, one file, some memory.

Each notebook runs as a whole in a kernel of its own, three of them at once: each cell untouched and then
with its right answer, each control of its lab moved, each button pressed. Where the system lends a network
without any way out, the kernels run in one; everywhere Python tells of each request.
"""

import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
from contextlib import AsyncExitStack
from functools import cache
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager

from leakyedu.teaching.expression import Expression
from leakyedu.teaching.function import Function
from leakyedu.teaching.lesson import Lesson
from tests.apart import apart
from tests.lessons.notebook import ALL, BY_NAME, ROOT, START, calls_of, code_of

# MB. A machine of Binder has 2 GB for three lessons and the server.
MOST, MOST_OF_THREE = 350, 1200
COMPILER = {"whole_sequences": 100}  # what numba takes besides, in the one lesson that is about it

pytestmark = pytest.mark.slow
# Three at a time, the first ones with each change.
TOGETHER = [
    pytest.param(tuple(ALL[n : n + 3]), marks=pytest.mark.thorough if n else ())
    for n in range(0, len(ALL), 3)
]

# Each in a place of its own, within the folder of a kernel, so that nothing that is written is missed.
FOLDERS = {
    **dict.fromkeys(("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"), "home"),
    **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), "temporary"),
    **{f"XDG_{name}_HOME": f"xdg/{name.lower()}" for name in ("CACHE", "CONFIG", "DATA", "STATE")},
    "XDG_RUNTIME_DIR": "xdg/runtime",
    "LEAKYEDU_HOME": "progress",
}
WORK = "work"  # where the notebook is
# Ours, and what the libraries keep for themselves on a machine where they have never run.
PROGRESS = r"progress(/(progress(\.json|\.lock)|\.progress\.json\.\w+\.part))?"
PROFILE = r"home/\.ipython(/profile_default(/(history\.sqlite(-\w+)?|log|pid|security|startup(/README)?))?)?"
FONTS = r"(xdg/(cache|config)/|home/\.)matplotlib(/fontlist-v[\d.]+\.json(\.matplotlib-lock)?)?"
WRITERS = {
    "the learner's progress": PROGRESS,
    "IPython's profile": PROFILE,
    "matplotlib's list of fonts": FONTS,
    "torch's folder for what it compiles, empty": r"temporary/torchinductor_\w+",
    "Python's trial of the temporary folder": r"temporary/[a-z0-9_]{8}",
    "Python's bytecode beside a module": r"(/|[A-Z]:).*[/\\]__pycache__([/\\][\w.-]+\.pyc(\.\d+)?)?",
    "numba's code beside the module that it compiles": r"(/|[A-Z]:).*[/\\]__pycache__[/\\]compiled\._[\w.-]+",
    "numba's trial of that folder": r"(/|[A-Z]:).*[/\\]__pycache__([/\\](tmp)?[a-z0-9_]{8})?",
    "nothing: what a checked answer prints": re.escape(os.devnull),
}
# Of matplotlib, which looks for fonts, and of Python, which asks for the processor's name.
PROGRAMS = {"fc-list", "system_profiler", "uname"}


class Ran(NamedTuple):
    """What a kernel has said and done.

    Attributes:
        name: of the notebook.
        cells: how many were run, some of them twice.
        said: what the cells with an answer showed.
        wrong: errors of cells, and what they and the kernel wrote to stderr.
        did: see ``tests.learner.use_the_page``.
        written: files and folders that were written or are there at the end, within the kernel's own folder;
            a path elsewhere begins with its root.
        left: those that are there at the end.
        cut_off: whether there was no network.
    """

    name: str
    cells: int
    said: list[str]
    wrong: list[str]
    did: dict
    written: set[str]
    left: set[str]
    cut_off: bool


class Memory(NamedTuple):
    """MB that a process has in memory: those that are its own, and those of files that others map too.

    Torch's own files, some 110 MB, are shared by all lessons that are open and by this process.
    """

    own: float
    shared: float


CUT_OFF = """
import errno, socket
try:
    socket.create_connection(("127.0.0.1", 9), timeout=5)
    cut_off = False
except OSError as error:
    cut_off = error.errno == errno.ENETUNREACH
"""


@cache
def offline() -> tuple[str, ...]:
    """Return what starts a program without a network, not even to itself; empty where nothing does."""
    for way in (("unshare", "--net"), ("unshare", "--map-root-user", "--net")):
        try:
            trial = [*way, sys.executable, "-c", f"{CUT_OFF}raise SystemExit(not cut_off)"]
            done = subprocess.run(trial, capture_output=True, check=False)
        except FileNotFoundError:
            continue
        if done.returncode == 0:
            return way
    return ()


class Kernel:
    """A kernel that is watched from its first line on, with folders of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.places = {*FOLDERS.values(), WORK}
        for place in self.places:
            (folder / place).mkdir(parents=True)
        # Not in that folder: the path of a socket may have some 100 letters only.
        self._desk = tempfile.TemporaryDirectory(prefix="kernel-")
        desk = Path(self._desk.name)
        start = "import tests.watched; from ipykernel.kernelapp import launch_new_instance as go; go()"
        argv = [*offline(), sys.executable, "-c", start, "-f", "{connection_file}"]
        (desk / "watched").mkdir()
        (desk / "watched/kernel.json").write_text(
            json.dumps({"argv": argv, "display_name": "watched", "language": "python"}), encoding="utf-8"
        )
        self._manager = AsyncKernelManager(
            kernel_name="watched",
            kernel_spec_manager=KernelSpecManager(kernel_dirs=[str(desk)]),
            connection_file=str(desk / "kernel"),
            transport="tcp" if sys.platform == "win32" else "ipc",  # without a network only files are left
        )
        self._stderr = desk / "stderr"

    async def __aenter__(self) -> "Kernel":
        # torch writes its own into the environment of whoever compiled, a test in this process.
        others = ("XDG_", "JUPYTER_", "IPYTHON", "MPL", "TORCHINDUCTOR_")
        environment = {name: text for name, text in os.environ.items() if not name.startswith(others)}
        environment |= {name: str(self.folder / place) for name, place in FOLDERS.items()}
        environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        with self._stderr.open("w", encoding="utf-8") as stderr:
            await self._manager.start_kernel(env=environment, cwd=self.folder / WORK, stderr=stderr)
        self._client = self._manager.client()
        self._client.start_channels()
        try:
            await self._client.wait_for_ready(timeout=120)
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_) -> None:
        self._client.stop_channels()
        await self._manager.shutdown_kernel(now=True)
        self._desk.cleanup()

    async def run(self, source: str) -> tuple[str, list[str]]:
        """Run a cell; return the text that it shows, and its errors and what it writes to stderr."""
        shown, wrong = [], []

        def note(message: dict) -> None:
            kind, content = message["msg_type"], message["content"]
            if kind == "error":
                wrong.extend(content["traceback"])
            elif kind == "stream":
                (wrong if content["name"] == "stderr" else shown).append(content["text"])
            elif kind in {"execute_result", "display_data"}:
                shown.append(content["data"]["text/plain"])

        await self._client.execute_interactive(source, allow_stdin=False, output_hook=note, timeout=120)
        return "\n".join(shown), wrong

    def stderr(self) -> list[str]:
        """Return the lines that the process wrote, past the page."""
        lines = self._stderr.read_text(encoding="utf-8").splitlines()
        return [line for line in lines if "Kernel is running over TCP without encryption" not in line]

    def left(self) -> set[str]:
        """Return what is in its folder and was not there when it began."""
        there = {path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*")}
        return there - self.places - {"xdg"}

    def memory(self) -> Memory:
        used = psutil.Process(self._manager.provisioner.pid).memory_full_info()
        return Memory(used.uss / 1e6, (used.rss - used.uss) / 1e6)


def answered(source: str, ex) -> str | None:
    """Return a cell as the learner leaves it who knows the answer; None if it asks for none."""
    asked = re.search(r"\bex\.(\w+)\.(check|predict)\(", source)
    if asked is None:
        return None
    kind, right = getattr(ex, asked[1]).kind, f"ex.{asked[1]}.kind.right"
    if isinstance(kind, Function):
        return f"ex.{asked[1]}.check({right})"
    # A formula is typed: in the lesson a name such as dt may be a number.
    typed = f"str({right})" if isinstance(kind, Expression) else right
    return source.replace(f"{asked[0]})", f"{asked[0]}{typed})", 1)


async def run_whole(lesson: Lesson, kernel: Kernel) -> Ran:
    """Run a notebook from its first cell to its last button."""
    ex, said, wrong = lesson.exercises, [], []
    for cell in code_of(lesson):
        wrong += (await kernel.run(cell.source))[1]
        if solved := answered(cell.source, ex):
            shown, errors = await kernel.run(solved)
            said.append(shown)
            wrong += errors
    line, errors = await kernel.run(
        'from tests import learner\n\nprint(learner.use_the_page(getattr(ex, "recall", None)))'
    )
    wrong += errors + kernel.stderr()
    did = json.loads(line) if line else {}
    inside = {file.removeprefix(str(kernel.folder) + os.sep) for file in did.get("files", ())}
    written = {Path(file).as_posix() if not Path(file).is_absolute() else file for file in inside}
    left = kernel.left()
    cut_off, _ = await kernel.run(f"{CUT_OFF}print(cut_off)")
    return Ran(lesson.name, len(code_of(lesson)), said, wrong, did, written | left, left, cut_off == "True\n")


async def run_at_once(lessons: tuple[Lesson, ...], folder: Path) -> tuple[list[Ran], list[Memory]]:
    """Run notebooks beside each other; return what they did, and their memory while all are still open."""
    async with AsyncExitStack() as stack:
        starting = (stack.enter_async_context(Kernel(folder / lesson.name)) for lesson in lessons)
        kernels = await asyncio.gather(*starting)
        ran = await asyncio.gather(*map(run_whole, lessons, kernels))
        return ran, [kernel.memory() for kernel in kernels]


@pytest.fixture(
    scope="module", params=TOGETHER, ids=lambda lessons: "-".join(f"{lesson.number:02}" for lesson in lessons)
)
def three(request, tmp_path_factory) -> tuple[list[Ran], list[Memory]]:
    """Run three lessons at once, or one; return what they did and what they need."""
    return apart(asyncio.run, run_at_once(request.param, tmp_path_factory.mktemp("kernels")))


def test_whole_lessons_run_without_a_network_and_ask_for_nothing(three):
    ran, _ = three

    requests = [(r.name, request) for r in ran for request in r.did["requests"]]
    done = {
        what: sum(r.did[what] for r in ran) for what in ("moves", "pictures", "typed", "chosen", "pressed")
    }
    print(
        f"{len(ran)} notebooks {' '.join(offline()) or 'watched only'}: {sum(r.cells for r in ran)} cells, "
        f"{sum(len(r.said) for r in ran)} exercises and predictions, {done['moves']} moves of a control with "
        f"{done['pictures']} new pictures, {done['chosen']} answers chosen, {done['typed']} typed, "
        f"{done['pressed']} buttons pressed, {len(requests)} requests"
    )
    assert requests == []
    assert {r.cut_off for r in ran} == {bool(offline())}


def test_whole_lessons_are_solved_and_their_labs_moved(three):
    ran, _ = three

    asked = {
        r.name: [c for method in ("check", "predict") for c in calls_of(BY_NAME[r.name], method)] for r in ran
    }
    assert {r.name: len(r.said) for r in ran} == {name: len(calls) for name, calls in asked.items()}
    right = re.compile(r"^(Right\.|Kept: you predict) ", re.MULTILINE)
    assert [(r.name, words) for r in ran for words in r.said if not right.search(words)] == []
    lessons = [r for r in ran if r.name != START.name]
    assert [r.name for r in lessons if r.did["recalled"] != 5] == []
    assert [r.name for r in lessons if not r.did["moves"]] == []
    assert [(r.name, label) for r in ran for label in r.did["still"]] == []
    assert [(r.name, words) for r in ran for words in r.did["alerts"]] == []


def test_whole_lessons_start_no_program_of_their_own(three):
    ran, _ = three

    programs = {program for r in ran for program in r.did["programs"]}
    print(f"programs: {', '.join(sorted(programs))}")
    assert programs <= PROGRAMS


def test_whole_lessons_write_the_learner_s_progress_and_caches_alone(three):
    ran, _ = three

    written = sorted(
        {re.sub(r"(\.progress\.json\.|temporary/)\w{8,}\b", r"\1*", x) for r in ran for x in r.written}
    )
    print("\n".join(["written:", *written]))
    strangers = [
        (r.name, x) for r in ran for x in r.written if not re.fullmatch("|".join(WRITERS.values()), x)
    ]
    assert strangers == []
    own = {r.name: {x for x in r.left if not x.startswith(("home", "xdg", "temporary/torch"))} for r in ran}
    assert own == {r.name: {"progress/progress.json", "progress/progress.lock"} for r in ran}


def test_whole_lessons_raise_nothing_and_write_nothing_to_stderr(three):
    ran, _ = three

    assert [(r.name, words) for r in ran for words in r.wrong] == []


def test_lessons_at_once_fit_into_a_small_machine(three):
    ran, memory = three

    together = sum(m.own for m in memory) + max(m.shared for m in memory)
    for r, m in zip(ran, memory, strict=True):
        print(f"{r.name:<24} own {m.own:4.0f} MB, shared {m.shared:4.0f} MB")
    print(f"{'the three at once':<24} {together:,.0f} MB")
    assert all(m.own <= MOST + COMPILER.get(r.name, 0) for r, m in zip(ran, memory, strict=True))
    assert together <= MOST_OF_THREE


def test_a_lab_that_is_shown_forty_times_more_needs_no_more_room(tmp_path):
    show = "from leakyedu.lessons.one_euler_step import lab\nlab.show()"
    alive = "from comm import get_comm_manager\nprint(len(get_comm_manager().comms))"

    async def show_again() -> tuple[list[str], list[float]]:
        async with Kernel(tmp_path) as kernel:
            widgets, own = [], []
            for times in (3, 40):  # the first ones load what stays
                for _ in range(times):
                    await kernel.run(show)
                widgets.append((await kernel.run(alive))[0])
                own.append(kernel.memory().own)
            return widgets, own

    widgets, (before, after) = apart(asyncio.run, show_again())

    print(
        f"{widgets[0].strip()} widgets and {before:.0f} MB, after 40 times {widgets[1].strip()} and {after:.0f}"
    )
    assert widgets[1] == widgets[0]
    assert after - before < 20


# -- The watch itself ----------------------------------------------------------------------------


def test_the_watch_sees_requests_files_programs_and_stderr(tmp_path):
    mischief = [
        "import json, os, socket, subprocess, sys, tests.watched as seen",
        # A lesson that asks may well swallow that nobody answers.
        "from contextlib import suppress",
        "with suppress(OSError):\n    socket.create_connection(('192.0.2.1', 80), timeout=0.2)",
        "with suppress(OSError):\n    socket.gethostbyname('example.invalid')",
        "with suppress(OSError):\n    socket.create_connection(('127.0.0.1', 9))",
        "open('secret', 'w').close()\nos.replace('secret', 'known')",
        "done = subprocess.run([sys.executable, '-c', ''])",
        "print('a word', file=sys.stderr)",
    ]

    async def watch() -> tuple[list[str], str, set[str]]:
        async with Kernel(tmp_path) as kernel:
            wrong = [words for source in mischief for words in (await kernel.run(source))[1]]
            said, _ = await kernel.run(
                "print(json.dumps([seen.requests, sorted(seen.files), seen.programs]))"
            )
            return wrong, said, kernel.left()

    wrong, said, left = apart(asyncio.run, watch())

    requests, files, programs = json.loads(said)
    assert [request.split()[0] for request in requests] == [
        "socket.getaddrinfo",
        "socket.connect",
        "socket.gethostbyname",
    ]
    assert {str(tmp_path.resolve() / WORK / name) for name in ("secret", "known")} <= set(files)
    assert f"{WORK}/known" in left
    assert Path(sys.executable).name in programs
    assert wrong == ["a word\n"]
