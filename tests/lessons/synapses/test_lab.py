"""Lesson 3's experiment: its numbers."""

import math
import re

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp
from scipy.optimize import minimize_scalar

from leakyedu.lessons.synapses import lab as synapses
from leakyedu.model import LIParameters


def numbers(sentence):
    return [float(number) for number in re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", sentence)]


@pytest.mark.parametrize("tau_syn", [1.0, 5.0, 9.999, 10.0, 20.0])
def test_single_responses_solve_the_differential_equation(tau_syn):
    seconds = torch.linspace(0.001, 0.06, 60, dtype=torch.float64)
    p = LIParameters.from_tau(tau_syn=tau_syn / 1000)
    times = torch.tensor([0.0, 0.013], dtype=torch.float64)

    responses = synapses.single_responses(times, seconds, 1.5, p)

    def slope(t, y):
        return [(y[1] - y[0]) / 10, -y[1] / tau_syn]

    solved = solve_ivp(slope, (0, 60), [0, 1.5], rtol=1e-11, atol=1e-13, t_eval=1000 * seconds.numpy())
    assert responses.shape == (2, 60)
    np.testing.assert_allclose(responses[0], solved.y[0], rtol=0, atol=1e-9)
    np.testing.assert_allclose(responses[1, 13:], solved.y[0][:-13], rtol=0, atol=1e-9)
    assert not responses[1, :12].any()


def test_one_spike_peaks_at_a_quarter_of_the_jump_after_ten_times_ln_2():
    p = LIParameters.from_tau()

    rise = synapses.time_to_peak(0.0, 1.0, p)
    peak = synapses.single_responses(torch.zeros(1), torch.tensor([rise], dtype=torch.float64), 1.0, p)

    assert rise == pytest.approx(0.010 * math.log(2), rel=1e-12)
    assert peak.item() == pytest.approx(0.25, rel=1e-12)


@pytest.mark.parametrize("tau_syn", [10.0, 10.0 + 1e-9, 10.0 + 1e-5])
def test_at_equal_time_constants_the_peak_is_one_over_e_after_one_time_constant(tau_syn):
    p = LIParameters.from_tau(tau_syn=tau_syn / 1000)

    rise = synapses.time_to_peak(0.0, 1.0, p)
    peak = synapses.single_responses(torch.zeros(1), torch.tensor([rise], dtype=torch.float64), 1.0, p)

    assert rise == pytest.approx(0.010, rel=1e-6)
    assert peak.item() == pytest.approx(math.exp(-1), rel=1e-6)


@pytest.mark.parametrize("tau_syn", [1.0, 7.0, 10.0, 20.0])
@pytest.mark.parametrize(("v", "i"), [(0.0, 2.0), (0.3, 1.1), (-0.2, -0.9)])
def test_the_time_to_the_peak_is_where_a_search_finds_it(tau_syn, v, i):
    p = LIParameters.from_tau(tau_syn=tau_syn / 1000)

    rise = synapses.time_to_peak(v, i, p)

    def below(t):
        response = synapses.single_responses(torch.zeros(1), torch.tensor([t], dtype=torch.float64), i, p)
        return -abs(v * math.exp(-t / 0.010) + response.item())

    found = minimize_scalar(below, bounds=(1e-6, 0.05), method="bounded", options={"xatol": 1e-9})
    assert rise == pytest.approx(found.x, abs=1e-6)


def test_the_first_picture_says_where_v_and_i_peak():
    _, sentence = synapses.LAB.figure()

    assert sentence == (
        "Each spike makes i jump by 1 V, and i is highest, 1.24 V, at the last one. "
        "v does not jump: it is highest, 0.549 V, 4.09 ms after the last spike. "
        "Added up, the responses to single spikes differ from v by less than 1e-12 V."
    )


@pytest.mark.parametrize("tau_syn", [1.0, 5.0, 10.0, 20.0])
@pytest.mark.parametrize(("spikes", "interval"), [(1, 8.0), (2, 1.0), (5, 3.5), (5, 20.0)])
@pytest.mark.parametrize("w", [-1.0, 2.0])
def test_peaks_are_those_of_the_sum_of_responses(spikes, interval, tau_syn, w):
    _, sentence = synapses.LAB.figure(spikes=spikes, interval=interval, w=w, tau_syn=tau_syn)

    t = np.linspace(0, 150, 150_001)[:, None] - interval * np.arange(spikes)
    since = np.maximum(t, 0)
    current = (w * np.exp(-since / tau_syn) * (t >= 0)).sum(1)
    equal = tau_syn == 10
    difference = since / 10 * np.exp(-since / 10) if equal else np.exp(-since / 10) - np.exp(-since / tau_syn)
    voltage = w * (difference / (1 if equal else 10 / tau_syn - 1)).sum(1)
    at = np.abs(voltage).argmax()
    jump, i, v, rise, gap = numbers(sentence)
    assert jump == w
    assert i == pytest.approx(np.sign(w) * np.abs(current).max(), rel=0.006)
    assert v == pytest.approx(voltage[at], rel=0.006)
    assert rise == pytest.approx(t[at, -1], rel=0.006, abs=0.002)
    assert gap == 1e-12


@pytest.mark.parametrize("w", [-1.0, 1.0])
def test_the_picture_shows_that_v_follows_i_without_a_jump(w):
    figure, _ = synapses.LAB.figure(spikes=2, interval=6.0, w=w)

    i = figure.axes[0].lines[0]
    v = next(line for line in figure.axes[1].lines if line.get_label() == "v")
    peak_of_v = next(line for line in figure.axes[1].lines if line.get_label() == "peak of v")
    assert np.abs(np.diff(i.get_ydata())).max() == pytest.approx(1.0, rel=1e-12)
    # The slope is at most i / tau_mem, and a step 0.25 ms.
    assert np.abs(np.diff(v.get_ydata())).max() < 0.025 * np.abs(i.get_ydata()).max()
    assert i.get_xdata()[np.abs(i.get_ydata()).argmax()] == pytest.approx(6.0)
    assert peak_of_v.get_xdata()[0] > 6.0 + 1.0


def test_the_drawn_sum_lies_on_the_drawn_voltage():
    figure, _ = synapses.LAB.figure(spikes=5, interval=2.5, tau_syn=10.0)

    lines = {line.get_label(): line for line in figure.axes[1].lines}
    v, total = lines["v"], lines["their sum"]
    np.testing.assert_allclose(v.get_ydata()[2:], total.get_ydata(), rtol=0, atol=1e-12)
    np.testing.assert_array_equal(v.get_xdata()[2:], total.get_xdata())


def test_without_a_jump_nothing_happens_and_nothing_is_divided():
    _, sentence = synapses.LAB.figure(spikes=1, w=0.0, prediction=7.0)

    assert sentence == (
        "With w = 0 V no spike does anything: i and v stay at 0 V. "
        "You predicted the peak of v 7 ms after a single spike; it comes after 6.93 ms."
    )


@pytest.mark.parametrize(
    ("settings", "prediction", "words"),
    [
        ({}, 5.0, "5 ms after a single spike; it comes after 6.93 ms."),
        ({"w": -1.0}, 5.0, "5 ms after a single spike; it comes after 6.93 ms."),
    ],
)
def test_a_prediction_is_drawn_and_named(settings, prediction, words):
    figure, sentence = synapses.LAB.figure(spikes=1, **settings, prediction=prediction)

    line = next(line for line in figure.axes[1].lines if line.get_label() == "your prediction")
    assert sentence.endswith(f"You predicted the peak of v {words}")
    assert list(line.get_xdata()) == [prediction, prediction]
    assert figure.axes[1].get_xlim() == synapses.LAB.figure(spikes=1, **settings)[0].axes[1].get_xlim()
    assert figure.axes[1].get_xlim()[0] == -6


def test_a_prediction_outside_of_the_picture_is_told_and_not_drawn():
    figure, sentence = synapses.LAB.figure(spikes=1, prediction=300)

    assert "your prediction" not in {line.get_label() for line in figure.axes[1].lines}
    assert "300 ms after a single spike (outside of the picture); it comes after 6.93 ms." in sentence


@pytest.mark.parametrize("time", [0, 7, 13, 31])
def test_the_water_in_both_buckets_stands_as_high_as_the_curves(time):
    figure, sentence = synapses.LAB.figure(spikes=2, interval=8.0, time=time)

    t = np.maximum(time - np.array([0.0, 8.0]), 0)
    i = (np.exp(-t / 5) * (time >= np.array([0.0, 8.0]))).sum()
    v = (np.exp(-t / 10) - np.exp(-t / 5)).sum()
    assert sentence.endswith(f" At {time} ms the water stands at i = {i:.3g} V and v = {v:.3g} V.")
    for axes, level in zip(figure.axes, (i, v), strict=True):
        water = axes.patches[0]
        assert water.get_x() > 60
        assert (water.get_y(), water.get_height()) == pytest.approx((0.0, level), abs=1e-6)


@pytest.mark.parametrize("tau_syn", [3.0, 5.0, 20.0])
def test_the_buckets_are_as_wide_as_their_time_constants(tau_syn):
    left, right = synapses.LAB.figure(tau_syn=tau_syn)[0].axes

    wide, of_voltage = (axes.patches[0].get_width() for axes in (left, right))
    assert wide / of_voltage == pytest.approx(tau_syn / 10)


def test_below_zero_the_water_is_below_what_it_is_at_rest():
    figure, _ = synapses.LAB.figure(spikes=1, w=-1.0, time=7)

    for axes, level in zip(figure.axes, (-math.exp(-1.4), math.exp(-1.4) - math.exp(-0.7)), strict=True):
        water = axes.patches[0]
        assert water.get_y() + water.get_height() == pytest.approx(level, abs=1e-6)
        assert water.get_y() < -1


def test_a_fast_synapse_looks_smaller_than_a_slow_one():
    fast, slow = (synapses.LAB.figure(spikes=1, tau_syn=tau)[0].axes[1].get_ylim() for tau in (1.0, 20.0))

    assert fast == slow


@pytest.mark.parametrize(
    "settings", [{}, {"spikes": 1}, {"w": -1.0}, {"spikes": 5, "tau_syn": 20.0, "w": 2.0}]
)
def test_both_panes_have_one_scale(settings):
    left, right = synapses.LAB.figure(**settings)[0].axes

    assert left.get_ylim() == right.get_ylim()
