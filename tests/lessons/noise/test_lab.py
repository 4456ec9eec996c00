"""Lesson 10's experiment: its numbers."""

import math
import re

import pytest
import torch
from scipy.integrate import solve_ivp
from scipy.linalg import solve_discrete_lyapunov

from leakyedu.lessons.noise import lab as noise

TAU, SIGMA = 0.01, math.sqrt(10)  # sigma^2 tau / 2 = 0.05 V^2
PATHS = 50_000
# Four standard deviations of the variance of so many normal numbers.
BAND = 4 * math.sqrt(2 / PATHS)


def normal_numbers(dt: float) -> torch.Tensor:
    """Return numbers for six time constants: a hundred-thousandth of the variance is missing then."""
    generator = torch.Generator().manual_seed(6)
    return torch.randn(round(6 * TAU / dt), PATHS, generator=generator, dtype=torch.float64)


def one_kick_each(steps: int) -> torch.Tensor:
    """Return as many paths as steps, each with one kick: their squares add up to the variance."""
    return torch.eye(steps, dtype=torch.float64)


@pytest.mark.parametrize(("dt", "variance"), [(0.002, 1 / 9), (0.001, 1 / 19), (0.0005, 1 / 39)])
def test_the_variance_of_unit_noise_vanishes_with_the_step(dt, variance):
    v = noise.unit_noise(normal_numbers(dt), dt, TAU)

    assert v[-1].var().item() == pytest.approx(variance, rel=BAND)


@pytest.mark.parametrize(
    ("dt", "variance"), [(0.002, 0.05 / 0.9), (0.001, 0.05 / 0.95), (0.0005, 0.05 / 0.975)]
)
def test_the_variance_of_scaled_noise_hardly_depends_on_the_step(dt, variance):
    v = noise.scaled_noise(normal_numbers(dt), dt, TAU, SIGMA)

    assert v[-1].var().item() == pytest.approx(variance, rel=BAND)


@pytest.mark.parametrize(
    ("dt", "unit", "scaled"),
    [(0.002, "0.111", "0.056"), (0.001, "0.053", "0.053"), (0.0005, "0.026", "0.051")],
)
def test_the_variances_are_those_of_the_lesson(dt, unit, scaled):
    xi = one_kick_each(round(20 * TAU / dt))

    variances = noise.unit_noise(xi, dt, TAU), noise.scaled_noise(xi, dt, TAU, SIGMA)

    assert [f"{v[-1].square().sum():.3f}" for v in variances] == [unit, scaled]


@pytest.mark.parametrize("dt", [0.004, 0.002, 0.0005])
def test_the_variance_solves_the_lyapunov_equation_of_the_step(dt):
    xi = one_kick_each(round(20 * TAU / dt))
    a = dt / TAU

    scaled = noise.scaled_noise(xi, dt, TAU, SIGMA)[-1].square().sum()
    unit = noise.unit_noise(xi, dt, TAU)[-1].square().sum()

    assert scaled.item() == pytest.approx(
        solve_discrete_lyapunov([[1 - a]], [[SIGMA**2 * dt]]).item(), rel=1e-12
    )
    assert unit.item() == pytest.approx(solve_discrete_lyapunov([[1 - a]], [[a**2]]).item(), rel=1e-12)


def test_half_a_step_halves_what_scaled_noise_has_too_much():
    def excess(dt: float) -> float:
        xi = one_kick_each(round(10 * TAU / dt))
        return noise.scaled_noise(xi, dt, TAU, SIGMA)[-1].square().sum().item() - 0.05

    assert excess(0.0005) / excess(0.00025) == pytest.approx(2, rel=0.02)


def test_scaled_and_unit_noise_are_the_same_at_one_millisecond_alone():
    xi = normal_numbers(0.001)[:50, :100]

    same = noise.scaled_noise(xi, 0.001, TAU, SIGMA), noise.unit_noise(xi, 0.001, TAU)
    other = noise.scaled_noise(xi, 0.002, TAU, SIGMA), noise.unit_noise(xi, 0.002, TAU)

    torch.testing.assert_close(*same, rtol=1e-12, atol=1e-14)
    assert (other[0] - other[1]).abs().max() > 0.1


def test_paths_start_at_rest_and_move_by_the_root_of_the_step():
    xi = torch.tensor([[1.0, -2.0], [0.0, 0.0]], dtype=torch.float64)

    v = noise.scaled_noise(xi, 0.0004, 0.004, 3.0)

    expected = torch.tensor([[0.0, 0.0], [0.06, -0.12], [0.054, -0.108]], dtype=torch.float64)
    torch.testing.assert_close(v, expected, rtol=1e-12, atol=0)


def test_the_theory_solves_the_equation_of_the_variance():
    tau, sigma = 0.007, 2.5
    t = torch.linspace(0, 0.03, 7, dtype=torch.float64)
    oracle = solve_ivp(
        lambda _, s: sigma**2 - 2 * s / tau, (0, 0.03), [0.0], t_eval=t, rtol=1e-10, atol=1e-13
    )

    s = noise.standard_deviation(t, tau, sigma)

    torch.testing.assert_close(s**2, torch.from_numpy(oracle.y[0]), rtol=1e-8, atol=1e-12)


def test_the_theory_settles_at_the_root_of_half_sigma_squared_tau():
    s = noise.standard_deviation(torch.tensor([0.0, 1.0], dtype=torch.float64), TAU, SIGMA)

    assert s.tolist() == pytest.approx([0, math.sqrt(0.05)], rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("dt", [0.25, 0.5, 2.0, 4.0])
def test_the_sentence_tells_the_three_standard_deviations(dt):
    a = dt / 10

    sentence = noise.LAB.figure(dt=dt)[1]

    scaled, theory, unit = map(float, re.findall(r"([\d.]+) V", sentence))
    band = 4 / math.sqrt(2 * 500)  # four standard deviations of one of 500 normal numbers
    assert theory == pytest.approx(3.2 * math.sqrt(0.005), rel=0.005)
    assert scaled == pytest.approx(theory / math.sqrt(1 - a / 2), rel=band)
    assert unit == pytest.approx(math.sqrt(a / (2 - a)), rel=band)


@pytest.mark.parametrize("time", [4, 100])
def test_the_histograms_are_as_wide_as_the_sentence_says(time):
    figure, sentence = noise.LAB.figure(time=time)

    scaled, theory, unit = map(float, re.findall(r"([\d.]+) V", sentence))
    drawn = [patch.get_data() for patch in figure.axes[1].patches]
    widths = [width_of(data.values, (data.edges[1:] + data.edges[:-1]) / 2) for data in drawn]
    assert widths == pytest.approx([scaled, unit], rel=0.02)
    curve = figure.axes[1].lines[0]
    assert width_of(curve.get_xdata(), curve.get_ydata()) == pytest.approx(theory, rel=0.005)
    assert [data.values.sum() for data in drawn] == pytest.approx([100, 100], rel=1e-12)


def width_of(shares, v) -> float:
    """Return the standard deviation of voltages that are known up to bins."""
    bin_width = 2 * noise.TOP / 31
    return math.sqrt((shares * v**2).sum() / shares.sum() - bin_width**2 / 12)


def test_the_paths_and_their_theory_end_at_the_time_that_the_slider_says():
    figure, sentence = noise.LAB.figure(dt=3.75, time=50)

    ends = [path.vertices[-1, 0] for path in figure.axes[0].collections[0].get_paths()]
    theory = [line.get_xdata()[-1] for line in figure.axes[0].lines]

    assert ends == [48.75] * 20
    assert theory == [48.75] * 2
    assert sentence.startswith("After 48.8 ms ")


@pytest.mark.parametrize("settings", [{}, {"dt": 4.0}, {"tau": 20}, {"sigma": 1.6}, {"tau": 2, "sigma": 1.0}])
def test_the_voltage_axis_stays_so_that_wider_looks_wider(settings):
    for axes in noise.LAB.figure(**settings)[0].axes:
        assert axes.get_ylim() == (-noise.TOP, noise.TOP)


def test_the_bars_are_one_standard_deviation_to_either_side():
    figure, sentence = noise.LAB.figure(dt=2.0)

    scaled, _, unit = map(float, re.findall(r"([\d.]+) V", sentence))
    ends = [end for line in figure.axes[1].lines[1:] for end in line.get_ydata()]
    assert ends == pytest.approx([scaled, -scaled, unit, -unit], rel=0.005)


def test_what_is_outside_of_the_picture_is_told():
    figure, sentence = noise.LAB.figure(dt=4.0)

    (share,) = re.findall(r"Outside of the picture: ([\d.]+) % of unit noise\.", sentence)
    drawn = [patch.get_data().values.sum() for patch in figure.axes[1].patches]
    assert drawn == pytest.approx([100, 100 - float(share)])
    assert "Outside" not in noise.LAB.figure()[1]


def test_a_prediction_is_drawn_on_both_sides_of_0_and_told():
    figure, sentence = noise.LAB.figure(prediction=0.3)

    assert sentence.endswith(" You predicted 0.3 V at the end.")
    for axes in figure.axes:
        assert [line.get_ydata()[0] for line in axes.lines[-2:]] == [0.3, -0.3]


def test_a_prediction_outside_of_the_picture_is_told_as_such():
    assert noise.LAB.figure(prediction=224)[1].endswith("224 V at the end, which is outside of the picture.")


def test_a_step_longer_than_tau_is_told():
    assert "longer than tau" in noise.LAB.figure(dt=4.0, tau=2)[1]
    assert "longer than tau" not in noise.LAB.figure(dt=2.0, tau=2)[1]
