"""The start page: one question, to try a check."""

from leakyedu.teaching.exercise import Exercise
from leakyedu.teaching.kinds import Number
from leakyedu.teaching.record import name_records

time_constants = Exercise(
    "How many time constants does the leaky integrator have?",
    Number(2, "time constants", tolerance=0),
    hints=(
        "Look at the picture: what decays after an input, and what follows it?",
        "Whatever decays or follows has a time constant of its own. The input does neither.",
        "The current decays, and the voltage follows it: one time constant for each.",
    ),
    solution="Two: one for the current, tau_syn, and one for the voltage, tau_mem.",
)


@time_constants.mistake(
    "The voltage has one, and there is something else that decays: look at the picture above."
)
def one() -> float:
    return 1


@time_constants.mistake(
    "Neither an input nor the leak brings a third one: an input has no duration, and how fast v leaks is already told by the time constant of the voltage. What decays, and what follows?"
)
def three() -> float:
    return 3


@time_constants.mistake(
    "A time constant and its inverse are the same thing, told in two ways: count each once."
)
def inverses_too() -> float:
    return 4


@time_constants.mistake("This is how long one of them lasts, in ms. The question is how many there are.")
def a_length() -> float:
    return 10


@time_constants.mistake("This is a length in ms, that of one of them. The question is how many there are.")
def another_length() -> float:
    return 5


@time_constants.mistake("This is how long one of them lasts, in second. The question is how many there are.")
def a_length_in_second() -> float:
    return 0.010


name_records(globals())
