import math
from functools import partial

import pytest
import torch

from leakyedu import LIParameters, methods, simulate, stimuli

TAU_PER_NEURON = LIParameters.from_tau(tau_syn=torch.tensor([2e-3, 5e-3, 9e-3], dtype=torch.float64))


def generator(seed=1):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(
    "stimulus",
    [
        partial(stimuli.pulse, 5),
        partial(stimuli.spikes, [0.001], 5),
        partial(stimuli.poisson, 100.0, 5),
        partial(stimuli.constant, 1.0, 5),
        partial(stimuli.ramp, 0.0, 1.0, 5),
        partial(stimuli.sine, 1.0, 10.0, 5),
        partial(stimuli.white_noise, 1.0, 5),
    ],
    ids=lambda stimulus: stimulus.func.__name__,
)
def test_a_stimulus_is_on_the_cpu_whatever_the_default_device(stimulus):
    with torch.device("meta"):
        x = stimulus()

    assert x.device.type == "cpu"


def test_a_pulse_is_one_jump_in_its_step():
    assert stimuli.pulse(4, at=2, w=-0.5).tolist() == [0, 0, -0.5, 0]


def test_spikes_move_to_the_nearest_step_and_add_up():
    x = stimuli.spikes([0.0033, 0.0029, 0.0, 0.0056], steps=7, dt=0.001, w=2.0)

    assert x.tolist() == [2, 0, 0, 4, 0, 0, 2]


def test_no_spikes_are_silence():
    assert stimuli.spikes([], steps=3).tolist() == [0, 0, 0]


@pytest.mark.parametrize("dt", [0.0001, 0.001, 0.002])
@pytest.mark.parametrize("p", [LIParameters(), LIParameters.from_tau(tau_syn=0.02), TAU_PER_NEURON])
def test_the_voltage_settles_at_a_constant_drive(p, dt):
    x = stimuli.constant(0.7, steps=round(0.3 / dt), p=p, dt=dt, dtype=torch.float64)

    last_v = simulate(x, p=p, dt=dt).v[-1]

    assert last_v.shape == p.tau_syn_inv.shape
    torch.testing.assert_close(last_v, torch.full_like(last_v, 0.7), rtol=1e-5, atol=0)


def test_a_constant_drive_leaves_four_fifths_of_it_as_stored_current():
    trajectory = simulate(stimuli.constant(1.0, steps=200, dtype=torch.float64))

    torch.testing.assert_close(trajectory.i[-1].item(), 0.8, rtol=1e-12, atol=0)


def test_the_exact_method_settles_just_below_a_constant_drive():
    trajectory = simulate(stimuli.constant(1.0, steps=300, dtype=torch.float64), method=methods.exact)

    assert round(trajectory.v[-1].item(), 4) == 0.9983
    assert round(trajectory.i[-1].item(), 3) == 0.903


def test_a_ramp_makes_the_voltage_lag_by_both_time_constants():
    # In the steady state the response to a ramp is the ramp, tau_mem + tau_syn later; a forward
    # step sees the drive at the start of the step, and its output is dated at the end.
    dt, seconds = 1e-5, 0.2
    x = stimuli.ramp(0.0, 1.0, steps=20_000, dt=dt, dtype=torch.float64)

    v = simulate(x, dt=dt).v[-1].item()

    assert v == pytest.approx((seconds - 0.015) / seconds, rel=2e-4)


def test_a_slow_sine_passes_with_the_gain_of_two_filters():
    f, dt = 13.3, 1e-5
    x = stimuli.sine(1.0, f, steps=60_000, dt=dt, dtype=torch.float64)

    swing = simulate(x, dt=dt).v[-20_000:].abs().max().item()

    w = 2 * math.pi * f
    assert swing == pytest.approx(1 / math.hypot(1, w * 0.01) / math.hypot(1, w * 0.005), rel=1e-3)


def test_the_phase_of_a_sine_is_in_radian():
    x = stimuli.sine(2.0, 50.0, steps=1, phase=math.pi / 2, dtype=torch.float64)

    assert x.item() == pytest.approx(2.0 * 0.001 / 0.005)


def test_poisson_counts_have_the_mean_and_the_variance_of_their_rate():
    counts = stimuli.poisson(200.0, steps=1000, neurons=500, w=1.0, generator=generator())

    # Half a million counts of mean 0.2: five standard errors are 0.0032 and 0.0039.
    assert counts.mean().item() == pytest.approx(0.2, abs=0.0032)
    assert counts.var().item() == pytest.approx(0.2, abs=0.0039)


def test_poisson_takes_a_rate_per_neuron():
    counts = stimuli.poisson(torch.tensor([0.0, 1000.0]), steps=2000, neurons=2, generator=generator())

    assert counts[:, 0].sum() == 0
    assert counts[:, 1].mean().item() == pytest.approx(1.0, abs=0.12)


@pytest.mark.parametrize("dt", [0.0005, 0.001, 0.002])
def test_white_noise_has_a_strength_that_does_not_depend_on_dt(dt):
    # One stage alone, so that the theory is one line: the integral of the drive over T has the
    # variance sigma^2 T.
    steps = round(0.2 / dt)
    x = stimuli.white_noise(0.3, steps, 4000, dt=dt, generator=generator(), dtype=torch.float64)

    integral = (x / (dt / 0.005) * dt).sum(0)

    assert integral.var().item() == pytest.approx(0.3**2 * 0.2, rel=0.12)


@pytest.mark.parametrize(
    "make",
    [
        lambda g: stimuli.poisson(100.0, 50, 3, generator=g),
        lambda g: stimuli.white_noise(1.0, 50, (2, 3), generator=g),
    ],
)
def test_the_same_seed_gives_the_same_numbers_and_another_seed_others(make):
    assert torch.equal(make(generator(1)), make(generator(1)))
    assert not torch.equal(make(generator(1)), make(generator(2)))


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (lambda **k: stimuli.pulse(5, **k), (5,)),
        (lambda **k: stimuli.spikes([0.001], 5, **k), (5,)),
        (lambda **k: stimuli.poisson(10.0, 5, 2, **k), (5, 2)),
        (lambda **k: stimuli.constant(1.0, 5, TAU_PER_NEURON, **k), (5, 3)),
        (lambda **k: stimuli.ramp(0.0, 1.0, 5, **k), (5,)),
        (lambda **k: stimuli.sine(1.0, 10.0, 5, **k), (5,)),
        (lambda **k: stimuli.white_noise(1.0, 5, (4, 3), TAU_PER_NEURON, **k), (5, 4, 3)),
    ],
)
@pytest.mark.parametrize("dtype", [None, torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_each_stimulus_has_its_shape_and_the_dtype_asked_for(make, shape, dtype):
    x = make(dtype=dtype)

    assert x.shape == shape
    assert x.dtype == (dtype or torch.float32)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: stimuli.pulse(0), ValueError, "steps must be at least 1, got 0"),
        (lambda: stimuli.pulse(5.0), TypeError, r"steps must be an integer, got 5.0. Use steps=round"),
        (lambda: stimuli.pulse(True), TypeError, "steps must be an integer, got True"),
        (lambda: stimuli.pulse(5, at=5), ValueError, "at must be a step from 0 to 4, got 5"),
        (lambda: stimuli.pulse(5, at=-1), ValueError, "at must be a step from 0 to 4, got -1"),
        (lambda: stimuli.pulse(5, at=0.003), TypeError, "at must be an integer.*got 0.003"),
        (lambda: stimuli.pulse(5, w=math.nan), ValueError, "w must be finite, got nan"),
        (lambda: stimuli.pulse(5, w="1"), TypeError, "w must be a number, got '1'"),
        (
            lambda: stimuli.spikes([3.0], 100),
            ValueError,
            r"times must be at least 0 and nearest to a step from 0 to 99, below 0.0995 s, got 3 s",
        ),
        (lambda: stimuli.spikes([-0.01], 100), ValueError, "times must be at least 0"),
        (lambda: stimuli.spikes([math.nan], 100), ValueError, "times must be at least 0"),
        (lambda: stimuli.spikes([0.0], 100, dt=0), ValueError, "dt must be a finite number of seconds"),
        (lambda: stimuli.poisson(-1.0, 5), ValueError, "rate must be spikes per second.*got -1"),
        (lambda: stimuli.poisson(math.inf, 5), ValueError, "rate must be .*got inf"),
        (lambda: stimuli.constant(math.inf, 5), ValueError, "current must be finite, got inf"),
        (
            lambda: stimuli.constant(1.0, 5, LIParameters(tau_syn_inv=torch.tensor(0.0))),
            ValueError,
            r"tau_syn_inv must be above 0 for a drive, got 0.*pulse\(",
        ),
        (lambda: stimuli.ramp(0.0, math.nan, 5), ValueError, "stop must be finite"),
        (lambda: stimuli.sine(1.0, math.inf, 5), ValueError, "frequency must be finite"),
        (lambda: stimuli.sine(1.0, 10.0, 5, dt="1ms"), TypeError, "dt must be a number of seconds"),
        (
            lambda: stimuli.white_noise(1.0, 5, 4, TAU_PER_NEURON),
            ValueError,
            r"tau_syn_inv of shape \(3,\) must fit \(4,\).*Use neurons=\(3,\)",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(call, error, words):
    with pytest.raises(error, match=words):
        call()


@pytest.mark.parametrize(
    "make",
    [
        lambda dt: stimuli.constant(1.0, 3, dt=dt),
        lambda dt: stimuli.sine(1.0, 10.0, 3, dt=dt),
        lambda dt: stimuli.ramp(0.0, 1.0, 3, dt=dt),
        lambda dt: stimuli.spikes([0.001], 3, dt),
        lambda dt: stimuli.poisson(10.0, 3, dt=dt),
        lambda dt: stimuli.white_noise(1.0, 3, dt=dt),
    ],
)
def test_a_stimulus_has_one_dt(make):
    with pytest.raises(ValueError, match=r"dt must be one number .* got a tensor of shape \(3,\)"):
        make(torch.tensor([0.001, 0.002, 0.003]))
    with pytest.raises(ValueError, match=r"dt must be one number .* got a tensor of shape \(1,\)"):
        make(torch.tensor([0.001]))


@pytest.mark.parametrize("dtype", [torch.int64, torch.bool, torch.complex64, "float32"])
@pytest.mark.parametrize(
    "make",
    [
        lambda dtype: stimuli.pulse(3, dtype=dtype),
        lambda dtype: stimuli.spikes([0.001], 3, dtype=dtype),
        lambda dtype: stimuli.constant(1.0, 3, dtype=dtype),
        lambda dtype: stimuli.poisson(10.0, 3, dtype=dtype),
        lambda dtype: stimuli.white_noise(1.0, 3, dtype=dtype),
    ],
)
def test_a_stimulus_has_digits_after_the_point(make, dtype):
    with pytest.raises(
        TypeError, match=r"dtype must be a floating torch.dtype, got .* Use dtype=torch.float64"
    ):
        make(dtype)


@pytest.mark.parametrize(
    ("times", "error", "words"),
    [
        ("abc", TypeError, "times must be a list of seconds, got 'abc' of type str"),
        (None, TypeError, "times must be a list of seconds, got None"),
        (torch.tensor([1j]), TypeError, "times must be a list of seconds"),
        ([-0.0004], ValueError, "times must be at least 0 .* got -0.0004 s"),
        ([0.0096], ValueError, "nearest to a step from 0 to 9, below 0.0095 s, got 0.0096 s"),
    ],
)
def test_times_that_are_none_are_refused(times, error, words):
    with pytest.raises(error, match=words):
        stimuli.spikes(times, 10)


@pytest.mark.parametrize(
    ("neurons", "error", "words"),
    [
        (-1, ValueError, "neurons must be at least 0, got -1"),
        (True, TypeError, "neurons must be an integer or several, got True"),
        (1.5, TypeError, "neurons must be an integer or several, got 1.5"),
        ((2.0,), TypeError, r"neurons must be an integer or several, got \(2.0,\)"),
        ("ab", TypeError, "neurons must be an integer or several, got 'ab'"),
        (7, ValueError, r"rate of shape \(3,\) must fit \(2, 7\).* Use neurons=\(3,\)"),
    ],
)
def test_neurons_that_are_none_are_refused(neurons, error, words):
    with pytest.raises(error, match=words):
        stimuli.poisson(torch.full((3,), 10.0) if neurons == 7 else 10.0, 2, neurons)


def test_a_rate_along_time_is_told_the_neurons_behind_it():
    with pytest.raises(ValueError, match=r"rate of shape \(2, 5\) must fit \(2,\).* Use neurons=\(5,\)"):
        stimuli.poisson(torch.full((2, 5), 10.0), 2)


def test_a_rate_in_another_unit_is_refused():
    with pytest.raises(ValueError, match=r"rate must be spikes per second, from 0 to 1e\+09, got 1e\+22"):
        stimuli.poisson(1e22, 2)


def test_each_neuron_gets_noise_of_its_own_whatever_the_shape_of_its_constants():
    p = LIParameters.from_tau(torch.full((4, 1), 5e-3))

    noise = stimuli.white_noise(1.0, 200, (4, 3), p, generator=torch.Generator().manual_seed(1))

    assert noise.shape == (200, 4, 3)
    assert torch.corrcoef(noise.flatten(1).T).fill_diagonal_(0).abs().max() < 0.3
    with pytest.raises(ValueError, match=r"p.tau_syn_inv of shape \(4, 1\) must fit \(\)"):
        stimuli.white_noise(1.0, 200, p=p)


def test_a_late_spike_keeps_its_step():
    # Two seconds later, float32 would be a step of 0.1 microseconds off.
    x = stimuli.spikes([2.0000003], 20_000_010, dt=1e-7)

    assert x.nonzero().flatten().tolist() == [20_000_003]


def test_a_rate_is_no_truth_value():
    with pytest.raises(TypeError, match="rate must be spikes per second, a number or a tensor, got True"):
        stimuli.poisson(True, 2)
