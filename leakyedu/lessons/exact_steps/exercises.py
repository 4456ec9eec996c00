"""Lesson 6: exact steps, and what their word "exact" assumes."""

import math

from sympy import Expr, exp
from torch import Generator

from leakyedu.symbolic import dt, tau_mem, tau_syn
from leakyedu.teaching.draw import Draw
from leakyedu.teaching.exercise import Exercise, Prediction, Recall
from leakyedu.teaching.expression import Expression
from leakyedu.teaching.function import Function
from leakyedu.teaching.kinds import Choice, Number, Witness
from leakyedu.teaching.record import name_records

TAU_MEM, TAU_SYN = 10.0, 5.0  # of the running example, in ms


def response(t: float, tau_mem: float = TAU_MEM, tau_syn: float = TAU_SYN) -> float:
    """Return the voltage at t after a unit jump, from rest: times in one unit, whichever it is."""
    if tau_mem == tau_syn:
        return t / tau_mem * math.exp(-t / tau_mem)
    return tau_syn / (tau_mem - tau_syn) * (math.exp(-t / tau_mem) - math.exp(-t / tau_syn))


# -- Predictions ---------------------------------------------------------------------------------

# In steps of 1 ms it keeps 1 - 1/tau of what decays, so after n of them v is a difference of two powers.
EULERS_ERROR = max(
    abs(((1 - 1 / TAU_MEM) ** n - (1 - 1 / TAU_SYN) ** n) * TAU_SYN / (TAU_MEM - TAU_SYN) - response(n))
    for n in range(60)
)

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
    given=f"tau_mem = {TAU_MEM:g} ms, tau_syn = {TAU_SYN:g} ms, a jump of 1 V; Euler is off by up to {EULERS_ERROR:.4f} V. Now `v = exp(-dt/tau_mem) v + (1 - exp(-dt/tau_mem)) i`, then `i = exp(-dt/tau_syn) i`.",
)

SPIKE, GRID = 3.3, 3.0  # ms: when a spike comes, and where a grid of 1 ms puts it


def cost_of_moving() -> float:
    """Return how far v is off, where it is farthest, if the spike is put on the grid and all else is exact."""
    times = [GRID + 0.01 * k for k in range(6000)]
    return max(abs(response(t - GRID) - (response(t - SPIKE) if t > SPIKE else 0.0)) for t in times)


moved_spike = Prediction(
    f"A spike comes at {SPIKE} ms. A simulation in exact steps of 1 ms puts it at {GRID:g} ms. By how much is v off at most, at any time? The peak is 0.25 V.",
    Number(
        cost_of_moving(),
        "V",
        tolerance=0.004,
        between=(0, 1),
    ),
    given=f"the spike makes i jump by w = 1 V, with tau_mem = {TAU_MEM:g} ms and tau_syn = {TAU_SYN:g} ms; the response begins with the slope w/tau_mem.",
)


@moved_spike.mistake(
    "It is tempting: exact steps have no error. They are exact for the spike that they are given, and this one was moved."
)
def exact_is_exact() -> float:
    return 0.0


@moved_spike.mistake(
    "That is how far apart the spikes are, in ms. With lesson 3's first slope, 0.1 V per ms, a tenth of it is a voltage."
)
def along_the_first_slope() -> float:
    return SPIKE - GRID


@moved_spike.mistake(
    "That is the whole peak. The moved response is the same curve, only earlier: most of it covers the right one."
)
def a_whole_response() -> float:
    return 0.25


@moved_spike.mistake(
    "That is 0.3 of the peak, the share of a step by which the spike was moved. The voltage needs several steps to rise."
)
def share_of_the_peak() -> float:
    return 0.3 * 0.25


@moved_spike.mistake(
    "That is how far v is off at the ends of steps, at 4 ms. Between two of them, when the spike itself comes, it is farther off."
)
def at_the_end_of_a_step() -> float:
    return abs(response(4 - GRID) - response(4 - SPIKE))


@moved_spike.mistake("That is how far v is off if the spike moves by a whole step. This one moved by less.")
def a_whole_step() -> float:
    return 0.0861


@moved_spike.mistake(
    "That is 0.3 ms by tau_syn, about the share that the current loses meanwhile. The voltage moves with tau_mem."
)
def share_of_the_current() -> float:
    return (SPIKE - GRID) / TAU_SYN


@moved_spike.mistake("So far off is v if the spike is moved to 4 ms. It was put where the nearest step ends.")
def moved_to_4_ms() -> float:
    return response(1 - (SPIKE - GRID))


@moved_spike.mistake(
    "The first slope is 0.1 V per ms, and so this is a whole step of it. The spike moved by less than that."
)
def along_a_whole_step() -> float:
    return 0.1


best = Prediction(
    f"A spike comes at {SPIKE} ms, and steps of 1 ms put it at {GRID:g} ms. Which of these methods has the smallest error at the end of its steps?",
    Choice(
        "backward_euler",
        {
            "euler": "Euler: follow the slope at the start",
            "backward_euler": "backward Euler: follow the slope at the end of the step",
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
    given=f"w = 1 V, tau_mem = {TAU_MEM:g} ms, tau_syn = {TAU_SYN:g} ms; the error is the largest distance from the response to a spike at {SPIKE} ms.",
)

long_steps = Prediction(
    "A current decays with 5 ms. In steps of 50 ms Euler multiplies it by -9. What does backward Euler do, whose slope is that of the new current?",
    Choice(
        "b",
        {
            "a": "it multiplies by a number below -1: it diverges, too",
            "b": "it multiplies by a number between 0 and 1",
            "c": "it multiplies by 0: the current is gone at once",
        },
        {
            "a": "That is what following a slope for too long does. But this slope is the one at the end, and it is small where little is left.",
            "b": "Solving divides by 1 + dt/tau, and this grows with the step: what is left becomes smaller, and never changes its sign.",
            "c": "Only a step without an end does that. The truth is not 0 either: e^-10 of the current is left.",
        },
    ),
    given="Euler takes `i_new = i - dt/tau i`, backward Euler `i_new = i - dt/tau i_new`.",
)

# -- The entry that couples v to i ---------------------------------------------------------------

COUPLING = tau_syn / (tau_mem - tau_syn) * (exp(-dt / tau_mem) - exp(-dt / tau_syn))


coupling = Exercise(
    "From rest, the current jumps to 1 V. What is v after one exact step? A formula of dt, tau_mem and tau_syn, for two different time constants.",
    Expression(
        COUPLING,
        {"dt": (0.0005, 0.01), "tau_mem": (0.009, 0.03), "tau_syn": (0.001, 0.008)},
    ),
    hints=(
        "A jump of the current, and then nothing but time: which curve of lesson 3 is that?",
        "It is the response to one spike, with the weight 1 V, at the time t = dt.",
        """Almost the formula; the bracket is yours:

tau_syn / (tau_mem - tau_syn) * (... - ...)""",
    ),
    solution="It is the double exponential of lesson 3, at t = dt: the voltage that follows a current which decays.",
)


@coupling.mistake("Here the current is held during the step. It decays meanwhile, with tau_syn.")
def holds_the_current() -> Expr:
    return 1 - exp(-dt / tau_mem)


@coupling.mistake(
    "Here the current is held after it has decayed for the whole step: too small, where holding it from the start is too large."
)
def holds_the_decayed_current() -> Expr:
    return (1 - exp(-dt / tau_mem)) * exp(-dt / tau_syn)


@coupling.mistake("This is Euler's entry: the slope at the start, for the whole step.")
def follows_the_slope() -> Expr:
    return dt / tau_mem


@coupling.mistake(
    "The sign is turned: a jump of the current must lift v. One of the two differences is the wrong way round."
)
def turns_the_difference() -> Expr:
    return -COUPLING


@coupling.mistake(
    "The factor before the bracket has the wrong time constant above the line. For a short step the entry must come close to dt/tau_mem."
)
def has_the_other_factor() -> Expr:
    return COUPLING * tau_mem / tau_syn


@coupling.mistake(
    "The difference of the exponentials is right, its factor is missing. For a short step the entry must come close to dt/tau_mem."
)
def forgets_the_factor() -> Expr:
    return exp(-dt / tau_mem) - exp(-dt / tau_syn)


@coupling.mistake("This entry is 1 over a time, and must be a plain number: look at the units of the factor.")
def has_a_unit() -> Expr:
    return COUPLING / tau_syn


@coupling.mistake(
    "The exponentials are added. At dt = 0 the current has not acted yet, so the entry must be 0 there."
)
def adds_the_decays() -> Expr:
    return tau_syn / (tau_mem - tau_syn) * (exp(-dt / tau_mem) + exp(-dt / tau_syn))


@coupling.mistake("This is the limit at equal time constants. Here they differ.")
def takes_equal_constants() -> Expr:
    return dt / tau_mem * exp(-dt / tau_mem)


@coupling.mistake(
    "This is what is left of i after the step, the entry in the lower right corner. Wanted is what i brings to v."
)
def is_the_decay_of_i() -> Expr:
    return exp(-dt / tau_syn)


@coupling.mistake(
    "This is what is left of v after the step, the entry in the upper left corner. Wanted is what i brings to v."
)
def is_the_decay_of_v() -> Expr:
    return exp(-dt / tau_mem)


@coupling.mistake(
    "One exponential holds both time constants. A difference of two exponentials is something else than one of their difference."
)
def subtracts_the_rates() -> Expr:
    return tau_syn / (tau_mem - tau_syn) * exp(-dt / tau_mem + dt / tau_syn)


@coupling.mistake(
    "In the exponents dt is multiplied by a time constant: a second times a second is no plain number."
)
def multiplies_by_tau() -> Expr:
    return tau_syn / (tau_mem - tau_syn) * (exp(-dt * tau_mem) - exp(-dt * tau_syn))


@coupling.mistake("The exponentials grow: a minus is missing in each exponent. Both v and i decay.")
def both_grow() -> Expr:
    return tau_syn / (tau_mem - tau_syn) * (exp(dt / tau_mem) - exp(dt / tau_syn))


@coupling.mistake("The quotients in the exponents are upside down: a longer step lets more decay.")
def ratios_turned() -> Expr:
    return tau_syn / (tau_mem - tau_syn) * (exp(-tau_mem / dt) - exp(-tau_syn / dt))


@coupling.mistake(
    "Below the line stands a sum. For a short step the entry must come close to dt/tau_mem, and a difference of the time constants does that."
)
def sum_of_the_constants() -> Expr:
    return tau_syn / (tau_mem + tau_syn) * (exp(-dt / tau_mem) - exp(-dt / tau_syn))


@coupling.mistake("The factor is upside down. For a short step the entry must come close to dt/tau_mem.")
def factor_turned() -> Expr:
    return (tau_mem - tau_syn) / tau_syn * (exp(-dt / tau_mem) - exp(-dt / tau_syn))


@coupling.mistake("The factor belongs to both exponentials: brackets around their difference are missing.")
def factor_of_one_term() -> Expr:
    return tau_syn / (tau_mem - tau_syn) * exp(-dt / tau_mem) - exp(-dt / tau_syn)


@coupling.mistake(
    "Below the line stands one time constant alone: brackets around the difference of the two are missing."
)
def factor_without_brackets() -> Expr:
    return tau_syn / tau_mem - tau_syn * (exp(-dt / tau_mem) - exp(-dt / tau_syn))


@coupling.mistake("This is what the current has lost in the step. Wanted is what it brings to v.")
def loss_of_the_current() -> Expr:
    return 1 - exp(-dt / tau_syn)


@coupling.mistake(
    "This is the sum of what the current brings, as if nothing of it leaked from v before the step ends."
)
def loses_nothing_to_the_leak() -> Expr:
    return tau_syn / tau_mem * (1 - exp(-dt / tau_syn))


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


def steps(generator: Generator) -> list[tuple]:
    """Return 16 cases: short and long steps, in second or, in some, in hours.

    Time constants are far apart, either one the longer, or equal, or apart by 0.1 to 5 %.
    """
    draw, cases = Draw(generator), []
    for number in range(16):
        unit = 3000.0 if number % 5 == 4 else 1.0
        tau = unit * draw.scales(1e-3, 0.03)
        other = (
            tau
            * (1.0, draw.scales(1.5, 30), 1 / draw.scales(1.5, 30), 1 + draw.scales(1e-3, 0.05))[number % 4]
        )
        pair = (other, tau) if number % 8 > 3 else (tau, other)
        cases.append(((draw.between(5, 8) if number % 3 == 0 else draw.scales(3e-3, 3)) * tau, *pair))
    return cases


propagator = Exercise(
    "Write `propagator(dt, tau_mem, tau_syn)`: return v_from_v, v_from_i and i_from_i of an exact step, also where the time constants are equal.",
    Function(
        propagator_entries,
        returns=("v_from_v", "v_from_i", "i_from_i"),
        cases=steps,
        name="my_propagator",
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


@propagator.mistake(
    "At equal time constants the formula divides 0 by 0. It has a limit there: take that in a branch of its own, and `return` it there."
)
def divides_by_nothing(dt, tau_mem, tau_syn):
    v_from_v, i_from_i = math.exp(-dt / tau_mem), math.exp(-dt / tau_syn)
    return v_from_v, tau_syn / (tau_mem - tau_syn) * (v_from_v - i_from_i), i_from_i


@propagator.mistake(
    "At equal time constants the formula gives nan, for 0 is divided by 0. It has a limit there: take that in a branch of its own, and `return` it there."
)
def gives_nan(dt, tau_mem, tau_syn):
    return with_coupling(
        math.nan if tau_mem == tau_syn else response(dt, tau_mem, tau_syn), dt, tau_mem, tau_syn
    )


@propagator.mistake(
    "At equal time constants your v_from_i is 0: then no spike would ever reach v. The limit is another one."
)
def is_0_at_equal_constants(dt, tau_mem, tau_syn):
    return with_coupling(0.0 if tau_mem == tau_syn else response(dt, tau_mem, tau_syn), dt, tau_mem, tau_syn)


@propagator.mistake(
    "At equal time constants your v_from_i is dt/tau: right for a short step alone. The limit decays, too."
)
def forgets_the_decay_of_the_limit(dt, tau_mem, tau_syn):
    return with_coupling(
        dt / tau_mem if tau_mem == tau_syn else response(dt, tau_mem, tau_syn), dt, tau_mem, tau_syn
    )


@propagator.mistake(
    "At equal time constants your v_from_i has the unit of a time: the limit is dt/tau exp(-dt/tau), and tau is missing below the line."
)
def forgets_tau_in_the_limit(dt, tau_mem, tau_syn):
    entry = dt * math.exp(-dt / tau_mem) if tau_mem == tau_syn else response(dt, tau_mem, tau_syn)
    return with_coupling(entry, dt, tau_mem, tau_syn)


@propagator.mistake("The exponents have no minus, in all three: a leak makes things smaller as time goes by.")
def grows_everywhere(dt, tau_mem, tau_syn):
    return propagator_entries(-dt, tau_mem, tau_syn)


@propagator.mistake(
    "The exponents have no minus, so everything grows. At equal time constants, v_from_i has its right sign all the same, and its exponent lacks the minus, too."
)
def grows_and_keeps_the_sign_of_the_limit(dt, tau_mem, tau_syn):
    v_from_v, v_from_i, i_from_i = propagator_entries(-dt, tau_mem, tau_syn)
    return v_from_v, -v_from_i if tau_mem == tau_syn else v_from_i, i_from_i


@propagator.mistake(
    "What has decayed, 1 - exp(-dt/tau), stands where what is left is wanted. Your v_from_i is computed from it, and has the wrong sign."
)
def computes_with_what_is_gone(dt, tau_mem, tau_syn):
    a, b = 1 - math.exp(-dt / tau_mem), 1 - math.exp(-dt / tau_syn)
    return a, dt / tau_mem * a if tau_mem == tau_syn else tau_syn / (tau_mem - tau_syn) * (a - b), b


@propagator.mistake(
    "Equal time constants were moved apart by a little. That is good for few digits: take the limit itself."
)
def moves_the_constants_apart(dt, tau_mem, tau_syn):
    if tau_mem == tau_syn:
        tau_syn = tau_syn * 1.001
    return propagator_entries(dt, tau_mem, tau_syn)


def _moves_apart_by(little: float) -> None:
    """Name the mistake to push one of two equal time constants aside by this much, in second."""

    def pushes(dt, tau_mem, tau_syn):
        return propagator_entries(dt, tau_mem, tau_syn + little if tau_mem == tau_syn else tau_syn)

    us = round(1e6 * little)
    pushes.__name__ = f"moves_the_constants_apart_by_{us}_us"
    propagator.mistake(
        f"One of two equal time constants was pushed aside, by {us} microseconds. That comes near the limit, and is not the limit: take dt/tau exp(-dt/tau)."
    )(pushes)


_moves_apart_by(1e-3)
_moves_apart_by(1e-4)
_moves_apart_by(1e-5)


@propagator.mistake("The limit at equal time constants is used everywhere. Where they differ, it is wrong.")
def takes_always_the_limit(dt, tau_mem, tau_syn):
    return with_coupling(dt / tau_mem * math.exp(-dt / tau_mem), dt, tau_mem, tau_syn)


@propagator.mistake(
    "The current is held during the step: your v_from_i is 1 - exp(-dt/tau_mem). It decays meanwhile, so less reaches v."
)
def is_held_current(dt, tau_mem, tau_syn):
    return with_coupling(1 - math.exp(-dt / tau_mem), dt, tau_mem, tau_syn)


@propagator.mistake("All three are Euler's: the slope at the start, for the whole step.")
def is_euler(dt, tau_mem, tau_syn):
    return 1 - dt / tau_mem, dt / tau_mem, 1 - dt / tau_syn


@propagator.mistake(
    "The decays are exact, and v_from_i is Euler's dt/tau_mem. It must grow less and less, as v leaks and i decays."
)
def couples_like_euler(dt, tau_mem, tau_syn):
    return with_coupling(dt / tau_mem, dt, tau_mem, tau_syn)


@propagator.mistake("The time constants are exchanged: v decays with tau_mem, i with tau_syn.")
def swaps_the_constants(dt, tau_mem, tau_syn):
    return propagator_entries(dt, tau_syn, tau_mem)


@propagator.mistake("The two decays are returned the wrong way round: v_from_v comes first, i_from_i last.")
def swaps_the_decays(dt, tau_mem, tau_syn):
    v_from_v, v_from_i, i_from_i = propagator_entries(dt, tau_mem, tau_syn)
    return i_from_i, v_from_i, v_from_v


@propagator.mistake("The order is v_from_v, v_from_i, i_from_i. Yours ends with v_from_i.")
def returns_the_coupling_last(dt, tau_mem, tau_syn):
    v_from_v, v_from_i, i_from_i = propagator_entries(dt, tau_mem, tau_syn)
    return v_from_v, i_from_i, v_from_i


@propagator.mistake(
    "Your v_from_i is below 0: a current above 0 must lift v. Turn the difference of the exponentials round, or that of the time constants."
)
def turned_sign(dt, tau_mem, tau_syn):
    entry = response(dt, tau_mem, tau_syn)
    return with_coupling(entry if tau_mem == tau_syn else -entry, dt, tau_mem, tau_syn)


@propagator.mistake(
    "The factor of v_from_i has tau_mem above the line. For a short step v_from_i must come close to dt/tau_mem."
)
def other_factor(dt, tau_mem, tau_syn):
    return with_coupling(tau_mem / tau_syn * response(dt, tau_mem, tau_syn), dt, tau_mem, tau_syn)


@propagator.mistake(
    "The factor before the difference is missing in v_from_i. For a short step it must come close to dt/tau_mem."
)
def without_factor(dt, tau_mem, tau_syn):
    if tau_mem == tau_syn:
        return propagator_entries(dt, tau_mem, tau_syn)
    return with_coupling(math.exp(-dt / tau_mem) - math.exp(-dt / tau_syn), dt, tau_mem, tau_syn)


@propagator.mistake(
    "You turned dt into milliseconds. All three times come in second, and their ratios have no unit."
)
def in_milliseconds(dt, tau_mem, tau_syn):
    return propagator_entries(1000 * dt, tau_mem, tau_syn)


@propagator.mistake(
    "In the exponents dt is multiplied by tau. These are time constants, not their inverses: divide."
)
def has_rates(dt, tau_mem, tau_syn):
    a, b = math.exp(-dt * tau_mem), math.exp(-dt * tau_syn)
    return a, dt / tau_mem * a if tau_mem == tau_syn else tau_syn / (tau_mem - tau_syn) * (a - b), b


@propagator.mistake("The exponents have no minus: a leak makes things smaller.")
def grows(dt, tau_mem, tau_syn):
    return math.exp(dt / tau_mem), response(dt, tau_mem, tau_syn), math.exp(dt / tau_syn)


@propagator.mistake("The first and the last are what has decayed. Wanted is what is left.")
def returns_what_is_gone(dt, tau_mem, tau_syn):
    return 1 - math.exp(-dt / tau_mem), response(dt, tau_mem, tau_syn), 1 - math.exp(-dt / tau_syn)


@propagator.mistake("The step is always 1 ms long: use the dt that your function is given.")
def has_a_step_of_its_own(dt, tau_mem, tau_syn):
    return propagator_entries(0.001, tau_mem, tau_syn)


@propagator.mistake(
    "These are the entries of the default neuron: use the time constants that your function is given."
)
def of_the_default_neuron(dt, tau_mem, tau_syn):
    return propagator_entries(dt, TAU_MEM / 1000, TAU_SYN / 1000)


def with_limit(entry, dt, tau_mem, tau_syn):
    """Return the exact entries with another v_from_i where the time constants are equal."""
    exact = response(dt, tau_mem, tau_syn)
    return with_coupling(entry if tau_mem == tau_syn else exact, dt, tau_mem, tau_syn)


def with_factor(above, below, dt, tau_mem, tau_syn):
    """Return the exact entries with another quotient before the difference of the two decays."""
    difference = math.exp(-dt / tau_mem) - math.exp(-dt / tau_syn)
    entry = response(dt, tau_mem, tau_syn) if tau_mem == tau_syn else above / below * difference
    return with_coupling(entry, dt, tau_mem, tau_syn)


@propagator.mistake(
    "At equal time constants your v_from_i is the decay alone, and begins at 1. For a short step it must come close to dt/tau."
)
def forgets_the_factor_of_the_limit(dt, tau_mem, tau_syn):
    return with_limit(math.exp(-dt / tau_mem), dt, tau_mem, tau_syn)


@propagator.mistake(
    "At equal time constants the current is held during the step: 1 - exp(-dt/tau). It decays there, too."
)
def holds_the_current_in_the_limit(dt, tau_mem, tau_syn):
    return with_limit(1 - math.exp(-dt / tau_mem), dt, tau_mem, tau_syn)


@propagator.mistake("At equal time constants your v_from_i grows with dt: its exponent has no minus.")
def grows_in_the_limit(dt, tau_mem, tau_syn):
    return with_limit(dt / tau_mem * math.exp(dt / tau_mem), dt, tau_mem, tau_syn)


@propagator.mistake("The factor of v_from_i has a sum below the line. A difference of the two belongs there.")
def has_the_sum_below_the_line(dt, tau_mem, tau_syn):
    return with_factor(tau_syn, tau_mem + tau_syn, dt, tau_mem, tau_syn)


@propagator.mistake(
    "In v_from_i brackets are missing: Python divides by tau_mem alone, and subtracts afterwards."
)
def forgets_the_brackets(dt, tau_mem, tau_syn):
    if tau_mem == tau_syn:
        return propagator_entries(dt, tau_mem, tau_syn)
    v_from_v, i_from_i = math.exp(-dt / tau_mem), math.exp(-dt / tau_syn)
    return v_from_v, tau_syn / tau_mem - tau_syn * (v_from_v - i_from_i), i_from_i


@propagator.mistake(
    "Your v_from_i is 1 over a time: a time constant is missing above the line of its factor."
)
def has_a_unit_in_the_factor(dt, tau_mem, tau_syn):
    return with_factor(1, tau_mem - tau_syn, dt, tau_mem, tau_syn)


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


gap_hunt = Exercise(
    "A function goes from spike to spike in steps of 1 ms. Find two gaps in ms at which it is wrong.",
    Witness(
        (2.5, 4.0),
        from_spike_to_spike,
        from_spike_to_spike_with_a_bug,
        {
            "first": (0.05, 500, "ms", "a gap takes some time, and after very long all is over"),
            "second": (0.05, 500, "ms", "a gap takes some time, and after very long all is over"),
        },
    ),
    hints=(
        "How many steps of 1 ms does it take for a gap? And for a gap that is a little longer?",
        "Look for a gap that cannot be made of whole steps of 1 ms.",
        "Take 4 ms for the second gap, and for the first one something with a half.",
    ),
    solution="A first gap of 2.5 ms is taken for 2 ms. Exact steps are exact for the times that they are given, and here the times are moved.",
)


@gap_hunt.mistake(
    "Both gaps are whole milliseconds, so the steps of 1 ms end at the right times: P(1) P(1) is P(2). Look between them."
)
def are_whole(first=3.0, second=5.0):
    return abs(first - round(first)) < 1e-6 and abs(second - round(second)) < 1e-6


@gap_hunt.mistake("By then both spikes are forgotten, and v is 0 either way. Look earlier.")
def is_long_over(first=0.5, second=300.0):
    return second > 200


@gap_hunt.mistake(
    "The first spike is forgotten when the second one comes, and the gap after that is a whole number of steps. Make the first gap shorter, or the second no whole one."
)
def is_forgotten(first=450.5, second=4.0):
    return first > 150 and abs(second - round(second)) < 1e-6


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


def spike_trains(generator: Generator) -> list[tuple]:
    """Return 12 cases: 1 to 8 gaps of 0.1 to 150 ms, in second, and two time constants, equal in some."""
    draw, cases = Draw(generator), []
    for number, many in enumerate((3, 2, 5, 1, 4, 8, 2, 6, 3, 7, 1, 4)):
        gaps = draw.scales(1e-4, (0.02, 0.15)[number % 2], many)
        if number % 4 == 2:
            gaps[-1] = gaps[0]
        if number == 5:
            gaps[-1] = 0.12
        tau = draw.scales(2e-3, 0.03)
        other = (
            tau * (draw.scales(1.2, 5), 1 / draw.scales(1.2, 5), 1.0, 1 + draw.scales(1e-3, 0.05))[number % 4]
        )
        cases.append((gaps, other, tau))
    return cases


after_gaps = Exercise(
    "Mend it: write `after_gaps(gaps, tau_mem, tau_syn)`, v after the last gap. Each gap, in second, begins with a spike of 1 V.",
    Function(
        v_after_gaps,
        returns=("v",),
        cases=spike_trains,
        name="after_gaps",
        known_as={"propagator_entries": "propagator"},
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


@after_gaps.mistake(
    "Each gap is rounded to whole milliseconds. An exact step may be as long as the gap itself."
)
def rounds_the_gaps(gaps, tau_mem, tau_syn):
    return _walk([round(1000 * gap) / 1000 for gap in gaps.tolist()], tau_mem, tau_syn)


@after_gaps.mistake(
    "What a gap has beyond whole milliseconds is cut off. An exact step may be as long as the gap itself."
)
def cuts_the_gaps(gaps, tau_mem, tau_syn):
    return _walk([math.floor(1000 * gap) / 1000 for gap in gaps.tolist()], tau_mem, tau_syn)


@after_gaps.mistake(
    "Only the first gap counts: does `return` stand inside the loop? It ends the whole function."
)
def returns_too_early(gaps, tau_mem, tau_syn):
    return _walk(gaps.tolist()[:1], tau_mem, tau_syn)


@after_gaps.mistake(
    "Each gap was turned into milliseconds. The gaps come in second, as the time constants do."
)
def gaps_in_milliseconds(gaps, tau_mem, tau_syn):
    return _walk([1000 * gap for gap in gaps.tolist()], tau_mem, tau_syn)


@after_gaps.mistake(
    "Each gap is stepped over as if it were 1 ms long: the result does not depend on the gaps. One step may be as long as the gap itself."
)
def one_millisecond_for_each_gap(gaps, tau_mem, tau_syn):
    return _walk([0.001] * len(gaps), tau_mem, tau_syn)


@after_gaps.mistake("The jump comes after its gap: first the spike, then the step.")
def jumps_too_late(gaps, tau_mem, tau_syn):
    v, i = 0.0, 0.0
    for gap in gaps.tolist():
        v_from_v, v_from_i, i_from_i = propagator_entries(gap, tau_mem, tau_syn)
        v, i = v_from_v * v + v_from_i * i, i_from_i * i + 1.0
    return v


@after_gaps.mistake("Only the first spike arrives. Each gap begins with a spike.")
def one_spike_alone(gaps, tau_mem, tau_syn):
    return response(float(gaps.sum()), tau_mem, tau_syn)


@after_gaps.mistake("This is what the last spike alone does. What v and i had before it goes on decaying.")
def last_spike_alone(gaps, tau_mem, tau_syn):
    return response(float(gaps[-1]), tau_mem, tau_syn)


@after_gaps.mistake("The current is set to 1 V at each spike. It jumps by 1 V, from what is left of it.")
def forgets_the_current(gaps, tau_mem, tau_syn):
    v = 0.0
    for gap in gaps.tolist():
        v = math.exp(-gap / tau_mem) * v + response(gap, tau_mem, tau_syn)
    return v


@after_gaps.mistake("The current never decays from gap to gap: the step returns a new i, too.")
def forgets_to_decay(gaps, tau_mem, tau_syn):
    return _walk(gaps.tolist(), tau_mem, tau_syn, entries=lambda *x: (*propagator_entries(*x)[:2], 1.0))


@after_gaps.mistake("What v had is carried on in full. It leaks during the gap: multiply it by v_from_v.")
def forgets_the_leak(gaps, tau_mem, tau_syn):
    return _walk(gaps.tolist(), tau_mem, tau_syn, entries=lambda *x: (1.0, *propagator_entries(*x)[1:]))


@after_gaps.mistake("What v had before a gap is lost: add v_from_v times the old v.")
def forgets_the_voltage(gaps, tau_mem, tau_syn):
    return _walk(gaps.tolist(), tau_mem, tau_syn, entries=lambda *x: (0.0, *propagator_entries(*x)[1:]))


@after_gaps.mistake(
    "The voltage uses the current that has already decayed. The exact step takes both from before it: assign v and i in one line, or v first."
)
def uses_the_new_current(gaps, tau_mem, tau_syn):
    v, i = 0.0, 0.0
    for gap in gaps.tolist():
        v_from_v, v_from_i, i_from_i = propagator_entries(gap, tau_mem, tau_syn)
        i = i_from_i * (i + 1.0)
        v = v_from_v * v + v_from_i * i
    return v


@after_gaps.mistake("The current is held during each gap. It decays meanwhile, so less of it reaches v.")
def holds_it_in_each_gap(gaps, tau_mem, tau_syn):
    return _walk(gaps.tolist(), tau_mem, tau_syn, entries=is_held_current)


@after_gaps.mistake("Each gap is one step of Euler's method: far too long for it.")
def follows_slopes(gaps, tau_mem, tau_syn):
    return _walk(gaps.tolist(), tau_mem, tau_syn, entries=is_euler)


@after_gaps.mistake("The time constants are exchanged: v decays with tau_mem, i with tau_syn.")
def exchanges_the_constants(gaps, tau_mem, tau_syn):
    return _walk(gaps.tolist(), tau_syn, tau_mem)


@after_gaps.mistake(
    "The jump is multiplied by the length of its gap. A spike is a jump of 1 V, however long the step after it is."
)
def scales_the_jump(gaps, tau_mem, tau_syn):
    v, i = 0.0, 0.0
    for gap in gaps.tolist():
        v_from_v, v_from_i, i_from_i = propagator_entries(gap, tau_mem, tau_syn)
        i = i + gap
        v, i = v_from_v * v + v_from_i * i, i_from_i * i
    return v


@after_gaps.mistake("This is the current at the end. Wanted is the voltage.")
def returns_the_current(gaps, tau_mem, tau_syn):
    i = 0.0
    for gap in gaps.tolist():
        i = (i + 1.0) * math.exp(-gap / tau_syn)
    return i


@after_gaps.mistake("The time constants are always 10 and 5 ms: use those that your function is given.")
def has_a_default_neuron(gaps, tau_mem, tau_syn):
    return _walk(gaps.tolist(), TAU_MEM / 1000, TAU_SYN / 1000)


@after_gaps.mistake(
    "This is 0 for every train, so nothing has moved v. Are the gaps rounded? They come in second: each would become 0."
)
def stays_at_0(gaps, tau_mem, tau_syn):
    return 0.0


@after_gaps.mistake(
    "Each gap was divided by 1000. The gaps come in second already, as the time constants do."
)
def divides_by_a_thousand(gaps, tau_mem, tau_syn):
    return _walk([gap / 1000 for gap in gaps.tolist()], tau_mem, tau_syn)


@after_gaps.mistake(
    "Each spike acts in its own gap only, and these parts are added up. In the later gaps v leaks, and what is left of i goes on."
)
def adds_up_single_gaps(gaps, tau_mem, tau_syn):
    return sum(response(gap, tau_mem, tau_syn) for gap in gaps.tolist())


@after_gaps.mistake(
    "Time runs backwards: the last gap was taken first. A spike acts until the end, through all of the gaps after it."
)
def turns_time_round(gaps, tau_mem, tau_syn):
    return _walk(gaps.tolist()[::-1], tau_mem, tau_syn)


@after_gaps.mistake("The last gap is left out: its spike acts, too, until the gap is over.")
def leaves_out_the_last_gap(gaps, tau_mem, tau_syn):
    return _walk(gaps.tolist()[:-1], tau_mem, tau_syn)


@after_gaps.mistake("Each spike makes v jump here. It makes i jump, and i drives v.")
def lets_the_voltage_jump(gaps, tau_mem, tau_syn):
    v = 0.0
    for gap in gaps.tolist():
        v = math.exp(-gap / tau_mem) * (v + 1.0)
    return v


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


name_records(globals())
