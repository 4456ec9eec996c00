"""The compiled loop: bit for bit the loop of steps, on any number of threads, wherever it is kept."""

import _thread
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from leakyedu import LI, LIParameters, LIState, compiled, li_feed_forward_step, simulate

with warnings.catch_warnings():
    # Norse's other neurons are compiled at import with what torch 2.13 calls deprecated.
    warnings.filterwarnings("ignore", message="`torch.jit.script` is deprecated", category=DeprecationWarning)
    from norse.torch.functional import leaky_integrator as norse_functional

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def _compiled(monkeypatch):
    """Compile for the shortest sequence, and share it out."""
    monkeypatch.setattr(compiled, "WORTH_LOADING", 0)
    monkeypatch.setattr(compiled, "WORTH_SHARING", 0)
    monkeypatch.setattr(compiled, "SIDE_BY_SIDE", 16)


def neurons(seed: int, own: bool, dtype=torch.float32):
    """Return random inputs over up to a thousand steps, a state and parameters."""
    generator = torch.Generator().manual_seed(seed)
    steps, many = (int(torch.randint(1, most, (), generator=generator)) for most in (1001, 65))
    shape = (many,) if own else ()
    tau_syn, tau_mem = 3e-3 + 0.02 * torch.rand(2, *shape, generator=generator)
    p = LIParameters(1 / tau_syn, 1 / tau_mem, torch.randn(shape, generator=generator))
    scale = 10 ** (6 * torch.rand((), generator=generator) - 3)
    x, state = torch.randn(steps, many, generator=generator), torch.randn(2, many, generator=generator)
    return (scale * x).to(dtype), LIState(*state.to(dtype)), p


def stepped(step, x, state, p):
    states = []
    for jump in x:
        _, state = step(jump, state, p)
        states.append(state)
    return [torch.stack([s.v for s in states]), torch.stack([s.i for s in states])]


def norse_step(x, state, p):
    p = norse_functional.LIParameters(p.tau_syn_inv, p.tau_mem_inv, p.v_leak)
    return norse_functional.li_feed_forward_step(x, norse_functional.LIState(state.v, state.i), p, dt=0.001)


@pytest.mark.parametrize("threads", [1, 2, pytest.param(4, marks=pytest.mark.slow)])
@pytest.mark.parametrize("own", [False, True], ids=["one for all", "one each"])
def test_a_sequence_is_bit_for_bit_the_loop_of_steps_and_norse(threads, own, measured):
    torch.set_num_threads(threads)
    for seed in range(17):
        x, state, p = neurons(seed, own)

        ours, (v, last) = simulate(x, state, p), LI(p)(x, state)

        differing = 0
        for step in (li_feed_forward_step, norse_step):
            theirs = stepped(step, x, state, p)
            pairs = [*zip(ours, theirs, strict=True), (v, theirs[0])]
            pairs += [(last.v, theirs[0][-1]), (last.i, theirs[1][-1])]
            differing += sum(int((a != b).sum()) for a, b in pairs)
        measured(
            6, "numbers of a sequence that differ from li_step's loop or Norse's", differing, 6 * x.numel()
        )
        assert differing == 0


def test_in_float64_too():
    for seed in range(5):
        x, state, p = neurons(seed, own=True, dtype=torch.float64)

        ours = simulate(x, state, p)

        assert all(map(torch.equal, ours, stepped(li_feed_forward_step, x, state, p)))


def test_without_numba_a_few_steps_are_the_loop_of_steps(monkeypatch):
    monkeypatch.setattr(compiled, "is_at_hand", lambda numbers: False)
    x, state, p = neurons(3, own=True)

    ours = simulate(x[:8], state, p)

    assert all(map(torch.equal, ours, stepped(li_feed_forward_step, x[:8], state, p)))


def test_two_threads_share_the_work(monkeypatch):
    torch.set_num_threads(2)
    share, meeting, seen = compiled._share, threading.Barrier(2), set()

    def shared(shape, piece):
        def noted(*where):
            if threading.get_ident() not in seen:
                seen.add(threading.get_ident())
                meeting.wait(60)  # for a second thread
            piece(*where)

        share(shape, noted)

    monkeypatch.setattr(compiled, "_share", shared)
    x, state, p = neurons(1, own=True)

    ours = simulate(x, state, p)

    assert len(seen) == 2
    assert all(map(torch.equal, ours, stepped(li_feed_forward_step, x, state, p)))


def test_eight_threads_may_call_at_once():
    torch.set_num_threads(4)
    cases = [neurons(seed, own=bool(seed % 2)) for seed in range(8)]
    alone = [simulate(*case) for case in cases]

    def call(n):
        return all(map(torch.equal, simulate(*cases[n % 8]), alone[n % 8]))

    with ThreadPoolExecutor(8) as pool:
        same = list(pool.map(call, range(1000)))

    assert same == [True] * 1000


def test_a_helper_that_is_busy_elsewhere_is_not_waited_for():
    torch.set_num_threads(2)
    x, state, p = neurons(1, own=False)
    release = threading.Event()
    busy = compiled._pool(2).submit(release.wait, 60)

    ours = simulate(x, state, p)

    assert not busy.done()
    release.set()
    assert all(map(torch.equal, ours, stepped(li_feed_forward_step, x, state, p)))


def test_an_interrupted_call_stops_at_once_and_its_helpers_after_their_piece(monkeypatch):
    torch.set_num_threads(2)
    monkeypatch.setattr(compiled, "PIECE", 16)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # pytest-xdist ignores it
    begun = []

    def slow(*arguments):
        if len(begun) == 10:
            _thread.interrupt_main()
        begun.append(threading.get_ident())
        time.sleep(0.01)

    monkeypatch.setattr(compiled, "_compiled", lambda *how: slow)

    try:
        with pytest.raises(KeyboardInterrupt):
            simulate(torch.zeros(1000, 32))
    finally:
        signal.signal(signal.SIGINT, before)
    assert len(begun) < 20
    compiled._pool(2).submit(int).result(60)  # the helper is free
    stopped = len(begun)
    assert stopped < 20
    assert simulate(torch.zeros(1, 0)).v.shape == (1, 0)


def test_a_helper_that_fails_says_so(monkeypatch):
    torch.set_num_threads(2)
    begun = threading.Event()

    def failing(*arguments):
        if threading.current_thread() is threading.main_thread():
            begun.wait(60)
        else:
            begun.set()
            raise MemoryError("none left")

    monkeypatch.setattr(compiled, "_compiled", lambda *how: failing)

    with pytest.raises(MemoryError, match="none left"):
        simulate(torch.zeros(10, 32))


# -- Where it is kept ------------------------------------------------------------------------------


@pytest.fixture
def fresh(monkeypatch):
    """Let nothing be compiled yet in this process."""
    monkeypatch.setattr(compiled, "_compiled", compiled.cache(compiled._compiled.__wrapped__))


def full_disk(self, *arguments):
    raise OSError(28, "No space left on device")


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("broken", ["nowhere", "full", "unreadable"])
def test_where_nothing_can_be_kept_it_is_compiled_all_the_same(broken, monkeypatch, capfd):
    caching = pytest.importorskip("numba").core.caching
    if broken == "nowhere":
        monkeypatch.setattr(caching.CacheImpl, "_locator_classes", [])
    elif broken == "full":
        monkeypatch.setattr(caching.IndexDataCacheFile, "load", lambda *arguments: None)
        monkeypatch.setattr(caching.IndexDataCacheFile, "save", full_disk)
    else:
        monkeypatch.setattr(caching.IndexDataCacheFile, "load", lambda *arguments: [].pop())
    x, state, p = neurons(1, own=True)

    ours = simulate(x, state, p)

    assert all(map(torch.equal, ours, stepped(li_feed_forward_step, x, state, p)))
    assert capfd.readouterr() == ("", "")


def python(code: str, **environment: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | environment,
    )


def said(process: subprocess.Popen) -> list[str]:
    try:
        out, err = process.communicate(timeout=120)
    finally:
        process.kill()
    assert (process.returncode, err) == (0, "")
    return out.split()


RUN = """
import sys, torch
from leakyedu import simulate
for steps in (10, 512):
    v, i = simulate(torch.linspace(-1, 1, 128 * steps).reshape(steps, 128))
    print(sys.modules.get("numba") is not None, v.double().sum().item(), i.double().sum().item())
"""
WITHOUT = "import sys; sys.modules['numba'] = None"


@pytest.mark.slow
def test_processes_load_and_keep_it_only_where_it_is_worth_it_and_do_without(tmp_path):
    folder = {"NUMBA_CACHE_DIR": str(tmp_path)}
    cold = [python(RUN, **folder), python(RUN, **folder)]
    cold, kept = [said(process) for process in cold], sorted(path.name for path in tmp_path.rglob("*.nb[ic]"))
    warm, without = said(python(RUN, **folder)), said(python(WITHOUT + RUN))

    assert cold == [warm, warm]
    assert kept == sorted(path.name for path in tmp_path.rglob("*.nb[ic]"))
    assert len(kept) >= 2
    assert (warm[::3], without[::3]) == (["False", "True"], ["False", "False"])
    sums = [[float(y) for y in run[1:3] + run[4:]] for run in (warm, without)]
    assert sums[0] == pytest.approx(sums[1], rel=1e-5)


READ_ONLY = """
for place in "$1" "$2"; do mount --bind "$place" "$place" && mount -o remount,ro,bind "$place" || exit 3; done
touch "$1/trial" 2>/dev/null && exit 4
cd "$1" && exec "$3" -W error -B -c "$4"
"""


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("unshare"), reason="nothing here mounts a folder for one process alone")
def test_it_runs_where_installation_and_home_can_only_be_read(tmp_path):
    package, home = tmp_path / "package", tmp_path / "home"
    shutil.copytree(ROOT / "leakyedu", package / "leakyedu", ignore=shutil.ignore_patterns("__pycache__"))
    home.mkdir()
    shell = ["sh", "-c", READ_ONLY, "sh", package, home, sys.executable, RUN]
    folders = {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache"), "PYTHONPATH": str(package)}

    run = subprocess.run(
        ["unshare", *(["--map-root-user"] if os.geteuid() else []), "--mount", *shell],
        capture_output=True,
        text=True,
        env=os.environ | folders,
        check=False,
    )

    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.split() == said(python(RUN))
    assert [*tmp_path.rglob("*.nb[ic]")] == []


FORK = """
import os, signal, torch, warnings
from leakyedu import compiled, simulate
compiled.WORTH_LOADING, compiled.WORTH_SHARING, compiled.SIDE_BY_SIDE = 0, 0, 16
torch.set_num_threads(2)
x = torch.linspace(-1, 1, 2**14).reshape(128, 128)
before = simulate(x).v.tolist()
compiled._pool(2).submit(int).result()
warnings.simplefilter("ignore")  # newer Pythons warn of a copy of a process with threads
child = os.fork()
if not child:
    signal.alarm(60)
    same = simulate(x).v.tolist() == before
    print(compiled._pool(2).submit(lambda: same).result(10), flush=True)
    os._exit(0)
os.waitpid(child, 0)
print(simulate(x).v.tolist() == before)
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="a process cannot be copied there")
def test_a_copy_of_the_process_has_threads_of_its_own():
    assert said(python(FORK)) == ["True", "True"]
