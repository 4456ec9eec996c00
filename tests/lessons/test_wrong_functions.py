"""Functions that are right on regular inputs alone: no check may let one of them pass.

They were written from the text of the lessons. Each hard-codes a default or a number of its lesson, turns a
boundary, asks for identity where equality is meant, puts a threshold in the place of a limit, or holds for one
sign, one dtype, one shape or one order of its inputs alone. `ref` is the reference of the exercise.
"""

import math

import pytest
import torch

from leakyedu import LIParameters, LIState
from leakyedu.teaching.exercise import Exercise
from leakyedu.teaching.function import Function
from tests.lessons.notebook import LESSONS, things_of
from tests.teaching import fresh

FUNCTIONS = {
    f"{lesson.name}.{name}": exercise
    for lesson in LESSONS
    for name, exercise in things_of(lesson, Exercise).items()
    if isinstance(exercise.kind, Function)
}
E = 1 - math.exp(-1)


def right(name: str):
    return FUNCTIONS[name].kind.right


def first(t, condition):
    """Return the first time at which a condition holds."""
    return float(t[condition][0])


# -- Lesson 1 --------------------------------------------------------------------------------------

ref = right("a_leaky_bucket.tau_from_trace")
TAU_FROM_TRACE = {
    "from the lowest to the highest": lambda t, v, ref=ref: first(t, (v - v.min()) / (v.max() - v.min()) >= E),
    "rising alone": lambda t, v, ref=ref: first(t, v >= v[0] + E * (v[-1] - v[0])),
    "rising alone, by searching": lambda t, v, ref=ref: float(t[torch.searchsorted(v, v[0] + E * (v[-1] - v[0]))]),
    "rests at 0 V": lambda t, v, ref=ref: first(t, v / v[-1] >= E),
    "rests at -0.4 V": lambda t, v, ref=ref: first(t, (v + 0.4) / (v[-1] + 0.4) >= E),
    "ends at 1 V": lambda t, v, ref=ref: first(t, (v - v[0]) / (1 - v[0]) >= E) if v.max() > E else ref(t, v),
    "samples of 0.1 ms": lambda t, v, ref=ref: 1e-4 * int(((v - v[0]) / (v[-1] - v[0]) >= E).nonzero()[0]),
    "slope over ten samples": lambda t, v, ref=ref: float((v[-1] - v[0]) / (v[10] - v[0]) * (t[10] - t[0])),
    "slope over twenty samples": lambda t, v, ref=ref: float((v[-1] - v[0]) / (v[20] - v[0]) * (t[20] - t[0])),
    "slope over the first millisecond": lambda t, v, ref=ref: float(
        (v[-1] - v[0]) / (v[t <= t[0] + 1e-3][-1] - v[0]) * (t[t <= t[0] + 1e-3][-1] - t[0])
    ),
    "0.6 of the way": lambda t, v, ref=ref: first(t, (v - v[0]) / (v[-1] - v[0]) >= 0.6),
    "0.65 of the way": lambda t, v, ref=ref: first(t, (v - v[0]) / (v[-1] - v[0]) >= 0.65),
    "settled after 1,000 samples": lambda t, v, ref=ref: ref(t[:1000], v[:1000]),
    "settled after 50 ms": lambda t, v, ref=ref: ref(t[t < 0.05], v[t < 0.05]),
    "a tenth of the trace": lambda t, v, ref=ref: float(t[-1] - t[0]) / 10,
    "a twelfth of the trace": lambda t, v, ref=ref: float(t[-1] - t[0]) / 12,
    "10 ms": lambda t, v, ref=ref: 0.010,
    "20 s": lambda t, v, ref=ref: 20.0,
    "whole milliseconds": lambda t, v, ref=ref: round(ref(t, v), 3),
    "at most 50 ms": lambda t, v, ref=ref: min(ref(t, v), 0.05),
}  # fmt: skip

ref = right("a_leaky_bucket.bucket_mended")
BUCKET_MENDED = {
    "tau_mem of 10 ms": lambda t, tau_mem, i, ref=ref: ref(t, 0.010, i),
    "a current of 1 V": lambda t, tau_mem, i, ref=ref: ref(t, tau_mem, 1.0),
    "at most 1 V": lambda t, tau_mem, i, ref=ref: min(ref(t, tau_mem, i), 1.0),
    "upwards alone": lambda t, tau_mem, i, ref=ref: ref(t, tau_mem, abs(i)),
    "never below 0": lambda t, tau_mem, i, ref=ref: max(ref(t, tau_mem, i), 0.0),
    "full after five time constants": lambda t, tau_mem, i, ref=ref: i if t > 5 * tau_mem else ref(t, tau_mem, i),
    "full after ten time constants": lambda t, tau_mem, i, ref=ref: i if t > 10 * tau_mem else ref(t, tau_mem, i),
    "full after 100 ms": lambda t, tau_mem, i, ref=ref: i if t > 0.1 else ref(t, tau_mem, i),
    "straight at the start": lambda t, tau_mem, i, ref=ref: i * t / tau_mem if t < 0.01 * tau_mem else ref(t, tau_mem, i),
    "still at rest in the first 0.1 ms": lambda t, tau_mem, i, ref=ref: 0.0 if t < 1e-4 else ref(t, tau_mem, i),
    "whole milliseconds": lambda t, tau_mem, i, ref=ref: ref(round(t, 3), tau_mem, i),
    "tau_mem in whole milliseconds": lambda t, tau_mem, i, ref=ref: ref(t, round(tau_mem, 3), i),
    "0.368": lambda t, tau_mem, i, ref=ref: i * (1 - 0.368 ** (t / tau_mem)),
    "2.718": lambda t, tau_mem, i, ref=ref: i * (1 - 2.718 ** (-t / tau_mem)),
    "steps of 0.1 ms": lambda t, tau_mem, i, ref=ref: i * (1 - (1 - 1e-4 / tau_mem) ** round(t / 1e-4)),
    "a series of ten terms": lambda t, tau_mem, i, ref=ref: i * (1 - sum((-t / tau_mem) ** k / math.factorial(k) for k in range(10))),
    "divides by t": lambda t, tau_mem, i, ref=ref: ref(t, tau_mem, i) * t / t,
}  # fmt: skip

# -- Lesson 3 --------------------------------------------------------------------------------------

ref = right("synapses.psp")


def where_equal(equal):
    """Return a response whose limit is taken where `equal` says so."""

    def psp(t, tau_mem, tau_syn, w, ref=ref):
        t = t.clamp(min=0)
        if equal(tau_mem, tau_syn):
            return w * t / tau_mem * torch.exp(-t / tau_mem)
        return w * tau_syn / (tau_mem - tau_syn) * (torch.exp(-t / tau_mem) - torch.exp(-t / tau_syn))

    return psp


def psp_by_a_mask(t, tau_mem, tau_syn, w, ref=ref):
    v = torch.zeros(len(t), dtype=torch.float64)
    v[t > 0] = ref(t[t > 0], tau_mem, tau_syn, w)
    return v


PSP = {
    "identity": where_equal(lambda a, b: a is b),
    "closer than 5 ms": where_equal(lambda a, b: abs(a - b) < 5e-3),
    "closer than 1 ms": where_equal(lambda a, b: abs(a - b) < 1e-3),
    "closer than 0.1 ms": where_equal(lambda a, b: abs(a - b) < 1e-4),
    "closer than 10 %": where_equal(lambda a, b: math.isclose(a, b, rel_tol=0.1)),
    "closer than 1 %": where_equal(lambda a, b: math.isclose(a, b, rel_tol=0.01)),
    "equal in whole milliseconds": where_equal(lambda a, b: round(a, 3) == round(b, 3)),
    "equal to four digits": where_equal(lambda a, b: round(a, 4) == round(b, 4)),
    "equal or faster": where_equal(lambda a, b: a <= b),
    "equal at 10 ms alone": where_equal(lambda a, b: a == b == 0.010),
    "w is 1 V": lambda t, tau_mem, tau_syn, w, ref=ref: ref(t, tau_mem, tau_syn, 1.0),
    "upwards alone": lambda t, tau_mem, tau_syn, w, ref=ref: ref(t, tau_mem, tau_syn, abs(w)),
    "tau_mem of 10 ms": lambda t, tau_mem, tau_syn, w, ref=ref: ref(t, 0.010, tau_syn, w),
    "tau_syn of 5 ms": lambda t, tau_mem, tau_syn, w, ref=ref: ref(t, tau_mem, 0.005, w),
    "a slower membrane alone": lambda t, tau_mem, tau_syn, w, ref=ref: ref(t, max(tau_mem, tau_syn), min(tau_mem, tau_syn), w),
    "over after 50 ms": lambda t, tau_mem, tau_syn, w, ref=ref: torch.where(t > 0.05, 0, ref(t, tau_mem, tau_syn, w)),
    "begins after 1 ms": lambda t, tau_mem, tau_syn, w, ref=ref: torch.where(t < 0.001, 0, ref(t, tau_mem, tau_syn, w)),
    "50 times": lambda t, tau_mem, tau_syn, w, ref=ref: torch.zeros(50, dtype=t.dtype) + ref(t, tau_mem, tau_syn, w),
    "times in order": lambda t, tau_mem, tau_syn, w, ref=ref: ref(t.sort().values, tau_mem, tau_syn, w),
    "some times before the spike": lambda t, tau_mem, tau_syn, w, ref=ref: ref(t, tau_mem, tau_syn, w) + 0 * t[t < 0][0],
    "float64 alone": psp_by_a_mask,
}  # fmt: skip

ref = right("synapses.spike_train")


def train_until_the_last_time(t, times, w, ref=ref):
    v = torch.zeros_like(t)
    for time in times:
        if time > t[-1]:
            break
        v = v + ref(t, times[times == time][:1], w)
    return v


def train_from_its_place_on(t, times, w, ref=ref):
    v = torch.zeros_like(t)
    for time in times:
        place = int((t < time).sum())
        v[place:] += ref(t[place:], time[None], w)
    return v


SPIKE_TRAIN = {
    "w is 1 V": lambda t, times, w, ref=ref: ref(t, times, 1.0),
    "upwards alone": lambda t, times, w, ref=ref: ref(t, times, abs(w)),
    "two spikes": lambda t, times, w, ref=ref: ref(t, times[:2], w),
    "first and last spike": lambda t, times, w, ref=ref: ref(t, torch.stack([times[0], times[-1]]), w),
    "at most five spikes": lambda t, times, w, ref=ref: ref(t, times[:5], w),
    "at least two spikes": lambda t, times, w, ref=ref: ref(t, times, w) + 0 * (times[1] - times[0]),
    "each time once": lambda t, times, w, ref=ref: ref(t, times.unique(), w),
    "the first spike at 0": lambda t, times, w, ref=ref: ref(t, times - times.min(), w),
    "spikes in order": train_until_the_last_time,
    "times in order": train_from_its_place_on,
    "sorted times": lambda t, times, w, ref=ref: ref(t.sort().values, times, w),
    "spikes on whole milliseconds": lambda t, times, w, ref=ref: ref(t, times.mul(1000).round() / 1000, w),
    "forgotten after 50 ms": lambda t, times, w, ref=ref: sum(torch.where(t - s > 0.05, 0, ref(t, s[None], w)) for s in times),
    "forgotten after 100 ms": lambda t, times, w, ref=ref: sum(torch.where(t - s > 0.1, 0, ref(t, s[None], w)) for s in times),
    "50 times": lambda t, times, w, ref=ref: torch.zeros(50, dtype=t.dtype) + ref(t, times, w),
    "no time before 0": lambda t, times, w, ref=ref: ref(t.clamp(min=0), times, w),
    "no spike before 0": lambda t, times, w, ref=ref: ref(t, times[times >= 0], w),
}  # fmt: skip

# -- Lesson 4 --------------------------------------------------------------------------------------

ref = right("one_euler_step.step")
DEFAULT = LIParameters()


def slower_membrane(x, state, p, dt, ref=ref):
    rates = torch.stack(torch.broadcast_tensors(p.tau_syn_inv, p.tau_mem_inv))
    return ref(x, state, p._replace(tau_syn_inv=rates.max(0).values, tau_mem_inv=rates.min(0).values), dt)


def step_without_ringing(x, state, p, dt, ref=ref):
    i = state.i + x
    return LIState(ref(x, state, p, dt).v, i * (1 - dt * p.tau_syn_inv).clamp(min=0))


def step_by_a_matrix(x, state, p, dt, ref=ref):
    v, i = state.v - p.v_leak, state.i + x
    a, b = dt * p.tau_mem_inv.double(), dt * p.tau_syn_inv.double()
    matrix = torch.stack([torch.stack([1 - a, a]), torch.stack([0 * b, 1 - b])])
    v, i = (
        torch.matmul(matrix, torch.stack([v, i]))
        if p.v_leak.ndim == 0 and v.ndim == 1
        else ref(x, state, p, dt)
    )
    return LIState(v + p.v_leak, i) if p.v_leak.ndim == 0 and state.v.ndim == 1 else LIState(v, i)


STEP = {
    "dt of 1 ms": lambda x, state, p, dt, ref=ref: ref(x, state, p, 0.001),
    "tau_mem of 10 ms": lambda x, state, p, dt, ref=ref: ref(x, state, p._replace(tau_mem_inv=DEFAULT.tau_mem_inv), dt),
    "tau_syn of 5 ms": lambda x, state, p, dt, ref=ref: ref(x, state, p._replace(tau_syn_inv=DEFAULT.tau_syn_inv), dt),
    "rests at 0 V": lambda x, state, p, dt, ref=ref: ref(x, state, p._replace(v_leak=DEFAULT.v_leak), dt),
    "rests above 0 V": lambda x, state, p, dt, ref=ref: ref(x, state, p._replace(v_leak=p.v_leak.abs()), dt),
    "a jump of 1 V": lambda x, state, p, dt, ref=ref: ref((x != 0).to(x.dtype), state, p, dt),
    "jumps upwards alone": lambda x, state, p, dt, ref=ref: ref(x.clamp(min=0), state, p, dt),
    "currents above 0 alone": lambda x, state, p, dt, ref=ref: ref(x, state._replace(i=state.i.abs()), p, dt),
    "voltages above 0 alone": lambda x, state, p, dt, ref=ref: ref(x, state._replace(v=state.v.clamp(min=0)), p, dt),
    "from rest": lambda x, state, p, dt, ref=ref: ref(x, LIState(0 * state.v, 0 * state.i), p, dt),
    "a slower membrane": slower_membrane,
    "no ringing": step_without_ringing,
    "50 neurons": lambda x, state, p, dt, ref=ref: ref(x + torch.zeros(50, dtype=x.dtype), state, p, dt),
    "one row": lambda x, state, p, dt, ref=ref: LIState(*(y[0:1].expand_as(y) if y.ndim > 1 else y for y in ref(x, state, p, dt))),
    "parameters of one number": lambda x, state, p, dt, ref=ref: ref(x, state, LIParameters(*(y.flatten()[0] for y in p)), dt),
    "some jump": lambda x, state, p, dt, ref=ref: ref(x / x * x, state, p, dt),
    "float64 alone": step_by_a_matrix,
}  # fmt: skip

# -- Lesson 5 --------------------------------------------------------------------------------------

ref = right("euler_against_exact.order")


def slope(e, d):
    return float(e.log() / d.log())


ORDER = {
    "indices mixed": lambda dts, errors, ref=ref: slope(errors[0] / errors[1], dts[1] / dts[2]),
    "indices mixed at the end": lambda dts, errors, ref=ref: slope(errors[-2] / errors[-1], dts[0] / dts[1]),
    "two steps for one": lambda dts, errors, ref=ref: slope(errors[0] / errors[2], dts[0] / dts[1]) / 2,
    "first and last by the first ratio": lambda dts, errors, ref=ref: slope(errors[0] / errors[-1], dts[0] / dts[1]) / (len(dts) - 1),
    "halves": lambda dts, errors, ref=ref: math.log2(errors[0] / errors[1]),
    "the steps of the lesson": lambda dts, errors, ref=ref: ref(0.002 * 2.0 ** -torch.arange(len(dts), dtype=torch.float64), errors),
    "slopes over places": lambda dts, errors, ref=ref: float(errors.log().diff().mean() / dts.log().diff()[0]),
    "five step sizes": lambda dts, errors, ref=ref: slope(errors[0] / errors[4], dts[0] / dts[4]),
    "steps that shrink": lambda dts, errors, ref=ref: ref(dts.sort(descending=True).values, errors),
    "errors that shrink": lambda dts, errors, ref=ref: ref(dts, errors.sort(descending=True).values),
    "first order": lambda dts, errors, ref=ref: 1.0,
    "at most second order": lambda dts, errors, ref=ref: min(ref(dts, errors), 2.0),
    "at least first order": lambda dts, errors, ref=ref: max(ref(dts, errors), 1.0),
    "whole orders": lambda dts, errors, ref=ref: float(round(ref(dts, errors))),
    "orders to one decimal": lambda dts, errors, ref=ref: round(ref(dts, errors), 1),
    "neighbours swapped": lambda dts, errors, ref=ref: slope(errors[1] / errors[0], dts[-1] / dts[-2]),
}  # fmt: skip

ref = right("euler_against_exact.largest_dt")
LARGEST_DT = {
    "the synapse": lambda tau_mem, tau_syn, ref=ref: 2 * tau_syn,
    "the membrane": lambda tau_mem, tau_syn, ref=ref: 2 * tau_mem,
    "10 ms": lambda tau_mem, tau_syn, ref=ref: 0.010,
    "at most 10 ms": lambda tau_mem, tau_syn, ref=ref: min(ref(tau_mem, tau_syn), 0.010),
    "at most 20 ms": lambda tau_mem, tau_syn, ref=ref: min(ref(tau_mem, tau_syn), 0.020),
    "at least 1 ms": lambda tau_mem, tau_syn, ref=ref: max(ref(tau_mem, tau_syn), 0.001),
    "whole milliseconds": lambda tau_mem, tau_syn, ref=ref: round(ref(tau_mem, tau_syn), 3),
    "tau_mem of 10 ms": lambda tau_mem, tau_syn, ref=ref: ref(0.010, tau_syn),
    "tau_syn of 5 ms": lambda tau_mem, tau_syn, ref=ref: ref(tau_mem, 0.005),
    "the membrane must not ring": lambda tau_mem, tau_syn, ref=ref: min(2 * tau_syn, tau_mem),
    "the synapse must not ring": lambda tau_mem, tau_syn, ref=ref: min(tau_syn, 2 * tau_mem),
    "2 over the smaller": lambda tau_mem, tau_syn, ref=ref: 2 / min(1 / tau_mem, 1 / tau_syn),
    "equal ones": lambda tau_mem, tau_syn, ref=ref: tau_mem if tau_mem == tau_syn else ref(tau_mem, tau_syn),
    "the synapse unless it is far slower": lambda tau_mem, tau_syn, ref=ref: 2 * tau_syn if tau_syn < 2 * tau_mem else 2 * tau_mem,
    "the synapse unless it is 1 ms slower": lambda tau_mem, tau_syn, ref=ref: 2 * tau_syn if tau_syn - tau_mem < 1e-3 else 2 * tau_mem,
    "one of two": lambda tau_mem, tau_syn, ref=ref: {True: 2 * tau_mem, False: 2 * tau_syn}[tau_mem < tau_syn] if tau_mem < 0.1 else 2 * tau_syn,
}  # fmt: skip

# -- Lesson 6 --------------------------------------------------------------------------------------

ref = right("exact_steps.propagator")


def propagator_where_equal(equal):
    """Return an exact step whose limit is taken where `equal` says so."""

    def propagator(dt, tau_mem, tau_syn):
        a, b = math.exp(-dt / tau_mem), math.exp(-dt / tau_syn)
        if equal(tau_mem, tau_syn):
            return a, dt / tau_mem * a, b
        return a, tau_syn / (tau_mem - tau_syn) * (a - b), b

    return propagator


PROPAGATOR = {
    "identity": propagator_where_equal(lambda a, b: a is b),
    "closer than 5 ms": propagator_where_equal(lambda a, b: abs(a - b) < 5e-3),
    "closer than 1 ms": propagator_where_equal(lambda a, b: abs(a - b) < 1e-3),
    "closer than 0.1 ms": propagator_where_equal(lambda a, b: abs(a - b) < 1e-4),
    "closer than 10 %": propagator_where_equal(lambda a, b: math.isclose(a, b, rel_tol=0.1)),
    "closer than 1 %": propagator_where_equal(lambda a, b: math.isclose(a, b, rel_tol=0.01)),
    "equal in whole milliseconds": propagator_where_equal(lambda a, b: round(a, 3) == round(b, 3)),
    "equal at 10 ms alone": propagator_where_equal(lambda a, b: a == b == 0.010),
    "equal or faster": propagator_where_equal(lambda a, b: a <= b),
    "whole units": propagator_where_equal(lambda a, b: int(a) == int(b)),
    "dt of 1 ms": lambda dt, tau_mem, tau_syn, ref=ref: ref(0.001, tau_mem, tau_syn),
    "tau_mem of 10 ms": lambda dt, tau_mem, tau_syn, ref=ref: ref(dt, 0.010, tau_syn),
    "tau_syn of 5 ms": lambda dt, tau_mem, tau_syn, ref=ref: ref(dt, tau_mem, 0.005),
    "a slower membrane alone": lambda dt, tau_mem, tau_syn, ref=ref: ref(dt, max(tau_mem, tau_syn), min(tau_mem, tau_syn)),
    "short steps are Euler's": lambda dt, tau_mem, tau_syn, ref=ref: (1 - dt / tau_mem, dt / tau_mem, 1 - dt / tau_syn) if dt < 1e-4 else ref(dt, tau_mem, tau_syn),
    "long steps leave nothing": lambda dt, tau_mem, tau_syn, ref=ref: ref(dt, tau_mem, tau_syn) if dt < 5 * tau_mem else (0.0, 0.0, 0.0),
    "steps up to 30 ms": lambda dt, tau_mem, tau_syn, ref=ref: ref(min(dt, 0.03), tau_mem, tau_syn),
    "dt in 0.1 ms": lambda dt, tau_mem, tau_syn, ref=ref: ref(round(dt, 4), tau_mem, tau_syn),
    "time constants to two digits": lambda dt, tau_mem, tau_syn, ref=ref: ref(dt, float(f"{tau_mem:.2g}"), float(f"{tau_syn:.2g}")),
}  # fmt: skip

ref = right("exact_steps.after_gaps")


def walk(gaps, tau_mem, tau_syn, step=None):
    step = step or right("exact_steps.propagator")
    v, i = 0.0, 0.0
    for gap in gaps:
        v_from_v, v_from_i, i_from_i = step(float(gap), tau_mem, tau_syn)
        i = i + 1.0
        v, i = v_from_v * v + v_from_i * i, i_from_i * i
    return v


AFTER_GAPS = {
    "tau_mem of 10 ms": lambda gaps, tau_mem, tau_syn: walk(gaps, 0.010, tau_syn),
    "tau_syn of 5 ms": lambda gaps, tau_mem, tau_syn: walk(gaps, tau_mem, 0.005),
    "two gaps": lambda gaps, tau_mem, tau_syn: walk(gaps[:2], tau_mem, tau_syn),
    "at most five gaps": lambda gaps, tau_mem, tau_syn: walk(gaps[:5], tau_mem, tau_syn),
    "at least two gaps": lambda gaps, tau_mem, tau_syn: walk(gaps, tau_mem, tau_syn) + 0 * float(gaps[1]),
    "equal gaps": lambda gaps, tau_mem, tau_syn: walk(len(gaps) * [gaps.mean()], tau_mem, tau_syn),
    "gaps in order": lambda gaps, tau_mem, tau_syn: walk(gaps.sort().values, tau_mem, tau_syn),
    "gaps the other way round": lambda gaps, tau_mem, tau_syn: walk(gaps.flip(0), tau_mem, tau_syn),
    "each gap once": lambda gaps, tau_mem, tau_syn: walk(dict.fromkeys(gaps.tolist()), tau_mem, tau_syn),
    "gaps of 0.1 ms": lambda gaps, tau_mem, tau_syn: walk([round(g, 4) for g in gaps.tolist()], tau_mem, tau_syn),
    "at most 10 ms": lambda gaps, tau_mem, tau_syn: walk(gaps.clamp(max=0.010), tau_mem, tau_syn),
    "at least 1 ms": lambda gaps, tau_mem, tau_syn: walk(gaps.clamp(min=0.001), tau_mem, tau_syn),
    "forgotten after 100 ms": lambda gaps, tau_mem, tau_syn: 0.0 if float(gaps[-1]) > 0.1 else walk(gaps, tau_mem, tau_syn),
    "no case for equal ones": lambda gaps, tau_mem, tau_syn: walk(gaps, tau_mem, tau_syn, propagator_where_equal(lambda a, b: False)),
    "a threshold of 1 ms": lambda gaps, tau_mem, tau_syn: walk(gaps, tau_mem, tau_syn, propagator_where_equal(lambda a, b: abs(a - b) < 1e-3)),
    "a slower membrane alone": lambda gaps, tau_mem, tau_syn: walk(gaps, max(tau_mem, tau_syn), min(tau_mem, tau_syn)),
}  # fmt: skip

# -- Lesson 7 --------------------------------------------------------------------------------------

ref = right("a_filter.gain_phase")


def gain_phase_float64(f, tau, ref=ref):
    one = torch.ones(len(f), dtype=torch.float64)
    return torch.lerp(ref(f, tau)[0], one, 0.0), ref(f, tau)[1]


GAIN_PHASE = {
    "tau of 10 ms": lambda f, tau, ref=ref: ref(f, 0.010),
    "f of 16 Hz": lambda f, tau, ref=ref: ref(0 * f + 16, tau),
    "3.14": lambda f, tau, ref=ref: ref(f * 3.14 / math.pi, tau),
    "lets all through below 1 Hz": lambda f, tau, ref=ref: (torch.where(f < 1, 1, ref(f, tau)[0]), ref(f, tau)[1]),
    "lets all through far below the cut-off": lambda f, tau, ref=ref: (torch.where(f * tau < 1e-3, 1, ref(f, tau)[0]), ref(f, tau)[1]),
    "1 / x far above the cut-off": lambda f, tau, ref=ref: (torch.where(f * tau > 3, 1 / (2 * math.pi * f * tau), ref(f, tau)[0]), ref(f, tau)[1]),
    "-90 degrees far above the cut-off": lambda f, tau, ref=ref: (ref(f, tau)[0], torch.where(f * tau > 10, -90, ref(f, tau)[1])),
    "no drive of 0 Hz": lambda f, tau, ref=ref: (ref(f, tau)[0] * f / f, ref(f, tau)[1]),
    "from 0.1 Hz on": lambda f, tau, ref=ref: ref(f.clamp(min=0.1), tau),
    "up to 300 Hz": lambda f, tau, ref=ref: ref(f.clamp(max=300), tau),
    "25 frequencies": lambda f, tau, ref=ref: ref(f + torch.zeros(25, dtype=f.dtype), tau),
    "frequencies in order": lambda f, tau, ref=ref: ref(f.sort().values, tau),
    "more than one frequency": lambda f, tau, ref=ref: ref(f + 0 * f[1], tau),
    "float64 alone": gain_phase_float64,
    "whole degrees": lambda f, tau, ref=ref: (ref(f, tau)[0], ref(f, tau)[1].round()),
    "f in whole hertz": lambda f, tau, ref=ref: ref(f.round(), tau),
    "a gain of at least 0.01": lambda f, tau, ref=ref: (ref(f, tau)[0].clamp(min=0.01), ref(f, tau)[1]),
}  # fmt: skip

ref = right("a_filter.phase_mended")


def bug(f, tau_mem, tau_syn):
    omega = 2 * math.pi * f
    return -math.degrees(math.atan(omega * (tau_mem + tau_syn) / (1 - omega**2 * tau_mem * tau_syn)))


PHASE_MENDED = {
    "turns at 22.5 Hz": lambda f, tau_mem, tau_syn: bug(f, tau_mem, tau_syn) - 180 * (f > 22.5),
    "turns at 50 Hz": lambda f, tau_mem, tau_syn: bug(f, tau_mem, tau_syn) - 180 * (f > 50),
    "turns at the cut-off": lambda f, tau_mem, tau_syn: bug(f, tau_mem, tau_syn) - 180 * (2 * math.pi * f * tau_mem > 1),
    "turns where it is not below 0": lambda f, tau_mem, tau_syn: bug(f, tau_mem, tau_syn) - 180 * (bug(f, tau_mem, tau_syn) >= 0),
    "tau_mem of 10 ms": lambda f, tau_mem, tau_syn, ref=ref: ref(f, 0.010, tau_syn),
    "tau_syn of 5 ms": lambda f, tau_mem, tau_syn, ref=ref: ref(f, tau_mem, 0.005),
    "f of 50 Hz": lambda f, tau_mem, tau_syn, ref=ref: ref(50.0, tau_mem, tau_syn),
    "equal stages": lambda f, tau_mem, tau_syn, ref=ref: ref(f, tau_mem, tau_mem),
    "the synapse is twice as fast": lambda f, tau_mem, tau_syn, ref=ref: ref(f, tau_mem, tau_mem / 2),
    "half a turn far above": lambda f, tau_mem, tau_syn, ref=ref: -180.0 if f * min(tau_mem, tau_syn) > 3 else ref(f, tau_mem, tau_syn),
    "not late far below": lambda f, tau_mem, tau_syn, ref=ref: 0.0 if f * max(tau_mem, tau_syn) < 1e-3 else ref(f, tau_mem, tau_syn),
    "from 1 Hz on": lambda f, tau_mem, tau_syn, ref=ref: ref(max(f, 1.0), tau_mem, tau_syn),
    "up to 300 Hz": lambda f, tau_mem, tau_syn, ref=ref: ref(min(f, 300.0), tau_mem, tau_syn),
    "no drive of 0 Hz": lambda f, tau_mem, tau_syn, ref=ref: ref(f, tau_mem, tau_syn) * f / f,
    "a slower membrane alone": lambda f, tau_mem, tau_syn, ref=ref: ref(f, max(tau_mem, tau_syn), 0.0) + ref(f, min(tau_mem, tau_syn), 0.0) * (tau_mem > tau_syn),
    "whole degrees": lambda f, tau_mem, tau_syn, ref=ref: float(round(ref(f, tau_mem, tau_syn))),
    "3.14": lambda f, tau_mem, tau_syn, ref=ref: ref(f * 3.14 / math.pi, tau_mem, tau_syn),
}  # fmt: skip

# -- Lesson 8 --------------------------------------------------------------------------------------

ref = right("whole_sequences.combine")


def combine_by_a_table(first, second):
    a, b = torch.zeros(2, len(first[0]), dtype=torch.float64)
    return a + first[0] * second[0], b + second[0] * first[1] + second[1]


def combine_of(change):
    """Return what combines two steps whose factors were changed before."""

    def combine(first, second, ref=ref):
        return ref(type(first)(change(first.a), first.b), type(second)(change(second.a), second.b))

    return combine


COMBINE = {
    "a factor of 0.9": combine_of(lambda a: 0 * a + 0.9),
    "a factor of 0.8": combine_of(lambda a: 0 * a + 0.8),
    "one factor for both": lambda first, second, ref=ref: ref(first, type(first)(first.a, second.b)),
    "factors above 0": combine_of(torch.abs),
    "logarithms of the factors": combine_of(lambda a: a.log().exp()),
    "factors up to 1": combine_of(lambda a: a.clamp(max=1)),
    "factors of two digits": combine_of(lambda a: (100 * a).round() / 100),
    "divides by the factor": combine_of(lambda a: a * a / a),
    "inputs above 0": lambda first, second, ref=ref: ref(type(first)(first.a, first.b.abs()), second),
    "no second input": lambda first, second, ref=ref: ref(first, type(first)(second.a, 0 * second.b)),
    "inputs that are 0 or 1": lambda first, second, ref=ref: ref(type(first)(first.a, (first.b != 0).to(first.b.dtype)), second),
    "50 neurons": lambda first, second, ref=ref: ref(type(first)(first.a + torch.zeros(50, dtype=first.a.dtype), first.b), second),
    "many neurons": lambda first, second, ref=ref: ref(type(first)(first.a, first.b + 0 * first.b[0]), second),
    "a table of float64": combine_by_a_table,
    "nothing left after 0": lambda first, second, ref=ref: (ref(first, second)[0], torch.where(first.a == 0, second.b, ref(first, second)[1])),
}  # fmt: skip

# -- Lesson 9 --------------------------------------------------------------------------------------

ref = right("learning.gradient")


def closed_form(x, p, dt):
    a, b = dt * p.tau_mem_inv, dt * p.tau_syn_inv
    n = torch.arange(len(x), dtype=x.dtype).flip(0) + 1
    return a * ((1 - a) ** n - (1 - b) ** n) / (b - a)


def closed_form_where_equal(x, p, dt):
    a, b = dt * p.tau_mem_inv, dt * p.tau_syn_inv
    n = torch.arange(len(x), dtype=x.dtype).flip(0) + 1
    return n * a * (1 - a) ** (n - 1) if abs(a - b) < 0.05 else closed_form(x, p, dt)


GRADIENT = {
    "dt of 1 ms": lambda x, p, dt, ref=ref: ref(x, p, 0.001),
    "tau_mem of 10 ms": lambda x, p, dt, ref=ref: ref(x, p._replace(tau_mem_inv=DEFAULT.tau_mem_inv), dt),
    "tau_syn of 5 ms": lambda x, p, dt, ref=ref: ref(x, p._replace(tau_syn_inv=DEFAULT.tau_syn_inv), dt),
    "60 inputs": lambda x, p, dt, ref=ref: ref(torch.zeros(60, dtype=x.dtype), p, dt)[-len(x):],
    "at most 30 inputs": lambda x, p, dt, ref=ref: torch.cat([torch.zeros_like(x[:-30]), ref(x, p, dt)[-30:]]),
    "at least two inputs": lambda x, p, dt, ref=ref: ref(x, p, dt) + 0 * x[1],
    "divides by the input": lambda x, p, dt, ref=ref: ref(x, p, dt) * x / x,
    "inputs that are not 0": lambda x, p, dt, ref=ref: ref(x, p, dt) * (x != 0),
    "inputs above 0": lambda x, p, dt, ref=ref: ref(x, p, dt) * torch.where(x < 0, -1, 1),
    "rests above 0 V": lambda x, p, dt, ref=ref: ref(x, p, dt) + p.v_leak.clamp(max=0),
    "no case for equal ones": closed_form,
    "a threshold for equal ones": closed_form_where_equal,
    "a slower membrane alone": lambda x, p, dt, ref=ref: ref(x, LIParameters(max(p[:2]), min(p[:2]), p.v_leak), dt),
    "forgotten after 20 ms": lambda x, p, dt, ref=ref: ref(x, p, dt) * (dt * torch.arange(len(x)).flip(0) < 0.02),
    "no ringing": lambda x, p, dt, ref=ref: ref(x, p, dt).clamp(min=0),
    "a peak within": lambda x, p, dt, ref=ref: ref(x, p, dt) if ref(x, p, dt).argmax() > 0 else ref(x, p, dt).flip(0),
}  # fmt: skip

# -- Lesson 10 -------------------------------------------------------------------------------------

ref = right_step = right("noise.noisy_step")
NOISY_STEP = {
    "sigma of 3.162": lambda v, xi, dt, tau, sigma, ref=ref: ref(v, xi, dt, tau, 3.162),
    "sigma squared of 10": lambda v, xi, dt, tau, sigma, ref=ref: ref(v, xi, dt, tau, math.sqrt(10)),
    "tau of 10 ms": lambda v, xi, dt, tau, sigma, ref=ref: ref(v, xi, dt, 0.010, sigma),
    "dt of 1 ms": lambda v, xi, dt, tau, sigma, ref=ref: ref(v, xi, 0.001, tau, sigma),
    "leaks with dt of 1 ms": lambda v, xi, dt, tau, sigma, ref=ref: ref(v, xi, dt, tau * dt / 0.001, sigma),
    "kicks upwards": lambda v, xi, dt, tau, sigma, ref=ref: ref(v, xi.abs(), dt, tau, sigma),
    "kicks of one size": lambda v, xi, dt, tau, sigma, ref=ref: ref(v, xi.sign(), dt, tau, sigma),
    "voltages above 0": lambda v, xi, dt, tau, sigma, ref=ref: ref(v.clamp(min=0), xi, dt, tau, sigma),
    "from rest": lambda v, xi, dt, tau, sigma, ref=ref: ref(0 * v, xi, dt, tau, sigma),
    "one kick for all": lambda v, xi, dt, tau, sigma, ref=ref: ref(v, xi.flatten()[0], dt, tau, sigma),
    "no ringing": lambda v, xi, dt, tau, sigma, ref=ref: max(1 - dt / tau, 0) * v + sigma * math.sqrt(dt) * xi,
    "50 neurons": lambda v, xi, dt, tau, sigma, ref=ref: ref(v + torch.zeros(50, dtype=v.dtype), xi, dt, tau, sigma),
    "one row": lambda v, xi, dt, tau, sigma, ref=ref: ref(v, xi[:1].expand_as(xi) if xi.ndim > 1 else xi, dt, tau, sigma),
    "float64 alone": lambda v, xi, dt, tau, sigma, ref=ref: torch.lerp(ref(v, xi, dt, tau, sigma), torch.zeros(v.shape, dtype=torch.float64), 0.0),
    "kicks within two": lambda v, xi, dt, tau, sigma, ref=ref: ref(v, xi.clamp(-2, 2), dt, tau, sigma),
    "units of 1 ms": lambda v, xi, dt, tau, sigma, ref=ref: ref(v, xi, round(dt, 3), tau, sigma),
}  # fmt: skip

ref = right("noise.variance")
VARIANCE = {
    "sigma of 3.162": lambda dt, tau, sigma, ref=ref: ref(dt, tau, 3.162),
    "sigma squared of 10": lambda dt, tau, sigma, ref=ref: ref(dt, tau, math.sqrt(10)),
    "tau of 10 ms": lambda dt, tau, sigma, ref=ref: ref(dt, 0.010, sigma),
    "dt of 1 ms": lambda dt, tau, sigma, ref=ref: ref(0.001, tau, sigma),
    "no step below 1 ms": lambda dt, tau, sigma, ref=ref: ref(0.0 if dt < 0.001 else dt, tau, sigma),
    "no short step": lambda dt, tau, sigma, ref=ref: ref(0.0 if dt < 0.05 * tau else dt, tau, sigma),
    "no step as long as tau": lambda dt, tau, sigma, ref=ref: ref(min(dt, tau), tau, sigma),
    "three terms of a series": lambda dt, tau, sigma, ref=ref: sigma**2 * tau / 2 * sum((dt / (2 * tau)) ** k for k in range(3)),
    "ten terms of a series": lambda dt, tau, sigma, ref=ref: sigma**2 * tau / 2 * sum((dt / (2 * tau)) ** k for k in range(10)),
    "an exponential": lambda dt, tau, sigma, ref=ref: sigma**2 * tau / 2 * math.exp(dt / (2 * tau)),
    "exact steps with kicks": lambda dt, tau, sigma, ref=ref: sigma**2 * dt / -math.expm1(-2 * dt / tau),
    "four decimals": lambda dt, tau, sigma, ref=ref: round(ref(dt, tau, sigma), 4),
    "200 steps": lambda dt, tau, sigma, ref=ref: ref(dt, tau, sigma) * (1 - (1 - dt / tau) ** 400),
    "after 100 ms": lambda dt, tau, sigma, ref=ref: ref(dt, tau, sigma) * (1 - (1 - dt / tau) ** (2 * round(0.1 / dt))),
    "sigma above 1": lambda dt, tau, sigma, ref=ref: ref(dt, tau, max(sigma, 1.0)),
    "0.0526": lambda dt, tau, sigma, ref=ref: 0.0526,
}  # fmt: skip


def run(start, draw, steps, step=right_step):
    """Return a function that lets many neurons settle."""

    def settled(neurons, dt, tau, sigma, generator):
        v = start(neurons)
        for _ in range(steps(dt, tau)):
            v = step(v, draw(neurons, generator), dt, tau, sigma)
        return v

    return settled


def normal(neurons, generator):
    return torch.randn(neurons, generator=generator)


def ten(dt, tau):
    return round(10 * tau / dt)


SETTLED = {
    "10,000 neurons": run(lambda n: torch.zeros(10_000), lambda n, g: normal(10_000, g), ten),
    "from 1 V": run(torch.ones, normal, ten),
    "from chance": run(torch.rand, normal, ten),
    "from -1 V": run(lambda n: -torch.ones(n), normal, ten),
    "200 steps": run(torch.zeros, normal, lambda dt, tau: 200),
    "100 steps": run(torch.zeros, normal, lambda dt, tau: 100),
    "100 ms": run(torch.zeros, normal, lambda dt, tau: round(0.1 / dt)),
    "200 ms": run(torch.zeros, normal, lambda dt, tau: round(0.2 / dt)),
    "one time constant": run(torch.zeros, normal, lambda dt, tau: round(tau / dt)),
    "as many steps as dt in tau, at 1 ms": run(torch.zeros, normal, lambda dt, tau: round(10 * tau / 0.001)),
    "kicks of one size": run(torch.zeros, lambda n, g: torch.randint(0, 2, (n,), generator=g) * 2.0 - 1, ten),
    "kicks of any size up to one": run(torch.zeros, lambda n, g: math.sqrt(12) * (torch.rand(n, generator=g) - 0.5), ten),
    "sigma of 3.162": run(torch.zeros, normal, ten, lambda v, xi, dt, tau, sigma, ref=right_step: ref(v, xi, dt, tau, 3.162)),
    "tau of 10 ms": run(torch.zeros, normal, ten, lambda v, xi, dt, tau, sigma, ref=right_step: ref(v, xi, dt, 0.010, sigma)),
    "dt of 1 ms": run(torch.zeros, normal, ten, lambda v, xi, dt, tau, sigma, ref=right_step: ref(v, xi, 0.001, tau, sigma)),
    "a variance of 0.05": lambda neurons, dt, tau, sigma, generator: math.sqrt(0.05) * normal(neurons, generator),
    "the variance of the equation": lambda neurons, dt, tau, sigma, generator: sigma * math.sqrt(tau / 2) * normal(neurons, generator),
}  # fmt: skip

# -- Lesson 11 -------------------------------------------------------------------------------------

ref = right("threshold_and_spikes.spike_step")


def fires_where(fires):
    """Return a step whose neurons spike where `fires` says so of the new v, the current and the threshold."""

    def step(v, i, dt, tau, threshold):
        new = v + dt / tau * (i - v)
        z = fires(new, v, i, threshold).to(v.dtype)
        return (1 - z) * new, z

    return step


SPIKE_STEP = {
    "above the threshold": fires_where(lambda new, v, i, threshold: new > threshold),
    "the new crossing alone": fires_where(lambda new, v, i, threshold: (new >= threshold) & (v < threshold)),
    "currents above the threshold alone": fires_where(lambda new, v, i, threshold: (new >= threshold) & (i > threshold)),
    "a threshold of 1 V": fires_where(lambda new, v, i, threshold: new >= 1.0),
    "a threshold of at most 1 V": fires_where(lambda new, v, i, threshold: new >= min(threshold, 1.0)),
    "size without its sign": fires_where(lambda new, v, i, threshold: new.abs() >= threshold),
    "a hair below the threshold": fires_where(lambda new, v, i, threshold: new >= 0.99 * threshold),
    "rounded": fires_where(lambda new, v, i, threshold: new.round() >= threshold),
    "tau of 10 ms": lambda v, i, dt, tau, threshold, ref=ref: ref(v, i, dt, 0.010, threshold),
    "dt of 1 ms": lambda v, i, dt, tau, threshold, ref=ref: ref(v, i, 0.001, tau, threshold),
    "a tenth": lambda v, i, dt, tau, threshold, ref=ref: ref(v, i, 0.1, 1.0, threshold),
    "currents above 0": lambda v, i, dt, tau, threshold, ref=ref: ref(v, i.clamp(min=0), dt, tau, threshold),
    "voltages above 0": lambda v, i, dt, tau, threshold, ref=ref: ref(v.clamp(min=0), i, dt, tau, threshold),
    "one current for all": lambda v, i, dt, tau, threshold, ref=ref: ref(v, i.flatten()[0], dt, tau, threshold),
    "50 neurons": lambda v, i, dt, tau, threshold, ref=ref: ref(v + torch.zeros(50, dtype=v.dtype), i, dt, tau, threshold),
    "one row": lambda v, i, dt, tau, threshold, ref=ref: ref(v, i[:1].expand_as(i) if i.ndim > 1 else i, dt, tau, threshold),
    "float64 alone": lambda v, i, dt, tau, threshold, ref=ref: (torch.lerp(ref(v, i, dt, tau, threshold)[0], torch.zeros(v.shape, dtype=torch.float64), 0.0), ref(v, i, dt, tau, threshold)[1]),
}  # fmt: skip

ref = right("threshold_and_spikes.rate")
RATE = {
    "tau of 10 ms": lambda i, tau, ref=ref: ref(i, 0.010),
    "a current of 1.5 V": lambda i, tau, ref=ref: ref(1.5, tau),
    "no case at 1 V": lambda i, tau, ref=ref: 0.0 if i < 1 else 1 / (tau * math.log(i / (i - 1))),
    "nothing up to 1.01 V": lambda i, tau, ref=ref: 0.0 if i < 1.01 else ref(i, tau),
    "nothing up to 1.001 V": lambda i, tau, ref=ref: 0.0 if i < 1.001 else ref(i, tau),
    "from 0.99 V on": lambda i, tau, ref=ref: 0.0 if i < 0.99 else 1 / (tau * math.log(i / abs(i - 1))) if i != 1 else 0.0,
    "size of the current": lambda i, tau, ref=ref: ref(abs(i), tau),
    "size within the threshold": lambda i, tau, ref=ref: 0.0 if abs(i) <= 1 else 1 / (tau * math.log(i / (i - 1))),
    "currents above 0": lambda i, tau, ref=ref: 0.0 if 0 <= i <= 1 else 1 / (tau * math.log(i / (i - 1))),
    "at most 100 Hz": lambda i, tau, ref=ref: min(ref(i, tau), 100.0),
    "at most 500 Hz": lambda i, tau, ref=ref: min(ref(i, tau), 500.0),
    "at least 1 Hz": lambda i, tau, ref=ref: max(ref(i, tau), 1.0) if i > 1 else 0.0,
    "a straight line far above": lambda i, tau, ref=ref: (i - 0.5) / tau if i > 10 else ref(i, tau),
    "a spike within 100 ms or none": lambda i, tau, ref=ref: ref(i, tau) if ref(i, tau) > 10 else 0.0,
    "whole hertz": lambda i, tau, ref=ref: float(round(ref(i, tau))),
    "two decimals of the current": lambda i, tau, ref=ref: ref(round(i, 2), tau),
    "whole milliseconds": lambda i, tau, ref=ref: ref(i, round(tau, 3)),
}  # fmt: skip

WRONG = {
    "a_leaky_bucket.tau_from_trace": TAU_FROM_TRACE,
    "a_leaky_bucket.bucket_mended": BUCKET_MENDED,
    "synapses.psp": PSP,
    "synapses.spike_train": SPIKE_TRAIN,
    "one_euler_step.step": STEP,
    "euler_against_exact.order": ORDER,
    "euler_against_exact.largest_dt": LARGEST_DT,
    "exact_steps.propagator": PROPAGATOR,
    "exact_steps.after_gaps": AFTER_GAPS,
    "a_filter.gain_phase": GAIN_PHASE,
    "a_filter.phase_mended": PHASE_MENDED,
    "whole_sequences.combine": COMBINE,
    "learning.gradient": GRADIENT,
    "noise.noisy_step": NOISY_STEP,
    "noise.variance": VARIANCE,
    "noise.settled": SETTLED,
    "threshold_and_spikes.spike_step": SPIKE_STEP,
    "threshold_and_spikes.rate": RATE,
}


def test_there_are_at_least_ten_of_them_for_every_function_of_the_course():
    assert WRONG.keys() == FUNCTIONS.keys()
    assert {name: len(wrong) for name, wrong in WRONG.items() if len(wrong) < 10} == {}


@pytest.mark.slow
@pytest.mark.parametrize("name", WRONG)
def test_none_of_them_passes(name):
    kind = FUNCTIONS[name].kind

    accepted = [what for what, wrong in WRONG[name].items() if kind.try_out(wrong).passed]

    assert accepted == []


@pytest.mark.parametrize("name", WRONG)
def test_the_reference_passes(name):
    assert fresh(FUNCTIONS[name]).check(right(name)).passed
