"""A slip in a cell, or in a checked function, breaks neither the checks nor the kernel."""

import functools
import json
import re
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from jupyter_client.manager import start_new_kernel

from leakyedu.teaching import guard
from leakyedu.teaching.guard import PRINTED, printed, run_guarded

ROOT = Path(__file__).parents[2]
START = (
    "import builtins, contextlib, functools, json, math, os, random, re, sys, tempfile, threading, time, warnings\n"
    "import numpy as np, torch\n"
    "from leakyedu.lessons.one_euler_step import exercises as ex\n"
    "right = ex.step.kind.right\n"
)
PASSED = "Right. It agrees on 1,000 numbers of 20 random cases."

# Whatever a check needs, each of them put in the place of a function by a forgotten bracket.
SLIPS = [
    "np.random.seed", "np.random.get_state", "random.seed", "random.getstate", "torch.manual_seed", "torch.get_rng_state", "torch.set_default_dtype",
    "torch.get_default_dtype", "torch.device", "torch.rand", "torch.Tensor", "torch.nn", "time.monotonic", "os.getcwd", "os.environ", "sys.path", "sys.exit",
    "sys.setrecursionlimit", "sys.getrecursionlimit", "threading.Thread", "threading.current_thread", "threading.stack_size", "warnings.catch_warnings",
    "warnings.simplefilter", "contextlib.ExitStack", "contextlib.redirect_stdout", "contextlib.suppress", "ctypes.c_ulong", "inspect.signature", "re.sub",
    "math.isfinite", "json.dump", "tempfile.mkstemp", "html.escape", "linecache.getline", "builtins.print", "builtins.isinstance", "builtins.len", "builtins.getattr",
    "builtins.setattr", "builtins.dict", "builtins.list", "builtins.tuple", "builtins.callable", "builtins.next", "builtins.all", "builtins.map", "builtins.open",
]  # fmt: skip


def in_python(code: str) -> str:
    """Return what code prints that runs in a Python of its own, after what a lesson begins with."""
    run = [sys.executable, "-c", START + code]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.mark.slow
def test_a_right_function_passes_after_each_slip():
    code = (
        "import ctypes, html, inspect, linecache\n"
        f"said, run, real_print, repair = {{}}, exec, print, [vars(m) for m in (builtins, torch)]\n"
        "before = [dict(names) for names in repair]\n"
        f"for slip in {SLIPS}:\n"
        "    run(f'{slip} = 0')\n"
        "    try:\n"
        "        said[slip] = ex.step.check(right).text\n"
        "    except Exception as error:\n"
        "        said[slip] = f'raised {error!r}'\n"
        "    for names, back in zip(repair, before):\n"
        "        names.update(back)\n"
        "real_print(json.dumps(said))\n"
    )

    *told, said = in_python(code).splitlines()

    assert {slip: words for slip, words in json.loads(said).items() if words != PASSED} == {}
    for slip in SLIPS:
        assert sum(f"`{slip.replace('np.', 'numpy.')}` was" in line for line in told) == 1
    assert "`random.seed` was overwritten, and is put back as it was" in "".join(told)


@pytest.mark.slow
def test_a_function_that_another_one_replaces_stays_and_is_named_where_it_stops_a_check():
    said = in_python(
        "torch.rand = lambda *_, **__: None\n"
        "print(ex.step.check(right).text)\n"
        "print(torch.rand(1))\n"
        "torch.randn = torch.zeros\n"
        "print(ex.by_hand.check(1e6).text)\n"
    )

    verdict, stays, number = said.splitlines()
    assert (
        verdict == "Not yet. This cannot be checked: a cell has put something else in place of `torch.rand`. "
        "Restart the kernel, and run the cells above without that one."
    )
    assert stays == "None"
    assert number.startswith("Not yet. 1")


def test_what_torch_puts_around_one_of_its_own_is_no_slip_of_the_learner(monkeypatch):
    guard.heal()

    monkeypatch.setattr(torch, "rand", functools.wraps(torch.rand)(lambda *_: None))
    monkeypatch.setattr(torch, "full", lambda *_: None)

    assert "torch.full" in guard.overwritten()
    assert "torch.rand" not in guard.overwritten()


@pytest.mark.slow
def test_a_function_that_ends_python_is_told_so():
    said = in_python(
        "stdin = sys.stdin\n"
        "print(ex.step.check(lambda *_: exit()).text)\n"
        "print(ex.step.check(lambda *_: quit(1)).text)\n"
        "print(ex.step.check(lambda *_: sys.exit('no')).text)\n"
        "print(ex.step.check(lambda *_: os._exit(1)).text)\n"
        "print(ex.step.check(lambda *_: os.abort()).text)\n"
        "print(stdin.closed, os._exit.__name__, sys.setrecursionlimit.__name__)\n"
    )

    *verdicts, after = said.splitlines()
    assert len(verdicts) == 5
    words = (
        "Not yet. Your function ends the whole of Python in line: leave that out. "
        "A function ends by itself, or by `return`."
    )
    assert {re.sub("line [0-9]+", "line", verdict) for verdict in verdicts} == {words}
    assert after == "False _exit setrecursionlimit"


@pytest.mark.slow
def test_an_endless_recursion_ends_with_words_whatever_the_limit():
    said = in_python(
        "def lifts_the_limit(x, state, p, dt):\n"
        "    sys.setrecursionlimit(10**9)\n"
        "    return lifts_the_limit(x, state, p, dt)\n"
        "def in_python(x, state, p, dt):\n"
        "    return in_python(x, state, p, dt)\n"
        "def in_c(x, state, p, dt):\n"
        "    return sorted([dt], key=lambda dt: in_c(x, state, p, dt))\n"
        "print(ex.step.check(lifts_the_limit).text)\n"
        "sys.setrecursionlimit(10**9)\n"
        "print(ex.step.check(in_python).text)\n"
        "print(ex.step.check(in_c).text)\n"
        "print(sys.getrecursionlimit())\n"
    )

    *verdicts, limit = said.splitlines()
    assert len(verdicts) == 3
    for verdict in verdicts:
        assert verdict.startswith("Not yet. Your function stopped with RecursionError in line")
    assert limit == "1000000000"


@pytest.mark.slow
def test_what_a_function_overwrites_is_put_back_before_anything_needs_it():
    names = [slip for slip in SLIPS if slip.startswith(("builtins.", "time.", "threading.", "os."))]
    said = in_python(
        "def in_its_last_line(*given):\n"
        "    try:\n"
        "        return right(*given)\n"
        "    finally:\n"
        f"        {' = '.join(names)} = math.pi = 0\n"
        "def and_spins(*given):\n"
        f"    {' = '.join(names)} = 0\n"
        "    while True: pass\n"
        "ex.step.kind.cases = lambda draw, cases=ex.step.kind.cases: cases(draw)[:1]\n"
        "print(ex.step.check(in_its_last_line).text)\n"
        "print(ex.step.check(and_spins).text)\n"
        "print(math.pi, time.monotonic() > 0)\n"
    )

    passed, stopped, back = said.splitlines()
    assert passed.startswith("Right. It agrees on 50 numbers")
    assert stopped.startswith("Not yet. Your function took longer than 3.5 seconds and was stopped")
    assert back == "3.141592653589793 True"


@pytest.mark.slow
def test_a_check_works_in_a_folder_that_is_gone():
    said = in_python(
        "gone = tempfile.mkdtemp()\nos.chdir(gone)\nos.rmdir(gone)\n"
        "print(ex.step.check(right).text)\n"
        "there = tempfile.mkdtemp()\nos.chdir(there)\n"
        "def step(x, state, p, dt):\n"
        "    if os.path.exists(there): os.rmdir(there)\n"
        "    return right(x, state, p, dt)\n"
        "print(ex.step.check(step).text)\n"
    )

    assert said.splitlines() == [PASSED, PASSED]


@pytest.fixture(scope="module")
def kernel():
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(ROOT))
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def cell(kernel, code: str) -> str:
    """Run a cell; return what it prints."""
    printed = []

    def take(message):
        printed.append(message["content"].get("text", ""))

    reply = kernel.execute_interactive(code, timeout=100, output_hook=take)
    assert [p for p in reply["content"].get("payload", []) if p["source"] == "ask_exit"] == []
    return "".join(printed)


@pytest.mark.slow
def test_a_kernel_lives_on_after_slips_in_its_cells(kernel):
    cell(kernel, START)

    # The thread that tells the page of a cell needs such functions, too: it has told all before the slip.
    hung = cell(kernel, "time.sleep(0.5); time.monotonic = 5")
    assert hung.startswith("`time.monotonic` was overwritten, and is put back as it was")
    assert cell(kernel, "print(ex.step.check(right).text)") == f"{PASSED}\n"
    assert "torch.manual_seed" in cell(kernel, "torch.manual_seed = np.random.seed = 0")
    assert cell(kernel, "print(ex.step.check(right).text)") == f"{PASSED}\n"
    assert "builtins.len" in cell(kernel, "time.sleep(0.5); builtins.len = 3")
    assert cell(kernel, "print(len('abc'))") == "3\n"
    assert cell(kernel, "list = [1]; sum = 0\nprint(ex.step.check(right).text)") == f"{PASSED}\n"


@pytest.mark.slow
@pytest.mark.parametrize("way", ["exit()", "quit()", "sys.exit()", "os._exit(0)"])
def test_a_kernel_lives_on_after_a_checked_function_that_would_end_it(kernel, way):
    cell(kernel, START)

    said = cell(kernel, f"def step(x, state, p, dt):\n    {way}\nprint(ex.step.check(step).text)")

    assert said == (
        f"Not yet. Your function ends the whole of Python in line 2, `{way}`: leave that out. "
        "A function ends by itself, or by `return`.\n"
    )
    assert cell(kernel, "print(1 + 1)") == "2\n"


def test_an_answer_may_wait_longer_than_it_may_compute():
    waits = run_guarded(lambda: time.sleep(0.3), patience=0.2)
    waits_too_long = run_guarded(lambda: [time.sleep(0.01) for _ in range(10_000)], patience=0.2)

    assert waits.error is None
    assert str(waits_too_long.error).startswith("took longer than 0.2 seconds and was stopped")


def test_where_no_thread_has_a_clock_as_on_windows_the_one_on_the_wall_stops_code(monkeypatch):
    monkeypatch.setattr(guard, "clock_of_thread", None)

    def endless():
        while True:
            pass

    assert run_guarded(lambda: 3, patience=0.2).value == 3
    assert str(run_guarded(endless, patience=0.2).error).startswith(
        "took longer than 0.2 seconds and was stopped"
    )


def test_a_cell_that_runs_beside_a_check_is_seen_and_the_checked_code_is_not(monkeypatch, capsys):
    page, checking, seen = [], threading.Event(), threading.Event()
    shell = SimpleNamespace(
        display_pub=SimpleNamespace(publish=lambda data: page.append(data)), ask_exit=None
    )
    monkeypatch.setattr(guard, "get_ipython", lambda: shell)

    def show(who):
        print(f"printed by {who}")
        print(f"warned by {who}", file=sys.stderr, flush=True)
        shell.display_pub.publish(f"drawn by {who}")

    def cell():
        checking.wait(10)
        show("a cell")
        seen.set()

    def task():
        checking.set()
        seen.wait(10)
        show("the answer")
        child = threading.Thread(target=show, args=["a thread of the answer"])
        child.start()
        child.join()

    beside = threading.Thread(target=cell)
    beside.start()
    _, error = run_guarded(task)
    beside.join()

    assert error is None
    assert capsys.readouterr() == ("printed by a cell\n", "warned by a cell\n")
    assert page == ["drawn by a cell"]


def test_what_code_prints_comes_back_up_to_a_length_and_nothing_that_others_print():
    other = threading.Thread(target=lambda: print("from elsewhere"))

    def task():
        print("hello")
        other.start()
        other.join()
        sys.stdout.write("x" * 10**6)
        return printed()

    text, error = run_guarded(task)

    assert error is None
    assert text.startswith("hello\nxxx")
    assert len(text) == PRINTED


def test_a_check_leaves_the_random_numbers_of_an_accelerator_alone(monkeypatch):
    seeds = []
    monkeypatch.setattr(torch.cuda, "manual_seed_all", seeds.append)

    one, again = (run_guarded(lambda: torch.rand(1).item()).value for _ in range(2))

    assert one == again
    assert seeds == []
