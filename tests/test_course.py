"""The rules of the course, for every notebook that there is and every one to come.

nbval runs the notebooks and compares their outputs; this file reads them, runs their sections alone and
in any order, and walks the learner's path: untouched, solved, and mistaken in every way that has a name.
"""

import ast
import html
import importlib
import itertools
import json
import os
import random
import re
import statistics
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from leakyedu.exercises import course_map
from leakyedu.exercises.exercise import Exercise, Prediction, Recall
from leakyedu.exercises.expression import Expression
from leakyedu.exercises.kinds import NOT_TRIED, Choice, Function, Order, Witness
from leakyedu.labs.lab import Lab

ROOT = Path(__file__).parents[1]
COURSE = ROOT / "course"
PATHS = sorted(COURSE.glob("*.ipynb"))
LESSONS = [path for path in PATHS if not path.name.startswith("00_")]

every_notebook = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
every_lesson = pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)

# What stays upper case inside a heading in sentence case.
NAMES = {"Kirchhoff", "Euler", "Norse", "Binder", "RC", "CPU", "GPU"}
# What other libraries call things: the start page translates it, and tests/test_notation.py tests it.
DIALECTS = {
    *("Synaptic", "mem", "syn", "alpha", "beta", "reset_mechanism"),  # snnTorch
    *("iaf_psc_exp", "V_m", "I_syn_ex", "tau_m", "tau_syn_ex", "tau_syn_in", "E_L", "C_m", "V_th"),  # NEST
    *("on_pre", "I"),  # Brian2
    *("CubaLI", "LI"),  # NIR
}
UNITS = re.compile(r" (V|mV|ms|s|Hz|mV s|%|V/s|of the exact one)\b|%")


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def code_of(path: Path) -> list[nbformat.NotebookNode]:
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def prose_of(path: Path) -> list[str]:
    return [cell.source for cell in read(path).cells if cell.cell_type == "markdown"]


def trees_of(path: Path) -> list[ast.Module]:
    return [ast.parse(cell.source) for cell in code_of(path)]


def outputs_of(path: Path) -> list[nbformat.NotebookNode]:
    return [output for cell in code_of(path) for output in cell.outputs]


def headings_of(path: Path) -> list[tuple[int, str]]:
    lines = [line for text in prose_of(path) for line in text.splitlines()]
    return [(len(m[1]), m[2]) for m in (re.match(r"(#+) (.+)", line) for line in lines) if m]


def without_math(text: str) -> str:
    return re.sub(r"\$\$.*?\$\$|\$.*?\$", " ", text, flags=re.DOTALL)


def words_of(path: Path) -> list[str]:
    text = re.sub(
        r"\]\([^)]*\)|`[^`]*`|^\|.*$", " ", without_math("\n".join(prose_of(path))), flags=re.MULTILINE
    )
    return re.findall(r"[A-Za-z][A-Za-z'-]*", text)


def names_in_code_font(path: Path) -> set[str]:
    text = re.sub(r"^```.*?^```", "", "\n".join(prose_of(path)), flags=re.DOTALL | re.MULTILINE)
    return {
        name
        for span in re.findall(r"`([^`]+)`", text)
        if not span.startswith("leakyedu ")
        for name in re.findall(r"[A-Za-z_]\w*", re.sub(r'"[^"]*"', "", span))  # a text is no name
    }


def exercises_of(path: Path):
    return importlib.import_module(f"leakyedu.exercises.{path.stem.partition('_')[2]}")


def calls_of(path: Path, method: str) -> list[str]:
    """Return the names X of all calls ``ex.X.method(...)``, in order."""
    return re.findall(rf"\bex\.(\w+)\.{method}\(", "\n".join(cell.source for cell in code_of(path)))


# -- How a notebook is stored --------------------------------------------------------------------


def test_there_are_notebooks_to_test():
    assert {"00_start_here", "04_one_euler_step"} <= {path.stem for path in PATHS}


@every_notebook
def test_it_is_a_valid_notebook_of_markdown_and_code(path):
    notebook = read(path)

    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) >= (4, 5)
    assert {cell.cell_type for cell in notebook.cells} <= {"markdown", "code"}


@every_notebook
def test_its_cells_have_names_that_last(path):
    ids = [cell.id for cell in read(path).cells]

    assert len(set(ids)) == len(ids)
    assert [name for name in ids if not re.fullmatch(r"[a-z]+(-[a-z]+)*", name)] == []


@every_notebook
def test_it_was_stored_right_after_a_run_from_top_to_bottom(path):
    cells = code_of(path)

    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert any(cell.outputs for cell in cells)


@every_notebook
def test_it_stores_neither_errors_nor_stderr_nor_scripts_nor_widgets(path):
    outputs = outputs_of(path)

    assert {output.output_type for output in outputs} <= {"stream", "display_data", "execute_result"}
    assert {output.name for output in outputs if output.output_type == "stream"} <= {"stdout"}
    assert {kind for output in outputs for kind in output.get("data", {})} <= {
        "text/plain",
        "text/html",
        "text/latex",
    }
    assert "<script" not in path.read_text(encoding="utf-8")
    assert read(path).metadata.keys() == {"kernelspec", "language_info"}


@every_notebook
def test_nothing_is_hidden_and_no_tag_switches_a_comparison_off(path):
    metadata = [cell.metadata for cell in read(path).cells]

    tags = {tag for m in metadata for tag in m.get("tags", [])}
    timed = [cell for cell in code_of(path) if "nbval-ignore-output" in cell.metadata.get("tags", [])]
    assert {key for m in metadata for key in m} <= {"tags"}
    assert tags <= {"nbval-ignore-output"}
    assert all("time" in cell.source for cell in timed)


@every_notebook
def test_every_picture_has_a_sentence_with_a_number_as_alt_text_and_below_it(path):
    for output in outputs_of(path):
        page = output.get("data", {}).get("text/html", "")
        figures = re.findall(r"<figure.*?</figure>", page, flags=re.DOTALL)
        for picture in (figure for figure in figures if "<audio" not in figure):
            alt = html.unescape(re.search(r'<img alt="([^"]*)"', picture)[1])
            assert len(alt) > 20
            assert re.search(r"\d", alt)
            assert html.escape(alt) in picture.partition("<figcaption>")[2]
            assert alt in output.data["text/plain"]
        assert page.count("<img") + page.count("<audio") == page.count("<figure")


@every_notebook
def test_every_sound_waits_for_its_button_and_has_a_sentence_with_a_number(path):
    for output in outputs_of(path):
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


@every_notebook
def test_no_path_of_a_machine_is_in_it(path):
    text = re.sub(r"data:(image/png|audio/wav);base64,[A-Za-z0-9+/=]+", "", path.read_text(encoding="utf-8"))

    assert re.findall(r"/(?:home|root|Users|work|tmp)/\w+", text) == []


# -- How it is written ---------------------------------------------------------------------------


@every_notebook
def test_it_has_one_title_in_the_first_cell_and_skips_no_level(path):
    levels = [level for level, _ in headings_of(path)]

    assert prose_of(path)[0].startswith("# ")
    assert read(path).cells[0].cell_type == "markdown"
    assert levels.count(1) == 1
    assert [b for a, b in itertools.pairwise(levels) if b > a + 1] == []


@every_notebook
def test_its_headings_are_in_sentence_case(path):
    for _, heading in headings_of(path):
        capitals = [word for word in re.findall(r"\b[A-Z]\w*", heading[1:]) if word not in NAMES]
        assert capitals == [], heading


@every_notebook
def test_its_words_neither_belittle_nor_hide(path):
    text = "\n".join(prose_of(path))

    assert (
        re.findall(r"\b(simply|obviously|just|easy|easily|trivial\w*|of course)\b", text, re.IGNORECASE) == []
    )
    assert re.findall(r"</?[a-z]+[ >/]", re.sub(r"`[^`]*`", "", without_math(text))) == []


@every_notebook
def test_its_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)]+)\)", "\n".join(prose_of(path))):
        assert target.startswith("https://") or (COURSE / target.partition("#")[0]).exists(), target


@every_notebook
def test_names_in_code_font_exist_in_the_code(path):
    sources = [cell.source for cell in code_of(path)] + [
        p.read_text("utf-8") for p in ROOT.glob("leakyedu/**/*.py")
    ]
    known = set(re.findall(r"[A-Za-z_]\w*", "\n".join(sources)))

    allowed = DIALECTS if path.stem == "00_start_here" else set()
    assert names_in_code_font(path) - known - allowed == set()


def test_the_start_page_uses_each_name_of_another_library_that_it_may():
    assert DIALECTS - names_in_code_font(COURSE / "00_start_here.ipynb") == set()


def test_the_paths_of_the_start_page_take_the_minutes_of_their_lessons():
    text = "\n".join(prose_of(COURSE / "00_start_here.ipynb"))
    rows = re.findall(r"^\| ([a-z ]+) \|[^|]+\| ([\d, ]+) \| (\d+) \|$", text, re.MULTILINE)

    paths = {name: [int(n) for n in numbers.split(", ")] for name, numbers, _ in rows}
    minutes = {name: sum(course_map.LESSONS[n].minutes for n in paths[name]) for name in paths}
    assert paths == {
        "numerics": [1, 2, 3, 4, 5, 6, 7],
        "machine learning": [1, 3, 4, 8, 9],
        "neuroscience": [1, 2, 3, 7, 10, 11],
    }
    assert minutes == {name: int(stated) for name, _, stated in rows}


@every_notebook
def test_its_code_is_ascii_and_short(path):
    lengths = [len([line for line in cell.source.splitlines() if line.strip()]) for cell in code_of(path)]

    assert all(cell.source.isascii() for cell in code_of(path))
    assert max(lengths) <= 15
    assert statistics.median(lengths) <= 3


@every_notebook
def test_its_imports_stand_in_the_first_code_cell(path):
    first, *later = trees_of(path)

    imports = [
        node for tree in later for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))
    ]
    stars = [node for node in ast.walk(first) if isinstance(node, ast.alias) and node.name == "*"]
    assert imports == []
    assert stars == []


@every_notebook
def test_its_code_has_no_magic_no_seed_of_its_own_and_no_way_out(path):
    # A magic or a shell line is no Python, so ast.parse has refused it already.
    for tree in trees_of(path):
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            name = ast.unparse(call.func)
            assert name not in {"torch.manual_seed", "open", "get_ipython", "exit", "quit", "input"}
            assert "urlopen" not in name
            if re.fullmatch(r"torch\.(rand\w*|normal|bernoulli|poisson|multinomial)", name):
                assert "generator" in {keyword.arg for keyword in call.keywords}, ast.unparse(call)


@every_notebook
def test_a_function_is_defined_only_where_writing_it_is_the_task(path):
    functions = [
        (node.name, ast.unparse(tree))
        for tree in trees_of(path)
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.Lambda, ast.ClassDef))
    ]

    assert [name for name, source in functions if f".check({name})" not in source] == []


@every_notebook
def test_printed_numbers_have_a_unit_and_few_digits(path):
    for cell in code_of(path):
        digits = 6 if "float64" in cell.source else 4
        for output in cell.outputs:
            for line in output.get("text", "").splitlines():
                numbers = re.findall(r"\d+\.\d+", line)
                assert [x for x in numbers if len(x.replace(".", "").lstrip("0")) > digits] == [], line
                assert not numbers or UNITS.search(line), line


# -- What a lesson contains ----------------------------------------------------------------------


@every_lesson
def test_a_lesson_has_the_size_of_a_lesson(path):
    assert 25 <= len(read(path).cells) <= 40
    assert 900 <= len(words_of(path)) <= 1400


@every_lesson
def test_a_lesson_opens_with_what_it_is_for(path):
    opening = prose_of(path)[0]

    for part in ("**You will**", "**You need**", "Test yourself: ", "**Time** about ", "Before: ", "Next: "):
        assert part in opening, part
    assert "(00_start_here.ipynb)" in opening
    assert 2 <= len(re.findall(r"^- ", opening, re.MULTILINE)) <= 3


@every_lesson
def test_the_learner_changes_something_within_three_cells(path):
    _, second, third = read(path).cells[:3]

    assert second.cell_type == third.cell_type == "code"
    assert "change it" in third.source
    assert third.outputs


@every_lesson
def test_a_lesson_predicts_tries_and_recalls(path):
    ex = exercises_of(path)
    predicted, checked = calls_of(path, "predict"), calls_of(path, "check")

    assert 2 <= len(predicted) <= 4
    kinds = [getattr(ex, name).kind for name in checked]
    mended = sum(isinstance(a, Witness) and isinstance(b, Function) for a, b in itertools.pairwise(kinds))
    assert 2 <= len(checked) - mended <= 3  # to find a bug and to mend it is one
    assert predicted == [name for name, x in vars(ex).items() if isinstance(x, Prediction)]
    assert sorted(checked) == sorted(name for name, x in vars(ex).items() if isinstance(x, Exercise))
    assert any(isinstance(getattr(ex, name).kind, (Order, Witness)) for name in checked)
    assert calls_of(path, "show") == ["recall"]
    assert isinstance(ex.recall, Recall)


@every_lesson
def test_every_prediction_is_held_against_what_happens(path):
    sources = [cell.source for cell in code_of(path)]

    for name in calls_of(path, "predict"):
        asked, compared = (
            next(n for n, source in enumerate(sources) if f"ex.{name}.{method}(" in source)
            for method in ("predict", "compare")
        )
        assert compared >= asked + 2, "nothing is shown between the prediction and its comparison"


@every_lesson
def test_the_options_of_a_choice_stand_in_the_text(path):
    text = "\n".join(prose_of(path))

    for name in calls_of(path, "predict"):
        kind = getattr(exercises_of(path), name).kind
        for key, words in kind.options.items() if isinstance(kind, Choice) else ():
            assert f"- ({key}) {words}\n" in f"{text}\n"


@every_lesson
def test_the_lines_to_put_in_order_stand_in_the_text(path):
    text = "\n".join(prose_of(path))

    for name in calls_of(path, "check"):
        kind = getattr(exercises_of(path), name).kind
        for key, line in kind.lines.items() if isinstance(kind, Order) else ():
            assert f"| {key} | `{line}` |" in text


@every_lesson
def test_a_lab_has_at_most_four_controls_and_its_numbers_have_units(path):
    names = re.findall(r"\b(\w+)\.lab\.show\(", "\n".join(cell.source for cell in code_of(path)))

    assert names
    for name in names:
        lab = importlib.import_module(f"leakyedu.labs.{name}").lab
        assert isinstance(lab, Lab)
        assert 1 <= len(lab.controls) <= 4
        assert [
            c.label
            for c in lab.controls.values()
            if hasattr(c, "step") and not re.search(r"\(.+\)$", c.label)
        ] == []


@every_lesson
def test_a_lesson_ends_with_what_we_know_now(path):
    titles = [title for _, title in headings_of(path)]
    ending = prose_of(path)[-1]

    assert titles[-2:] == ["Recall", "What we know now"]
    assert len(re.findall(r"^- .*\d", ending, re.MULTILINE)) == 3
    assert "**Next**" in ending
    assert re.search(r"\*\*Further reading\*\*.*section", ending)


# -- Running it ----------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _fresh_exercises():
    """Give each test the lessons' exercises as a new kernel has them; other tests keep theirs."""
    before = sys.modules.copy()
    for path in PATHS:
        sys.modules.pop(f"leakyedu.exercises.{path.stem.partition('_')[2]}", None)
    yield
    sys.modules.update(before)


def run(source: str, namespace: dict):
    """Run a cell; return the value of its last line, as a notebook would show it."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "<cell>", "exec"), namespace)
    return last and eval(compile(ast.Expression(last.value), "<cell>", "eval"), namespace)


def sections_of(path: Path) -> list[list[str]]:
    """Return the code of each section; what stands before the first ``##`` comes first."""
    sections = [[]]
    for cell in read(path).cells:
        if cell.cell_type == "markdown" and re.search(r"^## ", cell.source, re.MULTILINE):
            sections.append([])
        if cell.cell_type == "code":
            sections[-1].append(cell.source)
    return sections


SECTIONS = [
    pytest.param(path, number, id=f"{path.stem}-{number}")
    for path in PATHS
    for number in range(1, len(sections_of(path)))
    if sections_of(path)[number]
]


@pytest.mark.parametrize(("path", "number"), SECTIONS)
def test_a_section_runs_alone_after_the_set_up_cell(path, number):
    (set_up, *_), *_ = sections_of(path)
    namespace = {}

    run(set_up, namespace)
    for source in sections_of(path)[number]:
        run(source, namespace)


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(n, marks=pytest.mark.thorough) for n in range(2, 20))])
def test_notebooks_and_their_sections_run_in_any_order_in_one_kernel(seed):
    shuffle = random.Random(seed).shuffle
    namespace, paths = {}, list(PATHS)

    shuffle(paths)
    for path in paths:
        (set_up, *rest), *sections = sections_of(path)
        run(set_up, namespace)
        shuffle(sections)
        for source in itertools.chain(rest, *sections):
            run(source, namespace)


# As a kernel runs them, all notebooks one after the other; what it prints is a dictionary of texts.
EVERYTHING = """
import json, random, sys
import numpy, torch
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from tests.test_course import PATHS, code_of
seed, threads = map(int, sys.argv[1:])
random.seed(seed), numpy.random.seed(seed), torch.manual_seed(seed), torch.set_num_threads(threads)
shell, texts = InteractiveShell.instance(), {}
for path in PATHS:
    for cell in code_of(path):
        with capture_output() as shown:
            shell.run_cell(cell.source).raise_error()
        if "nbval-ignore-output" not in cell.metadata.get("tags", []):
            plain = [output.data.get("text/plain", "") for output in shown.outputs]
            texts[f"{path.stem}, {cell.id}"] = [shown.stdout, *plain]
print(json.dumps(texts))
"""


@pytest.mark.slow
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
    assert {name.partition(",")[0] for name in one} == {path.stem for path in PATHS}
    assert letters > 20_000


WRECKS = (
    *("torch = 1", "dt = 'x'", "p = 0; del p", "v = None; del v", "i = []", "x = inputs = jumps = True"),
    *(
        "rest = None",
        "LIState = tuple",
        "LIParameters = print",
        "ex = {}",
        "plotting = ex",
        "math = sympy = 'pi'",
    ),
    *("simulate = stimuli = 0", "exact = euler = max", "def symbols(*_): raise KeyError"),
)


@every_lesson
def test_running_the_set_up_cell_again_repairs_what_a_learner_overwrote(path):
    set_up, *later = (cell.source for cell in code_of(path))
    namespace = {}
    run(set_up, namespace)
    for wreck in WRECKS:
        run(wreck, namespace)

    for source in (set_up, *later):
        run(source, namespace)


# -- The learner's path --------------------------------------------------------------------------


def answered(source: str, ex, answers: dict, namespace: dict):
    """Run a cell after the learner has replaced its ``...`` by an answer; return what it shows."""
    asked = re.search(r"\bex\.(\w+)\.(check|predict)\(", source)
    if asked is None or asked[1] not in answers:
        return run(source, namespace)
    answer, kind = answers[asked[1]], getattr(ex, asked[1]).kind
    if isinstance(kind, Function):
        run(source, namespace)
        (stub,) = re.findall(r"^def (\w+)", source, re.MULTILINE)
        namespace[stub] = answer
        return run(f"ex.{asked[1]}.check({stub})", namespace)
    # A formula is typed: in the lesson a name such as dt may be a number.
    typed = str(answer) if isinstance(kind, Expression) else answer
    return run(source.replace("...", repr(typed), 1), namespace)


def first_of_section(path: Path, exercise: str) -> int:
    """Return how many code cells lie between the set-up cell and the section of an exercise."""
    sections = sections_of(path)
    before = itertools.takewhile(lambda section: f"ex.{exercise}.check(" not in "\n".join(section), sections)
    return max(0, sum(map(len, before)) - 1) if exercise else 0


def walk(path: Path, answers: dict, since: str = "") -> dict:
    """Walk through a notebook with these answers; return what each check and comparison says.

    With ``since`` the set-up cell is followed by the section in which that exercise is, for no section needs
    an earlier one. Then a cell that only times something is left out too: nothing later needs it.
    """
    ex, namespace, said = exercises_of(path), {}, {}
    set_up, *cells = code_of(path)
    for cell in (set_up, *cells[first_of_section(path, since) :]):
        if since and "nbval-ignore-output" in cell.metadata.get("tags", []):
            continue
        shown = answered(cell.source, ex, answers, namespace)
        if name := re.search(r"\bex\.(\w+)\.(check|compare)\(", cell.source):
            said[name[1]] = shown
    return said


@every_notebook
def test_the_untouched_notebook_says_that_nothing_was_tried(path, capsys):
    said = walk(path, {})

    ex = exercises_of(path)
    for name, shown in said.items():
        if isinstance(getattr(ex, name), Exercise):
            assert shown.text == NOT_TRIED
        else:
            assert shown.text.startswith("You made no prediction.")
    assert "your own answer." not in capsys.readouterr().out


@every_notebook
def test_the_solved_notebook_passes_every_check_and_goes_on_with_its_own_answers(path, capsys):
    ex = exercises_of(path)
    answers = {name: x.kind.right for name, x in vars(ex).items() if isinstance(x, (Exercise, Prediction))}

    said = walk(path, answers)

    assert said.keys() == answers.keys()
    assert [name for name in calls_of(path, "check") if not said[name].passed] == []
    assert [name for name in calls_of(path, "predict") if "You predicted" not in said[name].text] == []
    assert capsys.readouterr().out.count("Going on with your own answer.") == len(calls_of(path, "answer"))


MISTAKES = [
    pytest.param(path, name, number, id=f"{path.stem}-{name}-{number}")
    for path in PATHS
    for name in calls_of(path, "check")
    for number in range(len(getattr(exercises_of(path), name).kind.mistakes))
]


@pytest.mark.parametrize(("path", "name", "number"), MISTAKES)
def test_the_mistaken_notebook_names_the_mistake(path, name, number):
    ex, namespace = exercises_of(path), {}
    answer, text = getattr(ex, name).kind.mistakes[number]
    set_up, *cells = (cell.source for cell in code_of(path))
    (cell,) = (source for source in cells if f"ex.{name}.check(" in source)

    run(set_up, namespace)
    verdict = answered(cell, ex, {name: answer}, namespace)

    assert verdict.text == f"Not yet. {text}"
    assert not verdict.passed


# Every third one takes part in each change's run, the first of each task among them.
TO_THE_END = [
    pytest.param(
        *mistake.values, id=mistake.id, marks=[] if mistake.values[2] % 3 == 0 else pytest.mark.thorough
    )
    for mistake in MISTAKES
]


@pytest.mark.slow
@pytest.mark.parametrize(("path", "name", "number"), TO_THE_END)
def test_the_mistaken_notebook_runs_to_its_end(path, name, number):
    answer, text = getattr(exercises_of(path), name).kind.mistakes[number]

    said = walk(path, {name: answer}, since=name)

    assert said[name].text == f"Not yet. {text}"
