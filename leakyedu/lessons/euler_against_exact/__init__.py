"""Lesson 5: How wrong is a step, and when does it break?"""

from leakyedu.teaching.lesson import Lesson

LESSON = Lesson(
    __name__,
    number=5,
    title="Euler against the exact solution",
    question="How wrong is a step, and when does it break?",
    minutes=45,
    needs=(3, 4),
)
