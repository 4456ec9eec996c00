"""Notebooks that learners handed in, run one by one: strangers' code, as far apart as the system allows.

Each runs in a fresh kernel and an empty home of its own, which is deleted afterwards. It gets none of our
environment but the way to Python, and the kernel is spoken to through a file socket. What it may do:

==============  ==================================================  =======================================
it              where Linux lets a user make namespaces             elsewhere
==============  ==================================================  =======================================
takes time      it is ended with all that it has started            the same, but for what hides from us
takes memory    the same, as soon as all of it together is too much the same
or disk
writes          in its home alone; all else is read-only            wherever you may
calls           nobody: no network, and no file socket of ours      whomever you may
reads           whatever you may                                    whatever you may
==============  ==================================================  =======================================

So run it as nobody in particular: in a container, or under an account that owns nothing. A notebook decides
itself what its checks have seen, and one that is made to pass them is not told apart.

Source: ``unshare(1)``, ``setpriv(1)`` of util-linux; ``user_namespaces(7)``.
"""

import contextlib
import functools
import os
import shutil
import signal
import site
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import psutil

from leakyedu.teaching import progress
from leakyedu.teaching.markup import printable

STRANGERS = (
    "This runs code of strangers, and it can read what you can read. "
    "Run it in a container, or under an account that owns nothing."
)
LARGEST = 20_000_000  # bytes of a notebook
LOOK = 0.1  # in second: how often its memory is looked at; in that time it may take a little more

# In namespaces of its own, where it may make them: all but its home becomes read-only, what other programs
# listen on is covered, and no right is left that could undo that. What lies below /proc is under a new one,
# and automounts are traps that nothing has been mounted at.
APART = """
set -e
home=$1; shift
mount --bind "$home" "$home"
while read -r _ _ _ _ at rest; do
  at=$(printf '%b' "$at")
  case "$at $rest" in "$home "* | /proc/* | *" - autofs "*) ;; *) mount -o remount,bind,ro "$at" ;; esac
done < /proc/self/mountinfo
while [ "$1" != -- ]; do [ ! -S "$1" ] || mount --bind /dev/null "$1"; shift; done; shift
mount -t tmpfs -o size=64m,nosuid,nodev tmpfs /dev/shm
mount -t tmpfs -o size=1m,nosuid,nodev,ro tmpfs /run
cd "$home"
ulimit -c 0
exec setpriv --no-new-privs --bounding-set=-all --inh-caps=-all "$@"
"""
NAMESPACES = (
    "setpriv", "--pdeathsig", "KILL",
    "unshare", "--user", "--map-root-user", "--net", "--ipc", "--pid", "--fork", "--kill-child",
    "--mount", "--mount-proc",
    "sh", "-c", APART, "sh",
)  # fmt: skip


class Limits(NamedTuple):
    """What each run may take.

    Attributes:
        seconds: of time.
        gigabytes: of memory, all its processes together, and of disk.
    """

    seconds: float = 300.0
    gigabytes: float = 4.0


class Run(NamedTuple):
    """How the run of one notebook went.

    Attributes:
        place: its path in the folder.
        ended: how it ended, in words.
        seconds: how long it took.
        apart: whether it could neither write outside of its home nor call anybody.
        progress: what it has left in its home as a learner's progress, or nothing.
    """

    place: Path
    ended: str
    seconds: float
    apart: bool
    progress: str


def run_all(folder: Path, limits: Limits, say: Callable[[str], None]) -> Iterator[Run]:
    """Run all notebooks in a folder, one after the other, in the order of their names.

    Args:
        folder: of notebooks, and of folders of them.
        limits: of each.
        say: is told what is about to happen, and how each run ended.

    Raises:
        ValueError: if there is none, or this system has no file sockets.
    """
    if sys.platform == "win32":
        raise ValueError("notebooks are run on Linux and macOS alone: Windows has no file sockets")
    found = sorted(
        path
        for path in folder.rglob("*.ipynb")
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
    if not found:
        raise ValueError(f"there is no notebook in {printable(str(folder))}")
    say(STRANGERS)
    say(CUT if can_cut() else NOT_CUT)
    for number, path in enumerate(found, start=1):
        done = run(path, limits)._replace(place=path.relative_to(folder))
        say(printable(f"{number} of {len(found)}: {done.place} {done.ended}, {done.seconds:.0f} s"))
        yield done


CUT = "Network cut: no notebook could call anybody, or write outside of its own home."
NOT_CUT = "Network not cut: this system cannot, so a notebook could call anybody, and write where you can."


def closed(runs: Sequence[Run]) -> list[str]:
    """Return what is to be said of how far apart notebooks were run.

    Args:
        runs: all of them.
    """
    return [STRANGERS, CUT if all(each.apart for each in runs) else NOT_CUT]


def run(notebook: Path, limits: Limits) -> Run:
    """Run one notebook, from its first cell to its last, whatever cells fail.

    Args:
        notebook: its file.
        limits: of the run.
    """
    began = time.monotonic()

    def ended(how: str, kept: str = "") -> Run:
        return Run(notebook, how, time.monotonic() - began, can_cut(), kept)

    if notebook.is_symlink() or not notebook.is_file() or notebook.stat().st_size > LARGEST:
        return ended(f"was not run: it is no file of at most {LARGEST // 1_000_000} MB")
    # Its name is short, for that of a file socket may not be long.
    with tempfile.TemporaryDirectory(prefix="leakyedu-", ignore_cleanup_errors=True) as folder:
        home = Path(folder).resolve()
        try:
            shutil.copyfile(notebook, home / "notebook.ipynb")
        except OSError as error:
            return ended(f"was not run: it cannot be read ({error.strerror})")
        command = [
            sys.executable, "-m", "nbconvert", "--execute", "--allow-errors", "--to", "notebook",
            "--output", "run",
            "--ExecutePreprocessor.kernel_name=python3", "--ExecutePreprocessor.timeout=-1",
            "--KernelManager.transport=ipc", f"--KernelManager.ip={home / 'k'}", "notebook.ipynb",
        ]  # fmt: skip
        apart = [*NAMESPACES, str(home), *_sockets(), "--"] if can_cut() else []
        how = _watched([*apart, *command], home, limits)
        return ended(how, _kept(home))


@functools.cache
def can_cut() -> bool:
    """Tell whether a program can be put apart here. It is tried."""
    if not all(map(shutil.which, ("unshare", "setpriv", "sh", "mount"))):
        return False
    with tempfile.TemporaryDirectory(prefix="leakyedu-") as folder:
        home = Path(folder).resolve()
        trial = [*NAMESPACES, str(home), *_sockets(), "--", sys.executable, "-c", ""]
        return _watched(trial, home, Limits(seconds=30)) == ENDED


def _sockets() -> list[str]:
    """Return the files on which programs listen: a network of its own keeps nobody from these."""
    lines = Path("/proc/net/unix").read_text(encoding="utf-8", errors="surrogateescape").splitlines()[1:]
    places = {line.split(maxsplit=7)[7] for line in lines if len(line.split(maxsplit=7)) == 8}
    return sorted(place for place in places if place.startswith("/"))


def _environment(home: Path) -> dict[str, str]:
    """Return the environment of a run: nothing of ours but what leads to Python and to its language."""
    wanted = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH")
    ours = {name: os.environ[name] for name in wanted if name in os.environ}
    ours["PYTHONUSERBASE"] = site.getuserbase()  # where `pip install --user` has put us, perhaps
    if path := os.environ.get("PYTHONPATH"):  # it may name folders as they are seen from ours
        ours["PYTHONPATH"] = os.pathsep.join(map(os.path.abspath, path.split(os.pathsep)))
    own = {"HOME": home, "TMPDIR": home, "LEAKYEDU_HOME": home / "progress", "JUPYTER_PREFER_ENV_PATH": "1"}
    return ours | {name: str(value) for name, value in own.items()}


def _watched(command: Sequence[str], home: Path, limits: Limits) -> str:
    """Run a command in a folder until it ends or takes too much; say how it ended."""
    quiet = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
    began = time.monotonic()
    # What a stranger's notebook may do is the module's matter.
    with subprocess.Popen(  # noqa: S603
        command, cwd=home, env=_environment(home), start_new_session=True, **quiet
    ) as process:
        tree, free = psutil.Process(process.pid), shutil.disk_usage(home).free
        try:
            while process.poll() is None:
                if time.monotonic() - began > limits.seconds:
                    return f"was stopped after {limits.seconds:g} s"
                if _memory(tree) > limits.gigabytes * 1e9:
                    return f"was stopped: it took more than {limits.gigabytes:g} GB of memory"
                if free - shutil.disk_usage(home).free > limits.gigabytes * 1e9:
                    return f"was stopped: it wrote more than {limits.gigabytes:g} GB"
                time.sleep(LOOK)
            return ENDED if process.returncode == 0 else DIED
        finally:
            _end(process, tree)


ENDED, DIED = "ran to its end", "ended early: it is no notebook, or its kernel died"


def _family(tree: psutil.Process) -> list[psutil.Process]:
    with contextlib.suppress(psutil.Error):  # it has ended by itself
        return [tree, *tree.children(recursive=True)]
    return []


def _memory(tree: psutil.Process) -> int:
    """Return the bytes of memory that a process and all that it has started hold."""
    total = 0
    for each in _family(tree):
        with contextlib.suppress(psutil.Error):
            total += each.memory_info().rss
    return total


def _end(process: subprocess.Popen, tree: psutil.Process) -> None:
    """End a process with all that it has started: in a namespace, all of it ends with its first one."""
    family = _family(tree)
    for each in family:
        with contextlib.suppress(psutil.Error):
            each.kill()
    with contextlib.suppress(ProcessLookupError, PermissionError):  # as macOS says of those that have ended
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    psutil.wait_procs(family, timeout=1)  # what they held is free before another one begins


def _kept(home: Path) -> str:
    """Return what a notebook has left as progress in its home; whatever else lies there is nothing."""
    path = home / "progress" / "progress.json"
    try:
        if path.resolve() != path or not path.is_file():  # a link to what is ours, or a pipe
            return ""
        with path.open("rb") as file:
            return file.read(progress.MOST + 1).decode("utf-8", errors="replace")
    except (OSError, RuntimeError):  # RuntimeError: links that lead round
        return ""
