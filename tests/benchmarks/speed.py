"""Whole sequences against Norse, a plain loop, other libraries, and the copy of their memory."""

import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

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
    forward = [(1_000, 100, ">= 150"), (1_024, 4_096, ">= 10"), (131_072, 8, ">= 1500")]
    copies = [(1_024, 32_768, "<= 1.4"), (256, 262_144, "<= 1.35")]
    # Of a small one, half of the time is the memory that the gradient takes anew.
    backward = [(1_000, 1_000, "", ""), (1_024, 4_096, "<= 3.5", "<= 4")]
    doubled = [(1_000, 1_000), (1_024, 4_096), (1_024, 32_768)]
    return [
        one_step,
        one_step_of_a_layer,
        first_call,
        *(partial(against_norse, *work) for work in forward),
        *(partial(against_peers, steps, neurons) for steps, neurons, _ in forward[:2]),
        learning_against_norse,
        *(partial(learning, *work) for work in backward),
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
def one_step_of_a_layer() -> list[Row]:
    """Run a sequence of one step, checks and warnings included."""
    x = torch.rand(1, 100)
    ours, theirs = partial(LI(), x), partial(norse.torch.LICell(), x[0])
    LI()(torch.rand(1_000, 100))  # what loads the compiled loop
    return [Row("one step of LI, 100 neurons / one step of Norse's cell", ratio(ours, theirs, 25), "<= 4")]


FIRST = """
import time, torch
from leakyedu import simulate
x = torch.zeros(1_000, 100)
began = time.perf_counter()
simulate(x)
print(time.perf_counter() - began)
"""


def first_call() -> list[Row]:
    """Call once in a new process: where nothing was compiled before, and where it was."""
    with tempfile.TemporaryDirectory() as folder:
        taken = [
            subprocess.run(
                [sys.executable, "-c", FIRST],
                cwd=Path(__file__).parents[2],
                env=os.environ | {"NUMBA_CACHE_DIR": folder},
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            for _ in range(3)
        ]
    return [
        Row("first call of simulate, 1,000 x 100, compiled for the first time, seconds", float(taken[0])),
        Row("first call of simulate, 1,000 x 100, compiled before, seconds", min(map(float, taken[1:]))),
    ]


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
    if shutil.which(os.environ.get("CXX", "c++")):
        peers["loop of a step by torch.compile"] = stepped
    ours, work = partial(LI(), x), f"{steps:,} x {neurons:,}"
    for peer in peers.keys() - {"inputs.clone()"}:
        torch.testing.assert_close(peers[peer](x), ours()[0], rtol=1e-4, atol=1e-5)
    return [Row(f"{name} / LI, {work}", ratio(partial(peer, x), ours, 5)) for name, peer in peers.items()]


def learning_against_norse() -> list[Row]:
    """Find the gradient of the inputs with both layers."""
    x = torch.rand(1_000, 1_000, requires_grad=True)
    theirs, ours = partial(gradient, norse.torch.LI(), x), partial(gradient, LI(), x)
    return [Row("Norse LI / LI, forward + backward 1,000 x 1,000", ratio(theirs, ours, rounds=5), ">= 80")]


def learning(steps: int, neurons: int, *bars: str) -> list[Row]:
    """Find gradients, and compare with the forward pass alone; then with constants that are learned."""
    x, rows = torch.rand(steps, neurons, requires_grad=True), []
    for bar, trainable in zip(bars, (False, True), strict=True):
        layer = LI(trainable=trainable)
        what = "forward + backward / forward" + (", constants learned" if trainable else "")
        figure = ratio(partial(gradient, layer, x), partial(layer, x))
        rows.append(Row(f"{what}, {steps:,} x {neurons:,}", figure, bar))
    return rows


@torch.no_grad()
def against_copies(steps: int, neurons: int, bar: str) -> list[Row]:
    """Compare with copying as much memory as the result has."""
    x, layer, work = torch.rand(steps, neurons), LI(), f"{steps:,} x {neurons:,}"
    return [
        Row(f"LI / inputs.clone(), {work}", ratio(partial(layer, x), x.clone), bar),
        Row(
            f"simulate / two clones, {work}",
            ratio(partial(simulate, x), lambda: (x.clone(), x.clone())),
            "<= 1.3",
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


def _step(jump: Tensor, v: Tensor, i: Tensor) -> tuple[Tensor, Tensor]:
    i = i + jump
    return v + 0.1 * (i - v), i - 0.2 * i


def stepped(x: Tensor) -> Tensor:
    """Step with those operations made one; all steps of a thousand as one graph compile for minutes."""
    step = torch.compile(_step)  # kept by torch
    v = i = torch.zeros_like(x[0])
    voltages = []
    for jump in x.unbind():
        v, i = step(jump, v, i)
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
