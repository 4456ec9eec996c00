"""Lesson 7's experiment: its numbers."""

import math

import numpy as np
import pytest
import scipy.optimize
import scipy.signal
import torch

from leakyedu.lessons.a_filter import lab as experiment
from leakyedu.model import LIParameters
from leakyedu.sequence import simulate
from leakyedu.stimuli import sine

ALONE, BOTH = experiment.STAGES.values()


def measured(kind, frequency, p, dt):
    drive = experiment.drive_of(kind, frequency, dt)
    return experiment.measure(kind, frequency, drive, experiment.respond(drive, p, dt), dt)


@pytest.mark.parametrize(("p", "hertz"), [(ALONE, 15.9), (LIParameters(0.0, 200.0, 0.0), 31.8), (BOTH, 13.3)])
def test_the_cut_off_is_where_the_gain_has_fallen_to_the_root_of_a_half(p, hertz):
    corner = experiment.cut_off(p)

    def above(f):
        gain = 1 / abs(1 + 2j * math.pi * f / p.tau_mem_inv)
        return gain / (abs(1 + 2j * math.pi * f / p.tau_syn_inv) if p.tau_syn_inv else 1) - math.sqrt(0.5)

    assert corner == pytest.approx(scipy.optimize.brentq(above, 1, 100, xtol=1e-12), rel=1e-10)
    assert corner == pytest.approx(hertz, abs=0.05)


@pytest.mark.parametrize(
    ("p", "denominator"), [(ALONE, [0.01, 1]), (BOTH, np.polymul([0.01, 1], [0.005, 1]))]
)
def test_the_continuous_curve_is_that_of_the_polynomials(p, denominator):
    _, truth = scipy.signal.freqs([1], denominator, 2 * math.pi * experiment.CURVE.numpy())

    np.testing.assert_allclose(experiment.continuous_transfer(experiment.CURVE, p).numpy(), truth, rtol=1e-12)


@pytest.mark.parametrize("p", [ALONE, BOTH])
def test_the_curve_of_euler_approaches_the_continuous_one_as_the_step_shrinks(p):
    f = torch.tensor([2.0, 15.0, 100.0], dtype=torch.float64)

    off = [
        (experiment.euler_transfer(f, p, dt) - experiment.continuous_transfer(f, p)).abs()
        for dt in (2e-5, 1e-5)
    ]

    torch.testing.assert_close(off[0] / off[1], torch.full_like(f, 2), rtol=0, atol=0.01)


@pytest.mark.parametrize("p", [ALONE, BOTH])
@pytest.mark.parametrize("dt", [0.0001, 0.001, 0.003, 0.004])
@pytest.mark.parametrize("frequency", [1.0, 16.0, 77.0, 124.0])
def test_the_measured_sine_lies_on_the_curve_of_euler(p, dt, frequency):
    (seen,), (h,) = measured("sine", frequency, p, dt)

    assert seen == pytest.approx(frequency, rel=1e-12)
    assert abs(h - experiment.euler_transfer(seen, p, dt)) < 1e-6


def test_the_measured_sine_is_that_of_a_filter_of_scipy():
    n = np.arange(20_000)
    b, a = np.polymul([0.1, 0], [0.2]), np.polymul([1, -0.9], [1, -0.8])  # dt = 1 ms in 10 and 5 ms

    v = scipy.signal.lfilter(b, a, np.cos(2 * math.pi * 0.025 * n))[10_000:]

    _, (h,) = measured("sine", 25.0, BOTH, 0.001)
    # scipy's output is at the time of its input, ours one step later.
    truth = 2 * np.mean(v * np.exp(-2j * math.pi * 0.025 * (n[10_000:] + 1)))
    assert complex(h) == pytest.approx(truth, abs=1e-6)


@pytest.mark.parametrize("kind", ["chirp", "noise"])
@pytest.mark.parametrize("p", [ALONE, BOTH])
@pytest.mark.parametrize(("dt", "frequency"), [(0.001, 200.0), (0.0003, 60.0), (0.004, 200.0), (0.001, 1.0)])
def test_what_chirp_and_noise_measure_lies_on_the_curve_of_euler(kind, p, dt, frequency):
    frequencies, h = measured(kind, frequency, p, dt)

    assert (h - experiment.euler_transfer(frequencies, p, dt)).abs().max() < 1e-6
    assert 1 <= len(frequencies) <= 12
    assert float(frequencies[-1]) <= max(0.5 / dt, 5)


def test_the_response_to_a_drive_is_that_of_its_jumps():
    drive = torch.sin(2 * math.pi * 30 * 0.0005 * torch.arange(400, dtype=torch.float64))

    v = experiment.respond(drive, BOTH, 0.0005)

    theirs = simulate(sine(1.0, 30.0, 400, BOTH, 0.0005, dtype=torch.float64), p=BOTH, dt=0.0005).v
    assert v[0] == 0
    torch.testing.assert_close(v[1:], theirs[:-1], rtol=1e-12, atol=1e-15)


def test_the_membrane_alone_follows_the_recurrence_in_closed_form():
    drive = experiment.drive_of("noise", 100.0, 0.002)

    v = experiment.respond(drive, ALONE, 0.002)

    for n in (1, 7, 199):
        closed = sum(0.2 * 0.8 ** (n - 1 - k) * float(drive[k]) for k in range(n))
        assert float(v[n]) == pytest.approx(closed, rel=1e-11, abs=1e-13)


def test_noise_has_one_strength_and_is_the_same_at_each_step_size():
    coarse, fine = (experiment.drive_of("noise", 100.0, dt) for dt in (0.004, 0.001))

    torch.testing.assert_close(fine[::4], coarse, rtol=0, atol=1e-12)
    assert float(fine[:200].square().mean()) == pytest.approx(0.25, rel=1e-10)


def test_beyond_the_nyquist_frequency_a_sine_is_taken_for_a_slower_one():
    figure, sentence = experiment.LAB.figure(frequency=200.0, dt=4.0)

    mark = next(line for line in figure.axes[1].get_lines() if line.get_label() == "measured")
    assert sentence.startswith("Steps of 4 ms cannot tell 200 Hz from 50 Hz. At 50 Hz v lags by ")
    # Euler's |a / (z - 1 + a)| with a = 0.4 at a fifth of a turn per step.
    truth = 0.4 / abs(complex(math.cos(0.4 * math.pi) - 0.6, math.sin(0.4 * math.pi)))
    assert mark.get_xdata()[0] == pytest.approx(50)
    assert mark.get_ydata()[0] == pytest.approx(truth, rel=1e-6)


def test_at_the_nyquist_frequency_the_drive_changes_sign_with_each_step():
    (seen,), (h,) = measured("sine", 125.0, ALONE, 0.004)

    assert seen == 125
    assert complex(h) == pytest.approx(-0.4 / 1.6, abs=1e-9)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "At 40 Hz v lags by 74.6 degrees and the measured gain is 0.388; Euler's curve says 0.388, "),
        ({}, "the continuous one 0.37. The continuous gain falls to 0.707 at the cut-off, 15.9 Hz."),
        ({"stages": "synapse and membrane"}, "at the cut-off, 13.3 Hz."),
        ({"kind": "chirp", "frequency": 100.0}, "In the chirp, from 5 to 100 Hz, the lag of v goes from "),
        ({"kind": "noise", "frequency": 200.0, "dt": 4.0}, "Steps of 4 ms hold nothing beyond 125 Hz. "),
        ({"prediction": 100}, " You predicted a cut-off of 100 Hz."),
        ({"prediction": 0.1}, " You predicted a cut-off of 0.1 Hz, which is outside of the picture."),
    ],
)
def test_the_sentence_has_the_numbers_of_the_picture(settings, words):
    _, sentence = experiment.LAB.figure(**settings)

    assert words in sentence
