r"""The recurrence of a leaky integrator over a whole sequence, without waiting for each step.

.. math::
    i^+_n &= i_{n-1} + x_n \\
    v_n - r &= M_{vv} \, (v_{n-1} + w_n - r) + M_{vi} \, i^+_n \\
    i_n &= M_{ii} \, i^+_n

:math:`x_n` is the jump of the current and :math:`r` the voltage at rest. The kick :math:`w_n` of the
voltage is there for the gradient, which obeys the same recurrence backwards in time, voltage and current
having changed places.

Time is cut into blocks. What the inputs of a block add to the state at its end is a weighted sum, the
weights being powers of :math:`M`. A scan over these few sums gives the state in which each block starts,
and then all blocks run side by side: on a CPU a step of all of them is one row of numbers, elsewhere a
block is one product with the lower triangular matrix of the powers.

Source: Blelloch, *Prefix Sums and Their Applications* (1990); Martin and Cundy, *Parallelizing Linear
Recurrent Neural Nets Over Sequence Length* (2018).
"""

import math
from functools import lru_cache
from itertools import repeat
from typing import NamedTuple

import torch
from torch import Tensor
from torch.autograd import forward_ad

from leakyedu.methods import Propagator
from leakyedu.model import are_fixed_numbers, is_finite, values_are_readable


class _Sequence(NamedTuple):
    """What to run, of shapes as in :func:`scan`; ``all_currents`` says whether each is wanted."""

    x: Tensor
    w: Tensor | None
    v: Tensor
    i: Tensor
    rest: Tensor
    m: Propagator
    backwards: bool
    all_currents: bool


def scan(
    x: Tensor, v: Tensor, i: Tensor, rest: Tensor, m: Propagator, *, all_currents: bool
) -> tuple[Tensor, Tensor]:
    """Run neurons over a sequence of at least one step.

    Args:
        x: jumps, of shape ``(time, neurons)``.
        v: voltage at the start, of shape ``(neurons,)``.
        i: current at the start, likewise.
        rest: voltage at rest, likewise.
        m: propagator, its entries all of shape ``()`` or all ``(neurons,)``, best in float64.
        all_currents: whether the current of each step is wanted.

    Returns:
        The voltages, of shape ``(time, neurons)``, and the currents likewise, or the last one alone.
    """
    learned = torch.is_grad_enabled() and any(entry.requires_grad for entry in m)
    # The gradient of the propagator is a sum over all states, which it keeps.
    voltages, currents = _scan(x, None, v, i, rest, *m, False, all_currents or learned)
    return voltages, currents if all_currents or not learned else currents[-1]


def _scan(x: Tensor, w: Tensor | None, v: Tensor, i: Tensor, rest: Tensor, q, c, p, *how):
    """Apply :class:`_Scan`, or what it computes where something else than autograd has to follow that."""
    sequence = _Sequence(x, w, v, i, rest, Propagator(q, c, p), *how)
    if (
        torch.compiler.is_compiling()
        or torch._C._are_functorch_transforms_active()
        or torch._C._functorch.is_legacy_batchedtensor(x)  # torch.autograd's own vectorised Jacobians
        or forward_ad._current_level >= 0
    ):
        return _anywhere(sequence)
    if not torch.is_grad_enabled():
        return _values(sequence)
    return _Scan.apply(x, w, v, i, rest, q, c, p, *how)


def _values(sequence: _Sequence) -> tuple[Tensor, Tensor]:
    x, w, v, i, rest, m, *_ = sequence
    readable = values_are_readable(x, v, i, rest, *m, *(() if w is None else (w,)))
    return (_on_cpu if readable else _anywhere)(sequence)


def _on_cpu(sequence: _Sequence) -> tuple[Tensor, Tensor]:
    """Run in the fastest of three ways, and step by step where only that gives the right numbers."""
    time, neurons = sequence.x.shape
    # Blocks as long as there are blocks cost the fewest operations. A row, which is one step of them all,
    # need not be longer than 2^18: on two cores longer rows made a number no cheaper, and shorter ones
    # did (1,024 x 32,768 in 2, 4, 8, 16 blocks: 52, 50, 47, 46 ms). Below 64 steps one block is fastest,
    # and below a few million multiplications so are products (1,000 x 100: 0.34 against 0.53 ms; ten
    # times the neurons: 1.6 against 1.3 ms). Where each neuron has its own powers these cost more than
    # the steps beyond four thousand neurons (1,000 x 1,000: 4 against 8 ms; x 10,000: 50 against 31 ms).
    most = math.isqrt(time)
    own = sequence.m.v_from_v.ndim > 0
    by_products = not own and time >= 64 and time * most * neurons <= 4e6
    most = min(most, 2**18 // max(neurons, 1))
    alone = time < 64 or most < 2 or (own and neurons > 2**12)
    blocks = 1 if alone else min(range(most, most // 2, -1), key=lambda n: time % n)

    # Powers that leave the range of numbers would spoil the sums without a trace.
    q, _, p = sequence.m
    growth = max(
        (abs(y.item()) if y.ndim == 0 else y.abs().amax().item() for y in (q, p) if y.numel()), default=0.0
    )
    if growth > 1 and time * math.log(growth) > 0.9 * math.log(torch.finfo(sequence.x.dtype).max):
        by_products, blocks = False, 1

    if by_products:
        voltages, currents = _by_products(sequence)
    else:
        voltages, currents = _in_place(sequence, blocks)
    last = 0 if sequence.backwards else -1
    states = voltages[last], currents[last] if currents.ndim == 2 else currents
    if (by_products or blocks > 1) and not all(map(is_finite, states)):
        # A sum over a block may overflow where no state does, or hold what comes later in the block.
        return _in_place(sequence, 1)
    return voltages, currents


def _anywhere(sequence: _Sequence) -> tuple[Tensor, Tensor]:
    """Run by products where nobody can look at the values; spoil only what follows a bad number."""
    x, w, *_, backwards, all_currents = sequence
    good = [y if y is None else y.nan_to_num(0.0, 0.0, 0.0) for y in (x, w)]
    bad = good[0] != x if w is None else (good[0] != x) | (good[1] != w)
    voltages, currents = _by_products(sequence._replace(x=good[0], w=good[1]))
    spoilt = _from_then_on(bad.flip(0)).flip(0) if backwards else _from_then_on(bad)
    last = spoilt if all_currents else spoilt[0 if backwards else -1]
    return torch.where(spoilt, math.nan, voltages), torch.where(last, math.nan, currents)


def _from_then_on(bad: Tensor) -> Tensor:
    """Tell of each step whether it or one before is bad; in blocks, for one long sum would wait for each."""
    time, neurons = bad.shape
    steps = min(128, 1 << ((time - 1).bit_length() // 2))  # one byte counts to 255
    padded = torch.nn.functional.pad(bad, (0, 0, 0, -time % steps)) if time % steps else bad
    count = padded.to(torch.uint8).reshape(len(padded) // steps, steps, neurons)
    inside = count.cumsum(1, dtype=torch.uint8) > 0
    ends = inside[:, -1]
    before = ends.cumsum(0, dtype=torch.int32) > ends
    return (inside | before[:, None]).reshape(padded.shape)[:time]


class _Scan(torch.autograd.Function):
    r"""The scan, and its gradient: the same scan, backwards.

    With :math:`g_n` for the gradient with respect to the state of step :math:`n`,

    .. math::
        \lambda_n = g_n + M^T \lambda_{n+1}

    and :math:`M^T`, with voltage and current exchanged, is a propagator with its diagonal exchanged.
    """

    @staticmethod
    def forward(ctx, x, w, v, i, rest, q, c, p, backwards, all_currents):
        sequence = _Sequence(x, w, v, i, rest, Propagator(q, c, p), backwards, all_currents)
        # No views: autograd would not let anyone write to them.
        voltages, currents = (y.clone() if y._is_view() else y for y in _values(sequence))

        for_propagator = (x, w, v, i, rest, voltages, currents) if any(ctx.needs_input_grad[5:8]) else ()
        ctx.save_for_backward(q, c, p, *for_propagator)
        ctx.backwards, ctx.all_currents, ctx.shape = backwards, all_currents, x.shape
        ctx.set_materialize_grads(False)
        return voltages, currents

    @staticmethod
    def backward(ctx, g_v, g_i):
        q, c, p, *for_propagator = ctx.saved_tensors
        needs_kicks, needs_propagator = ctx.needs_input_grad[1], any(ctx.needs_input_grad[5:8])
        if g_v is None and g_i is None:
            return (None,) * 10
        if g_v is None:
            g_v = g_i.new_zeros(ctx.shape)
        zero = g_v.new_zeros(ctx.shape[1])
        kicks, end = (g_i, zero) if ctx.all_currents else (None, zero if g_i is None else g_i)

        reverse = not ctx.backwards
        d_i, d_v = _scan(g_v, kicks, end, zero, zero, p, c, q, reverse, needs_kicks or needs_propagator)
        first = 0 if reverse else -1
        d_i_start, d_v_start = d_i[first], d_v[first] if d_v.ndim == 2 else d_v
        # Raised together with rest and start, all voltages rise by as much.
        d_rest = g_v.sum(0) - d_v_start if ctx.needs_input_grad[4] else None

        d_m = None, None, None
        if needs_propagator:
            x, w, v, i, rest, voltages, currents = for_propagator
            sums = []
            # In parts, which stay in a processor's cache, instead of a dozen more sequences.
            rows = max(1, (2**16 if x.is_cpu else 2**24) // max(1, ctx.shape[1]))
            time = ctx.shape[0]
            for at in (slice(n, min(n + rows, time)) for n in range(0, time, rows)):
                lambda_v = g_v[at] + _before(d_v, zero, reverse, at)
                lambda_i = _before(d_i, end, reverse, at)
                above = _before(voltages, v, ctx.backwards, at) - rest
                jumped = _before(currents, i, ctx.backwards, at) + x[at]
                if kicks is not None:
                    lambda_i = lambda_i + kicks[at]
                if w is not None:
                    above = above + w[at]
                pairs = (lambda_v, above), (lambda_v, jumped), (lambda_i, jumped)
                sums.append([_sum_of_products(a, b, own=q.ndim > 0) for a, b in pairs])
            d_m = (torch.stack(parts).sum(0, dtype=q.dtype) for parts in zip(*sums, strict=True))
        return d_i, d_v if needs_kicks else None, d_v_start, d_i_start, d_rest, *d_m, None, None


def _sum_of_products(a: Tensor, b: Tensor, own: bool) -> Tensor:
    # A sum for all neurons needs no product in memory.
    return (a * b).sum(0) if own else torch.dot(a.flatten(), b.flatten())


def _before(states: Tensor, start: Tensor, backwards: bool, at: slice) -> Tensor:
    """Return for each step of a part the state before it."""
    before = slice(at.start + 1, at.stop + 1) if backwards else slice(max(at.start - 1, 0), at.stop - 1)
    if backwards:
        return states[before] if at.stop < len(states) else torch.cat([states[before], start[None]])
    return states[before] if at.start else torch.cat([start[None], states[before]])


# -- Powers ----------------------------------------------------------------------------------------


def _remembered(build):
    """Keep the last matrices that were built of three numbers: building takes longer than multiplying.

    A matrix is wanted where the sequence is, ``like`` which it is; three numbers may stay on the CPU.
    """

    @lru_cache(maxsize=16)
    def of_numbers(q, c, p, device, *how):
        # What inference mode makes, autograd would refuse later.
        with torch.inference_mode(False):
            m = Propagator(*(torch.tensor(y, dtype=torch.float64, device="cpu") for y in (q, c, p)))
            return [y.to(device) if isinstance(y, Tensor) else y for y in build(m, *how)]

    def of_propagator(m: Propagator, like: Tensor, *how):
        if are_fixed_numbers(*m):
            return of_numbers(*(y.item() for y in m), like.device, like.dtype, *how)
        return build(m, like.dtype, *how)

    return of_propagator


@_remembered
def _to_the_end(m: Propagator, dtype: torch.dtype, steps: int, backwards: bool) -> tuple[Tensor, Propagator]:
    """Return the weights that the inputs of a block have in the state at its end, and its propagator."""
    powers = _powers(m, steps)
    # The last input acts for one step until the end of its block, the first for all.
    weights = _finite(powers[1:], dtype).movedim(1, 0)
    return (weights if backwards else weights.flip(1)), Propagator(*powers[-1])


@_remembered
def _to_all_blocks(m: Propagator, dtype: torch.dtype, blocks: int) -> tuple[Tensor, Tensor]:
    """Return the weights that the parts of :func:`_carry` have, for the voltages and for the currents."""
    q, c, p = _toeplitz(_finite(_powers(m, blocks - 1), dtype)).unbind(2)
    return torch.cat([q, c], 1), p


@_remembered
def _to_all_steps(m: Propagator, dtype: torch.dtype, steps: int, backwards: bool) -> tuple[Tensor, Tensor]:
    """Return the weights for the voltages of a block and for its currents.

    Columns: kicks, rest, voltage at the start, inputs, current at the start; for the currents the last two.
    """
    powers = _finite(_powers(m, steps)[1:], dtype)
    triangles = _toeplitz(powers)
    if backwards:
        powers, triangles = powers.flip(0), triangles.flip(0, 1)
    (q, c, p), (kicks, to_v, to_i) = powers[:, None].unbind(2), triangles.unbind(2)
    return torch.cat([kicks, torch.ones_like(q), q, to_v, c], 1), torch.cat([to_i, p], 1)


def _powers(m: Propagator, highest: int) -> Tensor:
    r"""Return :math:`M^0, \dots, M^\text{highest}`, of shape ``(highest + 1, 3, ...)``: q, c and p of each.

    .. math::
        M^{n + k} = M^n M^k, \qquad c_n = c \sum_{k < n} q^{n - 1 - k} \, p^k
    """
    if are_fixed_numbers(*m):
        # In Python's own numbers, ten times faster than in tensors of one number.
        q, c, p = (y.item() for y in m)
        powers = [(1.0, 0.0, 1.0)]
        for _ in range(highest):
            q_n, c_n, p_n = powers[-1]
            powers.append((q * q_n, q * c_n + c * p_n, p * p_n))
        return torch.tensor(powers, dtype=torch.float64, device="cpu")
    if m.v_from_v.ndim == 0:
        # A tenth of the operations of what follows, and each takes its time to start on an accelerator.
        n = torch.arange(1, highest + 1, dtype=m.v_from_v.dtype, device=m.v_from_v.device)
        one = n.new_ones(1)
        q, p = (torch.cat([one, y**n]) for y in (m.v_from_v, m.i_from_i))
        largest = torch.finfo(q.dtype).max  # a zero times infinity would spoil the sums of all n
        before = _toeplitz(q[:-1].clamp(-largest, largest)) @ p[:-1].clamp(-largest, largest)
        return torch.stack([q, torch.cat([0 * one, m.v_from_i * before]), p], 1)
    one = torch.ones_like(m.v_from_v)[None]
    powers, top = Propagator(one, torch.zeros_like(one), one), m
    while len(powers.v_from_v) <= highest:
        higher = _product(top, powers)
        powers, top = Propagator(*map(torch.cat, zip(powers, higher, strict=True))), _product(top, top)
    return torch.stack(powers, 1)[: highest + 1]


def _product(a: Propagator, b: Propagator) -> Propagator:
    return Propagator(
        v_from_v=a.v_from_v * b.v_from_v,
        v_from_i=a.v_from_v * b.v_from_i + a.v_from_i * b.i_from_i,
        i_from_i=a.i_from_i * b.i_from_i,
    )


def _finite(powers: Tensor, dtype: torch.dtype) -> Tensor:
    """Round, and keep finite what a zero may be multiplied with, or else silence would not stay silence."""
    return powers.to(dtype).nan_to_num(nan=torch.finfo(dtype).max)


def _toeplitz(powers: Tensor) -> Tensor:
    """Return the lower triangular matrix whose entry (n, k) is ``powers[n - k]``."""
    steps = torch.arange(len(powers), device=powers.device)
    padded = torch.cat([torch.zeros_like(powers[1:]), powers])
    return padded[len(powers) - 1 + steps[:, None] - steps]


# Asked here and not below: torch before 2.12 cannot compile the question.
_WITH_AUTOCAST = {kind for kind in ("cpu", "cuda", "xpu", "mps") if torch.amp.is_autocast_available(kind)}


def _weighted_sums(weights: Tensor, x: Tensor) -> Tensor:
    """Sum over the steps of each block.

    Weights of shape ``(sums, steps)`` or ``(sums, steps, neurons)`` and inputs of shape
    ``(blocks, steps, neurons)`` give ``(blocks, sums, neurons)``.
    """
    kind = x.device.type
    if kind in _WITH_AUTOCAST and torch.is_autocast_enabled(kind):
        # A state is not a layer's activation: half of its digits would not do.
        with torch.autocast(kind, enabled=False):
            return _weighted_sums(weights, x)
    if x.dtype is torch.float32 and kind == "cuda" and _tf32_is_allowed():
        return _weighted_sums(weights.double(), x.double()).float()
    if weights.ndim == 2:
        return weights @ x
    if len(weights) <= 2:
        # Twice as fast as a product for each neuron, which copies the inputs.
        return torch.stack([(row * x).sum(1) for row in weights], 1)
    return (weights.permute(2, 0, 1) @ x.permute(2, 1, 0)).permute(2, 1, 0)


def _tf32_is_allowed() -> bool:
    """Tell whether a product of float32 matrices may lose four of its seven digits."""
    matmul = torch.backends.cuda.matmul
    # Each of torch's two switches refuses to be read once the other was set; compilation knows the old.
    if not torch.compiler.is_compiling() and hasattr(matmul, "fp32_precision"):
        return matmul.fp32_precision == "tf32"
    return matmul.allow_tf32


# -- Blocks ----------------------------------------------------------------------------------------


def _starts(sequence: _Sequence) -> tuple[Tensor, Tensor]:
    """Return voltage above rest and current at the start of each block, of shape ``(blocks, neurons)``.

    Here ``x`` and ``w`` have the shape ``(blocks, steps, neurons)``.
    """
    x, w, v, i, rest, m, backwards, _ = sequence
    weights, over_block = _to_the_end(m, x, x.shape[1], backwards)
    # What the block at the end of the sequence adds, no other block needs.
    others = slice(1, None) if backwards else slice(-1)
    ends = _weighted_sums(weights[1:], x[others])
    if w is not None:
        ends = ends + torch.nn.functional.pad(_weighted_sums(weights[:1], w[others]), (0, 0, 0, 1))

    parts = torch.cat([torch.stack([v - rest, i])[None], ends.flip(0) if backwards else ends])
    starts = _carry(parts, over_block)
    return (starts.flip(0) if backwards else starts).unbind(1)


def _carry(parts: Tensor, m: Propagator) -> Tensor:
    """Return each state of the recurrence ``y = M y + part``; all of shape ``(blocks, 2, neurons)``."""
    if m.v_from_v.ndim:
        # Powers for each block and neuron would be more numbers than there are inputs.
        q, c, p = (y.to(parts.dtype) for y in m)
        states = [parts[0]]
        for part_v, part_i in parts[1:]:
            v, i = states[-1]
            states.append(torch.stack([q * v + c * i + part_v, p * i + part_i]))
        return torch.stack(states)
    parts_v, parts_i = parts.unbind(1)
    if len(parts) > 256:
        # The same recurrence once more, each part the kick and the jump of a step.
        zero = torch.zeros_like(parts_v[0])
        after = _by_products(_Sequence(parts_i, parts_v, zero, zero, zero, m, False, True))
        return parts + torch.nn.functional.pad(torch.stack(after, 1)[:-1], (0, 0, 0, 0, 1, 0))
    for_v, for_i = _to_all_blocks(m, parts, len(parts))
    v = _weighted_sums(for_v, torch.cat([parts_v, parts_i])[None])[0]
    i = _weighted_sums(for_i, parts_i[None])[0]
    return torch.stack([v, i], 1)


def _by_products(sequence: _Sequence) -> tuple[Tensor, Tensor]:
    """Multiply each block with a matrix: few and large operations, which any transform can follow."""
    x, w, _, _, rest, m, backwards, all_currents = sequence
    time, neurons = x.shape
    steps = 1
    while steps * steps < time:  # a power of two, so that one compiled graph serves many lengths
        steps *= 2
    blocks = -(-time // steps)
    missing = blocks * steps - time

    def cut(y: Tensor) -> Tensor:
        padding = (0, 0, missing, 0) if backwards else (0, 0, 0, missing)
        return (torch.nn.functional.pad(y, padding) if missing else y).reshape(blocks, steps, neurons)

    def join(y: Tensor) -> Tensor:
        y = y.reshape(blocks * steps, neurons)
        return y[missing:] if backwards else y[:time]

    x, w = cut(x), None if w is None else cut(w)
    start_v, start_i = _starts(sequence._replace(x=x, w=w))
    for_voltages, for_currents = _to_all_steps(m, x, steps, backwards)
    inputs = [rest.expand(blocks, 1, neurons), start_v[:, None], x, start_i[:, None]]
    if w is None:
        for_voltages = for_voltages[:, steps:]
    else:
        inputs = [w, *inputs]
    inputs = torch.cat(inputs, 1)
    voltages = join(_weighted_sums(for_voltages, inputs))
    inputs = inputs[:, -steps - 1 :]
    if all_currents:
        return voltages, join(_weighted_sums(for_currents, inputs))
    at, block = (missing, 0) if backwards else (steps - 1 - missing, blocks - 1)
    return voltages, _weighted_sums(for_currents[at : at + 1], inputs[block : block + 1])[0, 0]


def _in_place(sequence: _Sequence, blocks: int) -> tuple[Tensor, Tensor]:
    """Step all blocks side by side, each state written where it stays."""
    x, w, v, i, rest, m, backwards, all_currents = sequence
    time, neurons = x.shape
    voltages = x.new_empty(x.shape)
    currents = x.new_empty(x.shape) if all_currents else None
    # Steps that are left over run alone, and first.
    at = time - time % blocks if backwards else time % blocks
    first, others = (slice(at, time), slice(at)) if backwards else (slice(at), slice(at, time))
    for span, side_by_side in ((first, 1), (others, blocks)):
        steps = len(x[span]) // side_by_side
        if not steps:
            continue
        x_, w_, voltages_, currents_ = (
            y if y is None else y[span].view(side_by_side, steps, neurons) for y in (x, w, voltages, currents)
        )
        part = _Sequence(x_, w_, v, i, rest, m, backwards, all_currents)
        start_v, start_i = v[None], i[None]
        if side_by_side > 1:
            start_v, start_i = _starts(part)
            start_v = start_v + rest
        last_v, last_i = _step(part._replace(v=start_v, i=start_i), voltages_, currents_)
        v, i = (last_v[0], last_i[0]) if backwards else (last_v[-1], last_i[-1])
    return voltages, i if currents is None else currents


def _step(sequence: _Sequence, voltages: Tensor, currents: Tensor | None) -> tuple[Tensor, Tensor]:
    """Step through blocks of shape ``(blocks, steps, neurons)``, write all states, return the last ones.

    Here ``v`` and ``i`` have the shape ``(blocks, neurons)``.
    """
    x, w, v, i, rest, m, backwards, _ = sequence
    q, c, p = m
    simple = not rest.any() and bool(((1 - q - c).abs() <= 2 * torch.finfo(q.dtype).eps).all())
    # 1 - q and 1 - p, not q and p: of .9999 float32 keeps fewer digits than of .0001.
    to_rest, to_v, loss = (
        y.item() if y.ndim == 0 else y.to(x.dtype).expand(v.shape).contiguous() for y in (1 - q, c, p - 1)
    )
    rest = rest.expand(v.shape).contiguous()
    jumped, kicked = torch.empty_like(v), torch.empty_like(v)
    smallest = 2**10 * torch.finfo(x.dtype).tiny

    rows = zip(
        x.unbind(1),
        repeat(None) if w is None else w.unbind(1),
        voltages.unbind(1),
        repeat(jumped) if currents is None else currents.unbind(1),
        strict=False,
    )
    for n, (x_n, w_n, v_n, i_n) in enumerate(reversed(list(rows)) if backwards else rows, 1):
        torch.add(i, x_n, out=jumped)
        if w_n is not None:
            v = torch.add(v, w_n, out=kicked)
        if simple:
            torch.lerp(v, jumped, to_v, out=v_n)
        else:
            _add_scaled(torch.lerp(v, rest, to_rest, out=v_n), jumped, to_v, out=v_n)
        _add_scaled(jumped, jumped, loss, out=i_n)
        v, i = v_n, i_n
        if n % 64 == 0:
            # What has almost vanished becomes zero: with subnormal numbers a step takes twelve times as long.
            v, i = torch.hardshrink(v, smallest), torch.hardshrink(i, smallest)
    return v, i


def _add_scaled(x: Tensor, y: Tensor, factor: float | Tensor, out: Tensor) -> Tensor:
    if isinstance(factor, float):
        return torch.add(x, y, alpha=factor, out=out)
    return torch.addcmul(x, y, factor, out=out)
