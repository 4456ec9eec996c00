"""The notation of the start page: each row, put into its library or its equations, gives our numbers.

Norse, snnTorch and NIR are asked themselves. NEST and Brian2 are not installed here: their equations are
integrated by scipy, which knows none of our code. What the page says is read from the page.
"""

import dataclasses
import math
import re
import warnings
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from leakyedu import LIParameters, LIState, simulate, stimuli
from leakyedu.methods import euler, exact

with warnings.catch_warnings():
    # Norse's other neurons are compiled at import with what torch 2.13 calls deprecated.
    warnings.filterwarnings("ignore", message="`torch.jit.script` is deprecated", category=DeprecationWarning)
    import nir  # Norse brings it
    import snntorch
    from norse.torch.functional import leaky_integrator as norse

PAGE = Path(__file__).parents[3] / "course" / "00_start_here.ipynb"
TEXT = "\n\n".join(
    cell.source for cell in nbformat.read(PAGE, as_version=4).cells if cell.cell_type == "markdown"
)
SECTION = TEXT.partition("### The same neuron in other libraries")[2].partition("\n## ")[0]
COLUMNS = ("voltage", "current", "constants", "rest", "jump")
ROWS = {
    re.match(r"\w+", cells[0])[0]: dict(zip(COLUMNS, cells[1:], strict=True))
    for line in SECTION.splitlines()
    if line.startswith("| ")
    for cells in [[cell.strip() for cell in line.strip("|").split("|")]]
}

# None of them is a default, and no two are alike. In second and volt.
DT, TAU_MEM, TAU_SYN, V_LEAK = 0.001, 7e-3, 3e-3, -0.065
P = LIParameters.from_tau(tau_syn=TAU_SYN, tau_mem=TAU_MEM, v_leak=V_LEAK)
STEPS = 60
SPIKES = {0: 1.0, 4: 0.5, 5: -0.25, 30: 2.0}  # step: jump in volt


def jumps():
    inputs = torch.zeros(STEPS, dtype=torch.float64)
    inputs[list(SPIKES)] = torch.tensor(list(SPIKES.values()), dtype=torch.float64)
    return inputs


def ours(method=euler):
    rest = LIState(torch.tensor(V_LEAK, dtype=torch.float64), torch.tensor(0.0, dtype=torch.float64))
    trajectory = simulate(jumps(), rest, P, DT, method=method)
    return trajectory.v.numpy(), trajectory.i.numpy()


def same(ours, theirs, tolerance=1e-12):
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance)


def test_the_table_has_the_rows_that_are_tested_here():
    assert list(ROWS) == ["library", "Norse", "snnTorch", "NEST", "Brian2", "NIR"]


# -- Norse -----------------------------------------------------------------------------------------


def test_norse_has_our_names():
    row = ROWS["Norse"]

    assert (row["voltage"], row["current"]) == tuple(f"`{name}`" for name in norse.LIState._fields)
    assert {*re.findall(r"\w+", row["constants"] + row["rest"])} == {*norse.LIParameters._fields}


def test_norse_has_our_numbers():
    p = norse.LIParameters(**P._asdict())
    state = norse.LIState(v=P.v_leak.reshape(1), i=torch.zeros(1, dtype=torch.float64))

    v, i = [], []
    for jump in jumps().reshape(STEPS, 1):
        _, state = norse.li_feed_forward_step(jump, state, p, DT)
        v.append(state.v.item())
        i.append(state.i.item())

    assert ROWS["Norse"]["jump"] == "$w$"
    same(ours(), (v, i), tolerance=1e-15)


def test_a_jump_that_comes_last_gives_the_same_voltages_one_step_later():
    v, i, later = V_LEAK, 0.0, []
    for jump in jumps().numpy():
        v += DT / TAU_MEM * (V_LEAK - v + i)
        i += -DT / TAU_SYN * i
        i += jump
        later.append(v)

    assert "its jump came last: the same voltages, one step later" in SECTION  # Norse
    assert "Its jump comes last, so all is one step later" in SECTION  # Brian2
    assert later[0] == V_LEAK
    same(ours()[0][:-1], later[1:])


# -- snnTorch --------------------------------------------------------------------------------------


def test_snntorch_steps_to_our_numbers():
    alpha, beta = torch.tensor([1 - DT / TAU_SYN, 1 - DT / TAU_MEM], dtype=torch.float64)
    synaptic = snntorch.Synaptic(alpha=alpha, beta=beta, reset_mechanism="none")
    syn, mem = torch.zeros(2, 1, dtype=torch.float64)

    syns, mems = [], []
    for jump in jumps().reshape(STEPS, 1):
        _, syn, mem = synaptic(jump, syn, mem)
        syns.append(syn.item())
        mems.append(mem.item())

    v, i = ours()
    assert [*ROWS["snnTorch"].values()] == ["`mem`", "`syn`", "`beta`, `alpha`", "0", "$w$"]
    assert (
        r"`beta` $= 1 - \Delta t / \tau_\text{mem}$ and `alpha` $= 1 - \Delta t / \tau_\text{syn}$" in SECTION
    )
    assert r"Our $v$ is `mem` $\cdot \, \Delta t / \tau_\text{mem}$, plus $v_\text{leak}$." in SECTION
    assert "Its `syn` is our $i$ before the decay." in SECTION
    assert '`reset_mechanism="none"`' in SECTION
    same(v, np.array(mems) * DT / TAU_MEM + V_LEAK)
    same(i, float(alpha) * np.array(syns))


def test_snntorch_with_the_factors_of_its_tutorial_is_off_as_the_page_says():
    alpha, beta = (torch.tensor(math.exp(-1 / tau), dtype=torch.float64) for tau in (5, 10))
    synaptic = snntorch.Synaptic(alpha=alpha, beta=beta, reset_mechanism="none")
    syn, mem = torch.zeros(2, 1, dtype=torch.float64)

    v = []
    for jump in stimuli.pulse(400, dtype=torch.float64).reshape(-1, 1):
        _, syn, mem = synaptic(jump, syn, mem)
        v.append(0.1 * mem.item())

    said = r"has \$e\^\{-\\Delta t / \\tau\}\$ in their place.*? peaks at ([\d.]+) V and has an area of ([\d.]+) mV s"
    peak, area = map(float, re.search(said, SECTION).groups())
    assert peak == pytest.approx(max(v), abs=5e-4)
    assert area == pytest.approx(sum(v), abs=5e-3)


# -- NEST ------------------------------------------------------------------------------------------

C_M = 250.0  # pF; mV, pA, ms and pF belong together


def nest(weights, tau_m, tau_syn_ex, e_l):
    """Integrate C V' = -C (V - E_L) / tau_m + I exactly, in mV, pA, ms and pF."""
    step = expm(1e3 * DT * np.array([[-1 / tau_m, 1 / C_M], [0, -1 / tau_syn_ex]]))
    state, trajectory = np.zeros(2), []
    for weight in weights:
        state = step @ (state + np.array([0, weight]))
        trajectory.append(state + np.array([e_l, 0]))
    return np.transpose(trajectory)


def test_nest_integrates_to_our_exact_numbers():
    tau_m, w_in_mv = 1e3 * TAU_MEM, 1e3 * jumps().numpy()

    v_m, i_syn = nest(w_in_mv * C_M / tau_m, tau_m, 1e3 * TAU_SYN, 1e3 * V_LEAK)

    v, i = ours(exact)
    assert [*ROWS["NEST"].values()][:-1] == ["`V_m`", "`I_syn_ex`", "`tau_m`, `tau_syn_ex`", "`E_L`"]
    assert ROWS["NEST"]["jump"] == r"$w \, C_m / \tau_m$"
    assert r"in mV, pA, pF and ms. Our $i$ is `I_syn_ex` $\cdot \, \tau_m / C_m$." in SECTION
    same(1e3 * v, v_m, tolerance=1e-9)
    same(1e3 * i, i_syn * tau_m / C_M, tolerance=1e-9)


def test_the_example_for_nest_is_worked_out():
    example = r"(\d+) pF and \$\\tau_m\$ = (\d+) ms, a jump of 1 mV is a weight of (\d+) pA"
    capacitance, tau_m, weight = map(int, re.search(example, SECTION).groups())

    assert capacitance == C_M
    assert weight == 1 * capacitance / tau_m


# -- Brian2 ----------------------------------------------------------------------------------------


def brian2_model():
    """Return the right-hand sides of the equations on the page, by variable, and what a spike does."""
    (equations,) = re.findall(r"^```\n(.*?)^```", SECTION, re.DOTALL | re.MULTILINE)
    (on_pre,) = re.findall(r'`on_pre="([^"]+)"`', SECTION)
    return {
        variable: compile(right, variable, "eval")
        for variable, right in re.findall(r"^d(\w)/dt = (.+) : volt$", equations, re.MULTILINE)
    }, on_pre


def test_the_equations_for_brian2_have_our_exact_solution():
    model, on_pre = brian2_model()
    constants = {"tau_mem": TAU_MEM, "tau_syn": TAU_SYN, "v_leak": V_LEAK}

    def slope(t, state):
        return [eval(right, constants | dict(zip(model, state, strict=True))) for right in model.values()]

    state, trajectory = {"v": V_LEAK, "I": 0.0}, []
    for jump in jumps().tolist():
        exec(on_pre, {"w": jump}, state)
        solution = solve_ivp(slope, (0, DT), [state[x] for x in model], rtol=1e-12, atol=1e-14)
        state = dict(zip(model, solution.y[:, -1].tolist(), strict=True))
        trajectory.append([state["v"], state["I"]])

    assert list(model) == ["v", "I"]
    assert (ROWS["Brian2"]["voltage"], ROWS["Brian2"]["current"]) == ("`v`", "`I`")
    same(ours(exact), np.transpose(trajectory), tolerance=1e-10)


# -- NIR -------------------------------------------------------------------------------------------

R = 4.0  # any resistance: it scales the current


def held(matrix, drive, state, t):
    """Solve x' = matrix x + drive over a time t in which the drive stays."""
    n = len(state)
    step = expm(t * np.block([[matrix, np.reshape(drive, (n, 1))], [np.zeros((1, n + 1))]]))
    return (step @ [*state, 1.0])[:n]


def test_a_spike_of_nir_has_area_one_and_makes_our_jump():
    w, width = 1.5, 1e-9
    values = {"tau_syn": TAU_SYN, "tau_mem": TAU_MEM, "r": R, "v_leak": V_LEAK, "w_in": w * TAU_SYN / R}
    node = nir.CubaLI(**{name: np.array([value]) for name, value in values.items()})
    (tau_syn,), (tau_mem,), (r,), (v_leak,), (w_in,) = (getattr(node, name) for name in values)
    slope = np.array([[-1 / tau_mem, r / tau_mem], [0, -1 / tau_syn]])

    # The spike is a short pulse of area 1.
    after = held(slope, [v_leak / tau_mem, w_in * (1 / width) / tau_syn], [v_leak, 0], width)
    trajectory = [held(slope, [v_leak / tau_mem, 0], after, t) for t in DT * np.arange(1, STEPS + 1)]
    v, current = np.transpose(trajectory)

    one = simulate(w * stimuli.pulse(STEPS, dtype=torch.float64), p=P, dt=DT, method=exact)
    assert ROWS["NIR"]["jump"] == r"$r \, w_\text{in} / \tau_\text{syn} = w$"
    assert "Our $i$ is $r$ times `I`." in SECTION
    same(one.v, v, tolerance=1e-6)
    same(one.i, R * current, tolerance=1e-6)


def test_nir_has_the_equations_that_were_solved_here():
    words = " ".join(nir.CubaLI.__doc__.split())

    names = {field.name for field in dataclasses.fields(nir.CubaLI)}
    assert names >= {"tau_syn", "tau_mem", "r", "v_leak", "w_in"}
    assert r"\tau_{syn} \dot {I} = - I + w_{in} S" in words
    assert r"\tau_{mem} \dot {v} = (v_{leak} - v) + R I" in words


def test_the_leaky_integrator_of_nir_is_our_voltage_with_a_held_current():
    node = nir.LI(tau=np.array([TAU_MEM]), r=np.array([R]), v_leak=np.array([V_LEAK]))
    p = LIParameters(torch.tensor(0.0, dtype=torch.float64), P.tau_mem_inv, P.v_leak)

    trajectory = simulate(0.3 * stimuli.pulse(STEPS, dtype=torch.float64), p=p, dt=DT, method=exact)

    current = 0.3 / R
    v = [
        held(-1 / node.tau.reshape(1, 1), (node.v_leak + node.r * current) / node.tau, node.v_leak, t)[0]
        for t in DT * np.arange(1, STEPS + 1)
    ]
    assert r"\tau \dot{v} = (v_{leak} - v) + R I" in nir.LI.__doc__
    assert "our `tau_syn_inv` is 0" in SECTION
    same(trajectory.v, v)


# -- A constant drive ------------------------------------------------------------------------------

# One step of the defaults at 1 ms, after the jump.
EULER = np.array([[0.9, 0.1], [0, 0.8]])
EXACT = expm(np.array([[-0.1, 0.1], [0, -0.2]]))


@pytest.mark.parametrize(("method", "step"), [(euler, EULER), (exact, EXACT)])
def test_a_constant_drive_settles_where_the_page_says(method, step):
    v, i = np.linalg.solve(np.eye(2) - step, step @ [0, 1 / 5])  # it does not change any more

    trajectory = simulate(stimuli.constant(1.0, 500, dtype=torch.float64), method=method)

    same((trajectory.v[-1], trajectory.i[-1]), (v, i))
    assert rf"${i:.3g} \, I$" in TEXT
    assert math.isclose(v, 1) or rf"$v = {v:.4g} \, I$" in TEXT
