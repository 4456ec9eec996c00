"""A function as an answer: it is run on cases that it has not seen, and compared with a reference."""

import dis
import functools
import inspect
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from numbers import Real
from typing import Any

import numpy
import torch
from torch import Generator, Tensor

from leakyedu.teaching.guard import StoppedError, printed, run_guarded
from leakyedu.teaching.kinds import NOT_TRIED, Kind, Trial, is_no_number, name_kind
from leakyedu.teaching.reading import listed_names
from leakyedu.teaching.slips import dots, returned, tell_failure

PAGE = "\f"  # what the function prints in one case ends with it


class Function(Kind):
    """A function, compared with a slow and readable reference.

    A mistake is a mutant of the reference. A mutant may give nan or raise an error: an answer that does the
    same makes that mistake.

    Args:
        right: the reference.
        returns: what it returns, for example ``("v", "i")``; one name for a single result. Each is a
            tensor or, where the reference returns one, a number.
        cases: ``(generator) -> list of tuples of arguments``; the arguments are tensors, numbers,
            generators and named tuples of them.
        tolerance: how far a number may be off, as a part of the largest one in its case.
        each: what one number of a tensor belongs to.
        name: what the learner's function is called in the notebook, so that the solution takes its name.
        known_as: names in the reference -> what the notebook calls them.
    """

    def __init__(
        self,
        right: Callable,
        returns: Sequence[str],
        cases: Callable[[Generator], list[tuple]],
        tolerance: float = 1e-6,
        each: str = "neuron",
        name: str = "",
        known_as: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__()
        self.right, self.returns, self.cases, self.tolerance = right, tuple(returns), cases, tolerance
        self.each, self.name, self.known_as = each, name or right.__name__, known_as or {}
        self.arguments = tuple(inspect.signature(right).parameters)

    def made_by(self, makes: Callable) -> Callable:
        """Return the mutant itself."""
        return makes

    def expected(self) -> str:
        """Say what to give."""
        return f"a function of ({', '.join(self.arguments)})"

    def code(self) -> str:
        """Return the source of the reference, as a learner may paste it over his function."""
        source = inspect.getsource(self.right)
        for ours, theirs in {**self.known_as, self.right.__name__: self.name}.items():
            source = re.sub(rf"\b{ours}\b", theirs, source)
        return source

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
        truths, results, pages = self._truths(cases), [], [""]
        _, error = run_guarded(lambda: self._collect(answer, given, results, pages))
        passed, text, number = self._judge(answer, cases, given, truths, results, error)
        kept = self._in_form(answer, results, truths) if passed else None
        return Trial(passed, text, kept, pages[min(number, len(pages) - 1)].rstrip())

    def _collect(self, function: Callable, cases: list[tuple], results: list, pages: list[str]) -> None:
        """Append what a function returns in each case, and put what it prints in each into the pages."""
        try:
            for case in cases:
                results.append(function(*case))
                if results[-1] is ...:
                    return
                sys.stdout.write(PAGE)
        finally:
            pages[:] = printed().split(PAGE)

    def _judge(
        self,
        answer: Callable,
        cases: list[tuple],
        given: list[tuple],
        truths: list,
        results: list,
        error: BaseException | None,
    ) -> tuple[bool, str, int]:
        """Say whether an answer is right, and in words why; and which case shows it."""
        if error is not None:
            number = len(results)
            return False, self._tell_failure(answer, cases, results, error), number
        if results[-1] is ...:
            return False, NOT_TRIED, 0
        results = [self._without_numpy(result) for result in results]
        if self._stacked(results):
            results = [result.unbind() for result in results]
        for number, (case, result, truth) in enumerate(zip(cases, results, truths, strict=True)):
            if (complaint := self._malformed(result, truth, case, answer, results)) is not None:
                return False, self._misordered(answer) or complaint, number
        truths, results = ([self._as_tensors(result) for result in many] for many in (truths, results))
        wrong = [not self._agree(*pair) for pair in zip(results, truths, strict=True)]
        if any(wrong):
            text = (
                self._misordered(answer)
                or self._name_mistake(results, truths, cases)
                or self._random(answer)
                or self._tell_difference(results, truths, cases) + _overlooked(answer)
            )
            return False, text, wrong.index(True)
        if not all(map(_equal, cases, given)):
            return False, WRITES, 0
        if any(map(_asks_for_a_gradient, given)):
            return False, ASKS_ITSELF, 0
        return True, self._praise(results, cases), 0

    def _in_form(self, answer: Callable, results: list, truths: list) -> Callable | None:
        """Return the answer in the form that the lesson goes on with; None if it has it already.

        What it returns may be right and yet of a kind that the next cell cannot compute with: a Decimal, a
        NumPy array, a number of sympy.
        """
        if self._stacked(results):
            return None
        if all(isinstance(x, (Tensor, float, int)) for result in results for x in self._parts(result)):
            return None
        numbers = [isinstance(y, float) for y in self._parts(truths[0])]

        @functools.wraps(answer)
        def in_form(*given: Any) -> Any:
            parts = zip(self._parts(answer(*given)), numbers, strict=True)
            formed = tuple(float(x) if number else torch.as_tensor(x) for x, number in parts)
            return formed if len(formed) > 1 else formed[0]

        return in_form

    def _stacked(self, results: list) -> bool:
        """Tell whether each result is one tensor that `gain, phase = ...` takes apart."""
        many = len(self.returns)
        return many > 1 and all(isinstance(x, Tensor) and x.ndim and len(x) == many for x in results)

    def _truths(self, cases: list[tuple]) -> list:
        """Return what is right in each case."""
        return [self.right(*_copy(case)) for case in cases]

    def _praise(self, results: list, cases: list[tuple]) -> str:
        """Say what the answer has passed."""
        remark = ""
        if any(x.requires_grad for result in results for x in result):
            remark = " Your result also carries a gradient, which nobody asked for: look for `requires_grad`."
        numbers = sum(result[0].numel() for result in results)
        of_cases = f" of {len(cases)} random cases" if numbers > len(cases) else ", each of a random case"
        return f"It agrees on {numbers:,} numbers{of_cases}.{remark}"

    def _misfit(self, function: Callable) -> str | None:
        """Say why the arguments cannot be handed to the function, or None."""
        if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
            return "Your function begins with `async def`: called, it returns no values yet. Begin it with `def` alone."
        try:
            inspect.signature(function).bind(*self.arguments)
        except TypeError:
            got = inspect.signature(function)
            return f"Your function takes `{got}`; this wants {self.expected()}, in this order."
        except ValueError:
            # Built-in functions have no signature to ask; the call itself will tell.
            return None
        return None

    def _misordered(self, function: Callable) -> str | None:
        """Say that the arguments of a wrong function have the right names in another order, or None."""
        try:
            names = tuple(inspect.signature(function).parameters)
        except ValueError:
            return None
        if names == self.arguments or sorted(names) != sorted(self.arguments):
            return None
        return (
            f"Your function takes ({', '.join(names)}). What it is given comes in another order: "
            f"({', '.join(self.arguments)})."
        )

    def _random(self, function: Callable) -> str | None:
        """Say that a function draws numbers of its own where it is given all that it needs, or None."""
        drawn = RANDOM.intersection(getattr(getattr(function, "__code__", None), "co_names", ()))
        if not drawn or "generator" in self.arguments:
            return None
        return f"Your function draws random numbers of its own, by `{min(drawn)}`. All that it needs it is given: ({', '.join(self.arguments)})."

    def _tell_failure(self, answer: Callable, cases: list[tuple], results: list, error: BaseException) -> str:
        """Say why an answer stopped in the case after these results."""
        if isinstance(error, StoppedError):
            return tell_failure(error, answer)
        case = cases[len(results)]
        setting = ", ".join(filter(None, [self._shapes(case), self._setting(case)])) if results else ""
        when = f" with {setting}" if setting else ""
        return (
            self._misordered(answer)
            or self._name_failure(error, results, cases)
            or self._random(answer)
            or tell_failure(error, answer, when)
        )

    def _malformed(self, result: Any, truth: Any, case: tuple, answer: Callable, results: list) -> str | None:
        """Say what is wrong with the kind or shape of a result, or None."""
        wanted = listed_names(self.returns)
        if result is ... or (isinstance(result, tuple) and any(part is ... for part in result)):
            line = dots(answer)
            stands = f"still stands in {line}" if line else "still stands in what your function returns"
            return f"A `...` {stands}: put your own code in its place."
        if (
            self.returns[0] == "v"
            and isinstance(result, tuple)
            and any(isinstance(x, tuple) for x in result[1:])
        ):
            return f"Your function returns the voltage and the state. Here return the state alone: {wanted}."
        if result is None:
            return self._why_none(answer, case, results)
        parts = self._parts(result)
        if parts is None:
            return self._miscounted(result, case, results)
        for name, x, y in zip(self.returns, parts, self._parts(truth), strict=True):
            if (complaint := self._misformed(x, y)) is not None:
                return f"`{name}` {complaint}"
        return None

    def _why_none(self, answer: Callable, case: tuple, results: list) -> str:
        """Say why a function returns None."""
        if line := dots(answer):
            return f"A `...` still stands in {line}: put your own code in its place."
        wanted = listed_names(self.returns)
        behind = returned(answer)
        if gradient := next((x for x in behind if x.endswith(".grad")), None):
            return (
                f"What you return, `{gradient}`, is None. Only the very tensor on which `requires_grad_()` was called "
                "gets a gradient, after `backward()`: not a tensor that was computed from it."
            )
        if any(x.endswith(".backward()") for x in behind):
            return "Your function returns None: `backward()` gives nothing back. It leaves the gradient in `.grad` of the tensor that has asked for it. Return that."
        if any(result is not None for result in results) and (setting := self._setting(case)):
            verb = "is" if len(self.returns) == 1 else "are"
            return f"With {setting} your function returns None, and {wanted} {verb} wanted: return it there, too."
        if behind:
            return f"Your function returns None: what stands behind its `return`, `{behind[-1][:60]}`, gives nothing. Return {wanted}."
        return f"Your function returns None. It ends without `return`: return {wanted}."

    def _miscounted(self, result: Any, case: tuple, results: list) -> str:
        """Say how many values came back, and how many are wanted; in which case, if others have as many."""
        wanted, many = listed_names(self.returns), len(self.returns)
        setting = self._setting(case)
        if setting and any(self._parts(other) is not None for other in results):
            what = (
                f"{_count(len(result))} of them" if isinstance(result, (tuple, list)) else name_kind(result)
            )
            return (
                f"With {setting} your function returns {what}, and elsewhere as many values as are wanted. "
                f"Return {wanted} in each of its ways."
            )
        if not isinstance(result, (tuple, list)):
            return f"Your function returns {name_kind(result)}. Return {wanted}."
        what = "row" if all(isinstance(x, (tuple, list)) for x in result) and len(result) else "value"
        values = f"{_count(len(result))} {what}{'' if len(result) == 1 else 's'}"
        if what == "row":
            return f"Your function returns {values} of values. Return the values themselves, one after the other: {wanted}."
        return (
            f"Your function returns {values}; {_count(many)} {'is' if many == 1 else 'are'} wanted: {wanted}."
        )

    def _malformed_parts(self, result: Any, truth: Any) -> bool:
        """Tell whether a result is not of the kind and shape of the right one."""
        parts = self._parts(result)
        return parts is None or any(map(self._misformed, parts, self._parts(truth)))

    def _misformed(self, x: Any, y: Any) -> str | None:
        """Say what is wrong with the kind or shape of one part of a result, or None."""
        if x is None:
            return "is None. Look for a line that assigns nothing to it."
        if symbols := getattr(x, "free_symbols", None):
            listed = ", ".join(sorted(map(str, symbols)))
            return f"is a formula that still holds symbols: {listed}. Compute with the arguments of your function."
        if isinstance(x, complex) or (isinstance(x, Tensor) and x.is_complex()):
            return "is complex: take its length, `abs()`. Where nothing complex was meant, look for a root of a negative number."
        if isinstance(y, float):
            if isinstance(x, (tuple, list)) and len(x) == 1:
                return f"is a {type(x).__name__} that holds one number, because of brackets or a comma perhaps: return the number alone, its first entry `[0]`."
            if isinstance(x, Tensor) and x.ndim and x.numel() == 1:
                return "is one number, still in a tensor with an axis: take it out by `.item()`."
            return _not_a_number(x)
        if isinstance(x, (tuple, list)) and len(x) == 1 and isinstance(x[0], Tensor):
            return f"is a {type(x).__name__} that holds one tensor, as `torch.autograd.grad` gives one for each that it is asked for: return its first entry, `[0]`."
        if not isinstance(x, Tensor):
            return f"is {name_kind(x)}; return a tensor."
        if x.device != y.device or x.layout != y.layout:
            return "is on another device or of another layout than the input. Compute it from the input."
        if x.shape != y.shape and not x.ndim:
            return f"is one number where {y.numel():,} were expected: a value for each {self.each}."
        if x.shape != y.shape:
            return f"has the shape {tuple(x.shape)} where {tuple(y.shape)} was expected: a value for each {self.each}."
        if x.dtype == torch.bool:
            return "holds True and False: turn them into 1 and 0 in the dtype of the input."
        if not x.is_floating_point() and not bool(((y == 0) | (y == 1)).all()):
            return f"holds {x.dtype} numbers, which have no digits after the point. Keep the dtype of the input; `.to(...)` changes it."
        return None

    def _parts(self, result: Any) -> tuple | None:
        """Return the parts of a result, or None if they are not as many as they should be."""
        if len(self.returns) == 1:
            return None if isinstance(result, tuple) and len(result) > 1 else (result,)
        if not isinstance(result, (tuple, list)):
            return None
        return tuple(result) if len(result) == len(self.returns) else None

    def _without_numpy(self, result: Any) -> Any:
        """Return a result with tensors in the place of NumPy's arrays."""
        parts = self._parts(result)
        if parts is None or not any(isinstance(x, (numpy.ndarray, numpy.generic)) for x in parts):
            return result
        parts = tuple(
            torch.as_tensor(x)
            if isinstance(x, (numpy.ndarray, numpy.generic)) and x.dtype.kind in "fiub"
            else x
            for x in parts
        )
        return parts if len(parts) > 1 else parts[0]

    def _as_tensors(self, result: Any) -> tuple[Tensor, ...]:
        return tuple(
            x if isinstance(x, Tensor) else torch.tensor(float(x), dtype=torch.float64)
            for x in self._parts(result)
        )

    def _agree(self, result: Sequence[Tensor], truth: Sequence[Tensor]) -> bool:
        return all(map(self._same, result, truth))

    def _same(self, x: Tensor, y: Tensor) -> bool:
        # A mutant may be nan where the answer is: nan is not equal to itself.
        fine = self._fine(y)
        if not y.ndim and x.dtype == torch.float32:
            fine = fine.clamp(min=1e-3 * abs(float(y)))  # out of plain numbers torch makes float32
        same = (_apart_by(x, y) <= fine) | (x == y) | (x.isnan() & y.isnan())
        return bool(same.all())

    def _fine(self, y: Tensor) -> Tensor:
        """Return how far off a number may be."""
        rounding = 64 * torch.finfo(y.dtype).eps
        return max(self.tolerance, rounding) * y.nan_to_num(0, 0, 0).abs().max()

    def _name_failure(self, error: BaseException, results: list, cases: list[tuple]) -> str | None:
        """Return what to say to the mistake that stops in the same case with the same error, and is near before; or None."""
        before = [self._without_numpy(result) for result in results]
        if any(map(self._malformed_parts, before, self._truths(cases))):
            return None
        before = [self._as_tensors(result) for result in before]
        for _, mutant, text in self.mistakes:
            *made, (_, failure) = (_try(mutant, case) for case in cases[: len(results) + 1])
            alike = (type(failure), str(failure)) == (type(error), str(error))
            if not alike or any(stopped for _, stopped in made):
                continue
            if all(_is_near(x, self._as_tensors(y)) for x, (y, _) in zip(before, made, strict=True)):
                return text
        return None

    def _name_mistake(self, results: list, truths: list, cases: list[tuple]) -> str | None:
        """Return what to say to the mistake that gives the same results, or nearly the same; None without one.

        Who makes a mistake may also round a number in it, 0.63 for 1 - 1/e. Then it is within 1 % in all cases
        but a tenth of them, and the right result is so in half of them at most.
        """
        far = sum(map(_is_near, results, truths)) <= len(cases) / 2
        near, allowed = None, len(cases) // 10 if far else -1
        for _, mutant, text in self.mistakes:
            exact, strays = True, 0
            for result, case in zip(results, cases, strict=True):
                mutated, failure = _try(mutant, case)
                if failure is not None:
                    break
                mutated = self._as_tensors(mutated)
                same = self._agree(result, mutated)
                exact = exact and same
                strays += not (same or _is_near(result, mutated))
                if not exact and strays > allowed:
                    break
            else:
                if exact:
                    return text
                near = near or text
        return near

    def _setting(self, case: tuple) -> str:
        """Name the plain numbers of a case, or nothing."""
        return ", ".join(
            f"{key} = {value:.4g}" for key, value in _settings(self.arguments, case, torch.Size(), 0)
        )

    def _shapes(self, case: tuple) -> str:
        """Name the tensors of a case that have rows and columns, or nothing."""
        return ", ".join(
            f"{name} of shape {tuple(x.shape)}"
            for name, x in zip(self.arguments, case, strict=True)
            if isinstance(x, Tensor) and x.ndim > 1
        )

    def _tell_difference(self, results: list, truths: list, cases: list[tuple]) -> str:
        """Say how results differ from the right ones, and where first."""
        for result, truth in zip(results, truths, strict=True):
            for name, x, y in zip(self.returns, result, truth, strict=True):
                if not x.isfinite().all() and y.isfinite().all():
                    return (
                        f"`{name}` {'holds' if y.ndim else 'is'} nan or inf, from ordinary inputs. "
                        "Look for a division by 0, a logarithm or a root of a negative number, or a number that explodes."
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
        where = int((_apart_by(x, y) > self._fine(y)).nonzero()[0])
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
            f"where {_apart(y[where], x[where])} is right.{there}{_rounded(x, y)}{self._constant(results)}"
        )

    def _constant(self, results: list) -> str:
        """Say that one number comes back whatever is given, or nothing."""
        if (
            len(results) < 3
            or results[0][0].ndim
            or not all(map(_equal, results, results[:1] * len(results)))
        ):
            return ""
        return " Your function returns the same number in every case, whatever it is given."


RANDOM = {"rand", "randn", "rand_like", "randn_like", "randint", "normal", "normal_", "gauss"}

WRITES = (
    "The numbers are right, but your function writes into the tensors it was given, so those of the caller change, "
    "too. `a += b` and `a[...] = 0` do that; write `a = a + b`, and `a.clamp(...)` or `torch.where(...)`."
)

ASKS_ITSELF = (
    "The numbers are right, but your function makes the very tensor it was given ask for a gradient, and slopes add up "
    "in it from call to call. Take a copy: `x.clone().requires_grad_()`."
)

SCALES = {
    1000.0: "a thousand times too large: is something in ms or mV that should be in second or volt?",
    0.001: "a thousandth of what it should be: is something in second or volt that should be in ms or mV?",
    -1.0: "right in size and has the wrong sign.",
}


def _try(mutant: Callable, case: tuple) -> tuple[Any, Exception | None]:
    """Return what a mutant gives in a case, and the error that it stops with or None."""
    try:
        return mutant(*_copy(case)), None
    except Exception as failure:
        # Some mistakes are to divide by 0, or to take a root of what has none.
        return None, failure


def _is_near(result: Sequence[Tensor], other: Sequence[Tensor]) -> bool:
    """Tell whether two results lie within 1 % of the largest number of each part."""
    return all(
        bool((_apart_by(x, y) <= 0.01 * y.abs().max()).all()) for x, y in zip(result, other, strict=True)
    )


def _overlooked(function: Callable) -> str:
    """Say which arguments a function never reads, or nothing."""
    code = getattr(function, "__code__", None)
    if code is None:
        return ""
    read = {instruction.argval for instruction in dis.get_instructions(code) if "LOAD" in instruction.opname}
    pairs = [names for names in read if isinstance(names, tuple)]  # two loads in one, since Python 3.13
    read = read.union(code.co_cellvars, *pairs)
    never = [name for name in code.co_varnames[: code.co_argcount] if name not in read]
    return f" Your function never looks at {listed_names(never)}." if never else ""


def _not_a_number(x: Any) -> str | None:
    """Say why something is not one number, or None."""
    if type(x) is int and abs(x) > sys.float_info.max:
        return "is a whole number of too many digits. Look for a number that explodes."
    if type(x) in (int, float, numpy.float64) or (type(x) is Tensor and not x.ndim and x.is_floating_point()):
        return None  # its own code need not be guarded
    if (
        is_no_number(x)
        or isinstance(x, str)
        or getattr(x, "ndim", 0)
        or run_guarded(lambda: float(x)).value is None
    ):
        return f"is {name_kind(x)}; return one number."
    return None


def _apart(x: Tensor, y: Tensor) -> str:
    """Return a number with as many digits as tell it from another."""
    x, y = float(x) + 0.0, float(y) + 0.0  # -0 becomes 0
    return next((f"{x:.{n}g}" for n in (5, 8, 12) if f"{x:.{n}g}" != f"{y:.{n}g}"), repr(x))


def _apart_by(x: Tensor, y: Tensor) -> Tensor:
    return (x.detach().double() - y.double()).abs()


def _rounded(x: Tensor, y: Tensor) -> str:
    """Say that numbers have the digits of float32 where those of float64 are wanted, or nothing."""
    if y.dtype != torch.float64 or bool((_apart_by(x, y) > 3e-5 * y.abs().max()).any()):
        return ""
    if x.dtype == torch.float64:
        return " Only the last digits differ: is something rounded in between, or in float32, as `torch.tensor(0.01)` and `torch.zeros(3)` are? Or does a formula come close to its limit, where the limit itself is wanted?"
    return f" Only the last digits differ: yours is {str(x.dtype).removeprefix('torch.')}, and the input float64. Keep the dtype of the input."


def _count(many: int) -> str:
    return ("no", "one", "two", "three", "four", "five")[many] if many < 6 else str(many)


def _asks_for_a_gradient(x: Any) -> bool:
    """Tell whether a tensor does, in tuples or alone."""
    return any(map(_asks_for_a_gradient, x)) if isinstance(x, tuple) else getattr(x, "requires_grad", False)


def _copy(case: Any) -> Any:
    """Copy the numbers, tensors and generators in nested tuples: none is the very object that another one is."""
    if type(case) is float:
        return case * 1.0
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
