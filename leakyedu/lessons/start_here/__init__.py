"""The start page: How do I work with this?"""

from leakyedu.teaching.lesson import Lesson

LESSON = Lesson(
    __name__,
    number=0,
    title="Start here",
    question="How do I work with this?",
    minutes=5,
    needs=(),
)
