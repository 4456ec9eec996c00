"""``python -m tests.benchmarks [NAME ...] [--json FILE] [--picture FILE]``: compare, and print a table.

The status is 1 if a figure misses its bar.
"""

import argparse
import json
import os
import pkgutil
import platform
import sys
import time
from functools import partial
from importlib import import_module
from pathlib import Path

import torch
from tqdm import tqdm

from tests import benchmarks
from tests.benchmarks import _cost, import_cost


def machine() -> dict:
    """Return what the figures were taken on."""
    accelerator = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "system": platform.platform(),
        "processors": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "accelerator": accelerator and str(accelerator),
    }


# Nine minutes in a browser; the others take two together.
WHEN_NAMED = "sliders"


def chosen(files: list[str], names: list[str]) -> list[str]:
    """Return the files that begin with one of the names; without names all that are fast."""
    unknown = [name for name in names if not any(file.startswith(name) for file in files)]
    if unknown:
        sys.exit(f"There is no benchmark {', '.join(unknown)}; there are {', '.join(files)}.")
    return [file for file in files if (file.startswith(tuple(names)) if names else file != WHEN_NAMED)]


def main() -> None:
    """Run the command."""
    files = sorted(m.name for m in pkgutil.iter_modules(benchmarks.__path__) if not m.name.startswith("_"))
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="Run benchmarks.")
    help_ = f"the beginning of a name: {', '.join(files)} (default: all but {WHEN_NAMED})"
    parser.add_argument("names", metavar="NAME", nargs="*", help=help_)
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the figures to FILE too")
    help_ = "draw the time that sequences take against steps and neurons; with --json keep these curves too"
    parser.add_argument("--picture", metavar="FILE", type=Path, help=help_)
    help_ = "compare the first cell of the start page with that of a checkout of an older commit"
    parser.add_argument("--older", metavar="CHECKOUT", type=Path, help=help_)
    help_ = "do as if numba were not installed; the bars are those with it"
    parser.add_argument("--without-numba", action="store_true", help=help_)
    arguments = parser.parse_args()
    if arguments.without_numba:
        sys.modules["numba"] = None

    files = chosen(files, arguments.names)
    measurements = [
        m for file in files for m in import_module(f"{benchmarks.__name__}.{file}").measurements()
    ]
    if arguments.older:
        measurements.append(partial(import_cost.start_page, arguments.older))
    print("  ".join(f"{name}: {value}" for name, value in machine().items()))
    print(f"{'figure':<76}{'is':>10}  {'must be':<10}", flush=True)
    rows = []
    for measure in tqdm(measurements, unit="measurement", leave=False):
        for row in measure():
            rows.append(row)
            missed = "" if row.holds else "MISSED"
            tqdm.write(f"{row.name:<76}{row.figure:>10.4g}  {row.bar:<10}{missed}".rstrip())

    report = {"taken": time.strftime("%Y-%m-%d"), "machine": machine()}
    report["figures"] = [row._asdict() | {"holds": row.holds} for row in rows]
    if arguments.picture:
        report["curves"] = _cost.curves()
        _cost.draw(report["curves"], arguments.picture)
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    sys.exit(any(not row.holds for row in rows))


if __name__ == "__main__":
    main()
