"""A class that nobody has taught: what made-up learners hand in, and what is known of them."""

import base64
import json
import random
import zlib
from collections.abc import Mapping
from pathlib import Path

from leakyedu.app import course_map
from leakyedu.lessons import lessons
from leakyedu.teaching import progress


def line_of(records: Mapping[str, dict]) -> str:
    """Return records as the line that a learner hands in."""
    content = json.dumps({"schema": progress.SCHEMA, "records": records}).encode()
    return progress.MARK + base64.urlsafe_b64encode(zlib.compress(content)).decode("ascii")


def class_of(learners: int, seed: int = 0) -> dict[str, dict[str, dict]]:
    """Return learners by their names, each with the records of a whole course.

    Args:
        learners: how many they are.
        seed: of what they did.
    """
    draw, tasks = random.Random(seed), [each for lesson in lessons() for each in course_map.asked(lesson, {})]
    return {
        f"learner {n:04}": {each.key: record for each in tasks if (record := _record(each, draw))}
        for n in range(learners)
    }


def _record(asked: course_map.Asked, draw: random.Random) -> dict:
    """Return what one learner has done with one task: nothing, or more."""
    kind = asked.answered
    if draw.random() < 0.1:
        return {}
    if asked.kind == "prediction":
        if draw.random() < 0.1:
            return {"seen": True}
        wrong = [mistake.answer for mistake in kind.mistakes] or [kind.right * 2 * kind.factor]
        answer = draw.choice([*wrong, kind.right])
        if isinstance(answer, list):  # a curve of another shape
            answer = list(zip(kind.at, answer, strict=True))
        return {"after" if draw.random() < 0.1 else "prediction": answer, "seen": True}
    keys = [mistake.key for mistake in kind.mistakes]
    named = {key: draw.randint(1, 3) for key in draw.sample(keys, draw.randint(0, min(3, len(keys))))}
    record = {"tries": sum(named.values()) + draw.randint(0, 2), "hints": draw.randint(0, 3)}
    record |= {"mistakes": named} if named else {}
    record |= {"solution": True} if draw.random() < 0.1 else {}
    if draw.random() < 0.7:
        record |= {"tries": record["tries"] + 1, "passed": f"2026-11-{draw.randint(1, 28):02}"}
    return record


def hand_in(folder: Path, made_up: Mapping[str, Mapping[str, dict]]) -> None:
    """Put the line of each learner into a file of his name."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, records in made_up.items():
        (folder / f"{name}.txt").write_text(line_of(records) + "\n", encoding="ascii")
