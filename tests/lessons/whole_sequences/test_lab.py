"""Lesson 8's experiment: its numbers."""

import math
import os
import subprocess
import sys
import time

import pytest
import torch
from scipy.signal import lfilter

from leakyedu.device import devices
from leakyedu.lessons.whole_sequences import lab as speed
from leakyedu.stimuli import poisson


@pytest.fixture
def short(monkeypatch):
    """Let a clock run a hundred times as fast as time: repetitions end sooner."""
    clock = time.perf_counter
    monkeypatch.setattr(time, "perf_counter", lambda: 100 * clock())


def jumps(steps: int, neurons: int) -> torch.Tensor:
    return poisson(100.0, steps, neurons, generator=torch.Generator().manual_seed(1), dtype=torch.float32)


# Around a block, around a block of blocks, and beyond.
@pytest.mark.parametrize("steps", [1, 2, 31, 32, 33, 64, 1023, 1025, 2500])
@pytest.mark.parametrize("name", speed.WAYS)
def test_each_way_gives_the_voltages_of_two_recursive_filters(name, steps):
    x = jumps(steps, 3)

    v = speed.WAYS[name](x)

    # The current after its jump keeps .8 of the one before; the voltage keeps .9 and takes .1 of that.
    current = lfilter([1], [1, -0.8], x.double().numpy(), axis=0)
    wanted = torch.from_numpy(lfilter([0.1], [1, -0.9], current, axis=0))
    assert v.dtype is torch.float32
    torch.testing.assert_close(v.double(), wanted, rtol=0, atol=1e-5)


@pytest.mark.parametrize("device", devices(), ids=str)
def test_each_way_gives_the_same_voltages_on_each_device(device):
    x = jumps(300, 5)

    voltages = {name: way(x.to(device)) for name, way in speed.ways_on(str(device)).items()}

    assert list(voltages) == [name for name in speed.WAYS if device.type == "cpu" or name != "compiled loop"]
    for v in voltages.values():
        assert v.device == x.to(device).device
        torch.testing.assert_close(v.cpu(), speed.loop(x), rtol=0, atol=1e-5)


def test_the_compiled_loop_is_the_loop_bit_for_bit():
    x = jumps(1000, 8)

    assert torch.equal(speed.compiled_loop(x), speed.loop(x))


def test_where_numba_is_not_installed_there_is_no_compiled_loop(monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)

    assert list(speed.ways_on("cpu")) == ["loop", "convolution", "block scan", "simulate"]
    assert "compiled" not in speed.LAB.figure(device="cpu")[1]


def test_an_input_has_no_effect_on_what_was_before_it():
    x = torch.zeros(100, 1)
    x[60] = 1

    earlier = {name: way(x)[:60].abs().max().item() for name, way in speed.WAYS.items()}

    # A Fourier transform rounds everywhere.
    assert earlier["convolution"] < 1e-6
    assert [earlier[name] for name in earlier.keys() - {"convolution"}] == [0, 0, 0, 0]


def test_a_scan_with_a_factor_of_one_is_a_cumulative_sum():
    x = torch.randn(2000, 2, generator=torch.Generator().manual_seed(2), dtype=torch.float64)

    y = speed.recurrence(x, 1.0)

    torch.testing.assert_close(y, x.cumsum(0), rtol=0, atol=1e-11)


@pytest.mark.parametrize("device", devices(), ids=str)
def test_measuring_goes_from_0_to_1_and_returns_a_time_of_each_way_at_each_length(device, short):
    shares = []

    def noted():
        progress = speed.measure("100", "8", str(device))
        while True:
            try:
                shares.append(next(progress))
            except StopIteration as end:
                return end.value

    times = noted()

    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)
    assert list(times) == list(speed.ways_on(str(device)))
    assert {tuple(steps for steps, _ in pairs) for pairs in times.values()} == {(1, 3, 10, 32, 100)}
    assert all(0 < seconds < 100 for pairs in times.values() for _, seconds in pairs)


def test_measuring_that_is_stopped_gives_the_threads_back():
    threads = torch.get_num_threads()
    progress = speed.measure("100", "1", "cpu")

    next(progress)
    during = torch.get_num_threads()
    progress.close()

    assert during == 1
    assert torch.get_num_threads() == threads


def test_the_crossover_of_a_loop_with_a_constant_time_is_where_they_are_equal():
    steps = speed.lengths(10_000)
    slow, fast = [(n, 13e-6 * n) for n in steps], [(n, 3e-4) for n in steps]

    at = speed.crossover(slow, fast)

    # Both are straight in logarithms, so nothing is lost between two lengths.
    assert at == pytest.approx(3e-4 / 13e-6, rel=1e-12)


@pytest.mark.parametrize(("lead", "at"), [((2, 2, 2), 1), ((2, 0.5, 2), math.sqrt(1000))])
def test_the_crossover_is_where_a_way_stays_faster(lead, at):
    fast = [(1, 1.0), (10, 1.0), (100, 1.0)]

    found = speed.crossover([(n, x) for (n, _), x in zip(fast, lead, strict=True)], fast)

    assert found == pytest.approx(at, rel=1e-12)


@pytest.mark.parametrize("lead", [(2, 2, 0.5), (0.5, 1, 1)])
def test_a_way_that_is_not_faster_at_the_end_has_no_crossover(lead):
    result = {name: [(1, 1.0), (10, 1.0), (100, 1.0)] for name in speed.WAYS}
    result["loop"] = list(zip((1, 10, 100), lead, strict=True))

    at = speed.crossover(result["loop"], result["simulate"])
    _, sentence = speed.LAB.figure(steps="100", device="cpu", result=result)

    assert at is None
    assert sentence.endswith("The loop is not slower than simulate up to there.")


def test_before_a_measurement_the_picture_asks_and_the_sentence_says_what_will_be_measured():
    figure, sentence = speed.LAB.figure(device="cpu", prediction=1000)

    assert sentence == (
        "Measure will time a loop, a compiled loop, a convolution, a block scan and simulate, each for 8 "
        "neurons over 1 to 10,000 steps in float32 on the device of your choice. You predicted 1,000 steps."
    )
    assert figure.axes[0].texts[0].get_text() == "From how many steps on\nis simulate faster than the loop?"


def test_the_result_is_drawn_with_its_crossover_beside_the_prediction():
    steps = speed.lengths(1000)
    result = {name: [(n, 1e-3 * k) for n in steps] for k, name in enumerate(speed.WAYS)}
    result["loop"] = [(n, 1e-5 * n) for n in steps]

    figure, sentence = speed.LAB.figure(device="cpu", result=result, prediction=5e4)

    assert sentence == (
        "1,000 steps of 8 neurons in float32 on one core of the CPU take 10 ms as a loop, 1 ms as a compiled "
        "loop, 2 ms as a convolution, 3 ms as a block scan and 4 ms in simulate. From 400 steps on, simulate "
        "is faster than the loop. You predicted 50,000 steps, which is outside of the picture."
    )
    assert [line.get_label() for line in figure.axes[0].lines[:5]] == list(speed.WAYS)


# -- What was recorded elsewhere -------------------------------------------------------------------


def recording(device: str = "A GPU") -> speed.Recording:
    """Return times of a loop that costs 10 us a step on a CPU and 40 on the accelerator."""

    def times(loop: float, simulate: float, lengths: tuple[int, ...]) -> speed.Times:
        ways = speed.WAYS.keys() - {"compiled loop"}
        return {way: [[n, (n * loop if way == "loop" else simulate)] for n in lengths] for way in ways}

    steps = {"1": (1, 1000, 10_000), "8": (1, 1000, 10_000), "512": (1, 1000)}
    times_of = {
        "cpu": {n: times(1e-5, 1e-5 * int(n), lengths) for n, lengths in steps.items()},
        "accelerator": {n: times(4e-5, 1e-3, lengths) for n, lengths in steps.items()},
    }
    return speed.Recording(device, "2001-02-03", "2.0", times_of, [[1, 1e-5], [8, 1e-5], [512, 2e-4]])


@pytest.fixture
def recorded(monkeypatch):
    it = recording()
    monkeypatch.setitem(speed._BY_NAME, it.name, it)
    monkeypatch.setitem(speed.LAB.controls, "device", speed.Device(recorded=(it.name,)))
    return it


def test_what_was_recorded_is_drawn_at_once_and_named_as_recorded(recorded):
    figure, sentence = speed.LAB.figure(device=recorded.name, neurons="8", steps="1,000")

    assert sentence == (
        "1,000 steps of 8 neurons in float32 on A GPU, recorded 2001-02-03 take 40 ms as a loop, 1 ms as a "
        "convolution, 1 ms as a block scan and 1 ms in simulate. From 25 steps on, simulate is faster than "
        "the loop."
    )
    assert figure.axes[0].lines[0].get_xdata().max() == 1000


def test_a_device_on_record_cannot_be_measured_and_is_never_the_first_choice(recorded):
    assert speed.LAB.start["device"] in map(str, devices())
    with pytest.raises(ValueError, match=r"taken on another machine\. Choose a device of this one\."):
        speed.LAB.measure(device=recorded.name)


def test_there_are_recordings_and_each_has_what_the_lab_and_the_lesson_show():
    assert speed.RECORDINGS
    for it in speed.RECORDINGS:
        for where in it.times.values():
            assert set(speed.LAB.controls["neurons"].options) <= set(where)
            assert all(speed.WAYS.keys() - {"compiled loop"} <= set(times) for times in where.values())
        assert it.name in speed.LAB.controls["device"].options
        assert "recorded" in speed.LAB.figure(device=it.name)[1]


CUDA_AND_NO_GPU = """
import sys
import torch

torch.version.cuda, torch.cuda._is_compiled, torch.cuda.is_available = "12.8", lambda: True, lambda: False
if sys.argv[1] == "ours":
    from leakyedu.lessons.whole_sequences.lab import benchmark
else:
    from torch.utils import benchmark
print(benchmark.Timer.__name__)
"""


@pytest.mark.slow
@pytest.mark.parametrize(("whose", "complaints"), [("torch's", 1), ("ours", 0)])
def test_a_cuda_without_a_gpu_is_no_complaint_in_the_lesson_s_first_cell(whose, complaints):
    command = [sys.executable, "-c", CUDA_AND_NO_GPU, whose]
    environment = os.environ | {"CUDA_HOME": "/usr"}

    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)

    assert done.stdout == "Timer\n"
    assert done.stderr.count("No CUDA runtime is found") == complaints
    assert done.stderr == "" or whose == "torch's"
