"""Kinds of answer: each knows what is right, and which wrong answers learners give.

===================  ==========================================================  =====================
kind                 the learner gives                                           a mistake is
===================  ==========================================================  =====================
:class:`Number`      a number, in the unit of the question                       a function that gets it
:class:`Choice`      the letter of an option                                     an option
:class:`Order`       the letters of lines, in order                              an order
:class:`Points`      voltages at given times, drawn as a curve                   (predictions alone)
:class:`Function`    a function, tried on cases that it has not seen             a mutant of the reference
:class:`Witness`     arguments at which a wrong function is wrong                a place where it is not
===================  ==========================================================  =====================

Each has ``right``, ``mistakes``, ``expected()`` (what to give, in words) and ``try_out(answer)``. Formulas
are a kind of their own file, :mod:`~leakyedu.exercises.expression`.
"""

import inspect
import itertools
import linecache
import math
import re
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from numbers import Real
from types import EllipsisType
from typing import Any, NamedTuple

import torch
from torch import Generator, Tensor

from leakyedu.exercises.guard import StoppedError, run_guarded

NOT_TRIED = "Not tried yet: replace `...` by your answer and run the cell again."


class Mistake(NamedTuple):
    """A wrong answer that learners give.

    Attributes:
        answer: the wrong answer itself.
        text: what to say to it, without the right one.
    """

    answer: Any
    text: str


class Trial(NamedTuple):
    """What a kind says of one answer.

    Attributes:
        passed: whether it is right.
        text: the words for the learner.
        kept: what later cells go on with, or None: the answer itself.
    """

    passed: bool
    text: str
    kept: Any = None


class Number:
    """A number in a unit.

    Args:
        right: the right number.
        unit: its unit, for example ``"V"``, or ``""``.
        tolerance: how far an answer may be from it, in that unit.
        mistakes: functions without arguments that compute a wrong number; their docstrings say why
            it is wrong.
        between: the smallest and the largest number that can be meant, in that unit; outside of them an
            answer was given in another unit.
    """

    def __init__(
        self,
        right: float,
        unit: str,
        tolerance: float,
        mistakes: Sequence[Callable[[], float]] = (),
        between: tuple[float, float] = (-math.inf, math.inf),
    ) -> None:
        self.right, self.unit, self.tolerance, self.between = right, unit, tolerance, between
        self.mistakes = tuple(Mistake(f(), inspect.getdoc(f)) for f in mistakes)

    def expected(self) -> str:
        """Say what to give."""
        return f"a number in {self.unit}" if self.unit else "a number"

    def parse(self, text: str) -> float | str | EllipsisType:
        """Return what was typed into a field, with its unit or a decimal comma perhaps."""
        typed = text.strip().removesuffix(self.unit).strip() if self.unit else text.strip()
        return _number(typed) if typed else ...

    def show(self, number: float) -> str:
        """Return a number with its unit."""
        return f"{number:.4g} {self.unit}".strip()

    def read(self, answer: Any) -> tuple[float | None, str]:
        """Return the answer as a number, or None and what is wrong with it."""
        if isinstance(answer, str):
            return None, f"This is {name_kind(answer)}. Write the number without quotes and without its unit."
        if _is_no_number(answer) or not hasattr(answer, "__float__"):
            return None, f"This wants {self.expected()}, and got {name_kind(answer)}."
        number = _asked(float, answer)
        if number is None:
            # A symbolic expression, an array of several numbers: each raises an error of its own.
            return (
                None,
                f"This wants {self.expected()}, and got {name_kind(answer)} that cannot be read as one.",
            )
        if not math.isfinite(number):
            return None, f"{number} is no number that a neuron can have. Look for a division by 0."
        low, high = self.between
        if not low <= number <= high:
            return (
                None,
                f"{self.show(number)} is not between {low:g} and {self.show(high)}. Was it meant in another unit?",
            )
        return number, ""

    def try_out(self, answer: Any) -> Trial:
        """Compare the answer with the right number and with the mistakes."""
        number, complaint = self.read(answer)
        if number is None:
            return Trial(False, complaint)
        if self._near(number, self.right):
            return Trial(True, f"{self.show(number)}.")
        for wrong, text in self.mistakes:
            if self._near(number, wrong):
                return Trial(False, text)
        for factor, unit in ((1000, "thousandths"), (0.001, "thousands")):
            if self.unit and self._near(number / factor, self.right):
                return Trial(False, f"The digits are right, in {unit} of {self.unit}. Answer in {self.unit}.")
        if self._near(-number, self.right):
            return Trial(False, "The size is right, the sign is not.")
        shown = (
            self.show(number)
            if self.show(number) != self.show(self.right)
            else f"{number!r} {self.unit}".strip()
        )
        return Trial(False, f"{shown} is too {'large' if number > self.right else 'small'}.")

    def tell(self) -> str:
        """Say what happens."""
        return f"It is {self.show(self.right)}."

    def compare(self, number: float) -> str:
        """Say how far a prediction was from what happens, and which mistake leads to it."""
        truth = f"It is {self.show(self.right)}"
        if self._near(number, self.right):
            return f"You predicted {self.show(number)}. {truth}: you saw it coming."
        side = "large" if number > self.right else "small"
        why = next((f" {text}" for wrong, text in self.mistakes if self._near(number, wrong)), "")
        return f"You predicted {self.show(number)}. {truth}: your prediction is too {side} by {abs(number - self.right):.4g}.{why}"

    def _near(self, number: float, other: float) -> bool:
        # A millionth more: 0.17 + 0.005 is a little above 0.175 in floating point.
        return abs(number - other) <= self.tolerance * (1 + 1e-6)


class Choice:
    """One of some options.

    Args:
        right: the letter, or the name, of the right one.
        options: letter -> what it says.
        feedback: letter -> what to say to a learner who chose it.
    """

    def __init__(self, right: str, options: Mapping[str, str], feedback: Mapping[str, str]) -> None:
        self.right, self.options, self.feedback = right, options, feedback
        self.mistakes = tuple(Mistake(key, feedback[key]) for key in options if key != right)

    def expected(self) -> str:
        """Say what to give."""
        what = "letters" if all(len(key) == 1 for key in self.options) else "names"
        return f"one of the {what} " + ", ".join(f'"{key}"' for key in self.options)

    def read(self, answer: Any) -> tuple[str | None, str]:
        """Return the letter of the answer, or None and what is wrong with it."""
        if isinstance(answer, str):
            for key, words in self.options.items():
                if answer.strip().strip("()").lower() in (key.lower(), words.lower()):
                    return key, ""
        return None, f"This wants {self.expected()}, and got {name_kind(answer)}."

    def try_out(self, answer: Any) -> Trial:
        """Look up what to say to this option."""
        key, complaint = self.read(answer)
        return Trial(key == self.right, complaint if key is None else self.feedback[key])

    def show(self, key: str) -> str:
        """Return an option with its letter."""
        return f"({key}) {self.options[key]}"

    def tell(self) -> str:
        """Say what happens, and why."""
        return f"It is ({self.right}). {self.feedback[self.right]}"

    def compare(self, key: str) -> str:
        """Say whether a prediction came true, and why."""
        if key == self.right:
            return f"You predicted ({key}), and so it is. {self.feedback[key]}"
        return f"You predicted ({key}). {self.feedback[key]} {self.tell()}"


class Order:
    """Lines to put in order.

    Args:
        right: the letters in the right order, for example ``"BCA"``.
        lines: letter -> line.
        wrong: a wrong order -> what to say to it.
        why: the reason for the right order, as the end of a sentence.
    """

    def __init__(self, right: str, lines: Mapping[str, str], wrong: Mapping[str, str], why: str) -> None:
        self.right, self.lines, self.why = right, lines, why
        self.mistakes = tuple(Mistake(order, text) for order, text in wrong.items())

    def expected(self) -> str:
        """Say what to give."""
        return f'the letters {", ".join(sorted(self.lines))} in order, for example "{"".join(sorted(self.lines))}"'

    def parse(self, text: str) -> str | EllipsisType:
        """Return what was typed into a field."""
        return text.strip() or ...

    def try_out(self, answer: Any) -> Trial:
        """Compare the order with the right one and with the wrong ones."""
        if isinstance(answer, (list, tuple)) and all(isinstance(line, str) for line in answer):
            answer = "".join(answer)
        if not isinstance(answer, str):
            return Trial(False, f"This wants {self.expected()}, and got {name_kind(answer)}.")
        order = re.sub(r"[\s,;>-]", "", answer).upper()
        if order == self.right:
            return Trial(True, f"{', then '.join(order)}: {self.why}")
        if sorted(order) != sorted(self.lines):
            return Trial(False, f"This wants {self.expected()}: each letter once. It got `{_short(answer)}`.")
        texts = dict(self.mistakes)
        return Trial(
            False,
            texts.get(order, "Another order does it. Ask of each line what must have happened before it."),
        )


class Points:
    """Points of a curve: what a learner expects at given places.

    Args:
        curve: the right values, as a function of the places, in a list.
        at: the places, in the unit of the horizontal axis.
        names: what the places and the values are, with their units, for example
            ``("time (ms)", "v (V)")``.
        tolerance: how far a value may be off, in its unit.
    """

    mistakes = ()

    def __init__(
        self, curve: Callable[[float], float], at: Sequence[float], names: tuple[str, str], tolerance: float
    ) -> None:
        self.at, self.names, self.tolerance = tuple(at), names, tolerance
        self.right = tuple((place, float(curve(place))) for place in at)

    def expected(self) -> str:
        """Say what to give."""
        return f"a list of {len(self.at)} numbers, {self.names[1]} at {self.names[0]} {_listed(self.at)}"

    def parse(self, text: str) -> list | EllipsisType:
        """Return what was typed into a field."""
        return _numbers(text)

    def show(self, points: Sequence[tuple[float, float]]) -> str:
        """Return the values in words."""
        return f"{self.names[1]} {_listed(y for _, y in points)}"

    def read(self, answer: Any) -> tuple[tuple[tuple[float, float], ...] | None, str]:
        """Return pairs of a place and a value, or None and what is wrong with the answer."""
        values, places = _asked(_list, answer), self.at
        if values and all(isinstance(pair, (list, tuple)) and len(pair) == 2 for pair in values):
            places, values = zip(*values, strict=True)
        places, values = _asked(_floats, places), _asked(_floats, values)
        if values is None or places is None or isinstance(answer, (str, Mapping)):
            return None, f"This wants {self.expected()}, and got {name_kind(answer)}."
        if len(values) != len(self.at):
            return None, f"This wants {self.expected()}, and got {len(values)}."
        if tuple(places) != tuple(map(float, self.at)):
            return None, f"This wants {self.expected()}, and got other places: {_listed(places)}."
        if not all(map(math.isfinite, values)):
            return None, "One of these is no number that a neuron can have. Look for a division by 0."
        return tuple(zip(self.at, values, strict=True)), ""

    def tell(self) -> str:
        """Say what happens."""
        return f"It is {_listed(value for _, value in self.right)}."

    def compare(self, points: Sequence[tuple[float, float]]) -> str:
        """Say where a prediction is farthest from what happens."""
        errors = [value - truth for (_, value), (_, truth) in zip(points, self.right, strict=True)]
        worst = max(range(len(errors)), key=lambda n: abs(errors[n]))
        said = f"You predicted {self.show(points)}. {self.tell()}"
        if abs(errors[worst]) <= self.tolerance * (1 + 1e-6):
            return f"{said} You saw it coming."
        side = "high" if errors[worst] > 0 else "low"
        return (
            f"{said} At {self.names[0]} {self.at[worst]:.4g} your prediction is too {side} by "
            f"{abs(errors[worst]):.3g}, more than elsewhere."
        )


class Witness:
    """Arguments at which a wrong function is wrong: the first half of a hunt for its bug.

    Args:
        right: arguments that show it, for example ``(0.002, 0.01)``.
        function: what it should compute, from plain numbers to a plain number.
        wrong: the function with the bug.
        within: argument -> the smallest and the largest number that makes sense.
        blind: functions of the same arguments that tell whether these hide the bug; their docstrings say
            why, the default values of their arguments are an example.
    """

    def __init__(
        self,
        right: tuple[float, ...],
        function: Callable[..., float],
        wrong: Callable[..., float],
        within: Mapping[str, tuple[float, float]],
        blind: Sequence[Callable[..., bool]] = (),
    ) -> None:
        self.right, self.function, self.wrong, self.within, self.blind = right, function, wrong, within, blind
        self.mistakes = tuple(Mistake(f.__defaults__, inspect.getdoc(f)) for f in blind)

    def expected(self) -> str:
        """Say what to give."""
        return f"{len(self.within)} numbers in brackets, ({', '.join(self.within)})"

    def parse(self, text: str) -> list | EllipsisType:
        """Return what was typed into a field."""
        return _numbers(text)

    def try_out(self, answer: Any) -> Trial:
        """Call both functions and compare."""
        numbers = _asked(_floats, answer)
        if numbers is None:
            return Trial(False, f"This wants {self.expected()}, and got {name_kind(answer)}.")
        if len(numbers) != len(self.within):
            return Trial(False, f"This wants {self.expected()}, and got {len(numbers)}.")
        for (name, (low, high)), number in zip(self.within.items(), numbers, strict=True):
            if not low <= number <= high:
                return Trial(False, f"`{name}` must be from {low:g} to {high:g}, got {number:g}.")
        given = ", ".join(f"{name} = {number:g}" for name, number in zip(self.within, numbers, strict=True))
        result, truth = self.wrong(*numbers), self.function(*numbers)
        if not math.isclose(result, truth, rel_tol=1e-6, abs_tol=1e-12):
            return Trial(True, f"With {given} it returns {result:.4g}, where {truth:.4g} is right.")
        for hides in self.blind:
            if hides(*numbers):
                return Trial(False, inspect.getdoc(hides))
        return Trial(False, f"With {given} it returns {result:.4g}, and that is right. Try others.")


class Function:
    """A function, compared with a slow and readable reference.

    Args:
        right: the reference.
        returns: what it returns, for example ``("v", "i")``; one name for a single result. Each is a
            tensor or, where the reference returns one, a number.
        cases: ``(generator) -> list of tuples of arguments``; the arguments are tensors, numbers,
            generators and named tuples of them.
        mistakes: mutants of the reference; their docstrings say what is wrong. A mutant may give nan or
            raise an error: an answer that does the same makes that mistake.
        tolerance: how far a number may be off, as a part of the largest one in its case.
        each: what one number of a tensor belongs to.
    """

    def __init__(
        self,
        right: Callable,
        returns: Sequence[str],
        cases: Callable[[Generator], list[tuple]],
        mistakes: Sequence[Callable] = (),
        tolerance: float = 1e-6,
        each: str = "neuron",
    ) -> None:
        self.right, self.returns, self.cases, self.tolerance = right, tuple(returns), cases, tolerance
        self.each = each
        self.mistakes = tuple(Mistake(f, inspect.getdoc(f)) for f in mistakes)
        self.arguments = tuple(inspect.signature(right).parameters)

    def expected(self) -> str:
        """Say what to give."""
        return f"a function of ({', '.join(self.arguments)})"

    def code(self) -> str:
        """Return the source of the reference."""
        return inspect.getsource(self.right)

    def try_out(self, answer: Any) -> Trial:
        """Run the function on random cases; find where it leaves the reference, and by which mistake."""
        if not callable(answer):
            return Trial(
                False,
                f"This wants {self.expected()}, and got {name_kind(answer)}. Give its name alone, without brackets or quotes.",
            )
        if (complaint := self._misfit(answer)) is not None:
            return Trial(False, complaint)
        cases = self.cases(Generator().manual_seed(0))
        given = [_copy(case) for case in cases]
        # Before the answer runs: it might change what they are computed with.
        truths = self._truths(cases)
        results, error = run_guarded(lambda: self._results(answer, given))
        if error is not None:
            return Trial(False, self._name_failure(error, cases) or _describe(error, answer))
        if results[0] is ...:
            return Trial(False, NOT_TRIED)
        for case, result, truth in zip(cases, results, truths, strict=True):
            if (complaint := self._malformed(result, truth, case)) is not None:
                return Trial(False, complaint)
        truths, results = ([self._as_tensors(result) for result in many] for many in (truths, results))
        if all(map(self._agree, results, truths)):
            if not all(map(_equal, cases, given)):
                return Trial(
                    False,
                    "The numbers are right, but your function writes into the tensors it was given, so the caller's "
                    "neurons change too. `a += b` on a tensor does that; write `a = a + b`.",
                )
            return Trial(True, self._praise(results, cases))
        return Trial(
            False, self._name_mistake(results, cases) or self._tell_difference(results, truths, cases)
        )

    def _truths(self, cases: list[tuple]) -> list:
        """Return what is right in each case."""
        return self._results(self.right, [_copy(case) for case in cases])

    def _praise(self, results: list, cases: list[tuple]) -> str:
        """Say what the answer has passed."""
        remark = ""
        if any(x.requires_grad for result in results for x in result):
            remark = " Your result also carries a gradient, which nobody asked for: look for `requires_grad`."
        numbers = sum(result[0].numel() for result in results)
        of_cases = f" of {len(cases)} random cases" if numbers > len(cases) else ", each of a random case"
        return f"It agrees on {numbers:,} numbers{of_cases}.{remark}"

    def _results(self, function: Callable, cases: list[tuple]) -> list:
        results = []
        for case in cases:
            results.append(function(*case))
            if results[-1] is ...:
                return results
        return results

    def _misfit(self, function: Callable) -> str | None:
        """Say why the arguments cannot be handed to the function, or None."""
        try:
            inspect.signature(function).bind(*self.arguments)
        except TypeError:
            got = inspect.signature(function)
            return f"Your function takes `{got}`; this wants {self.expected()}, in this order."
        except ValueError:
            # Built-in functions have no signature to ask; the call itself will tell.
            return None
        return None

    def _malformed(self, result: Any, truth: Any, case: tuple) -> str | None:
        """Say what is wrong with the kind or shape of a result, or None."""
        wanted = " and ".join(f"`{name}`" for name in self.returns)
        if result is ... or (isinstance(result, tuple) and any(part is ... for part in result)):
            return "A `...` still stands in what your function returns: put your own line in its place."
        if (
            self.returns[0] == "v"
            and isinstance(result, tuple)
            and any(isinstance(x, tuple) for x in result[1:])
        ):
            return f"Your function returns the voltage and the state. Here return the state alone: {wanted}."
        if result is None:
            return f"Your function returns None. It ends without `return`: return {wanted}."
        parts = self._parts(result)
        if parts is None:
            hint = " with a comma between them, without brackets" if isinstance(result, list) else ""
            return f"Your function returns {name_kind(result)}. Return {wanted}{hint}."
        for name, x, y in zip(self.returns, parts, self._parts(truth), strict=True):
            if x is None:
                return f"`{name}` is None. Look for a line that assigns nothing to it."
            if isinstance(y, float):
                if (complaint := _not_a_number(x)) is not None:
                    return f"`{name}` {complaint}"
                continue
            if not isinstance(x, Tensor):
                return (
                    f"`{name}` is {name_kind(x)}; return a tensor, computed from the tensors you are given."
                )
            if x.is_complex():
                return f"`{name}` is complex. Look for a root of a negative number."
            if x.device != y.device or x.layout != y.layout:
                return f"`{name}` is on another device or of another layout than the input. Compute it from the input."
            if x.shape != y.shape:
                return f"`{name}` has the shape {tuple(x.shape)} where {tuple(y.shape)} was expected: a value for each {self.each}."
            if x.dtype == torch.bool:
                return f"`{name}` holds True and False: turn them into 1 and 0 in the dtype of the input."
            if not x.is_floating_point():
                return f"`{name}` holds {x.dtype} numbers, which have no digits after the point. Keep the dtype of the input; `.to(...)` changes it."
        return None

    def _parts(self, result: Any) -> tuple | None:
        """Return the parts of a result, or None if they are not as many as they should be."""
        if len(self.returns) == 1:
            return (result,)
        if not isinstance(result, tuple):
            return None
        return tuple(result) if len(result) == len(self.returns) else None

    def _as_tensors(self, result: Any) -> tuple[Tensor, ...]:
        return tuple(
            x if isinstance(x, Tensor) and x.ndim else torch.tensor(float(x), dtype=torch.float64)
            for x in self._parts(result)
        )

    def _agree(self, result: Sequence[Tensor], truth: Sequence[Tensor]) -> bool:
        return all(map(self._same, result, truth))

    def _same(self, x: Tensor, y: Tensor) -> bool:
        x, size = x.detach(), y.nan_to_num(0, 0, 0).abs().max()
        # A mutant may be nan where the answer is: nan is not equal to itself.
        same = ((x - y).abs() <= self.tolerance * size) | (x == y) | (x.isnan() & y.isnan())
        return bool(same.all())

    def _name_failure(self, error: BaseException, cases: list[tuple]) -> str | None:
        """Return what to say to the mistake that stops with the same error, or None."""
        for mutant, text in self.mistakes:
            _, failure = self._try_mutant(mutant, cases)
            if failure is not None and (type(failure), str(failure)) == (type(error), str(error)):
                return text
        return None

    def _try_mutant(self, mutant: Callable, cases: list[tuple]) -> tuple[list | None, Exception | None]:
        """Return what a mutant gives and None, or None and the error that it stops with."""
        try:
            return self._results(mutant, [_copy(case) for case in cases]), None
        except Exception as failure:
            # Some mistakes are to divide by 0, or to take a root of what has none.
            return None, failure

    def _name_mistake(self, results: list, cases: list[tuple]) -> str | None:
        """Return what to say to the mistake that gives the same results, or None."""
        for mutant, text in self.mistakes:
            mutated, failure = self._try_mutant(mutant, cases)
            if failure is None and all(map(self._agree, results, map(self._as_tensors, mutated))):
                return text
        return None

    def _tell_difference(self, results: list, truths: list, cases: list[tuple]) -> str:
        """Say how results differ from the right ones, and where first."""
        for result, truth in zip(results, truths, strict=True):
            for name, x, y in zip(self.returns, result, truth, strict=True):
                if not x.isfinite().all() and y.isfinite().all():
                    return (
                        f"`{name}` {'holds' if y.ndim else 'is'} nan or inf, from ordinary inputs. "
                        "Look for a division by 0 or a number that explodes."
                    )
        if len(self.returns) > 1 and all(
            self._agree(result[::-1], truth) for result, truth in zip(results, truths, strict=True)
        ):
            return f"The numbers are right, the wrong way round: return {', then '.join(self.returns)}."
        for factor, words in SCALES.items():
            scaled = [[factor * y for y in truth] for truth in truths]
            if all(map(self._agree, results, scaled)):
                return f"Every number is {words}"
        number, result, truth = next(
            (n, x, y) for n, (x, y) in enumerate(zip(results, truths, strict=True)) if not self._agree(x, y)
        )
        wrong = [self._same(x, y) for x, y in zip(result, truth, strict=True)].index(False)
        right = [
            name
            for k, name in enumerate(self.returns)
            if all(self._same(x[k], y[k]) for x, y in zip(results, truths, strict=True))
        ]
        x, y = result[wrong].detach().flatten(), truth[wrong].flatten()
        where = int(((x - y).abs() > self.tolerance * y.abs().max()).nonzero()[0])
        place = f"case {number + 1}, {self.each} {where + 1}" if truth[wrong].ndim else f"case {number + 1}"
        name = self.returns[wrong]
        praise = f"`{right[0]}` is right, but not `{name}`:" if right else f"`{name}` is not right:"
        setting = ", ".join(
            f"{key} = {value:.4g}"
            for key, value in _settings(self.arguments, cases[number], truth[wrong].shape, where)
        )
        there = f" There {setting}." if setting else ""
        return (
            f"{praise} in {place}, it is {_apart(x[where], y[where])} "
            f"where {_apart(y[where], x[where])} is right.{there}"
        )


SCALES = {
    1000.0: "a thousand times too large: is something in milliseconds that should be in second?",
    0.001: "a thousandth of what it should be: is something in second that should be in milliseconds?",
    -1.0: "right in size and has the wrong sign.",
}


def _number(word: str) -> float | str:
    """Return a word as a number, or as it is if it is none."""
    try:
        return float(word.replace(",", "."))
    except ValueError:
        return word


def _numbers(text: str) -> list | EllipsisType:
    """Return typed numbers with spaces, commas, semicolons or brackets between them."""
    return [_number(word) for word in re.split(r"[\s,;\[\]()]+", text) if word] or ...


def _floats(answer: Any) -> list[float]:
    return [float(number) for number in _list(answer)]


def _list(answer: Any) -> list:
    return list(itertools.islice(answer, 1000))  # it may have no end


def _asked(what: Callable, answer: Any) -> Any:
    """Return ``what(answer)``, or None if it fails: an answer may be any object, whose own code runs here."""
    # A guard takes a millisecond, and a check may ask for a hundred numbers.
    return answer if what is type(answer) is float else run_guarded(lambda: what(answer)).value


def _listed(numbers: Iterable[float]) -> str:
    return ", ".join(f"{number:.4g}" for number in numbers)


def _is_no_number(x: Any) -> bool:
    """Tell whether something has a ``float`` that says too little of it: True, a complex number."""
    of_numpy = str(getattr(x, "dtype", ""))
    return isinstance(x, (bool, complex)) or of_numpy.endswith("bool") or "complex" in of_numpy


def _not_a_number(x: Any) -> str | None:
    """Say why something is not one number, or None."""
    if _is_no_number(x) or isinstance(x, str) or getattr(x, "ndim", 0) or _asked(float, x) is None:
        return f"is {name_kind(x)}; return one number."
    return None


def _apart(x: Tensor, y: Tensor) -> str:
    """Return a number with as many digits as tell it from another."""
    x, y = float(x) + 0.0, float(y) + 0.0  # -0 becomes 0
    return next((f"{x:.{n}g}" for n in (5, 8, 12) if f"{x:.{n}g}" != f"{y:.{n}g}"), repr(x))


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."


def name_kind(x: Any) -> str:
    """Name what something is, in a learner's words."""
    if isinstance(x, Tensor):
        return f"a tensor of shape {tuple(x.shape)}"
    if type(x).__module__ == "numpy":
        return "a NumPy array" if getattr(x, "ndim", 0) else "a NumPy number"
    if isinstance(x, str):
        return f'the text "{_short(x)}"' if x else "an empty text"
    if isinstance(x, type):
        return "a class"
    if inspect.isroutine(x):
        return "a function"
    if isinstance(x, bool):
        return f"`{x}`"
    name = type(x).__name__
    names = {
        "NoneType": "None (what a function without `return` gives)", "int": "a plain number", "float": "a plain number",
        "complex": "a complex number", "bytes": "bytes",
    }  # fmt: skip
    return names.get(name, f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}")


def _describe(error: BaseException, function: Callable) -> str:
    """Say in one sentence how a learner's function failed, and in which of its lines."""
    if isinstance(error, StoppedError):
        return f"Your function {error}."
    code = getattr(function, "__code__", None)
    where = ""
    for frame in traceback.extract_tb(error.__traceback__):
        if code is not None and frame.filename == code.co_filename:
            line = linecache.getline(frame.filename, frame.lineno).strip()
            where = f" in line {frame.lineno}, `{line}`" if line else f" in line {frame.lineno}"
    if isinstance(error, UnboundLocalError) and (name := re.search(r"'(\w+)'", str(error))):
        return (
            f"Your function uses `{name[1]}`{where} before it has given it a value. What it starts from is "
            "among its arguments."
        )
    if "Boolean value of Tensor" in str(error):
        return (
            f"An `if` asks one question{where}, and a tensor holds many numbers, each with an answer of its own: "
            "take `torch.where` or `clamp`."
        )
    if "ellipsis" in str(error):
        return f"A `...` still stands{where}: put your own code in its place."
    message = f": {str(error).splitlines()[0][:200]}" if str(error) else ""
    return f"Your function stopped with {type(error).__name__}{where}{message.rstrip('.')}."


def _copy(case: Any) -> Any:
    """Copy the tensors and generators in nested tuples."""
    if isinstance(case, Tensor):
        return case.clone()
    if isinstance(case, Generator):
        return case.clone_state()
    if isinstance(case, tuple):
        parts = map(_copy, case)
        return type(case)(*parts) if hasattr(case, "_fields") else tuple(parts)
    return case


def _equal(one: Any, other: Any) -> bool:
    """Tell whether nested tuples hold the same numbers."""
    if isinstance(one, Tensor):
        return torch.equal(one, other)
    if isinstance(one, Generator):
        return True  # it is there to be drawn from
    if isinstance(one, tuple):
        return all(map(_equal, one, other))
    return one == other


def _settings(names: Sequence[str], case: tuple, shape: torch.Size, neuron: int) -> list:
    """Name the numbers that one neuron of a case was given."""
    settings = []
    for name, value in zip(names, case, strict=True):
        if isinstance(value, tuple):
            fields = [f"{name}.{f}" for f in value._fields]
            settings += _settings(fields, tuple(value), shape, neuron)
        elif isinstance(value, Tensor):
            # A whole trace may belong to a single number: too long to be told.
            if value.ndim <= len(shape) and all(
                a in (1, b) for a, b in zip(value.shape[::-1], shape[::-1], strict=False)
            ):
                settings.append((name, float(value.expand(shape).flatten()[neuron])))
        elif isinstance(value, Real):
            settings.append((name, float(value)))
    return settings
