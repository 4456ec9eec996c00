"""Each slip of the table, made by a function: a teacher's words, with the line as the learner wrote it."""

import inspect
import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import sympy
import torch
from sympy import I

from leakyedu import LIParameters, LIState, simulate
from leakyedu.methods import exact
from leakyedu.teaching.exercise import Exercise
from leakyedu.teaching.function import Function
from leakyedu.teaching.slips import SLIPS, tell_failure

tau = sympy.Symbol("tau", positive=True)
t = torch.zeros(50, dtype=torch.float64)
x = torch.zeros(50, requires_grad=True)
half = 0.5
state, p = LIState(torch.zeros(50), torch.zeros(50)), LIParameters()


def sets_a_field():
    state.i = state.i + 1


def sets_a_place():
    state[0] = 1


def fills_a_tensor_of_one():
    v = torch.zeros(1)
    v += t


def writes_into_a_place():
    v = torch.zeros(1)
    v[:] = t


def leaves_the_state(state=None):
    i = i + 1  # noqa: F821, F841


def adds_before_the_first():
    for time in (1.0, 2.0):
        total = total + time  # noqa: F821
    return total


def goes_back_twice():
    loss = (x**2).sum()
    loss.backward()
    loss.backward()


def changes_what_waits():
    y = x
    y += 1


def gradient_of_a_copy():
    y = torch.ones(3, requires_grad=True).clone()
    y.sum().backward()
    return y.grad * 2


def unpacks_into_two():
    a, _b = t
    return a


def unpacks_into_three():
    a, _b, _c = state
    return a


def unpacks_a_number():
    a, _b = 0.5
    return a


def formula_of_symbols():
    formula = sympy.exp(-sympy.Symbol("b"))
    return math.exp(formula)


def asks_a_symbol():
    return 1 if sympy.Symbol("a") > 2 * sympy.Symbol("b") else 0


def needs_two(a, b):
    return a + b


MADE = [
    (sets_a_field, "A state cannot be changed. Give the new value a name of its own, such as `i = ...`"),
    (sets_a_place, "What holds several values in brackets cannot be changed."),
    (lambda: 1 / p.tau_mem, "they hold its inverse, `tau_mem_inv`"),
    (lambda: p.leak, "There is no `leak` in the parameters"),
    (lambda: state.V, "There is no `V` in a state: it holds `v` and `i`."),
    (lambda: state + 1, "as if they were one number"),
    (unpacks_into_two, "More values stand on the right than the 2 names on the left."),
    (unpacks_into_three, "On the left stand 3 names, and the right side has 2 to give."),
    (unpacks_a_number, "and the right side is a single thing"),
    (lambda: needs_two(1), "called with too few arguments here: 'b' must be given too."),
    (lambda: needs_two(1, 2, 3), "called with 3 arguments here, and takes 2."),
    (lambda: needs_two(1, c=2), "has no argument `c`"),
    (lambda: math.exp(-t / 2), "`math.exp` computes with one number, and this is a tensor of many. Take `torch.exp`."),
    (lambda: float(t), "One number is wanted here"),
    (lambda: t.item(), "One number is wanted here"),
    (lambda: 1 if t > 0 else 0, "An `if` asks one question"),
    (lambda: max(t, t), "An `if` asks one question, and so does `max`"),
    (lambda: torch.exp(0.5), "Take `math.exp`."),
    (lambda: torch.cumsum(0.5, 0), "`torch.cumsum` wants a tensor, and this is a plain number."),
    (lambda: torch.stack([1.0, 2.0]), "Tensors are wanted in these brackets"),
    (lambda: half.tolist(), "This is a plain number, and no tensor: it has no `tolist`."),
    (lambda: half.exp(), "Take `math.exp(...)`."),
    (lambda: half.clamp(min=0), "This is a plain number: it has no `clamp`."),
    (lambda: list(torch.tensor(1.0)), "goes through the numbers of something that is a single number"),
    (lambda: min(0.5), "goes through the numbers of something that is a single number"),
    (lambda: len(0.5), "This is a single number"),
    (lambda: torch.tensor(1.0)[0], "This is a single number"),
    (lambda: range(20.0), "The function `round` makes one"),
    (lambda: [1.0, 2.0] * 0.5, "A list does not compute."),
    (lambda: -[1.0], "A list does not compute."),
    (lambda: "0.5" - t.sum().item(), "This computes with a text in quotes."),
    (lambda: t[torch.zeros(49) > 0], "a condition for 49 values, and before them a tensor of 50."),
    (lambda: t[t > 1][0], "no value fulfils the condition"),
    (lambda: t[50], "There is no value at place 50: of 50 values the first has the number 0, the last 50 - 1."),
    (lambda: [][0], "There is no value at this place: counting begins at 0"),
    (lambda: [1, 2][half], "is a whole number"),
    (lambda: t[half], "is a whole number"),
    (lambda: t[::-1], "`flip(0)` turns it round"),
    (fills_a_tensor_of_one, "More values are written into a tensor than it has room for."),
    (writes_into_a_place, "More values are written into a tensor than it has room for."),
    (lambda: t + t[1:], "A tensor of 50 values meets one of 49"),
    (lambda: torch.zeros(2, 50) @ t, "Two tensors of different dtype meet here"),
    (lambda: torch.from_numpy(t.sum().numpy() * 2), "becomes a plain number in NumPy"),
    (lambda: t.sum().backward(), "Nothing that led to this asked for a gradient."),
    (lambda: torch.autograd.grad(x.sum(), t), "does not keep one"),
    (lambda: torch.autograd.grad(x.sum(), torch.zeros(2, requires_grad=True)), "was not used on the way"),
    (lambda: (x * 2).backward(), "A gradient is that of one number, and here stand many."),
    (changes_what_waits, "must not be changed. Write `a = a + b`"),
    (goes_back_twice, "The way back is there once"),
    (lambda: x.numpy(), "`detach()` gives its numbers alone"),
    (lambda: torch.zeros(2, dtype=torch.int64).requires_grad_(), "digits after the point can have a gradient"),
    (gradient_of_a_copy, "There is no gradient, `.grad` is None."),
    (lambda: None + 1, "Something is None here"),
    (lambda: math.exp(-1 / tau), "In this notebook `tau` is a symbol of sympy. Inside of your function use its arguments."),
    (lambda: t * tau, "In this notebook `tau` is a symbol of sympy."),
    (formula_of_symbols, "A formula with symbols stands where a number is wanted."),
    (asks_a_symbol, "A formula with symbols stands where a number is wanted."),
    (lambda: np.exp(sympy.Symbol("b")), "A formula with symbols stands where a number is wanted."),
    (lambda: 2.0 ^ 3, "A power is written `**`."),
    (lambda: t ^ 2, "A power is written `**`."),
    (lambda: t.log - t.exp, "A function stands here without its brackets"),
    (lambda: t(3), "A round bracket right behind a tensor or a list"),
    (lambda: t.log[0], "Square brackets stand behind a function here."),
    (lambda: t.clip(minimum=0), "What stands in the brackets of `clip` here is not what it takes"),
    (lambda: (lambda v: v + t)([]), "A list does not compute."),
    (lambda: t[torch.tensor(0.5)], "The place of a value is a whole number"),
    (lambda: half(3), "Is a `*` missing before the bracket?"),
    (adds_before_the_first, "Here `total` has no value yet."),
    (leaves_the_state, "Here `i` has no value yet. The one from before this step is in `state`: begin with `v, i = state`."),
    (lambda: numpy.exp(1), "The library `numpy` is not imported in this notebook."),  # noqa: F821
    (lambda: tua + 1, "The name `tua` is not known."),  # noqa: F821
    (lambda: t.reshape(5, 10) @ t.reshape(5, 10), "`@` is the product of matrices."),
    (lambda: {1: 0.63}[7], "What stands in these square brackets has no entry for 7."),
    (lambda: 2 * sqrt(half), "it is `math.sqrt`, or for a tensor `torch.sqrt`."),  # noqa: F821
    (lambda: 1 - (t > 0), "True and False cannot be subtracted."),
    (lambda: (t > 0).astype(float), "A tensor has no `astype`, which is NumPy's."),
    (lambda: t.avg(), "A tensor has no `avg`."),
    (lambda: torch.randn(5, torch.Generator()), "is given it by its name, `generator=generator`."),
    (lambda: torch.Generator()(5), "A generator is no function and no size"),
    (lambda: simulate(t, p, 0.001), "Give what you hand on by its name, `p=p, dt=dt`."),
    (lambda: 2 * j, "The imaginary unit stands right behind a number in Python: `1j`, `2j`."),  # noqa: F821
    (lambda: t * I, "If `I` is meant as the imaginary unit"),
    (lambda: list(range(t)), "`range` counts to a whole number, and a tensor stands in its brackets."),
    (lambda: 1j.angle(), "it has no `angle`. Its length is `abs(...)`, its angle `cmath.phase(...)`."),
    (lambda: math.atan2(1), "`atan2` takes 2 arguments, and is called with 1 here."),
    (lambda: torch.min(1.0, 2.0), "For these take `min(...)`, without `torch`."),
    (lambda: exact(LIParameters(), torch.zeros(2)), "A step takes a time above 0, and 0 second is none."),
    (lambda: e**2, "Euler's number is `math.e`"),  # noqa: F821
    (lambda: math.ln(2), "The natural logarithm is `math.log`."),
    (lambda: math.arctan(2), "There is no `math.arctan`."),
    (lambda: 1 / 0.0, "This divides by 0."),
    (lambda: math.log(-1.0), "no logarithm of 0"),
    (lambda: math.exp(1000), "This number is too large."),
    (lambda: math.sqrt(1j), "Its length is `abs(...)`."),
    (lambda: t.reshape(5, 10).tolist()[0] - t.tolist()[0], "If it came out of such a loop, the tensor had rows and columns"),
]  # fmt: skip


def failure_of(function) -> Exception:
    with pytest.raises(Exception) as caught:  # noqa: PT011
        function()
    return caught.value


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("function", "words"), MADE, ids=range(len(MADE)))
def test_a_slip_gets_a_teachers_words_and_its_own_line(function, words):
    said = tell_failure(failure_of(function), function)

    assert words in said
    assert said.startswith("Your function stops in line ")
    assert said.endswith((".", "?"))


@pytest.mark.filterwarnings("ignore")
def test_every_slip_of_the_table_is_made_once():
    made = " ".join(tell_failure(failure_of(function), function) for function, _ in MADE)

    beginnings = [slip.words.split("{")[0].split("`")[0][:30] for slip in SLIPS]
    assert [words for words in beginnings if words not in made] == []
    assert len(SLIPS) >= 50


def line_of(function, words: str) -> str:
    lines, start = inspect.getsourcelines(function)
    (number,) = [k for k, line in enumerate(lines) if words in line]
    return f"line {start + number}"


def test_the_line_that_failed_is_quoted_as_it_was_written():
    said = tell_failure(failure_of(sets_a_field), sets_a_field)

    assert f" in {line_of(sets_a_field, 'state.i =')}, `state.i = state.i + 1`. A state cannot" in said


def calls_a_helper():
    return unpacks_a_number()


def test_a_line_of_a_function_of_the_learner_that_his_function_calls_is_quoted_with_its_name():
    said = tell_failure(failure_of(calls_a_helper), calls_a_helper)

    assert f"{line_of(unpacks_a_number, 'a, _b =')} of `unpacks_a_number`, `a, _b = 0.5`." in said


def calls_the_library():
    return LIParameters.from_tau(tau_mem=-1.0)


def test_an_error_that_has_words_of_its_own_keeps_them_and_names_the_learners_line():
    said = tell_failure(failure_of(calls_the_library), calls_the_library)

    assert "`return LIParameters.from_tau(tau_mem=-1.0)`: tau_mem must be a time constant above 0" in said


def half_done(x):
    first = ...
    second = 2 * x
    return first * second


def half_done_and_returned(x):
    first = ...
    return first


def prints_it(x):
    return print(2 * x)


def forgets_to_return(x):
    2 * x


def exercise() -> Exercise:
    def twice(x):
        return 2 * x

    return Exercise("?", Function(twice, ("y",), lambda _: [(0.5,), (1.5,)]), ["", "", ""], "")


def test_a_line_that_still_holds_three_dots_is_quoted_and_not_the_one_that_stumbles_over_it():
    said = exercise().check(half_done).text

    assert f"A `...` still stands in {line_of(half_done, '...')}, `first = ...`: put your own code" in said


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (prints_it, "what stands behind its `return`, `print(2 * x)`, gives nothing. Return `y`."),
        (forgets_to_return, "Your function returns None. It ends without `return`: return `y`."),
        (lambda x: None if x > 1 else 2 * x, "With x = 1.5 your function returns None, and `y` is wanted: return it there, too."),
        (lambda x: (x, x, x), "Your function returns three values; one is wanted: `y`."),
        (lambda x: tau * x, "`y` is a formula that still holds symbols: tau."),
        (lambda x: 2j * x, "`y` is complex: take its length, `abs()`."),
        (lambda x: 1 / (x - 1.5), " with x = 1.5. This divides by 0."),
    ],
)  # fmt: skip
def test_what_came_back_is_counted_and_named(answer, words):
    assert words in exercise().check(answer).text


def talks(x):
    print(f"x is {x}")
    return 2 * x if x < 1 else 3 * x


def talks_and_stops(x):
    print(f"x is {x}")
    return 2 * x if x < 1 else 3 / 0


@pytest.mark.parametrize("answer", [talks, talks_and_stops])
def test_what_a_function_prints_is_kept_of_the_case_that_is_spoken_of(answer):
    trial = exercise().kind.try_out(answer)

    assert trial.printed == "x is 1.5"


def test_what_a_right_function_prints_is_kept_of_its_first_case():
    trial = exercise().kind.try_out(lambda x: print("hello") or 2 * x)

    assert (trial.passed, trial.printed) == (True, "hello")


@pytest.mark.parametrize("form", [Decimal, Fraction, sympy.Float, np.float64, np.float32, torch.tensor])
def test_a_right_number_of_another_kind_goes_on_as_one_that_the_next_cell_can_compute_with(form):
    task = exercise()

    assert task.check(lambda x: form(2 * x)).passed
    assert 0.5 * torch.ones(1) - task.answer()(0.5) == torch.tensor(-0.5)


def test_numpys_arrays_are_right_and_go_on_as_tensors():
    def twice(x):
        return 2 * x, -x

    cases = [(torch.ones(3),), (torch.tensor(1.0),)]
    task = Exercise("?", Function(twice, ("y", "z"), lambda _: cases), ["", "", ""], "")

    assert task.check(lambda x: (2 * x.numpy(), -x.numpy())).passed
    y, z = task.answer()(torch.ones(2))
    assert torch.equal(y + z, torch.ones(2))


def test_each_number_is_an_object_of_its_own():
    def alike(x, y):
        return float(x == y)

    task = Exercise(
        "?", Function(alike, ("same",), lambda _: [(tau, tau) for tau in (0.5, 1.5)]), [""] * 3, ""
    )

    assert not task.check(lambda x, y: float(x is y)).passed
    assert task.check(lambda x, y: float(x == y)).passed


def test_arguments_in_another_order_are_named():
    def quotient(x, y):
        return x / y

    task = Exercise("?", Function(quotient, ("q",), lambda _: [(1.0, 2.0), (3.0, 4.0)]), [""] * 3, "")

    said = task.check(lambda y, x: x / y).text

    assert said == "Not yet. Your function takes (y, x). What it is given comes in another order: (x, y)."


def test_digits_of_float32_are_named():
    def third(x):
        return x / 3

    task = Exercise(
        "?", Function(third, ("y",), lambda _: [(torch.ones(2, dtype=torch.float64),)], 1e-9), [""] * 3, ""
    )

    said = task.check(lambda x: (x.float() / 3).double()).text
    plain = task.check(lambda x: x.float() / 3).text

    assert "it is 0.33333334 where 0.33333333 is right." in said
    assert (
        "is something rounded in between, or in float32, as `torch.tensor(0.01)` and `torch.zeros(3)` are?"
        in said
    )
    assert plain.endswith("yours is float32, and the input float64. Keep the dtype of the input.")


def test_a_solution_takes_the_name_of_the_learners_function():
    kind = Function(half_done, ("y",), lambda _: [], name="my_half", known_as={"second": "ex.second"})

    assert kind.code().startswith("def my_half(x):\n    first = ...\n    ex.second = 2 * x")
