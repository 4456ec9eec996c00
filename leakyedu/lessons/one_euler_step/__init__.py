"""Lesson 4: Does the order of three lines matter?"""

from leakyedu.teaching.lesson import Lesson

LESSON = Lesson(
    __name__,
    number=4,
    title="One Euler step, in this order",
    question="Does the order of three lines matter?",
    minutes=35,
    needs=(1, 2, 3),
)
