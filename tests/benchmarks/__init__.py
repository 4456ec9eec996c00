"""Benchmarks: each compares two things in one run and reports their ratio beside a bar.

``python -m tests.benchmarks`` runs all of them; see ``__main__``. A benchmark is one file here with a
function ``measurements()``: a list of functions, each of which returns rows of the table. Its name on the
command line is the beginning of the file's name.
"""

import operator
import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

import torch

_HOLDS = {"<=": operator.le, ">=": operator.ge}


class Row(NamedTuple):
    """One line of the table.

    Attributes:
        name: what is measured against what.
        figure: the ratio, or another number whose unit is in the name.
        bar: what it must be, ``"<= 1.05"`` or ``">= 25"``; empty where a figure only informs.
    """

    name: str
    figure: float
    bar: str = ""

    @property
    def holds(self) -> bool:
        """Whether the figure is within its bar."""
        if not self.bar:
            return True
        sign, limit = self.bar.split()
        return bool(_HOLDS[sign](self.figure, float(limit)))


def ratio(a: Callable, b: Callable, rounds: int = 7) -> float:
    """Return how many times as long ``a`` takes as ``b``: the median over rounds in which both take turns.

    Each has a block of calls of its own, or it would begin with the caches that the other has left.
    """
    for call in (a, b):
        seconds(call, 1)
    calls = {call: max(1, round(0.1 / seconds(call, 1))) for call in (a, b)}
    ratios = []
    for turn in range(rounds):
        took = {call: seconds(call, calls[call]) for call in ((a, b) if turn % 2 else (b, a))}
        ratios.append(took[a] / took[b])
    return statistics.median(ratios)


def seconds(call: Callable, calls: int) -> float:
    """Return how long one of several calls in a row takes, an accelerator's work included."""
    start = time.perf_counter()
    for _ in range(calls):
        call()
    if torch.accelerator.is_available():
        torch.accelerator.synchronize()
    return (time.perf_counter() - start) / calls
