"""Lesson 7: the leaky integrator as a filter."""

import math

from torch import Generator

from leakyedu.model import LIParameters
from leakyedu.teaching.draw import Draw
from leakyedu.teaching.exercise import Exercise, Prediction, Recall
from leakyedu.teaching.function import Function
from leakyedu.teaching.kinds import Choice, Number, Points, Witness
from leakyedu.teaching.record import name_records

TAU_MEM, TAU_SYN = (1 / float(rate) for rate in (LIParameters().tau_mem_inv, LIParameters().tau_syn_inv))

# -- Predictions ---------------------------------------------------------------------------------


def cut_off_of_one() -> float:
    r"""Return where the gain of a stage of 10 ms has fallen to 0.707, in hertz.

    .. math::
        1 / \sqrt{1 + (2 \pi f \tau)^2} = 1 / \sqrt 2
    """
    return 1 / (2 * math.pi * TAU_MEM)


cut_off = Prediction(
    "A membrane with a time constant of 10 ms follows a slow drive. At which frequency has its gain fallen to 0.707?",
    Number(
        cut_off_of_one(),
        "Hz",
        tolerance=0.5,
        between=(0.01, 5000),
        narrow={"divides_by_2_alone": 0.004},
    ),
    given="the gain is the swing of v over the swing of the drive, and `tau_mem dv/dt = drive - v`.",
)


@cut_off.mistake(
    "It is tempting because 1/tau is a rate too. But 1/tau counts radians per second, and a period has 2 pi of them."
)
def one_over_tau() -> float:
    return 1 / TAU_MEM


@cut_off.mistake(
    "The 2 pi is there, on the wrong side: omega tau = 1 with omega = 2 pi f, so f is what is left after a division."
)
def two_pi_over_tau() -> float:
    return 2 * math.pi / TAU_MEM


@cut_off.mistake(
    "It is tempting to let a period be up one tau and down one tau. A period that fits the membrane is 2 pi tau long."
)
def half_of_one_over_tau() -> float:
    return 0.5 / TAU_MEM


def cut_off_of_both() -> float:
    r"""Return where the gain of synapse and membrane in series has fallen to 0.707, in hertz.

    .. math::
        (1 + \omega^2 \tau_\text{mem}^2) (1 + \omega^2 \tau_\text{syn}^2) = 2, \qquad \omega = 2 \pi f
    """
    total, product = TAU_MEM**2 + TAU_SYN**2, (TAU_MEM * TAU_SYN) ** 2
    return math.sqrt((math.sqrt(total**2 + 4 * product) - total) / (2 * product)) / (2 * math.pi)


@cut_off.mistake(
    "This is twice the cut-off. Either the 2 of 2 pi is missing, as one turn of the drive is 2 pi radians; or it is that of the synapse, with its 5 ms."
)
def one_over_pi_tau() -> float:
    return 1 / (math.pi * TAU_MEM)


@cut_off.mistake(
    "There the gain has fallen to a half. At the cut-off its square has, and the gain itself to 0.707."
)
def half_of_the_gain() -> float:
    return math.sqrt(3) / (2 * math.pi * TAU_MEM)


@cut_off.mistake("The 0.707 is a share of the swing, and no share of a frequency. Ask where omega tau is 1.")
def share_of_one_over_tau() -> float:
    return 1 / TAU_MEM / math.sqrt(2)


@cut_off.mistake(
    "This is the time constant in ms. A longer one makes the cut-off lower, so it stands below a line."
)
def tau_as_a_frequency() -> float:
    return 1000 * TAU_MEM


@cut_off.mistake(
    "Brackets are missing below the line: 1/2*pi*tau is half of pi times tau. Write 1/(2*pi*tau)."
)
def divides_by_2_alone() -> float:
    return math.pi * TAU_MEM / 2


@cut_off.mistake(
    "This is the time constant in second. Ask how often in a second it fits, and where omega tau is 1."
)
def tau_in_second() -> float:
    return TAU_MEM


def gain_of_the_membrane(f: float) -> float:
    """Return which part of a swing the membrane lets through."""
    return 1 / math.sqrt(1 + (2 * math.pi * f * TAU_MEM) ** 2)


swings = Prediction(
    "A drive swings by 1 V to either side of 0 V. Draw how far v of the membrane swings, from slow drives to fast ones, with a time constant of 10 ms.",
    Points(
        gain_of_the_membrane,
        (5, 10, 20, 40, 70, 100),
        ("frequency (Hz)", "swing of v (V)"),
        tolerance=0.08,
        axis=(0, 1.2),
        start=(0.0, 1.0),
        computed=(
            "counts_both_sides",
            "follows_everything",
            "falls_in_a_line",
            "turned_round",
            "is_the_power",
        ),
        trends={"rises": "turned_round"},
        ways={
            "is_a_wall": [
                [1, 0, 0, 0, 0, 0],
                [1, 1, 1, 0, 0, 0],
                [1, 1, 1, 1, 0, 0],
                [1, 1, 1, 1, 1, 0],
            ],
            "hardly_falls": [[0.97, 0.93, 0.87, 0.75, 0.58, 0.42]],
            "has_a_favourite": [
                [1.02, 1.08, 1.2, 0.8, 0.4, 0.2],
                [1.0, 1.05, 1.12, 1.2, 0.75, 0.4],
                [0.6, 0.8, 1.15, 0.7, 0.35, 0.15],
                [0.3, 0.5, 1.0, 0.6, 0.25, 0.1],
            ],
        },
    ),
    given="the drive swings between -1 V and 1 V, and `tau_mem dv/dt = drive - v`, with tau_mem = 10 ms.",
)


@swings.mistake(
    "Your curve falls off an edge, as the name cut-off sounds: all of the swing before it, nothing after it. A leak knows no edge. It takes away a little more at each faster drive."
)
def is_a_wall(hertz: float) -> float:
    return 1.0 if hertz < 15 else 0.0


@swings.mistake(
    "Your curve falls too late: at 100 Hz a period is as long as the time constant, and v has half of it to climb. If you have computed it, the 2 pi is missing: omega is 2 pi f."
)
def hardly_falls(hertz: float) -> float:
    return 1 / math.hypot(1, hertz * TAU_MEM)


@swings.mistake(
    "Your curve is highest in between, as that of a plucked string is. A string has two stores that feed each other. A leaky bucket has one, and no frequency of its own."
)
def has_a_favourite(hertz: float) -> float:
    return 1.15 if hertz < 25 else 40 / hertz - 0.3 if hertz < 100 else 0.05


@swings.mistake(
    "Your curve does not fall, as if v followed each drive. But it takes its time: with 100 Hz it has 5 ms to climb, half of a time constant."
)
def follows_everything(hertz: float) -> float:
    return 1.0


@swings.mistake(
    "Your curve falls in a straight line, down to 0 V. But it is steepest early, around 15 Hz, and then flatter and flatter: something is left of each drive."
)
def falls_in_a_line(hertz: float) -> float:
    return 1 - hertz / 100


@swings.mistake(
    "Your curve rises. But a slow drive leaves v the time to follow, and a fast one turns back before v has come far."
)
def turned_round(hertz: float) -> float:
    return gain_of_the_membrane(500 / hertz)


@swings.mistake(
    "This is what is left of the power, the square of the swing. At the cut-off a half of it is left, and 0.707 of the swing: take the root."
)
def is_the_power(hertz: float) -> float:
    return gain_of_the_membrane(hertz) ** 2


@swings.mistake(
    "Your curve counts the whole way from the lowest v to the highest. Count from the middle, as the drive does with its 1 V to either side."
)
def counts_both_sides(hertz: float) -> float:
    return 2 * gain_of_the_membrane(hertz)


cut_off_in_series = Prediction(
    "Alone, the membrane cuts off at 15.9 Hz and the synapse, with its 5 ms, at 31.8 Hz. And both in series?",
    Number(
        cut_off_of_both(),
        "Hz",
        tolerance=0.34,
        between=(0.01, 5000),
    ),
    given="what the synapse lets through drives the membrane. The cut-off is where 0.707 of the swing is left.",
)


@cut_off_in_series.mistake(
    "It is tempting to let the slower stage decide. At its own cut-off the other stage takes a part away, too."
)
def lower_of_the_two() -> float:
    return 1 / (2 * math.pi * TAU_MEM)


@cut_off_in_series.mistake(
    "That is the cut-off of the synapse alone. The slower membrane has taken most of the swing away there."
)
def higher_of_the_two() -> float:
    return 1 / (2 * math.pi * TAU_SYN)


@cut_off_in_series.mistake(
    "It is tempting to add the two. But each stage takes away from what passes, so less gets through both than through either."
)
def sum_of_the_two() -> float:
    return lower_of_the_two() + higher_of_the_two()


@cut_off_in_series.mistake(
    "It is tempting to meet in the middle. But the gains are multiplied: two losses are more than one."
)
def mean_of_the_two() -> float:
    return (lower_of_the_two() + higher_of_the_two()) / 2


@cut_off_in_series.mistake(
    "It is tempting to add the time constants. The delays of a slow drive do add up like that; its gain does not."
)
def added_time_constants() -> float:
    return 1 / (2 * math.pi * (TAU_MEM + TAU_SYN))


@cut_off_in_series.mistake(
    "It is close: the squares of the time constants add up, but their product counts as well."
)
def added_squares() -> float:
    return 1 / (2 * math.pi * math.hypot(TAU_MEM, TAU_SYN))


@cut_off_in_series.mistake(
    "That is the middle of the two on a logarithmic axis. Both stages have lost some of the swing there."
)
def middle_on_the_axis() -> float:
    return 1 / (2 * math.pi * math.sqrt(TAU_MEM * TAU_SYN))


@cut_off_in_series.mistake(
    "The 2 pi is missing: these are radians per second, and a hertz counts whole turns."
)
def in_radians() -> float:
    return 2 * math.pi * cut_off_in_series.kind.right


SWING = f"{gain_of_the_membrane(200):.2g} V"

fast_drive = Prediction(
    "A drive swings between 0 V and 2 V, 200 times a second. What does v of the membrane do, once the start is forgotten?",
    Choice(
        "c",
        {
            "a": "it rests at 0 V, as without a drive",
            "b": "it swings between 0 V and 2 V, a little late",
            "c": "it stays near 1 V and trembles",
            "d": "it stays near 2 V, the highest drive it has seen",
        },
        {
            "a": "It is tempting to say that a slow membrane does not notice. It notices all of it and adds it up: ups and downs cancel, their mean remains.",
            "b": f"A period of 5 ms is over before v has gone far: of a swing of 1 V, {SWING} is left.",
            "c": f"The membrane averages: the mean goes through whole, and of the swing of 1 V around it {SWING} is left.",
            "d": "The voltage keeps nothing for long: where the drive is below v, it leaks back towards it.",
        },
    ),
    given="its time constant is 10 ms: `tau_mem dv/dt = drive - v`.",
)

# -- Gain and phase ------------------------------------------------------------------------------


def gain_and_phase(f, tau):
    """Return the gain and the phase in degrees, below 0 where v is late, of one stage."""
    h = 1 / (1 + 2j * math.pi * f * tau)
    return h.abs(), h.angle().rad2deg()


def frequencies(generator: Generator) -> list[tuple]:
    """Return 20 cases of 1 to 40 frequencies up to 3 kHz, 0 among them, and time constants of 0.1 ms to 0.5 s."""
    draw, cases = Draw(generator), []
    for number in range(20):
        f = draw.scales(0.02, 3000, (25, 40, 1, 7)[number % 4])
        f[-1] = 0 if number % 4 == 1 else f[-1]
        cases.append((f.float() if number % 5 == 4 else f, draw.scales(1e-4, 0.5)))
    return cases


gain_phase = Exercise(
    "Write the gain of one stage and its phase in degrees: below 0, since v is late.",
    Function(
        gain_and_phase,
        returns=("gain", "phase"),
        cases=frequencies,
        each="frequency",
        name="my_gain_phase",
    ),
    hints=(
        "The transfer function of one stage is a complex number, 1 / (1 + i omega tau). Its size is the gain, its angle the phase.",
        "Let x be omega tau, with omega = 2 pi f. The gain is 1 over the size of 1 + i x; the angle of 1 + i x has the tangent x. Here `f` is a tensor: use `torch.sqrt`, `torch.atan`, `torch.rad2deg`.",
        """Almost the code; what belongs inside is yours:

x = 2 * torch.pi * f * tau
gain = 1 / torch.sqrt(...)
phase = -torch.rad2deg(torch.atan(...))
return gain, phase""",
    ),
    solution="The gain is the size of 1 / (1 + i omega tau), the phase its angle. In real numbers: 1 / sqrt(1 + x^2) and -atan(x), with x = 2 pi f tau.",
)


@gain_phase.mistake("The 2 pi is missing: f counts periods per second, and omega = 2 pi f counts radians.")
def forgets_two_pi(f, tau):
    return gain_and_phase(f / (2 * math.pi), tau)


@gain_phase.mistake("The 2 pi is missing in the gain alone: it needs omega, as the phase does.")
def forgets_two_pi_in_the_gain(f, tau):
    return gain_and_phase(f / (2 * math.pi), tau)[0], gain_and_phase(f, tau)[1]


@gain_phase.mistake("The 2 pi is missing in the phase alone: it needs omega, as the gain does.")
def forgets_two_pi_in_the_phase(f, tau):
    return gain_and_phase(f, tau)[0], gain_and_phase(f / (2 * math.pi), tau)[1]


@gain_phase.mistake("There is one pi where a whole period has two: omega = 2 pi f.")
def uses_pi(f, tau):
    return gain_and_phase(f / 2, tau)


@gain_phase.mistake(
    "Omega is 2 f here, and the pi is missing: a period has 2 pi radians. `2j` is 2 i, without a pi."
)
def uses_two(f, tau):
    return gain_and_phase(f / math.pi, tau)


@gain_phase.mistake("The phase is in radians: this question wants degrees, and `torch.rad2deg` converts.")
def returns_radians(f, tau):
    gain, phase = gain_and_phase(f, tau)
    return gain, phase.deg2rad()


@gain_phase.mistake(
    "The phase was converted from degrees to radians, and was in radians before: turn the factor round."
)
def converts_the_wrong_way(f, tau):
    gain, phase = gain_and_phase(f, tau)
    return gain, phase.deg2rad().deg2rad()


@gain_phase.mistake("The phase has the wrong sign: v is late, so its phase lies below 0.")
def leads(f, tau):
    gain, phase = gain_and_phase(f, tau)
    return gain, -phase


@gain_phase.mistake(
    "The phase has the wrong sign, and it is in radians: v is late, and this question wants degrees."
)
def leads_in_radians(f, tau):
    gain, phase = gain_and_phase(f, tau)
    return gain, -phase.deg2rad()


@gain_phase.mistake(
    "This is 1 / (1 + x^2), the gain squared, and the real part of H as well. The size of a complex number has a root."
)
def squares_the_gain(f, tau):
    gain, phase = gain_and_phase(f, tau)
    return gain**2, phase


@gain_phase.mistake("The gain is in decibel: here it is a plain factor, 1 where everything goes through.")
def counts_in_decibels(f, tau):
    gain, phase = gain_and_phase(f, tau)
    return 20 * gain.log10(), phase


@gain_phase.mistake(
    "The gain is ten times a logarithm: here it is a plain factor, 1 where everything goes through."
)
def counts_half_decibels(f, tau):
    gain, phase = gain_and_phase(f, tau)
    return 10 * gain.log10(), phase


@gain_phase.mistake(
    "The gain adds 1 and omega tau as they are: they stand at right angles, so add their squares and take the root."
)
def adds_without_squares(f, tau):
    return 1 / (1 + 2 * math.pi * f * tau), gain_and_phase(f, tau)[1]


@gain_phase.mistake("Under the root of the gain, omega tau has lost its square.")
def forgets_the_square_under_the_root(f, tau):
    return (1 + 2 * math.pi * f * tau).rsqrt(), gain_and_phase(f, tau)[1]


@gain_phase.mistake("The gain grows without limit at slow drives: a 1 is missing beside omega tau.")
def forgets_the_one(f, tau):
    return 1 / (2 * math.pi * f * tau), gain_and_phase(f, tau)[1]


@gain_phase.mistake("The gain is above 1: the stage takes away from the drive, so divide by the root.")
def grows_with_f(f, tau):
    gain, phase = gain_and_phase(f, tau)
    return 1 / gain, phase


@gain_phase.mistake(
    "This is 1 + i omega tau itself: H is 1 over it. Python divides first and adds afterwards, so put brackets around the sum."
)
def forgets_to_divide(f, tau):
    gain, phase = gain_and_phase(f, tau)
    return 1 / gain, -phase


@gain_phase.mistake(
    "These are the real and the imaginary part of H: the gain is the length of its arrow, the phase the angle."
)
def returns_both_parts(f, tau):
    h = 1 / (1 + 2j * math.pi * f * tau)
    return h.real, h.imag


@gain_phase.mistake(
    "The phase comes from the imaginary part of H, which is how far up its arrow reaches, and no angle. Take `.angle()`."
)
def takes_the_imaginary_part_for_the_phase(f, tau):
    return gain_and_phase(f, tau)[0], (1 / (1 + 2j * math.pi * f * tau)).imag.rad2deg()


@gain_phase.mistake(
    "Under the root a square is subtracted: 1 + i x has the size sqrt(1 + x^2), because i is what stands at right angles."
)
def subtracts_the_squares(f, tau):
    return (1 - (2 * math.pi * f * tau) ** 2).abs().rsqrt(), gain_and_phase(f, tau)[1]


@gain_phase.mistake("The phase grows without end: omega tau is the tangent of the angle, not yet the angle.")
def forgets_the_arctangent(f, tau):
    return gain_and_phase(f, tau)[0], -(2 * math.pi * f * tau).rad2deg()


@gain_phase.mistake("The arctangent has its quotient upside down: at a slow drive the lag must vanish.")
def turns_the_quotient_round(f, tau):
    gain, phase = gain_and_phase(f, tau)
    return gain, -90 - phase


@gain_phase.mistake(
    "This lets fast drives through and stops slow ones: it is what the stage takes away from the drive."
)
def lets_fast_drive_through(f, tau):
    h = 1 - 1 / (1 + 2j * math.pi * f * tau)
    return h.abs(), h.angle().rad2deg()


@gain_phase.mistake("You count tau in milliseconds: it is in second already, and f in hertz fits it.")
def counts_tau_in_milliseconds(f, tau):
    return gain_and_phase(f, 1000 * tau)


@gain_phase.mistake("You divided tau by 1000: it is in second already, and f in hertz fits it.")
def counts_tau_in_second_twice(f, tau):
    return gain_and_phase(f, tau / 1000)


@gain_phase.mistake(
    "The phase is counted from 0 to 360 degrees, so that v seems to be far ahead. It is late: leave the angle below 0, without `% 360`."
)
def counts_from_0_to_360(f, tau):
    gain, phase = gain_and_phase(f, tau)
    return gain, phase % 360


@gain_phase.mistake(
    "A root is written `** 0.5` or `torch.sqrt`: Python reads `** 1/2` as a power of 1 that is then divided by 2."
)
def halves_for_a_root(f, tau):
    gain, phase = gain_and_phase(f, tau)
    return gain**2 / 2, phase


@gain_phase.mistake(
    "Below the line a root is written `** 0.5` or `torch.sqrt`: Python reads `** 1/2` as a half of what should be rooted."
)
def halves_below_the_line(f, tau):
    gain, phase = gain_and_phase(f, tau)
    return 2 * gain**2, phase


@gain_phase.mistake("Omega is divided by tau: multiply them, so that hertz and second cancel.")
def divides_by_tau(f, tau):
    return gain_and_phase(f, 1 / tau)


@gain_phase.mistake("Here tau is always 10 ms: use the one that you are given.")
def has_a_tau_of_its_own(f, tau):
    return gain_and_phase(f, TAU_MEM)


@gain_phase.mistake("These are two stages of this tau, one behind the other: only one was asked for.")
def goes_through_two_stages(f, tau):
    gain, phase = gain_and_phase(f, tau)
    return gain**2, 2 * phase


@gain_phase.mistake(
    "This stops slow drives and lets fast ones through, and v is ahead: x stands above the line, where 1 belongs."
)
def has_x_above_the_line(f, tau):
    gain, phase = gain_and_phase(f, tau)
    return 2 * math.pi * f * tau * gain, 90 + phase


@gain_phase.mistake(
    "A whole turn is added to the phase, so that v seems to be far ahead. Leave the angle below 0."
)
def adds_a_whole_turn(f, tau):
    gain, phase = gain_and_phase(f, tau)
    return gain, phase + 360


# -- The phase of both stages, with a bug --------------------------------------------------------


def phase_of_both(f, tau_mem, tau_syn):
    """Return the phase in degrees of synapse and membrane in series: the two lags add up."""
    omega = 2 * math.pi * f
    return -math.degrees(math.atan(omega * tau_mem)) - math.degrees(math.atan(omega * tau_syn))


def phase_with_a_bug(f, tau_mem, tau_syn):
    """Return the phase in degrees of 1 / ((1 + i omega tau_mem) (1 + i omega tau_syn))."""
    omega = 2 * math.pi * f
    real = 1 - omega**2 * tau_mem * tau_syn
    imaginary = omega * (tau_mem + tau_syn)
    return -math.degrees(math.atan(imaginary / real))


phase_hunt = Exercise(
    "Find a frequency in hertz and two time constants in second at which `phase_with_a_bug` is wrong.",
    Witness(
        (50.0, 0.01, 0.005),
        phase_of_both,
        phase_with_a_bug,
        within={
            "f": (0, 100_000, "Hz", "a frequency is not below 0, and faster drives do nothing here"),
            "tau_mem": (0, 1, "s", "a time constant is not below 0, and none here is longer"),
            "tau_syn": (0, 1, "s", "a time constant is not below 0, and none here is longer"),
        },
    ),
    hints=(
        "Draw the phase over the frequency, or print it for a few frequencies. What should it do as f grows, and what does it do?",
        "One stage lags by at most 90 degrees, two by at most 180. Which angles can `math.atan` return?",
        """The bug shows where `real` is no longer above 0. Take the default time constants and raise f until it is there:

omega = 2 * math.pi * f
1 - omega**2 * 0.01 * 0.005""",
    ),
    solution="Above 22.5 Hz `real` is negative for the default time constants: at (50, 0.01, 0.005) the function says that v is ahead of the drive.",
)


@phase_hunt.mistake(
    "A drive of 0 Hz does not swing, and whatever does not swing is never late. Take a frequency above 0."
)
def stands_still(f=0.0, tau_mem=0.01, tau_syn=0.005):
    return f == 0


@phase_hunt.mistake(
    "With `tau_mem` = 0 the synapse alone is left, and the function treats one stage rightly. Give both some time."
)
def has_no_membrane(f=200.0, tau_mem=0.0, tau_syn=0.005):
    return tau_mem == 0


@phase_hunt.mistake(
    "With `tau_syn` = 0 the membrane alone is left, and the function treats one stage rightly. Give both some time."
)
def has_no_synapse(f=200.0, tau_mem=0.01, tau_syn=0.0):
    return tau_syn == 0


@phase_hunt.mistake(
    "Together the two stages are less than a quarter of a turn late here, and up to there the angle is right. Look where v lags further behind."
)
def is_slow(f=10.0, tau_mem=0.01, tau_syn=0.005):
    return (2 * math.pi * f) ** 2 * tau_mem * tau_syn < 1


def drives(generator: Generator) -> list[tuple]:
    """Return 40 cases: a frequency up to 5 kHz, and time constants of 0.1 ms to 0.5 s, either one the longer."""
    draw = Draw(generator)
    cases = [(draw.scales(0.01, 5000), draw.scales(1e-4, 0.5), draw.scales(1e-4, 0.5)) for _ in range(39)]
    return [*cases, (0.0, 0.01, 0.005)]


phase_mended = Exercise(
    "Mend `phase_with_a_bug`: the phase in degrees, for every frequency.",
    Function(
        phase_of_both,
        returns=("phase",),
        cases=drives,
        each="drive",
        name="my_phase",
    ),
    hints=(
        "The angle of a product is the sum of the angles. Or: tell the arctangent both parts, not only their quotient.",
        "Either add two lags, each with an arctangent of its own, or call `math.atan2` with the imaginary part first.",
        """One of the two ways, with its arguments left to you:

return -math.degrees(math.atan2(..., ...))""",
    ),
    solution="`math.atan` cannot tell i/r from (-i)/(-r). Two arctangents, one for each stage, never come near that; `math.atan2(imaginary, real)` mends it as well.",
)


@phase_mended.mistake(
    "The bug is still there: at a fast drive v seems to be ahead. `math.atan` knows a quotient, not the signs of its parts."
)
def still_has_the_bug(f, tau_mem, tau_syn):
    return phase_with_a_bug(f, tau_mem, tau_syn)


@phase_mended.mistake(
    "The sign is mended, not the size: the lag of the two falls again at fast drives, and it must go on growing."
)
def hides_the_sign(f, tau_mem, tau_syn):
    return -abs(phase_with_a_bug(f, tau_mem, tau_syn))


@phase_mended.mistake(
    "Half a turn is taken away everywhere: slow drives were right before. Do it only where the angle is wrong."
)
def always_turns(f, tau_mem, tau_syn):
    return phase_with_a_bug(f, tau_mem, tau_syn) - 180


@phase_mended.mistake(
    "Where it was wrong, the angle now misses another quarter of a turn: `math.atan` loses half a turn at once."
)
def turns_by_a_quarter(f, tau_mem, tau_syn):
    phase = phase_with_a_bug(f, tau_mem, tau_syn)
    return phase - 90 if phase > 0 else phase


@phase_mended.mistake(
    "The direction is right, written as a lead of more than half a turn: subtract the half turn instead of adding it, so that v is late."
)
def turns_the_other_way(f, tau_mem, tau_syn):
    phase = phase_with_a_bug(f, tau_mem, tau_syn)
    return phase + 180 if phase > 0 else phase


@phase_mended.mistake(
    "The lag stops at a quarter of a turn: that is as late as one stage can be, and here are two."
)
def stops_at_a_quarter(f, tau_mem, tau_syn):
    phase = phase_with_a_bug(f, tau_mem, tau_syn)
    return -90.0 if phase > 0 else phase


@phase_mended.mistake(
    "The jump is mended at 22.5 Hz: there it is for the default neuron. With other time constants it is elsewhere."
)
def turns_at_a_fixed_frequency(f, tau_mem, tau_syn):
    phase = phase_with_a_bug(f, tau_mem, tau_syn)
    return phase - 180 if f > middle_on_the_axis() else phase


@phase_mended.mistake("This is the lag of the membrane alone: the drive has come through the synapse before.")
def membrane_alone(f, tau_mem, tau_syn):
    return phase_of_both(f, tau_mem, 0)


@phase_mended.mistake(
    "This is the lag of the synapse alone: the voltage is late once more behind its current."
)
def synapse_alone(f, tau_mem, tau_syn):
    return phase_of_both(f, 0, tau_syn)


@phase_mended.mistake(
    "This is the lag of the slower stage alone: the faster one is late too, and both in series are later."
)
def slower_alone(f, tau_mem, tau_syn):
    return phase_of_both(f, max(tau_mem, tau_syn), 0)


@phase_mended.mistake(
    "One stage with both time constants added is never late by more than a quarter of a turn. Add the lags, not what causes them."
)
def adds_the_time_constants(f, tau_mem, tau_syn):
    return phase_of_both(f, tau_mem + tau_syn, 0)


@phase_mended.mistake("This is the mean of the two lags: what is late behind something late has both lags.")
def takes_the_mean(f, tau_mem, tau_syn):
    return phase_of_both(f, tau_mem, tau_syn) / 2


@phase_mended.mistake("One lag is taken from the other: both stages are late, so both have the same sign.")
def subtracts_the_lags(f, tau_mem, tau_syn):
    return phase_of_both(f, tau_mem, 0) - phase_of_both(f, 0, tau_syn)


@phase_mended.mistake(
    "The sign in `real` was right: i times i is -1. With a plus the arrow points to the right at all drives, and v is never late by more than a quarter."
)
def forgets_that_i_squared_is_minus_one(f, tau_mem, tau_syn):
    omega = 2 * math.pi * f
    return -math.degrees(math.atan(omega * (tau_mem + tau_syn) / (1 + omega**2 * tau_mem * tau_syn)))


@phase_mended.mistake(
    "`math.atan2` has its arguments the wrong way round: first the imaginary part, then the real one."
)
def exchanges_the_parts(f, tau_mem, tau_syn):
    return -90 - phase_of_both(f, tau_mem, tau_syn)


@phase_mended.mistake(
    "The phase is counted from 0 to 360 degrees, so that v seems to be far ahead. It is late: leave the angle below 0, without `% 360`."
)
def counts_the_phase_from_0_to_360(f, tau_mem, tau_syn):
    return phase_of_both(f, tau_mem, tau_syn) % 360


@phase_mended.mistake(
    "The 10 ms and the 5 ms are those of the default neuron: use the time constants that your function is given."
)
def of_the_default_neuron(f, tau_mem, tau_syn):
    return phase_of_both(f, TAU_MEM, TAU_SYN)


@phase_mended.mistake(
    "The time constants were divided by 1000: they come in second already, and f in hertz fits them."
)
def time_constants_over_1000(f, tau_mem, tau_syn):
    return phase_of_both(f, tau_mem / 1000, tau_syn / 1000)


@phase_mended.mistake(
    "The size is right everywhere, the sign is not: by yours, v would be ahead of its drive. It is late, so its phase lies below 0."
)
def both_lead(f, tau_mem, tau_syn):
    return -phase_of_both(f, tau_mem, tau_syn)


@phase_mended.mistake(
    "The phase is in radians now: the function returned degrees before, with `math.degrees`."
)
def both_in_radians(f, tau_mem, tau_syn):
    return math.radians(phase_of_both(f, tau_mem, tau_syn))


@phase_mended.mistake("The 2 pi got lost while you mended: f counts periods per second, omega radians.")
def both_without_two_pi(f, tau_mem, tau_syn):
    return phase_of_both(f / (2 * math.pi), tau_mem, tau_syn)


@phase_mended.mistake(
    "Where it was wrong, the lag jumps to half a turn. Fast drives come close to that and never reach it."
)
def stops_at_half_a_turn(f, tau_mem, tau_syn):
    phase = phase_with_a_bug(f, tau_mem, tau_syn)
    return -180.0 if phase > 0 else phase


@phase_mended.mistake(
    "A whole turn is taken away where it was wrong, which leaves the direction wrong: `math.atan` loses half a turn."
)
def turns_by_a_whole(f, tau_mem, tau_syn):
    phase = phase_with_a_bug(f, tau_mem, tau_syn)
    return phase - 360 if phase > 0 else phase


@phase_mended.mistake("The lag of the membrane is there twice. The synapse has a time constant of its own.")
def membrane_twice(f, tau_mem, tau_syn):
    return phase_of_both(f, tau_mem, tau_mem)


@phase_mended.mistake(
    "The two lags are added, one in degrees and the other in radians: turn both into degrees."
)
def synapse_in_radians(f, tau_mem, tau_syn):
    return phase_of_both(f, tau_mem, 0) + math.radians(phase_of_both(f, 0, tau_syn))


@phase_mended.mistake(
    "`math.radians` makes radians of degrees, and `math.atan` gives radians already: turn them into degrees."
)
def converts_radians_twice(f, tau_mem, tau_syn):
    return math.radians(math.radians(phase_of_both(f, tau_mem, tau_syn)))


@phase_mended.mistake(
    "A whole turn is added, so that v seems to be far ahead. It is late: leave the angle below 0."
)
def counts_a_whole_turn_more(f, tau_mem, tau_syn):
    return phase_of_both(f, tau_mem, tau_syn) + 360


# -- Recall --------------------------------------------------------------------------------------

recall = Recall(
    (
        "A stage has its cut-off at 8 Hz. You double its time constant. Where is the cut-off?",
        Choice(
            "a",
            {"a": "at 4 Hz", "b": "at 8 Hz", "c": "at 16 Hz"},
            {
                "a": "Omega tau is 1 at the cut-off: twice the one, half the other.",
                "b": "The cut-off says how fast a stage can follow, and that is what tau changes.",
                "c": "A larger tau makes a stage slower, and a slower stage follows less.",
            },
        ),
    ),
    (
        "How far does v of one stage lag at its cut-off?",
        Choice(
            "b",
            {"a": "90 degrees", "b": "45 degrees", "c": "not at all"},
            {
                "a": "So late is one stage at the fastest drives only, where hardly anything is left of the swing.",
                "b": "There 1 and omega tau are equal, and the angle of 1 + i lies in the middle.",
                "c": "Nothing is late only where the drive does not swing.",
            },
        ),
    ),
    (
        "Why do synapse and membrane in series cut off below either of them alone?",
        Choice(
            "c",
            {
                "a": "the slower one decides",
                "b": "their time constants are averaged",
                "c": "their gains are multiplied",
            },
            {
                "a": "Then it would cut off where the slower one does, and not below.",
                "b": "An average lies between the two, and so would the cut-off.",
                "c": "Each lets a part through, and the second one gets only that part.",
            },
        ),
    ),
    (
        "A very fast drive swings around 1 V. What is v of the membrane close to?",
        Choice(
            "b",
            {"a": "0 V", "b": "1 V", "c": "whatever the drive is at the moment"},
            {
                "a": "Then the drive would be ignored. It is added up, and its ups and downs cancel.",
                "b": "The mean does not swing, so it goes through whole.",
                "c": "For that, v would have to move faster than its time constant lets it.",
            },
        ),
    ),
    (
        "From lesson 5: you double `dt` of Euler's method. What happens to its error over a fixed time?",
        Choice(
            "a",
            {"a": "it doubles", "b": "it becomes four times as large", "c": "it stays the same"},
            {
                "a": "Each step is four times as wrong, and there are half as many.",
                "b": "That is the error of one step. A fixed time needs half as many of the longer ones.",
                "c": "A longer step follows an old slope for longer.",
            },
        ),
    ),
)


name_records(globals())
