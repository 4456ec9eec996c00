"""The engine under `simulate`: each way to run the recurrence, held against the loop that defines it."""

import math
import subprocess
import sys
import warnings
from functools import partial

import pytest
import torch
from torch.autograd import forward_ad, gradcheck, gradgradcheck

from leakyedu import scan as engine
from leakyedu.methods import Propagator, exact
from leakyedu.model import LIParameters
from leakyedu.scan import scan

F64 = torch.float64
TIMES = [1, 2, 5, 63, 64, 65, 100, 257, 1000]


def noise(*shape, dtype=F64, seed=1):
    return torch.randn(shape, dtype=F64, generator=torch.Generator().manual_seed(seed)).to(dtype)


def propagator(*neurons):
    """Return that of `exact` for time constants between 3 and 14 ms, one pair for each neuron."""
    tau_syn, tau_mem = 3e-3 + 0.011 * torch.rand(
        2, *neurons, dtype=F64, generator=torch.Generator().manual_seed(4)
    )
    return exact(LIParameters.from_tau(tau_syn, tau_mem), 1e-3)


def loop(x, w, v, i, rest, m, backwards, all_currents):
    """The recurrence as the module's docstring states it, one step after the other."""
    steps = range(len(x))
    states = {}
    for n in reversed(steps) if backwards else steps:
        jumped = i + x[n]
        kicked = v if w is None else v + w[n]
        v = rest + m.v_from_v * (kicked - rest) + m.v_from_i * jumped
        i = m.i_from_i * jumped
        states[n] = v, i
    voltages, currents = (torch.stack(y) for y in zip(*(states[n] for n in steps), strict=True))
    return voltages, currents if all_currents else i


def by_products(*arguments):
    return engine._by_products(engine._Sequence(*arguments))


def in_blocks(blocks):
    def run(x, *arguments):
        return engine._in_place(engine._Sequence(x, *arguments), min(blocks, len(x)))

    return run


def as_chosen(*arguments):
    return engine._on_cpu(engine._Sequence(*arguments))


def anywhere(*arguments):
    return engine._anywhere(engine._Sequence(*arguments))


WAYS = {
    "products": by_products,
    "anywhere": anywhere,
    "step by step": in_blocks(1),
    "side by side": in_blocks(7),
    "chosen": as_chosen,
}
EACH_WAY = pytest.mark.parametrize("run", WAYS.values(), ids=WAYS)


@EACH_WAY
@pytest.mark.parametrize("time", TIMES)
@pytest.mark.parametrize("own", [(), (3,)], ids=["one propagator", "one each"])
@pytest.mark.parametrize("kicked", [False, True])
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("all_currents", [False, True])
def test_every_way_runs_the_recurrence(run, time, own, kicked, backwards, all_currents):
    x, w = noise(time, 3, seed=1), noise(time, 3, seed=2) if kicked else None
    arguments = x, w, *noise(3, 3, seed=3), propagator(*own), backwards, all_currents

    ours = run(*arguments)

    for a, b in zip(ours, loop(*arguments), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-13 * b.abs().max().item())


@EACH_WAY
def test_in_float32_every_way_is_the_recurrence_within_its_rounding(run):
    x, state = noise(1000, 3, seed=1), noise(3, 3, seed=3)
    rest = propagator(), False, True
    truth = loop(x, None, *state, *rest)

    ours = run(x.float(), None, *state.float(), *rest)

    for a, b in zip(ours, truth, strict=True):
        torch.testing.assert_close(a.double(), b, rtol=0, atol=1e-6 * b.abs().max().item())


FACTORS = {
    "rings": (-0.5, 0.4, -0.9),
    "grows": (1.1, 0.1, 0.7),
    "rings and grows": (-1.2, 0.3, 0.8),
    "both grow": (1.05, 0.2, -1.1),
    "forgets": (0.0, 0.5, 0.0),
    "holds": (1.0, 0.0, 1.0),
    "adds up": (1.0, 0.5, 1.0),
    "equal": (0.9, 0.1, 0.9),
}


@EACH_WAY
@pytest.mark.parametrize("factors", FACTORS.values(), ids=FACTORS)
@pytest.mark.parametrize("own", [False, True])
def test_any_factors_will_do(run, factors, own):
    m = Propagator(*(torch.tensor(y, dtype=F64) for y in factors))
    if own:
        m = Propagator(*(y.expand(3).clone() for y in m))
    arguments = noise(200, 3), None, *noise(3, 3, seed=3), m, False, True

    ours = run(*arguments)

    for a, b in zip(ours, loop(*arguments), strict=True):
        # Growing ones are compared at each step, on the scale reached until then.
        scale = b.abs().cummax(0).values.amax(1, keepdim=True)
        assert ((a - b).abs() <= 1e-12 * scale).all()


@pytest.mark.parametrize("factor", [3.0, -3.0, 50.0])
@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("neurons", [2, 5000])  # by products, and side by side
def test_growth_is_finite_as_long_as_in_the_loop(factor, own, neurons):
    m = Propagator(*(torch.tensor(y, dtype=F64) for y in (factor, 0.5, 0.5)))
    if own:
        m = Propagator(*(y.expand(neurons).clone() for y in m))
    x = torch.zeros(300, neurons)
    x[100, 1] = 1
    zero = torch.zeros(neurons)
    arguments = x, None, zero, zero, zero, m, False, True

    ours = as_chosen(*arguments)

    in_float32 = Propagator(*(y.float() for y in m))
    theirs = loop(x, None, zero, zero, zero, in_float32, False, True)
    assert not theirs[0].isfinite().all()
    for a, b in zip(ours, theirs, strict=True):
        assert torch.equal(a.isfinite(), b.isfinite())
        torch.testing.assert_close(a[b.isfinite()], b[b.isfinite()], rtol=1e-4, atol=0)


def test_products_keep_a_silent_neuron_silent_beside_factors_that_overflow():
    m = Propagator(*(torch.tensor(y, dtype=F64) for y in (50.0, 0.5, -40.0)))
    zero = torch.zeros(2)

    voltages, currents = by_products(torch.zeros(1000, 2), None, zero, zero, zero, m, False, True)

    assert not voltages.any()
    assert not currents.any()


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("at", [0, 63, 64, 150, 199])
@pytest.mark.parametrize("neurons", [3, 5000])
def test_a_bad_number_spoils_what_it_spoils_in_the_loop(bad, at, neurons):
    x = noise(200, neurons, dtype=torch.float32)
    x[at, 1] = bad
    arguments = x, None, *torch.zeros(3, neurons), propagator(), False, True

    voltages, currents = as_chosen(*arguments)

    spoilt = torch.zeros(200, neurons, dtype=torch.bool)
    spoilt[at:, 1] = True
    assert torch.equal(~voltages.isfinite(), spoilt)
    assert torch.equal(~currents.isfinite(), spoilt)


@pytest.mark.parametrize("neurons", [1, 100_000])
@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, F64])
def test_after_a_long_silence_nothing_is_left_that_would_be_slow(neurons, own, dtype):
    # In 64 steps of a factor above 3/4 nothing gets from where it is dropped to subnormal numbers.
    m = Propagator(*(torch.tensor(y, dtype=F64) for y in (0.5, 0.5, 0.5)))
    if own:
        m = Propagator(*(y.expand(neurons).clone() for y in m))
    x = torch.zeros(1300, neurons, dtype=dtype)
    x[0] = 1
    zero = torch.zeros(neurons, dtype=dtype)

    voltages, currents = in_blocks(1)(x, None, zero, zero, zero, m, False, True)

    assert voltages[60].all()
    assert not voltages[-64:].any()
    assert not currents[-64:].any()


def test_a_number_that_decays_slowly_is_dropped_before_it_becomes_subnormal():
    m = Propagator(*(torch.tensor(y, dtype=F64) for y in (0.9, 0.1, 0.8)))
    x = torch.zeros(2000, 1)
    x[0] = 1
    zero = torch.zeros(1)

    voltages, _ = in_blocks(1)(x, None, zero, zero, zero, m, False, True)

    subnormal = (voltages != 0) & (voltages.abs() < torch.finfo(torch.float32).tiny)
    assert not subnormal.any()
    assert voltages[700].item() > 0
    assert voltages[-1].item() == 0


# -- Powers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("own", [(), (3,)])
def test_powers_are_those_of_the_matrix(own):
    m = propagator(*own)
    matrix = torch.stack([m.v_from_v, m.v_from_i, torch.zeros_like(m.v_from_v), m.i_from_i], -1)
    matrix = matrix.reshape(*own, 2, 2)

    powers = engine._powers(m, 20)

    assert powers.shape == (21, 3, *own)
    truth = torch.stack([torch.linalg.matrix_power(matrix, n) for n in range(21)])
    for k, (row, column) in enumerate([(0, 0), (0, 1), (1, 1)]):
        torch.testing.assert_close(powers[:, k], truth[..., row, column], rtol=1e-13, atol=1e-300)


def test_powers_of_numbers_are_those_of_tensors():
    m = propagator()

    numbers = engine._powers(m, 33)

    tensors = engine._powers(Propagator(*(y.clone().requires_grad_() for y in m)), 33)
    torch.testing.assert_close(numbers, tensors.detach(), rtol=1e-14, atol=0)


def test_a_toeplitz_matrix_repeats_its_first_column_below_the_diagonal():
    matrix = engine._toeplitz(torch.tensor([1.0, 2, 3]))

    assert matrix.tolist() == [[1, 0, 0], [2, 1, 0], [3, 2, 1]]


@pytest.mark.parametrize("blocks", [2, 256, 257, 1000])
def test_the_starts_of_many_blocks_follow_from_their_ends(blocks):
    m, parts = propagator(), noise(blocks, 2, 3)

    states = engine._carry(parts, m)

    state, truth = torch.zeros(2, 3, dtype=F64), []
    for v, i in parts:
        state = torch.stack([m.v_from_v * state[0] + m.v_from_i * state[1] + v, m.i_from_i * state[1] + i])
        truth.append(state)
    torch.testing.assert_close(states, torch.stack(truth), rtol=0, atol=1e-13)


# -- Gradients -------------------------------------------------------------------------------------


def leaves(time, *own):
    tensors = noise(time, 2, seed=1), *noise(3, 2, seed=3), *propagator(*own)
    return [y.clone().requires_grad_() for y in tensors]


@pytest.mark.parametrize("own", [(), (2,)], ids=["one propagator", "one each"])
@pytest.mark.parametrize("all_currents", [False, True])
@pytest.mark.parametrize("time", [1, 5, 70])
def test_gradients_of_everything_are_those_of_differences_and_so_are_theirs(own, all_currents, time):
    def run(x, v, i, rest, q, c, p):
        return scan(x, v, i, rest, Propagator(q, c, p), all_currents=all_currents)

    assert gradcheck(run, leaves(time, *own))
    assert gradgradcheck(run, leaves(time, *own))


@pytest.mark.parametrize("neurons", [3, 20_000])  # by products, and side by side
@pytest.mark.parametrize("own", [False, True])
def test_gradients_are_those_of_the_loop(neurons, own):
    m = propagator(neurons) if own else propagator()
    tensors = noise(70, neurons), *noise(3, neurons, seed=3), *m
    weights = noise(2, 70, neurons, seed=5)

    def gradients(run):
        x, v, i, rest, *m = copies = [y.clone().requires_grad_() for y in tensors]
        voltages, currents = run(x, None, v, i, rest, Propagator(*m), False, True)
        return torch.autograd.grad((weights[0] * voltages + weights[1] * currents).sum(), copies)

    def ours(x, w, v, i, rest, m, backwards, all_currents):
        return scan(x, v, i, rest, m, all_currents=all_currents)

    for a, b in zip(gradients(ours), gradients(loop), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-12 * b.abs().max().item())


def test_one_node_of_the_graph_serves_a_whole_sequence():
    x = noise(1000, 2).requires_grad_()

    voltages, _ = scan(x, *torch.zeros(3, 2, dtype=F64), propagator(), all_currents=False)

    assert [node.name() for node, _ in voltages.grad_fn.next_functions if node] == [
        "torch::autograd::AccumulateGrad"
    ]


def test_no_graph_is_built_and_nothing_kept_when_no_gradient_is_asked_for():
    x = noise(1000, 2)

    voltages, currents = scan(x, *torch.zeros(3, 2, dtype=F64), propagator(), all_currents=True)

    assert voltages.grad_fn is currents.grad_fn is None


def test_fixed_parameters_keep_no_sequence_for_the_backward_pass():
    kept = []
    x = noise(1000, 2).requires_grad_()

    with torch.autograd.graph.saved_tensors_hooks(lambda y: kept.append(y.numel()), lambda y: y):
        scan(x, *torch.zeros(3, 2, dtype=F64), propagator(), all_currents=True)

    assert kept == [1, 1, 1]


@pytest.mark.parametrize("output", [0, 1])
def test_a_loss_on_one_of_two_results_has_the_gradient_of_the_loop(output):
    arguments = *noise(3, 2, seed=3), propagator()

    def gradient(run):
        x = noise(70, 2).requires_grad_()
        return torch.autograd.grad(run(x)[output].sum(), x)[0]

    ours = gradient(lambda x: scan(x, *arguments, all_currents=True))

    theirs = gradient(lambda x: loop(x, None, *arguments, False, True))
    torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=0)


@pytest.mark.parametrize("own", [(), (2,)], ids=["one propagator", "one each"])
@pytest.mark.parametrize("learned", [False, True])
def test_forward_mode_follows_the_scan(own, learned):
    x, tangent = noise(2, 70, 2)
    m = Propagator(*(y.clone().requires_grad_(learned) for y in propagator(*own)))
    run = partial(scan, v=noise(2), i=noise(2), rest=noise(2), m=m, all_currents=True)

    with warnings.catch_warnings(), forward_ad.dual_level():
        warnings.filterwarnings("ignore", "`torch.jit.script` is deprecated", DeprecationWarning)
        derivatives = [forward_ad.unpack_dual(y).tangent for y in run(forward_ad.make_dual(x, tangent))]

    for derivative, there, here in zip(derivatives, run(x + tangent), run(x), strict=True):
        torch.testing.assert_close(derivative, there - here, rtol=0, atol=1e-12)


def test_what_inference_mode_has_built_serves_a_gradient_too():
    x, start, m = noise(70, 2), torch.zeros(3, 2, dtype=F64), propagator()
    with torch.inference_mode():
        scan(x, *start, m, all_currents=True)

    x.requires_grad_()
    with warnings.catch_warnings(), forward_ad.dual_level():  # where autograd follows each product
        warnings.filterwarnings("ignore", "`torch.jit.script` is deprecated", DeprecationWarning)
        (gradient,) = torch.autograd.grad(scan(x, *start, m, all_currents=True)[0].sum(), x)

    (truth,) = torch.autograd.grad(scan(x, *start, m, all_currents=True)[0].sum(), x)
    torch.testing.assert_close(gradient, truth, rtol=1e-13, atol=0)


# -- Precision -------------------------------------------------------------------------------------


def test_autocast_leaves_the_digits_alone():
    arguments = *noise(3, 2, dtype=torch.float32), propagator()
    x = noise(100, 2, dtype=torch.float32)
    plain = scan(x, *arguments, all_currents=True)

    with torch.autocast("cpu", torch.bfloat16):
        cast = scan(x, *arguments, all_currents=True)

    assert all(map(torch.equal, plain, cast))


SWITCHES = {
    "pass": False,
    "torch.set_float32_matmul_precision('high')": True,
    "torch.backends.cuda.matmul.allow_tf32 = True": True,
}
if hasattr(torch.backends.cuda.matmul, "fp32_precision"):
    SWITCHES |= {"torch.backends.cuda.matmul.fp32_precision = 'tf32'": True}


@pytest.mark.parametrize(("switch", "allowed"), SWITCHES.items())
def test_each_switch_of_tf32_is_seen(switch, allowed):
    # In a process of its own: torch does not let one switch be read after the other was set.
    code = f"import torch; from leakyedu.scan import _tf32_is_allowed; {switch}; print(_tf32_is_allowed())"

    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert printed.strip() == str(allowed)


# -- Those who follow the operations ---------------------------------------------------------------


def test_one_graph_serves_sequences_of_other_lengths():
    torch.compiler.reset()
    m, state = propagator(), noise(3, 3, seed=3)
    compiled = torch.compile(scan, backend="eager", fullgraph=True)

    for time in (65, 70, 81):
        x = noise(time, 3)
        for a, b in zip(
            compiled(x, *state, m, all_currents=True), loop(x, None, *state, m, False, True), strict=True
        ):
            torch.testing.assert_close(a, b, rtol=0, atol=1e-13 * b.abs().max().item())


@pytest.mark.parametrize("time", [20, 70])
@pytest.mark.parametrize("own", [(), (2,)], ids=["one propagator", "one each"])
def test_a_vectorised_jacobian_is_that_of_one_row_after_the_other(time, own):
    run = partial(scan, v=noise(2), i=noise(2), rest=noise(2), m=propagator(*own), all_currents=True)

    rows, at_once = (
        torch.autograd.functional.jacobian(run, noise(time, 2), vectorize=vectorize)
        for vectorize in (False, True)
    )

    for a, b in zip(at_once, rows, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("at", [0, 31, 32, 55, 99])
@pytest.mark.parametrize("backwards", [False, True])
def test_a_bad_number_spoils_nothing_before_it_where_values_cannot_be_read(backwards, at):
    x = noise(100, 3)
    x[at, 1] = math.nan

    voltages, currents = anywhere(x, None, *torch.zeros(3, 3), propagator(), backwards, True)

    spoilt = torch.zeros(100, 3, dtype=torch.bool)
    spoilt[slice(at + 1) if backwards else slice(at, None), 1] = True
    assert torch.equal(~voltages.isfinite(), spoilt)
    assert torch.equal(~currents.isfinite(), spoilt)


def test_growth_beyond_the_powers_that_float32_holds_is_not_cut_off():
    m = Propagator(*(torch.tensor(y, dtype=F64) for y in (-2.5, 3.5, -2.5)))
    start = torch.zeros(1), torch.full((1,), 1e-6), torch.zeros(1)

    _, currents = as_chosen(torch.zeros(110, 1), None, *start, m, False, True)

    assert currents[-1].item() == pytest.approx(1e-6 * 2.5**110, rel=1e-4)


@pytest.mark.parametrize("time", [5, 64])
def test_results_may_be_changed_in_place(time):
    x = noise(time, 3).requires_grad_()

    voltages, currents = scan(x, *torch.zeros(3, 3, dtype=F64), propagator(), all_currents=True)
    (voltages.relu_() + currents.mul_(2)).sum().backward()

    assert x.grad.isfinite().all()
    assert x.grad.any()


@pytest.mark.parametrize("time", [5, 64])
def test_a_change_in_place_that_would_spoil_a_gradient_is_refused(time):
    m = Propagator(*(y.clone().requires_grad_() for y in propagator()))
    voltages, _ = scan(noise(time, 3), *torch.zeros(3, 3, dtype=F64), m, all_currents=True)

    voltages.mul_(2)

    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        voltages.sum().backward()


@pytest.mark.parametrize("run", WAYS.values(), ids=WAYS)
def test_no_neurons_are_no_trouble(run):
    voltages, currents = run(torch.zeros(64, 0), None, *torch.zeros(3, 0), propagator(), False, True)

    assert voltages.shape == currents.shape == (64, 0)
