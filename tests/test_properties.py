"""Any input at all: a right-shaped result that a slow reference confirms, or an error that names an argument.

Hypothesis looks for the input that breaks it: 50 cases for each function, 2,000 with ``--thorough``.
"""

import itertools
import math
import re
import warnings
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
import torch
from hypothesis import given, strategies as st
from torch import Tensor

from leakyedu import (
    LI,
    LICell,
    LILinearCell,
    LIParameters,
    LIState,
    li_feed_forward_step,
    li_step,
    methods,
    resting_state,
    simulate,
    stimuli,
)

METHODS = [known.function for known in methods.ALL]
FLOATING = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
SPIKES = [torch.bool, torch.uint8, torch.int32, torch.int64]
SHAPES = [(), (1,), (3,), (2, 3), (2, 1, 3), (0,), (4, 1)]
# Everything that a float can be: as a number it is small enough for half precision.
NUMBERS = st.one_of(
    st.floats(-100, 100, width=32), st.sampled_from([0.0, 1.0, math.nan, math.inf, -math.inf])
)
TIME_CONSTANTS = st.one_of(st.floats(1e-3, 1.0), st.just(math.inf))
STEPS = st.floats(1e-5, 0.01)


@st.composite
def tensors(draw, shapes, dtypes=FLOATING):
    """Draw a tensor of one of the shapes, each number from anywhere."""
    shape, dtype = draw(st.sampled_from(shapes)), draw(st.sampled_from(dtypes))
    count = math.prod(shape)
    if dtype in SPIKES:
        numbers = draw(st.lists(st.integers(0, 3), min_size=count, max_size=count))
    else:
        numbers = draw(st.lists(NUMBERS, min_size=count, max_size=count))
    return torch.tensor(numbers, dtype=torch.float64).reshape(shape).to(dtype)


@st.composite
def constants(draw, low_to_high, shapes=((), (3,), (2, 1))):
    """Draw a float or a tensor of numbers from a range."""
    if draw(st.booleans()):
        return draw(low_to_high)
    shape = draw(st.sampled_from(shapes))
    numbers = draw(st.lists(low_to_high, min_size=math.prod(shape), max_size=math.prod(shape)))
    return torch.tensor(numbers, dtype=draw(st.sampled_from([torch.float32, torch.float64]))).reshape(shape)


@st.composite
def parameters(draw):
    """Draw parameters, each a number or a tensor of its own shape and dtype."""
    tau_syn, tau_mem = draw(constants(TIME_CONSTANTS)), draw(constants(TIME_CONSTANTS))
    return LIParameters(1 / tau_syn, 1 / tau_mem, draw(constants(st.floats(-1, 1))))


@st.composite
def states(draw, shapes=SHAPES):
    """Draw a state, most often of one shape and one dtype."""
    v = draw(tensors(shapes))
    same = draw(st.integers(0, 9)) > 0
    return LIState(v, draw(tensors([tuple(v.shape)], [v.dtype]) if same else tensors(shapes)))


@st.composite
def inputs_of(draw, state, time_axis=False):
    """Draw an input that most often fits a state."""
    fits = draw(st.integers(0, 9)) > 0
    shapes = [tuple(state.v.shape)] if fits else SHAPES
    if time_axis:
        shapes = [(draw(st.integers(0, 5)), *shape) for shape in shapes]
    return draw(tensors(shapes, [state.v.dtype, *SPIKES] if fits else [*FLOATING, *SPIKES]))


class Bounded(NamedTuple):
    """Numbers of the slow reference, and the size of the terms that were rounded on the way to them."""

    value: Tensor
    size: Tensor


def double(x: float | Tensor) -> Tensor:
    return torch.as_tensor(x, dtype=torch.float64)


def slow_step(x: Tensor, state: LIState, p: LIParameters, dt: float | Tensor) -> tuple[Bounded, Bounded]:
    """Take one step with the equations as they stand, in float64."""
    x, v, i, loss, gain, rest = map(double, (x, *state, *p))
    loss, gain = double(dt) * loss, double(dt) * gain
    jumped, large = i + x, i.abs() + x.abs()
    return (
        Bounded(v + gain * ((rest - v) + jumped), v.abs() + gain * (rest.abs() + v.abs() + large)),
        Bounded(jumped - loss * jumped, large + loss * large),
    )


def slow_steps(
    x: Tensor, state: LIState, p: LIParameters, dt: float, method: methods.Method
) -> Iterator[tuple[Bounded, Bounded]]:
    """Take steps of any method with the equations as they stand, in float64."""
    q, c, decay = method(LIParameters(*map(double, p)), dt)
    v, i, rest = double(state.v), double(state.i), double(p.v_leak)
    unsure_v = unsure_i = torch.zeros((), dtype=torch.float64)
    for jump in double(x):
        # What each step rounds, and what it makes of the roundings before it.
        large_i, large_v = i.abs() + jump.abs(), v.abs() + rest.abs()
        unsure_v = q.abs() * unsure_v + c.abs() * (unsure_i + large_i) + (1 + q.abs()) * large_v
        unsure_i = decay.abs() * unsure_i + (1 + decay.abs()) * large_i
        jumped = i + jump
        v, i = rest + q * (v - rest) + c * jumped, decay * jumped
        yield Bounded(v, unsure_v), Bounded(i, unsure_i)


def may_overflow(value: Tensor, dtype: torch.dtype) -> Tensor:
    """Tell of each finite number whether rounding may carry it over the largest one of a dtype."""
    return (value.abs() > torch.finfo(dtype).max / 4) & value.isfinite()


def holds(got: Tensor, truth: Bounded, dtype: torch.dtype) -> None:
    """Compare: shape, dtype, what is not finite, and each number within the rounding of its terms."""
    assert got.dtype is dtype
    value, size = (torch.broadcast_to(y, got.shape) for y in truth)
    edge = may_overflow(value, dtype)
    assert torch.equal(got.isfinite() | edge, value.isfinite())
    finite = value.isfinite() & ~edge
    off = (got.double() - value).abs()[finite]
    assert bool((off <= 8 * torch.finfo(dtype).eps * size[finite] + torch.finfo(dtype).tiny).all())


# An argument's name, in the first words of each of our errors.
NAMED = r"(?<!\w)(inputs?|input_tensor|input_spikes|input_weights|state(\.[vi])?|p(\.\w+)?|dt)(?!\w)"


def attempt(call: Callable) -> Any:
    """Return what a call returns, or None if it raises one of our errors; any other one is not caught."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return call()
    except (TypeError, ValueError) as error:
        assert re.search(NAMED, str(error)), f"no argument is named: {error}"  # noqa: PT017
        assert re.search(r"[.:?] [A-Z]", str(error)), f"it does not say what to do: {error}"  # noqa: PT017
        return None


# -- One step --------------------------------------------------------------------------------------


@given(st.data())
def test_a_step_is_the_equations_or_a_named_error(data):
    state, p, dt = data.draw(states()), data.draw(parameters()), data.draw(constants(STEPS))
    x = data.draw(inputs_of(state))

    result = attempt(lambda: li_feed_forward_step(x, state, p, dt))

    if result is not None:
        v, after = result
        true_v, true_i = slow_step(x, state, p, dt)
        assert v is after.v
        assert v.shape == x.shape
        holds(v, true_v, state.v.dtype)
        holds(after.i, true_i, state.v.dtype)


@given(st.data())
def test_a_weighted_step_is_a_step_of_the_weighted_spikes(data):
    state, p, dt = data.draw(states([(3,), (2, 3)])), data.draw(parameters()), data.draw(STEPS)
    weights = data.draw(tensors([(3, 2), (3, 1), (2, 3)], [state.v.dtype]))
    spikes = data.draw(tensors([(2,), (1,), (2, 2)], [state.v.dtype, *SPIKES]))

    result = attempt(lambda: li_step(spikes, state, weights, p, dt))

    if result is not None:
        v, after = result
        jumps = torch.nn.functional.linear(spikes.to(weights.dtype), weights)
        same_v, same = li_feed_forward_step(jumps, state, p, dt)
        torch.testing.assert_close((v, after.i), (same_v, same.i), rtol=0, atol=0, equal_nan=True)


@given(st.data())
def test_rest_is_the_leak_and_no_current_or_a_named_error(data):
    x, p = data.draw(tensors(SHAPES, [*FLOATING, *SPIKES])), data.draw(parameters())
    time_axis = data.draw(st.booleans())

    state = attempt(lambda: resting_state(x, p, time_axis=time_axis))

    if state is not None:
        shape = x.shape[1:] if time_axis else x.shape
        dtype = x.dtype if x.is_floating_point() else torch.float32
        leak = double(p.v_leak).to(dtype).expand(shape)
        assert state.v.shape == state.i.shape == shape
        assert state.v.dtype is state.i.dtype is dtype
        assert torch.equal(state.v, leak)
        assert not state.i.any()


@given(st.data())
def test_time_constants_come_back_as_their_inverses_or_a_named_error(data):
    numbers = {
        name: data.draw(st.one_of(constants(TIME_CONSTANTS), NUMBERS)) for name in ("tau_syn", "tau_mem")
    }
    numbers["v_leak"] = data.draw(st.one_of(constants(st.floats(-1, 1)), NUMBERS))
    good = all(bool((double(numbers[name]) > 0).all()) for name in ("tau_syn", "tau_mem"))
    good = good and bool(double(numbers["v_leak"]).isfinite().all())
    shapes = {tuple(double(x).shape) for x in numbers.values()} - {()}

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # those of suspicious units
            p = LIParameters.from_tau(**numbers)
    except ValueError as error:
        assert not good or len(shapes) > 1, error  # noqa: PT017
        return

    assert good
    back = {"tau_syn": 1 / double(p.tau_syn_inv), "tau_mem": 1 / double(p.tau_mem_inv), "v_leak": p.v_leak}
    for name, x in back.items():
        torch.testing.assert_close(double(x), double(numbers[name]), rtol=3e-7, atol=0)


# -- Methods ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
@given(st.data())
def test_a_propagator_is_finite_and_has_the_shape_of_its_arguments(method, data):
    p, dt = data.draw(parameters()), data.draw(constants(STEPS))

    entries = attempt(lambda: method(p, dt))

    if entries is not None:
        shapes = [double(x).shape for x in (dt, p.tau_mem_inv, p.tau_syn_inv)]
        assert torch.broadcast_shapes(*(entry.shape for entry in entries)) == torch.broadcast_shapes(*shapes)
        assert all(bool(entry.isfinite().all()) for entry in entries)


@given(tau_syn=TIME_CONSTANTS, tau_mem=TIME_CONSTANTS, dt=STEPS, parts=st.integers(1, 5))
def test_exact_steps_may_be_cut_anywhere(tau_syn, tau_mem, dt, parts):
    p = LIParameters(1 / tau_syn, 1 / tau_mem, 0.0)
    whole, part = methods.exact(p, parts * dt), methods.exact(p, dt)

    matrix = torch.linalg.matrix_power(as_matrix(part), parts)

    torch.testing.assert_close(matrix, as_matrix(whole), rtol=1e-13, atol=1e-300)


def as_matrix(m: methods.Propagator) -> Tensor:
    zero = torch.zeros((), dtype=torch.float64)
    return torch.stack([torch.stack([m.v_from_v, m.v_from_i]), torch.stack([zero, m.i_from_i])])


# -- Sequences -------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
@given(st.data())
def test_a_sequence_is_its_steps_or_a_named_error(method, data):
    state, p, dt = data.draw(states()), data.draw(parameters()), data.draw(STEPS)
    x = data.draw(inputs_of(state, time_axis=True))

    trajectory = attempt(lambda: simulate(x, state, p, dt, method=method))

    if trajectory is not None:
        assert trajectory.v.shape == trajectory.i.shape
        assert len(trajectory.v) == len(x)
        for v, i, (true_v, true_i) in zip(*trajectory, slow_steps(x, state, p, dt, method), strict=True):
            holds(v, true_v, state.v.dtype)
            holds(i, true_i, state.v.dtype)


@given(st.data())
def test_the_layers_are_the_functions(data):
    state, p = data.draw(states([(3,), (2, 3)])), data.draw(parameters())
    dt, method = data.draw(STEPS), data.draw(st.sampled_from(METHODS))
    x = data.draw(inputs_of(state, time_axis=True))

    trajectory = attempt(lambda: simulate(x, state, p, dt, method=method))
    sequence = attempt(lambda: LI(p, dt, method=method)(x, state))

    assert (trajectory is None) == (sequence is None)
    if trajectory is not None and len(x):
        voltages, last = sequence
        cell, dtype = attempt(lambda: LICell(p, dt, method=method)), state.v.dtype
        torch.testing.assert_close(voltages, trajectory.v, rtol=0, atol=0, equal_nan=True)
        truths = list(slow_steps(x, state, p, dt, method))
        holds(last.v, truths[-1][0], dtype)
        holds(last.i, truths[-1][1], dtype)
        # A cell rounds its state in each step, so what overflows there is lost for the steps to come.
        kept = itertools.takewhile(lambda y: not any(may_overflow(z, dtype).any() for z, _ in y), truths)
        for jump, (true_v, true_i) in zip(x, kept, strict=False):
            v, state = attempt(lambda: cell(jump, state))  # noqa: B023  # called at once
            holds(v, true_v, dtype)
            holds(state.i, true_i, dtype)


@given(
    sizes=st.tuples(st.integers(-1, 3), st.integers(-1, 3)),
    batch=st.sampled_from([(), (2,), (0,)]),
    inputs=st.integers(1, 3),
)
def test_a_linear_cell_is_the_weighted_step_or_a_named_error(sizes, batch, inputs):
    spikes = torch.ones(*batch, inputs)
    try:
        cell = LILinearCell(*sizes)
        v, state = cell(spikes)
    except ValueError as error:
        assert min(sizes) < 1 or sizes[0] != inputs, error  # noqa: PT017
        return

    same_v, same = li_step(spikes, resting_state(torch.zeros(*batch, sizes[1])), cell.input_weights)
    assert torch.equal(v, same_v)
    assert torch.equal(state.i, same.i)


# -- Stimuli ---------------------------------------------------------------------------------------


@given(steps=st.integers(-1, 40), at=st.integers(-2, 42), w=NUMBERS)
def test_a_pulse_is_one_jump_or_a_named_error(steps, at, w):
    try:
        x = stimuli.pulse(steps, at, w)
    except ValueError as error:
        assert steps < 1 or not 0 <= at < steps or not math.isfinite(w), error  # noqa: PT017
        return

    assert x.shape == (steps,)
    assert x.nonzero().flatten().tolist() == ([at] if x[at] else [])
    assert x[at] == torch.tensor(w)


@given(
    times=st.lists(st.floats(-0.01, 0.06), max_size=5),
    steps=st.integers(1, 40),
    dt=STEPS,
    w=st.floats(-2, 2, width=32),
)
def test_spikes_are_all_there_or_a_named_error(times, steps, dt, w):
    try:
        x = stimuli.spikes(times, steps, dt, w)
    except ValueError as error:
        assert "times must be" in str(error)  # noqa: PT017
        assert any(t < 0 or round(t / dt) >= steps for t in times)
        return

    assert x.shape == (steps,)
    assert float(x.sum()) == pytest.approx(w * len(times), rel=1e-6, abs=1e-6)


@given(
    rate=st.floats(0, 1000), steps=st.integers(1, 50), neurons=st.sampled_from([(), 3, (2, 3), 0]), dt=STEPS
)
def test_poisson_spikes_are_whole_jumps_that_a_seed_brings_back(rate, steps, neurons, dt):
    first, second = (
        stimuli.poisson(rate, steps, neurons, dt, w=0.5, generator=torch.Generator().manual_seed(1))
        for _ in range(2)
    )

    assert first.shape == (steps, *(neurons if isinstance(neurons, tuple) else (neurons,)))
    assert torch.equal(first, second)
    assert torch.equal(2 * first, (2 * first).round())
    assert bool((first >= 0).all())


@given(
    drive=st.sampled_from(["constant", "ramp", "sine"]), size=st.floats(-5, 5), steps=st.integers(1, 60),
    tau_syn=st.floats(1e-3, 1.0), dt=STEPS,
)  # fmt: skip
def test_a_drive_is_where_the_exact_current_would_be_held(drive, size, steps, tau_syn, dt):
    p = LIParameters.from_tau(tau_syn)
    t = dt * torch.arange(steps, dtype=torch.float64)
    wanted = {
        "constant": size + 0 * t,
        "ramp": size * t / (steps * dt),
        "sine": size * torch.sin(2 * math.pi * 7 * t),
    }[drive]

    arguments = {"constant": (size, steps), "ramp": (0.0, size, steps), "sine": (size, 7.0, steps)}[drive]
    x = getattr(stimuli, drive)(*arguments, p, dt, dtype=torch.float64)

    torch.testing.assert_close(x * tau_syn / dt, wanted, rtol=1e-12, atol=1e-12)
