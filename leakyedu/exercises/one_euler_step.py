"""Lesson 4: one Euler step, in this order."""

import torch
from torch import Generator

from leakyedu.exercises.exercise import Exercise, Prediction, Recall
from leakyedu.exercises.kinds import Choice, Function, Number, Order
from leakyedu.methods import exact
from leakyedu.model import LIParameters, LIState
from leakyedu.sequence import simulate
from leakyedu.stimuli import pulse

# -- Predictions ---------------------------------------------------------------------------------


def peak_in_ms() -> float:
    """Return when the default step has the highest voltage after one unit jump."""
    return 1.0 + int(simulate(pulse(40)).v.argmax())


def sounds_late() -> float:
    """A slope that is held sounds late. But at the start it is the steepest of all, and it is held there, too."""
    return peak_in_ms() + 1


peak_time = Prediction(
    "The exact voltage peaks after 6.93 ms. When does the voltage of Euler's step peak?",
    Number(peak_in_ms(), "ms", tolerance=0.25, mistakes=(sounds_late,), between=(0.1, 40)),
)

decay_first = Prediction(
    "Put the decay first: decay, jump, v. What happens to the voltages of a neuron that starts at rest?",
    Choice(
        "a",
        {
            "a": "they stay the same",
            "b": "they come one step later",
            "c": "they become smaller",
        },
        {
            "a": "At rest there is nothing to decay, so the cycle only starts at another of its lines.",
            "b": "A voltage comes late where it ignores this step's jump; here the jump still comes before v.",
            "c": "A voltage becomes smaller where the decay stands between the jump and v; here it stands before both.",
        },
    ),
)


def share_of_area() -> float:
    """Return what is left of the area if v uses the decayed current: each jump arrives smaller."""
    p, dt = LIParameters(), 0.001
    return float(1 - dt * p.tau_syn_inv)


def share_that_is_lost() -> float:
    """That is the part that is lost on the way."""
    return 1 - share_of_area()


def leak_of_v() -> float:
    """That is what the leak leaves of v in a step. Here it is the current that decays before v reads it."""
    p, dt = LIParameters(), 0.001
    return float(1 - dt * p.tau_mem_inv)


area_left = Prediction(
    "Let the current decay between the jump and v: jump, decay, v. Which share of the area is left?",
    Number(share_of_area(), "", tolerance=0.02, mistakes=(share_that_is_lost, leak_of_v), between=(0, 2)),
)

# -- By hand -------------------------------------------------------------------------------------

A, B = 0.1, 0.2  # dt / tau_mem and dt / tau_syn of the default neuron


def only_one_step() -> float:
    """This is the voltage after the first step. Go round the cycle once more, without a new jump."""
    return A


def no_decay() -> float:
    """The current did not decay between the two steps: the first step ends with the third line."""
    return A + A * (1 - A)


def no_leak() -> float:
    """The voltage did not leak in the second step: its slope is (v_leak - v) + i, and v is no longer 0."""
    return A + A * (1 - B)


def late_voltage() -> float:
    """A current of 0.8 V moved the voltage from rest. Either v ignored the first jump, or the jump had decayed."""
    return A * (1 - B)


def only_the_second_rise() -> float:
    """This is by how much v rises in the second step. Add it to where v stood before."""
    return A * ((1 - B) - A)


def jumped_twice() -> float:
    """The current jumped in the second step too: the input comes in the first step only."""
    return A + A * (1 - A - B + 1)


def decayed_first() -> float:
    """The current decayed before the voltage used it: in a step, v comes before the decay."""
    first = A * (1 - B)
    return first + A * ((1 - B) ** 2 - first)


def exact_decay() -> float:
    """This uses the exact solution over 2 ms. An Euler step follows the slope at its start, in a straight line."""
    return float(exact(LIParameters(), 0.002).v_from_i)


def two_steps() -> float:
    """Return v after two steps: 0.1, and then 0.1 of what the slope is."""
    first = A
    return first + A * ((1 - B) - first)


by_hand = Exercise(
    "What is v after two steps, if i jumps by 1 V in the first?",
    Number(
        two_steps(),
        "V",
        tolerance=0.0005,
        mistakes=(
            only_one_step,
            no_decay,
            no_leak,
            late_voltage,
            only_the_second_rise,
            jumped_twice,
            decayed_first,
            exact_decay,
        ),
    ),
    hints=(
        "Write down two numbers after each line, v and i. Six lines make two steps.",
        "In the first step i jumps to 1 V, v moves by 0.1 of (0 - v) + i, then i loses 0.2 of itself.",
        """The second step starts at v = 0.1 V and i = 0.8 V, has no jump, and moves v by 0.1 of what drives it:

v = 0.1 + 0.1 * ((0 - ...) + ...)""",
    ),
    solution="After one step v = 0.1 V and i = 0.8 V. Then v = 0.1 + 0.1 * ((0 - 0.1) + 0.8) = 0.17 V.",
)

# -- The order of the lines ----------------------------------------------------------------------

IGNORES = (
    "The voltage would ignore this step's input: v stands before the jump, so the input acts one step late."
)
DECAYED = (
    "The voltage would use a current that has already decayed: part of every jump would be lost on the way."
)

order = Exercise(
    "Put the lines of the step in order.",
    Order(
        "CAB",
        {
            "A": "v = v + dt * p.tau_mem_inv * ((p.v_leak - v) + i)",
            "B": "i = i - dt * p.tau_syn_inv * i",
            "C": "i = i + x",
        },
        {
            "ABC": IGNORES,
            "ACB": f"{IGNORES} The decay would then take its part of the jump before v has seen it.",
            "BCA": "The step would return a current from which its own jump has not decayed yet. "
            "That is not the current at the end of the step.",
            "BAC": f"{IGNORES} It would be driven by the decayed rest of the jump before.",
            "CBA": DECAYED,
        },
        why="the whole jump acts on v in its own step, and the current that is returned has decayed.",
    ),
    hints=(
        "Which line must have happened before the voltage can answer to this step's input?",
        "The voltage uses the current after its jump and before its decay.",
        "The step ends with the decay, so B comes last. What is left is a choice of two.",
    ),
    solution="C, A, B: the current jumps, the voltage follows the jumped current, the current decays.",
)

# -- The step ------------------------------------------------------------------------------------


def euler_step(x, state, p, dt):
    """Return the state after one step: jump, then v with the jumped current, then decay."""
    i = state.i + x
    v = state.v + dt * p.tau_mem_inv * ((p.v_leak - state.v) + i)
    i = i - dt * p.tau_syn_inv * i
    return LIState(v, i)


def ignores_input(x, state, p, dt):
    """The voltage ignores this step's input: let the current jump first, and use the jumped current for v."""
    v = state.v + dt * p.tau_mem_inv * ((p.v_leak - state.v) + state.i)
    i = state.i + x
    return LIState(v, i - dt * p.tau_syn_inv * i)


def decays_too_early(x, state, p, dt):
    """The voltage is driven by the decayed current: let v use the jumped current before it decays."""
    i = state.i + x
    i = i - dt * p.tau_syn_inv * i
    return LIState(state.v + dt * p.tau_mem_inv * ((p.v_leak - state.v) + i), i)


def decays_before_the_jump(x, state, p, dt):
    """The jump escapes the decay: the decay acts on the jumped current, at the end of the step."""
    i = state.i + x
    v = state.v + dt * p.tau_mem_inv * ((p.v_leak - state.v) + i)
    return LIState(v, state.i - dt * p.tau_syn_inv * state.i + x)


def decay_jump_v(x, state, p, dt):
    """The step begins with the decay: the current it was given has already decayed in the step before."""
    i = state.i - dt * p.tau_syn_inv * state.i
    i = i + x
    return LIState(state.v + dt * p.tau_mem_inv * ((p.v_leak - state.v) + i), i)


def decay_v_jump(x, state, p, dt):
    """The step begins with the decay and ends with the jump: turn the order of the lines round."""
    i = state.i - dt * p.tau_syn_inv * state.i
    v = state.v + dt * p.tau_mem_inv * ((p.v_leak - state.v) + i)
    return LIState(v, i + x)


def v_decay_jump(x, state, p, dt):
    """The voltage ignores this step's input, and the jump escapes the decay: the jump stands last, and belongs first."""
    v = state.v + dt * p.tau_mem_inv * ((p.v_leak - state.v) + state.i)
    i = state.i - dt * p.tau_syn_inv * state.i
    return LIState(v, i + x)


def replaces_the_current(x, state, p, dt):
    """The input replaces the current: add x to the current that is there already."""
    return euler_step(x, state._replace(i=0 * state.i), p, dt)


def loses_the_jump(x, state, p, dt):
    """The jump is lost at the end: it is the jumped current that decays and is returned, not `state.i`."""
    v, _ = euler_step(x, state, p, dt)
    return LIState(v, state.i - dt * p.tau_syn_inv * state.i)


def returns_the_loss(x, state, p, dt):
    """The change of i is returned alone: add it to the jumped current."""
    v, i = euler_step(x, state, p, dt)
    return LIState(v, i - (state.i + x))


def forgets_the_jump(x, state, p, dt):
    """The input x has no effect: the current must jump by x."""
    v = state.v + dt * p.tau_mem_inv * ((p.v_leak - state.v) + state.i)
    return LIState(v, state.i - dt * p.tau_syn_inv * state.i)


def jump_times_dt(x, state, p, dt):
    """The jump is multiplied by dt: an input is a jump of a whole x in one step, however long the step is."""
    return euler_step(x * dt, state, p, dt)


def forgets_the_decay(x, state, p, dt):
    """The current never decays: the third line is missing, or its result is not returned."""
    i = state.i + x
    return LIState(euler_step(x, state, p, dt).v, i)


def grows(x, state, p, dt):
    """The current grows instead of decaying: look at the sign of the decay."""
    i = state.i + x
    return LIState(euler_step(x, state, p, dt).v, i + dt * p.tau_syn_inv * i)


def forgets_dt(x, state, p, dt):
    """Dt is missing in both lines: a slope is per second, and a step lasts dt seconds."""
    i = state.i + x
    return LIState(state.v + p.tau_mem_inv * ((p.v_leak - state.v) + i), i - p.tau_syn_inv * i)


def forgets_dt_in_v(x, state, p, dt):
    """Dt is missing in the line of v: its slope is per second, and a step lasts dt seconds."""
    i = state.i + x
    return LIState(state.v + p.tau_mem_inv * ((p.v_leak - state.v) + i), euler_step(x, state, p, dt).i)


def forgets_dt_in_i(x, state, p, dt):
    """Dt is missing in the decay: its slope is per second, and a step lasts dt seconds."""
    i = state.i + x
    return LIState(euler_step(x, state, p, dt).v, i - p.tau_syn_inv * i)


def milliseconds(x, state, p, dt):
    """Dt is counted in milliseconds somewhere: it is in second already, as the time constants are."""
    return euler_step(x, state, p, 1000 * dt)


def forgets_v_leak(x, state, p, dt):
    """v_leak is missing: the voltage leaks towards v_leak, not towards 0."""
    return euler_step(x, state, p._replace(v_leak=0 * p.v_leak), dt)


def forgets_the_leak(x, state, p, dt):
    """The voltage does not leak: its slope is (v_leak - v) + i, not i alone."""
    i = state.i + x
    return LIState(state.v + dt * p.tau_mem_inv * i, euler_step(x, state, p, dt).i)


def leaks_upwards(x, state, p, dt):
    """The leak drives the voltage away from v_leak: its slope holds v_leak - v, not v - v_leak."""
    i = state.i + x
    return LIState(state.v + dt * p.tau_mem_inv * ((state.v - p.v_leak) + i), euler_step(x, state, p, dt).i)


def forgets_the_old_v(x, state, p, dt):
    """The change of v is returned alone: add it to the voltage at the start of the step."""
    v, i = euler_step(x, state, p, dt)
    return LIState(v - state.v, i)


def subtracts_the_current(x, state, p, dt):
    """The current pulls the voltage down: a bracket turns its sign round. The slope is (v_leak - v) + i."""
    i = state.i + x
    return LIState(state.v + dt * p.tau_mem_inv * (p.v_leak - state.v - i), euler_step(x, state, p, dt).i)


def misplaces_the_bracket(x, state, p, dt):
    """The whole current is added to v: it belongs inside the bracket that is multiplied by dt * tau_mem_inv."""
    i = state.i + x
    return LIState(state.v + dt * p.tau_mem_inv * (p.v_leak - state.v) + i, euler_step(x, state, p, dt).i)


def steps_backwards(x, state, p, dt):
    """The voltage moves against its slope: add dt times the slope, do not subtract it."""
    v, i = euler_step(x, state, p, dt)
    return LIState(state.v - (v - state.v), i)


def one_time_constant_for_both(x, state, p, dt):
    """One time constant serves both lines: tau_mem_inv belongs to v, tau_syn_inv to i."""
    return euler_step(x, state, p._replace(tau_syn_inv=p.tau_mem_inv), dt)


def the_other_for_both(x, state, p, dt):
    """One time constant is used twice: tau_mem_inv belongs to v, tau_syn_inv to i."""
    return euler_step(x, state, p._replace(tau_mem_inv=p.tau_syn_inv), dt)


def has_the_numbers_of_one_neuron(x, state, p, dt):
    """The factors 0.1 and 0.2 are those of one neuron and one dt: compute them from p and dt."""
    v = state.v + A * ((p.v_leak - state.v) + (state.i + x))
    return LIState(v, (1 - B) * (state.i + x))


def has_a_step_of_its_own(x, state, p, dt):
    """The step is always 1 ms long: use the dt that you are given."""
    return euler_step(x, state, p, 0.001)


def does_nothing(x, state, p, dt):
    """The state comes back as it was: return the new v and the new i."""
    return state


def swaps_the_time_constants(x, state, p, dt):
    """The time constants are exchanged: tau_mem_inv belongs to v, tau_syn_inv to i."""
    return euler_step(x, state, p._replace(tau_mem_inv=p.tau_syn_inv, tau_syn_inv=p.tau_mem_inv), dt)


def divides_by_the_inverse(x, state, p, dt):
    """Dt is divided by tau_mem_inv and tau_syn_inv: these are 1/tau already, so multiply."""
    return euler_step(x, state, p._replace(tau_mem_inv=1 / p.tau_mem_inv, tau_syn_inv=1 / p.tau_syn_inv), dt)


def decays_exactly(x, state, p, dt):
    """The current decays by an exponential: that is the exact solution. Euler follows the slope, 1 - dt/tau."""
    i = state.i + x
    return LIState(euler_step(x, state, p, dt).v, i * torch.exp(-dt * p.tau_syn_inv))


def decays_exactly_in_both(x, state, p, dt):
    """Both lines use exponentials: that is another method. Euler follows the slope, 1 - dt/tau."""
    i = state.i + x
    v = p.v_leak + (state.v - p.v_leak) * torch.exp(-dt * p.tau_mem_inv)
    return LIState(v + i * (1 - torch.exp(-dt * p.tau_mem_inv)), i * torch.exp(-dt * p.tau_syn_inv))


def neurons(generator: Generator) -> list[tuple]:
    """Return 20 cases of 50 neurons each: random states, inputs, parameters, steps and shapes."""

    def normal(*shape: int):
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    def between(low: float, high: float, *shape: int):
        return low + (high - low) * torch.rand(shape, generator=generator, dtype=torch.float64)

    cases = []
    for shape in 10 * ((50,), (5, 10)):
        # One neuron model for all in some cases, another one for each neuron in others.
        one_each = shape[-1:] if len(cases) % 4 == 1 else ()
        p = LIParameters.from_tau(
            tau_syn=between(2e-3, 9e-3, *one_each),
            tau_mem=between(10e-3, 30e-3, *one_each),
            v_leak=normal(*one_each),
        )
        cases.append((normal(*shape), LIState(normal(*shape), normal(*shape)), p, float(between(2e-4, 2e-3))))
    return cases


step = Exercise(
    "Write one Euler step.",
    Function(
        euler_step,
        returns=("v", "i"),
        cases=neurons,
        mistakes=(
            ignores_input,
            decays_too_early,
            decays_before_the_jump,
            decay_jump_v,
            decay_v_jump,
            v_decay_jump,
            replaces_the_current,
            loses_the_jump,
            returns_the_loss,
            forgets_the_jump,
            jump_times_dt,
            forgets_the_decay,
            grows,
            forgets_dt,
            forgets_dt_in_v,
            forgets_dt_in_i,
            milliseconds,
            forgets_v_leak,
            forgets_the_leak,
            leaks_upwards,
            forgets_the_old_v,
            subtracts_the_current,
            misplaces_the_bracket,
            steps_backwards,
            one_time_constant_for_both,
            the_other_for_both,
            has_the_numbers_of_one_neuron,
            has_a_step_of_its_own,
            does_nothing,
            swaps_the_time_constants,
            divides_by_the_inverse,
            decays_exactly,
            decays_exactly_in_both,
        ),
    ),
    hints=(
        "Three lines, in the order that you found: the jump, the voltage, the decay.",
        "First make the jumped current from `state.i`; then `v` from `state.v` and that current; then let the current decay. `p` holds `tau_mem_inv`, `tau_syn_inv` and `v_leak`.",
        """Almost the code; the right sides of two lines are yours:

i = state.i + x
v = state.v + dt * p.tau_mem_inv * (...)
i = i - ...
return LIState(v, i)""",
    ),
    solution="The current jumps, the voltage follows its slope with the jumped current, the current decays.",
)

# -- Recall --------------------------------------------------------------------------------------

recall = Recall(
    (
        "Which current drives the voltage within one step?",
        Choice(
            "b",
            {
                "a": "the one at the end of the step before",
                "b": "the one after the jump",
                "c": "the one after the decay",
            },
            {
                "a": "Then an input would act one step late.",
                "b": "The input acts in its own step, and nothing of it is lost.",
                "c": "Then a fifth of every jump would be lost before the voltage sees it.",
            },
        ),
    ),
    (
        "You halve `dt`. By how much does the current jump when an input of w arrives?",
        Choice(
            "a",
            {"a": "w", "b": "w / 2", "c": "w times dt"},
            {
                "a": "A jump has no duration, so the length of a step does not change it.",
                "b": "The neuron would then answer half as strongly to the same input.",
                "c": "Slopes are multiplied by dt. A jump is no slope.",
            },
        ),
    ),
    (
        "Which time does `trajectory.v[0]` belong to?",
        Choice(
            "b",
            {"a": "t = 0", "b": "t = dt", "c": "t = -dt"},
            {
                "a": "The voltage at t = 0 is the start. The trajectory holds what comes after each step.",
                "b": "It is the voltage after the first step.",
                "c": "Nothing is known before the start.",
            },
        ),
    ),
    (
        "With 1 ms steps the peak of Euler's voltage is 7.7 % too high. And the area under it?",
        Choice(
            "c",
            {"a": "too large, too", "b": "too small", "c": "right"},
            {
                "a": "It rises too high and falls too fast. Look at the sentence below the first figure again.",
                "b": "That happens where the decay stands between the jump and v.",
                "c": "Wrong peak, right area: what comes too early is missing later.",
            },
        ),
    ),
    (
        "From lesson 1: a constant current drives the neuron. You double `tau_mem`. Where does v settle?",
        Choice(
            "a",
            {"a": "at the same voltage, later", "b": "at twice the voltage", "c": "at half the voltage"},
            {
                "a": "The time constant says how fast, the current and `v_leak` say where.",
                "b": "A larger tau is a wider bucket: it fills more slowly, to the same level.",
                "c": "The leak is slower, and so is the filling. Both change alike.",
            },
        ),
    ),
)
