"""Neurons in NIR: its own writer and reader, its equations integrated by scipy, and other readers."""

import dataclasses
import re
import warnings

import nir
import nirtorch
import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

from leakyedu import LI, LICell, LILinearCell, LIParameters, LIState, methods
from leakyedu.nir import from_nir, to_nir

with warnings.catch_warnings():
    # Their other neurons are compiled at import with what torch 2.13 calls deprecated.
    warnings.simplefilter("ignore", DeprecationWarning)
    import norse.torch
    import snntorch.import_nir

F64 = torch.float64
NEURONS = torch.tensor([3e-3, 1 / 300, 20e-3, 10e-3], dtype=F64)
# Three kinds of constants, equal ones among them, in both dtypes, fixed and learned, by each method.
LAYERS = {
    f"{kind}, {dtype}, {'learned' if trainable else 'fixed'}, {known.function.__name__}": LI(
        LIParameters(*(x.to(dtype) for x in p)), method=known.function, trainable=trainable
    )
    for kind, p in {
        "defaults": LIParameters(),
        "numbers": LIParameters.from_tau(1 / 300, 7e-3, -0.065),
        "each its own": LIParameters.from_tau(NEURONS, NEURONS.flip(0), 10 * NEURONS),
    }.items()
    for dtype in (torch.float32, F64)
    for trainable in (False, True)
    for known in methods.ALL
}
HELD = LI(LIParameters(0.0, 1 / 7e-3, 0.2), method=methods.exact)


def graph_of(layer, **how):
    return nir.NIRGraph.from_list(to_nir(layer, **how))


def written_and_read(graph, folder):
    nir.write(folder / "layer.nir", graph)
    return nir.read(folder / "layer.nir")


def neuron_of(graph):
    return next(node for node in graph.nodes.values() if isinstance(node, (nir.CubaLI, nir.LI)))


# -- There and back --------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
def test_a_layer_comes_back_from_a_file_bit_for_bit(layer, tmp_path):
    node = neuron_of(written_and_read(graph_of(layer), tmp_path))

    back = from_nir(node, dt=layer.dt, method=layer.method)

    x = torch.randn(9, 2, 4, generator=torch.Generator().manual_seed(1))
    assert torch.equal(back(x)[0], layer(x)[0].detach())
    assert {y.dtype for y in back.p} == {F64}
    if layer.p.v_leak.dtype is F64 and not layer.trainable:
        assert all(map(torch.equal, back.p, layer.p))


def test_what_from_tau_made_comes_back_to_the_last_bit(tmp_path, measured):
    g = torch.Generator().manual_seed(1)
    p = LIParameters.from_tau(*(10 ** (3 * torch.rand(2, 100_000, dtype=F64, generator=g) - 4)))

    layer = LI(p, method=methods.exact)
    back = from_nir(neuron_of(written_and_read(graph_of(layer), tmp_path)), method=methods.exact).p

    apart = sum(int((a != b).sum()) for a, b in zip(back, p, strict=True))
    measured(6, "constants that NIR's file does not give back bit for bit", apart, of=2 * 100_000)
    assert apart == 0


def test_a_node_comes_back_as_it_was_written(tmp_path):
    node = to_nir(LI(LIParameters.from_tau(NEURONS, NEURONS.flip(0), 0.1)))

    read = neuron_of(written_and_read(nir.NIRGraph.from_list(node), tmp_path))

    again = to_nir(from_nir(read))
    for name in ("tau_syn", "tau_mem", "r", "v_leak", "w_in"):
        assert np.array_equal(getattr(read, name), getattr(node, name))
        assert np.array_equal(getattr(again, name), getattr(node, name))
    assert np.array_equal(read.tau_syn, NEURONS.numpy())


def test_a_held_current_is_the_li_of_nir(tmp_path):
    node = neuron_of(written_and_read(graph_of(HELD), tmp_path))

    back = from_nir(node, method=methods.exact)

    assert type(node) is nir.LI
    assert node.tau == pytest.approx(7e-3, rel=1e-15)
    assert all(map(torch.equal, back.p, (torch.as_tensor(y, dtype=F64) for y in HELD.p)))


def test_neither_the_step_nor_the_method_is_stored():
    one, other = to_nir(LI()), to_nir(LI(dt=2e-4, method=methods.exact))

    assert str(one.to_dict()) == str(other.to_dict())
    assert not {"dt", "method"} & one.to_dict().keys()
    layer = from_nir(one, dt=2e-4, method=methods.exact)
    assert (layer.dt, layer.method) == (2e-4, methods.exact)


def test_our_jump_of_1_volt_is_written_as_the_start_page_says():
    node = to_nir(LI(LIParameters.from_tau(NEURONS)))

    assert np.array_equal(node.r, np.ones(4))
    assert np.array_equal(node.w_in, node.tau_syn)


def test_a_cell_has_the_node_of_its_layer():
    p = LIParameters.from_tau(NEURONS)

    assert np.array_equal(to_nir(LICell(p)).tau_syn, to_nir(LI(p)).tau_syn)


def test_a_reader_may_be_told_how_many_neurons_there_are():
    node = to_nir(LI(), shape=(7,))

    assert node.tau_mem.shape == node.w_in.shape == (7,)
    assert node.input_type["input"].tolist() == [7]
    assert from_nir(node)(torch.ones(5, 7))[0].shape == (5, 7)


def test_one_number_serves_any_number_of_neurons_again():
    assert from_nir(to_nir(LI()))(torch.ones(5))[0].shape == (5,)
    assert from_nir(to_nir(LI()))(torch.ones(5, 2, 3))[0].shape == (5, 2, 3)


# -- The equations ---------------------------------------------------------------------------------


def integrated(node, spikes, dt):
    """Solve the equations of NIR's documentation with scipy; a spike is an impulse of area 1."""
    cuba = isinstance(node, nir.CubaLI)
    tau_mem, n = (node.tau_mem if cuba else node.tau), node.v_leak.size

    def slope(_, y):
        v, i = y[:n], y[n:]
        dv = ((node.v_leak - v) + node.r * i) / tau_mem
        return np.concatenate([dv, -i / node.tau_syn if cuba else 0 * i])

    y, voltages = np.concatenate([node.v_leak, np.zeros(n)]), []
    for spike in spikes:
        y[n:] += (node.w_in / node.tau_syn if cuba else 1) * spike
        y = solve_ivp(slope, (0, dt), y, method="DOP853", rtol=1e-13, atol=1e-15).y[:, -1]
        voltages.append(y[:n])
    return np.stack(voltages)


@pytest.mark.parametrize("layer", [LAYERS["each its own, torch.float64, fixed, exact"], HELD])
@pytest.mark.parametrize("dt", [1e-3, 4e-3])
def test_the_equations_of_nir_by_scipy_are_our_exact_curve(layer, dt, tmp_path, measured):
    node = neuron_of(written_and_read(graph_of(layer, shape=(4,)), tmp_path))
    g = torch.Generator().manual_seed(1)
    spikes = (torch.rand(40, 4, dtype=F64, generator=g) < 0.2).double()

    voltages, _ = from_nir(node, dt=dt, method=methods.exact)(spikes)

    apart = np.abs(voltages.numpy() - integrated(node, spikes.numpy(), dt)).max()
    measured(6, "NIR's equations by scipy against exact, volt (at most 1e-12)", apart)
    assert apart <= 1e-12


def test_a_neuron_of_others_is_taken_once_its_weights_are(tmp_path):
    one = np.ones(3)
    node = nir.CubaLI(5e-3 * one, 1e-2 * one, r=2 * one, v_leak=0 * one, w_in=0.5 * one)
    with pytest.raises(ValueError, match=r"r w_in / tau_syn = 1, got 200\. Take dataclasses") as refusal:
        from_nir(node)
    replace = re.search(r"Take (.*), and", str(refusal.value))[1]

    layer = from_nir(eval(replace, {"node": node, "dataclasses": dataclasses}), method=methods.exact)

    spikes = torch.zeros(30, 3, dtype=F64)
    spikes[::7] = 1
    truth = integrated(node, spikes.numpy(), 1e-3)
    np.testing.assert_allclose(layer(200 * spikes)[0].numpy(), truth, rtol=0, atol=1e-12 * truth.max())


# -- Other readers ---------------------------------------------------------------------------------


def test_nirtorch_builds_a_network_of_our_layers(tmp_path):
    graph = nir.NIRGraph.from_list(nir.Linear(WEIGHTS.numpy()), to_nir(LI(), shape=(3,)))

    network = nirtorch.nir_to_torch(written_and_read(graph, tmp_path), {nir.CubaLI: from_nir})

    x = torch.rand(9, 2, generator=torch.Generator().manual_seed(1))
    voltages, _ = network(x)
    torch.testing.assert_close(voltages, LI()(x @ WEIGHTS.T)[0], rtol=0, atol=1e-6)


# What they answer to our file today: one that learns to read it is noticed here.
WEIGHTS = torch.tensor([[1.0, 2.0], [0.5, 0.0], [0.0, -1.0]])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("layer", [LI(), HELD], ids=["CubaLI", "LI"])
def test_snntorch_knows_no_leaky_integrator(layer, tmp_path):
    graph = written_and_read(graph_of(layer, shape=(3,)), tmp_path)

    with pytest.raises(ValueError, match=rf"Unknown node type .*{type(neuron_of(graph)).__name__}"):
        snntorch.import_nir.import_from_nir(graph)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("layer", [LI(), HELD], ids=["CubaLI", "LI"])
def test_norse_leaves_a_leaky_integrator_out_in_silence(layer, tmp_path):
    node = to_nir(layer, shape=(3,))
    alone = written_and_read(nir.NIRGraph.from_list(node), tmp_path)
    behind = written_and_read(nir.NIRGraph.from_list(nir.Linear(WEIGHTS.numpy()), node), tmp_path)

    with pytest.raises(ValueError, match="Cannot find the input of an empty graph"):
        norse.torch.from_nir(alone)
    answer, _ = norse.torch.from_nir(behind)(torch.ones(2))
    assert torch.equal(answer, WEIGHTS.sum(1))  # the weights alone


# -- What cannot be meant --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "shape", "error", "words"),
    [
        (
            LILinearCell(2, 3),
            (1,),
            TypeError,
            "layer must be an LI or an LICell, got LILinearCell. Of an LILinear",
        ),
        (torch.nn.GRU(2, 3), (1,), TypeError, "layer must be an LI or an LICell, got GRU"),
        (LIParameters(), (1,), TypeError, "layer must be an LI or an LICell, got LIParameters"),
        (LI(LIParameters(tau_mem_inv=0.0)), (1,), ValueError, "tau_mem of layer must have an end"),
        (LI(LIParameters(torch.tensor([0.0, 1.0]))), (1,), ValueError, "tau_syn of layer must have an end"),
        (LI(LIParameters.from_tau(NEURONS)), (3,), ValueError, r"shape must fit constants of shapes \(4,\)"),
    ],
)
def test_what_nir_cannot_hold_is_refused(layer, shape, error, words):
    with pytest.raises(error, match=words):
        to_nir(layer, shape=shape)


def test_a_node_of_another_kind_is_told_which_one_is_meant():
    graph = graph_of(LI())

    with pytest.raises(TypeError, match=r"got NIRGraph. Use node.nodes\['cubali'\]\.$"):
        from_nir(graph)
    with pytest.raises(TypeError, match="got Threshold"):
        from_nir(nir.Threshold(np.ones(1)))
    with pytest.raises(ValueError, match=r"r = 1, got 2 to 3\. Take dataclasses.replace\(node, r="):
        from_nir(nir.LI(np.ones(2), np.array([2.0, 3.0]), np.zeros(2)))


def test_a_state_from_the_layer_goes_on_in_the_one_that_came_back():
    layer, x = LI(LIParameters.from_tau(NEURONS)), torch.ones(8, 4)
    _, state = layer(x[:3])

    _, last = from_nir(to_nir(layer))(x[3:], state)

    assert type(last) is LIState
    torch.testing.assert_close(last.v, layer(x)[1].v, rtol=0, atol=1e-6)
