"""Lesson 4: one Euler step, in this order."""

import math

import torch
from torch import Generator

from leakyedu.methods import exact
from leakyedu.model import LIParameters, LIState
from leakyedu.sequence import simulate
from leakyedu.stimuli import pulse
from leakyedu.teaching.draw import Draw
from leakyedu.teaching.exercise import Exercise, Prediction, Recall
from leakyedu.teaching.function import Function
from leakyedu.teaching.kinds import Choice, Number, Order
from leakyedu.teaching.record import name_records

A, B = 0.1, 0.2  # dt / tau_mem and dt / tau_syn of the default neuron
STEP = "`i = i + x`, `v = v + dt/tau_mem (v_leak - v + i)`, `i = i - dt/tau_syn i`"

# -- Predictions ---------------------------------------------------------------------------------


def peak_in_ms() -> float:
    """Return when the default step has the highest voltage after one unit jump."""
    return 1.0 + int(simulate(pulse(40)).v.argmax())


peak_time = Prediction(
    "The exact voltage peaks after 6.93 ms. When does the voltage of Euler's step peak?",
    Number(
        peak_in_ms(),
        "ms",
        tolerance=0.25,
        between=(0, 40),
        narrow={"as_the_exact": 0.004, "as_the_exact_on_the_grid": 0.004},
    ),
    given=f"tau_mem = 10 ms, tau_syn = 5 ms; i jumps by 1 V in the first step. In each step of dt = 1 ms, {STEP}.",
)


@peak_time.mistake(
    "That is when the exact voltage peaks. Euler's step holds the slope at its start, so its voltage goes another way."
)
def as_the_exact() -> float:
    return 10 * math.log(2)


@peak_time.mistake(
    "A slope that is held sounds late. But at the start it is the steepest of all, and it is held there, too."
)
def sounds_late() -> float:
    return peak_in_ms() + 2


@peak_time.mistake(
    "That is the exact peak, rounded to whole steps. Euler's step holds the slope at its start, so its voltage goes another way."
)
def as_the_exact_on_the_grid() -> float:
    return float(round(10 * math.log(2)))


@peak_time.mistake("The first step ends there. By then i is still far above v, and v rises as long as it is.")
def at_the_first_step() -> float:
    return 1.0


@peak_time.mistake(
    "Here one step is missing: each point of Euler's voltage stands at the end of its step, and the first step ends after 1 ms. Or was it tau_syn? By then the current has fallen, and is still above v."
)
def counts_from_0() -> float:
    return peak_in_ms() - 1


@peak_time.mistake(
    "This is tau_mem: a held current would have taken v to 63 % by then. Here the current decays meanwhile."
)
def tau_of_v() -> float:
    return 10.0


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
    given=f"a step is three lines, jump, v, decay: {STEP}. Here x is the input.",
)


def share_of_area() -> float:
    """Return what is left of the area if v uses the decayed current: each jump arrives smaller."""
    p, dt = LIParameters(), 0.001
    return float(1 - dt * p.tau_syn_inv)


area_left = Prediction(
    "Let the current decay between the jump and v: jump, decay, v. Which share of the area is left?",
    Number(
        share_of_area(),
        "",
        tolerance=0.012,
        between=(0, 5),
        narrow={"nothing_is_lost": 0.004, "exact_share": 0.005},
    ),
    given=f"tau_syn = 5 ms, dt = 1 ms; in the order jump, v, decay the area under v is right. The lines: {STEP}.",
)


@area_left.mistake("That is the part that is lost on the way.")
def share_that_is_lost() -> float:
    return 1 - share_of_area()


@area_left.mistake(
    "That is what the leak leaves of v in a step. Here it is the current that decays before v reads it."
)
def leak_of_v() -> float:
    p, dt = LIParameters(), 0.001
    return float(1 - dt * p.tau_mem_inv)


@area_left.mistake(
    "That is the whole area, as in the right order. What decays before v has read it never reaches v."
)
def nothing_is_lost() -> float:
    return 1.0


@area_left.mistake("Here the current decays twice before v reads it. It does so once in each step.")
def decayed_twice() -> float:
    return share_of_area() ** 2


@area_left.mistake(
    "Here the leak of v counts as well. It is there in both orders, so it drops out of the share."
)
def leak_and_decay() -> float:
    return 0.9 * share_of_area()


@area_left.mistake(
    "That is what the exact decay leaves after 1 ms. Euler's step takes the slope of the start for all of it, and so a little more."
)
def exact_share() -> float:
    return math.exp(-B)


@area_left.mistake("That is the area itself, in mV s. Its share of the area with the right order was asked.")
def area_itself() -> float:
    return 5 * share_of_area()


@area_left.mistake("This is the share turned over. What decays before v reads it makes the area smaller.")
def upside_down() -> float:
    return 1 / share_of_area()


# -- By hand -------------------------------------------------------------------------------------


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
        narrow={"exact_current": 0.003, "current_decays_twice": 0.006},
    ),
    hints=(
        "Write down two numbers after each line, v and i. Six lines make two steps.",
        "In the first step i jumps to 1 V, v moves by 0.1 of (0 - v) + i, then i loses 0.2 of itself.",
        """The second step starts at v = 0.1 V and i = 0.8 V, has no jump, and moves v by 0.1 of what drives it:

v = 0.1 + 0.1 * ((0 - ...) + ...)""",
    ),
    solution="After one step v = 0.1 V and i = 0.8 V. Then v = 0.1 + 0.1 * ((0 - 0.1) + 0.8) = 0.17 V.",
)


@by_hand.mistake(
    "This is the voltage after the first step. Go round the cycle once more, without a new jump."
)
def only_one_step() -> float:
    return A


@by_hand.mistake(
    "The current did not decay between the two steps, or the leak has its sign turned: the first step ends with the third line, and (0 - v) lowers v."
)
def no_decay() -> float:
    return A + A * (1 - A)


@by_hand.mistake(
    "The voltage did not leak in the second step: its slope is (v_leak - v) + i, and v is no longer 0."
)
def no_leak() -> float:
    return A + A * (1 - B)


@by_hand.mistake(
    "A current of 0.8 V moved the voltage from rest. Either v ignored the first jump, or the jump had decayed."
)
def late_voltage() -> float:
    return A * (1 - B)


@by_hand.mistake("This is by how much v rises in the second step. Add it to where v stood before.")
def only_the_second_rise() -> float:
    return A * ((1 - B) - A)


@by_hand.mistake("The current jumped in the second step too: the input comes in the first step only.")
def jumped_twice() -> float:
    return A + A * (1 - A - B + 1)


@by_hand.mistake("The current decayed before the voltage used it: in a step, v comes before the decay.")
def decayed_first() -> float:
    first = A * (1 - B)
    return first + A * ((1 - B) ** 2 - first)


@by_hand.mistake(
    "This uses the exact solution over 2 ms. An Euler step follows the slope at its start, in a straight line."
)
def exact_decay() -> float:
    return float(exact(LIParameters(), 0.002).v_from_i)


@by_hand.mistake(
    "This is twice the first rise. In the second step the current has decayed, and the voltage leaks."
)
def neither_leak_nor_decay() -> float:
    return 2 * A


@by_hand.mistake("This is the current after two steps. The voltage follows it from 0 V on.")
def is_the_current() -> float:
    return (1 - B) ** 2


@by_hand.mistake(
    "The current decayed exactly, by an exponential. Euler's step takes away dt/tau_syn of it, a little more."
)
def exact_current() -> float:
    return A + A * (math.exp(-B) - A)


@by_hand.mistake("The current decayed twice before the second step moved v. One step takes one decay.")
def current_decays_twice() -> float:
    return A + A * ((1 - B) ** 2 - A)


@by_hand.mistake("This is the voltage after the third step: one round of the cycle too many.")
def three_steps() -> float:
    return 0.217


@by_hand.mistake("In the second step the voltage only leaks here. The current is still there, and drives it.")
def leaks_alone() -> float:
    return A * (1 - A)


@by_hand.mistake("This is the current after the first step, which drives v in the second. Asked is v.")
def is_the_current_before() -> float:
    return 1 - B


@by_hand.mistake(
    "The two time constants are exchanged: v moves with that of the membrane, i decays with that of the synapse."
)
def exchanges_the_constants() -> float:
    return B + B * ((1 - A) - B)


# -- The order of the lines ----------------------------------------------------------------------

order = Exercise(
    "Put the lines of the step in order.",
    Order(
        "CAB",
        {
            "A": "v = v + dt * p.tau_mem_inv * ((p.v_leak - v) + i)",
            "B": "i = i - dt * p.tau_syn_inv * i",
            "C": "i = i + x",
        },
        [
            (
                "C",
                "A",
                "The voltage would ignore this step's input: v stands before the jump, so the input acts one step late.",
            ),
            (
                "C",
                "B",
                "The step would return a current from which its own jump has not decayed yet. That is not the current at the end of the step.",
            ),
            (
                "A",
                "B",
                "The voltage would use a current that has already decayed: part of every jump would be lost on the way.",
            ),
        ],
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


def neurons(generator: Generator) -> list[tuple]:
    """Return 20 cases of 1,000 neurons in all: random states, inputs, parameters, steps, shapes and dtypes."""
    draw, cases = Draw(generator), []
    shapes = [*7 * ((50,), (5, 10)), (1,), (2, 3, 8), (51,), (49,), (150,), (1,)]
    for number, shape in enumerate(shapes):
        # One neuron model for all in some cases, another one for each neuron in others.
        one_each = shape[-1:] if number % 4 == 1 else ()
        p = LIParameters.from_tau(
            tau_syn=draw.scales(1e-3, 0.03, *one_each),
            tau_mem=draw.scales(1e-3, 0.03, *one_each),
            v_leak=draw.normal(*one_each),
        )
        x, dt = draw.normal(*shape), draw.scales(1e-4, 4e-3)
        x = x * (draw.between(0, 1, *shape) > 0.3)  # no input is the most frequent one
        state = LIState(draw.normal(*shape), draw.normal(*shape))
        if number % 5 == 4:
            x, state, p = (
                x.float(),
                LIState(*(y.float() for y in state)),
                LIParameters(*(y.float() for y in p)),
            )
        cases.append((x, state, p, dt))
    return cases


step = Exercise(
    "Write one Euler step.",
    Function(
        euler_step,
        returns=("v", "i"),
        cases=neurons,
        name="my_step",
    ),
    hints=(
        "Three lines, in the order that you found: the jump, the voltage, the decay.",
        "First make the jumped current from `state.i`; then `v` from `state.v` and that current; then let the current decay. In `p` are `tau_mem_inv`, `tau_syn_inv` and `v_leak`.",
        """Almost the code; the right sides of two lines are yours:

i = state.i + x
v = state.v + dt * p.tau_mem_inv * (...)
i = i - ...
return LIState(v, i)""",
    ),
    solution="The current jumps, the voltage follows its slope with the jumped current, the current decays.",
)


@step.mistake(
    "The voltage ignores this step's input: let the current jump first, and use the jumped current for v."
)
def ignores_input(x, state, p, dt):
    v = state.v + dt * p.tau_mem_inv * ((p.v_leak - state.v) + state.i)
    i = state.i + x
    return LIState(v, i - dt * p.tau_syn_inv * i)


@step.mistake("The voltage is driven by the decayed current: let v use the jumped current before it decays.")
def decays_too_early(x, state, p, dt):
    i = state.i + x
    i = i - dt * p.tau_syn_inv * i
    return LIState(state.v + dt * p.tau_mem_inv * ((p.v_leak - state.v) + i), i)


@step.mistake("The jump escapes the decay: the decay acts on the jumped current, at the end of the step.")
def decays_before_the_jump(x, state, p, dt):
    i = state.i + x
    v = state.v + dt * p.tau_mem_inv * ((p.v_leak - state.v) + i)
    return LIState(v, state.i - dt * p.tau_syn_inv * state.i + x)


@step.mistake(
    "The step begins with the decay: the current it was given has already decayed in the step before."
)
def decay_jump_v(x, state, p, dt):
    i = state.i - dt * p.tau_syn_inv * state.i
    i = i + x
    return LIState(state.v + dt * p.tau_mem_inv * ((p.v_leak - state.v) + i), i)


@step.mistake("The step begins with the decay and ends with the jump: turn the order of the lines round.")
def decay_v_jump(x, state, p, dt):
    i = state.i - dt * p.tau_syn_inv * state.i
    v = state.v + dt * p.tau_mem_inv * ((p.v_leak - state.v) + i)
    return LIState(v, i + x)


@step.mistake(
    "The voltage ignores this step's input, and the jump escapes the decay: the jump stands last, and belongs first."
)
def v_decay_jump(x, state, p, dt):
    v = state.v + dt * p.tau_mem_inv * ((p.v_leak - state.v) + state.i)
    i = state.i - dt * p.tau_syn_inv * state.i
    return LIState(v, i + x)


@step.mistake("The input replaces the current: add x to the current that is there already.")
def replaces_the_current(x, state, p, dt):
    return euler_step(x, state._replace(i=0 * state.i), p, dt)


@step.mistake(
    "The jump is lost at the end: it is the jumped current that decays and is returned, not `state.i`."
)
def loses_the_jump(x, state, p, dt):
    v, _ = euler_step(x, state, p, dt)
    return LIState(v, state.i - dt * p.tau_syn_inv * state.i)


@step.mistake("The change of i is returned alone: add it to the jumped current.")
def returns_the_loss(x, state, p, dt):
    v, i = euler_step(x, state, p, dt)
    return LIState(v, i - (state.i + x))


@step.mistake("The input x has no effect: the current must jump by x.")
def forgets_the_jump(x, state, p, dt):
    v = state.v + dt * p.tau_mem_inv * ((p.v_leak - state.v) + state.i)
    return LIState(v, state.i - dt * p.tau_syn_inv * state.i)


@step.mistake(
    "The jump is multiplied by dt: an input is a jump of a whole x in one step, however long the step is."
)
def jump_times_dt(x, state, p, dt):
    return euler_step(x * dt, state, p, dt)


@step.mistake("The current never decays: the third line is missing, or its result is not returned.")
def forgets_the_decay(x, state, p, dt):
    i = state.i + x
    return LIState(euler_step(x, state, p, dt).v, i)


@step.mistake(
    "The current loses the same in each step, however large it is. It loses a share of itself: multiply by i."
)
def loses_a_fixed_amount(x, state, p, dt):
    return LIState(euler_step(x, state, p, dt).v, state.i + x - dt * p.tau_syn_inv)


@step.mistake("What the current loses is returned in its place: take it away from the jumped current.")
def returns_what_is_lost(x, state, p, dt):
    return LIState(euler_step(x, state, p, dt).v, dt * p.tau_syn_inv * (state.i + x))


@step.mistake(
    "A bracket is missing in the line of v: dt * tau_mem_inv multiplies v_leak alone, and all of (v_leak - v) + i belongs to it."
)
def has_no_bracket_in_v(x, state, p, dt):
    i = state.i + x
    v = state.v + dt * p.tau_mem_inv * p.v_leak - state.v + i
    return LIState(v, euler_step(x, state, p, dt).i)


@step.mistake("The current grows instead of decaying: look at the sign of the decay.")
def grows(x, state, p, dt):
    i = state.i + x
    return LIState(euler_step(x, state, p, dt).v, i + dt * p.tau_syn_inv * i)


@step.mistake("In both lines dt is missing: a slope is per second, and a step lasts dt seconds.")
def forgets_dt(x, state, p, dt):
    i = state.i + x
    return LIState(state.v + p.tau_mem_inv * ((p.v_leak - state.v) + i), i - p.tau_syn_inv * i)


@step.mistake("In the line of v dt is missing: its slope is per second, and a step lasts dt seconds.")
def forgets_dt_in_v(x, state, p, dt):
    i = state.i + x
    return LIState(state.v + p.tau_mem_inv * ((p.v_leak - state.v) + i), euler_step(x, state, p, dt).i)


@step.mistake("In the decay dt is missing: its slope is per second, and a step lasts dt seconds.")
def forgets_dt_in_i(x, state, p, dt):
    i = state.i + x
    return LIState(euler_step(x, state, p, dt).v, i - p.tau_syn_inv * i)


@step.mistake("Somewhere dt is counted in milliseconds: it is in second already, as the time constants are.")
def milliseconds(x, state, p, dt):
    return euler_step(x, state, p, 1000 * dt)


@step.mistake("The voltage leaks towards 0 here: it must leak towards v_leak, which is missing.")
def forgets_v_leak(x, state, p, dt):
    return euler_step(x, state, p._replace(v_leak=0 * p.v_leak), dt)


@step.mistake(
    "The current does not drive the voltage: the slope of v is (v_leak - v) + i, and the i is missing."
)
def forgets_the_current(x, state, p, dt):
    i = state.i + x
    v = state.v + dt * p.tau_mem_inv * (p.v_leak - state.v)
    return LIState(v, i - dt * p.tau_syn_inv * i)


@step.mistake("The voltage comes back as it was: its line is missing, or the new v is not returned.")
def never_moves_v(x, state, p, dt):
    return LIState(state.v, euler_step(x, state, p, dt).i)


@step.mistake("The state is unpacked the wrong way round: it holds v first, then i.")
def unpacks_i_first(x, state, p, dt):
    return euler_step(x, LIState(state.i, state.v), p, dt)


@step.mistake("The 10 ms are those of the default neuron: take `p.tau_mem_inv` in the line of v.")
def has_a_membrane_of_its_own(x, state, p, dt):
    return euler_step(x, state, p._replace(tau_mem_inv=100.0), dt)


@step.mistake("The 5 ms are those of the default neuron: take `p.tau_syn_inv` in the decay.")
def has_a_synapse_of_its_own(x, state, p, dt):
    return euler_step(x, state, p._replace(tau_syn_inv=200.0), dt)


@step.mistake("The 10 ms and the 5 ms are those of the default neuron: take both from `p`.")
def has_both_constants_of_its_own(x, state, p, dt):
    return euler_step(x, state, p._replace(tau_mem_inv=100.0, tau_syn_inv=200.0), dt)


@step.mistake(
    "This is the default neuron, whatever `p` is: does a line such as `p = LIParameters()` replace what you are given?"
)
def has_parameters_of_its_own(x, state, p, dt):
    return euler_step(x, state, LIParameters(200.0, 100.0, 0.0), dt)


@step.mistake("The voltage does not leak: its slope is (v_leak - v) + i, not i alone.")
def forgets_the_leak(x, state, p, dt):
    i = state.i + x
    return LIState(state.v + dt * p.tau_mem_inv * i, euler_step(x, state, p, dt).i)


@step.mistake("The leak drives the voltage away from v_leak: its slope holds v_leak - v, not v - v_leak.")
def leaks_upwards(x, state, p, dt):
    i = state.i + x
    return LIState(state.v + dt * p.tau_mem_inv * ((state.v - p.v_leak) + i), euler_step(x, state, p, dt).i)


@step.mistake("The change of v is returned alone: add it to the voltage at the start of the step.")
def forgets_the_old_v(x, state, p, dt):
    v, i = euler_step(x, state, p, dt)
    return LIState(v - state.v, i)


@step.mistake(
    "The current pulls the voltage down: a bracket turns its sign round. The slope is (v_leak - v) + i."
)
def subtracts_the_current(x, state, p, dt):
    i = state.i + x
    return LIState(state.v + dt * p.tau_mem_inv * (p.v_leak - state.v - i), euler_step(x, state, p, dt).i)


@step.mistake(
    "The whole current is added to v: it belongs inside the bracket that is multiplied by dt * tau_mem_inv."
)
def misplaces_the_bracket(x, state, p, dt):
    i = state.i + x
    return LIState(state.v + dt * p.tau_mem_inv * (p.v_leak - state.v) + i, euler_step(x, state, p, dt).i)


@step.mistake("The voltage moves against its slope: add dt times the slope, do not subtract it.")
def steps_backwards(x, state, p, dt):
    v, i = euler_step(x, state, p, dt)
    return LIState(state.v - (v - state.v), i)


@step.mistake("One time constant serves both lines: tau_mem_inv belongs to v, tau_syn_inv to i.")
def one_time_constant_for_both(x, state, p, dt):
    return euler_step(x, state, p._replace(tau_syn_inv=p.tau_mem_inv), dt)


@step.mistake("One time constant is used twice: tau_mem_inv belongs to v, tau_syn_inv to i.")
def the_other_for_both(x, state, p, dt):
    return euler_step(x, state, p._replace(tau_mem_inv=p.tau_syn_inv), dt)


@step.mistake("The factors 0.1 and 0.2 are those of one neuron and one dt: compute them from p and dt.")
def has_the_numbers_of_one_neuron(x, state, p, dt):
    v = state.v + A * ((p.v_leak - state.v) + (state.i + x))
    return LIState(v, (1 - B) * (state.i + x))


@step.mistake("The step is always 1 ms long: use the dt that you are given.")
def has_a_step_of_its_own(x, state, p, dt):
    return euler_step(x, state, p, 0.001)


@step.mistake("The state comes back as it was: return the new v and the new i.")
def does_nothing(x, state, p, dt):
    return state


@step.mistake("The time constants are exchanged: tau_mem_inv belongs to v, tau_syn_inv to i.")
def swaps_the_time_constants(x, state, p, dt):
    return euler_step(x, state, p._replace(tau_mem_inv=p.tau_syn_inv, tau_syn_inv=p.tau_mem_inv), dt)


@step.mistake("You divide dt by tau_mem_inv and tau_syn_inv: these are 1/tau already, so multiply.")
def divides_by_the_inverse(x, state, p, dt):
    return euler_step(x, state, p._replace(tau_mem_inv=1 / p.tau_mem_inv, tau_syn_inv=1 / p.tau_syn_inv), dt)


@step.mistake(
    "The current decays by an exponential: that is the exact solution. Euler follows the slope, 1 - dt/tau."
)
def decays_exactly(x, state, p, dt):
    i = state.i + x
    return LIState(euler_step(x, state, p, dt).v, i * torch.exp(-dt * p.tau_syn_inv))


@step.mistake("Both lines use exponentials: that is another method. Euler follows the slope, 1 - dt/tau.")
def decays_exactly_in_both(x, state, p, dt):
    i = state.i + x
    v = p.v_leak + (state.v - p.v_leak) * torch.exp(-dt * p.tau_mem_inv)
    return LIState(v + i * (1 - torch.exp(-dt * p.tau_mem_inv)), i * torch.exp(-dt * p.tau_syn_inv))


@step.mistake(
    "The numbers 0.1, 0.2 and 0 are those of one neuron and one dt: compute with `p` and dt, also where it leaks to."
)
def has_one_neuron_and_its_v_leak(x, state, p, dt):
    i = state.i + x
    return LIState(state.v + A * (i - state.v), i - B * i)


@step.mistake(
    "The input pulls the current towards x here. It makes it jump: `state.i + x`, and then i decays."
)
def pulls_the_current(x, state, p, dt):
    i = state.i + dt * p.tau_syn_inv * (x - state.i)
    return LIState(state.v + dt * p.tau_mem_inv * ((p.v_leak - state.v) + i), i)


@step.mistake(
    "These are the changes in one step, of v and of i: add each to where the step found it, i after its jump."
)
def returns_both_changes(x, state, p, dt):
    v, i = euler_step(x, state, p, dt)
    return LIState(v - state.v, i - (state.i + x))


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


name_records(globals())
