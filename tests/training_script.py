"""A training script as its user would write it, for two processes:

    torchrun --nproc-per-node 2 -m tests.training_script LI FOLDER

A data loader whose last batch is small, autocast, torch.compile, truncated back-propagation, a checkpoint, a
second run that goes on from it, and ONNX. With ``GRU`` in place of ``LI`` nothing else changes. The first
process prints what tests/test_training.py asks for.
"""

import json
import sys
import warnings
from pathlib import Path

import torch
from torch import distributed
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset

from leakyedu import LI, LIParameters, LIState

SEQUENCES, STEPS, INPUTS, HIDDEN, CLASSES, BATCH = 70, 24, 5, 8, 3, 16


class Classifier(torch.nn.Module):
    """Weights, a recurrent layer, weights."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.first = torch.nn.Linear(INPUTS, HIDDEN)
        if kind == "LI":
            p = LIParameters.from_tau(tau_mem=torch.linspace(5e-3, 3e-2, HIDDEN))
            self.recurrent = LI(p, trainable=True, batch_first=True)
        else:
            self.recurrent = torch.nn.GRU(HIDDEN, HIDDEN, batch_first=True)
        self.last = torch.nn.Linear(HIDDEN, CLASSES)

    def forward(self, x, state=None):
        hidden, state = self.recurrent(self.first(x), state)
        return self.last(hidden[:, -1]), state


def detached(state):
    """Cut the past of a state off."""
    return LIState(state.v.detach(), state.i.detach()) if isinstance(state, LIState) else state.detach()


def loader(epoch):
    """Return the batches of this process: the last one is small."""
    g = torch.Generator().manual_seed(1)
    labels = torch.randint(CLASSES, (SEQUENCES,), generator=g)
    spikes = (torch.rand(SEQUENCES, STEPS, INPUTS, generator=g) < 0.1 + 0.2 * labels[:, None, None]).float()
    data = TensorDataset(spikes, labels)
    sampler = DistributedSampler(data, seed=2)
    sampler.set_epoch(epoch)
    return DataLoader(data, batch_size=BATCH, sampler=sampler)


def train(kind, seed, checkpoint, resume=False):
    """Train for two epochs, or for what is left of them after a checkpoint."""
    torch.manual_seed(seed)
    model = DistributedDataParallel(Classifier(kind))
    optimiser = torch.optim.AdamW(model.parameters(), lr=0.02)
    start, losses, state = 0, [], None
    if resume:
        kept = torch.load(checkpoint)
        model.module.load_state_dict(kept["model"])
        optimiser.load_state_dict(kept["optimiser"])
        start, losses, state = kept["epoch"], kept["losses"], kept["state"]
    compiled = torch.compile(model, backend="aot_eager")
    for epoch in range(start, 2):
        for x, labels in loader(epoch):
            state = None  # a new batch
            for half in x.chunk(2, 1):
                with torch.autocast("cpu", dtype=torch.bfloat16):
                    scores, state = compiled(half, state)
                    loss = torch.nn.functional.cross_entropy(scores, labels)
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                state = detached(state)
            losses.append(loss.item())
        if epoch == 0 and distributed.get_rank() == 0:
            torch.save(
                {
                    "model": model.module.state_dict(),
                    "optimiser": optimiser.state_dict(),
                    "epoch": 1,
                    "losses": losses,
                    "state": state,
                },
                checkpoint,
            )
        distributed.barrier()
    return model.module, losses, state, [len(labels) for _, labels in loader(0)]


def seen_from_outside(kind, model, state, folder):
    """Return what somebody else's code relies on, and how far ONNX Runtime is from the model."""
    import onnxruntime

    model, x = model.eval(), torch.rand(BATCH, STEPS, INPUTS, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        hidden, after = model.recurrent(model.first(x))
        parts = [*after] if isinstance(after, LIState) else [after]
        with torch.autocast("cpu", dtype=torch.bfloat16):
            under, _ = model.recurrent(model.first(x), after)
        try:
            model(x[: BATCH // 2], after)
            refusal = "taken"
        except RuntimeError:
            refusal = "RuntimeError"
        scores, _ = model(x)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the exporter does itself
        batch = torch.export.Dim("batch", min=2)
        torch.onnx.export(model, (x,), dynamo=True, dynamic_shapes=({0: batch},), verbose=False).save(
            folder / f"{kind}.onnx"
        )
    session = onnxruntime.InferenceSession(folder / f"{kind}.onnx")
    found = torch.from_numpy(session.run(None, {session.get_inputs()[0].name: x[:7].numpy()})[0])
    return {
        "hidden": list(hidden.shape),
        "state": list(parts[0].shape)[-2:],
        "dtype under autocast after a float32 state": str(under.dtype),
        "a state of another batch": refusal,
        "onnx": (found - scores[:7]).abs().max().item(),
    }


def main(kind: str, folder: Path) -> None:
    """Run all of it."""
    distributed.init_process_group("gloo")
    torch.set_num_threads(1)
    checkpoint = folder / f"{kind}.pt"
    model, losses, state, batches = train(kind, 4, checkpoint)
    resumed, again, _, _ = train(kind, 5, checkpoint, resume=True)
    pairs = zip(model.state_dict().values(), resumed.state_dict().values(), strict=True)
    report = {
        "losses": losses,
        "batches": batches,
        "resumed bit for bit": all(torch.equal(a, b) for a, b in pairs) and losses == again,
    }
    if distributed.get_rank() == 0:
        print(json.dumps(report | seen_from_outside(kind, model, state, folder)))
    distributed.destroy_process_group()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
