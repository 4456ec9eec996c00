"""Lesson 11's experiment: its numbers."""

import itertools
import re

import mpmath
import pytest
import torch
from scipy.integrate import solve_ivp

from leakyedu import simulate
from leakyedu.lessons.threshold_and_spikes import lab as threshold
from leakyedu.model import LIParameters


def volts(*i: float) -> torch.Tensor:
    return torch.tensor(i, dtype=torch.float64)


def test_a_drive_of_one_and_a_half_volt_brings_91_spikes_a_second():
    rate = 1 / threshold.time_to_spike(volts(1.5), 0.01)

    assert rate.item() == pytest.approx(float(100 / mpmath.log(3)), rel=1e-14)
    assert f"{rate.item():.1f}" == "91.0"


@pytest.mark.parametrize(("i", "tau"), [(1.01, 0.02), (1.5, 0.01), (3.0, 0.005)])
def test_the_first_spike_is_where_the_solution_of_the_equation_meets_the_threshold(i, tau):
    def reaches(_, v):
        return v[0] - 1

    reaches.terminal = True
    oracle = solve_ivp(lambda _, v: (i - v) / tau, (0, 1), [0.0], events=reaches, rtol=1e-11, atol=1e-13)

    t = threshold.time_to_spike(volts(i), tau)

    assert t.item() == pytest.approx(oracle.t_events[0][0], rel=1e-6)


@pytest.mark.parametrize("dt", [0.00005, 0.0005, 0.002])
def test_the_rheobase_is_one_volt(dt):
    steps = round(1 / dt)

    assert threshold.fire(1.0, 0.01, dt, steps)[1] == []
    assert len(threshold.fire(1.001, 0.01, dt, steps)[1]) >= 1
    assert threshold.steps_to_spike(volts(0.5, 1.0), 0.01, dt).tolist() == [torch.inf, torch.inf]
    assert threshold.time_to_spike(volts(0.5, 1.0), 0.01).tolist() == [torch.inf, torch.inf]


# At 2.5 V with 5 ms, and at 3 V with 6 ms, a step of 2 ms ends at the threshold itself.
@pytest.mark.parametrize("tau", [0.005, 0.006, 0.02])
@pytest.mark.parametrize("dt", [0.0001, 0.0013, 0.002])
@pytest.mark.parametrize("i", [1.01, 2.5, 3.0])
def test_the_closed_form_counts_the_steps_of_the_loop(i, tau, dt):
    steps = int(threshold.steps_to_spike(volts(i), tau, dt))

    spikes = threshold.fire(i, tau, dt, 3 * steps)[1]

    assert spikes == [steps, 2 * steps, 3 * steps]


def test_the_rate_is_what_one_counts_in_ten_seconds():
    tau, dt = 0.01, 0.002
    counted = [len(threshold.fire(i, tau, dt, 5000)[1]) for i in threshold.DRIVES.tolist()]

    rates = 1 / (dt * threshold.steps_to_spike(threshold.DRIVES, tau, dt))

    assert (10 * rates).floor().tolist() == counted
    assert counted[:2] == [0, 0]  # 0.8 and 1 V


def test_below_the_threshold_it_is_the_leaky_integrator():
    p = LIParameters(tau_syn_inv=torch.tensor(0.0), tau_mem_inv=torch.tensor(125.0, dtype=torch.float64))
    drive = torch.zeros(300, dtype=torch.float64)
    drive[0] = 0.9

    v, spikes = threshold.fire(0.9, 0.008, 0.0005, 300)

    torch.testing.assert_close(volts(*v), simulate(drive, p=p, dt=0.0005).v, rtol=1e-12, atol=0)
    assert spikes == []


def test_the_voltage_starts_again_from_0_after_a_spike():
    v, spikes = threshold.fire(1.5, 0.01, 0.001, 33)

    assert spikes == [11, 22, 33]
    assert v[11:22] == v[:11]
    assert v[10] >= 1 > v[9]


def test_half_a_step_halves_the_error_of_the_spikes_time():
    drives = torch.linspace(1.1, 3, 20_000, dtype=torch.float64)
    exact = threshold.time_to_spike(drives, 0.01)

    def mean_error(dt: float) -> float:
        return (dt * threshold.steps_to_spike(drives, 0.01, dt) - exact).abs().mean().item()

    errors = [mean_error(dt) for dt in (0.0004, 0.0002, 0.0001, 0.00005)]

    ratios = [coarse / fine for coarse, fine in itertools.pairwise(errors)]
    assert ratios == pytest.approx([2, 2, 2], rel=0.05)


@pytest.mark.parametrize("dt", [0.002, 0.0005, 0.00005])
def test_a_spike_is_late_by_at_most_a_step_and_early_by_what_euler_is_ahead(dt):
    tau, drives = 0.01, torch.linspace(1.01, 3, 2000, dtype=torch.float64)
    exact = threshold.time_to_spike(drives, tau)

    late = dt * threshold.steps_to_spike(drives, tau, dt) - exact

    assert (late <= dt).all()
    # -ln(1 - a) <= a / (1 - a), so Euler's voltage is there by at most the share a of the time too early.
    assert (late >= -exact * dt / tau).all()


def test_the_sentence_compares_spikes_with_theory():
    assert threshold.LAB.figure()[1] == (
        "10 spikes up to 100 ms: in steps of 2 ms the rate is 100 Hz, in theory 91 Hz. "
        "The first spike is 0.986 ms too early. With a pause of 2 ms after each spike, theory says 77 Hz."
    )
    assert (
        "the rate is 90.9 Hz, in theory 91 Hz. The first spike is 0.0139 ms"
        in threshold.LAB.figure(dt=1.0)[1]
    )


@pytest.mark.parametrize(("time", "spikes"), [(0, 0), (8, 0), (10, 1), (98, 9), (100, 10)])
def test_spikes_are_counted_and_drawn_up_to_the_time(time, spikes):
    figure, sentence = threshold.LAB.figure(time=time)

    in_steps, marks = figure.axes[0].lines[-2:]
    assert re.match(r"\d+", sentence)[0] == str(spikes)
    assert len(marks.get_xdata()) == spikes
    assert in_steps.get_xdata()[-1] == pytest.approx(time)


def test_the_exact_neuron_is_drawn_beside_it():
    voltage, marks = threshold.LAB.figure()[0].axes[0].lines[1:3]

    expected = [k * float(10 * mpmath.log(3)) for k in range(1, 10)]
    assert list(marks.get_xdata()) == pytest.approx(expected, rel=1e-12)
    assert voltage.get_ydata().max() == pytest.approx(1, rel=1e-12)


def test_a_refractory_period_is_added_to_the_time_between_spikes():
    without, paused, *_ = threshold.LAB.figure(i=3.0)[0].axes[1].lines

    drives, rates = without.get_data()
    with_a_spike = rates > 0
    between = 1 / paused.get_ydata()[with_a_spike] - 1 / rates[with_a_spike]
    assert paused.get_xdata().tolist() == drives.tolist()
    assert between == pytest.approx(0.002)
    assert paused.get_ydata()[~with_a_spike].tolist() == [0, 0]  # 0 and 1 V
    assert paused.get_ydata().max() == pytest.approx(165.2, abs=0.05)  # 246.6 Hz without
    assert paused.get_label() == "pause of 2 ms"


def test_no_drive_up_to_the_rheobase_has_a_rate():
    sentence = threshold.LAB.figure(i=1.0)[1]

    assert sentence.startswith("0 spikes up to 100 ms and 0 Hz: a drive of 1 V ")


@pytest.mark.parametrize(
    ("prediction", "said"),
    [(80, " You predicted 80 Hz."), (910, " You predicted 910 Hz, which is outside of the picture.")],
)
def test_a_prediction_is_drawn_and_told(prediction, said):
    figure, sentence = threshold.LAB.figure(dt=0.1, prediction=prediction)

    assert sentence.endswith(said)
    assert figure.axes[1].lines[-1].get_ydata()[0] == prediction


def test_twice_the_drive_is_marked_above_the_line_of_proportion():
    figure, _ = threshold.LAB.figure(i=1.5, dt=0.1)

    lines = {line.get_label(): line for line in figure.axes[1].lines}
    ((x, y),) = lines["twice this drive"].get_xydata()
    (_, _), (end, rate) = lines["in proportion"].get_xydata()
    assert x == 3.0
    assert rate / end == pytest.approx(float(100 / mpmath.log(3)) / 1.5, rel=1e-9)
    assert y > 1.3 * 3.0 * rate / end


@pytest.mark.parametrize("i", [0.8, 1.0])
def test_a_drive_that_brings_no_spike_has_no_line_of_proportion(i):
    figure, _ = threshold.LAB.figure(i=i)

    assert "in proportion" not in [line.get_label() for line in figure.axes[1].lines]
