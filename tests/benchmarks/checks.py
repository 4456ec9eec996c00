"""What a step's checks cost, beside the three formulas alone."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from leakyedu import LIParameters, LIState, li_feed_forward_step
from leakyedu.euler import _of_numbers
from tests.benchmarks import Row, ratio

P = LIParameters()


def measurements() -> list[Callable[[], list[Row]]]:
    """Return what is measured."""
    return [against_the_formulas]


def against_the_formulas() -> list[Row]:
    """Take one step of a hundred neurons with checks, and without any."""
    x, state = torch.rand(100), LIState(*torch.zeros(2, 100))
    ours = partial(li_feed_forward_step, x, state)
    ways = [
        ("the formulas alone", formulas, "<= 1.15"),
        ("the formulas with kept coefficients", formulas_with_kept_coefficients, ""),
    ]
    for _, way, _ in ways:
        torch.testing.assert_close(way(x, state), ours(), rtol=0, atol=0)
    return [
        Row(f"one step of 100 neurons / {name}", ratio(ours, partial(way, x, state), rounds=25), bar)
        for name, way, bar in ways
    ]


def formulas(x: Tensor, state: LIState, p: LIParameters = P, dt: float = 0.001) -> tuple[Tensor, LIState]:
    """Step as the formulas are read."""
    return _step(x, state, p, -dt * p.tau_syn_inv, dt * p.tau_mem_inv)


def formulas_with_kept_coefficients(
    x: Tensor, state: LIState, p: LIParameters = P, dt: float = 0.001
) -> tuple[Tensor, LIState]:
    """Step with what our own step keeps from call to call, which pays for its checks."""
    return _step(
        x, state, p, *_of_numbers(p.tau_syn_inv.item(), p.tau_mem_inv.item(), dt, p.tau_mem_inv.dtype)
    )


def _step(x: Tensor, state: LIState, p: LIParameters, loss: Tensor, gain: Tensor) -> tuple[Tensor, LIState]:
    i_jumped = state.i + x
    v = state.v + gain * ((p.v_leak - state.v) + i_jumped)
    return v, LIState(v, i_jumped + loss * i_jumped)
