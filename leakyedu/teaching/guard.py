"""Run a learner's code so that nothing it does can harm the lesson.

The code runs on a thread of its own, because only a thread can be stopped from outside everywhere: an
alarm never reaches a button of JupyterLab, which is served on another thread, and Windows has none.
"""

import builtins
import contextlib
import ctypes
import io
import operator
import os
import random
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, MutableMapping
from numbers import Number
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

import numpy.random
import torch
from IPython import get_ipython

# What the functions of this file call, whatever a cell makes of `builtins` or of a module.
__builtins__ = vars(builtins).copy()
monotonic, set_recursion_limit, same = time.monotonic, sys.setrecursionlimit, operator.is_
current_thread = threading.current_thread
clock_of_thread, read_clock = (
    getattr(time, name, None) for name in ("pthread_getcpuclockid", "clock_gettime")
)
raise_in_thread = ctypes.pythonapi.PyThreadState_SetAsyncExc

# Seconds of the processor. On a busy machine more of them pass on the wall: with the one that a stop may
# take, a check answers within ten.
PATIENCE, ON_THE_WALL = 3.5, 2.5
PRINTED = 20_000  # characters that are kept of what a learner's code prints
DEPTH, STACK = 3000, 2**26  # calls inside each other, and bytes for them: more than enough even in C

# A cell that says `np.random.seed = 0` takes a function away from everybody, until the kernel restarts.
COMPUTING = {"math", "random", "torch", "torch.nn.functional", "numpy", "numpy.random", "sympy"}
LIBRARIES = COMPUTING | sys.stdlib_module_names | {"matplotlib.pyplot", "ipywidgets", "IPython.display"}
KINDS = (Callable, ModuleType, MutableMapping, list, torch.dtype, Number, str)

# One at a time: what one check puts back, another one that runs beside it would have taken away. A button
# of JupyterLab is served beside the cell that runs.
_ONE_AT_A_TIME = threading.RLock()


class Outcome(NamedTuple):
    """What became of a learner's code.

    Attributes:
        value: what it returned, or None.
        error: what it raised, :class:`StoppedError` if it had to be stopped, or None.
    """

    value: Any
    error: BaseException | None


class _Module(NamedTuple):
    """What stood in a module when it was first seen, and what stands there now by intent."""

    namespace: dict[str, Any]
    first: dict[str, Any]
    known: dict[str, Any]


_modules: dict[str, _Module] = {}


class _Worker(threading.Thread):
    """The thread of a learner's code."""

    def run(self) -> None:
        """Run it; a stop that comes when it has ended stops nothing, and nobody hears of it."""
        with contextlib.suppress(_Stop):
            super().run()


class _Printed(io.TextIOWrapper):
    """A file for what a learner's code prints, of which it keeps the beginning.

    What others print goes on to where it went before: a cell may run beside a check. A thread that began
    after the check did is taken for one of the learner's code, and what it prints is dropped.

    Args:
        before: the file in whose place it is.
    """

    def __init__(self, before: Any) -> None:
        super().__init__(io.FileIO(os.devnull, "w"), encoding="utf-8", errors="replace")
        self.text, self._before, self._others = "", before, threading.enumerate()

    def write(self, text: str) -> int:
        """Keep a text as far as there is room, or hand it on."""
        thread = current_thread()
        if isinstance(thread, _Worker):
            self.text += text[: PRINTED - len(self.text)]
        elif thread in self._others:
            self._before.write(text)
        return len(text)

    def flush(self) -> None:
        """Let what was handed on be seen."""
        if current_thread() in self._others:
            self._before.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._before, name)  # a kernel tells its own file for which cell it prints


class _Displayed:
    """A publisher that drops what a learner's code displays, and hands on what others do.

    Args:
        before: the publisher in whose place it is.
    """

    def __init__(self, before: Any) -> None:
        self._before, self._others = before, threading.enumerate()

    def publish(self, *given: Any, **named: Any) -> None:
        """Hand a display on, unless it is one of the learner's code."""
        if current_thread() in self._others:
            self._before.publish(*given, **named)

    def clear_output(self, *given: Any, **named: Any) -> None:
        """Clear what is below the cell, likewise."""
        if current_thread() in self._others:
            self._before.clear_output(*given, **named)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._before, name)


class StoppedError(TimeoutError):
    """Code took too long."""


class _Stop(BaseException):
    """Raised inside code that takes too long; no ``except Exception`` catches it."""


def run_guarded(task: Callable[[], Any], patience: float = PATIENCE) -> Outcome:
    """Run ``task`` and return what became of it; one without an end is stopped.

    What it displays is dropped, figures that it opens are closed, and torch's attributes, default dtype
    and all random numbers are put back. It sees the same random numbers each time.

    Args:
        task: a function without arguments.
        patience: seconds of the processor that it may take; on the wall ``ON_THE_WALL`` times as many.
    """
    outcome, started, done = [], threading.Lock(), threading.Lock()

    def work() -> None:
        with started:
            pass
        try:
            outcome.append(Outcome(task(), None))
        except BaseException as error:
            # Everything, SystemExit too: a check reports it as a sentence.
            outcome.append(Outcome(None, error))
        finally:
            # At once: the end of a thread needs functions that the task may have overwritten.
            _put_back()
            done.release()

    done.acquire()
    if isinstance(threading.current_thread(), _Worker):
        # A check inside of a checked answer: the one around it watches.
        work()
        return outcome[0]
    worker = _Worker(target=work, daemon=True)
    with _ONE_AT_A_TIME, _as_it_was():
        default = threading.stack_size(STACK)
        try:
            with started:
                worker.start()
                used = _clock_of(worker)
        finally:
            threading.stack_size(default)
        try:
            _wait(done, used, patience)
        finally:
            # Also when the learner interrupts the kernel.
            _put_back()
            _stop(worker, outcome)
    if worker.is_alive():
        return Outcome(None, StoppedError("is inside a call that cannot be stopped; restart the kernel"))
    value, error = outcome[0] if outcome else (None, _Stop())
    if isinstance(error, _Stop):
        error = StoppedError(
            f"took longer than {patience:g} seconds and was stopped; look for a loop that never ends, "
            "for a `print`, or for something slow"
        )
    return Outcome(value, error)


def printed() -> str:
    """Return what the code that is being checked has printed so far, the beginning of it where that is long."""
    return sys.stdout.text if isinstance(sys.stdout, _Printed) else ""


def _clock_of(worker: threading.Thread) -> Callable[[], float]:
    """Return a function that tells the seconds of the processor that a thread has used.

    Where no thread can be asked for them, it tells those on the wall.
    """
    began = monotonic()
    if clock_of_thread is None:
        return lambda: monotonic() - began
    clock = clock_of_thread(worker.ident)
    return lambda: read_clock(clock)


def _wait(done: threading.Lock, used: Callable[[], float], patience: float) -> None:
    """Wait for the end of a task, as long as there is patience.

    A lock, because ``Thread.join`` calls what the task may have overwritten.
    """
    left, give_up = patience, monotonic() + ON_THE_WALL * patience
    while left > 0 and not done.acquire(timeout=max(left, 0.01)):
        with contextlib.suppress(OSError):  # the thread has ended since: the next turn finds it done
            left = min(patience - used(), give_up - monotonic())


def _stop(worker: threading.Thread, outcome: list[Outcome]) -> None:
    """Raise in a thread without an outcome, again and again: a bare ``except`` may swallow it a few times."""
    worker.join(1 if outcome else 0)
    give_up = monotonic() + 1
    while worker.is_alive() and not outcome and monotonic() < give_up:
        raise_in_thread(ctypes.c_ulong(worker.ident), ctypes.py_object(_Stop))
        worker.join(0.01)
    worker.join(1 if outcome else 0)


def heal() -> None:
    """Put back what a cell has overwritten with something of another kind, and say so.

    A function in place of a function stays: it was meant.
    """
    healed = []
    for module, (namespace, _, known) in _modules.items():
        if all(map(same, map(namespace.get, known), known.values())):
            continue  # 7,000 names are looked at in each check
        for name, then in tuple(known.items()):
            now = namespace.get(name, _modules)
            if now is then:
                continue
            kind = next(kind for kind in KINDS if isinstance(then, kind))
            if now is _modules:
                del known[name]
            elif isinstance(now, kind):
                known[name] = now
            else:
                namespace[name] = then
                healed.append(f"{module}.{name}")
    for module in LIBRARIES & sys.modules.keys() - _modules.keys():
        namespace = vars(sys.modules[module])
        first = {
            name: x
            for name, x in tuple(namespace.items())
            if not name.startswith("_") and isinstance(x, KINDS)
        }
        _modules[module] = _Module(namespace, first, first.copy())
    for name in healed:
        print(
            f"`{name}` was overwritten, and is put back as it was: the lesson needs it. "
            f"A function is called with brackets: `{name}(...)`."
        )


def overwritten() -> list[str]:
    """Name the functions for computing that a cell has replaced by others."""
    return [
        f"{module}.{name}"
        for module in sorted(COMPUTING & _modules.keys())
        for name, x in _modules[module].first.items()
        if (now := _modules[module].namespace.get(name)) is not x and _wrapped(now) is not x
    ]


def _wrapped(x: Any) -> Any:
    """Return what a function is put around: torch does it to one of its own when it compiles."""
    return getattr(x, "__wrapped__", None) if isinstance(x, FunctionType) else None


def _put_back() -> None:
    """Undo what the task has overwritten since the last look."""
    for namespace, _, known in _modules.values():
        namespace.update(known)


def _leave(*_: Any, **__: Any) -> None:
    """Stand in for what would end the kernel."""
    raise SystemExit


def _set_bounded_recursion_limit(limit: int) -> None:
    """Stand in for what would let an endless recursion run out of the stack, which ends the kernel."""
    set_recursion_limit(min(limit, DEPTH))


def _for_workers(stand_in: Callable, real: Callable) -> Callable:
    """Return a function that is the stand-in for a learner's code, and the real one for all others."""
    return lambda *given: (stand_in if isinstance(threading.current_thread(), _Worker) else real)(*given)


@contextlib.contextmanager
def _instead(owner: Any, **stand_ins: Any) -> Iterator[None]:
    """Give a module or an object other attributes for a while."""
    before = {name: vars(owner)[name] for name in stand_ins if name in vars(owner)}
    for name, stand_in in stand_ins.items():
        setattr(owner, name, stand_in)
    try:
        yield
    finally:
        for name in stand_ins.keys() - before.keys():
            vars(owner).pop(name, None)
        for name, value in before.items():
            setattr(owner, name, value)


@contextlib.contextmanager
def _as_it_was() -> Iterator[None]:
    """Leave everything that a learner's code can reach by accident as it was."""
    heal()
    of_tensors = dict(vars(torch.Tensor))
    environment, path, depth = dict(os.environ), list(sys.path), sys.getrecursionlimit()
    folder = None
    with contextlib.suppress(OSError):  # it may have been deleted
        folder = os.getcwd()
    dtype, torch_state, python_state = torch.get_default_dtype(), torch.get_rng_state(), random.getstate()
    numpy_state, figures, shell = numpy.random.get_state(), _open_figures(), get_ipython()
    publisher = shell and shell.display_pub
    torch.default_generator.manual_seed(0)  # torch.manual_seed would seed accelerators, too, and for good
    random.seed(0)
    numpy.random.seed(0)
    try:
        with contextlib.ExitStack() as stack:
            printed, warned = (stack.enter_context(_Printed(file)) for file in (sys.stdout, sys.stderr))
            stack.enter_context(contextlib.redirect_stdout(printed))
            stack.enter_context(contextlib.redirect_stderr(warned))
            stack.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore")
            stack.enter_context(_instead(builtins, exit=_leave, quit=_leave))
            exits = {name: _for_workers(_leave, getattr(os, name)) for name in ("_exit", "abort")}
            stack.enter_context(_instead(os, **exits))
            limit = _for_workers(_set_bounded_recursion_limit, set_recursion_limit)
            stack.enter_context(_instead(sys, setrecursionlimit=limit))
            if shell:
                stack.enter_context(_instead(shell, ask_exit=_leave))
                shell.display_pub = _Displayed(publisher)
            set_recursion_limit(DEPTH)
            yield
    finally:
        _put_back()
        if shell:
            shell.display_pub = publisher
        set_recursion_limit(depth)
        if folder is not None:
            with contextlib.suppress(OSError):
                os.chdir(folder)
        if dict(os.environ) != environment:
            os.environ.clear()
            os.environ.update(environment)
        sys.path[:] = path
        for name, attribute in of_tensors.items():
            if vars(torch.Tensor).get(name) is not attribute:
                setattr(torch.Tensor, name, attribute)
        for name in vars(torch.Tensor).keys() - of_tensors.keys():
            delattr(torch.Tensor, name)
        torch.set_default_dtype(dtype)
        torch.set_rng_state(torch_state)
        random.setstate(python_state)
        numpy.random.set_state(numpy_state)
        for number in _open_figures() - figures:
            sys.modules["matplotlib.pyplot"].close(number)


def _open_figures() -> set[int]:
    pyplot = sys.modules.get("matplotlib.pyplot")
    return set(pyplot.get_fignums()) if pyplot else set()


heal()
if shell := get_ipython():
    # A kernel needs its functions between two cells too: `time.monotonic = 5` would hang it.
    shell.events.register("post_run_cell", lambda _: heal())
