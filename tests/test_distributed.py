"""Training on more than one machine, by torch's own means: nothing here knows of processes but torch.

The test starts two processes on this machine. On several, each runs

    torchrun --nnodes 2 --nproc-per-node 1 --rdzv-endpoint FIRST_MACHINE:29500 -m tests.test_distributed

once with each process having all parameters (``ddp``), once with a shard of every parameter (``fsdp``).
"""

import gc
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import distributed
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.nn.parallel import DistributedDataParallel

from leakyedu import LI, LIParameters, methods

STEPS, BATCH, INPUTS, NEURONS = 80, 4, 5, 6
ROOT = Path(__file__).parents[1]


class Readout(torch.nn.Module):
    """Weights, then leaky integrators whose constants are learned too, one for all and one for each."""

    def __init__(self):
        super().__init__()
        own = LIParameters.from_tau(torch.linspace(4e-3, 9e-3, NEURONS, dtype=torch.float64), v_leak=0.1)
        self.weights = torch.nn.Linear(INPUTS, NEURONS, dtype=torch.float64)
        self.one = LI(LIParameters.from_tau(3e-3, 8e-3), trainable=True)
        self.each = LI(own, method=methods.exact, trainable=True)

    def forward(self, spikes):
        jumps = self.weights(spikes)
        return self.one(jumps)[0] + self.each(jumps)[0]


def train(wrap=lambda model: model, part=slice(None)):
    """Train on a part of the batch; return gradients and weights after three steps of descent."""
    generator = torch.Generator().manual_seed(1)
    spikes = (torch.rand(STEPS, BATCH, INPUTS, generator=generator) < 0.1).double()[:, part]
    target = torch.randn(STEPS, BATCH, NEURONS, generator=generator, dtype=torch.float64)[:, part]
    torch.manual_seed(2)
    model = wrap(Readout())
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(3):
        optimiser.zero_grad()
        (model(spikes) - target).square().mean().backward()
        optimiser.step()
    values = {name.removeprefix("module."): (y.grad, y) for name, y in model.named_parameters()}
    return {name: [whole(y.detach()).tolist() for y in pair] for name, pair in values.items()}


def whole(y):
    """Return a tensor that may be in shards."""
    return y.full_tensor() if hasattr(y, "full_tensor") else y


def main():
    """Train as one of several processes, in each way; the first prints what came out."""
    distributed.init_process_group("gloo")
    rank, size = distributed.get_rank(), distributed.get_world_size()
    wraps = {
        "ddp": DistributedDataParallel,
        "fsdp": lambda model: fully_shard(model, mesh=init_device_mesh("cpu", (size,))),
    }
    part = slice(rank * BATCH // size, (rank + 1) * BATCH // size)
    values = {way: train(wrap, part) for way, wrap in wraps.items()}
    if rank == 0:
        print(json.dumps(values))
    # What still holds the group, the hooks of a sharded model do, would end its threads when Python is gone.
    gc.collect()
    distributed.destroy_process_group()


def two_processes(*module_and_arguments: str, timeout: int = 120) -> str:
    """Run a module in two processes on this machine, and return what the first prints."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    meeting = {
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "WORLD_SIZE": "2",
        "OMP_NUM_THREADS": "1",
    }
    processes = [
        subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", *module_and_arguments],
            cwd=ROOT,
            env=os.environ | meeting | {"RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    outputs = [process.communicate(timeout=timeout) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs[0][1] + outputs[1][1]
    return outputs[0][0]


@pytest.fixture(scope="module")
def together():
    """Return what two processes learn, in each way."""
    return json.loads(two_processes("tests.test_distributed"))


@pytest.mark.slow
@pytest.mark.parametrize("way", ["ddp", "fsdp"])
def test_two_processes_learn_what_one_learns(together, way):
    ours, alone = together[way], train()

    assert set(ours) == set(alone)
    assert len(alone) == 8
    for name, pair in alone.items():
        for a, b in zip(ours[name], pair, strict=True):
            truth = torch.tensor(b)
            assert truth.any()
            torch.testing.assert_close(torch.tensor(a), truth, rtol=1e-10, atol=1e-12)


if __name__ == "__main__":
    main()
