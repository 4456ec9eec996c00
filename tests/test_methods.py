import math

import mpmath
import numpy as np
import pytest
import scipy.linalg
import torch
from torch.func import jacrev, vmap

from leakyedu import LIParameters, LIState, li_feed_forward_step, simulate
from leakyedu.methods import (
    ALL,
    Propagator,
    _difference_of_decays,
    backward_euler,
    euler,
    exact,
    held_current,
)

METHODS = [known.function for known in ALL]
EACH_KNOWN = pytest.mark.parametrize("known", ALL, ids=[method.__name__ for method in METHODS])
# tau_syn, tau_mem in second; equal ones, nearly equal ones and an extreme pair among them.
TIME_CONSTANTS = [(5e-3, 1e-2), (1e-2, 5e-3), (1e-2, 1e-2), (1e-2, 1e-2 * (1 + 1e-9)), (1 / 3000, 2e-2)]
FLOAT64_EPS = torch.finfo(torch.float64).eps


def parameters(a, b):
    """Return parameters for which dt = 1 s gives a = dt / tau_mem and b = dt / tau_syn."""
    return LIParameters(tau_syn_inv=b, tau_mem_inv=a)


def number(x):
    return torch.tensor(x, dtype=torch.float64)


def slopes(p, dt):
    """Return dt A, the matrix of the equations, in numpy."""
    a, b = dt * float(p.tau_mem_inv), dt * float(p.tau_syn_inv)
    return np.array([[-a, a], [0.0, -b]])


def matrix(m):
    return np.array([[float(m.v_from_v), float(m.v_from_i)], [0.0, float(m.i_from_i)]])


# -- Each method is its matrix ---------------------------------------------------------------------


@pytest.mark.parametrize("dt", [1e-5, 1e-4])
@pytest.mark.parametrize(("tau_syn", "tau_mem"), TIME_CONSTANTS)
@EACH_KNOWN
def test_a_short_step_is_the_matrix_exponential_up_to_its_order(known, tau_syn, tau_mem, dt):
    p = LIParameters.from_tau(tau_syn, tau_mem)

    m = matrix(known.function(p, dt))

    z = slopes(p, dt)
    within = 1e-15 + abs(z).max() ** (known.order + 1)
    np.testing.assert_allclose(m, scipy.linalg.expm(z), rtol=0, atol=within)


@pytest.mark.parametrize("dt", [1e-4, 1e-3, 1.7e-2])
@pytest.mark.parametrize(("tau_syn", "tau_mem"), TIME_CONSTANTS)
def test_the_matrix_of_euler_is_the_step_of_the_contract(tau_syn, tau_mem, dt):
    p = LIParameters.from_tau(tau_syn, tau_mem, v_leak=-0.065)
    # Two neurons: one starts a volt above rest, the other with a volt of current.
    at_start = LIState(v=number([0.935, -0.065]), i=number([0.0, 1.0]))

    v, state = li_feed_forward_step(torch.zeros_like(at_start.v), at_start, p, dt)

    steps = torch.stack([v - p.v_leak, state.i]).numpy()
    np.testing.assert_allclose(steps, matrix(euler(p, dt)), rtol=1e-14, atol=2e-16)


@pytest.mark.parametrize("method", METHODS)
def test_one_jump_goes_through_simulate_by_powers_of_the_matrix(method):
    p, jump = LIParameters.from_tau(), torch.zeros(40, dtype=torch.float64)
    jump[0] = 1

    trajectory = simulate(jump, p=p, method=method)

    m = matrix(method(p, 0.001))
    powers = [np.linalg.matrix_power(m, n + 1) @ [0, 1] for n in range(40)]
    got = torch.stack([*trajectory], dim=1).numpy()
    np.testing.assert_allclose(got, powers, rtol=1e-13, atol=0)


def test_the_response_to_a_jump_peaks_at_a_quarter_after_ten_ln_two_milliseconds():
    t = torch.linspace(1e-6, 0.05, 50_000, dtype=torch.float64)

    v = exact(LIParameters.from_tau(), t).v_from_i

    assert v.max().item() == pytest.approx(0.25, rel=1e-8)
    assert t[v.argmax()].item() == pytest.approx(0.01 * math.log(2), abs=1e-6)
    assert exact(LIParameters.from_tau(), 0.01 * math.log(2)).v_from_i.item() == pytest.approx(
        0.25, rel=4e-16
    )


def test_the_response_of_equal_time_constants_is_the_alpha_function():
    t = torch.linspace(1e-4, 0.1, 1000, dtype=torch.float64)

    v = exact(LIParameters.from_tau(0.01, 0.01), t).v_from_i

    torch.testing.assert_close(v, 100 * t * torch.exp(-100 * t), rtol=4 * FLOAT64_EPS, atol=0)


# -- The exact method, to the last digit -----------------------------------------------------------

# The truth at a hundred digits takes as long as the rest of this file: all the points are for the slow tests.
MANY, FEWER = 60_000, 9_000


def pairs(dtype, points):
    """Return pairs of a and b: any ratio, near-equal, at the seam |b - a| = 1, equal, adjacent."""
    g, n = torch.Generator().manual_seed(1), points // 6

    def powers(count, low, high):
        return 10 ** (low + (high - low) * torch.rand(count, dtype=torch.float64, generator=g))

    def either(x, y):
        swap = torch.rand(len(x), generator=g) < 0.5
        return torch.where(swap, y, x), torch.where(swap, x, y)

    # The smaller of the two reaches up to where its decay nears the smallest normal number.
    high = {torch.float64: math.log10(600), torch.float32: math.log10(50)}[dtype]
    x = powers(2 * n, -9, high)
    any_ratio = either(x, x * powers(2 * n, 0, 12))
    x = powers(n, -9, high)
    near = either(x, x * (1 + powers(n, -16, 0)))
    x = powers(n, -3, high)
    seam = either(x, x + 1 + powers(n, -8, -1) * torch.randn(n, dtype=torch.float64, generator=g).sign())
    x = powers(n, -9, high).to(dtype)
    y = powers(n, -9, high).to(dtype)
    upwards = torch.rand(n, generator=g) < 0.5
    adjacent = torch.nextafter(y, torch.where(upwards, math.inf, 0.0).to(dtype))
    firsts, seconds = zip(any_ratio, near, seam, (x, x), (y, adjacent), strict=True)
    return torch.cat([z.to(dtype) for z in firsts]), torch.cat([z.to(dtype) for z in seconds])


def truth(a, b):
    """Return, of each pair as rounded, the three entries and both derivatives as sums of two float64.

    A hundred digits: of adjacent floats near 1e-9 the second difference cancels fifty of them.
    """
    with mpmath.workdps(100):
        rows = [_truth(mpmath.mpf(x), mpmath.mpf(y)) for x, y in zip(a.tolist(), b.tolist(), strict=True)]
        split = [[(float(w), float(w - float(w))) for w in row] for row in rows]
    return torch.tensor(split, dtype=torch.float64).permute(1, 2, 0)


def _truth(a, b):
    v_from_v, i_from_i = mpmath.exp(-a), mpmath.exp(-b)
    d = b - a
    if d == 0:
        return v_from_v, a * v_from_v, i_from_i, -v_from_v / 2, -v_from_v / 2
    quotient = (v_from_v - i_from_i) / d
    return v_from_v, a * quotient, i_from_i, (quotient - v_from_v) / d, (i_from_i - quotient) / d


def errors(got, want):
    """Return errors in eps of the value; below the smallest normal number, in spacings."""
    finfo = torch.finfo(got.dtype)
    return ((got.double() - want[0]) - want[1]).abs() / (finfo.eps * want[0].abs().clamp_min(finfo.tiny))


def worst(error, a, b):
    at = int(error.argmax())
    return f"worst: {error[at]:.2f} eps at a = {a[at].item()!r}, b = {b[at].item()!r}"


@pytest.fixture(
    scope="module",
    params=[
        pytest.param((dtype, points), marks=marks, id=f"{dtype}, {points} points")
        for points, marks in ((FEWER, ()), (MANY, pytest.mark.slow))
        for dtype in (torch.float32, torch.float64)
    ],
)
def points(request):
    a, b = pairs(*request.param)
    return a, b, truth(a, b)


def test_the_points_are_many_and_reach_the_ratios_asked_for(points):
    a, b, _ = points
    ratio = b.double() / a.double()

    assert len(a) in (FEWER, MANY)
    assert MANY >= 50_000
    assert ratio.min() < 1e-11
    assert ratio.max() > 1e11
    assert (a == b).sum() >= len(a) // 6
    assert (torch.nextafter(a, b) == b).sum() >= len(a) // 3


@pytest.mark.parametrize("entry", range(3), ids=Propagator._fields)
def test_the_entries_of_exact_are_within_four_eps(points, entry, measured):
    a, b, want = points

    m = exact(parameters(a, b), 1.0)

    error = errors(m[entry], want[entry])
    measured(2, f"exact in {a.dtype} against mpmath, in eps (at most 4)", error.max(), of=len(error))
    assert m[entry].dtype is a.dtype
    assert error.max() <= 4, worst(error, a, b)


@pytest.mark.parametrize("argument", [0, 1], ids=["a", "b"])
def test_the_derivatives_of_the_difference_of_decays_are_within_32_eps(points, argument, measured):
    a, b, want = points
    short = torch.minimum(a, b) < 30
    leaves = [x[short].clone().requires_grad_() for x in (a, b)]

    (slope,) = torch.autograd.grad(_difference_of_decays(*leaves).sum(), leaves[argument])

    error = errors(slope, want[3 + argument][:, short])
    measured(2, f"its derivatives in {a.dtype}, in eps (at most 32)", error.max(), of=len(error))
    assert len(error) >= len(a) * 5 // 6
    assert error.max() <= 32, worst(error, *leaves)


@pytest.mark.parametrize("b", [0.0, 1e-300, 0.3, 1.0, 1.3, 5.0, 800.0, 1e6])
@pytest.mark.parametrize("a", [0.0, 1e-300, 0.3, 1.3, 800.0, 1e6])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_no_value_gradient_or_second_derivative_of_exact_is_nan(a, b, dtype):
    a, b = torch.tensor([a, b], dtype=dtype).requires_grad_().unbind()

    m = exact(parameters(a, b), 1.0)
    first = torch.autograd.grad(sum(m), (a, b), create_graph=True)
    second = torch.autograd.grad(sum(first), (a, b))

    assert torch.stack([*m, *first, *second]).isfinite().all()


@pytest.mark.parametrize(
    ("a", "b"),
    [(0.3, 0.3), (0.3, 0.3 + 1e-9), (1.0, 1.9), (0.2, 1.3), (1.3, 0.2), (4.0, 0.01), (0.01, 4.0), (2.0, 2.0)],
)
@pytest.mark.parametrize("method", METHODS)
def test_first_and_second_derivatives_of_each_method_hold(method, a, b, measured):
    a, b, dt = (number([x]).requires_grad_() for x in (a, b, 1.0))
    failed = 2

    def entries(a, b, dt):
        return tuple(method(parameters(a, b), dt))

    failed -= torch.autograd.gradcheck(entries, (a, b, dt))
    failed -= torch.autograd.gradgradcheck(entries, (a, b, dt))
    measured(2, f"gradcheck and gradgradcheck of {method.__name__}, failed", failed, of=2)
    assert failed == 0


# 5,000 neurons, each with its own pair from 0.1 ms to a second.
MANY_TAUS = 10 ** (
    -4 + 4 * torch.rand(2, 5000, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
)


@pytest.mark.parametrize("dt", [1e-4, 1e-3, 1e-2])
@pytest.mark.parametrize(("tau_syn", "tau_mem"), [*TIME_CONSTANTS, MANY_TAUS])
def test_two_exact_steps_are_one_of_twice_the_length(tau_syn, tau_mem, dt, measured):
    p = LIParameters.from_tau(tau_syn, tau_mem)

    once, twice = exact(p, dt), exact(p, 2 * dt)

    squared = torch.stack(
        [
            once.v_from_v**2,
            once.v_from_v * once.v_from_i + once.v_from_i * once.i_from_i,
            once.i_from_i**2,
        ]
    )
    error = (squared / torch.stack([*twice]) - 1).abs().max() / FLOAT64_EPS
    measured(
        3, "exact, two steps against one of twice the length, in eps (at most 8)", error, squared[0].numel()
    )
    torch.testing.assert_close(squared, torch.stack([*twice]), rtol=8 * FLOAT64_EPS, atol=0)


@pytest.mark.parametrize(
    ("a", "b"),
    [(0.01, 701.0), (0.01, 2000.0), (1e-3, 1e8), (701.0, 0.01), (1e8, 1e-3), (3000.0, 2000.0)],
)
def test_exact_does_not_overflow_beyond_700_time_constants(a, b):
    m = exact(parameters(number(a), number(b)), 1.0)

    v_from_v, v_from_i, i_from_i = (float(x) for x in _truth(mpmath.mpf(a), mpmath.mpf(b))[:3])
    assert m.v_from_v.item() == pytest.approx(v_from_v, rel=4e-16, abs=0)
    assert m.v_from_i.item() == pytest.approx(v_from_i, rel=1e-15, abs=0)
    assert m.i_from_i.item() == pytest.approx(i_from_i, rel=4e-16, abs=0)


# The default neuron at steps of 0.1 ms: dt A, and its exponential to sixty digits.
SHORT_STEP = [[-0.01, 0.01], [0.0, -0.02]]


def test_the_matrix_exponential_of_torch_is_no_oracle_for_short_steps(measured):
    with mpmath.workdps(60):
        want = np.array(mpmath.expm(mpmath.matrix(SHORT_STEP), method="pade").tolist(), dtype=float)[0, 1]

    oracles = {
        "torch.linalg.matrix_exp": torch.linalg.matrix_exp(number(SHORT_STEP))[0, 1].item(),
        "scipy.linalg.expm": scipy.linalg.expm(np.array(SHORT_STEP))[0, 1],
        "exact": exact(LIParameters.from_tau(), 1e-4).v_from_i.item(),
    }

    off = {name: abs(value / want - 1) for name, value in oracles.items()}
    for name, error in off.items():
        measured(9, f"{name} at dt = 0.1 ms, relative", error)
    # Better ones than it may come: what counts is that those in use are right.
    assert max(off["scipy.linalg.expm"], off["exact"]) <= 4 * FLOAT64_EPS


# -- Infinite time constants -----------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_without_a_synaptic_leak_the_current_is_held(method):
    m = method(LIParameters(tau_syn_inv=0.0, tau_mem_inv=100.0), 0.001)

    # One stage alone: what leaves the voltage is replaced by the current.
    assert m.i_from_i.item() == 1
    assert m.v_from_i.item() == pytest.approx(1 - m.v_from_v.item(), rel=1e-14)


@pytest.mark.parametrize("method", METHODS)
def test_without_a_membrane_leak_the_voltage_is_held(method):
    m = method(LIParameters(tau_syn_inv=200.0, tau_mem_inv=0.0), 0.001)

    assert m.v_from_v.item() == 1
    assert m.v_from_i.item() == 0


# -- Accuracy --------------------------------------------------------------------------------------


def error_after(method, p, steps, seconds=0.01):
    """Return the error of the response to a unit jump after ``seconds``, in steps of equal length."""
    m = np.linalg.matrix_power(matrix(method(p, seconds / steps)), steps)
    return abs(m[0, 1] - float(exact(p, seconds).v_from_i))


@pytest.mark.parametrize(("tau_syn", "tau_mem"), [(5e-3, 1e-2), (1e-2, 4e-3), (2e-2, 2e-2)])
@pytest.mark.parametrize(("method", "order"), [y[:2] for y in ALL if y.order < math.inf])
def test_twice_the_steps_leave_the_error_that_the_order_says(method, order, tau_syn, tau_mem, measured):
    p, steps = LIParameters.from_tau(tau_syn, tau_mem), 4096 if order == 1 else 128

    found = math.log2(error_after(method, p, steps) / error_after(method, p, 2 * steps))

    measured(3, f"order of {method.__name__}, its distance from {order} (at most 0.03)", abs(found - order))
    assert found == pytest.approx(order, abs=0.03)


@pytest.mark.parametrize("steps", [1, 7, 128])
def test_exact_is_right_with_any_number_of_steps(steps):
    assert error_after(exact, LIParameters.from_tau(), steps) <= 1e-14


def response(method):
    """Return v after each of 300 steps of 1 ms, the truth at the same times, and both errors."""
    pulse, t = torch.zeros(300, dtype=torch.float64), 0.001 * torch.arange(1, 301, dtype=torch.float64)
    pulse[0] = 1
    p = LIParameters.from_tau()
    return simulate(pulse, p=p, method=method).v, exact(p, t).v_from_i


def test_the_held_current_is_no_better_than_euler():
    (held, truth), (by_euler, _) = response(held_current), response(euler)

    assert held.max().item() == pytest.approx(0.2763, abs=5e-5)
    assert (held - truth).abs().max().item() == pytest.approx(0.0263, abs=5e-5)
    assert (by_euler - truth).abs().max().item() == pytest.approx(0.0255, abs=5e-5)


def test_the_held_current_makes_the_area_ten_percent_too_large():
    held, truth = response(held_current)

    area = held.sum().item() * 0.001

    b = 0.001 / 0.005
    assert area / 0.005 == pytest.approx(b / (1 - math.exp(-b)), rel=1e-12)
    assert area / 0.005 == pytest.approx(1.10, abs=0.005)
    assert truth.sum().item() * 0.001 == pytest.approx(0.005, rel=2e-3)


@pytest.mark.parametrize("method", [euler, backward_euler])
def test_euler_and_backward_euler_err_by_opposite_signs(method):
    v, truth = response(method)

    early = (v - truth)[2].item()

    assert early * {euler: 1, backward_euler: -1}[method] > 0.005


# -- Stability -------------------------------------------------------------------------------------

TIMES = torch.logspace(-3, 4, 7001, dtype=torch.float64)  # dt in time constants


def diagonal(method, ratio):
    m = method(LIParameters.from_tau(1.0, 1.0), ratio)
    assert torch.equal(m.v_from_v, m.i_from_i)
    return m.v_from_v


def steps_around(limit):
    """Return steps of any length in time constants, two of them just below and above a finite limit."""
    return torch.cat([TIMES, number([0.999999, 1.000001]) * min(limit, 1e4)])


@EACH_KNOWN
def test_a_method_rings_above_its_limit_and_not_below(known):
    steps = steps_around(known.rings)

    assert torch.equal(diagonal(known.function, steps) < 0, steps > known.rings)


@EACH_KNOWN
def test_a_method_diverges_above_its_limit_and_not_below(known):
    steps = steps_around(known.diverges)

    assert torch.equal(diagonal(known.function, steps).abs() > 1, steps > known.diverges)


# -- Shapes, dtypes, devices -----------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_the_entries_have_the_shapes_of_their_parameters(method):
    tau_syn, tau_mem = torch.full((4, 1), 5e-3), torch.full((3,), 1e-2)

    m = method(LIParameters.from_tau(tau_syn, tau_mem), 0.001)

    assert type(m) is Propagator
    assert m.v_from_v.shape == (3,)
    assert m.i_from_i.shape == (4, 1)
    assert torch.broadcast_shapes(*(x.shape for x in m)) == (4, 3)


@pytest.mark.parametrize("method", METHODS)
def test_a_tensor_of_times_gives_a_curve(method):
    t = number([0.001, 0.002, 0.005])

    curve = method(LIParameters.from_tau(), t)

    each = [method(LIParameters.from_tau(), x) for x in t.tolist()]
    torch.testing.assert_close(
        torch.stack([*curve], dim=1), torch.stack([torch.stack([*m]) for m in each]), rtol=4e-16, atol=0
    )


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("p", "dtype"),
    [
        (LIParameters(), torch.float32),
        (LIParameters(200.0, 100, 0.0), torch.float64),
        (LIParameters.from_tau(), torch.float64),
        (LIParameters(*torch.tensor([200.0, 100, 0]).bfloat16()), torch.bfloat16),
        (LIParameters(*torch.tensor([[200.0], [100], [0]]).half()), torch.float16),
    ],
)
def test_the_entries_have_the_dtype_of_the_parameters(method, p, dtype):
    m = method(p, 0.001)

    assert [x.dtype for x in m] == [dtype] * 3
    # Euler's are .9, .1 and .8; 1 ms is too short for any method to depart by more than .04.
    assert torch.stack([*m]).double().flatten().tolist() == pytest.approx([0.9, 0.1, 0.8], abs=0.04)


@pytest.mark.parametrize("method", METHODS)
def test_a_leak_voltage_changes_no_entry(method):
    p = LIParameters.from_tau()

    assert method(p._replace(v_leak=-0.065), 0.001) == method(p, 0.001)


@pytest.mark.parametrize("method", METHODS)
def test_a_method_writes_to_no_argument(method):
    torch.manual_seed(1)
    p, t = LIParameters(*torch.rand(3, 5)), torch.rand(5)
    before = [x.clone() for x in (*p, t)]

    m = method(p, t)
    for x in m:
        x.add_(1)

    assert all(map(torch.equal, before, (*p, t)))


@pytest.mark.parametrize("method", METHODS)
def test_meta_parameters_give_shapes_without_a_value_read(method):
    m = method(LIParameters(*torch.empty(3, 5, device="meta")), torch.empty(7, 1, device="meta"))

    assert [x.shape for x in m] == [(7, 5)] * 3
    assert [x.device.type for x in m] == ["meta"] * 3


@pytest.mark.slow  # one is in the graph of a compiled simulation on every change
@pytest.mark.parametrize("method", METHODS)
def test_a_compiled_method_is_the_method_without_a_graph_break(method):
    torch.compiler.reset()
    p = LIParameters.from_tau(number([5e-3, 1e-2]), number([1e-2, 1e-2]))

    m = torch.compile(method, backend="aot_eager", fullgraph=True)(p, 0.001)

    torch.testing.assert_close(torch.stack([*m]), torch.stack([*method(p, 0.001)]), rtol=4e-16, atol=0)


@pytest.mark.parametrize("method", METHODS)
def test_vmap_maps_one_field_of_the_parameters_or_the_step(method):
    tau_mem_inv, t = number([50.0, 100, 200]), number([1e-4, 1e-3])
    p = LIParameters.from_tau()._replace(tau_mem_inv=tau_mem_inv)

    m = vmap(vmap(method, in_dims=(LIParameters(None, 0, None), None)), in_dims=(None, 0))(p, t)

    want = method(p, t[:, None])
    torch.testing.assert_close(m.v_from_i, want.v_from_i, rtol=4e-16, atol=0)
    torch.testing.assert_close(m.v_from_v, want.v_from_v, rtol=4e-16, atol=0)


@pytest.mark.parametrize("method", METHODS)
def test_the_derivative_by_time_at_the_start_is_the_slope(method):
    # dM/dt -> A as t -> 0, for each method.
    d = jacrev(lambda t: method(LIParameters.from_tau(), t))(number(1e-9))

    assert torch.stack([*d]).tolist() == pytest.approx([-100, 100, -200], rel=1e-6)


def test_jacrev_of_exact_by_the_parameters_is_the_analytic_derivative():
    d = jacrev(lambda p: exact(p, 0.001))(LIParameters.from_tau(0.01, 0.01))

    # At a = b = 0.1: M_vi = a (e^-a - e^-b) / (b - a), and da / d(1/tau) = dt.
    decay = math.exp(-0.1)
    assert d.v_from_v.tau_mem_inv.item() == pytest.approx(-0.001 * decay, rel=1e-15)
    assert d.v_from_i.tau_mem_inv.item() == pytest.approx(0.001 * decay * (1 - 0.1 / 2), rel=1e-14)
    assert d.v_from_i.tau_syn_inv.item() == pytest.approx(-0.001 * decay * 0.1 / 2, rel=1e-14)
    assert d.i_from_i.tau_mem_inv.item() == 0
    assert d.v_from_i.v_leak.item() == 0


# -- What cannot be meant --------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("p", "dt", "error", "words"),
    [
        (LIParameters(), 0, ValueError, "dt must be a finite number of seconds above 0, got 0"),
        (LIParameters(), -0.001, ValueError, "dt must be .* got -0.001"),
        (LIParameters(), math.nan, ValueError, "dt must be .* got nan"),
        (LIParameters(), math.inf, ValueError, "dt must be .* got inf"),
        (LIParameters(), number([0.0, 0.001]), ValueError, r"dt must be .* got \[0, 0.001\]"),
        (LIParameters(), True, TypeError, "dt must be .* got True of type bool"),
        (LIParameters(), "1ms", TypeError, "dt must be .* got '1ms'"),
        (LIParameters(), None, TypeError, "dt must be .* got None"),
        (LIParameters(), [0.001], TypeError, r"dt must be .* got \[0.001\]"),
        (LIParameters(tau_mem_inv=-1.0), 0.001, ValueError, "p.tau_mem_inv must be .* got -1"),
        (LIParameters(tau_syn_inv=math.inf), 0.001, ValueError, "p.tau_syn_inv must be .* got inf"),
        (LIParameters(v_leak=number(math.nan)), 0.001, ValueError, "p.v_leak must be finite, got nan"),
        (LIParameters(tau_mem_inv=torch.tensor(1)), 0.001, TypeError, "p.tau_mem_inv must .* torch.int64"),
        ((200.0, 100.0, 0.0), 0.001, TypeError, "p must be LIParameters, got tuple"),
        (None, 0.001, TypeError, "p must be LIParameters, got NoneType"),
    ],
)
def test_a_method_refuses_what_cannot_be_meant(method, p, dt, error, words):
    with pytest.raises(error, match=words):
        method(p, dt)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("method", METHODS)
def test_a_method_itself_warns_of_nothing(method):
    m = method(LIParameters(tau_syn_inv=1e-9, tau_mem_inv=1e9), 1.0)

    assert all(map(torch.is_tensor, m))
