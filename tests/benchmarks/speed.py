"""Whole sequences against Norse, a plain loop, other libraries, and the copy of their memory."""

import warnings
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from scipy.signal import lfilter
from torch import Tensor

from leakyedu import LI, LIState, best_device, li_feed_forward_step, simulate
from tests.benchmarks import Row, ratio

with warnings.catch_warnings():
    # Their other neurons are compiled at import with what torch calls deprecated.
    warnings.simplefilter("ignore", DeprecationWarning)
    import norse.torch
    import snntorch
    from norse.torch.functional import leaky_integrator as norse_functional


def measurements() -> list[Callable[[], list[Row]]]:
    """Return what is measured, the smallest first."""
    forward = [(1_000, 100, ">= 25"), (1_024, 4_096, ">= 12"), (131_072, 8, ">= 200")]
    copies = [(1_024, 32_768, "<= 1.4"), (256, 262_144, "<= 1.6")]
    backward = [(1_000, 1_000), (1_024, 4_096)]
    doubled = [(1_000, 1_000), (1_024, 4_096), (1_024, 32_768)]
    return [
        one_step,
        *(partial(against_norse, *work) for work in forward),
        *(partial(against_peers, steps, neurons) for steps, neurons, _ in forward[:2]),
        learning_against_norse,
        *(partial(learning, *work, trainable=fixed) for work in backward for fixed in (False, True)),
        *(partial(against_copies, *work) for work in copies),
        *(partial(doubling, *work) for work in doubled),
        *([on_the_accelerator] if torch.accelerator.is_available() else []),
    ]


def one_step() -> list[Row]:
    """Take one step, checks included."""
    x, zeros = torch.rand(100), torch.zeros(100)
    ours = partial(li_feed_forward_step, x, LIState(zeros, zeros))
    theirs = partial(norse_functional.li_feed_forward_step, x, norse_functional.LIState(zeros, zeros))
    return [Row("one step of 100 neurons / Norse's", ratio(ours, theirs, rounds=25), "<= 1.15")]


@torch.no_grad()
def against_norse(steps: int, neurons: int, bar: str) -> list[Row]:
    """Run a sequence through both layers."""
    x = torch.rand(steps, neurons)
    theirs, ours = partial(norse.torch.LI(), x), partial(LI(), x)
    return [Row(f"Norse LI / LI, {steps:,} x {neurons:,}", ratio(theirs, ours, rounds=3), bar)]


@torch.no_grad()
def against_peers(steps: int, neurons: int) -> list[Row]:
    """Run a sequence in the other ways there are."""
    x = torch.rand(steps, neurons)
    peers = {
        "loop over unbind": loop,
        "scipy.signal.lfilter": filtered,
        "snnTorch Synaptic": synaptic,
        "inputs.clone()": Tensor.clone,
    }
    ours, work = partial(LI(), x), f"{steps:,} x {neurons:,}"
    for peer in (loop, filtered, synaptic):
        torch.testing.assert_close(peer(x), ours()[0], rtol=1e-4, atol=1e-5)
    return [Row(f"{name} / LI, {work}", ratio(partial(peer, x), ours, 5)) for name, peer in peers.items()]


def learning_against_norse() -> list[Row]:
    """Find the gradient of the inputs with both layers."""
    x = torch.rand(1_000, 1_000, requires_grad=True)
    theirs, ours = partial(gradient, norse.torch.LI(), x), partial(gradient, LI(), x)
    return [Row("Norse LI / LI, forward + backward 1,000 x 1,000", ratio(theirs, ours, rounds=1), ">= 100")]


def learning(steps: int, neurons: int, trainable: bool) -> list[Row]:
    """Find gradients, and compare with the forward pass alone."""
    x, layer = torch.rand(steps, neurons, requires_grad=True), LI(trainable=trainable)
    what = "forward + backward / forward" + (", constants learned" if trainable else "")
    return [
        Row(
            f"{what}, {steps:,} x {neurons:,}",
            ratio(partial(gradient, layer, x), partial(layer, x)),
            "<= 3.5",
        )
    ]


@torch.no_grad()
def against_copies(steps: int, neurons: int, bar: str) -> list[Row]:
    """Compare with copying as much memory as the result has."""
    x, layer, work = torch.rand(steps, neurons), LI(), f"{steps:,} x {neurons:,}"
    return [
        Row(f"LI / inputs.clone(), {work}", ratio(partial(layer, x), x.clone), bar),
        Row(
            f"simulate / two clones, {work}",
            ratio(partial(simulate, x), lambda: (x.clone(), x.clone())),
            "<= 1.4",
        ),
    ]


@torch.no_grad()
def doubling(steps: int, neurons: int) -> list[Row]:
    """Run twice the steps, and twice the neurons."""
    layer, x = LI(), torch.rand(2 * steps, 2 * neurons)
    once, longer, wider = (
        x[:m, :n].contiguous() for m, n in ((steps, neurons), (2 * steps, neurons), (steps, 2 * neurons))
    )
    work, run = f"{steps:,} x {neurons:,}", partial(partial, layer)
    return [
        Row(f"twice the steps / once, {work}", ratio(run(longer), run(once)), "<= 2.2"),
        Row(f"twice the neurons / once, {work}", ratio(run(wider), run(once)), "<= 2.2"),
        Row(f"twice the steps / once, {work}, inputs.clone()", ratio(longer.clone, once.clone)),
    ]


@torch.no_grad()
def on_the_accelerator() -> list[Row]:
    """Compare with the accelerator's own copy."""
    device, rows = best_device(), []
    for steps, neurons in ((1_024, 32_768), (256, 262_144)):
        x, layer = torch.rand(steps, neurons, device=device), LI().to(device)
        name = f"inputs.clone() / LI, {steps:,} x {neurons:,} on {device.type}"
        rows.append(Row(name, ratio(x.clone, partial(layer, x)), ">= 0.5"))
    return rows


# -- The same neuron by other means ----------------------------------------------------------------


def gradient(layer: torch.nn.Module, x: Tensor) -> None:
    """Run forward and backward."""
    x.grad = None
    layer(x)[0].sum().backward()


def loop(x: Tensor) -> Tensor:
    """Step with five operations of torch."""
    v = i = torch.zeros_like(x[0])
    voltages = []
    for jump in x.unbind():
        i = i + jump
        v = v + 0.1 * (i - v)
        i = i - 0.2 * i
        voltages.append(v)
    return torch.stack(voltages)


def filtered(x: Tensor) -> Tensor:
    """Step in C: v is x through two poles."""
    a, b = 0.1, 0.2
    poles = np.array([1, a + b - 2, (1 - a) * (1 - b)], dtype=np.float32)
    return torch.from_numpy(lfilter(np.array([a], dtype=np.float32), poles, x.numpy(), axis=0))


def synaptic(x: Tensor) -> Tensor:
    """Step with snnTorch's neuron that never spikes."""
    neuron = snntorch.Synaptic(alpha=0.8, beta=0.9, threshold=1e30, reset_mechanism="none")
    syn = mem = torch.zeros_like(x[0])
    voltages = []
    for jump in x:
        _, syn, mem = neuron(jump, syn, mem)
        voltages.append(0.1 * mem)
    return torch.stack(voltages)
