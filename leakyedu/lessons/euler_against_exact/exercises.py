"""Lesson 5: Euler against the exact solution."""

import functools
import math
import statistics

import torch
from torch import Generator

from leakyedu.methods import Method, euler, exact
from leakyedu.model import LIParameters
from leakyedu.sequence import simulate
from leakyedu.stimuli import pulse
from leakyedu.teaching.draw import Draw
from leakyedu.teaching.exercise import Exercise, Prediction, Recall
from leakyedu.teaching.function import Function
from leakyedu.teaching.kinds import Choice, Number, Points, Witness
from leakyedu.teaching.record import name_records

TAU_MEM, TAU_SYN = 10.0, 5.0  # of the default neuron, in ms
UNTIL = 60.0  # in ms: by then a response is over

# -- Predictions ---------------------------------------------------------------------------------


@functools.cache
def errors(dt: float) -> torch.Tensor:
    """Return by how much Euler's voltage is above the exact one after each step, after one unit jump, with dt in ms."""
    p = LIParameters.from_tau(*torch.tensor([TAU_SYN / 1000, TAU_MEM / 1000], dtype=torch.float64))

    def response(method: Method):
        steps = round(UNTIL / dt)
        return simulate(pulse(steps, dtype=torch.float64), p=p, dt=dt / 1000, method=method).v

    return response(euler) - response(exact)


def largest_error(dt: float) -> float:
    """Return how far Euler's voltage is off after one unit jump, where it is farthest, with dt in ms."""
    return float(errors(dt).abs().max())


halved = Prediction(
    f"With dt = 1 ms Euler's voltage is off by up to {largest_error(1.0):.4f} V. By how much is it off with dt = 0.5 ms?",
    Number(largest_error(0.5), "V", tolerance=0.0011, between=(0, 1), narrow={"quarter_of_the_error": 0.07}),
    given=f"one jump of 1 V, tau_mem = {TAU_MEM:g} ms, tau_syn = {TAU_SYN:g} ms; the error is the largest distance from the exact v, within {UNTIL:g} ms.",
)


@halved.mistake("This is the error of the longer step: nothing would be gained by twice the work.")
def same_error() -> float:
    return largest_error(1.0)


@halved.mistake("A quarter is left of the error of one single step. But twice as many of them add up now.")
def quarter_of_the_error() -> float:
    return largest_error(1.0) / 4


@halved.mistake(
    "That is the double, as if more steps made more errors. There are twice as many, and each is far smaller."
)
def doubled_error() -> float:
    return 2 * largest_error(1)


@halved.mistake(
    "No step is short enough for that: the slope changes within each of them, and Euler holds it."
)
def no_error() -> float:
    return 0.0


@halved.mistake(
    "Here the error falls as a root does. That is how errors of chance average out. Those of Euler's steps are no chance: they add up, and the sum falls as dt does."
)
def root_of_a_half() -> float:
    return largest_error(1) / math.sqrt(2)


@halved.mistake(
    "That is a share of the error, a half, and no voltage yet: take it of the error that you know."
)
def half_as_a_share() -> float:
    return 0.5


def error_after(ms: float) -> float:
    """Return by how much Euler's voltage is above the exact one some time after a unit jump, in steps of 1 ms."""
    return float(errors(1.0)[round(ms) - 1])


error_over_time = Prediction(
    f"A spike of 1 V, then steps of 1 ms: Euler's voltage is off by up to {largest_error(1.0):.4f} V. "
    "Draw by how much it is above the exact voltage, over time.",
    Points(
        error_after,
        (4, 10, 16, 22, 30, 40),
        ("time (ms)", "error of v (V)"),
        tolerance=0.004,
        axis=(-0.02, 0.03),
        trends={"rises": "grows_from_the_first_on"},
        ways={
            "stays_off": [[0.012] * 6, [0.01, 0.016, 0.018, 0.018, 0.018, 0.018]],
            "never_too_low": [
                [0.015, 0.025, 0.018, 0.01, 0.005, 0.001],
                [0.012, 0.018, 0.013, 0.008, 0.004, 0.001],
            ],
            "begins_too_low": [
                [-0.02, -0.008, 0.004, 0.009, 0.008, 0.004],
                [-0.012, -0.004, 0.008, 0.012, 0.008, 0.004],
            ],
        },
        computed=("exact_minus_euler", "without_its_sign", "grows_from_the_first_on", "is_the_voltage"),
    ),
    given=f"tau_mem = {TAU_MEM:g} ms, tau_syn = {TAU_SYN:g} ms. One step of Euler is `i = i + x`, `v = v + dt/tau_mem (i - v)`, `i = i - dt/tau_syn i`; the area under its v is right.",
)


@error_over_time.mistake(
    "Your error grows and grows, as if each step added one for good. But v leaks, and what is wrong in it leaks as well."
)
def adds_up(ms: float) -> float:
    return 0.028 * ms / 40


@error_over_time.mistake(
    "Your error stays, as if nothing could make it good again. But v leaks, and what is wrong in it leaks as well."
)
def stays_off(ms: float) -> float:
    return 0.025


@error_over_time.mistake(
    "Your error fades, and Euler is never too low. But lesson 4 found its area to be right: what is too much at first must be missing later."
)
def never_too_low(ms: float) -> float:
    return 0.0255 * math.exp((4 - ms) / 12)


@error_over_time.mistake(
    "Your Euler begins too low. But its first step takes the whole current, as it is right after the jump: v rises too fast."
)
def begins_too_low(ms: float) -> float:
    return -0.018 * math.exp((4 - ms) / 12)


@error_over_time.mistake(
    "These are voltages of Euler's. Draw by how much they are above the exact ones: the question says that this is 0.03 V at most."
)
def is_the_voltage(ms: float) -> float:
    exact_v = TAU_SYN / (TAU_MEM - TAU_SYN) * (math.exp(-ms / TAU_MEM) - math.exp(-ms / TAU_SYN))
    return exact_v + error_after(ms)


@error_over_time.mistake(
    "This is the right curve upside down: the exact voltage minus Euler's. Euler's is too high first, and that counts as above 0."
)
def exact_minus_euler(ms: float) -> float:
    return -error_after(ms)


@error_over_time.mistake(
    "The sizes are right, and all of them above 0. Here the sign counts: later Euler's voltage lies below the exact one."
)
def without_its_sign(ms: float) -> float:
    return abs(error_after(ms))


@error_over_time.mistake(
    "Your error goes on growing, as if each step added one for good. But v leaks, and what is wrong in it leaks as well."
)
def grows_from_the_first_on(ms: float) -> float:
    return 0.025 + 0.025 * (ms - 4) / 36


rings_beyond = Prediction(
    "Make dt longer and longer, with tau_mem = 10 ms and tau_syn = 5 ms. Beyond which dt does something change its sign in each step?",
    Number(
        min(TAU_MEM, TAU_SYN),
        "ms",
        tolerance=0.25,
        between=(0, 100),
    ),
    given="one step of Euler is `v = v + dt/tau_mem (i - v)`, then `i = i - dt/tau_syn i`.",
)


@rings_beyond.mistake(
    "Beyond tau_mem, the part of v itself does ring. The current has begun before, and beyond twice its time constant it even grows."
)
def slower_constant() -> float:
    return TAU_MEM


@rings_beyond.mistake(
    "Here a step still leaves half of the current. For another sign it would have to take more than all."
)
def half_of_the_faster() -> float:
    return TAU_SYN / 2


@rings_beyond.mistake(
    "Beyond 2 tau_mem v's own part would grow. Long before that, both parts change their sign in each step."
)
def growth_of_the_voltage() -> float:
    return 2 * TAU_MEM


@rings_beyond.mistake(
    "This is the sum of both time constants. Each part of the step rings by itself, and one of them begins first."
)
def sum_of_both() -> float:
    return TAU_MEM + 5


@rings_beyond.mistake(
    "This is the mean of both time constants. Each part of the step rings by itself, and one of them begins first."
)
def mean_of_both() -> float:
    return (TAU_MEM + 5) / 2


LONG = 7.0  # in ms: between tau_syn and twice tau_syn

at_7_ms = Prediction(
    f"One step is dt = {LONG:g} ms long, and tau_syn = 5 ms. What does Euler's current do after a jump?",
    Choice(
        "b",
        {
            "a": "it decays smoothly, less accurately",
            "b": "it changes its sign in each step, and dies away",
            "c": "it changes its sign in each step, and grows",
        },
        {
            "a": "A smooth decay needs a factor above 0. One step here takes away more than the whole current.",
            "b": f"Each step multiplies i by 1 - dt/tau_syn = {1 - LONG / TAU_SYN:.1f}: another sign, and smaller.",
            "c": "It would grow if a step took away more than twice the current. This one does not.",
        },
    ),
    given="one step of Euler is `i = i - dt/tau_syn i`.",
)

TINY = 1e-5  # dt / tau
STALL = torch.finfo(torch.float32).eps / (4 * TINY)  # in volt

tiny_dt = Prediction(
    "A held current pulls v to 1 V. A loop in float32 takes steps of dt = 0.0001 ms, with tau_mem = 10 ms. Where does v come to rest?",
    Choice(
        "c",
        {
            "a": "at 1 V, to seven digits",
            "b": "about 0.1 microvolt below 1 V",
            "c": "about 3 millivolt below 1 V",
        },
        {
            "a": "A float32 number has seven digits, but the last rise is a tiny part of what is missing, and is lost before.",
            "b": "That is the rounding of a single number close to 1 V. What gets lost is a rise, and that is 100,000 times smaller than what is missing.",
            "c": f"A rise is dt/tau times what is missing. Below half of the last digit of v it vanishes: {1000 * STALL:.1f} mV are missing then. So a smaller dt is not always better.",
        },
    ),
    given="one step is `v = v + dt/tau_mem (1 - v)`, in V. A number of float32 has seven digits.",
)

# -- The order of a method -----------------------------------------------------------------------


def slope_of_logarithms(dts, errors):
    """Return the slope of a straight line through log(error) over log(dt)."""
    x, y = dts.log(), errors.log()
    x, y = x - x.mean(), y - y.mean()
    return float((x * y).sum() / (x * x).sum())


def power_laws(generator: Generator) -> list[tuple]:
    """Return 12 cases of 3 to 7 step sizes, in falling, rising or any order, and by no common ratio."""
    draw, cases = Draw(generator), []
    for number in range(12):
        dts = draw.scales(1e-5, 0.05) * draw.scales(1.3, 4, 3 + number % 5).cumprod(0)
        dts = (dts.flip(0), dts, draw.shuffled(dts))[number % 3]
        order = draw.between(0.4, 0.9) if number % 4 == 3 else draw.between(1, 4.2)
        cases.append((dts, draw.scales(1e-8, 10) * (dts / dts[0]) ** order))
    return cases


order = Exercise(
    "Write `order(dts, errors)`: the order of a method, from its error at several step sizes.",
    Function(
        slope_of_logarithms,
        returns=("order",),
        cases=power_laws,
        tolerance=1e-4,
        each="step size",
        name="my_order",
    ),
    hints=(
        "A method of order q has an error of about C times dt to the power q. What is the logarithm of that?",
        "log(error) = log(C) + q log(dt): a straight line with the slope q. A fit of a line will do, and so will the slope between two of its points.",
        """Almost the code; two of the four logarithms are yours:

rise = errors[0].log() - ...
run = dts[0].log() - ...
return rise / run""",
    ),
    solution="The order is the slope of log(error) over log(dt). After `import numpy as np`, `np.polyfit(np.log(dts), np.log(errors), 1)[0]` is another way to it.",
)


@order.mistake(
    "This is the slope of the errors themselves, in volt per second. An order is a power, and logarithms turn powers into slopes."
)
def without_logarithms(dts, errors):
    return statistics.linear_regression(dts.tolist(), errors.tolist()).slope


@order.mistake(
    "This is a difference of errors by a difference of steps, in volt per second. An order has no unit: take logarithms first."
)
def first_against_last(dts, errors):
    return float((errors[0] - errors[-1]) / (dts[0] - dts[-1]))


@order.mistake("The errors have their logarithm, the step sizes do not: both axes are logarithmic.")
def logarithm_of_errors_alone(dts, errors):
    return statistics.linear_regression(dts.tolist(), errors.log().tolist()).slope


@order.mistake("The step sizes have their logarithm, the errors do not: both axes are logarithmic.")
def logarithm_of_steps_alone(dts, errors):
    return statistics.linear_regression(dts.log().tolist(), errors.tolist()).slope


@order.mistake(
    "This is the slope between the first two errors, in volt per second. An order is a power, and logarithms turn powers into slopes."
)
def first_against_second(dts, errors):
    return float((errors[0] - errors[1]) / (dts[0] - dts[1]))


@order.mistake(
    "Above the line stand logarithms, below it the step sizes as they are. Take the logarithms of both."
)
def logarithm_of_two_errors_alone(dts, errors):
    return float((errors[0].log() - errors[1].log()) / (dts[0] - dts[1]))


@order.mistake("The slope is upside down: the error belongs on the vertical axis, dt on the horizontal one.")
def upside_down(dts, errors):
    return 1 / slope_of_logarithms(dts, errors)


@order.mistake(
    "This is how many times smaller the error gets from one step size to the next. The order is the power of dt that does this."
)
def ratio_of_errors(dts, errors):
    return float(errors[0] / errors[1])


@order.mistake(
    "The ratio of the errors is divided by the ratio of the steps. Both belong into a logarithm before that."
)
def ratio_of_ratios(dts, errors):
    return float((errors[0] / errors[1]) / (dts[0] / dts[1]))


@order.mistake(
    "One logarithm was taken of the whole quotient. Take it of each ratio first, and divide then: log(a)/log(b) is not log(a/b)."
)
def logarithm_of_the_quotient(dts, errors):
    return math.log((errors[0] / errors[1]) / (dts[0] / dts[1]))


@order.mistake(
    "This is right where each dt is half of the one before. Other step sizes need their own ratio below the line."
)
def counts_in_twos(dts, errors):
    return math.log2(errors[0] / errors[1])


@order.mistake(
    "This is log2 of the first error by the last, as if a single halving lay between. Divide by what the steps did."
)
def counts_the_whole_way_in_twos(dts, errors):
    return math.log2(errors[0] / errors[-1])


@order.mistake(
    "Two kinds of logarithm are mixed, log10 above the line and log below it. Either will do, for both."
)
def two_kinds_of_logarithm(dts, errors):
    return slope_of_logarithms(dts, errors) / math.log(10)


@order.mistake(
    "The sign is turned: one of the two ratios is the other way round. The error falls together with dt."
)
def turned_sign(dts, errors):
    return -slope_of_logarithms(dts, errors)


@order.mistake(
    "One is added, as for the error of one single step. The slope of these errors is asked as it is."
)
def of_one_step(dts, errors):
    return slope_of_logarithms(dts, errors) + 1


@order.mistake(
    "One is subtracted. These errors are no sums over steps any more: their slope is the order itself."
)
def less_one(dts, errors):
    return slope_of_logarithms(dts, errors) - 1


@order.mistake(
    "This is the mean of error by dt, in volt per second. It says how large the errors are, not how they shrink."
)
def mean_error_per_step(dts, errors):
    return float((errors / dts).mean())


@order.mistake(
    "This divides log(error) by log(dt). A slope is a difference of one by a difference of the other."
)
def quotients_of_logarithms(dts, errors):
    return float((errors.log() / dts.log()).mean())


@order.mistake(
    "The line is forced through the point (0, 0) of the logarithms. Leave room for a constant beside the slope."
)
def through_the_origin(dts, errors):
    x, y = dts.log(), errors.log()
    return float((x * y).sum() / (x * x).sum())


@order.mistake(
    "This is the constant of the line. Its slope is wanted: what a fit returns has two numbers, mind their order."
)
def constant_of_the_line(dts, errors):
    x, y = dts.log().tolist(), errors.log().tolist()
    return statistics.linear_regression(x, y).intercept


@order.mistake(
    "This divides the logarithm of the last error by that of its dt. A slope is a difference of logarithms by a difference of logarithms."
)
def quotient_of_last_logarithms(dts, errors):
    return float(errors[-1].log() / dts[-1].log())


@order.mistake(
    "The logarithm of the last error less the first was taken, and such a difference may be negative: then it has none. Wanted is a difference of two logarithms."
)
def logarithm_of_a_whole_difference(dts, errors):
    return float((errors[-1] - errors[0]).log() / (dts[-1] - dts[0]).log())


@order.mistake(
    "A bracket is missing below the line: the rise is divided by the first logarithm alone, and the last is taken away after that."
)
def run_without_its_bracket(dts, errors):
    x, y = dts.log(), errors.log()
    return float((y[0] - y[-1]) / x[0] - x[-1])


@order.mistake(
    "A bracket is missing below the line: the rise is divided by the first logarithm alone, and the second is taken away after that."
)
def first_run_without_its_bracket(dts, errors):
    x, y = dts.log(), errors.log()
    return float((y[0] - y[1]) / x[0] - x[1])


@order.mistake("The logarithm of a difference was taken. Wanted is a difference of two logarithms.")
def logarithm_of_a_difference(dts, errors):
    return float((errors[0] - errors[1]).log() / (dts[0] - dts[1]).log())


@order.mistake("The slopes between neighbours are added up: take their mean.")
def adds_up_pairs(dts, errors):
    return (len(dts) - 1) * slope_of_logarithms(dts, errors)


@order.mistake(
    "The slopes between neighbours are divided by the number of step sizes. There is one neighbour less than that."
)
def counts_steps_for_pairs(dts, errors):
    return (len(dts) - 1) / len(dts) * slope_of_logarithms(dts, errors)


@order.mistake("The order is rounded. What is measured need not be a whole number: leave it as it is.")
def rounds(dts, errors):
    return float(round(slope_of_logarithms(dts, errors)))


@order.mistake("This is Euler's order, whatever the errors are. Use the numbers that your function is given.")
def of_euler(dts, errors):
    return 1.0


@order.mistake(
    "This is the logarithm of a ratio of errors. It depends on how much the step shrank: divide by the logarithm of that ratio."
)
def logarithm_of_the_ratio_alone(dts, errors):
    return float((errors[0] / errors[1]).log())


@order.mistake("The ratio of the errors has its logarithm, that of the step sizes has none: both need one.")
def ratio_of_steps_without_logarithm(dts, errors):
    return float((errors[0] / errors[1]).log() / (dts[0] / dts[1]))


@order.mistake(
    "This is log(error) by log(dt) of the first step size alone. The constant C is still in it: it drops out of a difference of two."
)
def one_point_alone(dts, errors):
    return float(errors[0].log() / dts[0].log())


@order.mistake(
    "This is the constant C of the power law, the error at dt = 1 s. The order is the power of dt."
)
def constant_of_the_power_law(dts, errors):
    return math.exp(constant_of_the_line(dts, errors))


@order.mistake(
    "Python divides first and subtracts afterwards: put brackets around each of the two differences."
)
def forgets_the_brackets(dts, errors):
    return float(errors[0].log() - errors[1].log() / dts[0].log() - dts[1].log())


# -- The largest step ----------------------------------------------------------------------------


def twice_the_smaller(tau_mem, tau_syn):
    """Return the dt beyond which Euler's step makes something grow."""
    return 2 * min(tau_mem, tau_syn)


def two_time_constants(generator: Generator) -> list[tuple]:
    """Return 12 cases of 0.1 ms to 1 s: either one is the smaller, by far or a little, and two are equal."""
    draw, cases = Draw(generator), []
    for number in range(12):
        tau = draw.scales(*((1e-4, 4e-4), (1e-3, 0.03), (0.05, 1))[number % 3])
        other = tau if number % 6 == 5 else tau * draw.scales(1.02, (1.5, 30)[number % 2])
        cases.append((tau, other) if number % 4 < 2 else (other, tau))
    return cases


largest_dt = Exercise(
    "Write `largest_dt(tau_mem, tau_syn)`: the dt in second beyond which Euler's step makes something grow.",
    Function(
        twice_the_smaller,
        returns=("dt",),
        cases=two_time_constants,
        name="my_largest_dt",
    ),
    hints=(
        "One step multiplies the current by 1 - dt/tau_syn, and v's own part by 1 - dt/tau_mem. Which factors make something grow?",
        "A part grows if its factor is below -1. Solve 1 - dt/tau = -1 for dt. You get a limit for each time constant: which of the two is reached first?",
        """Almost the code; which of them is yours:

limit_of_v = ... * tau_mem
limit_of_i = ... * tau_syn
return ...(limit_of_v, limit_of_i)""",
    ),
    solution="A factor 1 - dt/tau reaches -1 at dt = 2 tau. The smaller time constant gets there first.",
)


@largest_dt.mistake(
    "With such a step one part of the neuron explodes long before: each time constant sets a limit, and both must be kept."
)
def twice_the_larger(tau_mem, tau_syn):
    return 2 * max(tau_mem, tau_syn)


@largest_dt.mistake(
    "This is the larger time constant. Neither does it decide, nor is a step as long as a time constant the limit."
)
def the_larger(tau_mem, tau_syn):
    return max(tau_mem, tau_syn)


@largest_dt.mistake(
    "Here Euler begins to ring. What rings may still die away: how negative may 1 - dt/tau be?"
)
def begins_to_ring(tau_mem, tau_syn):
    return min(tau_mem, tau_syn)


@largest_dt.mistake(
    "With this step the faster part keeps half of itself in each step. That is far from the limit: it may turn its sign."
)
def half_of_the_smaller(tau_mem, tau_syn):
    return min(tau_mem, tau_syn) / 2


@largest_dt.mistake(
    "A tenth is a rule of thumb for an accurate step. Asked is where a step stops to be stable."
)
def a_tenth_of_the_smaller(tau_mem, tau_syn):
    return min(tau_mem, tau_syn) / 10


@largest_dt.mistake(
    "The synapse decides in the default neuron. Here the membrane is the faster one at times."
)
def always_the_synapse(tau_mem, tau_syn):
    return 2 * tau_syn


@largest_dt.mistake(
    "The membrane alone decides here. The current decays with a time constant of its own, and drives v."
)
def always_the_membrane(tau_mem, tau_syn):
    return 2 * tau_mem


@largest_dt.mistake("The 2 is divided by the smaller time constant: dt grows with it. Multiply.")
def two_over_the_smaller(tau_mem, tau_syn):
    return 2 / min(tau_mem, tau_syn)


@largest_dt.mistake(
    "The limit of the membrane is where v begins to ring. What rings may still die away: both limits have a 2."
)
def twice_the_synapse_alone(tau_mem, tau_syn):
    return min(tau_mem, 2 * tau_syn)


@largest_dt.mistake(
    "The limit of the synapse is where i begins to ring. What rings may still die away: both limits have a 2."
)
def twice_the_membrane_alone(tau_mem, tau_syn):
    return min(2 * tau_mem, tau_syn)


@largest_dt.mistake(
    "The two time constants are added. Each part has a factor of its own, and no slow part can rescue a fast one."
)
def the_sum(tau_mem, tau_syn):
    return tau_mem + tau_syn


@largest_dt.mistake(
    "This is the mean of the two time constants. A part that explodes is not calmed by the mean of both."
)
def the_mean(tau_mem, tau_syn):
    return (tau_mem + tau_syn) / 2


@largest_dt.mistake(
    "The two time constants are multiplied. Each part has a factor of its own: find the limit of each."
)
def the_geometric_mean(tau_mem, tau_syn):
    return 2 * math.sqrt(tau_mem * tau_syn)


@largest_dt.mistake(
    "The two rates 1/tau are added. Each part has a factor of its own: find the limit of each."
)
def the_rates_added(tau_mem, tau_syn):
    return 2 / (1 / tau_mem + 1 / tau_syn)


@largest_dt.mistake("This is in milliseconds. The time constants come in second, and so should dt go.")
def in_milliseconds(tau_mem, tau_syn):
    return 2000 * min(tau_mem, tau_syn)


@largest_dt.mistake("This is a rate, in 1/second: turn it round to get a time.")
def a_rate(tau_mem, tau_syn):
    return 1 / (2 * min(tau_mem, tau_syn))


@largest_dt.mistake(
    "This is the limit of the default neuron. Use the time constants that your function is given."
)
def of_the_default_neuron(tau_mem, tau_syn):
    return 2 * min(TAU_MEM, TAU_SYN) / 1000


@largest_dt.mistake(
    "This is the time constant of the synapse: there i begins to ring. And v has a limit of its own."
)
def the_synapse_itself(tau_mem, tau_syn):
    return tau_syn


@largest_dt.mistake(
    "This is the time constant of the membrane: there v begins to ring. And i has a limit of its own."
)
def the_membrane_itself(tau_mem, tau_syn):
    return tau_mem


@largest_dt.mistake(
    "This is twice the sum of the time constants. The faster part explodes long before: it has a factor of its own."
)
def twice_the_sum(tau_mem, tau_syn):
    return 2 * (tau_mem + tau_syn)


@largest_dt.mistake(
    "This is always 10, the limit of the default neuron in ms. Compute one in second, from the time constants that you are given."
)
def of_the_default_neuron_in_ms(tau_mem, tau_syn):
    return 2 * min(TAU_MEM, TAU_SYN)


@largest_dt.mistake("The time constants come in second already: do not divide by 1000.")
def divides_by_a_thousand(tau_mem, tau_syn):
    return min(tau_mem, tau_syn) / 500


@largest_dt.mistake(
    "This is a rate, twice the smaller 1/tau. A dt is a time: leave the time constants as they are."
)
def twice_the_smaller_rate(tau_mem, tau_syn):
    return 2 * min(1 / tau_mem, 1 / tau_syn)


# -- A bug in an error ---------------------------------------------------------------------------

STEPS = 20  # that the function with the bug takes, whatever it is asked


def error_of_decay(dt: float, duration: float) -> float:
    """Return Euler's error of exp(-t/10) after a duration, all in ms, at the step that ends nearest to it."""
    n = round(duration / dt)
    return abs((1 - dt / TAU_MEM) ** n - math.exp(-n * dt / TAU_MEM))


def error_of_decay_with_a_bug(dt: float, duration: float) -> float:
    """Return what the function with the bug does: the error after 20 steps, however long these are."""
    return abs((1 - dt / TAU_MEM) ** STEPS - math.exp(-STEPS * dt / TAU_MEM))


hunt = Exercise(
    "A function for Euler's error after a duration has a bug. Find a dt and a duration, in ms, at which it is wrong.",
    Witness(
        (0.5, 20.0),
        error_of_decay,
        error_of_decay_with_a_bug,
        {
            "dt": (1e-3, 20, "ms", "a step has a length, and longer ones explode"),
            "duration": (1, 100, "ms", "sooner little has happened, and later all is over"),
        },
    ),
    hints=(
        "Read the function: which of its two arguments does it never look at?",
        "How many steps does it take, and how many should it take? Look for a case in which these two differ.",
        "Take a duration of 20 ms and a dt that is not 1 ms.",
    ),
    solution="With dt = 0.5 ms, 20 steps are over after 10 ms, and not after 20 ms. So a shorter step has less time to go wrong, and the method looks better than it is: of order 2.",
)


@hunt.mistake(
    "For these numbers the function was written, and it is right there. Change one of them, and leave the other."
)
def as_it_was_written(dt=1.0, duration=20.0):
    return dt == 1 and duration == STEPS


@hunt.mistake(
    "One of the two is as before, and the other so close that the function still takes the right number of steps. Change it by more."
)
def is_too_close(dt=1.0, duration=20.3):
    return (dt == 1 or duration == STEPS) and round(duration / dt) == STEPS


@hunt.mistake("You changed both, and so the duration is as many steps long as before. The bug sleeps there.")
def as_many_steps(dt=0.5, duration=10.0):
    return round(duration / dt) == STEPS


# -- Recall --------------------------------------------------------------------------------------

recall = Recall(
    (
        "You measure Euler's error after 20 ms, then again with a third of dt. What do you expect?",
        Choice(
            "a",
            {"a": "a third of the error", "b": "a ninth of the error", "c": "the same error"},
            {
                "a": "One step is off by a ninth then, but there are three times as many of them.",
                "b": "That is what happens to the error of one step. Until 20 ms there are more steps now.",
                "c": "A shorter step follows the slope for a shorter time, before it looks again.",
            },
        ),
    ),
    (
        "And the error of one single step, with half of dt?",
        Choice(
            "c",
            {"a": "it is as large", "b": "it is a half", "c": "it is a quarter"},
            {
                "a": "The slope changes less during a shorter step, so the step is less off.",
                "b": "That is what happens to the error over a fixed time. A single step gains more.",
                "c": "The slope is off by what dt lets it change, and it is followed for dt: that is dt squared.",
            },
        ),
    ),
    (
        "A neuron has tau_mem = 20 ms and tau_syn = 2 ms. What does Euler do with dt = 3 ms?",
        Choice(
            "b",
            {"a": "v and i decay smoothly", "b": "i rings and dies away", "c": "i grows without end"},
            {
                "a": "They would if only tau_mem counted. The current has a smaller time constant.",
                "b": "Its factor is 1 - 3/2 = -0.5: the sign changes, the size shrinks.",
                "c": "For that its factor would have to be below -1. Compute it.",
            },
        ),
    ),
    (
        "With dt = 4 ms and tau_syn = 5 ms nothing rings and nothing explodes. What follows?",
        Choice(
            "c",
            {
                "a": "the voltage is right to a few percent",
                "b": "the error shrinks by itself with time, so it does not matter",
                "c": "the step is stable, and nothing about its accuracy",
            },
            {
                "a": f"Its largest error is {largest_error(4.0):.2f} V, where the exact peak is 0.25 V.",
                "b": "It does fade, as everything here does. But so does the voltage, and the peak was wrong.",
                "c": "Stable means that nothing grows. How far off a step is has to be measured.",
            },
        ),
    ),
    (
        "From lesson 4: Euler's peak after one jump is 7.7 % too high. What about the area under its voltage?",
        Choice(
            "b",
            {"a": "it is 7.7 % too large as well", "b": "it is right", "c": "it is too small"},
            {
                "a": "What comes too high at first is gone too early afterwards.",
                "b": "What a step adds to v and what leaks are counted from the same numbers, so the sum comes out right.",
                "c": "It would be if v used the decayed current. In our step the current drives v before it decays.",
            },
        ),
    ),
)


name_records(globals())
