"""Lesson 9's experiment: its numbers."""

import itertools
import math

import numpy as np
import pytest
import torch
from scipy.signal import lfilter

from leakyedu.lessons.learning import lab as learning


def loss_by_filters(log_tau: float, w: float) -> float:
    """The loss without torch: Euler's recurrences as filters."""

    def voltage(tau_mem: float, w: float) -> np.ndarray:
        x = np.zeros(100)
        x[[5, 20, 28, 60]] = w
        a = 0.001 / tau_mem
        return lfilter([a], [1, a - 1], lfilter([1], [1, -0.8], x))

    target = voltage(0.012, 1.0)
    return np.square(voltage(math.exp(log_tau), w) - target).sum() / np.square(target).sum()


@pytest.mark.parametrize("tau_mem", [3e-3, 5e-3, 12e-3, 30e-3])
@pytest.mark.parametrize("w", [-0.5, 0.3, 1.0, 2.0])
def test_the_gradient_is_that_of_finite_differences(tau_mem, w):
    log_tau, h = math.log(tau_mem), 1e-5

    value, slope = learning.loss_and_slope(log_tau, w)

    differences = (
        (loss_by_filters(log_tau + h, w) - loss_by_filters(log_tau - h, w)) / (2 * h),
        (loss_by_filters(log_tau, w + h) - loss_by_filters(log_tau, w - h)) / (2 * h),
    )
    assert value == pytest.approx(loss_by_filters(log_tau, w), rel=1e-10, abs=1e-14)
    assert slope == pytest.approx(differences, rel=1e-6, abs=1e-8)


def test_the_gradient_is_that_of_autograd_through_the_library():
    log_tau, w = (torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in (-4.1, 0.7))

    value = learning.loss(w * learning.response(log_tau.exp()))
    slope = torch.autograd.grad(value, (log_tau, w))

    by_hand = learning.loss_and_slope(-4.1, 0.7)
    assert by_hand == (
        pytest.approx(value.item(), rel=1e-9),
        pytest.approx([x.item() for x in slope], rel=1e-9),
    )


def test_the_descent_at_its_start_settings_ends_within_two_percent_of_the_hidden_numbers():
    start = learning.LAB.start

    end = learning.path(start["optimiser"], start["learning_rate"], start["start_tau"] / 1000, 60)[-1]

    assert end.tau_mem == pytest.approx(0.012, rel=0.02)
    assert end.w == pytest.approx(1.0, rel=0.02)


@pytest.mark.parametrize("start_tau", [0.003, 0.025, 0.03])
def test_at_a_small_learning_rate_the_loss_falls_at_each_iteration(start_tau):
    losses = [x.loss for x in learning.path("gradient descent", 0.02, start_tau, 60)]

    assert len(losses) == 61
    assert all(b < a for a, b in itertools.pairwise(losses))


@pytest.mark.parametrize(
    ("name", "optimiser"), [("gradient descent", torch.optim.SGD), ("Adam", torch.optim.Adam)]
)
def test_an_optimiser_takes_the_steps_of_torch(name, optimiser):
    log_tau = torch.tensor(math.log(0.025), dtype=torch.float64, requires_grad=True)
    w = torch.tensor(0.3, dtype=torch.float64, requires_grad=True)
    steps = optimiser([log_tau, w], lr=0.1)

    for _ in range(20):
        steps.zero_grad()
        learning.loss(w * learning.response(log_tau.exp())).backward()
        steps.step()

    end = learning.path(name, 0.1, 0.025, 20)[-1]
    assert (end.tau_mem, end.w) == pytest.approx((log_tau.exp().item(), w.item()), rel=1e-10)


def test_a_descent_that_runs_away_is_stopped_and_the_sentence_says_so():
    path = learning.path("gradient descent", 2.0, 0.003, 60)
    _, sentence = learning.LAB.figure(learning_rate=2.0, start_tau=3.0, iteration=60)

    assert [x.stopped for x in path[:3]] == [False, False, True]
    assert path[2] == path[-1]
    assert 1e-3 * (1 - 1e-12) <= path[-1].tau_mem <= 0.5 * (1 + 1e-12)
    assert "The learning rate is too large: at iteration 2 the descent ran away and was stopped." in sentence
    assert "That is outside of the left picture." in sentence


def test_the_landscape_holds_the_loss_and_is_lowest_at_the_hidden_numbers():
    tau_mem, w, losses = learning.landscape()

    row, column = divmod(int(losses.argmin()), len(tau_mem))
    assert losses.shape == (len(w), len(tau_mem))
    assert w[row].item() == pytest.approx(1.0)
    assert tau_mem[column].item() == pytest.approx(0.012, rel=0.02)
    assert losses[7, 11].item() == pytest.approx(
        loss_by_filters(math.log(tau_mem[11]), w[7].item()), rel=1e-10
    )
    # A neuron that hears nothing is as bad as silence.
    torch.testing.assert_close(losses[0], torch.ones_like(tau_mem), rtol=1e-12, atol=0)


def test_the_lab_says_where_the_descent_is_beside_the_prediction():
    _, sentence = learning.LAB.figure(iteration=60, prediction=14)

    assert sentence == (
        "At iteration 60 of gradient descent, tau_mem is 12 ms and w 1 V, with a loss of 1.17e-06; "
        "it began with 0.575. You predicted that tau_mem ends at 14 ms."
    )


@pytest.mark.parametrize("prediction", [-5, 2.9, 31, 1e9])
def test_a_prediction_beyond_the_axis_is_said_and_not_drawn(prediction):
    _, without = learning.LAB.figure()
    figure, sentence = learning.LAB.figure(prediction=prediction)

    assert sentence.startswith(f"{without} You predicted that tau_mem ends at")
    assert sentence.endswith("which is outside of the picture.")
    assert "your prediction" not in [text.get_text() for text in figure.axes[0].texts]


def test_the_lines_of_the_landscape_are_labelled_with_the_loss_that_is_there():
    figure, _ = learning.LAB.figure()

    labels = [text for text in figure.axes[0].texts if text.get_text() in {"0.1", "0.32"}]
    assert [
        loss_by_filters(math.log(tau_mem / 1000), w) for tau_mem, w in (label.xy for label in labels)
    ] == pytest.approx([0.1, math.sqrt(0.1)])
