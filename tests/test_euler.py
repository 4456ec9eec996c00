import math
import os
import subprocess
import sys
import warnings

import mpmath
import pytest
import torch
from torch.func import jacrev, vmap

from leakyedu import LIParameters, LIState, li_feed_forward_step, li_step, methods

with warnings.catch_warnings():
    # Norse's other neurons are compiled at import with what torch 2.13 calls deprecated.
    warnings.filterwarnings("ignore", message="`torch.jit.script` is deprecated", category=DeprecationWarning)
    from norse.torch.functional import leaky_integrator as norse

EPS = torch.finfo(torch.float64).eps
DTYPES = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
# Draws of a test against Norse, in groups of one seed each.
GROUPS, STEPS_PER_GROUP = 10, 1000


def seeds(first):
    """Return one seed a group; the first two are enough to find a bug."""
    later = range(first + 2, first + GROUPS)
    return [first, first + 1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in later)]


def at_rest(*shape, dtype=torch.float32, device=None):
    return LIState(*torch.zeros(2, *shape, dtype=dtype, device=device))


def random_state(*shape, dtype=torch.float64, seed=1):
    return LIState(*torch.randn(2, *shape, dtype=dtype, generator=torch.Generator().manual_seed(seed)))


def random_steps(seed):
    """Yield the arguments of valid steps: any shape, scale and kind of parameter; float32."""
    g = torch.Generator().manual_seed(seed)

    def pick(*choices):
        return choices[int(torch.randint(len(choices), (), generator=g))]

    def between(low, high, shape=()):
        exponent = torch.empty(shape).uniform_(math.log10(low), math.log10(high), generator=g)
        return torch.where(torch.rand(shape, generator=g) < 0.02, 0.0, 10**exponent)

    for _ in range(STEPS_PER_GROUP):
        neurons, batch = pick(1, 2, 3, 8, 17, 64), pick(1, 2, 5)
        shape = pick((neurons,), (batch, neurons), (2, batch, neurons))
        per_what = pick((), (neurons,), (shape[0], *(1,) * (len(shape) - 1)))
        dt = pick(0.001, 10 ** pick(-5.0, -3.7, -2.1), torch.full((neurons,), 3e-4), torch.tensor(2e-3))
        scale = pick(1e-3, 1.0, 1e3)
        yield (
            scale * torch.randn(*shape, generator=g) * (torch.rand(shape, generator=g) < pick(0.1, 1.0)),
            scale * torch.randn(2, *pick(shape, shape, ()), generator=g),
            (
                between(1, 1e4, per_what),
                between(1, 1e4, pick((), per_what)),
                torch.randn(per_what, generator=g),
            ),
            dt,
            torch.randn(neurons, pick(1, 4, 9), generator=g),
            shape[:-1],
            g,
        )


def same_bits(ours, theirs):
    return (
        ours[0] is ours[1].v
        and torch.equal(ours[1].v, theirs[1].v)
        and torch.equal(ours[1].i, theirs[1].i)
        and ours[1].v.dtype is ours[1].i.dtype is torch.float32
        # Equal to the sign of a zero.
        and torch.equal(ours[1].v.signbit(), theirs[1].v.signbit())
        and torch.equal(ours[1].i.signbit(), theirs[1].i.signbit())
    )


# -- Norse -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", seeds(0))
def test_ten_thousand_feed_forward_steps_are_those_of_norse_bit_for_bit(seed, measured):
    steps = list(random_steps(seed))

    same = [
        same_bits(
            li_feed_forward_step(x, LIState(*y), LIParameters(*p), dt),
            norse.li_feed_forward_step(x, norse.LIState(*y), norse.LIParameters(*p), dt),
        )
        for x, y, p, dt, *_ in steps
    ]

    measured(
        1, "float32 li_feed_forward_step, steps that differ from Norse's", same.count(False), of=len(same)
    )
    assert len(same) == STEPS_PER_GROUP
    assert same.count(False) == 0, steps[same.index(False)]


@pytest.mark.parametrize("seed", seeds(GROUPS))
def test_ten_thousand_weighted_steps_are_those_of_norse_bit_for_bit(seed, measured):
    torch.set_num_threads(1)  # for products this small a second thread costs more than it does
    steps = [
        (torch.rand(*lead, w.shape[1], generator=g).round(), y, w, p, dt)
        for _, y, p, dt, w, lead, g in random_steps(seed)
    ]

    same = [
        same_bits(
            li_step(s, LIState(*y), w, LIParameters(*p), dt),
            norse.li_step(s, norse.LIState(*y), w, norse.LIParameters(*p), dt),
        )
        for s, y, w, p, dt in steps
    ]

    measured(1, "float32 li_step, steps that differ from Norse's", same.count(False), of=len(same))
    assert len(same) == STEPS_PER_GROUP
    assert same.count(False) == 0, steps[same.index(False)]


def test_the_defaults_are_those_of_norse():
    assert LIParameters._fields == norse.LIParameters._fields
    assert LIState._fields == norse.LIState._fields
    assert torch.equal(torch.stack([*LIParameters()]), torch.stack([*norse.LIParameters()]))
    assert LIParameters().tau_mem_inv.dtype is norse.LIParameters().tau_mem_inv.dtype


def test_the_parameters_and_the_state_of_norse_are_understood():
    x, y = torch.ones(3), torch.randn(2, 3, generator=torch.Generator().manual_seed(1))

    _, state = li_feed_forward_step(x, norse.LIState(*y), norse.LIParameters())

    assert torch.equal(state.v, li_feed_forward_step(x, LIState(*y))[0])
    assert type(state) is LIState


def test_a_float64_state_is_right_where_norse_with_its_float32_parameters_is_not(measured):
    x, state = torch.ones(1, dtype=torch.float64), at_rest(1, dtype=torch.float64)

    ours, _ = li_feed_forward_step(x, state)
    theirs, _ = norse.li_feed_forward_step(x, state)

    measured(1, "a float64 step with the default parameters, in eps", abs(ours.item() - 0.1) / 0.1 / EPS)
    measured(1, "that of Norse, relative", abs(theirs.item() - 0.1) / 0.1)
    assert abs(ours.item() - 0.1) <= EPS * 0.1
    assert 1e-9 < abs(theirs.item() - 0.1) < 2e-9  # 1.5e-8 of 0.1
    assert ours.dtype is torch.float64


# -- Numbers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("dtype", "rtol"), [(torch.float32, 3e-7), (torch.float64, 1e-14)])
def test_a_unit_jump_gives_the_golden_values(dtype, rtol):
    state = at_rest(dtype=dtype)
    jumps = torch.tensor([1.0, 0, 0, 0, 0, 0], dtype=dtype)

    states = [state := li_feed_forward_step(x, state)[1] for x in jumps]

    v, i = torch.stack([s.v for s in states]), torch.stack([s.i for s in states])
    golden_v = torch.tensor([0.1, 0.17, 0.217, 0.2465, 0.26281, 0.269297], dtype=dtype)
    golden_i = torch.tensor([0.8, 0.64, 0.512, 0.4096, 0.32768, 0.262144], dtype=dtype)
    torch.testing.assert_close(v, golden_v, rtol=rtol, atol=0)
    torch.testing.assert_close(i, golden_i, rtol=rtol, atol=0)


def test_an_input_that_jumps_last_would_come_one_step_later():
    _, first = li_feed_forward_step(torch.ones(1), at_rest(1))

    assert first.v.item() == pytest.approx(0.1, rel=1e-6)  # old current: 0
    assert first.i.item() == pytest.approx(0.8, rel=1e-6)  # not decayed: 1


# tau_syn, tau_mem, dt; from 3 % to 1e-6 of the shorter time constant.
CONSTANTS = [(5e-3, 1e-2, 1e-4), (1e-2, 5e-3, 1e-4), (1e-2, 1e-2, 1e-4), (1 / 3000, 1e-2, 1e-5)]


def closed_form(tau_syn_inv, tau_mem_inv, dt, n):
    """Return v and i after n steps of Euler's method, from a unit jump in the first."""
    with mpmath.workdps(50):
        a, b = mpmath.mpf(dt * tau_mem_inv), mpmath.mpf(dt * tau_syn_inv)
        q, p = 1 - a, 1 - b
        v = n * a * q ** (n - 1) if p == q else a * (q**n - p**n) / (q - p)
        return float(v), float(p**n)


def run(p, dt, n):
    state = at_rest(len(p.tau_mem_inv), dtype=torch.float64)
    zero = torch.zeros_like(state.v)
    _, state = li_feed_forward_step(zero + 1, state, p, dt)
    for _ in range(n - 1):
        _, state = li_feed_forward_step(zero, state, p, dt)
    return state


@pytest.mark.parametrize("n", [1, 2, 3, 50, 400])
@pytest.mark.parametrize(("tau_syn", "tau_mem", "dt"), CONSTANTS)
def test_many_steps_are_the_closed_form(tau_syn, tau_mem, dt, n, measured):
    p = LIParameters.from_tau(*torch.tensor([[tau_syn], [tau_mem]], dtype=torch.float64))

    state = run(p, dt, n)

    v, i = closed_form(p.tau_syn_inv.item(), p.tau_mem_inv.item(), dt, n)
    error = max(abs(state.v.item() / v - 1), abs(state.i.item() / i - 1))
    measured(4, "up to 400 steps of Euler against the closed form, relative (at most 1e-12)", error)
    assert state.v.item() == pytest.approx(v, rel=1e-12, abs=0)
    assert state.i.item() == pytest.approx(i, rel=1e-12, abs=0)


@pytest.mark.parametrize("n", [20_000, pytest.param(1_000_000, marks=pytest.mark.thorough)])
def test_steps_by_the_thousand_and_the_million_are_the_closed_form(n, measured):
    # Ten milliseconds; each neuron has its own time constants, equal ones among them.
    dt = 1e-2 / n
    tau_syn, tau_mem = torch.tensor([[5e-3, 1e-2, 1e-2, 7e-3], [1e-2, 5e-3, 1e-2, 9e-3]], dtype=torch.float64)
    p = LIParameters.from_tau(tau_syn, tau_mem)

    state = run(p, dt, n)

    want = [
        closed_form(b, a, dt, n) for b, a in zip(p.tau_syn_inv.tolist(), p.tau_mem_inv.tolist(), strict=True)
    ]
    v, i = torch.tensor(want, dtype=torch.float64).T
    error = torch.cat([state.v / v - 1, state.i / i - 1]).abs().max()
    measured(4, f"{n:,} steps of Euler against the closed form, relative (at most 1e-12)", error, of=len(v))
    torch.testing.assert_close(state.v, v, rtol=1e-12, atol=0)
    torch.testing.assert_close(state.i, i, rtol=1e-12, atol=0)


@pytest.mark.parametrize("own", [(), (5000,)], ids=["one for all", "one each"])
@pytest.mark.parametrize(
    ("name", "step", "spikes"),
    [
        (
            "li_feed_forward_step",
            lambda s, y, w, p, dt: li_feed_forward_step(w[:, 0], y, p, dt),
            [1.0],
        ),
        ("li_step", li_step, [0.3, -1.2, 1.0]),
    ],
    ids=["alone", "weighted"],
)
def test_float64_steps_are_within_four_eps_of_mpmath(name, step, spikes, own, measured):
    n, g = 5000, torch.Generator().manual_seed(7)
    weights = torch.randn(n, len(spikes), dtype=torch.float64, generator=g)
    v, i = torch.randn(2, n, dtype=torch.float64, generator=g)
    v_leak = torch.randn(own, dtype=torch.float64, generator=g)
    tau_syn_inv, tau_mem_inv = 10 ** (4 * torch.rand(2, *own, dtype=torch.float64, generator=g))
    dt = 10 ** (-5 + 3 * torch.rand(own, dtype=torch.float64, generator=g))
    s = torch.tensor(spikes, dtype=torch.float64)
    # A plain number where it is one for all: its coefficients take another way.
    p, seconds = LIParameters(tau_syn_inv, tau_mem_inv, v_leak), dt if own else dt.item()

    _, state = step(s, LIState(v, i), weights, p, seconds)

    with mpmath.workdps(60):
        v, i, b, a, v_leak, dt, v_got, i_got = (
            [mpmath.mpf(y) for y in z.expand(n).tolist()]
            for z in (v, i, tau_syn_inv, tau_mem_inv, v_leak, dt, state.v, state.i)
        )
        terms = [[mpmath.mpf(y) * z for y, z in zip(spikes, row, strict=True)] for row in weights.tolist()]
        x, size = [sum(row) for row in terms], [sum(map(abs, row)) for row in terms]
        # The scale is the largest term: v and the drive may cancel, and their roundings do not.
        errors = [
            max(
                abs(v_got[k] - (v[k] + dt[k] * a[k] * (v_leak[k] - v[k] + i[k] + x[k])))
                / max(abs(v[k]), dt[k] * a[k] * (abs(v_leak[k]) + abs(v[k]) + abs(i[k]) + size[k])),
                abs(i_got[k] - (1 - dt[k] * b[k]) * (i[k] + x[k]))
                / max(1, dt[k] * b[k])
                / (abs(i[k]) + size[k]),
            )
            for k in range(n)
        ]
    measured(1, f"float64 {name} against mpmath, in eps (at most 4)", max(errors) / EPS, of=n)
    assert max(errors) <= 4 * EPS, f"worst: {float(max(errors) / EPS):.2f} eps"


def test_an_infinite_synaptic_time_constant_holds_the_current():
    p = LIParameters(tau_syn_inv=torch.tensor(0.0))
    state = LIState(v=torch.zeros(2), i=torch.tensor([0.7, -1.3]))

    _, after = li_feed_forward_step(torch.zeros(2), state, p)

    assert torch.equal(after.i, state.i)


def test_an_infinite_membrane_time_constant_holds_the_voltage():
    p = LIParameters(tau_mem_inv=torch.tensor(0.0))
    state = LIState(v=torch.tensor([0.7, -1.3]), i=torch.ones(2))

    after, _ = li_feed_forward_step(torch.ones(2), state, p)

    assert torch.equal(after, state.v)


def test_a_neuron_at_its_leak_voltage_stays_there():
    p = LIParameters(v_leak=torch.tensor(-0.065))

    v, _ = li_feed_forward_step(torch.zeros(3), LIState(torch.full((3,), -0.065), torch.zeros(3)), p)

    assert torch.equal(v, torch.full((3,), -0.065))


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_non_finite_input_reaches_its_own_neuron_only(bad):
    v, state = li_feed_forward_step(torch.tensor([1.0, bad, 1.0]), at_rest(3))

    assert v.isfinite().tolist() == [True, False, True]
    assert state.i.isfinite().tolist() == [True, False, True]


@pytest.mark.parametrize(
    "p",
    [
        LIParameters.from_tau(),
        LIParameters.from_tau(torch.tensor([1e-3, 5e-3, 9e-3], dtype=torch.float64), 1 / 300, -0.065),
        LIParameters.from_tau(0.004, torch.tensor([[1e-3], [2e-2]], dtype=torch.float64), 1.0),
    ],
)
@pytest.mark.parametrize("dt", [1e-4, 1e-3, 1.7e-2])
def test_the_step_is_the_matrix_of_the_method_euler(p, dt):
    # The contract and methods.euler hold each other.
    x, state = random_state(2, 3, seed=3).v, random_state(2, 3)

    v, after = li_feed_forward_step(x, state, p, dt)

    m = methods.euler(p, dt)
    torch.testing.assert_close(
        v, m.v_from_v * (state.v - p.v_leak) + m.v_from_i * (state.i + x) + p.v_leak, rtol=0, atol=4e-14
    )
    torch.testing.assert_close(after.i, m.i_from_i * (state.i + x), rtol=0, atol=4e-14)


# -- dtypes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("parameter_dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (3,)])
def test_the_output_has_the_dtype_of_the_state(dtype, parameter_dtype, shape):
    p = LIParameters(*(torch.full(shape, x, dtype=parameter_dtype) for x in (200.0, 100.0, 0.0)))
    dt = torch.full(shape, 0.001, dtype=parameter_dtype)

    v, state = li_feed_forward_step(torch.ones(3, dtype=dtype), at_rest(3, dtype=dtype), p, dt)

    assert v.dtype is state.v.dtype is state.i.dtype is dtype
    eps = max(torch.finfo(dtype).eps, torch.finfo(parameter_dtype).eps)
    torch.testing.assert_close(v.double(), torch.full((3,), 0.1, dtype=torch.float64), rtol=2 * eps, atol=0)
    torch.testing.assert_close(
        state.i.double(), torch.full((3,), 0.8, dtype=torch.float64), rtol=2 * eps, atol=0
    )


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("shape", [(), (300,)])
def test_a_half_precision_step_is_rounded_once(dtype, shape):
    # Coefficients in float32: the half precision result is the float32 one, rounded.
    x, v, i = torch.randn(3, 300, generator=torch.Generator().manual_seed(1)).to(dtype)
    p = LIParameters(*(torch.full(shape, y) for y in (123.4, 67.8, 0.0)))

    _, half = li_feed_forward_step(x, LIState(v, i), p)

    _, single = li_feed_forward_step(x.float(), LIState(v.float(), i.float()), p)
    eps = torch.finfo(dtype).eps
    assert ((half.v.float() - single.v).abs() <= 2 * eps * (1 + single.v.abs())).all()
    assert ((half.i.float() - single.i).abs() <= 2 * eps * (1 + single.i.abs())).all()


@pytest.mark.parametrize(
    "spikes", [torch.tensor([True, False]), torch.tensor([1, 0]), torch.tensor([1, 0]).byte()]
)
@pytest.mark.parametrize("dtype", DTYPES)
def test_bool_and_integer_inputs_are_spikes(spikes, dtype):
    weights = torch.tensor([[0.5, 3.0]], dtype=dtype)

    fed, _ = li_feed_forward_step(spikes, at_rest(2, dtype=dtype))
    weighted, _ = li_step(spikes, at_rest(1, dtype=dtype), weights)

    assert torch.equal(fed, li_feed_forward_step(spikes.to(dtype), at_rest(2, dtype=dtype))[0])
    assert fed[0] > 0
    assert fed[1] == 0
    assert torch.equal(weighted, fed[:1] / 2)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_numbers_as_parameters_are_float64_ones(dtype):
    x, state = torch.ones(2, dtype=dtype), at_rest(2, dtype=dtype)
    numbers = (1 / 3e-4, 1 / 7e-3, -0.065)

    _, after = li_feed_forward_step(x, state, LIParameters(*numbers))

    tensors = LIParameters(*(torch.tensor(y, dtype=torch.float64) for y in numbers))
    assert torch.equal(after.v, li_feed_forward_step(x, state, tensors)[0])
    assert after.i.dtype is dtype


def test_an_integer_is_a_length_of_step_too():
    p = LIParameters.from_tau(tau_syn=50.0, tau_mem=100.0)

    v, _ = li_feed_forward_step(torch.ones(1), at_rest(1), p, dt=1)

    assert v.item() == pytest.approx(0.01, rel=1e-6)


@pytest.mark.parametrize("dt_dtype", DTYPES)
def test_a_step_length_of_few_digits_does_not_take_any_from_the_coefficients(dt_dtype):
    # dt is 2^-10 s, exact in any dtype; its product with 1/tau is not.
    dt = torch.full((2,), 2.0**-10, dtype=dt_dtype)
    x, state = torch.ones(2, dtype=torch.float64), at_rest(2, dtype=torch.float64)
    p = LIParameters.from_tau(1 / 300, 1 / 1234.5)

    v, after = li_feed_forward_step(x, state, p, dt)

    torch.testing.assert_close(v, torch.full_like(v, 1234.5 / 1024), rtol=2 * EPS, atol=0)
    torch.testing.assert_close(after.i, torch.full_like(v, 1 - 300 / 1024), rtol=2 * EPS, atol=0)


# -- Shapes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "v", "i"),
    [
        ((), (), ()),
        ((3,), (), ()),
        ((3,), (3,), ()),
        ((3,), (), (3,)),
        ((4, 3), (), ()),
        ((2, 4, 3), (2, 4, 3), ()),
        ((0,), (0,), (0,)),
        ((0, 3), (0, 3), ()),
    ],
)
def test_a_result_has_the_shape_of_the_input(x, v, i):
    after, state = li_feed_forward_step(torch.zeros(x), LIState(torch.zeros(v), torch.zeros(i)))

    assert after.shape == state.v.shape == state.i.shape == x


@pytest.mark.parametrize("shape", [(3,), (4, 1), (4, 3), (1,)])
@pytest.mark.parametrize("field", LIParameters._fields)
def test_a_parameter_per_neuron_or_per_batch_row_acts_on_its_own(field, shape):
    x, state = torch.ones(4, 3), at_rest(4, 3)
    values = 1 + torch.arange(math.prod(shape)).reshape(shape) / 7

    v, after = li_feed_forward_step(x, state, LIParameters(**{field: values}))

    each = [
        li_feed_forward_step(torch.tensor(1.0), at_rest(), LIParameters(**{field: y}))[1]
        for y in values.expand(4, 3).flatten()
    ]
    assert torch.equal(v.flatten(), torch.stack([s.v for s in each]))
    assert torch.equal(after.i.expand(4, 3).flatten(), torch.stack([s.i for s in each]))


@pytest.mark.parametrize("shape", [(), (3,), (4, 1)])
def test_a_step_length_per_neuron_acts_on_its_own(shape):
    dt = 1e-3 * (1 + torch.arange(math.prod(shape)).reshape(shape))

    v, after = li_feed_forward_step(torch.ones(4, 3), at_rest(4, 3), dt=dt)

    torch.testing.assert_close(v, (100 * dt).expand(4, 3), rtol=3e-7, atol=0)
    torch.testing.assert_close(after.i, (1 - 200 * dt).expand(4, 3), rtol=1e-6, atol=1e-6)


def test_weights_of_a_batch_are_a_product_per_row():
    spikes = torch.tensor([[1.0, 0, 1], [0, 1, 0]])
    weights = torch.tensor([[1.0, 2, 4], [0.5, 0.25, 0]])

    v, _ = li_step(spikes, at_rest(2, 2), weights)

    torch.testing.assert_close(v, 0.1 * torch.tensor([[5.0, 0.5], [2, 0.25]]), rtol=3e-7, atol=0)


# -- Memory and devices ----------------------------------------------------------------------------


def test_the_arguments_are_never_written_to():
    torch.manual_seed(1)
    p = LIParameters(torch.rand(3) * 100, torch.rand(3) * 100, torch.rand(3))
    dt = torch.full((3,), 0.001)
    arguments = [
        torch.rand(2, 3),
        *random_state(2, 3, dtype=torch.float32),
        *p,
        dt,
        torch.rand(3, 5),
        torch.rand(2, 5),
    ]
    before = [(y.clone(), y._version) for y in arguments]

    li_feed_forward_step(arguments[0], LIState(*arguments[1:3]), p, dt)
    li_step(arguments[-1], LIState(*arguments[1:3]), arguments[-2], p, dt)

    after = [(y, y._version) for y in arguments]
    assert all(torch.equal(x, y) and m == n for (x, m), (y, n) in zip(before, after, strict=True))


@pytest.mark.parametrize(
    "p",
    [
        LIParameters(),
        LIParameters(*torch.zeros(3)),
        LIParameters(0.0, 0.0, 0.0),
        LIParameters(*torch.zeros(3, 3)),
    ],
)
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_output_shares_no_memory_with_anything(p, dtype):
    x, state = torch.zeros(3, dtype=dtype), at_rest(3, dtype=dtype)

    v, after = li_feed_forward_step(x, state, p)

    tensors = [after.v, after.i, x, state.v, state.i, *filter(torch.is_tensor, p)]
    pointers = [y.untyped_storage().data_ptr() for y in tensors]
    assert v is after.v
    assert pointers[0] not in pointers[1:]
    assert pointers[1] not in pointers[2:]


def test_the_default_parameters_stay_what_they_are():
    before = [x.clone() for x in LIParameters()]

    v, state = li_feed_forward_step(torch.ones(2), at_rest(2))
    v.mul_(7)
    state.i.mul_(7)

    assert all(map(torch.equal, before, LIParameters()))
    assert li_feed_forward_step.__defaults__[0] == LIParameters()


def test_non_contiguous_arguments_are_as_good_as_contiguous_ones():
    x, state = random_state(3, 4, seed=3).v.T, LIState(*(y.T for y in random_state(3, 4)))

    v, after = li_feed_forward_step(x, state)

    _, plain = li_feed_forward_step(x.contiguous(), LIState(*(y.contiguous() for y in state)))
    assert torch.equal(v, plain.v)
    assert torch.equal(after.i, plain.i)


def test_a_meta_step_knows_its_shape_without_reading_a_value():
    p = LIParameters(*torch.empty(3, 5, device="meta"))

    v, state = li_feed_forward_step(torch.empty(2, 5, device="meta"), at_rest(2, 5, device="meta"), p)
    w, _ = li_step(
        torch.empty(2, 7, device="meta"), at_rest(2, 5, device="meta"), torch.empty(5, 7, device="meta")
    )

    assert v.shape == w.shape == state.i.shape == (2, 5)
    assert v.device.type == w.device.type == state.i.device.type == "meta"


@pytest.mark.parametrize("dtype", DTYPES)
def test_one_and_two_threads_give_the_same_bits(dtype, measured):
    x, state = random_state(200_000, dtype=dtype, seed=3).v, random_state(200_000, dtype=dtype)

    torch.set_num_threads(1)
    _, one = li_feed_forward_step(x, state)
    torch.set_num_threads(2)
    _, two = li_feed_forward_step(x, state)

    differ = int((one.v != two.v).sum() + (one.i != two.i).sum())
    measured(10, "numbers of a step that differ between 1 and 2 threads", differ, of=2 * len(x))
    assert differ == 0


# The last line but one is a control: lerp has other bits with fused multiply-add than without.
CAPABILITY = """
import hashlib, torch
from leakyedu import LIParameters, LIState, li_feed_forward_step
def digest(*tensors):
    return hashlib.sha256(b"".join(y.view(torch.uint8).numpy().tobytes() for y in tensors)).hexdigest()
g = torch.Generator().manual_seed(1)
for dtype in (torch.float16, torch.bfloat16, torch.float32, torch.float64):
    x, v, i = torch.rand(3, 1003, generator=g).to(dtype)
    own = LIParameters(*(torch.rand(3, 1003, generator=g) * 300))
    for p in (LIParameters(), own):
        print(digest(*li_feed_forward_step(x, LIState(v, i), p, dt=3e-4)[1]))
print(digest(torch.lerp(*torch.rand(3, 1003, generator=g))))
print(torch.backends.cpu.get_cpu_capability())
"""


@pytest.mark.slow
def test_each_instruction_set_of_the_processor_gives_the_same_bits(measured):
    printed = [
        subprocess.run(
            [sys.executable, "-c", CAPABILITY],
            env=os.environ | {"ATEN_CPU_CAPABILITY": capability},
            capture_output=True,
            check=True,
            text=True,
        ).stdout.split()
        for capability in ("default", "avx2", "avx512")
    ]

    *steps, controls, sets = zip(*printed, strict=True)
    claim = f"results of a step that differ between instruction sets ({', '.join(sorted({*sets}))})"
    measured(10, claim, sum(len({*digests}) - 1 for digests in steps), of=len(steps))
    measured(10, "other results that do, of one torch.lerp", len({*controls}) - 1)
    assert [len({*digests}) for digests in steps] == [1] * 8
    # An older processor has fewer sets than three; one without any vectors would have one of each.
    assert len({*controls}) >= min(2, len({*sets}))


# -- Gradients and transforms ----------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(), (3,), (2, 1)])
def test_gradients_of_all_arguments_hold(shape):
    g = torch.Generator().manual_seed(1)
    x, v, i = torch.randn(3, 2, 3, dtype=torch.float64, generator=g)
    constants = 1 + torch.rand(4, *shape, dtype=torch.float64, generator=g)

    def step(x, v, i, tau_syn_inv, tau_mem_inv, v_leak, dt):
        return li_feed_forward_step(x, LIState(v, i), LIParameters(tau_syn_inv, tau_mem_inv, v_leak), dt)[1]

    arguments = [y.detach().clone().requires_grad_() for y in (x, v, i, *constants)]
    assert torch.autograd.gradcheck(step, arguments)
    assert torch.autograd.gradgradcheck(step, arguments)


def test_gradients_of_spikes_and_weights_hold(measured):
    g = torch.Generator().manual_seed(1)
    spikes = torch.rand(2, 4, dtype=torch.float64, generator=g).requires_grad_()
    weights = torch.rand(3, 4, dtype=torch.float64, generator=g).requires_grad_()

    holds = torch.autograd.gradcheck(lambda s, w: li_step(s, random_state(2, 3), w)[1], (spikes, weights))
    measured(7, "gradcheck of li_step, spikes and weights, failed", not holds)
    assert holds


def test_no_gradient_is_asked_for_where_none_was():
    v, state = li_feed_forward_step(torch.ones(2), at_rest(2))

    assert not v.requires_grad
    assert not state.i.requires_grad


OWN = LIParameters.from_tau(tau_mem=torch.tensor([1e-2, 2e-2, 3e-2]))


@pytest.mark.parametrize(
    ("backend", "p"),
    [
        ("eager", LIParameters()),
        pytest.param("eager", OWN, marks=pytest.mark.slow),
        pytest.param("aot_eager", LIParameters(), marks=pytest.mark.slow),
        pytest.param("aot_eager", OWN, marks=pytest.mark.slow),
    ],
)
def test_a_compiled_step_is_the_step_without_a_graph_break(backend, p):
    torch.compiler.reset()
    x, state, w = torch.ones(2, 3), random_state(2, 3, dtype=torch.float32), torch.eye(3) + 0.1

    fed, _ = torch.compile(li_feed_forward_step, backend=backend, fullgraph=True)(x, state, p)
    weighted, _ = torch.compile(li_step, backend=backend, fullgraph=True)(x, state, w, p)

    torch.testing.assert_close(fed, li_feed_forward_step(x, state, p)[0], rtol=0, atol=1e-6)
    torch.testing.assert_close(weighted, li_step(x, state, w, p)[0], rtol=0, atol=1e-6)


def test_vmap_maps_one_field_of_the_parameters():
    tau_mem_inv = torch.tensor([50.0, 100, 200])
    p = LIParameters(tau_mem_inv=tau_mem_inv)
    x, state = torch.ones(2), random_state(2, dtype=torch.float32)

    v, after = vmap(li_feed_forward_step, in_dims=(None, None, LIParameters(None, 0, None)))(x, state, p)

    each = [li_feed_forward_step(x, state, LIParameters(tau_mem_inv=y))[0] for y in tau_mem_inv]
    assert torch.equal(v, torch.stack(each))
    assert after.v.shape == (3, 2)


def test_jacrev_of_the_state_is_the_matrix_of_euler():
    state, p = random_state(), LIParameters.from_tau()

    jacobian = jacrev(lambda s: li_feed_forward_step(torch.zeros_like(s.v), s, p)[1])(state)

    m = methods.euler(p, 0.001)
    torch.testing.assert_close(
        torch.stack([*jacobian.v]), torch.stack([m.v_from_v, m.v_from_i]), rtol=1e-15, atol=0
    )
    torch.testing.assert_close(
        torch.stack([*jacobian.i]), torch.stack([0 * m.i_from_i, m.i_from_i]), rtol=1e-15, atol=0
    )


def test_jacrev_gives_the_derivative_of_each_parameter():
    state = LIState(*torch.tensor([0.3, 0.5], dtype=torch.float64))

    d = jacrev(lambda p: li_feed_forward_step(torch.zeros_like(state.v), state, p)[0])(
        LIParameters.from_tau()
    )

    assert d.tau_syn_inv.item() == 0
    assert d.tau_mem_inv.item() == pytest.approx(0.001 * (0.5 - 0.3), rel=1e-15)
    assert d.v_leak.item() == pytest.approx(0.1, rel=1e-15)


# -- What cannot be meant --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dt", "error", "words"),
    [
        (-0.001, ValueError, r"dt must be a finite number of seconds above 0, got -0\.001.*dt=0\.001"),
        (0, ValueError, "dt must be .* above 0, got 0"),
        (0.0, ValueError, "dt must be .* above 0, got 0"),
        (math.nan, ValueError, "dt must be a finite .* got nan"),
        (math.inf, ValueError, "dt must be a finite .* got inf"),
        (-math.inf, ValueError, "dt must be a finite .* got -inf"),
        (True, TypeError, "dt must be a number of seconds .* got True of type bool"),
        ("1ms", TypeError, "dt must be a number of seconds .* got '1ms' of type str"),
        (None, TypeError, "dt must be a number of seconds .* got None"),
        ([0.001], TypeError, r"dt must be a number of seconds .* got \[0\.001\] of type list"),
        (0.001j, TypeError, "dt must be a number of seconds .* of type complex"),
        (torch.tensor(1), TypeError, "dt must be .* got torch.int64"),
        (torch.tensor(True), TypeError, "dt must be .* got torch.bool"),
        (torch.tensor(0.001j), TypeError, "dt must be .* got torch.complex64"),
        (torch.tensor(0.0), ValueError, "dt must be .* above 0, got 0"),
        (torch.tensor([0.001, math.nan, 0.001]), ValueError, r"dt must be .* got \[0\.001, nan, 0\.001\]"),
        (
            torch.tensor([0.001, 0.001]),
            ValueError,
            r"of shape \(3,\) and dt of shape \(2,\) do not fit",
        ),
        (torch.full((4, 1), 0.001), ValueError, r"dt of shape \(4, 1\) would grow to \(4, 3\)"),
    ],
)
def test_a_step_of_an_impossible_length_is_refused(dt, error, words):
    with pytest.raises(error, match=words):
        li_feed_forward_step(torch.zeros(3), at_rest(3), dt=dt)
    with pytest.raises(error, match=words):
        li_step(torch.zeros(2), at_rest(3), torch.zeros(3, 2), dt=dt)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ([torch.zeros(3)] * 2, r"state must be an LIState, got list\. Use LIState\(\*state\)"),
        ((torch.zeros(3),) * 2, "state must be an LIState, got tuple"),
        (None, r"state must be an LIState, got NoneType\. Use LIState\(v=torch.tensor\(0.0\)"),
        ({"v": torch.zeros(3), "i": torch.zeros(3)}, "state must be an LIState, got dict"),
        (torch.zeros(2, 3), "state must be an LIState, got Tensor"),
        (LIState(0.0, torch.zeros(3)), "state.v must be a floating tensor, got float"),
        (LIState(torch.zeros(3), None), "state.i must be a floating tensor, got NoneType"),
        (
            LIState(*torch.zeros(2, 3).int()),
            r"state.v must be a floating tensor, got torch.int32.*\.float\(\)",
        ),
        (LIState(torch.zeros(3), torch.zeros(3).bool()), "state.i must be a floating tensor, got torch.bool"),
        (LIState(*torch.zeros(2, 3) * 1j), "state.v must be a floating tensor, got torch.complex64"),
        (
            LIState(torch.zeros(3), torch.zeros(3).double()),
            r"state.v and state.i must share one dtype, got torch.float32 and torch.float64.*state.i.to\(",
        ),
    ],
)
def test_what_is_no_state_is_refused(state, words):
    with pytest.raises(TypeError, match=words):
        li_feed_forward_step(torch.zeros(3), state)
    with pytest.raises(TypeError, match=words):
        li_step(torch.zeros(2), state, torch.zeros(3, 2))


@pytest.mark.parametrize(
    ("x", "words"),
    [
        ([0.0, 0, 0], r"input_tensor must be a tensor, got list. Use torch.as_tensor\(input_tensor\)"),
        (1.0, "input_tensor must be a tensor, got float"),
        (None, "input_tensor must be a tensor, got NoneType"),
        (torch.zeros(3) * 1j, "input_tensor must be real, got torch.complex64"),
        (
            torch.zeros(3).double(),
            r"input_tensor and state must share one dtype, .*float64 and .*float32.*input_tensor.to\(",
        ),
    ],
)
def test_what_is_no_input_is_refused(x, words):
    with pytest.raises(TypeError, match=words):
        li_feed_forward_step(x, at_rest(3))


@pytest.mark.parametrize(
    ("x", "v", "i", "words"),
    [
        ((4, 1), (3,), (3,), r"state.v of shape \(3,\) must have the shape of input_tensor, \(4, 1\), or"),
        ((3,), (4, 1), (4, 1), r"state.v of shape \(4, 1\) must have the shape of input_tensor, \(3,\)"),
        ((3,), (3,), (4, 1), r"state.i of shape \(4, 1\) must have .* \(3,\), or \(\)"),
        ((3,), (4,), (4,), r"state.v of shape \(4,\) must have"),
        ((3,), (3,), (2,), r"state.i of shape \(2,\) must have"),
        ((3,), (1,), (1,), r"state.v of shape \(1,\) must have"),
        ((4, 3), (3,), (3,), r"state.v of shape \(3,\) must have"),
        ((3,), (4, 3), (4, 3), r"state.v of shape \(4, 3\) must have"),
        ((0,), (3,), (3,), r"state.v of shape \(3,\) must have .* \(0,\)"),
        ((), (3,), (3,), r"state.v of shape \(3,\) must have the shape of input_tensor, \(\)\. Use"),
    ],
)
def test_a_state_of_another_size_is_refused_by_name(x, v, i, words):
    with pytest.raises(ValueError, match=words + r".*resting_state\(input_tensor\) for a new batch"):
        li_feed_forward_step(torch.zeros(x), LIState(torch.zeros(v), torch.zeros(i)))


@pytest.mark.parametrize("field", LIParameters._fields)
@pytest.mark.parametrize(
    ("shape", "words"),
    [((4, 1), r"would grow to \(4, 3\)"), ((2,), "do not fit together"), ((2, 3), "would grow")],
)
def test_parameters_that_make_more_neurons_are_refused_by_name(field, shape, words):
    with pytest.raises(ValueError, match=rf"p.{field} of shape \({str(shape)[1:-1]}\) {words}"):
        li_feed_forward_step(torch.zeros(3), at_rest(3), LIParameters(**{field: torch.ones(shape)}))


@pytest.mark.parametrize(
    ("p", "error", "words"),
    [
        (None, TypeError, "p must be LIParameters, got NoneType. Use LIParameters.from_tau"),
        ((200.0, 100.0, 0.0), TypeError, "p must be LIParameters, got tuple"),
        ({"tau_syn_inv": 200.0}, TypeError, "p must be LIParameters, got dict"),
        (LIParameters(v_leak=torch.tensor(math.nan)), ValueError, "p.v_leak must be finite, got nan"),
        (LIParameters(tau_mem_inv=-1.0), ValueError, "p.tau_mem_inv must be finite and at least 0 .* got -1"),
        (LIParameters(tau_syn_inv=torch.tensor(5)), TypeError, "p.tau_syn_inv must be a .* got torch.int64"),
    ],
)
def test_what_are_no_parameters_is_refused(p, error, words):
    with pytest.raises(error, match=words):
        li_feed_forward_step(torch.zeros(3), at_rest(3), p)


@pytest.mark.parametrize(
    ("spikes", "weights", "error", "words"),
    [
        (
            torch.zeros(2),
            torch.zeros(2, 3),
            ValueError,
            r"input_weights must have shape \(neurons, inputs\).* got \(2, 3\) and \(2,\). Transpose .*\.T",
        ),
        (
            torch.zeros(2),
            torch.zeros(2),
            ValueError,
            r"input_weights must have shape .* got \(2,\) and \(2,\)",
        ),
        (
            torch.zeros(2),
            torch.zeros(1, 3, 2),
            ValueError,
            r"input_weights must .* got \(1, 3, 2\) and \(2,\)",
        ),
        (torch.tensor(1.0), torch.zeros(3, 1), ValueError, r"input_weights must .* got \(3, 1\) and \(\)"),
        (
            torch.zeros(2),
            torch.zeros(3, 2).int(),
            TypeError,
            r"input_weights must be floating, got torch.int32",
        ),
        (torch.zeros(2), [[0.0, 0.0]] * 3, TypeError, r"input_weights must be a tensor, got list"),
        (
            torch.zeros(2),
            torch.zeros(3, 2) * 1j,
            TypeError,
            "input_weights must be real, got torch.complex64",
        ),
        ([0.0, 0.0], torch.zeros(3, 2), TypeError, "input_spikes must be a tensor, got list"),
        (torch.zeros(2) * 1j, torch.zeros(3, 2), TypeError, "input_spikes must be real, got torch.complex64"),
        (
            torch.zeros(2).double(),
            torch.zeros(3, 2),
            TypeError,
            "input_spikes and input_weights must share one dtype, got torch.float64 and torch.float32",
        ),
        (
            torch.zeros(2).double(),
            torch.zeros(3, 2).double(),
            TypeError,
            r"input_weights.* and state must share one dtype, got torch.float64 and torch.float32",
        ),
        (
            torch.zeros(2),
            torch.zeros(4, 2),
            ValueError,
            r"state.v of shape \(3,\) must have the shape of \(input_spikes @ input_weights.T\), \(4,\)",
        ),
    ],
)
def test_weights_that_cannot_be_meant_are_refused(spikes, weights, error, words):
    with pytest.raises(error, match=words):
        li_step(spikes, at_rest(3), weights)


def test_a_meta_weight_on_a_cpu_is_refused_before_the_product(monkeypatch):
    monkeypatch.setattr(torch.nn.functional, "linear", lambda *_: pytest.fail("the product was formed"))

    with pytest.raises(
        ValueError, match="input_weights on meta and input_spikes on cpu must share one device"
    ):
        li_step(torch.zeros(2), at_rest(3), torch.zeros(3, 2, device="meta"))


@pytest.mark.parametrize(
    ("x", "state", "p", "name"),
    [
        (torch.zeros(3, device="meta"), at_rest(3), LIParameters(), "input_tensor on meta"),
        (torch.zeros(3), at_rest(3, device="meta"), LIParameters(), "state.v on meta"),
        (
            torch.zeros(3),
            at_rest(3),
            LIParameters(tau_mem_inv=torch.ones(3, device="meta")),
            "p.tau_mem_inv on meta",
        ),
        (
            torch.zeros(3),
            at_rest(3),
            LIParameters(v_leak=torch.tensor(0.0, device="meta")),
            "p.v_leak on meta",
        ),
    ],
)
def test_devices_that_differ_are_named(x, state, p, name):
    with pytest.raises(ValueError, match=rf"{name}.* must share one device. Move them with \.to\(device\)"):
        li_feed_forward_step(x, state, p)


def test_a_refused_step_leaves_its_state_untouched():
    state = random_state(3)
    before = [y.clone() for y in state]

    with pytest.raises(ValueError, match="dt must be"):
        li_feed_forward_step(torch.ones(3, dtype=torch.float64), state, dt=-1.0)

    assert all(map(torch.equal, before, state))


def test_under_autocast_a_step_keeps_the_dtype_of_its_state():
    x, w = torch.ones(6, 4), torch.full((2, 4), 0.25)

    with torch.autocast("cpu", dtype=torch.bfloat16):
        v, _ = li_step(x, at_rest(6, 2), w)

    assert v.dtype is torch.float32
    assert v.flatten().tolist() == pytest.approx([0.1] * 12, rel=1e-2)


def test_a_step_sees_what_was_written_past_autograd():
    p = LIParameters(torch.tensor(200.0), torch.tensor(100.0), torch.tensor(0.0))
    x, state = torch.ones(2), LIState(torch.zeros(2), torch.zeros(2))
    li_feed_forward_step(x, state, p)

    p.tau_mem_inv.data.fill_(50.0)
    p.tau_syn_inv.numpy()[...] = 400.0
    v, (_, i) = li_feed_forward_step(x, state, p)

    assert v.tolist() == pytest.approx([0.05, 0.05])
    assert i.tolist() == pytest.approx([0.6, 0.6])


def test_a_step_in_inference_mode_leaves_nothing_that_training_may_not_use():
    p = LIParameters.from_tau(3e-3, 7e-3)
    state = LIState(torch.zeros(2), torch.zeros(2))
    with torch.inference_mode():
        li_feed_forward_step(torch.ones(2), state, p, 0.00071)

    x = torch.ones(2, requires_grad=True)
    v, _ = li_feed_forward_step(x, state, p, 0.00071)
    v.sum().backward()

    assert x.grad.tolist() == pytest.approx([0.71 / 7] * 2)
