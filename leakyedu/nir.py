r"""Neurons for other simulators, and from them: the standard NIR, by the package ``nir``.

A file of NIR holds equations and no method. Its ``CubaLI`` is this neuron,

.. math::
    \tau_\text{syn} \, \dot I = -I + w_\text{in} S, \qquad
    \tau_\text{mem} \, \dot v = (v_\text{leak} - v) + r I

in which a spike :math:`S` is an impulse of area 1: :math:`I` jumps by :math:`w_\text{in} / \tau_\text{syn}`.
Our :math:`i` is :math:`r I`, so our jump of 1 V is :math:`r = 1` and :math:`w_\text{in} = \tau_\text{syn}`.
Its ``LI`` is the voltage alone, for a current that is held: our ``tau_syn_inv`` is 0, and our input is a
change of that current.

A file holds a graph: ``nir.write("file.nir", nir.NIRGraph.from_list(to_nir(layer)))`` makes one of a layer,
and ``from_nir(nir.read("file.nir").nodes["cubali"])`` takes the layer out of it.

Source: Pedersen et al., *Nature Communications* 15 (2024), 8122.
"""

import math

import nir
import numpy as np
import torch
from torch import Tensor

from leakyedu.layers import LI, LICell, LILinearCell
from leakyedu.methods import Method, euler
from leakyedu.model import LIParameters


def to_nir(layer: LI | LICell, *, shape: tuple[int, ...] = (1,)) -> nir.CubaLI | nir.LI:
    r"""Return the node of NIR that has the neurons of a layer.

    Neither ``dt`` nor the method is part of it. Learned constants are taken as they stand, all numbers in
    float64.

    Args:
        layer: an :class:`leakyedu.LI` or :class:`leakyedu.LICell`.
        shape: of the neurons, for a reader that wants to know it; here one constant serves any number.

    Raises:
        TypeError: if ``layer`` is another one.
        ValueError: if a time constant has no end, but for ``tau_syn`` of all neurons; or if the constants do
            not fit ``shape``.
    """
    if not isinstance(layer, (LI, LICell)) or isinstance(layer, LILinearCell):
        raise TypeError(
            f"layer must be an LI or an LICell, got {type(layer).__name__}. Of an LILinearCell, write "
            "nir.Linear(layer.input_weights.detach().numpy()) and to_nir(LI(layer.p)) one after the other."
        )
    p = LIParameters(*(x.detach().to("cpu", torch.float64) for x in layer.p))
    try:
        p = LIParameters(*(x.expand(torch.broadcast_shapes(*(y.shape for y in p), shape)) for x in p))
    except RuntimeError:
        shapes = ", ".join(str(tuple(x.shape)) for x in p)
        raise ValueError(f"shape must fit constants of shapes {shapes}, got {shape}. Leave it out.") from None
    held = not p.tau_syn_inv.any()
    for name in ("tau_mem",) if held else ("tau_syn", "tau_mem"):
        if not getattr(p, f"{name}_inv").all():
            raise ValueError(
                f"{name} of layer must have an end, got an inverse of 0: NIR has no number for it. "
                f"Use a long {name}."
            )
    # The inverse of an inverse of a number is that inverse again, to the last bit.
    tau_mem, v_leak = (1 / p.tau_mem_inv).numpy(), p.v_leak.numpy().copy()
    if held:
        return nir.LI(tau=tau_mem, r=np.ones_like(tau_mem), v_leak=v_leak)
    tau_syn = (1 / p.tau_syn_inv).numpy()
    return nir.CubaLI(tau_syn, tau_mem, r=np.ones_like(tau_mem), v_leak=v_leak, w_in=tau_syn.copy())


def from_nir(node: nir.CubaLI | nir.LI, *, dt: float | Tensor = 0.001, method: Method = euler) -> LI:
    r"""Return a layer over sequences that has the neurons of a node.

    Args:
        node: a ``nir.CubaLI`` or ``nir.LI``.
        dt: length of the step in second.
        method: the one-step method.

    Returns:
        The layer, its constants in float64. ``LICell(layer.p, dt)`` takes single steps.

    Raises:
        TypeError: if ``node`` is another one.
        ValueError: if an input of 1 does not make our current jump by 1 V.
    """
    if not isinstance(node, (nir.CubaLI, nir.LI)):
        nodes = getattr(node, "nodes", {}).items()
        good = [f"node.nodes[{name!r}]" for name, y in nodes if isinstance(y, (nir.CubaLI, nir.LI))]
        way = f"Use {' or '.join(good)}." if good else "Other neurons have no leakyedu."
        raise TypeError(f"node must be a nir.CubaLI or a nir.LI, got {type(node).__name__}. {way}")
    held = isinstance(node, nir.LI)
    jump, rule = (node.r, "r") if held else (node.r * node.w_in / node.tau_syn, "r w_in / tau_syn")
    if not np.allclose(jump, 1, rtol=1e-6, atol=0):
        good = "r=node.r / node.r" if held else "w_in=node.tau_syn / node.r"
        raise ValueError(
            f"node must make the current jump by 1 V for an input of 1, {rule} = 1, got {_show(jump)}. Take "
            f"dataclasses.replace(node, {good}), and multiply its inputs, or the weights before it, by that."
        )
    tau_syn, tau_mem = (math.inf, node.tau) if held else (node.tau_syn, node.tau_mem)
    tau_syn, tau_mem, v_leak = (
        torch.from_numpy(np.array(x, dtype=np.float64)) for x in (tau_syn, tau_mem, node.v_leak)
    )
    if tau_mem.shape == (1,):  # one number serves any number of neurons, and one without an axis
        tau_syn, tau_mem, v_leak = (x.reshape(()) for x in (tau_syn, tau_mem, v_leak))
    return LI(LIParameters.from_tau(tau_syn, tau_mem, v_leak), dt, method=method)


def _show(x: np.ndarray) -> str:
    return f"{x.flat[0]:g}" if np.ptp(x) == 0 else f"{x.min():g} to {x.max():g}"
