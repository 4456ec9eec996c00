"""Run a learner's code so that nothing it does can harm the lesson.

The code runs on a thread of its own, because only a thread can be stopped from outside everywhere: an
alarm never reaches a button of JupyterLab, which is served on another thread, and Windows has none.
"""

import builtins
import contextlib
import ctypes
import os
import random
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch
from IPython import get_ipython
from IPython.core.displaypub import CapturingDisplayPublisher

PATIENCE = 3.5  # seconds; with the one that a stop may take, a check answers within five

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


class _Worker(threading.Thread):
    """The thread of a learner's code."""


class StoppedError(TimeoutError):
    """Code took too long."""


class _Stop(BaseException):
    """Raised inside code that takes too long; no ``except Exception`` catches it."""


def run_guarded(task: Callable[[], Any], patience: float = PATIENCE) -> Outcome:
    """Run ``task`` and return what became of it; an endless one is stopped after ``patience`` seconds.

    What it prints or displays is dropped, figures that it opens are closed, and torch's attributes,
    default dtype and all random numbers are put back. It sees the same random numbers each time.
    """
    outcome = []

    def work() -> None:
        try:
            outcome.append(Outcome(task(), None))
        except BaseException as error:
            # Everything, SystemExit too: a check reports it as a sentence.
            outcome.append(Outcome(None, error))

    if isinstance(threading.current_thread(), _Worker):
        # A check inside of a checked answer: the one around it watches.
        work()
        return outcome[0]
    worker = _Worker(target=work, daemon=True)
    with _ONE_AT_A_TIME, _as_it_was():
        worker.start()
        try:
            worker.join(patience)
        finally:
            # Also when the learner interrupts the kernel.
            _stop(worker)
    if worker.is_alive():
        return Outcome(None, StoppedError("is inside a call that cannot be stopped; restart the kernel"))
    value, error = outcome[0] if outcome else (None, _Stop())
    if isinstance(error, _Stop):
        error = StoppedError(
            f"took longer than {patience:g} seconds and was stopped; look for a loop that never ends, "
            "for a `print`, or for something slow"
        )
    return Outcome(value, error)


def _stop(worker: threading.Thread) -> None:
    """Raise in a thread, again and again: a bare ``except`` may swallow it a few times."""
    give_up = time.monotonic() + 1
    while worker.is_alive() and time.monotonic() < give_up:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(worker.ident), ctypes.py_object(_Stop))
        worker.join(0.01)


@contextlib.contextmanager
def _as_it_was() -> Iterator[None]:
    """Leave everything that a learner's code can reach by accident as it was."""
    attributes, of_tensors, built_in = dict(vars(torch)), dict(vars(torch.Tensor)), dict(vars(builtins))
    functional = dict(vars(torch.nn.functional))
    environment, path, depth = dict(os.environ), list(sys.path), sys.getrecursionlimit()
    folder = os.getcwd() if os.path.exists(".") else None
    dtype, torch_state, python_state = torch.get_default_dtype(), torch.get_rng_state(), random.getstate()
    numpy_random = sys.modules["numpy"].random if "numpy" in sys.modules else None
    numpy_state = numpy_random and numpy_random.get_state()
    figures, shell = _open_figures(), get_ipython()
    publisher = shell and shell.display_pub
    torch.manual_seed(0)
    random.seed(0)
    if numpy_random:
        numpy_random.seed(0)
    if shell:
        shell.display_pub = CapturingDisplayPublisher()
    try:
        with (
            open(os.devnull, "w") as nowhere,
            contextlib.redirect_stdout(nowhere),
            contextlib.redirect_stderr(nowhere),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        if shell:
            shell.display_pub = publisher
        vars(builtins).update(built_in)
        vars(torch).update(attributes)
        vars(torch.nn.functional).update(functional)
        if folder is not None:
            os.chdir(folder)
        if dict(os.environ) != environment:
            os.environ.clear()
            os.environ.update(environment)
        sys.path[:] = path
        sys.setrecursionlimit(depth)
        for name, attribute in of_tensors.items():
            if vars(torch.Tensor).get(name) is not attribute:
                setattr(torch.Tensor, name, attribute)
        for name in vars(torch.Tensor).keys() - of_tensors.keys():
            delattr(torch.Tensor, name)
        torch.set_default_dtype(dtype)
        torch.set_rng_state(torch_state)
        random.setstate(python_state)
        if numpy_random:
            numpy_random.set_state(numpy_state)
        for number in _open_figures() - figures:
            sys.modules["matplotlib.pyplot"].close(number)


def _open_figures() -> set[int]:
    pyplot = sys.modules.get("matplotlib.pyplot")
    return set(pyplot.get_fignums()) if pyplot else set()
