"""The kind of answer that is a formula, in sympy or typed.

It stands in a file of its own, beside the other :mod:`~leakyedu.teaching.kinds`, because sympy takes
0.3 s to load: only the lessons with a formula wait for it.
"""

import inspect
import itertools
import random
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sympy
from sympy.core.function import AppliedUndef

from leakyedu.teaching.formula import FormulaError, evaluate, parse, read_as
from leakyedu.teaching.kinds import Mistake, Trial, Typed, name_kind
from leakyedu.teaching.reading import listed_names
from leakyedu.teaching.says import say


class Expression(Typed):
    """A formula, compared with the right one at random points: its form does not matter.

    A mistake is a function without arguments that returns a wrong formula.

    Nothing is simplified. Two formulas that agree to 12 of 50 digits at 12 random points are the same;
    12 digits leave room for decimal numbers in the learner's formula, which have 16.

    Args:
        right: the right formula, a sympy expression.
        ranges: name of a symbol -> the smallest and the largest number that it is tried with. These are
            the symbols of the question; the learner's are known by their names, whatever is assumed of them.

    Raises:
        ValueError: if a formula has a symbol without a range.
    """

    POINTS, PARTS, TOLERANCE = 12, 300, 1e-12

    def __init__(self, right: sympy.Expr, ranges: Mapping[str, tuple[float, float]]) -> None:
        super().__init__()
        self.right, self.ranges = self._within(right, ranges), dict(ranges)
        draw = random.Random(0)
        self.points = [
            {name: draw.uniform(low, high) for name, (low, high) in self.ranges.items()}
            for _ in range(self.POINTS)
        ]

    def made_by(self, makes: Callable[[], sympy.Expr]) -> sympy.Expr:
        """Return the wrong formula."""
        return self._within(makes(), self.ranges)

    def table(self) -> dict[str, Any]:
        """Return all that judging looks at, each formula as a text."""
        mistakes = [mistake._asdict() | {"answer": str(mistake.answer)} for mistake in self.mistakes]
        return {"kind": "Expression", "right": str(self.right), "ranges": self.ranges, "mistakes": mistakes}

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> "Expression":
        """Return the kind that :meth:`table` has written."""
        kind = cls(parse(table["right"], table["ranges"]), table["ranges"])
        kind.mistakes = [
            Mistake(m["key"], parse(m["answer"], table["ranges"]), m["text"]) for m in table["mistakes"]
        ]
        return kind

    @staticmethod
    def _within(formula: sympy.Expr, ranges: Mapping) -> sympy.Expr:
        """Return a formula whose symbols all have a range."""
        if unknown := _names(formula) - ranges.keys():
            raise ValueError(
                f"ranges must hold every symbol of {formula}, and lacks {sorted(unknown)}. Give each a "
                'smallest and a largest number, for example ranges={"t": (0.001, 0.05)}.'
            )
        return formula

    def expected(self) -> str:
        """Say what to give."""
        return f"a formula of {listed_names(self.ranges)}" if self.ranges else "a formula"

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
            name = str(answer.lhs.func if answer.lhs.is_Function else answer.lhs)
            alone = isinstance(answer.lhs, sympy.Symbol) or answer.lhs.is_Function
            if not slope and (not alone or name in self.ranges):
                of = f" for `{name}`" if alone else ""
                return (
                    None,
                    f"This is an equation{of}. Solve it for what is asked, and give what stands right of the `=` then.",
                )
            answer = answer.rhs
        if isinstance(answer, (int, float)) and not isinstance(answer, bool):
            answer = sympy.Float(answer) if isinstance(answer, float) else sympy.Integer(answer)
        if isinstance(answer, (list, tuple, set, dict)) and len(answer) == 1:
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
        # As it stands: `(1/144)**(9/7**9)` that is put together anew and computed holds Python up for minutes.
        with sympy.evaluate(False):
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
        try:
            values = self._values(formula)
        except Exception as error:
            # Sympy has many of them.
            return Trial(False, _describe_formula(error))
        truths = self._values(self.right)
        if self._same(values, truths):
            # Later cells compute with it, and no form that a learner chose may make that slow.
            return Trial(True, say("it agrees", points=self.POINTS), self.right)
        if words := self._missing_brackets(answer, truths, self.LOOSE):
            return Trial(False, words)
        for _, wrong, text in self.mistakes:
            # A formula without one of its symbols may come close to a mistake, and does not make it.
            if _names(wrong) <= _names(formula) and self._same(values, self._values(wrong)):
                return Trial(False, text)
        if words := self._missing_brackets(answer, truths, self.DIVIDED):
            return Trial(False, words)
        read = say("read as", formula=read_as(answer, self.ranges)) if isinstance(answer, str) else ""
        try:
            return Trial(False, self._name_difference(formula, values, truths, read))
        except FormulaError as error:
            return Trial(False, str(error))

    # Where brackets are forgotten: around what is divided by, an exponent, the argument of exp; or what is divided.
    LOOSE = (r"(/)(\w+(?:\*\w+)+)", r"(\*\*)\(?(-?\w+)\)?(/\w+)", r"(exp)\((-?\w+)\)(/\w+)")
    DIVIDED = (r"()(.+)(?=/)", r"()(?<![*/(])(\b\w+ [-+] \w+)(?=[*/])")

    def _missing_brackets(self, text: Any, truths: list, parts: Sequence[str]) -> str:
        """Say where a typed formula lacks the brackets that would make it right, or nothing."""
        if not isinstance(text, str):
            return ""
        read = read_as(text, self.ranges)
        for found in itertools.chain.from_iterable(re.finditer(part, read) for part in parts):
            before, inside = found[1], "".join(found.groups()[1:])
            try:
                other = parse(f"{read[: found.start()]}{before}({inside}){read[found.end() :]}", self.ranges)
                right = self._same(self._values(other), truths)
            except FormulaError:
                continue
            if right:
                return say("missing brackets", read=read, inside=inside)
        return ""

    def _values(self, formula: sympy.Expr, **instead: float) -> list:
        return [evaluate(formula, point | instead) for point in self.points]

    def _same(self, values: Sequence, truths: Sequence) -> bool:
        # The last term is for a truth of 0, which rounding leaves at 1e-50 or so.
        return all(abs(x - y) <= self.TOLERANCE * abs(y) + 1e-30 for x, y in zip(values, truths, strict=True))

    def _name_difference(self, formula: sympy.Expr, values: list, truths: list, read: str) -> str:
        """Say what distinguishes a wrong formula from the right one, without showing that."""
        if not _names(formula) and _names(self.right):
            return say("a number for a formula", expected=self.expected())
        if missing := sorted(_names(self.right) - _names(formula)):
            return say("left out" if len(missing) == 1 else "several left out", names=listed_names(missing))
        if self._same([-x for x in values], truths):
            return say("the sign is not right")
        if all(values) and all(truths):
            ratios = [x / y for x, y in zip(values, truths, strict=True)]
            if self._constant(ratios):
                return say("up to a factor")
            if self._same([1 / x for x in values], truths):
                return say("upside down")
            for name in self.ranges:
                for power in (-2, -1, 1, 2):
                    if self._constant(
                        [r * p[name] ** power for r, p in zip(ratios, self.points, strict=True)]
                    ):
                        return say("up to a symbol", name=name)
        if self._constant([x - y for x, y in zip(values, truths, strict=True)]):
            return say("up to a term")
        worst = max(range(self.POINTS), key=lambda k: abs(values[k] - truths[k]) / (abs(truths[k]) + 1e-30))
        where = ", ".join(f"{name} = {x:.4g}" for name, x in self.points[worst].items())
        gives = say("a wrong value", where=where, read=read, value=_size(values[worst], truths[worst]))
        return f"{self._ends(formula)}{gives}"

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
        cases = {
            (True, True): "right at both ends",
            (True, False): "right at 0",
            (False, True): "right in the end",
        }
        case = cases.get(tuple(right_at))
        return f"{say(case)} " if case else ""


def _names(formula: sympy.Expr) -> set[str]:
    return {symbol.name for symbol in formula.free_symbols}


def _size(value: Any, truth: Any) -> str:
    """Return a wrong value with a word on it."""
    if abs(value.imag) > 1e-12 * abs(value):
        return say("a complex value")
    case = "too large a value" if value.real > truth.real else "too small a value"
    return say(case, value=f"{float(value.real):.4g}")


def _describe_formula(error: Exception) -> str:
    """Say in a sentence why a formula has no values."""
    if isinstance(error, FormulaError):
        return str(error)
    return f"Your formula cannot be computed ({type(error).__name__}). Bring it into a simpler form."
