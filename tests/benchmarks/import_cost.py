"""``import leakyedu`` against ``import torch``, each in processes of its own that take turns."""

import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks import Row

PAIRS = 12
CODE = "import time; start = time.perf_counter(); import {}; print(time.perf_counter() - start)"
ROOT = Path(__file__).parents[2]


def measurements() -> list[Callable[[], list[Row]]]:
    """Return what is measured."""
    return [against_torch]


def against_torch() -> list[Row]:
    """Import both, in turns."""
    packages = ["torch", "leakyedu"]
    for package in packages:  # the first import reads the disk and writes bytecode
        seconds(package)
    times = {package: [] for package in packages}
    for pair in range(PAIRS):
        for package in packages if pair % 2 else packages[::-1]:
            times[package].append(seconds(package))

    fastest = {package: min(values) for package, values in times.items()}
    median = {package: statistics.median(values) for package, values in times.items()}
    return [
        Row("import leakyedu / import torch, fastest", fastest["leakyedu"] / fastest["torch"], "<= 1.05"),
        Row(f"import leakyedu / import torch, median of {PAIRS}", median["leakyedu"] / median["torch"]),
        Row("import torch, fastest, seconds", fastest["torch"]),
    ]


def seconds(package: str) -> float:
    """Return how long a fresh Python takes to import a package."""
    command = [sys.executable, "-c", CODE.format(package)]
    return float(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)
