"""Lesson 1: a leaky bucket and an RC circuit."""

import math

import torch
from torch import Generator

from leakyedu.teaching.draw import Draw
from leakyedu.teaching.exercise import Exercise, Prediction, Recall
from leakyedu.teaching.function import Function
from leakyedu.teaching.kinds import Choice, Number, Points, Witness
from leakyedu.teaching.record import name_records

TAU_MEM = 10.0  # of the running example, in ms
GONE = 1 - math.exp(-1)  # share of the way after one time constant
ABOUT_GONE = 0.631  # as near to 0.63, which many write, as to that

# -- Predictions ---------------------------------------------------------------------------------

V_LEAK, CURRENT = -0.4, 1.0  # of the cell that is predicted, in volt


settles = Prediction(
    f"A cell rests at v_leak = {V_LEAK} V, with tau_mem = {TAU_MEM:g} ms. From t = 0 on, a current i of {CURRENT:g} V is held. At which voltage does v settle?",
    Number(
        V_LEAK + CURRENT,
        "V",
        tolerance=0.02,
        between=(-20, 20),
    ),
    given="`tau_mem dv/dt = (v_leak - v) + i`: what flows in is i, what leaks is v - v_leak.",
)


@settles.mistake(
    "It is tempting to look at the current alone. The way of v begins at v_leak, and the current lifts it from there."
)
def current_alone() -> float:
    return CURRENT


@settles.mistake(
    "That is where v rests while nothing flows in. A held current moves the level at which inflow and leak are equal."
)
def leak_alone() -> float:
    return V_LEAK


@settles.mistake(
    "That is how far the current and v_leak are apart. The current is counted from v_leak on, so the two are added."
)
def current_minus_leak() -> float:
    return CURRENT - V_LEAK


@settles.mistake(
    "It is tempting to subtract what flows. But this current flows in, and what flows in lifts v above v_leak."
)
def current_downwards() -> float:
    return V_LEAK - CURRENT


@settles.mistake(
    "That is where v is after one tau_mem. It goes on from there: the leak is still smaller than the inflow."
)
def after_one_time_constant() -> float:
    return V_LEAK + GONE * CURRENT


@settles.mistake(
    "That is 63 % of the level. The 63 % are a share of the way from v_leak on, and v does not stop there."
)
def share_of_the_level() -> float:
    return GONE * (V_LEAK + CURRENT)


@settles.mistake(
    "A bucket in the kitchen runs empty. This one leaks toward v_leak, and it is being filled meanwhile."
)
def runs_empty() -> float:
    return 0.0


@settles.mistake(
    "That is 63 % of the current, counted from 0 V. The way begins at v_leak, and does not end after one tau_mem."
)
def share_of_the_current() -> float:
    return GONE * CURRENT


def charging(ms: float) -> float:
    """Return v of the running example, in volt, after a current of 1 V was switched on."""
    return 1 - math.exp(-ms / TAU_MEM)


rise = Prediction(
    f"With v_leak = 0 V and tau_mem = {TAU_MEM:g} ms, a current of 1 V is switched on at t = 0. What is v in V after 5, 10, 20 and 40 ms?",
    Points(
        charging,
        (5, 10, 20, 40),
        ("time (ms)", "v (V)"),
        tolerance=0.04,
        axis=(0, 1.1),
        computed=("full_after_one_tau", "follows_the_first_slope"),
        trends={"falls": "is_what_is_missing"},
        ways={
            "rises_in_a_line": [[0.05, 0.15, 0.4, 1.0]],
            "is_what_is_missing": [[0.9, 0.75, 0.4, 0.1], [0.5, 0.4, 0.25, 0.05]],
        },
    ),
    given="v rests at v_leak before t = 0, and `tau_mem dv/dt = (v_leak - v) + i`.",
)


@rise.mistake(
    "Your curve jumps to where it settles, and stays there. But a jump takes an endless slope, and 1 V of inflow makes only 0.1 V per ms."
)
def jumps(ms: float) -> float:
    return 1.0


@rise.mistake(
    "Your curve rises too slowly at first, much as a straight line does. But the slope is largest at the start, 0.1 V per ms. It shrinks on the way: the higher v stands, the more leaks."
)
def rises_in_a_line(ms: float) -> float:
    return ms / 40


@rise.mistake(
    "Your curve rises too fast: it follows its first slope for too long. But the higher v stands, the more leaks, so the slope shrinks on the way."
)
def full_after_one_tau(ms: float) -> float:
    return min(ms / TAU_MEM, 1.0)


@rise.mistake(
    "Your curve follows its first slope for ever. But the higher v stands, the more leaks, and at 1 V as much leaks as flows in: v never passes that."
)
def follows_the_first_slope(ms: float) -> float:
    return ms / TAU_MEM


@rise.mistake(
    "Your curve falls, as what is still missing of the way does. But v begins at 0 V, and 1 V flows in."
)
def is_what_is_missing(ms: float) -> float:
    return math.exp(-ms / TAU_MEM)


larger_tau = Prediction(
    "The same current flows into a cell of twice the capacitance, whose tau_mem is twice as long. What changes?",
    Choice(
        "b",
        {
            "a": "v settles at a higher voltage",
            "b": "v settles at the same voltage, later",
            "c": "v settles at the same voltage, sooner",
        },
        {
            "a": "A wider bucket does hold more water. But how much leaks depends on the level alone, and the level stops where as much leaks as flows in, wide or not.",
            "b": "The level is v_leak + i, and tau_mem is not in it. It tells how long the way takes.",
            "c": "A longer time constant divides each slope by more, so the same way takes longer.",
        },
    ),
    given=f"v_leak = 0 V, a held current of {CURRENT:g} V, tau_mem = {TAU_MEM:g} ms and then {2 * TAU_MEM:g} ms; `tau_mem dv/dt = (v_leak - v) + i`.",
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
    given=f"v_leak = 0 V, tau_mem = {TAU_MEM:g} ms; `tau_mem dv/dt = (v_leak - v) + i`.",
)

# -- Where v settles -----------------------------------------------------------------------------

REST, DRIVE, SLOW = -70.0, 15.0, 20.0  # v_leak and i in mV and tau_mem in ms, of a nerve cell


level = Exercise(
    f"A nerve cell rests at v_leak = {REST:g} mV, with tau_mem = {SLOW:g} ms. A current i of {DRIVE:g} mV is held. Where does v settle?",
    Number(
        REST + DRIVE,
        "mV",
        tolerance=0.05,
        between=(-500, 500),
        alike=0.005,
        narrow={
            "the_rest": 1e-4,
            "drive_in_volt": 1e-4,
            "current_in_nanoampere": 5e-4,
            "tau_divides": 1e-3,
            "the_drive": 1e-3,
            "rest_in_volt": 1e-3,
            "tau_in_second_lifts": 1e-3,
        },
    ),
    hints=(
        "Where v has settled, nothing changes any more. What must then be equal?",
        "The leak is v - v_leak, the inflow is i. Both are in mV here; set them equal.",
        "Solve this for v; tau_mem is not in it:\n\nv - v_leak = i",
    ),
    solution=f"Inflow and leak are equal where v - v_leak = i: {REST:g} mV + {DRIVE:g} mV = {REST + DRIVE:g} mV. The time constant has no say in it.",
)


@level.mistake("This is the current alone. It says how far v moves, and the way begins at v_leak.")
def the_drive() -> float:
    return DRIVE


@level.mistake("This is where the cell rests. With a current held, inflow and leak are equal elsewhere.")
def the_rest() -> float:
    return REST


@level.mistake(
    "The current was subtracted. It is above 0, so it flows in and lifts v, also where v is negative."
)
def drive_turned() -> float:
    return REST - DRIVE


@level.mistake("The minus of v_leak got lost: this cell rests below 0, and the current lifts it by a little.")
def minus_is_lost() -> float:
    return DRIVE - REST


@level.mistake(
    "This is where v is after one tau_mem. Wait longer: it goes on as long as more flows in than leaks."
)
def on_the_way() -> float:
    return REST + GONE * DRIVE


@level.mistake(
    "This is 37 % of the way, what is still missing after one tau_mem. The question asks for the end of the way."
)
def what_is_left() -> float:
    return REST + (1 - GONE) * DRIVE


@level.mistake(
    "A share of 63 % was taken of a voltage. It belongs to the way from v_leak on, and to one moment of it, not to its end."
)
def share_of_the_end() -> float:
    return GONE * (REST + DRIVE)


@level.mistake(
    "The current was multiplied by tau_mem. A longer time constant makes the way slower, and its end stays where it is."
)
def tau_lifts() -> float:
    return REST + DRIVE * SLOW


@level.mistake(
    "The current was divided by tau_mem. That is the first slope, in mV per ms, and not a way in mV."
)
def tau_divides() -> float:
    return REST + DRIVE / SLOW


@level.mistake("At 0 mV this cell would leak a lot: its leak draws v toward v_leak, wherever that is.")
def towards_zero() -> float:
    return 0.0


@level.mistake("This is where the cell rests, without its minus. And the current moves v away from there.")
def rest_without_its_minus() -> float:
    return -REST


@level.mistake(
    "This is the first slope, in mV per ms: the current over tau_mem. The question asks for the end of the way."
)
def is_a_slope_alone() -> float:
    return DRIVE / SLOW


@level.mistake(
    "The current was added in nanoampere. Through the membrane's 100 megaohm these make the 15 mV that the question gives."
)
def current_in_nanoampere() -> float:
    return REST + 0.15


@level.mistake("Here mV and V are mixed: the current was turned into volt, and v_leak was left in mV.")
def drive_in_volt() -> float:
    return REST + DRIVE / 1000


@level.mistake("Here mV and V are mixed: v_leak was turned into volt, and the current was left in mV.")
def rest_in_volt() -> float:
    return REST / 1000 + DRIVE


@level.mistake(
    "The current was multiplied by tau_mem in second. A time constant tells how fast v moves, and not how far."
)
def tau_in_second_lifts() -> float:
    return REST + DRIVE * SLOW / 1000


# -- The time constant, from a trace -------------------------------------------------------------


def time_at_63_percent(t, v):
    """Return tau in second: when v has gone 1 - 1/e of its way from the first to the last value."""
    share = (v - v[0]) / (v[-1] - v[0])
    return float(t[share >= 1 - math.exp(-1)][0])


def time_at(share: float, t, v) -> float:
    """Return the time in second at which v has gone a share of its way."""
    return float(t[(v - v[0]) / (v[-1] - v[0]) >= share][0])


def traces(generator: Generator) -> list[tuple]:
    """Return 10 cases, t in second and v in volt: a current of either sign is held from t = 0 on.

    Each has 150 to 600 samples in one time constant, which is between 5 and 40 ms or, of two thermometers in
    float32, some 10 s; v has settled at its end, to 0.005 % of its way.
    """
    draw, cases = Draw(generator), []
    for number in range(10):
        slow = number % 5 == 3
        tau = draw.scales(8, 40) if slow else draw.scales(0.005, 0.04)
        rest = draw.between(10, 30) if slow else draw.between(-0.25, 0.25)
        way = draw.between(0.8, 1.6) * (5 if slow else 1) * (-1 if number % 3 == 1 else 1)
        per_tau = draw.scales(150, 600)
        t = tau / per_tau * torch.arange(int(draw.between(10, 14) * per_tau), dtype=torch.float64)
        v = rest - way * torch.expm1(-t / tau)
        cases.append((t.float(), v.float()) if slow else (t, v))
    return cases


tau_from_trace = Exercise(
    "Write a function that reads tau in second off a trace: t in second, v in volt, a current of either sign held from t = 0 on. Within 2 % is enough.",
    Function(
        time_at_63_percent,
        returns=("tau",),
        cases=traces,
        tolerance=0.02,
        each="time",
        name="my_tau",
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


@tau_from_trace.mistake(
    "This works where v rises. With a current below 0 V it falls, from the highest to the lowest: count the share of the way from `v[0]` to `v[-1]`, and compare that with 1 - 1/e."
)
def rises_alone(t, v):
    return float(t[v >= v[0] + GONE * (v[-1] - v[0])][0])


@tau_from_trace.mistake(
    "You looked for 63 % of the last voltage. These cells do not start at 0 V: take 63 % of the way from where v starts."
)
def ignores_v_leak(t, v):
    return float(t[v >= ABOUT_GONE * v[-1]][0])


@tau_from_trace.mistake(
    "The voltage itself was divided by the last one. These cells do not start at 0 V, so that is no share of the way."
)
def divides_by_the_last(t, v):
    return float(t[v / v[-1] >= GONE][0])


@tau_from_trace.mistake(
    "You took 63 % of the way and compared it with v itself. The way begins at the first voltage: add that."
)
def forgets_to_start(t, v):
    return float(t[v >= ABOUT_GONE * (v[-1] - v[0])][0])


@tau_from_trace.mistake(
    "Above the line you count from the first voltage, below it from 0 V. The whole way goes from the first voltage to the last."
)
def way_counted_from_zero(t, v):
    return float(t[(v - v[0]) / v[-1] >= ABOUT_GONE][0])


@tau_from_trace.mistake(
    "The whole way is taken as the highest less the lowest voltage, so where v falls, each share is below 0. Let the way have a sign as well: the last voltage less the first."
)
def way_without_its_sign(t, v):
    return float(t[(v - v[0]) / (v.max() - v.min()) >= ABOUT_GONE][0])


@tau_from_trace.mistake(
    "The -0.4 V and the 1 V are those of one cell. Each trace has a start and a way of its own: take them from `v[0]` and `v[-1]`."
)
def start_of_one_cell(t, v):
    return float(t[v - V_LEAK >= ABOUT_GONE * CURRENT][0])


@tau_from_trace.mistake(
    "No value fulfils this condition. A share goes from 0 to 1, and no sample hits 0.63 exactly: ask from when on it is at least that."
)
def no_such_share(t, v):
    return float(t[(v - v[0]) / (v[-1] - v[0]) == 63][0])


@tau_from_trace.mistake(
    "A share of the whole time was taken. How long a trace was recorded says nothing of tau: measure a share of the way of v."
)
def fifth_of_the_time(t, v):
    return float(t[-1] - t[0]) / 5


@tau_from_trace.mistake(
    "The middle of the time was taken. How long a trace was recorded says nothing of tau: measure a share of the way of v."
)
def middle_of_the_time(t, v):
    return float(t[len(t) // 2])


@tau_from_trace.mistake(
    "The way that v has gone was divided by the last voltage. The whole way is shorter or longer than that: these cells do not start at 0 V."
)
def share_of_the_last(t, v):
    return float(t[((v - v[0]) / v[-1] - GONE).abs().argmin()])


@tau_from_trace.mistake(
    "You found the first time of all: v is below that voltage from the start. Ask from when on it is above."
)
def is_below_at_once(t, v):
    return 0.0 * time_at(GONE, t, v)


@tau_from_trace.mistake(
    "This is the time to half of the way, a half-life. A time constant is longer: 1 - 1/e of the way."
)
def half_life(t, v):
    return time_at(0.5, t, v)


@tau_from_trace.mistake(
    "A half-life was multiplied by ln 2. It is tau times ln 2 already, so the factor has to go again."
)
def half_life_the_wrong_way(t, v):
    return math.log(2) * time_at(0.5, t, v)


@tau_from_trace.mistake(
    "This is the time at which 37 % of the way has been gone. After one tau, 37 % is what is still missing."
)
def time_at_37_percent(t, v):
    return time_at(1 - GONE, t, v)


@tau_from_trace.mistake(
    "This is the time to two thirds of the way. The share is close, and too coarse here: 1 - 1/e has more digits."
)
def two_thirds(t, v):
    return time_at(2 / 3, t, v)


@tau_from_trace.mistake(
    "This is the time to 90 % of the way, a rise time as oscilloscopes count it, or what a logarithm to base 10 leads to. One tau is over sooner."
)
def time_at_90_percent(t, v):
    return time_at(0.9, t, v)


@tau_from_trace.mistake("This is the time to 99 % of the way. After one tau v is far from settled.")
def nearly_settled(t, v):
    return time_at(0.99, t, v)


@tau_from_trace.mistake(
    "This is as long as the trace itself, its last time. From one tau on, 63 % of the way lie behind v, until the end: look for the first such time, `[0]`, and not for the last, `[-1]`."
)
def last_time(t, v):
    return float(t[-1] - t[0])


@tau_from_trace.mistake(
    "This counts samples. The time of a sample stands at the same place in `t`, and a first slope is a rise divided by the time that it took."
)
def counts_samples(t, v):
    return float(((v - v[0]) / (v[-1] - v[0]) >= GONE).nonzero()[0])


@tau_from_trace.mistake(
    "The digits are those of tau in milliseconds. Times come in second here, and tau leaves in second."
)
def in_milliseconds(t, v):
    return 1000 * time_at(GONE, t, v)


@tau_from_trace.mistake(
    "This is a rate, in 1/second: how many taus fit into a second. Turn it over to get a time."
)
def is_a_rate(t, v):
    return 1 / time_at(GONE, t, v)


@tau_from_trace.mistake("This is the voltage after one tau. The question is when v gets there.")
def is_a_voltage(t, v):
    return float(v[0] + GONE * (v[-1] - v[0]))


@tau_from_trace.mistake(
    "This is the first slope, in volt per second. With it v would need one tau for the whole way."
)
def is_a_slope(t, v):
    return float((v[1] - v[0]) / (t[1] - t[0]))


@tau_from_trace.mistake(
    "This is 1 over the first slope, the time for 1 V. The way is another one in each cell: from the first voltage to the last."
)
def turns_the_slope(t, v):
    return 1 / is_a_slope(t, v)


@tau_from_trace.mistake(
    "The slope comes from the end of the trace, where v hardly moves. Take it from the start."
)
def slope_of_the_end(t, v):
    return float((v[-1] - v[0]) * (t[-1] - t[-2]) / (v[-1] - v[-2]))


@tau_from_trace.mistake(
    "The last voltage was divided by the first slope. The way is shorter or longer than that: it does not begin at 0 V."
)
def way_from_zero(t, v):
    return float(v[-1]) / is_a_slope(t, v)


@tau_from_trace.mistake(
    "This is the area under the share that v has gone, and it grows with the trace. Look at the share that is missing."
)
def mean_of_the_way(t, v):
    return float(((v - v[0]) / (v[-1] - v[0])).mean() * (t[-1] - t[0]))


# -- A bucket with a bug -------------------------------------------------------------------------


def charged(t, tau_mem, i):
    """Return v at t second after a current of i volt was switched on, from v_leak = 0 on."""
    return i * (1 - math.exp(-t / tau_mem))


def v_with_a_bug(t, tau_mem, i):
    """Return v at t second after a current of i volt was switched on, from v_leak = 0 on."""
    return i * min(t / tau_mem, 1.0)


bucket_hunt = Exercise(
    "`v_with_a_bug` returns v after a current was switched on. Find t and tau_mem in second and i in volt at which it is wrong.",
    Witness(
        (0.01, 0.01, 1.0),
        charged,
        v_with_a_bug,
        within={
            "t": (
                0,
                1,
                "s",
                "the current is switched on at t = 0, and a second later every cell has settled",
            ),
            "tau_mem": (
                1e-4,
                0.1,
                "s",
                "a time constant is above 0, and those of cells are some milliseconds",
            ),
            "i": (-10, 10, "V", "no cell bears more"),
        },
    ),
    hints=(
        "Which shape does v have in this function, and which one has it in the picture?",
        "The start and the end are right. Between them v rises in a straight line, as if the leak did not grow with v.",
        "Take the numbers of the running example and a t of about one time constant; write all times in second:\n\n(..., 0.01, 1.0)",
    ),
    solution=f"At (0.01, 0.01, 1), one time constant after the start, the function says that v is full; it has gone {100 * GONE:.0f} % of its way.",
)


@bucket_hunt.mistake("At the start v is at rest, and every way begins right there. Look a moment later.")
def is_the_start(t=0.0, tau_mem=0.01, i=1.0):
    return t < 1e-5 * tau_mem


@bucket_hunt.mistake("Nothing flows in, so v stays at rest, and the function says so. Let some current flow.")
def nothing_flows(t=0.01, tau_mem=0.01, i=0.0):
    return abs(i) < 1e-9


@bucket_hunt.mistake(
    "So many time constants later v has settled, and the level is right. Look while v is on its way."
)
def has_long_settled(t=0.5, tau_mem=0.01, i=1.0):
    return t > 12 * tau_mem


def moments(generator: Generator) -> list[tuple]:
    """Return 40 cases: from the start to 13 time constants of 0.1 ms to 1 s, and a current of either sign."""
    draw, cases = Draw(generator), []
    for number in range(40):
        tau, i = draw.scales(1e-4, 1), (1 if number % 3 else -1) * draw.scales(0.05, 50)
        cases.append(((draw.scales(1e-4, 1) if number % 2 else draw.between(0.01, 13)) * tau, tau, i))
    return [*cases[:-1], (0.0, *cases[-1][1:])]


bucket_mended = Exercise(
    "Mend `v_with_a_bug`: v in volt at t, from v_leak = 0 V on, for every t, tau_mem and i.",
    Function(
        charged,
        returns=("v",),
        cases=moments,
        each="moment",
        name="my_v",
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


@bucket_mended.mistake(
    "The bug is still there: v rises in a straight line and is full after one tau_mem. The more has filled, the more must leak."
)
def straight_line(t, tau_mem, i):
    return v_with_a_bug(t, tau_mem, i)


@bucket_mended.mistake(
    "Now v rises in a straight line without end. What leaks must grow with v, until it equals what flows in."
)
def never_full(t, tau_mem, i):
    return i * t / tau_mem


@bucket_mended.mistake(
    "A straight line over five time constants is a straight line still. The slope has to shrink on the way."
)
def slower_line(t, tau_mem, i):
    return i * min(t / (5 * tau_mem), 1.0)


@bucket_mended.mistake(
    "A straight line that stops at 63 % is wrong before and after that moment. The voltage bends, and goes on to its level."
)
def stops_at_63_percent(t, tau_mem, i):
    return i * min(t / tau_mem, GONE)


@bucket_mended.mistake("The time has no effect: 63 % of the way is right at one moment alone.")
def always_63_percent(t, tau_mem, i):
    return i * GONE


@bucket_mended.mistake(
    "This is a straight line still, with a smaller slope, and it never settles. The slope has to shrink on the way."
)
def line_to_63_percent(t, tau_mem, i):
    return i * 0.632 * t / tau_mem


@bucket_mended.mistake(
    "The exponential of the time alone is divided by tau_mem. The division belongs into the exponent: how many time constants fit into t?"
)
def tau_outside_the_exponent(t, tau_mem, i):
    return i * (1 - math.exp(-t) / tau_mem)


@bucket_mended.mistake(
    "After a few tau_mem a little is missing still, after five of them 0.7 % of the way. The exponential knows that: no case of its own is needed."
)
def full_after_five(t, tau_mem, i):
    return i if t > 5 * tau_mem else charged(t, tau_mem, i)


@bucket_mended.mistake(
    "A part of the bug is left: v is held at 1 V. A larger current takes it higher than that."
)
def capped_at_one_volt(t, tau_mem, i):
    return min(charged(t, tau_mem, i), 1.0)


@bucket_mended.mistake(
    "This starts full and runs empty: it is what is still missing. Take it away from the level."
)
def what_is_missing(t, tau_mem, i):
    return i * math.exp(-t / tau_mem)


@bucket_mended.mistake("The exponential grows: a minus is missing in the exponent.")
def explodes(t, tau_mem, i):
    return i * (1 - math.exp(t / tau_mem))


@bucket_mended.mistake(
    "In the exponent the quotient is upside down: at first next to nothing must have gone."
)
def quotient_turned(t, tau_mem, i):
    return i * (1 - math.exp(-tau_mem / t))


@bucket_mended.mistake(
    "In the exponent the quotient is upside down: like this, less and less has gone as time goes by."
)
def quotient_turned_but_at_0(t, tau_mem, i):
    return i * (1 - math.exp(-tau_mem / t)) if t else 0.0


@bucket_mended.mistake(
    "Brackets are missing: i times 1, minus an exponential. What is missing at the start is i, and that decays."
)
def brackets_forgotten(t, tau_mem, i):
    return i - math.exp(-t / tau_mem)


@bucket_mended.mistake(
    "The level is 1 here, whatever i is, and i stands at the decay alone. A larger current must end higher."
)
def i_on_the_decay_alone(t, tau_mem, i):
    return 1 - i * math.exp(-t / tau_mem)


@bucket_mended.mistake("The tau_mem of 0.01 s is that of one cell: take the one that your function is given.")
def tau_of_the_example(t, tau_mem, i):
    return charged(t, 0.01, i)


@bucket_mended.mistake("The time constant is missing in the exponent: count the time in time constants.")
def without_tau(t, tau_mem, i):
    return i * (1 - math.exp(-t))


@bucket_mended.mistake("In the exponent t is multiplied by tau_mem. How many time constants fit into t?")
def times_tau(t, tau_mem, i):
    return i * (1 - math.exp(-t * tau_mem))


@bucket_mended.mistake(
    "One of the two times is counted in milliseconds. Both come in second, so nothing is to be converted."
)
def tau_in_milliseconds(t, tau_mem, i):
    return i * (1 - math.exp(-1000 * t / tau_mem))


@bucket_mended.mistake(
    "One of the two times was divided by 1000. Both come in second, so nothing is to be converted."
)
def tau_in_seconds_twice(t, tau_mem, i):
    return i * (1 - math.exp(-t / tau_mem / 1000))


@bucket_mended.mistake(
    "Half of what is missing goes in each tau_mem: that would be a half-life. With a time constant, 1/e of it stays."
)
def halves(t, tau_mem, i):
    return i * (1 - 0.5 ** (t / tau_mem))


@bucket_mended.mistake(
    "In each tau_mem, 63 % of what is missing stays here. It is the other way round: so much of it goes."
)
def keeps_63_percent(t, tau_mem, i):
    return i * (1 - GONE ** (t / tau_mem))


@bucket_mended.mistake(
    "The idea is right; 0.37 is rounded, and the error grows. `math.exp(-1)` has all digits, and `math.exp` takes any exponent."
)
def rounded(t, tau_mem, i):
    return i * (1 - 0.37 ** (t / tau_mem))


@bucket_mended.mistake(
    "The idea is right. But 0.368 has three digits of exp(-1), and the error grows with t. `math.exp` has all digits, and takes any exponent."
)
def rounded_to_three_digits(t, tau_mem, i):
    return i * (1 - 0.368 ** (t / tau_mem))


@bucket_mended.mistake(
    "These are Euler's steps of 0.1 ms, as the lesson's loop takes them: close, and not exact. The share that is missing has a formula for any time."
)
def steps_of_euler(t, tau_mem, i):
    return i * (1 - (1 - 1e-4 / tau_mem) ** round(t / 1e-4))


@bucket_mended.mistake(
    "These are Euler's steps of 0.1 ms, as many whole ones as fit into t: close, and not exact. A formula with an exponential is exact for any time, without a loop."
)
def whole_steps_of_euler(t, tau_mem, i):
    return i * (1 - (1 - 1e-4 / tau_mem) ** int(t / 1e-4))


@bucket_mended.mistake(
    "This bends and settles, but is half full after one tau_mem and then far too slow. The leak makes an exponential."
)
def hyperbola(t, tau_mem, i):
    return i * t / (t + tau_mem)


@bucket_mended.mistake("The current has no effect: a larger one must bring a higher level.")
def forgets_i(t, tau_mem, i):
    return charged(t, tau_mem, 1.0)


@bucket_mended.mistake(
    "Here v settles at tau_mem times i. A longer time constant makes the way slower, and its end stays where it is."
)
def tau_times_i(t, tau_mem, i):
    return charged(t, tau_mem, tau_mem * i)


@bucket_mended.mistake(
    "This is the slope, in volt per second: it starts large and fades. The voltage does the opposite."
)
def is_the_slope(t, tau_mem, i):
    return i / tau_mem * math.exp(-t / tau_mem)


@bucket_mended.mistake("This is in percent of the level; the function returns volt.")
def in_percent(t, tau_mem, i):
    return 100 * charged(t, tau_mem, i)


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


name_records(globals())
