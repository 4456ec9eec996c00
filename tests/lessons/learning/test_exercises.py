"""Lesson 9's exercises: their numbers, answers in other forms, and what its training reaches."""

import ast
import importlib
import math
import re
from inspect import getsource

import pytest
import torch

from leakyedu import LIParameters, simulate
from leakyedu.lessons.learning import exercises as learning
from tests.lessons.notebook import BY_NAME, code_of, prose_of, run
from tests.teaching import fresh

LESSON = BY_NAME["learning"]


def run_cells(*ids: str, **replaced: str) -> dict:
    """Run these cells of the lesson after its set-up, with words in their code replaced; return the names."""
    sources, namespace = {cell.id: cell.source for cell in code_of(LESSON)}, {}
    for name in ("set-up", *ids):
        source = sources[name]
        for old, new in replaced.items():
            source = re.sub(rf"\b{old}\b(\(\d+\))?", new, source)
        run(source, namespace)
    return namespace


def test_the_gradient_of_lesson_9_is_the_answer_to_one_jump_read_backwards():
    x = torch.zeros(60, dtype=torch.float64)

    slopes = learning.gradient_of_the_end(x, LIParameters(), 0.001).flip(0)

    golden = torch.tensor([0.1, 0.17, 0.217, 0.2465, 0.26281, 0.269297], dtype=torch.float64)
    torch.testing.assert_close(slopes[:6], golden, rtol=1e-6, atol=0)
    assert int(slopes.argmax()) == learning.MOST == 5
    assert (slopes[5:].diff() < 0).all()


def test_a_gradient_by_autograd_and_one_by_hand_pass():
    def by_autograd(x, p, dt):
        x = x.clone().requires_grad_()
        simulate(x, p=p, dt=dt).v[-1].backward()
        return x.grad

    def by_hand(x, p, dt):
        jump = torch.zeros_like(x)
        jump[0] = 1
        return (simulate(jump, p=p, dt=dt).v - p.v_leak).flip(0)

    assert fresh(learning.gradient).check(by_autograd).passed
    assert fresh(learning.gradient).check(by_hand).passed


def test_the_numbers_of_the_learning_lab_are_those_of_the_predictions():
    lab = importlib.import_module("leakyedu.lessons.learning.lab")

    way = lab.path("gradient descent", learning.LEARNING_RATE, learning.START_TAU, 60)

    assert learning.end_of_tau.kind.right == pytest.approx(1000 * lab.TAU_MEM)
    assert learning.end_of_tau.kind.right == pytest.approx(1000 * way[-1].tau_mem, rel=0.01)
    assert way[0].w == learning.START_W
    tau = torch.tensor(learning.START_TAU, dtype=torch.float64)
    assert float(learning.lab_loss(tau, learning.START_W)) == pytest.approx(way[0].loss, rel=1e-9)


def test_without_the_logarithm_the_first_step_leads_below_0():
    _, (slope, _) = importlib.import_module("leakyedu.lessons.learning.lab").loss_and_slope(
        math.log(0.025), 0.3
    )

    # d/d tau is 1/tau times the derivative with respect to log tau.
    assert learning.tau_after_one_step() == pytest.approx(0.025 - 0.3 * slope / 0.025, rel=1e-6)
    assert "from 25 ms to -1,761 ms" in learning.without_logarithm.kind.feedback["c"]


def test_the_hidden_tau_is_found_as_the_last_hint_says():
    log_tau = torch.tensor(0.010).log().requires_grad_()
    adam = torch.optim.Adam([log_tau], lr=0.05)
    for _ in range(200):
        p = LIParameters.from_tau(tau_mem=log_tau.exp())
        loss = (simulate(learning.inputs, p=p).v - learning.recorded).square().sum()
        adam.zero_grad()
        loss.backward()
        adam.step()

    assert fresh(learning.hidden_tau).check(1000 * log_tau.exp()).passed


@pytest.mark.parametrize("answer", [(0.2, 0.07), (0.17, 0.1), (0.27, 0), (-0.1, 0.37)])
def test_voltages_whose_differences_cancel_show_the_bug_of_a_signed_loss(answer):
    assert fresh(learning.loss_hunt).check(answer).passed


def test_the_notebook_shows_the_loss_in_which_the_bug_is_hunted():
    (listing,) = re.findall(r"```python\n(.*?)```", "\n".join(prose_of(LESSON)), re.DOTALL)

    shown, kept = (ast.parse(code).body[0] for code in (listing, getsource(learning.signed_loss)))

    assert shown.name == kept.name
    assert ast.unparse(shown.args) == ast.unparse(kept.args)
    assert [ast.unparse(x) for x in shown.body] == [ast.unparse(x) for x in kept.body[1:]]  # its docstring


# -- What the lesson trains, run as it stands there ------------------------------------------------


def test_the_training_of_the_lesson_recovers_its_hidden_numbers():
    namespace = run_cells("both-train")

    assert namespace["tau_mem"] == pytest.approx(12, rel=0.02)
    assert namespace["w"].item() == pytest.approx(1, rel=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_the_training_of_the_lesson_recovers_other_hidden_numbers(seed, monkeypatch):
    lab, generator = (
        importlib.import_module("leakyedu.lessons.learning.lab"),
        torch.Generator().manual_seed(seed),
    )
    # From 8 to 16 ms and from 0.7 to 1.4 V; the four spikes are the lesson's. With spikes at random times,
    # 60 steps are too few for some: two spikes near the end say little of how the voltage fades.
    tau_mem, w = (1 + torch.rand(2, generator=generator, dtype=torch.float64)) * torch.tensor([0.008, 0.7])
    monkeypatch.setattr(lab, "TARGET", w * lab.response(tau_mem))

    namespace = run_cells("both-train")

    print(f"seed {seed}: {namespace['tau_mem']:.3f} ms, hidden {1000 * tau_mem:.3f} ms")
    assert namespace["tau_mem"] == pytest.approx(1000 * tau_mem.item(), rel=0.02)
    assert namespace["w"].item() == pytest.approx(w.item(), rel=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_the_readout_of_the_lesson_is_off_by_less_than_it_says_on_new_spikes(seed):
    (stated,) = re.findall(r"in ten other tries by less than (0\.\d+) V", "\n".join(prose_of(LESSON)))

    namespace = run_cells(
        "readout-spikes", "readout-train", "readout-figure", manual_seed=f"manual_seed({seed})"
    )

    print(f"seed {seed}: off by {namespace['error']:.3f} V")
    assert namespace["generator"].initial_seed() == seed
    assert namespace["error"] < float(stated) == 0.2
