"""Lesson 8: whole sequences at once, on CPU and GPU."""

import math
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from leakyedu.model import LIParameters
from leakyedu.teaching.draw import Draw
from leakyedu.teaching.exercise import Exercise, Prediction, Recall
from leakyedu.teaching.function import Function
from leakyedu.teaching.kinds import Choice, Measured, Number, Order, Witness
from leakyedu.teaching.record import name_records

DT = 0.001
# What one Euler step leaves of the voltage, 1 - dt / tau_mem of the default neuron.
A = 1 - DT * float(LIParameters().tau_mem_inv)

STEPS = 4096

# -- Predictions ---------------------------------------------------------------------------------


def levels_of_a_scan() -> float:
    """Return how often two neighbours must be combined until one span holds all steps: it doubles each time."""
    return math.log2(STEPS)


depth = Prediction(
    "A scan combines neighbours, then neighbouring pairs, then pairs of pairs. How many levels deep is it for 4,096 steps?",
    Number(
        levels_of_a_scan(),
        "levels",
        tolerance=0.25,
        between=(0, 1e6),
        narrow={"as_many_as_steps": 1e-4, "one_less_than_steps": 1e-4},
    ),
    given="a level combines each span of steps with the one before it, all of them at the same time; then each span is twice as long.",
)


@depth.mistake(
    "It is tempting: a loop waits for each step in turn. In a scan, pairs far from each other are combined at once."
)
def as_many_as_steps() -> float:
    return float(STEPS)


@depth.mistake(
    "That is how many separate pairs 4,096 steps make. They do not wait for each other: one level joins them all."
)
def half_as_many() -> float:
    return STEPS / 2


@depth.mistake(
    "So often steps are joined where this is done one after the other, as in a loop. A level of a scan does all of its own at the same time."
)
def one_less_than_steps() -> float:
    return STEPS - 1.0


@depth.mistake(
    "That is how many blocks there are, with as many steps in each. The blocks would wait for each other, and so would the steps in each of them."
)
def root_of_steps() -> float:
    return math.sqrt(STEPS)


@depth.mistake(
    "It is tempting: everything at once. But what is combined must be there, so a level waits for the one below."
)
def one_level() -> float:
    return 1.0


@depth.mistake("One level less reaches half of the steps: the two halves are still to be combined.")
def one_level_less() -> float:
    return math.log2(STEPS) - 1


@depth.mistake(
    "One level more would be enough for twice as many steps: the first level combines pairs already."
)
def one_level_more() -> float:
    return math.log2(STEPS) + 1


@depth.mistake(
    "This is the natural logarithm. A level combines two by two, so count how often 2 fits as a factor."
)
def natural_logarithm() -> float:
    return math.log(STEPS)


@depth.mistake(
    "This is the logarithm to base 10. A level combines two by two, so count how often 2 fits as a factor."
)
def logarithm_to_base_10() -> float:
    return math.log10(STEPS)


@depth.mistake("That counts a way up and a way down. Here each level is one round, in which a span doubles.")
def up_and_down() -> float:
    return 2 * levels_of_a_scan()


@depth.mistake("So many levels combine 64 steps, the root of all. There are more.")
def root_in_levels() -> float:
    return levels_of_a_scan() / 2


@depth.mistake(
    "The question names the first three levels, up to 8 steps in one. It goes on until one span holds all."
)
def levels_in_the_question() -> float:
    return 3.0


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
    given="a GPU is a processor with thousands of small calculators. The CPU hands it one operation after another, and a step has six.",
)


# Measured with the lab of this lesson on one core of a shared x86 server, 1 to 1,000 steps: 3.5 steps for
# 1 neuron, 4.5 for 8, 3.4 for 512. It is what a call of simulate costs before its first step (44
# microseconds), over what a step of the loop costs (12).
TYPICAL_CROSSOVER = 4.0

crossover = Prediction(
    "For 8 neurons on one core of the CPU: from how many steps on is `simulate` faster than the loop?",
    Measured(
        TYPICAL_CROSSOVER,
        "steps",
        factor=3,
        too_small="It is tempting to call the clever way faster from the start. But a call of `simulate` checks its inputs before the first step, and the loop is done with one or two steps by then.",
        too_large="In each step the loop waits for Python and starts several small operations. That adds up soon, sooner than this.",
        between=(1, 1e6),
    ),
    given="on one machine a step of the loop takes 12 microseconds, and `simulate` checks its inputs for 44; then it takes all steps in one call.",
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


overflow = Prediction(
    "The shortcut divides each input by a^n before it adds them up. At a = 0.9 and an input of 1 in each step: after how many steps does it overflow in float32, whose largest number is 3.4e38?",
    Number(
        steps_until_overflow(),
        "steps",
        tolerance=25,
        alike=0.015,
        narrow={"divided_by_a": 0.01, "a_tenth_in_each": 0.01},
        between=(1, 1e6),
    ),
    given="`y[n] = a^n (x[0]/a^0 + x[1]/a^1 + ... + x[n]/a^n)`, all x = 1. It overflows where a sum is larger than the largest number.",
)


@overflow.mistake(
    "That is how far float64 reaches. A number of float32 has 8 bits for its exponent, and so its largest is far smaller."
)
def steps_of_float64() -> float:
    return math.log(torch.finfo(torch.float64).max * (1 - A)) / -math.log(A)


@overflow.mistake(
    "That is how often a float32 can be doubled. A step multiplies by 1/0.9, and that is much less than 2."
)
def doublings() -> float:
    return math.log2(torch.finfo(torch.float32).max)


@overflow.mistake(
    "That is how often a float32 can be multiplied by e. A step multiplies by 1/0.9, and that is much less."
)
def powers_of_e() -> float:
    return math.log(torch.finfo(torch.float32).max)


@overflow.mistake(
    "That is how often a float32 can be multiplied by 10. A step multiplies by 1/0.9, and that is much less."
)
def powers_of_ten() -> float:
    return math.log10(torch.finfo(torch.float32).max)


@overflow.mistake(
    "After so many steps an input has lost all 7 digits beside a new one. They are forgotten, and that does no harm."
)
def steps_of_digits() -> float:
    return math.log(torch.finfo(torch.float32).eps) / math.log(A)


@overflow.mistake("A logarithm to base 10 was divided by a natural one. Take the same for both.")
def bases_mixed() -> float:
    return math.log10(torch.finfo(torch.float32).max) / -math.log(A)


@overflow.mistake(
    "The logarithm of the largest number was divided by a. How often a step fits in asks for the logarithm of 1/a."
)
def divided_by_a() -> float:
    return math.log(torch.finfo(torch.float32).max) / A


@overflow.mistake("Close: the logarithm of 1/a was taken for 0.1, and it is a little larger.")
def a_tenth_in_each() -> float:
    return math.log(torch.finfo(torch.float32).max) / 0.1


@overflow.mistake("A natural logarithm was divided by one to base 10. Take the same for both.")
def natural_over_decimal() -> float:
    return math.log(torch.finfo(torch.float32).max) / -math.log10(A)


@overflow.mistake("So far it is for a = 0.8, which is what a step leaves of the current. Here a is 0.9.")
def factor_of_the_current() -> float:
    return math.log(torch.finfo(torch.float32).max) / -math.log(0.8)


@overflow.mistake(
    "After so many steps the power of 0.9 itself has become 0. What is divided by it overflows earlier."
)
def powers_become_0() -> float:
    return math.log(torch.finfo(torch.float32).smallest_normal * torch.finfo(torch.float32).eps) / math.log(A)


compiling = Prediction(
    "A compiler turns the loop over steps and neurons into machine code. What does that change for 32,768 steps?",
    Choice(
        "b",
        {
            "a": "the steps no longer wait for each other",
            "b": "each step waits as before, and takes far less time",
            "c": "hardly anything: a loop is slow because its steps wait",
        },
        {
            "a": "It is tempting, since it is so much faster. But the compiler may not change the order of the steps: each still needs the state that the one before has left.",
            "b": "Each step needs the one before, and it is there at once: nobody has to look up names and start operations for it.",
            "c": "They wait in machine code too. What took so long was Python, which does each step's work around the arithmetic anew.",
        },
    ),
    given="each step is `i = i + x`, `v = v + 0.1 (i - v)`, `i = i - 0.2 i`. Python reads these lines anew each time; machine code is the processor's own.",
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


def pairs(generator: Generator) -> list[tuple]:
    """Return 20 cases of two steps, for 1 to 50 neurons each or for one number; factors of either sign, or 0."""
    draw = Draw(generator)

    def pair(number: int, *shape: int) -> Pair:
        a, b = (torch.as_tensor(1.3 * draw.normal(*shape), dtype=torch.float64) for _ in "ab")
        if len(shape) > 0:
            a, b = a * (draw.between(0, 1, *shape) > 0.1), b * (draw.between(0, 1, *shape) > 0.1)
        return Pair(a.float(), b.float()) if number % 7 == 6 else Pair(a, b)

    shapes = 4 * ((50,), (5, 10), (), (1,), (7,))
    return [(pair(number, *shape), pair(number, *shape)) for number, shape in enumerate(shapes)]


combine = Exercise(
    "Two steps of x <- a x + b, each a pair (a, b), are one such step. Which?",
    Function(
        combine_two,
        returns=("a", "b"),
        cases=pairs,
        name="my_combine",
        known_as={"Pair": "ex.Pair"},
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


@combine.mistake(
    "The second step is applied before the first: the one that comes later acts on what the earlier one has made."
)
def applies_the_second_first(first, second):
    return combine_two(second, first)


@combine.mistake("The factors are added: x is multiplied by one of them, and the result by the other.")
def adds_the_factors(first, second):
    return Pair(first.a + second.a, combine_two(first, second).b)


@combine.mistake("Both parts are added: put the first step into the second, and multiply it out.")
def adds_everything(first, second):
    return Pair(first.a + second.a, first.b + second.b)


@combine.mistake("The first b comes through whole: it is there when the second step multiplies by its a.")
def forgets_that_b_decays(first, second):
    return Pair(first.a * second.a, first.b + second.b)


@combine.mistake(
    "The factors of the first step are lost, and its b comes through whole: the second step multiplies all of it by its a."
)
def adds_b_and_keeps_a(first, second):
    return Pair(second.a, first.b + second.b)


@combine.mistake("The first b is multiplied by both factors: it is added after the first of them has acted.")
def scales_b_by_both(first, second):
    return Pair(first.a * second.a, first.a * second.a * first.b + second.b)


@combine.mistake(
    "The first b is multiplied by the factor of its own step: it is added after that factor has acted."
)
def scales_b_by_its_own(first, second):
    return Pair(first.a * second.a, first.a * first.b + second.b)


@combine.mistake("The second b is multiplied too: it is added last, and nothing acts on it any more.")
def scales_both(first, second):
    return Pair(first.a * second.a, second.a * (first.b + second.b))


@combine.mistake(
    "The b of the second step is multiplied by its own a, and that of the first by none: it should be the other way round."
)
def scales_the_second(first, second):
    return Pair(first.a * second.a, first.b + second.a * second.b)


@combine.mistake("Both parts are multiplied: that is right for the factors, and what is added stays a sum.")
def multiplies_everything(first, second):
    return Pair(first.a * second.a, first.b * second.b)


@combine.mistake("What the second step adds is missing: its b comes after its a.")
def multiplies_and_forgets(first, second):
    return Pair(first.a * second.a, second.a * first.b)


@combine.mistake("What the first step adds is missing: it goes through the second step, as x does.")
def forgets_the_first_b(first, second):
    return Pair(first.a * second.a, second.b)


@combine.mistake(
    "The factor of the first step is missing: x has been multiplied by it before the second one comes."
)
def forgets_the_first_factor(first, second):
    return Pair(second.a, combine_two(first, second).b)


@combine.mistake("The factor of the second step is missing: it acts on all that the first one has made of x.")
def forgets_the_second_factor(first, second):
    return Pair(first.a, combine_two(first, second).b)


@combine.mistake("This is the first step alone: the second has still to act on it.")
def returns_the_first(first, second):
    return first


@combine.mistake("This is the second step alone: before it, the first has acted on x.")
def returns_the_second(first, second):
    return second


@combine.mistake(
    "This holds for an x of 1 alone: the factor has got into b as well. Keep what is multiplied by x out of b."
)
def puts_in_one(first, second):
    a, b = combine_two(first, second)
    return Pair(a, a + b)


@combine.mistake("The factor is a mean: two steps that halve x leave a quarter of it, not half.")
def takes_the_mean_factor(first, second):
    return Pair((first.a + second.a) / 2, combine_two(first, second).b)


@combine.mistake("The factor of the second step is used twice: each step brings one of its own.")
def squares_the_second(first, second):
    return Pair(second.a**2, combine_two(first, second).b)


@combine.mistake("The factor 0.9 is that of one neuron and one dt: use those of the pairs.")
def has_the_factor_of_one_neuron(first, second):
    return Pair(first.a * second.a, A * first.b + second.b)


@combine.mistake(
    "This is the first step taken twice: the second has still to act on what the first one has made."
)
def repeats_the_first(first, second):
    return combine_two(first, first)


@combine.mistake(
    "The factor is what x = 1 becomes, with all that is added on the way. Take away what x = 0 becomes."
)
def keeps_b_in_the_factor(first, second):
    a, b = combine_two(first, second)
    return Pair(a + b, b)


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
        [
            (
                "E",
                "BA",
                "B and A compute with `x`, and E makes it on the device: E comes before both.",
            ),
            (
                "B",
                "A",
                "The first call is the slowest: it loads code and reserves memory. B makes it so that A need not: B comes before A.",
            ),
            ("B", "G", "G waits for `warm`, and B asks for it: G comes after B."),
            ("A", "F", "F waits for `v`, and A asks for it: F comes after A."),
            ("D", "C", "C counts from when the clock began, and D looks at it then: C comes after D."),
            ("A", "C", "C stops the clock, and A is the call that it should time: C comes after A."),
            ("D", "A", "A is the call that counts, and D starts the clock: start it before the call."),
            (
                "E",
                "D",
                "The clock would count how the input is copied: D, which starts it, comes after E.",
            ),
            (
                "B",
                "D",
                "The clock would count the first call too, which loads code and reserves memory: D, which starts it, comes after B.",
            ),
            (
                "G",
                "D",
                "The clock would run while the first call is still at work: G waits for that, and comes before D.",
            ),
            (
                "F",
                "C",
                "The clock would stop as soon as the call returns. An accelerator returns from a call before it has done the work: F waits for that, and comes before C.",
            ),
        ],
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


block_hunt = Exercise(
    "Find a number of steps and a length of block at which `blocks_with_a_bug` is wrong.",
    Witness(
        (100, 16),
        all_steps,
        blocks_with_a_bug,
        within={
            "steps": (1, 10_000, "", "a sequence has at least one step"),
            "block": (1, 100, "", "a block has at least one step, and long ones forget"),
        },
    ),
    hints=(
        "A block hands one number over to the next: `start`. What should it be, and what is it?",
        "`own` is what the inputs of one block make of 0. Follow `start` by hand for three short blocks.",
        """The bug shows from the third block on, if the blocks are short enough to remember. Choose two numbers:

ex.block_hunt.check((..., 4))""",
    ),
    solution="A block should hand over `x`, and hands over `own`, which forgets what it was given: from the third block on, as at (100, 16), the first is missing. Write `start = x`.",
)


@block_hunt.mistake(
    "All steps lie in one block, and no block hands anything over to another. Take more steps, or a shorter block."
)
def is_one_block(steps=20, block=32):
    return steps <= block


@block_hunt.mistake(
    "There are two blocks, and the second one is told right where to start. What is the next one told?"
)
def is_two_blocks(steps=60, block=32):
    return steps <= 2 * block


@block_hunt.mistake(
    "Blocks as long as these forget what came before them: of a number, 0.9 to the power of their length is left, too little for two decimals. Take shorter ones."
)
def has_long_blocks(steps=300, block=90):
    return block > 36


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


name_records(globals())
