"""Lesson 1: a leaky bucket and an RC circuit."""

import math

import torch
from torch import Generator

from leakyedu.exercises.exercise import Exercise, Prediction, Recall
from leakyedu.exercises.kinds import Choice, Function, Number, Points, Witness

TAU_MEM = 10.0  # of the running example, in ms
GONE = 1 - math.exp(-1)  # share of the way after one time constant

# -- Predictions ---------------------------------------------------------------------------------

V_LEAK, CURRENT = -0.4, 1.0  # of the cell that is predicted, in volt


def current_alone() -> float:
    """It is tempting to look at the current alone. The way of v begins at v_leak, and the current lifts it from there."""
    return CURRENT


def leak_alone() -> float:
    """That is where v rests while nothing flows in. A held current moves the level at which inflow and leak are equal."""
    return V_LEAK


def current_minus_leak() -> float:
    """That is how far the current and v_leak are apart. The current is counted from v_leak on, so the two are added."""
    return CURRENT - V_LEAK


def current_downwards() -> float:
    """It is tempting to subtract what flows. But this current flows in, and what flows in lifts v above v_leak."""
    return V_LEAK - CURRENT


def after_one_time_constant() -> float:
    """That is where v is after one tau_mem. It goes on from there: the leak is still smaller than the inflow."""
    return V_LEAK + GONE * CURRENT


def share_of_the_level() -> float:
    """That is 63 % of the level. The 63 % are a share of the way from v_leak on, and v does not stop there."""
    return GONE * (V_LEAK + CURRENT)


def runs_empty() -> float:
    """A bucket in the kitchen runs empty. This one leaks toward v_leak, and it is being filled meanwhile."""
    return 0.0


settles = Prediction(
    f"A cell rests at v_leak = {V_LEAK} V, with tau_mem = {TAU_MEM:g} ms. From t = 0 on, a current i of {CURRENT:g} V is held. At which voltage does v settle?",
    Number(
        V_LEAK + CURRENT,
        "V",
        tolerance=0.02,
        mistakes=(
            current_alone,
            leak_alone,
            current_minus_leak,
            current_downwards,
            after_one_time_constant,
            share_of_the_level,
            runs_empty,
        ),
        between=(-3, 3),
    ),
)


def charging(ms: float) -> float:
    """Return v of the running example, in volt, after a current of 1 V was switched on."""
    return 1 - math.exp(-ms / TAU_MEM)


rise = Prediction(
    f"With v_leak = 0 V and tau_mem = {TAU_MEM:g} ms, a current of 1 V is switched on at t = 0. What is v in V after 5, 10, 20 and 40 ms?",
    Points(charging, (5, 10, 20, 40), ("time (ms)", "v (V)"), tolerance=0.04),
)

larger_tau = Prediction(
    "The same current flows into a cell whose tau_mem is twice as long. What changes?",
    Choice(
        "b",
        {
            "a": "v settles at a higher voltage",
            "b": "v settles at the same voltage, later",
            "c": "v settles at the same voltage, sooner",
        },
        {
            "a": "A wider bucket does hold more water. But its level is what leaks, and that stops where inflow equals leak, wide or not.",
            "b": "The level is v_leak + i, and tau_mem is not in it. It tells how long the way takes.",
            "c": "A longer time constant divides each slope by more, so the same way takes longer.",
        },
    ),
)

TURN, HALF = 5.0, 0.5  # of the choice below: when the current falls, in ms, and to what, in volt

input_halves = Prediction(
    f"A current of 1 V has flowed for {TURN:g} ms, and v has come from 0 V to {charging(TURN):.2f} V. Now the current falls to {HALF} V. What does v do?",
    Choice(
        "c",
        {
            "a": "it falls from now on, as the current does",
            "b": "it stops and stays where it is",
            "c": "it goes on rising, more slowly",
        },
        {
            "a": "It is tempting to let v copy its input. Its slope follows what flows in minus what leaks, and more still flows in.",
            "b": "It stops where inflow equals leak. That level has come down, but v has not reached it yet.",
            "c": "As long as more flows in than leaks, v rises. It now heads for the lower level, with a smaller slope.",
        },
    ),
)

# -- Where v settles -----------------------------------------------------------------------------

REST, DRIVE, SLOW = -70.0, 15.0, 20.0  # v_leak and i in mV and tau_mem in ms, of a nerve cell


def the_drive() -> float:
    """This is the current alone. It says how far v moves, and the way begins at v_leak."""
    return DRIVE


def the_rest() -> float:
    """This is where the cell rests. With a current held, inflow and leak are equal elsewhere."""
    return REST


def drive_turned() -> float:
    """The current was subtracted. It is above 0, so it flows in and lifts v, also where v is negative."""
    return REST - DRIVE


def minus_is_lost() -> float:
    """The minus of v_leak got lost: this cell rests below 0, and the current lifts it by a little."""
    return DRIVE - REST


def on_the_way() -> float:
    """This is where v is after one tau_mem. Wait longer: it goes on as long as more flows in than leaks."""
    return REST + GONE * DRIVE


def what_is_left() -> float:
    """This is 37 % of the way, what is still missing after one tau_mem. The question asks for the end of the way."""
    return REST + (1 - GONE) * DRIVE


def share_of_the_end() -> float:
    """A share of 63 % was taken of a voltage. It belongs to the way from v_leak on, and to one moment of it, not to its end."""
    return GONE * (REST + DRIVE)


def tau_lifts() -> float:
    """The current was multiplied by tau_mem. A longer time constant makes the way slower, and its end stays where it is."""
    return REST + DRIVE * SLOW


def tau_divides() -> float:
    """The current was divided by tau_mem. That is the first slope, in mV per ms, and not a way in mV."""
    return REST + DRIVE / SLOW


def towards_zero() -> float:
    """At 0 mV this cell would leak a lot: its leak draws v toward v_leak, wherever that is."""
    return 0.0


level = Exercise(
    f"A nerve cell rests at v_leak = {REST:g} mV, with tau_mem = {SLOW:g} ms. A current i of {DRIVE:g} mV is held. Where does v settle?",
    Number(
        REST + DRIVE,
        "mV",
        tolerance=0.05,
        mistakes=(
            the_drive,
            the_rest,
            drive_turned,
            minus_is_lost,
            on_the_way,
            what_is_left,
            share_of_the_end,
            tau_lifts,
            tau_divides,
            towards_zero,
        ),
        between=(-500, 500),
    ),
    hints=(
        "Where v has settled, nothing changes any more. What must then be equal?",
        "The leak is v - v_leak, the inflow is i. Both are in mV here; set them equal.",
        "Solve this for v; tau_mem is not in it:\n\nv - v_leak == i",
    ),
    solution=f"Inflow and leak are equal where v - v_leak = i: {REST:g} mV + {DRIVE:g} mV = {REST + DRIVE:g} mV. The time constant has no say in it.",
)

# -- The time constant, from a trace -------------------------------------------------------------


def time_at_63_percent(t, v):
    """Return tau in second: when v has gone 1 - 1/e of its way from the first to the last value."""
    share = (v - v[0]) / (v[-1] - v[0])
    return float(t[share >= 1 - math.exp(-1)][0])


def time_at(share: float, t, v) -> float:
    """Return the time in second at which v has gone a share of its way."""
    return float(t[(v - v[0]) / (v[-1] - v[0]) >= share][0])


def ignores_v_leak(t, v):
    """You looked for 63 % of the last voltage. These cells do not start at 0 V: take 63 % of the way from where v starts."""
    return float(t[v >= GONE * v[-1]][0])


def forgets_to_start(t, v):
    """You took 63 % of the way and compared it with v itself. The way begins at the first voltage: add that."""
    return float(t[v >= GONE * (v[-1] - v[0])][0])


def is_below_at_once(t, v):
    """You found the first time of all: v is below that voltage from the start. Ask from when on it is above."""
    return 0.0 * time_at(GONE, t, v)


def half_life(t, v):
    """This is the time to half of the way, a half-life. A time constant is longer: 1 - 1/e of the way."""
    return time_at(0.5, t, v)


def half_life_the_wrong_way(t, v):
    """A half-life was multiplied by ln 2. It is tau times ln 2 already, so the factor has to go again."""
    return math.log(2) * time_at(0.5, t, v)


def time_at_37_percent(t, v):
    """This is the time at which 37 % of the way has been gone. After one tau, 37 % is what is still missing."""
    return time_at(1 - GONE, t, v)


def two_thirds(t, v):
    """This is the time to two thirds of the way. The share is close, and too coarse here: 1 - 1/e has more digits."""
    return time_at(2 / 3, t, v)


def time_at_90_percent(t, v):
    """This is the time to 90 % of the way, a rise time as oscilloscopes count it, or what a logarithm to base 10 leads to. One tau is over sooner."""
    return time_at(0.9, t, v)


def nearly_settled(t, v):
    """This is the time to 99 % of the way. After one tau v is far from settled."""
    return time_at(0.99, t, v)


def last_time(t, v):
    """This is as long as the trace itself. The voltage creeps toward its level and is never full: measure a share of the way."""
    return float(t[-1] - t[0])


def counts_samples(t, v):
    """This is the number of a sample. Its time stands at the same place in `t`."""
    return float(((v - v[0]) / (v[-1] - v[0]) >= GONE).nonzero()[0])


def in_milliseconds(t, v):
    """The digits are those of tau in milliseconds. Times come in second here, and tau leaves in second."""
    return 1000 * time_at(GONE, t, v)


def is_a_rate(t, v):
    """This is a rate, in 1/second: how many taus fit into a second. Turn it over to get a time."""
    return 1 / time_at(GONE, t, v)


def is_a_voltage(t, v):
    """This is the voltage after one tau. The question is when v gets there."""
    return float(v[0] + GONE * (v[-1] - v[0]))


def is_a_slope(t, v):
    """This is the first slope, in volt per second. Tau is how long v would need with it for the whole way."""
    return float((v[1] - v[0]) / (t[1] - t[0]))


def turns_the_slope(t, v):
    """This is 1 over the first slope, the time for 1 V. The way is another one in each cell: from the first voltage to the last."""
    return 1 / is_a_slope(t, v)


def slope_of_the_end(t, v):
    """The slope comes from the end of the trace, where v hardly moves. Take it from the start."""
    return float((v[-1] - v[0]) * (t[-1] - t[-2]) / (v[-1] - v[-2]))


def way_from_zero(t, v):
    """The last voltage was divided by the first slope. The way is shorter or longer than that: it does not begin at 0 V."""
    return float(v[-1]) / is_a_slope(t, v)


def mean_of_the_way(t, v):
    """This is the area under the share that v has gone, and it grows with the trace. Look at the share that is missing."""
    return float(((v - v[0]) / (v[-1] - v[0])).mean() * (t[-1] - t[0]))


def traces(generator: Generator) -> list[tuple]:
    """Return 10 cases, t in second and v in volt: a current above 0 V is held from t = 0 on.

    Each has some 500 samples in one time constant, which is between 5 and 40 ms, and v has settled at
    its end, to 0.005 % of its way.
    """
    cases = []
    for _ in range(10):
        tau, v_leak, i, fine, long = torch.rand(5, generator=generator, dtype=torch.float64).tolist()
        tau, v_leak, i = 0.005 * 8**tau, -0.25 + 0.5 * v_leak, 0.8 + 0.8 * i
        per_tau = 400 + 200 * fine
        t = tau / per_tau * torch.arange(int((10 + 2 * long) * per_tau), dtype=torch.float64)
        cases.append((t, v_leak + i * -torch.expm1(-t / tau)))
    return cases


tau_from_trace = Exercise(
    "Write a function that reads tau in second off a trace: t in second, v in volt, a current above 0 V held from t = 0 on. Within 2 % is enough.",
    Function(
        time_at_63_percent,
        returns=("tau",),
        cases=traces,
        mistakes=(
            ignores_v_leak,
            forgets_to_start,
            is_below_at_once,
            half_life,
            half_life_the_wrong_way,
            time_at_37_percent,
            two_thirds,
            time_at_90_percent,
            nearly_settled,
            last_time,
            counts_samples,
            in_milliseconds,
            is_a_rate,
            is_a_voltage,
            is_a_slope,
            turns_the_slope,
            slope_of_the_end,
            way_from_zero,
            mean_of_the_way,
        ),
        tolerance=0.02,
        each="time",
    ),
    hints=(
        "Which share of its way has v gone after one tau, and where does its way begin?",
        "Either find the first time at which v has gone 1 - 1/e of the way from `v[0]` to `v[-1]`, or divide that way by the first slope.",
        """One of the two ways; what stands for the dots is yours:

share = (v - v[0]) / ...
return t[share >= ...][0]""",
    ),
    solution="The way goes from `v[0]` to `v[-1]`, and after one tau 1 - 1/e of it has been gone. The whole way divided by the first slope gives tau as well.",
)

# -- A bucket with a bug -------------------------------------------------------------------------


def charged(t, tau_mem, i):
    """Return v at t second after a current of i volt was switched on, from v_leak = 0 on."""
    return i * (1 - math.exp(-t / tau_mem))


def v_with_a_bug(t, tau_mem, i):
    """Return v at t second after a current of i volt was switched on, from v_leak = 0 on."""
    return i * min(t / tau_mem, 1.0)


def is_the_start(t=0.0, tau_mem=0.01, i=1.0):
    """At the start v is at rest, and every way begins right there. Look a moment later."""
    return t < 1e-5 * tau_mem


def nothing_flows(t=0.01, tau_mem=0.01, i=0.0):
    """Nothing flows in, so v stays at rest, and the function says so. Let some current flow."""
    return abs(i) < 1e-9


def has_long_settled(t=0.5, tau_mem=0.01, i=1.0):
    """So many time constants later v has settled, and the level is right. Look while v is on its way."""
    return t > 12 * tau_mem


bucket_hunt = Exercise(
    "`v_with_a_bug` returns v after a current was switched on. Find t and tau_mem in second and i in volt at which it is wrong.",
    Witness(
        (0.01, 0.01, 1.0),
        charged,
        v_with_a_bug,
        within={"t": (0, 1), "tau_mem": (0.001, 0.1), "i": (-10, 10)},
        blind=(is_the_start, nothing_flows, has_long_settled),
    ),
    hints=(
        "Which shape does v have in this function, and which one has it in the picture?",
        "The start and the end are right. Between them v rises in a straight line, as if the leak did not grow with v.",
        "Take the numbers of the running example and a t of about one time constant; write all times in second:\n\n(..., 0.01, 1.0)",
    ),
    solution=f"At (0.01, 0.01, 1), one time constant after the start, the function says that v is full; it has gone {100 * GONE:.0f} % of its way.",
)


def straight_line(t, tau_mem, i):
    """The bug is still there: v rises in a straight line and is full after one tau_mem. The more has filled, the more must leak."""
    return v_with_a_bug(t, tau_mem, i)


def never_full(t, tau_mem, i):
    """Now v rises in a straight line without end. What leaks must grow with v, until it equals what flows in."""
    return i * t / tau_mem


def slower_line(t, tau_mem, i):
    """A straight line over five time constants is a straight line still. The slope has to shrink on the way."""
    return i * min(t / (5 * tau_mem), 1.0)


def stops_at_63_percent(t, tau_mem, i):
    """A straight line that stops at 63 % is wrong before and after that moment. The voltage bends, and goes on to its level."""
    return i * min(t / tau_mem, GONE)


def always_63_percent(t, tau_mem, i):
    """The time has no effect: 63 % of the way is right at one moment alone."""
    return i * GONE


def what_is_missing(t, tau_mem, i):
    """This starts full and runs empty: it is what is still missing. Take it away from the level."""
    return i * math.exp(-t / tau_mem)


def explodes(t, tau_mem, i):
    """The exponential grows: a minus is missing in the exponent."""
    return i * (1 - math.exp(t / tau_mem))


def quotient_turned(t, tau_mem, i):
    """In the exponent the quotient is upside down: at first next to nothing must have gone."""
    return i * (1 - math.exp(-tau_mem / t))


def without_tau(t, tau_mem, i):
    """The time constant is missing in the exponent: count the time in time constants."""
    return i * (1 - math.exp(-t))


def times_tau(t, tau_mem, i):
    """In the exponent t is multiplied by tau_mem. How many time constants fit into t?"""
    return i * (1 - math.exp(-t * tau_mem))


def tau_in_milliseconds(t, tau_mem, i):
    """One of the two times is counted in milliseconds. Both come in second, so nothing is to be converted."""
    return i * (1 - math.exp(-1000 * t / tau_mem))


def tau_in_seconds_twice(t, tau_mem, i):
    """One of the two times was divided by 1000. Both come in second, so nothing is to be converted."""
    return i * (1 - math.exp(-t / tau_mem / 1000))


def halves(t, tau_mem, i):
    """Half of what is missing goes in each tau_mem: that would be a half-life. With a time constant, 1/e of it stays."""
    return i * (1 - 0.5 ** (t / tau_mem))


def keeps_63_percent(t, tau_mem, i):
    """In each tau_mem, 63 % of what is missing stays here. It is the other way round: so much of it goes."""
    return i * (1 - GONE ** (t / tau_mem))


def rounded(t, tau_mem, i):
    """The idea is right; 0.37 is rounded, and the error grows. `math.exp(-1)` has all digits, and `math.exp` takes any exponent."""
    return i * (1 - 0.37 ** (t / tau_mem))


def hyperbola(t, tau_mem, i):
    """This bends and settles, but is half full after one tau_mem and then far too slow. The leak makes an exponential."""
    return i * t / (t + tau_mem)


def forgets_i(t, tau_mem, i):
    """The current has no effect: a larger one must bring a higher level."""
    return charged(t, tau_mem, 1.0)


def tau_times_i(t, tau_mem, i):
    """Here v settles at tau_mem times i. A longer time constant makes the way slower, and its end stays where it is."""
    return charged(t, tau_mem, tau_mem * i)


def in_percent(t, tau_mem, i):
    """This is in percent of the level; the function returns volt."""
    return 100 * charged(t, tau_mem, i)


def moments(generator: Generator) -> list[tuple]:
    """Return 40 cases: up to 6 time constants of 4 to 40 ms, and a current of either sign."""
    draws = torch.rand((40, 3), generator=generator, dtype=torch.float64).tolist()
    return [((0.01 + 6 * t) * 0.004 * 10**tau, 0.004 * 10**tau, 3 * i - 1) for t, tau, i in draws]


bucket_mended = Exercise(
    "Mend `v_with_a_bug`: v in volt at t, from v_leak = 0 V on, for every t, tau_mem and i.",
    Function(
        charged,
        returns=("v",),
        cases=moments,
        mistakes=(
            straight_line,
            never_full,
            slower_line,
            stops_at_63_percent,
            always_63_percent,
            what_is_missing,
            explodes,
            quotient_turned,
            without_tau,
            times_tau,
            tau_in_milliseconds,
            tau_in_seconds_twice,
            halves,
            keeps_63_percent,
            rounded,
            hyperbola,
            forgets_i,
            tau_times_i,
            in_percent,
        ),
        each="moment",
    ),
    hints=(
        "After each tau_mem, the same share of what was missing is still missing. Which curve does that?",
        "What is missing is an exponential: i at the start, i/e after one tau_mem. The voltage is the level minus that. `math.exp` computes it.",
        """Almost the code:

missing = i * math.exp(...)
return ...""",
    ),
    solution="What is missing decays exponentially: it is i exp(-t / tau_mem). The voltage is i minus that.",
)

# -- Recall --------------------------------------------------------------------------------------

recall = Recall(
    (
        "A current is held. What decides where v settles?",
        Choice(
            "b",
            {"a": "tau_mem and i", "b": "v_leak and i", "c": "v_leak, i and tau_mem"},
            {
                "a": "Without a current v rests somewhere, too, and tau_mem says how long the way takes.",
                "b": "Inflow equals leak there, and the leak is counted from v_leak.",
                "c": "Two of the three are right. The third one says when, and not where.",
            },
        ),
    ),
    (
        "A current is switched on. How much of its way is still missing after two tau_mem?",
        Choice(
            "c",
            {"a": "nothing", "b": "about 26 %", "c": "about 14 %"},
            {
                "a": "There is no time after which nothing is missing: each tau_mem takes a share of the rest.",
                "b": "That counts the second tau_mem as a straight line, or 63 % twice. The share is of what is still missing.",
                "c": "Of the 37 % that the first tau_mem leaves, the second one leaves 37 %.",
            },
        ),
    ),
    (
        "The input becomes smaller while v rises. When does v stop rising?",
        Choice(
            "a",
            {
                "a": "when inflow equals leak",
                "b": "when the input begins to fall",
                "c": "when the input has come to 0",
            },
            {
                "a": "Until then more flows in than leaks, be it less than before.",
                "b": "The slope becomes smaller there. It is not 0 yet: more flows in than leaks.",
                "c": "By then more has leaked than flowed in for a while, and v is falling already.",
            },
        ),
    ),
    (
        "You extend the first slope of a rising v to the level where v settles. When does the line arrive?",
        Choice(
            "b",
            {"a": "after 0.63 tau_mem", "b": "after one tau_mem", "c": "when v has settled"},
            {
                "a": "The 0.63 is a share of the way that v itself goes; the line takes the whole way.",
                "b": "Whole way divided by first slope: that is a second way to read tau_mem off a graph.",
                "c": "The voltage leaves the line soon, because its slope shrinks. The line is far ahead.",
            },
        ),
    ),
    (
        "From the start page: our neuron has two time constants. Which of them have you met in this lesson?",
        Choice(
            "a",
            {"a": "that of the voltage, tau_mem", "b": "that of the current, tau_syn", "c": "both"},
            {
                "a": "The current was yours to set. From lesson 3 on it decays by itself, with the other one.",
                "b": "The current stayed where you held it. What followed slowly was the voltage.",
                "c": "One thing followed another slowly here: the voltage its level. What you set did not decay.",
            },
        ),
    ),
)
