"""The course as web pages: what is made of a lesson, of scripts, of formulas, and of a lab."""

import base64
import json
import re
import shutil
import subprocess
import zlib

import pytest
from sphinx.errors import ExtensionError

from leakyedu.app.site import build, labs, pages
from leakyedu.app.site.conf import to_mathml
from leakyedu.lessons import lessons
from leakyedu.teaching import progress
from leakyedu.teaching.kinds import Choice
from leakyedu.teaching.lab import Device, Menu, Slider

LESSONS = {lesson.name: lesson for lesson in lessons()}
NAMES = [pages.name_of(lesson) for lesson in lessons()]


# -- Pages -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bucket():
    return pages.Page.of(LESSONS["a_leaky_bucket"], NAMES)


def test_each_task_of_a_lesson_has_its_place(bucket):
    asked = [place["key"] for place in bucket.places if place["does"] in ("predict", "check")]
    recalled = [key for place in bucket.places if place["does"] == "recall" for key in place["keys"]]

    ex = bucket.lesson.exercises
    own = [task.record.key for task in vars(ex).values() if hasattr(task, "record")]
    assert sorted(asked) == sorted(own)
    assert recalled == [record.key for record in ex.recall.records]
    assert [place["does"] for place in bucket.places].count("lab") == 1


def test_what_happens_is_covered_from_its_picture_to_its_reason(bucket):
    text = "".join(cell["source"] for cell in bucket.cells)

    covers = dict(re.findall(r'data-tasks="([^"]+)"(.*?)</details>\n`{9}', text, re.DOTALL))
    assert [*covers] == ["settles", "rise", "larger_tau", "input_halves"]
    assert "Then inflow equals leak" in covers["settles"]
    assert covers["settles"].index('class="leakyedu-place leakyedu-told') < covers["settles"].index(
        "voltages.append(v)"
    )
    assert "Another nerve cell rests" not in covers["settles"]  # the next question
    # What is computed below the comparison would answer it, too, until something else is asked.
    assert "missing = 100" in covers["rise"]
    assert "36.8 %" in covers["rise"]
    assert "Read tau off a curve" not in covers["rise"]
    assert (
        text.index('data-tasks="settles"')
        < text.index("voltages.append(v)")
        < text.index('data-tasks="rise"')
    )


def test_a_page_holds_no_picture_itself_and_says_nothing_of_kernels(bucket):
    text = json.dumps(bucket.notebook())

    assert "base64" not in text
    assert len(bucket.files) >= 5
    assert re.findall(r"Shift\+Enter|first code cell|Going on with|the cell again", text) == []
    assert "V: change it in the notebook" in text


@pytest.mark.parametrize("name", LESSONS)
def test_a_page_promises_no_prediction_in_a_picture_and_has_each_option_once(name):
    page = pages.Page.of(LESSONS[name], NAMES)
    texts = [cell["source"] for cell in page.cells if cell["cell_type"] == "markdown"]
    text = "".join(words for words in texts if "leakyedu-recall" not in words)

    assert re.findall("if you (?:made|named) one", text) == []
    for task in vars(page.lesson.exercises).values():
        if isinstance(getattr(task, "kind", None), Choice):
            assert [text.count(f"({key}) {words}") for key, words in task.kind.options.items()] == [
                1 for _ in task.kind.options
            ]


def test_a_page_says_that_it_does_not_measure():
    page = pages.Page.of(LESSONS["whole_sequences"], NAMES)

    lab = next(cell["source"] for cell in page.cells if "leakyedu-lab" in cell["source"])
    assert pages.NOT_MEASURED in lab


def test_hints_and_solutions_can_be_read_without_scripts(bucket):
    text = "".join(cell["source"] for cell in bucket.cells)

    for hint in bucket.lesson.exercises.level.hints:
        assert hint[:20] in text
    assert text.count("<summary>Solution</summary>") == 4


def test_a_link_to_what_is_not_on_the_site_is_left_as_words():
    text = "[lesson 2](02_the_equation.ipynb), [the map](00_start_here.ipynb#Paths), [page](https://a.b/c), [l](../x.py)"

    assert pages.linked(text, ["index"]) == "lesson 2, [the map](index.ipynb#Paths), [page](https://a.b/c), l"


def test_the_two_commands_are_those_of_the_readme():
    here, windows = pages.commands()

    assert here.startswith("python3 -m venv ")
    assert windows.startswith("py -m venv ")


def test_what_is_no_site_of_ours_is_left_alone(tmp_path):
    theirs, clone = tmp_path / "theirs", tmp_path / "clone"
    for folder, names in ((theirs, ["searchindex.js"]), (clone, ["_static/course.js", ".git/HEAD"])):
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).touch()

        with pytest.raises(ValueError, match="holds something else than a site"):
            build.build(folder)

        assert sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()) == sorted(names)


# -- Scripts ---------------------------------------------------------------------------------------


def test_modules_become_one_script_with_names_of_their_own(tmp_path):
    (tmp_path / "main.mjs").write_text(
        'import { twice as two } from "./a.mjs";\nimport odd from "./b.mjs";\nconst x = 1;\nconsole.log(two(x), odd, above);\n'
    )
    (tmp_path / "a.mjs").write_text(
        'import odd from "./b.mjs";\nconst x = 20;\nexport function twice(y) {\n  return 2 * y + x + odd;\n}\n'
    )
    (tmp_path / "b.mjs").write_text("const x = 300;\nexport default x;\n")

    text = build.script(tmp_path / "main.mjs", "const above = 5;")

    node = shutil.which("node")
    assert node is not None, "node runs the scripts of the site"
    assert (
        subprocess.run([node, "-e", text], capture_output=True, text=True, check=True).stdout == "322 300 5\n"
    )


def test_a_module_that_cannot_be_joined_is_named(tmp_path):
    (tmp_path / "a.mjs").write_text('import * as b from "./b.mjs";\n')

    with pytest.raises(ValueError, match=r"a\.mjs imports or exports in a way"):
        build.script(tmp_path / "a.mjs")


# -- Formulas --------------------------------------------------------------------------------------


def test_a_formula_that_is_aligned_has_columns_and_no_ampersand():
    mathml = to_mathml(r"\tau \dot v &= i - v \\ \dot i &= 0", display=True)

    assert mathml.count("<mtr>") == 2
    assert re.search(r"&(?!#?\w+;)|&amp;", mathml) is None
    assert 'display="block"' in mathml


def test_a_formula_that_is_not_read_to_its_end_is_an_error():
    with pytest.raises(ExtensionError, match="not read to its end"):
        to_mathml(r"\nosuchcommand{x}", display=False)


# -- Labs ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("control", "told", "wanted"),
    [
        (Slider("x", 0.0, 4.0, 0.5, 1.0), set(), [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4]),
        (Slider("x (ms)", 0.125, 14.0, 0.125, 2.0), {2.5}, [0.125, *range(1, 3), 2.5, *range(3, 15)]),
        (Menu("m", ("a", "b"), "b"), set(), ["a", "b"]),
        (Device(recorded=("recorded on it",)), set(), ["recorded on it"]),
    ],
)
def test_few_values_of_a_control_are_recorded_round_ones(control, told, wanted):
    assert labs.values(control, told) == wanted


@pytest.mark.parametrize("name", [lesson.name for lesson in lessons() if lesson.lab])
def test_at_most_25_values_of_a_control_are_recorded_one_at_a_time_and_each_preset(name):
    lab = LESSONS[name].lab.LAB
    start = labs.starts(lab)

    found = labs.shots(lab)

    moved = [[key for key in start if settings[key] != start[key]] for settings in found]
    presets = [start | preset.settings for preset in lab.presets]
    alone = [each for each, settings in zip(moved, found, strict=True) if settings not in presets]
    assert found[0] == start
    assert max(map(len, alone)) <= 1
    assert max(alone.count([key]) for key in start) <= labs.MOST
    if name != "whole_sequences":  # one preset is about this machine, which no record is
        assert [preset for preset in presets if preset not in found] == []


@pytest.mark.parametrize("name", [lesson.name for lesson in lessons() if lesson.lab])
def test_a_slider_runs_over_the_values_that_have_a_picture(name):
    lab = LESSONS[name].lab.LAB
    start, taken = labs.starts(lab), labs.shots(lab)

    rows = [row for row in labs._rows(lab, taken) if isinstance(row, dict) and row["kind"] == "number"]

    for row in rows:
        slider, values = lab.controls[row["name"]], row["values"]
        assert (values[0], values[-1]) == (slider.low, slider.high)
        assert values == sorted(set(values))
        assert all(start | {row["name"]: value} in taken for value in values)
    assert [row["name"] for row in rows] == [n for n, c in lab.controls.items() if isinstance(c, Slider)]


def test_a_picture_in_few_colours_keeps_its_size():
    from leakyedu.lessons.one_euler_step import lab
    from leakyedu.teaching.canvas import Canvas

    png, _ = Canvas(lab.LAB.panes).draw(lambda *axes: lab.LAB.draw(*axes, **lab.LAB.start, prediction=None))
    picture, size = labs.small(png)

    assert picture[8:12] == b"WEBP"
    assert len(picture) < len(png) / 2
    assert size[0] > 500


# -- Progress --------------------------------------------------------------------------------------


def line_of(records: dict) -> str:
    content = json.dumps({"schema": progress.SCHEMA, "records": records}).encode()
    return progress.MARK + base64.urlsafe_b64encode(zlib.compress(content)).decode("ascii")


def test_what_a_page_keeps_and_what_python_keeps_are_one_line():
    kept = {
        "one_euler_step.peak_time": {"prediction": 7.5, "seen": True},
        "one_euler_step.order": {
            "tries": 2,
            "hints": 1,
            "passed": "2026-11-30",
            "answer": "ABC",
            "mistakes": {"B before C": 2, "A before B": 1},
        },
        "synapses.response": {"prediction": [[1, 0.1], [4, 0.2]], "after": None},
    }
    for key, fields in kept.items():
        progress.change(key, lambda record, fields=fields: record.update(fields))
    limits = {
        "schema": progress.SCHEMA, "mark": progress.MARK, "most": progress.MOST, "longest": progress.LONGEST,
        "most_records": progress.MOST_RECORDS, "most_counted": progress.MOST_COUNTED,
        "most_mistakes": progress.MOST_MISTAKES,
    }  # fmt: skip
    code = """
const { Progress } = await import(process.argv[1]);
const [limits, line, known] = JSON.parse(process.argv[2]);
const kept = new Map();
const store = { getItem: (k) => kept.get(k) ?? null, setItem: (k, v) => kept.set(k, v), removeItem: (k) => kept.delete(k) };
const mine = new Progress(limits, store);
mine.put("one_euler_step.order", { tries: 5, hints: 0, passed: "2026-12-01", mistakes: { "A before B": 3 } });
const brought = await mine.restore(`> ${line.slice(0, 40)}\\n> ${line.slice(40)}\\nSee you.`, new Map(known));
const damaged = [await mine.restore(line.slice(0, -9), new Map()), await mine.restore("", new Map())];
console.log(JSON.stringify({ brought, damaged, line: await mine.line(), records: new Progress(limits, store).records() }));
"""
    module = (build.HERE / "progress.mjs").as_uri()
    known = {key: ["A before B", "B before C"] for key in [*kept, "synapses.psp"]}
    odd = {"synapses.psp": {"mistakes": {"no such mistake": 1}}}
    line = line_of(progress.records() | odd)
    told = json.dumps([limits, line, [*known.items()]])

    command = [shutil.which("node"), "--input-type=module", "-e", code, module, told]
    said = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    counted = {"tries": 5, "mistakes": {"A before B": 3, "B before C": 2}}
    both = kept | {"one_euler_step.order": kept["one_euler_step.order"] | counted}
    assert said["brought"] == 3
    assert said["damaged"] == [None, None]
    assert said["records"] == both
    for lesson in ("one_euler_step", "synapses"):
        progress.forget(lesson)
    assert progress.restore(said["line"]) == 3
    assert progress.records() == both
