"""Tests of the exercises of each lesson, and what they share."""

from leakyedu.exercises.exercise import Exercise


def fresh(exercise: Exercise) -> Exercise:
    """Return the exercise as a new kernel has it: no hint given, nothing passed."""
    return Exercise(exercise.question, exercise.kind, exercise.hints, exercise._solution)
