r"""The three lines of a step in two loops, compiled by numba where that is installed.

.. math::
    i^+ &= i + x \\
    v &\leftarrow v + \alpha \, (r - v) + \gamma \, i^+ \\
    i &\leftarrow i^+ + \lambda \, i^+

with :math:`\alpha = 1 - M_{vv}`, :math:`\gamma = M_{vi}`, :math:`\lambda = M_{ii} - 1`: of .9999 float32
keeps fewer digits than of .0001. Euler's :math:`\alpha` is its :math:`\gamma`, and its second line is
rounded as :func:`leakyedu.li_feed_forward_step` does it. Steps are the outer loop, neurons the inner one:
as many at once as a processor's vectors hold, and a share for each thread. The threads are Python's:
numba's own end the process when two threads call them.
"""

import ctypes
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache

import torch
from torch import Tensor

# To load numba takes half a second and 130 MB: worth it from a sequence of so many numbers on.
WORTH_LOADING = 2**15
# With fewer numbers, one thread is done before another has begun.
WORTH_SHARING = 2**20
# Numbers that a thread works on before it looks whether it shall stop, in far less than 50 ms.
PIECE = 2**19
# Neurons whose states stay in the cache of one core.
SIDE_BY_SIDE = 2**13


def is_at_hand(numbers: int) -> bool:
    """Tell whether a sequence of so many numbers shall run here; once numba is loaded, each shall."""
    return bool(numbers >= WORTH_LOADING or _numba.cache_info().currsize) and _numba() is not None


@cache
def _numba():
    try:
        import numba
    except ImportError:
        return None
    return numba


def forward(
    x: Tensor, v: Tensor, i: Tensor, step: Tensor, euler: bool, all_currents: bool
) -> tuple[Tensor, Tensor]:
    """Run over jumps ``x`` of shape ``(time, neurons)``; all tensors are contiguous and of one dtype.

    The state ``v, i`` at the start becomes the last one. ``step`` holds rest, alpha, gamma and lambda, of
    shape ``(4,)`` or ``(4, neurons)``. Returned are the voltages and all currents, or the last one alone.
    """
    voltages, currents = torch.empty_like(x), torch.empty_like(x) if all_currents else i
    loop = _compiled(_forward, x.dtype, step.ndim > 1, euler, all_currents)

    def piece(start: int, stop: int, low: int, high: int) -> None:
        rows = (_at(y, start) for y in (x, voltages, currents if all_currents else None))
        loop(stop - start, x.shape[1], low, high, *rows, _at(v), _at(i), _at(step))

    _share(x.shape, piece)
    return voltages, currents


def backward(
    g_v: Tensor, g_i: Tensor | None, d_v: Tensor, d_i: Tensor, step: Tensor, states: tuple[Tensor, ...]
) -> tuple[Tensor, Tensor | None]:
    """Carry the gradients of the voltages and, if any, of all currents back through a sequence.

    That of the voltages may be a row expanded along time. What the last state has besides, ``d_v, d_i``,
    becomes that of the first. ``states`` are ``x, voltages, currents, v, i`` of :func:`forward` if the
    propagator is learned. Returned are the gradient of the jumps, and in float64 those of the propagator for
    each neuron, of shape ``(3, neurons)``.
    """
    d_x, (time, neurons) = g_v.new_empty(g_v.shape), g_v.shape
    sums = torch.zeros(3, neurons, dtype=torch.float64, device="cpu") if states else None
    loop = _compiled(_backward, g_v.dtype, step.ndim > 1, g_i is not None, bool(states))
    x, voltages, currents, v, i = states or (None,) * 5

    def rows(start: int, stop: int, low: int, high: int) -> None:
        before = (_at(voltages, start - 1), _at(currents, start - 1)) if start else (_at(v), _at(i))
        given = (_at(y, start) for y in (g_v, g_i, d_x, x))
        ends = map(_at, (d_v, d_i, step, sums))
        loop(stop - start, neurons, low, high, g_v.stride(0), *given, *before, *ends)

    def piece(start: int, stop: int, low: int, high: int) -> None:
        start, stop = time - stop, time - start
        if max(start, 1) < stop:
            rows(max(start, 1), stop, low, high)
        if start == 0:  # the state before it stands elsewhere
            rows(0, 1, low, high)

    _share(g_v.shape, piece)
    return d_x, sums


def _at(y: Tensor | None, row: int = 0) -> int | None:
    return None if y is None else y.data_ptr() + (row and row * y.stride(0) * y.itemsize)


def _forward(own: bool, euler: bool, all_currents: bool) -> Callable:
    def loop(steps, neurons, low, high, x, voltages, currents, v, i, step):
        rest, alpha, gamma, loss = step[0], step[1], step[2], step[3]
        for row in range(0, steps * neurons, neurons):
            for n in range(low, high):
                if own:
                    rest, alpha = step[n], step[neurons + n]
                    gamma, loss = step[2 * neurons + n], step[3 * neurons + n]
                jumped = i[n] + x[row + n]
                if euler:
                    v[n] += gamma * ((rest - v[n]) + jumped)
                else:
                    v[n] += alpha * (rest - v[n]) + gamma * jumped
                i[n] = jumped + loss * jumped
                voltages[row + n] = v[n]
                if all_currents:
                    currents[row + n] = i[n]

    return loop


def _backward(own: bool, kicked: bool, learned: bool) -> Callable:
    def loop(steps, neurons, low, high, stride, g_v, g_i, d_x, x, v, i, d_v, d_i, step, sums):
        rest, alpha, gamma, loss = step[0], step[1], step[2], step[3]
        for back in range(steps):
            at = abs(back - steps + 1)  # of steps - 1 - back the compiler sees where it goes, and gives up
            row = at * neurons
            for n in range(low, high):
                if own:
                    rest, alpha = step[n], step[neurons + n]
                    gamma, loss = step[2 * neurons + n], step[3 * neurons + n]
                to_v, to_i = d_v[n] + g_v[at * stride + n], d_i[n]
                if kicked:
                    to_i += g_i[row + n]
                if learned:
                    jumped = i[row + n] + x[row + n]
                    sums[n] += to_v * (v[row + n] - rest)
                    sums[neurons + n] += to_v * jumped
                    sums[2 * neurons + n] += to_i * jumped
                d_v[n] = to_v - alpha * to_v
                d_i[n] = gamma * to_v + (to_i + loss * to_i)
                d_x[row + n] = d_i[n]

    return loop


@cache
def _compiled(build: Callable, dtype: torch.dtype, *how: bool) -> Callable:
    """Return a loop that takes addresses and lets go of Python's lock; what a machine compiled it keeps."""
    numba, loop = _numba(), build(*how)
    names = loop.__code__.co_varnames[: loop.__code__.co_argcount]
    whole = {"steps", "neurons", "low", "high", "stride"}
    dtypes = {name: torch.float64 if name == "sums" else dtype for name in names}
    types = {torch.float32: numba.types.float32, torch.float64: numba.types.float64}
    kinds = [numba.types.intp if y in whole else numba.types.CPointer(types[dtypes[y]]) for y in names]
    try:
        made = numba.cfunc(numba.types.void(*kinds), cache=True)(loop)
    except Exception:  # no folder to keep it in, no room there, or what is kept there is broken
        made = numba.cfunc(numba.types.void(*kinds))(loop)
    addresses = (ctypes.c_ssize_t if y in whole else ctypes.c_void_p for y in names)
    called = ctypes.CFUNCTYPE(None, *addresses)(made.address)
    called.made = made  # the code lives as long as this
    return called


def _share(shape: torch.Size, piece: Callable[[int, int, int, int], None]) -> None:
    """Call ``piece(first step, last, first neuron, last)`` for all, in this thread and in helpers.

    Who calls takes what is left and waits for no helper that is busy elsewhere. Interrupted, it leaves at
    once; a helper ends after its piece, and holds the memory until then.
    """
    time, neurons = shape
    if 0 < time * neurons < WORTH_SHARING:
        piece(0, time, 0, neurons)
        return
    threads = torch.get_num_threads()
    width = max(16, min(SIDE_BY_SIDE, -(-neurons // (16 * threads)) * 16))  # whole lines of the cache
    shares = [(low, min(low + width, neurons)) for low in range(0, neurons, width)]
    steps, interrupted = PIECE // width, []

    def work() -> None:
        while not interrupted:
            try:
                share = shares.pop()
            except IndexError:
                return
            for start in range(0, time, steps):
                if not interrupted:
                    piece(start, min(start + steps, time), *share)

    helpers = []
    try:
        with suppress(RuntimeError):  # no more threads are to be had: this one does it all
            for _ in range(min(threads, len(shares)) - 1):
                helpers.append(_pool(threads).submit(work))
        work()
        for helper in helpers:
            if not helper.cancel():
                helper.result()
    except BaseException:
        interrupted.append(True)
        raise


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads - 1, thread_name_prefix="leakyedu")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # its threads stayed behind
