"""Lesson 2: from Kirchhoff's law to the equation, in sympy."""

import math

from sympy import Expr, exp, symbols

from leakyedu.symbolic import t, tau_mem, v_leak
from leakyedu.teaching.exercise import Exercise, Prediction, Recall
from leakyedu.teaching.expression import Expression
from leakyedu.teaching.kinds import Choice, Number, Order, Points
from leakyedu.teaching.record import name_records

TAU_MEM = 0.01  # of the running example, in second
START, V_START, DRIVE = 5.0, -0.5, 1.0  # ms, volt and volt: where the lab starts, with v_leak = 0

# -- Predictions ---------------------------------------------------------------------------------


def first_slope_from(v_start: float, i: float) -> float:
    """Return the slope in V/s of the running example, with v_leak = 0."""
    return (0 - v_start + i) / TAU_MEM


first_slope = Prediction(
    f"With v_leak = 0 V, tau_mem = 10 ms and i = {DRIVE:g} V: how large is dv/dt where v = {V_START:g} V, in V/s?",
    Number(
        first_slope_from(V_START, DRIVE),
        "V/s",
        tolerance=1.0,
        between=(-2000, 2000),
        narrow={"current_not_divided": 5e-3},
    ),
    given="`dv/dt = (v_leak - v + i) / tau_mem`; 10 ms are 0.01 s.",
)


@first_slope.mistake(
    "That is what the current alone does. The cell is not at rest, and its leak moves it, too."
)
def drive_alone() -> float:
    return DRIVE / TAU_MEM


@first_slope.mistake(
    "That is what the leak alone does, or what results if v is added. The equation subtracts v, and v is below 0 here."
)
def v_with_its_sign() -> float:
    return (DRIVE + V_START) / TAU_MEM


@first_slope.mistake(
    "That is v_leak - v + i, in volt. A slope is volt per second: what stands above the line is divided by tau_mem."
)
def an_amount() -> float:
    return DRIVE - V_START


@first_slope.mistake("The size is right, per millisecond. In one second, v would go a thousand times as far.")
def per_millisecond() -> float:
    return first_slope_from(V_START, DRIVE) / 1000


@first_slope.mistake("The sign is turned. The cell is below v_leak, and a current flows in: both lift v.")
def downwards() -> float:
    return -first_slope_from(V_START, DRIVE)


@first_slope.mistake(
    "What stands above the line was multiplied by tau_mem, in ms. A longer tau_mem makes slopes smaller: divide."
)
def times_tau_in_ms() -> float:
    return 10 * (DRIVE - V_START)


@first_slope.mistake(
    "What stands above the line was multiplied by tau_mem. A longer tau_mem makes slopes smaller: divide."
)
def times_tau_in_second() -> float:
    return TAU_MEM * (DRIVE - V_START)


@first_slope.mistake("The leak is divided by tau_mem, and the current is not. The line lies below all of it.")
def current_not_divided() -> float:
    return -V_START / TAU_MEM + DRIVE


@first_slope.mistake(
    "Two ways lead to this. The leak alone, turned round: below v_leak it lifts v. Or the current, subtracted: it flows in, so it is added."
)
def leak_alone_turned() -> float:
    return V_START / TAU_MEM


raised_leak = Prediction(
    "Without a current, v decays from 1 V above v_leak. Somebody raises v_leak from 0 V to 0.2 V, and v begins 1 V above that. What changes?",
    Choice(
        "b",
        {
            "a": "v leaks faster than before",
            "b": "v comes to rest at another voltage",
            "c": "v leaks more slowly than before",
        },
        {
            "a": "The name sounds like a leak rate. But v_leak is in volt: it is where the leak leads to. The rate is 1/tau_mem.",
            "b": "The leak draws v toward v_leak, as fast as before: that is up to tau_mem.",
            "c": "How fast it leaks from a given distance is up to tau_mem, and that was left alone.",
        },
    ),
    given="i = 0 V, tau_mem = 10 ms; `dv/dt = (v_leak - v + i) / tau_mem`.",
)


def through_the_start(ms: float) -> float:
    """Return v in volt of the running example, with the current of 1 V, from the start of the lab on."""
    return DRIVE + (V_START - DRIVE) * math.exp(-(ms - START) / (1000 * TAU_MEM))


sketch = Prediction(
    f"Follow the slopes from {V_START:g} V at {START:g} ms, with v_leak = 0 V, tau_mem = 10 ms and i = {DRIVE:g} V. What is v in V at 10, 15, 25 and 40 ms?",
    Points(
        through_the_start,
        (10, 15, 25, 40),
        ("time (ms)", "v (V)"),
        tolerance=0.06,
        axis=(-0.6, 1.1),
        start=(START, V_START),
        computed=(
            "follows_the_first_slope",
            "follows_the_first_slope_to_the_end",
            "heads_for_rest",
            "is_ahead",
            "are_the_slopes",
            "one_place_late",
            "forgets_the_start",
        ),
    ),
    given="the slope of v is "
    + ", ".join(f"{first_slope_from(v, DRIVE) / 1000:.2f} at {v:g} V" for v in (-0.5, 0.0, 0.5, 1.0))
    + ", in V per ms.",
)


@sketch.mistake(
    "Your curve jumps to where it comes to rest, and stays there. But the slope at the start is 150 V/s: in 1 ms it makes 0.15 V and no more."
)
def jumps(ms: float) -> float:
    return DRIVE


@sketch.mistake(
    "Your curve rises too slowly at first, much as a straight line does. But the slope is largest at the start, 0.15 V per ms. It shrinks on the way, with each voltage that is reached."
)
def rises_in_a_line(ms: float) -> float:
    return V_START + (DRIVE - V_START) * (ms - START) / (40 - START)


@sketch.mistake(
    "Your curve follows its first slope for ever. But the slopes shrink on the way, and at 1 V there is none left."
)
def follows_the_first_slope(ms: float) -> float:
    return V_START + first_slope_from(V_START, DRIVE) / 1000 * (ms - START)


@sketch.mistake(
    "Your curve rises too fast: it follows its first slope for too long. But the slopes shrink on the way, since each belongs to the voltage that is reached by then."
)
def follows_the_first_slope_to_the_end(ms: float) -> float:
    return min(follows_the_first_slope(ms), DRIVE)


@sketch.mistake(
    "Your curve comes to rest at v_leak, 0 V. But a current is held: at 0 V the slope is still above 0, and v goes on to where it vanishes."
)
def heads_for_rest(ms: float) -> float:
    return V_START * math.exp(-(ms - START) / (1000 * TAU_MEM))


@sketch.mistake(
    f"Your curve is ahead of v: it begins at 0 V, or before {START:g} ms. Here v is {V_START:g} V at {START:g} ms."
)
def is_ahead(ms: float) -> float:
    return (DRIVE * (1 - math.exp(-(ms - START) / (1000 * TAU_MEM))) + through_the_start(ms + START)) / 2


@sketch.mistake(
    f"The voltages are right, one place too late: {V_START:g} V is v at {START:g} ms, and the first that is asked for is v at 10 ms."
)
def one_place_late(ms: float) -> float:
    return through_the_start({10: START, 15: 10, 25: 15, 40: 25}[ms])


@sketch.mistake("All of your voltages are 0.5 V too high: this is how far v has come. It begins at -0.5 V.")
def forgets_the_start(ms: float) -> float:
    return through_the_start(ms) - V_START


@sketch.mistake("These are the slopes, in V per ms. The question asks for the voltages to which they lead.")
def are_the_slopes(ms: float) -> float:
    return {10: 0.15, 15: 0.10, 25: 0.05, 40: 0.0}[ms]


# -- The steps of the derivation -----------------------------------------------------------------

derivation = Exercise(
    "Put the four steps of the derivation in order.",
    Order(
        "BDCA",
        {
            "A": "name what is left: tau_mem = R C and i = R I_in",
            "B": "what flows in goes into the capacitor or through the resistor (Kirchhoff)",
            "C": "multiply by R, so that no R is left below a line",
            "D": "put in C dv/dt for the capacitor and (v - v_leak)/R for the resistor (Ohm)",
        },
        [
            (
                "B",
                "D",
                "D puts two currents into an equation, and B is the law that brings it: B comes before D.",
            ),
            ("B", "C", "C multiplies an equation by R, and B brings the first one: B comes before C."),
            (
                "B",
                "A",
                "A gives names to what comes out in the end. Begin with the law of B instead of a name.",
            ),
            (
                "D",
                "C",
                "C takes R away from below a line, and R stands nowhere yet: D brings it in, and comes before C.",
            ),
            (
                "D",
                "A",
                "A gives names to products of R, and so far there are only currents: D comes before A.",
            ),
            (
                "C",
                "A",
                "A gives names to R C and R I_in, and C makes these products: C comes before A.",
            ),
        ],
        why="a law, its parts, one unit for all terms, and names for what is left.",
    ),
    hints=(
        "Three of the lines work on an equation. Which one gives the first equation?",
        "Ask of each line which symbols it needs: C needs R, and A needs products with R.",
        "The law comes first and the names come last. What is left is a choice of two.",
    ),
    solution="B, D, C, A: Kirchhoff's law gives an equation of currents, Ohm and the capacitor put v into it, R brings all terms to volt, and what is left gets its names.",
)

# -- The equation --------------------------------------------------------------------------------

R, C = symbols("R C", positive=True)  # ohm, farad
v, v0, i, I_in = symbols("v v0 i I_in", real=True)  # volt, volt, volt, ampere


equation = Exercise(
    "Give dv/dt, in R, C, v, v_leak and the injected current I_in: R in ohm, C in farad, I_in in ampere. Write `v`, not `v(t)`.",
    Expression(
        (v_leak - v + R * I_in) / (R * C),
        {"R": (1.5, 3), "C": (1.5, 3), "v": (-1, 1), "v_leak": (-1, 1), "I_in": (-1, 1)},
    ),
    hints=(
        "What flows in has two ways to go. Write down both currents, in ampere.",
        "The capacitor takes C dv/dt, the resistor (v - v_leak)/R. Together they are I_in. Solve this for dv/dt, on paper or with `sympy.solve`.",
        """The current into the capacitor is what the resistor leaves; one division is left to you:

C * dv_dt == I_in - (v - v_leak) / R""",
    ),
    solution="Kirchhoff's law reads I_in = C dv/dt + (v - v_leak)/R. Solved for dv/dt, with R C below the line:",
)


@equation.mistake(
    "The leak has the wrong sign: it would drive v away from v_leak, and v would explode. Above v_leak it must lower v."
)
def turns_the_leak() -> Expr:
    return (v - v_leak + R * I_in) / (R * C)


@equation.mistake("The injected current has the wrong sign: what flows in charges the capacitor.")
def turns_the_drive() -> Expr:
    return (v_leak - v - R * I_in) / (R * C)


@equation.mistake(
    "All signs are turned: did dv/dt come to the other side of the equation? What flows in must lift v."
)
def turns_both() -> Expr:
    return -(v_leak - v + R * I_in) / (R * C)


@equation.mistake("The leak goes to 0 V here. The voltage across the resistor is counted from v_leak on.")
def rests_at_zero() -> Expr:
    return (R * I_in - v) / (R * C)


@equation.mistake("Both voltages lift v, or both lower it. Across the resistor lies their difference.")
def adds_v_leak() -> Expr:
    return (R * I_in - v - v_leak) / (R * C)


@equation.mistake(
    "All of the injected current charges the capacitor here. Some of it leaks away through the resistor."
)
def forgets_the_leak() -> Expr:
    return I_in / C


@equation.mistake(
    "Nothing flows in here, and v only leaks. The injected current belongs to Kirchhoff's law as well."
)
def forgets_the_drive() -> Expr:
    return (v_leak - v) / (R * C)


@equation.mistake("A current in ampere is added to voltages: above the line, each term must be a voltage.")
def drive_not_through_r() -> Expr:
    return (v_leak - v + I_in) / (R * C)


@equation.mistake(
    "A current in ampere is added to volt per second. The capacitor turns one into the other, for this current, too."
)
def drive_not_divided() -> Expr:
    return (v_leak - v) / (R * C) + I_in


@equation.mistake(
    "A voltage, R I_in, is added to volt per second. The line below the leak belongs below the current as well: divide both by R C."
)
def drive_voltage_not_divided() -> Expr:
    return (v_leak - v) / (R * C) + R * I_in


@equation.mistake(
    "Here v alone goes through the resistor, and v_leak is added to currents. Across the resistor lies their difference: put it into brackets before you divide by R."
)
def leak_not_through_r() -> Expr:
    return (I_in - v / R - v_leak) / C


@equation.mistake(
    "The leak is a current still, in ampere, and the other term is none any more. Divide the whole equation, not a part of it."
)
def leak_not_divided() -> Expr:
    return I_in / C + (v_leak - v) / R


@equation.mistake(
    "The terms are amounts, in volt, and dv/dt is a rate. They have to be divided by a time: which one do R and C make?"
)
def amounts() -> Expr:
    return v_leak - v + R * I_in


@equation.mistake(
    "The product R C stands above the line, so a slower cell would have larger slopes. Compare the units of both sides."
)
def times_rc() -> Expr:
    return R * C * (v_leak - v + R * I_in)


@equation.mistake(
    "This is the current into the capacitor, in ampere. How fast does that make its voltage change?"
)
def without_c() -> Expr:
    return (v_leak - v) / R + I_in


@equation.mistake(
    "A voltage over C is no current over C: the leak goes through R. Put Ohm's law in once more."
)
def without_r() -> Expr:
    return (v_leak - v + R * I_in) / C


@equation.mistake("Ohm's law is upside down: a larger resistor lets less through.")
def ohm_upside_down() -> Expr:
    return (R * (v_leak - v) + I_in) / C


@equation.mistake(
    "C stands above the line here, so a larger capacitor would charge faster. The current into the capacitor is C dv/dt: divide by C."
)
def r_and_c_exchanged() -> Expr:
    return (v_leak - v + R * I_in) * C / R


@equation.mistake(
    "Here v_leak is used as a leak rate that multiplies v. It is a voltage: the one at which the leak stops."
)
def is_a_leak_rate() -> Expr:
    return (I_in - v_leak * v) / C


@equation.mistake(
    "Here v_leak is taken away all the time, as if it were a rate. It is a voltage, and belongs beside v."
)
def is_a_constant_leak() -> Expr:
    return (R * I_in - v) / (R * C) - v_leak


@equation.mistake(
    "Here v lifts itself, and would explode. The higher it is above v_leak, the more must leak."
)
def adds_v() -> Expr:
    return (v_leak + v + R * I_in) / (R * C)


@equation.mistake(
    "In one place R and C are exchanged: the current charges C, and R carries the leak. Look at the unit of the term with I_in."
)
def drive_through_c() -> Expr:
    return (v_leak - v + C * I_in) / (R * C)


@equation.mistake("A current through a resistor makes a voltage: it is multiplied by R, and not divided.")
def drive_over_r() -> Expr:
    return (v_leak - v + I_in / R) / (R * C)


# -- The solution --------------------------------------------------------------------------------

LEVEL = v_leak + i


def charging_from(start: Expr, end: Expr, rate: Expr = 1 / tau_mem) -> Expr:
    """Return an exponential from a start to an end."""
    return end + (start - end) * exp(-t * rate)


charging = Exercise(
    "A constant current i flows from t = 0 on, and v starts at v0. Give v(t), in t, tau_mem, v_leak, i and v0, in any form.",
    Expression(
        charging_from(v0, LEVEL),
        {
            "t": (0.001, 0.05),
            "tau_mem": (0.004, 0.03),
            "v_leak": (-1, 1),
            "i": (-1, 1),
            "v0": (-1, 1),
        },
    ),
    hints=(
        "What must v be at t = 0, and what after a very long time?",
        "The distance of v from its level decays with tau_mem. What decays is u = (u at t = 0) exp(-t/tau_mem). What is u at t = 0? Then v is its level plus u.",
        """Almost the formula; where it starts and where it ends is yours:

end + (start - end) * exp(-t / tau_mem)""",
    ),
    solution="The level is v_leak + i. The distance from it is v0 - v_leak - i at the start, and decays with tau_mem:",
)


@charging.mistake(
    "The exponential grows: a minus is missing in the exponent. Look where v is after a long time."
)
def explodes() -> Expr:
    return charging_from(v0, LEVEL, -1 / tau_mem)


@charging.mistake("The start is missing: this begins at v_leak. It must be v0 at t = 0, wherever that is.")
def starts_at_rest() -> Expr:
    return charging_from(v_leak, LEVEL)


@charging.mistake("The start is missing: this begins at 0 V. It must be v0 at t = 0, wherever that is.")
def starts_at_zero() -> Expr:
    return charging_from(0, LEVEL)


@charging.mistake("Without a current this ends at 0 V, and v_leak is nowhere. Where does v rest?")
def drops_v_leak() -> Expr:
    return charging_from(v0, i)


@charging.mistake("The current has no effect: this ends where v rests without one.")
def drops_the_drive() -> Expr:
    return charging_from(v0, v_leak)


@charging.mistake(
    "This starts where v should settle and ends at v0: exp stands where 1 - exp belongs, or the other way round."
)
def runs_the_other_way() -> Expr:
    return charging_from(LEVEL, v0)


@charging.mistake("The start never fades: after a long time v0 is still in v. What v was once must decay.")
def start_stays() -> Expr:
    return v0 + LEVEL * (1 - exp(-t / tau_mem))


@charging.mistake(
    "After a long time this is v0 + i. The current is counted from v_leak on, and the start is forgotten by then."
)
def drive_added_to_start() -> Expr:
    return charging_from(v0, v0 + i)


@charging.mistake(
    "At t = 0 this is v0 + v_leak: v_leak counts in full from the start. It comes in as the current does, little by little."
)
def v_leak_at_once() -> Expr:
    return v_leak + charging_from(v0, i)


@charging.mistake(
    "At t = 0 this is v0 + i: the current moves v at once. It changes the slope of v, and v follows."
)
def drive_at_once() -> Expr:
    return i + charging_from(v0, v_leak)


@charging.mistake(
    "At t = 0 the level is still there beside v0. What decays is the distance from the level, not v0 alone."
)
def forgets_to_subtract() -> Expr:
    return LEVEL + v0 * exp(-t / tau_mem)


@charging.mistake(
    "The end is right, and the way comes from the other side. At t = 0 v must be v0: turn the difference round."
)
def distance_turned() -> Expr:
    return LEVEL - (v0 - LEVEL) * exp(-t / tau_mem)


@charging.mistake(
    "The current fades here, as the start does. It is held, so what it does comes in little by little and stays."
)
def drive_fades() -> Expr:
    return v_leak + (v0 - v_leak + i) * exp(-t / tau_mem)


@charging.mistake("The current has the wrong sign: what flows in lifts v.")
def drive_turned() -> Expr:
    return charging_from(v0, v_leak - i)


@charging.mistake("The sign of v_leak is turned. Without a current, v must end at v_leak itself.")
def leak_turned() -> Expr:
    return charging_from(v0, i - v_leak)


@charging.mistake(
    "In the exponent tau_mem stands above the line. An exponent has no unit: count the time in time constants."
)
def times_tau() -> Expr:
    return charging_from(v0, LEVEL, tau_mem)


@charging.mistake("The exponent is a time, so it has a unit. Which time belongs below it?")
def without_tau() -> Expr:
    return charging_from(v0, LEVEL, 1)


@charging.mistake(
    "The quotient in the exponent is upside down: like this, the start is gone at t = 0 and comes back later."
)
def tau_turned() -> Expr:
    return LEVEL + (v0 - LEVEL) * exp(-tau_mem / t)


@charging.mistake("This follows the first slope for ever, in a straight line. The slope shrinks on the way.")
def first_slope_for_ever() -> Expr:
    return v0 + t * (LEVEL - v0) / tau_mem


@charging.mistake(
    "The right side was taken without tau_mem and multiplied by t. Its terms are rates that change on the way, so they want to be integrated."
)
def amount_per_time() -> Expr:
    return v0 + t * (LEVEL - v0)


@charging.mistake("This is the slope of the solution, in volt per second. Integrate it, and begin at v0.")
def is_its_slope() -> Expr:
    return (LEVEL - v0) / tau_mem * exp(-t / tau_mem)


@charging.mistake(
    "This is the distance from the level, which decays to 0. The voltage is the level together with that."
)
def what_is_missing() -> Expr:
    return (v0 - LEVEL) * exp(-t / tau_mem)


@charging.mistake("This is how far v has gone since the start. The start itself belongs to it.")
def what_is_gone() -> Expr:
    return (LEVEL - v0) * (1 - exp(-t / tau_mem))


@charging.mistake(
    "Here v settles at v_leak + tau_mem i: a slower cell would end higher. With dv/dt = 0, tau_mem drops out."
)
def tau_lifts() -> Expr:
    return charging_from(v0, v_leak + tau_mem * i)


@charging.mistake(
    "The time is counted in milliseconds here, and tau_mem in second. Both come in second, so nothing is to be converted."
)
def milliseconds() -> Expr:
    return charging_from(v0, LEVEL, 1000 / tau_mem)


@charging.mistake(
    "Here the distance is halved in each tau_mem. What decays by its own slope falls to 1/e: take exp."
)
def half_lives() -> Expr:
    return LEVEL + (v0 - LEVEL) * 2 ** (-t / tau_mem)


@charging.mistake(
    "At t = 0 this is v0 + v_leak, and after a long time v0 is still there. The start must be v0 alone, and fade."
)
def start_stays_at_rest() -> Expr:
    return v0 + v_leak + i * (1 - exp(-t / tau_mem))


# -- Recall --------------------------------------------------------------------------------------

recall = Recall(
    (
        "Divided out, the terms on the right of dv/dt = (v_leak - v + i)/tau_mem are",
        Choice(
            "a",
            {"a": "rates, in V/s", "b": "amounts, in V", "c": "currents, in A"},
            {
                "a": "Each of them tells how fast v changes by it. Multiplied by a short time, it is an amount.",
                "b": "Above the line stand voltages, but each of them is divided by a time.",
                "c": "Kirchhoff's law adds currents. After the division by C, no ampere is left.",
            },
        ),
    ),
    (
        "The voltage v is above v_leak + i. What does it do?",
        Choice(
            "c",
            {"a": "it rises", "b": "it stays, because i is constant", "c": "it falls"},
            {
                "a": "There more leaks than flows in, so something has to become less.",
                "b": "A constant current holds v at one voltage alone, and v is not there yet.",
                "c": "It comes to the same level from above and from below.",
            },
        ),
    ),
    (
        "You take a resistor R that is twice as large and inject the same current I_in. What becomes twice as large?",
        Choice(
            "b",
            {
                "a": "tau_mem, and not how far v rises",
                "b": "tau_mem, and how far v rises",
                "c": "how far v rises, and not tau_mem",
            },
            {
                "a": "The time constant tau_mem holds R, and i does as well: the injected current is multiplied by it.",
                "b": "Both are products with R: tau_mem = R C, and i = R I_in. The first slope, I_in/C, stays.",
                "c": "The current i holds R, and tau_mem does as well: through a larger resistor the capacitor discharges more slowly.",
            },
        ),
    ),
    (
        "`dsolve` returns a formula with `C1` in it. What does it need to get rid of it?",
        Choice(
            "b",
            {
                "a": "the voltage at which v settles",
                "b": "the voltage at which v starts",
                "c": "the capacitance C",
            },
            {
                "a": "That is in the equation already: v_leak + i. All its solutions end there.",
                "b": "Each start has a solution of its own, and `C1` tells which one is meant.",
                "c": "`C1` is a constant of integration, and the capacitance is in tau_mem already.",
            },
        ),
    ),
    (
        "From lesson 1: how much of its way has v gone one tau_mem after a current was switched on?",
        Choice(
            "b",
            {"a": "37 %", "b": "63 %", "c": "all of it"},
            {
                "a": "So much is still missing then.",
                "b": "1 - 1/e: the formula of this lesson says it at t = tau_mem.",
                "c": "The first slope would have gone all of it. But v becomes slower on the way.",
            },
        ),
    ),
)


name_records(globals())
