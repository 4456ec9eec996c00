"""Lesson 10: noise, and how much of it a step may bring."""

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor

from leakyedu.teaching.draw import Draw
from leakyedu.teaching.exercise import Exercise, Prediction, Recall
from leakyedu.teaching.function import Function
from leakyedu.teaching.kinds import Choice, Number, Points, Witness
from leakyedu.teaching.record import name_records

TAU, DT, DURATION = 10e-3, 0.5e-3, 0.1  # second; where the lab starts
SIGMA = math.sqrt(10)  # volt per root of a second: sigma^2 tau / 2 = 0.05 V^2, and the lab starts near it

# -- Predictions ---------------------------------------------------------------------------------


def spread_after(ms: float) -> float:
    r"""Return the standard deviation of v after some time, in Euler's steps of 0.5 ms.

    .. math::
        s^2 = \sigma^2 \Delta t \, (1 + q + \dots + q^{n - 1}), \qquad q = (1 - \Delta t / \tau)^2
    """
    q = (1 - DT / TAU) ** 2
    return SIGMA * math.sqrt(DT * (1 - q ** round(ms / 1000 / DT)) / (1 - q))


spread = Prediction(
    f"500 neurons start at 0 V. Every 0.5 ms a random kick moves each of them by about {SIGMA * math.sqrt(DT):.2f} V, "
    "up or down, and each leaks with tau = 10 ms. What is the standard deviation of their voltages after 100 ms?",
    Number(
        spread_after(1000 * DURATION),
        "V",
        tolerance=0.027,
        between=(0, 20),
        alike=0.015,
        narrow={"is_the_variance": 0.035, "whole_width": 0.03},
    ),
    given="in each step `v = v - dt/tau v + kick`, with dt = 0.5 ms. Of all voltages 68 % lie within one standard deviation of their mean.",
)


@spread.mistake("These are 200 kicks that all go the same way. Up and down cancel most of it.")
def all_kicks_of_one_sign() -> float:
    return DURATION / DT * SIGMA * math.sqrt(DT)


@spread.mistake("This is the spread without a leak, the root of 200 kicks. The leak forgets most of them.")
def without_a_leak() -> float:
    return SIGMA * math.sqrt(DURATION)


@spread.mistake("This is a single kick. The neuron has not forgotten those before when the next one comes.")
def a_single_kick() -> float:
    return SIGMA * math.sqrt(DT)


@spread.mistake("This is the variance. Its root is the standard deviation, which has the unit of v.")
def is_the_variance() -> float:
    return spread.kind.right**2


@spread.mistake(
    "Up and down cancel in the mean. Each neuron has its own kicks, so the voltages spread around it."
)
def cancels() -> float:
    return 0.0


@spread.mistake(
    "Close: a factor 2 is missing. The square of what is left of a kick fades twice as fast as the kick."
)
def factor_2_is_missing() -> float:
    return spread.kind.right * math.sqrt(2)


@spread.mistake(
    "These are the 20 kicks of one time constant, all the same way. Up and down cancel most of it."
)
def kicks_of_one_time_constant() -> float:
    return TAU / DT * SIGMA * math.sqrt(DT)


@spread.mistake(
    "This is a kick times the root of 500, and 500 neurons there are. Each is kicked 200 times, and forgets."
)
def counts_the_neurons() -> float:
    return math.sqrt(500) * SIGMA * math.sqrt(DT)


@spread.mistake("This is the whole width, from one standard deviation below the mean to one above it.")
def whole_width() -> float:
    return 2 * spread.kind.right


@spread.mistake(
    "This is sigma, in volt per root of a second. How much of it there is in v depends on a time."
)
def strength_itself() -> float:
    return SIGMA


widening = Prediction(
    "These 500 neurons all start at 0 V. Draw the standard deviation of their voltages over time.",
    Points(
        spread_after,
        (5, 10, 20, 45, 85),
        ("time (ms)", "standard deviation (V)"),
        tolerance=0.03,
        axis=(0, 0.4),
        computed=(
            "without_a_leak_at_all",
            "kicks_of_one_sign",
            "are_variances",
            "is_there_at_once",
            "is_a_single_kick",
            "shrinks",
            "grows_in_a_line",
        ),
        trends={"falls": "shrinks"},
        ways={
            "never_stops": [[0.02, 0.045, 0.09, 0.2, 0.38], [0.01, 0.03, 0.07, 0.16, 0.3]],
            "stays_together": [[0.04] * 5],
        },
    ),
    given=f"in each step `v = v - dt/tau v + kick`, with dt = 0.5 ms, tau = 10 ms and kicks of {SIGMA * math.sqrt(DT):.2f} V, up or down. Of all voltages 68 % lie within one standard deviation.",
)


@widening.mistake(
    "Your curve opens too slowly, or goes on and on, as a random walk without a leak does. But the leak forgets old kicks: after one time constant the spread has nearly come to its end."
)
def never_stops(ms: float) -> float:
    return 0.35 * math.sqrt(ms / 85)


@widening.mistake(
    "This is a random walk without a leak, the root of how many kicks there were. But the leak forgets old kicks, so the spread comes to a stop."
)
def without_a_leak_at_all(ms: float) -> float:
    return SIGMA * math.sqrt(ms / 1000)


@widening.mistake(
    "These are kicks that all go the same way. Up and down cancel most of it, and the leak forgets the rest."
)
def kicks_of_one_sign(ms: float) -> float:
    return ms / 1000 / DT * SIGMA * math.sqrt(DT)


@widening.mistake(
    "This is a single kick, from the start on. The neuron has not forgotten those before when the next one comes, so they add up."
)
def is_a_single_kick(ms: float) -> float:
    return SIGMA * math.sqrt(DT)


@widening.mistake(
    "Your spread shrinks, as if the kicks had come to an end. But they go on, and hold the voltages apart."
)
def shrinks(ms: float) -> float:
    return spread_after(1000 * DURATION) * math.exp((5 - ms) / 12)


@widening.mistake(
    "Your spread grows in a straight line, without an end. But up and down cancel in part, and the leak forgets old kicks: it comes to a stop within some 20 ms."
)
def grows_in_a_line(ms: float) -> float:
    return 0.01 * ms


@widening.mistake(
    "These are the variances. Their roots are the standard deviations, which have the unit of v."
)
def are_variances(ms: float) -> float:
    return spread_after(ms) ** 2


@widening.mistake(
    "Your curve is as high early as late. But all start at 0 V, and it takes about two time constants until they are so far apart."
)
def is_there_at_once(ms: float) -> float:
    return spread_after(1000 * DURATION)


@widening.mistake(
    "Your curve stays near 0 V. That is the mean: up and down cancel there. But each neuron has its own kicks, so they come apart."
)
def stays_together(ms: float) -> float:
    return 0.0


halved = Prediction(
    "Each step draws noise of variance 1 and does v += dt/tau (xi - v). You halve dt, from 2 ms to 1 ms. "
    "What happens to the variance of v?",
    Choice(
        "b",
        {
            "a": "it stays about the same",
            "b": "about half of it is left",
            "c": "it doubles",
        },
        {
            "a": "A smaller step describes the same neuron better, so one expects this. But the noise itself has changed: v averages over more independent kicks, and such an average is closer to 0.",
            "b": "There are twice as many kicks, each half as large. Variances of independent kicks add up: 2 times 1/4.",
            "c": "There are twice as many kicks, so this is tempting. But each one is multiplied by dt/tau, so it is half as large.",
        },
    ),
    given="tau = 10 ms, and xi is drawn anew in each step. The variance is the mean of the squares, so a factor c multiplies it by c^2.",
)

factor = Prediction(
    "A kick is xi times a factor c. How must c depend on dt, so that two steps of half the length bring the variance "
    "of the whole one?",
    Choice(
        "c",
        {
            "a": "not at all",
            "b": "it grows with dt",
            "c": "it grows with the root of dt",
        },
        {
            "a": "It is tempting, since it is the same noise. But then a half brings as much as the whole, and two of them twice as much.",
            "b": "That is unit noise: each half brings a quarter of the variance, and two of them a half. It is tempting, since a slope is multiplied by dt.",
            "c": "Then the variance of a kick, c squared, grows with dt: half a step brings half of it. Only the leak is described a little better by short steps.",
        },
    ),
    given="xi has the variance 1. The variances of independent kicks add up, and a factor c multiplies a variance by c^2.",
)

many_small = Prediction(
    "Spikes of 1 V come at random, 60 a second, and v has a standard deviation of 0.224 V. "
    "Now ten times as many come, each a tenth as large. What is the standard deviation?",
    Choice(
        "b",
        {
            "a": "the same: as much comes in as before",
            "b": "about a third of it",
            "c": "a tenth of it",
        },
        {
            "a": "As much comes in, so the mean stays. But many small spikes come more evenly than few large ones.",
            "b": "Variances add up: ten times as many, each a hundredth as large, make a tenth. The root of a tenth is 0.32.",
            "c": "Each response has become a tenth, but there are ten times as many, and what is chance in them does not cancel altogether.",
        },
    ),
    given="the mean of v stays. Spikes know nothing of each other, so their variances add up; a factor c multiplies a variance by c^2.",
)

nearer = Prediction(
    "One program takes Euler's steps of 2 ms and gets the kicks of the true path, added up over each step. Another takes "
    "exact updates, with kicks of its own. Which one is nearer to the true path after 100 ms?",
    Choice(
        "a",
        {
            "a": "Euler, whose variance is 11 % too large",
            "b": "the exact update, whose variance is right",
            "c": "neither: noise cannot be followed",
        },
        {
            "a": "It was pushed as the true path was. A variance says how far paths go, and not which of them is taken.",
            "b": "Its voltages are as far apart as they should be, and that is all that a variance says. Its path is another one.",
            "c": "Noise cannot be foretold. But it can be followed by whoever gets the same kicks.",
        },
    ),
    given="the true path has 32 kicks in each 2 ms. Both programs start where it starts.",
)

# -- A bug that hides at one step size -----------------------------------------------------------


def scaled(v: float, xi: float, dt: float) -> float:
    """Return v after one step whose kick grows with the root of dt."""
    return v - dt / TAU * v + SIGMA * math.sqrt(dt) * xi


def unscaled(v: float, xi: float, dt: float) -> float:
    """Return v after one step whose kick grows with dt: a mistake."""
    return v + dt / TAU * (xi - v)


hunt = Exercise(
    "A step of a noisy neuron was tested with dt = 1 ms and found right. Find arguments at which it is wrong.",
    Witness(
        (0.0, 1.0, 0.002),
        scaled,
        unscaled,
        {
            "v": (-2, 2, "V", "this noise moves v no further"),
            "xi": (-5, 5, "", "a normal number is hardly ever larger"),
            "dt": (1e-5, 0.01, "s", "a step has a length, below the time constant of 0.01 s"),
        },
    ),
    hints=(
        "Three arguments go in. Which of them did the author never change?",
        "Compare the size of a kick with sigma sqrt(dt), where sigma is 3.162 V per root of a second. At dt = 1 ms both are 0.1 V.",
        "Let v be 0 and xi be 1: then the function returns the kick alone. Choose a dt that is not 1 ms.",
    ),
    solution="For example v = 0, xi = 1, dt = 0.002: the kick is 0.2 V, where sigma sqrt(dt) is 0.141 V.",
)


@hunt.mistake(
    "Here dt is 1 ms, as in every test of its author: at this length the kick happens to have the right size."
)
def where_it_was_tested(v=0.0, xi=1.0, dt=0.001):
    return math.isclose(dt, 0.001, rel_tol=1e-5)


@hunt.mistake("Here xi is 0, so no noise comes and v leaks alone. The leak is right.")
def without_noise(v=1.0, xi=0.0, dt=0.002):
    return xi == 0


# -- The step ------------------------------------------------------------------------------------


def scaled_step(v, xi, dt, tau, sigma):
    """Return v after one step: it leaks, and a kick comes that grows with the root of dt."""
    return v - dt / tau * v + sigma * math.sqrt(dt) * xi


def neurons(generator: Generator) -> list[tuple]:
    """Return 10 cases of 1 to 80 neurons each: random voltages, noise, steps, time constants and strengths."""
    draw, cases = Draw(generator), []
    for number in range(10):
        shape = ((50,), (5, 10), (80,), (1,))[number % 4]
        v, xi = draw.normal(*shape), draw.normal(*shape)
        if number % 4 == 2:
            v, xi = v.float(), xi.float()
        tau = draw.scales(2e-3, 0.1)
        cases.append((v, xi, tau * draw.scales(0.01, 1.8), tau, draw.scales(0.2, 20)))
    return cases


noisy_step = Exercise(
    "Repair it: write one step of a leaky voltage with noise of strength sigma.",
    Function(
        scaled_step,
        returns=("v",),
        cases=neurons,
        name="my_step",
    ),
    hints=(
        "Two things happen to v in a step: it leaks a little, and it is kicked. How does each grow with dt?",
        "The leak is a slope, -v / tau, times dt. The variance of a kick is sigma squared times dt; the kick is what has that variance. The numbers of `xi` have variance 1.",
        """Almost the code; the factor of the noise is yours:

return v - dt / tau * v + sigma * ... * xi""",
    ),
    solution="The leak is multiplied by dt. The noise is multiplied by the root of dt, so that its variance grows with dt.",
)


@noisy_step.mistake(
    "`torch.sqrt` wants a tensor, and dt is a plain number: take its root by `math.sqrt` or by `** 0.5`."
)
def root_of_a_number_by_torch(v, xi, dt, tau, sigma):
    return v - dt / tau * v + sigma * torch.sqrt(dt) * xi


@noisy_step.mistake(
    "The noise is multiplied by dt: then finer steps bring less and less of it. Variances add up over time, so the variance is what must grow with dt."
)
def dt_for_its_root(v, xi, dt, tau, sigma):
    return v - dt / tau * v + sigma * dt * xi


@noisy_step.mistake(
    "The kick is as large in a short step as in a long one: then finer steps bring more noise. Its variance must grow with dt."
)
def forgets_dt_in_the_noise(v, xi, dt, tau, sigma):
    return v - dt / tau * v + sigma * xi


@noisy_step.mistake(
    "The noise is multiplied by dt / tau, as the leak is. A leak is a slope; a kick is none, so take it out of the bracket."
)
def noise_in_the_bracket(v, xi, dt, tau, sigma):
    return v + dt / tau * (sigma * xi - v)


@noisy_step.mistake(
    "The kick has its root, and is multiplied by dt / tau on top, as a slope is. Take it out of the bracket."
)
def scaled_noise_in_the_bracket(v, xi, dt, tau, sigma):
    return v + dt / tau * (sigma * math.sqrt(dt) * xi - v)


@noisy_step.mistake(
    "This is the unit noise of the hunt: sigma is missing, and the kick is multiplied by dt / tau."
)
def unit_noise(v, xi, dt, tau, sigma):
    return v + dt / tau * (xi - v)


@noisy_step.mistake(
    "The noise comes twice: the unit noise of the hunt still stands in the bracket, beside the kick that was added."
)
def keeps_the_unit_noise(v, xi, dt, tau, sigma):
    return v + dt / tau * (xi - v) + sigma * math.sqrt(dt) * xi


@noisy_step.mistake("The strength sigma has no effect: the kick must be proportional to it.")
def forgets_sigma(v, xi, dt, tau, sigma):
    return scaled_step(v, xi, dt, tau, 1.0)


@noisy_step.mistake("The strength is always `SIGMA`, that of the lesson: use the sigma that you are given.")
def has_a_strength_of_its_own(v, xi, dt, tau, sigma):
    return scaled_step(v, xi, dt, tau, SIGMA)


@noisy_step.mistake("The strength is always 3.162, as the text prints it: use the sigma that you are given.")
def has_the_printed_strength(v, xi, dt, tau, sigma):
    return scaled_step(v, xi, dt, tau, 3.162)


@noisy_step.mistake(
    "The root of dt stands before the bracket, so the leak has it too and the kick is divided by tau. The leak has dt, the kick alone its root."
)
def root_before_the_bracket(v, xi, dt, tau, sigma):
    return v + math.sqrt(dt) / tau * (xi - v)


@noisy_step.mistake(
    "The root of dt stands before the bracket, for the leak and the kick, and tau below both. The leak has dt / tau, the kick the root of dt alone."
)
def root_before_the_bracket_with_sigma(v, xi, dt, tau, sigma):
    return v + math.sqrt(dt) / tau * (sigma * xi - v)


@noisy_step.mistake(
    "Python reads `dt**1/2` as dt to the power of 1, divided by 2. A root is `dt**0.5`, or `math.sqrt(dt)`."
)
def halves_dt_for_its_root(v, xi, dt, tau, sigma):
    return v - dt / tau * v + sigma * dt / 2 * xi


@noisy_step.mistake(
    "The factor of xi is the variance of a kick, sigma squared times dt. A kick has that variance if its factor is the root of it."
)
def variance_for_the_kick(v, xi, dt, tau, sigma):
    return v - dt / tau * v + sigma**2 * dt * xi


@noisy_step.mistake(
    "The kick is multiplied by sigma squared: that belongs to a variance. The kick itself is proportional to sigma."
)
def squares_sigma(v, xi, dt, tau, sigma):
    return scaled_step(v, xi, dt, tau, sigma**2)


@noisy_step.mistake(
    "The root is taken of sigma too: a bracket closes too late. Look at the unit of sigma, volt per root of a second."
)
def root_of_both(v, xi, dt, tau, sigma):
    return v - dt / tau * v + math.sqrt(sigma * dt) * xi


@noisy_step.mistake(
    "The kick depends on tau: the root holds dt / tau. The noise knows nothing of the leak, only of the length of the step."
)
def divides_the_noise_by_tau(v, xi, dt, tau, sigma):
    return v - dt / tau * v + sigma * math.sqrt(dt / tau) * xi


@noisy_step.mistake(
    "The kick is divided by the root of dt. Noise that enters a slope looks so before it is multiplied by dt: add that factor."
)
def divides_by_the_root(v, xi, dt, tau, sigma):
    return v - dt / tau * v + sigma / math.sqrt(dt) * xi


@noisy_step.mistake(
    "The leak is multiplied by a root too. It is a slope, and a step lasts dt seconds: the root belongs to the noise alone."
)
def root_in_the_leak(v, xi, dt, tau, sigma):
    return v - math.sqrt(dt) / tau * v + sigma * math.sqrt(dt) * xi


@noisy_step.mistake("The leak drives v away from 0, and v will explode: look at its sign.")
def leaks_upwards(v, xi, dt, tau, sigma):
    return v + dt / tau * v + sigma * math.sqrt(dt) * xi


@noisy_step.mistake(
    "The voltage does not leak: then its variance grows without end. The slope -v / tau is missing."
)
def forgets_the_leak(v, xi, dt, tau, sigma):
    return v + sigma * math.sqrt(dt) * xi


@noisy_step.mistake("The change of v is returned alone: add it to the voltage at the start of the step.")
def forgets_the_old_v(v, xi, dt, tau, sigma):
    return scaled_step(v, xi, dt, tau, sigma) - v


@noisy_step.mistake("The noise xi has no effect: v leaks and nothing kicks it.")
def returns_the_leak_alone(v, xi, dt, tau, sigma):
    return v - dt / tau * v


@noisy_step.mistake("The kick is the same in each step and always upwards: the random number xi is missing.")
def forgets_xi(v, xi, dt, tau, sigma):
    return scaled_step(v, 1.0, dt, tau, sigma)


@noisy_step.mistake("In the leak dt is missing: its slope is per second, and a step lasts dt seconds.")
def forgets_dt_in_the_leak(v, xi, dt, tau, sigma):
    return v - v / tau + sigma * math.sqrt(dt) * xi


@noisy_step.mistake("The time constant tau has no effect: the leak is the faster, the shorter tau is.")
def forgets_tau(v, xi, dt, tau, sigma):
    return v - dt * v + sigma * math.sqrt(dt) * xi


@noisy_step.mistake(
    "The kick leaks in its own step: both changes start from the old v. Compute the leak before v is replaced."
)
def kicks_before_the_leak(v, xi, dt, tau, sigma):
    kicked = v + sigma * math.sqrt(dt) * xi
    return kicked - dt / tau * kicked


@noisy_step.mistake(
    "The leak is an exponential: that is the exact solution without noise. Euler follows the slope, 1 - dt/tau."
)
def leaks_exactly(v, xi, dt, tau, sigma):
    return v * math.exp(-dt / tau) + sigma * math.sqrt(dt) * xi


@noisy_step.mistake(
    "This is the exact update, to which the lesson comes at its end, and it is better. Here write Euler's step."
)
def is_the_exact_update(v, xi, dt, tau, sigma):
    kick = sigma * math.sqrt(tau / 2 * -math.expm1(-2 * dt / tau))
    return v * math.exp(-dt / tau) + kick * xi


@noisy_step.mistake(
    "The kick is subtracted. Its statistics would be the same; this check compares number by number, so add it."
)
def subtracts_the_noise(v, xi, dt, tau, sigma):
    return v - dt / tau * v - sigma * math.sqrt(dt) * xi


@noisy_step.mistake("You count dt in milliseconds: it comes in second already, as tau does.")
def milliseconds(v, xi, dt, tau, sigma):
    return scaled_step(v, xi, 1000 * dt, tau, sigma)


@noisy_step.mistake(
    "Both times are counted in milliseconds: dt / tau does not notice, but sigma is in volt per root of a second."
)
def milliseconds_in_both(v, xi, dt, tau, sigma):
    return scaled_step(v, xi, 1000 * dt, 1000 * tau, sigma)


@noisy_step.mistake("The step is always 1 ms long: use the dt that you are given.")
def has_a_step_of_its_own(v, xi, dt, tau, sigma):
    return scaled_step(v, xi, 0.001, tau, sigma)


@noisy_step.mistake("In the leak stands tau / dt: the longer a step, the less it would leak. Turn it round.")
def turns_dt_and_tau(v, xi, dt, tau, sigma):
    return v - tau / dt * v + sigma * math.sqrt(dt) * xi


@noisy_step.mistake("The time constant is always 10 ms: use the tau that you are given.")
def has_a_tau_of_its_own(v, xi, dt, tau, sigma):
    return scaled_step(v, xi, dt, TAU, sigma)


@noisy_step.mistake("The kick is always that of a step of 1 ms: use the dt that you are given in it, too.")
def has_a_kick_of_its_own(v, xi, dt, tau, sigma):
    return v - dt / tau * v + sigma * math.sqrt(0.001) * xi


# -- The variance --------------------------------------------------------------------------------


def variance_of_steps(dt, tau, sigma):
    """Return the variance at which v settles in steps of dt."""
    return sigma**2 * tau / 2 / (1 - dt / (2 * tau))


def steps(generator: Generator) -> list[tuple]:
    """Return 30 cases of a step, short or nearly twice the time constant, a time constant and a strength."""
    draw, cases = Draw(generator), []
    for number in range(30):
        tau = draw.scales(1e-3, 1)
        cases.append(
            (tau * (draw.scales(1e-3, 0.3), draw.between(0.1, 1.9))[number % 2], tau, draw.scales(0.05, 20))
        )
    return cases


variance = Exercise(
    "At which variance does v settle, in steps of dt?",
    Function(
        variance_of_steps,
        returns=("variance",),
        cases=steps,
        name="my_variance",
    ),
    hints=(
        "When v has settled, a step takes away as much variance as it brings.",
        "The old v and the kick are independent, so their variances add up. A step multiplies v by 1 - dt/tau, and its variance by the square of that.",
        """Solve this for the variance, s:

s == (1 - dt / tau)**2 * s + sigma**2 * ...""",
    ),
    solution="s = (1 - dt/tau)^2 s + sigma^2 dt. Here 1 - (1 - dt/tau)^2 = 2 dt/tau (1 - dt/(2 tau)), and dt cancels.",
)


@variance.mistake(
    "This is the variance of the equation itself, without a step. Steps of dt add a little to it: balance what one step brings and what it takes away."
)
def without_the_step(dt, tau, sigma):
    return sigma**2 * tau / 2


@variance.mistake(
    "A fraction is upside down: a step takes dt/tau of v away, and not tau/dt. A variance is never below 0."
)
def turns_the_fraction(dt, tau, sigma):
    return sigma**2 * dt / (1 - (1 - tau / dt) ** 2)


@variance.mistake("A step keeps 1 - dt/tau of v. Of the variance it keeps the square of that.")
def without_the_square(dt, tau, sigma):
    return sigma**2 * tau


@variance.mistake(
    "The result is twice too large: expand (1 - dt/tau) squared, and keep both parts of what is left."
)
def without_the_half(dt, tau, sigma):
    return 2 * variance_of_steps(dt, tau, sigma)


@variance.mistake("A number goes wrong in (1 - dt/tau) squared: the term with dt squared has no 2.")
def without_the_last_term(dt, tau, sigma):
    return sigma**2 * tau / 2 / (1 - dt / tau)


@variance.mistake(
    "Steps of dt make the variance larger than the equation has it. Yours is smaller: look at a sign."
)
def turns_the_correction(dt, tau, sigma):
    return sigma**2 * tau / 2 / (1 + dt / (2 * tau))


@variance.mistake(
    "The correction stands on top: solve for the variance again. It is divided by what a step takes away."
)
def multiplies_the_correction(dt, tau, sigma):
    return sigma**2 * tau / 2 * (1 - dt / (2 * tau))


@variance.mistake(
    "This holds for a small dt alone: the correction is the first term of a series. No approximation is needed here."
)
def first_order_of_the_correction(dt, tau, sigma):
    return sigma**2 * tau / 2 * (1 + dt / (2 * tau))


@variance.mistake("Here sigma appears without its square: twice the noise brings four times the variance.")
def sigma_without_its_square(dt, tau, sigma):
    return variance_of_steps(dt, tau, math.sqrt(sigma))


@variance.mistake("This is the standard deviation, in volt. The variance is its square, in volt squared.")
def standard_deviation(dt, tau, sigma):
    return math.sqrt(variance_of_steps(dt, tau, sigma))


@variance.mistake(
    "This is the variance of a single kick. The voltage v collects many of them, and forgets each with time constant tau."
)
def variance_of_a_kick(dt, tau, sigma):
    return sigma**2 * dt


@variance.mistake(
    "This is the variance of the naive rule, with unit noise times dt/tau: sigma does not appear in it."
)
def variance_of_unit_noise(dt, tau, sigma):
    return dt / tau / (2 - dt / tau)


@variance.mistake(
    "This is the variance without a leak, after a time of tau. The leak takes away some of it all the while."
)
def variance_after_one_time_constant(dt, tau, sigma):
    return sigma**2 * tau / (1 - dt / tau)


@variance.mistake(
    "Here stands the root of dt, which belongs to a kick. The variance of a kick is its square, sigma squared times dt."
)
def keeps_the_root_of_dt(dt, tau, sigma):
    return variance_of_steps(dt, tau, sigma) / math.sqrt(dt)


@variance.mistake(
    "Below the line stands tau: a shorter tau forgets each kick sooner, so it must make the variance smaller."
)
def divides_by_tau(dt, tau, sigma):
    return sigma**2 / (2 * tau) / (1 - dt / (2 * tau))


@variance.mistake("Your result has the unit of sigma squared, volt squared per second: a time is missing.")
def forgets_tau_in_front(dt, tau, sigma):
    return sigma**2 / 2 / (1 - dt / (2 * tau))


@variance.mistake(
    "The kick was taken as sigma dt: its variance is sigma squared times dt, not times dt squared."
)
def kick_with_dt(dt, tau, sigma):
    return sigma**2 * dt * tau / 2 / (1 - dt / (2 * tau))


@variance.mistake(
    "The factor of a kick, sigma times the root of dt, was taken for its variance: that is its square."
)
def kick_for_its_variance(dt, tau, sigma):
    return sigma * math.sqrt(dt) / (1 - (1 - dt / tau) ** 2)


@variance.mistake(
    "What a step takes away, 1 - (1 - dt/tau)^2, stands on top. It is a part of s: solve the balance for s once more."
)
def multiplies_by_the_balance(dt, tau, sigma):
    return sigma**2 * dt * (1 - (1 - dt / tau) ** 2)


@variance.mistake(
    "Divided is by what a step leaves of s, (1 - dt/tau)^2. Bring that to the other side of s = ... first: what stands with s then?"
)
def forgets_one_minus(dt, tau, sigma):
    return sigma**2 * dt / (1 - dt / tau) ** 2


@variance.mistake("The square of 1 - dt/tau has three terms: the middle one, 2 dt/tau, is missing.")
def squares_each_term(dt, tau, sigma):
    return sigma**2 * dt / (dt / tau) ** 2


@variance.mistake(
    "The leak here is an exponential, as in an exact step. Euler's step multiplies v by 1 - dt/tau."
)
def exact_leak(dt, tau, sigma):
    return sigma**2 * dt / -math.expm1(-2 * dt / tau)


@variance.mistake("This is what a single exact step brings. Wanted is where v settles, in Euler's steps.")
def variance_of_an_exact_step(dt, tau, sigma):
    return sigma**2 * tau / 2 * -math.expm1(-2 * dt / tau)


@variance.mistake("The strength is always that of the lesson: use the sigma that you are given.")
def has_a_strength_of_its_own_in_the_variance(dt, tau, sigma):
    return variance_of_steps(dt, tau, SIGMA)


@variance.mistake("The time constant is always 10 ms: use the tau that you are given.")
def has_a_tau_of_its_own_in_the_variance(dt, tau, sigma):
    return variance_of_steps(dt, TAU, sigma)


@variance.mistake(
    "Python divides first: `a / 1 - b` is a - b. Brackets around all that is below the line are missing."
)
def divides_by_one(dt, tau, sigma):
    return sigma**2 * dt / 1 - (1 - dt / tau) ** 2


@variance.mistake(
    "Python reads `dt / 2 * tau` as half of dt times tau. Brackets are missing: `dt / (2 * tau)`."
)
def multiplies_by_tau_in_the_correction(dt, tau, sigma):
    return sigma**2 * tau / 2 / (1 - dt / 2 * tau)


# -- Many neurons, and how far off a sample may be -----------------------------------------------

BAND = 4.5  # standard deviations: a right answer is outside in 7 of a million samples


class InBand(Function):
    r"""A function that draws noise of its own: its numbers differ each time, their mean and variance little.

    Mean, variance and kurtosis of a sample scatter about those of the step, with the standard deviations

    .. math::
        \sqrt{s / n}, \qquad s \, \sqrt{2 / (n - 1)}, \qquad \sqrt{24 / n}

    for n independent normal numbers of variance s. What is more than :data:`BAND` of them away is wrong.

    Args:
        right, returns, cases, name: as for :class:`Function`; a case begins with the number of voltages
            and ends with its generator, and their mean is 0.
        variance: of a case's other arguments, what the variance of the voltages should be.

    Source: Casella and Berger, *Statistical Inference* (2002), section 5.3.
    """

    def __init__(self, right: Callable, returns, cases, variance: Callable[..., float], name: str) -> None:
        super().__init__(right, returns, cases, name=name)
        self.variance = variance

    def _truths(self, cases: list[tuple]) -> list[Tensor]:
        """Return normal numbers that have the right mean and variance exactly."""
        return [_normal_numbers(n, self.variance(*setting)) for n, *setting, _ in cases]

    def _same(self, x: Tensor, y: Tensor) -> bool:
        """Say whether mean, variance and kurtosis of a sample lie in the bands around those of another one."""
        x, y = x.detach().double(), y.double()
        mean, variance, kurtosis = _half_bands(len(y), float(y.var()))
        return (
            abs(float(x.mean() - y.mean())) <= mean
            and abs(float(x.var() - y.var())) <= variance
            and abs(_kurtosis(x) - _kurtosis(y)) <= kurtosis
        )

    def _praise(self, results: list, cases: list[tuple]) -> str:
        found = ", ".join(
            f"{float(v.var()):.4f} V^2 at dt = {1000 * dt:g} ms"
            for (v,), (_, dt, *_) in zip(results[:3], cases, strict=False)
        )
        return (
            f"The variances: {found}. Each lies inside its band, {100 * _half_bands(cases[0][0], 1)[1]:.1f} % "
            "to either side of the theory for 10,000 neurons. So do those of other neurons, and the means, around 0 V."
        )

    def _tell_difference(self, results: list, truths: list, cases: list[tuple]) -> str:
        (v,), (truth,), (n, dt, tau, sigma, _) = next(
            trio for trio in zip(results, truths, cases, strict=True) if not self._agree(*trio[:2])
        )
        where = f"At dt = {1000 * dt:g} ms, tau = {1000 * tau:g} ms and sigma = {sigma:.3g} V per root second"
        if not v.isfinite().all():
            return (
                f"{where} some voltages are nan or inf. Look for a division by 0 or a number that explodes: "
                "do dt and tau stand in the order (v, xi, dt, tau, sigma)?"
            )
        mean, s, right = float(v.mean()), float(v.var()), float(truth.var())
        half_of_mean, half, _ = _half_bands(n, right)
        if abs(mean) > half_of_mean:
            return (
                f"{where} the mean of v is {mean:.3g} V. It must be 0 V, within {half_of_mean:.3g} V. "
                "Does the noise have mean 0, and do all neurons start at 0 V?"
            )
        if abs(s - right) > half:
            return (
                f"{where} the variance of {n:,} neurons is {s:.4g} V^2. "
                f"The band goes from {right - half:.4g} to {right + half:.4g} V^2."
            )
        return (
            f"{where} mean and variance are right, and yet these are no normal numbers: voltages far out are too "
            "rare or too frequent. Draw by `torch.randn`."
        )


def _half_bands(n: int, variance: float) -> tuple[float, float, float]:
    """Return how far mean, variance and kurtosis of n normal numbers may be from theirs."""
    return BAND * math.sqrt(variance / n), BAND * math.sqrt(2 / (n - 1)) * variance, BAND * math.sqrt(24 / n)


def _kurtosis(x: Tensor) -> float:
    """Return the mean fourth power of what is scaled to variance 1: 3 for normal numbers, 1 for plus and minus one."""
    x = x - x.mean()
    return float((x**4).mean() / (x**2).mean().square().clamp(min=1e-300))


def _normal_numbers(n: int, variance: float) -> Tensor:
    """Return n numbers, spread as normal ones are, of mean 0 and exactly this variance."""
    z = torch.special.ndtri((torch.arange(n, dtype=torch.float64) + 0.5) / n)
    return math.sqrt(variance) * z / z.std()


def settle(neurons, dt, tau, sigma, generator):
    """Return the voltages of many neurons, ten time constants after they were at 0 V."""
    v = torch.zeros(neurons)
    for _ in range(round(10 * tau / dt)):
        xi = torch.randn(neurons, generator=generator)
        v = v - dt / tau * v + sigma * math.sqrt(dt) * xi
    return v


def run_with(step: Callable, neurons, dt, tau, sigma, generator, time_constants: float = 10):
    """Return the voltages of many neurons that are stepped by ``step``."""
    v = torch.zeros(neurons)
    for _ in range(round(time_constants * tau / dt)):
        v = step(v, torch.randn(neurons, generator=generator), dt, tau, sigma)
    return v


def many_neurons(generator: Generator) -> list[tuple]:
    """Return three steps of the running example, and other neurons: more, fewer, slow, fast, and almost noiseless."""
    settings = [
        (10_000, 2e-3, TAU, SIGMA),
        (8_000, 1e-3, TAU, SIGMA),
        (9_000, 0.5e-3, TAU, SIGMA),
        (9_000, 10e-3, 2 * TAU, 2.0),
        (1_000, 2e-3, 60 * TAU, 0.5),
        (1_000, 0.05e-3, TAU / 2, 7.0),
        (5_000, 2e-3, TAU, 1e-5),
    ]
    return [(*setting, Generator().manual_seed(number)) for number, setting in enumerate(settings)]


settled = Exercise(
    "Start many neurons at 0 V, step them for ten time constants with noise of your own, and return their voltages.",
    InBand(
        settle,
        returns=("v",),
        cases=many_neurons,
        variance=variance_of_steps,
        name="my_neurons",
    ),
    hints=(
        "How many steps of dt are ten time constants? `range` wants a whole number: `round` makes one.",
        "Begin with `torch.zeros(neurons)`. In each step draw a number for each neuron, then let your step replace v.",
        """Almost the code; the noise is yours:

v = torch.zeros(neurons)
for _ in range(round(10 * tau / dt)):
    xi = ...
    v = step(v, xi, dt, tau, sigma)
return v""",
    ),
    solution="New normal numbers are drawn in each step, one for each neuron, from the generator that was given.",
)


@settled.mistake(
    "This is the unit noise of the hunt: its variance depends on dt. Step with sigma and the root of dt."
)
def settle_with_unit_noise(neurons, dt, tau, sigma, generator):
    return run_with(unit_noise, neurons, dt, tau, sigma, generator)


@settled.mistake("The noise is multiplied by dt: the finer the steps, the less of it. Use your mended step.")
def settle_with_dt_for_its_root(neurons, dt, tau, sigma, generator):
    return run_with(dt_for_its_root, neurons, dt, tau, sigma, generator)


@settled.mistake("A kick is as large in a short step as in a long one. Use your mended step.")
def settle_without_dt_in_the_noise(neurons, dt, tau, sigma, generator):
    return run_with(forgets_dt_in_the_noise, neurons, dt, tau, sigma, generator)


@settled.mistake("The strength sigma has no effect: hand it on to your step.")
def settle_without_sigma(neurons, dt, tau, sigma, generator):
    return run_with(forgets_sigma, neurons, dt, tau, sigma, generator)


@settled.mistake("The kick is multiplied by sigma squared: that belongs to a variance. Use your mended step.")
def settle_with_sigma_squared(neurons, dt, tau, sigma, generator):
    return run_with(squares_sigma, neurons, dt, tau, sigma, generator)


@settled.mistake("The kick depends on tau: its root holds dt / tau. Use your mended step.")
def settle_with_tau_in_the_noise(neurons, dt, tau, sigma, generator):
    return run_with(divides_the_noise_by_tau, neurons, dt, tau, sigma, generator)


@settled.mistake("Each step replaces v by its change alone: add that to the voltage that was there.")
def settle_without_the_old_v(neurons, dt, tau, sigma, generator):
    return run_with(forgets_the_old_v, neurons, dt, tau, sigma, generator)


@settled.mistake("The noise stands where v belongs: your step is given v first, then xi.")
def settle_with_v_for_the_noise(neurons, dt, tau, sigma, generator):
    return run_with(lambda v, xi, *others: scaled_step(xi, v, *others), neurons, dt, tau, sigma, generator)


@settled.mistake(
    "The time constant is always 10 ms: use the tau that you are given, in the leak and for the duration."
)
def settle_with_the_tau_of_the_lesson(neurons, dt, tau, sigma, generator):
    return run_with(scaled_step, neurons, dt, TAU, sigma, generator)


@settled.mistake("Nothing leaks: the variance grows as long as you look. Use your mended step.")
def settle_without_a_leak(neurons, dt, tau, sigma, generator):
    return run_with(forgets_the_leak, neurons, dt, tau, sigma, generator)


@settled.mistake(
    "This is what a single step brings. There is no loop, or a `return` stands inside of it, or v is not kept from step to step."
)
def takes_one_step(neurons, dt, tau, sigma, generator):
    return sigma * math.sqrt(dt) * torch.randn(neurons, generator=generator)


@settled.mistake(
    "All voltages stay at 0 V. A step returns the new voltages and changes nothing: keep them, `v = step(...)`."
)
def never_moves(neurons, dt, tau, sigma, generator):
    return torch.zeros(neurons)


@settled.mistake("These are ten steps. Ten time constants are more: how many steps of dt fit into them?")
def takes_ten_steps(neurons, dt, tau, sigma, generator):
    return run_with(scaled_step, neurons, dt, tau, sigma, generator, time_constants=10 * dt / tau)


@settled.mistake(
    "The number of steps is upside down: it is 10 dt / tau here, a few or none. How many steps of dt are ten tau?"
)
def counts_steps_upside_down(neurons, dt, tau, sigma, generator):
    v = torch.zeros(neurons)
    for _ in range(round(10 * dt / tau)):
        v = scaled_step(v, torch.randn(neurons, generator=generator), dt, tau, sigma)
    return v


@settled.mistake("The strength is always that of the lesson, 3.162: hand on the sigma that you are given.")
def settle_with_the_printed_strength(neurons, dt, tau, sigma, generator):
    return run_with(scaled_step, neurons, dt, tau, 3.162, generator)


@settled.mistake("After one time constant the variance is still growing. Go on for ten.")
def stops_after_one_time_constant(neurons, dt, tau, sigma, generator):
    return run_with(scaled_step, neurons, dt, tau, sigma, generator, time_constants=1)


@settled.mistake(
    "Each neuron gets the same kick in all its steps. Draw new noise inside the loop, and seed nothing there."
)
def draws_once(neurons, dt, tau, sigma, generator):
    v, xi = torch.zeros(neurons), torch.randn(neurons, generator=generator)
    for _ in range(round(10 * tau / dt)):
        v = scaled_step(v, xi, dt, tau, sigma)
    return v


@settled.mistake(
    "All neurons have the same voltage: they share one kick per step. Draw a number for each neuron."
)
def draws_for_one_neuron(neurons, dt, tau, sigma, generator):
    v = torch.zeros(neurons)
    for _ in range(round(10 * tau / dt)):
        v = scaled_step(v, torch.randn(1, generator=generator), dt, tau, sigma)
    return v


@settled.mistake(
    "All kicks go up: `torch.rand` draws from 0 to 1. `torch.randn` draws normal numbers, of mean 0 and variance 1."
)
def draws_from_0_to_1(neurons, dt, tau, sigma, generator):
    v = torch.zeros(neurons)
    for _ in range(round(10 * tau / dt)):
        v = scaled_step(v, torch.rand(neurons, generator=generator), dt, tau, sigma)
    return v


@settled.mistake(
    "The variance is that of the equation at each dt: exact steps give it, or numbers drawn from the theory. The bands here are those of Euler's steps, so take these."
)
def steps_exactly(neurons, dt, tau, sigma, generator):
    return sigma * math.sqrt(tau / 2) * torch.randn(neurons, generator=generator)


# -- Recall --------------------------------------------------------------------------------------

recall = Recall(
    (
        "By which factor is the noise of a step multiplied, beside sigma?",
        Choice(
            "b",
            {"a": "dt", "b": "the square root of dt", "c": "none: each step brings the same"},
            {
                "a": "Then a second of fine steps brings less noise than a second of long ones.",
                "b": "Then the variance of a kick grows with dt, and a second brings the same at every dt.",
                "c": "Then a second of fine steps brings more noise than a second of long ones.",
            },
        ),
    ),
    (
        "What is the mean of v over many neurons, long after they started at 1 V?",
        Choice(
            "a",
            {"a": "0 V", "b": "sigma sqrt(tau / 2)", "c": "1 V"},
            {
                "a": "The noise has mean 0, and the leak takes the mean to where v rests.",
                "b": "That is how far a single neuron is away from the mean, on either side.",
                "c": "The leak forgets where v started, with time constant tau.",
            },
        ),
    ),
    (
        "You double tau. What happens to the variance of v?",
        Choice(
            "c",
            {"a": "half of it is left", "b": "it stays", "c": "it doubles, nearly"},
            {
                "a": "Smoothing an input would do that. Here sigma is the strength of the noise on v itself, whatever tau is.",
                "b": "A slower leak forgets each kick later, so more of them are in v at a time.",
                "c": "The voltage remembers the kicks of twice as long a time.",
            },
        ),
    ),
    (
        "You know v now. After which time has the memory of it fallen to 37 %?",
        Choice(
            "b",
            {"a": "one step", "b": "tau", "c": "never: v is random"},
            {
                "a": "The kicks are independent from step to step. The voltage is not: it keeps 1 - dt/tau of itself.",
                "b": "This is the correlation time. The noise has no memory; the leak gives it one.",
                "c": "The noise cannot be foretold, but the part of v that is left can.",
            },
        ),
    ),
    (
        "From lesson 7: which frequency does one stage with tau = 10 ms let through at 71 %?",
        Choice(
            "a",
            {"a": "15.9 Hz", "b": "100 Hz", "c": "50 Hz"},
            {
                "a": "The cut-off is 1 / (2 pi tau).",
                "b": "That is 1/tau, a rate per second in radians. A hertz is a whole turn, 2 pi radians.",
                "c": "Half of 1/tau has no meaning here. How many radians are in a turn?",
            },
        ),
    ),
)


name_records(globals())
