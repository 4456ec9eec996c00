"""Notebooks of strangers: what they may do where they are run, and what is left of them afterwards."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import nbformat
import psutil
import pytest

from leakyedu.app import report, run
from leakyedu.teaching import progress
from tests.lessons.notebook import COURSE

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="notebooks are run over file sockets")
# What a notebook tells by way of its progress, the one thing of it that is read.
TELL = """
import json, os, pathlib
def tell(**what):
    home = pathlib.Path(os.environ["LEAKYEDU_HOME"])
    home.mkdir(exist_ok=True)
    (home / "progress.json").write_text(json.dumps(what))
def tried(do):
    try:
        do()
    except OSError as error:
        return type(error).__name__
    return "done"
"""
QUICK = run.Limits(seconds=60, gigabytes=1)


def notebook(path: Path, *sources: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def told(done: run.Run) -> dict:
    return json.loads(done.progress)


@pytest.fixture
def apart():
    if not run.can_cut():
        pytest.skip("this system lets nobody make namespaces")


@pytest.fixture(params=["apart", pytest.param("not apart", marks=pytest.mark.thorough)])
def either_way(request, monkeypatch):
    """Run notebooks apart, and as where no system helps."""
    if request.param == "not apart":
        monkeypatch.setattr(run, "can_cut", lambda: False)
    elif not run.can_cut():
        pytest.skip("this system lets nobody make namespaces")


@pytest.mark.slow
def test_what_has_passed_is_seen_whatever_cell_fails_and_over_a_file_socket(tmp_path, either_way):
    path = notebook(
        tmp_path / "Anna.ipynb",
        "from leakyedu.lessons.one_euler_step import exercises as ex",
        "1 / 0",
        "ex.order.check('BAC'); ex.order.check('CAB')",
        "from ipykernel.kernelapp import IPKernelApp\n"
        "assert IPKernelApp.instance().transport == 'ipc'\n"
        "ex.by_hand.check(0.17)",
    )

    done = run.run(path, run.Limits(seconds=120))

    records = progress.read(done.progress)
    assert done.ended == run.ENDED
    assert done.apart == run.can_cut()
    assert {key: sorted(record) for key, record in records.items()} == {
        "one_euler_step.order": ["answer", "mistakes", "passed", "tries"],
        "one_euler_step.by_hand": ["answer", "passed", "tries"],
    }


@pytest.mark.slow
def test_one_that_never_ends_is_stopped_with_all_that_it_has_started(tmp_path, either_way):
    mark = f"left-{os.getpid()}-{time.time_ns()}"
    path = notebook(
        tmp_path / "endless.ipynb",
        f"{TELL}\nimport subprocess, sys\n"
        f"subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)', {mark!r}])\n"
        "tell(started=True)",
        "while True: pass",
    )

    done = run.run(path, run.Limits(seconds=15))

    left = [each.pid for each in psutil.process_iter(["cmdline"]) if mark in (each.info["cmdline"] or [])]
    assert done.ended == "was stopped after 15 s"
    assert told(done) == {"started": True}
    assert left == []


@pytest.mark.slow
def test_one_that_fills_the_memory_is_stopped_also_where_it_does_so_by_many_processes(tmp_path, either_way):
    whole = notebook(tmp_path / "whole.ipynb", "full = []\nwhile True: full.append(b'x' * 50_000_000)")
    fill = "full = [b'x' * 50_000_000 for _ in range(8)]; import time; time.sleep(600)"
    parts = notebook(
        tmp_path / "parts.ipynb",
        f"import subprocess, sys\nall = [subprocess.Popen([sys.executable, '-c', {fill!r}]) for _ in range(6)]",
        "import time; time.sleep(600)",
    )

    ends = [run.run(path, QUICK).ended for path in (whole, parts)]

    assert ends == ["was stopped: it took more than 1 GB of memory"] * 2


@pytest.mark.slow
def test_one_that_writes_outside_of_its_home_changes_nothing_there(tmp_path, apart):
    outside = tmp_path / "teacher"
    outside.mkdir()
    (outside / "grades.txt").write_text("A")
    places = [
        outside / "new.txt",
        outside / "grades.txt",
        Path.home() / ".leakyedu-was-here",
        Path(tempfile.gettempdir(), "leakyedu-was-here"),
    ]
    tries = [f"lambda: pathlib.Path({str(place)!r}).write_text('F')" for place in places]
    tries += [
        f"lambda: os.remove({str(outside / 'grades.txt')!r})",
        "lambda: pathlib.Path('mine.txt').write_text('x')",
    ]
    undo = "subprocess.run(['mount', '-o', 'remount,bind,rw', '/'], capture_output=True).returncode"
    path = notebook(
        tmp_path / "outside.ipynb",
        f"{TELL}\nimport subprocess\ntell(tries=[tried(do) for do in [{', '.join(tries)}]], undone={undo} == 0)",
    )

    done = run.run(path, QUICK)

    assert told(done) == {"tries": ["OSError"] * 5 + ["done"], "undone": False}
    assert (outside / "grades.txt").read_text() == "A"
    assert [place for place in places if place.name != "grades.txt" and place.exists()] == []


@pytest.mark.slow
def test_one_that_calls_home_reaches_nobody(tmp_path, apart):
    heard, abstract, file = [], f"\0leakyedu-{os.getpid()}", str(tmp_path / "s")
    with contextlib.ExitStack() as stack:
        network = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        local = [stack.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(2)]
        for listener, name in zip(local, (abstract, file), strict=True):
            listener.bind(name)
            listener.listen()
        for listener in (network, *local):
            listener.settimeout(60)
            threading.Thread(target=lambda to=listener: heard.append(_accepted(to)), daemon=True).start()
        port = network.getsockname()[1]
        path = notebook(
            tmp_path / "calls.ipynb",
            f"{TELL}\nimport socket\nlocal = lambda: socket.socket(socket.AF_UNIX)\n"
            f"tell(tries=[tried(lambda: socket.create_connection(('127.0.0.1', {port}), timeout=5)),\n"
            f"  tried(lambda: local().connect({abstract!r})), tried(lambda: local().connect({file!r})),\n"
            "  tried(lambda: socket.getaddrinfo('example.org', 80))])",
        )

        done = run.run(path, QUICK)

        assert told(done)["tries"][1:] == ["ConnectionRefusedError", "ConnectionRefusedError", "gaierror"]
        assert told(done)["tries"][0] in ("OSError", "ConnectionRefusedError")
        assert heard == []


def _accepted(listener: socket.socket) -> str:
    try:
        return str(listener.accept())
    except OSError:
        return "nobody"


@pytest.mark.slow
def test_none_of_our_secrets_is_in_its_environment(tmp_path, either_way, monkeypatch):
    monkeypatch.setenv("TEACHERS_TOKEN", "secret")
    path = notebook(tmp_path / "looks.ipynb", f"{TELL}\ntell(env=dict(os.environ), here=os.listdir())")

    done = run.run(path, QUICK)

    kept = told(done)
    assert "secret" not in str(kept["env"])
    assert not kept["env"]["HOME"].startswith(str(Path.home()))
    assert "notebook.ipynb" in kept["here"]
    assert not Path(kept["env"]["HOME"]).exists()


@pytest.mark.slow
def test_what_is_no_notebook_is_said_and_the_next_one_is_run(tmp_path):
    (tmp_path / "a.ipynb").write_text("no notebook")
    (tmp_path / "b.ipynb").symlink_to("/etc/passwd")
    notebook(tmp_path / "c" / "d.ipynb", f"{TELL}\ntell(here=1)")
    said = []

    runs = list(run.run_all(tmp_path, QUICK, said.append))

    assert [(str(each.place), each.ended) for each in runs] == [
        ("a.ipynb", run.DIED),
        ("b.ipynb", "was not run: it is no file of at most 20 MB"),
        ("c/d.ipynb", run.ENDED),
    ]
    assert said[:2] == [run.STRANGERS, run.CUT if run.can_cut() else run.NOT_CUT]
    assert len(said) == 5


@pytest.mark.parametrize(
    "leave",
    [
        os.mkfifo,
        lambda path: path.symlink_to("/etc/passwd"),
        lambda path: path.symlink_to(path),
        Path.mkdir,
        lambda path: path.write_bytes(b"x" * 3_000_000),
        lambda path: path.write_bytes(b'{"schema": 1, "records": {"one_euler_step.step": 7}}'),
        lambda path: (path.parent.rmdir(), path.parent.symlink_to("/etc")),
    ],
)
def test_whatever_it_leaves_in_the_place_of_its_progress_is_no_progress(tmp_path, leave):
    (tmp_path / "progress").mkdir()
    leave(tmp_path / "progress" / "progress.json")

    kept = run._kept(tmp_path.resolve())

    assert len(kept) <= progress.MOST + 1
    assert "root:" not in kept
    done = run.Run(Path("Anna.ipynb"), run.ENDED, 1.0, True, kept)
    assert report.with_runs([], [done]) == [report.Learner("Anna", {})]


@pytest.mark.thorough
def test_a_class_of_eight_and_four_others(tmp_path):
    """Eight lessons as they are and answered in one cell, beside those that never end, fill, write, and call."""
    answer = "from leakyedu.lessons.one_euler_step import exercises as first\nfirst.by_hand.check(0.17)"
    lessons = sorted(COURSE.glob("[0-9]*.ipynb"))[1:9]
    for path in lessons:
        content = nbformat.read(path, as_version=4)
        content.cells.append(nbformat.v4.new_code_cell(answer))
        nbformat.write(content, tmp_path / f"learner {path.stem[:2]}.ipynb")
    outside = tmp_path / "outside.txt"
    notebook(tmp_path / "endless.ipynb", "while True: pass")
    notebook(tmp_path / "fills.ipynb", "full = []\nwhile True: full.append(b'x' * 100_000_000)")
    notebook(tmp_path / "writes.ipynb", f"open({str(outside)!r}, 'w').write('x')")
    notebook(
        tmp_path / "calls.ipynb", "import socket; socket.create_connection(('192.0.2.1', 80), timeout=5)"
    )
    report.make(None, tmp_path, run.Limits(seconds=120), names=True, say=print)

    page = (tmp_path / report.PAGE).read_text(encoding="utf-8")
    rows = (tmp_path / report.TABLE).read_text(encoding="utf-8-sig")
    assert page.count(run.ENDED) == 10
    assert page.count("was stopped after 120 s") == 1
    assert page.count("was stopped: it took more than 4 GB of memory") == 1
    assert rows.count(',"by_hand","exercise",') == 8
    assert rows.count(',"yes"\n') >= 8
    assert outside.exists() != run.can_cut()


# -- Without running anything ------------------------------------------------------------------------


def test_all_notebooks_are_run_in_the_order_of_their_names_but_for_hidden_ones(tmp_path, monkeypatch):
    places = ["b.ipynb", "a/c.ipynb", ".ipynb_checkpoints/a.ipynb", "a/.hidden.ipynb", "notes.txt"]
    for place in places:
        notebook(tmp_path / place)
    monkeypatch.setattr(run, "run", lambda path, _: run.Run(path, run.ENDED, 1.0, True, ""))
    said = []

    runs = list(run.run_all(tmp_path, QUICK, said.append))

    assert [str(each.place) for each in runs] == ["a/c.ipynb", "b.ipynb"]
    assert said[2:] == [f"1 of 2: a/c.ipynb {run.ENDED}, 1 s", f"2 of 2: b.ipynb {run.ENDED}, 1 s"]


def test_the_memory_of_all_that_was_started_is_added():
    command = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()'])"
    with subprocess.Popen(
        [sys.executable, "-c", command], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as parent:
        tree = psutil.Process(parent.pid)
        started = time.monotonic()
        while not tree.children() and time.monotonic() < started + 60:
            time.sleep(0.1)
        held, (child,) = run._memory(tree), tree.children()
        alone = tree.memory_info().rss, child.memory_info().rss

        parent.stdin.close()

    assert held > max(alone)


def test_the_environment_of_a_run_leads_to_its_own_home_and_to_nothing_of_ours(tmp_path, monkeypatch):
    monkeypatch.setenv("TEACHERS_TOKEN", "secret")
    monkeypatch.setenv("PYTHONPATH", "here")

    given = run._environment(tmp_path)

    assert "TEACHERS_TOKEN" not in given
    assert {given[name] for name in ("HOME", "TMPDIR")} == {str(tmp_path)}
    assert given["LEAKYEDU_HOME"] == str(tmp_path / "progress")
    assert given["PYTHONPATH"] == os.path.abspath("here")
