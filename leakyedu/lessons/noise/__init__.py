"""Lesson 10: How large is a random step?"""

from leakyedu.teaching.lesson import Lesson

LESSON = Lesson(
    __name__,
    number=10,
    title="Noise",
    question="How large is a random step?",
    minutes=35,
    needs=(1, 2, 4),
)
