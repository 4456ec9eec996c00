"""The report on a class of 1,000: the command, from its start to the two files that it writes."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests import handed_in
from tests.benchmarks import Row

ROOT = Path(__file__).parents[2]
CODE = "import sys; from leakyedu.app.cli import main; main(['report', sys.argv[1]])"
LEARNERS = 1_000


def measurements() -> list[Callable[[], list[Row]]]:
    """Return what is measured."""
    return [report]


def report() -> list[Row]:
    """Write the report on learners who have done nearly all of the course."""
    with tempfile.TemporaryDirectory() as folder:
        handed_in.hand_in(Path(folder), handed_in.class_of(LEARNERS))
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", CODE, folder], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        return [Row(f"leakyedu report, {LEARNERS:,} learners, seconds", time.perf_counter() - began, "<= 10")]
