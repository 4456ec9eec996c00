"""The drawings: what everybody must be able to read in them, on a page and on a wall, and the numbers they tell."""

import cmath
import itertools
import math
import re

import pytest
import torch
from matplotlib.text import Text

from leakyedu import LIParameters, simulate, stimuli
from leakyedu.lessons.a_filter.figures import swing_over_frequency, turning_arrows, two_stages
from leakyedu.lessons.a_leaky_bucket import exercises as bucket, lab as bucket_lab
from leakyedu.lessons.a_leaky_bucket.figures import narrow_and_wide, one_rule, settling, two_formulas
from leakyedu.lessons.euler_against_exact.figures import error_over_time, ladder, polygon, zones
from leakyedu.lessons.exact_steps.figures import moved_spike, plane
from leakyedu.lessons.learning.figures import unrolled
from leakyedu.lessons.noise import lab as noise_lab
from leakyedu.lessons.noise.figures import kicks_and_leak, squares
from leakyedu.lessons.one_euler_step.figures import equal_areas, one_step, wheels
from leakyedu.lessons.synapses.figures import two_buckets
from leakyedu.lessons.the_equation.figures import node, two_rests
from leakyedu.lessons.threshold_and_spikes.figures import onset, road, tipping
from leakyedu.lessons.whole_sequences.figures import levels, overflow, three_ways
from leakyedu.teaching import plotting
from leakyedu.teaching.figure import LETTER, fit_for_a_class
from tests.lessons.notebook import LESSONS, ROOT, code_of, for_all, read
from tests.lessons.test_every_lesson import words_of


def to_a_level() -> list[float]:
    v, voltages = -0.4, []
    for _ in range(1500):
        v += 0.01 * (-0.4 - v + 1)
        voltages.append(v)
    return voltages


def wandering() -> tuple:
    xi = torch.randn(200, 1, generator=torch.Generator().manual_seed(1))
    return noise_lab.scaled_noise(xi, 0.0005, 0.010, 2.0), 2 * math.sqrt(0.0005) * xi


def to_two_rests() -> dict[float, list[float]]:
    return {rest: [rest + math.exp(-n / 1000) for n in range(10_001)] for rest in (0.0, 0.2)}


CURRENTS, SPIKES = torch.tensor([0.9, 0.99, 1.01, 1.1]), torch.tensor([0.0, 0, 215, 416])

DRAWINGS = {
    "one rule": one_rule,
    "settling": lambda: settling(to_a_level(), -0.4, 1.0, 1e-4),
    "settling, as predicted": lambda: settling(to_a_level(), -0.4, 1.0, 1e-4, 1.0),
    "two rests": lambda: two_rests(to_two_rests()),
    "overflow": lambda: overflow(torch.tensor([10.0] * 900 + [math.inf] * 300), 127.0),
    "onset": lambda: onset(CURRENTS, SPIKES, 10.0, 0.5),
    "two widths": lambda: narrow_and_wide(
        {tau: bucket_lab.one_stage(torch.ones(2000), tau) for tau in (0.010, 0.020)}, 1e-4
    ),
    "two formulas": lambda: two_formulas(bucket.v_with_a_bug),
    "node": lambda: node(1.0, 0.632),
    "node, the other way round": lambda: node(-1.0, -0.632),
    "two buckets": two_buckets,
    "one step": one_step,
    "equal areas": lambda: equal_areas(simulate(stimuli.pulse(100)).v),
    "wheels": wheels,
    "polygon": polygon,
    "error over time": lambda: error_over_time([0.001, 0.0005]),
    "swings": lambda: swing_over_frequency((5, 16, 160), (0.95, 0.7, 0.1)),
    "zones": zones,
    "ladder": ladder,
    "plane": lambda: plane(0.007),
    "plane, a step that leaves it": lambda: plane(0.030),
    "moved spike": lambda: moved_spike(0.0033, (0.003, 0.004)),
    "turning arrows": lambda: turning_arrows(40.0),
    "turning arrows, slow": lambda: turning_arrows(5.0),
    "turning arrows, fast": lambda: turning_arrows(160.0),
    "two stages": lambda: two_stages(13.3),
    "three ways": three_ways,
    "levels": lambda: levels([torch.eye(64)[5]] * 7),
    "unrolled": unrolled,
    "kicks": lambda: kicks_and_leak(*wandering(), 0.0005, first=166),
    "squares": squares,
    "tipping": tipping,
    "road": road,
}
each_drawing = pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)


@pytest.fixture(params=[False, True], ids=["on a page", "on a wall"])
def place(request):
    plotting.presentation(request.param)
    yield request.param
    plotting.presentation(False)


@each_drawing
def test_its_words_are_inside_large_enough_and_beside_each_other(draw, place):
    figure, sentence = draw()
    fit_for_a_class(figure)
    figure.draw_without_rendering()

    words = [text for axes in figure.axes for text in axes.texts if text.get_text().strip()]
    # Of an annotation this is its text alone, without its arrow.
    boxes = [(text.get_text(), Text.get_window_extent(text)) for text in words]
    assert [text.get_text() for text in words if text.get_fontsize() < (LETTER if place else 9)] == []
    width, height = figure.bbox.size
    assert [name for name, b in boxes if b.x0 < 0 or b.y0 < 0 or b.x1 > width or b.y1 > height] == []
    assert [(a, b) for (a, box), (b, other) in itertools.combinations(boxes, 2) if box.overlaps(other)] == []
    assert len(sentence) > 60
    assert re.search(r"\d", sentence)
    assert not re.search(r"\b(nan|inf)\b", sentence)


@for_all(LESSONS)
def test_a_lesson_has_a_picture_within_its_first_150_words(lesson):
    before = []
    for cell in read(lesson).cells:
        if any("<img" in output.get("data", {}).get("text/html", "") for output in cell.get("outputs", ())):
            break
        before.append(cell)

    assert len(words_of(before)) <= 150


@for_all(LESSONS)
def test_a_lesson_shows_each_of_its_figures(lesson):
    package = ROOT / "leakyedu/lessons" / lesson.name
    figures = re.findall(r"^def ([a-z]\w+)", (package / "figures.py").read_text("utf-8"), re.MULTILINE)
    shown = "\n".join(cell.source for cell in code_of(lesson)) + (package / "lab.py").read_text("utf-8")

    assert [name for name in figures if not re.search(rf"\b{name}\(", shown)] == []


def test_what_flows_into_the_node_flows_out_of_it():
    for current, voltage in ((1.0, 0.632), (2.0, 0.5), (-1.0, -0.3)):
        inflow, charging, leak = map(float, re.findall(r"(-?\d+\.?\d*) nA", node(current, voltage)[1]))
        assert inflow == pytest.approx(10 * current)
        assert charging + leak == pytest.approx(inflow, abs=0.02)


def test_a_prediction_of_where_it_settles_is_drawn_or_said_to_be_outside():
    plain, drawn, far = (settling(to_a_level(), -0.4, 1.0, 1e-4, guess) for guess in (None, 1.0, 14.0))

    assert "predicted" not in plain[1]
    assert drawn[1].endswith(" You predicted 1 V.")
    assert far[1].endswith(" You predicted 14 V, which is outside of the picture.")
    lines = [
        sum(line.get_ydata()[0] == 1.0 for line in figure.axes[0].get_lines()) for figure, _ in (plain, drawn)
    ]
    assert lines == [0, 1]
    assert drawn[0].axes[0].get_ylim()[1] > 1.0


def test_cells_decay_to_their_own_rest_and_equally_fast():
    _, sentence = two_rests(to_two_rests())

    assert "at 0.00 V, its v_leak; after 10 ms it is 0.368 V above that." in sentence
    assert "at 0.20 V, its v_leak; after 10 ms it is 0.368 V above that." in sentence


def test_a_sum_is_good_until_it_overflows():
    figure, sentence = overflow(torch.tensor([1.0, 2.0, 3.0, math.inf]), 2.0)

    assert (
        sentence
        == "For 3 steps y is good, at last 3 V; then the sum inside it overflows, not y itself. You predicted 2 steps."
    )
    assert len(figure.axes[0].get_lines()[0].get_xdata()) == 3


def test_spikes_are_told_for_each_current():
    assert onset(CURRENTS, SPIKES, 10.0)[1] == (
        "Spikes in 10 s: 0 at 0.90 V, 0 at 0.99 V, 215 at 1.01 V, 416 at 1.10 V."
    )
    assert onset(CURRENTS, SPIKES, 10.0, 0.5)[1].endswith(" You predicted 0.5 V.")


def test_both_levels_of_the_buckets_are_those_of_the_formula():
    _, sentence = two_buckets(LIParameters.from_tau(tau_syn=0.004, tau_mem=0.008), after=0.006)

    i, v = math.exp(-1.5), math.exp(-0.75) - math.exp(-1.5)
    assert f"to {i:.3g} V" in sentence
    assert f"come to {v:.3g} V" in sentence


def test_a_step_of_euler_is_held_against_the_truth():
    _, sentence = one_step(0.002)

    v = math.exp(-0.2) - math.exp(-0.4)
    assert f"i ends at 0.6 V, where {math.exp(-0.4):.3g} V is true" in sentence
    assert f"v at 0.2 V, where {v:.3g} V is true" in sentence


def test_the_areas_between_euler_and_the_truth_are_equal():
    for dt in (0.0005, 0.001, 0.002):
        v = simulate(stimuli.pulse(round(0.2 / dt), dtype=torch.float64), dt=dt).v
        above, below = re.findall(r"(\d+\.\d+) mV s", equal_areas(v, dt)[1])
        assert above == below
    assert equal_areas(0.8 * v, dt)[1].count(above) == 0


def test_the_polygon_tells_the_error_of_one_step_from_that_of_all():
    _, sentence = polygon(0.005, 0.010, 4)

    assert f"off by {math.exp(-0.5) - 0.5:.3g} V" in sentence
    assert f"after 4 steps Euler is off by {math.exp(-2) - 0.5**4:.3g} V" in sentence


def test_a_step_in_the_plane_ends_where_theory_says():
    _, sentence = plane(0.003)

    v, i = math.exp(-0.3) - math.exp(-0.6), math.exp(-0.6)
    assert f"to {v:.3g} V and {i:.3g} V; Euler goes straight on, to 0.3 V and 0.4 V." in sentence


def test_a_moved_spike_costs_what_a_fine_grid_finds():
    _, sentence = moved_spike(0.0033, (0.003, 0.004))

    t = torch.linspace(0, 0.03, 30001, dtype=torch.float64)
    response = lambda at: (torch.exp(-(t - at) / 0.01) - torch.exp(-(t - at) / 0.005)) * (t > at)  # noqa: E731
    for at in (0.003, 0.004):
        off = float((response(at) - response(0.0033)).abs().max())
        assert f"oved to {1000 * at:g} ms it is off by up to {off:.3g} V" in sentence


@pytest.mark.parametrize(
    ("hertz", "gain", "lag"), [(5.0, 0.954, 17.4), (40.0, 0.370, 68.3), (160.0, 0.099, 84.3)]
)
def test_the_answer_of_a_stage_is_shorter_and_late(hertz, gain, lag):
    _, sentence = turning_arrows(hertz)

    assert f"is {gain:.2f} times as long" in sentence
    assert f"and {lag:.0f} degrees behind" in sentence
    assert f"comes {lag / 360 / hertz * 1000:.1f} ms later" in sentence


def test_the_gains_of_two_stages_are_multiplied_and_their_phases_added():
    _, sentence = two_stages(20.0, tau_syn=0.004, tau_mem=0.008)

    h = [1 / (1 + 2j * math.pi * 20 * tau) for tau in (0.004, 0.008)]
    both = h[0] * h[1]
    assert (
        f"leaves {abs(h[0]):.2f} of the swing, and the membrane {abs(h[1]):.2f} of that: {abs(both):.2f}."
        in sentence
    )
    assert f"to {-math.degrees(cmath.phase(both)):.0f} degrees" in sentence


def test_a_scan_of_8_steps_has_3_levels_and_one_value_is_made_of_all():
    assert "8 turns" in three_ways()[1]
    assert "36 products" in three_ways()[1]
    assert "3 levels" in three_ways()[1]
    assert "of 64 steps, joined in 6 levels" in levels([torch.eye(64)[5]] * 7)[1]
    assert "of 8 steps, joined in 3 levels" in levels([torch.eye(64)[5]] * 4)[1]


def test_a_bucket_tips_when_theory_says():
    def width_of_a_rise(current):
        paths = [patch.get_path().vertices for patch in tipping(current)[0].axes[0].patches]
        lines = [line.get_xydata() for line in tipping(current)[0].axes[0].get_lines()]
        v = max((*paths, *lines), key=len)
        return v[v[:, 1].argmax(), 0] - v[0, 0]

    # Without a number, which the class is asked for below it: 3.3 time constants are 4.9 wide.
    assert width_of_a_rise(1.5) == pytest.approx(4.9 / 3.3 * math.log(3))
    assert width_of_a_rise(2.0) == pytest.approx(4.9 / 3.3 * math.log(2))
    assert "With i = 2 V" in tipping(2.0)[1]
    assert "Up to 0.944 V" in road()[1]
