"""Lesson 8: whole sequences at once, on CPU and GPU."""

import math
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from leakyedu.exercises.exercise import Exercise, Prediction, Recall
from leakyedu.exercises.kinds import Choice, Function, Number, Order, Witness
from leakyedu.model import LIParameters

DT = 0.001
# What one Euler step leaves of the voltage, 1 - dt / tau_mem of the default neuron.
A = 1 - DT * float(LIParameters().tau_mem_inv)

STEPS = 4096

# -- Predictions ---------------------------------------------------------------------------------


def levels_of_a_scan() -> float:
    """Return how often two neighbours must be combined until one span holds all steps: it doubles each time."""
    return math.log2(STEPS)


def as_many_as_steps() -> float:
    """It is tempting: a loop waits for each step in turn. In a scan, pairs far from each other are combined at once."""
    return float(STEPS)


def half_as_many() -> float:
    """That is how many pairs there are on the first level. They do not wait for each other."""
    return STEPS / 2


def one_less_than_steps() -> float:
    """That is how many pairs are combined altogether. Most of them are combined at the same time as others."""
    return STEPS - 1.0


def root_of_steps() -> float:
    """That is what blocks cost if there are as many blocks as steps in one: waiting inside a block, then from block to block."""
    return math.sqrt(STEPS)


def one_level() -> float:
    """It is tempting: everything at once. But what is combined must be there, so a level waits for the one below."""
    return 1.0


def one_level_less() -> float:
    """One level less reaches half of the steps: the two halves are still to be combined."""
    return math.log2(STEPS) - 1


def one_level_more() -> float:
    """One level more would be enough for twice as many steps: the first level combines pairs already."""
    return math.log2(STEPS) + 1


depth = Prediction(
    "A scan combines neighbours, then neighbouring pairs, then pairs of pairs. How many levels deep is it for 4,096 steps?",
    Number(
        levels_of_a_scan(),
        "",
        tolerance=0.25,
        mistakes=(
            as_many_as_steps,
            half_as_many,
            one_less_than_steps,
            root_of_steps,
            one_level,
            one_level_less,
            one_level_more,
        ),
        between=(0, 1e6),
    ),
)

loop_on_a_gpu = Prediction(
    "A loop takes 1,000 steps of 8 neurons, one after the other. You move it to a GPU. What happens to its time?",
    Choice(
        "c",
        {
            "a": "it becomes much shorter",
            "b": "it stays about the same",
            "c": "it becomes longer",
        },
        {
            "a": "It is tempting, since a GPU does so many operations a second. It does them side by side: it needs thousands of numbers at once, and a loop hands it 8.",
            "b": "The arithmetic would take as long. But each operation must first be started, and that takes longer on a GPU.",
            "c": "Each step starts several small operations. To start one on a GPU takes longer than to do it for 8 numbers on a CPU, and each waits for the one before.",
        },
    ),
)


class Measured(Number):
    """A number that differs between machines: the right one is typical, and learners measure their own.

    Args:
        right, unit, between: as for :class:`Number`.
        factor: by how much a prediction may be off, up or down.
        too_small: why a prediction below that was tempting.
        too_large: why one above that was.
    """

    def __init__(
        self,
        right: float,
        unit: str,
        factor: float,
        too_small: str,
        too_large: str,
        between: tuple[float, float],
    ) -> None:
        super().__init__(right, unit, tolerance=(factor - 1) * right, between=between)
        self.factor, self.too_small, self.too_large = factor, too_small, too_large

    def tell(self) -> str:
        """Say what is typical, and whose number counts."""
        return f"It is about {self.show(self.right)} where this lesson was written. Machines differ: what you have measured counts."

    def compare(self, number: float) -> str:
        """Say on which side of the typical number a prediction is far from it, and why it was tempting."""
        said = f"You predicted {self.show(number)}. {self.tell()}"
        if number * self.factor < self.right:
            return f"{said} {self.too_small}"
        if number > self.right * self.factor:
            return f"{said} {self.too_large}"
        return f"{said} Your prediction is of that size."


# Measured with the lab of this lesson on one core of a shared x86 server, 1 to 1,000 steps: 40 steps for
# 1 neuron, 39 for 8, 41 for 512. It is what a call of simulate costs before its first step (0.3 ms), over
# what a step of the loop costs (12 microseconds), and a little more for the steps of simulate itself.
TYPICAL_CROSSOVER = 40.0

crossover = Prediction(
    "For 8 neurons on one core of the CPU: from how many steps on is `simulate` faster than the loop?",
    Measured(
        TYPICAL_CROSSOVER,
        "steps",
        factor=3,
        too_small="It is tempting to call the clever way faster from the start. But a call of `simulate` checks its inputs and makes its weights before the first step, and the loop is done with a few steps by then.",
        too_large="It is tempting to save the clever way for very long sequences. But in each step the loop waits for Python and starts several small operations, and that adds up soon.",
        between=(1, 1e5),
    ),
)


def shortcut(x: Tensor, a: float) -> Tensor:
    r"""Return all :math:`x_n + a \, x_{n-1} + a^2 x_{n-2} + \dots`, as long as the numbers allow.

    .. math::
        y_n = a^n \sum_{k \le n} x_k \, / \, a^k
    """
    powers = torch.tensor(a, dtype=x.dtype) ** torch.arange(len(x))
    return powers * torch.cumsum(x / powers, 0)


def steps_until_overflow() -> float:
    """Return how many steps of the shortcut stay finite in float32, with an input of 1 in each."""
    return float(shortcut(torch.ones(1200, dtype=torch.float32), A).isfinite().long().sum())


def steps_of_float64() -> float:
    """That is how far float64 reaches. A number of float32 has 8 bits for its exponent, and so its largest is far smaller."""
    return math.log(torch.finfo(torch.float64).max * (1 - A)) / -math.log(A)


def doublings() -> float:
    """That is how often a float32 can be doubled. A step multiplies by 1/0.9, and that is much less than 2."""
    return math.log2(torch.finfo(torch.float32).max)


def powers_of_e() -> float:
    """That is how often a float32 can be multiplied by e. A step multiplies by 1/0.9, and that is much less."""
    return math.log(torch.finfo(torch.float32).max)


def powers_of_ten() -> float:
    """That is how often a float32 can be multiplied by 10. A step multiplies by 1/0.9, and that is much less."""
    return math.log10(torch.finfo(torch.float32).max)


def steps_of_digits() -> float:
    """After so many steps an input has lost all 7 digits beside a new one. They are forgotten, and that does no harm."""
    return math.log(torch.finfo(torch.float32).eps) / math.log(A)


overflow = Prediction(
    "The shortcut divides each input by a^n before it adds them up. At a = 0.9 and an input of 1 in each step: after how many steps does it overflow in float32, whose largest number is 3.4e38?",
    Number(
        steps_until_overflow(),
        "steps",
        tolerance=25,
        mistakes=(steps_of_float64, doublings, powers_of_e, powers_of_ten, steps_of_digits),
        between=(1, 1e5),
    ),
)

# -- Combine two steps ---------------------------------------------------------------------------


class Pair(NamedTuple):
    """One step, or several in one, of x <- a x + b.

    Attributes:
        a: factor.
        b: what is added after it.
    """

    a: Tensor
    b: Tensor


def combine_two(first, second):
    """Return the one step that does what the first and then the second do: a x + b for each x."""
    x_is_0 = second.a * (first.a * 0 + first.b) + second.b
    x_is_1 = second.a * (first.a * 1 + first.b) + second.b
    return Pair(a=x_is_1 - x_is_0, b=x_is_0)


def applies_the_second_first(first, second):
    """The second step is applied before the first: the one that comes later acts on what the earlier one has made."""
    return combine_two(second, first)


def adds_the_factors(first, second):
    """The factors are added: x is multiplied by one of them, and the result by the other."""
    return Pair(first.a + second.a, combine_two(first, second).b)


def adds_everything(first, second):
    """Both parts are added: put the first step into the second, and multiply it out."""
    return Pair(first.a + second.a, first.b + second.b)


def forgets_that_b_decays(first, second):
    """The first b comes through whole: it is there when the second step multiplies by its a."""
    return Pair(first.a * second.a, first.b + second.b)


def adds_b_and_keeps_a(first, second):
    """The factors of the first step are lost, and its b comes through whole: the second step multiplies all of it by its a."""
    return Pair(second.a, first.b + second.b)


def scales_b_by_both(first, second):
    """The first b is multiplied by both factors: it is added after the first of them has acted."""
    return Pair(first.a * second.a, first.a * second.a * first.b + second.b)


def scales_b_by_its_own(first, second):
    """The first b is multiplied by the factor of its own step: it is added after that factor has acted."""
    return Pair(first.a * second.a, first.a * first.b + second.b)


def scales_both(first, second):
    """The second b is multiplied too: it is added last, and nothing acts on it any more."""
    return Pair(first.a * second.a, second.a * (first.b + second.b))


def scales_the_second(first, second):
    """The b of the second step is multiplied by its own a, and that of the first by none: it should be the other way round."""
    return Pair(first.a * second.a, first.b + second.a * second.b)


def multiplies_everything(first, second):
    """Both parts are multiplied: that is right for the factors, and what is added stays a sum."""
    return Pair(first.a * second.a, first.b * second.b)


def multiplies_and_forgets(first, second):
    """What the second step adds is missing: its b comes after its a."""
    return Pair(first.a * second.a, second.a * first.b)


def forgets_the_first_b(first, second):
    """What the first step adds is missing: it goes through the second step, as x does."""
    return Pair(first.a * second.a, second.b)


def forgets_the_first_factor(first, second):
    """The factor of the first step is missing: x has been multiplied by it before the second one comes."""
    return Pair(second.a, combine_two(first, second).b)


def forgets_the_second_factor(first, second):
    """The factor of the second step is missing: it acts on all that the first one has made of x."""
    return Pair(first.a, combine_two(first, second).b)


def returns_the_first(first, second):
    """This is the first step alone: the second has still to act on it."""
    return first


def returns_the_second(first, second):
    """This is the second step alone: before it, the first has acted on x."""
    return second


def puts_in_one(first, second):
    """This holds for an x of 1 alone: the factor has got into b as well. Keep what is multiplied by x out of b."""
    a, b = combine_two(first, second)
    return Pair(a, a + b)


def takes_the_mean_factor(first, second):
    """The factor is a mean: two steps that halve x leave a quarter of it, not half."""
    return Pair((first.a + second.a) / 2, combine_two(first, second).b)


def squares_the_second(first, second):
    """The factor of the second step is used twice: each step brings one of its own."""
    return Pair(second.a**2, combine_two(first, second).b)


def has_the_factor_of_one_neuron(first, second):
    """The factor 0.9 is that of one neuron and one dt: use those of the pairs."""
    return Pair(first.a * second.a, A * first.b + second.b)


def pairs(generator: Generator) -> list[tuple]:
    """Return 20 cases of two steps, for 50 neurons each."""

    def pair(*shape: int) -> Pair:
        a = 0.1 + torch.rand(shape, generator=generator, dtype=torch.float64)
        return Pair(a, torch.randn(shape, generator=generator, dtype=torch.float64))

    return [(pair(*shape), pair(*shape)) for shape in 10 * ((50,), (5, 10))]


combine = Exercise(
    "Two steps of x <- a x + b, each a pair (a, b), are one such step. Which?",
    Function(
        combine_two,
        returns=("a", "b"),
        cases=pairs,
        mistakes=(
            applies_the_second_first,
            adds_the_factors,
            adds_everything,
            forgets_that_b_decays,
            adds_b_and_keeps_a,
            scales_b_by_both,
            scales_b_by_its_own,
            scales_both,
            scales_the_second,
            multiplies_everything,
            multiplies_and_forgets,
            forgets_the_first_b,
            forgets_the_first_factor,
            forgets_the_second_factor,
            returns_the_first,
            returns_the_second,
            puts_in_one,
            takes_the_mean_factor,
            squares_the_second,
            has_the_factor_of_one_neuron,
        ),
    ),
    hints=(
        "Take an x and write down what it is after the first step. Then let the second step act on that.",
        "After the first step x has become a1 x + b1. Put this in the place of x in a2 x + b2, multiply out, and sort: what stands with x, what stands alone?",
        """Almost the code; two right sides are yours:

a1, b1 = first
a2, b2 = second
a = ...
b = a2 * ... + ...
return a, b""",
    ),
    solution="a2 (a1 x + b1) + b2 = (a2 a1) x + (a2 b1 + b2). The reference finds the same from two values of x; with a1, b1, a2 and b2 it is `return a2 * a1, a2 * b1 + b2`.",
)

# -- The order of an honest timing ---------------------------------------------------------------

timing = Exercise(
    "Put the lines of an honest timing in order: how long does one call of `simulate` take on this device?",
    Order(
        "EBGDAFC",
        {
            "A": "v = simulate(x).v",
            "B": "warm = simulate(x).v",
            "C": "seconds = time.perf_counter() - began",
            "D": "began = time.perf_counter()",
            "E": "x = jumps.to(device)",
            "F": "torch.accelerator.synchronize()  # v is there",
            "G": "torch.accelerator.synchronize()  # warm is there",
        },
        {
            "EBGDACF": "The clock would stop as soon as the call returns. An accelerator returns from a call before it has done the work.",
            "EBDGAFC": "The clock would run while the first call is still at work: what is left of it would be counted.",
            "EDBGAFC": "The clock would count the first call too. That one loads code and reserves memory, and no later call does.",
            "DEBGAFC": "The clock would count the copy of the input and the first call: neither is what you want to know.",
            "EBGADFC": "The clock would start after the call: on a CPU there is nothing left to count, on an accelerator only the rest.",
            "EDAFCBG": "The first call would be the one that counts, and it is the slowest. What warms up must come before the clock starts.",
            "EBDAGFC": "The clock would run while the first call is still at work: wait for `warm` before the clock starts, not after.",
            "EBFDAGC": "This would run well, for both lines that wait do the same. But read what stands behind them: `v` cannot be there before it was asked for.",
            "EBDAFGC": "The clock would run while the first call is still at work, and wait twice at the end: one of the waits belongs before the clock starts.",
            "EBDACFG": "Nothing would wait while the clock runs, neither for the first call nor for `v`: each wait belongs right after its call.",
            "EBGDFAC": "The clock would wait before the call, when there is nothing to wait for, and stop as soon as the call returns.",
            "EGBDAFC": "The wait for `warm` would come before `warm` was asked for, and the clock would run while the first call is still at work.",
            "BEGDAFC": "The first call needs `x`, and `x` is made after it here.",
            "BGEDAFC": "The first call would need `x` before there is one.",
            "DBGEAFC": "The first call would need `x` before there is one, and the clock would run from the start.",
        },
        why="only one call lies between the two looks at the clock, and nothing is still at work at either.",
    ),
    hints=(
        "Which two lines look at the clock? Only what you want to know may happen between them.",
        "Before the clock starts: the input is on the device, a first call has been made, and the device is done with it.",
        "E, B and G come before the clock starts. Of the other four, think what an accelerator does when a call returns.",
    ),
    solution="E, B, G, D, A, F, C: input, first call, wait; then the clock starts, the call, wait, the clock stops. On a CPU there is nothing to wait for, and the two lines that wait are left out.",
)

# -- A scan in blocks, with a bug ----------------------------------------------------------------


def all_steps(steps, block):
    """Return x, to two decimals, after a number of steps of x <- 0.9 x + 1 from 0, one after the other."""
    x = 0.0
    for _ in range(round(steps)):
        x = A * x + 1
    return round(x, 2)


def blocks_with_a_bug(steps, block):
    """Return x, to two decimals, after a number of steps of x <- 0.9 x + 1 from 0, block by block."""
    steps, block = round(steps), round(block)
    start = 0.0
    for begin in range(0, steps, block):
        length = min(block, steps - begin)
        own = sum(A**k for k in range(length))
        x = A**length * start + own
        start = own
    return round(x, 2)


def is_one_block(steps=20, block=32):
    """All steps lie in one block, and no block hands anything over to another. Take more steps, or a shorter block."""
    return steps <= block


def is_two_blocks(steps=60, block=32):
    """There are two blocks, and the second one is told right where to start. What is the next one told?"""
    return steps <= 2 * block


def has_long_blocks(steps=300, block=90):
    """So long blocks forget what came before them: of a number, 0.9 to the power of their length is left, too little for two decimals. Take shorter ones."""
    return block > 36


block_hunt = Exercise(
    "Find a number of steps and a length of block at which `blocks_with_a_bug` is wrong.",
    Witness(
        (100, 16),
        all_steps,
        blocks_with_a_bug,
        within={"steps": (1, 1000), "block": (1, 100)},
        blind=(is_one_block, is_two_blocks, has_long_blocks),
    ),
    hints=(
        "A block hands one number over to the next: `start`. What should it be, and what is it?",
        "`own` is what the inputs of one block make of 0. Follow `start` by hand for three short blocks.",
        """The bug shows from the third block on, if the blocks are short enough to remember. Choose two numbers:

ex.block_hunt.check((..., 4))""",
    ),
    solution="A block should hand over `x`, and hands over `own`, which forgets what it was given: from the third block on, as at (100, 16), the first is missing. Write `start = x`.",
)

# -- Recall --------------------------------------------------------------------------------------

recall = Recall(
    (
        "Which of these keeps a scan from taking all steps at once?",
        Choice(
            "b",
            {
                "a": "each step needs the one before",
                "b": "v is set back to 0 when it crosses a threshold",
                "c": "each neuron has a time constant of its own",
            },
            {
                "a": "So it is with x <- a x + b, and yet two such steps are one. Steps that combine need not wait.",
                "b": "Whether there is a reset depends on v itself, so the step is no longer a x + b.",
                "c": "Then each neuron has its own a. The steps combine all the same.",
            },
        ),
    ),
    (
        "The steps of x <- a x + b may be grouped in any way. May they be put in any order?",
        Choice(
            "c",
            {"a": "yes, grouping is ordering", "b": "yes, if all b are equal", "c": "no"},
            {
                "a": "(A B) C = A (B C) keeps A, B and C where they stand.",
                "b": "The factors may still differ, and the later one acts on what the earlier step added.",
                "c": "The later factor acts on what was added before, and not the other way round.",
            },
        ),
    ),
    (
        "You time a call on a GPU and get 20 microseconds, for a million steps. What has probably happened?",
        Choice(
            "a",
            {
                "a": "the clock stopped before the work was done",
                "b": "the GPU is that fast",
                "c": "the first call was counted",
            },
            {
                "a": "The call returns as soon as the work is handed over. Wait for the device before you read the clock.",
                "b": "So good a number asks for a second look: was the work done when the clock stopped?",
                "c": "That would make the time longer, not shorter.",
            },
        ),
    ),
    (
        "When may a GPU be expected to win?",
        Choice(
            "b",
            {
                "a": "always",
                "b": "with many neurons and all steps at once",
                "c": "with few neurons and a loop over many steps",
            },
            {
                "a": "Handing over work and copying inputs take time, and little work does not earn it back.",
                "b": "Then it has many numbers to work on side by side.",
                "c": "Then it gets a few numbers at a time and is started again for each step.",
            },
        ),
    ),
    (
        "From lesson 4: when in a step does the input make the current jump?",
        Choice(
            "c",
            {"a": "after the decay", "b": "between v and the decay", "c": "before v moves"},
            {
                "a": "Then the voltage would meet this input in the next step.",
                "b": "The voltage would ignore this step's input.",
                "c": "The voltage is driven by the current after its jump.",
            },
        ),
    ),
)
