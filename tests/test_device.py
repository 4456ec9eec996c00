import os
import warnings
from contextlib import contextmanager
from functools import partial

import pytest
import torch

from leakyedu import (
    LI,
    LICell,
    LILinearCell,
    LIParameters,
    LIState,
    best_device,
    device,
    li_feed_forward_step,
    li_step,
    methods,
    resting_state,
    simulate,
)
from leakyedu.device import devices, free_memory

METHODS = [known.function for known in methods.ALL]


@pytest.fixture
def accelerator():
    if not torch.accelerator.is_available():
        pytest.skip("no accelerator on this machine")
    return torch.accelerator.current_accelerator()


def noise(*shape, seed=1):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_without_an_accelerator_the_cpu_is_best(monkeypatch):
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: False)
    # What torch would name all the same, if it was built for one.
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda: torch.device("cuda"))

    assert best_device() == torch.device("cpu")


@pytest.mark.parametrize("kind", ["cuda", "mps", "xpu"])
def test_the_accelerator_that_torch_names_is_best(monkeypatch, kind):
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: True)
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda: torch.device(kind))

    assert best_device() == torch.device(kind)


@pytest.mark.parametrize(("kind", "count"), [("cuda", 2), ("mps", 1)])
def test_the_devices_are_the_cpu_and_each_accelerator(monkeypatch, kind, count):
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: True)
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda: torch.device(kind))
    monkeypatch.setattr(torch.accelerator, "device_count", lambda: count)

    assert list(map(str, devices())) == ["cpu", *(f"{kind}:{n}" for n in range(count))]


def test_without_an_accelerator_the_cpu_is_the_one_device(monkeypatch):
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: False)

    assert devices() == [torch.device("cpu")]


def test_tensors_can_be_made_on_the_best_device_of_this_machine():
    device = best_device()

    trajectory = simulate(torch.zeros(3, 2, device=device))

    assert isinstance(device, torch.device)
    assert trajectory.v.device.type == trajectory.i.device.type == device.type


@pytest.mark.parametrize("method", METHODS)
def test_a_simulation_on_the_accelerator_is_that_on_the_cpu(accelerator, method):
    x, state = noise(50, 4, 3), LIState(*noise(2, 4, 3, seed=2))
    p = LIParameters(v_leak=noise(3, seed=3))

    there = simulate(
        x.to(accelerator),
        LIState(*(y.to(accelerator) for y in state)),
        LIParameters(*(y.to(accelerator) for y in p)),
        method=method,
    )

    here = simulate(x, state, p, method=method)
    assert there.v.device.type == there.i.device.type == accelerator.type
    torch.testing.assert_close(there.v.cpu(), here.v, rtol=0, atol=2e-6 * here.v.abs().max().item())
    torch.testing.assert_close(there.i.cpu(), here.i, rtol=0, atol=2e-6 * here.i.abs().max().item())


def test_the_default_parameters_serve_on_the_accelerator(accelerator):
    x = noise(50, 3)

    there = simulate(x.to(accelerator))

    torch.testing.assert_close(there.v.cpu(), simulate(x).v, rtol=0, atol=2e-6)


def test_a_layer_moves_to_the_accelerator_and_learns_there(accelerator):
    here = LI(LIParameters(v_leak=torch.zeros(3)), torch.tensor(0.001), trainable=True)
    there = LI(LIParameters(v_leak=torch.zeros(3)), torch.tensor(0.001), trainable=True).to(accelerator)
    x = noise(50, 3)

    here(x)[0].sum().backward()
    there(x.to(accelerator))[0].sum().backward()

    assert {y.device.type for y in there.state_dict().values()} == {accelerator.type}
    for name, y in here.named_parameters():
        torch.testing.assert_close(
            there.get_parameter(name).grad.cpu(), y.grad, rtol=0, atol=1e-5 * y.grad.abs().max().item()
        )


@contextmanager
def waiting_is_an_error():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # torch says that it does not find all of it yet
        torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode("default")


def test_nothing_waits_for_the_accelerator(accelerator):
    if accelerator.type != "cuda":
        pytest.skip(f"torch cannot tell whether an accelerator of type {accelerator.type} is waited for")
    x = noise(5, 3).to(accelerator)
    p = LIParameters(*(y.to(accelerator) for y in LIParameters()))
    layer = LI(trainable=True).to(accelerator)
    with waiting_is_an_error():
        trajectory, (voltages, _) = simulate(x, p=p, method=methods.exact), layer(x)

    assert trajectory.v.shape == voltages.shape == (5, 3)


def test_a_layer_on_the_accelerator_is_one_graph(accelerator):
    layer = LI().to(accelerator)
    x = noise(70, 3).to(accelerator)

    voltages, _ = torch.compile(layer, backend="eager", fullgraph=True)(x)

    torch.testing.assert_close(voltages, layer(x)[0], rtol=0, atol=1e-6)


@pytest.mark.parametrize("own", [False, True])
def test_a_long_sequence_on_the_accelerator_keeps_its_digits(accelerator, own):
    x = noise(20_000, 3)
    p = LIParameters(v_leak=torch.full((3,) if own else (), 0.3))

    there = simulate(x.to(accelerator), p=LIParameters(*(y.to(accelerator) for y in p)))

    here = simulate(x.double(), p=p)
    for y, truth in zip(there, here, strict=True):
        torch.testing.assert_close(y.cpu().double(), truth, rtol=0, atol=2e-6 * truth.abs().max().item())


def test_the_digits_that_others_give_away_are_kept(accelerator):
    if accelerator.type != "cuda":
        pytest.skip(f"an accelerator of type {accelerator.type} has no TF32")
    x = noise(2_000, 64)
    before = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = True
    try:
        there = simulate(x.to(accelerator)).v
    finally:
        torch.backends.cuda.matmul.allow_tf32 = before

    here = simulate(x.double()).v
    torch.testing.assert_close(there.cpu().double(), here, rtol=0, atol=2e-6 * here.abs().max().item())


def test_a_request_that_cannot_fit_on_the_accelerator_is_refused(accelerator):
    if accelerator.type != "cuda":
        pytest.skip(f"torch cannot tell how much memory an accelerator of type {accelerator.type} has free")

    with pytest.raises(ValueError, match=r"would need \S+ GiB .* are free on cuda"):
        simulate(torch.zeros(1, 1, device=accelerator).expand(10**6, 10**6))


def test_the_accelerator_and_the_cpu_do_not_mix(accelerator):
    state = LIState(torch.zeros(3), torch.zeros(3))

    with pytest.raises(ValueError, match=r"must share one device\. Move them with \.to\(device\)"):
        simulate(torch.zeros(5, 3, device=accelerator), state)


# -- Every function, in every dtype, on every device -----------------------------------------------

DTYPES = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
SPIKES = [torch.bool, torch.uint8, torch.int64]


def over(method, x, state, w, p):
    return simulate(x, state, p, method=method)


def through(layer, settings, x, state, w, p):
    """Return what a layer gives that was moved to the dtype and the device of the weights."""
    output, after = layer(p, **settings).to(w)(x if layer is LI else x[0], state)
    return output, *after


def through_weights(settings, x, state, w, p):
    cell = LILinearCell(3, 3, p, **settings)
    cell.input_weights = torch.nn.Parameter(w)
    output, after = cell.to(w)(x[0], state)
    return output, *after


LAYER_SETTINGS = {
    "": {},
    " by exact": {"method": methods.exact},
    ", trainable": {"trainable": True},
}
# What an input (time, 2, 3), a state (2, 3), weights (3, 3) and parameters give.
STEPS = {
    "li_feed_forward_step": lambda x, state, w, p: li_feed_forward_step(x[0], state, p)[1],
    "li_step": lambda x, state, w, p: li_step(x[0], state, w, p)[1],
    **{f"simulate by {method.__name__}": partial(over, method) for method in METHODS},
    **{f"LI{name}": partial(through, LI, settings) for name, settings in LAYER_SETTINGS.items()},
    **{f"LICell{name}": partial(through, LICell, settings) for name, settings in LAYER_SETTINGS.items()},
    **{
        f"LILinearCell{name}": partial(through_weights, settings) for name, settings in LAYER_SETTINGS.items()
    },
}
WITHOUT_A_STATE = {
    "resting_state": lambda x, state, w, p: resting_state(x, p, time_axis=True),
    **{
        method.__name__: lambda x, state, w, p, method=method: method(
            LIParameters(*(y.to(w) for y in p)), 0.001
        )
        for method in METHODS
    },
}
EVERYTHING = STEPS | WITHOUT_A_STATE
each_function = pytest.mark.parametrize("function", EVERYTHING.values(), ids=EVERYTHING)
each_step = pytest.mark.parametrize("function", STEPS.values(), ids=STEPS)


# One neuron for all; one each, whose constants have digits in any dtype and make float32 of the halves.
ONE = LIParameters()
EACH = LIParameters(*torch.tensor([[200.0, 100, 160], [100, 200, 50], [0, 0.25, -0.5]]))


def arguments(dtype, device="cpu", p=EACH):
    x, v, i, w = noise(5, 2, 3), noise(2, 3, seed=2), noise(2, 3, seed=3), noise(3, 3, seed=4)
    p = LIParameters(*(y.to(device) for y in p))
    return x.to(device, dtype), LIState(v.to(device, dtype), i.to(device, dtype)), w.to(device, dtype), p


@pytest.fixture(params=["cpu", "accelerator"])
def place(request):
    return request.getfixturevalue("accelerator") if request.param == "accelerator" else torch.device("cpu")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("p", [ONE, EACH], ids=["one for all", "one each"])
@each_function
def test_every_function_answers_in_the_dtype_and_on_the_device_of_its_state(
    function, p, dtype, place, measured
):
    if place.type == "mps" and dtype is torch.float64:
        pytest.skip("an accelerator of type mps has no float64")
    x, state, w, p_there = arguments(dtype, place, p)

    results = [y.detach() for y in function(x, state, w, p_there)]

    rounded = x.cpu().double(), LIState(*(y.cpu().double() for y in state)), w.cpu().double(), p
    truth = [y.detach() for y in function(*rounded)]
    other = [y for y in results if y.dtype is not dtype or y.device.type != place.type]
    measured(
        5, f"results of another dtype or device than the state's, {place.type}", len(other), len(results)
    )
    assert other == []
    assert [y.shape for y in results] == [y.shape for y in truth]
    scale = max(y.abs().max().item() for y in truth) or 1.0
    off = max(
        torch.dist(y.cpu().double(), z, p=float("inf")).item() for y, z in zip(results, truth, strict=True)
    )
    measured(5, f"those of {dtype} against float64, in eps (at most 8)", off / scale / torch.finfo(dtype).eps)
    assert off <= 8 * torch.finfo(dtype).eps * scale


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("spikes", SPIKES)
@each_step
def test_every_function_takes_bool_and_integers_as_spikes(function, spikes, dtype, measured):
    x, *others = arguments(dtype)
    x = (x > 0).to(spikes)

    results = function(x, *others)

    wanted = function(x.to(dtype), *others)
    differ = [
        y for y, z in zip(results, wanted, strict=True) if y.dtype is not dtype or not torch.equal(y, z)
    ]
    measured(
        5, "results of bool or integer spikes that differ from those of floats", len(differ), len(results)
    )
    assert differ == []


@pytest.mark.parametrize("dtype", DTYPES)
@each_function
def test_every_function_knows_its_shapes_on_meta_without_a_value(function, dtype, measured):
    results = function(*arguments(dtype, "meta"))

    shapes = [y.shape for y in function(*arguments(torch.float64))]
    other = [y for y in results if y.dtype is not dtype or y.device.type != "meta"]
    measured(5, "results of another dtype or device than the state's, meta", len(other), len(results))
    assert other == []
    assert [y.shape for y in results] == shapes


@pytest.mark.parametrize("spikes", [torch.bool, torch.int64])
@each_step
def test_spikes_on_meta_get_the_dtype_of_the_state(function, spikes):
    x, *others = arguments(torch.float16, "meta")

    results = function(x.to(spikes), *others)

    assert [(y.dtype, y.device.type) for y in results] == [(torch.float16, "meta")] * len(results)


@pytest.mark.parametrize("dtype", [torch.complex64, torch.complex128])
@pytest.mark.parametrize("device", ["cpu", "meta"])
@each_step
def test_every_function_refuses_complex_numbers(function, device, dtype, measured):
    x, state, *others = arguments(torch.float32, device)
    complex_state = LIState(*(y.to(dtype) for y in state))

    with pytest.raises(TypeError, match=rf"^input\w* must be real, got {dtype}\. Pass .*\.real or "):
        function(x.to(dtype), state, *others)
    with pytest.raises(TypeError, match=rf"^state\.v must be a floating tensor, got {dtype}\. "):
        function(x, complex_state, *others)

    measured(5, "complex inputs and states that were taken", 0, of=2)


# -- Memory ----------------------------------------------------------------------------------------


@pytest.fixture
def linux(monkeypatch, tmp_path):
    """Pretend to be a machine with 8 GiB free, in a container without a limit."""
    memory, container = tmp_path / "meminfo", tmp_path / "cgroup"
    memory.write_text(f"MemTotal: {16 * 2**20} kB\nMemAvailable: {8 * 2**20} kB\n")
    container.mkdir()
    (container / "memory.max").write_text("max\n")
    (container / "memory.stat").write_text(f"anon {2**29}\nfile {2**30}\n")
    monkeypatch.setattr(device, "_MEMORY", memory)
    monkeypatch.setattr(device, "_CONTAINER", container)
    monkeypatch.setattr(os, "sysconf", lambda name: 2**12 if name == "SC_PAGE_SIZE" else 2**22)
    return container


def test_the_free_memory_is_what_the_system_says(linux):
    assert free_memory(torch.device("cpu")) == 8 * 2**30


def test_a_container_gives_less_what_it_holds_already(linux):
    (linux / "memory.max").write_text(f"{2 * 2**30}\n")

    assert free_memory(torch.device("cpu")) == 2 * 2**30 - 2**29


def test_where_nobody_tells_the_memory_is_unknown(monkeypatch):
    monkeypatch.delattr(os, "sysconf", raising=False)

    assert free_memory(torch.device("cpu")) is None
    assert free_memory(torch.device("meta")) is None


@pytest.mark.parametrize(
    ("x", "need"),
    [
        (torch.zeros(1, 1).expand(10**6, 10**8), "1.12e+06 GiB"),
        (torch.zeros(1, 1, dtype=torch.float64).expand(10**6, 10**3), "22.4 GiB"),
        (torch.zeros(1, 1, dtype=torch.float16).expand(10**6, 10**3), "16.8 GiB"),
    ],
)
def test_a_request_that_cannot_fit_is_refused_with_its_estimate(linux, x, need):
    with pytest.raises(
        ValueError, match=r"inputs of shape .* would need (\S+) GiB .* 8 GiB are free on cpu"
    ) as e:
        simulate(x)

    assert f"would need {need}" in str(e.value)
    assert str(e.value).endswith("start each part from the last state of the one before.")


def test_a_layer_refuses_too_and_names_its_own_argument(linux):
    with pytest.raises(ValueError, match=r"input_tensor of shape \(1000000, 1000000\) would need"):
        LI()(torch.zeros(1, 1).expand(10**6, 10**6))
