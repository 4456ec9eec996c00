"""Lesson 3: What does one spike do?"""

from leakyedu.teaching.lesson import Lesson

LESSON = Lesson(
    __name__,
    number=3,
    title="Synapses: jumps and decay",
    question="What does one spike do?",
    minutes=30,
    needs=(1,),
)
