"""Lesson 2: Where does the equation come from?"""

from leakyedu.teaching.lesson import Lesson

LESSON = Lesson(
    __name__,
    number=2,
    title="From Kirchhoff's law to the equation, in sympy",
    question="Where does the equation come from?",
    minutes=35,
    needs=(1,),
)
