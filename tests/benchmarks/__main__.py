"""``python -m tests.benchmarks [NAME ...] [--json FILE]``: run benchmarks and print a table.

The status is 1 if a figure misses its bar.
"""

import argparse
import json
import os
import pkgutil
import platform
import sys
import time
from importlib import import_module
from pathlib import Path

import torch

from tests import benchmarks


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


def chosen(files: list[str], names: list[str]) -> list[str]:
    """Return the files that begin with one of the names; all without names."""
    unknown = [name for name in names if not any(file.startswith(name) for file in files)]
    if unknown:
        sys.exit(f"There is no benchmark {', '.join(unknown)}; there are {', '.join(files)}.")
    return [file for file in files if not names or file.startswith(tuple(names))]


def main() -> None:
    """Run the command."""
    files = sorted(m.name for m in pkgutil.iter_modules(benchmarks.__path__) if not m.name.startswith("_"))
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="Run benchmarks.")
    help_ = f"the beginning of a name: {', '.join(files)} (default: all)"
    parser.add_argument("names", metavar="NAME", nargs="*", help=help_)
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the figures to FILE too")
    arguments = parser.parse_args()

    files, rows, width = chosen(files, arguments.names), [], 64
    print(f"{'figure':<{width}}{'is':>10}  {'must be':<10}", flush=True)
    for file in files:
        for row in import_module(f"{benchmarks.__name__}.{file}").rows():
            rows.append(row)
            missed = "" if row.holds else "MISSED"
            print(f"{row.name:<{width}}{row.figure:>10.4g}  {row.bar:<10}{missed}".rstrip(), flush=True)

    if arguments.json:
        figures = [row._asdict() | {"holds": row.holds} for row in rows]
        report = {"taken": time.strftime("%Y-%m-%d"), "machine": machine(), "figures": figures}
        arguments.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    sys.exit(any(not row.holds for row in rows))


if __name__ == "__main__":
    main()
