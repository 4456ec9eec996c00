"""Lesson 10: noise, and how much of it a step may bring."""

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor

from leakyedu.exercises.exercise import Exercise, Prediction, Recall
from leakyedu.exercises.kinds import Choice, Function, Number, Witness

TAU, DT, DURATION = 10e-3, 0.5e-3, 0.1  # second; where the lab starts
SIGMA = math.sqrt(10)  # volt per root of a second: sigma^2 tau / 2 = 0.05 V^2, and the lab starts near it

# -- Predictions ---------------------------------------------------------------------------------


def spread_at_the_end() -> float:
    """Return the standard deviation of v after 100 ms, by the equation itself."""
    return SIGMA * math.sqrt(TAU / 2 * -math.expm1(-2 * DURATION / TAU))


def all_kicks_of_one_sign() -> float:
    """These are 200 kicks that all go the same way. Up and down cancel most of it."""
    return DURATION / DT * SIGMA * math.sqrt(DT)


def without_a_leak() -> float:
    """This is the spread without a leak, the root of 200 kicks. The leak forgets most of them."""
    return SIGMA * math.sqrt(DURATION)


def a_single_kick() -> float:
    """This is a single kick. The neuron has not forgotten those before when the next one comes."""
    return SIGMA * math.sqrt(DT)


spread = Prediction(
    f"500 neurons start at 0 V. Every 0.5 ms a random kick moves each of them by about {SIGMA * math.sqrt(DT):.2f} V, "
    "up or down, and each leaks with tau = 10 ms. What is the standard deviation of their voltages after 100 ms?",
    Number(
        spread_at_the_end(),
        "V",
        tolerance=0.02,
        mistakes=(all_kicks_of_one_sign, without_a_leak, a_single_kick),
        between=(0, 20),
    ),
)

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
)

# -- A bug that hides at one step size -----------------------------------------------------------


def scaled(v: float, xi: float, dt: float) -> float:
    """Return v after one step whose kick grows with the root of dt."""
    return v - dt / TAU * v + SIGMA * math.sqrt(dt) * xi


def unscaled(v: float, xi: float, dt: float) -> float:
    """Return v after one step whose kick grows with dt: a mistake."""
    return v + dt / TAU * (xi - v)


def where_it_was_tested(v=0.0, xi=1.0, dt=0.001):
    """Here dt is 1 ms, as in every test of its author: at this length the kick happens to have the right size."""
    return math.isclose(dt, 0.001, rel_tol=1e-5)


def without_noise(v=1.0, xi=0.0, dt=0.002):
    """Here xi is 0, so no noise comes and v leaks alone. The leak is right."""
    return xi == 0


hunt = Exercise(
    "A step of a noisy neuron was tested with dt = 1 ms and found right. Find arguments at which it is wrong.",
    Witness(
        (0.0, 1.0, 0.002),
        scaled,
        unscaled,
        {"v": (-2, 2), "xi": (-5, 5), "dt": (1e-5, 0.01)},
        (where_it_was_tested, without_noise),
    ),
    hints=(
        "Three arguments go in. Which of them did the author never change?",
        "Compare the size of a kick with sigma sqrt(dt), where sigma is 3.162 V per root of a second. At dt = 1 ms both are 0.1 V.",
        "Let v be 0 and xi be 1: then the function returns the kick alone. Choose a dt that is not 1 ms.",
    ),
    solution="For example v = 0, xi = 1, dt = 0.002: the kick is 0.2 V, where sigma sqrt(dt) is 0.141 V.",
)

# -- The step ------------------------------------------------------------------------------------


def scaled_step(v, xi, dt, tau, sigma):
    """Return v after one step: it leaks, and a kick comes that grows with the root of dt."""
    return v - dt / tau * v + sigma * math.sqrt(dt) * xi


def root_of_a_number_by_torch(v, xi, dt, tau, sigma):
    """`torch.sqrt` wants a tensor, and dt is a plain number: take its root by `math.sqrt` or by `** 0.5`."""
    return v - dt / tau * v + sigma * torch.sqrt(dt) * xi


def dt_for_its_root(v, xi, dt, tau, sigma):
    """The noise is multiplied by dt: then finer steps bring less and less of it. Variances add up over time, so the variance is what must grow with dt."""
    return v - dt / tau * v + sigma * dt * xi


def forgets_dt_in_the_noise(v, xi, dt, tau, sigma):
    """The kick is as large in a short step as in a long one: then finer steps bring more noise. Its variance must grow with dt."""
    return v - dt / tau * v + sigma * xi


def noise_in_the_bracket(v, xi, dt, tau, sigma):
    """The noise is multiplied by dt / tau, as the leak is. A leak is a slope; a kick is none, so take it out of the bracket."""
    return v + dt / tau * (sigma * xi - v)


def scaled_noise_in_the_bracket(v, xi, dt, tau, sigma):
    """The kick has its root, and is multiplied by dt / tau on top, as a slope is. Take it out of the bracket."""
    return v + dt / tau * (sigma * math.sqrt(dt) * xi - v)


def unit_noise(v, xi, dt, tau, sigma):
    """This is the unit noise of the hunt: sigma is missing, and the kick is multiplied by dt / tau."""
    return v + dt / tau * (xi - v)


def forgets_sigma(v, xi, dt, tau, sigma):
    """The strength sigma has no effect: the kick must be proportional to it."""
    return scaled_step(v, xi, dt, tau, 1.0)


def has_a_strength_of_its_own(v, xi, dt, tau, sigma):
    """The strength is always `SIGMA`, that of the lesson: use the sigma that you are given."""
    return scaled_step(v, xi, dt, tau, SIGMA)


def squares_sigma(v, xi, dt, tau, sigma):
    """The kick is multiplied by sigma squared: that belongs to a variance. The kick itself is proportional to sigma."""
    return scaled_step(v, xi, dt, tau, sigma**2)


def root_of_both(v, xi, dt, tau, sigma):
    """The root is taken of sigma too: a bracket closes too late. Look at the unit of sigma, volt per root of a second."""
    return v - dt / tau * v + math.sqrt(sigma * dt) * xi


def divides_the_noise_by_tau(v, xi, dt, tau, sigma):
    """The kick depends on tau: the root holds dt / tau. The noise knows nothing of the leak, only of the length of the step."""
    return v - dt / tau * v + sigma * math.sqrt(dt / tau) * xi


def divides_by_the_root(v, xi, dt, tau, sigma):
    """The kick is divided by the root of dt. Noise that enters a slope looks so before it is multiplied by dt: add that factor."""
    return v - dt / tau * v + sigma / math.sqrt(dt) * xi


def root_in_the_leak(v, xi, dt, tau, sigma):
    """The leak is multiplied by a root too. It is a slope, and a step lasts dt seconds: the root belongs to the noise alone."""
    return v - math.sqrt(dt) / tau * v + sigma * math.sqrt(dt) * xi


def leaks_upwards(v, xi, dt, tau, sigma):
    """The leak drives v away from 0, and v will explode: look at its sign."""
    return v + dt / tau * v + sigma * math.sqrt(dt) * xi


def forgets_the_leak(v, xi, dt, tau, sigma):
    """The voltage does not leak: then its variance grows without end. The slope -v / tau is missing."""
    return v + sigma * math.sqrt(dt) * xi


def forgets_the_old_v(v, xi, dt, tau, sigma):
    """The change of v is returned alone: add it to the voltage at the start of the step."""
    return scaled_step(v, xi, dt, tau, sigma) - v


def returns_the_leak_alone(v, xi, dt, tau, sigma):
    """The noise xi has no effect: v leaks and nothing kicks it."""
    return v - dt / tau * v


def forgets_xi(v, xi, dt, tau, sigma):
    """The kick is the same in each step and always upwards: the random number xi is missing."""
    return scaled_step(v, 1.0, dt, tau, sigma)


def forgets_dt_in_the_leak(v, xi, dt, tau, sigma):
    """Dt is missing in the leak: its slope is per second, and a step lasts dt seconds."""
    return v - v / tau + sigma * math.sqrt(dt) * xi


def forgets_tau(v, xi, dt, tau, sigma):
    """The time constant tau has no effect: the leak is the faster, the shorter tau is."""
    return v - dt * v + sigma * math.sqrt(dt) * xi


def kicks_before_the_leak(v, xi, dt, tau, sigma):
    """The kick leaks in its own step: both changes start from the old v. Compute the leak before v is replaced."""
    kicked = v + sigma * math.sqrt(dt) * xi
    return kicked - dt / tau * kicked


def leaks_exactly(v, xi, dt, tau, sigma):
    """The leak is an exponential: that is the exact solution without noise. Euler follows the slope, 1 - dt/tau."""
    return v * math.exp(-dt / tau) + sigma * math.sqrt(dt) * xi


def is_the_exact_update(v, xi, dt, tau, sigma):
    """This is the exact update, to which the lesson comes at its end, and it is better. Here write Euler's step."""
    kick = sigma * math.sqrt(tau / 2 * -math.expm1(-2 * dt / tau))
    return v * math.exp(-dt / tau) + kick * xi


def subtracts_the_noise(v, xi, dt, tau, sigma):
    """The kick is subtracted. Its statistics would be the same; this check compares number by number, so add it."""
    return v - dt / tau * v - sigma * math.sqrt(dt) * xi


def milliseconds(v, xi, dt, tau, sigma):
    """Dt is counted in milliseconds: it comes in second already, as tau does."""
    return scaled_step(v, xi, 1000 * dt, tau, sigma)


def milliseconds_in_both(v, xi, dt, tau, sigma):
    """Both times are counted in milliseconds: dt / tau does not notice, but sigma is in volt per root of a second."""
    return scaled_step(v, xi, 1000 * dt, 1000 * tau, sigma)


def has_a_step_of_its_own(v, xi, dt, tau, sigma):
    """The step is always 1 ms long: use the dt that you are given."""
    return scaled_step(v, xi, 0.001, tau, sigma)


def neurons(generator: Generator) -> list[tuple]:
    """Return 10 cases of 50 neurons each: random voltages, noise, steps, time constants and strengths."""

    def normal(*shape: int):
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    def between(low: float, high: float) -> float:
        return low + (high - low) * float(torch.rand((), generator=generator, dtype=torch.float64))

    return [
        (normal(50), normal(50), between(2e-4, 4e-3), between(5e-3, 30e-3), between(1.5, 6.0))
        for _ in range(10)
    ]


noisy_step = Exercise(
    "Repair it: write one step of a leaky voltage with noise of strength sigma.",
    Function(
        scaled_step,
        returns=("v",),
        cases=neurons,
        mistakes=(
            root_of_a_number_by_torch,
            dt_for_its_root,
            forgets_dt_in_the_noise,
            noise_in_the_bracket,
            scaled_noise_in_the_bracket,
            unit_noise,
            forgets_sigma,
            has_a_strength_of_its_own,
            squares_sigma,
            root_of_both,
            divides_the_noise_by_tau,
            divides_by_the_root,
            root_in_the_leak,
            leaks_upwards,
            forgets_the_leak,
            forgets_the_old_v,
            returns_the_leak_alone,
            forgets_xi,
            forgets_dt_in_the_leak,
            forgets_tau,
            kicks_before_the_leak,
            leaks_exactly,
            is_the_exact_update,
            subtracts_the_noise,
            milliseconds,
            milliseconds_in_both,
            has_a_step_of_its_own,
        ),
    ),
    hints=(
        "Two things happen to v in a step: it leaks a little, and it is kicked. How does each grow with dt?",
        "The leak is a slope, -v / tau, times dt. The variance of a kick is sigma squared times dt; the kick is what has that variance. `xi` has variance 1.",
        """Almost the code; the factor of the noise is yours:

return v - dt / tau * v + sigma * ... * xi""",
    ),
    solution="The leak is multiplied by dt. The noise is multiplied by the root of dt, so that its variance grows with dt.",
)

# -- The variance --------------------------------------------------------------------------------


def variance_of_steps(dt, tau, sigma):
    """Return the variance at which v settles in steps of dt."""
    return sigma**2 * tau / 2 / (1 - dt / (2 * tau))


def without_the_step(dt, tau, sigma):
    """This is the variance of the equation itself, without a step. Steps of dt add a little to it: balance what one step brings and what it takes away."""
    return sigma**2 * tau / 2


def without_the_square(dt, tau, sigma):
    """A step keeps 1 - dt/tau of v. Of the variance it keeps the square of that."""
    return sigma**2 * tau


def without_the_half(dt, tau, sigma):
    """The result is twice too large: expand (1 - dt/tau) squared, and keep both parts of what is left."""
    return 2 * variance_of_steps(dt, tau, sigma)


def without_the_last_term(dt, tau, sigma):
    """A number goes wrong in (1 - dt/tau) squared: the term with dt squared has no 2."""
    return sigma**2 * tau / 2 / (1 - dt / tau)


def turns_the_correction(dt, tau, sigma):
    """Steps of dt make the variance larger than the equation has it. Yours is smaller: look at a sign."""
    return sigma**2 * tau / 2 / (1 + dt / (2 * tau))


def multiplies_the_correction(dt, tau, sigma):
    """The correction stands on top: solve for the variance again. It is divided by what a step takes away."""
    return sigma**2 * tau / 2 * (1 - dt / (2 * tau))


def first_order_of_the_correction(dt, tau, sigma):
    """This holds for a small dt alone: the correction is the first term of a series. No approximation is needed here."""
    return sigma**2 * tau / 2 * (1 + dt / (2 * tau))


def sigma_without_its_square(dt, tau, sigma):
    """Sigma appears without its square: twice the noise brings four times the variance."""
    return variance_of_steps(dt, tau, math.sqrt(sigma))


def standard_deviation(dt, tau, sigma):
    """This is the standard deviation, in volt. The variance is its square, in volt squared."""
    return math.sqrt(variance_of_steps(dt, tau, sigma))


def variance_of_a_kick(dt, tau, sigma):
    """This is the variance of a single kick. v collects many of them, and forgets each with time constant tau."""
    return sigma**2 * dt


def variance_of_unit_noise(dt, tau, sigma):
    """This is the variance of the naive rule, with unit noise times dt/tau: sigma does not appear in it."""
    return dt / tau / (2 - dt / tau)


def variance_after_one_time_constant(dt, tau, sigma):
    """This is the variance without a leak, after a time of tau. The leak takes away some of it all the while."""
    return sigma**2 * tau / (1 - dt / tau)


def divides_by_tau(dt, tau, sigma):
    """Tau stands below: a shorter tau forgets each kick sooner, so it must make the variance smaller."""
    return sigma**2 / (2 * tau) / (1 - dt / (2 * tau))


def forgets_tau_in_front(dt, tau, sigma):
    """Your result has the unit of sigma squared, volt squared per second: a time is missing."""
    return sigma**2 / 2 / (1 - dt / (2 * tau))


def kick_with_dt(dt, tau, sigma):
    """The kick was taken as sigma dt: its variance is sigma squared times dt, not times dt squared."""
    return sigma**2 * dt * tau / 2 / (1 - dt / (2 * tau))


def steps(generator: Generator) -> list[tuple]:
    """Return 30 cases of a step, a time constant and a strength."""
    low, high = torch.tensor([[2e-4, 5e-3, 1.5], [4e-3, 30e-3, 6.0]], dtype=torch.float64)
    return [
        tuple((low + (high - low) * torch.rand(3, generator=generator, dtype=torch.float64)).tolist())
        for _ in range(30)
    ]


variance = Exercise(
    "At which variance does v settle, in steps of dt?",
    Function(
        variance_of_steps,
        returns=("variance",),
        cases=steps,
        mistakes=(
            without_the_step,
            without_the_square,
            without_the_half,
            without_the_last_term,
            turns_the_correction,
            multiplies_the_correction,
            first_order_of_the_correction,
            sigma_without_its_square,
            standard_deviation,
            variance_of_a_kick,
            variance_of_unit_noise,
            variance_after_one_time_constant,
            divides_by_tau,
            forgets_tau_in_front,
            kick_with_dt,
        ),
    ),
    hints=(
        "When v has settled, a step takes away as much variance as it brings.",
        "The old v and the kick are independent, so their variances add up. A step multiplies v by 1 - dt/tau, and its variance by the square of that.",
        """Solve this for the variance, s:

s == (1 - dt / tau)**2 * s + sigma**2 * ...""",
    ),
    solution="s = (1 - dt/tau)^2 s + sigma^2 dt. Here 1 - (1 - dt/tau)^2 = 2 dt/tau (1 - dt/(2 tau)), and dt cancels.",
)

# -- Many neurons, and how far off a sample may be -----------------------------------------------

NEURONS, BAND = 10_000, 4.5  # standard deviations: a right answer is outside in 7 of a million samples


class InBand(Function):
    r"""A function that draws noise of its own: its numbers differ each time, their mean and variance little.

    Mean and variance of a sample scatter about those of the step, with the standard deviations

    .. math::
        \sqrt{s / n}, \qquad s \, \sqrt{2 / (n - 1)}

    for n independent normal numbers of variance s. What is more than :data:`BAND` of them away is wrong.

    Args:
        right, returns, cases, mistakes: as for :class:`Function`; a case begins with the number of voltages
            and ends with its generator, and their mean is 0.
        variance: of a case's other arguments, what the variance of the voltages should be.

    Source: Casella and Berger, *Statistical Inference* (2002), section 5.3.
    """

    def __init__(self, right: Callable, returns, cases, mistakes, variance: Callable[..., float]) -> None:
        super().__init__(right, returns, cases, mistakes)
        self.variance = variance

    def _truths(self, cases: list[tuple]) -> list[Tensor]:
        """Return normal numbers that have the right mean and variance exactly."""
        return [_normal_numbers(n, self.variance(*setting)) for n, *setting, _ in cases]

    def _same(self, x: Tensor, y: Tensor) -> bool:
        """Say whether mean and variance of a sample lie in the bands around those of another one."""
        x, y = x.detach().double(), y.double()
        mean, variance = _half_bands(len(y), float(y.var()))
        return abs(float(x.mean() - y.mean())) <= mean and abs(float(x.var() - y.var())) <= variance

    def _praise(self, results: list, cases: list[tuple]) -> str:
        found = ", ".join(
            f"{float(v.var()):.4f} V^2 at dt = {1000 * dt:g} ms, tau = {1000 * tau:g} ms"
            for (v,), (_, dt, tau, *_) in zip(results, cases, strict=True)
        )
        return (
            f"The variances: {found}. Each lies inside its band, {100 * _half_bands(NEURONS, 1)[1]:.1f} % "
            "to either side of the theory. So do the means, around 0 V."
        )

    def _tell_difference(self, results: list, truths: list, cases: list[tuple]) -> str:
        (v,), (truth,), (n, dt, tau, sigma, _) = next(
            trio for trio in zip(results, truths, cases, strict=True) if not self._agree(*trio[:2])
        )
        where = f"At dt = {1000 * dt:g} ms, tau = {1000 * tau:g} ms and sigma = {sigma:.3g} V per root second"
        if not v.isfinite().all():
            return (
                f"{where} some voltages are nan or inf. Look for a division by 0 or a number that explodes."
            )
        mean, s, right = float(v.mean()), float(v.var()), float(truth.var())
        half_of_mean, half = _half_bands(n, right)
        if abs(mean) > half_of_mean:
            return (
                f"{where} the mean of v is {mean:.3f} V. It must be 0 V, within {half_of_mean:.3f} V. "
                "Does the noise have mean 0?"
            )
        return (
            f"{where} the variance is {s:.4f} V^2. "
            f"The band goes from {right - half:.4f} to {right + half:.4f} V^2."
        )


def _half_bands(n: int, variance: float) -> tuple[float, float]:
    """Return how far mean and variance of n normal numbers may be from theirs."""
    return BAND * math.sqrt(variance / n), BAND * math.sqrt(2 / (n - 1)) * variance


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


def settle_with_unit_noise(neurons, dt, tau, sigma, generator):
    """This is the unit noise of the hunt: its variance depends on dt. Step with sigma and the root of dt."""
    return run_with(unit_noise, neurons, dt, tau, sigma, generator)


def settle_with_dt_for_its_root(neurons, dt, tau, sigma, generator):
    """The noise is multiplied by dt: the finer the steps, the less of it. Use your mended step."""
    return run_with(dt_for_its_root, neurons, dt, tau, sigma, generator)


def settle_without_dt_in_the_noise(neurons, dt, tau, sigma, generator):
    """A kick is as large in a short step as in a long one. Use your mended step."""
    return run_with(forgets_dt_in_the_noise, neurons, dt, tau, sigma, generator)


def settle_without_a_leak(neurons, dt, tau, sigma, generator):
    """Nothing leaks: the variance grows as long as you look. Use your mended step."""
    return run_with(forgets_the_leak, neurons, dt, tau, sigma, generator)


def takes_one_step(neurons, dt, tau, sigma, generator):
    """This is what a single step brings. Either there is no loop, or v is not kept from step to step."""
    return sigma * math.sqrt(dt) * torch.randn(neurons, generator=generator)


def never_moves(neurons, dt, tau, sigma, generator):
    """All voltages stay at 0 V. A step returns the new voltages and changes nothing: keep them, `v = step(...)`."""
    return torch.zeros(neurons)


def takes_ten_steps(neurons, dt, tau, sigma, generator):
    """These are ten steps. Ten time constants are more: how many steps of dt fit into them?"""
    return run_with(scaled_step, neurons, dt, tau, sigma, generator, time_constants=10 * dt / tau)


def stops_after_one_time_constant(neurons, dt, tau, sigma, generator):
    """After one time constant the variance is still growing. Go on for ten."""
    return run_with(scaled_step, neurons, dt, tau, sigma, generator, time_constants=1)


def draws_once(neurons, dt, tau, sigma, generator):
    """Each neuron gets the same kick in all its steps. Draw new noise inside the loop, and seed nothing there."""
    v, xi = torch.zeros(neurons), torch.randn(neurons, generator=generator)
    for _ in range(round(10 * tau / dt)):
        v = scaled_step(v, xi, dt, tau, sigma)
    return v


def draws_for_one_neuron(neurons, dt, tau, sigma, generator):
    """All neurons have the same voltage: they share one kick per step. Draw a number for each neuron."""
    v = torch.zeros(neurons)
    for _ in range(round(10 * tau / dt)):
        v = scaled_step(v, torch.randn(1, generator=generator), dt, tau, sigma)
    return v


def draws_from_0_to_1(neurons, dt, tau, sigma, generator):
    """All kicks go up: `torch.rand` draws from 0 to 1. `torch.randn` draws normal numbers, of mean 0 and variance 1."""
    v = torch.zeros(neurons)
    for _ in range(round(10 * tau / dt)):
        v = scaled_step(v, torch.rand(neurons, generator=generator), dt, tau, sigma)
    return v


def steps_exactly(neurons, dt, tau, sigma, generator):
    """These are exact steps: their variance is that of the equation at each dt. The bands here are Euler's."""
    return sigma * math.sqrt(tau / 2) * torch.randn(neurons, generator=generator)


def many_neurons(generator: Generator) -> list[tuple]:
    """Return three steps of the running example, and another neuron."""
    return [
        (NEURONS, dt, tau, sigma, Generator().manual_seed(number))
        for number, (dt, tau, sigma) in enumerate(
            [(2e-3, TAU, SIGMA), (1e-3, TAU, SIGMA), (0.5e-3, TAU, SIGMA), (1e-3, 2 * TAU, 2.0)]
        )
    ]


settled = Exercise(
    "Start many neurons at 0 V, step them for ten time constants with noise of your own, and return their voltages.",
    InBand(
        settle,
        returns=("v",),
        cases=many_neurons,
        mistakes=(
            settle_with_unit_noise,
            settle_with_dt_for_its_root,
            settle_without_dt_in_the_noise,
            settle_without_a_leak,
            takes_one_step,
            never_moves,
            takes_ten_steps,
            stops_after_one_time_constant,
            draws_once,
            draws_for_one_neuron,
            draws_from_0_to_1,
            steps_exactly,
        ),
        variance=variance_of_steps,
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
                "c": "v remembers the kicks of twice as long a time.",
            },
        ),
    ),
    (
        "You know v now. After which time has the memory of it fallen to 37 %?",
        Choice(
            "b",
            {"a": "one step", "b": "tau", "c": "never: v is random"},
            {
                "a": "The kicks are independent from step to step. v is not: it keeps 1 - dt/tau of itself.",
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
