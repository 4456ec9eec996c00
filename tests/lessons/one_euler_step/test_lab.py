"""Lesson 4's experiment: its numbers."""

import re

import pytest
import torch

from leakyedu import simulate
from leakyedu.lessons.one_euler_step import lab as step_order
from leakyedu.model import LIParameters
from leakyedu.stimuli import poisson, pulse


def test_the_first_order_is_the_step_of_the_library():
    generator = torch.Generator().manual_seed(4)
    inputs = poisson(200.0, 300, generator=generator, dtype=torch.float64)
    p = LIParameters.from_tau(tau_syn=4e-3, tau_mem=15e-3, v_leak=0.3)

    ours = step_order.simulate_in_order(("jump", "v", "decay"), inputs, p, 0.0005)

    theirs = simulate(inputs, p=p, dt=0.0005)
    torch.testing.assert_close(ours.v, theirs.v, rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(ours.i, theirs.i, rtol=1e-12, atol=1e-14)


def test_decay_first_changes_the_recorded_current_alone():
    ours, other = (step_order.simulate_in_order(order, pulse(60)) for order in step_order.ORDERS[:2])

    assert torch.equal(ours.v, other.v)
    assert ours.i[0].item() == pytest.approx(0.8)
    assert other.i[0].item() == pytest.approx(1.0)


def test_v_first_is_the_same_curve_one_step_later():
    ours, late = (step_order.simulate_in_order(step_order.ORDERS[k], pulse(60)) for k in (0, 2))

    assert torch.equal(late.v[1:], ours.v[:-1])
    assert late.v[0] == 0


@pytest.mark.parametrize(
    ("order", "share"), list(zip(step_order.ORDERS, (1, 1, 1, 0.8, 0.8, 0.8), strict=True))
)
def test_orders_in_which_v_uses_the_decayed_current_lose_a_fifth_of_the_area(order, share):
    v = step_order.simulate_in_order(order, pulse(600, dtype=torch.float64)).v

    assert v.sum().item() * 0.001 / 0.005 == pytest.approx(share, rel=1e-7)


@pytest.mark.parametrize("order", [("jump", "v"), ("jump", "v", "v"), "jump", ()])
def test_an_order_that_lacks_a_line_is_refused(order):
    with pytest.raises(ValueError, match="order must hold 'jump', 'v' and 'decay', each once"):
        step_order.simulate_in_order(order, pulse(5))


def test_the_lab_holds_the_chosen_order_beside_ours_and_the_exact_curve():
    _, sentence = step_order.LAB.figure(order="v, decay, jump")

    assert sentence == (
        "The exact voltage peaks at 0.25 V after 6.93 ms. Order jump, v, decay: peak 0.269 V after 6 ms, "
        "area 1.00 of the exact one. Order v, decay, jump: peak 0.269 V after 7 ms, "
        "area 1.00 of the exact one. Grey fills what the chosen order has too much or too little."
    )


@pytest.mark.parametrize(("dt", "share"), [(4.0, "0.20"), (1.0, "0.80"), (0.25, "0.95")])
def test_the_lost_area_shrinks_with_the_step(dt, share):
    _, sentence = step_order.LAB.figure(order="jump, decay, v", dt=dt)

    assert "jump, decay, v: peak" in sentence
    assert f"area {share} of the exact one." in sentence


@pytest.mark.parametrize("order", [", ".join(order) for order in step_order.ORDERS])
@pytest.mark.parametrize("dt", [0.25, 4.0])
@pytest.mark.parametrize("tau_syn", [4.0, 20.0])
def test_the_lab_draws_the_corners_of_its_controls(order, dt, tau_syn):
    _, sentence = step_order.LAB.figure(order=order, dt=dt, tau_syn=tau_syn)

    assert "nan" not in sentence
    assert "inf" not in sentence


@pytest.mark.parametrize("tau_syn", [4.0, 5.0, 10.0, 20.0])
@pytest.mark.parametrize("dt", [0.25, 1.0, 4.0])
def test_the_areas_of_the_lab_are_those_of_theory(dt, tau_syn):
    _, sentence = step_order.LAB.figure(order="jump, decay, v", dt=dt, tau_syn=tau_syn)

    # A decay before the voltage leaves 1 - dt / tau_syn of each jump.
    areas = [float(area) for area in re.findall(r"area (\d+\.\d+)", sentence)]
    assert areas == pytest.approx([1, 1 - dt / tau_syn], abs=0.0051)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"dt": 1e-6}, r"dt must be from 0.25 to 4 in 'dt \(ms\)', got 1e-06"),
        ({"dt": 100}, "dt must be from 0.25 to 4"),
        ({"dt": 0}, "dt must be from 0.25 to 4"),
        ({"order": "decay"}, "order must be one of 'jump, v, decay'"),
        ({"order": 3}, "order must be one of 'jump, v, decay'"),
    ],
)
def test_a_figure_of_a_lab_refuses_what_no_control_can_say(settings, words):
    with pytest.raises(ValueError, match=words):
        step_order.LAB.figure(**settings)


@pytest.mark.parametrize(("until", "dt", "steps"), [(0, 1.0, 0), (3, 1.0, 3), (40, 1.0, 40), (12, 4.0, 3)])
def test_the_lab_shows_the_steps_until_a_time_and_speaks_of_all(until, dt, steps):
    figure, sentence = step_order.LAB.figure(until=until, dt=dt)

    shown = [len(line.get_xdata()) for line in figure.axes[0].get_lines() if line.get_label()[:5] == "order"]
    assert shown == [steps, steps]
    assert sentence == step_order.LAB.figure(dt=dt)[1]


@pytest.mark.parametrize(("order", "share"), [("jump, v, decay", 0.0), ("jump, decay, v", 0.2)])
def test_the_area_that_an_order_loses_is_filled(order, share):
    figure, _ = step_order.LAB.figure(order=order)

    (area,) = (x for x in figure.axes[0].collections if len(x.get_paths()))
    x, y = area.get_paths()[0].vertices.T  # along the one curve and back along the other
    lost = abs(float(((x[1:] - x[:-1]) * (y[1:] + y[:-1]) / 2).sum()))
    # Of 5 mV s; what comes after 40 ms is not in the picture.
    assert lost / 5 == pytest.approx(share, abs=0.02)
