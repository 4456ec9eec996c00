"""Lesson 1: Where does the voltage settle, and how fast?"""

from leakyedu.teaching.lesson import Lesson

LESSON = Lesson(
    __name__,
    number=1,
    title="A leaky bucket and an RC circuit",
    question="Where does the voltage settle, and how fast?",
    minutes=25,
    needs=(0,),
)
