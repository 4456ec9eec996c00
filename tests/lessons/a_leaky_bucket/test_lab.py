"""Lesson 1's experiment: its numbers."""

import math
import re

import pytest
import torch
from scipy.integrate import solve_ivp

from leakyedu.lessons.a_leaky_bucket import lab as bucket

ENDS = bucket.DT * torch.arange(1, 1501, dtype=torch.float64)
MIDDLES = ENDS - bucket.DT / 2


def respond(shape: str, tau_mem: float, v_leak: float = 0.0, i: float = 1.0) -> torch.Tensor:
    return bucket.one_stage(i * bucket.drive(shape, MIDDLES), tau_mem, v_leak)


@pytest.mark.parametrize(
    ("shape", "shares"),
    [
        ("step", [1, 1, 1, 1, 1]),
        ("pulse", [1, 1, 0, 0, 0]),
        ("ramp", [0, 0.25, 0.75, 1, 1]),
        ("triangle", [0, 0.25, 0.75, 0.5, 0]),
    ],
)
def test_a_drive_has_the_shape_that_its_name_says(shape, shares):
    seconds = torch.tensor([0.0, 0.01, 0.03, 0.06, 0.1], dtype=torch.float64)

    assert bucket.drive(shape, seconds).tolist() == pytest.approx(shares, abs=1e-12)


def test_an_unknown_shape_is_refused():
    with pytest.raises(ValueError, match="shape must be one of step, pulse, ramp, triangle, got 'sine'"):
        bucket.drive("sine", MIDDLES)


@pytest.mark.parametrize("tau_mem", [0.002, 0.01, 0.05])
@pytest.mark.parametrize(("v_leak", "i"), [(0.0, 1.0), (-0.5, 1.5), (0.3, -1.0)])
def test_after_a_step_the_voltage_approaches_v_leak_plus_i_exponentially(tau_mem, v_leak, i):
    v = respond("step", tau_mem, v_leak, i)

    expected = [v_leak - i * math.expm1(-t / tau_mem) for t in ENDS.tolist()]
    assert v.tolist() == pytest.approx(expected, rel=0, abs=1e-12)


@pytest.mark.parametrize("shape", ["pulse", "ramp", "triangle"])
@pytest.mark.parametrize("tau_mem", [0.002, 0.05])
def test_the_voltage_is_that_of_an_ordinary_solver(shape, tau_mem):
    def slope(t, v):
        return (0.2 - v - 0.8 * bucket.drive(shape, torch.tensor(t, dtype=torch.float64)).item()) / tau_mem

    v = respond(shape, tau_mem, 0.2, -0.8)

    times = ENDS[49::50].tolist()
    solved = solve_ivp(slope, (0, 0.15), [0.2], t_eval=times, rtol=1e-8, atol=1e-10, max_step=5e-4)
    # A ramp is held at its mean over each step, and the solver steps over an edge of the pulse.
    assert v[49::50].tolist() == pytest.approx(solved.y[0].tolist(), rel=0, abs=2e-5)


def test_a_larger_time_constant_does_not_raise_the_final_voltage():
    finals = [bucket.one_stage(torch.ones(20000).double(), tau)[-1].item() for tau in (0.002, 0.01, 0.05)]

    assert finals == pytest.approx([1, 1, 1], rel=1e-12)


@pytest.mark.parametrize("tau_mem", [2, 5, 10, 20, 50])
def test_one_time_constant_after_a_step_it_has_gone_63_percent_of_the_way(tau_mem):
    _, sentence = bucket.LAB.figure(tau_mem=tau_mem, v_leak=-0.2, i=0.7)

    assert f"at {tau_mem} ms, it has gone 63.2 % of the way" in sentence


@pytest.mark.parametrize("tau_mem", [0.005, 0.01, 0.05])
def test_the_voltage_turns_where_inflow_equals_leak_and_not_where_the_input_falls(tau_mem):
    v = respond("triangle", tau_mem, v_leak=0.1)

    # The answers to the first two corners of a triangle cancel where exp(t / tau) = 2 exp(40 / tau) - 1.
    at = int(v.argmax())
    peak = tau_mem * math.log(2 * math.exp(0.04 / tau_mem) - 1)
    assert ENDS[at].item() == pytest.approx(peak, rel=0, abs=bucket.DT)
    assert peak > 0.04
    assert v[at].item() == pytest.approx(0.1 + 2 - peak / 0.04, rel=0, abs=1e-4)


def test_the_lab_says_where_the_voltage_settles():
    _, sentence = bucket.LAB.figure(v_leak=-0.4, prediction=1.2)

    assert sentence == (
        "The voltage settles at v_leak + i = 0.6 V. One tau_mem after the start, "
        "at 10 ms, it has gone 63.2 % of the way from v_leak to v_leak + i. "
        "You predicted that it settles at 1.2 V."
    )


def test_the_lab_says_where_the_voltage_turns():
    _, pulse = bucket.LAB.figure(shape="pulse")
    _, triangle = bucket.LAB.figure(shape="triangle")

    assert "turns when the pulse ends, at 20 ms and 0.865 V, on its way to 1 V." in pulse  # 1 - exp(-2)
    assert "for another 6.8 ms, until it meets v_leak + i at 0.829 V." in triangle  # 10 ln(2 exp(4) - 1)


def test_without_a_drive_nothing_is_said_to_settle():
    _, sentence = bucket.LAB.figure(i=0.0, v_leak=-0.25)

    assert sentence == "Nothing flows in, so v stays at v_leak, -0.25 V."


@pytest.mark.parametrize("shape", ["step", "pulse", "ramp", "triangle"])
def test_what_is_left_of_a_decay_reads_as_zero(shape):
    _, sentence = bucket.LAB.figure(shape=shape, tau_mem=2, v_leak=-0.5, i=0.5)

    assert re.search(r"\de-\d|-0 V", sentence) is None


@pytest.mark.parametrize(("prediction", "outside"), [(0.5, False), (2.1, False), (3.0, True), (-9.0, True)])
def test_a_prediction_is_drawn_or_said_to_be_outside(prediction, outside):
    figure, sentence = bucket.LAB.figure(v_leak=-0.4, prediction=prediction)

    named = [line for line in figure.axes[0].get_lines() if line.get_label() == "your prediction"]
    assert [line.get_ydata()[0] for line in named] == [prediction]
    assert sentence.endswith("outside of the picture.") is outside
    bottom, top = figure.axes[0].get_ylim()
    assert outside or bottom < prediction <= top


@pytest.mark.parametrize("time", [0, 10, 36, 148])
def test_the_water_stands_as_high_as_the_curve(time):
    figure, sentence = bucket.LAB.figure(tau_mem=20, v_leak=-0.25, time=time)

    v = -0.25 - math.expm1(-time / 20)
    assert f" At {time} ms the water stands at {v:.3g} V." in sentence
    surfaces = [line.get_ydata() for line in figure.axes[0].lines if min(line.get_xdata()) > 150]
    assert any(max(abs(y - v) for y in ys) < 1e-6 for ys in surfaces)


def test_the_axes_are_no_larger_than_what_is_drawn_needs():
    heights = [
        bucket.LAB.figure(**s)[0].axes[0].get_ylim() for s in ({}, {"i": -1.0, "v_leak": -0.5}, {"i": 1.5})
    ]

    assert heights == [(-0.6, 1.25), (-1.7, 1.25), (-0.6, 2.1)]
