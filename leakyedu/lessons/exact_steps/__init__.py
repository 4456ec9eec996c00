"""Lesson 6: Can a step be exact?"""

from leakyedu.teaching.lesson import Lesson

LESSON = Lesson(
    __name__,
    number=6,
    title="Exact steps",
    question="Can a step be exact?",
    minutes=40,
    needs=(3, 4, 5),
)
