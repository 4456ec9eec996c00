r"""The recurrence of a leaky integrator over a whole sequence, and its gradient.

.. math::
    i^+_n &= i_{n-1} + x_n \\
    v_n - r &= M_{vv} \, (v_{n-1} - r) + M_{vi} \, i^+_n \\
    i_n &= M_{ii} \, i^+_n

:math:`x_n` is the jump of the current and :math:`r` the voltage at rest. On a CPU the fastest way is this
loop, compiled: :mod:`leakyedu.compiled`.

Elsewhere, and for what follows the operations of torch, time is cut into blocks. What the inputs of a block
add to the state at its end is a weighted sum, the weights being powers of :math:`M`. A scan over these few
sums gives the state in which each block starts, and then all blocks run side by side: each is one product
with the lower triangular matrix of the powers.

Source: Blelloch, *Prefix Sums and Their Applications* (1990); Martin and Cundy, *Parallelizing Linear
Recurrent Neural Nets Over Sequence Length* (2018).
"""

import math
from functools import lru_cache

import torch
from torch import Tensor

from leakyedu import compiled
from leakyedu.methods import Propagator
from leakyedu.model import are_fixed_numbers, is_autocast, is_finite, values_are_readable


def scan(
    x: Tensor,
    v: Tensor,
    i: Tensor,
    rest: Tensor,
    m: Propagator,
    euler: tuple[Tensor, Tensor] | None = None,
    step: Tensor | None = None,
    *,
    all_currents: bool,
) -> tuple[Tensor, Tensor]:
    """Run neurons over a sequence of at least one step.

    Args:
        x: jumps, of shape ``(time, neurons)``.
        v: voltage at the start, of shape ``(neurons,)``.
        i: current at the start, likewise.
        rest: voltage at rest, of shape ``()`` or ``(neurons,)``.
        m: propagator, its entries all of shape ``()`` or all ``(neurons,)``, best in float64.
        euler: for its roundings, what :func:`leakyedu.euler.loss_and_gain` returned, in that shape.
        step: what :func:`step_of` returned for these, where it is known.
        all_currents: whether the current of each step is wanted.

    Returns:
        The voltages, of shape ``(time, neurons)``, and the currents likewise, or the last one alone.
    """
    arguments = x, v, i, rest, *m
    if not values_are_readable(*arguments) or not _has_storage(x):
        return _anywhere(*arguments, None, all_currents)
    if not compiled.is_at_hand(x.numel()):
        return _in_torch(*arguments, euler, all_currents)
    step = step_of(rest, m, euler, x.dtype) if step is None else step
    if not torch.is_grad_enabled() or not any(y.requires_grad for y in arguments):
        return _run(x, v, i, step, euler is not None, all_currents)
    learned = any(entry.requires_grad for entry in m)
    # The gradient of the propagator is a sum over all states, which it keeps.
    voltages, currents = _Scan.apply(*arguments, step, euler is not None, all_currents or learned)
    # A copy of the last one: whoever changes it must not change what the gradient needs.
    return voltages, currents if all_currents or not learned else currents[-1].clone()


def _has_storage(x: Tensor) -> bool:
    """Tell whether these are numbers, and not what torch.autograd's vectorised Jacobians run on."""
    try:
        x.untyped_storage()
    except NotImplementedError:
        return False
    return True


# -- The compiled loop -----------------------------------------------------------------------------


def step_of(rest: Tensor, m: Propagator, euler: tuple[Tensor, Tensor] | None, dtype: torch.dtype) -> Tensor:
    """Return what the compiled loop calls ``step``; the arguments are those of :func:`scan`."""
    loss, gain = euler or (m.i_from_i - 1, m.v_from_i)
    four = [y.detach().to(dtype) for y in (rest, 1 - m.v_from_v, gain, loss)]
    return torch.stack(torch.broadcast_tensors(*four))


def _run(x: Tensor, v: Tensor, i: Tensor, *how) -> tuple[Tensor, Tensor]:
    start = (y.detach().clone(memory_format=torch.contiguous_format) for y in (v, i))
    return compiled.forward(x.detach().contiguous(), *start, *how)


class _Scan(torch.autograd.Function):
    r"""The compiled loop, and its gradient, which is a loop backwards.

    With :math:`g_n` for the gradient with respect to the state of step :math:`n`,

    .. math::
        \lambda_n = g_n + M^T \lambda_{n+1}
    """

    @staticmethod
    def forward(ctx, x, v, i, rest, q, c, p, step, euler, all_currents):
        voltages, currents = _run(x, v, i, step, euler, all_currents)
        known = (x, v, i, rest, voltages, currents) if any(ctx.needs_input_grad[4:7]) else ()
        ctx.save_for_backward(q, c, p, *known)
        ctx.step, ctx.all_currents, ctx.shapes = step, all_currents, [y.shape for y in (x, v, i, rest)]
        ctx.set_materialize_grads(False)
        return voltages, currents

    @staticmethod
    def backward(ctx, g_v, g_i):
        if g_v is None and g_i is None:
            return (None,) * 10
        given = g_i if g_v is None else g_v
        if torch.is_grad_enabled() or not _has_storage(given):
            return *_followed(ctx, g_v, g_i), None, None, None
        saved = ctx.saved_tensors  # asked once: a checkpoint computes them then
        m, (x, v, i, _, *states) = saved[:3], saved[3:] or (None,) * 4
        g_v = given.new_zeros(1, given.shape[-1]).expand(ctx.shapes[0]) if g_v is None else g_v
        # That of a sum is one number everywhere.
        g_v = g_v.contiguous() if g_v.stride(0) else g_v[:1].contiguous().expand(g_v.shape)
        d_v, d_i = g_v.new_zeros(2, g_v.shape[1])
        if g_i is not None and not ctx.all_currents:
            d_i, g_i = g_i.clone(memory_format=torch.contiguous_format), None
        states = [y.contiguous() for y in (x, *states, v, i)] if states else ()
        d_x, d_m = compiled.backward(
            g_v, g_i if g_i is None else g_i.contiguous(), d_v, d_i, ctx.step, states
        )
        # Raised together with rest and start, all voltages rise by as much.
        d_rest = (g_v.sum(0) - d_v).sum_to_size(ctx.shapes[3]) if ctx.needs_input_grad[3] else None
        d_m = (
            (None,) * 3
            if d_m is None
            else [y.sum_to_size(of.shape).to(of) for y, of in zip(d_m, m, strict=True)]
        )
        return d_x, d_v, d_i, d_rest, *d_m, None, None, None


def _followed(ctx, *gradients: Tensor | None) -> list[Tensor | None]:
    """Return the gradients in operations that torch can follow, for derivatives of derivatives."""
    g = [y for y in gradients if y is not None]
    saved = ctx.saved_tensors
    m, known = saved[:3], saved[3:7]
    again = torch.is_grad_enabled()
    with torch.enable_grad():
        # Where the propagator is not learned, the gradient does not depend on what went in.
        start = known or [
            torch.zeros(y, dtype=g[0].dtype, device="cpu", requires_grad=True) for y in ctx.shapes
        ]
        run = _in_torch if all(map(_has_storage, g)) else _anywhere
        results = run(*start, *m, None, ctx.all_currents)
        results = [y for y, one in zip(results, gradients, strict=True) if one is not None]
        asked = [n for n in range(7) if ctx.needs_input_grad[n]]
        found = torch.autograd.grad(
            results, [(*start, *m)[n] for n in asked], g, None, again, allow_unused=True
        )
    return [found[asked.index(n)] if n in asked else None for n in range(7)]


# -- In operations of torch ------------------------------------------------------------------------


def _in_torch(x, v, i, rest, q, c, p, euler, all_currents) -> tuple[Tensor, Tensor]:
    """Run by products, and step by step where only that gives the right numbers, or takes less time."""
    time, neurons = x.shape
    # Powers that leave the range of numbers would spoil the sums without a trace.
    growth = max((y.abs().max().item() for y in (q, p) if y.numel()), default=0.0)
    overflows = growth > 1 and time * math.log(growth) > 0.9 * math.log(torch.finfo(x.dtype).max)
    # Where each neuron has its own powers, these cost more than the steps beyond four thousand neurons.
    if time > 8 and not overflows and not (q.ndim and neurons > 2**12):
        voltages, currents = _by_products(x, v, i, rest, Propagator(q, c, p), all_currents)
        # A sum over a block may overflow where no state does, or hold what comes later in the block.
        if is_finite(voltages[-1]) and is_finite(currents[-1] if all_currents else currents):
            return voltages, currents
    return _step_by_step(x, v, i, rest, q, c, p, euler, all_currents)


def _step_by_step(x, v, i, rest, q, c, p, euler, all_currents) -> tuple[Tensor, Tensor]:
    """Run the loop itself, with the roundings of the compiled one."""
    loss, gain = (y.to(x.dtype) for y in euler or (p - 1, c))
    to_rest, states = (1 - q).to(x.dtype), []
    for jump in x.unbind():
        jumped = i + jump
        v = v + (gain * ((rest - v) + jumped) if euler else to_rest * (rest - v) + gain * jumped)
        i = jumped + loss * jumped
        states.append((v, i))
    voltages, currents = map(torch.stack, zip(*states, strict=True))
    return voltages, currents if all_currents else i


def _anywhere(x, v, i, rest, q, c, p, _, all_currents) -> tuple[Tensor, Tensor]:
    """Run by products where nobody can look at the values; spoil only what follows a bad number."""
    good = x.nan_to_num(0.0, 0.0, 0.0)
    spoilt = _from_then_on(good != x)
    voltages, currents = _by_products(good, v, i, rest, Propagator(q, c, p), all_currents)
    last = spoilt if all_currents else spoilt[-1]
    # As a number in a graph, torch 2.8 could not write it to a file.
    nan = voltages.new_zeros(()).log() * 0 if torch.compiler.is_compiling() else math.nan
    return torch.where(spoilt, nan, voltages), torch.where(last, nan, currents)


def _from_then_on(bad: Tensor) -> Tensor:
    """Tell of each step whether it or one before is bad; in blocks, for one long sum would wait for each."""
    time, neurons = bad.shape
    steps = min(128, 1 << ((time - 1).bit_length() // 2))  # one byte counts to 255
    padded = torch.nn.functional.pad(bad, (0, 0, 0, -time % steps)) if time % steps else bad
    # A graph that is exported runs elsewhere, and ONNX sums no bytes.
    small = torch.int32 if torch.compiler.is_compiling() else torch.uint8
    count = padded.to(small).reshape(len(padded) // steps, steps, neurons)
    inside = count.cumsum(1, dtype=small) > 0
    ends = inside[:, -1]
    before = ends.cumsum(0, dtype=torch.int32) > ends
    return (inside | before[:, None]).reshape(padded.shape)[:time]


def _by_products(x, v, i, rest, m: Propagator, all_currents: bool) -> tuple[Tensor, Tensor]:
    """Multiply each block with a matrix: few and large operations, which any transform can follow."""
    time, neurons = x.shape
    steps = 1
    while steps * steps < time:  # a power of two, so that one compiled graph serves many lengths
        steps *= 2
    blocks, missing = -(-time // steps), -time % steps
    x = (torch.nn.functional.pad(x, (0, 0, 0, missing)) if missing else x).reshape(blocks, steps, neurons)

    numbers = [y.item() for y in m] if are_fixed_numbers(*m) else None
    how = x.dtype, steps, blocks
    to_end, to_starts, to_steps = _weights_of(*numbers, x.device, *how) if numbers else _weights(m, *how)
    # What the last block adds, no other block needs.
    ends = torch.cat([torch.stack([v - rest, i])[None], _weighted_sums(to_end, x[:-1])]).transpose(0, 1)
    starts = _weighted_sums(to_starts, ends.reshape(1, 2 * blocks, neurons)).reshape(2, blocks, 1, neurons)
    inputs = torch.cat([rest.to(x.device).expand(blocks, 1, neurons), starts[0], starts[1], x], 1)
    voltages = _weighted_sums(to_steps[:steps], inputs).reshape(blocks * steps, neurons)[:time]
    if all_currents:
        return voltages, _weighted_sums(to_steps[steps:, 2:], inputs[:, 2:]).reshape(blocks * steps, neurons)[
            :time
        ]
    last = 2 * steps - 1 - missing
    return voltages, _weighted_sums(to_steps[last : last + 1, 2:], inputs[-1:, 2:])[0, 0]


@lru_cache(maxsize=4)  # those of a million steps take 24 MB each
def _weights_of(q: float, c: float, p: float, device: torch.device, *how) -> list[Tensor]:
    """Keep the last matrices of three numbers: building takes longer than multiplying."""
    with torch.inference_mode(False):  # what that mode makes, autograd would refuse later
        m = Propagator(*(torch.tensor(y, dtype=torch.float64, device="cpu") for y in (q, c, p)))
        return [y.to(device) for y in _weights(m, *how)]


def _weights(m: Propagator, dtype: torch.dtype, steps: int, blocks: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return the weights of sums for blocks: from their inputs to their ends, to the starts, to all steps.

    Rows of the last two: voltages and then currents. Columns: voltages and currents at the ends; rest,
    voltage and current at the start, inputs.
    """
    powers = _powers(m, steps)
    # The last input acts for one step until the end of its block, the first for all.
    to_end = powers[1:, 1:].flip(0).transpose(0, 1)
    q, c, p = _toeplitz(_powers(Propagator(*powers[-1]), blocks - 1)).unbind(2)
    to_starts = torch.cat([torch.cat([q, c], 1), torch.cat([torch.zeros_like(p), p], 1)])
    (q, c, p), (_, to_v, to_i) = powers[1:, None].unbind(2), _toeplitz(powers[1:]).unbind(2)
    zero, one = torch.zeros_like(q), torch.ones_like(q)
    to_steps = torch.cat([torch.cat([one, q, c, to_v], 1), torch.cat([zero, zero, p, to_i], 1)])
    # Finite, or a zero multiplied with them would not be silence.
    largest = torch.finfo(dtype).max
    return tuple(y.to(dtype).nan_to_num(largest, largest, -largest) for y in (to_end, to_starts, to_steps))


def _powers(m: Propagator, highest: int) -> Tensor:
    r"""Return :math:`M^0, \dots, M^\text{highest}`, of shape ``(highest + 1, 3, ...)``: q, c and p of each.

    .. math::
        M^{n + k} = M^n M^k
    """
    one = torch.ones_like(m.v_from_v)[None]
    powers, top = (one, torch.zeros_like(one), one), m
    while len(powers[0]) <= highest:
        powers, top = (
            [torch.cat(y) for y in zip(powers, _product(top, powers), strict=True)],
            _product(top, top),
        )
    return torch.stack(powers, 1)[: highest + 1]


def _product(a, b) -> tuple[Tensor, Tensor, Tensor]:
    return a[0] * b[0], a[0] * b[1] + a[1] * b[2], a[2] * b[2]


def _toeplitz(powers: Tensor) -> Tensor:
    """Return the lower triangular matrix whose entry (n, k) is ``powers[n - k]``."""
    steps = torch.arange(len(powers), device=powers.device)
    padded = torch.cat([torch.zeros_like(powers[1:]), powers])
    return padded[len(powers) - 1 + steps[:, None] - steps]


def _weighted_sums(weights: Tensor, x: Tensor) -> Tensor:
    """Sum over the steps of each block.

    Weights of shape ``(sums, steps)`` or ``(sums, steps, neurons)`` and inputs of shape
    ``(blocks, steps, neurons)`` give ``(blocks, sums, neurons)``.
    """
    kind = x.device.type
    if is_autocast(kind):
        # A state is not a layer's activation: half of its digits would not do.
        with torch.autocast(kind, enabled=False):
            return _weighted_sums(weights, x)
    if x.dtype is torch.float32 and _digits_may_be_lost(kind):
        return _weighted_sums(weights.double(), x.double()).float()
    if weights.ndim == 2:
        # Not weights @ x: with a gradient for the weights, that copies the inputs back and forth.
        return torch.bmm(weights.expand(len(x), *weights.shape), x)
    return (weights.permute(2, 0, 1) @ x.permute(2, 1, 0)).permute(2, 1, 0)


def _digits_may_be_lost(kind: str) -> bool:
    """Tell whether a product of float32 matrices may lose four of its seven digits, or five."""
    if kind not in ("cpu", "cuda"):
        return False
    backends = torch.backends
    matmul = backends.cuda.matmul if kind == "cuda" else getattr(backends.mkldnn, "matmul", None)
    # Each of torch's two switches refuses to be read once the other was set; compilation knows the old.
    if not torch.compiler.is_compiling() and hasattr(matmul, "fp32_precision"):
        return matmul.fp32_precision in ("tf32", "bf16")
    return kind == "cuda" and matmul.allow_tf32
