"""Lesson 4's experiment: what happens if the three lines of a step change places."""

from collections.abc import Sequence

import torch
from matplotlib.axes import Axes
from torch import Tensor

from leakyedu.methods import exact
from leakyedu.model import LIParameters, LIState
from leakyedu.stimuli import pulse
from leakyedu.teaching.figure import INPUT
from leakyedu.teaching.lab import Lab, Menu, Preset, Slider
from leakyedu.teaching.plotting import against_exact

# The step of li_feed_forward_step first.
ORDERS = (
    ("jump", "v", "decay"),
    ("decay", "jump", "v"),
    ("v", "decay", "jump"),
    ("jump", "decay", "v"),
    ("decay", "v", "jump"),
    ("v", "jump", "decay"),
)


def simulate_in_order(
    order: Sequence[str], inputs: Tensor, p: LIParameters = LIParameters(), dt: float = 0.001
) -> LIState:
    r"""Run one neuron from rest with the three lines of Euler's step in any order.

    .. math::
        \text{jump:} \;\; i \leftarrow i + x, \qquad
        \text{v:} \;\; v \leftarrow v + \Delta t \, \tau_\text{mem}^{-1} ((v_\text{leak} - v) + i), \qquad
        \text{decay:} \;\; i \leftarrow i - \Delta t \, \tau_\text{syn}^{-1} \, i

    Args:
        order: ``"jump"``, ``"v"`` and ``"decay"``, each once.
        inputs: jumps in volt, of shape ``(time,)``.
        p: parameters.
        dt: length of a step in second.

    Returns:
        The trajectory, of shape ``(time,)``.

    Raises:
        ValueError: if ``order`` is not the three words, each once.
    """
    if sorted(order) != ["decay", "jump", "v"]:
        raise ValueError(f"order must hold 'jump', 'v' and 'decay', each once, got {order!r}.")
    # Plain numbers: as tensors, the thousand steps of a moved slider would take as long as its picture.
    v_leak, a, b = p.v_leak.item(), dt * p.tau_mem_inv.item(), dt * p.tau_syn_inv.item()
    v, i, voltages, currents = v_leak, 0.0, [], []
    for x in inputs.tolist():
        for line in order:
            if line == "jump":
                i = i + x
            elif line == "v":
                v = v + a * ((v_leak - v) + i)
            else:
                i = i - b * i
        voltages.append(v)
        currents.append(i)
    return LIState(v=inputs.new_tensor(voltages), i=inputs.new_tensor(currents))


def view(
    axes: Axes, order: str, dt: float, tau_syn: float, until: float, *, prediction: float | None = None
) -> str:
    """Draw one order beside the exact curve and the library's order, up to a time; all times in ms."""
    p = LIParameters.from_tau(tau_syn=tau_syn / 1000)
    # Long enough for the area: a ten-thousandth of it is left after twelve of the longer time constant.
    inputs = pulse(round(12 * max(10.0, tau_syn) / dt), dtype=torch.float64)
    curves = {
        f"order {name}": simulate_in_order(name.split(", "), inputs, p, dt / 1000).v
        for name in dict.fromkeys((", ".join(ORDERS[0]), order))
    }
    highest = max(float(v.max()) for v in curves.values())
    axes.set_ylim(0, 0.35 if highest < 0.34 else 0.6)
    # What an order has too much or too little of, as an area.
    steps = int(until / dt)
    chosen = torch.cat([inputs.new_zeros(1), curves[f"order {order}"][:steps]])
    t = dt * torch.arange(len(chosen), dtype=torch.float64)
    truth = torch.cat([chosen[:1], exact(p, t[1:] / 1000).v_from_i])
    axes.fill_between(t, chosen, truth, color=INPUT, alpha=0.25, linewidth=0, zorder=0.5)
    sentence = against_exact(curves, dt / 1000, p, until=40, predicted_peak=prediction, axes=axes)[1]
    # Above the axes, where no curve is, and not where the curves of the moment leave room.
    axes.legend(frameon=False, ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1))
    for line in axes.get_lines():
        if line.get_label() in curves:
            line.set_data(line.get_xdata()[:steps], line.get_ydata()[:steps])
    return f"{sentence} Grey fills what the chosen order has too much or too little."


LAB = Lab(
    view,
    order=Menu("order", tuple(map(", ".join, ORDERS)), ", ".join(ORDERS[3])),
    dt=Slider("dt (ms)", low=0.25, high=4.0, step=0.25, start=1.0),
    tau_syn=Slider("tau_syn (ms)", low=4.0, high=20.0, step=0.5, start=5.0),
    until=Slider("shown until (ms)", low=0.0, high=40.0, step=1.0, start=40.0, plays=True),
    asked={"order": ", ".join(ORDERS[0])},
    presets=(
        Preset(
            "Jump, v, decay",
            "Jump, v, decay: too high and too early, and the area is right.",
            {"order": "jump, v, decay"},
        ),
        Preset(
            "Decay first",
            "The same cycle, entered at another door: from rest, the same voltages.",
            {"order": "decay, jump, v"},
        ),
        Preset(
            "v first",
            "The same cycle again, but v moves before the jump: one step late.",
            {"order": "v, decay, jump"},
        ),
        Preset(
            "Decay before v",
            "Now v never sees the full jump: a fifth of the area is lost.",
            {"order": "jump, decay, v"},
        ),
        Preset(
            "Then: 4 ms",
            "With steps of 4 ms, a fifth of the area is all that is left.",
            {"order": "jump, decay, v", "dt": 4.0},
        ),
        Preset(
            "Then: 0.25 ms",
            "With short steps all orders come close to the exact curve.",
            {"order": "jump, decay, v", "dt": 0.25},
        ),
    ),
)
show, figure = LAB.show, LAB.figure
