"""Shapes of drawn curves: sketches by an unsteady hand, and the page's script beside Python."""

import json
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from leakyedu.teaching import shapes
from leakyedu.teaching.exercise import Prediction
from leakyedu.teaching.kinds import Points
from tests.lessons.notebook import ALL, things_of
from tests.teaching import answer, parts

CURVE = Path(shapes.__file__).with_name("curve.js")
DRAWN = {
    f"{lesson.name}.{name}": thing.kind
    for lesson in ALL
    for name, thing in things_of(lesson, Prediction).items()
    if isinstance(thing.kind, Points)
}
drawn = pytest.mark.parametrize("points", DRAWN.values(), ids=DRAWN)


def each_way(rule: dict):
    """Give the name of each curve with each way in which it is drawn."""
    return [(name, curve) for name, ways in rule["curves"].items() for curve in ways]


def sketches(points: Points, count: int, seed: int):
    """Draw each curve: each handle misses by 5 % of the axis, and one of them slips by 20 %."""
    generator, rule = random.Random(seed), points.rule()
    for name, curve in each_way(rule):
        for _ in range(count):
            sketch = [y + generator.gauss(0, 0.05) * rule["height"] for y in curve]
            sketch[generator.randrange(len(sketch))] += generator.choice((-0.2, 0.2)) * rule["height"]
            yield name, sketch


@drawn
def test_each_shape_is_recognised_as_it_is_and_higher_or_lower(points):
    rule = points.rule()

    def stretched(curve, by):
        return [points.start[1] + by * (y - points.start[1]) for y in curve]

    seen = [
        (name, curve, by, shapes.nearest(rule, stretched(curve, by)))
        for name, curve in each_way(rule)
        for by in (0.85, 1, 1.15)
    ]
    assert [one for one in seen if one[0] != one[-1]] == []
    assert points.ways.keys() <= rule["curves"].keys()
    assert len(rule["curves"]) >= 3


@drawn
def test_a_sketch_by_an_unsteady_hand_is_recognised(points):
    rule = points.rule()

    found = [(meant, shapes.nearest(rule, sketch)) for meant, sketch in sketches(points, 200, seed=0)]

    # Some hands slip so far that they draw another curve. Wrong words are worse than none.
    wrong = sum(seen not in (meant, None) for meant, seen in found)
    unnamed = sum(seen is None for _, seen in found)
    print(f"of {len(found)} sketches {wrong} are taken for another shape, {unnamed} for none")
    assert wrong <= 0.01 * len(found)
    assert wrong + unnamed <= 0.02 * len(found)


@drawn
def test_what_is_no_curve_of_ours_is_given_no_shape(points):
    low, high = points.axis
    zigzag = [(low, high)[n % 2] for n in range(len(points.at))]

    assert shapes.nearest(points.rule(), zigzag) is None
    assert shapes.nearest(points.rule(), [5 * y for _, y in points.right]) is None


@drawn
def test_a_prediction_of_a_wrong_shape_is_told_so_and_one_of_the_right_shape_too(points):
    lower = [(x, points.start[1] + 0.8 * (y - points.start[1])) for x, y in points.right]

    for mistake in points.mistakes:
        assert points.compare(tuple(zip(points.at, mistake.answer, strict=True))).endswith(mistake.text)
    assert "The shape is right." in points.compare(lower)
    assert points.compare(points.right).endswith("You saw it coming.")


@drawn
def test_a_page_draws_what_its_field_holds_and_keeps_it_as_points(points):
    prediction = Prediction("What happens?", points)
    page = prediction.on_page(prediction.predict().shown())

    (curve,), (field,) = parts(page, "curve"), parts(page, "field")
    answer(page, ", ".join(f"{y:.4f}" for _, y in points.right))

    assert curve["name"] == field["name"] == "answer"
    assert (
        points.axis[0] <= min(y for _, y in points.right) < max(y for _, y in points.right) <= points.axis[1]
    )
    assert points.axis[0] <= points.start[1] <= points.axis[1]
    assert [place for place, _ in prediction.prediction] == list(curve["at"])


def between_two(points: Points, count: int, seed: int):
    """Draw what is neither of two curves, where a judge is hardest put."""
    generator, rule = random.Random(seed), points.rule()
    for _ in range(count):
        one, other = generator.sample([curve for _, curve in each_way(rule)], 2)
        part = generator.random()
        yield [
            part * x + (1 - part) * y + generator.gauss(0, 0.1) * rule["height"]
            for x, y in zip(one, other, strict=True)
        ]


def test_the_script_of_the_page_says_the_same_of_a_thousand_sketches(tmp_path):
    if (node := shutil.which("node")) is None:
        pytest.skip("no Node.js on the path")
    asked = [
        (points.rule(), sketch)
        for seed, points in enumerate(DRAWN.values())
        for sketch in between_two(points, 1000, seed)
    ]
    script = "const asked = JSON.parse(require('fs').readFileSync(0));\n"
    script += "console.log(JSON.stringify(asked.map(([rule, values]) => shapeOf(rule, values))));"
    source = tmp_path / "curve.cjs"
    source.write_text(CURVE.read_text(encoding="utf-8") + script, encoding="utf-8")

    done = subprocess.run(
        [node, source], input=json.dumps(asked), capture_output=True, text=True, timeout=60, check=True
    )

    ours = [shapes.nearest(rule, sketch) for rule, sketch in asked]
    assert len(asked) == 1000 * len(DRAWN)
    assert json.loads(done.stdout) == ours
    assert {None, ""} < set(ours)
