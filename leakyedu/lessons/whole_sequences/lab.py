"""Lesson 8's experiment: how long one voltage takes as a loop, compiled, a convolution, a scan, in the library.

Where there is no accelerator, the times on record say what one does: ``python -m tests.record_speed``
takes them on a machine that has one and puts them beside the lessons.
"""

import contextlib
import io
import json
import logging
import math
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from importlib.util import find_spec
from typing import NamedTuple

import torch
from matplotlib.axes import Axes
from torch import Tensor

from leakyedu import compiled
from leakyedu.lessons import course
from leakyedu.sequence import simulate
from leakyedu.stimuli import poisson
from leakyedu.teaching.figure import CURRENT, INPUT, VOLTAGE, mark_prediction, name_line
from leakyedu.teaching.lab import Device, Lab, Menu, Preset

# Where CUDA is installed and no GPU is there, torch says so on stderr when it loads its clock: older ones
# print it, newer ones log it.
logging.getLogger("torch.utils.cpp_extension").setLevel(logging.ERROR)
with contextlib.redirect_stderr(io.StringIO()):
    from torch.utils import benchmark  # noqa: F401  # for the lesson

# dt / tau_mem and dt / tau_syn of the default neuron.
A, B = 0.1, 0.2

BLOCK = 32

ON_A_CPU = "on one core of the CPU"

Times = dict[str, list[tuple[int, float]]]


class Recording(NamedTuple):
    """Times that were taken on a machine with an accelerator, of float32.

    Attributes:
        device: name of the accelerator.
        taken: the day.
        torch: the version.
        times: for ``"cpu"`` and ``"accelerator"``, for each number of neurons, what :func:`measure` returned.
        copies: pairs of a number of neurons and the seconds that the inputs of 1,000 steps need to get
            to the accelerator.
    """

    device: str
    taken: str
    torch: str
    times: dict[str, dict[str, Times]]
    copies: list[tuple[int, float]]

    @property
    def name(self) -> str:
        """What the lab calls the accelerator, so that nobody takes it for one of his own."""
        return f"{self.device}, recorded {self.taken}"


RECORDINGS = [
    Recording(**json.loads(path.read_text(encoding="utf-8")))
    for path in sorted((course() / "figures").glob("speed_*.json"))
]
_BY_NAME = {recording.name: recording for recording in RECORDINGS}


def loop(x: Tensor) -> Tensor:
    r"""Take Euler's steps one after the other.

    .. math::
        i^+ = i + x_n, \qquad v \leftarrow v + a \, (i^+ - v), \qquad i \leftarrow i^+ - b \, i^+

    Args:
        x: jumps in volt, of shape ``(time, neurons)``.

    Returns:
        Voltages of the default neuron from rest, of the shape of ``x``.
    """
    v = i = torch.zeros_like(x[0])
    voltages = []
    for jump in x.unbind():
        i = i + jump
        v = v + A * (i - v)
        i = i - B * i
        voltages.append(v)
    return torch.stack(voltages)


def compiled_loop(x: Tensor) -> Tensor:
    """Take the same steps in machine code: :func:`leakyedu.compiled.forward`.

    Args and returns: as for :func:`loop`.
    """
    v, i = x.new_zeros(2, x.shape[1])
    step = torch.tensor([0.0, A, A, -B], dtype=x.dtype)
    return compiled.forward(x, v, i, step, euler=True, all_currents=False)[0]


def convolution(x: Tensor) -> Tensor:
    r"""Add up the responses to all jumps, as a product of Fourier transforms.

    .. math::
        v_n = \sum_k h_{n-k} \, x_k, \qquad h_n = a \, \frac{(1-a)^{n+1} - (1-b)^{n+1}}{b - a}

    Args and returns: as for :func:`loop`.
    """
    n = torch.arange(1, len(x) + 1, dtype=x.dtype, device=x.device)[:, None]
    h = A / (B - A) * ((1 - A) ** n - (1 - B) ** n)
    # Twice as long, or the end of the sequence would act on its beginning.
    length = 2 * len(x)
    product = torch.fft.rfft(x, length, dim=0) * torch.fft.rfft(h, length, dim=0)
    return torch.fft.irfft(product, length, dim=0)[: len(x)]


def block_scan(x: Tensor) -> Tensor:
    """Scan twice: the current out of the jumps, and the voltage out of the current.

    Args and returns: as for :func:`loop`.
    """
    return recurrence(A * recurrence(x, 1 - B), 1 - A)


def recurrence(x: Tensor, factor: float) -> Tensor:
    r"""Follow a recurrence in all blocks at once; where each block starts is a shorter recurrence.

    .. math::
        y_n = f \, y_{n-1} + x_n

    Args:
        x: inputs, of shape ``(time, neurons)``.
        factor: :math:`f`, from 0 to 1.

    Returns:
        All :math:`y_n` from :math:`y_{-1} = 0`, of the shape of ``x``.
    """
    steps = torch.arange(BLOCK, device=x.device)
    lag = steps[:, None] - steps
    weights = (factor ** lag.clamp(min=0).to(x.dtype)).tril()
    if len(x) <= BLOCK:
        return weights[: len(x), : len(x)] @ x
    padding = (0, 0, 0, -len(x) % BLOCK)
    y = weights @ torch.nn.functional.pad(x, padding).reshape(-1, BLOCK, x.shape[1])
    starts = recurrence(y[:-1, -1], factor**BLOCK)
    y[1:] += factor * weights[:, :1] * starts[:, None]
    return y.flatten(0, 1)[: len(x)]


def library(x: Tensor) -> Tensor:
    """Call ``simulate``.

    Args and returns: as for :func:`loop`.
    """
    return simulate(x).v


WAYS = {
    "loop": loop,
    "compiled loop": compiled_loop,
    "convolution": convolution,
    "block scan": block_scan,
    "simulate": library,
}


def ways_on(device: str) -> dict[str, Callable[[Tensor], Tensor]]:
    """Return the ways there are on a device: a loop is compiled for a CPU, where numba is installed."""
    is_there = device == "cpu" and find_spec("numba") is not None
    return {name: way for name, way in WAYS.items() if is_there or name != "compiled loop"}


STYLES = {
    "loop": (INPUT, "o-"),
    "compiled loop": (CURRENT, "v-"),
    "convolution": ("black", "D:"),
    "block scan": ("#009E73", "^-."),
    "simulate": (VOLTAGE, "s--"),
}


def lengths(steps: int) -> list[int]:
    """Return numbers of steps from 1 to ``steps``, a power of ten: two a decade."""
    return [round(10 ** (k / 2)) for k in range(2 * round(math.log10(steps)) + 1)]


def measure(steps: str, neurons: str, device: str) -> Generator[float, None, Times]:
    """Time all ways at several lengths, each after a first call that does not count.

    Inputs are made before the clock starts. An accelerator returns from a call before it has done the
    work, so the clock waits for it. Calls repeat for 100 ms; the fastest counts, since whatever else the
    machine does can only make one longer. The CPU works on one of its cores: several would wait for each
    other as soon as another program takes one.

    Args:
        steps: the largest number of steps, as the menu says it.
        neurons: number of neurons, likewise.
        device: name of the device.

    Raises:
        ValueError: if the device is one on record.

    Yields:
        The share that is done.

    Returns:
        For each way, pairs of a number of steps and the seconds of a call.
    """
    if device in _BY_NAME:
        raise ValueError("these times were taken on another machine. Choose a device of this one.")
    x = poisson(
        100.0,
        number(steps),
        number(neurons),
        generator=torch.Generator().manual_seed(8),
        dtype=torch.float32,
    ).to(device)

    ways = ways_on(device)
    times: Times = {name: [] for name in ways}
    jobs = [(length, name) for length in lengths(len(x)) for name in ways]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for done, (length, name) in enumerate(jobs):
            yield done / len(jobs)
            _seconds(ways[name], x[:length])
            yield (done + 0.5) / len(jobs)
            taken = []
            while sum(taken) < 0.1 and len(taken) < 1000:
                taken.append(_seconds(ways[name], x[:length]))
            times[name].append((length, min(taken)))
        yield 1.0
    finally:
        torch.set_num_threads(threads)
    return times


def _seconds(way: Callable[[Tensor], Tensor], x: Tensor) -> float:
    began = time.perf_counter()
    way(x)
    if x.device.type != "cpu":
        torch.accelerator.synchronize(x.device)
    return time.perf_counter() - began


def crossover(slow: Sequence[tuple[int, float]], fast: Sequence[tuple[int, float]]) -> float | None:
    """Return from how many steps on one way stays faster than another; None if it does not at the end.

    Between two lengths, curves are taken as straight in the logarithms of both axes.

    Args:
        slow: pairs of a number of steps and seconds.
        fast: the same for the other way, at the same numbers of steps.

    Returns:
        A number of steps, the first one where it is faster everywhere.
    """
    lead = [math.log(s / f) for (_, s), (_, f) in zip(slow, fast, strict=True)]
    if lead[-1] <= 0:
        return None
    behind = [n for n, y in enumerate(lead) if y <= 0]
    if not behind:
        return float(slow[0][0])
    n = behind[-1]
    low, high = math.log(slow[n][0]), math.log(slow[n + 1][0])
    return math.exp(low + (high - low) * lead[n] / (lead[n] - lead[n + 1]))


def view(
    axes: Axes,
    steps: str,
    neurons: str,
    device: str,
    *,
    prediction: float | None = None,
    result: Times | None = None,
) -> str:
    """Draw the time of a call over the number of steps, or the question as long as there is no result."""
    most = min(max(number(steps), prediction or 0), 10_000)
    axes.set(
        xscale="log", yscale="log", xlim=(0.7, 1.4 * most), ylim=(3e-3, 0.2 * number(steps)),
        xlabel="time steps", ylabel="time of a call (ms)",
    )  # fmt: skip
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter("{x:,g}")
    if device in _BY_NAME:
        recorded = _BY_NAME[device].times["accelerator"][neurons]
        result = {
            way: [pair for pair in recorded[way] if pair[0] <= number(steps)]
            for way in WAYS
            if way in recorded
        }
    where = ON_A_CPU if device == "cpu" else f"on {device}"
    many = "1 neuron" if neurons == "1" else f"{neurons} neurons"
    if result is None:
        axes.text(
            0.5, 0.5, "From how many steps on\nis simulate faster than the loop?",
            transform=axes.transAxes, ha="center", va="center", color=INPUT,
            bbox={"facecolor": "white", "edgecolor": "none"},
        )  # fmt: skip
        sentence = (
            f"Measure will time {_listed(ways_on(device))}, each for {many} over "
            f"1 to {steps} steps in float32 on the device of your choice."
        )
    else:
        for name, times in result.items():
            color, style = STYLES[name]
            lengths, seconds = zip(*times, strict=True)
            axes.plot(lengths, [1000 * t for t in seconds], style, color=color, markersize=4, label=name)
        # Beside the axes: a vertical line may stand anywhere inside.
        axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
        sentence = _compare(axes, result, f"{many} in float32 {where}", above=1 if prediction is None else 13)
    if prediction is not None:
        sentence += mark_prediction(axes, prediction, f" You predicted {rounded(prediction)} steps")
    return sentence


def _compare(axes: Axes, result: Times, where: str, above: float) -> str:
    """Mark where simulate overtakes the loop; return the sentence that says so."""
    steps = result["loop"][-1][0]
    taken = _listed(result, {name: f"{1000 * times[-1][1]:.3g} ms" for name, times in result.items()})
    sentence = f"{steps:,} steps of {where} take {taken}."
    at = crossover(result["loop"], result["simulate"])
    if at is None:
        return f"{sentence} The loop is not slower than simulate up to there."
    axes.axvline(at, color=INPUT, linewidth=0.8)
    name_line(axes, at, "loop = simulate", INPUT, height=above)
    return f"{sentence} From {rounded(at)} steps on, simulate is faster than the loop."


def _listed(ways: Iterable[str], taken: dict[str, str] | None = None) -> str:
    """Name ways in a row, each with what it has taken."""
    *others, last = (
        f"{taken[name]} {'in simulate' if name == 'simulate' else f'as a {name}'}"
        if taken
        else name
        if name == "simulate"
        else f"a {name}"
        for name in ways
    )
    return f"{', '.join(others)} and {last}"


def rounded(steps: float) -> str:
    """Round to a whole number, of three digits that count and zeros rather than a power of ten."""
    return f"{float(f'{round(steps):.3g}'):,g}"


def number(words: str) -> int:
    """Return the number that a menu shows as words, such as 10,000."""
    return int(words.replace(",", ""))


LAB = Lab(
    view,
    work=measure,
    steps=Menu("steps", ("100", "1,000", "10,000"), "10,000"),
    neurons=Menu("neurons", ("1", "8", "64", "512"), "8"),
    device=Device(recorded=tuple(_BY_NAME)),
    asked={"device": "cpu", "steps": None},  # a number of steps is the answer
    presets=(
        Preset(
            "The question",
            "One result, five ways. Which is the fastest, and from when on?",
            {"device": "cpu"},
        ),
        *(
            Preset(name, says, {"neurons": neurons, "device": recording.name})
            for recording in RECORDINGS[:1]
            for name, says, neurons in (
                ("1 neuron", "Recorded on a GPU: a loop of 10,000 steps takes half a second.", "1"),
                ("8 neurons", "Recorded: eight neurons take about as long as one.", "8"),
                ("512 neurons", "Recorded: and so do 512. A GPU is made for many.", "512"),
            )
        ),
    ),
)
show, figure = LAB.show, LAB.figure
