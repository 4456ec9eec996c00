"""Lesson 3: synapses, their jumps and their decay."""

import math

import torch
from torch import Generator

from leakyedu.exercises.exercise import Exercise, Prediction, Recall
from leakyedu.exercises.kinds import Choice, Function, Number, Witness

TAU_MEM, TAU_SYN = 10.0, 5.0  # of the default neuron, in ms


def peak_in_ms() -> float:
    """Return when v peaks after one spike: where the slopes of the two exponentials are equal."""
    return math.log(TAU_MEM / TAU_SYN) / (1 / TAU_SYN - 1 / TAU_MEM)


def when_the_spike_arrives() -> float:
    """This is when i peaks, and one causes the other. But as long as i is above v, v goes on rising."""
    return 0.0


def synaptic_constant() -> float:
    """This is tau_syn: by then i has fallen to 37 %, which is still above v. The peak depends on both time constants."""
    return TAU_SYN


def membrane_constant() -> float:
    """This is tau_mem: a held current would have taken v to 63 % by then. Here the current decays meanwhile."""
    return TAU_MEM


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
)

peak_time = Prediction(
    "A spike arrives at t = 0. How long after it does v peak, with tau_mem = 10 ms and tau_syn = 5 ms?",
    Number(
        peak_in_ms(),
        "ms",
        tolerance=0.25,
        mistakes=(when_the_spike_arrives, synaptic_constant, membrane_constant),
        between=(0, 60),
    ),
)

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
)

# -- The response to one spike -------------------------------------------------------------------


def double_exponential(t, tau_mem, tau_syn, w):
    """Return v at times t after a spike at time 0: 0 before it."""
    t = t.clamp(min=0)  # the formula is 0 at t = 0, and so before
    if tau_mem == tau_syn:
        return w * t / tau_mem * torch.exp(-t / tau_mem)
    factor = w * tau_syn / (tau_mem - tau_syn)
    return factor * (torch.exp(-t / tau_mem) - torch.exp(-t / tau_syn))


def textbook_formula(t, tau_mem, tau_syn, w):
    """Equal time constants make the formula divide by 0. They need a case of their own: the limit that you derived."""
    t = t.clamp(min=0)
    return w * tau_syn / (tau_mem - tau_syn) * (torch.exp(-t / tau_mem) - torch.exp(-t / tau_syn))


def nought_by_nought(t, tau_mem, tau_syn, w):
    """Equal time constants give 0/0, which is nan. They need a case of their own: the limit that you derived."""
    t = t.clamp(min=0)
    return w * (torch.exp(-t / tau_mem) - torch.exp(-t / tau_syn)) / (tau_mem / tau_syn - 1)


def one_question_for_all_times(t, tau_mem, tau_syn, w):
    """An `if` asks one question, and t holds many times: each has an answer of its own. Use `t.clamp`, or `torch.where`."""
    return 0 * t if t < 0 else double_exponential(t, tau_mem, tau_syn, w)


def exponential_of_a_number(t, tau_mem, tau_syn, w):
    """`math.exp` wants one number, and t is a tensor of many times: use `torch.exp`."""
    return w * (math.exp(-t / tau_mem) - math.exp(-t / tau_syn))


def answers_before_the_spike(t, tau_mem, tau_syn, w):
    """The voltage moves before its spike: the formula holds from the spike on. Where t is negative, v is 0."""
    if tau_mem == tau_syn:
        return w * t / tau_mem * torch.exp(-t / tau_mem)
    return w * tau_syn / (tau_mem - tau_syn) * (torch.exp(-t / tau_mem) - torch.exp(-t / tau_syn))


def voltage_jumps(t, tau_mem, tau_syn, w):
    """The voltage jumps and leaks: one exponential. It is the current that jumps, and v follows it with a second one."""
    return torch.where(t > 0, w * torch.exp(-t / tau_mem), 0)


def is_the_current(t, tau_mem, tau_syn, w):
    """This is the current: it jumps by w and decays with tau_syn. The voltage follows it, and leaks with tau_mem."""
    return torch.where(t > 0, w * torch.exp(-t / tau_syn), 0)


def current_is_held(t, tau_mem, tau_syn, w):
    """The voltage rises to w and stays: that is the answer to a current that is held. Here the current decays."""
    return w * (1 - torch.exp(-t.clamp(min=0) / tau_mem))


def has_the_factor_of_one_neuron(t, tau_mem, tau_syn, w):
    """The factor before the two exponentials is missing: it is 1 for 10 ms and 5 ms, and not in general."""
    if tau_mem == tau_syn:
        return double_exponential(t, tau_mem, tau_syn, w)
    return w * (torch.exp(-t.clamp(min=0) / tau_mem) - torch.exp(-t.clamp(min=0) / tau_syn))


def has_no_factor_and_no_limit(t, tau_mem, tau_syn, w):
    """The difference of two exponentials needs a factor: without one, equal time constants would leave nothing of the spike."""
    return w * (torch.exp(-t.clamp(min=0) / tau_mem) - torch.exp(-t.clamp(min=0) / tau_syn))


def other_constant_on_top(t, tau_mem, tau_syn, w):
    """The wrong time constant stands on top of the factor, or the two are exchanged. Shortly after the spike v must rise as w t / tau_mem."""
    return double_exponential(t, tau_mem, tau_syn, w) * tau_mem / tau_syn


def loses_the_synapse(t, tau_mem, tau_syn, w):
    """The factor has a 1 on top, so it carries the unit 1/second. A voltage results where a time constant stands there."""
    v = double_exponential(t, tau_mem, tau_syn, w)
    return v if tau_mem == tau_syn else v / tau_syn


def turns_the_sign(t, tau_mem, tau_syn, w):
    """The voltage falls after a positive w. A factor and a difference have to be turned round together, or neither."""
    return -double_exponential(t, tau_mem, tau_syn, w)


def turns_the_sign_but_in_the_limit(t, tau_mem, tau_syn, w):
    """Where the time constants differ, the voltage falls after a positive w: the two exponentials are exchanged, or the two time constants below the line."""
    sign = 1 if tau_mem == tau_syn else -1
    return sign * double_exponential(t, tau_mem, tau_syn, w)


def adds_the_decays(t, tau_mem, tau_syn, w):
    """The two exponentials are added, so v would jump. At the spike they must cancel."""
    if tau_mem == tau_syn:
        return double_exponential(t, tau_mem, tau_syn, w)
    both = torch.exp(-t.clamp(min=0) / tau_mem) + torch.exp(-t.clamp(min=0) / tau_syn)
    return torch.where(t > 0, w * tau_syn / (tau_mem - tau_syn) * both, 0)


def grows(t, tau_mem, tau_syn, w):
    """The exponentials grow: a minus is missing in the exponents."""
    t = t.clamp(min=0)
    if tau_mem == tau_syn:
        return w * t / tau_mem * torch.exp(t / tau_mem)
    return w * tau_syn / (tau_mem - tau_syn) * (torch.exp(t / tau_mem) - torch.exp(t / tau_syn))


def forgets_w(t, tau_mem, tau_syn, w):
    """The weight w has no effect: a stronger synapse brings a larger response."""
    return double_exponential(t, tau_mem, tau_syn, 1.0)


def milliseconds(t, tau_mem, tau_syn, w):
    """The times are counted in milliseconds, the time constants in second: both come in second, so nothing is to be converted."""
    return double_exponential(1000 * t, tau_mem, tau_syn, w)


def always_the_limit(t, tau_mem, tau_syn, w):
    """This is the limit for equal time constants, used for all of them: where they differ, both must appear."""
    return double_exponential(t, tau_mem, tau_mem, w)


def limit_is_zero(t, tau_mem, tau_syn, w):
    """At equal time constants nothing is left of the spike. The difference becomes 0 there, but so does what it is divided by."""
    return 0 * t if tau_mem == tau_syn else double_exponential(t, tau_mem, tau_syn, w)


def limit_without_its_time_constant(t, tau_mem, tau_syn, w):
    """At equal time constants t is to be divided by one: t alone is a time, and v is none."""
    result = double_exponential(t, tau_mem, tau_syn, w)
    return result * tau_mem if tau_mem == tau_syn else result


def limit_is_one_exponential(t, tau_mem, tau_syn, w):
    """At equal time constants v jumps: one exponential is not the limit. Use l'Hopital's rule, or let sympy take it."""
    if tau_mem == tau_syn:
        return voltage_jumps(t, tau_mem, tau_syn, w)
    return double_exponential(t, tau_mem, tau_syn, w)


def neurons(generator: Generator) -> list[tuple]:
    """Return 20 cases of 50 times each, some of them before the spike; every fourth has equal time constants."""

    def between(low: float, high: float, *shape: int):
        return low + (high - low) * torch.rand(shape, generator=generator, dtype=torch.float64)

    cases = []
    for number in range(20):
        tau_mem, tau_syn = float(between(4e-3, 30e-3)), float(between(2e-3, 15e-3))
        w = float(torch.randn((), generator=generator, dtype=torch.float64))
        times = between(-0.02, 0.08, 50).sort().values
        cases.append((times, tau_mem, tau_mem if number % 4 == 1 else tau_syn, w))
    return cases


psp = Exercise(
    "Write the response of v to one spike, for any two time constants.",
    Function(
        double_exponential,
        returns=("v",),
        cases=neurons,
        mistakes=(
            textbook_formula,
            nought_by_nought,
            one_question_for_all_times,
            exponential_of_a_number,
            answers_before_the_spike,
            voltage_jumps,
            is_the_current,
            current_is_held,
            has_the_factor_of_one_neuron,
            has_no_factor_and_no_limit,
            other_constant_on_top,
            loses_the_synapse,
            turns_the_sign,
            turns_the_sign_but_in_the_limit,
            adds_the_decays,
            grows,
            forgets_w,
            milliseconds,
            always_the_limit,
            limit_is_zero,
            limit_without_its_time_constant,
            limit_is_one_exponential,
        ),
        each="time",
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

# -- A bug in a sum ------------------------------------------------------------------------------


def after_two(t: float, gap: float) -> float:
    """Return v of the default neuron at t ms after the first of two spikes, the second gap ms later."""
    times = torch.tensor([t, t - gap], dtype=torch.float64)
    return float(double_exponential(times, TAU_MEM, TAU_SYN, 1.0).sum())


def after_two_with_a_bug(t: float, gap: float) -> float:
    """Return what the function that the notebook shows does: each spike starts the response again."""
    if t > gap:
        t = t - gap
    return math.exp(-t / 10) - math.exp(-t / 5)


def before_the_first(t=0.0, gap=8.0):
    """At t = 0 the first spike arrives, and v has not moved yet. Look at a later time."""
    return t == 0


def at_the_same_time(t=8.0, gap=8.0):
    """This is the moment at which the second spike arrives. It makes the current jump, but v has not moved yet."""
    return t == gap


def before_the_second(t=6.0, gap=8.0):
    """At this time the second spike has not arrived yet, and one response is all there is."""
    return t <= gap


hunt = Exercise(
    "A function for two spikes has a bug. Find a time and a gap, in ms, at which it is wrong.",
    Witness(
        (12.0, 8.0),
        after_two,
        after_two_with_a_bug,
        {"t": (0, 100), "gap": (0, 50)},
        (before_the_first, at_the_same_time, before_the_second),
    ),
    hints=(
        "Read the function: how many of its two responses are in what it returns?",
        "The first response must still be there when the second has begun.",
        "Choose a gap of some milliseconds, and a t that is larger than the gap.",
    ),
    solution="At 12 ms, with a gap of 8 ms, both responses count. The function starts again and forgets the first.",
)


def sum_of_responses(t, times, w):
    """Return v of the default neuron at times t, after spikes at the given times."""
    v = torch.zeros_like(t)
    for time in times:
        since = (t - time).clamp(min=0)
        v = v + w * (torch.exp(-since / 0.010) - torch.exp(-since / 0.005))
    return v


def starts_again(t, times, w):
    """Each spike starts the response again: what the spikes before it have done must stay, and be added."""
    v = torch.zeros_like(t)
    for time in times:
        v = torch.where(t > time, sum_of_responses(t, [time], w), v)
    return v


def keeps_the_last(t, times, w):
    """The last spike of the list alone is left: `v = ...` in the loop replaces what was there. Add to v instead."""
    return sum_of_responses(t, times[-1:], w)


def returns_too_early(t, times, w):
    """The first spike of the list alone counts: does `return` stand inside the loop?"""
    return sum_of_responses(t, times[:1], w)


def takes_the_mean(t, times, w):
    """The responses are averaged: two spikes at the same time do twice as much as one. Add them up."""
    return sum_of_responses(t, times, w) / len(times)


def takes_the_largest(t, times, w):
    """The response that is farthest from 0 wins at each time: nothing competes here. Add them up."""
    each = torch.stack([sum_of_responses(t, [time], w) for time in times])
    return each.gather(0, each.abs().argmax(0, keepdim=True))[0]


def saturates(t, times, w):
    """Each response is made smaller where v is up already: in this neuron the current does not ask for v."""
    v = torch.zeros_like(t)
    for time in times:
        v = v + (1 - v) * sum_of_responses(t, [time], w)
    return v


def all_at_once(t, times, w):
    """All spikes act at time 0: each response begins at a time of its own, so subtract it from t."""
    return sum_of_responses(t, 0 * times, w)


def runs_backwards(t, times, w):
    """Each response runs backwards, from its spike into the past: since a spike t - time has gone by."""
    return sum_of_responses(-t, -times, w)


def adds_the_times(t, times, w):
    """The times of the spikes are added to t: since a spike t - time has gone by, not t + time."""
    return sum_of_responses(t, -times, w)


def forgets_w_in_the_sum(t, times, w):
    """The weight w has no effect: hand it on to each single response."""
    return sum_of_responses(t, times, 1.0)


def counts_w_twice(t, times, w):
    """The weight w is multiplied twice: a single response holds it already."""
    return sum_of_responses(t, times, w * w)


def responds_before(t, times, w):
    """Spikes act before they arrive: where t - time is negative, a response is 0."""
    v = torch.zeros_like(t)
    for time in times:
        v = v + w * (torch.exp(-(t - time) / 0.010) - torch.exp(-(t - time) / 0.005))
    return v


def adds_the_currents(t, times, w):
    """These are the currents added up. The voltage is wanted: add up its responses, `psp`."""
    return sum(torch.where(t > time, w * torch.exp(-(t - time) / 0.005), 0) for time in times)


def trains(generator: Generator) -> list[tuple]:
    """Return 10 cases of 50 times, with two to six spikes each."""

    def between(low: float, high: float, *shape: int):
        return low + (high - low) * torch.rand(shape, generator=generator, dtype=torch.float64)

    return [
        (
            between(0, 0.1, 50).sort().values,
            between(0, 0.06, 2 + number % 5).sort().values,
            float(torch.randn((), generator=generator, dtype=torch.float64)),
        )
        for number in range(10)
    ]


spike_train = Exercise(
    "Repair it: write the voltage after any number of spikes.",
    Function(
        sum_of_responses,
        returns=("v",),
        cases=trains,
        mistakes=(
            starts_again,
            keeps_the_last,
            returns_too_early,
            takes_the_mean,
            takes_the_largest,
            saturates,
            all_at_once,
            runs_backwards,
            adds_the_times,
            forgets_w_in_the_sum,
            counts_w_twice,
            responds_before,
            adds_the_currents,
        ),
        each="time",
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
