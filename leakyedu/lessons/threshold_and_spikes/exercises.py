"""Lesson 11: threshold and spikes, what stays and what breaks."""

import math

import torch
from torch import Generator

from leakyedu.teaching.draw import Draw
from leakyedu.teaching.exercise import Exercise, Prediction, Recall
from leakyedu.teaching.function import Function
from leakyedu.teaching.kinds import Choice, Number, Witness
from leakyedu.teaching.record import name_records

TAU, THRESHOLD = 10e-3, 1.0  # second, volt
WITHIN = 20e-3  # second; until when a spike is asked for
DRIVE = 1.5  # volt; where the lab starts


def firing_rate(i, tau):
    """Return the rate in hertz under a constant current i in volt, with a threshold of 1 V: 0 up to it."""
    if i <= 1:
        return 0.0
    return 1 / (tau * math.log(i / (i - 1)))


# -- Predictions ---------------------------------------------------------------------------------


rheobase = Prediction(
    "A constant current drives a leaky neuron with tau = 10 ms and a threshold of 1 V. "
    "Which current must be passed, so that it spikes at all, however long you wait?",
    Number(THRESHOLD, "V", tolerance=0.02, between=(0, 100), narrow={"next_to_nothing": 0.99}),
    given="`tau dv/dt = i - v`; where v reaches the threshold, the neuron spikes and v starts again from 0 V.",
)


@rheobase.mistake(
    "Without a leak any current would do, if you wait. With one, v settles where inflow equals leak."
)
def any_current() -> float:
    return 0.0


@rheobase.mistake(
    "So small a current would do without a leak, if you wait. With one, v settles where inflow equals leak: at this very current."
)
def next_to_nothing() -> float:
    return 0.06


@rheobase.mistake("With this current v arrives after one tau. You may wait as long as you like.")
def within_one_tau() -> float:
    return 1 / (1 - math.exp(-1))


@rheobase.mistake(
    "So far v has come after one tau, with a current of 1 V. You may wait longer, and v comes as far as the current."
)
def reached_after_one_tau() -> float:
    return 1 - math.exp(-1)


@rheobase.mistake(
    "This is the current of the first cell, and it does bring spikes. A weaker one will do, if you wait."
)
def current_of_the_lesson() -> float:
    return 1.5


@rheobase.mistake(
    "A neuron that forgets nothing would add this up. Here v settles at the current, and stays below the threshold."
)
def half_the_threshold() -> float:
    return 0.5


@rheobase.mistake(
    "With 10 V the threshold is passed within about 1 ms. You may wait as long as you like: tau says how long that takes, and not how far v comes."
)
def times_tau_in_ms() -> float:
    return 10.0


rate_at_start = Prediction(
    "The current is 1.5 V, tau is 10 ms, the threshold 1 V. At which rate does the neuron spike?",
    Number(
        firing_rate(DRIVE, TAU),
        "Hz",
        tolerance=3,
        between=(0, 2000),
    ),
    given="`tau dv/dt = i - v`; where v reaches the threshold, the neuron spikes and v starts again from 0 V.",
)


@rate_at_start.mistake(
    "That is 1/tau: after one tau v has gone 63 % of its way to the current, and is not yet at the threshold."
)
def one_spike_per_time_constant() -> float:
    return 1 / TAU


@rate_at_start.mistake(
    "That is the rate without a leak, where v rises in a straight line. It leaks, and slows down on its way."
)
def in_a_straight_line() -> float:
    return DRIVE / TAU


@rate_at_start.mistake(
    "That is what lies above the threshold, over tau. But v bends on its way: the time to the threshold is a logarithm."
)
def beyond_the_threshold() -> float:
    return 50.0


@rate_at_start.mistake(
    "This is the time from spike to spike, in ms. A rate is how many of them fit into a second."
)
def time_between_spikes() -> float:
    return 1000 / rate_at_start.kind.right


@rate_at_start.mistake(
    "This is the time from spike to spike, in second. A rate is how many of them fit into one."
)
def time_in_second() -> float:
    return 1 / rate_at_start.kind.right


@rate_at_start.mistake(
    "The way is right, and the logarithm is that to base 10. An exponential wants the natural one."
)
def base_10() -> float:
    return 1 / (0.010 * math.log10(3))


@rate_at_start.mistake(
    "The logarithm of the current alone was taken. What decays from the start to the threshold is the distance to the current."
)
def logarithm_of_the_current() -> float:
    return 1 / (0.010 * math.log(1.5))


@rate_at_start.mistake("The logarithm stands above the line. It makes the time longer, so it belongs below.")
def times_the_logarithm() -> float:
    return 100 * math.log(3)


@rate_at_start.mistake(
    "One over this is the time to 0.75 V, half the way to the current. When is v at the threshold?"
)
def time_to_half_the_current() -> float:
    return 1 / (TAU * math.log(2))


doubled = Prediction(
    "You double the current, from 1.5 V to 3 V. What happens to the rate?",
    Choice(
        "c",
        {"a": "it doubles", "b": "it grows, but less than twice", "c": "it grows to more than twice"},
        {
            "a": "Without a threshold everything doubles with the input. Here the threshold stays where it is, so what lies above it more than doubles.",
            "b": "A real neuron has a pause after each spike, which limits its rate. This one has none.",
            "c": "What lies above the threshold counts, and that grows fourfold, from 0.5 V to 2 V, while the current doubles. A neuron that spikes is not linear.",
        },
    ),
    given=f"tau is {1000 * TAU:g} ms, the threshold {THRESHOLD:g} V; after a spike v starts again from 0 V. At {DRIVE:g} V the neuron spikes {firing_rate(DRIVE, TAU):.0f} times a second.",
)

spike_time = Prediction(
    "You compute the first spike in steps of dt, by Euler's method. How does its time depend on dt?",
    Choice(
        "b",
        {
            "a": "not at all: the neuron stays the same",
            "b": "it may be early or late, by a step or so",
            "c": "it is late, by less than a step: a spike waits for the end of its step",
        },
        {
            "a": "The neuron stays the same. But that v has passed the threshold is noticed at the end of a step, and dt says when that is.",
            "b": "A spike waits for the end of its step, which makes it late. Euler's v rises too fast, which makes it early.",
            "c": "It does wait. But it waits for the voltage of Euler's steps, and that rises too fast.",
        },
    ),
    given=f"`v = v + dt/tau (i - v)`, i = {DRIVE:g} V, tau = {1000 * TAU:g} ms, a spike where v is at 1 V or above. In truth it comes at {1000 * TAU * math.log(DRIVE / (DRIVE - 1)):.2f} ms.",
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


hunt = Exercise(
    "A step with a reset has a bug. Find a v below the threshold and a current, both in V, at which it is wrong.",
    Witness(
        (0.95, 2.0),
        next_v,
        next_v_with_a_bug,
        {
            "v": (-100, 0.9999999, "V", "it must begin below the threshold of 1 V"),
            "i": (0, 100, "V", "the current drives the cell, and none bears more"),
        },
    ),
    hints=(
        "Read the lines in their order. Which v is compared with the threshold?",
        "It matters where this step takes v across the threshold: v is below 1 V before it, and not after it.",
        "Start at v = 0.95 and ask which i makes v + 0.1 (i - v) at least 1.",
    ),
    solution="At v = 0.95 and i = 2 the step leads to 1.055 V, which must be reset. The function looks before v moves.",
)


@hunt.mistake("This current lies below v, so v falls in this step, and nothing is to be reset.")
def falls(v=0.9, i=0.5):
    return i <= v


@hunt.mistake(
    "The voltage comes ever nearer to the current, and this one does not lie above the threshold: it never gets there. "
    "Drive it harder."
)
def too_weak(v=0.5, i=0.9):
    return i <= 1


@hunt.mistake(
    "This step does not reach the threshold: v moves by a tenth of its distance to i. Start higher, or drive it harder."
)
def too_far_below(v=0.2, i=1.5):
    return v + 0.1 * (i - v) < 1


# -- The step ------------------------------------------------------------------------------------


def fire_and_reset(v, i, dt, tau, threshold):
    """Return v after one step, and 1 for each neuron that spikes in it: v of these is 0."""
    v = v + dt / tau * (i - v)
    z = (v >= threshold).to(v.dtype)
    return (1 - z) * v, z


def moves(v, i, dt, tau):
    """Return v after Euler's step, without a threshold."""
    return v + dt / tau * (i - v)


def neurons(generator: Generator) -> list[tuple]:
    """Return 10 cases of 1 to 80 neurons each, some of which start above the threshold, some far below 0 V.

    In one case all of them come close to the threshold, in another one some come to the threshold exactly.
    """
    draw, cases = Draw(generator), []
    for number in range(10):
        dt, tau, threshold = draw.scales(1e-4, 4e-3), draw.scales(4e-3, 0.05), draw.scales(0.2, 4)
        shape = ((50,), (5, 10), (80,), (1,))[number % 4]
        v, i = threshold * draw.between(-2, 1.5, *shape), threshold * draw.between(-2, 12, *shape)
        if number == 5:
            v = i = threshold * draw.between(0.95, 1.05, *shape)
        if number == 6:
            # Powers of two: no digit is rounded, in whichever way the step is written.
            dt, tau, threshold = 2.0**-10, 2.0**-7, 0.75
            v, i = torch.tensor(
                20 * [[0.0, 6.0], [0.75, 0.75], [-0.75, 11.25], [0.5, 2.5]], dtype=torch.float64
            ).T
        if number == 2:
            v, i = v.float(), i.float()
        cases.append((v, i, dt, tau, threshold))
    return cases


spike_step = Exercise(
    "Repair it for many neurons, v of any shape: one step, then threshold and reset.",
    Function(
        fire_and_reset,
        returns=("v", "z"),
        cases=neurons,
        name="my_step",
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


@spike_step.mistake(
    "An `if` asks one question, and v holds many neurons: each has an answer of its own. Compute with `v >= threshold`, a tensor."
)
def one_question_for_all(v, i, dt, tau, threshold):
    v = moves(v, i, dt, tau)
    if v >= threshold:
        return 0 * v, 1 + 0 * v
    return v, 0 * v


@spike_step.mistake("Nothing is reset: without that, a neuron above its threshold would spike in every step.")
def never_resets(v, i, dt, tau, threshold):
    v = moves(v, i, dt, tau)
    return v, (v >= threshold).to(v.dtype)


@spike_step.mistake(
    "The v before the step is compared with the threshold: then a neuron spikes one step late. Let v move first."
)
def looks_too_early(v, i, dt, tau, threshold):
    z = (v >= threshold).to(v.dtype)
    return moves((1 - z) * v, i, dt, tau), z


@spike_step.mistake(
    "The spike and the reset are those of the v before the step. Compare the new v with the threshold."
)
def old_v_for_the_spike(v, i, dt, tau, threshold):
    z = (v >= threshold).to(v.dtype)
    return (1 - z) * moves(v, i, dt, tau), z


@spike_step.mistake(
    "No neuron ever spikes: v is reset first and compared afterwards. Keep the spike before you reset."
)
def spike_after_the_reset(v, i, dt, tau, threshold):
    v, _ = fire_and_reset(v, i, dt, tau, threshold)
    return v, (v >= threshold).to(v.dtype)


@spike_step.mistake(
    "The reset subtracts the threshold and keeps what was above it. Some neurons do that; this one starts again from 0 V."
)
def subtracts_the_threshold(v, i, dt, tau, threshold):
    v = moves(v, i, dt, tau)
    z = (v >= threshold).to(v.dtype)
    return v - z * threshold, z


@spike_step.mistake(
    "The reset comes first, before v moves: a neuron that reaches the threshold in this step spikes and keeps its voltage. Move, compare, then reset."
)
def resets_first(v, i, dt, tau, threshold):
    v = moves(torch.where(v >= threshold, 0, v), i, dt, tau)
    return v, (v >= threshold).to(v.dtype)


@spike_step.mistake(
    "The voltage stops at the threshold: `clamp` keeps it there. A spike takes it back to 0 V."
)
def holds_at_the_threshold(v, i, dt, tau, threshold):
    v = moves(v, i, dt, tau)
    return v.clamp(max=threshold), (v >= threshold).to(v.dtype)


@spike_step.mistake("The comparison is turned round: those below the threshold spike and are reset.")
def turns_the_comparison(v, i, dt, tau, threshold):
    v = moves(v, i, dt, tau)
    z = (v < threshold).to(v.dtype)
    return (1 - z) * v, z


@spike_step.mistake(
    "The spikes are right, but the others are reset: v must stay where z is 0. Look at the factor of v, or at the order in `torch.where`."
)
def keeps_those_that_spike(v, i, dt, tau, threshold):
    v, z = never_resets(v, i, dt, tau, threshold)
    return z * v, z


@spike_step.mistake(
    "One spike resets every neuron: `any` asks them all at once. Each neuron has a threshold of its own to pass."
)
def resets_all(v, i, dt, tau, threshold):
    v, z = never_resets(v, i, dt, tau, threshold)
    return (0 * v if z.any() else v), z


@spike_step.mistake("Your spikes have the size of v. A spike is there or not: z is 1 or 0.")
def spike_holds_the_voltage(v, i, dt, tau, threshold):
    v, z = never_resets(v, i, dt, tau, threshold)
    return (1 - z) * v, z * v


@spike_step.mistake("The threshold is always 1 V: use the one that you are given.")
def has_a_threshold_of_its_own(v, i, dt, tau, threshold):
    return fire_and_reset(v, i, dt, tau, 1.0)


@spike_step.mistake("The current has no effect: v leaks towards 0 V, and must leak towards i.")
def ignores_the_current(v, i, dt, tau, threshold):
    return fire_and_reset(v, 0 * i, dt, tau, threshold)


@spike_step.mistake("The leak drives v upwards: its slope holds i - v, not i + v.")
def adds_v_and_i(v, i, dt, tau, threshold):
    new = v + dt / tau * (i + v)
    z = (new >= threshold).to(v.dtype)
    return (1 - z) * new, z


@spike_step.mistake("The voltage moves away from i: its slope holds i - v, not v - i.")
def turns_the_slope(v, i, dt, tau, threshold):
    new = v - dt / tau * (i - v)
    z = (new >= threshold).to(v.dtype)
    return (1 - z) * new, z


@spike_step.mistake(
    "The voltage does not leak: then every current, however weak, would bring a spike. Its slope is (i - v) / tau."
)
def forgets_the_leak(v, i, dt, tau, threshold):
    new = v + dt / tau * i
    z = (new >= threshold).to(v.dtype)
    return (1 - z) * new, z


@spike_step.mistake(
    "The change of v stands for v: add it to the voltage at the start of the step, before you compare."
)
def forgets_the_old_v(v, i, dt, tau, threshold):
    new = dt / tau * (i - v)
    z = (new >= threshold).to(v.dtype)
    return (1 - z) * new, z


@spike_step.mistake("There is no dt: the slope is per second, and a step lasts dt seconds.")
def forgets_dt(v, i, dt, tau, threshold):
    return fire_and_reset(v, i, 1.0, tau, threshold)


@spike_step.mistake("The time constant tau has no effect: divide the distance i - v by it.")
def forgets_tau(v, i, dt, tau, threshold):
    return fire_and_reset(v, i, dt, 1.0, threshold)


@spike_step.mistake(
    "The 0.1 of your colleague is dt / tau for 1 ms and 10 ms. Compute with the dt and the tau that you are given."
)
def has_a_step_of_its_own(v, i, dt, tau, threshold):
    return fire_and_reset(v, i, 0.1, 1.0, threshold)


@spike_step.mistake("You count dt in milliseconds: it comes in second already, as tau does.")
def milliseconds(v, i, dt, tau, threshold):
    return fire_and_reset(v, i, 1000 * dt, tau, threshold)


@spike_step.mistake(
    "A neuron that comes to its threshold exactly does not spike here. Look at the comparison."
)
def misses_the_threshold_itself(v, i, dt, tau, threshold):
    v = moves(v, i, dt, tau)
    z = (v > threshold).to(v.dtype)
    return (1 - z) * v, z


@spike_step.mistake(
    "The comparison is turned round: those up to the threshold spike, and those above it do not."
)
def turns_the_comparison_up_to_it(v, i, dt, tau, threshold):
    v = moves(v, i, dt, tau)
    z = (v <= threshold).to(v.dtype)
    return (1 - z) * v, z


@spike_step.mistake("The reset is right, and z is turned round: it is 1 for those that do not spike.")
def spikes_where_none_is(v, i, dt, tau, threshold):
    v, z = fire_and_reset(v, i, dt, tau, threshold)
    return v, 1 - z


@spike_step.mistake(
    "Nothing is reset unless all neurons spike at once: `all` asks them together. Each has a threshold of its own to pass."
)
def resets_only_all(v, i, dt, tau, threshold):
    v, z = never_resets(v, i, dt, tau, threshold)
    return (0 * v if z.all() else v), z


@spike_step.mistake(
    "The current is compared with the threshold: a strong current takes v there only in some steps. Compare v."
)
def compares_the_current(v, i, dt, tau, threshold):
    v = moves(v, i, dt, tau)
    z = (i >= threshold).to(v.dtype)
    return (1 - z) * v, z


@spike_step.mistake(
    "In the slope stands tau / dt: the longer a step, the less would happen in it. Turn it round."
)
def turns_dt_and_tau(v, i, dt, tau, threshold):
    return fire_and_reset(v, i, tau, dt, threshold)


@spike_step.mistake(
    "The voltage moves by an exponential: that is the exact step. Euler follows the slope for dt."
)
def steps_exactly(v, i, dt, tau, threshold):
    return fire_and_reset(v, i, -math.expm1(-dt / tau), 1.0, threshold)


# -- The smallest current ------------------------------------------------------------------------


def current_for_a_spike() -> float:
    """Return the current that takes v from 0 to the threshold in 20 ms."""
    return THRESHOLD / -math.expm1(-WITHIN / TAU)


minimal_current = Exercise(
    "The voltage starts at 0 V, tau is 10 ms, the threshold 1 V. "
    "Which is the smallest constant current that brings a spike within 20 ms? Give it to 0.01 V.",
    Number(
        current_for_a_spike(),
        "V",
        tolerance=0.005,
        alike=0.009,
        narrow={
            "threshold_itself": 1e-10,
            "counts_ms_and_no_tau": 1e-10,
            "by_steps_of_1_ms": 1.41e-3,
            "adds_what_is_left": 1e-3,
            "rounded_down": 8e-4,
            "rounded_to_a_tenth": 1e-3,
            "just_above_the_threshold": 5e-3,
        },
    ),
    hints=(
        "Below it, there is no spike in 20 ms; above it, there is at least one. Where is v after 20 ms, if nothing resets it?",
        "From rest, v = i (1 - exp(-t/tau)). Let it be at the threshold at t = 20 ms. Or try currents with your step, in steps of 0.1 ms.",
        """Solve this for i; the exponent is yours:

1.0 == i * (1 - math.exp(...))""",
    ),
    solution=f"1 V = i (1 - exp(-20/10)), so i = 1 V / (1 - exp(-2)) = {current_for_a_spike():.3f} V.",
)


@minimal_current.mistake(
    "With this current v comes closer and closer to the threshold, and never there. It has to arrive within 20 ms."
)
def threshold_itself() -> float:
    return THRESHOLD


@minimal_current.mistake(
    "This is the voltage after 20 ms with a current of 1 V. Which current takes v further, as far as the threshold?"
)
def reached_with_one_volt() -> float:
    return -math.expm1(-WITHIN / TAU)


@minimal_current.mistake(
    "This current would do without a leak: v would rise in a straight line. It leaks, and so settles below 1 V."
)
def without_a_leak() -> float:
    return THRESHOLD * TAU / WITHIN


@minimal_current.mistake(
    "This current needs 10 ms, one time constant. There are 20 ms, so a weaker one will do."
)
def one_time_constant() -> float:
    return THRESHOLD / -math.expm1(-1)


@minimal_current.mistake(
    "The 1 of 1 - exp(-t/tau) is missing. What decays is the distance to where v settles, not v."
)
def exponential_alone() -> float:
    return THRESHOLD / math.exp(-WITHIN / TAU)


@minimal_current.mistake("A sign is wrong: a current below the threshold brings no spike at all.")
def plus_for_minus() -> float:
    return THRESHOLD / (1 + math.exp(-WITHIN / TAU))


@minimal_current.mistake(
    "This is what Euler's steps of 1 ms say: their v rises too fast. Use shorter steps, or the exact solution."
)
def by_steps_of_1_ms() -> float:
    return THRESHOLD / (1 - (1 - 1e-3 / TAU) ** round(WITHIN / 1e-3))


@minimal_current.mistake(
    "This is a current of 1.5 V, which spikes after 11 ms. There are 20 ms, so a weaker one will do."
)
def time_of_the_spike_at_the_start() -> float:
    return DRIVE


@minimal_current.mistake(
    "What is left, exp(-t/tau), was added to the threshold. It is a share of the way that is missing, so divide the threshold by the share that v has come, 1 - exp(-t/tau)."
)
def adds_what_is_left() -> float:
    return 1 + math.exp(-2)


@minimal_current.mistake(
    "This is enough for a spike, and it comes too late: v creeps towards the threshold for some 45 ms. It has to arrive within 20 ms."
)
def just_above_the_threshold() -> float:
    return 1.01


@minimal_current.mistake("With 2 V the spike comes after 7 ms. There are 20 ms, so a weaker current will do.")
def twice_the_threshold() -> float:
    return 2.0


@minimal_current.mistake(
    "This brings a spike, and so does a little less: a tenth of a volt is too coarse. Give it to 0.01 V."
)
def rounded_to_a_tenth() -> float:
    return 1.2


@minimal_current.mistake(
    "In the exponent stands 20, without tau. An exponent has no unit: how many time constants are 20 ms?"
)
def counts_ms_and_no_tau() -> float:
    return 1 / (1 - math.exp(-20))


@minimal_current.mistake(
    "This is the share that is left after 20 ms. A current takes v by the rest of the way."
)
def is_what_is_left() -> float:
    return math.exp(-2)


@minimal_current.mistake(
    "In the exponent tau stands above the line. Count how many time constants fit into 20 ms."
)
def times_turned() -> float:
    return 1 / (1 - math.exp(-0.5))


@minimal_current.mistake(
    "This is rounded down, and with it v stays below the threshold: no spike comes within 20 ms."
)
def rounded_down() -> float:
    return 1.15


@minimal_current.mistake("The exponent lacks its minus: exp(-t/tau) shrinks with time, exp(t/tau) grows.")
def grows_in_the_exponent() -> float:
    return THRESHOLD / (1 - math.exp(WITHIN / TAU))


# -- The rate ------------------------------------------------------------------------------------


def currents(generator: Generator) -> list[tuple]:
    """Return 24 cases of a current and a time constant: far and barely above the threshold, below and at it."""
    draw = Draw(generator)
    i = [draw.between(1.02, 4) for _ in range(10)]
    i += [1 + draw.scales(1e-4, 0.01) for _ in range(4)] + [draw.scales(10, 80) for _ in range(3)]
    i += [0.9, 1.0, 0.3, 0.9993, -0.4, -3.0, 1.0]
    return [(current, draw.scales(1e-3, 1)) for current in i]


rate = Exercise(
    "Write the f-I curve: the rate for a current i, with a threshold of 1 V.",
    Function(
        firing_rate,
        returns=("rate",),
        cases=currents,
        name="my_rate",
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


@rate.mistake(
    "Currents up to the threshold have no place in the formula: its logarithm has no value there. They bring no spike, so treat them first. If you do, look at the brackets: `i / i - 1` is 0."
)
def no_case_below(i, tau):
    return 1 / (tau * math.log(i / (i - 1)))


@rate.mistake(
    "A current of exactly 1 V makes the formula divide by 0. With it v comes closer and closer to the threshold: does it spike?"
)
def no_case_at_the_threshold(i, tau):
    return 0.0 if i < 1 else 1 / (tau * math.log(i / (i - 1)))


@rate.mistake(
    "Currents below the threshold give nan, the logarithm of a negative number. They bring no spike, so treat them first."
)
def nan_below(i, tau):
    return firing_rate(i, tau) if i >= 1 else math.nan


@rate.mistake(
    "Currents up to the threshold get an infinite rate. It is the time to the next spike that is infinite: what is one over it?"
)
def infinite_below(i, tau):
    return firing_rate(i, tau) if i > 1 else math.inf


@rate.mistake(
    "Currents below 0 V get a rate below 0: the formula has a value there, and no meaning. They bring no spike, either."
)
def negative_below_0(i, tau):
    return firing_rate(i, tau) if i >= 0 else 1 / (tau * math.log(i / (i - 1)))


@rate.mistake("Python divides first: `i / i - 1` is 0. Brackets are missing: `i / (i - 1)`.")
def fraction_without_brackets(i, tau):
    return 1 / (tau * math.log(i / i - 1)) if i > 1 else 0.0


@rate.mistake("The fraction in the logarithm is always that of 1.5 V: use the current that you are given.")
def has_a_current_of_its_own(i, tau):
    return firing_rate(DRIVE, tau) if i > 1 else 0.0


@rate.mistake(
    "Currents below the threshold bring spikes here: taking an absolute value hides that the logarithm has no value there."
)
def absolute_value(i, tau):
    return 0.0 if i == 1 else abs(1 / (tau * math.log(abs(i / (i - 1)))))


@rate.mistake(
    "This is the time between two spikes, in second. A rate is how many of them there are in a second."
)
def period(i, tau):
    return tau * math.log(i / (i - 1)) if i > 1 else 0.0


@rate.mistake(
    "The rate is negative: the logarithm of a number below 1 is. Turn the fraction in it, or its sign."
)
def turns_the_fraction(i, tau):
    return -firing_rate(i, tau)


@rate.mistake(
    "This is a rate per millisecond: tau comes in second, so that the rate is in hertz without any conversion."
)
def kilohertz(i, tau):
    return firing_rate(i, tau) / 1000


@rate.mistake("Here tau has no effect: a neuron with a longer tau rises more slowly, and spikes less often.")
def forgets_tau_in_the_rate(i, tau):
    return firing_rate(i, 1.0)


@rate.mistake("Here tau is always 10 ms: use the one that you are given.")
def has_a_tau_of_its_own(i, tau):
    return firing_rate(i, TAU)


@rate.mistake(
    "On top stands tau, so a slower neuron would spike more often. The time between two spikes is proportional to tau."
)
def tau_on_top(i, tau):
    return firing_rate(i, tau) * tau**2


@rate.mistake("This uses the logarithm to base 10. The inverse of exp is the natural one, `math.log`.")
def decimal_logarithm(i, tau):
    return firing_rate(i, tau) * math.log(10)


@rate.mistake(
    "This is the rate without a leak: v would rise in a straight line from spike to spike. It bends towards i."
)
def without_the_leak(i, tau):
    return i / tau if i > 1 else 0.0


@rate.mistake(
    "This is the rate without a leak, for every current: weak ones would bring spikes, too. It leaks, and v bends towards i."
)
def without_the_leak_anywhere(i, tau):
    return i / tau


@rate.mistake("This uses the logarithm to base 2. The inverse of exp is the natural one, `math.log`.")
def binary_logarithm(i, tau):
    return firing_rate(i, tau) * math.log(2)


@rate.mistake(
    "The rate rises in a straight line from the threshold on. That is how it looks far above it; solve for the time to the threshold."
)
def straight_line(i, tau):
    return (i - 1) / tau if i > 1 else 0.0


@rate.mistake(
    "The rate is 1/tau for every current: after one tau v has gone 63 % of the way to i. When is it at 1 V?"
)
def one_over_tau(i, tau):
    return 1 / tau if i > 1 else 0.0


@rate.mistake(
    "The logarithm ends too early: it is taken of i alone, and i - 1 divides it. A bracket is missing."
)
def misplaces_the_bracket(i, tau):
    return 1 / (tau * (math.log(i) / (i - 1))) if i > 1 else 0.0


@rate.mistake(
    "The logarithm multiplies where it should divide: `1 / tau * x` is x / tau. Put tau times the logarithm in brackets."
)
def divides_too_early(i, tau):
    return 1 / tau * math.log(i / (i - 1)) if i > 1 else 0.0


@rate.mistake(
    "The logarithm is taken of i. Look at what shrinks by exp(-t/tau): the distance from v to i, from i volt at the reset to what at the spike?"
)
def logarithm_of_i(i, tau):
    return 1 / (tau * math.log(i)) if i > 1 else 0.0


@rate.mistake("There is a factor of 2 pi: that belongs to sines. Spikes are counted, once for each period.")
def in_radians(i, tau):
    return 2 * math.pi * firing_rate(i, tau)


@rate.mistake(
    "The rate is rounded to a whole number. Leave it as it is: a rate may be 0.5 Hz, a spike every other second."
)
def whole_hertz(i, tau):
    return float(round(firing_rate(i, tau)))


# -- Recall --------------------------------------------------------------------------------------

recall = Recall(
    (
        "A current of 0.9 V drives the neuron, its threshold is 1 V. What do you see?",
        Choice(
            "b",
            {"a": "a spike, after a long time", "b": "no spike, ever", "c": "spikes at a low rate"},
            {
                "a": "Without a leak you would. Here inflow equals leak before v has got there.",
                "b": "The voltage settles at the current, which is below the threshold.",
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
                "a": "That would be the slope of v by itself. As a function of v, z is a step.",
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


name_records(globals())
