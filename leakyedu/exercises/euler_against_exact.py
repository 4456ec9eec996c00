"""Lesson 5: Euler against the exact solution."""

import functools
import math
import statistics

import torch
from torch import Generator

from leakyedu.exercises.exercise import Exercise, Prediction, Recall
from leakyedu.exercises.kinds import Choice, Function, Number, Witness
from leakyedu.methods import Method, euler, exact
from leakyedu.model import LIParameters
from leakyedu.sequence import simulate
from leakyedu.stimuli import pulse

TAU_MEM, TAU_SYN = 10.0, 5.0  # of the default neuron, in ms
UNTIL = 60.0  # in ms: by then a response is over

# -- Predictions ---------------------------------------------------------------------------------


@functools.cache
def largest_error(dt: float) -> float:
    """Return how far Euler's voltage is off after one unit jump, where it is farthest, with dt in ms."""
    p = LIParameters.from_tau(*torch.tensor([TAU_SYN / 1000, TAU_MEM / 1000], dtype=torch.float64))

    def response(method: Method):
        steps = round(UNTIL / dt)
        return simulate(pulse(steps, dtype=torch.float64), p=p, dt=dt / 1000, method=method).v

    return float((response(euler) - response(exact)).abs().max())


def same_error() -> float:
    """This is the error of the longer step: nothing would be gained by twice the work."""
    return largest_error(1.0)


def quarter_of_the_error() -> float:
    """A quarter is left of the error of one single step. But twice as many of them add up now."""
    return largest_error(1.0) / 4


halved = Prediction(
    f"With dt = 1 ms Euler's voltage is off by up to {largest_error(1.0):.4f} V. By how much is it off with dt = 0.5 ms?",
    Number(
        largest_error(0.5), "V", tolerance=0.0015, mistakes=(same_error, quarter_of_the_error), between=(0, 1)
    ),
)


def slower_constant() -> float:
    """This is tau_mem, and v's own part does ring beyond it. The current has begun before."""
    return TAU_MEM


def half_of_the_faster() -> float:
    """Here a step still leaves half of the current. For another sign it would have to take more than all."""
    return TAU_SYN / 2


rings_beyond = Prediction(
    "Make dt longer and longer, with tau_mem = 10 ms and tau_syn = 5 ms. Beyond which dt does something change its sign in each step?",
    Number(
        min(TAU_MEM, TAU_SYN),
        "ms",
        tolerance=0.25,
        mistakes=(slower_constant, half_of_the_faster),
        between=(0.1, 100),
    ),
)

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
)

# -- The order of a method -----------------------------------------------------------------------


def slope_of_logarithms(dts, errors):
    """Return the slope of a straight line through log(error) over log(dt)."""
    x = [math.log(dt) for dt in dts]
    y = [math.log(error) for error in errors]
    return statistics.linear_regression(x, y).slope


def without_logarithms(dts, errors):
    """This is the slope of the errors themselves, in volt per second. An order is a power, and logarithms turn powers into slopes."""
    return statistics.linear_regression(dts.tolist(), errors.tolist()).slope


def first_against_last(dts, errors):
    """This is a difference of errors by a difference of steps, in volt per second. An order has no unit: take logarithms first."""
    return float((errors[0] - errors[-1]) / (dts[0] - dts[-1]))


def logarithm_of_errors_alone(dts, errors):
    """The errors have their logarithm, the step sizes do not: both axes are logarithmic."""
    return statistics.linear_regression(dts.tolist(), errors.log().tolist()).slope


def logarithm_of_steps_alone(dts, errors):
    """The step sizes have their logarithm, the errors do not: both axes are logarithmic."""
    return statistics.linear_regression(dts.log().tolist(), errors.tolist()).slope


def upside_down(dts, errors):
    """The slope is upside down: the error belongs on the vertical axis, dt on the horizontal one."""
    return 1 / slope_of_logarithms(dts, errors)


def ratio_of_errors(dts, errors):
    """This is how many times smaller the error gets from one step size to the next. The order is the power of dt that does this."""
    return float(errors[0] / errors[1])


def ratio_of_ratios(dts, errors):
    """The ratio of the errors is divided by the ratio of the steps. Both belong into a logarithm before that."""
    return float((errors[0] / errors[1]) / (dts[0] / dts[1]))


def counts_in_twos(dts, errors):
    """This is right where each dt is half of the one before. Other step sizes need their own ratio below the line."""
    return math.log2(errors[0] / errors[1])


def counts_the_whole_way_in_twos(dts, errors):
    """This is log2 of the first error by the last, as if a single halving lay between. Divide by what the steps did."""
    return math.log2(errors[0] / errors[-1])


def two_kinds_of_logarithm(dts, errors):
    """Two kinds of logarithm are mixed, log10 above the line and log below it. Either will do, for both."""
    return slope_of_logarithms(dts, errors) / math.log(10)


def turned_sign(dts, errors):
    """The sign is turned: one of the two ratios is the other way round. The error falls together with dt."""
    return -slope_of_logarithms(dts, errors)


def of_one_step(dts, errors):
    """One is added, as for the error of one single step. The slope of these errors is asked as it is."""
    return slope_of_logarithms(dts, errors) + 1


def less_one(dts, errors):
    """One is subtracted. These errors are no sums over steps any more: their slope is the order itself."""
    return slope_of_logarithms(dts, errors) - 1


def mean_error_per_step(dts, errors):
    """This is the mean of error by dt, in volt per second. It says how large the errors are, not how they shrink."""
    return float((errors / dts).mean())


def quotients_of_logarithms(dts, errors):
    """This divides log(error) by log(dt). A slope is a difference of one by a difference of the other."""
    return float((errors.log() / dts.log()).mean())


def through_the_origin(dts, errors):
    """The line is forced through the point (0, 0) of the logarithms. Leave room for a constant beside the slope."""
    x, y = dts.log(), errors.log()
    return float((x * y).sum() / (x * x).sum())


def constant_of_the_line(dts, errors):
    """This is the constant of the line. Its slope is wanted: what a fit returns has two numbers, mind their order."""
    x, y = dts.log().tolist(), errors.log().tolist()
    return statistics.linear_regression(x, y).intercept


def logarithm_of_a_difference(dts, errors):
    """The logarithm of a difference was taken. Wanted is a difference of two logarithms."""
    return math.log(errors[0] - errors[1]) / math.log(dts[0] - dts[1])


def adds_up_pairs(dts, errors):
    """The slopes between neighbours are added up: take their mean."""
    return (len(dts) - 1) * slope_of_logarithms(dts, errors)


def counts_steps_for_pairs(dts, errors):
    """The slopes between neighbours are divided by the number of step sizes. There is one neighbour less than that."""
    return (len(dts) - 1) / len(dts) * slope_of_logarithms(dts, errors)


def rounds(dts, errors):
    """The order is rounded. What is measured need not be a whole number: leave it as it is."""
    return float(round(slope_of_logarithms(dts, errors)))


def of_euler(dts, errors):
    """This is Euler's order, whatever the errors are. Use the numbers that your function is given."""
    return 1.0


def power_laws(generator: Generator) -> list[tuple]:
    """Return 12 cases of 3 to 6 step sizes, each shorter than the last by a ratio that is not 2."""

    def between(low: float, high: float) -> float:
        return low + (high - low) * float(torch.rand((), generator=generator, dtype=torch.float64))

    cases = []
    for number in range(12):
        dts = 1e-3 * between(1, 4) * between(2.2, 3.5) ** -torch.arange(3 + number % 4, dtype=torch.float64)
        cases.append((dts, between(0.01, 0.2) * (dts / dts[0]) ** between(0.6, 3.4)))
    return cases


order = Exercise(
    "Write `order(dts, errors)`: the order of a method, from its error at several step sizes.",
    Function(
        slope_of_logarithms,
        returns=("order",),
        cases=power_laws,
        mistakes=(
            without_logarithms,
            first_against_last,
            logarithm_of_errors_alone,
            logarithm_of_steps_alone,
            upside_down,
            ratio_of_errors,
            ratio_of_ratios,
            counts_in_twos,
            counts_the_whole_way_in_twos,
            two_kinds_of_logarithm,
            turned_sign,
            of_one_step,
            less_one,
            mean_error_per_step,
            quotients_of_logarithms,
            through_the_origin,
            constant_of_the_line,
            logarithm_of_a_difference,
            adds_up_pairs,
            counts_steps_for_pairs,
            rounds,
            of_euler,
        ),
        tolerance=1e-4,
        each="step size",
    ),
    hints=(
        "A method of order q has an error of about C times dt to the power q. What is the logarithm of that?",
        "log(error) = log(C) + q log(dt): a straight line with the slope q. A fit of a line will do, and so will the slope between two of its points.",
        """Almost the code; two of the four logarithms are yours:

rise = errors[0].log() - ...
run = dts[0].log() - ...
return rise / run""",
    ),
    solution="The order is the slope of log(error) over log(dt). `np.polyfit(np.log(dts), np.log(errors), 1)[0]` is another way to it.",
)

# -- The largest step ----------------------------------------------------------------------------


def twice_the_smaller(tau_mem, tau_syn):
    """Return the dt beyond which Euler's step makes something grow."""
    return 2 * min(tau_mem, tau_syn)


def twice_the_larger(tau_mem, tau_syn):
    """With such a step one part of the neuron explodes long before: each time constant sets a limit, and both must be kept."""
    return 2 * max(tau_mem, tau_syn)


def the_larger(tau_mem, tau_syn):
    """This is the larger time constant. Neither does it decide, nor is a step as long as a time constant the limit."""
    return max(tau_mem, tau_syn)


def begins_to_ring(tau_mem, tau_syn):
    """Here Euler begins to ring. What rings may still die away: how negative may 1 - dt/tau be?"""
    return min(tau_mem, tau_syn)


def half_of_the_smaller(tau_mem, tau_syn):
    """With this step the faster part keeps half of itself in each step. That is far from the limit: it may turn its sign."""
    return min(tau_mem, tau_syn) / 2


def a_tenth_of_the_smaller(tau_mem, tau_syn):
    """A tenth is a rule of thumb for an accurate step. Asked is where a step stops to be stable."""
    return min(tau_mem, tau_syn) / 10


def always_the_synapse(tau_mem, tau_syn):
    """The synapse decides in the default neuron. Here the membrane is the faster one at times."""
    return 2 * tau_syn


def always_the_membrane(tau_mem, tau_syn):
    """The membrane alone decides here. The current decays with a time constant of its own, and drives v."""
    return 2 * tau_mem


def the_sum(tau_mem, tau_syn):
    """The two time constants are added. Each part has a factor of its own, and no slow part can rescue a fast one."""
    return tau_mem + tau_syn


def the_mean(tau_mem, tau_syn):
    """This is the mean of the two time constants. A part that explodes is not calmed by the mean of both."""
    return (tau_mem + tau_syn) / 2


def the_geometric_mean(tau_mem, tau_syn):
    """The two time constants are multiplied. Each part has a factor of its own: find the limit of each."""
    return 2 * math.sqrt(tau_mem * tau_syn)


def the_rates_added(tau_mem, tau_syn):
    """The two rates 1/tau are added. Each part has a factor of its own: find the limit of each."""
    return 2 / (1 / tau_mem + 1 / tau_syn)


def in_milliseconds(tau_mem, tau_syn):
    """This is in milliseconds. The time constants come in second, and so should dt go."""
    return 2000 * min(tau_mem, tau_syn)


def a_rate(tau_mem, tau_syn):
    """This is a rate, in 1/second: turn it round to get a time."""
    return 1 / (2 * min(tau_mem, tau_syn))


def of_the_default_neuron(tau_mem, tau_syn):
    """This is the limit of the default neuron. Use the time constants that your function is given."""
    return 2 * min(TAU_MEM, TAU_SYN) / 1000


def two_time_constants(generator: Generator) -> list[tuple]:
    """Return 12 cases; the membrane is the faster one in some, by far or a little."""
    draws = torch.rand(12, 2, generator=generator, dtype=torch.float64)
    return [(0.002 + 0.028 * a, 0.002 + 0.028 * b) for a, b in draws.tolist()]


largest_dt = Exercise(
    "Write `largest_dt(tau_mem, tau_syn)`: the dt in second beyond which Euler's step makes something grow.",
    Function(
        twice_the_smaller,
        returns=("dt",),
        cases=two_time_constants,
        mistakes=(
            twice_the_larger,
            the_larger,
            begins_to_ring,
            half_of_the_smaller,
            a_tenth_of_the_smaller,
            always_the_synapse,
            always_the_membrane,
            the_sum,
            the_mean,
            the_geometric_mean,
            the_rates_added,
            in_milliseconds,
            a_rate,
            of_the_default_neuron,
        ),
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

# -- A bug in an error ---------------------------------------------------------------------------

STEPS = 20  # that the function with the bug takes, whatever it is asked


def error_of_decay(dt: float, duration: float) -> float:
    """Return Euler's error of exp(-t/10) after a duration, all in ms, at the step that ends nearest to it."""
    n = round(duration / dt)
    return abs((1 - dt / TAU_MEM) ** n - math.exp(-n * dt / TAU_MEM))


def error_of_decay_with_a_bug(dt: float, duration: float) -> float:
    """Return what the function with the bug does: the error after 20 steps, however long these are."""
    return abs((1 - dt / TAU_MEM) ** STEPS - math.exp(-STEPS * dt / TAU_MEM))


def as_it_was_written(dt=1.0, duration=20.0):
    """For these numbers the function was written, and it is right there. Change one of them, and leave the other."""
    return dt == 1 and duration == STEPS


def as_many_steps(dt=0.5, duration=10.0):
    """You changed both, and so the duration is as many steps long as before. The bug sleeps there."""
    return round(duration / dt) == STEPS


hunt = Exercise(
    "A function for Euler's error after a duration has a bug. Find a dt and a duration, in ms, at which it is wrong.",
    Witness(
        (0.5, 20.0),
        error_of_decay,
        error_of_decay_with_a_bug,
        {"dt": (0.1, 20), "duration": (1, 100)},
        (as_it_was_written, as_many_steps),
    ),
    hints=(
        "Read the function: which of its two arguments does it never look at?",
        "How many steps does it take, and how many should it take? Look for a case in which these two differ.",
        "Take a duration of 20 ms and a dt that is not 1 ms.",
    ),
    solution="With dt = 0.5 ms, 20 steps are over after 10 ms, and not after 20 ms. So a shorter step has less time to go wrong, and the method looks better than it is: of order 2.",
)


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
