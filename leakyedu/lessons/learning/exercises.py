"""Lesson 9: learning through a leaky readout."""

import functools
import math

import torch
from torch import Generator

from leakyedu.methods import exact
from leakyedu.model import LIParameters
from leakyedu.sequence import simulate
from leakyedu.stimuli import pulse, spikes
from leakyedu.teaching.draw import Draw
from leakyedu.teaching.exercise import Exercise, Prediction, Recall
from leakyedu.teaching.function import Function
from leakyedu.teaching.kinds import Choice, Number, Points, Witness
from leakyedu.teaching.record import name_records

DT = 0.001

# What the lesson's lab begins with and what it hides: its descent in the logarithm of tau_mem ends there.
START_TAU, START_W, LEARNING_RATE = 25e-3, 0.3, 0.3
LAB_TAU, LAB_W = 12e-3, 1.0
LAB_INPUTS = spikes((0.005, 0.02, 0.028, 0.06), 100, dtype=torch.float64)

# -- Predictions ---------------------------------------------------------------------------------


@functools.cache
def reach() -> list[float]:
    """Return what an input 0, 1, 2 ... steps before the end adds to the last voltage, for each volt."""
    return simulate(pulse(60, dtype=torch.float64)).v.tolist()


MOST = max(range(60), key=reach().__getitem__)

farthest_reach = Prediction(
    "An input came in each of the last 60 steps. A little more of which one would change the last voltage most?",
    Choice(
        "b",
        {
            "a": "of the last one; the earlier, the less",
            "b": "of one a few steps before the end",
            "c": "of any of them, by the same amount",
            "d": "of the first one, since it has acted longest",
        },
        {
            "a": f"It is tempting, since a leak forgets. But the voltage has had one step to follow the last input, and that is {reach()[0]:.3g} V for each volt.",
            "b": f"The gradient is the answer to one jump, read backwards: {reach()[0]:.3g} for the last input, {reach()[MOST]:.3g} for the one {MOST} steps before it, {reach()[30]:.2g} for one 30 steps before it.",
            "c": "It is tempting, since each input makes the same jump. But what is left of a jump at the end depends on how long ago it came.",
            "d": f"It has acted longest, and has leaked away longest: {reach()[59]:.1g} V are left for each volt.",
        },
    ),
    given="one step is `i = i + x`, `v = v + 0.1 (i - v)`, `i = i - 0.2 i`, from rest.",
)


reaches = Prediction(
    f"The last input, 1 V larger, would make the last voltage {reach()[0]:g} V larger. Draw what earlier inputs would do: by how much the last voltage changes, over how many steps before the last one an input came.",
    Points(
        lambda steps: reach()[int(steps)],
        (2, 5, 10, 20, 40),
        ("steps before the last (steps)", "change of the last v (V)"),
        tolerance=0.03,
        axis=(0, 0.3),
        start=(0.0, reach()[0]),
        computed=("grows_with_each_step", "in_the_order_of_time"),
        trends={"rises": "first_counts_most", "falls": "last_counts_most"},
        ways={
            "last_counts_most": [[0.095, 0.085, 0.07, 0.04, 0.0]],
            "all_alike": [[0.15] * 5],
            "first_counts_most": [[0.13, 0.17, 0.22, 0.27, 0.3], [0.1, 0.11, 0.13, 0.17, 0.28]],
        },
    ),
    given="one step is `i = i + x`, `v = v + 0.1 (i - v)`, `i = i - 0.2 i`, from rest.",
)


@reaches.mistake(
    "Your curve falls from the last input on, since a leak forgets. But v has had one step to follow the last input, and more steps for those before it."
)
def last_counts_most(steps: float) -> float:
    return reach()[0] * math.exp(-steps / 10)


@reaches.mistake(
    "All of your inputs count alike, since each makes the same jump. But what is left of a jump at the end depends on how long ago it came."
)
def all_alike(steps: float) -> float:
    return reach()[0]


@reaches.mistake(
    "Your curve rises up to the first inputs, since they have acted longest. They have leaked away longest, too."
)
def first_counts_most(steps: float) -> float:
    return reach()[0] + 0.2 * steps / 40


@reaches.mistake(
    "Your curve grows with each step that an input has acted. But its current decays, and what it has done to v leaks away."
)
def grows_with_each_step(steps: float) -> float:
    return 0.1 * steps


@reaches.mistake(
    "The sizes are right, read in the order of time. The axis counts back from the last input: its left end is the latest."
)
def in_the_order_of_time(steps: float) -> float:
    at = (2, 5, 10, 20, 40)
    return reach()[at[-1 - at.index(int(steps))]]


def lab_loss(tau_mem: torch.Tensor, w: float) -> torch.Tensor:
    r"""Return the loss of the lab.

    .. math::
        L = \sum_n (v_n - v^*_n)^2 \; / \; \sum_n {v^*_n}^2
    """
    v, target = (
        size * simulate(LAB_INPUTS, p=LIParameters.from_tau(tau_mem=tau)).v
        for size, tau in ((w, tau_mem), (LAB_W, LAB_TAU))
    )
    return (v - target).square().sum() / target.square().sum()


def tau_after_one_step() -> float:
    """Return where the first step of gradient descent leads if tau_mem itself is learned, in second."""
    tau = torch.tensor(START_TAU, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(lab_loss(tau, START_W), tau)
    return START_TAU - LEARNING_RATE * float(slope)


SLOPE = (START_TAU - tau_after_one_step()) / LEARNING_RATE  # of the loss, per second

without_logarithm = Prediction(
    "Learn tau_mem itself, in second, from 25 ms on and with a learning rate of 0.3. What does the first step of gradient descent do?",
    Choice(
        "c",
        {
            "a": "it moves tau_mem by a few ms",
            "b": "hardly anything, for tau_mem is a small number",
            "c": "it throws tau_mem below 0",
            "d": "it stops at 0, the smallest time constant",
        },
        {
            "a": "It is tempting, since a few ms would be sensible. But the step knows nothing of ms: it is the learning rate times a slope per second, and a whole second more would change the loss a lot.",
            "b": "It is tempting to look at the number alone. Because it is small, a change of one second is huge, and so the slope is steep.",
            "c": f"The slope per second is so steep that one step leads from 25 ms to {1000 * tau_after_one_step():,.0f} ms. With a tau below 0, v runs away from where it should rest.",
            "d": "Nothing stops there: gradient descent knows numbers, and no number is forbidden to it unless you see to it.",
        },
    ),
    given=f"one step is `tau_mem = tau_mem - {LEARNING_RATE:g} * slope`, all in second. The loss is 1 for a neuron that is silent; at {1000 * START_TAU:g} ms it falls by {SLOPE / 1000:.3f} if tau_mem falls by 1 ms.",
)


def hidden_in_the_lab() -> float:
    """Return the time constant of the neuron that made the lab's target, in ms."""
    return 1000 * LAB_TAU


end_of_tau = Prediction(
    "Look at the target: after the last spike it rises, then fades. Gradient descent begins at 25 ms. Where does tau_mem end?",
    Number(
        hidden_in_the_lab(),
        "ms",
        tolerance=0.6,
        between=(0.1, 500),
    ),
    given="the target is the voltage of a neuron that got four spikes, the last at 60 ms, with tau_syn = 5 ms. It is 0.057 V at 90 ms and 0.024 V at 100 ms. Its tau_mem and the size of the spikes are hidden, and both are learned.",
)


@end_of_tau.mistake(
    "It is tempting, since all neurons so far had it. The target comes from another neuron: look at how long it takes to fade."
)
def the_default_tau() -> float:
    return 10.0


@end_of_tau.mistake("That is where the descent begins. It would stay only if the loss had no slope there.")
def the_start() -> float:
    return 1000 * START_TAU


@end_of_tau.mistake(
    "That is how fast the current fades. The voltage fades more slowly once the current is gone."
)
def the_synapse() -> float:
    return 5.0


@end_of_tau.mistake(
    "That is half the way. Steps become small where the slope does, and it is still steep there."
)
def half_way() -> float:
    return 1000 * (START_TAU + LAB_TAU) / 2


@end_of_tau.mistake(
    "Near. If you have read it off: v falls to 37 % a little sooner. If it is 10 ms and 5 ms together: how fast v fades in the end is up to one time constant alone."
)
def sum_of_both() -> float:
    return 15.0


@end_of_tau.mistake(
    "That is when the target is highest, after four spikes. Look at its end instead: how long does it take to fall to 37 %?"
)
def when_the_target_peaks() -> float:
    return 33.0


@end_of_tau.mistake("This is 1/tau, in 1/second. The question asks for the time itself.")
def is_a_rate() -> float:
    return 1000 / 12.0


# -- The gradient of the last voltage ------------------------------------------------------------


def gradient_of_the_end(x, p, dt):
    """Return by how much the last voltage grows with each input: let each jump alone, and look at the end."""
    a, b = float(dt * p.tau_mem_inv), float(dt * p.tau_syn_inv)
    slopes = []
    for jumping in range(len(x)):
        v = i = 0.0
        for step in range(len(x)):
            i = i + (step == jumping)
            v = v + a * (i - v)
            i = i - b * i
        slopes.append(v)
    return torch.tensor(slopes, dtype=x.dtype)


def voltages(x, p, dt):
    """Return the voltage after each step."""
    a, b, rest = float(dt * p.tau_mem_inv), float(dt * p.tau_syn_inv), float(p.v_leak)
    v, i, after = rest, 0.0, []
    for jump in x:
        i = i + jump
        v = v + a * (rest + i - v)
        i = i - b * i
        after.append(v)
    return torch.stack(after)


def steps_back(x):
    """Return how many steps before the last each input came."""
    return torch.arange(len(x), dtype=x.dtype).flip(0)


def sequences(generator: Generator) -> list[tuple]:
    """Return 12 cases of 1 to 70 inputs, some of them 0, with random parameters and steps.

    Either time constant is the longer one, or both are equal; the neuron rests above or below 0 V.
    """
    draw, cases = Draw(generator), []
    for number, length in enumerate((20, 33, 1, 60, 2, 45, 24, 70, 5, 38, 12, 27)):
        tau = draw.scales(2e-3, 0.02)
        other = tau * (draw.scales(1.1, 5), 1 / draw.scales(1.1, 5), 1.0)[number % 3]
        p = LIParameters.from_tau(tau_syn=tau, tau_mem=other, v_leak=draw.normal() * (number != 6))
        x = draw.normal(length) * (0 if number == 5 else draw.between(0, 1, length) > 0.2)
        dt = draw.between(0.05, (0.4, 1.5)[number % 2]) * min(tau, other)
        cases.append((x.float() if number == 6 else x, p, dt))
    return cases


gradient = Exercise(
    "Return the gradient of the last voltage with respect to each input.",
    Function(
        gradient_of_the_end,
        returns=("gradient",),
        cases=sequences,
        each="input",
        name="my_gradient",
    ),
    hints=(
        "The last voltage is a sum: each input times a number that depends on how long ago it came. These numbers are the gradient.",
        "Two ways: let autograd follow `simulate` from a copy of x that requires a gradient to the last voltage; or take the answer to one jump, from the last step to the first.",
        """Almost the code, by autograd; which voltage and what to return is yours:

x = x.clone().requires_grad_()
v = simulate(x, p=p, dt=dt).v
v[...].backward()
return ...""",
    ),
    solution="The reference lets each input jump alone and looks at the last voltage. Autograd returns the same numbers: `v[-1].backward()`, then `x.grad`.",
)


@gradient.mistake(
    "The numbers stand in the wrong direction: the first input is the one that had the most time to leak away."
)
def reads_forwards(x, p, dt):
    return gradient_of_the_end(x, p, dt).flip(0)


@gradient.mistake(
    "All inputs get the same, and that is what the last one deserves: an earlier one has acted for longer, and has leaked."
)
def reaches_all_alike(x, p, dt):
    return torch.full_like(x, float(dt * p.tau_mem_inv))


@gradient.mistake(
    "Every number is 1: that is by how much the current jumps with its input. Look at what is left of it in v, at the end."
)
def is_1_everywhere(x, p, dt):
    return torch.ones_like(x)


@gradient.mistake(
    "The last input gets the most: this is a membrane without a synapse. The current goes on driving v after its jump."
)
def forgets_the_synapse(x, p, dt):
    a = dt * p.tau_mem_inv
    return a * (1 - a) ** steps_back(x)


@gradient.mistake(
    "This is the gradient of the last current: the question is about the voltage, which follows it."
)
def is_that_of_the_current(x, p, dt):
    return (1 - dt * p.tau_syn_inv) ** (steps_back(x) + 1)


@gradient.mistake(
    "The earlier an input, the larger its number: the voltage adds up its current and never leaks."
)
def forgets_the_leak(x, p, dt):
    a, b = dt * p.tau_mem_inv, dt * p.tau_syn_inv
    return a / b * (1 - (1 - b) ** (steps_back(x) + 1))


@gradient.mistake(
    "The earlier an input, the larger its number: the current of each jump stays for ever, and should decay."
)
def forgets_the_decay(x, p, dt):
    return 1 - (1 - dt * p.tau_mem_inv) ** (steps_back(x) + 1)


@gradient.mistake(
    "This is the gradient of the sum of all voltages: the question is about the last one, `v[-1]`."
)
def sums_the_voltages(x, p, dt):
    return gradient_of_the_end(x, p, dt).flip(0).cumsum(0).flip(0)


@gradient.mistake(
    "This is the gradient of the mean of all voltages: the question is about the last one, `v[-1]`."
)
def averages_the_voltages(x, p, dt):
    return sums_the_voltages(x, p, dt) / len(x)


@gradient.mistake(
    "This is the gradient of the first voltage: only the first input has come by then. Look at the end."
)
def takes_the_first_voltage(x, p, dt):
    slopes = torch.zeros_like(x)
    slopes[0] = dt * p.tau_mem_inv
    return slopes


@gradient.mistake(
    "The last input has no effect here. Either this is `v[-2]`, or the voltage moves before the current jumps."
)
def misses_the_last_input(x, p, dt):
    earlier = gradient_of_the_end(x, p, dt)[1:]
    return torch.cat([earlier, torch.zeros_like(x[:1])])


@gradient.mistake("This is the gradient of the square of the last voltage: leave the square to the loss.")
def squares_the_voltage(x, p, dt):
    slopes = gradient_of_the_end(x, p, dt)
    return 2 * (p.v_leak + (slopes * x).sum()) * slopes


@gradient.mistake(
    "This is what each input has added to the last voltage: a gradient says what one more volt would add."
)
def multiplies_by_the_input(x, p, dt):
    return x * gradient_of_the_end(x, p, dt)


@gradient.mistake(
    "The voltage at rest is in every number: it is there without any input, so it is no part of the change."
)
def adds_the_rest(x, p, dt):
    return p.v_leak + gradient_of_the_end(x, p, dt)


@gradient.mistake(
    "Each number lacks the part of a jump that decays in its own step: v uses the current before the decay."
)
def decays_too_early(x, p, dt):
    return (1 - dt * p.tau_syn_inv) * gradient_of_the_end(x, p, dt)


@gradient.mistake(
    "These are the numbers of the exact solution: this neuron takes Euler's steps, as `simulate` does."
)
def steps_exactly(x, p, dt):
    return exact(p, dt * (steps_back(x) + 1)).v_from_i


@gradient.mistake(
    "Every number is divided by dt: an input is a jump and not a rate, so its effect is per volt alone."
)
def forgets_dt(x, p, dt):
    return gradient_of_the_end(x, p, dt) / dt


@gradient.mistake("The time constants are exchanged: tau_mem_inv belongs to v, tau_syn_inv to i.")
def swaps_the_time_constants(x, p, dt):
    swapped = p._replace(tau_mem_inv=p.tau_syn_inv, tau_syn_inv=p.tau_mem_inv)
    return gradient_of_the_end(x, swapped, dt)


@gradient.mistake("This is the gradient of the default neuron: hand `p` on to `simulate`.")
def has_a_neuron_of_its_own(x, p, dt):
    return gradient_of_the_end(x, LIParameters(), dt)


@gradient.mistake("This is the gradient for steps of 1 ms: hand `dt` on to `simulate`.")
def has_a_step_of_its_own(x, p, dt):
    return gradient_of_the_end(x, p, DT)


@gradient.mistake(
    "This is the gradient of the default neuron with steps of 1 ms: hand `p` and `dt` on to `simulate`."
)
def has_both_of_its_own(x, p, dt):
    return gradient_of_the_end(x, LIParameters(), DT)


@gradient.mistake(
    "Every number is a thousandth of what it should be: divide the change of v by the change of the input."
)
def forgets_to_divide(x, p, dt):
    return 0.001 * gradient_of_the_end(x, p, dt)


@gradient.mistake(
    "Every number is twice as large as it should be: `backward()` adds to what is in `x.grad` already."
)
def adds_up_two_gradients(x, p, dt):
    return 2 * gradient_of_the_end(x, p, dt)


@gradient.mistake(
    "These are the inputs themselves. Wanted is by how much the last voltage grows with each of them."
)
def returns_the_inputs(x, p, dt):
    return 1 * x


@gradient.mistake(
    "The whole last voltage is divided by the nudge of 0.001 V. Take away first what it is without the nudge."
)
def nudges_without_the_base(x, p, dt):
    slopes = gradient_of_the_end(x, p, dt)
    return slopes + (p.v_leak + (slopes * x).sum()) / 0.001


@gradient.mistake("The voltage at rest is divided by the nudge, too: divide the change of v alone.")
def divides_the_voltage(x, p, dt):
    return p.v_leak / 0.001 + gradient_of_the_end(x, p, dt)


@gradient.mistake("The numbers are divided by the largest of them: their sizes count, not only their shape.")
def scales_to_one(x, p, dt):
    slopes = gradient_of_the_end(x, p, dt)
    return slopes / slopes.max()


@gradient.mistake("The numbers are divided by their sum: a gradient is no set of weights that add up to 1.")
def scales_to_a_sum_of_one(x, p, dt):
    slopes = gradient_of_the_end(x, p, dt)
    return slopes / slopes.sum()


@gradient.mistake("This is the gradient of the largest voltage: the question is about the last one, `v[-1]`.")
def takes_the_largest_voltage(x, p, dt):
    x = x.clone().requires_grad_()
    voltages(x, p, dt).max().backward()
    return x.grad


@gradient.mistake(
    "These are the voltages themselves. Wanted is by how much the last of them grows with each input."
)
def returns_the_voltages(x, p, dt):
    return voltages(x, p, dt)


@gradient.mistake(
    "This is how v changes from step to step, along time. Wanted is how the last v changes with each input."
)
def differs_along_time(x, p, dt):
    return torch.gradient(voltages(x, p, dt))[0]


# -- A loss with a bug ---------------------------------------------------------------------------

TARGET = tuple(simulate(pulse(2, dtype=torch.float64)).v.tolist())


def signed_loss(v, target):
    """Add up the differences, which a loss must not: one makes up for the other."""
    return (v - target).sum()


def says_0_rightly(v_1, v_2):
    """Return 1 if the squared differences from the target add up to 0, else 0."""
    return float((v_1 - TARGET[0]) ** 2 + (v_2 - TARGET[1]) ** 2 < 1e-12)


def says_0_with_a_bug(v_1, v_2):
    """Return 1 if the differences from the target add up to 0, else 0."""
    return float(abs((v_1 - TARGET[0]) + (v_2 - TARGET[1])) < 1e-6)  # signed_loss, of plain numbers


loss_hunt = Exercise(
    f"The target is {TARGET[0]:.2f} V, then {TARGET[1]:.2f} V. Find two other voltages for which a loss that adds up v - target says 0.",
    Witness(
        (TARGET[0] + 0.1, TARGET[1] - 0.1),
        says_0_rightly,
        says_0_with_a_bug,
        shows=("the loss is 0, though not both voltages are those of the target", "the loss is not 0"),
        within={
            "v_1": (-10, 10, "V", "no voltage here is larger"),
            "v_2": (-10, 10, "V", "no voltage here is larger"),
        },
    ),
    hints=(
        "Write down v - target for both voltages and add the two numbers. When is the sum 0?",
        "A sum of two numbers that are not 0 is 0 if they have the same size and different signs.",
        f"""Raise one voltage above its target and lower the other by as much:

v_1 = {TARGET[0]:.2f} + 0.05
v_2 = {TARGET[1]:.2f} - ...""",
    ),
    solution=f"0.1 V too high and 0.1 V too low, ({TARGET[0] + 0.1:.2f}, {TARGET[1] - 0.1:.2f}), add up to 0. Square each difference before you add: no square makes up for another.",
)


@loss_hunt.mistake(
    "These are the voltages of the target, and there 0 is right. Look for others that the loss takes for them."
)
def is_the_target(v_1=TARGET[0], v_2=TARGET[1]):
    return says_0_rightly(v_1, v_2) == 1


@loss_hunt.mistake(
    "These two add up to 0. It is the differences from the target that must: add the voltages of the target to them."
)
def are_the_differences(v_1=0.1, v_2=-0.1):
    return v_1 != 0 and abs(v_1 + v_2) < 1e-9


@loss_hunt.mistake(
    "Both voltages are too high, so both differences count in the same direction and the loss sees them."
)
def is_above(v_1=0.3, v_2=0.4):
    return v_1 > TARGET[0] and v_2 > TARGET[1]


@loss_hunt.mistake(
    "Both voltages are too low, so both differences count in the same direction: the loss is not 0, but below it."
)
def is_below(v_1=0.0, v_2=0.0):
    return v_1 < TARGET[0] and v_2 < TARGET[1]


@loss_hunt.mistake("One of the two voltages is right, and nothing makes up for the difference of the other.")
def is_right_once(v_1=TARGET[0], v_2=0.4):
    return v_1 == TARGET[0] or v_2 == TARGET[1]


@loss_hunt.mistake(
    "One voltage is too high and the other too low, and that is the idea. Are they off by the same amount?"
)
def is_apart_by_unequal_parts(v_1=0.3, v_2=0.1):
    return (v_1 - TARGET[0]) * (v_2 - TARGET[1]) < 0


# -- A hidden time constant ----------------------------------------------------------------------

HIDDEN_TAU = 17e-3
inputs = spikes((0.002, 0.011, 0.014, 0.045, 0.052), 120, dtype=torch.float64)
recorded = simulate(inputs, p=LIParameters.from_tau(tau_mem=HIDDEN_TAU)).v


hidden_tau = Exercise(
    "Which tau_mem has the neuron that made `ex.recorded` out of `ex.inputs`? Learn it, to 2 percent.",
    Number(
        1000 * HIDDEN_TAU,
        "ms",
        tolerance=0.02 * 1000 * HIDDEN_TAU,
        narrow={"still_on_its_way": 0.143, "has_just_begun": 0.07},
    ),
    hints=(
        "Begin with a tau_mem of 10 ms, compare the voltage that it makes with the recorded one, and let the gradient say which way to go.",
        "Learn the logarithm of tau_mem, so that tau_mem stays above 0. In each iteration: simulate, sum the squared differences, `backward()`, one step of the optimiser.",
        """Almost the code; the loss is yours:

log_tau = torch.tensor(0.010).log().requires_grad_()
adam = torch.optim.Adam([log_tau], lr=0.05)
for _ in range(200):
    p = LIParameters.from_tau(tau_mem=log_tau.exp())
    loss = ...
    adam.zero_grad()
    loss.backward()
    adam.step()
1000 * log_tau.exp()""",
    ),
    solution=f"The time constant is {1000 * HIDDEN_TAU:.3g} ms. The loss of the last hint is `(simulate(ex.inputs, p=p).v - ex.recorded).square().sum()`.",
)


@hidden_tau.mistake(
    "This is the neuron of the lab, which made its target. The recorded voltage comes from another one: compare with `ex.recorded`."
)
def tau_of_the_lab() -> float:
    return end_of_tau.kind.right


@hidden_tau.mistake(
    "This is the tau_mem of the default neuron. If you began there, the optimiser has not moved: print the loss and the slope."
)
def tau_of_the_default_neuron() -> float:
    return 10.0


@hidden_tau.mistake(
    "This is tau_syn, which is known. Look for the time constant with which v follows the current."
)
def tau_of_the_synapse() -> float:
    return 5.0


@hidden_tau.mistake(
    "This is the logarithm of the time constant in second, what was learned: undo it with `exp()`."
)
def still_a_logarithm() -> float:
    return math.log(HIDDEN_TAU)


@hidden_tau.mistake("This is the logarithm of the time constant in ms: undo it with `exp()`.")
def logarithm_of_milliseconds() -> float:
    return math.log(1000 * HIDDEN_TAU)


@hidden_tau.mistake("This is 1/tau, in 1/second: turn it round, and answer in ms.")
def still_a_rate() -> float:
    return 1 / HIDDEN_TAU


@hidden_tau.mistake(
    "This is a little too fast. Either your steps have not arrived: does the loss still fall? Or you took how the recorded voltage fades for an exact solution: it was made by Euler's steps."
)
def fades_exactly() -> float:
    return -1000 * DT / math.log(1 - DT / HIDDEN_TAU)


@hidden_tau.mistake(
    "This is where the loop of the lesson begins. If you began there, the optimiser has not moved: print the loss and the slope."
)
def start_of_the_lab() -> float:
    return 25.0


@hidden_tau.mistake(
    "The way from 10 ms on has just begun. Does the loss still fall? Then go on, or take larger steps."
)
def has_just_begun() -> float:
    return 10.95


@hidden_tau.mistake(
    "This lies between 10 ms, where the descent begins, and the right one. Does the loss still fall? Then go on, or take larger steps."
)
def still_on_its_way() -> float:
    return 14.25


# -- Recall --------------------------------------------------------------------------------------

recall = Recall(
    (
        "You lengthen `tau_mem`. What happens to the gradient of the last voltage with respect to inputs long ago?",
        Choice(
            "a",
            {"a": "it becomes larger", "b": "it becomes smaller", "c": "nothing"},
            {
                "a": "What leaks more slowly is remembered longer, and the gradient shows that memory.",
                "b": "Inputs of now count less with a larger tau. Those of long ago have leaked away less.",
                "c": "The gradient is the answer to one jump, and its shape is made by the time constants.",
            },
        ),
    ),
    (
        "Why is the logarithm of tau learned, and not tau?",
        Choice(
            "c",
            {
                "a": "the loss is smaller with it",
                "b": "autograd cannot differentiate with respect to tau",
                "c": "tau stays above 0, and a step changes it by a share",
            },
            {
                "a": "The same neuron has the same loss, however its number is written.",
                "b": "It can. The trouble begins with what is done with that slope.",
                "c": "Whatever number the optimiser reaches, its exponential is above 0.",
            },
        ),
    ),
    (
        "Gradient descent learns w, and its loss adds up v - target, unsquared. Where does it lead?",
        Choice(
            "b",
            {
                "a": "to the target, more slowly",
                "b": "to an ever lower v",
                "c": "nowhere, w stays as it is",
            },
            {
                "a": "The target is no lowest point of such a loss: a lower v makes it smaller still.",
                "b": "This loss has no lowest point, so nothing stops the way down.",
                "c": "Such a loss has a slope wherever v depends on w.",
            },
        ),
    ),
    (
        "What do you learn from a finite difference that agrees with autograd?",
        Choice(
            "b",
            {
                "a": "that the loss is the right one",
                "b": "that the gradient of this loss is right",
                "c": "that training will succeed",
            },
            {
                "a": "Both differentiate the loss that you wrote, right or wrong.",
                "b": "Two ways that know nothing of each other came to the same number.",
                "c": "A right slope says which way is down here, and not what lies behind.",
            },
        ),
    ),
    (
        "From lesson 8: how many levels deep is a scan of 1,024 steps?",
        Choice(
            "a",
            {"a": "10", "b": "32", "c": "1,024"},
            {
                "a": "Each level doubles the span that is combined.",
                "b": "That is the number of blocks if there are as many as steps in one.",
                "c": "So deep is a loop, where each step waits for the one before.",
            },
        ),
    ),
)


name_records(globals())
