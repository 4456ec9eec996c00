"""The engine under `simulate`: each way to run the recurrence, held against the loop that defines it."""

import math
import subprocess
import sys
import warnings
from functools import partial
from itertools import product

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


def loop(x, v, i, rest, m, all_currents):
    """The recurrence as the module's docstring states it, one step after the other."""
    states = []
    for jump in x:
        jumped = i + jump
        v = rest + m.v_from_v * (v - rest) + m.v_from_i * jumped
        i = m.i_from_i * jumped
        states.append((v, i))
    voltages, currents = (torch.stack(y) for y in zip(*states, strict=True))
    return voltages, currents if all_currents else i


def compiled(*arguments):
    *arguments, all_currents = arguments
    return scan(*arguments, all_currents=all_currents)


def in_torch(x, v, i, rest, m, all_currents):
    return engine._in_torch(x, v, i, rest, *m, None, all_currents)


def anywhere(x, v, i, rest, m, all_currents):
    return engine._anywhere(x, v, i, rest, *m, None, all_currents)


def step_by_step(x, v, i, rest, m, all_currents):
    return engine._step_by_step(x, v, i, rest, *m, None, all_currents)


WAYS = {
    "compiled": compiled,
    "products": engine._by_products,
    "anywhere": anywhere,
    "step by step": step_by_step,
    "in torch": in_torch,
}
EACH_WAY = pytest.mark.parametrize("run", WAYS.values(), ids=WAYS)
RIGHT = pytest.mark.parametrize("run", [compiled, in_torch])  # whatever the numbers are


@pytest.fixture(autouse=True)
def _compiled(monkeypatch):
    """Compile for the shortest sequence too."""
    monkeypatch.setattr(engine.compiled, "WORTH_LOADING", 0)


def every_way(arguments):
    """Return what the loop gives, and for each way its name and what it gives."""
    return loop(*arguments), {name: run(*arguments) for name, run in WAYS.items()}.items()


@pytest.mark.parametrize("time", TIMES)
@pytest.mark.parametrize("own", [(), (3,)], ids=["one propagator", "one each"])
@pytest.mark.parametrize("all_currents", [False, True])
def test_every_way_runs_the_recurrence(time, own, all_currents):
    arguments = noise(time, 3, seed=1), *noise(3, 3, seed=3), propagator(*own), all_currents

    truth, ways = every_way(arguments)

    for name, ours in ways:
        for a, b in zip(ours, truth, strict=True):
            bound = 1e-13 * b.abs().max().item()
            torch.testing.assert_close(
                a, b, rtol=0, atol=bound, msg=lambda said, name=name: f"{name}: {said}"
            )


@EACH_WAY
def test_in_float32_every_way_is_the_recurrence_within_its_rounding(run):
    x, state = noise(1000, 3, seed=1), noise(3, 3, seed=3)
    truth = loop(x, *state, propagator(), True)

    ours = run(x.float(), *state.float(), propagator(), True)

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


@pytest.mark.parametrize("factors", FACTORS.values(), ids=FACTORS)
@pytest.mark.parametrize("own", [False, True])
def test_any_factors_will_do(factors, own):
    m = Propagator(*(torch.tensor(y, dtype=F64) for y in factors))
    if own:
        m = Propagator(*(y.expand(3).clone() for y in m))
    arguments = noise(200, 3), *noise(3, 3, seed=3), m, True

    truth, ways = every_way(arguments)

    for name, ours in ways:
        for a, b in zip(ours, truth, strict=True):
            # Growing ones are compared at each step, on the scale reached until then.
            scale = b.abs().cummax(0).values.amax(1, keepdim=True)
            assert ((a - b).abs() <= 1e-12 * scale).all(), name


@pytest.mark.parametrize("factor", [3.0, -3.0, 50.0])
@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("neurons", [2, 5000])
@RIGHT
def test_growth_is_finite_as_long_as_in_the_loop(factor, own, neurons, run):
    m = Propagator(*(torch.tensor(y, dtype=F64) for y in (factor, 0.5, 0.5)))
    if own:
        m = Propagator(*(y.expand(neurons).clone() for y in m))
    x = torch.zeros(300, neurons)
    x[100, 1] = 1
    zero = torch.zeros(neurons)

    ours = run(x, zero, zero, zero, m, True)

    in_float32 = Propagator(*(y.float() for y in m))
    theirs = loop(x, zero, zero, zero, in_float32, True)
    assert not theirs[0].isfinite().all()
    for a, b in zip(ours, theirs, strict=True):
        assert torch.equal(a.isfinite(), b.isfinite())
        # Of the smallest number, 1 - 1/2 is one and 1/2 is none.
        smallest = torch.finfo(torch.float32).tiny
        torch.testing.assert_close(a[b.isfinite()], b[b.isfinite()], rtol=1e-4, atol=smallest)


def test_products_keep_a_silent_neuron_silent_beside_factors_that_overflow():
    m = Propagator(*(torch.tensor(y, dtype=F64) for y in (50.0, 0.5, -40.0)))
    zero = torch.zeros(2)

    voltages, currents = engine._by_products(torch.zeros(1000, 2), zero, zero, zero, m, True)

    assert not voltages.any()
    assert not currents.any()


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("at", [0, 63, 64, 150, 199])
@pytest.mark.parametrize("neurons", [3, 5000])
@RIGHT
def test_a_bad_number_spoils_what_it_spoils_in_the_loop(bad, at, neurons, run):
    x = noise(200, neurons, dtype=torch.float32)
    x[at, 1] = bad

    voltages, currents = run(x, *torch.zeros(3, neurons), propagator(), True)

    spoilt = torch.zeros(200, neurons, dtype=torch.bool)
    spoilt[at:, 1] = True
    assert torch.equal(~voltages.isfinite(), spoilt)
    assert torch.equal(~currents.isfinite(), spoilt)


@pytest.mark.parametrize("dtype", [torch.float32, F64])
def test_subnormal_numbers_are_those_of_the_loop(dtype):
    m = Propagator(*(torch.tensor(y, dtype=F64) for y in (0.9, 0.1, 0.8)))
    x = torch.zeros(10_000, 3, dtype=dtype)
    x[0] = noise(3, dtype=dtype)
    arguments = x, *torch.zeros(3, 3, dtype=dtype), m, True

    voltages, currents = compiled(*arguments)

    assert ((voltages != 0) & (voltages.abs() < torch.finfo(dtype).tiny)).any()
    assert all(map(torch.equal, (voltages, currents), step_by_step(*arguments)))


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


def test_a_toeplitz_matrix_repeats_its_first_column_below_the_diagonal():
    matrix = engine._toeplitz(torch.tensor([1.0, 2, 3]))

    assert matrix.tolist() == [[1, 0, 0], [2, 1, 0], [3, 2, 1]]


# -- Gradients -------------------------------------------------------------------------------------


def leaves(time, *own):
    tensors = noise(time, 2, seed=1), *noise(3, 2, seed=3), *propagator(*own)
    return [y.clone().requires_grad_() for y in tensors]


def scanned(all_currents, x, v, i, rest, q, c, p):
    return scan(x, v, i, rest, Propagator(q, c, p), all_currents=all_currents)


@pytest.mark.parametrize("own", [(), (2,)], ids=["one propagator", "one each"])
@pytest.mark.parametrize("all_currents", [False, True])
@pytest.mark.parametrize("time", [1, 5, 70])
def test_gradients_of_everything_are_those_of_differences(own, all_currents, time):
    assert gradcheck(partial(scanned, all_currents), leaves(time, *own))


@pytest.mark.parametrize("time", [1, 5])
def test_gradients_with_constants_that_stay_are_those_of_differences(time):
    *states, q, c, p = leaves(time)
    m = [y.detach() for y in (q, c, p)]

    assert gradcheck(lambda *states: scanned(False, *states, *m), states)


# Long sequences take as long as a hundred other tests each.
@pytest.mark.parametrize(
    ("time", "all_currents", "own"),
    [
        pytest.param(*case, marks=pytest.mark.slow if case[0] == 70 else ())
        for case in product((1, 5, 70), (False, True), ((), (2,)))
    ],
)
def test_gradients_of_gradients_are_those_of_differences_too(time, all_currents, own):
    assert gradgradcheck(partial(scanned, all_currents), leaves(time, *own))


@pytest.mark.parametrize("neurons", [3, 20_000])
@pytest.mark.parametrize("own", [False, True])
@RIGHT
def test_gradients_are_those_of_the_loop(neurons, own, run):
    m = propagator(neurons) if own else propagator()
    tensors = noise(70, neurons), *noise(3, neurons, seed=3), *m
    weights = noise(2, 70, neurons, seed=5)

    def gradients(run):
        x, v, i, rest, *m = copies = [y.clone().requires_grad_() for y in tensors]
        voltages, currents = run(x, v, i, rest, Propagator(*m), True)
        return torch.autograd.grad((weights[0] * voltages + weights[1] * currents).sum(), copies)

    for a, b in zip(gradients(run), gradients(loop), strict=True):
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

    theirs = gradient(lambda x: loop(x, *arguments, True))
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
    (gradient,) = torch.autograd.grad(anywhere(x, *start, m, True)[0].sum(), x)

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


# Whether torch has a switch for each kind of device.
BY_KIND = hasattr(torch.backends.cuda.matmul, "fp32_precision")
SWITCHES = {
    "pass": (False, False),
    "torch.set_float32_matmul_precision('high')": (True, BY_KIND),
    "torch.set_float32_matmul_precision('medium')": (True, BY_KIND),
    "torch.backends.cuda.matmul.allow_tf32 = True": (True, False),
}
if BY_KIND:
    SWITCHES |= {
        "torch.backends.cuda.matmul.fp32_precision = 'tf32'": (True, False),
        "torch.backends.mkldnn.matmul.fp32_precision = 'bf16'": (False, True),
    }


# In a copy of the process for each: torch does not let one switch be read after the other was set.
EACH_SWITCH = """
import os, sys
import torch
from leakyedu.scan import _digits_may_be_lost

for switch in sys.argv[1:]:
    if os.fork() == 0:
        exec(switch)
        print(*map(_digits_may_be_lost, ("cuda", "cpu", "mps")), flush=True)
        os._exit(0)
    os.wait()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be copied there")
def test_each_switch_of_tf32_is_seen():
    command = [sys.executable, "-c", EACH_SWITCH, *SWITCHES]

    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert printed.splitlines() == [f"{cuda} {cpu} False" for cuda, cpu in SWITCHES.values()]


# -- Those who follow the operations ---------------------------------------------------------------


def test_one_graph_serves_sequences_of_other_lengths():
    torch.compiler.reset()
    m, state = propagator(), noise(3, 3, seed=3)
    compiled = torch.compile(scan, backend="eager", fullgraph=True)

    for time in (65, 70, 81):
        x = noise(time, 3)
        for a, b in zip(compiled(x, *state, m, all_currents=True), loop(x, *state, m, True), strict=True):
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
def test_a_bad_number_spoils_nothing_before_it_where_values_cannot_be_read(at):
    x = noise(100, 3)
    x[at, 1] = math.nan

    voltages, currents = anywhere(x, *torch.zeros(3, 3), propagator(), True)

    spoilt = torch.zeros(100, 3, dtype=torch.bool)
    spoilt[at:, 1] = True
    assert torch.equal(~voltages.isfinite(), spoilt)
    assert torch.equal(~currents.isfinite(), spoilt)


@RIGHT
def test_growth_beyond_the_powers_that_float32_holds_is_not_cut_off(run):
    m = Propagator(*(torch.tensor(y, dtype=F64) for y in (-2.5, 3.5, -2.5)))
    start = torch.zeros(1), torch.full((1,), 1e-6), torch.zeros(1)

    _, currents = run(torch.zeros(110, 1), *start, m, True)

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
    voltages, currents = run(torch.zeros(64, 0), *torch.zeros(3, 0), propagator(), True)

    assert voltages.shape == currents.shape == (64, 0)
