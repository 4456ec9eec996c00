"""Lesson 3: synapses, their jumps and their decay."""

import math

import torch
from torch import Generator

from leakyedu.teaching.draw import Draw
from leakyedu.teaching.exercise import Exercise, Prediction, Recall
from leakyedu.teaching.function import Function
from leakyedu.teaching.kinds import Choice, Number, Points, Witness
from leakyedu.teaching.record import name_records

TAU_MEM, TAU_SYN = 10.0, 5.0  # of the default neuron, in ms


def peak_in_ms() -> float:
    """Return when v peaks after one spike: where the slopes of the two exponentials are equal."""
    return math.log(TAU_MEM / TAU_SYN) / (1 / TAU_SYN - 1 / TAU_MEM)


# -- Predictions ---------------------------------------------------------------------------------

jump = Prediction(
    "A spike arrives at a neuron at rest. What does the voltage do at that moment?",
    Choice(
        "c",
        {
            "a": "it jumps by w",
            "b": "it jumps, by less than w",
            "c": "it stays where it is and begins to rise",
        },
        {
            "a": "A recorded spike looks like a jump, so this is tempting. But what jumps by w here is the current.",
            "b": "Part of the input does leak away, but later. In no time at all the leak takes nothing, and neither does v move.",
            "c": "The current is in the slope of v. A slope that jumps bends the curve and does not tear it.",
        },
    ),
    given="the spike makes the current jump by its weight w, `i = i + w`. From then on `tau_syn di/dt = -i`, and at all times `tau_mem dv/dt = (v_leak - v) + i`.",
)

peak_time = Prediction(
    "A spike arrives at t = 0. How long after it does v peak, with tau_mem = 10 ms and tau_syn = 5 ms?",
    Number(
        peak_in_ms(),
        "ms",
        tolerance=0.25,
        between=(0, 60),
    ),
    given="at rest at 0 V before; the spike makes i jump by w = 1 V. From then on `tau_syn di/dt = -i` and `tau_mem dv/dt = -v + i`.",
)


@peak_time.mistake(
    "This is when i peaks, and one causes the other. But as long as i is above v, v goes on rising."
)
def when_the_spike_arrives() -> float:
    return 0.0


@peak_time.mistake(
    "This is tau_syn: by then i has fallen to 37 %, which is still above v. With the longer tau_mem, v peaks later than that."
)
def synaptic_constant() -> float:
    return TAU_SYN


@peak_time.mistake(
    "This is tau_mem: a held current would have taken v to 63 % by then. Here the current decays meanwhile."
)
def membrane_constant() -> float:
    return TAU_MEM


@peak_time.mistake(
    "This is the sum of both time constants, as if v waited for one after the other. Both act from the start."
)
def sum_of_both() -> float:
    return TAU_MEM + TAU_SYN


@peak_time.mistake(
    "This is the mean of both time constants. Both do count, in another way: at the peak the two exponentials have equal slopes."
)
def mean_of_both() -> float:
    return (TAU_MEM + TAU_SYN) / 2


@peak_time.mistake("This is when half of i is left. That is still more than v, which goes on rising.")
def half_life_of_i() -> float:
    return TAU_SYN * math.log(2)


@peak_time.mistake("Here the rates of both were added. At the peak i and v are equal: ask when that happens.")
def rates_added() -> float:
    return 1 / (1 / TAU_MEM + 1 / TAU_SYN)


@peak_time.mistake(
    "The way is right, and the logarithm is that to base 10. An exponential wants the natural one."
)
def logarithm_to_base_10() -> float:
    return math.log10(2) * TAU_MEM


@peak_time.mistake(
    "This is a logarithm alone, without a unit. A time results where time constants stand beside it."
)
def logarithm_alone() -> float:
    return math.log(2)


def after_a_spike(ms: float) -> float:
    """Return v in volt, some time after one spike of 1 V."""
    return TAU_SYN / (TAU_MEM - TAU_SYN) * (math.exp(-ms / TAU_MEM) - math.exp(-ms / TAU_SYN))


response = Prediction(
    "A spike of w = 1 V arrives at t = 0 at a neuron at rest, with tau_mem = 10 ms and tau_syn = 5 ms. Draw v.",
    Points(
        after_a_spike,
        (1, 4, 7, 11, 17, 26),
        ("time (ms)", "v (V)"),
        tolerance=0.025,
        axis=(0, 0.5),
        trends={"rises": "stays_up", "falls": "jumps_with_the_spike"},
        ways={
            "stays_up": [
                [0.35] * 6,
                [0.08, 0.23, 0.32, 0.38, 0.41, 0.42],
                [0.02, 0.08, 0.14, 0.22, 0.33, 0.46],
            ]
        },
        computed=(
            "draws_the_current",
            "jumps_with_the_spike",
            "holds_the_current",
            "peaks_at_the_weight",
            "peaks_too_late",
        ),
    ),
    given="the spike makes i jump by w. From then on `tau_syn di/dt = -i` and `tau_mem dv/dt = -v + i`.",
)


@response.mistake(
    "Your curve is highest near the spike, as i is, and falls from then on. But i sets the slope of v: as long as i is above v, v goes on rising."
)
def peaks_when_i_does(ms: float) -> float:
    return 0.4 * math.exp(-ms / TAU_MEM)


@response.mistake(
    "Your curve rises and stays up, also after the current is gone. But then nothing flows in any more, and the leak takes v back to rest."
)
def stays_up(ms: float) -> float:
    return 0.3 * (1 - math.exp(-ms / TAU_SYN))


@response.mistake(
    "Your curve is that of i, which jumps and decays. But i sets the slope of v: v begins at 0 V, and rises as long as i is above it."
)
def draws_the_current(ms: float) -> float:
    return math.exp(-ms / TAU_SYN)


@response.mistake(
    "In your curve v jumps with the spike, and leaks from then on. But the spike makes i jump. It sets the slope of v, and v begins at 0 V."
)
def jumps_with_the_spike(ms: float) -> float:
    return math.exp(-ms / TAU_MEM)


@response.mistake(
    "That is v with a current that is held. But this one decays within 5 ms or so, and then the leak takes v back to rest."
)
def holds_the_current(ms: float) -> float:
    return 1 - math.exp(-ms / TAU_MEM)


@response.mistake(
    "Your curve has the right shape, and is far too high: it peaks near w. But i has decayed by half before v has come far, and v leaks meanwhile."
)
def peaks_at_the_weight(ms: float) -> float:
    return 4 * after_a_spike(ms)


@response.mistake(
    "Your curve peaks too late. It is highest where it meets i, and i falls fast: after 7 ms a quarter of it is left."
)
def peaks_too_late(ms: float) -> float:
    return 0.25 * (ms / 17) ** 0.7 if ms < 17 else 0.25 - 0.05 * (ms - 17) / 9


second_spike = Prediction(
    "A second spike arrives 8 ms after the first. What is v from then on?",
    Choice(
        "b",
        {
            "a": "the response starts again, as after the first spike",
            "b": "the responses to both spikes added up",
            "c": "less than both responses added up, since v is up already",
        },
        {
            "a": "A stopwatch starts again, and a neuron with a reset does. This one has nothing that could wipe out what is there.",
            "b": "Both equations are linear: what one input does is independent of what is there already.",
            "c": "In real synapses the drive does shrink as v rises. Here the current does not ask for v, so nothing is lost.",
        },
    ),
    given=f"each spike makes i jump by 1 V, with tau_mem = {TAU_MEM:g} ms and tau_syn = {TAU_SYN:g} ms. After one spike alone v peaks at 0.25 V, {peak_in_ms():.1f} ms later.",
)

# -- The response to one spike -------------------------------------------------------------------


def double_exponential(t, tau_mem, tau_syn, w):
    """Return v at times t after a spike at time 0: 0 before it."""
    t = t.clamp(min=0)  # the formula is 0 at t = 0, and so before
    if tau_mem == tau_syn:
        return w * t / tau_mem * torch.exp(-t / tau_mem)
    factor = w * tau_syn / (tau_mem - tau_syn)
    return factor * (torch.exp(-t / tau_mem) - torch.exp(-t / tau_syn))


def neurons(generator: Generator) -> list[tuple]:
    """Return 20 cases of 1 to 80 times, in any order, before and after the spike; weights of either sign.

    Time constants of 1 to 50 ms are equal in every fifth case, apart by 0.1 to 5 % in another one.
    """
    draw, cases = Draw(generator), []
    for number in range(20):
        tau_mem, tau_syn = draw.scales(1e-3, 0.05), draw.scales(1e-3, 0.05)
        if number % 5 == 1:
            tau_syn = tau_mem
        if number % 5 == 3:
            tau_syn = tau_mem * (1 + draw.scales(1e-3, 0.05) * (-1 if number % 2 else 1))
        t = draw.between(-0.02 if number % 4 else 0, 0.15, (50, 80, 1, 20)[number % 4])
        t[-1] = 0 if len(t) > 1 else t[-1]
        if number == 12:
            t = t.float()
        cases.append((t, tau_mem, tau_syn, 3 * draw.normal()))
    return cases


psp = Exercise(
    "Write the response of v to one spike, for any two time constants.",
    Function(
        double_exponential,
        returns=("v",),
        cases=neurons,
        each="time",
        name="my_psp",
    ),
    hints=(
        "There are three cases: before the spike, equal time constants, and all others.",
        "Take the two formulas that sympy derived. Choose between them by `if tau_mem == tau_syn:`, and let `t.clamp(min=0)` stand for t, so that times before the spike count as the spike itself.",
        """Almost the code; what stands for the dots is in the two formulas:

t = t.clamp(min=0)
if tau_mem == tau_syn:
    return w * ... * torch.exp(-t / tau_mem)
return w * ... * (torch.exp(-t / tau_mem) - torch.exp(-t / tau_syn))""",
    ),
    solution="Before the spike v is 0. Then it is a difference of two decays or, at equal time constants, its limit.",
)


@psp.mistake(
    "Equal time constants make the formula divide by 0. They need a case of their own: the limit that you derived."
)
def textbook_formula(t, tau_mem, tau_syn, w):
    t = t.clamp(min=0)
    return w * tau_syn / (tau_mem - tau_syn) * (torch.exp(-t / tau_mem) - torch.exp(-t / tau_syn))


@psp.mistake(
    "Equal time constants give 0/0, which is nan. They need a case of their own: the limit that you derived."
)
def nought_by_nought(t, tau_mem, tau_syn, w):
    t = t.clamp(min=0)
    return w * (torch.exp(-t / tau_mem) - torch.exp(-t / tau_syn)) / (tau_mem / tau_syn - 1)


@psp.mistake(
    "An `if` asks one question, and t holds many times: each has an answer of its own. Use `t.clamp`, or `torch.where`."
)
def one_question_for_all_times(t, tau_mem, tau_syn, w):
    return 0 * t if t < 0 else double_exponential(t, tau_mem, tau_syn, w)


@psp.mistake("At equal time constants w is missing: the response is proportional to it there, too.")
def forgets_the_weight_in_the_limit(t, tau_mem, tau_syn, w):
    return double_exponential(t, tau_mem, tau_syn, 1.0 if tau_mem == tau_syn else w)


@psp.mistake(
    "Brackets are missing below the line: the division ends before the minus. Write `/ (tau_mem - tau_syn)`."
)
def forgets_the_brackets(t, tau_mem, tau_syn, w):
    t = t.clamp(min=0)
    difference = torch.exp(-t / tau_mem) - torch.exp(-t / tau_syn)
    return w * tau_syn / tau_mem - tau_syn * difference


@psp.mistake("`math.exp` wants one number, and t is a tensor of many times: use `torch.exp`.")
def exponential_of_a_number(t, tau_mem, tau_syn, w):
    return w * (math.exp(-t / tau_mem) - math.exp(-t / tau_syn))


@psp.mistake(
    "The voltage moves before its spike: the formula holds from the spike on. Where t is negative, v is 0. A line with `t.clamp` alone leaves t as it is: what it returns needs a name."
)
def answers_before_the_spike(t, tau_mem, tau_syn, w):
    if tau_mem == tau_syn:
        return w * t / tau_mem * torch.exp(-t / tau_mem)
    return w * tau_syn / (tau_mem - tau_syn) * (torch.exp(-t / tau_mem) - torch.exp(-t / tau_syn))


@psp.mistake(
    "The voltage jumps and leaks: one exponential. It is the current that jumps, and v follows it with a second one."
)
def voltage_jumps(t, tau_mem, tau_syn, w):
    return torch.where(t > 0, w * torch.exp(-t / tau_mem), 0)


@psp.mistake(
    "This is the current: it jumps by w and decays with tau_syn. The voltage follows it, and leaks with tau_mem."
)
def is_the_current(t, tau_mem, tau_syn, w):
    return torch.where(t > 0, w * torch.exp(-t / tau_syn), 0)


@psp.mistake(
    "From t = 0 on this is one exponential, with tau_mem: the voltage jumps and leaks. It is the current that jumps, and v follows it."
)
def voltage_jumps_from_0_on(t, tau_mem, tau_syn, w):
    return torch.where(t >= 0, w * torch.exp(-t / tau_mem), 0)


@psp.mistake(
    "From t = 0 on this is one exponential, with tau_syn: that is the current, which jumps by w. The voltage follows it."
)
def is_the_current_from_0_on(t, tau_mem, tau_syn, w):
    return torch.where(t >= 0, w * torch.exp(-t / tau_syn), 0)


@psp.mistake(
    "The voltage rises to w and stays: that is the answer to a current that is held. Here the current decays."
)
def current_is_held(t, tau_mem, tau_syn, w):
    return w * (1 - torch.exp(-t.clamp(min=0) / tau_mem))


@psp.mistake(
    "The factor before the two exponentials is missing: it is 1 for 10 ms and 5 ms, and not in general."
)
def has_the_factor_of_one_neuron(t, tau_mem, tau_syn, w):
    if tau_mem == tau_syn:
        return double_exponential(t, tau_mem, tau_syn, w)
    return w * (torch.exp(-t.clamp(min=0) / tau_mem) - torch.exp(-t.clamp(min=0) / tau_syn))


@psp.mistake(
    "The difference of two exponentials needs a factor: without one, equal time constants would leave nothing of the spike."
)
def has_no_factor_and_no_limit(t, tau_mem, tau_syn, w):
    return w * (torch.exp(-t.clamp(min=0) / tau_mem) - torch.exp(-t.clamp(min=0) / tau_syn))


@psp.mistake(
    "The wrong time constant stands on top of the factor, or the two are exchanged. Shortly after the spike v must rise as w t / tau_mem."
)
def other_constant_on_top(t, tau_mem, tau_syn, w):
    return double_exponential(t, tau_mem, tau_syn, w) * tau_mem / tau_syn


@psp.mistake(
    "The time constants are those of the default neuron, 10 ms and 5 ms. Take those that your function is given."
)
def default_constants(t, tau_mem, tau_syn, w):
    return double_exponential(t, 0.010, 0.005, w)


@psp.mistake(
    "The factor has a 1 on top, so it carries the unit 1/second. A voltage results where a time constant stands there."
)
def loses_the_synapse(t, tau_mem, tau_syn, w):
    v = double_exponential(t, tau_mem, tau_syn, w)
    return v if tau_mem == tau_syn else v / tau_syn


@psp.mistake(
    "The voltage falls after a positive w. A factor and a difference have to be turned round together, or neither."
)
def turns_the_sign(t, tau_mem, tau_syn, w):
    return -double_exponential(t, tau_mem, tau_syn, w)


@psp.mistake(
    "Where the time constants differ, the voltage falls after a positive w: the two exponentials are exchanged, or the two time constants below the line."
)
def turns_the_sign_but_in_the_limit(t, tau_mem, tau_syn, w):
    sign = 1 if tau_mem == tau_syn else -1
    return sign * double_exponential(t, tau_mem, tau_syn, w)


@psp.mistake(
    "A bracket is missing around `tau_mem - tau_syn`: Python divides before it subtracts. Put the difference below the line in brackets."
)
def without_brackets_below_the_line(t, tau_mem, tau_syn, w):
    if tau_mem == tau_syn:
        return double_exponential(t, tau_mem, tau_syn, w)
    t = t.clamp(min=0)
    return w * tau_syn / tau_mem - tau_syn * (torch.exp(-t / tau_mem) - torch.exp(-t / tau_syn))


@psp.mistake("The factor multiplies the first exponential alone: put the difference of the two in brackets.")
def without_brackets_around_the_difference(t, tau_mem, tau_syn, w):
    if tau_mem == tau_syn:
        return double_exponential(t, tau_mem, tau_syn, w)
    t = t.clamp(min=0)
    return w * tau_syn / (tau_mem - tau_syn) * torch.exp(-t / tau_mem) - torch.exp(-t / tau_syn)


@psp.mistake("The two exponentials are added, so v would jump. At the spike they must cancel.")
def adds_the_decays(t, tau_mem, tau_syn, w):
    if tau_mem == tau_syn:
        return double_exponential(t, tau_mem, tau_syn, w)
    both = torch.exp(-t.clamp(min=0) / tau_mem) + torch.exp(-t.clamp(min=0) / tau_syn)
    return torch.where(t > 0, w * tau_syn / (tau_mem - tau_syn) * both, 0)


@psp.mistake(
    "The two exponentials are added: at the spike v is far from 0, and before it as well. They must cancel there."
)
def adds_the_decays_before_too(t, tau_mem, tau_syn, w):
    if tau_mem == tau_syn:
        return double_exponential(t, tau_mem, tau_syn, w)
    t = t.clamp(min=0)
    return w * tau_syn / (tau_mem - tau_syn) * (torch.exp(-t / tau_mem) + torch.exp(-t / tau_syn))


@psp.mistake("Time and time constant are multiplied in the exponents. How many time constants fit into t?")
def times_the_constants(t, tau_mem, tau_syn, w):
    t = t.clamp(min=0)
    if tau_mem == tau_syn:
        return w * t / tau_mem * torch.exp(-t * tau_mem)
    return w * tau_syn / (tau_mem - tau_syn) * (torch.exp(-t * tau_mem) - torch.exp(-t * tau_syn))


@psp.mistake("The exponentials grow: a minus is missing in the exponents.")
def grows(t, tau_mem, tau_syn, w):
    t = t.clamp(min=0)
    if tau_mem == tau_syn:
        return w * t / tau_mem * torch.exp(t / tau_mem)
    return w * tau_syn / (tau_mem - tau_syn) * (torch.exp(t / tau_mem) - torch.exp(t / tau_syn))


@psp.mistake("Where the time constants differ, the exponentials grow: a minus is missing in their exponents.")
def grows_but_in_the_limit(t, tau_mem, tau_syn, w):
    if tau_mem == tau_syn:
        return double_exponential(t, tau_mem, tau_syn, w)
    return grows(t, tau_mem, tau_syn, w)


@psp.mistake(
    "The times after the spike are cut off, and those before it are kept: `max=0` lets nothing above 0 pass."
)
def keeps_the_times_before(t, tau_mem, tau_syn, w):
    return answers_before_the_spike(t.clamp(max=0), tau_mem, tau_syn, w)


@psp.mistake(
    "Where tau_syn is the longer one, the limit for equal time constants is used, and it holds for equal ones alone. A negative difference is below any small number, too: take its size, `abs(...)`."
)
def limit_for_a_longer_synapse(t, tau_mem, tau_syn, w):
    return double_exponential(t, tau_mem, min(tau_mem, tau_syn), w)


@psp.mistake("The weight w has no effect: a stronger synapse brings a larger response.")
def forgets_w(t, tau_mem, tau_syn, w):
    return double_exponential(t, tau_mem, tau_syn, 1.0)


@psp.mistake(
    "The times are counted in milliseconds, the time constants in second: both come in second, so nothing is to be converted."
)
def milliseconds(t, tau_mem, tau_syn, w):
    return double_exponential(1000 * t, tau_mem, tau_syn, w)


@psp.mistake(
    "This is the limit for equal time constants, used for all of them: where they differ, both must appear."
)
def always_the_limit(t, tau_mem, tau_syn, w):
    return double_exponential(t, tau_mem, tau_mem, w)


@psp.mistake(
    "At equal time constants nothing is left of the spike. The difference becomes 0 there, but so does what it is divided by."
)
def limit_is_zero(t, tau_mem, tau_syn, w):
    return 0 * t if tau_mem == tau_syn else double_exponential(t, tau_mem, tau_syn, w)


@psp.mistake(
    "At equal time constants t is to be divided by the time constant: t alone is a time, and v is none."
)
def limit_without_its_time_constant(t, tau_mem, tau_syn, w):
    result = double_exponential(t, tau_mem, tau_syn, w)
    return result * tau_mem if tau_mem == tau_syn else result


@psp.mistake(
    "At equal time constants v jumps: one exponential is not the limit. Use l'Hopital's rule, or let sympy take it."
)
def limit_is_one_exponential(t, tau_mem, tau_syn, w):
    if tau_mem == tau_syn:
        return voltage_jumps(t, tau_mem, tau_syn, w)
    return double_exponential(t, tau_mem, tau_syn, w)


@psp.mistake(
    "At equal time constants this is w at the spike, and before it, and then decays. The limit begins at 0, as every response does: use l'Hopital's rule."
)
def limit_begins_at_w(t, tau_mem, tau_syn, w):
    if tau_mem == tau_syn:
        return w * torch.exp(-t.clamp(min=0) / tau_mem)
    return double_exponential(t, tau_mem, tau_syn, w)


# -- A bug in a sum ------------------------------------------------------------------------------


def after_two(t: float, gap: float) -> float:
    """Return v of the default neuron at t ms after the first of two spikes, the second gap ms later."""
    return after_a_spike(max(t, 0.0)) + after_a_spike(max(t - gap, 0.0))


def after_two_with_a_bug(t: float, gap: float) -> float:
    """Return what the function that the notebook shows does: each spike starts the response again."""
    if t > gap:
        t = t - gap
    return math.exp(-t / 10) - math.exp(-t / 5)


hunt = Exercise(
    "A function for two spikes has a bug. Find a time and a gap, in ms, at which it is wrong.",
    Witness(
        (12.0, 8.0),
        after_two,
        after_two_with_a_bug,
        {
            "t": (0, 100, "ms", "the first spike comes at t = 0, and 100 ms later all is over"),
            "gap": (0, 50, "ms", "the second spike comes after the first, while something is left of it"),
        },
    ),
    hints=(
        "Read the function: how many of its two responses are in what it returns?",
        "The first response must still be there when the second has begun.",
        "Choose a gap of some milliseconds, and a t that is larger than the gap.",
    ),
    solution="At 12 ms, with a gap of 8 ms, both responses count. The function starts again and forgets the first.",
)


@hunt.mistake("At t = 0 the first spike arrives, and v has not moved yet. Look at a later time.")
def before_the_first(t=0.0, gap=8.0):
    return t == 0


@hunt.mistake(
    "This is the moment at which the second spike arrives. It makes the current jump, but v has not moved yet."
)
def at_the_same_time(t=8.0, gap=8.0):
    return t == gap


@hunt.mistake("At this time the second spike has not arrived yet, and one response is all there is.")
def before_the_second(t=6.0, gap=8.0):
    return t <= gap


def sum_of_responses(t, times, w):
    """Return v of the default neuron at times t, after spikes at the given times."""
    v = torch.zeros_like(t)
    for time in times:
        since = (t - time).clamp(min=0)
        v = v + w * (torch.exp(-since / 0.010) - torch.exp(-since / 0.005))
    return v


def trains(generator: Generator) -> list[tuple]:
    """Return 10 cases of 1 to 80 times and 1 to 8 spikes, both in any order; two spikes may come at once."""
    draw, cases = Draw(generator), []
    for number, many in enumerate((3, 1, 2, 4, 8, 5, 2, 6, 3, 7)):
        times = draw.between(-0.01 if number % 3 else 0, 0.06, many)
        if number % 4 == 0:
            times[-1] = times[0]
        t = draw.between(-0.02, 0.25 if number % 2 else 0.1, (50, 80, 1, 20)[number % 4])
        cases.append((t if number % 3 else t.sort().values, times, 3 * draw.normal()))
    return cases


spike_train = Exercise(
    "Repair it: write the voltage after any number of spikes.",
    Function(
        sum_of_responses,
        returns=("v",),
        cases=trains,
        each="time",
        name="my_train",
    ),
    hints=(
        "You have the response to one spike at time 0. What does a spike at another time change about it?",
        "Go through the spikes in a loop. Each adds its own response to v, counted from its own time.",
        """Almost the code; the first argument of `psp` is yours:

v = torch.zeros_like(t)
for time in times:
    v = v + psp(..., 0.010, 0.005, w)
return v""",
    ),
    solution="The responses are shifted to their spikes and added up.",
)


@spike_train.mistake(
    "Each spike starts the response again: what the spikes before it have done must stay, and be added."
)
def starts_again(t, times, w):
    v = torch.zeros_like(t)
    for time in times:
        v = torch.where(t > time, sum_of_responses(t, [time], w), v)
    return v


@spike_train.mistake(
    "The last spike of the list alone is left: `v = ...` in the loop replaces what was there. Add to v instead."
)
def keeps_the_last(t, times, w):
    return sum_of_responses(t, times[-1:], w)


@spike_train.mistake("The first spike of the list alone counts: does `return` stand inside the loop?")
def returns_too_early(t, times, w):
    return sum_of_responses(t, times[:1], w)


@spike_train.mistake(
    "The responses are averaged: two spikes at the same time do twice as much as one. Add them up."
)
def takes_the_mean(t, times, w):
    return sum_of_responses(t, times, w) / len(times)


@spike_train.mistake(
    "The response that is farthest from 0 wins at each time: nothing competes here. Add them up."
)
def takes_the_largest(t, times, w):
    each = torch.stack([sum_of_responses(t, [time], w) for time in times])
    return each.gather(0, each.abs().argmax(0, keepdim=True))[0]


@spike_train.mistake(
    "At each time the largest response wins, and where w is below 0 the smallest. Responses add up."
)
def takes_the_maximum_of_all(t, times, w):
    return torch.stack([sum_of_responses(t, [time], w) for time in times]).max(0).values


@spike_train.mistake(
    "One response is seen, at time 0: the times are left out, or the number of a spike, 0, 1, 2 and so on, stands where its time belongs."
)
def one_response_at_0(t, times, w):
    return sum_of_responses(t, range(len(times)), w)


@spike_train.mistake(
    "The times are multiplied by 1000 here. All of them come in second, as the time constants do."
)
def times_in_milliseconds(t, times, w):
    return sum(double_exponential(1000 * (t - time), 0.010, 0.005, w) for time in times)


@spike_train.mistake(
    "Each response is made smaller where v is up already: in this neuron the current does not ask for v."
)
def saturates(t, times, w):
    v = torch.zeros_like(t)
    for time in times:
        v = v + (1 - v) * sum_of_responses(t, [time], w)
    return v


@spike_train.mistake(
    "All spikes act at time 0: each response begins at a time of its own, so subtract it from t."
)
def all_at_once(t, times, w):
    return sum_of_responses(t, 0 * times, w)


@spike_train.mistake(
    "Each response runs backwards, from its spike into the past: since a spike t - time has gone by."
)
def runs_backwards(t, times, w):
    return sum_of_responses(-t, -times, w)


@spike_train.mistake(
    "The times of the spikes are added to t: since a spike t - time has gone by, not t + time."
)
def adds_the_times(t, times, w):
    return sum_of_responses(t, -times, w)


@spike_train.mistake("The weight w has no effect: hand it on to each single response.")
def forgets_w_in_the_sum(t, times, w):
    return sum_of_responses(t, times, 1.0)


@spike_train.mistake("The weight w is multiplied twice: a single response holds it already.")
def counts_w_twice(t, times, w):
    return sum_of_responses(t, times, w * w)


@spike_train.mistake("Spikes act before they arrive: where t - time is negative, a response is 0.")
def responds_before(t, times, w):
    v = torch.zeros_like(t)
    for time in times:
        v = v + w * (torch.exp(-(t - time) / 0.010) - torch.exp(-(t - time) / 0.005))
    return v


@spike_train.mistake(
    "Each response is twice as large as it should be: 0.010 and 0.005 are exchanged. The time constant of the membrane comes first."
)
def exchanges_the_constants(t, times, w):
    return 2 * sum_of_responses(t, times, w)


@spike_train.mistake(
    "The two time constants are in milliseconds here, and all times come in second: 0.010 and 0.005."
)
def constants_in_milliseconds(t, times, w):
    return sum(double_exponential(t - time, 10, 5, w) for time in times)


@spike_train.mistake(
    "The second spike counts from the first, the third from both: `t = t - ...` in the loop changes t for those that follow. Hand `t - time` on, and let t alone."
)
def shifts_t_again_and_again(t, times, w):
    return sum_of_responses(t, times.cumsum(0), w)


@spike_train.mistake(
    "There is one response too many, that to a spike at t = 0: before the first spike of the list v is 0."
)
def one_spike_too_many(t, times, w):
    return sum_of_responses(t, [0, *times.tolist()], w)


@spike_train.mistake("This is 0 at all times: what is added up must be kept under a name.")
def keeps_nothing(t, times, w):
    return torch.zeros_like(t)


@spike_train.mistake("The first spike of the list is left out: does the loop begin at the second?")
def leaves_out_the_first(t, times, w):
    return sum_of_responses(t, times[1:], w)


@spike_train.mistake("The last spike of the list is left out: does the loop end one too early?")
def leaves_out_the_last(t, times, w):
    return sum_of_responses(t, times[:-1], w)


@spike_train.mistake(
    "The largest response wins at each time, and none falls below 0: `maximum` lets one response stand for all. Add them up."
)
def takes_the_maximum(t, times, w):
    each = [sum_of_responses(t, [time], w) for time in times]
    return torch.stack([torch.zeros_like(t), *each]).amax(0)


@spike_train.mistake("These are the currents added up. The voltage is wanted: add up its responses, `psp`.")
def adds_the_currents(t, times, w):
    return sum(torch.where(t > time, w * torch.exp(-(t - time) / 0.005), 0) for time in times)


# -- Recall --------------------------------------------------------------------------------------

recall = Recall(
    (
        "What jumps when a spike arrives?",
        Choice(
            "b",
            {"a": "the voltage", "b": "the current", "c": "both"},
            {
                "a": "The voltage begins to rise at that moment. Its curve bends, and has no gap.",
                "b": "It jumps by w. The voltage follows it.",
                "c": "One of them is driven by the other, and that takes time.",
            },
        ),
    ),
    (
        "After a single spike, what is true at the moment when v peaks?",
        Choice(
            "a",
            {"a": "i equals v - v_leak", "b": "i is highest", "c": "i is back at 0"},
            {
                "a": "Inflow equals leak there, so the slope of v is 0.",
                "b": "The current is highest right after the spike. Then v has the steepest slope, and is far from its peak.",
                "c": "Then nothing would feed v any more, and it would have been leaking for a while.",
            },
        ),
    ),
    (
        "Two spikes arrive at the same moment. How high is the peak of v, compared with one spike?",
        Choice(
            "c",
            {"a": "as high", "b": "higher, but less than twice", "c": "twice as high"},
            {
                "a": "The current jumps by w for each of them.",
                "b": "That would need a response which depends on v itself. Here everything is linear.",
                "c": "Responses add up. Here they have the same shape at the same time.",
            },
        ),
    ),
    (
        "Both time constants are 8 ms. What is v after a spike?",
        Choice(
            "b",
            {
                "a": "0: the two exponentials cancel",
                "b": "w (t/tau) exp(-t/tau)",
                "c": "not defined: the formula divides by 0",
            },
            {
                "a": "They cancel, and what they are divided by becomes 0 as well. Such a quotient may have any limit.",
                "b": "The limit of 0/0 is taken by l'Hopital's rule. The neuron itself notices nothing.",
                "c": "The formula is not, but the neuron is: its two equations have no trouble with equal constants.",
            },
        ),
    ),
    (
        "From lesson 1: a held current drives the neuron from rest. How far has v come after one tau_mem?",
        Choice(
            "c",
            {"a": "all the way", "b": "half of the way", "c": "63 % of the way"},
            {
                "a": "It would be, if it kept the slope of the start. But the closer v comes, the more leaks out.",
                "b": "Half of the way takes less: tau times the natural logarithm of 2.",
                "c": "1 - exp(-1) is 0.63.",
            },
        ),
    ),
)


name_records(globals())
