"""``python -OO`` takes docstrings and asserts away; a learner's words stay."""

import subprocess
import sys

import pytest

COUNT = """
from leakyedu.lessons import lessons
from leakyedu.teaching.exercise import Exercise, Prediction

assert False, "nobody comes here"
tasks = [task for lesson in lessons() for task in vars(lesson.exercises).values()]
exercises = [task.kind for task in tasks if isinstance(task, Exercise)]
kinds = exercises + [task.kind for task in tasks if isinstance(task, Prediction)]
first = [(kind, kind.mistakes[0]) for kind in exercises]
print(sum(len(kind.mistakes) for kind in kinds))
print(sum(len(mistake.text or "") <= 20 for kind in kinds for mistake in kind.mistakes))
print(len(first), sum(kind.try_out(mistake.answer).text == mistake.text for kind, mistake in first))
"""


@pytest.mark.slow
def test_mistakes_keep_their_words_without_docstrings():
    done = subprocess.run(
        [sys.executable, "-OO", "-c", COUNT], capture_output=True, text=True, timeout=120, check=False
    )

    assert done.returncode == 0, done.stderr
    mistakes, without_words, exercises, told = map(int, done.stdout.split())
    assert mistakes > 500
    assert without_words == 0
    assert told == exercises > 30
