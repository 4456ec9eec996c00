"""What loads torch against ``import torch``, and what loads none: in processes that take turns."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.benchmarks import Row

PAIRS = 12
ROOT = Path(__file__).parents[2]
TORCH = "import torch"
LIBRARY = "import leakyedu; leakyedu.simulate"
# The command as the program `leakyedu` runs it.
COMMAND = "import sys; sys.argv[:] = ['leakyedu', {}]; from leakyedu.app.cli import main; main()"
VERSION, COPY = COMMAND.format("'--version'"), COMMAND.format("'copy', 'lessons'")
START = Path("course/00_start_here.ipynb")


def measurements() -> list[Callable[[], list[Row]]]:
    """Return what is measured; the start page needs an older checkout, and is added where one is named."""
    return [library, partial(command, "--version", VERSION, "<= 0.2"), partial(command, "copy", COPY)]


def library() -> list[Row]:
    """Use the library, which imports torch."""
    ours, torch = in_turns((LIBRARY, ROOT), (TORCH, ROOT))
    name = "import leakyedu, then leakyedu.simulate / import torch"
    return [
        Row(f"{name}, fastest", min(ours) / min(torch), "<= 1.05"),
        Row(f"{name}, median of {PAIRS}", statistics.median(ours) / statistics.median(torch)),
        Row("import torch, fastest, seconds", min(torch)),
    ]


def command(name: str, code: str, bar: str = "") -> list[Row]:
    """Run a command that computes nothing."""
    ours, torch = in_turns((code, ROOT), (TORCH, ROOT))
    return [Row(f"leakyedu {name} / import torch, fastest", min(ours) / min(torch), bar)]


def start_page(older: Path) -> list[Row]:
    """Run the first cell of code of the start page, here and in a checkout of an older commit."""
    ours, theirs = in_turns(*((first_cell(root / START), root) for root in (ROOT, older.resolve())))
    return [Row("first cell of the start page / the older one's", min(ours) / min(theirs), "<= 0.85")]


def first_cell(notebook: Path) -> str:
    """Return the source of the first cell of code."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return next("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")


def in_turns(*runs: tuple[str, Path]) -> list[list[float]]:
    """Return the times of two codes, each on the packages of its checkout."""
    for run in runs:  # the first import reads the disk and writes bytecode
        seconds(*run)
    times = [[], []]
    for pair in range(PAIRS):
        for which in (0, 1) if pair % 2 else (1, 0):
            times[which].append(seconds(*runs[which]))
    return times


def seconds(code: str, root: Path) -> float:
    """Return how long a fresh Python takes for a code, from its start to its end."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"PYTHONPATH": str(root), "LEAKYEDU_HOME": str(Path(folder, "progress"))}
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, check=True
        )
        return time.perf_counter() - start
