"""Tests of the tests: ``python -m tests.mutants [TEXT ...]`` seeds one bug at a time and sees who finds it.

Each bug is put into a copy of the package, whose own tests run there until one fails. What survives is
listed at the end; the status is 1 if less than 95 % are caught. TEXT chooses the bugs whose file or code
holds it.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue
from typing import NamedTuple

from tqdm import tqdm

ROOT = Path(__file__).parents[1]
COPIED = ("leakyedu", "tests", "course", "pyproject.toml", "README.md", "LICENSE")
MUST = 0.95


class Bug(NamedTuple):
    """A bug: in a file of the package, code that stands there once, and what it becomes.

    Attributes:
        file: without its ending.
        code: what is there.
        becomes: what is put in its place.
        tests: files that should find it, without ``tests/test_``; default the file's own.
    """

    file: str
    code: str
    becomes: str
    tests: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What is changed, on one line."""
        return f"{self.file}: {self.code.strip()} -> {self.becomes.strip() or '(nothing)'}".replace("\n", " ")

    @property
    def test_files(self) -> list[str]:
        """The files of tests to run."""
        folder, _, name = self.file.rpartition("/")
        own = f"{folder}/test_{name}.py" if folder else f"test_{name}.py"
        return [f"tests/test_{name}.py" for name in self.tests] or [f"tests/{own}"]


BUGS = [
    # One step
    Bug("euler", "i_jumped = i + x", "i_jumped = i - x"),
    Bug("euler", "i_jumped = i + x", "i_jumped = i + x * dt"),
    Bug("euler", "v_new = v + gain * ((v_leak - v) + i_jumped)", "v_new = v + gain * ((v_leak - v) + i)"),
    Bug("euler", "v_new = v + gain * ((v_leak - v) + i_jumped)", "v_new = v + gain * (i_jumped - v)"),
    Bug(
        "euler",
        "v_new = v + gain * ((v_leak - v) + i_jumped)",
        "v_new = v + gain * ((v_leak - v) - i_jumped)",
    ),
    Bug(
        "euler",
        "v_new = v + gain * ((v_leak - v) + i_jumped)",
        "v_new = v + gain * (v_leak - (v - i_jumped))",
    ),
    Bug("euler", "i_new = i_jumped + loss * i_jumped", "i_new = i_jumped + loss * i"),
    Bug("euler", "i_new = i_jumped + loss * i_jumped", "i_new = (1 + loss) * i_jumped"),
    Bug("euler", "i_new = i_jumped + loss * i_jumped", "i_new = i_jumped - loss * i_jumped"),
    Bug("euler", "return v_new, LIState(v_new, i_new)", "return v, LIState(v_new, i_new)"),
    Bug("euler", "return v_new, LIState(v_new, i_new)", "return v_new, LIState(v_new, i_jumped)"),
    Bug("euler", "return -dt * a, dt * b", "return -dt * b, dt * a"),
    Bug("euler", "return -dt * a, dt * b", "return -0.001 * a, 0.001 * b"),
    Bug(
        "euler",
        "loss, gain = -dt * tau_syn_inv, dt * tau_mem_inv",
        "loss, gain = -dt * tau_mem_inv, dt * tau_mem_inv",
    ),
    Bug("euler", "torch.tensor(x, dtype=dtype, device", "torch.tensor(x, dtype=torch.float32, device"),
    Bug(
        "euler",
        "tau_syn_inv, tau_mem_inv, v_leak = widen(p, v.dtype)",
        "tau_syn_inv, tau_mem_inv, v_leak = p",
    ),
    Bug("euler", "if weights.device != spikes.device:", "if False:"),
    Bug(
        "euler",
        "torch.nn.functional.linear(spikes, weights)",
        "torch.nn.functional.linear(spikes, weights).abs()",
    ),
    # Methods
    Bug(
        "methods", "v_from_v=1 - a, v_from_i=a, i_from_i=1 - b", "v_from_v=1 - b, v_from_i=a, i_from_i=1 - a"
    ),
    Bug(
        "methods", "v_from_v=1 - a, v_from_i=a, i_from_i=1 - b", "v_from_v=1 - a, v_from_i=b, i_from_i=1 - b"
    ),
    Bug("methods", "v_from_i=a / (1 + a) / (1 + b)", "v_from_i=a / (1 + a)"),
    Bug("methods", "v_from_i=a / (1 + a / 2) / (1 + b / 2)", "v_from_i=a / (1 + a / 2) / (1 + b)"),
    Bug("methods", "i_from_i=(1 - b / 2) / (1 + b / 2)", "i_from_i=(1 - b / 2) / (1 + b)"),
    Bug("methods", "(a**2 + a * b + b**2) / 6", "(a**2 + b**2) / 6"),
    Bug("methods", "a * b**2 + b**3) / 24", "a * b**2 + b**3) / 20"),
    Bug("methods", "v_from_i=a * _difference_of_decays(a, b)", "v_from_i=b * _difference_of_decays(a, b)"),
    Bug("methods", "near = d.abs() < 1", "near = d < 1"),
    Bug(
        "methods",
        "torch.exp(-a) * torch.exp(-half) * _sinh_over(half)",
        "torch.exp(-a) * torch.exp(half) * _sinh_over(half)",
    ),
    Bug("methods", "torch.exp(-torch.minimum(a, b))", "torch.exp(-torch.maximum(a, b))"),
    Bug("methods", "for k in range(8, 0, -1):", "for k in range(3, 0, -1):"),
    Bug("methods", "half = torch.where(near, d, 0) / 2", "half = d / 2"),
    Bug("methods", "v_from_i=-torch.expm1(-a), i_from_i", "v_from_i=a, i_from_i"),
    Bug(
        "methods",
        "return dt * as_tensor(p.tau_mem_inv), dt * as_tensor(p.tau_syn_inv)",
        "return dt * as_tensor(p.tau_syn_inv), dt * as_tensor(p.tau_mem_inv)",
    ),
    # What the neuron is
    Bug(
        "model", "tau_syn_inv: Tensor = torch.tensor(1 / 5e-3", "tau_syn_inv: Tensor = torch.tensor(1 / 1e-2"
    ),
    Bug(
        "model",
        "p = cls(1 / as_tensor(tau_syn), 1 / as_tensor(tau_mem)",
        "p = cls(1 / as_tensor(tau_mem), 1 / as_tensor(tau_syn)",
    ),
    Bug(
        "model", "torch.tensor(x, dtype=torch.float64, device", "torch.tensor(x, dtype=torch.float32, device"
    ),
    Bug(
        "model",
        "return LIState(v=zeros + (v_leak.to(dtype) if isinstance(v_leak, Tensor) else v_leak), i=zeros)",
        "return LIState(v=zeros, i=zeros)",
    ),
    Bug(
        "model",
        "if not _holds(dt, rule := lambda x: (x > 0) & (x < math.inf)):",
        "if not _holds(dt, rule := lambda x: ~(x <= 0)):",
    ),
    Bug("model", "rule := lambda x: (x >= 0) & (x < math.inf)", "rule := lambda x: (x > 0) & (x < math.inf)"),
    Bug("model", "if grown not in [x.shape for x in states.values()]:", "if grown is None:"),
    Bug("model", "if len(devices) > 1:", "if False:"),
    Bug("model", "wide = torch.float64 if dtype is torch.float64 else torch.float32", "wide = dtype"),
    # Sequences
    Bug(
        "sequence",
        "state = resting_state(inputs, p, time_axis=True)",
        "state = resting_state(inputs, time_axis=True)",
    ),
    Bug("sequence", "x = as_input(name, inputs, v.dtype)", "x = inputs.to(v.dtype)"),
    Bug("sequence", "return low <= x.item() <= high", "return True"),
    Bug("sequence", "worst is None or abs(factor) > abs(worst[1])", "worst is None"),
    Bug("scan", "to_rest, to_v, loss = (", "to_v, to_rest, loss = ("),
    Bug("scan", "for y in (1 - q, c, p - 1)", "for y in (1 - q, c, 1 - p)"),
    Bug(
        "scan",
        "inputs = [rest.expand(blocks, 1, neurons), start_v[:, None], x, start_i[:, None]]",
        "inputs = [0 * rest.expand(blocks, 1, neurons), start_v[:, None], x, start_i[:, None]]",
    ),
    Bug(
        "scan",
        "return padded[len(powers) - 1 + steps[:, None] - steps]",
        "return padded[len(powers) + steps[:, None] - steps]",
    ),
    Bug("scan", "d_rest = g_v.sum(0) - d_v_start", "d_rest = g_v.sum(0)"),
    Bug(
        "scan",
        "above = _before(voltages, v, ctx.backwards, at) - rest",
        "above = _before(voltages, v, ctx.backwards, at)",
    ),
    Bug("scan", "return (inside | before[:, None])", "return (inside)"),
    # Layers
    Bug("layers", "value = value.detach().clone()\n", "value = value.detach()\n"),
    Bug("layers", "torch.nn.Parameter(value.log())", "torch.nn.Parameter(value)"),
    Bug(
        "layers",
        "return trajectory.v, LIState(last_v.clone(), trajectory.i.clone())",
        "return trajectory.v, LIState(last_v, trajectory.i)",
    ),
    Bug("layers", "/ math.sqrt(input_size)", "/ input_size"),
    Bug(
        "layers",
        "return LIParameters(self.tau_syn_inv, self.tau_mem_inv, self.v_leak)",
        "return LIParameters(self.tau_mem_inv, self.tau_syn_inv, self.v_leak)",
    ),
    # Stimuli
    Bug("stimuli", "at = (times / dt).round()", "at = (times / dt).floor()"),
    Bug("stimuli", "x.index_add_(0, at.long()", "x.index_copy_(0, at.long()"),
    Bug(
        "stimuli",
        "torch.poisson((rate * dt).expand(shape), generator=generator)",
        "torch.poisson((rate * dt).expand(shape))",
    ),
    Bug(
        "stimuli",
        "_jumps(sigma / math.sqrt(dt) * noise, p, dt, dtype)",
        "_jumps(sigma * noise, p, dt, dtype)",
    ),
    Bug("stimuli", "return (drive * (dt * rate))", "return (drive * rate)"),
    Bug("stimuli", "torch.sin(2 * math.pi * frequency", "torch.sin(math.pi * frequency"),
    # On paper
    Bug(
        "symbolic",
        "return Eq(v.diff(t), (v_leak - v + i) / tau_mem), Eq(i.diff(t), -i / tau_syn)",
        "return Eq(v.diff(t), (v_leak - v + i) / tau_syn), Eq(i.diff(t), -i / tau_syn)",
    ),
    Bug("symbolic", "k4 = a * (one + dt * k3)", "k4 = a * (one + dt / 2 * k3)"),
    # The learner's work
    Bug("progress", '{"tries": max, "hints": max, "passed": min}', '{"tries": max, "hints": max}'),
    Bug("progress", "kept = _merged(found, _memory)\n", "kept = dict(_memory)\n"),
    Bug("progress", "with _locked():\n            found, broken", "if True:\n            found, broken"),
    Bug(
        "exercises/kinds",
        "return abs(number - other) <= self.tolerance * (1 + 1e-6)",
        "return number <= other",
        ("exercises",),
    ),
    Bug("cli", "elif unchanged and mark != now and _marks(target)[1] == now:", "elif mark != now:"),
    Bug("cli", "cell.update(outputs=[], execution_count=None)", "cell.update(execution_count=None)"),
    Bug("plotting", 'alt="{words}"', 'alt=""'),
]


def seed(folder: Path, bug: Bug) -> str:
    """Put a bug into the copy; return what stood in the file."""
    file = folder / "leakyedu" / f"{bug.file}.py"
    before = file.read_text(encoding="utf-8")
    if before.count(bug.code) != 1:
        sys.exit(f"This stands {before.count(bug.code)} times in {bug.file}.py, not once: {bug.code}")
    file.write_text(before.replace(bug.code, bug.becomes), encoding="utf-8")
    return before


def run_tests(folder: Path, files: Sequence[str]) -> subprocess.CompletedProcess:
    """Run tests in a copy until one fails. Its folder comes first, before an installed package."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *files]
    environment = os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def try_tests(files: Sequence[str], copies: Queue, bug: Bug | None = None) -> subprocess.CompletedProcess:
    """Run tests in a copy that nobody uses, with a bug for that time."""
    folder = copies.get()
    before = seed(folder, bug) if bug else ""
    result = run_tests(folder, files)
    if bug:
        (folder / "leakyedu" / f"{bug.file}.py").write_text(before, encoding="utf-8")
    copies.put(folder)
    if result.returncode not in (0, 1, 2):
        sys.exit(f"{' '.join(files)} did not run:\n{result.stdout}{result.stderr}")
    return result


def copy_to(folder: Path) -> Path:
    """Copy what tests need, and see that it is the copy that is tested."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    (folder / "test_copy.py").write_text(
        "import leakyedu\n\ndef test_it_is_the_copy():\n"
        f"    assert leakyedu.__file__.startswith({str(folder)!r})\n"
    )
    if run_tests(folder, ["test_copy.py"]).returncode:
        sys.exit("The tests would try the original, not the copy.")
    return folder


def main() -> None:
    """Run the command."""
    chosen = [bug for bug in BUGS if not sys.argv[1:] or any(text in bug.name for text in sys.argv[1:])]
    if not chosen:
        sys.exit(f"No bug holds {' or '.join(sys.argv[1:])}.")
    workers = os.cpu_count() or 1
    with tempfile.TemporaryDirectory(prefix="leakyedu-mutants-") as folder:
        copies = Queue()
        for number in range(workers):
            copies.put(copy_to(Path(folder).resolve() / str(number)))
        files = sorted({file for bug in chosen for file in bug.test_files})
        with ThreadPoolExecutor(workers) as pool:
            sound = pool.map(lambda file: try_tests([file], copies), files)
            for result in tqdm(sound, "without a bug", total=len(files), unit="file"):
                if result.returncode:
                    sys.exit(f"A test fails without any bug:\n{result.stdout}")
            tried = pool.map(lambda bug: try_tests(bug.test_files, copies, bug), chosen)
            caught = [r.returncode != 0 for r in tqdm(tried, "with one", total=len(chosen), unit="bug")]

    for bug, found in zip(chosen, caught, strict=True):
        print("caught  " if found else "SURVIVED", bug.name)
    print(f"{sum(caught)} of {len(chosen)} bugs are caught, {sum(caught) / len(chosen):.1%}")
    sys.exit(sum(caught) < MUST * len(chosen))


if __name__ == "__main__":
    main()
