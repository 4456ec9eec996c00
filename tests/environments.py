"""Environments that the tests do not run in by themselves, each made anew: it takes minutes and gigabytes.

    python -m tests.environments floor    the tests, with the oldest Python, torch and packages of our promise
    python -m tests.environments newest   the tests, with the oldest Python and torch, and the newest packages
    python -m tests.environments colab    all lessons as on Google Colab: ipywidgets 7.7.1, no JupyterLab, and
                                          a torch that is newer than we promise

``--python`` and ``--torch`` name another pair, ``--folder`` a place where the environment stays, to be used
again. What stands after ``--`` goes to pytest.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
(PYTHON,) = re.findall(r'^requires-python = ">=([\d.]+)"', PYPROJECT, re.MULTILINE)
((TORCH, BEYOND),) = re.findall(r'^dependencies = \["torch>=([\d.]+),<([\d.]+)"', PYPROJECT, re.MULTILINE)
# What a learner, a teacher and a publisher of the course need, each as old as we promise.
NEEDED = PYPROJECT.partition("[project.optional-dependencies]")[2].partition("\nhub = ")[0]
OLDEST = dict(re.findall(r'"([\w-]+)>=([\d.]+)', NEEDED))
TESTS = ["--ignore=tests/browser", "-q", "-n2"]
# What is on Colab before the first cell, but for torch.
COLAB = ["ipykernel==6.17.1", "ipython==7.34.0", "ipywidgets==7.7.1", "matplotlib==3.10.0"]
COLAB += ["nbclient", "numba", "sympy"]
GONE = ["notebook", "jupyterlab", "jupyter_server", "nbconvert", "nbclassic"]


def make(folder: Path, python: str, *wanted: str) -> Path:
    """Make an environment that holds some packages, unless it is there; return its Python."""
    if shutil.which(python) is None:
        sys.exit(f"There is no {python} on the path. Install it, or name another one with --python.")
    own = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not own.exists():
        subprocess.run([python, "-m", "venv", folder], check=True)
    pip(own, "install", *wanted)
    says = (
        "import sys, torch; print('Python', sys.version.split()[0], 'torch', torch.__version__, flush=True)"
    )
    subprocess.run([own, "-c", says], check=True)
    return own


def pip(python: Path, *what: str) -> None:
    """Run pip in an environment."""
    subprocess.run([python, "-m", "pip", *what[:1], "-q", *what[1:]], check=True)


def floor(folder: Path, python: str, torch: str, tests: list[str]) -> int:
    """Run the tests beside the oldest packages; return their status."""
    return newest(folder, python, torch, tests, *(f"{name}=={version}" for name, version in OLDEST.items()))


def newest(folder: Path, python: str, torch: str, tests: list[str], *pinned: str) -> int:
    """Run the tests beside the newest packages but for some; return their status."""
    own = make(folder, python, f"torch=={torch}", *pinned, "-e", f"{ROOT}[test]")
    return subprocess.run([own, "-m", "pytest", *(tests or TESTS)], cwd=ROOT, check=False).returncode


def colab(folder: Path, python: str, torch: str, _: list[str]) -> int:
    """Run all lessons from top to bottom; return how many did not come to their end as they should."""
    own = make(folder, python, f"torch=={torch}", *COLAB)
    pip(own, "install", "--no-deps", "--force-reinstall", str(ROOT))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (small,) = re.findall(r"^%pip install -q (?!--no-deps)(.+)$", readme, re.MULTILINE)
    pip(own, "install", *small.replace('"', "").split())
    pip(own, "uninstall", "-y", *GONE)  # what ipywidgets has brought along
    report = subprocess.run(
        [own, "-c", IN_THERE, *GONE], cwd=folder, check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    print(report)
    return sum(bool(trouble) for trouble in json.loads(report.splitlines()[-1]).values())


# With nbclient: a kernel and nothing else. Each lab must have left a picture, and nothing an error.
IN_THERE = r"""
import importlib.util, json, os, sys, tempfile
import ipywidgets, nbformat, torch
from nbclient import NotebookClient
import leakyedu
from leakyedu.lessons import course, notebooks

assert [name for name in sys.argv[1:] if importlib.util.find_spec(name)] == [], "not as on Colab"
assert "site-packages" in leakyedu.__file__
print("Python", sys.version.split()[0], "torch", torch.__version__, "ipywidgets", ipywidgets.__version__)
troubles = {}
for path in notebooks():
    os.environ["LEAKYEDU_HOME"] = tempfile.mkdtemp()
    notebook = nbformat.read(path, as_version=4)
    try:
        NotebookClient(notebook, resources={"metadata": {"path": path.parent}}).execute()
    except Exception as error:
        troubles[path.name] = str(error)[-300:]
        continue
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    outputs = [output for cell in cells for output in cell.outputs]
    wrong = [output.text for output in outputs if output.get("name") == "stderr"]
    for cell in cells:
        pages = "".join(output.get("data", {}).get("text/html", "") for output in cell.outputs)
        if "lab.show(" in cell.source and not ("<img" in pages and "run the first code cell" in pages):
            wrong.append("a lab without its picture")
    pictures = sum("<img" in output.get("data", {}).get("text/html", "") for output in outputs)
    print(f"{path.name}: {len(cells)} cells, {pictures} pictures, {len(wrong)} troubles", flush=True)
    troubles[path.name] = wrong
print(json.dumps(troubles))
"""


def main() -> int:
    """Make an environment and run what it is for; return the status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    run = {"floor": floor, "newest": newest, "colab": colab}
    parser.add_argument("which", choices=run)
    parser.add_argument("--python", default=f"python{PYTHON}")
    parser.add_argument("--torch")
    parser.add_argument("--folder", type=Path)
    argv = sys.argv[1:]
    end = argv.index("--") if "--" in argv else len(argv)
    given = parser.parse_args(argv[:end])
    folder = (given.folder or Path(tempfile.mkdtemp(prefix="leakyedu_"))).resolve()
    torch = given.torch or f"{BEYOND if given.which == 'colab' else TORCH}.0"
    return run[given.which](folder, given.python, torch, argv[end + 1 :])


if __name__ == "__main__":
    sys.exit(main())
