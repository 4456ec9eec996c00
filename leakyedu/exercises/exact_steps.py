"""Lesson 6: exact steps, and what their word "exact" assumes."""

import math

import torch
from sympy import Expr, exp
from torch import Generator

from leakyedu.exercises.exercise import Exercise, Prediction, Recall
from leakyedu.exercises.expression import Expression
from leakyedu.exercises.kinds import Choice, Function, Number, Witness
from leakyedu.symbolic import dt, tau_mem, tau_syn

TAU_MEM, TAU_SYN = 10.0, 5.0  # of the running example, in ms


def response(t: float, tau_mem: float = TAU_MEM, tau_syn: float = TAU_SYN) -> float:
    """Return the voltage at t after a unit jump, from rest: times in one unit, whichever it is."""
    if tau_mem == tau_syn:
        return t / tau_mem * math.exp(-t / tau_mem)
    return tau_syn / (tau_mem - tau_syn) * (math.exp(-t / tau_mem) - math.exp(-t / tau_syn))


# -- Predictions ---------------------------------------------------------------------------------

does_it_help = Prediction(
    "Replace Euler's 1 - dt/tau by exp(-dt/tau) in both lines, and hold the current during a step of 1 ms. What becomes of the largest error of v?",
    Choice(
        "b",
        {
            "a": "it vanishes, for an exponential is exact",
            "b": "it stays about as large",
            "c": "it becomes ten times smaller",
        },
        {
            "a": "Each exponential is exact for what decays alone. But v follows a current, and that one was held still.",
            "b": "What was wrong was never the decay alone: v is driven by a current that decays during the step.",
            "c": "Exponentials look like the better part of a method. The error came from elsewhere: from the held current.",
        },
    ),
)

SPIKE, GRID = 3.3, 3.0  # ms: when a spike comes, and where a grid of 1 ms puts it


def cost_of_moving() -> float:
    """Return how far v is off, where it is farthest, if the spike is put on the grid and all else is exact."""
    times = [GRID + 0.01 * k for k in range(6000)]
    return max(abs(response(t - GRID) - (response(t - SPIKE) if t > SPIKE else 0.0)) for t in times)


def exact_is_exact() -> float:
    """It is tempting: exact steps have no error. They are exact for the spike that they are given, and this one was moved."""
    return 0.0


def along_the_first_slope() -> float:
    """That is how far apart the spikes are, in ms. With lesson 3's first slope, 0.1 V per ms, a tenth of it is a voltage."""
    return SPIKE - GRID


def a_whole_response() -> float:
    """That is the whole peak. The moved response is the same curve, only earlier: most of it covers the right one."""
    return 0.25


moved_spike = Prediction(
    f"A spike comes at {SPIKE} ms. A simulation in exact steps of 1 ms puts it at {GRID:g} ms. By how much is v off, where it is farthest? The peak is 0.25 V.",
    Number(
        cost_of_moving(),
        "V",
        tolerance=0.01,
        mistakes=(exact_is_exact, along_the_first_slope, a_whole_response),
        between=(0, 1),
    ),
)

best = Prediction(
    f"A spike comes at {SPIKE} ms, and steps of 1 ms put it at {GRID:g} ms. Which of these methods has the smallest error at the end of its steps?",
    Choice(
        "backward_euler",
        {
            "euler": "Euler: follow the slope at the start",
            "backward_euler": "backward Euler: solve for the new v, whose own slope is followed",
            "held_current": "exponentials, with the current held",
            "exact": "exact steps",
        },
        {
            "euler": "Its response comes too early and too high. The moved spike is too early as well, and the two errors add up.",
            "backward_euler": "Its response is late and low, the moved spike is early: the two errors cancel in part. That is luck, and no merit of the method.",
            "held_current": "It gives v too much current from the start, and the moved spike is too early as well: the two errors add up.",
            "exact": "It is tempting. But exact steps are exact for the spike that they are given, and nothing mends that it was moved.",
        },
    ),
)

# -- The entry that couples v to i ---------------------------------------------------------------

COUPLING = tau_syn / (tau_mem - tau_syn) * (exp(-dt / tau_mem) - exp(-dt / tau_syn))


def holds_the_current() -> Expr:
    """Here the current is held during the step. It decays meanwhile, with tau_syn."""
    return 1 - exp(-dt / tau_mem)


def holds_the_decayed_current() -> Expr:
    """Here the current is held after it has decayed for the whole step: too small, where holding it from the start is too large."""
    return (1 - exp(-dt / tau_mem)) * exp(-dt / tau_syn)


def follows_the_slope() -> Expr:
    """This is Euler's entry: the slope at the start, for the whole step."""
    return dt / tau_mem


def turns_the_difference() -> Expr:
    """The two exponentials are exchanged: a jump of the current must lift v."""
    return -COUPLING


def has_the_other_factor() -> Expr:
    """The factor before the bracket has the wrong time constant above the line. For a short step the entry must come close to dt/tau_mem."""
    return COUPLING * tau_mem / tau_syn


def forgets_the_factor() -> Expr:
    """The difference of the exponentials is right, its factor is missing. For a short step the entry must come close to dt/tau_mem."""
    return exp(-dt / tau_mem) - exp(-dt / tau_syn)


def has_a_unit() -> Expr:
    """This entry is 1 over a time, and must be a plain number: look at the units of the factor."""
    return COUPLING / tau_syn


def adds_the_decays() -> Expr:
    """The exponentials are added. At dt = 0 the current has not acted yet, so the entry must be 0 there."""
    return tau_syn / (tau_mem - tau_syn) * (exp(-dt / tau_mem) + exp(-dt / tau_syn))


def takes_equal_constants() -> Expr:
    """This is the limit at equal time constants. Here they differ."""
    return dt / tau_mem * exp(-dt / tau_mem)


def is_the_decay_of_i() -> Expr:
    """This is what is left of i after the step, the entry in the lower right corner. Wanted is what i brings to v."""
    return exp(-dt / tau_syn)


def is_the_decay_of_v() -> Expr:
    """This is what is left of v after the step, the entry in the upper left corner. Wanted is what i brings to v."""
    return exp(-dt / tau_mem)


def subtracts_the_rates() -> Expr:
    """One exponential holds both time constants. A difference of two exponentials is something else than one of their difference."""
    return tau_syn / (tau_mem - tau_syn) * exp(-dt / tau_mem + dt / tau_syn)


def multiplies_by_tau() -> Expr:
    """In the exponents dt is multiplied by a time constant: a second times a second is no plain number."""
    return tau_syn / (tau_mem - tau_syn) * (exp(-dt * tau_mem) - exp(-dt * tau_syn))


coupling = Exercise(
    "From rest, the current jumps to 1 V. What is v after one exact step? A formula of dt, tau_mem and tau_syn, for two different time constants.",
    Expression(
        COUPLING,
        {"dt": (0.0005, 0.01), "tau_mem": (0.009, 0.03), "tau_syn": (0.001, 0.008)},
        mistakes=(
            holds_the_current,
            holds_the_decayed_current,
            follows_the_slope,
            turns_the_difference,
            has_the_other_factor,
            forgets_the_factor,
            has_a_unit,
            adds_the_decays,
            takes_equal_constants,
            is_the_decay_of_i,
            is_the_decay_of_v,
            subtracts_the_rates,
            multiplies_by_tau,
        ),
    ),
    hints=(
        "A jump of the current, and then nothing but time: which curve of lesson 3 is that?",
        "It is the response to one spike, with the weight 1 V, at the time t = dt.",
        """Almost the formula; the bracket is yours:

tau_syn / (tau_mem - tau_syn) * (... - ...)""",
    ),
    solution="It is the double exponential of lesson 3, at t = dt: the voltage that follows a current which decays.",
)

# -- The whole step ------------------------------------------------------------------------------


def propagator_entries(dt, tau_mem, tau_syn):
    """Return v_from_v, v_from_i and i_from_i of an exact step."""
    v_from_v, i_from_i = math.exp(-dt / tau_mem), math.exp(-dt / tau_syn)
    if tau_mem == tau_syn:
        return v_from_v, dt / tau_mem * v_from_v, i_from_i
    return v_from_v, tau_syn / (tau_mem - tau_syn) * (v_from_v - i_from_i), i_from_i


def with_coupling(entry, dt, tau_mem, tau_syn):
    """Return the exact entries with another one in the place of v_from_i."""
    return math.exp(-dt / tau_mem), entry, math.exp(-dt / tau_syn)


def divides_by_nothing(dt, tau_mem, tau_syn):
    """At equal time constants the formula divides 0 by 0. It has a limit there: take that in a branch of its own."""
    v_from_v, i_from_i = math.exp(-dt / tau_mem), math.exp(-dt / tau_syn)
    return v_from_v, tau_syn / (tau_mem - tau_syn) * (v_from_v - i_from_i), i_from_i


def gives_nan(dt, tau_mem, tau_syn):
    """At equal time constants the formula gives nan, for 0 is divided by 0. It has a limit there: take that in a branch of its own."""
    return with_coupling(
        math.nan if tau_mem == tau_syn else response(dt, tau_mem, tau_syn), dt, tau_mem, tau_syn
    )


def is_0_at_equal_constants(dt, tau_mem, tau_syn):
    """At equal time constants your v_from_i is 0: then no spike would ever reach v. The limit is another one."""
    return with_coupling(0.0 if tau_mem == tau_syn else response(dt, tau_mem, tau_syn), dt, tau_mem, tau_syn)


def forgets_the_decay_of_the_limit(dt, tau_mem, tau_syn):
    """At equal time constants your v_from_i is dt/tau: right for a short step alone. The limit decays, too."""
    return with_coupling(
        dt / tau_mem if tau_mem == tau_syn else response(dt, tau_mem, tau_syn), dt, tau_mem, tau_syn
    )


def moves_the_constants_apart(dt, tau_mem, tau_syn):
    """Equal time constants were moved apart by a little. That is good for few digits: take the limit itself."""
    if tau_mem == tau_syn:
        tau_syn = tau_syn * 1.001
    return propagator_entries(dt, tau_mem, tau_syn)


def takes_always_the_limit(dt, tau_mem, tau_syn):
    """The limit at equal time constants is used everywhere. Where they differ, it is wrong."""
    return with_coupling(dt / tau_mem * math.exp(-dt / tau_mem), dt, tau_mem, tau_syn)


def is_held_current(dt, tau_mem, tau_syn):
    """The current is held during the step: your v_from_i is 1 - exp(-dt/tau_mem). It decays meanwhile, so less reaches v."""
    return with_coupling(1 - math.exp(-dt / tau_mem), dt, tau_mem, tau_syn)


def is_euler(dt, tau_mem, tau_syn):
    """All three are Euler's: the slope at the start, for the whole step."""
    return 1 - dt / tau_mem, dt / tau_mem, 1 - dt / tau_syn


def couples_like_euler(dt, tau_mem, tau_syn):
    """The decays are exact, and v_from_i is Euler's dt/tau_mem. It must grow less and less, as v leaks and i decays."""
    return with_coupling(dt / tau_mem, dt, tau_mem, tau_syn)


def swaps_the_constants(dt, tau_mem, tau_syn):
    """The time constants are exchanged: v decays with tau_mem, i with tau_syn."""
    return propagator_entries(dt, tau_syn, tau_mem)


def swaps_the_decays(dt, tau_mem, tau_syn):
    """The two decays are returned the wrong way round: v_from_v comes first, i_from_i last."""
    v_from_v, v_from_i, i_from_i = propagator_entries(dt, tau_mem, tau_syn)
    return i_from_i, v_from_i, v_from_v


def returns_the_coupling_last(dt, tau_mem, tau_syn):
    """The order is v_from_v, v_from_i, i_from_i. Yours ends with v_from_i."""
    v_from_v, v_from_i, i_from_i = propagator_entries(dt, tau_mem, tau_syn)
    return v_from_v, i_from_i, v_from_i


def turned_sign(dt, tau_mem, tau_syn):
    """Your v_from_i is below 0: a current above 0 must lift v. Turn the difference of the exponentials round, or that of the time constants."""
    return with_coupling(-response(dt, tau_mem, tau_syn), dt, tau_mem, tau_syn)


def other_factor(dt, tau_mem, tau_syn):
    """The factor of v_from_i has tau_mem above the line. For a short step v_from_i must come close to dt/tau_mem."""
    return with_coupling(tau_mem / tau_syn * response(dt, tau_mem, tau_syn), dt, tau_mem, tau_syn)


def without_factor(dt, tau_mem, tau_syn):
    """The factor before the difference is missing in v_from_i. For a short step it must come close to dt/tau_mem."""
    if tau_mem == tau_syn:
        return propagator_entries(dt, tau_mem, tau_syn)
    return with_coupling(math.exp(-dt / tau_mem) - math.exp(-dt / tau_syn), dt, tau_mem, tau_syn)


def in_milliseconds(dt, tau_mem, tau_syn):
    """Dt was turned into milliseconds. All three times come in second, and their ratios have no unit."""
    return propagator_entries(1000 * dt, tau_mem, tau_syn)


def has_rates(dt, tau_mem, tau_syn):
    """Dt is multiplied by tau in the exponents. These are time constants, not their inverses: divide."""
    return math.exp(-dt * tau_mem), response(dt, tau_mem, tau_syn), math.exp(-dt * tau_syn)


def grows(dt, tau_mem, tau_syn):
    """The exponents have no minus: a leak makes things smaller."""
    return math.exp(dt / tau_mem), response(dt, tau_mem, tau_syn), math.exp(dt / tau_syn)


def returns_what_is_gone(dt, tau_mem, tau_syn):
    """The first and the last are what has decayed. Wanted is what is left."""
    return 1 - math.exp(-dt / tau_mem), response(dt, tau_mem, tau_syn), 1 - math.exp(-dt / tau_syn)


def has_a_step_of_its_own(dt, tau_mem, tau_syn):
    """The step is always 1 ms long: use the dt that your function is given."""
    return propagator_entries(0.001, tau_mem, tau_syn)


def of_the_default_neuron(dt, tau_mem, tau_syn):
    """These are the entries of the default neuron: use the time constants that your function is given."""
    return propagator_entries(dt, TAU_MEM / 1000, TAU_SYN / 1000)


def steps(generator: Generator) -> list[tuple]:
    """Return 16 cases in second: short and long steps, either part the faster one, or both alike in every fourth."""
    cases = []
    for number, (a, b, c) in enumerate(torch.rand(16, 3, generator=generator, dtype=torch.float64).tolist()):
        slow, fast = 0.009 + 0.02 * a, 0.001 + 0.007 * b
        length = 0.0005 * 60**c
        pair = ((slow, slow), (slow, fast), (fast, slow), (slow, fast))[number % 4]
        cases.append((length, *pair))
    return cases


propagator = Exercise(
    "Write `propagator(dt, tau_mem, tau_syn)`: return v_from_v, v_from_i and i_from_i of an exact step, also where the time constants are equal.",
    Function(
        propagator_entries,
        returns=("v_from_v", "v_from_i", "i_from_i"),
        cases=steps,
        mistakes=(
            divides_by_nothing,
            gives_nan,
            is_0_at_equal_constants,
            forgets_the_decay_of_the_limit,
            moves_the_constants_apart,
            takes_always_the_limit,
            is_held_current,
            is_euler,
            couples_like_euler,
            swaps_the_constants,
            swaps_the_decays,
            returns_the_coupling_last,
            turned_sign,
            other_factor,
            without_factor,
            in_milliseconds,
            has_rates,
            grows,
            returns_what_is_gone,
            has_a_step_of_its_own,
            of_the_default_neuron,
        ),
    ),
    hints=(
        "Two of the three decay alone. The third is the formula that you have found, and one case is missing from it.",
        "Let an `if` treat equal time constants: there v_from_i is dt/tau exp(-dt/tau), as in lesson 3 with t = dt.",
        """Almost the code; three right sides are yours:

v_from_v, i_from_i = math.exp(...), math.exp(...)
if tau_mem == tau_syn:
    return v_from_v, dt / tau_mem * v_from_v, i_from_i
return v_from_v, ..., i_from_i""",
    ),
    solution="Two exponentials, and what the decaying current brings to v. At equal time constants the formula is 0/0, and its limit takes its place.",
)

# -- From spike to spike, with a bug -------------------------------------------------------------


def step_of(length: float, v: float, i: float) -> tuple[float, float]:
    """Return v and i of the running example after one exact step, its length in ms."""
    return math.exp(-length / TAU_MEM) * v + response(length) * i, math.exp(-length / TAU_SYN) * i


def from_spike_to_spike(first, second):
    """Return v after two spikes, each followed by one exact step: the gaps in ms."""
    v, i = step_of(first, 0.0, 1.0)
    return step_of(second, v, i + 1.0)[0]


def from_spike_to_spike_with_a_bug(first, second):
    """Return v after two spikes, by steps of 1 ms, as many as there are in each gap."""
    v, i = 0.0, 0.0
    for gap in (first, second):
        i = i + 1.0
        for _ in range(round(gap)):
            v, i = step_of(1.0, v, i)
    return v


def are_whole(first=3.0, second=5.0):
    """Both gaps are whole milliseconds, so the steps of 1 ms end at the right times: P(1) P(1) is P(2). Look between them."""
    return abs(first - round(first)) < 1e-6 and abs(second - round(second)) < 1e-6


def is_long_over(first=0.5, second=300.0):
    """By then both spikes are forgotten, and v is 0 either way. Look earlier."""
    return second > 200


gap_hunt = Exercise(
    "A function goes from spike to spike in steps of 1 ms. Find two gaps in ms at which it is wrong.",
    Witness(
        (2.5, 4.0),
        from_spike_to_spike,
        from_spike_to_spike_with_a_bug,
        {"first": (0.1, 500), "second": (0.1, 500)},
        (are_whole, is_long_over),
    ),
    hints=(
        "How many steps of 1 ms does it take for a gap? And for a gap that is a little longer?",
        "Look for a gap that cannot be made of whole steps of 1 ms.",
        "Take 4 ms for the second gap, and for the first one something with a half.",
    ),
    solution="A first gap of 2.5 ms is taken for 2 ms. Exact steps are exact for the times that they are given, and here the times are moved.",
)


def v_after_gaps(gaps, tau_mem, tau_syn):
    """Return v after spikes of 1 V, each followed by a gap: one exact step for each gap."""
    v, i = 0.0, 0.0
    for gap in gaps.tolist():
        v_from_v, v_from_i, i_from_i = propagator_entries(gap, tau_mem, tau_syn)
        i = i + 1.0
        v, i = v_from_v * v + v_from_i * i, i_from_i * i
    return v


def _walk(gaps, tau_mem, tau_syn, entries=propagator_entries):
    v, i = 0.0, 0.0
    for gap in gaps:
        v_from_v, v_from_i, i_from_i = entries(gap, tau_mem, tau_syn)
        i = i + 1.0
        v, i = v_from_v * v + v_from_i * i, i_from_i * i
    return v


def rounds_the_gaps(gaps, tau_mem, tau_syn):
    """Each gap is rounded to whole milliseconds. An exact step may be as long as the gap itself."""
    return _walk([round(1000 * gap) / 1000 for gap in gaps.tolist()], tau_mem, tau_syn)


def cuts_the_gaps(gaps, tau_mem, tau_syn):
    """What a gap has beyond whole milliseconds is cut off. An exact step may be as long as the gap itself."""
    return _walk([math.floor(1000 * gap) / 1000 for gap in gaps.tolist()], tau_mem, tau_syn)


def jumps_too_late(gaps, tau_mem, tau_syn):
    """The jump comes after its gap: first the spike, then the step."""
    v, i = 0.0, 0.0
    for gap in gaps.tolist():
        v_from_v, v_from_i, i_from_i = propagator_entries(gap, tau_mem, tau_syn)
        v, i = v_from_v * v + v_from_i * i, i_from_i * i + 1.0
    return v


def one_spike_alone(gaps, tau_mem, tau_syn):
    """Only the first spike arrives, and one step leads to the end. Each gap begins with a spike."""
    return response(float(gaps.sum()), tau_mem, tau_syn)


def last_spike_alone(gaps, tau_mem, tau_syn):
    """This is what the last spike alone does. What v and i had before it goes on decaying."""
    return response(float(gaps[-1]), tau_mem, tau_syn)


def forgets_the_current(gaps, tau_mem, tau_syn):
    """The current is set to 1 V at each spike. It jumps by 1 V, from what is left of it."""
    v = 0.0
    for gap in gaps.tolist():
        v = math.exp(-gap / tau_mem) * v + response(gap, tau_mem, tau_syn)
    return v


def forgets_to_decay(gaps, tau_mem, tau_syn):
    """The current never decays from gap to gap: the step returns a new i, too."""
    return _walk(gaps.tolist(), tau_mem, tau_syn, entries=lambda *x: (*propagator_entries(*x)[:2], 1.0))


def forgets_the_leak(gaps, tau_mem, tau_syn):
    """What v had is carried on in full. It leaks during the gap: multiply it by v_from_v."""
    return _walk(gaps.tolist(), tau_mem, tau_syn, entries=lambda *x: (1.0, *propagator_entries(*x)[1:]))


def forgets_the_voltage(gaps, tau_mem, tau_syn):
    """What v had before a gap is lost: add v_from_v times the old v."""
    return _walk(gaps.tolist(), tau_mem, tau_syn, entries=lambda *x: (0.0, *propagator_entries(*x)[1:]))


def uses_the_new_current(gaps, tau_mem, tau_syn):
    """The voltage uses the current that has already decayed. The exact step takes both from before it: assign v and i in one line, or v first."""
    v, i = 0.0, 0.0
    for gap in gaps.tolist():
        v_from_v, v_from_i, i_from_i = propagator_entries(gap, tau_mem, tau_syn)
        i = i_from_i * (i + 1.0)
        v = v_from_v * v + v_from_i * i
    return v


def holds_it_in_each_gap(gaps, tau_mem, tau_syn):
    """The current is held during each gap. It decays meanwhile, so less of it reaches v."""
    return _walk(gaps.tolist(), tau_mem, tau_syn, entries=is_held_current)


def follows_slopes(gaps, tau_mem, tau_syn):
    """Each gap is one step of Euler's method: far too long for it."""
    return _walk(gaps.tolist(), tau_mem, tau_syn, entries=is_euler)


def exchanges_the_constants(gaps, tau_mem, tau_syn):
    """The time constants are exchanged: v decays with tau_mem, i with tau_syn."""
    return _walk(gaps.tolist(), tau_syn, tau_mem)


def scales_the_jump(gaps, tau_mem, tau_syn):
    """The jump is multiplied by the length of its gap. A spike is a jump of 1 V, however long the step after it is."""
    v, i = 0.0, 0.0
    for gap in gaps.tolist():
        v_from_v, v_from_i, i_from_i = propagator_entries(gap, tau_mem, tau_syn)
        i = i + gap
        v, i = v_from_v * v + v_from_i * i, i_from_i * i
    return v


def returns_the_current(gaps, tau_mem, tau_syn):
    """This is the current at the end. Wanted is the voltage."""
    i = 0.0
    for gap in gaps.tolist():
        i = (i + 1.0) * math.exp(-gap / tau_syn)
    return i


def has_a_default_neuron(gaps, tau_mem, tau_syn):
    """The time constants are always 10 and 5 ms: use those that your function is given."""
    return _walk(gaps.tolist(), TAU_MEM / 1000, TAU_SYN / 1000)


def spike_trains(generator: Generator) -> list[tuple]:
    """Return 12 cases: 2 to 5 gaps of 0.3 to 12 ms, in second, and two time constants."""
    cases = []
    for number in range(12):
        gaps = 0.0003 * 40 ** torch.rand(2 + number % 4, generator=generator, dtype=torch.float64)
        a, b = torch.rand(2, generator=generator, dtype=torch.float64).tolist()
        cases.append((gaps, 0.009 + 0.02 * a, 0.002 + 0.006 * b))
    return cases


after_gaps = Exercise(
    "Mend it: write `after_gaps(gaps, tau_mem, tau_syn)`, v after the last gap. Each gap, in second, begins with a spike of 1 V.",
    Function(
        v_after_gaps,
        returns=("v",),
        cases=spike_trains,
        mistakes=(
            rounds_the_gaps,
            cuts_the_gaps,
            jumps_too_late,
            one_spike_alone,
            last_spike_alone,
            forgets_the_current,
            forgets_to_decay,
            forgets_the_leak,
            forgets_the_voltage,
            uses_the_new_current,
            holds_it_in_each_gap,
            follows_slopes,
            exchanges_the_constants,
            scales_the_jump,
            returns_the_current,
            has_a_default_neuron,
        ),
    ),
    hints=(
        "An exact step may have any length. Which length would make the grid superfluous?",
        "For each gap: let i jump by 1, then take one exact step as long as the gap, with v and i both from before it.",
        """Almost the code; `propagator` is the function that you have written:

for gap in gaps.tolist():
    v_from_v, v_from_i, i_from_i = propagator(...)
    i = i + 1.0
    v, i = ..., ...
return v""",
    ),
    solution="One step for each gap, as long as the gap: no grid, so no spike is moved. This is how event-driven simulators work.",
)

# -- Recall --------------------------------------------------------------------------------------

recall = Recall(
    (
        "An exact step of 2 ms is taken five times. What is the same?",
        Choice(
            "b",
            {
                "a": "ten Euler steps of 1 ms",
                "b": "one exact step of 10 ms",
                "c": "one exact step of 2 ms, with five times the input",
            },
            {
                "a": "Euler's steps have an error each, and ten of them add up.",
                "b": "P(2) five times is P(10), if nothing comes in between.",
                "c": "An input is a jump. Time that passes lets it decay, and does not repeat it.",
            },
        ),
    ),
    (
        'What does "exact" assume?',
        Choice(
            "a",
            {
                "a": "that spikes come when a step begins",
                "b": "that dt is smaller than both time constants",
                "c": "that the time constants differ",
            },
            {
                "a": "The step is exact between spikes. A spike that is moved to the grid brings an error of its own.",
                "b": "That was needed for Euler. An exact step may be as long as you like.",
                "c": "The textbook formula needs it. The limit at equal time constants is exact, too.",
            },
        ),
    ),
    (
        "The current is held during a step of 1 ms, and both decays are exact. What happens to the area under v?",
        Choice(
            "c",
            {
                "a": "it is right, as with Euler",
                "b": "it is 10 % too small",
                "c": "it is 10 % too large",
            },
            {
                "a": "Euler's area is right because its two mistakes cancel. Here one of them was mended, and the other was not.",
                "b": "A current that is held is larger than one that decays.",
                "c": "The held current is larger than the decaying one all the time, and v gets all of it.",
            },
        ),
    ),
    (
        "Two time constants are equal. What does (exp(-dt/tau_mem) - exp(-dt/tau_syn)) / (tau_mem - tau_syn) give on a computer?",
        Choice(
            "a",
            {"a": "nan, or an error", "b": "0", "c": "the limit"},
            {
                "a": "It is 0 divided by 0. The limit has to be written down as a case of its own.",
                "b": "The numerator is 0, and the denominator is as well.",
                "c": "Only mathematics takes limits by itself. A computer divides what it is given.",
            },
        ),
    ),
    (
        "From lesson 5: dt is 12 ms, tau_syn is 5 ms. What does Euler's current do?",
        Choice(
            "c",
            {"a": "it decays smoothly", "b": "it rings and dies away", "c": "it rings and grows"},
            {
                "a": "One step takes away more than all of the current: its sign changes.",
                "b": "That is so between one and two time constants. Here dt is longer than that.",
                "c": "Its factor is 1 - 12/5 = -1.4: another sign in each step, and more of it.",
            },
        ),
    ),
)
