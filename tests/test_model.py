import linecache
import math
import subprocess
import sys
import warnings
from typing import NamedTuple

import numpy as np
import pytest
import torch
from torch.func import grad, vmap
from torch.utils import _pytree as pytree

from leakyedu import LIParameters, LIState, li_feed_forward_step, resting_state
from leakyedu.model import (
    about_units,
    as_input,
    as_tensor,
    check_dt,
    check_input,
    check_parameters,
    check_shapes,
    check_state,
    values_are_readable,
    widen,
)

FLOATING = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
TIME_CONSTANTS = ["tau_syn", "tau_mem"]


# -- State and parameters --------------------------------------------------------------------------


def test_state_and_parameters_are_plain_named_tuples_in_the_order_of_norse():
    assert LIState._fields == ("v", "i")
    assert LIParameters._fields == ("tau_syn_inv", "tau_mem_inv", "v_leak")
    assert LIState.__bases__ == LIParameters.__bases__ == (tuple,)
    # One that typing.NamedTuple made, untouched: torch.func and torch.compile make new ones with it.
    plain = NamedTuple("Plain", [("a", int)]).__new__
    assert LIState.__new__.__code__.co_filename == plain.__code__.co_filename
    assert LIParameters.__new__.__code__.co_filename == plain.__code__.co_filename


def test_the_defaults_are_five_and_ten_milliseconds_and_zero_volt():
    p = LIParameters()

    assert [x.item() for x in p] == [200.0, 100.0, 0.0]
    assert [x.dtype for x in p] == [torch.float32] * 3
    assert [x.shape for x in p] == [()] * 3
    assert LIState._field_defaults == {}


def test_replacing_a_field_keeps_the_kind_and_the_others():
    p = LIParameters()

    q = p._replace(v_leak=-0.065)

    assert type(q) is LIParameters
    assert q.v_leak == -0.065
    assert q.tau_mem_inv is p.tau_mem_inv
    assert p.v_leak.item() == 0


def test_tree_map_keeps_the_kind():
    p = pytree.tree_map(lambda x: 2 * x, LIParameters())
    state = pytree.tree_map(lambda x: 2 * x, LIState(torch.ones(2), torch.zeros(2)))

    assert type(p) is LIParameters
    assert p.tau_syn_inv.item() == 400
    assert type(state) is LIState
    assert state.v.tolist() == [2, 2]


def test_parameters_are_inputs_and_in_dims_of_vmap():
    p = LIParameters(tau_mem_inv=torch.tensor([1.0, 2.0]))

    out = vmap(lambda q: q._replace(v_leak=q.tau_mem_inv + 1), in_dims=(LIParameters(None, 0, None),))(p)

    assert type(out) is LIParameters
    assert out.v_leak.tolist() == [2, 3]


# -- from_tau --------------------------------------------------------------------------------------


def test_from_tau_inverts_time_constants_in_float64():
    p = LIParameters.from_tau(tau_syn=0.004, tau_mem=0.02, v_leak=-0.065)

    assert [x.item() for x in p] == [1 / 0.004, 1 / 0.02, -0.065]
    assert [x.dtype for x in p] == [torch.float64] * 3
    assert [x.shape for x in p] == [()] * 3


def test_from_tau_has_the_defaults_of_the_class():
    assert [x.item() for x in LIParameters.from_tau()] == [x.item() for x in LIParameters()]


def test_a_third_of_a_millisecond_keeps_its_digits():
    p = LIParameters.from_tau(tau_syn=1e-3 / 3)

    assert p.tau_syn_inv.item() == pytest.approx(3000, rel=2.3e-16, abs=0)


@pytest.mark.parametrize("dtype", FLOATING)
@pytest.mark.parametrize("shape", [(), (3,), (2, 1)])
def test_from_tau_keeps_the_dtype_and_the_shape_of_a_tensor(shape, dtype):
    p = LIParameters.from_tau(tau_mem=torch.full(shape, 0.0078125, dtype=dtype))

    assert p.tau_mem_inv.dtype is dtype
    assert torch.equal(p.tau_mem_inv, torch.full(shape, 128.0, dtype=dtype))


def test_an_infinite_time_constant_is_the_inverse_zero_and_does_not_warn():
    p = LIParameters.from_tau(tau_syn=math.inf, tau_mem=torch.tensor([math.inf, 0.01]))

    assert p.tau_syn_inv.item() == 0
    assert p.tau_mem_inv[0] == 0


def test_gradients_flow_through_from_tau():
    tau = torch.tensor(0.01, dtype=torch.float64, requires_grad=True)

    LIParameters.from_tau(tau_mem=tau).tau_mem_inv.backward()

    assert tau.grad.item() == pytest.approx(-1e4, rel=1e-15)


def test_from_tau_works_inside_of_grad_and_vmap():
    slope = grad(lambda tau: LIParameters.from_tau(tau_mem=tau).tau_mem_inv)

    assert vmap(slope)(torch.tensor([0.5, 0.25])).tolist() == [-4, -16]


@pytest.mark.parametrize("name", TIME_CONSTANTS)
@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        (0, ValueError, r"must be a time constant above 0 second, got 0\. Ten milliseconds is \w+=0\.01"),
        (-0.01, ValueError, r"must be a time constant above 0 second, got -0\.01"),
        (math.nan, ValueError, "must be a time constant above 0 second, got nan"),
        (-math.inf, ValueError, "must be a time constant above 0 second, got -inf"),
        (torch.tensor([0.01, 0.0]), ValueError, r"must be a time constant above 0 second, got \[0\.01, 0\]"),
        (torch.tensor([[math.nan]]), ValueError, "must be a time constant above 0 second, got nan"),
        (1e-310, ValueError, "_inv must be finite and at least 0.* got inf"),
        (True, TypeError, "must be a number or a floating tensor, got True of type bool"),
        (None, TypeError, "must be a number or a floating tensor, got None of type NoneType"),
        ("10ms", TypeError, "must be a number or a floating tensor, got '10ms' of type str"),
        ([0.01], TypeError, r"must be a number or a floating tensor, got \[0\.01\] of type list"),
        (0.01j, TypeError, "must be a number or a floating tensor, got 0.01j of type complex"),
        (torch.tensor(1), TypeError, "must be a number or a floating tensor, got torch.int64"),
        (torch.tensor(True), TypeError, "must be a number or a floating tensor, got torch.bool"),
        (torch.tensor(0.01j), TypeError, "must be a number or a floating tensor, got torch.complex64"),
    ],
)
def test_from_tau_refuses_what_is_no_time_constant(name, value, error, words):
    with pytest.raises(error, match=rf"^(p\.)?{name}.*{words}"):
        LIParameters.from_tau(**{name: value})


@pytest.mark.parametrize(
    ("v_leak", "error", "words"),
    [
        (math.nan, ValueError, r"v_leak must be finite, got nan\. It is the voltage at rest, in volt"),
        (-math.inf, ValueError, "v_leak must be finite, got -inf"),
        (torch.tensor([0.0, math.nan]), ValueError, r"v_leak must be finite, got \[0, nan\]"),
        (False, TypeError, "v_leak must be a number or a floating tensor, got False of type bool"),
        ("0", TypeError, "v_leak must be a number or a floating tensor, got '0'"),
        (torch.tensor(0), TypeError, "v_leak must be a number or a floating tensor, got torch.int64"),
    ],
)
def test_from_tau_refuses_what_is_no_voltage(v_leak, error, words):
    with pytest.raises(error, match=words):
        LIParameters.from_tau(v_leak=v_leak)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            {"tau_mem": 2000.0},
            r"tau_mem = 2000 s is outside 1e-05 to 1000 s.*did you mean milliseconds, tau_mem=0\.01",
        ),
        ({"tau_mem": 1e-6}, "tau_mem = 1e-06 s is outside"),
        ({"tau_syn": 5000, "tau_mem": 10_000}, "tau_syn = 5000 s is outside"),
        ({"tau_mem": torch.tensor([0.01, 2000.0])}, r"tau_mem = \[0\.01, 2000\] s is outside"),
        ({"tau_mem": torch.tensor([0.01, math.inf, 2000.0])}, r"tau_mem = \[0\.01, inf, 2000\] s is outside"),
    ],
)
def test_a_time_constant_in_milliseconds_makes_one_warning_at_the_line_that_gave_it(arguments, words):
    with pytest.warns(UserWarning, match=words) as records:
        LIParameters.from_tau(**arguments)

    assert len(records) == 1
    assert records[0].filename == __file__
    assert "from_tau(**arguments)" in linecache.getline(__file__, records[0].lineno)


@pytest.mark.parametrize("name", TIME_CONSTANTS)
@pytest.mark.parametrize(
    "tau", [1e-5, 0.3, 1e3, torch.tensor(1e-5), torch.tensor(1e3), torch.tensor([1e-5, 1e3])]
)
def test_a_time_constant_at_the_bounds_does_not_warn(name, tau):
    p = LIParameters.from_tau(**{name: tau})

    assert getattr(p, f"{name}_inv").shape == torch.as_tensor(tau).shape


def test_there_is_nothing_to_say_about_time_constants_of_neurons():
    message, category = about_units(LIParameters(tau_syn_inv=5e-7))

    assert category is UserWarning
    assert message.startswith("tau_syn = 2e+06 s")
    assert about_units(LIParameters()) is None
    assert about_units(LIParameters(0.0, 0, torch.tensor(0.0))) is None


def test_a_warning_passes_by_the_frames_of_torch():
    with pytest.warns(UserWarning, match="tau_syn = 10000 s") as records:
        pytree.tree_map(LIParameters.from_tau, [1e4])

    assert [r.filename for r in records] == [__file__]


# -- The resting state -----------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(), (3,), (4, 3), (0, 3)])
def test_neurons_rest_at_their_leak_voltage_without_a_current(shape):
    state = resting_state(torch.ones(shape), LIParameters.from_tau(v_leak=-0.065))

    assert torch.equal(state.v, torch.full(shape, -0.065))
    assert torch.equal(state.i, torch.zeros(shape))
    assert type(state) is LIState


def test_a_time_axis_in_front_is_left_out():
    assert resting_state(torch.ones(7, 4, 3), time_axis=True).v.shape == (4, 3)
    assert resting_state(torch.ones(7), time_axis=True).i.shape == ()
    assert resting_state(torch.ones(0, 2), time_axis=True).v.shape == (2,)


@pytest.mark.parametrize("dtype", FLOATING)
@pytest.mark.parametrize("v_leak", [-0.5, torch.tensor(-0.5), torch.full((3,), -0.5, dtype=torch.float64)])
def test_the_resting_state_has_the_dtype_of_the_inputs(dtype, v_leak):
    state = resting_state(torch.ones(3, dtype=dtype), LIParameters(v_leak=v_leak))

    assert state.v.dtype is state.i.dtype is dtype
    assert state.v.tolist() == [-0.5] * 3


@pytest.mark.parametrize("spikes", [torch.ones(3, dtype=torch.bool), torch.ones(3, dtype=torch.int64)])
def test_for_spikes_the_resting_state_has_the_default_dtype(spikes):
    before = torch.get_default_dtype()

    try:
        torch.set_default_dtype(torch.float64)
        state = resting_state(spikes)
    finally:
        torch.set_default_dtype(before)

    assert state.v.dtype is state.i.dtype is torch.float64
    assert resting_state(spikes).v.dtype is torch.float32


@pytest.mark.parametrize("shape", [(), (3,), (4, 1)])
def test_a_leak_voltage_per_neuron_or_row_takes_its_place(shape):
    v_leak = torch.arange(math.prod(shape), dtype=torch.float32).reshape(shape)

    state = resting_state(torch.zeros(4, 3), LIParameters(v_leak=v_leak))

    assert torch.equal(state.v, v_leak.expand(4, 3))


def test_a_learned_leak_voltage_keeps_its_gradient():
    v_leak = torch.tensor(-0.065, dtype=torch.float64, requires_grad=True)

    resting_state(torch.zeros(5, 3), LIParameters(v_leak=v_leak)).v.sum().backward()

    assert v_leak.grad.item() == 15


@pytest.mark.parametrize("v_leak", [0.0, torch.zeros(()), torch.zeros(3)])
def test_the_resting_state_shares_no_memory(v_leak):
    inputs = torch.zeros(3)

    state = resting_state(inputs, LIParameters(v_leak=v_leak))
    state.v.add_(1)

    assert torch.equal(inputs, torch.zeros(3))
    assert torch.equal(state.i, torch.zeros(3))
    assert not torch.as_tensor(v_leak).any()


def test_the_resting_state_reads_only_shape_and_device_of_the_inputs():
    state = resting_state(torch.empty(4, 3, device="meta"))

    assert state.v.shape == (4, 3)
    assert state.v.device.type == "meta"
    assert resting_state(torch.full((2,), math.nan)).v.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("inputs", "p", "time_axis", "error", "words"),
    [
        (
            torch.tensor(1.0),
            LIParameters(),
            True,
            ValueError,
            r"inputs must have a time axis in front, got shape \(\)",
        ),
        (
            [0.0],
            LIParameters(),
            False,
            TypeError,
            r"inputs must be a tensor, got list\. Use torch.as_tensor\(inputs\)",
        ),
        (torch.ones(2) * 1j, LIParameters(), False, TypeError, "inputs must be real, got torch.complex64"),
        (torch.ones(3), None, False, TypeError, "p must be LIParameters, got NoneType"),
        (
            torch.ones(3),
            LIParameters(v_leak=torch.zeros(2)),
            False,
            ValueError,
            r"inputs of shape \(3,\) and p.v_leak of shape \(2,\) do not fit together",
        ),
        (
            torch.ones(4, 1),
            LIParameters(tau_mem_inv=torch.ones(3)),
            False,
            ValueError,
            r"inputs of shape \(4, 1\) and p.tau_mem_inv of shape \(3,\) would grow to \(4, 3\)",
        ),
        (
            torch.ones(7, 3),
            LIParameters(tau_syn_inv=torch.ones(7, 1)),
            True,
            ValueError,
            r"inputs\[0\] of shape \(3,\) and p.tau_syn_inv of shape \(7, 1\) would grow to \(7, 3\)",
        ),
        (
            torch.ones(3, device="meta"),
            LIParameters(v_leak=torch.zeros(3)),
            False,
            ValueError,
            "inputs on meta.*p.v_leak on cpu must share one device",
        ),
    ],
)
def test_a_resting_state_that_cannot_be_is_refused(inputs, p, time_axis, error, words):
    with pytest.raises(error, match=words):
        resting_state(inputs, p, time_axis=time_axis)


# -- Checks ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "dt", [0.001, 1, 5e-324, 1e300, torch.tensor(0.001), torch.tensor([[0.1], [0.2]]).half()]
)
def test_a_positive_finite_step_passes(dt):
    check_dt(dt)


@pytest.mark.parametrize(
    ("dt", "error", "words"),
    [
        (
            0,
            ValueError,
            r"dt must be a finite number of seconds above 0, got 0\. One millisecond is dt=0\.001",
        ),
        (-1e-3, ValueError, "got -0.001"),
        (math.nan, ValueError, "got nan"),
        (math.inf, ValueError, "got inf"),
        (torch.tensor([0.1, -0.1]), ValueError, r"got \[0.1, -0.1\]"),
        (torch.tensor(math.inf), ValueError, "got inf"),
        (True, TypeError, "dt must be a number of seconds or a floating tensor, got True of type bool"),
        ("1ms", TypeError, "got '1ms' of type str"),
        (None, TypeError, "got None of type NoneType"),
        ([0.001], TypeError, r"got \[0.001\] of type list"),
        (torch.tensor(1), TypeError, "dt must be a number or a floating tensor, got torch.int64"),
    ],
)
def test_a_step_that_is_none_is_refused(dt, error, words):
    with pytest.raises(error, match=words):
        check_dt(dt)


def test_the_step_has_the_name_it_is_given():
    with pytest.raises(ValueError, match=r"^t must be .* One millisecond is t=0.001"):
        check_dt(0, "t")


def test_of_a_long_tensor_the_first_bad_value_and_its_place_are_shown():
    dt = torch.full((4, 250), 0.001)
    dt[2, 7] = dt[3, 0] = -1

    with pytest.raises(ValueError, match=r"got -1 at \[2, 7\]\."):
        check_dt(dt)
    with pytest.warns(UserWarning, match=r"tau_mem = 5000 at \[9\] s is outside"):
        LIParameters.from_tau(tau_mem=torch.tensor([0.01] * 9 + [5000.0]))


def test_constants_that_do_not_fit_each_other_are_refused():
    with pytest.raises(
        ValueError, match=r"p and dt must fit together, got p.tau_syn_inv of shape \(3,\) and p"
    ):
        LIParameters.from_tau(torch.full((3,), 5e-3), torch.full((2,), 1e-2))


def test_the_class_in_place_of_parameters_is_named():
    with pytest.raises(
        TypeError, match=r"p must be LIParameters, got the class LIParameters. Use LIParameters.from"
    ):
        check_parameters(LIParameters)


@pytest.mark.parametrize("tau", [[0.005, 0.006], (0.01,), np.array([0.005])])
def test_several_numbers_are_sent_to_torch_tensor(tau):
    with pytest.raises(TypeError, match=r"Use torch.tensor\(tau_syn\)\."):
        LIParameters.from_tau(tau_syn=tau)


def test_numbers_as_parameters_stay_on_the_cpu_whatever_the_default_device():
    with torch.device("meta"):
        p = LIParameters.from_tau(5e-3, 1e-2)

    assert [x.device.type for x in p] == ["cpu"] * 3


@pytest.mark.slow
def test_the_defaults_are_on_the_cpu_although_another_device_was_the_default_when_they_were_made():
    code = (
        "import torch; torch.set_default_device('meta')\n"
        "from leakyedu import LIParameters, simulate\n"
        "from leakyedu.teaching import plotting\n"
        "trajectory = simulate(torch.ones(3, device='cpu'))\n"
        "print({x.device.type for x in LIParameters()}, plotting.trajectory(trajectory)[1])"
    )

    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert printed == "{'cpu'} The voltage rises to 0.487 V after 3 ms.\n"


@pytest.mark.parametrize(
    "p",
    [
        LIParameters(),
        LIParameters(0, 0.0, -1),
        LIParameters(*torch.zeros(3)),
        LIParameters(torch.tensor([0.0, 1, 2]), torch.ones(2, 1), torch.tensor([0.1, -0.2, 0.3]).half()),
        LIParameters(*map(torch.nn.Parameter, torch.ones(3).unbind())),
        LIParameters(*torch.empty(3, device="meta")),
        LIParameters(torch.ones(0), 1.0, 1.0),
    ],
)
def test_parameters_that_can_be_meant_pass_more_than_once(p):
    check_parameters(p)
    check_parameters(p)


BAD_VALUES = [
    (
        "tau_syn_inv",
        math.nan,
        r"got nan.*It is an inverse, in 1/second: use LIParameters.from_tau\(tau_syn=0.01\)",
    ),
    ("tau_syn_inv", -1.0, "finite and at least 0 .* got -1"),
    ("tau_syn_inv", math.inf, "finite and at least 0 .* got inf"),
    ("tau_mem_inv", math.nan, r"got nan.*use LIParameters.from_tau\(tau_mem=0.01\)"),
    ("tau_mem_inv", -1.0, "finite and at least 0 .* got -1"),
    ("tau_mem_inv", math.inf, "finite and at least 0 .* got inf"),
    ("v_leak", math.nan, "finite, got nan. It is the voltage at rest"),
    ("v_leak", math.inf, "finite, got inf"),
    ("v_leak", -math.inf, "finite, got -inf"),
]


@pytest.mark.parametrize(
    "kind", [float, torch.tensor, lambda x: torch.nn.Parameter(torch.tensor([0.0, x])[1:])]
)
@pytest.mark.parametrize(("field", "value", "words"), BAD_VALUES)
def test_a_parameter_that_cannot_be_meant_is_refused_each_time(field, value, words, kind):
    p = LIParameters(**{field: kind(value)})

    with pytest.raises(ValueError, match=rf"^p\.{field} must be .*{words}"):
        check_parameters(p)
    with pytest.raises(ValueError, match=rf"^p\.{field} must be .*{words}"):
        check_parameters(p)


@pytest.mark.parametrize("field", LIParameters._fields)
@pytest.mark.parametrize(
    ("value", "words"),
    [
        (True, "got True of type bool. Use float"),
        ("1", "got '1' of type str"),
        (None, "got None"),
        ([1.0], r"got \[1.0\] of type list"),
        (torch.tensor(1), "got torch.int64"),
        (torch.tensor(False), "got torch.bool"),
        (torch.tensor(1j), "got torch.complex64"),
    ],
)
def test_a_parameter_of_the_wrong_kind_is_refused(field, value, words):
    with pytest.raises(TypeError, match=rf"^p\.{field} must be a number or a floating tensor, {words}"):
        check_parameters(LIParameters(**{field: value}))


class OtherParameters(NamedTuple):
    """Those of another neuron: the right names and more."""

    tau_syn_inv: float = 200.0
    tau_mem_inv: float = 100.0
    v_leak: float = 0.0
    v_th: float = 1.0


@pytest.mark.parametrize(
    ("p", "kind"),
    [
        (None, "NoneType"),
        ((200.0, 100.0, 0.0), "tuple"),
        ({"tau_syn_inv": 200.0}, "dict"),
        (LIState(torch.zeros(1), torch.zeros(1)), "LIState"),
        (OtherParameters(), "OtherParameters"),
        (0.001, "float"),
    ],
)
def test_what_are_no_parameters_is_refused(p, kind):
    with pytest.raises(
        TypeError, match=rf"^p must be LIParameters, got {kind}\. Use LIParameters.from_tau\(tau_syn"
    ):
        check_parameters(p)


@pytest.mark.parametrize(
    "x", [torch.ones(2), torch.ones(2).bool(), torch.ones(()).int(), torch.ones(2).half()]
)
def test_real_tensors_are_inputs(x):
    check_input("x", x)


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (1.0, r"x must be a tensor, got float\. Use torch.as_tensor\(x\)"),
        (None, "x must be a tensor, got NoneType"),
        (torch.ones(2) * 1j, r"x must be real, got torch.complex64\. Pass x.real or x.abs\(\)"),
    ],
)
def test_what_is_no_input_is_refused(x, words):
    with pytest.raises(TypeError, match=words):
        check_input("x", x)


@pytest.mark.parametrize("dtype", FLOATING)
def test_a_state_of_one_floating_dtype_passes(dtype):
    check_state(LIState(torch.ones(2, dtype=dtype), torch.ones(3, dtype=dtype)))


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (
            [torch.zeros(1)] * 2,
            r"state must be an LIState, got list\. Use LIState\(\*state\), or what a call returned",
        ),
        (None, r"state must be an LIState, got NoneType\. Use LIState\(v=torch.tensor\(0.0\), i="),
        ({"v": 0, "i": 0}, "state must be an LIState, got dict"),
        (LIParameters(), "state must be an LIState, got LIParameters"),
        (LIState(0.0, 0.0), "state.v must be a floating tensor, got float"),
        (
            LIState(torch.zeros(1), torch.zeros(1).int()),
            r"state.i must be .*got torch.int32.*state.i.float\(\)",
        ),
        (
            LIState(torch.zeros(1) * 1j, torch.zeros(1)),
            "state.v must be a floating tensor, got torch.complex64",
        ),
        (
            LIState(torch.zeros(1).half(), torch.zeros(1)),
            "share one dtype, got torch.float16 and torch.float32",
        ),
    ],
)
def test_what_is_no_state_is_refused(state, words):
    with pytest.raises(TypeError, match=words):
        check_state(state)


def shapes(x, v=None, i=(), device="cpu", **constants):
    state = v if v is None else LIState(torch.ones(v), torch.ones(i))
    check_shapes("x", torch.Size(x), torch.device(device), state, constants, whole=("x", ()))


def test_what_broadcasts_to_the_input_passes():
    shapes((4, 3), None, a=torch.ones(3), b=torch.ones(4, 1), c=1.0)
    shapes((4, 3), (4, 3), a=torch.ones(1), b=torch.ones(4, 3))
    shapes((4, 3), (), (4, 3))


@pytest.mark.parametrize(
    ("x", "v", "words"),
    [
        (
            (4, 1),
            (3,),
            r"state.v of shape \(3,\) must have the shape of x, \(4, 1\), or \(\)\. Use state",
        ),
        (
            (3,),
            (2, 3),
            r"LIState\(trajectory.v\[-1\], trajectory.i\[-1\]\) to go on .* x.expand\(2, 3\)",
        ),
        ((), (3,), r"must have the shape of x, \(\)\. Use"),
    ],
)
def test_a_state_of_another_size_is_told_from_what_may_have_been_meant(x, v, words):
    with pytest.raises(ValueError, match=words):
        shapes(x, v)


@pytest.mark.parametrize(
    ("x", "constant", "words"),
    [
        (
            (),
            (3,),
            r"x of shape \(\) and a of shape \(3,\) would grow to \(3,\)\. Give a the shape \(\) or",
        ),
        ((3,), (1, 3), r"x of shape \(3,\) and a of shape \(1, 3\) would grow to \(1, 3\)"),
        ((3,), (2,), r"x of shape \(3,\) and a of shape \(2,\) do not fit together"),
        ((1,), (0,), r"x of shape \(1,\) and a of shape \(0,\) would grow to \(0,\)"),
    ],
)
def test_a_constant_that_makes_more_neurons_is_named(x, constant, words):
    with pytest.raises(ValueError, match=words):
        shapes(x, a=torch.ones(constant))


def test_a_0_dim_tensor_on_the_cpu_goes_with_any_device():
    shapes((3,), (), device="meta", a=torch.ones(()))


def test_devices_that_differ_are_listed():
    with pytest.raises(
        ValueError, match=r"x on cpu, a on meta and b on cpu must share one device. Move them"
    ):
        shapes((3,), a=torch.ones((), device="meta"), b=torch.ones(3))


# -- Conversions -----------------------------------------------------------------------------------


def test_a_number_becomes_a_float64_tensor_and_a_tensor_stays_itself():
    x = torch.ones(3)

    assert as_tensor(x) is x
    assert as_tensor(0.1).item() == 0.1
    assert as_tensor(0.1).dtype is as_tensor(1).dtype is torch.float64


@pytest.mark.parametrize("dtype", FLOATING)
@pytest.mark.parametrize(
    "parameter", [0.1, torch.tensor(0.1), torch.tensor(0.1).half(), torch.tensor([0.1]).double()]
)
def test_coefficients_have_the_wider_of_float32_and_the_dtype_of_the_state(dtype, parameter):
    p = widen(LIParameters(v_leak=parameter), dtype)

    wide = {torch.float64: torch.float64}.get(dtype, torch.float32)
    assert [x.dtype for x in p] == [wide] * 3
    assert torch.equal(p.v_leak, torch.as_tensor(parameter, dtype=torch.float64).to(wide))


def test_parameters_that_are_wide_enough_stay_themselves():
    p = LIParameters()

    assert widen(p, torch.float32) is p
    assert widen(p, torch.bfloat16) is p


def test_spikes_are_converted_and_other_floating_dtypes_refused():
    x = torch.ones(2)

    assert as_input("x", x, torch.float32) is x
    assert as_input("x", x.bool(), torch.float16).dtype is torch.float16
    with pytest.raises(
        TypeError, match=r"x and state must share one dtype.*float32 and .*float64.*x.to\(torch.float64"
    ):
        as_input("x", x, torch.float64)


def test_values_are_read_only_where_that_costs_nothing():
    seen = []
    vmap(lambda x: seen.append(values_are_readable(x)) or x)(torch.ones(2))

    assert seen == [False]
    assert values_are_readable(torch.ones(2))
    assert values_are_readable(torch.nn.Parameter(torch.ones(2)))
    assert not values_are_readable(torch.ones(2, device="meta"))


def test_a_check_under_vmap_or_compile_asks_for_no_value():
    def checked(x):
        check_dt(x)
        check_parameters(LIParameters(x, x, x))
        return 2 * x

    negative = -torch.ones(2)

    assert vmap(checked)(negative).tolist() == [-2, -2]
    assert torch.compile(checked, backend="eager", fullgraph=True)(negative).tolist() == [-2, -2]
    with pytest.raises(ValueError, match="dt must be"):
        checked(negative)


# -- Parameters that change in place ---------------------------------------------------------------


def fresh(shape=(3,)):
    return LIParameters(*torch.ones(3, *shape))


@pytest.mark.parametrize("field", LIParameters._fields)
@pytest.mark.parametrize("shape", [(), (3,)])
def test_a_change_in_place_after_a_good_check_is_seen(field, shape):
    p = LIParameters(*(torch.ones(shape) for _ in range(3)))
    check_parameters(p)

    getattr(p, field).fill_(math.nan)

    with pytest.raises(ValueError, match=rf"p\.{field} must be finite.*nan"):
        check_parameters(p)


def test_a_change_of_one_element_without_gradients_is_seen():
    p = LIParameters(tau_mem_inv=torch.nn.Parameter(torch.ones(3)))
    check_parameters(p)

    with torch.no_grad():
        p.tau_mem_inv[1] = -1

    with pytest.raises(ValueError, match=r"p\.tau_mem_inv must be .* got \[1, -1, 1\]"):
        check_parameters(p)


def test_a_change_by_an_optimiser_is_seen():
    p = LIParameters(tau_mem_inv=torch.nn.Parameter(torch.ones(3)))
    check_parameters(p)

    p.tau_mem_inv.sum().backward()
    torch.optim.SGD([p.tau_mem_inv], lr=2.0).step()

    with pytest.raises(ValueError, match=r"p\.tau_mem_inv must be .* got \[-1, -1, -1\]"):
        check_parameters(p)


def test_a_change_through_a_view_is_seen():
    p = fresh()
    check_parameters(p)

    p.v_leak[1:].fill_(math.inf)

    with pytest.raises(ValueError, match=r"p\.v_leak must be finite, got \[1, inf, inf\]"):
        check_parameters(p)


def test_a_change_in_inference_mode_is_seen():
    p = fresh()
    check_parameters(p)

    with torch.inference_mode():
        p.v_leak.fill_(math.nan)

    with pytest.raises(ValueError, match=r"p\.v_leak must be finite"):
        check_parameters(p)


def test_a_change_of_an_inference_tensor_is_seen():
    with torch.inference_mode():
        p = fresh()
        check_parameters(p)
        p.v_leak.fill_(math.nan)

        with pytest.raises(ValueError, match=r"p\.v_leak must be finite"):
            check_parameters(p)


@pytest.mark.parametrize("field", LIParameters._fields)
@pytest.mark.parametrize("shape", [(), (3,)])
def test_a_change_through_data_is_seen(field, shape):
    p = fresh(shape)
    li_feed_forward_step(torch.zeros(3), LIState(*torch.zeros(2, 3)), p)

    getattr(p, field).data.fill_(-math.inf)

    with pytest.raises(ValueError, match=rf"p\.{field} must be finite.* got .*-inf"):
        li_feed_forward_step(torch.zeros(3), LIState(*torch.zeros(2, 3)), p)


def test_a_check_warns_of_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_parameters(LIParameters(tau_mem_inv=1e9))
