"""Record lesson 8's times on this machine's accelerator: ``python -m tests.record_speed [FOLDER]``.

They are written to ``speed_<device>.json`` in FOLDER, by default beside the lessons.
"""

import argparse
import json
import re
import time
from pathlib import Path

import torch

from leakyedu import best_device
from leakyedu.lessons import course
from leakyedu.lessons.whole_sequences import lab as speed
from leakyedu.teaching.lab import finish

# The lab's numbers of neurons, and more for the picture over neurons.
NEURONS = {"1": "10,000", "8": "10,000", "64": "10,000", "512": "10,000", "4,096": "1,000", "32,768": "1,000"}


def times(steps: str, neurons: str, device: str) -> speed.Times:
    """Measure twice and keep the fastest calls: long ones fit into a measurement only once."""
    twice = [speed.measure(steps, neurons, device) for _ in range(2)]
    first, second = (finish(measuring) for measuring in twice)
    print(f"{neurons} neurons on {device}: done", flush=True)
    return {way: [min(pairs) for pairs in zip(first[way], second[way], strict=True)] for way in first}


def copy_to(device: torch.device, neurons: int) -> float:
    """Return how long the inputs of 1,000 steps take to get there, the fastest of ten times."""
    x, taken = torch.rand(1000, neurons), []
    for _ in range(10):
        began = time.perf_counter()
        x.to(device)
        torch.accelerator.synchronize()
        taken.append(time.perf_counter() - began)
    return min(taken)


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m tests.record_speed", description=__doc__.split(":")[0])
    parser.add_argument("folder", metavar="FOLDER", type=Path, nargs="?", default=course() / "figures")
    folder = parser.parse_args().folder

    device = best_device()
    if device.type == "cpu":
        parser.error("torch finds no accelerator on this machine.")
    name = torch.cuda.get_device_name() if device.type == "cuda" else device.type
    recording = speed.Recording(
        device=name,
        taken=time.strftime("%Y-%m-%d"),
        torch=torch.__version__,
        times={
            place: {n.replace(",", ""): times(steps, n, where) for n, steps in NEURONS.items()}
            for place, where in (("cpu", "cpu"), ("accelerator", str(device)))
        },
        copies=[(n, copy_to(device, n)) for n in (speed.number(words) for words in NEURONS)],
    )
    path = folder / f"speed_{re.sub('[^a-z0-9]+', '_', name.lower())}.json"
    path.write_text(json.dumps(recording._asdict()) + "\n", encoding="utf-8")
    print(path)


if __name__ == "__main__":
    main()
