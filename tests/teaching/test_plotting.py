"""Pictures: what they draw, and whether their sentence tells the truth about it."""

import pytest
import torch
from matplotlib.axes import Axes

from leakyedu import LIParameters, LIState, simulate
from leakyedu.methods import exact
from leakyedu.stimuli import pulse, spikes
from leakyedu.teaching import plotting
from leakyedu.teaching.figure import new_axes

PEAK = "The voltage peaks at 0.269 V after 6 ms."
TWO_NEURONS = simulate(pulse(40)[:, None] * torch.tensor([1.0, 2.0]))
COLD = simulate(0.05 * pulse(40), p=LIParameters.from_tau(v_leak=-0.065))
BROKEN = LIState(torch.tensor([1.0, torch.nan]), torch.zeros(2))


def lines_of(axes: Axes, color: str) -> list:
    return [line for line in axes.lines if line.get_color() == color and len(line.get_xdata()) > 2]


def test_a_trajectory_is_drawn_with_the_state_n_at_the_time_n_plus_1():
    state = simulate(pulse(40))

    figure, _ = plotting.trajectory(state)

    (v,), (i,) = (lines_of(figure.axes[0], c) for c in (plotting.VOLTAGE, plotting.CURRENT))
    assert v.get_xdata()[:3].tolist() == pytest.approx([1, 2, 3])
    assert v.get_ydata()[:3].tolist() == pytest.approx([0.1, 0.17, 0.217])
    assert i.get_ydata()[:3].tolist() == pytest.approx([0.8, 0.64, 0.512])


def test_axes_name_their_quantity_and_unit():
    axes = plotting.trajectory(simulate(pulse(40)))[0].axes[0]

    assert axes.get_xlabel() == "time (ms)"
    assert axes.get_ylabel() == "voltage v and current i (V)"


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (simulate(pulse(40)), PEAK),
        (simulate(-pulse(40)), "The voltage peaks at -0.269 V after 6 ms."),
        (simulate(pulse(3)), "The voltage rises to 0.217 V after 3 ms."),
        (TWO_NEURONS, "The largest of 2 voltages peaks at 0.539 V after 6 ms."),
        (BROKEN, "The voltage is no longer finite after 2 ms."),
        (COLD, "The voltage peaks at -0.0515 V after 6 ms."),
    ],
    ids=["peak", "inhibition", "still rising", "two neurons", "not finite", "far from 0 V"],
)
def test_the_sentence_of_a_trajectory_is_computed_from_it(state, sentence):
    assert plotting.trajectory(state)[1] == sentence


def test_the_peak_of_the_sentence_is_marked_in_the_picture_and_only_there():
    marks = [
        [
            line.get_xydata().tolist()
            for line in plotting.trajectory(state)[0].axes[0].lines
            if line.get_marker() == "o"
        ]
        for state in (simulate(pulse(40)), simulate(pulse(3)))
    ]

    assert marks == [[[pytest.approx([6.0, 0.269297], abs=1e-6)]], []]


def test_of_two_voltages_that_agree_both_are_seen_and_points_do_not_bury_the_curve():
    v = simulate(pulse(400), dt=0.00025).v

    lines = plotting.against_exact({"one": v, "other": v}, 0.00025, until=40)[0].axes[0].lines

    one, other = (next(line for line in lines if line.get_label() == name) for name in ("one", "other"))
    assert one.get_markersize() > other.get_markersize() + 2
    assert len(v) / one.get_markevery() < 100


def test_inputs_are_marked_where_they_arrive_and_named_once():
    inputs = spikes([0.002, 0.010], steps=40)

    axes = plotting.trajectory(simulate(inputs), inputs=inputs)[0].axes[0]

    marks = [x for x in axes.lines if x.get_color() == plotting.INPUT and x.get_linestyle() == ":"]
    assert [x.get_xdata()[0] for x in marks] == pytest.approx([2, 10])
    assert [text.get_text() for text in axes.texts].count("inputs") == 1


@pytest.mark.parametrize("draw", [
    lambda guess: plotting.trajectory(simulate(pulse(40)), predicted_peak=guess),
    lambda guess: plotting.against_exact({"Euler": simulate(pulse(40)).v}, predicted_peak=guess),
], ids=["trajectory", "against_exact"])  # fmt: skip
def test_a_prediction_is_drawn_in_a_colour_and_style_of_its_own(draw):
    figure, sentence = draw(7.5)
    without, plain = draw(None)

    (mark,) = [x for x in figure.axes[0].lines if x.get_color() == plotting.PREDICTION]
    assert mark.get_xdata()[0] == 7.5
    assert mark.get_linestyle() != "-"
    assert sentence == f"{plain} You predicted the peak after 7.5 ms."
    assert not [x for x in without.axes[0].lines if x.get_color() == plotting.PREDICTION]


def test_the_exact_curve_is_the_analytic_response():
    p = LIParameters.from_tau(tau_syn=4e-3, tau_mem=20e-3)

    figure, _ = plotting.against_exact({"Euler": simulate(pulse(100), p=p).v}, p=p, w=2.0)

    curve = max(figure.axes[0].lines, key=lambda line: len(line.get_xdata()))
    t, v = (torch.as_tensor(x) for x in (curve.get_xdata() / 1000, curve.get_ydata()))
    assert (t[0], v[0]) == (0, 0)
    torch.testing.assert_close(v[1:], 2 * exact(p, t[1:]).v_from_i, rtol=1e-12, atol=0)


def test_the_comparison_says_wrong_peak_right_area():
    curves = {"Euler": simulate(pulse(100)).v, "half": simulate(pulse(100, w=0.5)).v}

    _, sentence = plotting.against_exact(curves)

    assert sentence == (
        "The exact voltage peaks at 0.25 V after 6.93 ms. Euler: peak 0.269 V after 6 ms, area 1.00 of the "
        "exact one. Half: peak 0.135 V after 6 ms, area 0.50 of the exact one."
    )


def test_until_cuts_the_picture_and_not_the_numbers():
    curves = {"Euler": simulate(pulse(100)).v}

    figure, sentence = plotting.against_exact(curves, until=40)

    assert figure.axes[0].get_xlim()[1] == 40
    assert sentence == plotting.against_exact(curves)[1]


def test_pictures_go_into_given_axes():
    axes = new_axes()

    figure, _ = plotting.trajectory(simulate(pulse(40)), axes=axes)
    plotting.against_exact({"Euler": simulate(pulse(40)).v}, axes=axes)

    assert figure is axes.figure
    assert len(figure.axes) == 1


@pytest.mark.parametrize("shape", [(), (0,), (4, 3, 2)])
def test_a_trajectory_that_cannot_be_drawn_is_refused(shape):
    state = LIState(torch.zeros(shape), torch.zeros(shape))

    with pytest.raises(ValueError, match=r"trajectory must have the shape \(time,\) or \(time, neurons\)"):
        plotting.trajectory(state)


@pytest.mark.parametrize("milliseconds", [-3.0, 60.0, 1e6])
def test_a_prediction_outside_of_the_picture_is_said_and_does_not_change_it(milliseconds):
    curves = {"Euler": simulate(pulse(100)).v}

    figure, sentence = plotting.against_exact(curves, until=40, predicted_peak=milliseconds)

    assert figure.axes[0].get_xlim() == (-1, 40)
    assert sentence.endswith(" ms, which is outside of the picture.")
    assert "your prediction" not in [text.get_text() for text in figure.axes[0].texts]


@pytest.mark.parametrize("dt", [0.25, 1.0, 4.0])
def test_the_exact_peak_is_the_same_whatever_the_step(dt):
    curves = {"Euler": simulate(pulse(round(200 / dt)), dt=dt / 1000).v}

    _, sentence = plotting.against_exact(curves, dt / 1000)

    assert sentence.startswith("The exact voltage peaks at 0.25 V after 6.93 ms.")


def test_the_comparison_counts_from_where_the_neuron_rests():
    p = LIParameters.from_tau(v_leak=-0.065)

    _, sentence = plotting.against_exact({"Euler": simulate(pulse(100), p=p).v}, p=p)

    assert sentence == (
        "The exact voltage peaks at 0.185 V after 6.93 ms. Euler: peak 0.204 V after 6 ms, "
        "area 1.00 of the exact one."
    )


@pytest.mark.parametrize(
    ("voltages", "options", "words"),
    [
        ({}, {}, r"voltages must each have the shape \(time,\), got \{\}"),
        ({"Euler": torch.zeros(5, 2)}, {}, r"got \{'Euler': \(5, 2\)\}. Choose one neuron"),
        ({"Euler": torch.zeros(0)}, {}, "voltages must each have the shape"),
        ({"Euler": torch.zeros(5)}, {"w": 0}, "w must not be 0"),
        ({"Euler": torch.zeros(5)}, {"dt": -1.0}, "dt must be a finite number of seconds above 0"),
        (
            {"Euler": torch.zeros(5)},
            {"p": LIParameters.from_tau(torch.full((3,), 5e-3))},
            "p must be that of one neuron",
        ),
    ],
)
def test_a_comparison_that_cannot_be_meant_is_refused(voltages, options, words):
    with pytest.raises(ValueError, match=words):
        plotting.against_exact(voltages, **options)


def test_learned_parameters_can_be_drawn():
    p = LIParameters(*(x.clone().requires_grad_() for x in LIParameters()))

    _, sentence = plotting.against_exact({"Euler": simulate(pulse(100), p=p).v}, p=p)

    assert "peaks at 0.25 V after 6.93 ms" in sentence


def test_spikes_may_be_bool_and_must_have_the_steps_of_the_trajectory():
    inputs = torch.zeros(40, dtype=torch.bool)
    inputs[16] = True

    figure, _ = plotting.trajectory(simulate(inputs), inputs=inputs)

    assert [line.get_xdata()[0] for line in figure.axes[0].lines if line.get_linestyle() == ":"] == [16]
    with pytest.raises(
        ValueError, match=r"inputs must have the 40 steps of the trajectory in front, got shape \(80,"
    ):
        plotting.trajectory(simulate(inputs), inputs=torch.zeros(80))


@pytest.mark.parametrize("steps", [10, 100, 3000, 50_000])
def test_the_exact_peak_is_the_same_however_long_the_sequence(steps):
    _, sentence = plotting.against_exact({"Euler": torch.zeros(steps)})

    assert sentence.startswith("The exact voltage peaks at 0.25 V after 6.93 ms.")


def test_the_exact_curve_starts_at_rest():
    figure, _ = plotting.against_exact({"Euler": torch.zeros(100)}, p=LIParameters.from_tau(v_leak=-0.065))

    (curve,) = [line for line in figure.axes[0].lines if line.get_label() == "exact"]
    assert (curve.get_xdata()[0], curve.get_ydata()[0]) == (0, -0.065)


def test_a_drawn_curve_stands_beside_the_truth_and_its_highest_point_in_the_sentence():
    drawn = [(2.0, 0.1), (5.0, 0.3), (20.0, 0.05)]

    figure, sentence = plotting.trajectory(simulate(pulse(30)), predicted_curve=drawn)
    _, without = plotting.trajectory(simulate(pulse(30)))

    (crosses,) = [line for line in figure.axes[0].lines if line.get_color() == plotting.PREDICTION]
    assert list(zip(*crosses.get_data(), strict=True)) == drawn
    assert sentence == f"{without} Crosses are your prediction, 0.3 V after 5 ms at the highest."


ERRORS = {"dt 2 ms": 0.059, "dt 1 ms": 0.0255}


def test_bars_say_each_number_and_have_its_length():
    figure, sentence = plotting.bars(ERRORS | {"far off": -1761.0}, "largest error", "V")

    assert sentence == "Largest error: 0.059 V (dt 2 ms), 0.0255 V (dt 1 ms), -1,761 V (far off)."
    assert [bar.get_width() for bar in figure.axes[0].patches] == [0.059, 0.0255, -1761.0]
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == ["dt 2 ms", "dt 1 ms", "far off"]
    low, high = figure.axes[0].get_xlim()
    assert low < -1761 < 0.059 < high


@pytest.mark.parametrize(
    ("guess", "drawn", "end"),
    [
        (None, [], "0.0255 V (dt 1 ms)."),
        (0.013, [0.013], " You predicted 0.013 V for dt 1 ms."),
        (2.0, [], " You predicted 2 V for dt 1 ms, which is outside of the picture."),
    ],
)
def test_a_prediction_is_drawn_on_its_own_bar(guess, drawn, end):
    figure, sentence = plotting.bars(ERRORS, "largest error", "V", predicted=("dt 1 ms", guess))

    marks = [line for line in figure.axes[0].lines if line.get_color() == plotting.PREDICTION]
    assert sentence.endswith(end)
    assert [mark.get_xdata()[0] for mark in marks] == drawn
    assert all(mark.get_ydata()[0] < 1 < mark.get_ydata()[1] for mark in marks)


@pytest.mark.parametrize(("values", "predicted"), [({}, None), (ERRORS, ("dt 3 ms", 0.1))])
def test_no_bars_or_a_prediction_of_none_of_them_are_refused(values, predicted):
    with pytest.raises(ValueError, match="values must hold at least one number, and the predicted one, got"):
        plotting.bars(values, "largest error", "V", predicted=predicted)


@pytest.mark.parametrize(("highest", "above"), [(0.15, True), (0.25, False)])
def test_the_name_of_a_low_curve_stands_above_it_and_not_on_the_line_of_zero(highest, above):
    v, i = torch.linspace(0.01, highest, 20), torch.ones(20)

    (name,) = (x for x in plotting.trajectory(LIState(v, i))[0].axes[0].texts if x.get_text() == "v")

    assert (name.xyann[1] > 0) is above
