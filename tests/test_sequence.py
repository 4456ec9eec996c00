import math
import re
import warnings
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import pytest
import torch
from hypothesis import given, strategies as st
from scipy.signal import lfilter
from torch.autograd import forward_ad
from torch.func import vmap

from leakyedu import (
    LIParameters,
    LIState,
    compiled,
    li_feed_forward_step,
    li_step,
    methods,
    resting_state,
    simulate,
)
from leakyedu.methods import ALL, Propagator, euler, exact, runge_kutta4, trapezoid

with warnings.catch_warnings():
    # Norse's other neurons are compiled at import with what torch 2.13 calls deprecated.
    warnings.filterwarnings("ignore", message="`torch.jit.script` is deprecated", category=DeprecationWarning)
    import norse.torch
    import snntorch
    from norse.torch.functional import leaky_integrator as norse_functional

METHODS = [known.function for known in ALL]
DTYPES = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
F64 = torch.float64


def with_tangent(x):
    """Return a number that forward mode follows, as ``torch.autograd.forward_ad`` makes it."""
    return forward_ad.make_dual(torch.tensor(x, dtype=F64), torch.ones((), dtype=F64))


# Torch itself compiles something at the first tangent.
@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")
@pytest.mark.parametrize("name", LIParameters._fields)
@pytest.mark.parametrize(
    "run",
    [
        lambda x, p: simulate(x, p=p),
        lambda x, p: li_feed_forward_step(x[0], resting_state(x[0], p), p)[1],
    ],
    ids=["simulate", "li_feed_forward_step"],
)
def test_forward_mode_follows_a_constant(run, name):
    x, step = torch.rand(20, 3, dtype=F64, generator=torch.Generator().manual_seed(1)), 1e-6
    constants = {"tau_syn_inv": 200.0, "tau_mem_inv": 100.0, "v_leak": -0.1}
    there, here = (
        run(
            x,
            LIParameters(**{k: torch.tensor(y + by * (k == name), dtype=F64) for k, y in constants.items()}),
        )
        for by in (step, -step)
    )

    with forward_ad.dual_level():
        followed = run(x, LIParameters(**constants | {name: with_tangent(constants[name])}))
        slopes = [forward_ad.unpack_dual(y).tangent for y in followed]

    for slope, up, down in zip(slopes, there, here, strict=True):
        slope = torch.zeros_like(up) if slope is None else slope
        torch.testing.assert_close(slope, (up - down) / (2 * step), rtol=1e-6, atol=1e-9)


@pytest.fixture(autouse=True)
def _compiled(monkeypatch):
    """Compile for the shortest sequence too."""
    monkeypatch.setattr(compiled, "WORTH_LOADING", 0)


@pytest.fixture(params=[True, False], ids=["compiled", "in torch"])
def _each_way(request, monkeypatch):
    if not request.param:
        monkeypatch.setattr(compiled, "is_at_hand", lambda numbers: False)


EACH_WAY = pytest.mark.usefixtures("_each_way")


def noise(*shape, dtype=F64, seed=1):
    return torch.randn(shape, dtype=F64, generator=torch.Generator().manual_seed(seed)).to(dtype)


def pulse(steps, *shape, dtype=F64):
    x = torch.zeros(steps, *shape, dtype=dtype)
    x[0] = 1
    return x


def state_of(*shape, dtype=F64):
    return LIState(noise(*shape, dtype=dtype, seed=2), noise(*shape, dtype=dtype, seed=3))


def euler_loop(x, state, p, dt=0.001):
    states = [state := li_feed_forward_step(jump, state, p, dt)[1] for jump in x]
    return LIState(torch.stack([s.v for s in states]), torch.stack([s.i for s in states]))


def propagator_loop(x, state, p, dt, method):
    """Apply the matrix of a method by hand, on (v - v_leak, current after its jump), in float64."""
    p = LIParameters(*(torch.as_tensor(y, dtype=F64) for y in p))
    m, (v, i), states = method(p, dt), (y.double() for y in state), []
    for jump in x:
        i = i + jump
        v, i = p.v_leak + m.v_from_v * (v - p.v_leak) + m.v_from_i * i, m.i_from_i * i
        states.append((v, i))
    return LIState(*(torch.stack(y) for y in zip(*states, strict=True))) if states else LIState(x, x)


def same(ours, theirs, rtol=1e-13):
    """Assert that two trajectories are equal on the scale of the second; return how far they are apart."""
    assert ours.v.shape == theirs.v.shape
    apart = 0.0
    for a, b in zip(ours, theirs, strict=True):
        scale = b.abs().max().item() if b.numel() else 1.0
        torch.testing.assert_close(a, b, rtol=0, atol=rtol * scale)
        apart = max(apart, torch.dist(a, b, p=math.inf).item() / scale if b.numel() else 0.0)
    return apart


# -- A loop of steps -------------------------------------------------------------------------------

NEURON = torch.tensor([4e-3, 5e-3, 20e-3], dtype=F64)
BATCH = torch.tensor([[3e-3], [10e-3]], dtype=F64)
PARAMETERS = {
    "defaults": LIParameters(),
    "numbers": LIParameters(250.0, 90.0, 0.3),
    "scalar": LIParameters.from_tau(3e-3, 7e-3, -0.5),
    "equal": LIParameters.from_tau(5e-3, 5e-3, 0.1),
    "per neuron": LIParameters.from_tau(NEURON, 2 * NEURON, NEURON * 100),
    "per batch row": LIParameters.from_tau(BATCH, BATCH.flip(0), BATCH * 100),
    "mixed": LIParameters.from_tau(NEURON, BATCH, 0.2),
    "no leak": LIParameters(torch.tensor(0.0), torch.tensor(0.0), torch.tensor(0.2)),
}


# Error against the loop, on the scale of the trajectory.
PRECISION = pytest.mark.parametrize(("dtype", "rtol"), [(torch.float32, 1e-6), (F64, 1e-13)])


@EACH_WAY
@PRECISION
@pytest.mark.parametrize("p", PARAMETERS.values(), ids=PARAMETERS)
def test_euler_over_a_sequence_is_a_loop_of_steps(p, dtype, rtol, measured):
    x, state = noise(40, 2, 3, dtype=dtype), state_of(2, 3, dtype=dtype)

    trajectory = simulate(x, state, p)

    apart = same(trajectory, euler_loop(x, state, p), rtol)
    measured(6, f"simulate against li_feed_forward_step in {dtype} (at most {rtol:g})", apart)


@EACH_WAY
@PRECISION
@pytest.mark.parametrize("steps", [0, 1, 150])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("p", PARAMETERS.values(), ids=PARAMETERS)
def test_every_method_is_a_loop_over_its_matrix(method, p, steps, dtype, rtol, measured):
    x, state = noise(steps, 2, 3, dtype=dtype), state_of(2, 3, dtype=dtype)

    trajectory = simulate(x, state, p, 7e-4, method=method)

    assert trajectory.v.shape == trajectory.i.shape == (steps, 2, 3)
    loop = propagator_loop(x.double(), state, p, 7e-4, method)
    apart = same(LIState(*(y.double() for y in trajectory)), loop, rtol)
    measured(6, f"simulate by {method.__name__} against its loop in {dtype} (at most {rtol:g})", apart)


def test_a_method_of_your_own_will_do():
    def doubling(p, dt):
        one = torch.ones((), dtype=F64)
        return Propagator(v_from_v=0.5 * one, v_from_i=0.25 * one, i_from_i=0 * one)

    trajectory = simulate(torch.tensor([4.0, 0, 8]), method=doubling)

    assert trajectory.v.tolist() == [1, 0.5, 2.25]
    assert trajectory.i.tolist() == [0, 0, 0]


def test_euler_is_the_default_method():
    x = noise(10, 3)

    assert torch.equal(simulate(x).v, simulate(x, method=euler).v)
    assert not torch.equal(simulate(x).v, simulate(x, method=exact).v)


@pytest.mark.parametrize("method", METHODS)
def test_each_neuron_has_its_own_dt(method):
    dt = torch.tensor([1e-3, 5e-4, 2e-3], dtype=F64)
    x, state = noise(20, 2, 3), state_of(2, 3)

    trajectory = simulate(x, state, LIParameters.from_tau(), dt, method=method)

    each = [
        simulate(
            x[..., n], LIState(*(y[..., n] for y in state)), LIParameters.from_tau(), dt[n], method=method
        )
        for n in range(3)
    ]
    same(trajectory, LIState(*(torch.stack([s[k] for s in each], -1) for k in range(2))))


@pytest.mark.parametrize("dt", [0.001, torch.tensor(0.001, dtype=F64), torch.tensor(0.001)])
def test_a_step_is_a_number_or_a_tensor_of_any_precision(dt):
    trajectory = simulate(pulse(3, dtype=torch.float32), dt=dt)

    torch.testing.assert_close(trajectory.v, torch.tensor([0.1, 0.17, 0.217]), rtol=3e-7, atol=0)


@EACH_WAY
@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 3), (4, 1, 2, 3), (0,), (2, 0)])
@pytest.mark.parametrize("method", METHODS)
def test_any_leading_shape_will_do(shape, method, measured):
    x = noise(7, *shape)

    trajectory = simulate(x, method=method)

    assert trajectory.v.shape == trajectory.i.shape == (7, *shape)
    flat = simulate(x.reshape(7, math.prod(shape)), method=method)
    measured(6, "any leading shape against one axis", (trajectory.v.reshape(flat.v.shape) != flat.v).sum())
    assert torch.equal(trajectory.v.reshape(flat.v.shape), flat.v)


def test_a_one_dimensional_input_is_the_time_of_one_neuron():
    x = noise(7)

    trajectory = simulate(x)

    assert trajectory.v.shape == (7,)
    assert torch.equal(trajectory.v, simulate(x[:, None]).v[:, 0])


def test_one_input_is_expanded_to_the_neurons_of_a_larger_state_as_the_error_says():
    inputs, state = noise(7), state_of(2, 3)
    with pytest.raises(ValueError, match=re.escape("inputs[:, None, None].expand(-1, 2, 3) for one input")):
        simulate(inputs, state)

    trajectory = simulate(inputs[:, None, None].expand(-1, 2, 3), state)

    same(trajectory, simulate(inputs[:, None, None] + noise(7, 2, 3) * 0, state), rtol=0)


def test_one_starting_state_serves_all_neurons():
    x, state = noise(7, 2, 3), LIState(torch.tensor(0.5, dtype=F64), torch.tensor(-1.0, dtype=F64))

    trajectory = simulate(x, state)

    same(trajectory, simulate(x, LIState(*(y.expand(2, 3) for y in state))), rtol=0)


def test_no_time_gives_an_empty_trajectory():
    trajectory = simulate(torch.zeros(0, 2, 3), LIState(torch.ones(2, 3), torch.ones(2, 3)))

    assert trajectory.v.shape == trajectory.i.shape == (0, 2, 3)
    assert trajectory.v.dtype is torch.float32
    assert trajectory.v is not trajectory.i


def test_a_sequence_of_one_step_is_that_step():
    x, state = noise(1, 2, 3), state_of(2, 3)

    trajectory = simulate(x, state)

    v, after = li_feed_forward_step(x[0], state)
    same(trajectory, LIState(v[None], after.i[None]), rtol=1e-15)


INPUTS = {
    "transposed": noise(3, 2, 9).permute(2, 1, 0),
    "strided": noise(18, 4, 3)[::2, ::2],
    "expanded": noise(9, 1, 3).expand(9, 2, 3),
    "constant": noise(1, 1, 1).expand(9, 2, 3),
    "flipped": noise(9, 2, 3).flip(0),
}


@EACH_WAY
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("x", INPUTS.values(), ids=INPUTS)
def test_the_layout_of_the_input_does_not_matter(x, method, measured):
    trajectory = simulate(x, method=method)

    apart = same(trajectory, simulate(x.clone(memory_format=torch.contiguous_format), method=method), rtol=0)
    measured(6, "a transposed, strided, expanded or flipped input against a contiguous one", apart)


@given(
    steps=st.integers(1, 300),
    neurons=st.sampled_from([1, 3, 2000]),
    cuts=st.lists(st.floats(0, 1), max_size=3),
    own=st.booleans(),
    dtype=st.sampled_from([torch.float32, F64]),
    method=st.sampled_from(METHODS),
)
def test_splitting_a_sequence_anywhere_changes_nothing(steps, neurons, cuts, own, dtype, method, measured):
    x, state = noise(steps, neurons, dtype=dtype), state_of(neurons, dtype=dtype)
    tau_mem = torch.linspace(4e-3, 3e-2, neurons, dtype=F64) if own else 1e-2
    p = LIParameters.from_tau(5e-3, tau_mem, v_leak=0.3)
    whole = simulate(x, state, p, method=method)

    ends, parts = [0, *sorted(int(cut * steps) for cut in cuts), steps], []
    for start, end in pairwise(ends):
        part = simulate(x[start:end], state, p, method=method)
        state = LIState(part.v[-1], part.i[-1]) if len(part.v) else state
        parts.append(part)

    rtol = {torch.float32: 1e-6, F64: 1e-14}[dtype]
    apart = same(LIState(*map(torch.cat, zip(*parts, strict=True))), whole, rtol)
    measured(6, f"a sequence split in up to four parts, in {dtype} (at most {rtol:g})", apart)


class CurrentFirst(NamedTuple):
    i: torch.Tensor
    v: torch.Tensor


class WithASpike(NamedTuple):
    v: torch.Tensor
    i: torch.Tensor
    z: bool = False


@pytest.mark.parametrize("other", [CurrentFirst, WithASpike])
def test_a_state_of_another_kind_is_read_by_name_as_a_step_reads_it(other):
    x, state = noise(9, 3), state_of(3)

    trajectory = simulate(x, other(v=state.v, i=state.i))

    same(trajectory, simulate(x, state), rtol=0)
    same(trajectory, euler_loop(x, other(v=state.v, i=state.i), LIParameters()))


def test_rest_is_where_a_sequence_starts_by_default():
    x, p = noise(9, 2, 3), PARAMETERS["per neuron"]

    trajectory = simulate(x, p=p)

    same(trajectory, simulate(x, resting_state(x[0], p), p), rtol=0)


def test_without_input_neurons_stay_at_rest_to_the_last_bit():
    trajectory = simulate(torch.zeros(50, 2), p=LIParameters.from_tau(v_leak=torch.tensor([-0.065, 0.3])))

    assert torch.equal(trajectory.v, torch.tensor([-0.065, 0.3]).expand(50, 2))
    assert not trajectory.i.any()


def test_the_response_to_a_sum_is_the_sum_of_the_responses():
    x, y = noise(30, 3, seed=1), noise(30, 3, seed=2)

    both = simulate(x + 2 * y)

    same(both, LIState(simulate(x).v + 2 * simulate(y).v, simulate(x).i + 2 * simulate(y).i), rtol=1e-14)


def test_inputs_and_state_are_only_read():
    x, state = noise(9, 3), state_of(3)
    before = [y.clone() for y in (x, *state)]

    trajectory = simulate(x, state)
    trajectory.v.fill_(7)
    trajectory.i.fill_(7)

    assert all(map(torch.equal, before, (x, *state)))


# -- Numbers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("dtype", "rtol"), [(torch.float32, 3e-7), (F64, 1e-14)])
def test_a_unit_jump_gives_the_golden_values(dtype, rtol):
    trajectory = simulate(pulse(6, dtype=dtype))

    golden_v = torch.tensor([0.1, 0.17, 0.217, 0.2465, 0.26281, 0.269297], dtype=dtype)
    golden_i = torch.tensor([0.8, 0.64, 0.512, 0.4096, 0.32768, 0.262144], dtype=dtype)
    torch.testing.assert_close(trajectory.v, golden_v, rtol=rtol, atol=0)
    torch.testing.assert_close(trajectory.i, golden_i, rtol=rtol, atol=0)


def test_the_peak_of_euler_comes_after_six_steps():
    v = simulate(pulse(60)).v

    assert v.argmax().item() + 1 == 6
    assert v.max().item() == pytest.approx(0.2693, abs=5e-5)


def test_the_area_under_the_response_of_euler_is_exact():
    v = simulate(pulse(1000)).v

    # The integral of the exact response to a unit jump is tau_syn.
    assert v.sum().item() * 0.001 == pytest.approx(5e-3, rel=1e-14)


@pytest.mark.parametrize(
    ("dt", "error"), [(2e-3, 0.0590), (1e-3, 0.0255), (5e-4, 0.0120), (2.5e-4, 0.0058), (1.25e-4, 0.0029)]
)
def test_halving_the_step_about_halves_the_error_of_euler(dt, error):
    steps = round(0.1 / dt)

    trajectory = simulate(pulse(steps), dt=dt)

    t = dt * torch.arange(1, steps + 1, dtype=F64)
    truth = exact(LIParameters.from_tau(), t).v_from_i
    assert (trajectory.v - truth).abs().max().item() == pytest.approx(error, abs=6e-5)


@pytest.mark.parametrize("dt", [1e-4, 1e-3, 7e-3, 40e-3])
def test_exact_steps_are_the_analytic_response_whatever_their_length(dt):
    trajectory = simulate(pulse(50), dt=dt, method=exact)

    t = dt * torch.arange(1, 51, dtype=F64)
    truth = (torch.exp(-t / 1e-2) - torch.exp(-t / 5e-3)) * 5e-3 / (1e-2 - 5e-3)
    torch.testing.assert_close(trajectory.v, truth, rtol=0, atol=1e-14)
    torch.testing.assert_close(trajectory.i, torch.exp(-t / 5e-3), rtol=0, atol=1e-15)


@pytest.mark.parametrize(("method", "v", "i"), [(euler, 1.0, 0.8), (exact, 0.9983, 0.9033)])
def test_a_constant_drive_settles_where_the_notation_page_says(method, v, i):
    drive = torch.full((400,), 1 * 0.001 / 5e-3, dtype=F64)

    trajectory = simulate(drive, method=method)

    assert trajectory.v[-1].item() == pytest.approx(v, abs=5e-5)
    assert trajectory.i[-1].item() == pytest.approx(i, abs=5e-5)


def test_an_infinite_synaptic_time_constant_holds_the_current():
    p = LIParameters(tau_syn_inv=torch.tensor(0.0))

    trajectory = simulate(pulse(100), p=p, method=exact)

    t = 0.001 * torch.arange(1, 101, dtype=F64)
    torch.testing.assert_close(trajectory.v, 1 - torch.exp(-t / 1e-2), rtol=1e-12, atol=0)
    assert torch.equal(trajectory.i, torch.ones(100, dtype=F64))


# -- Others who compute the same -------------------------------------------------------------------


def test_scipy_filters_to_the_same_numbers():
    x, a, b = noise(500, 3), 0.001 / 7e-3, 0.001 / 3e-3
    q, p = 1 - a, 1 - b

    trajectory = simulate(x, p=LIParameters.from_tau(3e-3, 7e-3))

    v = lfilter([a], [1, -(p + q), p * q], x.numpy(), axis=0)
    i = lfilter([p], [1, -p], x.numpy(), axis=0)
    same(trajectory, LIState(torch.from_numpy(v), torch.from_numpy(i)))


def test_snntorch_steps_to_the_same_numbers():
    x, a, b = noise(200, 3), 0.001 / 7e-3, 0.001 / 3e-3
    alpha, beta = torch.tensor([1 - b, 1 - a], dtype=F64)
    synaptic = snntorch.Synaptic(alpha=alpha, beta=beta, threshold=1e30, reset_mechanism="none")
    syn, mem = torch.zeros(2, 3, dtype=F64)

    trajectory = simulate(x, p=LIParameters.from_tau(3e-3, 7e-3))

    outputs = []
    for jump in x:
        _, syn, mem = synaptic(jump, syn, mem)
        outputs.append(mem * a)
    assert mem.dtype is F64
    same(trajectory._replace(i=trajectory.v), LIState(*2 * [torch.stack(outputs)]), rtol=2e-15)


@pytest.mark.parametrize("shape", [(100, 5), (100, 2, 5)])
def test_norse_runs_a_sequence_to_the_same_numbers(shape):
    x = noise(*shape, dtype=torch.float32)

    trajectory = simulate(x)

    voltages, last = norse.torch.LI(dt=0.001)(x)
    torch.testing.assert_close(trajectory.v, voltages.detach(), rtol=0, atol=1e-6 * voltages.max().item())
    torch.testing.assert_close(trajectory.v[-1], last.v.detach(), rtol=0, atol=1e-6)
    torch.testing.assert_close(trajectory.i[-1], last.i.detach(), rtol=0, atol=1e-6)


# -- Kinds of numbers ------------------------------------------------------------------------------


@EACH_WAY
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("p", [LIParameters(), LIParameters.from_tau(), LIParameters(200.0, 100.0, 0.0)])
def test_the_result_has_the_dtype_of_the_input_and_its_accuracy(dtype, method, p):
    x = pulse(20, 2, dtype=dtype)

    trajectory = simulate(x, p=p, method=method)

    assert trajectory.v.dtype is trajectory.i.dtype is dtype
    truth = simulate(x.double(), p=LIParameters.from_tau(), method=method)
    # The halves are rounded once, the others at each of twenty steps.
    digits = {torch.float16: 0.51, torch.bfloat16: 0.51, torch.float32: 8, F64: 8}[dtype]
    same(LIState(*(y.double() for y in trajectory)), truth, rtol=digits * torch.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("spikes", [torch.bool, torch.uint8, torch.int32, torch.int64])
def test_bool_and_integer_inputs_are_spikes_in_the_dtype_of_the_state(spikes, dtype):
    x = noise(9, 3) > 0.5

    trajectory = simulate(x.to(spikes), state_of(3, dtype=dtype))

    assert trajectory.v.dtype is dtype
    same(trajectory, simulate(x.to(dtype), state_of(3, dtype=dtype)), rtol=0)


@pytest.mark.parametrize("default", [torch.float32, F64])
def test_spikes_without_a_state_take_the_default_dtype(default):
    before = torch.get_default_dtype()
    torch.set_default_dtype(default)
    try:
        trajectory = simulate(torch.ones(3, 2, dtype=torch.int64))
    finally:
        torch.set_default_dtype(before)

    assert trajectory.v.dtype is trajectory.i.dtype is default


@EACH_WAY
def test_half_precision_is_rounded_once_at_the_end():
    x = torch.full((2000,), 1e-3, dtype=torch.float16)

    trajectory = simulate(x, p=LIParameters.from_tau(1.0, 1.0))

    # Each step adds less than half a digit of float16 to v: carried in float16, it would stand still.
    truth = simulate(x.double(), p=LIParameters.from_tau(1.0, 1.0))
    torch.testing.assert_close(trajectory.v[-1].double(), truth.v[-1], rtol=1e-3, atol=0)


def test_half_precision_keeps_the_digits_of_a_voltage_far_from_rest():
    state = LIState(*torch.tensor([[0.01], [0.0]], dtype=torch.float16))
    p = LIParameters(tau_mem_inv=torch.tensor(0.0), v_leak=torch.tensor(-65.0))

    trajectory = simulate(torch.zeros(3, 1, dtype=torch.float16), state, p)

    # 65.01 is 65.0 in float16, so the difference to rest must not be formed there.
    torch.testing.assert_close(trajectory.v, state.v.expand(3, 1), rtol=1e-3, atol=0)


@pytest.mark.parametrize("method", METHODS)
def test_no_numbers_are_needed_to_know_the_shape(method):
    x = torch.empty(4, 2, 3, device="meta", dtype=F64)

    trajectory = simulate(x, method=method)

    assert trajectory.v.device.type == trajectory.i.device.type == "meta"
    assert trajectory.v.shape == trajectory.i.shape == (4, 2, 3)
    assert trajectory.v.dtype is F64


# -- Gradients -------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("tau_syn", [(4e-3, 6e-3), (1e-2, 2e-2)], ids=["apart", "equal"])
def test_gradients_of_everything_are_those_of_differences(method, tau_syn, measured):
    tau_mem = torch.tensor([1e-2, 2e-2], dtype=F64)
    leaves = (noise(4, 2), *state_of(2), 1 / torch.tensor(tau_syn, dtype=F64), 1 / tau_mem, noise(2, seed=5))

    def run(x, v, i, tau_syn_inv, tau_mem_inv, v_leak):
        return tuple(
            simulate(x, LIState(v, i), LIParameters(tau_syn_inv, tau_mem_inv, v_leak), method=method)
        )

    holds = torch.autograd.gradcheck(run, [x.clone().requires_grad_() for x in leaves], atol=1e-9, rtol=1e-5)
    measured(7, f"gradcheck of simulate by {method.__name__}, six arguments, failed", not holds)
    assert holds


@EACH_WAY
@pytest.mark.parametrize(
    "p", [PARAMETERS[name] for name in ("scalar", "per neuron", "per batch row", "mixed")]
)
@pytest.mark.parametrize("method", METHODS)
def test_gradients_are_those_of_a_loop_of_steps(p, method, measured):
    leaves = [noise(12, 2, 3), *state_of(2, 3), *(y.clone() for y in p)]
    weights = noise(2, 12, 2, 3, seed=7)

    def gradients(run):
        x, v, i, *constants = copies = [y.clone().requires_grad_() for y in leaves]
        trajectory = run(x, LIState(v, i), LIParameters(*constants))
        loss = (weights[0] * trajectory.v).sum() + (weights[1] * trajectory.i).sum()
        return torch.autograd.grad(loss, copies)

    ours = gradients(partial(simulate, method=method))

    theirs = gradients(partial(propagator_loop, dt=0.001, method=method))
    assert [y.abs().max().item() > 0 for y in theirs] == [True] * 6
    apart = max(((a - b).abs().max() / b.abs().max()).item() for a, b in zip(ours, theirs, strict=True))
    measured(7, f"gradients of simulate by {method.__name__} against the loop's (at most 1e-12)", apart, of=6)
    assert apart <= 1e-12


def test_the_gradient_of_weights_is_that_of_a_loop_of_steps(measured):
    spikes, state = (noise(12, 2, 4) > 0).double(), state_of(2, 3)

    def gradient(run):
        weights = noise(3, 4, seed=5).requires_grad_()
        return torch.autograd.grad((noise(12, 2, 3, seed=7) * run(weights)).sum(), weights)[0]

    def loop(weights):
        s = state
        return torch.stack([(s := li_step(x, s, weights)[1]).v for x in spikes])

    ours = gradient(lambda weights: simulate(spikes @ weights.T, state).v)

    theirs = gradient(loop)
    apart = ((ours - theirs).abs().max() / theirs.abs().max()).item()
    measured(7, "the gradient of weights against that of a loop of li_step (at most 1e-12)", apart)
    assert apart <= 1e-12


def test_the_gradient_of_dt_is_that_of_differences():
    x = noise(4, 2)

    assert torch.autograd.gradcheck(
        lambda log_dt: tuple(simulate(x, dt=log_dt.exp(), method=exact)),
        torch.tensor(1e-3, dtype=F64).log().requires_grad_(),
        atol=1e-9,
    )


@EACH_WAY
@pytest.mark.parametrize("method", METHODS)
def test_raising_the_leak_by_one_volt_raises_every_voltage_by_one(method):
    p = LIParameters(v_leak=torch.tensor(0.2, requires_grad=True))

    simulate(torch.ones(5, 3), p=p, method=method).v.sum().backward()

    assert p.v_leak.grad.item() == pytest.approx(15, rel=1e-6)


def test_norse_cuts_the_gradient_of_the_leak_at_the_start():
    p = norse_functional.LIParameters(v_leak=torch.tensor(0.0, requires_grad=True))

    voltages, _ = norse.torch.LI(p, dt=0.001)(torch.ones(5, 3))
    voltages.sum().backward()

    # Without the start the five steps give 1 - .9^n each; ours is 15, above.
    assert p.v_leak.grad.item() == pytest.approx(3 * sum(1 - 0.9**n for n in range(1, 6)), rel=1e-5)
    assert p.v_leak.grad.item() == pytest.approx(3.943, abs=5e-4)


def test_the_result_asks_for_a_gradient_only_where_something_did():
    x = noise(4, 2)

    assert not simulate(x).v.requires_grad
    assert not simulate(x).i.requires_grad
    assert simulate(x.clone().requires_grad_()).v.requires_grad
    with torch.no_grad():
        assert not simulate(x.clone().requires_grad_()).v.requires_grad


# -- Methods of one's own, and long sequences in float32 ---------------------------------------------


@EACH_WAY
@pytest.mark.parametrize("scale", [1e-4, 1e-3])
@pytest.mark.parametrize("method", METHODS)
def test_twenty_thousand_steps_in_float32_do_not_drift(method, scale):
    # 1 - dt / tau as float32 rounds it, to the power of 20,000, would be off by a thousandth.
    p, dt = LIParameters.from_tau(1e4 * scale, 2e4 * scale), scale

    v = simulate(pulse(20_000, dtype=torch.float32), p=p, dt=dt, method=method).v

    truth = simulate(pulse(20_000), p=p, dt=dt, method=method).v
    assert (v - truth).abs().max() <= 1e-5 * truth.max()


def ringing(p, dt):
    """Return a method of one's own whose factors depend on nothing."""
    return Propagator(torch.tensor(-0.5), torch.tensor(0.1), torch.tensor(0.5))


@pytest.mark.parametrize("tau_mem_inv", [100.0, torch.tensor([100.0, 50.0])])
def test_a_method_of_your_own_is_warned_about_without_a_limit_that_it_has_not(tau_mem_inv):
    p = LIParameters(tau_mem_inv=tau_mem_inv)

    with pytest.warns(
        RuntimeWarning, match=r"dt = 0.001 s is too long for tau_mem = 0.01 s, where ringing rings"
    ):
        simulate(torch.zeros(3, 2), p=p, method=ringing)


def test_a_method_of_your_own_is_asked_about_nothing_but_the_callers_step():
    def careful(p, dt):
        if dt != 0.006:
            raise ValueError(f"dt must be 0.006, got {dt}")
        return euler(p, dt)

    with pytest.warns(
        RuntimeWarning, match=r"dt = 0.006 s is too long for tau_syn = 0.005 s, where careful rings"
    ):
        simulate(torch.zeros(3, 2), dt=0.006, method=careful)


def test_a_method_that_makes_more_neurons_is_refused():
    def grown(p, dt):
        return Propagator(*(entry.expand(4, 1) for entry in euler(p, dt)))

    with pytest.raises(
        ValueError, match=r"method\(p, dt\).v_from_v of shape \(4, 1\).* would grow to \(4, 3\)"
    ):
        simulate(torch.ones(5, 3), method=grown)


def test_a_method_may_return_plain_numbers():
    trajectory = simulate(pulse(3), method=lambda p, dt: Propagator(0.9, 0.1, 0.8))

    assert trajectory.v.tolist() == pytest.approx([0.1, 0.17, 0.217], rel=1e-14)


@pytest.mark.parametrize("entry", ["0.5", None, torch.tensor(1), 1j])
def test_an_entry_that_is_no_number_is_named(entry):
    with pytest.raises(
        TypeError, match="v_from_i of the Propagator must be a floating tensor or a float, got"
    ):
        simulate(pulse(3), method=lambda p, dt: Propagator(0.9, entry, 0.8))


# -- Warnings --------------------------------------------------------------------------------------


def the_warning(*args, **kwargs):
    """Return the one warning that a simulation makes."""
    with warnings.catch_warnings(record=True) as records:
        warnings.simplefilter("always")
        simulate(*args, **kwargs)
    assert len(records) == 1, [str(r.message) for r in records]
    assert records[0].filename == __file__
    return records[0].category, str(records[0].message)


RINGS = "rings: its error changes sign with each step"
DIVERGES = "diverges: its error grows with each step"


@pytest.mark.parametrize(
    ("method", "dt", "start", "what"),
    [
        (euler, 5.01e-3, "dt = 0.00501 s is beyond 1 tau_syn = 0.005 s, where euler", RINGS),
        (euler, 10e-3, "dt = 0.01 s is beyond 1 tau_syn = 0.005 s, where euler", RINGS),
        (euler, 10.01e-3, "dt = 0.01001 s is beyond 2 tau_syn = 0.01 s, where euler", DIVERGES),
        (euler, 50e-3, "dt = 0.05 s is beyond 2 tau_syn = 0.01 s, where euler", DIVERGES),
        (runge_kutta4, 13.93e-3, "dt = 0.01393 s is beyond 2.785 tau_syn = 0.01393 s, where r", DIVERGES),
        (runge_kutta4, 50e-3, "dt = 0.05 s is beyond 2.785 tau_syn = 0.01393 s, where runge", DIVERGES),
        (trapezoid, 10.01e-3, "dt = 0.01001 s is beyond 2 tau_syn = 0.01 s, where trapezoid", RINGS),
        (trapezoid, 10.0, "dt = 10 s is beyond 2 tau_syn = 0.01 s, where trapezoid", RINGS),
    ],
)
def test_too_long_a_step_makes_one_warning_that_names_the_limit(method, dt, start, what):
    p = LIParameters.from_tau()

    category, message = the_warning(noise(3, 2), p=p, dt=dt, method=method)

    assert category is RuntimeWarning
    assert message.startswith(start)
    assert what in message
    assert message.endswith("Take a smaller dt, or method=exact.")


@pytest.mark.parametrize(
    ("tau_syn", "tau_mem", "worse"),
    [(8e-3, 3e-3, "tau_mem"), (3e-3, 8e-3, "tau_syn"), (9e-3, 8e-3, "tau_mem"), (4e-3, 3e-3, "tau_mem")],
)
def test_of_two_time_constants_the_worse_one_is_named(tau_syn, tau_mem, worse):
    _, message = the_warning(pulse(3), p=LIParameters.from_tau(tau_syn, tau_mem), dt=10e-3)

    assert re.findall(r"tau_\w+", message) == [worse]


# As long as the shorter time constant allows, and beyond any where each does.
@pytest.mark.parametrize(("method", "dt"), [(y[0], 5e-3 * min(*y[2:], 1e5)) for y in ALL])
def test_a_step_within_the_limit_is_not_warned_about(method, dt):
    # pytest makes every warning an error.
    trajectory = simulate(noise(3, 2), p=LIParameters.from_tau(), dt=dt, method=method)

    assert trajectory.v.isfinite().all()


def test_the_membrane_is_named_where_it_is_the_shorter():
    _, message = the_warning(noise(3), p=LIParameters.from_tau(1e-2, 2e-3), dt=3e-3)

    assert message.startswith("dt = 0.003 s is beyond 1 tau_mem = 0.002 s, where euler rings")
    assert "(factor -0.5 per step)" in message


def test_the_worst_neuron_is_named():
    p = LIParameters.from_tau(torch.tensor([5e-3, 1e-3, 2e-3]), 1.0)

    _, message = the_warning(noise(3, 3, dtype=torch.float32), p=p, dt=3e-3)

    assert message.startswith("dt = 0.003 s is beyond 2 tau_syn = 0.002 s, where euler diverges")


def test_one_diverging_neuron_is_found_among_quiet_ones():
    # The factor of Runge-Kutta is positive there: 1.02 beside .97 and .99.
    p = LIParameters.from_tau(torch.tensor([0.5, 5e-3, 1.0]), 1.0)

    _, message = the_warning(noise(3, 3, dtype=torch.float32), p=p, dt=14e-3, method=runge_kutta4)

    assert message.startswith("dt = 0.014 s is beyond 2.785 tau_syn = 0.01393 s")


def test_the_worst_dt_is_named():
    _, message = the_warning(noise(3, 3), dt=torch.tensor([1e-3, 6e-3, 7e-3], dtype=F64))

    assert message.startswith("dt = 0.007 s is beyond 1 tau_syn = 0.005 s, where euler rings")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("known", [y for y in ALL if y.rings < math.inf])
@pytest.mark.parametrize("milliseconds", [7, 13, 14, 26, 28, 52, 56, 101])
def test_a_step_at_the_limit_itself_is_not_warned_about(known, milliseconds):
    tau = milliseconds / 1000
    at_the_limit = [limit * tau for limit in known[2:] if limit < math.inf]
    p = LIParameters(*(torch.tensor(x, dtype=torch.float32) for x in (1 / tau, 1 / tau, 0.0)))

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r".*euler rings", RuntimeWarning)  # at 2 tau it does
        for dt in at_the_limit:
            simulate(torch.ones(3), p=p, dt=dt, method=known.function)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dt", [1e-3, 1.0, 1e6])
def test_an_infinite_time_constant_never_warns(method, dt):
    trajectory = simulate(noise(3), p=LIParameters(*torch.zeros(3, dtype=F64)), dt=dt, method=method)

    # Not even a leak: the current is the sum of its jumps.
    torch.testing.assert_close(trajectory.i, noise(3).cumsum(0), rtol=1e-14, atol=0)


@pytest.mark.parametrize(
    ("p", "words"),
    [
        (LIParameters(tau_mem_inv=torch.tensor(1e-4)), "tau_mem = 10000 s is outside 1e-05 to 1000 s"),
        (LIParameters(tau_syn_inv=torch.tensor(2e-4)), "tau_syn = 5000 s is outside"),
        (LIParameters(tau_mem_inv=torch.tensor(1e7)), "tau_mem = 1e-07 s is outside"),
        (LIParameters(tau_mem_inv=torch.tensor([100.0, 1e-4])), "tau_mem = [0.01, 10000] s is outside"),
        (LIParameters(tau_syn_inv=1e-4, tau_mem_inv=1e-4), "tau_syn = 10000 s is outside"),
    ],
)
def test_a_time_constant_in_another_unit_makes_one_warning(p, words):
    category, message = the_warning(noise(3, 2, dtype=torch.float32), p=p, method=exact)

    assert category is UserWarning
    assert message.startswith(words)
    assert "Times are in second: did you mean milliseconds" in message


def test_a_wrong_unit_is_all_that_is_said_where_it_makes_the_step_too_long():
    category, _ = the_warning(noise(3), p=LIParameters(tau_mem_inv=torch.tensor(1e7)))

    assert category is UserWarning


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_bad_number_is_reported_with_its_step_and_neuron(bad):
    x = torch.zeros(6, 2, 3)
    x[4, 1, 2] = bad

    category, message = the_warning(x)

    assert category is RuntimeWarning
    assert message.startswith("The state of neuron (1, 2) is not finite from step 4 on. Look at inputs[4]")


def test_a_bad_number_spoils_its_own_neuron_from_its_own_step_on():
    x = torch.ones(6, 3)
    x[4, 1] = math.nan

    with pytest.warns(RuntimeWarning, match="not finite from step 4 on"):
        trajectory = simulate(x)

    spoilt = torch.zeros(6, 3, dtype=torch.bool)
    spoilt[4:, 1] = True
    assert torch.equal(~trajectory.v.isfinite(), spoilt)
    assert torch.equal(~trajectory.i.isfinite(), spoilt)


def test_a_single_neuron_that_is_not_finite_has_no_number():
    _, message = the_warning(torch.tensor([0.0, math.nan, 0]))

    assert message.startswith("The state is not finite from step 1 on.")


def test_a_bad_start_is_reported_at_step_0():
    _, message = the_warning(torch.zeros(3, 2), LIState(torch.tensor([0.0, math.inf]), torch.zeros(2)))

    assert message.startswith("The state of neuron (1,) is not finite from step 0 on.")


def test_a_current_that_overflows_is_reported():
    x = torch.full((3, 1), 6e4, dtype=torch.float16)

    _, message = the_warning(x, p=LIParameters(tau_syn_inv=torch.tensor(0.0)))

    assert "neuron (0,) is not finite from step 1 on" in message


def test_a_diverging_step_is_all_that_is_said_where_the_result_overflows():
    with pytest.warns(RuntimeWarning, match=DIVERGES) as records:
        trajectory = simulate(torch.ones(300), dt=1.0)

    assert len(records) == 1
    assert not trajectory.i[-1].isfinite()


def test_each_call_warns_anew():
    first, second = the_warning(noise(3), dt=6e-3), the_warning(noise(3), dt=6e-3)

    assert first == second


# -- What cannot be meant --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "error", "words"),
    [
        (
            torch.tensor(1.0),
            ValueError,
            r"inputs must have a time axis in front, got shape \(\)\. Use inputs",
        ),
        ([1.0, 0.0], TypeError, r"inputs must be a tensor, got list\. Use torch.as_tensor\(inputs\)"),
        (None, TypeError, "inputs must be a tensor, got NoneType"),
        (1.0, TypeError, "inputs must be a tensor, got float"),
        (torch.zeros(3) * 1j, TypeError, r"inputs must be real, got torch.complex64\. Pass inputs.real"),
    ],
)
def test_what_is_no_input_is_refused(x, error, words):
    with pytest.raises(error, match=words):
        simulate(x)


@pytest.mark.parametrize(
    ("x", "v", "words"),
    [
        ((5, 4, 1), (3,), r"state.v of shape \(3,\) must have the shape of inputs\[0\], \(4, 1\), or \(\)"),
        ((5, 3), (4, 1), r"state.v of shape \(4, 1\) must have the shape of inputs\[0\], \(3,\), or \(\)"),
        ((5, 4), (3,), r"state.v of shape \(3,\) must have the shape of inputs\[0\], \(4,\)"),
        # The time axis is missing: four rows of three neurons read as four steps of three.
        ((4, 3), (4,), r"state.v of shape \(4,\) must have the shape of inputs\[0\], \(3,\)"),
        ((0, 4), (3,), r"state.v of shape \(3,\) must have the shape of inputs\[0\], \(4,\)"),
        # The last batch of a loader, after one of 32.
        ((10, 1, 3), (32, 3), r"state.v of shape \(32, 3\) must have the shape of inputs\[0\], \(1, 3\)"),
    ],
)
def test_a_state_of_another_size_is_refused_by_name(x, v, words):
    with pytest.raises(ValueError, match=words + ".*Use state=None for a new batch"):
        simulate(torch.zeros(x), LIState(torch.zeros(v), torch.zeros(v)))


@pytest.mark.parametrize("field", LIParameters._fields)
@pytest.mark.parametrize("state", [None, LIState(torch.zeros(3), torch.zeros(3))])
@pytest.mark.parametrize(
    ("shape", "words"), [((4, 1), r"would grow to \(4, 3\)"), ((2,), "do not fit together")]
)
def test_parameters_that_make_more_neurons_are_refused_by_name(field, shape, words, state):
    with pytest.raises(ValueError, match=rf"p.{field} of shape \({str(shape)[1:-1]}\).*{words}"):
        simulate(torch.zeros(5, 3), state, LIParameters(**{field: torch.ones(shape)}))


@pytest.mark.parametrize(
    ("dt", "error", "words"),
    [
        (-0.001, ValueError, r"dt must be a finite number of seconds above 0, got -0\.001"),
        (0, ValueError, "dt must be .* above 0, got 0"),
        (math.nan, ValueError, "dt must be .* got nan"),
        (math.inf, ValueError, "dt must be .* got inf"),
        (True, TypeError, "dt must be .* got True"),
        ("1ms", TypeError, "dt must be .* got '1ms'"),
        (None, TypeError, "dt must be .* got None"),
        ([0.001], TypeError, r"dt must be .* got \[0\.001\]"),
        (torch.full((2,), 0.001), ValueError, r"dt of shape \(2,\) do not fit"),
        (torch.full((4, 1), 0.001), ValueError, r"dt of shape \(4, 1\) would grow to \(4, 3\)"),
        (torch.tensor([1e-3, 0, 1e-3]), ValueError, r"dt must be .* got \[0\.001, 0, 0\.001\]"),
    ],
)
@pytest.mark.parametrize("steps", [0, 5])
def test_a_step_of_an_impossible_length_is_refused(dt, error, words, steps):
    with pytest.raises(error, match=words):
        simulate(torch.zeros(steps, 3), dt=dt)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ([torch.zeros(3)] * 2, "state must be an LIState, got list"),
        ((torch.zeros(3),) * 2, "state must be an LIState, got tuple"),
        (torch.zeros(3), "state must be an LIState, got Tensor"),
        ({"v": 0, "i": 0}, "state must be an LIState, got dict"),
        (LIState(torch.zeros(3), 0.0), "state.i must be a floating tensor, got float"),
        (LIState(torch.zeros(3).int(), torch.zeros(3)), "state.v must be a floating tensor, got torch.int32"),
        (LIState(torch.zeros(3), torch.zeros(3).half()), "state.v and state.i must share one dtype"),
        (
            LIState(*torch.zeros(2, 3, dtype=F64)),
            r"inputs and state must share one dtype, got torch.float32 and torch.float64.*inputs.to\(torch",
        ),
    ],
)
def test_what_is_no_state_is_refused(state, words):
    with pytest.raises(TypeError, match=words):
        simulate(torch.zeros(5, 3), state)


@pytest.mark.parametrize(
    ("p", "error", "words"),
    [
        ((200.0, 100.0, 0.0), TypeError, "p must be LIParameters, got tuple"),
        (None, TypeError, "p must be LIParameters, got NoneType"),
        (LIParameters(tau_mem_inv=-1.0), ValueError, "p.tau_mem_inv must be finite and at least 0 .* got -1"),
        (LIParameters(tau_syn_inv=torch.tensor(math.inf)), ValueError, "p.tau_syn_inv must be .* got inf"),
        (LIParameters(v_leak=torch.tensor(math.nan)), ValueError, "p.v_leak must be finite, got nan"),
        (LIParameters(tau_syn_inv=torch.tensor(200)), TypeError, "p.tau_syn_inv must .* got torch.int64"),
        (LIParameters(v_leak=torch.tensor(1j)), TypeError, "p.v_leak must be .* got torch.complex64"),
    ],
)
def test_what_are_no_parameters_is_refused(p, error, words):
    with pytest.raises(error, match=words):
        simulate(torch.zeros(5, 3), p=p)


@pytest.mark.parametrize(
    ("method", "words"),
    [
        ("euler", r"method must be a function \(p, dt\) -> Propagator, got 'euler'\. Use one of leakyedu"),
        (None, "method must be a function .* got None"),
        (methods, "method must be a function .* got <module 'leakyedu.methods'"),
        (lambda p, dt: None, r"method must return a Propagator, got NoneType\. Use one of leakyedu.methods"),
        (lambda p, dt: torch.eye(2), "method must return a Propagator, got Tensor"),
    ],
)
def test_what_is_no_method_is_refused(method, words):
    with pytest.raises(TypeError, match=words):
        simulate(torch.zeros(5, 3), method=method)


@pytest.mark.parametrize(
    ("x", "state", "p", "name"),
    [
        (
            torch.zeros(5, 3, device="meta"),
            state_of(3, dtype=torch.float32),
            LIParameters(),
            "state.v on cpu",
        ),
        (torch.zeros(5, 3), None, LIParameters(v_leak=torch.zeros(3, device="meta")), "p.v_leak on meta"),
        (torch.zeros(5, 3), None, LIParameters(torch.ones(3, device="meta")), "p.tau_syn_inv on meta"),
    ],
)
def test_devices_that_differ_are_named(x, state, p, name):
    with pytest.raises(ValueError, match=rf"{name}.* must share one device. Move them with \.to\(device\)"):
        simulate(x, state, p)


def test_a_refused_call_leaves_its_arguments_untouched():
    x, state = noise(5, 3), state_of(3)
    before = [y.clone() for y in (x, *state)]

    with pytest.raises(ValueError, match=r"p\.v_leak"):
        simulate(x, state, LIParameters(v_leak=torch.ones(4, 1)))

    assert all(map(torch.equal, before, (x, *state)))


SHAPES = st.sampled_from([(), (1,), (2,), (3,), (2, 1), (2, 3), (1, 3), (0,)])


@pytest.mark.parametrize(
    ("x", "state"),
    [
        (torch.ones(4, 3), LIState(torch.zeros(4, 3), torch.zeros(4, 3))),
        (torch.ones(3), LIState(torch.zeros(3), torch.zeros(()))),
        (torch.ones(5, 3), simulate(torch.ones(5, 3))),
    ],
)
def test_a_missing_time_axis_and_a_whole_trajectory_are_told_by_the_state(x, state):
    with pytest.raises(
        ValueError,
        match=r"LIState\(trajectory.v\[-1\], trajectory.i\[-1\]\) to go on .* inputs\[None\] for one step",
    ):
        simulate(x, state)


@given(
    steps=st.integers(0, 4),
    input_shape=SHAPES,
    v_shape=SHAPES,
    i_shape=SHAPES,
    tau_shape=SHAPES,
    dtype=st.sampled_from(DTYPES),
    method=st.sampled_from(METHODS),
    bad=st.sampled_from([0.0, math.nan, math.inf]),
)
def test_any_shapes_give_the_loop_of_steps_or_a_named_error(
    steps, input_shape, v_shape, i_shape, tau_shape, dtype, method, bad
):
    x = noise(steps, *input_shape, dtype=dtype)
    x.flatten()[-1:] += bad
    state = LIState(noise(*v_shape, dtype=dtype), noise(*i_shape, dtype=dtype))
    p = LIParameters(tau_mem_inv=torch.full(tau_shape, 90.0))

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The state.* is not finite", RuntimeWarning)
        try:
            trajectory = simulate(x, state, p, method=method)
        except ValueError as error:
            assert "of shape" in str(error)  # noqa: PT017  # what is tested is when it is raised
            with pytest.raises(ValueError, match="of shape"):
                li_feed_forward_step(torch.zeros(input_shape, dtype=dtype), state, p)
            return

    after = li_feed_forward_step(torch.zeros(input_shape, dtype=dtype), state, p)[0]
    assert trajectory.v.shape == trajectory.i.shape == (steps, *after.shape)
    assert trajectory.v.dtype is trajectory.i.dtype is dtype
    loop = [state := li_feed_forward_step(jump, state, p)[1] for jump in x]
    assert [s.v.isfinite().tolist() for s in loop] == trajectory.v.isfinite().tolist()


# -- torch.compile and torch.func ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "own"),
    [
        pytest.param(method, own, marks=() if (method, own) == (exact, True) else pytest.mark.slow)
        for method in METHODS
        for own in (False, True)
    ],
)
def test_a_compiled_simulation_is_the_simulation_without_a_graph_break(method, own):
    torch.compiler.reset()
    x, state, p = noise(4, 2, 3), state_of(2, 3), PARAMETERS["per neuron" if own else "defaults"]

    compiled = torch.compile(simulate, backend="eager", fullgraph=True)(x, state, p, method=method)

    same(compiled, simulate(x, state, p, method=method), rtol=1e-14)


def test_a_compiled_simulation_starts_at_rest_and_has_gradients():
    torch.compiler.reset()
    p = LIParameters(v_leak=torch.tensor(0.2, requires_grad=True))

    trajectory = torch.compile(simulate, backend="aot_eager", fullgraph=True)(torch.ones(5, 3), p=p)
    trajectory.v.sum().backward()

    assert p.v_leak.grad.item() == pytest.approx(15, rel=1e-6)


def test_vmap_maps_the_inputs():
    x = noise(6, 10, 3)

    trajectory = vmap(simulate)(x)

    assert trajectory.v.shape == (6, 10, 3)
    same(trajectory, LIState(*(torch.stack([simulate(y)[k] for y in x]) for k in range(2))), rtol=1e-15)


@pytest.mark.parametrize("method", METHODS)
def test_vmap_maps_one_field_of_the_parameters(method):
    x, inverses = noise(10, 3), torch.tensor([50.0, 100, 200], dtype=F64)

    def voltages(p):
        return simulate(x, p=p, method=method).v

    v = vmap(voltages, in_dims=(LIParameters(None, 0, None),))(LIParameters(tau_mem_inv=inverses))

    each = [voltages(LIParameters(tau_mem_inv=inverse)) for inverse in inverses]
    torch.testing.assert_close(v, torch.stack(each), rtol=1e-14, atol=1e-16)


@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")  # in torch's jacfwd
def test_forward_mode_agrees_with_backward_mode():
    x, p = noise(6, 2), LIParameters.from_tau()

    def last_voltage(p):
        return simulate(x, p=p, method=exact).v[-1]

    forward, backward = torch.func.jacfwd(last_voltage)(p), torch.func.jacrev(last_voltage)(p)

    for a, b in zip(forward, backward, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=0)
