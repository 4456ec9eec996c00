"""Lesson 9: learning through a leaky readout."""

import math

import torch
from torch import Generator

from leakyedu.exercises.exercise import Exercise, Prediction, Recall
from leakyedu.exercises.kinds import Choice, Function, Number, Witness
from leakyedu.methods import exact
from leakyedu.model import LIParameters
from leakyedu.sequence import simulate
from leakyedu.stimuli import pulse, spikes

DT = 0.001

# What the lesson's lab begins with and what it hides: its descent in the logarithm of tau_mem ends there.
START_TAU, START_W, LEARNING_RATE = 25e-3, 0.3, 0.3
LAB_TAU, LAB_W = 12e-3, 1.0
LAB_INPUTS = spikes((0.005, 0.02, 0.028, 0.06), 100, dtype=torch.float64)

# -- Predictions ---------------------------------------------------------------------------------


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
)


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
)


def hidden_in_the_lab() -> float:
    """Return the time constant of the neuron that made the lab's target, in ms."""
    return 1000 * LAB_TAU


def the_default_tau() -> float:
    """It is tempting, since all neurons so far had it. The target comes from another neuron: look at how long it takes to fade."""
    return 10.0


def the_start() -> float:
    """That is where the descent begins. It would stay only if the loss had no slope there."""
    return 1000 * START_TAU


def the_synapse() -> float:
    """That is how fast the current fades. The voltage fades more slowly once the current is gone."""
    return 5.0


def half_way() -> float:
    """That is half the way. Steps become small where the slope does, and it is still steep there."""
    return 1000 * (START_TAU + LAB_TAU) / 2


end_of_tau = Prediction(
    "Look at the target: after the last spike it rises, then fades. Gradient descent begins at 25 ms. Where does tau_mem end?",
    Number(
        hidden_in_the_lab(),
        "ms",
        tolerance=0.6,
        mistakes=(the_default_tau, the_start, the_synapse, half_way),
        between=(1, 500),
    ),
)

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


def steps_back(x):
    """Return how many steps before the last each input came."""
    return torch.arange(len(x), dtype=x.dtype).flip(0)


def reads_forwards(x, p, dt):
    """The numbers stand in the wrong direction: the first input is the one that had the most time to leak away."""
    return gradient_of_the_end(x, p, dt).flip(0)


def reaches_all_alike(x, p, dt):
    """All inputs get the same, and that is what the last one deserves: an earlier one has acted for longer, and has leaked."""
    return torch.full_like(x, float(dt * p.tau_mem_inv))


def is_1_everywhere(x, p, dt):
    """Every number is 1: that is by how much the current jumps with its input. Look at what is left of it in v, at the end."""
    return torch.ones_like(x)


def forgets_the_synapse(x, p, dt):
    """The last input gets the most: this is a membrane without a synapse. The current goes on driving v after its jump."""
    a = dt * p.tau_mem_inv
    return a * (1 - a) ** steps_back(x)


def is_that_of_the_current(x, p, dt):
    """This is the gradient of the last current: the question is about the voltage, which follows it."""
    return (1 - dt * p.tau_syn_inv) ** (steps_back(x) + 1)


def forgets_the_leak(x, p, dt):
    """The earlier an input, the larger its number: the voltage adds up its current and never leaks."""
    a, b = dt * p.tau_mem_inv, dt * p.tau_syn_inv
    return a / b * (1 - (1 - b) ** (steps_back(x) + 1))


def forgets_the_decay(x, p, dt):
    """The earlier an input, the larger its number: the current of each jump stays for ever, and should decay."""
    return 1 - (1 - dt * p.tau_mem_inv) ** (steps_back(x) + 1)


def sums_the_voltages(x, p, dt):
    """This is the gradient of the sum of all voltages: the question is about the last one, `v[-1]`."""
    return gradient_of_the_end(x, p, dt).flip(0).cumsum(0).flip(0)


def averages_the_voltages(x, p, dt):
    """This is the gradient of the mean of all voltages: the question is about the last one, `v[-1]`."""
    return sums_the_voltages(x, p, dt) / len(x)


def takes_the_first_voltage(x, p, dt):
    """This is the gradient of the first voltage: only the first input has come by then. Look at the end."""
    slopes = torch.zeros_like(x)
    slopes[0] = dt * p.tau_mem_inv
    return slopes


def misses_the_last_input(x, p, dt):
    """The last input has no effect here. Either this is `v[-2]`, or the voltage moves before the current jumps."""
    earlier = gradient_of_the_end(x, p, dt)[1:]
    return torch.cat([earlier, torch.zeros_like(x[:1])])


def squares_the_voltage(x, p, dt):
    """This is the gradient of the square of the last voltage: leave the square to the loss."""
    slopes = gradient_of_the_end(x, p, dt)
    return 2 * (p.v_leak + (slopes * x).sum()) * slopes


def multiplies_by_the_input(x, p, dt):
    """This is what each input has added to the last voltage: a gradient says what one more volt would add."""
    return x * gradient_of_the_end(x, p, dt)


def adds_the_rest(x, p, dt):
    """The voltage at rest is in every number: it is there without any input, so it is no part of the change."""
    return p.v_leak + gradient_of_the_end(x, p, dt)


def decays_too_early(x, p, dt):
    """Each number lacks the part of a jump that decays in its own step: v uses the current before the decay."""
    return (1 - dt * p.tau_syn_inv) * gradient_of_the_end(x, p, dt)


def steps_exactly(x, p, dt):
    """These are the numbers of the exact solution: this neuron takes Euler's steps, as `simulate` does."""
    return exact(p, dt * (steps_back(x) + 1)).v_from_i


def forgets_dt(x, p, dt):
    """Every number is divided by dt: an input is a jump and not a rate, so its effect is per volt alone."""
    return gradient_of_the_end(x, p, dt) / dt


def swaps_the_time_constants(x, p, dt):
    """The time constants are exchanged: tau_mem_inv belongs to v, tau_syn_inv to i."""
    swapped = p._replace(tau_mem_inv=p.tau_syn_inv, tau_syn_inv=p.tau_mem_inv)
    return gradient_of_the_end(x, swapped, dt)


def has_a_neuron_of_its_own(x, p, dt):
    """This is the gradient of the default neuron: hand `p` on to `simulate`."""
    return gradient_of_the_end(x, LIParameters(), dt)


def has_a_step_of_its_own(x, p, dt):
    """This is the gradient for steps of 1 ms: hand `dt` on to `simulate`."""
    return gradient_of_the_end(x, p, DT)


def has_both_of_its_own(x, p, dt):
    """This is the gradient of the default neuron with steps of 1 ms: hand `p` and `dt` on to `simulate`."""
    return gradient_of_the_end(x, LIParameters(), DT)


def forgets_to_divide(x, p, dt):
    """Every number is a thousandth of what it should be: divide the change of v by the change of the input."""
    return 0.001 * gradient_of_the_end(x, p, dt)


def adds_up_two_gradients(x, p, dt):
    """Every number is twice as large as it should be: `backward()` adds to what is in `x.grad` already."""
    return 2 * gradient_of_the_end(x, p, dt)


def divides_the_voltage(x, p, dt):
    """The voltage at rest is divided by the nudge, too: divide the change of v alone."""
    return p.v_leak / 0.001 + gradient_of_the_end(x, p, dt)


def scales_to_one(x, p, dt):
    """The numbers are divided by the largest of them: their sizes count, not only their shape."""
    slopes = gradient_of_the_end(x, p, dt)
    return slopes / slopes.max()


def scales_to_a_sum_of_one(x, p, dt):
    """The numbers are divided by their sum: a gradient is no set of weights that add up to 1."""
    slopes = gradient_of_the_end(x, p, dt)
    return slopes / slopes.sum()


def sequences(generator: Generator) -> list[tuple]:
    """Return 12 cases of 20 to 42 random inputs, with random parameters and steps."""

    def between(low: float, high: float) -> float:
        return low + (high - low) * float(torch.rand((), generator=generator, dtype=torch.float64))

    return [
        (
            torch.randn(20 + 2 * number, generator=generator, dtype=torch.float64),
            LIParameters.from_tau(
                tau_syn=between(2e-3, 6e-3), tau_mem=between(7e-3, 20e-3), v_leak=between(0.2, 1)
            ),
            between(2e-4, 1.5e-3),
        )
        for number in range(12)
    ]


gradient = Exercise(
    "Return the gradient of the last voltage with respect to each input.",
    Function(
        gradient_of_the_end,
        returns=("gradient",),
        cases=sequences,
        mistakes=(
            reads_forwards,
            reaches_all_alike,
            is_1_everywhere,
            forgets_the_synapse,
            is_that_of_the_current,
            forgets_the_leak,
            forgets_the_decay,
            sums_the_voltages,
            averages_the_voltages,
            takes_the_first_voltage,
            misses_the_last_input,
            squares_the_voltage,
            multiplies_by_the_input,
            adds_the_rest,
            decays_too_early,
            steps_exactly,
            forgets_dt,
            swaps_the_time_constants,
            has_a_neuron_of_its_own,
            has_a_step_of_its_own,
            has_both_of_its_own,
            forgets_to_divide,
            adds_up_two_gradients,
            divides_the_voltage,
            scales_to_one,
            scales_to_a_sum_of_one,
        ),
        each="input",
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
    v, target = (torch.tensor(x, dtype=torch.float64) for x in ((v_1, v_2), TARGET))
    return float(abs(signed_loss(v, target)) < 1e-6)


def is_the_target(v_1=TARGET[0], v_2=TARGET[1]):
    """These are the voltages of the target, and there 0 is right. Look for others that the loss takes for them."""
    return says_0_rightly(v_1, v_2) == 1


def is_above(v_1=0.3, v_2=0.4):
    """Both voltages are too high, so both differences count in the same direction and the loss sees them."""
    return v_1 > TARGET[0] and v_2 > TARGET[1]


def is_below(v_1=0.0, v_2=0.0):
    """Both voltages are too low, so both differences count in the same direction: the loss is not 0, but below it."""
    return v_1 < TARGET[0] and v_2 < TARGET[1]


def is_right_once(v_1=TARGET[0], v_2=0.4):
    """One of the two voltages is right, and nothing makes up for the difference of the other."""
    return v_1 == TARGET[0] or v_2 == TARGET[1]


def is_apart_by_unequal_parts(v_1=0.3, v_2=0.1):
    """One voltage is too high and the other too low, and that is the idea. Are they off by the same amount?"""
    return (v_1 - TARGET[0]) * (v_2 - TARGET[1]) < 0


loss_hunt = Exercise(
    f"The target is {TARGET[0]:.2f} V, then {TARGET[1]:.2f} V. Find two other voltages for which a loss that adds up v - target says 0.",
    Witness(
        (TARGET[0] + 0.1, TARGET[1] - 0.1),
        says_0_rightly,
        says_0_with_a_bug,
        within={"v_1": (-1, 1), "v_2": (-1, 1)},
        blind=(is_the_target, is_above, is_below, is_right_once, is_apart_by_unequal_parts),
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

# -- A hidden time constant ----------------------------------------------------------------------

HIDDEN_TAU = 17e-3
inputs = spikes((0.002, 0.011, 0.014, 0.045, 0.052), 120, dtype=torch.float64)
recorded = simulate(inputs, p=LIParameters.from_tau(tau_mem=HIDDEN_TAU)).v


def tau_of_the_default_neuron() -> float:
    """This is the tau_mem of the default neuron. If you began there, the optimiser has not moved: print the loss and the slope."""
    return 10.0


def tau_of_the_synapse() -> float:
    """This is tau_syn, which is known. Look for the time constant with which v follows the current."""
    return 5.0


def still_a_logarithm() -> float:
    """This is the logarithm of the time constant in second, what was learned: undo it with `exp()`."""
    return math.log(HIDDEN_TAU)


def logarithm_of_milliseconds() -> float:
    """This is the logarithm of the time constant in ms: undo it with `exp()`."""
    return math.log(1000 * HIDDEN_TAU)


def still_a_rate() -> float:
    """This is 1/tau, in 1/second: turn it round, and answer in ms."""
    return 1 / HIDDEN_TAU


def fades_exactly() -> float:
    """This is a little too fast. Either your steps have not arrived: does the loss still fall? Or you took how the recorded voltage fades for an exact solution: it was made by Euler's steps."""
    return -1000 * DT / math.log(1 - DT / HIDDEN_TAU)


hidden_tau = Exercise(
    "Which tau_mem has the neuron that made `ex.recorded` out of `ex.inputs`? Learn it, to 2 percent.",
    Number(
        1000 * HIDDEN_TAU,
        "ms",
        tolerance=0.02 * 1000 * HIDDEN_TAU,
        mistakes=(
            tau_of_the_default_neuron,
            tau_of_the_synapse,
            still_a_logarithm,
            logarithm_of_milliseconds,
            still_a_rate,
            fades_exactly,
        ),
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
