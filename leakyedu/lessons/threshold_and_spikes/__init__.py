"""Lesson 11: What stays, and what breaks?"""

from leakyedu.teaching.lesson import Lesson

LESSON = Lesson(
    __name__,
    number=11,
    title="Threshold and spikes: what stays, what breaks",
    question="What stays, and what breaks?",
    minutes=35,
    needs=(1, 2, 3),
)
