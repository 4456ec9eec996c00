"""Lesson 7: What does the neuron let through?"""

from leakyedu.teaching.lesson import Lesson

LESSON = Lesson(
    __name__,
    number=7,
    title="The leaky integrator as a filter",
    question="What does the neuron let through?",
    minutes=35,
    needs=(1, 2, 3),
)
