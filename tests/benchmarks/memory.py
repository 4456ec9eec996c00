"""The memory that a forward pass takes at its peak, beside that of its output."""

import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.benchmarks import Row

ROOT = Path(__file__).parents[2]
# In a process of its own: what a process has ever held is the one peak that every system keeps.
CODE = """
import resource, sys
import torch
from leakyedu import LI, LIParameters, simulate

unit = 1 if sys.platform == "darwin" else 1024
peak = lambda: unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
steps, neurons = {steps}, {neurons}
p = LIParameters.from_tau(tau_mem=torch.linspace(5e-3, 2e-2, neurons)) if {own} else LIParameters()
run = {run}
run(torch.zeros(2**15 if not {own} else 70, 2 if not {own} else neurons))  # what torch and numba need
x = torch.empty(steps, neurons).uniform_()
before = peak()
y = run(x)[0]
outputs = {outputs}
print((peak() - before) / (outputs * x.numel() * x.element_size()))
"""
RUNS = {"LI": ("LI(p)", 1), "simulate": ("lambda x: simulate(x, p=p)", 2)}


def measurements() -> list[Callable[[], list[Row]]]:
    """Return what is measured: each way of the engine that is taken where memory counts."""
    sizes = [(1_024, 32_768, False), (256, 262_144, False), (2**22, 8, False), (1_024, 32_768, True)]
    return [partial(peak, name, *size) for name in RUNS for size in sizes]


def peak(name: str, steps: int, neurons: int, own: bool) -> list[Row]:
    """Run once in a new process."""
    run, outputs = RUNS[name]
    code = CODE.format(run=run, outputs=outputs, steps=steps, neurons=neurons, own=own)
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    what = ", constants per neuron" if own else ""
    work = f"{steps:,} x {neurons:,}{what}"
    return [Row(f"extra memory of {name} / its output, {work}", float(result.stdout), "<= 1.1")]
