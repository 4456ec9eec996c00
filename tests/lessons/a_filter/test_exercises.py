"""Lesson 7's exercises: their numbers, and answers in other forms."""

import math

import pytest
import torch

from leakyedu import LIParameters, simulate
from leakyedu.lessons.a_filter import exercises as a_filter
from tests.teaching import fresh


def half_power(f: float, *taus: float) -> float:
    return math.prod(1 + (2 * math.pi * f * tau) ** 2 for tau in taus)


def test_the_numbers_of_lesson_7_are_those_of_the_stages():
    assert a_filter.cut_off.kind.right == pytest.approx(15.915, abs=0.001)
    assert a_filter.cut_off_in_series.kind.right == pytest.approx(13.331, abs=0.001)
    assert half_power(a_filter.cut_off.kind.right, 0.01) == pytest.approx(2, rel=1e-6)
    assert half_power(a_filter.cut_off_in_series.kind.right, 0.01, 0.005) == pytest.approx(2, rel=1e-6)
    assert "31.8 Hz" in a_filter.cut_off_in_series.question
    assert a_filter.higher_of_the_two() == pytest.approx(31.83, abs=0.01)


def test_the_membrane_averages_a_fast_drive():
    t = torch.arange(4000, dtype=torch.float64) * 1e-4
    drive = 1 + torch.sin(2 * math.pi * 200 * t)
    p = LIParameters.from_tau(tau_syn=math.inf)

    v = simulate(drive.diff(prepend=drive.new_zeros(1)), p=p, dt=1e-4).v[-1000:]

    assert float(v.mean()) == pytest.approx(1, rel=1e-3)
    assert float(v.max() - v.min()) / 2 == pytest.approx(a_filter.gain_of_the_membrane(200), rel=0.02)
    assert a_filter.SWING == "0.079 V"


def test_a_gain_and_phase_in_real_numbers_pass_too():
    def in_real_numbers(f, tau):
        x = 2 * torch.pi * f * tau
        return 1 / torch.sqrt(1 + x**2), -torch.rad2deg(torch.atan(x))

    assert fresh(a_filter.gain_phase).check(in_real_numbers).passed


def test_the_phase_of_both_may_be_mended_in_several_ways():
    def with_atan2(f, tau_mem, tau_syn):
        omega = 2 * math.pi * f
        return -math.degrees(math.atan2(omega * (tau_mem + tau_syn), 1 - omega**2 * tau_mem * tau_syn))

    def with_a_half_turn(f, tau_mem, tau_syn):
        phase = a_filter.phase_with_a_bug(f, tau_mem, tau_syn)
        return phase - 180 if phase > 0 else phase

    assert fresh(a_filter.phase_mended).check(with_atan2).passed
    assert fresh(a_filter.phase_mended).check(with_a_half_turn).passed


def test_the_bug_of_the_phase_shows_on_one_side_of_22_and_a_half_hertz():
    assert not fresh(a_filter.phase_hunt).check((22, 0.01, 0.005)).passed
    assert fresh(a_filter.phase_hunt).check((23, 0.01, 0.005)).passed
    assert "22.5 Hz" in a_filter.phase_hunt.solution().text
    assert a_filter.middle_on_the_axis() == pytest.approx(22.5, abs=0.01)
