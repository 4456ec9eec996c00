"""Lesson 9: How does a gradient travel through time?"""

from leakyedu.teaching.lesson import Lesson

LESSON = Lesson(
    __name__,
    number=9,
    title="Learning through a leaky readout",
    question="How does a gradient travel through time?",
    minutes=45,
    needs=(1, 3, 4, 8),
)
