"""Tests of the tests: ``python -m tests.mutants [TEXT ...]`` seeds one bug at a time and sees who finds it.

Each bug is put into a copy of the package, whose own tests run there until one fails. What survives is
listed at the end, beside each other one the first test that failed; the status is 1 if less than 95 % are
caught. TEXT chooses the bugs whose file or code holds it; ``library`` and ``course`` are all of one list.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
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
        tests: files that should find it, without ``tests/`` and ``test_``; default the file's own.
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
        paths = map(PurePosixPath, self.tests or [self.file])
        return [str("tests" / path.with_name(f"test_{path.name}.py")) for path in paths]


LIBRARY = [
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
    Bug(
        "euler",
        "return -dt * p.tau_syn_inv, dt * p.tau_mem_inv",
        "return -dt * p.tau_mem_inv, dt * p.tau_syn_inv",
    ),
    Bug(
        "euler",
        "return -dt * p.tau_syn_inv, dt * p.tau_mem_inv",
        "return -0.001 * p.tau_syn_inv, 0.001 * p.tau_mem_inv",
    ),
    Bug(
        "euler",
        "return loss_and_gain(LIParameters(a, b), dt)",
        "return loss_and_gain(LIParameters(b, a), dt)",
    ),
    Bug("euler", "torch.tensor(x, dtype=dtype, device", "torch.tensor(x, dtype=torch.float32, device"),
    Bug(
        "euler",
        "tau_syn_inv, tau_mem_inv, v_leak = p = widen(p, v.dtype)",
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
    Bug("model", "return more >= 0 and all(", "return all("),
    Bug("model", "if x.ndim and not (x.ndim == len(shape) and x.shape == shape):", "if False:"),
    Bug("model", "if any(place != device for place in on.values()):", "if False:"),
    Bug("model", "wide = torch.float64 if dtype is torch.float64 else torch.float32", "wide = dtype"),
    # Sequences
    Bug("sequence", "dtype_at_rest(inputs, own)", "dtype_at_rest(inputs)", ("training",)),
    Bug("sequence", "at_rest(inputs, shape, p.v_leak, ", "at_rest(inputs, shape, 0.0, "),
    Bug("sequence", "and not (p[0].requires_grad or p[1].requires_grad or p[2].requires_grad)", ""),
    Bug("sequence", "loss_and_gain(coarse, dt) if method is euler else None", "None", ("compiled",)),
    Bug("sequence", "x = as_input(name, inputs, v.dtype)", "x = inputs.to(v.dtype)"),
    Bug("sequence", "return low <= x.item() <= high", "return True"),
    Bug("sequence", "worst is None or abs(factor) > abs(worst[1])", "worst is None"),
    # The compiled loop, its gradient, and who does it
    Bug("compiled", "jumped = i[n] + x[row + n]", "jumped = i[n] - x[row + n]"),
    Bug("compiled", "v[n] += gamma * ((rest - v[n]) + jumped)", "v[n] += gamma * (rest - (v[n] - jumped))"),
    Bug(
        "compiled",
        "v[n] += alpha * (rest - v[n]) + gamma * jumped",
        "v[n] += gamma * ((rest - v[n]) + jumped)",
        ("compiled", "scan"),
    ),
    Bug("compiled", "i[n] = jumped + loss * jumped", "i[n] = (1 + loss) * jumped"),
    Bug("compiled", "abs(back - steps + 1)", "back", ("compiled", "scan")),
    Bug("compiled", "to_i += g_i[row + n]", "to_i = g_i[row + n]", ("compiled", "scan")),
    Bug(
        "compiled",
        "sums[n] += to_v * (v[row + n] - rest)",
        "sums[n] += to_v * v[row + n]",
        ("compiled", "scan"),
    ),
    Bug("compiled", "(to_i + loss * to_i)", "(to_i - loss * to_i)", ("compiled", "scan")),
    Bug(
        "compiled",
        "_at(voltages, start - 1), _at(currents, start - 1)",
        "_at(voltages, start), _at(currents, start)",
        ("compiled", "scan"),
    ),
    Bug("compiled", "rows(0, 1, low, high)", "rows(0, 1, 0, high)", ("compiled", "scan")),
    Bug("compiled", "start, stop = time - stop, time - start", "pass", ("compiled", "scan")),
    Bug("compiled", "interrupted.append(True)", "pass"),
    Bug("compiled", "if not helper.cancel():", "if False:"),
    Bug("compiled", "os.register_at_fork(after_in_child=_pool.cache_clear)", "pass"),
    Bug("compiled", "except Exception:", "except ValueError:"),
    Bug("scan", "d_rest = (g_v.sum(0) - d_v)", "d_rest = g_v.sum(0)"),
    Bug("scan", "d_i, g_i = g_i.clone(", "d_i, g_i = torch.zeros_like(g_i).clone("),
    Bug("scan", "[one, q, c, to_v]", "[0 * one, q, c, to_v]"),
    Bug(
        "scan",
        "return padded[len(powers) - 1 + steps[:, None] - steps]",
        "return padded[len(powers) + steps[:, None] - steps]",
    ),
    Bug("scan", "return (inside | before[:, None])", "return (inside)"),
    # Layers
    Bug("layers", "value = value.detach().clone()\n", "value = value.detach()\n"),
    Bug("layers", "torch.nn.Parameter(value.log())", "torch.nn.Parameter(value)"),
    Bug(
        "layers",
        "return voltages, LIState(last_v.clone(), trajectory.i)",
        "return voltages, LIState(last_v, trajectory.i)",
    ),
    Bug("layers", "/ math.sqrt(input_size)", "/ input_size"),
    Bug(
        "layers",
        "(held[name] for name in LIParameters._fields))",
        "(held[name] for name in sorted(LIParameters._fields)))",
    ),
    Bug("layers", "self.dtype = move(", "_ = move(", ("training",)),
    Bug("layers", "wide = fn(", "wide = True or fn(", ("training",)),
    Bug("layers", "torch.int64) - 1).reshape", "torch.int64)).reshape", ("training",)),
    Bug(
        "layers",
        "batch_first = self.batch_first and",
        "batch_first = not self.batch_first and",
        ("training",),
    ),
    Bug("model", "return is_autocast(x.device.type) and torch", "return torch", ("training",)),
    Bug("nir", "r=np.ones_like(tau_mem), v_leak=v_leak, w_in=tau_syn.copy()", "r=tau_syn, v_leak=v_leak"),
    Bug("nir", "1 / p.tau_mem_inv", "p.tau_mem_inv"),
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
    Bug("teaching/progress", '"passed": min, "mistakes": _larger}', '"mistakes": _larger}'),
    Bug("teaching/progress", ".items() if name in mistakes}", ".items()}"),
    Bug("teaching/exercise", "before.get(mistake, 0) + 1}", "1}", ("teaching/exercises",)),
    Bug("app/report", "if FORMULA.match(words) and not", "if False and not"),
    Bug("app/report", "if names:\n        return [(", "if True:\n        return [("),
    Bug("app/report", "if path.is_symlink() or not path.is_file():", "if not path.is_file():"),
    Bug("app/report", "people.update(named.keys())", "people.update(named)"),
    Bug("app/report", "found[name] = progress.merged(found.get(name, {}), records)", "found[name] = records"),
    Bug("app/report", "(-each.learners, -each.times)", "(-each.times, -each.learners)"),
    Bug("app/report", '"passed" not in record and record.get("tries", 0)', 'record.get("tries", 0)'),
    Bug("app/report", 'passed = [record for record in passed if "tries" in record]', "passed = passed"),
    Bug("app/report", 'for f in ("passed", "mistakes") if f in r}', "for f in r}"),
    Bug(
        "teaching/exercise",
        "counted = {mistake: before.get(mistake, 0) + 1} | {k: n for k, n in before.items() if k != mistake}",
        "counted = before | {mistake: before.get(mistake, 0) + 1}",
        ("teaching/exercises",),
    ),
    Bug("teaching/progress", "max(times, old.get(name, 0)) for", "times for"),
    Bug("app/voting", 'line.endswith("\\n")', "line", ("app/phones",)),
    Bug("app/voting", 'said.get("word") == "forget" and self.saved and', "False and", ("app/phones",)),
    Bug("app/run", "if not any(part.startswith", "if any(part.startswith"),
    Bug("app/run", "total += each.memory_info().rss", "total = each.memory_info().rss"),
    Bug("app/run", '"HOME": home, ', ""),
    Bug("app/run", "path.resolve() != path or ", ""),
    Bug("teaching/progress", "kept = merged(found, _memory)\n", "kept = dict(_memory)\n"),
    Bug(
        "teaching/progress",
        "with _locked():\n            found, broken",
        "if True:\n            found, broken",
    ),
    Bug(
        "teaching/kinds",
        "return abs(number - self.right) <= self.tolerance * (1 + 1e-6)",
        "return number <= self.right",
        ("teaching/exercises",),
    ),
    Bug("app/cli", "elif unchanged and mark != now and _marks(target)[1] == now:", "elif mark != now:"),
    Bug("app/cli", "cell.update(outputs=[], execution_count=None)", "cell.update(execution_count=None)"),
    Bug("teaching/figure", "alt=sentence", 'alt=""'),
    Bug("teaching/markup", "html.escape(printable(words), quote=quote)", "printable(words)"),
    Bug("teaching/markup", "html.escape(printable(value))", "printable(value)"),
    Bug("teaching/markup", "printable(words), quote=quote", "words, quote=quote"),
    Bug("teaching/markup", 'r"[$\\\\]"', 'r"[$]"'),
    Bug("teaching/markup", ' safe="",', ' safe=":/",'),
]


# What harms a learner: chosen by a reader who had not seen the tests.
COURSE = [
    # The machinery of exercises
    Bug(
        "teaching/kinds",
        "self.alike) * (1 + 1e-6) * abs(mistake.answer)",
        "self.alike) * (1 + 1e-6) * abs(self.right) * 3",
        ("teaching/exercises", "lessons/answers"),
    ),
    Bug(
        "teaching/function",
        'f"case {number + 1}, {self.each} {where + 1}"',
        'f"case {number + 1}, {self.each} {where}"',
        ("teaching/exercises",),
    ),
    Bug(
        "teaching/function",
        "if not all(map(_equal, cases, given)):",
        "if not all(map(_equal, given, given)):",
        ("teaching/exercises",),
    ),
    Bug(
        "teaching/exercise",
        "min(self._hints_given + 1, last)",
        "min(self._hints_given + 1, last - 1)",
        ("teaching/exercises",),
    ),
    Bug(
        "teaching/exercise",
        'record.setdefault("passed", date.today().isoformat())',
        'record["passed"] = date.today().isoformat()',
        ("teaching/exercises", "teaching/progress"),
    ),
    Bug(
        "teaching/exercise",
        "return self._passed[0]",
        "return self.kind.right",
        ("teaching/exercises", "teaching/expression"),
    ),
    Bug(
        "teaching/record",
        "start=1)",
        "start=0)",
        ("teaching/exercises", "app/course_map"),
    ),
    Bug(
        "teaching/page",
        'say("below", actions[message["press"]]())',
        'say("said", actions[message["press"]]())',
        ("teaching/exercises",),
    ),
    Bug("teaching/record", "how(self._own)", "how(dict(self._own))", ("teaching/exercises",)),
    Bug("app/course_map", 'all(done["exercise"] + done["recall"])', 'all(done["exercise"])'),
    Bug("app/course_map", 're.search(r"\\bleakyedu\\d+:", text)', 're.match(r"leakyedu\\d+:", text)'),
    Bug("teaching/vote", "        then()\n", "        _ = then\n", ("teaching/vote", "app/demo")),
    Bug("teaching/formula", '"Δ": "d"', '"Δ": "delta_"'),
    Bug("teaching/expression", "self.TOLERANCE * abs(y) + 1e-30", "self.TOLERANCE * abs(y) + 1e-6"),
    # Exercises: what a lesson takes for right, and which cases tell a wrong answer from it
    Bug(
        "lessons/a_leaky_bucket/exercises",
        "tolerance=0.04,",
        "tolerance=0.4,",
        ("lessons/a_leaky_bucket/exercises", "lessons/answers"),
    ),
    Bug(
        "lessons/a_filter/exercises",
        "f = draw.scales(0.02, 3000, (25, 40, 1, 7)[number % 4])",
        "f = draw.scales(0.02, 3, (25, 40, 1, 7)[number % 4])",
        ("lessons/a_filter/exercises", "lessons/wrong_functions"),
    ),
    Bug(
        "lessons/euler_against_exact/exercises",
        "cases.append((tau, other) if number % 4 < 2 else (other, tau))",
        "cases.append((tau, other))",
        ("lessons/euler_against_exact/exercises", "teaching/exercises"),
    ),
    Bug(
        "lessons/exact_steps/exercises",
        "pair = (other, tau) if number % 8 > 3 else (tau, other)",
        "pair = (tau, other)",
        ("lessons/exact_steps/exercises", "teaching/exercises"),
    ),
    Bug(
        "lessons/one_euler_step/exercises",
        "v_leak=draw.normal(*one_each)",
        "v_leak=0 * draw.normal(*one_each)",
        ("lessons/one_euler_step/exercises", "teaching/exercises"),
    ),
    Bug(
        "lessons/synapses/exercises",
        "t = draw.between(-0.02 if number % 4 else 0, 0.15,",
        "t = draw.between(0.06, 0.15,",
        ("lessons/synapses/exercises", "teaching/exercises"),
    ),
    Bug(
        "lessons/threshold_and_spikes/exercises",
        "i += [0.9, 1.0, 0.3, 0.9993, -0.4, -3.0, 1.0]",
        "i += [1.9]",
        ("lessons/threshold_and_spikes/exercises", "lessons/wrong_functions"),
    ),
    Bug(
        "teaching/kinds",
        "self.right <= number * self.factor <= self.right * self.factor**2",
        "self.right <= number <= self.right * self.factor**2",
        ("lessons/whole_sequences/exercises", "lessons/answers"),
    ),
    # The machinery of labs
    Bug(
        "teaching/lab",
        "settings = start if title is None else presets[0]",
        "settings = start",
        ("teaching/lab",),
    ),
    Bug(
        "teaching/lab",
        "lambda _: self._work.stop()",
        "lambda _: self._work.result_for({})",
        ("teaching/lab",),
    ),
    Bug(
        "teaching/lab",
        "return self._result[1] if self._result and self._result[0] == settings else None",
        "return self._result[1] if self._result else None",
        ("teaching/lab", "lessons/whole_sequences/lab"),
    ),
    Bug(
        "teaching/canvas",
        "for artist in sorted(moving, key=Artist.get_zorder):",
        "for artist in moving:",
        ("teaching/lab",),
    ),
    Bug(
        "teaching/lab",
        "settings[name] = min(control.high, max(control.low, round(float(value), 9)))",
        "settings[name] = max(control.low, round(float(value), 9))",
        ("teaching/lab",),
    ),
    # Labs: what is drawn, where, and what is said of it
    Bug(
        "lessons/a_leaky_bucket/lab",
        "at = round(tau_mem / 1000 / DT) - 1",
        "at = round(tau_mem / 1000 / DT)",
        ("lessons/a_leaky_bucket/lab", "teaching/lab"),
    ),
    Bug(
        "lessons/exact_steps/lab",
        "off.plot(1000 * run.moved, 0.14",
        "off.plot(run.moved, 0.14",
        ("lessons/exact_steps/lab", "teaching/lab"),
    ),
    Bug(
        "lessons/noise/lab",
        "percent = 100 / PATHS * torch.histogram",
        "percent = 100 / SHOWN * torch.histogram",
        ("lessons/noise/lab", "teaching/lab"),
    ),
    Bug(
        "lessons/the_equation/lab",
        "i, p)) / 1000\n",
        "i, p))\n",
        ("lessons/the_equation/lab", "teaching/lab"),
    ),
    Bug(
        "lessons/one_euler_step/lab",
        "steps = int(until / dt)",
        "steps = int(until)",
        ("lessons/one_euler_step/lab", "teaching/lab"),
    ),
    Bug(
        "lessons/euler_against_exact/lab",
        "at=1 + int(wrong.argmax())",
        "at=int(wrong.argmax())",
        ("lessons/euler_against_exact/lab", "teaching/lab"),
    ),
    # What a person starts, and what stays of his work
    Bug("app/demo", 'os.environ["LEAKYEDU_HOME"] = tempfile.mkdtemp(dir=".", prefix="votes_")\n', ""),
    Bug("app/demo", "for lesson in lessons()[1:]:", "for lesson in lessons()[1:-1]:"),
    Bug("app/cli", "unchanged = made_from == now and now is not None", "unchanged = made_from == now"),
    Bug("app/cli", "json.dumps([cell for cell in cells if cell[1].strip()])", "json.dumps(cells)"),
    Bug("app/server", "set_nodelay(True)", "set_nodelay(False)"),
    Bug(
        "teaching/progress",
        'mine.pop("prediction", None), mine.pop("after", None)',
        'mine.pop("prediction", None)',
    ),
    Bug(
        "lessons/noise/figures",
        "near in zip(x, (y - s).abs() <= half * s",
        "near in zip(x, (y - s).abs() <= half",
    ),
    # A class that votes
    Bug("app/room", "if ballot is None or ballot.is_shown:", "if ballot is None:"),
    Bug("app/room", "statistics.median(values) for values", "statistics.fmean(values) for values"),
    Bug(
        "app/room",
        "if known is None or known.asked != question or not any(map(len, known.rounds)):",
        "if True:",
    ),
    Bug("app/room", "if device not in self.devices and len(self.devices) >= MOST:", "if False:"),
    Bug("app/phones", ' or self.request.host != self.settings["host"]', ""),
    Bug("app/phones", 'self.request.headers.get("Origin") != f"http://{settings[\'host\']}"', "False"),
    Bug("app/phones", 'said.keys() not in (set(), {"question", "round", "vote"})', "False"),
    Bug("app/phones", "left - 1 if left >= 1 else left", "left"),
    Bug("app/phones", "max_body_size=BODY, ", ""),
    Bug(
        "app/voting",
        "{name: os.environ[name] for name in NEEDED if name in os.environ}",
        "dict(os.environ)",
        ("app/phones",),
    ),
]


LISTS = {"library": LIBRARY, "course": COURSE}
BUGS = LIBRARY + COURSE


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
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-x",
        "-q",
        "-p",
        "no:cacheprovider",
        "-m",
        "slow or not slow",
        *files,
    ]
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


def found_by(result: subprocess.CompletedProcess) -> str:
    """Return the first test that failed, or nothing."""
    failed = re.search(r"^(?:FAILED|ERROR) (\S+)", result.stdout, re.MULTILINE)
    return (failed[1] if failed else "an error before any test") if result.returncode else ""


def copy_to(folder: Path) -> Path:
    """Copy what tests need, and see that it is the copy that is tested."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    # Some tests ask git what belongs to the project.
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    (folder / "test_copy.py").write_text(
        "import leakyedu\n\ndef test_it_is_the_copy():\n"
        f"    assert leakyedu.__file__.startswith({str(folder)!r})\n"
    )
    if run_tests(folder, ["test_copy.py"]).returncode:
        sys.exit("The tests would try the original, not the copy.")
    return folder


def main() -> None:
    """Run the command."""
    chosen = [
        bug
        for name, bugs in LISTS.items()
        for bug in bugs
        if not sys.argv[1:] or any(text == name or text in bug.name for text in sys.argv[1:])
    ]
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
            caught = [found_by(result) for result in tqdm(tried, "with one", total=len(chosen), unit="bug")]

    for bug, test in zip(chosen, caught, strict=True):
        print(f"caught   {bug.name}\n         by {test}" if test else f"SURVIVED {bug.name}")
    caught = [bool(test) for test in caught]
    print(f"{sum(caught)} of {len(chosen)} bugs are caught, {sum(caught) / len(chosen):.1%}")
    sys.exit(sum(caught) < MUST * len(chosen))


if __name__ == "__main__":
    main()
