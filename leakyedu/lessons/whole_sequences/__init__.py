"""Lesson 8: Must a recurrence be a loop?"""

from leakyedu.teaching.lesson import Lesson

LESSON = Lesson(
    __name__,
    number=8,
    title="Whole sequences at once, on CPU and GPU",
    question="Must a recurrence be a loop?",
    minutes=45,
    needs=(4,),
)
