"""The rules of the course, for every lesson that there is and every one to come.

nbval runs the notebooks and compares their outputs; this file reads them, holds their exercises against
each named mistake, runs their sections alone and in any order, and walks the learner's path to its end.
"""

import ast
import contextlib
import html
import inspect
import io
import itertools
import json
import os
import random
import re
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable

import nbformat
import pytest
import torch

from leakyedu.lessons import notebooks
from leakyedu.teaching import progress
from leakyedu.teaching.exercise import Exercise, Prediction, Recall
from leakyedu.teaching.function import Function
from leakyedu.teaching.kinds import Choice, Number, Order, Points, Witness
from leakyedu.teaching.lesson import Lesson
from tests.lessons.notebook import (
    ALL,
    BY_NAME,
    COURSE,
    LESSONS,
    ROOT,
    START,
    calls_in,
    calls_of,
    code_of,
    each_notebook,
    for_all,
    headings_of,
    is_timing,
    outputs_of,
    path_of,
    prose_of,
    read,
    run,
    sections_of,
    split_further,
    things_of,
    trees_of,
    walk,
)
from tests.store_outputs import in_words
from tests.teaching import fresh

# What stays upper case inside a heading in sentence case.
NAMES = {"Kirchhoff", "Euler", "Norse", "Binder", "Google", "Colab", "RC", "CPU", "GPU"}
# What other libraries call things: the start page translates it, and tests/lessons/start_here/test_notation.py tests it.
DIALECTS = {
    *("Synaptic", "mem", "syn", "alpha", "beta", "reset_mechanism"),  # snnTorch
    *("iaf_psc_exp", "V_m", "I_syn_ex", "tau_m", "tau_syn_ex", "tau_syn_in", "E_L", "C_m", "V_th"),  # NEST
    *("on_pre", "I"),  # Brian2
    *("CubaLI", "LI"),  # NIR
}
UNITS = re.compile(r" (V|mV|ms|s|Hz|mV s|%|V/s|of the exact one)\b|%")


def without_math(text: str) -> str:
    return re.sub(r"\$\$.*?\$\$|\$.*?\$", " ", text, flags=re.DOTALL)


def words_of(cells: Iterable[nbformat.NotebookNode]) -> list[str]:
    prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    text = re.sub(r"\]\([^)]*\)|`[^`]*`|^\|.*$", " ", without_math(prose), flags=re.MULTILINE)
    return re.findall(r"[A-Za-z][A-Za-z'-]*", text)


def names_in_code_font(lesson: Lesson) -> set[str]:
    text = re.sub(r"^```.*?^```", "", "\n".join(prose_of(lesson)), flags=re.DOTALL | re.MULTILINE)
    return {
        name
        for span in re.findall(r"`([^`]+)`", text)
        if not span.startswith("leakyedu ")
        for name in re.findall(r"[A-Za-z_]\w*", re.sub(r'"[^"]*"', "", span))  # a text is no name
    }


# -- How a notebook is stored --------------------------------------------------------------------


def test_each_notebook_is_that_of_a_lesson_and_each_lesson_has_one():
    assert [path.name for path in notebooks()] == [lesson.notebook for lesson in ALL]
    assert [lesson.number for lesson in ALL] == list(range(len(ALL)))
    assert {"start_here", "one_euler_step"} <= BY_NAME.keys()


@for_all(ALL)
def test_it_is_a_valid_notebook_of_markdown_and_code(lesson):
    notebook = read(lesson)

    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) >= (4, 5)
    assert {cell.cell_type for cell in notebook.cells} <= {"markdown", "code"}


@for_all(ALL)
def test_its_cells_have_names_that_last(lesson):
    ids = [cell.id for cell in read(lesson).cells]

    assert len(set(ids)) == len(ids)
    assert [name for name in ids if not re.fullmatch(r"[a-z]+(-[a-z]+)*", name)] == []


@for_all(ALL)
def test_it_was_stored_right_after_a_run_from_top_to_bottom(lesson):
    cells = code_of(lesson)

    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert any(cell.outputs for cell in cells)


@for_all(ALL)
def test_it_stores_neither_errors_nor_stderr_nor_scripts_nor_widgets(lesson):
    outputs = outputs_of(lesson)

    assert {output.output_type for output in outputs} <= {"stream", "display_data", "execute_result"}
    assert {output.name for output in outputs if output.output_type == "stream"} <= {"stdout"}
    assert {kind for output in outputs for kind in output.get("data", {})} <= {
        "text/plain",
        "text/html",
        "text/latex",
    }
    assert "<script" not in path_of(lesson).read_text(encoding="utf-8")
    assert read(lesson).metadata.keys() == {"kernelspec", "language_info"}


@for_all(ALL)
def test_nothing_is_hidden_and_no_tag_switches_a_comparison_off(lesson):
    metadata = [cell.metadata for cell in read(lesson).cells]

    tags = {tag for m in metadata for tag in m.get("tags", [])}
    timed = [cell for cell in code_of(lesson) if "nbval-ignore-output" in cell.metadata.get("tags", [])]
    assert {key for m in metadata for key in m} <= {"tags"}
    assert tags <= {"nbval-ignore-output", "vote", "happens", "lab"}
    assert all("time" in cell.source for cell in timed)


@for_all(ALL)
def test_every_picture_has_a_sentence_with_a_number_as_alt_text_and_below_it(lesson):
    for output in outputs_of(lesson):
        page = output.get("data", {}).get("text/html", "")
        figures = re.findall(r"<figure.*?</figure>", page, flags=re.DOTALL)
        for picture in (figure for figure in figures if "<audio" not in figure):
            alt = html.unescape(re.search(r'<img alt="([^"]*)"', picture)[1])
            assert len(alt) > 20
            assert re.search(r"\d", alt)
            assert html.escape(alt) in picture.partition("<figcaption>")[2]
            assert alt in output.data["text/plain"]
        assert page.count("<img") + page.count("<audio") == page.count("<figure")


@for_all(ALL)
def test_every_sound_waits_for_its_button_and_has_a_sentence_with_a_number(lesson):
    for output in outputs_of(lesson):
        page = output.get("data", {}).get("text/html", "")
        for sound in re.findall(r"<figure[^>]*><audio.*?</figure>", page, flags=re.DOTALL):
            tag, words = re.search(r"(<audio[^>]*>).*<figcaption[^>]*>(.*)</figcaption>", sound).groups()
            assert " controls" in tag
            assert "autoplay" not in tag
            assert f'aria-label="{words}"' in tag
            assert re.search(r"\d", words)
            assert html.unescape(words) in output.data["text/plain"]
            assert len(re.search(r"base64,([^\"]+)", tag)[1]) < 50_000, "a notebook stays small"
        assert page.count("<audio") == len(re.findall(r"<figure[^>]*><audio", page))


@for_all(ALL)
def test_no_path_of_a_machine_is_in_it(lesson):
    text = re.sub(
        r"data:(image/png|audio/wav);base64,[A-Za-z0-9+/=]+", "", path_of(lesson).read_text(encoding="utf-8")
    )

    assert re.findall(r"/(?:home|root|Users|work|tmp)/\w+", text) == []


@for_all(ALL)
def test_its_outputs_are_those_of_a_learner_who_has_tried_nothing(lesson):
    # Another run of the same cells, by nbval, holds what is stored against what they say.
    said = {cell.source: "\n".join(map(text_of, cell.outputs)) for cell in code_of(lesson)}

    checks = {source: text for source, text in said.items() if re.search(r"\bex\.\w+\.check\(", source)}
    compared = {source: text for source, text in said.items() if re.search(r"\bex\.\w+\.compare\(", source)}
    assert [source for source, text in checks.items() if "Not tried yet: " not in text] == []
    assert [
        source for source, text in compared.items() if not text.startswith("You made no prediction. Make one")
    ] == []
    assert [source for source, text in said.items() if "your own answer." in text] == []


def text_of(output: nbformat.NotebookNode) -> str:
    return output.get("text", "") or output.get("data", {}).get("text/plain", "")


# -- How it is written ---------------------------------------------------------------------------


@for_all(ALL)
def test_it_has_one_title_in_the_first_cell_and_skips_no_level(lesson):
    levels = [level for level, _ in headings_of(lesson)]

    assert prose_of(lesson)[0].startswith("# ")
    assert read(lesson).cells[0].cell_type == "markdown"
    assert levels.count(1) == 1
    assert [b for a, b in itertools.pairwise(levels) if b > a + 1] == []


@for_all(ALL)
def test_its_headings_are_in_sentence_case(lesson):
    for _, heading in headings_of(lesson):
        capitals = [word for word in re.findall(r"\b[A-Z]\w*", heading[1:]) if word not in NAMES]
        assert capitals == [], heading


@for_all(ALL)
def test_its_words_neither_belittle_nor_hide(lesson):
    text = "\n".join(prose_of(lesson))

    assert (
        re.findall(r"\b(simply|obviously|just|easy|easily|trivial\w*|of course)\b", text, re.IGNORECASE) == []
    )
    assert re.findall(r"</?[a-z]+[ >/]", re.sub(r"`[^`]*`", "", without_math(text))) == []


@for_all(ALL)
def test_its_links_lead_somewhere(lesson):
    for target in re.findall(r"\]\(([^)]+)\)", "\n".join(prose_of(lesson))):
        assert target.startswith("https://") or (COURSE / target.partition("#")[0]).exists(), target


@for_all(ALL)
def test_names_in_code_font_exist_in_the_code(lesson):
    sources = [cell.source for cell in code_of(lesson)] + [
        p.read_text("utf-8") for p in ROOT.glob("leakyedu/**/*.py")
    ]
    known = set(re.findall(r"[A-Za-z_]\w*", "\n".join(sources)))

    allowed = DIALECTS if lesson == START else set()
    assert names_in_code_font(lesson) - known - allowed == set()


def test_the_start_page_uses_each_name_of_another_library_that_it_may():
    assert DIALECTS - names_in_code_font(START) == set()


def test_the_start_page_counts_the_lessons():
    text = "\n".join(prose_of(START))

    assert re.findall(r"(\w+) lessons about one neuron|need not take all (\w+)\.", text) == [
        (in_words(len(LESSONS)).capitalize(), ""),
        ("", in_words(len(LESSONS))),
    ]


def test_the_paths_of_the_start_page_take_the_minutes_of_their_lessons():
    text = "\n".join(prose_of(START))
    rows = re.findall(r"^\| ([a-z ]+) \|[^|]+\| ([\d, ]+) \| (\d+) \|$", text, re.MULTILINE)

    paths = {name: [int(n) for n in numbers.split(", ")] for name, numbers, _ in rows}
    minutes = {name: sum(ALL[n].minutes for n in paths[name]) for name in paths}
    assert paths == {
        "numerics": [1, 2, 3, 4, 5, 6, 7, 10, 11],
        "machine learning": [1, 3, 4, 8, 9, 11],
        "neuroscience": [1, 2, 3, 7, 10, 11],
    }
    assert minutes == {name: int(stated) for name, _, stated in rows}


def test_the_start_page_lists_the_names_of_the_field_where_they_stand_in_bold():
    table = re.search(r"^### Names of the field\n.*?(?=^#|\Z)", "\n".join(prose_of(START)), re.M | re.S)[0]
    rows = {int(n): names.split(", ") for n, names in re.findall(r"^\| (\d+) \| (.+) \|$", table, re.M)}

    wrong = [
        (lesson.number, name, found)
        for name, number in ((name, number) for number, names in rows.items() for name in names)
        for lesson in LESSONS
        if (found := "\n".join(prose_of(lesson)).count(f"**{name.removesuffix(' method')}**"))
        != (lesson.number == number)
    ]
    assert wrong == []
    assert sum(map(len, rows.values())) >= 16


@for_all(ALL)
def test_its_code_is_ascii_and_short(lesson):
    lengths = [len([line for line in cell.source.splitlines() if line.strip()]) for cell in code_of(lesson)]

    assert all(cell.source.isascii() for cell in code_of(lesson))
    assert max(lengths) <= 15
    assert statistics.median(lengths) <= 3


@for_all(ALL)
def test_its_imports_stand_in_the_first_code_cell(lesson):
    first, *later = trees_of(lesson)

    imports = [
        node for tree in later for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))
    ]
    stars = [node for node in ast.walk(first) if isinstance(node, ast.alias) and node.name == "*"]
    assert imports == []
    assert stars == []


@for_all(ALL)
def test_its_code_has_no_magic_no_seed_of_its_own_and_no_way_out(lesson):
    # A magic or a shell line is no Python, so ast.parse has refused it already.
    for tree in trees_of(lesson):
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            name = ast.unparse(call.func)
            assert name not in {"torch.manual_seed", "open", "get_ipython", "exit", "quit", "input"}
            assert "urlopen" not in name
            if re.fullmatch(r"torch\.(rand\w*|normal|bernoulli|poisson|multinomial)", name):
                assert "generator" in {keyword.arg for keyword in call.keywords}, ast.unparse(call)


@for_all(ALL)
def test_a_function_is_defined_only_where_writing_it_is_the_task(lesson):
    functions = [
        (node.name, ast.unparse(tree))
        for tree in trees_of(lesson)
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.Lambda, ast.ClassDef))
    ]

    assert [name for name, source in functions if f".check({name})" not in source] == []


@for_all(ALL)
def test_printed_numbers_have_a_unit_and_few_digits(lesson):
    for cell in code_of(lesson):
        digits = 6 if "float64" in cell.source else 4
        for output in cell.outputs:
            for line in output.get("text", "").splitlines():
                numbers = re.findall(r"\d+\.\d+", line)
                assert [x for x in numbers if len(x.replace(".", "").lstrip("0")) > digits] == [], line
                assert not numbers or UNITS.search(line), line


# -- What a lesson contains ----------------------------------------------------------------------


@for_all(LESSONS)
def test_a_lesson_has_the_size_of_a_lesson(lesson):
    main, further = split_further(read(lesson).cells)

    assert 25 <= len(main) <= 40
    assert 900 <= len(words_of(main)) <= 1400
    assert len(further) <= 10


def test_what_is_further_counts_neither_as_cells_nor_as_words():
    text, code = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell

    main, further = split_further(
        [text("Here.\n\n## Further: there"), code("1"), text("On.\n\n## Recall\n\nBack."), code("2")]
    )

    assert [cell.source for cell in main] == ["Here.\n\n", "## Recall\n\nBack.", "2"]
    assert [cell.source for cell in further] == ["## Further: there", "1", "On.\n\n"]
    assert words_of(main) == ["Here", "Recall", "Back"]


@for_all(LESSONS)
def test_a_lesson_opens_with_what_it_is_for(lesson):
    opening = prose_of(lesson)[0]

    for part in ("**You will**", "**You need**", "Test yourself: ", "**Time** about ", "Before: ", "Next: "):
        assert part in opening, part
    assert "(00_start_here.ipynb#The-map)" in opening
    assert 2 <= len(re.findall(r"^- ", opening, re.MULTILINE)) <= 3


@for_all(LESSONS)
def test_the_learner_changes_something_within_three_cells(lesson):
    _, second, third = read(lesson).cells[:3]

    assert second.cell_type == third.cell_type == "code"
    assert "change it" in third.source
    assert third.outputs


@for_all(LESSONS)
def test_a_lesson_predicts_tries_and_recalls(lesson):
    ex = lesson.exercises
    predicted, checked = calls_of(lesson, "predict"), calls_of(lesson, "check")
    main, _ = split_further(read(lesson).cells)

    # A curve is drawn beside a number or a choice, about the same thing.
    typed = [name for name in calls_in(main, "predict") if not isinstance(getattr(ex, name).kind, Points)]
    assert 2 <= len(typed) <= 4
    assert len(calls_in(main, "predict")) <= 5
    kinds = [getattr(ex, name).kind for name in calls_in(main, "check")]
    mended = sum(isinstance(a, Witness) and isinstance(b, Function) for a, b in itertools.pairwise(kinds))
    assert 2 <= len(kinds) - mended <= 3  # to find a bug and to mend it is one
    assert predicted == [name for name, x in vars(ex).items() if isinstance(x, Prediction)]
    assert sorted(checked) == sorted(name for name, x in vars(ex).items() if isinstance(x, Exercise))
    assert any(isinstance(kind, (Order, Witness)) for kind in kinds)
    assert calls_of(lesson, "show") == ["recall"]
    assert isinstance(ex.recall, Recall)


@for_all(LESSONS)
def test_every_prediction_is_held_against_what_happens(lesson):
    sources = [cell.source for cell in code_of(lesson)]

    for name in calls_of(lesson, "predict"):
        asked, compared = (
            next(n for n, source in enumerate(sources) if f"ex.{name}.{method}(" in source)
            for method in ("predict", "compare")
        )
        assert compared >= asked + 2, "nothing is shown between the prediction and its comparison"


@for_all(LESSONS)
def test_what_a_class_sees_of_a_lesson_has_its_tag(lesson):
    cells = code_of(lesson)
    exercises = re.compile(r"\bex\.(\w+)\.(predict|check|compare)\(")
    at = {call: n for n, cell in enumerate(cells) for call in exercises.findall(cell.source)}

    tagged = {
        tag: [cell.id for cell in cells if tag in cell.metadata.get("tags", [])]
        for tag in ("vote", "happens", "lab")
    }

    between = {
        n for name in calls_of(lesson, "predict") for n in range(at[name, "predict"], at[name, "compare"])
    }
    assert tagged == {
        "vote": [cells[n].id for (_, method), n in at.items() if method == "predict"],
        "happens": [cells[n].id for n in sorted(between) if not exercises.search(cells[n].source)],
        "lab": [cell.id for cell in cells if "lab.show(" in cell.source],
    }


@for_all(LESSONS)
def test_the_options_of_a_choice_stand_in_the_text(lesson):
    text = "\n".join(prose_of(lesson))

    for name in calls_of(lesson, "predict"):
        kind = getattr(lesson.exercises, name).kind
        for key, words in kind.options.items() if isinstance(kind, Choice) else ():
            assert f"- ({key}) {words}\n" in f"{text}\n"


@for_all(LESSONS)
def test_the_lines_to_put_in_order_stand_in_the_text(lesson):
    text = "\n".join(prose_of(lesson))

    for name in calls_of(lesson, "check"):
        kind = getattr(lesson.exercises, name).kind
        for key, line in kind.lines.items() if isinstance(kind, Order) else ():
            assert f"| {key} | `{line}` |" in text


@for_all(LESSONS)
def test_a_lesson_shows_its_lab(lesson):
    assert "\nlab.show(" in "\n" + "\n".join(cell.source for cell in code_of(lesson))


@for_all(LESSONS)
def test_a_lesson_ends_with_what_we_know_now(lesson):
    titles = [title for _, title in headings_of(lesson)]
    ending = prose_of(lesson)[-1]

    assert titles[-2:] == ["Recall", "What we know now"]
    assert len(re.findall(r"^- .*\d", ending, re.MULTILINE)) == 3
    assert "**Next**" in ending
    assert re.search(r"\*\*Further reading\*\*.*section", ending)


# -- What it asks ----------------------------------------------------------------------------------

EARLIER = ("From lesson ", "From the start page: ")  # before lesson 1 comes nothing else


def every(kind: type) -> Callable[[], dict]:
    """Return what finds all exercises, predictions or recalls, each by its lesson and its name."""
    return lambda: {
        f"{lesson.name}.{name}": thing for lesson in ALL for name, thing in things_of(lesson, kind).items()
    }


def printed_by(function: Callable) -> tuple[object, str]:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        return function(), out.getvalue()


def test_there_are_exercises_predictions_and_recalls_to_test():
    assert len(every(Exercise)()) >= 4
    assert len(every(Prediction)()) >= 3
    assert every(Recall)().keys() == {f"{lesson.name}.recall" for lesson in LESSONS}


@for_all(every(Exercise))
def test_an_exercise_goes_from_untouched_over_a_mistake_to_right(exercise):
    exercise = fresh(exercise)

    untouched, before = exercise.check(), printed_by(exercise.answer)
    mistaken, still = exercise.check(exercise.kind.mistakes[0].answer), printed_by(exercise.answer)
    right, own = exercise.check(exercise.kind.right), printed_by(exercise.answer)

    reference = "Going on with the reference: your own answer has not passed yet.\n"
    assert (untouched.passed, untouched.tried) == (False, False)
    assert before == still == (exercise.kind.right, reference)
    # Another test checks each mistake: the words are the same each time.
    assert (mistaken.passed, mistaken.text) == (False, f"Not yet. {exercise.kind.mistakes[0].text}")
    assert right.passed
    assert right.text.startswith("Right. ")
    assert own == (exercise.kind.right, "Going on with your own answer.\n")


@for_all(every(Exercise))
def test_the_right_answer_passes_whatever_device_a_notebook_has_made_the_default(exercise):
    with torch.device("meta"):
        assert fresh(exercise).check(exercise.kind.right).passed


@for_all(every(Exercise))
def test_no_two_mistakes_say_the_same(exercise):
    texts = [mistake.text for mistake in exercise.kind.mistakes]

    assert len(texts) >= 2
    assert len(set(texts)) == len(texts)
    assert min(map(len, texts)) > 20


@for_all(lambda: every(Exercise)() | every(Recall)())
def test_mistakes_are_told_apart_by_what_is_counted_and_there_is_room_for_all(task):
    kinds = [choice for _, choice in task.questions] if isinstance(task, Recall) else [task.kind]
    for kind in kinds:
        counts = {kind.named(mistake.text): 1 for mistake in kind.mistakes}
        assert list(counts) == [mistake.key for mistake in kind.mistakes]
        assert progress.FIELDS["mistakes"](counts)


def words_of_the_answer(kind) -> list[str]:
    """Return what would give an answer away: its numbers, its words, the lines of its code."""
    if isinstance(kind, Function):
        body = ast.parse(inspect.getsource(kind.right)).body[0].body
        return [line.strip() for part in body[1:] for line in ast.unparse(part).splitlines()]
    if isinstance(kind, Number):
        return [f"{kind.right:.{digits}g}" for digits in (2, 3, 4, 6)]
    if isinstance(kind, Choice):
        return [kind.options[kind.right], f"({kind.right})"]
    if isinstance(kind, Witness):
        return [", ".join(f"{x:g}" for x in kind.right)]
    return [str(kind.right)]


def stands_in(text: str, words: str) -> bool:
    return re.search(rf"(?<![\w.]){re.escape(words)}(?!\w|\.\d)", text) is not None


@each_notebook
def test_each_named_mistake_gets_its_own_words_and_they_give_no_answer_away(lesson):
    tried = [
        (f"{name}: {mistake.text}", fresh(exercise), mistake)
        for name, exercise in things_of(lesson, Exercise).items()
        for mistake in exercise.kind.mistakes
    ]
    checked = [
        (which, exercise.kind, exercise.check(mistake.answer), mistake.text)
        for which, exercise, mistake in tried
    ]

    counted = [(which, exercise.record.read(), {mistake.key: 1}) for which, exercise, mistake in tried]
    assert [which for which, record, once in counted if record.get("mistakes") != once] == []
    assert [(which, said.text) for which, _, said, text in checked if said.text != f"Not yet. {text}"] == []
    assert [which for which, _, said, _ in checked if said.passed] == []
    answers = [
        (which, words, said) for which, kind, said, _ in checked for words in words_of_the_answer(kind)
    ]
    assert [(which, words) for which, words, said in answers if stands_in(said.text, words)] == []


@for_all(every(Exercise))
def test_three_hints_come_one_after_the_other_and_the_last_stays(exercise):
    exercise = fresh(exercise)

    hints = [exercise.hint().text for _ in range(4)]

    assert [hint[:11] for hint in hints] == ["Hint 1 of 3", "Hint 2 of 3", "Hint 3 of 3", "Hint 3 of 3"]
    assert hints[2] == hints[3]
    assert "`solution()`" in hints[3]
    assert exercise.solution().text.startswith("This is the solution, not a hint. ")


@for_all(every(Prediction))
def test_a_prediction_may_be_skipped_and_is_kept_and_compared(prediction):
    prediction = Prediction(prediction.question, prediction.kind)
    right = prediction.kind.right
    places_are_known = isinstance(prediction.kind, Points)

    skipped, none = prediction.predict(), prediction.prediction
    held_back, without = prediction.compare(), prediction.compare()
    prediction = Prediction(prediction.question, prediction.kind)
    said = prediction.predict([value for _, value in right] if places_are_known else right)

    assert skipped.text.startswith("No prediction yet: answer here with ")
    assert none is None
    assert held_back.text.startswith("You made no prediction. Make one")
    assert without.text.startswith("You made no prediction. It is ")
    assert said.text.startswith("Kept: you predict ")
    assert prediction.prediction == right
    assert prediction.compare().text.startswith("You predicted ")


@for_all(every(Prediction))
def test_a_prediction_says_what_it_takes_to_answer_it(prediction):
    fresh = Prediction(prediction.question, prediction.kind, given=prediction.given)

    assert len(prediction.given) >= 40
    assert prediction.given.endswith(".")
    assert fresh.predict(...).text.endswith(f" Given: {prediction.given}")


@for_all(every(Recall))
def test_a_recall_has_five_questions_with_words_for_each_option(recall):
    assert len(recall.questions) == 5
    assert sum(question.startswith(EARLIER) for question, _ in recall.questions) == 1
    for _, choice in recall.questions:
        assert choice.options.keys() == choice.feedback.keys()
        assert len(set(choice.feedback.values())) == len(choice.options) >= 3


@for_all(LESSONS)
def test_a_prediction_is_drawn_by_the_experiment_of_its_lesson_and_none_is_not(lesson):
    (name,) = re.findall(
        r"lab\.show\(prediction=ex\.(\w+)\.prediction\)", "\n".join(cell.source for cell in code_of(lesson))
    )
    prediction, lab = getattr(lesson.exercises, name), lesson.lab.LAB

    there = lab.start | lab.asked

    before = lab.figure(**there, prediction=prediction.prediction)[1]
    prediction.predict(prediction.kind.right)
    after = lab.figure(**there, prediction=prediction.prediction)[1]

    assert "You " not in before
    assert re.search(r"You (predicted|sketched) ", after)


# -- Running it: nbval does that too, from top to bottom, and looks at each picture ------------------


@pytest.mark.slow
@each_notebook
@pytest.mark.usefixtures("fresh_exercises", "unpainted")
def test_each_section_runs_alone_after_the_set_up_cell_and_is_solved(lesson, capsys):
    answers = {name: thing.kind.right for name, thing in things_of(lesson, Exercise, Prediction).items()}

    said = walk(lesson, answers, alone=True)

    assert said.keys() == answers.keys()
    assert [name for name in calls_of(lesson, "check") if not said[name].passed] == []
    assert [name for name in calls_of(lesson, "predict") if "You predicted" not in said[name].text] == []
    own = len(calls_of(lesson, "answer"))
    assert capsys.readouterr().out.count("Going on with your own answer.") == own


WRECKS = (
    *("torch = 1", "dt = 'x'", "p = 0; del p", "v = None; del v", "i = []", "x = inputs = jumps = True"),
    *(
        "rest = None",
        "LIState = tuple",
        "LIParameters = print",
        "ex = {}",
        "plotting = figures = ex",
        "math = sympy = 'pi'",
    ),
    *("simulate = stimuli = 0", "exact = euler = max", "def symbols(*_): raise KeyError"),
)


SEEDS = [
    pytest.param(0, marks=pytest.mark.slow),
    *(pytest.param(n, marks=pytest.mark.thorough) for n in range(1, 20)),
]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.usefixtures("fresh_exercises", "unpainted")
def test_notebooks_and_their_sections_run_in_any_order_in_one_kernel_after_any_wreck(seed):
    shuffle = random.Random(seed).shuffle
    namespace, lessons = {}, list(ALL)

    shuffle(lessons)
    for lesson in lessons:
        (set_up, *rest), *sections = sections_of(lesson)
        run(set_up.source, namespace)
        for wreck in WRECKS:  # what a learner overwrites, the set-up cell repairs
            run(wreck, namespace)
        run(set_up.source, namespace)
        shuffle(sections)
        for cell in itertools.chain(rest, *sections):
            if not is_timing(cell):
                run(cell.source, namespace)


# A walk errs in each exercise at once: by the first mistake with each change, by all of them each week.
WHICH = {
    "the first": pytest.param(slice(0, 1), marks=pytest.mark.slow),
    "all": pytest.param(slice(1, None), marks=pytest.mark.thorough),
}


@each_notebook
@pytest.mark.parametrize("which", WHICH.values(), ids=WHICH)
@pytest.mark.usefixtures("fresh_exercises", "unpainted")
def test_the_mistaken_notebook_names_each_mistake_and_runs_to_its_end(lesson, which):
    mistakes = {name: x.kind.mistakes[which] for name, x in things_of(lesson, Exercise).items()}
    rounds = [
        {name: mistake for name, mistake in zip(mistakes, chosen, strict=True) if mistake}
        for chosen in itertools.zip_longest(*mistakes.values())
    ]

    said = [walk(lesson, {name: mistake.answer for name, mistake in errs.items()}) for errs in rounds]

    assert [
        {name: verdicts[name].text for name in errs} for verdicts, errs in zip(said, rounds, strict=True)
    ] == [{name: f"Not yet. {mistake.text}" for name, mistake in errs.items()} for errs in rounds]


# As a kernel runs them, all notebooks one after the other; what it prints is a dictionary of texts.
EVERYTHING = """
import json, random, sys
import numpy, torch
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from tests.lessons.notebook import ALL, code_of
seed, threads = map(int, sys.argv[1:])
random.seed(seed), numpy.random.seed(seed), torch.manual_seed(seed), torch.set_num_threads(threads)
shell, texts = InteractiveShell.instance(), {}
for lesson in ALL:
    for cell in code_of(lesson):
        with capture_output() as shown:
            shell.run_cell(cell.source).raise_error()
        if "nbval-ignore-output" not in cell.metadata.get("tags", []):
            plain = [output.data.get("text/plain", "") for output in shown.outputs]
            texts[f"{lesson.name}, {cell.id}"] = [shown.stdout, *plain]
print(json.dumps(texts))
"""


@pytest.mark.thorough
def test_no_seed_thread_or_processor_changes_a_letter_of_what_a_lesson_prints(tmp_path):
    # Each of the two as different from the other as two machines may be.
    settings = [
        (1, {"PYTHONHASHSEED": "1", "ATEN_CPU_CAPABILITY": "default"}),
        (2, {"PYTHONHASHSEED": "2"}),
    ]

    running = [
        subprocess.Popen(
            [sys.executable, "-c", EVERYTHING, str(n), str(n)],
            cwd=ROOT,
            env=os.environ
            | {"LEAKYEDU_HOME": str(tmp_path / f"home {n}"), "IPYTHONDIR": str(tmp_path / f"ipython {n}")}
            | environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for n, environment in settings
    ]
    one, two = (json.loads(process.communicate(timeout=600)[0]) for process in running)

    differ = {name: (text, two[name]) for name, text in one.items() if text != two[name]}
    letters = len("".join(itertools.chain(*one.values())))
    print(f"\nseeds: {len(differ)} of {len(one)} cells print another of {letters:,} letters")
    assert differ == {}
    assert one.keys() == two.keys()
    assert {name.partition(",")[0] for name in one} == BY_NAME.keys()
    assert letters > 20_000
