"""The start page: one question, to try a check."""

from leakyedu.exercises.exercise import Exercise
from leakyedu.exercises.kinds import Number


def one() -> float:
    """The membrane has one, and there is something else that decays: look at the picture above."""
    return 1


def three() -> float:
    """An input has no duration, so it brings no time constant of its own: what decays, and what follows?"""
    return 3


time_constants = Exercise(
    "How many time constants does the leaky integrator have?",
    Number(2, "", tolerance=0, mistakes=(one, three)),
    hints=(
        "Look at the picture: what decays after an input, and what follows it?",
        "Whatever decays or follows has a time constant of its own. The input does neither.",
        "The current decays, and the voltage follows it: one time constant for each.",
    ),
    solution="Two: tau_syn for the current and tau_mem for the voltage.",
)
