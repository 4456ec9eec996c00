"""Whatever an answer is and does, a check says one clear sentence within 10 seconds, and the lesson goes on."""

import builtins
import contextlib
import datetime
import functools
import itertools
import math
import os
import sys
import time
import warnings

import numpy as np
import pytest
import sympy
import torch

from leakyedu.lessons.one_euler_step import exercises as ex
from leakyedu.teaching.exercise import Exercise, Verdict
from leakyedu.teaching.function import Function
from tests.lessons.notebook import ALL, each_of_few_lessons, things_of
from tests.teaching import fresh


class Breaks:
    """Fails at each look that Python has for it."""

    def _fail(self, *_):
        raise RuntimeError("no")

    __float__ = __iter__ = __len__ = __eq__ = __repr__ = __str__ = __bool__ = __hash__ = _fail


class NeverEnds:
    def _spin(self, *_):
        while True:
            time.sleep(0)

    __float__ = __iter__ = _spin


class Callable:
    def __call__(self, *_):
        raise ValueError("from inside")


class Slotted(float):
    """A number that is more than one."""


def numbers_without_end():
    while True:
        yield 1.0


THINGS = {
    "None": None, "True": True, "an int": 3, "a huge int": 10**400, "a float": 2.5, "nan": math.nan, "inf": -math.inf,
    "a number of a class of its own": Slotted(0.3), "a complex number": 1j, "no text": "", "text": "abc", "long text": "x" * 10_000,
    "text with code": "__import__('os').abort()", "text with quotes": "<b>`\"'</b>", "bytes": b"ab", "an empty list": [], "a list": [1, 2],
    "a list of everything": [None, "a", 1j], "a nested list": [[1, 2], [3, 4]], "an empty tuple": (), "a tuple of stubs": (..., ...),
    "a dict": {"v": 1}, "a set": {1, 2}, "an object": object(), "a class": dict, "an exception": ValueError("x"), "a module": math,
    "a generator": (n for n in range(3)), "a range": range(3), "numbers without end": itertools.count(), "a generator without end": numbers_without_end(),
    "a NumPy array": np.zeros(3), "a NumPy number": np.float32(1), "an array of text": np.array(["a"]), "an array of objects": np.array([None, {}], object),
    "a tensor": torch.zeros(3), "a tensor of one": torch.ones(1, 1), "an empty tensor": torch.zeros(0), "a meta tensor": torch.zeros(1, device="meta"),
    "a sparse tensor": torch.eye(2).to_sparse(), "a tensor with a gradient": torch.ones((), requires_grad=True), "a symbol": sympy.Symbol("q"),
    "zoo": sympy.zoo, "a date": datetime.date(2026, 1, 1), "what breaks": Breaks(), "what never ends": NeverEnds(), "a module of torch": torch.nn.Identity(),
}  # fmt: skip


def stops(*_):
    raise ValueError("x" * 10_000)


def interrupts(*_):
    raise KeyboardInterrupt


def exits(*_):
    sys.exit(3)


def recurses(*_):
    return recurses(*_)


def spins(*_):
    while True:
        time.sleep(0)


def spins_and_swallows(*_):
    while True:
        with contextlib.suppress(Exception):
            time.sleep(0)


def sleeps(*_):
    time.sleep(30)


def prints(*_):
    for n in range(10_000):
        print(n)
        print(n, file=sys.stderr)


def closes_the_output(*_):
    sys.stdout.close()


def allocates(*_):
    return torch.zeros(10**14)


def allocates_in_python(*_):
    return bytearray(10**15)


def patches_torch(*_):
    torch.exp = torch.Tensor.__add__ = None
    return 1.0


def patches_python(*_):
    builtins.len = builtins.print = None
    return 1.0


def writes_into_what_it_gets(*given):
    for x in given:
        if isinstance(x, torch.Tensor):
            x.mul_(0)
    return 0.0


def changes_its_folder(*_):
    global THINGS_CHANGED
    THINGS_CHANGED = True
    os.environ["LEAKYEDU_ODD"] = "1"


def plots(*_):
    import matplotlib.pyplot as plt

    plt.figure()
    plt.show()


def warns(*_):
    warnings.warn("odd", stacklevel=1)
    return "a text"


def in_float16(*_):
    torch.set_default_dtype(torch.float16)
    return torch.zeros(3)


def yields(*_):
    yield 1.0


async def waits(*_):
    return 1.0


def returns(x):
    """Return a function that returns x, with x in its name."""

    def answer(*_):
        return x

    answer.__name__ = f"returns {type(x).__name__}"
    return answer


FUNCTIONS = [
    stops, interrupts, exits, recurses, spins, spins_and_swallows, sleeps, prints, closes_the_output, allocates, allocates_in_python, patches_torch,
    patches_python, writes_into_what_it_gets, changes_its_folder, plots, warns, in_float16, yields, waits, functools.partial(stops, 1), Callable(), max,
    np.sin, torch.nn.Linear(1, 1), Callable().__call__, lambda: 1, lambda x: x, lambda *, key: key, *map(returns, [x for x in THINGS.values() if not callable(x)]),
]  # fmt: skip
ODD = list(THINGS.values()) + FUNCTIONS
SLOW = {spins, spins_and_swallows, sleeps}


def look(exercise: Exercise, odd: object) -> tuple[Verdict, float]:
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a coroutine that nobody waits for
        verdict = fresh(exercise).check(odd)
        len(repr(verdict)), len(verdict.html)
    return verdict, time.perf_counter() - start


def complaints(verdict: Verdict, seconds: float) -> list[str]:
    """Return what is wrong with a verdict on an odd answer."""
    text = verdict.text
    wrong = {
        "no sentence": not text.startswith(("Not yet. ", "Not tried yet: ", "Right. "))
        or text[-1] not in ".?!",
        "too long": len(text) > 600,
        "too late": seconds > 10,
        "speaks of Python": "object at 0x" in text or "<class" in text,
        "has no words of its own": "cannot be looked at" in text,
        "two lines": "\n" in text,
    }
    return [what for what, holds in wrong.items() if holds]


@pytest.mark.slow
@pytest.mark.parametrize(
    "exercise",
    # A function as long as a learner waits for what never ends.
    [pytest.param(ex.step, marks=pytest.mark.thorough), ex.by_hand, ex.order],
    ids=["step", "by_hand", "order"],
)
def test_an_odd_answer_gets_a_clear_sentence_and_does_no_harm(exercise, monkeypatch, capfd):
    if exercise is not ex.step:
        monkeypatch.setattr("leakyedu.teaching.guard.run_guarded.__defaults__", (0.3,))

    do_no_harm(exercise, capfd)


# A stop may come inside a callback, where Python drops it; the guard raises it again.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.thorough
@each_of_few_lessons
def test_it_gets_one_from_each_exercise_of_a_lesson(lesson, monkeypatch, capfd):
    monkeypatch.setattr("leakyedu.teaching.guard.run_guarded.__defaults__", (0.3,))

    for exercise in things_of(lesson, Exercise).values():
        do_no_harm(exercise, capfd)


def do_no_harm(exercise: Exercise, capfd) -> None:
    """Assert that an exercise has a clear sentence for each odd answer, and that all is as it was."""
    exp, add, length, output = torch.exp, torch.Tensor.__add__, len, sys.stdout

    failures = []
    for odd in ODD:
        verdict, seconds = look(exercise, odd)
        failures += [
            (exercise.question, type(odd), verdict.text, what) for what in complaints(verdict, seconds)
        ]

    assert length(ODD) >= 40
    assert failures == []
    assert not sys.stdout.closed
    assert (torch.exp, torch.Tensor.__add__, builtins.len, sys.stdout) == (exp, add, length, output)
    assert torch.get_default_dtype() is torch.float32
    assert capfd.readouterr() == ("", "")


def test_there_are_odd_answers_for_functions_too():
    kinds = [exercise.kind for lesson in ALL for exercise in things_of(lesson, Exercise).values()]

    assert sum(isinstance(kind, Function) for kind in kinds) >= 8
    assert len(FUNCTIONS) >= 40
