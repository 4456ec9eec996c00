import copy
import inspect
import math
import warnings
from itertools import product

import pytest
import torch
from torch.func import functional_call, grad, vmap

from leakyedu import (
    LI,
    LICell,
    LILinearCell,
    LIParameters,
    LIState,
    li_feed_forward_step,
    li_step,
    resting_state,
    simulate,
)
from leakyedu.methods import (
    ALL,
    Propagator,
    euler,
    exact,
    trapezoid,
)
from leakyedu.stimuli import pulse

with warnings.catch_warnings():
    # Norse's other neurons are compiled at import with what torch 2.13 calls deprecated.
    warnings.filterwarnings("ignore", message="`torch.jit.script` is deprecated", category=DeprecationWarning)
    import norse.torch as norse

METHODS = [known.function for known in ALL]
OTHER_METHODS = METHODS[1:]
F64 = torch.float64
# What each layer is made with, and an input for it that gives 3 neurons.
LAYERS = {
    "LICell": (LICell, (), (2, 3)),
    "LI": (LI, (), (7, 2, 3)),
    "LILinearCell": (LILinearCell, (4, 3), (2, 4)),
}
EACH_LAYER = pytest.mark.parametrize(("layer", "sizes", "shape"), LAYERS.values(), ids=LAYERS)


def noise(*shape, dtype=torch.float32, seed=1):
    return torch.randn(shape, dtype=F64, generator=torch.Generator().manual_seed(seed)).to(dtype)


def state_of(*shape, dtype=torch.float32):
    return LIState(noise(*shape, dtype=dtype, seed=2), noise(*shape, dtype=dtype, seed=3))


def per_neuron(dtype=torch.float32):
    return LIParameters.from_tau(
        torch.tensor([4e-3, 5e-3, 20e-3], dtype=dtype),
        torch.tensor([10e-3, 8e-3, 7e-3], dtype=dtype),
        torch.tensor([0.1, -0.2, 0.3], dtype=dtype),
    )


# -- The same numbers ------------------------------------------------------------------------------


@pytest.mark.parametrize("p", [LIParameters(), per_neuron(), LIParameters.from_tau(3e-3, 7e-3, 0.5)])
@pytest.mark.parametrize("dt", [0.001, 2e-4])
def test_a_cell_is_one_step(p, dt):
    x, state = noise(2, 3), state_of(2, 3)

    v, after = LICell(p, dt)(x, state)

    expected_v, expected = li_feed_forward_step(x, state, p, dt)
    assert type(after) is LIState
    assert torch.equal(v, expected_v)
    assert torch.equal(after.v, expected.v)
    assert torch.equal(after.i, expected.i)


@pytest.mark.parametrize("method", OTHER_METHODS)
def test_a_cell_with_another_method_is_one_step_of_it(method):
    x, state, p = noise(2, 3), state_of(2, 3), per_neuron()

    v, after = LICell(p, 7e-4, method=method)(x, state)

    m, i = method(p, 7e-4), state.i + x
    expected = p.v_leak + m.v_from_v * (state.v - p.v_leak) + m.v_from_i * i
    torch.testing.assert_close(v, expected, rtol=0, atol=1e-6)
    torch.testing.assert_close(after.v, expected, rtol=0, atol=1e-6)
    torch.testing.assert_close(after.i, m.i_from_i * i, rtol=0, atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("state", [None, state_of(2, 3)], ids=["rest", "state"])
def test_li_is_simulate(method, state):
    x, p = noise(9, 2, 3), per_neuron()

    voltages, last = LI(p, 7e-4, method=method)(x, state)

    trajectory = simulate(x, state, p, 7e-4, method=method)
    assert type(last) is LIState
    assert torch.equal(voltages, trajectory.v)
    assert torch.equal(last.v, trajectory.v[-1])
    assert torch.equal(last.i, trajectory.i[-1])


@pytest.mark.parametrize("p", [LIParameters(), per_neuron()], ids=["defaults", "per neuron"])
@pytest.mark.parametrize("spikes", [noise(2, 4), noise(2, 4) > 0, (noise(2, 4) > 0).int()])
def test_a_linear_cell_is_one_weighted_step(spikes, p):
    cell, state = LILinearCell(4, 3, p, 2e-4), state_of(2, 3)

    v, after = cell(spikes, state)

    expected_v, expected = li_step(spikes, state, cell.input_weights, p, 2e-4)
    assert torch.equal(v, expected_v)
    assert torch.equal(after.i, expected.i)


def test_a_linear_cell_is_a_cell_after_a_matrix():
    cell, spikes = LILinearCell(4, 3, method=exact), noise(2, 4)

    v, _ = cell(spikes)

    expected, _ = LICell(method=exact)(spikes @ cell.input_weights.T)
    torch.testing.assert_close(v, expected, rtol=0, atol=1e-6)


@EACH_LAYER
@pytest.mark.parametrize("trainable", [False, True])
def test_a_layer_starts_at_rest(layer, sizes, shape, trainable):
    made = layer(*sizes, per_neuron(), trainable=trainable)

    output, _ = made(torch.zeros(shape))

    expected = torch.tensor([0.1, -0.2, 0.3]).expand(output.shape)
    torch.testing.assert_close(output.detach(), expected, rtol=1e-6, atol=0)


@pytest.mark.parametrize("method", METHODS)
def test_a_trainable_layer_starts_with_the_numbers_of_a_fixed_one(method):
    x, p = noise(9, 2, 3, dtype=F64), per_neuron(F64)

    learned, _ = LI(p, method=method, trainable=True)(x)

    fixed, _ = LI(p, method=method)(x)
    torch.testing.assert_close(learned, fixed, rtol=0, atol=1e-14)


def test_carrying_the_state_through_a_cell_is_li():
    x, cell, state = noise(9, 2, 3), LICell(), None

    outputs = []
    for jump in x:
        output, state = cell(jump, state)
        outputs.append(output)

    voltages, last = LI()(x)
    torch.testing.assert_close(torch.stack(outputs), voltages, rtol=0, atol=1e-6)
    torch.testing.assert_close(state.i, last.i, rtol=0, atol=1e-6)


def test_a_layer_over_sequences_is_no_cell():
    assert not isinstance(LI(), LICell)
    assert isinstance(LILinearCell(4, 3), LICell)


@pytest.mark.parametrize(("given", "expected"), [(None, 0.3), (0.5, 0.5)])
def test_a_sequence_without_steps_returns_where_it_started(given, expected):
    state = given and LIState(torch.tensor(given), torch.tensor(given))

    voltages, last = LI(LIParameters(v_leak=torch.tensor(0.3)))(torch.zeros(0, 2, 3), state)

    assert voltages.shape == (0, 2, 3)
    assert torch.equal(last.v, torch.full((2, 3), expected))
    assert last.i.shape == (2, 3)


def test_li_takes_the_time_of_one_neuron():
    voltages, last = LI()(pulse(6))

    assert voltages.shape == (6,)
    assert voltages.max().item() == pytest.approx(0.269297, rel=1e-6)
    assert last.v.shape == last.i.shape == ()


# -- The signatures of Norse -----------------------------------------------------------------------


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_is_called_as_that_of_norse(name):
    def names(f):
        return [n for n, a in inspect.signature(f).parameters.items() if a.kind is a.POSITIONAL_OR_KEYWORD]

    ours, theirs = LAYERS[name][0], getattr(norse, name)

    assert names(ours.forward) == names(theirs.forward) == ["self", "input_tensor", "state"]
    # Norse's LI and LICell take dt among **kwargs.
    assert names(ours.__init__) == [n for n in names(theirs.__init__) if n != "dt"] + ["dt"]


def test_a_cell_returns_what_the_cell_of_norse_returns():
    p, x, state = LIParameters(v_leak=torch.tensor(0.3)), noise(2, 3), state_of(2, 3)

    ours, theirs = LICell(p, dt=2e-4), norse.LICell(norse.LIParameters(*p), dt=2e-4)

    for arguments in [(x,), (x, None), (x, state)]:
        (v, after), (their_v, their_after) = ours(*arguments), theirs(*arguments)
        assert torch.equal(v, their_v)
        assert torch.equal(after.v, their_after.v)
        assert torch.equal(after.i, their_after.i)
    assert torch.equal(ours(input_tensor=x, state=state)[0], ours(x, state)[0])


def test_li_returns_what_li_of_norse_returns():
    p, x, state = LIParameters(v_leak=torch.tensor(0.3)), noise(9, 2, 3), state_of(2, 3)

    ours, theirs = LI(p, dt=2e-4), norse.LI(norse.LIParameters(*p), dt=2e-4)

    for arguments in [(x,), (x, None), (x, state)]:
        (voltages, last), (their_voltages, their_last) = ours(*arguments), theirs(*arguments)
        torch.testing.assert_close(voltages, their_voltages.detach(), rtol=0, atol=1e-6)
        torch.testing.assert_close(last.v, their_last.v.detach(), rtol=0, atol=1e-6)
        torch.testing.assert_close(last.i, their_last.i.detach(), rtol=0, atol=1e-6)


def test_a_linear_cell_returns_what_the_linear_cell_of_norse_returns():
    x, state = noise(2, 4), state_of(2, 3)
    ours, theirs = LILinearCell(4, 3, dt=2e-4), norse.LILinearCell(4, 3, dt=2e-4)
    ours.load_state_dict({"input_weights": theirs.input_weights}, strict=False)

    for arguments in [(x,), (x, None), (x, state)]:
        (v, after), (their_v, their_after) = ours(*arguments), theirs(*arguments)
        assert torch.equal(v, their_v)
        assert torch.equal(after.i, their_after.i)


def test_weights_start_as_widely_as_those_of_norse():
    torch.manual_seed(1)
    ours, theirs = LILinearCell(400, 100), norse.LILinearCell(400, 100)

    assert ours.input_weights.shape == theirs.input_weights.shape == (100, 400)
    # Variance 1 / input_size; 40,000 samples are within 2 % of it.
    assert ours.input_weights.std().item() == pytest.approx(0.05, rel=0.02)
    assert theirs.input_weights.std().item() == pytest.approx(0.05, rel=0.02)
    assert abs(ours.input_weights.mean().item()) < 1e-3


# -- What a layer holds ----------------------------------------------------------------------------

FIXED = {"tau_syn_inv", "tau_mem_inv", "v_leak"}
LEARNED = {"log_tau_syn_inv", "log_tau_mem_inv", "v_leak"}


@EACH_LAYER
def test_fixed_constants_are_buffers(layer, sizes, shape, measured):
    made = layer(*sizes)

    weights = {"input_weights"} if sizes else set()
    measured(8, "fixed constants that are no buffers", len(FIXED - set(dict(made.named_buffers()))), of=3)
    assert set(dict(made.named_buffers())) == FIXED
    assert set(dict(made.named_parameters())) == weights
    assert set(made.state_dict()) == FIXED | weights


@EACH_LAYER
def test_learned_constants_are_parameters(layer, sizes, shape, measured):
    made = layer(*sizes, trainable=True)

    weights = {"input_weights"} if sizes else set()
    missing = LEARNED - set(dict(made.named_parameters()))
    measured(8, "learned constants that are no parameters", len(missing), of=3)
    assert set(dict(made.named_buffers())) == set()
    assert set(dict(made.named_parameters())) == LEARNED | weights
    assert set(made.state_dict()) == LEARNED | weights
    assert [made.get_parameter(name).shape for name in sorted(LEARNED)] == [(1,)] * 3
    assert all(y.requires_grad and y.is_leaf for y in made.parameters())


def test_learned_constants_per_neuron_keep_their_shape():
    layer = LI(per_neuron(), trainable=True)

    assert [y.shape for y in layer.parameters()] == [(3,)] * 3


@pytest.mark.parametrize("trainable", [False, True])
@pytest.mark.parametrize("p", [LIParameters.from_tau(3e-3, 7e-3, 0.5), per_neuron(F64)])
def test_a_layer_tells_its_parameters(p, trainable):
    layer = LICell(p, trainable=trainable)

    assert type(layer.p) is LIParameters
    for ours, given in zip(layer.p, p, strict=True):
        torch.testing.assert_close(ours.detach(), given, rtol=2e-15, atol=0)


@pytest.mark.parametrize("trainable", [False, True])
@EACH_LAYER
def test_a_state_dict_carries_everything_over(layer, sizes, shape, trainable, measured):
    trained = layer(*sizes, per_neuron(), torch.tensor(5e-4), trainable=trainable)
    fresh = layer(*sizes, LIParameters(*torch.ones(3, 3)), torch.tensor(1e-3), trainable=trainable)
    x = noise(*shape)
    assert not torch.allclose(fresh(x)[0], trained(x)[0])

    fresh.load_state_dict(trained.state_dict())

    assert "dt" in fresh.state_dict()
    measured(8, "a layer after a round trip of its state_dict", torch.dist(fresh(x)[0], trained(x)[0]))
    assert torch.equal(fresh(x)[0], trained(x)[0])


@pytest.mark.parametrize("trainable", [False, True])
@EACH_LAYER
def test_moving_to_another_dtype_moves_everything(layer, sizes, shape, trainable, measured):
    made = layer(*sizes, dt=torch.tensor(2**-10), trainable=trainable)
    x = noise(*shape, dtype=F64)

    moved = made.to(F64)

    left = [name for name, y in moved.state_dict().items() if y.dtype is not F64]
    measured(8, "what .to(dtype) leaves behind", len(left), of=len(moved.state_dict()))
    assert left == []
    output, state = moved(x)
    assert output.dtype is state.v.dtype is state.i.dtype is F64
    # 200, 100 and 2**-10 have no digits to lose, so what comes out is right to float64.
    reference = layer(*sizes, LIParameters.from_tau(), 2**-10)
    reference.load_state_dict(
        {k: y for k, y in moved.state_dict().items() if k == "input_weights"}, strict=False
    )
    expected = reference.to(F64)(x)[0]
    # A logarithm was rounded to float32 before it moved.
    torch.testing.assert_close(output, expected, rtol=0, atol=1e-6 if trainable else 1e-14)


@pytest.mark.parametrize("trainable", [False, True])
@EACH_LAYER
def test_a_layer_of_half_precision_answers_in_half_precision(layer, sizes, shape, trainable):
    made = layer(*sizes, trainable=trainable).half()

    output, state = made(noise(*shape, dtype=torch.float16))

    assert output.dtype is state.v.dtype is state.i.dtype is torch.float16
    assert output.isfinite().all()


@pytest.mark.parametrize("trainable", [False, True])
@EACH_LAYER
def test_moving_to_another_device_moves_everything(layer, sizes, shape, trainable, measured):
    made = layer(*sizes, dt=torch.tensor(0.001), trainable=trainable).to("meta")

    output, state = made(torch.empty(shape, device="meta"))

    left = [name for name, y in made.state_dict().items() if y.device.type != "meta"]
    measured(8, "what .to(device) leaves behind", len(left), of=len(made.state_dict()))
    assert left == []
    assert output.device.type == state.v.device.type == state.i.device.type == "meta"


@pytest.mark.parametrize("trainable", [False, True])
def test_a_layer_keeps_copies(trainable):
    p, dt = per_neuron(), torch.tensor([1e-3, 2e-3, 3e-3])
    layer, x = LI(p, dt, trainable=trainable), noise(5, 3)
    before = layer(x)[0].clone()

    for y in (*p, dt):
        y.mul_(0.5)

    assert torch.equal(layer(x)[0], before)


@EACH_LAYER
def test_training_a_layer_leaves_the_default_parameters_alone(layer, sizes, shape, measured):
    before = [y.clone() for y in LIParameters()]
    made = layer(*sizes, trainable=True)
    optimiser = torch.optim.SGD(made.parameters(), lr=0.1)

    made(noise(*shape))[0].sum().backward()
    optimiser.step()

    same = list(map(torch.equal, before, LIParameters()))
    measured(8, "constants of the default neuron changed by training", same.count(False), of=len(same))
    assert same == [True] * 3
    assert [y.requires_grad for y in LIParameters()] == [False] * 3
    assert [not torch.equal(a, b.squeeze()) for a, b in zip(before, made.p, strict=True)] == [True] * 3


def test_writing_to_a_fixed_layer_leaves_the_default_parameters_alone():
    before = [y.clone() for y in LIParameters()]
    layer = LICell()

    for y in layer.buffers():
        y.zero_()

    assert all(map(torch.equal, before, LIParameters()))


@pytest.mark.parametrize("trainable", [False, True])
@EACH_LAYER
def test_a_deep_copy_is_independent(layer, sizes, shape, trainable):
    made, x = layer(*sizes, per_neuron(), method=exact, trainable=trainable), noise(*shape)
    twin = copy.deepcopy(made)
    before = made(x)[0]
    assert torch.equal(twin(x)[0], before)

    with torch.no_grad():
        for y in twin.state_dict().values():
            y.add_(0.1)

    assert torch.equal(made(x)[0], before)
    assert not torch.equal(twin(x)[0], before)


# -- Outputs ---------------------------------------------------------------------------------------


def memory(*tensors):
    return {y.untyped_storage().data_ptr() for y in tensors}


@pytest.mark.parametrize("method", [euler, exact])
@EACH_LAYER
def test_what_comes_out_shares_no_memory_with_what_went_in(layer, sizes, shape, method, measured):
    # Without a leak, and without an input, nothing changes: the temptation to return the state itself.
    made = layer(*sizes, LIParameters(*torch.zeros(3)), method=method)
    x, state = torch.zeros(shape), state_of(2, 3)

    output, after = made(x, state)

    torch.testing.assert_close(after.i, state.i, rtol=1e-6, atol=0)
    shared = memory(output, *after) & memory(x, *state, *made.buffers())
    measured(8, "outputs that share memory with the state, the input or a buffer", len(shared), of=3)
    assert shared == set()


def test_a_sequence_without_steps_shares_no_memory_with_its_state():
    state = state_of(2, 3)

    _, last = LI()(torch.zeros(0, 2, 3), state)

    assert torch.equal(last.v, state.v)
    assert memory(*last).isdisjoint(memory(*state))


def test_writing_to_the_voltages_leaves_the_last_state_alone():
    voltages, last = LI()(noise(5, 3))
    before = last.v.clone()

    voltages.zero_()

    assert torch.equal(last.v, before)


@EACH_LAYER
def test_the_state_that_went_in_is_only_read(layer, sizes, shape):
    state = state_of(2, 3)
    before = [y.clone() for y in state]

    layer(*sizes)(noise(*shape), state)

    assert all(map(torch.equal, before, state))


@pytest.mark.parametrize("layer", [LICell, LI])
def test_no_gradient_is_asked_for_unless_someone_does(layer):
    x = noise(5, 3)

    output, state = layer()(x)
    learned, _ = layer(trainable=True)(x)
    followed, _ = layer()(x.clone().requires_grad_())

    assert [y.requires_grad for y in (output, *state)] == [False] * 3
    assert learned.requires_grad
    assert followed.requires_grad


@pytest.mark.parametrize("method", METHODS)
def test_the_gradient_of_a_learned_leak_is_not_cut_at_the_start(method):
    layer = LI(method=method, trainable=True)

    layer(torch.ones(5, 3))[0].sum().backward()

    assert layer.v_leak.grad.item() == pytest.approx(15, rel=1e-6)


# -- Learning --------------------------------------------------------------------------------------


def fit(parameters, loss, steps, lr):
    optimiser = torch.optim.Adam(parameters, lr=lr)
    for _ in range(steps):
        optimiser.zero_grad()
        value = loss()
        value.backward()
        optimiser.step()
    return value.item()


@pytest.mark.parametrize("hidden", [(3e-3, 2e-2), (8e-3, 6e-3)])
def test_gradient_descent_finds_hidden_time_constants(hidden):
    x = (noise(60, 8) > 1).float()
    target = simulate(x, p=LIParameters.from_tau(*hidden, 0.1)).v
    layer = LI(trainable=True)

    fit(layer.parameters(), lambda: (layer(x)[0] - target).square().mean(), steps=200, lr=0.05)

    found = [1 / layer.p.tau_syn_inv.item(), 1 / layer.p.tau_mem_inv.item()]
    assert found == pytest.approx(hidden, rel=0.02)
    assert layer.p.v_leak.item() == pytest.approx(0.1, rel=0.02)


def test_a_linear_cell_learns_its_weights():
    torch.manual_seed(1)
    spikes = (noise(40, 4) > 0).float()
    target = LILinearCell(4, 3)(spikes)[0].detach()
    cell = LILinearCell(4, 3)

    error = fit(cell.parameters(), lambda: (cell(spikes)[0] - target).square().mean(), steps=300, lr=0.05)

    assert error < 1e-6 * target.square().mean().item()


def test_a_layer_learns_behind_a_linear_one():
    torch.manual_seed(1)
    spikes = (noise(20, 5, 4) > 0).float()
    read_out, layer = torch.nn.Linear(4, 3), LI(trainable=True)
    model = torch.nn.Sequential(read_out, layer)

    voltages, last = model(spikes)
    voltages.square().mean().backward()

    assert torch.equal(voltages, layer(read_out(spikes))[0])
    assert voltages.shape == (20, 5, 3)
    assert last.v.shape == (5, 3)
    assert [y.grad.abs().max().item() > 0 for y in model.parameters()] == [True] * 5
    assert set(model.state_dict()) == {"0.weight", "0.bias", *(f"1.{name}" for name in LEARNED)}


@pytest.mark.parametrize("sign", [-1, 1])
def test_time_constants_stay_above_0_under_a_violent_optimiser(sign):
    layer, x = (
        LI(LIParameters.from_tau(torch.full((3,), 5e-3), 1e-2), method=exact, trainable=True),
        noise(9, 3),
    )
    optimiser = torch.optim.Adam(layer.parameters(), lr=1.0)

    seen = []
    for _ in range(6):
        optimiser.zero_grad()
        (sign * layer(x)[0].square().sum()).backward()
        optimiser.step()
        seen += [layer.p.tau_syn_inv.min().item(), layer.p.tau_mem_inv.min().item()]

    assert max(seen) / min(seen) > 10  # it was violent: added to 100 or 200 themselves, 1 is nothing
    assert min(seen) > 0
    assert max(seen) < math.inf
    assert layer(x)[0].isfinite().all()


def test_a_step_that_would_make_an_inverse_negative_does_not():
    layer = LICell(trainable=True)
    loss = layer.p.tau_mem_inv + layer.p.tau_syn_inv

    loss.backward()
    # By itself, 100 less 150 times its slope of 1 would be -50.
    torch.optim.SGD(layer.parameters(), lr=0.05).step()

    assert layer.p.tau_mem_inv.item() == pytest.approx(100 * math.exp(-0.05 * 100), rel=1e-5)
    assert layer.p.tau_syn_inv.item() == pytest.approx(200 * math.exp(-0.05 * 200), rel=1e-5)


# -- torch.compile and torch.func ------------------------------------------------------------------


# One of each kind on every change; a graph takes seconds.
COMPILED = {("LICell", True, exact), ("LI", False, euler), ("LILinearCell", True, euler)}


@pytest.mark.parametrize(
    ("layer", "sizes", "shape", "trainable", "method"),
    [
        pytest.param(
            *made, trainable, method, marks=() if (name, trainable, method) in COMPILED else pytest.mark.slow
        )
        for (name, made), trainable, method in product(LAYERS.items(), (False, True), (euler, exact))
    ],
)
def test_a_compiled_layer_is_the_layer_without_a_graph_break(
    layer, sizes, shape, trainable, method, measured
):
    torch.compiler.reset()
    made, x, state = (
        layer(*sizes, per_neuron(), method=method, trainable=trainable),
        noise(*shape),
        state_of(2, 3),
    )

    output, after = torch.compile(made, backend="eager", fullgraph=True)(x, state)

    expected, expected_state = made(x, state)
    measured(8, "a compiled layer against the layer (at most 1e-6)", (output - expected).abs().max())
    torch.testing.assert_close(output, expected, rtol=0, atol=1e-6)
    torch.testing.assert_close(after.i, expected_state.i, rtol=0, atol=1e-6)


@pytest.mark.parametrize("method", [euler, exact])
@EACH_LAYER
def test_vmap_maps_the_inputs(layer, sizes, shape, method, measured):
    made, x = layer(*sizes, method=method), noise(5, *shape)

    output, state = vmap(made)(x)

    expected = [made(y) for y in x]
    apart = (output - torch.stack([y for y, _ in expected])).abs().max()
    measured(8, "a layer under vmap against a loop (at most 1e-6)", apart, of=len(x))
    torch.testing.assert_close(output, torch.stack([y for y, _ in expected]), rtol=0, atol=1e-6)
    torch.testing.assert_close(state.i, torch.stack([s.i for _, s in expected]), rtol=0, atol=1e-6)


@pytest.mark.parametrize("trainable", [False, True])
@EACH_LAYER
def test_functional_call_takes_other_constants(layer, sizes, shape, trainable):
    made, x = layer(*sizes, trainable=trainable), noise(*shape)
    other = layer(*sizes, per_neuron(), trainable=trainable)
    before = made(x)[0]

    output, _ = functional_call(made, other.state_dict(), (x,))

    assert torch.equal(output, other(x)[0])
    assert torch.equal(made(x)[0], before)


def test_grad_through_functional_call_is_the_gradient_of_backward():
    layer, x = LI(per_neuron(), trainable=True), noise(6, 3)

    gradients = grad(lambda constants: functional_call(layer, constants, (x,))[0].square().sum())(
        dict(layer.named_parameters())
    )

    layer(x)[0].square().sum().backward()
    for name, y in layer.named_parameters():
        torch.testing.assert_close(gradients[name], y.grad, rtol=1e-5, atol=1e-9)


def test_vmap_maps_an_ensemble_of_layers():
    layers = [LI(LIParameters.from_tau(tau, 1e-2), trainable=True) for tau in (2e-3, 5e-3, 9e-3)]
    constants, _ = torch.func.stack_module_state(layers)
    x = noise(6, 3, dtype=F64)

    voltages = vmap(lambda c: functional_call(layers[0], c, (x,))[0])(constants)

    expected = torch.stack([layer(x)[0] for layer in layers])
    torch.testing.assert_close(voltages, expected, rtol=0, atol=1e-14)


# -- Words -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (LICell(), "LICell(tau_syn=0.005, tau_mem=0.01, v_leak=0, dt=0.001, method=euler)"),
        (
            LI(LIParameters.from_tau(2e-3, 3e-3, -0.065), 5e-4, method=exact, trainable=True),
            "LI(tau_syn=0.002, tau_mem=0.003, v_leak=-0.065, dt=0.0005, method=exact)",
        ),
        (LI(per_neuron()), "LI(neurons=3, dt=0.001, method=euler)"),
        (
            LICell(LIParameters(torch.tensor(0.0))),
            "LICell(tau_syn=inf, tau_mem=0.01, v_leak=0, dt=0.001, method=euler)",
        ),
        (LICell().to("meta"), "LICell(on meta, dt=0.001, method=euler)"),
        (LILinearCell(4, 3), "LILinearCell(tau_syn=0.005, tau_mem=0.01, v_leak=0, dt=0.001, method=euler)"),
    ],
)
def test_a_layer_says_what_it_is(layer, words):
    assert repr(layer) == words


def test_a_layer_with_a_method_of_your_own_says_its_name():
    def mine(p, dt):
        return Propagator(v_from_v=0 * p.tau_mem_inv, v_from_i=p.tau_mem_inv * dt, i_from_i=0 * p.tau_syn_inv)

    layer = LI(method=mine)

    assert repr(layer).endswith("method=mine)")
    assert layer(torch.ones(2))[0].tolist() == pytest.approx([0.1, 0.1])


@pytest.mark.parametrize(
    ("p", "dt", "method", "category", "words"),
    [
        (
            LIParameters(),
            6e-3,
            euler,
            RuntimeWarning,
            "dt = 0.006 s is beyond 1 tau_syn .* where euler rings",
        ),
        (LIParameters(), 2e-2, euler, RuntimeWarning, "beyond 2 tau_syn = 0.01 s, where euler diverges"),
        (LIParameters(), 2e-2, trapezoid, RuntimeWarning, "beyond 2 tau_syn = 0.01 s, where trapezoid rings"),
        (LIParameters(tau_mem_inv=torch.tensor(1e-4)), 1e-3, exact, UserWarning, "did you mean milliseconds"),
        (
            LIParameters(tau_mem_inv=torch.tensor(1e8)),
            1e-3,
            euler,
            UserWarning,
            "tau_mem = 1e-08 s is outside",
        ),
    ],
)
@EACH_LAYER
def test_making_a_layer_warns_once_at_the_line_that_makes_it(
    layer, sizes, shape, p, dt, method, category, words
):
    with pytest.warns(category, match=words) as records:
        layer(*sizes, p, dt, method=method)

    assert [r.category for r in records] == [category]
    assert records[0].filename == __file__


def test_running_a_ringing_layer_warns_once_a_call_at_the_line_that_calls_it():
    with pytest.warns(RuntimeWarning, match="rings"):
        layer = LI(dt=6e-3)

    with pytest.warns(RuntimeWarning, match="rings") as records:
        layer(torch.ones(3, 2))

    assert [r.filename for r in records] == [__file__]


@pytest.mark.parametrize("method", METHODS)
def test_an_infinite_time_constant_does_not_warn(method):
    layer = LI(LIParameters(*torch.zeros(3)), 1.0, method=method)

    assert layer(torch.ones(3))[1].i.item() == 3


# -- What cannot be meant --------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["tau_syn_inv", "tau_mem_inv"])
@pytest.mark.parametrize("value", [torch.tensor(0.0), torch.tensor([100.0, 0.0, 100.0]), 0.0])
@EACH_LAYER
def test_an_infinite_time_constant_cannot_be_learned(layer, sizes, shape, name, value):
    p = LIParameters(**{name: value})

    with pytest.raises(
        ValueError, match=rf"p\.{name} must be above 0 to be trainable, got 0: .*trainable=False"
    ):
        layer(*sizes, p, trainable=True)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"dt": -0.001}, ValueError, "dt must be a finite number of seconds above 0, got -0.001"),
        ({"dt": 0}, ValueError, "dt must be .* got 0"),
        ({"dt": "1ms"}, TypeError, "dt must be .* got '1ms'"),
        ({"dt": None}, TypeError, "dt must be .* got None"),
        ({"dt": torch.tensor(math.nan)}, ValueError, "dt must be .* got nan"),
        (
            {"p": (200.0, 100.0, 0.0)},
            TypeError,
            r"p must be LIParameters, got tuple\. Use LIParameters.from_tau",
        ),
        ({"p": None}, TypeError, "p must be LIParameters, got NoneType"),
        ({"p": 0.001}, TypeError, "p must be LIParameters, got float"),
        ({"p": LIParameters(tau_mem_inv=-1.0)}, ValueError, "p.tau_mem_inv must be .* got -1"),
        ({"p": LIParameters(v_leak=torch.tensor(math.inf))}, ValueError, "p.v_leak must be finite, got inf"),
        ({"p": LIParameters(tau_syn_inv=torch.tensor(200))}, TypeError, "p.tau_syn_inv must .* torch.int64"),
        ({"method": "euler"}, TypeError, r"method must be a function \(p, dt\) -> Propagator, got 'euler'"),
        ({"method": None}, TypeError, "method must be a function .* got None"),
        ({"method": lambda p, dt: 1.0}, TypeError, "method must return a Propagator, got float"),
        (
            {"p": per_neuron(), "dt": torch.full((2,), 1e-3)},
            ValueError,
            r"p and dt must fit together, got p.tau_syn_inv of shape \(3,\).* dt of shape \(2,\)",
        ),
        (
            {"p": LIParameters(torch.ones(2), torch.ones(3))},
            ValueError,
            r"fit together, got p.tau_syn_inv of shape \(2,\) and p.tau_mem_inv of shape \(3,\)\. Give each",
        ),
    ],
)
@EACH_LAYER
def test_what_a_layer_cannot_be_made_of_is_refused(layer, sizes, shape, arguments, error, words):
    with pytest.raises(error, match=words):
        layer(*sizes, **arguments)


@pytest.mark.parametrize(
    ("sizes", "error", "words"),
    [
        ((0, 3), ValueError, "input_size must be at least 1, got 0"),
        ((4, 0), ValueError, "hidden_size must be at least 1, got 0"),
        ((-4, 3), ValueError, "input_size must be at least 1, got -4"),
        ((4.0, 3), TypeError, r"input_size must be an integer, got 4\.0"),
        ((4, "3"), TypeError, "hidden_size must be an integer, got '3'"),
        ((True, 3), TypeError, "input_size must be an integer, got True"),
        ((4, None), TypeError, "hidden_size must be an integer, got None"),
    ],
)
def test_impossible_sizes_are_refused(sizes, error, words):
    with pytest.raises(error, match=words):
        LILinearCell(*sizes)


@pytest.mark.parametrize(
    ("layer", "x", "state", "error", "words"),
    [
        (LICell(), [0.0], None, TypeError, "input_tensor must be a tensor, got list"),
        (LI(), [0.0], None, TypeError, "input_tensor must be a tensor, got list"),
        (LICell(), torch.zeros(3) * 1j, None, TypeError, "input_tensor must be real, got torch.complex64"),
        (LI(), torch.zeros(3) * 1j, None, TypeError, "input_tensor must be real, got torch.complex64"),
        (
            LI(),
            torch.tensor(1.0),
            None,
            ValueError,
            r"input_tensor must have a time axis .* or a step function",
        ),
        (LICell(), torch.zeros(3), (0, 0), TypeError, "state must be an LIState, got tuple"),
        (LI(), torch.zeros(3), [0, 0], TypeError, "state must be an LIState, got list"),
        (LICell(), torch.zeros(4, 1), state_of(3), ValueError, r"state=None for a new batch"),
        (LI(), torch.zeros(5, 4, 1), state_of(3), ValueError, r"state=None for a new batch"),
        (LICell(per_neuron()), torch.zeros(2), None, ValueError, r"p.tau_syn_inv of shape \(3,\)"),
        (LI(per_neuron()), torch.zeros(5, 2), None, ValueError, r"p.tau_syn_inv of shape \(3,\)"),
        (LICell(), torch.zeros(3), state_of(3, dtype=F64), TypeError, "must share one dtype"),
        (LI(), torch.zeros(5, 3), state_of(3, dtype=F64), TypeError, "must share one dtype"),
        (LILinearCell(4, 3), torch.zeros(3), None, ValueError, r"got \(3, 4\) and \(3,\)"),
        (LILinearCell(4, 3), torch.zeros(4).double(), None, TypeError, "must share one dtype"),
        (LILinearCell(4, 3), [0.0] * 4, None, TypeError, "must be a tensor, got list"),
        (LILinearCell(4, 3), torch.zeros(4), state_of(2), ValueError, r"state.v of shape \(2,\)"),
    ],
)
def test_what_a_layer_cannot_be_called_with_is_refused(layer, x, state, error, words):
    with pytest.raises(error, match=words):
        layer(x, state)


def test_rest_of_a_layer_is_that_of_the_function():
    p = per_neuron()

    _, last = LI(p)(torch.zeros(0, 2, 3))

    assert torch.equal(last.v, resting_state(torch.zeros(2, 3), p).v)


def test_a_layer_of_one_step_warns_when_it_is_made_and_not_at_each_step():
    with pytest.warns(RuntimeWarning, match="rings"):
        cell = LICell(dt=0.011, method=trapezoid)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cell(torch.ones(3))


def test_a_weighted_layer_names_its_own_arguments():
    with pytest.raises(TypeError, match=r"input_tensor and layer.input_weights must share one dtype"):
        LILinearCell(3, 2)(torch.zeros(3).double())


# Both are what torch.func.linearize does itself.
@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:Attempted to insert a get_attr Node:UserWarning")
@pytest.mark.parametrize("function", [lambda x: simulate(x).v, lambda x: LI()(x)[0]], ids=["simulate", "LI"])
def test_a_tracer_reads_no_value(function):
    x = torch.randn(5, 3, generator=torch.Generator().manual_seed(1))

    v, slope = torch.func.linearize(function, x)

    torch.testing.assert_close(slope(x), v, rtol=1e-6, atol=1e-7)  # the neuron is linear
