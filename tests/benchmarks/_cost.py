"""What a sequence costs: curves of time against steps and against neurons."""

from functools import partial
from pathlib import Path

import torch
from tqdm import tqdm

from leakyedu import LI, best_device
from tests.benchmarks import seconds
from tests.benchmarks.speed import loop

STEPS, NEURONS = 1_000, 100
MANY = [10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000]


@torch.no_grad()
def curves() -> dict:
    """Measure on the best device; ``seconds[way][axis]`` belongs to the values of ``axis``."""
    device = best_device()
    layer = LI().to(device)
    ways = {"LI": lambda x: layer(x)[0], "loop of steps": loop, "copy of the input": torch.clone}
    took = {way: {"steps": [], "neurons": []} for way in ways}
    axes = [("steps", n, (n, NEURONS)) for n in MANY] + [("neurons", n, (STEPS, n)) for n in MANY]
    for axis, _, shape in tqdm(axes, unit="size", leave=False):
        x = torch.rand(shape, device=device)
        for way, run in ways.items():
            call = partial(run, x)
            once = min(seconds(call, 1) for _ in range(2))
            took[way][axis].append(min(seconds(call, max(1, round(0.05 / once))) for _ in range(3)))
    name = torch.cuda.get_device_name() if device.type == "cuda" else device.type
    return {"device": name, "steps": MANY, "neurons": MANY, "at": [STEPS, NEURONS], "seconds": took}


def draw(measured: dict, file: Path) -> None:
    """Draw both on log-log axes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4), layout="constrained")
    steps, neurons = measured["at"]
    for axes, axis, fixed in zip(
        figure.subplots(1, 2, sharey=True),
        ("steps", "neurons"),
        (f"{neurons:,} neurons", f"{steps:,} steps"),
        strict=True,
    ):
        for (way, took), marker in zip(measured["seconds"].items(), "os^", strict=True):
            axes.loglog(measured[axis], took[axis], marker=marker, label=way)
        axes.set(xlabel=axis, title=f"{fixed}, {measured['device']}")
        axes.grid(alpha=0.3)
    figure.axes[0].set_ylabel("time (s)")
    figure.axes[0].legend()
    figure.savefig(file)
