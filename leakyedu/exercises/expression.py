"""The kind of answer that is a formula, in sympy or typed.

It stands in a file of its own, beside the other :mod:`~leakyedu.exercises.kinds`, because sympy takes
0.3 s to load: only the lessons with a formula wait for it.
"""

import inspect
import random
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import EllipsisType
from typing import Any

import sympy
from sympy.core.function import AppliedUndef

from leakyedu.exercises.formula import FormulaError, evaluate, parse
from leakyedu.exercises.guard import StoppedError, run_guarded
from leakyedu.exercises.kinds import Mistake, Trial, name_kind


class Expression:
    """A formula, compared with the right one at random points: its form does not matter.

    Nothing is simplified. Two formulas that agree to 12 of 50 digits at 12 random points are the same;
    12 digits leave room for decimal numbers in the learner's formula, which have 16.

    Args:
        right: the right formula, a sympy expression.
        ranges: name of a symbol -> the smallest and the largest number that it is tried with. These are
            the symbols of the question; the learner's are known by their names, whatever is assumed of them.
        mistakes: functions without arguments that return a wrong formula; their docstrings say why it is
            wrong.

    Raises:
        ValueError: if a formula has a symbol without a range.
    """

    POINTS, PARTS, TOLERANCE = 12, 300, 1e-12

    def __init__(
        self,
        right: sympy.Expr,
        ranges: Mapping[str, tuple[float, float]],
        mistakes: Sequence[Callable[[], sympy.Expr]] = (),
    ) -> None:
        self.right, self.ranges = right, dict(ranges)
        self.mistakes = tuple(Mistake(f(), inspect.getdoc(f)) for f in mistakes)
        for formula in (right, *(mistake.answer for mistake in self.mistakes)):
            if unknown := _names(formula) - self.ranges.keys():
                raise ValueError(
                    f"ranges must hold every symbol of {formula}, and lacks {sorted(unknown)}. Give each a "
                    'smallest and a largest number, for example ranges={"t": (0.001, 0.05)}.'
                )
        draw = random.Random(0)
        self.points = [
            {name: draw.uniform(low, high) for name, (low, high) in self.ranges.items()}
            for _ in range(self.POINTS)
        ]

    def expected(self) -> str:
        """Say what to give."""
        return f"a formula of {_listed(self.ranges)}" if self.ranges else "a formula"

    def parse(self, text: str) -> str | EllipsisType:
        """Return what was typed into a field."""
        return text.strip() or ...

    def code(self) -> str:
        """Return the right formula as it is typed."""
        return str(self.right)

    def read(self, answer: Any) -> tuple[sympy.Expr | None, str]:
        """Return the answer as an expression of the question's symbols, or None and what is wrong with it."""
        if isinstance(answer, str):
            try:
                return parse(answer, self.ranges), ""
            except FormulaError as error:
                return None, str(error)
        if isinstance(answer, sympy.Equality):
            # A slope on the left, `dv/dt = ...`, is what a question with a `v` asks for.
            named = answer.lhs.expr if answer.lhs.is_Derivative else None
            slope = isinstance(named, AppliedUndef) and named.func.__name__ in self.ranges
            if not (isinstance(answer.lhs, sympy.Symbol) or answer.lhs.is_Function or slope):
                return (
                    None,
                    f"This is an equation. Give {self.expected()} alone: what stands right of the `=`, solved.",
                )
            answer = answer.rhs
        if isinstance(answer, (int, float)) and not isinstance(answer, bool):
            answer = sympy.Float(answer) if isinstance(answer, float) else sympy.Integer(answer)
        if isinstance(answer, (list, tuple, set)) and len(answer) == 1:
            return (
                None,
                f"This wants {self.expected()}, and got {name_kind(answer)} that may hold one: take it out, for example by `[0]`.",
            )
        if isinstance(answer, type) or inspect.isroutine(answer):
            return None, f"This wants {self.expected()}, and got a function. Give what it returns."
        if isinstance(answer, sympy.MatrixBase):
            return None, f"This wants {self.expected()}, and got a matrix. Give one of its entries."
        if not isinstance(answer, sympy.Expr):
            return None, f"This wants {self.expected()}, and got {name_kind(answer)}."
        # Before anything else looks at it: parts that are shared count as often as they are met.
        if any(n >= self.PARTS for n, _ in enumerate(sympy.preorder_traversal(answer))):
            return None, f"Your formula has more than {self.PARTS} parts. Bring it into a shorter form first."
        # `v(t)`, as a derivation in sympy has it, is the `v` of the question.
        functions = {f: sympy.Symbol(f.func.__name__) for f in answer.atoms(AppliedUndef)}
        answer = answer.xreplace({f: v for f, v in functions.items() if v.name in self.ranges})
        unknown = sorted(_names(answer) - self.ranges.keys())
        if constants := [name for name in unknown if re.fullmatch("C[0-9]+", name)]:
            return (
                None,
                f"The constant of integration `{constants[0]}` is still there: use the initial value to find it.",
            )
        if unknown:
            return None, f"`{unknown[0]}` is not a symbol of this question. This wants {self.expected()}."
        return answer, ""

    def try_out(self, answer: Any) -> Trial:
        """Compare the values at random points with those of the right formula and of the mistakes."""
        formula, complaint = self.read(answer)
        if formula is None:
            return Trial(False, complaint)
        values, error = run_guarded(lambda: self._values(formula))
        if error is not None:
            return Trial(False, _describe_formula(error))
        truths = self._values(self.right)
        if self._same(values, truths):
            kept, error = run_guarded(lambda: self._in_our_symbols(formula))
            return Trial(
                True, f"It agrees at {self.POINTS} random points.", formula if error is not None else kept
            )
        for wrong, text in self.mistakes:
            if self._same(values, self._values(wrong)):
                return Trial(False, text)
        return Trial(False, self._name_difference(formula, values, truths, isinstance(answer, str)))

    def _values(self, formula: sympy.Expr, **instead: float) -> list:
        return [evaluate(formula, point | instead) for point in self.points]

    def _same(self, values: Sequence, truths: Sequence) -> bool:
        # The last term is for a truth of 0, which rounding leaves at 1e-50 or so.
        return all(abs(x - y) <= self.TOLERANCE * abs(y) + 1e-30 for x, y in zip(values, truths, strict=True))

    def _in_our_symbols(self, formula: sympy.Expr) -> sympy.Expr:
        ours = {symbol.name: symbol for symbol in self.right.free_symbols}
        return formula.xreplace({s: ours[s.name] for s in formula.free_symbols if s.name in ours}).doit()

    def _name_difference(self, formula: sympy.Expr, values: list, truths: list, typed: bool) -> str:
        """Say what distinguishes a wrong formula from the right one, without showing that."""
        if not _names(formula) and _names(self.right):
            return f"This wants {self.expected()}, and yours is a number, the same at each of them."
        if missing := sorted(_names(self.right) - _names(formula)):
            return f"{_listed(missing)} cannot be left out: the answer changes with it."
        if self._same([-x for x in values], truths):
            return "The size is right, the sign is not."
        if all(values) and all(truths):
            ratios = [x / y for x, y in zip(values, truths, strict=True)]
            if self._constant(ratios):
                return "Your formula is right up to a number that it is multiplied by: the same one at every point."
            if self._same([1 / x for x in values], truths):
                return "Your formula is upside down: what it divides belongs below the line."
            for name in self.ranges:
                for power in (-2, -1, 1, 2):
                    if self._constant(
                        [r * p[name] ** power for r, p in zip(ratios, self.points, strict=True)]
                    ):
                        return f"Your formula is right up to a factor in which only `{name}` stands: compare the units of both sides."
        if self._constant([x - y for x, y in zip(values, truths, strict=True)]):
            return "Your formula is right up to a number that is added: the same one at every point."
        worst = max(range(self.POINTS), key=lambda k: abs(values[k] - truths[k]) / (abs(truths[k]) + 1e-30))
        where = ", ".join(f"{name} = {x:.4g}" for name, x in self.points[worst].items())
        read_as = f", read as `{formula}`," if typed else ""
        return f"{self._ends(formula)}At {where}, your formula{read_as} gives {_size(values[worst], truths[worst])}."

    def _constant(self, numbers: list) -> bool:
        return self._same(numbers, numbers[:1] * len(numbers))

    def _ends(self, formula: sympy.Expr) -> str:
        """Say at which end of time a formula is right, if it is at one."""
        if "t" not in self.ranges:
            return ""
        right_at = []
        for time in (0.0, 30 * self.ranges["t"][1]):
            try:
                right_at.append(self._same(self._values(formula, t=time), self._values(self.right, t=time)))
            except FormulaError:
                right_at.append(False)
        return {
            (True, True): "It starts and ends right, and goes another way between. ",
            (True, False): "It is right at t = 0, but not later. ",
            (False, True): "It ends right after a long time, but does not start right at t = 0. ",
        }.get(tuple(right_at), "")


def _names(formula: sympy.Expr) -> set[str]:
    return {symbol.name for symbol in formula.free_symbols}


def _listed(names: Iterable[str]) -> str:
    """Return names as in a sentence: `a`, `b` and `c`."""
    *others, last = (f"`{name}`" for name in names)
    return f"{', '.join(others)} and {last}" if others else last


def _size(value: Any, truth: Any) -> str:
    """Return a wrong value with a word on it."""
    if abs(value.imag) > 1e-12 * abs(value):
        return "a complex number: look for the root or the logarithm of something negative"
    return f"{float(value.real):.4g}, which is too {'large' if value.real > truth.real else 'small'}"


def _describe_formula(error: BaseException) -> str:
    """Say in a sentence why a formula has no values."""
    if isinstance(error, StoppedError):
        return f"Your formula {error}."
    if isinstance(error, FormulaError):
        return str(error)
    return f"Your formula cannot be computed ({type(error).__name__}). Bring it into a simpler form."
