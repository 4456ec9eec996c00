"""Pictures: what they draw, and whether their sentence tells the truth about it."""

import base64
import io
import re
import wave

import pytest
import torch
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb

from leakyedu import LIParameters, LIState, plotting, simulate
from leakyedu.methods import exact
from leakyedu.stimuli import pulse, spikes

PEAK = "The voltage peaks at 0.269 V after 6 ms."
TWO_NEURONS = simulate(pulse(40)[:, None] * torch.tensor([1.0, 2.0]))
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
        (simulate(pulse(3)), "The voltage goes from 0.1 V after 1 ms to 0.217 V after 3 ms."),
        (TWO_NEURONS, "The largest of 2 voltages peaks at 0.539 V after 6 ms."),
        (BROKEN, "The voltage is no longer finite after 2 ms."),
    ],
    ids=["peak", "inhibition", "still rising", "two neurons", "not finite"],
)
def test_the_sentence_of_a_trajectory_is_computed_from_it(state, sentence):
    assert plotting.trajectory(state)[1] == sentence


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
    axes = plotting.new_axes()

    figure, _ = plotting.trajectory(simulate(pulse(40)), axes=axes)
    plotting.against_exact({"Euler": simulate(pulse(40)).v}, axes=axes)

    assert figure is axes.figure
    assert len(figure.axes) == 1


def test_pictures_leave_no_figure_open():
    import matplotlib.pyplot as plt

    plotting.picture(*plotting.trajectory(simulate(pulse(40))))

    assert plt.get_fignums() == []


def test_the_html_carries_the_sentence_as_alt_text_and_caption():
    figure, _ = plotting.trajectory(simulate(pulse(40)))

    page = plotting.picture(figure, 'v < 1 V, "so" 2 & 3')

    words = "v &lt; 1 V, &quot;so&quot; 2 &amp; 3"
    assert f'alt="{words}"' in page
    assert f"<figcaption>{words}</figcaption>" in page
    png = base64.b64decode(re.search(r"base64,([^\"]+)", page)[1])
    assert png.startswith(b"\x89PNG")


def test_the_same_picture_has_the_same_bytes():
    pages = [plotting.picture(*plotting.trajectory(simulate(pulse(40)))) for _ in range(2)]

    assert pages[0] == pages[1]


def test_show_displays_the_picture_and_the_sentence(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw: shown.append((bundle, raw)))

    plotting.show(*plotting.trajectory(simulate(pulse(40))))

    ((bundle, raw),) = shown
    assert raw
    assert bundle["text/plain"] == PEAK
    assert bundle["text/html"].startswith("<figure")


@pytest.mark.parametrize("sentence", ["", "It peaks at 6 ms.", "The voltage peaks late and high."])
def test_a_sentence_that_says_too_little_is_refused(sentence):
    figure, _ = plotting.trajectory(simulate(pulse(40)))

    with pytest.raises(ValueError, match="sentence must have over 20 characters and a number"):
        plotting.show(figure, sentence)


@pytest.mark.parametrize("shape", [(), (0,), (4, 3, 2)])
def test_a_trajectory_that_cannot_be_drawn_is_refused(shape):
    state = LIState(torch.zeros(shape), torch.zeros(shape))

    with pytest.raises(ValueError, match=r"trajectory must have the shape \(time,\) or \(time, neurons\)"):
        plotting.trajectory(state)


def luminance(color: str | tuple) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("color", [plotting.VOLTAGE, plotting.CURRENT, plotting.INPUT, plotting.PREDICTION])
def test_lines_have_a_contrast_of_3_on_white(color):
    # WCAG 2.2, success criterion 1.4.11.
    assert 1.05 / (luminance(color) + 0.05) >= 3


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


STEP_SIZES = torch.tensor([0.002, 0.001, 0.0005], dtype=torch.float64)


def test_an_error_over_dt_says_the_power_that_it_was_made_of():
    errors = {"one step": 0.01 * (STEP_SIZES / 0.001) ** 2, "over 20 ms": 0.03 * (STEP_SIZES / 0.001)}

    _, sentence = plotting.error_over_dt(STEP_SIZES, errors)

    assert sentence == (
        "One step: 0.04 V at dt = 2 ms and 0.0025 V at 0.5 ms, slope 2.00. "
        "Over 20 ms: 0.06 V at dt = 2 ms and 0.015 V at 0.5 ms, slope 1.00."
    )


def test_the_triangle_of_an_error_over_dt_has_the_slope_of_its_line():
    figure, _ = plotting.error_over_dt(STEP_SIZES, {"Euler": 5 * STEP_SIZES**1.5})

    axes = figure.axes[0]
    line, points, triangle = axes.lines
    (left, right, _, _), (low, _, high, _) = triangle.get_data()
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("dt (ms)", "error of v (V)")
    assert points.get_xdata().tolist() == [0.5, 1.0, 2.0]
    assert high / low == pytest.approx((right / left) ** 1.5)
    assert line.get_ydata()[-1] / line.get_ydata()[0] == pytest.approx(4**1.5)
    assert [text.get_text() for text in axes.texts] == ["slope 1.50", "Euler"]
    assert plotting.error_over_dt(STEP_SIZES, {"Euler": STEP_SIZES}, axes=axes)[0] is figure


def test_how_late_an_event_is_says_the_earliest_and_the_latest():
    euler, exactly = torch.tensor([[0.0002, -0.0001, -0.0007], [0.0002, 0.0004, 0.0015]])
    late = {"Euler": euler, "exact": exactly}

    figure, sentence = plotting.lateness_over_dt(STEP_SIZES, late)

    axes = figure.axes[0]
    whole_step, *points = axes.lines[1:]
    assert sentence == (
        "Euler: between 0.7 ms too early and 0.2 ms too late. "
        "Exact: between 0.2 ms too late and 1.5 ms too late. Steps of 0.5 to 2 ms."
    )
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("dt (ms)", "too late (ms)")
    assert whole_step.get_xydata().tolist() == [[0, 0], [2, 2]]
    assert [line.get_label() for line in points] == ["Euler", "exact"]
    assert points[0].get_ydata().tolist() == pytest.approx([0.2, -0.1, -0.7])
    assert plotting.lateness_over_dt(STEP_SIZES, late, axes=axes)[0] is figure


@pytest.mark.parametrize(
    ("dts", "late", "words"),
    [
        (STEP_SIZES - 0.001, {"Euler": STEP_SIZES}, "dts must be lengths of a step in second"),
        (STEP_SIZES[:0], {"Euler": STEP_SIZES[:0]}, "dts must be lengths of a step in second"),
        (STEP_SIZES, {}, "late must name at least one list of 3 finite times"),
        (STEP_SIZES, {"Euler": STEP_SIZES / 0}, "Leave out a dt without an event"),
    ],
)
def test_how_late_an_event_is_that_cannot_be_drawn_is_refused(dts, late, words):
    with pytest.raises(ValueError, match=words):
        plotting.lateness_over_dt(dts, late)


@pytest.mark.parametrize(
    ("dts", "errors", "words"),
    [
        (STEP_SIZES[:1], {"Euler": STEP_SIZES[:1]}, "dts must be at least two different lengths"),
        (STEP_SIZES - 0.001, {"Euler": STEP_SIZES}, "dts must be at least two different lengths"),
        (STEP_SIZES, {"Euler": STEP_SIZES[:2]}, r"errors\['Euler'\] must be 3 finite numbers above 0"),
        (STEP_SIZES, {"Euler": STEP_SIZES - 0.001}, r"Take abs\(\), and leave out a dt"),
        (STEP_SIZES, {}, "errors must name at least one error"),
    ],
)
def test_an_error_over_dt_that_cannot_be_drawn_is_refused(dts, errors, words):
    with pytest.raises(ValueError, match=words):
        plotting.error_over_dt(dts, errors)


# -- Drives, gains and sounds ----------------------------------------------------------------------


def test_a_drive_and_its_voltage_begin_at_time_0():
    drive = torch.tensor([2.0, 0.0, 2.0, 0.0])
    v = torch.tensor([0.0, 0.5, 0.9, 1.1])

    figure, sentence = plotting.drive_and_voltage(drive, v, 0.002, since=0.004)

    lines = {line.get_label(): line for line in figure.axes[0].lines}
    assert lines["drive"].get_color() == plotting.INPUT
    assert lines["v"].get_color() == plotting.VOLTAGE
    assert lines["v"].get_xdata().tolist() == pytest.approx([0, 2, 4, 6])
    assert sentence == (
        "From 4 ms on, the drive goes from 0 V to 2 V and v from 0.9 V to 1.1 V, with a mean of 1 V."
    )


@pytest.mark.parametrize(
    ("drive", "v", "since", "words"),
    [
        (torch.zeros(4), torch.zeros(5), 0.0, r"same shape \(time,\), got \(4,\) and \(5,\)"),
        (torch.zeros(4, 2), torch.zeros(4, 2), 0.0, "Choose one neuron"),
        (torch.zeros(4), torch.zeros(4), 0.004, "below 0.004 s, got 0.004 s"),
        (torch.zeros(4), torch.zeros(4), -0.004, "It is in second"),
    ],
)
def test_a_drive_and_a_voltage_that_do_not_fit_are_refused(drive, v, since, words):
    with pytest.raises(ValueError, match=words):
        plotting.drive_and_voltage(drive, v, since=since)


FREQUENCIES = torch.logspace(0, 2, 41, dtype=torch.float64)


def stage(f, cut_off):
    return 1 / (1 + 1j * f / cut_off)


def test_a_response_is_drawn_as_gain_and_phase():
    curves = {"formula": stage(FREQUENCIES, 20), "two": stage(FREQUENCIES, 20) ** 2}
    points = torch.tensor([10.0, 20.0])

    figure, sentence = plotting.frequency_response(
        FREQUENCIES, curves, measured=(points, stage(points, 20)), predicted_cut_off=50
    )

    gain, phase = figure.axes
    assert [line.get_color() for line in phase.lines] == [plotting.INPUT, plotting.VOLTAGE, plotting.VOLTAGE]
    assert gain.lines[0].get_ydata()[-1] == pytest.approx(1 / 26**0.5)
    assert phase.lines[0].get_ydata()[-1] == pytest.approx(-78.69, abs=0.01)
    assert phase.lines[1].get_ydata()[-1] == pytest.approx(-157.38, abs=0.01)
    assert phase.lines[2].get_ydata().tolist() == pytest.approx([-26.57, -45], abs=0.01)
    assert [x.get_xdata()[0] for x in gain.lines if x.get_color() == plotting.PREDICTION] == [50]
    assert sentence == (
        "Formula: gain 0.999 at 1 Hz, 0.707 at 20 Hz, 0.196 at 100 Hz, where v lags by 78.7 degrees. Two: "
        "gain 0.998 at 1 Hz, 0.707 at 12.9 Hz, 0.0385 at 100 Hz, where v lags by 157 degrees. Measured: gain "
        "0.894 at 10 Hz and 0.707 at 20 Hz. You predicted a cut-off of 50 Hz."
    )


def test_a_response_without_a_cut_off_names_none():
    _, sentence = plotting.frequency_response(FREQUENCIES, {"all": torch.ones(41, dtype=torch.complex128)})

    assert sentence == "All: gain 1 at 1 Hz, 1 at 100 Hz, where v lags by 0 degrees."


@pytest.mark.parametrize("curves", [{}, {"short": torch.ones(3)}])
def test_a_response_of_another_length_is_refused(curves):
    with pytest.raises(ValueError, match=r"shape \(41,\) of the frequencies"):
        plotting.frequency_response(FREQUENCIES, curves)


def sound_of(x, monkeypatch, **settings):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw: shown.append(data))
    plotting.sound(x, 8000, "two tones", **settings)
    return shown[0]


def test_a_sound_waits_for_its_button_and_says_what_is_to_be_heard(monkeypatch):
    t = torch.arange(8000) / 8000
    x = 5 + 3 * torch.sin(2 * torch.pi * 100 * t) + torch.sin(2 * torch.pi * 1000 * t)

    shown = sound_of(x, monkeypatch, above=500)

    words = "Two tones: 1 s of sound; 10 % of its power lies above 500 Hz."
    assert shown["text/plain"] == words
    assert f'<audio controls aria-label="{words}"' in shown["text/html"]
    assert f"<figcaption>{words}</figcaption>" in shown["text/html"]
    assert "autoplay" not in shown["text/html"]


def test_all_sounds_are_equally_loud(monkeypatch):
    clicks = torch.zeros(8000)
    clicks[::40] = 7.0

    for x in (clicks, torch.sin(torch.arange(8000) / 5)):
        page = sound_of(x, monkeypatch, above=500)["text/html"]
        with wave.open(io.BytesIO(base64.b64decode(re.search(r"base64,([^\"]+)", page)[1]))) as recording:
            assert recording.getparams()[:4] == (1, 2, 8000, 8000)
            samples = torch.frombuffer(bytearray(recording.readframes(8000)), dtype=torch.int16).double()
        assert float(samples.square().mean().sqrt()) == pytest.approx(3276.7, rel=1e-3)


@pytest.mark.parametrize("x", [torch.zeros(4, 2), torch.ones(4), torch.zeros(0)])
def test_what_is_no_sound_is_refused(x):
    with pytest.raises(ValueError, match="and change, got shape"):
        plotting.sound(x, 8000, "nothing", above=500)


# -- Lesson 9: gradients and training --------------------------------------------------------------

TARGET = simulate(pulse(40)).v
SNAPSHOTS = {0: torch.zeros(40), 2: 0.5 * TARGET}


def test_a_gradient_is_drawn_over_the_steps_before_the_last_input_with_the_end_on_the_right():
    figure, sentence = plotting.reach({"the default neuron": simulate(pulse(40)).v.flip(0)})

    axes = figure.axes[0]
    (line,) = lines_of(axes, plotting.VOLTAGE)
    assert list(line.get_xdata()[:3]) == [0, 1, 2]
    assert line.get_ydata()[:3].tolist() == pytest.approx([0.1, 0.17, 0.217])
    assert axes.xaxis_inverted()
    assert sentence == (
        "For the default neuron: 0.1 V per V for the last input, most for the one 5 steps before it, "
        "0.269 V per V."
    )


def test_fits_are_drawn_over_their_target_and_the_last_one_is_solid():
    figure, sentence = plotting.fits({"start": torch.zeros(40), "half": 0.5 * TARGET}, TARGET)

    (target,) = [x for x in figure.axes[0].lines if x.get_label() == "target"]
    start, half = lines_of(figure.axes[0], plotting.VOLTAGE)
    torch.testing.assert_close(torch.as_tensor(target.get_ydata()), TARGET.double(), rtol=0, atol=0)
    assert (start.get_linestyle(), half.get_linestyle()) == (":", "-")
    off = TARGET.square().mean().sqrt().item()
    assert sentence == (
        "The target is highest, 0.269 V, after 6 ms, and 0.0146 V at its end. Off by, as the root of the "
        f"mean square: {off:.3g} V (start), {off / 2:.3g} V (half)."
    )


def test_a_training_is_drawn_as_its_losses_beside_the_moving_fit():
    figure, sentence = plotting.training([1.0, 0.5, 0.25], SNAPSHOTS, TARGET)

    left, right = figure.axes
    assert left.get_yscale() == "log"
    assert list(left.lines[0].get_ydata()) == [1.0, 0.5, 0.25]
    assert list(left.lines[1].get_xdata()) == [0, 2]
    assert [x.get_text() for x in right.get_legend().texts] == ["target", "step 0", "step 2"]
    assert sentence.startswith("The loss goes from 1 at step 0 to 0.25 at step 2. The target is highest,")


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: plotting.reach({}), r"gradients must each have the shape \(time,\)"),
        (lambda: plotting.reach({"two": torch.zeros(40, 2)}), r"\(40, 2\)"),
        (lambda: plotting.fits({}, TARGET), "voltages must be at least one"),
        (lambda: plotting.fits({"short": TARGET[:9]}, TARGET), r"of the target's shape \(40,\)"),
        (lambda: plotting.training([], SNAPSHOTS, TARGET), "losses must be finite numbers above 0"),
        (lambda: plotting.training([1.0, -1.0, 1.0], SNAPSHOTS, TARGET), "Draw squared differences"),
        (
            lambda: plotting.training([1.0], SNAPSHOTS, TARGET),
            r"snapshots must be of steps 0 to 0, got \[2\]",
        ),
    ],
)
def test_what_cannot_be_drawn_of_a_training_is_refused(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()


# -- Noise -----------------------------------------------------------------------------------------

SCATTERED = torch.tensor([[0.0, 0.0, 0.0], [1.0, -1.0, 0.0], [2.0, -2.0, 0.0]])


def test_paths_are_drawn_from_time_0_with_one_standard_deviation_around_their_mean():
    figure, sentence = plotting.paths(SCATTERED + 1, 0.002, shown=2)

    lines = lines_of(figure.axes[0], plotting.VOLTAGE)
    assert [line.get_ydata().tolist() for line in lines] == [[1, 2, 3], [1, 0, -1]]
    assert lines[0].get_xdata().tolist() == pytest.approx([0, 2, 4])
    band = lines_of(figure.axes[0], plotting.INPUT)
    assert [line.get_ydata().tolist() for line in band] == [[1, 0, -1], [1, 2, 3]]
    assert sentence == (
        "After 4 ms the standard deviation of 3 voltages is 2 V: 33 % of them lie between the grey lines."
    )


def test_the_path_of_one_neuron_is_told_by_how_far_it_went():
    sentence = plotting.paths(SCATTERED[:, :1] - 0.5)[1]

    assert sentence == "In 2 ms the voltage wanders from -0.5 V to 1.5 V."


def test_a_predicted_spread_is_drawn_on_both_sides_and_told():
    figure, sentence = plotting.paths(SCATTERED, predicted_spread=1.2)

    drawn = [line for line in figure.axes[0].lines if line.get_color() == plotting.PREDICTION]
    assert [line.get_ydata()[0] for line in drawn] == [-1.2, 1.2]
    assert sentence.endswith(" You predicted 1.2 V.")


def test_the_picture_grows_for_a_predicted_spread_that_is_a_little_too_large():
    figure, sentence = plotting.paths(SCATTERED, predicted_spread=2.4)

    assert sentence.endswith(" You predicted 2.4 V.")
    assert figure.axes[0].get_ylim() == pytest.approx((-2.76, 2.76))


def test_a_predicted_spread_outside_of_the_picture_is_told_as_such():
    figure, sentence = plotting.paths(SCATTERED, predicted_spread=14)

    assert sentence.endswith(" You predicted 14 V, which is outside of the picture.")
    assert figure.axes[0].get_ylim()[1] < 3


@pytest.mark.parametrize("v", [torch.zeros(3), torch.zeros(1, 3), torch.zeros(3, 0)])
def test_paths_of_another_shape_are_refused(v):
    with pytest.raises(ValueError, match=r"shape \(time, neurons\) from time 0 on, got .*one neuron as"):
        plotting.paths(v)


def test_variances_in_their_bands_are_counted_and_told():
    dts, expected = torch.tensor([0.002, 0.001]), torch.tensor([0.06, 0.05])

    figure, sentence = plotting.in_bands(
        dts,
        {"scaled": torch.tensor([0.061, 0.049]), "naive": torch.tensor([0.11, 0.05])},
        expected,
        0.1,
    )

    assert sentence == (
        "The band reaches 10 % to either side of the theory. Scaled: 2 of 2 inside. "
        "Naive: 1 of 2 inside, at dt = 1 ms."
    )
    lines = [line for line in figure.axes[0].lines if line.get_label() in {"scaled", "naive"}]
    assert lines[0].get_xdata().tolist() == pytest.approx([1, 2])
    assert lines[1].get_ydata().tolist() == pytest.approx([0.05, 0.11])
    assert figure.axes[0].get_ylim()[0] == 0


def test_variances_of_another_shape_are_refused():
    dts = torch.tensor([0.002, 0.001])

    with pytest.raises(ValueError, match=r"shape of dts, \(2,\), got .*one number for each dt"):
        plotting.in_bands(dts, {"scaled": torch.zeros(3)}, torch.zeros(2), 0.1)
    with pytest.raises(ValueError, match=r"must have the shape of dts"):
        plotting.in_bands(dts, {}, torch.zeros(2), 0.1)


def test_in_front_of_a_class_no_word_beside_an_axis_is_cut():
    plotting.presentation()
    try:
        figure, sentence = plotting.trajectory(simulate(pulse(40)))
        plotting.picture(figure, sentence)
    finally:
        plotting.presentation(False)

    label = figure.axes[0].yaxis.label.get_window_extent()
    assert label.y0 >= 0
    assert label.y1 <= figure.bbox.height
