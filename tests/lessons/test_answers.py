"""Answers as students write them, and what a good teacher would say to each: see ``tests.lessons.replay``."""

import itertools

import pytest

from leakyedu.teaching.exercise import Exercise, Prediction, Recall
from leakyedu.teaching.kinds import Choice
from leakyedu.teaching.lesson import Lesson
from tests.lessons.notebook import ALL, each_notebook, things_of
from tests.lessons.replay import differences, rows_of

RIGHT, WRONG = 12, 20  # answers of a task that is no choice, at least


@each_notebook
@pytest.mark.parametrize("every", [12, pytest.param(1, marks=pytest.mark.slow)])
def test_each_answer_is_judged_as_a_good_teacher_would(lesson, every):
    tried, found = differences(lesson, every=every)

    print(f"\n{lesson.name}: {tried} answers, {len(found)} judged otherwise")
    assert found == []


def test_each_task_has_answers_of_each_sort():
    few = []
    for lesson in ALL:
        by_task = {
            task: list(rows) for task, rows in itertools.groupby(rows_of(lesson), lambda row: row.task)
        }
        for name, task in things_of(lesson, Exercise, Prediction).items():
            right = [row for row in by_task.get(name, ()) if row.must == "right"]
            enough = (1, 1) if isinstance(task.kind, Choice) else (RIGHT, WRONG)
            if (len(right), len(by_task.get(name, ())) - len(right)) < enough:
                few.append(f"{lesson.name}.{name}")
    assert few == []


# -- Options: each in ten spellings, made by rule ----------------------------------------------------

SPELLINGS = (
    "{key}", "{KEY}", " {key} ", "({key})", "({KEY})", "{key})", "{key}.", "\"{key}\"", "({key}) {words}", "{words}",
)  # fmt: skip


def options_of(lesson: Lesson) -> list[Choice]:
    asked = [task.kind for task in things_of(lesson, Prediction).values() if isinstance(task.kind, Choice)]
    recalls = things_of(lesson, Recall).values()
    return asked + [choice for recall in recalls for _, choice in recall.questions]


@each_notebook
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_an_option_is_understood_however_it_is_written(lesson, spelling):
    for choice in options_of(lesson):
        for key, words in choice.options.items():
            typed = spelling.format(key=key, KEY=key.upper(), words=words)

            assert choice.read(typed) == (key, ""), typed
