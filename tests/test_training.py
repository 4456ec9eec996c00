"""A layer in somebody else's training script: what users of such layers reported, and what one asks for."""

import copy
import functools
import io
import itertools
import json
import math
import pickle
import re
import warnings

import pytest
import torch
from torch.nn.utils import parametrize, prune
from torch.nn.utils.rnn import pack_sequence, pad_packed_sequence, pad_sequence

from leakyedu import (
    LI,
    LICell,
    LILinearCell,
    LIParameters,
    LIState,
    layers,
    li_feed_forward_step,
    li_step,
    methods,
    resting_state,
    simulate,
)
from tests.test_distributed import two_processes

F64, BF16 = torch.float64, torch.bfloat16
TIME, BATCH, NEURONS, INPUTS = 5, 4, 3, 2


def noise(*shape, dtype=torch.float32, seed=1):
    return torch.randn(shape, dtype=F64, generator=torch.Generator().manual_seed(seed)).to(dtype)


def state_of(*shape, dtype=torch.float32):
    return LIState(noise(*shape, dtype=dtype, seed=2), noise(*shape, dtype=dtype, seed=3))


def flat(answer):
    """Return the voltages, and the state's two parts, side by side."""
    voltages, state = answer
    return (voltages, *state)


def close(ours, theirs, atol=1e-6):
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=atol)


# -- The table of shapes ---------------------------------------------------------------------------
# It stands in leakyedu.model. Each call gets four rows of three neurons, for five steps where it has time.


def last(trajectory):
    return trajectory.v, LIState(trajectory.v[-1], trajectory.i[-1])


def weighted(p, dt):
    cell = LILinearCell(INPUTS, NEURONS, p, dt)
    cell.input_weights.data = torch.ones(NEURONS, INPUTS)
    return cell


STEP, SEQUENCE = (BATCH, NEURONS), (TIME, BATCH, NEURONS)
CALLS = {
    "li_feed_forward_step": (li_feed_forward_step, STEP, STEP),
    "li_step": (
        lambda x, state, p, dt: li_step(x, state, torch.ones(NEURONS, INPUTS), p, dt),
        (BATCH, INPUTS),
        STEP,
    ),
    "LICell": (lambda x, state, p, dt: LICell(p, dt)(x, state), STEP, STEP),
    "LICell, exact": (lambda x, state, p, dt: LICell(p, dt, method=methods.exact)(x, state), STEP, STEP),
    "LILinearCell": (lambda x, state, p, dt: weighted(p, dt)(x, state), (BATCH, INPUTS), STEP),
    "simulate": (lambda x, state, p, dt: last(simulate(x, state, p, dt)), SEQUENCE, SEQUENCE),
    "LI": (lambda x, state, p, dt: LI(p, dt)(x, state), SEQUENCE, SEQUENCE),
    "LI, batch first": (
        lambda x, state, p, dt: LI(p, dt, batch_first=True)(x, state),
        (BATCH, TIME, NEURONS),
        (BATCH, TIME, NEURONS),
    ),
}
EACH_CALL = pytest.mark.parametrize(("call", "given", "result"), CALLS.values(), ids=CALLS)
# Shapes of v and i; None is no state.
GOOD_STATES = {
    "the same": (STEP, STEP),
    "one number": ((), ()),
    "v is one number": ((), STEP),
    "i is one number": (STEP, ()),
}
BAD_STATES = {
    "without the batch": ((NEURONS,),) * 2,
    "one row": ((1, NEURONS),) * 2,
    "one neuron": ((BATCH, 1),) * 2,
    "one number in one axis": ((1,),) * 2,
    "a larger batch": ((2 * BATCH, NEURONS),) * 2,
    "a smaller batch": ((2, NEURONS),) * 2,
    "more neurons": ((BATCH, NEURONS + 1),) * 2,
    "a trajectory": ((TIME, *STEP),) * 2,
    "v is a trajectory": ((TIME, *STEP), STEP),
    "i of one row": (STEP, (1, NEURONS)),
}
GOOD_CONSTANTS = [(), (1,), (NEURONS,), (1, NEURONS), (BATCH, 1), STEP]
BAD_CONSTANTS = [(2,), (BATCH,), (2, 1), (TIME, *STEP), (1, *STEP)]


@EACH_CALL
@pytest.mark.parametrize(("v", "i"), GOOD_STATES.values(), ids=GOOD_STATES)
def test_the_result_has_the_shape_of_the_input_after_a_state_that_fits(call, given, result, v, i):
    state = LIState(torch.full(v, 0.25), torch.full(i, 0.5))

    voltages, after = call(torch.ones(given), state, LIParameters(), 0.001)

    assert voltages.shape == result
    assert after.v.shape == after.i.shape == STEP
    everywhere = LIState(torch.full(STEP, 0.25), torch.full(STEP, 0.5))
    close(
        (voltages, *after),
        flat(call(torch.ones(given), everywhere, LIParameters(), 0.001)),
    )


@EACH_CALL
@pytest.mark.parametrize(("v", "i"), BAD_STATES.values(), ids=BAD_STATES)
def test_a_state_of_another_size_is_never_broadcast(call, given, result, v, i):
    state = LIState(torch.zeros(v), torch.zeros(i))

    with pytest.raises(
        ValueError, match=r"state\.[vi] of shape .* must have the shape of .* for a new batch"
    ):
        call(torch.ones(given), state, LIParameters(), 0.001)


@EACH_CALL
@pytest.mark.parametrize("name", [*LIParameters._fields, "dt"])
@pytest.mark.parametrize("shape", GOOD_CONSTANTS)
def test_a_constant_broadcasts_to_the_input(call, given, result, name, shape):
    values = torch.linspace(0.5, 1, max(1, torch.Size(shape).numel())).reshape(shape)
    constant = values * {"tau_syn_inv": 200, "tau_mem_inv": 100, "v_leak": 1, "dt": 0.001}[name]

    def run(constant):
        p = LIParameters(**{} if name == "dt" else {name: constant})
        return call(torch.ones(given), state_of(*STEP), p, constant if name == "dt" else 0.001)

    voltages, after = run(constant)

    assert voltages.shape == result
    close((voltages, *after), flat(run(constant.expand(STEP))))


@EACH_CALL
@pytest.mark.parametrize("name", [*LIParameters._fields, "dt"])
@pytest.mark.parametrize("shape", BAD_CONSTANTS)
def test_a_constant_never_makes_more_neurons(call, given, result, name, shape):
    constant = torch.full(shape, 0.001 if name == "dt" else 50.0)
    p = LIParameters(**{} if name == "dt" else {name: constant})

    with pytest.raises(ValueError, match=f"{name} of shape .* (would grow to|do not fit together)"):
        call(torch.ones(given), state_of(*STEP), p, constant if name == "dt" else 0.001)


@pytest.mark.parametrize(
    ("layer", "given"),
    [(LICell(), STEP), (weighted(LIParameters(), 0.001), (BATCH, INPUTS)), (LI(), SEQUENCE)],
)
def test_without_a_state_a_layer_starts_at_rest_in_the_shape_of_its_input(layer, given):
    voltages, after = layer(torch.ones(given))

    at_rest = LIState(torch.zeros(STEP), torch.zeros(STEP))
    close((voltages, *after), flat(layer(torch.ones(given), at_rest)))


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 1, 3)])
@pytest.mark.parametrize("name", ["simulate", "LI", "LI, batch first"])
def test_time_is_the_first_axis_but_of_three_or_more_with_batch_first(name, shape):
    call, x, p = CALLS[name][0], noise(TIME, *shape), LIParameters()
    turned = name == "LI, batch first" and x.ndim > 2

    voltages, after = call(x.transpose(0, 1) if turned else x, None, p, 0.001)

    close([voltages.transpose(0, 1) if turned else voltages], [simulate(x).v])
    assert after.v.shape == after.i.shape == shape


# -- 1. A carried state of another size ---------------------------------------------------------------


def test_the_last_small_batch_of_a_loader_is_no_batch_of_32():
    _, state = LI()(noise(10, 32, 3))

    with pytest.raises(
        ValueError, match=r"state.v of shape \(32, 3\) must .* \(1, 3\), .*state=None for a new batch"
    ):
        LI()(noise(10, 1, 3), state)


def test_a_trajectory_is_no_state():
    trajectory = simulate(noise(40))

    with pytest.raises(ValueError, match=re.escape("LIState(trajectory.v[-1], trajectory.i[-1]) to go on")):
        simulate(noise(20), trajectory)
    with pytest.raises(ValueError, match=re.escape("LIState(trajectory.v[-1], trajectory.i[-1]) to go on")):
        simulate(noise(40), trajectory)


def test_torchs_recurrent_modules_raise_the_same_kind_of_error():
    with pytest.raises(RuntimeError):
        torch.nn.GRU(3, 3)(noise(10, 1, 3), noise(1, 32, 3))
    with pytest.raises(RuntimeError):
        LI()(noise(10, 1, 3), state_of(32, 3))


# Where the advice is given: how it is called, with what, and what its words run on.
TOLD = {
    "LI": (lambda x, state=None: LI()(x, state), (5, 1, 3), (4, 3)),
    "LI, a trajectory": (lambda x, state=None: LI()(x, state), (5, 4, 3), (5, 4, 3)),
    "LI, no time": (lambda x, state=None: LI()(x, state), (4, 3), (4, 3)),
    "simulate": (lambda x, state=None: simulate(x, state), (5,), (2, 3)),
    "LICell": (lambda x, state=None: LICell()(x, state), (3,), (2, 3)),
    "a step": (li_feed_forward_step, (1, 3), (4, 3)),
}


@pytest.mark.parametrize(("call", "shape", "of_state"), TOLD.values(), ids=TOLD)
def test_every_way_out_that_an_error_names_can_be_taken(call, shape, of_state):
    x, state = noise(*shape), state_of(*of_state)
    names = {"input_tensor": x, "inputs": x, "LIState": LIState, "trajectory": state, "torch": torch}
    names["resting_state"] = resting_state

    with pytest.raises(ValueError) as refusal:  # noqa: PT011  # its words are what is tested
        call(x, state)

    advice = str(refusal.value).partition(" Use ")[2].rstrip(".").split("; ")
    assert advice
    for way in advice:
        code, _, why = re.fullmatch(r"(.*?) (for|to) (.*)", way).groups()
        if code == "state=None":
            call(x)
        elif "new batch" in why or "trajectory" in why:
            call(x, eval(code, names))
        else:
            call(eval(code, names), state)


# -- 2. torch.compile --------------------------------------------------------------------------------


def counted(function, **options):
    """Return the function compiled without a graph break, and a list that grows with each graph."""
    torch.compiler.reset()
    graphs = []
    return torch.compile(
        function, backend=lambda graph, _: graphs.append(graph) or graph.forward, fullgraph=True, **options
    ), graphs


@pytest.mark.slow
@pytest.mark.parametrize("dynamic", [None, True])
def test_dt_may_change_in_a_compiled_simulation(dynamic):
    compiled, graphs = counted(simulate, dynamic=dynamic)

    for dt in (1e-3, 2e-3, 3e-3, 4e-3):
        close(compiled(noise(9, 2, 3), dt=dt), simulate(noise(9, 2, 3), dt=dt))

    assert len(graphs) <= 2


@pytest.mark.slow
@pytest.mark.parametrize("carried", [False, True])
@pytest.mark.parametrize("layer", [LI(), LI(trainable=True), LICell(method=methods.exact)])
def test_batch_and_neurons_may_change_in_one_compiled_graph(layer, carried):
    compiled, graphs = counted(layer, dynamic=True)

    for sizes in ((2, 3), (4, 3), (7, 9), (32, 5)):
        x = noise(20, *sizes) if isinstance(layer, LI) else noise(*sizes)
        arguments = (x, state_of(*sizes)) if carried else (x,)
        voltages, after = compiled(*arguments)
        expected, expected_state = layer(*arguments)
        close((voltages, *after), (expected, *expected_state))

    assert len(graphs) == 1


@pytest.mark.slow
def test_each_length_is_a_graph_of_its_own():
    compiled, graphs = counted(LI())

    for steps in (5, 20, 21):
        close([compiled(noise(steps, 2, 3))[0]], [LI()(noise(steps, 2, 3))[0]])

    assert len(graphs) == 3


@pytest.mark.slow
def test_a_compiled_layer_takes_lengths_and_the_batch_first():
    layer = LI(batch_first=True)
    compiled, graphs = counted(layer, dynamic=True)

    for batch in (2, 3, 8):
        x, lengths = noise(batch, 9, 3), torch.arange(batch) + 1
        voltages, after = compiled(x, lengths=lengths)
        expected, expected_state = layer(x, lengths=lengths)
        close((voltages, *after), (expected, *expected_state))

    assert len(graphs) == 1


# -- 3. Autocast -------------------------------------------------------------------------------------

AUTOCAST = torch.autocast("cpu", dtype=BF16)


def test_a_linear_layer_before_a_linear_cell_runs_under_autocast():
    first, cell = torch.nn.Linear(4, INPUTS), LILinearCell(INPUTS, NEURONS)

    with AUTOCAST:
        v, state = cell(first(noise(6, 4)))
        v, state = cell(first(noise(6, 4)), state)

    assert v.dtype is state.v.dtype is state.i.dtype is torch.float32


@pytest.mark.parametrize("dtype", [torch.float32, F64])
@pytest.mark.parametrize("layer", [LI(), LI(method=methods.exact), LICell(), LICell(method=methods.exact)])
def test_under_autocast_a_layer_answers_in_the_dtype_of_its_state(layer, dtype):
    state = state_of(BATCH, NEURONS, dtype=dtype)
    with AUTOCAST:
        x = torch.nn.Linear(NEURONS, NEURONS)(noise(*(SEQUENCE if isinstance(layer, LI) else STEP)))
        v, after = layer(x, state)

    assert x.dtype is BF16
    assert v.dtype is after.v.dtype is after.i.dtype is dtype
    expected, _ = layer(x.to(dtype), state)
    assert torch.equal(v, expected)  # in full precision, then


@pytest.mark.parametrize("p", [LIParameters(), LIParameters.from_tau()])
@pytest.mark.parametrize("trainable", [False, True])
@pytest.mark.parametrize("kind", [LI, LICell])
def test_under_autocast_without_a_state_a_layer_answers_in_its_own_dtype(kind, p, trainable):
    layer, x = kind(p, trainable=trainable), noise(*SEQUENCE, dtype=BF16)

    with AUTOCAST:
        v, after = layer(x)
        wide, _ = copy.deepcopy(layer).double()(x)

    assert v.dtype is after.v.dtype is after.i.dtype is torch.float32
    assert wide.dtype is F64
    assert layer(x)[0].dtype is BF16  # without autocast, what goes in decides


def test_under_autocast_functions_answer_in_float32():
    x = noise(*SEQUENCE, dtype=BF16)

    with AUTOCAST:
        trajectory, state = simulate(x), resting_state(x[0])
        v, _ = li_feed_forward_step(x[0], state)
        weighted_v, _ = li_step(x[0], state, torch.eye(NEURONS))

    assert trajectory.v.dtype is state.v.dtype is v.dtype is weighted_v.dtype is torch.float32


def test_autocast_widens_and_never_narrows():
    with AUTOCAST, pytest.raises(TypeError, match="input_tensor and state must share one dtype"):
        LI()(noise(*SEQUENCE), state_of(*STEP, dtype=BF16))
    with pytest.raises(TypeError, match="input_tensor and state must share one dtype"):
        LI()(noise(*SEQUENCE, dtype=BF16), state_of(*STEP))


def test_a_gru_after_a_float32_state_answers_in_float32_under_autocast_too():
    with AUTOCAST:
        x = torch.nn.Linear(NEURONS, NEURONS)(noise(*SEQUENCE))
        theirs, _ = torch.nn.GRU(NEURONS, NEURONS)(x, noise(1, *STEP))
        ours, _ = LI()(x, state_of(*STEP))

    assert theirs.dtype is ours.dtype is torch.float32


# -- 4. Spikes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [BF16, torch.float32, F64])
@pytest.mark.parametrize("kind", [torch.bool, torch.int64])
@pytest.mark.parametrize(
    "make", [LI, LICell, lambda: LILinearCell(NEURONS, NEURONS), lambda: LI(LIParameters.from_tau())]
)
def test_to_spikes_a_layer_answers_in_its_own_dtype(make, kind, dtype):
    layer, spikes = make().to(dtype), (noise(*SEQUENCE) > 0).to(kind)

    voltages, state = layer(spikes)

    assert voltages.dtype is state.v.dtype is state.i.dtype is dtype


def test_a_layer_of_from_tau_answers_spikes_as_torchs_modules_do():
    voltages, _ = LI(LIParameters.from_tau())(noise(*SEQUENCE) > 0)

    assert voltages.dtype is torch.float32  # its constants are float64
    assert copy.deepcopy(LI().double())(noise(*SEQUENCE) > 0)[0].dtype is F64


# -- 5. Export ---------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("carried", [False, True])
def test_an_exported_layer_is_written_and_read_and_takes_any_batch(carried):
    layer, batch, file = LI(LIParameters.from_tau(3e-3)), torch.export.Dim("batch"), io.BytesIO()
    arguments = (noise(20, 4, 3), state_of(4, 3)) if carried else (noise(20, 4, 3),)
    shapes = ({1: batch}, LIState({0: batch}, {0: batch})) if carried else ({1: batch},)

    torch.export.save(torch.export.export(layer, arguments, dynamic_shapes=shapes), file)
    file.seek(0)
    loaded = torch.export.load(file).module()

    for rows in (2, 9):
        arguments = (noise(20, rows, 3), state_of(rows, 3)) if carried else (noise(20, rows, 3),)
        voltages, state = loaded(*arguments)
        expected, expected_state = layer(*arguments)
        assert type(state) is LIState
        close((voltages, *state), (expected, *expected_state))


# What torch's exporter does itself.
@pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning")
@pytest.mark.filterwarnings("ignore:.*:DeprecationWarning")
@pytest.mark.slow
@pytest.mark.parametrize("method", [methods.euler, methods.exact])
def test_onnx_runtime_gives_the_numbers_of_the_layer_for_any_batch(method, tmp_path):
    import onnxruntime

    layer, file = LI(LIParameters.from_tau(3e-3), method=method).eval(), tmp_path / "layer.onnx"
    batch = torch.export.Dim("batch")

    program = torch.onnx.export(
        layer, (noise(20, 4, 3),), dynamo=True, dynamic_shapes=({1: batch},), verbose=False
    )
    program.save(file)
    session = onnxruntime.InferenceSession(file)

    for rows in (1, 2, 9):
        x = noise(20, rows, 3)
        found = session.run(None, {session.get_inputs()[0].name: x.numpy()})
        voltages, state = layer(x)
        close(map(torch.from_numpy, found), (voltages, *state))


# -- 6. A checkpoint ---------------------------------------------------------------------------------


def test_a_checkpoint_may_hold_a_state_and_parameters():
    layer, file = LI(LIParameters.from_tau(3e-3), trainable=True), io.BytesIO()
    _, state = layer(noise(*SEQUENCE))

    torch.save({"layer": layer.state_dict(), "state": state, "p": layer.p, "step": 3}, file)
    file.seek(0)
    loaded = torch.load(file)  # with its safe default

    assert type(loaded["state"]) is LIState
    assert type(loaded["p"]) is LIParameters
    assert torch.equal(loaded["state"].v, state.v)
    assert torch.equal(loaded["p"].v_leak, layer.p.v_leak)


# What LI(LIParameters.from_tau(3e-3, 7e-3, 0.5), torch.tensor(0.002), trainable=...) of 0.1.0 kept.
KEPT = {
    False: {"dt": 0.002, "tau_syn_inv": 1 / 3e-3, "tau_mem_inv": 1 / 7e-3, "v_leak": 0.5},
    True: {
        "dt": 0.002,
        "v_leak": [0.5],
        "log_tau_syn_inv": [-math.log(3e-3)],
        "log_tau_mem_inv": [-math.log(7e-3)],
    },
}


@pytest.mark.parametrize("trainable", [False, True])
def test_what_a_layer_of_0_1_0_kept_is_loaded(trainable):
    kept = {name: torch.tensor(value, dtype=F64) for name, value in KEPT[trainable].items()}
    layer = LI(LIParameters(*torch.full((3,), 50.0)), torch.tensor(0.001), trainable=trainable)

    layer.double().load_state_dict(kept)

    truth = simulate(noise(9, 3, dtype=F64), p=LIParameters.from_tau(3e-3, 7e-3, 0.5), dt=0.002).v
    torch.testing.assert_close(layer(noise(9, 3, dtype=F64))[0], truth, rtol=0, atol=1e-11)


# -- 7. A device without float64 ---------------------------------------------------------------------


def to_a_device_without_float64(x):
    """Move as ``.to("mps")`` does: no Mac is at hand."""
    if x.dtype is F64:
        raise TypeError(
            "Cannot convert a MPS Tensor to float64 dtype as the MPS framework doesn't support it."
        )
    return x.to("meta")


@pytest.mark.parametrize("trainable", [False, True])
@pytest.mark.parametrize("own", [torch.float32, F64])
def test_a_layer_of_from_tau_moves_to_a_device_without_float64(monkeypatch, own, trainable):
    monkeypatch.setattr(layers, "WITHOUT_FLOAT64", {"meta"}, raising=False)
    p = LIParameters.from_tau(torch.full((NEURONS,), 3e-3, dtype=F64))
    layer = LI(p, torch.tensor(1e-3, dtype=F64), trainable=trainable).to(own)

    moved = torch.nn.Sequential(layer)._apply(to_a_device_without_float64)[0]

    assert {y.dtype for y in moved.state_dict().values()} == {torch.float32}
    voltages, state = moved(torch.empty(SEQUENCE, dtype=torch.bool, device="meta"))
    assert voltages.dtype is state.v.dtype is torch.float32
    assert voltages.device.type == "meta"


# -- 8. Inputs of other kinds ------------------------------------------------------------------------


@pytest.mark.parametrize("call", [LI(), simulate, lambda x: LICell()(x)], ids=["LI", "simulate", "LICell"])
def test_the_advice_about_an_input_of_another_kind_makes_one_that_runs(call):
    equal, parts = [noise(4, 3), noise(4, 3)], [noise(4, 3), noise(2, 3)]
    given = [equal, parts, pack_sequence(parts), noise(4, 2, 3).relu().to_sparse(), [[0.0, 1.0], [1.0, 0.0]]]
    given.append(torch.nested.nested_tensor(equal, layout=torch.jagged))
    advice = []

    for x in given:
        with pytest.raises(TypeError) as refusal:
            call(x)
        advice.append(re.search(r"Use (\S+\(.*?\))[,.]", str(refusal.value))[1])

    for x, code in zip(given, advice, strict=True):
        made = eval(code, {"torch": torch, "input_tensor": x, "inputs": x})
        call(made[0] if isinstance(made, tuple) else made)
    assert "stack" in advice[0]
    assert "pad_sequence" in advice[1]
    assert "pad_packed_sequence" in advice[2]
    assert "to_dense" in advice[3]


@pytest.mark.parametrize("field", LIState._fields)
def test_a_sparse_state_is_told_how_to_become_a_dense_one(field):
    state = state_of(*STEP)

    with pytest.raises(
        TypeError, match=rf"state.{field} must be a dense tensor, .* Use state.{field}.to_dense\(\)"
    ):
        LI()(noise(*SEQUENCE), state._replace(**{field: getattr(state, field).to_sparse()}))


@pytest.mark.parametrize("x", [None, "spikes", {"x": 1}])
def test_what_no_tensor_can_be_made_of_is_not_told_to_become_one(x):
    with pytest.raises(TypeError, match="input_tensor must be a tensor, got") as refusal:
        LI()(x)

    assert "as_tensor" not in str(refusal.value)


# -- 9. What worked, and must ------------------------------------------------------------------------

MADE = {
    "fixed": lambda: LI(LIParameters.from_tau(3e-3)),
    "trainable": lambda: LI(LIParameters.from_tau(3e-3), trainable=True),
    "batch first": lambda: LI(batch_first=True),
    "cell": lambda: LICell(method=methods.exact),
    "linear": lambda: LILinearCell(NEURONS, NEURONS),
}
EACH_LAYER = pytest.mark.parametrize("make", MADE.values(), ids=MADE)


@EACH_LAYER
def test_a_layer_is_copied_and_pickled(make):
    layer, x = make().double(), noise(*SEQUENCE) > 0

    for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        close([twin(x)[0]], [layer(x)[0]], atol=0)
        assert twin(x)[0].dtype is F64


class Half(torch.nn.Module):
    def forward(self, x):
        return x / 2


@pytest.mark.parametrize("name", ["tau_syn_inv", "tau_mem_inv", "v_leak"])
def test_a_constant_may_be_parametrised(name):
    layer = LI(LIParameters(v_leak=torch.tensor(0.5)))
    halved = layer.p._replace(**{name: getattr(layer.p, name) / 2})

    parametrize.register_parametrization(layer, name, Half())

    close([layer(noise(*SEQUENCE))[0]], [LI(halved)(noise(*SEQUENCE))[0]], atol=0)
    learned = LI(trainable=True)
    parametrize.register_parametrization(learned, "v_leak", Half())
    learned(noise(*SEQUENCE))[0].sum().backward()
    assert learned.parametrizations.v_leak.original.grad.item() == pytest.approx(30, rel=1e-5)


@EACH_LAYER
def test_a_layer_is_averaged(make):
    layer, x = make(), noise(*SEQUENCE)
    averaged = torch.optim.swa_utils.AveragedModel(layer)

    averaged.update_parameters(layer)

    close([averaged(x)[0]], [layer(x)[0]])


def test_weights_are_pruned():
    cell = LILinearCell(NEURONS, NEURONS)

    prune.l1_unstructured(cell, "input_weights", amount=4)
    v, _ = cell(noise(*STEP))

    assert int((cell.input_weights == 0).sum()) == 4
    torch.testing.assert_close(v, 0.1 * noise(*STEP) @ cell.input_weights.T, rtol=0, atol=1e-6)


@pytest.mark.parametrize("compiled", [True, False], ids=["compiled", "in torch"])
def test_a_checkpointed_layer_has_the_same_gradients(compiled, monkeypatch):
    monkeypatch.setattr("leakyedu.compiled.is_at_hand", lambda numbers: compiled)
    layer, x = LI(trainable=True), noise(*SEQUENCE).requires_grad_()

    def gradients(run):
        voltages, state = run(x)
        return torch.autograd.grad(voltages.square().sum() + state.i.sum(), [x, *layer.parameters()])

    # Its older kind, use_reentrant=True, follows no state: neither ours nor the two of an LSTM.
    found = gradients(lambda x: torch.utils.checkpoint.checkpoint(layer, x, use_reentrant=False))

    close(found, gradients(layer))


def test_anomaly_mode_changes_nothing():
    layer, x = LI(trainable=True), noise(*SEQUENCE)

    with warnings.catch_warnings(), torch.autograd.set_detect_anomaly(True):
        warnings.simplefilter("ignore")  # it says that it is slow
        layer(x)[0].sum().backward()

    assert layer.v_leak.grad.item() == pytest.approx(TIME * BATCH * NEURONS, rel=1e-5)


STRIDED = {
    "every other row": noise(2 * TIME, BATCH, NEURONS)[::2],
    "transposed": noise(BATCH, TIME, NEURONS).transpose(0, 1),
    "expanded": noise(TIME, 1, NEURONS).expand(*SEQUENCE),
    "one number": noise(1, 1, 1).expand(*SEQUENCE),
}


@pytest.mark.parametrize("x", STRIDED.values(), ids=STRIDED)
@EACH_LAYER
def test_strided_and_expanded_input_is_as_good_as_any(make, x):
    layer = make()

    close([layer(x)[0]], [layer(x.contiguous())[0]])


# -- The batch first, lengths, a past that is cut off ------------------------------------------------


def test_batch_first_is_that_of_torchs_recurrent_modules():
    gru, ours, x = torch.nn.GRU(3, 3, batch_first=True), LI(batch_first=True), noise(BATCH, TIME, NEURONS)

    (theirs, hidden), (voltages, state) = gru(x), ours(x)

    assert voltages.shape == theirs.shape
    assert state.v.shape == state.i.shape == hidden.shape[1:]  # theirs has an axis of layers in front
    assert ours(x[0])[0].shape == gru(x[0])[0].shape  # without a batch, time comes first in both
    close([voltages.transpose(0, 1), *state], flat(LI()(x.transpose(0, 1))), atol=0)
    assert repr(ours).endswith("batch_first=True)")


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("kind", [list, torch.tensor, lambda x: torch.tensor(x, dtype=torch.int32)])
def test_with_lengths_the_state_is_taken_at_the_end_of_each_sequence(batch_first, kind):
    parts, start = [noise(n, NEURONS, seed=n) for n in (3, 5, 1, 4)], state_of(*STEP)
    x = pad_sequence(parts, batch_first=batch_first, padding_value=7.0)
    layer = LI(batch_first=batch_first)

    voltages, state = layer(x, start, lengths=kind([len(y) for y in parts]))

    close([voltages], [layer(x, start)[0]], atol=0)
    for row, part in enumerate(parts):
        _, alone = LI()(part, LIState(*(y[row] for y in start)))
        close([y[row] for y in state], alone)


def test_lengths_are_those_of_a_packed_sequence():
    parts = [noise(n, NEURONS, seed=n) for n in (4, 3, 1)]
    padded, lengths = pad_packed_sequence(pack_sequence(parts))

    _, state = LI()(padded, lengths=lengths)

    close(state.v, [LI()(part)[1].v for part in parts])
    _, hidden = torch.nn.GRU(3, 3)(pack_sequence(parts))
    assert state.v.shape == hidden.shape[1:]


def test_gradients_come_from_within_the_lengths_alone():
    x = noise(*SEQUENCE).requires_grad_()

    _, state = LI()(x, lengths=[2, 5, 1, 3])
    (state.v.sum() + state.i.sum()).backward()

    reached = x.grad.abs().sum(2) > 0
    assert reached.sum(0).tolist() == [2, 5, 1, 3]


@pytest.mark.parametrize(
    ("lengths", "error", "words"),
    [
        ([1, 2, 3, 0], ValueError, "from 1 to the 5 steps of input_tensor, got 0. Leave empty"),
        ([1, 2, 3, 6], ValueError, "from 1 to the 5 steps of input_tensor, got 6"),
        (
            [1, 2, 3],
            ValueError,
            r"the shape \(4,\) for input_tensor of shape \(5, 4, 3\), got \(3,\). Give one",
        ),
        (3, TypeError, "integers, got int"),
        ([1.0] * 4, TypeError, "integers, got torch.float32. Use torch.tensor"),
        (torch.ones(4, dtype=torch.bool), TypeError, "integers, got torch.bool"),
    ],
)
def test_lengths_that_cannot_be_meant_are_refused(lengths, error, words):
    with pytest.raises(error, match=f"lengths must .*{words}"):
        LI()(noise(*SEQUENCE), lengths=lengths)


def test_a_detached_state_cuts_its_past_off():
    layer, x = LI(trainable=True), noise(2, *SEQUENCE)
    _, state = layer(x[0])
    _, kept = layer(x[1], state)

    _, cut = layer(x[1], LIState(state.v.detach(), state.i.detach()))

    close(cut, kept, atol=0)
    whole, short = (torch.autograd.grad(s.v.sum(), layer.log_tau_mem_inv)[0] for s in (kept, cut))
    _, fresh = layer(x[1], LIState(*(y.detach().clone() for y in state)))
    close([short], torch.autograd.grad(fresh.v.sum(), layer.log_tau_mem_inv), atol=0)
    assert not torch.equal(whole, short)


def test_the_docstrings_say_what_a_user_looks_for():
    import leakyedu

    said = " ".join(f"{layers.__doc__} {LI.forward.__doc__} {LI.__doc__} {LIState.__doc__}".split())
    for words in (
        "TorchScript is not served",
        "autocast",
        "batch_first",
        "torch.load",
        "detach()",
        "Sequential",
    ):
        assert words in said
    assert "length of a sequence is a graph of its own" in said
    assert "shape" in leakyedu.model.__doc__


# -- With others -------------------------------------------------------------------------------------

with warnings.catch_warnings():
    # Norse's other neurons are compiled at import with what torch 2.13 calls deprecated.
    warnings.filterwarnings("ignore", message="`torch.jit.script` is deprecated", category=DeprecationWarning)
    import norse.torch as norse


def test_norses_sequential_state_carries_the_states_of_our_layers():
    model = norse.SequentialState(torch.nn.Linear(4, 3), LICell(), torch.nn.Linear(3, 2), LICell())
    steps, state, outputs = noise(6, BATCH, 4), None, []

    for x in steps:
        output, state = model(x, state)
        outputs.append(output)

    first, _ = LI()(model[0](steps))
    second, _ = LI()(model[2](first))
    close([torch.stack(outputs)], [second])
    whole = norse.SequentialState(model[0], LI(), model[2], LI())
    close([whole(steps)[0]], [second])


def test_in_torchs_sequential_a_layer_comes_last():
    model, x = torch.nn.Sequential(torch.nn.Linear(NEURONS, NEURONS), LI()), noise(*SEQUENCE)

    voltages, state = model(x)

    close([voltages], [LI()(model[0](x))[0]])
    assert type(state) is LIState
    with pytest.raises(TypeError, match="input_tensor must be a tensor, got tuple"):
        torch.nn.Sequential(LI(), LI())(x)


@pytest.mark.parametrize("trainable", [False, True])
def test_parameters_go_to_norse_and_come_back(trainable):
    ours = LICell(LIParameters.from_tau(3e-3, 7e-3, 0.5), trainable=trainable).float()
    x = noise(*STEP)

    theirs = norse.LICell(norse.LIParameters(*ours.p))
    back = LICell(theirs.p)

    v = ours(x)[0]
    close([theirs(x, norse.LIState(*resting_state(x, ours.p)))[0]], [v], atol=1e-7)
    close([back(x)[0]], [v], atol=1e-7)
    with_ours, _ = norse.functional.leaky_integrator.li_feed_forward_step(x, resting_state(x, ours.p), ours.p)
    close([with_ours], [v], atol=1e-7)
    with_theirs = simulate(x[None], p=norse.LIParameters(*ours.p))
    close([with_theirs.v[0]], [v], atol=1e-7)


# -- All of it, in two processes ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """Return what tests/training_script.py says of a layer, run once for each."""
    folder = tmp_path_factory.mktemp("training")
    return functools.cache(
        lambda kind: json.loads(
            two_processes("tests.training_script", kind, str(folder), timeout=300).splitlines()[-1]
        )
    )


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["LI", "GRU"])
def test_a_whole_training_script_runs_from_beginning_to_end(ran, kind):
    report = ran(kind)

    assert report["batches"] == [16, 16, 3]
    assert report["losses"][-2] < report["losses"][0]
    assert report["resumed bit for bit"]
    assert report["onnx"] <= 1e-5


@pytest.mark.slow
@pytest.mark.parametrize(
    "what", ["hidden", "state", "dtype under autocast after a float32 state", "a state of another batch"]
)
def test_li_does_in_it_what_a_gru_does(ran, what):
    assert ran("LI")[what] == ran("GRU")[what]


def test_the_table_of_shapes_is_tried_in_every_cell():
    cells = itertools.product(CALLS, [*GOOD_STATES, *BAD_STATES, *GOOD_CONSTANTS, *BAD_CONSTANTS])
    assert len(list(cells)) == 8 * (4 + 10 + 6 + 5)
