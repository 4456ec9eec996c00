"""A class that votes: what is counted, and what the votes say together. No network is here."""

import pytest

from leakyedu.app.room import MOST, Room, VoteError
from leakyedu.lessons import lessons
from leakyedu.teaching.exercise import Prediction
from leakyedu.teaching.kinds import Choice, Measured, Number, Points
from leakyedu.teaching.vote import ballot
from tests.phones import CURVE, LETTERS, NUMBER


def room_of(question: dict, *votes) -> Room:
    """Return a room in which each of some devices has voted."""
    room = Room()
    room.lead("ask", question=question)
    send(room, question, *votes)
    return room


def send(room: Room, question: dict, *votes, round_: int = 1) -> None:
    for number, vote in enumerate(votes):
        assert room.join(f"device {number}")
        assert room.vote(f"device {number}", question["id"], round_, vote)


# -- What votes say together -----------------------------------------------------------------------


def test_of_options_the_one_of_most_goes_on_and_the_sentence_names_it():
    told = room_of(LETTERS, *"bbacb").lead("show")

    (first,) = told["rounds"]
    assert first["picture"] == [1, 3, 1]
    assert first["answer"] == "b"
    assert first["says"] == "5 answers: 1 for (a), 3 for (b), 1 for (c)."
    assert first["then"] == "Most chose (b). What follows goes on with it."


def test_of_a_tie_the_first_goes_on_and_the_sentence_says_so():
    (first,) = room_of(LETTERS, *"cbcb").tell()["rounds"]

    assert first["answer"] == "b"
    assert first["then"] == (
        "(b) and (c) have as many. What follows goes on with (b), unless you choose another one."
    )


@pytest.mark.parametrize(
    ("votes", "answer", "says"),
    [
        ([7], "7 ms", "1 answer."),
        ([6, 7.5, 40], "7.5 ms", "3 answers."),
        ([6, 7, 8, 40], "7.5 ms", "4 answers."),
    ],
)
def test_of_numbers_the_median_goes_on_with_its_unit(votes, answer, says):
    (first,) = room_of(NUMBER, *votes).tell()["rounds"]

    assert first["picture"] == sorted(votes)
    assert first["answer"] == answer
    assert first["says"] == says
    assert first["then"] == f"The median is {answer}. What follows goes on with it."


def test_of_curves_the_median_at_each_place_goes_on():
    (first,) = room_of(CURVE, [0, 1, 2], [0.5, 0.5, 0.5], [1, 0, 1.5]).tell()["rounds"]

    assert first["answer"] == "0.5, 0.5, 1.5"
    assert first["then"] == "What follows goes on with the median at each place: v = 0.5, 0.5, 1.5 V."


@pytest.mark.parametrize("question", [LETTERS, NUMBER, CURVE], ids=lambda question: question["id"])
def test_without_votes_there_is_no_answer(question):
    (first,) = room_of(question).lead("show")["rounds"]

    assert (first["count"], first["answer"], first["says"]) == (0, "", "Nobody has answered.")


def test_hands_that_were_counted_have_the_same_picture_and_sentence():
    by_hand = Room()
    by_hand.lead("ask", question=LETTERS)

    told = by_hand.lead("count", hands=[1, 3, 1])

    assert told["shown"]
    (by_phone,) = room_of(LETTERS, *"bbacb").tell()["rounds"]
    assert told["rounds"] == [by_phone | {"by_hand": True}]


@pytest.mark.parametrize("word", ["close", "show"])
def test_a_question_that_was_walked_through_without_votes_begins_anew(word):
    room = room_of(LETTERS)
    room.lead(word)
    room.lead("ask")

    room.lead("ask", question=LETTERS)

    send(room, LETTERS, "c")
    assert room.lead("show")["rounds"][0]["picture"] == [0, 0, 1]


def test_the_record_keeps_what_was_shown_and_hidden_again_and_nothing_else():
    room = room_of(LETTERS, "a")
    before = room.record()
    room.lead("show")
    room.lead("hide")

    assert before == []
    assert [each["rounds"][0]["picture"] for each in room.record()] == [[1, 0, 0]]


def test_a_vote_by_phone_takes_the_place_of_hands_once_they_are_hidden_again():
    room = room_of(LETTERS)
    room.lead("count", hands=[1, 3, 1])
    room.lead("hide")
    shown_again = room.lead("show")["rounds"][0]["picture"]
    room.lead("hide")

    send(room, LETTERS, "c")

    assert shown_again == [1, 3, 1]
    assert room.lead("show")["rounds"][0]["picture"] == [0, 0, 1]


@pytest.mark.parametrize("hands", [[1, 2], [1, 2, -1], [1, 2, 3, 4], [1, 2, 10_001], [1, 2, True], "123"])
def test_other_hands_than_one_number_for_each_option_are_refused(hands):
    room = room_of(LETTERS)

    with pytest.raises(ValueError, match=r"hands must be 3 numbers from 0 to 10000, got"):
        room.lead("count", hands=hands)

    assert not room.tell()["shown"]


def test_hands_are_counted_for_options_alone():
    with pytest.raises(ValueError, match="hands must be 0 numbers"):
        room_of(NUMBER).lead("count", hands=[])


# -- The predictions of the lessons ----------------------------------------------------------------

PREDICTIONS = [
    task
    for lesson in lessons()[1:]
    for task in vars(lesson.exercises).values()
    if isinstance(task, Prediction)
]
EACH = pytest.mark.parametrize("prediction", PREDICTIONS, ids=lambda prediction: prediction.record.key)


def votes_on(kind) -> list:
    """Return some votes that a class may send, its mistakes among them."""
    if isinstance(kind, Choice):
        return [*kind.options]
    if isinstance(kind, Points):
        low, high = kind.axis
        drawn = [[value for _, value in kind.right], *(mistake.answer for mistake in kind.mistakes)]
        return [[min(high, max(low, value)) for value in curve] for curve in drawn]
    ends = [end for end in kind.between if end is not None]
    return [kind.right, *(mistake.answer for mistake in kind.mistakes), *ends, kind.right / 3]


@EACH
def test_what_a_class_expects_is_read_by_the_question_whatever_it_is(prediction):
    question = ballot(prediction)
    unread = {}
    for vote in votes_on(prediction.kind):
        (first,) = room_of(question, vote).tell()["rounds"]
        value, complaint = prediction.kind.read(first["answer"])
        if value is None:
            unread[str(vote)] = complaint

    assert unread == {}


@EACH
def test_what_a_phone_is_asked_holds_no_answer(prediction):
    question = ballot(prediction)
    kind = prediction.kind

    assert question.keys() - {"id", "question", "given"} in (
        {"options"} if isinstance(kind, Choice) else set(),
        {"curve"} if isinstance(kind, Points) else set(),
        {"unit", "wants", "between"} if isinstance(kind, (Number, Measured)) else set(),
    )
    assert question["question"] == prediction.question
    if isinstance(kind, Points):
        assert question["curve"].keys() == {"kind", "name", "value", "unit", "at", "names", "axis", "start"}


# -- What is a vote --------------------------------------------------------------------------------

BAD = [
    *((LETTERS, vote) for vote in ("d", "", "(a)", "A", 0, None, ["a"], {"a": 1}, "<b>a</b>", "=1+1")),
    *((NUMBER, vote) for vote in ("7", None, True, [7], -0.1, 40.1, float("nan"), float("inf"), 10**400)),
    *((CURVE, vote) for vote in (1, "0, 1, 2", [0, 1], [0, 1, 2, 3], [0, 1, 2.1], [0, 1, None], [[0], 1, 2])),
]


@pytest.mark.parametrize(("question", "vote"), BAD, ids=[f"{q['id']} {str(v)[:20]}" for q, v in BAD])
def test_what_is_no_vote_is_refused_and_the_earlier_one_stays(question, vote):
    good = {LETTERS["id"]: "a", NUMBER["id"]: 7, CURVE["id"]: [0, 1, 2]}[question["id"]]
    room = room_of(question, good)

    with pytest.raises(VoteError, match=r"^This (is|can)"):
        room.vote("device 0", question["id"], 1, vote)

    assert room.tell_device("device 0")["yours"] == good


# -- One question after the other ------------------------------------------------------------------


def test_a_vote_can_be_changed_until_it_is_shown():
    room = room_of(LETTERS, "a")

    changed = room.vote("device 0", LETTERS["id"], 1, "b")
    room.lead("show")
    too_late = room.vote("device 0", LETTERS["id"], 1, "c")

    assert (changed, too_late) == (True, False)
    assert room.tell()["rounds"][0]["picture"] == [0, 1, 0]


def test_votes_that_are_hidden_again_can_be_changed():
    room = room_of(LETTERS, "a")
    room.lead("show")
    room.lead("hide")

    assert room.vote("device 0", LETTERS["id"], 1, "b")
    assert room.tell()["rounds"][0]["picture"] == [0, 1, 0]


def test_a_second_vote_stands_beside_the_first_and_begins_empty():
    room = room_of(LETTERS, *"aab")
    room.lead("show")
    room.lead("again")
    empty = room.tell_device("device 0")
    late = room.vote("device 0", LETTERS["id"], 1, "c")
    send(room, LETTERS, *"bb", round_=2)

    told = room.lead("show")

    assert (empty["round"], empty["open"], empty["yours"]) == (2, True, None)
    assert late is False, "it answers the first one"
    assert [each["picture"] for each in told["rounds"]] == [[2, 1, 0], [0, 2, 0]]
    assert [each["answer"] for each in told["rounds"]] == ["a", "b"]


def test_a_second_vote_without_votes_is_none_when_the_answer_comes():
    room = room_of(LETTERS, "a")
    room.lead("show")
    room.lead("again")

    told = room.lead("close")

    assert len(told["rounds"]) == 1
    assert told["shown"]


def test_a_question_without_votes_is_not_asked_a_second_time():
    assert len(room_of(LETTERS).lead("again")["rounds"]) == 1


def test_a_question_that_comes_back_has_its_votes():
    room = room_of(LETTERS, *"ab")
    room.lead("ask", question=NUMBER)
    room.lead("ask")
    nothing = room.tell_device("device 0")

    told = room.lead("ask", question=LETTERS)

    assert nothing["question"] is None
    assert told["rounds"][0]["picture"] == [1, 1, 0]
    assert room.tell_device("device 1")["yours"] == "b"


def test_a_vote_on_another_question_than_that_on_the_wall_does_not_count():
    room = room_of(LETTERS)
    room.lead("ask", question=NUMBER)
    room.join("late")

    assert not room.vote("late", LETTERS["id"], 1, "a")
    room.lead("ask")
    assert not room.vote("late", NUMBER["id"], 1, 7)


def test_a_new_class_begins_without_votes_and_phones_at_the_same_question():
    room = room_of(LETTERS, "a")

    told = room.lead("forget")

    assert (told["phones"], told["question"], told["rounds"][0]["count"]) == (0, LETTERS, 0)


def test_a_room_has_an_end_and_who_is_in_it_stays():
    room = Room()

    let_in = [room.join(str(n)) for n in range(MOST + 1)]

    assert let_in == [True] * MOST + [False]
    assert room.join("0")


def test_a_larger_class_asks_less_often():
    room = Room()
    alone = room.tell_device("x")["wait"]
    for n in range(MOST):
        room.join(str(n))

    assert (alone, room.tell_device("x")["wait"]) == (1.0, 5.0)


@pytest.mark.parametrize("word", ["dance", "tell", "_ask", "join", ""])
def test_another_word_is_refused_with_those_that_there_are(word):
    with pytest.raises(ValueError, match=r"the word must be one of look, ask, show,.* got"):
        Room().lead(word)


@pytest.mark.parametrize("word", ["show", "hide", "again", "close"])
def test_without_a_question_there_is_nothing_to_show(word):
    assert Room().answer({"word": word}) == {"error": "no question is before the class. Ask one first."}


@pytest.mark.parametrize("said", [{}, {"word": "ask", "question": {}}, {"word": "show", "more": 1}])
def test_what_makes_no_sense_is_answered_by_an_error(said):
    assert Room().answer(said).keys() == {"error"}


def test_what_is_kept_are_the_votes_that_were_shown_without_devices():
    room = room_of(LETTERS, *"ab")
    room.lead("show")
    room.lead("ask", question=NUMBER)
    send(room, NUMBER, 7)

    (kept,) = room.answer({"word": "record"})

    assert kept["question"]["id"] == LETTERS["id"]
    assert "device" not in str(kept)
