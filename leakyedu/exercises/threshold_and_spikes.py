"""Lesson 11: threshold and spikes, what stays and what breaks."""

import math

import torch
from torch import Generator

from leakyedu.exercises.exercise import Exercise, Prediction, Recall
from leakyedu.exercises.kinds import Choice, Function, Number, Witness

TAU, THRESHOLD = 10e-3, 1.0  # second, volt
WITHIN = 20e-3  # second; until when a spike is asked for
DRIVE = 1.5  # volt; where the lab starts


def firing_rate(i, tau):
    """Return the rate in hertz under a constant current i in volt, with a threshold of 1 V: 0 up to it."""
    if i <= 1:
        return 0.0
    return 1 / (tau * math.log(i / (i - 1)))


# -- Predictions ---------------------------------------------------------------------------------


def any_current() -> float:
    """Without a leak any current would do, if you wait. With one, v settles where inflow equals leak."""
    return 0.0


def one_spike_per_time_constant() -> float:
    """That is 1/tau: after one tau v has gone 63 % of its way to the current, and is not yet at the threshold."""
    return 1 / TAU


def in_a_straight_line() -> float:
    """That is the rate without a leak, where v rises in a straight line. It leaks, and slows down on its way."""
    return DRIVE / TAU


rheobase = Prediction(
    "A constant current drives a leaky neuron with tau = 10 ms and a threshold of 1 V. "
    "Which current must be passed, so that it spikes at all, however long you wait?",
    Number(THRESHOLD, "V", tolerance=0.02, mistakes=(any_current,), between=(0, 100)),
)

rate_at_start = Prediction(
    "The current is 1.5 V, tau is 10 ms, the threshold 1 V. At which rate does the neuron spike?",
    Number(
        firing_rate(DRIVE, TAU),
        "Hz",
        tolerance=3,
        mistakes=(one_spike_per_time_constant, in_a_straight_line),
        between=(0, 520),
    ),
)

doubled = Prediction(
    "You double the current, from 1.5 V to 3 V. What happens to the rate?",
    Choice(
        "c",
        {"a": "it doubles", "b": "it grows, but less than twice", "c": "it grows to more than twice"},
        {
            "a": "Without a threshold everything doubles with the input. The threshold does not double with it, and so this is over.",
            "b": "A real neuron has a pause after each spike, which limits its rate. This one has none.",
            "c": "What lies above the threshold counts, and that is four times as much. A neuron that spikes is not linear.",
        },
    ),
)

spike_time = Prediction(
    "You compute the first spike in steps of dt. How does its time depend on dt?",
    Choice(
        "b",
        {
            "a": "not at all: the neuron stays the same",
            "b": "it may be early or late, by a step or so",
            "c": "it is late, by less than a step: a spike waits for the end of its step",
        },
        {
            "a": "The current and the threshold stay the same, but when v passes the threshold is found out at the end of a step alone.",
            "b": "A spike waits for the end of its step, which makes it late. Euler's v rises too fast, which makes it early.",
            "c": "It does wait. But it waits for the voltage of Euler's steps, and that rises too fast.",
        },
    ),
)

# -- A bug about the reset -----------------------------------------------------------------------


def next_v(v: float, i: float) -> float:
    """Return v after a step of 1 ms, reset to 0 V where it has reached 1 V."""
    v = v + 0.1 * (i - v)
    return 0.0 if v >= 1 else v


def next_v_with_a_bug(v: float, i: float) -> float:
    """Return what the function with the bug does: it looks at the threshold before v moves."""
    if v >= 1:
        v = 0.0
    return v + 0.1 * (i - v)


def weak_current(v=0.9, i=0.8):
    """No current up to 1 V takes v to the threshold, so nothing is to be reset. Take a stronger one."""
    return i <= 1


def too_far_below(v=0.2, i=1.5):
    """This step does not reach the threshold: v moves by a tenth of its distance to i. Start higher, or drive it harder."""
    return v + 0.1 * (i - v) < 1


hunt = Exercise(
    "A step with a reset has a bug. Find a v below the threshold and a current, both in V, at which it is wrong.",
    Witness(
        (0.95, 2.0),
        next_v,
        next_v_with_a_bug,
        {"v": (0, 0.999), "i": (0, 100)},
        (weak_current, too_far_below),
    ),
    hints=(
        "Read the lines in their order. Which v is compared with the threshold?",
        "It matters where this step takes v across the threshold: v is below 1 V before it, and not after it.",
        "Start at v = 0.95 and ask which i makes v + 0.1 (i - v) at least 1.",
    ),
    solution="At v = 0.95 and i = 2 the step leads to 1.055 V, which must be reset. The function looks before v moves.",
)

# -- The step ------------------------------------------------------------------------------------


def fire_and_reset(v, i, dt, tau, threshold):
    """Return v after one step, and 1 for each neuron that spikes in it: v of these is 0."""
    v = v + dt / tau * (i - v)
    z = (v >= threshold).to(v.dtype)
    return (1 - z) * v, z


def moves(v, i, dt, tau):
    """Return v after Euler's step, without a threshold."""
    return v + dt / tau * (i - v)


def one_question_for_all(v, i, dt, tau, threshold):
    """An `if` asks one question, and v holds many neurons: each has an answer of its own. Compute with `v >= threshold`, a tensor."""
    v = moves(v, i, dt, tau)
    if v >= threshold:
        return 0 * v, 1 + 0 * v
    return v, 0 * v


def never_resets(v, i, dt, tau, threshold):
    """V is not reset: without that, a neuron above its threshold would spike in every step."""
    v = moves(v, i, dt, tau)
    return v, (v >= threshold).to(v.dtype)


def looks_too_early(v, i, dt, tau, threshold):
    """The v before the step is compared with the threshold: then a neuron spikes one step late. Let v move first."""
    z = (v >= threshold).to(v.dtype)
    return moves((1 - z) * v, i, dt, tau), z


def old_v_for_the_spike(v, i, dt, tau, threshold):
    """The spike and the reset are those of the v before the step. Compare the new v with the threshold."""
    z = (v >= threshold).to(v.dtype)
    return (1 - z) * moves(v, i, dt, tau), z


def spike_after_the_reset(v, i, dt, tau, threshold):
    """No neuron ever spikes: v is reset first and compared afterwards. Keep the spike before you reset."""
    v, _ = fire_and_reset(v, i, dt, tau, threshold)
    return v, (v >= threshold).to(v.dtype)


def subtracts_the_threshold(v, i, dt, tau, threshold):
    """The reset subtracts the threshold and keeps what was above it. Some neurons do that; this one starts again from 0 V."""
    v = moves(v, i, dt, tau)
    z = (v >= threshold).to(v.dtype)
    return v - z * threshold, z


def holds_at_the_threshold(v, i, dt, tau, threshold):
    """V stops at the threshold: `clamp` keeps it there. A spike takes it back to 0 V."""
    v = moves(v, i, dt, tau)
    return v.clamp(max=threshold), (v >= threshold).to(v.dtype)


def turns_the_comparison(v, i, dt, tau, threshold):
    """The comparison is turned round: those below the threshold spike and are reset."""
    v = moves(v, i, dt, tau)
    z = (v < threshold).to(v.dtype)
    return (1 - z) * v, z


def keeps_those_that_spike(v, i, dt, tau, threshold):
    """The spikes are right, but the others are reset: v must stay where z is 0. Look at the factor of v, or at the order in `torch.where`."""
    v, z = never_resets(v, i, dt, tau, threshold)
    return z * v, z


def resets_all(v, i, dt, tau, threshold):
    """One spike resets every neuron: `any` asks them all at once. Each neuron has a threshold of its own to pass."""
    v, z = never_resets(v, i, dt, tau, threshold)
    return (0 * v if z.any() else v), z


def spike_holds_the_voltage(v, i, dt, tau, threshold):
    """Your spikes have the size of v. A spike is there or not: z is 1 or 0."""
    v, z = never_resets(v, i, dt, tau, threshold)
    return (1 - z) * v, z * v


def has_a_threshold_of_its_own(v, i, dt, tau, threshold):
    """The threshold is always 1 V: use the one that you are given."""
    return fire_and_reset(v, i, dt, tau, 1.0)


def ignores_the_current(v, i, dt, tau, threshold):
    """The current has no effect: v leaks towards 0 V, and must leak towards i."""
    return fire_and_reset(v, 0 * i, dt, tau, threshold)


def adds_v_and_i(v, i, dt, tau, threshold):
    """The leak drives v upwards: its slope holds i - v, not i + v."""
    new = v + dt / tau * (i + v)
    z = (new >= threshold).to(v.dtype)
    return (1 - z) * new, z


def turns_the_slope(v, i, dt, tau, threshold):
    """V moves away from i: its slope holds i - v, not v - i."""
    new = v - dt / tau * (i - v)
    z = (new >= threshold).to(v.dtype)
    return (1 - z) * new, z


def forgets_the_leak(v, i, dt, tau, threshold):
    """V does not leak: then every current, however weak, would bring a spike. Its slope is (i - v) / tau."""
    new = v + dt / tau * i
    z = (new >= threshold).to(v.dtype)
    return (1 - z) * new, z


def forgets_the_old_v(v, i, dt, tau, threshold):
    """The change of v stands for v: add it to the voltage at the start of the step, before you compare."""
    new = dt / tau * (i - v)
    z = (new >= threshold).to(v.dtype)
    return (1 - z) * new, z


def forgets_dt(v, i, dt, tau, threshold):
    """Dt is missing: the slope is per second, and a step lasts dt seconds."""
    return fire_and_reset(v, i, 1.0, tau, threshold)


def forgets_tau(v, i, dt, tau, threshold):
    """The time constant tau has no effect: divide the distance i - v by it."""
    return fire_and_reset(v, i, dt, 1.0, threshold)


def has_a_step_of_its_own(v, i, dt, tau, threshold):
    """The 0.1 of your colleague is dt / tau for 1 ms and 10 ms. Compute with the dt and the tau that you are given."""
    return fire_and_reset(v, i, 0.1, 1.0, threshold)


def milliseconds(v, i, dt, tau, threshold):
    """Dt is counted in milliseconds: it comes in second already, as tau does."""
    return fire_and_reset(v, i, 1000 * dt, tau, threshold)


def neurons(generator: Generator) -> list[tuple]:
    """Return 10 cases of 50 neurons each, some of which start above the threshold."""

    def between(low: float, high: float, *shape: int):
        return low + (high - low) * torch.rand(shape, generator=generator, dtype=torch.float64)

    cases = []
    for _ in range(10):
        dt, tau, threshold = float(between(5e-4, 2e-3)), float(between(5e-3, 2e-2)), float(between(0.3, 0.8))
        cases.append((threshold * between(-0.5, 1.3, 50), between(-0.5, 3, 50), dt, tau, threshold))
    return cases


spike_step = Exercise(
    "Repair it for many neurons: one step, then threshold and reset.",
    Function(
        fire_and_reset,
        returns=("v", "z"),
        cases=neurons,
        mistakes=(
            one_question_for_all,
            never_resets,
            looks_too_early,
            old_v_for_the_spike,
            spike_after_the_reset,
            subtracts_the_threshold,
            holds_at_the_threshold,
            turns_the_comparison,
            keeps_those_that_spike,
            resets_all,
            spike_holds_the_voltage,
            has_a_threshold_of_its_own,
            ignores_the_current,
            adds_v_and_i,
            turns_the_slope,
            forgets_the_leak,
            forgets_the_old_v,
            forgets_dt,
            forgets_tau,
            has_a_step_of_its_own,
            milliseconds,
        ),
    ),
    hints=(
        "Three things happen, in this order: v moves, it is compared with the threshold, those that spike are reset.",
        "Compare the new v: `v >= threshold` is a tensor of True and False, and `.to(v.dtype)` turns it into 1 and 0. With that number for each neuron the reset is a multiplication.",
        """Almost the code; two pieces are yours:

v = v + dt / tau * (i - v)
z = (...).to(v.dtype)
return ... * v, z""",
    ),
    solution="First v moves, then z says which have reached the threshold, then these start again from 0 V.",
)

# -- The smallest current ------------------------------------------------------------------------


def current_for_a_spike() -> float:
    """Return the current that takes v from 0 to the threshold in 20 ms."""
    return THRESHOLD / -math.expm1(-WITHIN / TAU)


def threshold_itself() -> float:
    """With this current v comes closer and closer to the threshold, and never there. It has to arrive within 20 ms."""
    return THRESHOLD


def reached_with_one_volt() -> float:
    """This is the voltage after 20 ms with a current of 1 V. Which current takes v further, as far as the threshold?"""
    return -math.expm1(-WITHIN / TAU)


def without_a_leak() -> float:
    """This current would do without a leak: v would rise in a straight line. It leaks, and so settles below 1 V."""
    return THRESHOLD * TAU / WITHIN


def one_time_constant() -> float:
    """This current needs 10 ms, one time constant. There are 20 ms, so a weaker one will do."""
    return THRESHOLD / -math.expm1(-1)


def exponential_alone() -> float:
    """The 1 of 1 - exp(-t/tau) is missing. What decays is the distance to where v settles, not v."""
    return THRESHOLD / math.exp(-WITHIN / TAU)


def plus_for_minus() -> float:
    """A sign is wrong: a current below the threshold brings no spike at all."""
    return THRESHOLD / (1 + math.exp(-WITHIN / TAU))


def by_steps_of_1_ms() -> float:
    """This is what Euler's steps of 1 ms say: their v rises too fast. Use shorter steps, or the exact solution."""
    return THRESHOLD / (1 - (1 - 1e-3 / TAU) ** round(WITHIN / 1e-3))


def time_of_the_spike_at_the_start() -> float:
    """This is a current of 1.5 V, which spikes after 11 ms. There are 20 ms, so a weaker one will do."""
    return DRIVE


minimal_current = Exercise(
    "v starts at 0 V, tau is 10 ms, the threshold 1 V. "
    "Which is the smallest constant current that brings a spike within 20 ms? Give it to 0.01 V.",
    Number(
        current_for_a_spike(),
        "V",
        tolerance=0.005,
        mistakes=(
            threshold_itself,
            reached_with_one_volt,
            without_a_leak,
            one_time_constant,
            exponential_alone,
            plus_for_minus,
            by_steps_of_1_ms,
            time_of_the_spike_at_the_start,
        ),
    ),
    hints=(
        "Below it, there is no spike in 20 ms; above it, there is at least one. Where is v after 20 ms, if nothing resets it?",
        "From rest, v = i (1 - exp(-t/tau)). Let it be at the threshold at t = 20 ms. Or try currents with your step, in steps of 0.1 ms.",
        """Solve this for i; the exponent is yours:

1.0 == i * (1 - math.exp(...))""",
    ),
    solution=f"1 V = i (1 - exp(-20/10)), so i = 1 V / (1 - exp(-2)) = {current_for_a_spike():.3f} V.",
)

# -- The rate ------------------------------------------------------------------------------------


def no_case_below(i, tau):
    """Currents up to the threshold have no place in the formula: its logarithm has no value there. They bring no spike, so treat them first. If you do, look at the brackets: `i / i - 1` is 0."""
    return 1 / (tau * math.log(i / (i - 1)))


def no_case_at_the_threshold(i, tau):
    """A current of exactly 1 V makes the formula divide by 0. With it v comes closer and closer to the threshold: does it spike?"""
    return 0.0 if i < 1 else 1 / (tau * math.log(i / (i - 1)))


def nan_below(i, tau):
    """Currents below the threshold give nan, the logarithm of a negative number. They bring no spike, so treat them first."""
    return firing_rate(i, tau) if i >= 1 else math.nan


def absolute_value(i, tau):
    """Currents below the threshold bring spikes here: taking an absolute value hides that the logarithm has no value there."""
    return 0.0 if i == 1 else abs(1 / (tau * math.log(abs(i / (i - 1)))))


def period(i, tau):
    """This is the time between two spikes, in second. A rate is how many of them there are in a second."""
    return tau * math.log(i / (i - 1)) if i > 1 else 0.0


def turns_the_fraction(i, tau):
    """The rate is negative: the logarithm of a number below 1 is. Turn the fraction in it, or its sign."""
    return -firing_rate(i, tau)


def kilohertz(i, tau):
    """This is a rate per millisecond: tau comes in second, so that the rate is in hertz without any conversion."""
    return firing_rate(i, tau) / 1000


def forgets_tau_in_the_rate(i, tau):
    """Tau has no effect: a neuron with a longer tau rises more slowly, and spikes less often."""
    return firing_rate(i, 1.0)


def has_a_tau_of_its_own(i, tau):
    """Tau is always 10 ms: use the one that you are given."""
    return firing_rate(i, TAU)


def tau_on_top(i, tau):
    """Tau stands on top, so a slower neuron would spike more often. The time between two spikes is proportional to tau."""
    return firing_rate(i, tau) * tau**2


def decimal_logarithm(i, tau):
    """This uses the logarithm to base 10. The inverse of exp is the natural one, `math.log`."""
    return firing_rate(i, tau) * math.log(10)


def without_the_leak(i, tau):
    """This is the rate without a leak: v would rise in a straight line from spike to spike. It bends towards i."""
    return i / tau if i > 1 else 0.0


def straight_line(i, tau):
    """The rate rises in a straight line from the threshold on. That is how it looks far above it; solve for the time to the threshold."""
    return (i - 1) / tau if i > 1 else 0.0


def one_over_tau(i, tau):
    """The rate is 1/tau for every current: after one tau v has gone 63 % of the way to i. When is it at 1 V?"""
    return 1 / tau if i > 1 else 0.0


def misplaces_the_bracket(i, tau):
    """The logarithm ends too early: it is taken of i alone, and i - 1 divides it. A bracket is missing."""
    return 1 / (tau * (math.log(i) / (i - 1))) if i > 1 else 0.0


def divides_too_early(i, tau):
    """The logarithm multiplies where it should divide: `1 / tau * x` is x / tau. Put tau times the logarithm in brackets."""
    return 1 / tau * math.log(i / (i - 1)) if i > 1 else 0.0


def logarithm_of_i(i, tau):
    """The logarithm is taken of i. Look at what shrinks by exp(-t/tau): the distance from v to i, from i volt at the reset to what at the spike?"""
    return 1 / (tau * math.log(i)) if i > 1 else 0.0


def in_radians(i, tau):
    """There is a factor of 2 pi: that belongs to sines. Spikes are counted, once for each period."""
    return 2 * math.pi * firing_rate(i, tau)


def whole_hertz(i, tau):
    """The rate is rounded to a whole number. Leave it as it is: a rate may be 0.5 Hz, a spike every other second."""
    return float(round(firing_rate(i, tau)))


def currents(generator: Generator) -> list[tuple]:
    """Return 20 cases of a current and a time constant; below, at and above the threshold."""

    def between(low: float, high: float) -> float:
        return low + (high - low) * float(torch.rand((), generator=generator, dtype=torch.float64))

    above = [(between(1.02, 4), between(5e-3, 30e-3)) for _ in range(15)]
    below = [(between(0.1, 0.95), between(5e-3, 30e-3)) for _ in range(4)]
    return [*above, *below, (1.0, 0.01)]


rate = Exercise(
    "Write the f-I curve: the rate for a current i, with a threshold of 1 V.",
    Function(
        firing_rate,
        returns=("rate",),
        cases=currents,
        mistakes=(
            no_case_below,
            no_case_at_the_threshold,
            nan_below,
            absolute_value,
            period,
            turns_the_fraction,
            kilohertz,
            forgets_tau_in_the_rate,
            has_a_tau_of_its_own,
            tau_on_top,
            decimal_logarithm,
            without_the_leak,
            straight_line,
            one_over_tau,
            misplaces_the_bracket,
            divides_too_early,
            logarithm_of_i,
            in_radians,
            whole_hertz,
        ),
    ),
    hints=(
        "How long does v take from the reset to the threshold? And which currents never take it there?",
        "Solve 1 = i (1 - exp(-t/tau)) for t: that is the time between two spikes. Currents up to 1 V come first, in an `if`.",
        """Almost the code; the fraction in the logarithm is yours:

if i <= 1:
    return 0.0
return 1 / (tau * math.log(...))""",
    ),
    solution="The distance from v to i shrinks from i at the reset to i - 1 at the threshold, so t = tau ln(i / (i - 1)). The rate is 1/t.",
)

# -- Recall --------------------------------------------------------------------------------------

recall = Recall(
    (
        "A current of 0.9 V drives the neuron, its threshold is 1 V. What do you see?",
        Choice(
            "b",
            {"a": "a spike, after a long time", "b": "no spike, ever", "c": "spikes at a low rate"},
            {
                "a": "Without a leak you would. Here inflow equals leak before v has got there.",
                "b": "v settles at the current, which is below the threshold.",
                "c": "The rate is low slightly above the threshold. Here the current is below it.",
            },
        ),
    ),
    (
        "Input A alone brings no spike, input B alone brings none. Both together?",
        Choice(
            "c",
            {
                "a": "none: responses add up",
                "b": "one, in any case",
                "c": "none or some: one has to compute it",
            },
            {
                "a": "Voltages add up as long as nothing is reset. The sum may reach the threshold.",
                "b": "The sum may still be below the threshold.",
                "c": "With a threshold, the answer to a sum is not the sum of the answers.",
            },
        ),
    ),
    (
        "Why is there no single exact step of any length for this neuron?",
        Choice(
            "a",
            {
                "a": "a reset may come anywhere within it",
                "b": "the exponential is not exact any more",
                "c": "the noise is unknown",
            },
            {
                "a": "Between resets the exponential is exact. When the next one comes depends on v.",
                "b": "It is, as long as no reset comes.",
                "c": "There is none in this lesson.",
            },
        ),
    ),
    (
        "What is the derivative of the spike, z, by v, for a v that is not at the threshold?",
        Choice(
            "c",
            {"a": "1", "b": "a smooth bell around the threshold", "c": "0"},
            {
                "a": "That would be the slope of v by itself. z is a step.",
                "b": "That is a surrogate: it is put in place of the derivative, so that there is something to learn from.",
                "c": "A step is flat on both sides, so plain gradients are 0 and nothing is learned from them.",
            },
        ),
    ),
    (
        "From lesson 3: two spikes arrive at a neuron without a threshold. What is its voltage?",
        Choice(
            "b",
            {
                "a": "the response to the later one",
                "b": "the sum of both responses",
                "c": "the larger of both responses",
            },
            {
                "a": "Only a reset could wipe out the response to the first, and there is none.",
                "b": "It is linear as long as nothing is reset.",
                "c": "Responses do not compete: each is there, whatever else is.",
            },
        ),
    ),
)
