"""What a class answers: the question that is on the wall, the votes, and what they say together.

It knows no network, no page and no right answer. The wall leads it, by these words:

==========  ===============================================================================
word        what it does
==========  ===============================================================================
``look``    nothing: what is there is told, as after each other word
``ask``     puts a question before the class, or none; one that was asked before keeps its votes
``show``    shows the votes: from now on none is taken
``hide``    hides them again, and takes votes again
``again``   asks a second time, beside the votes that are there
``close``   ends the voting, for the answer comes now; a second vote without votes is none
``count``   takes the numbers of raised hands for the votes, and shows them
``forget``  begins with a new class
==========  ===============================================================================
"""

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from leakyedu.teaching.reading import listed, with_unit, written

MOST = 1_000  # devices in a room
HANDS = 10_000  # in a row of them, at most


class VoteError(ValueError):
    """A vote that is none, in words for the one who sent it."""


class Ballot:
    """A question as it is put to a class.

    Args:
        asked: its ``id``, the words of ``question`` and ``given``, and how it is answered: ``options``, pairs
            of a key and its words; or the ends of ``between`` and the ``unit`` of a number; or a ``curve``.
    """

    def __init__(self, asked: dict[str, Any]) -> None:
        self.asked = asked
        self.keys = [key for key, _ in asked.get("options", ())]
        self.rounds: list[Round] = [Round()]
        self.is_shown = self.was_shown = False

    def show(self) -> None:
        """Show its votes: from now on none is taken."""
        self.is_shown = self.was_shown = True

    def read(self, vote: object) -> Any:
        """Return a vote as it is counted.

        Raises:
            VoteError: if it is none.
        """
        if self.keys:
            if not isinstance(vote, str) or vote not in self.keys:
                raise VoteError("This is none of the options.")
            return vote
        if "curve" not in self.asked:
            return _between(vote, *self.asked["between"])
        curve = self.asked["curve"]
        if not isinstance(vote, list) or len(vote) != len(curve["at"]):
            raise VoteError(f"This is no curve of {len(curve['at'])} points.")
        return [_between(value, *curve["axis"]) for value in vote]

    def tell(self, round_: "Round") -> dict[str, Any]:
        """Return what the votes of a round say together: a picture, sentences, and the class's answer."""
        votes = list(round_.votes.values())
        if self.keys:
            return self._most(round_)
        if not votes:
            return NOBODY | {"picture": []}
        says = _answers(len(votes))
        if "curve" not in self.asked:
            middle = statistics.median(votes)
            shown = with_unit(written(middle), self.asked["unit"])
            then = f"The median is {shown}. {GOES_ON} it."
            answer = f"{middle:.6g} {self.asked['unit']}".strip()
            return {"picture": sorted(votes), "says": f"{says}.", "then": then, "answer": answer}
        curve = self.asked["curve"]
        middles = [statistics.median(values) for values in zip(*votes, strict=True)]
        shown = with_unit(listed(middles), curve["unit"])
        then = f"{GOES_ON} the median at each place: {curve['value']} = {shown}."
        answer = ", ".join(f"{value:.6g}" for value in middles)
        return {"picture": votes, "says": f"{says}.", "then": then, "answer": answer}

    def _most(self, round_: "Round") -> dict[str, Any]:
        given = Counter(round_.votes.values())
        counts = dict(zip(self.keys, round_.hands or [given[key] for key in self.keys], strict=True))
        picture = list(counts.values())
        if not any(picture):
            return NOBODY | {"picture": picture}
        first, *others = (key for key, n in counts.items() if n == max(picture))
        shares = ", ".join(f"{n} for ({key})" for key, n in counts.items())
        says = f"{_answers(sum(picture))}: {shares}."
        if others:
            ties = " and ".join(f"({key})" for key in [first, *others])
            then = f"{ties} have as many. {GOES_ON} ({first}), unless you choose another one."
        else:
            then = f"Most chose ({first}). {GOES_ON} it."
        return {"picture": picture, "says": says, "then": then, "answer": first}


NOBODY = {"says": "Nobody has answered.", "then": "", "answer": ""}
GOES_ON = "What follows goes on with"


def _answers(number: int) -> str:
    return f"{number:,} answer{'s' * (number != 1)}"


class Round:
    """The votes of one time that a question was asked.

    Attributes:
        votes: by device.
        hands: how many have raised a hand for each option, where they were counted; else None.
    """

    def __init__(self) -> None:
        self.votes: dict[str, Any] = {}
        self.hands: list[int] | None = None

    def __len__(self) -> int:
        return len(self.votes) if self.hands is None else sum(self.hands)


def _between(value: object, low: float | None, high: float | None) -> float:
    """Return a number of JSON, if it can be meant."""
    if type(value) not in (int, float) or not -1e15 < value < 1e15:  # NaN is in between no two
        raise VoteError("This is no number.")
    if (low is not None and value < low) or (high is not None and value > high):
        raise VoteError("This can hardly be meant: look at its size, its unit and its sign.")
    return float(value)


class Room:
    """A class, the question before it, and all that were before it.

    Attributes:
        devices: the marks of the phones that have come.
    """

    def __init__(self) -> None:
        self.devices: set[str] = set()
        self._ballots: dict[str, Ballot] = {}
        self._present: Ballot | None = None
        self._place: dict[str, str] = {}

    # -- The wall ----------------------------------------------------------------------------------

    def lead(self, word: str, **given: Any) -> dict[str, Any]:
        """Do what the wall says, and tell what is there.

        Args:
            word: one of those above.
            given: ``question`` for ``ask``, None for none, and ``place``, what the teacher's window says of
                it; ``hands`` for ``count``, one number for each option.

        Raises:
            ValueError: if there is no such word, or what is given makes no sense.
        """
        if word not in self.WORDS:
            raise ValueError(f"the word must be one of {', '.join(self.WORDS)}, got {word!r}.")
        getattr(self, f"_{word}")(**given)
        return self.tell()

    WORDS = ("look", "ask", "show", "hide", "again", "close", "count", "forget")

    def answer(self, said: Mapping[str, Any]) -> Any:
        """Do what came from elsewhere, and tell what is there; the word ``record`` asks for :meth:`record`.

        Args:
            said: the ``word`` and what is given. Where it makes no sense, what is told is the ``error``.
        """
        try:
            return self.record() if said == {"word": "record"} else self.lead(**said)
        except (ValueError, TypeError, KeyError) as error:
            return {"error": str(error)}

    def tell(self) -> dict[str, Any]:
        """Return what is there, as JSON can hold it, and nothing that tells one device from another."""
        told = {"phones": len(self.devices), "place": self._place, "question": None}
        if self._present is None:
            return told
        return told | self._told(self._present)

    def record(self) -> list[dict[str, Any]]:
        """Return all questions whose votes were shown, with what they say together."""
        return [
            self._told(each)
            for each in self._ballots.values()
            if each.was_shown and any(map(len, each.rounds))
        ]

    @staticmethod
    def _told(ballot: Ballot) -> dict[str, Any]:
        rounds = [
            {"count": len(each), "by_hand": each.hands is not None, **ballot.tell(each)}
            for each in ballot.rounds
        ]
        return {"question": ballot.asked, "shown": ballot.is_shown, "rounds": rounds}

    def _look(self) -> None:
        pass

    def _ask(self, question: dict[str, Any] | None = None, place: dict[str, str] | None = None) -> None:
        self._place = place or {}
        if question is None:
            self._present = None
            return
        known = self._ballots.get(question["id"])
        # Where nobody has answered it begins anew: it may have been closed on a walk through the lesson.
        if known is None or known.asked != question or not any(map(len, known.rounds)):
            known = self._ballots[question["id"]] = Ballot(question)
        self._present = known

    def _show(self) -> None:
        self._asked().show()

    def _hide(self) -> None:
        self._asked().is_shown = False

    def _again(self) -> None:
        ballot = self._asked()
        if len(ballot.rounds[-1]):
            ballot.rounds.append(Round())
        ballot.is_shown = False

    def _close(self) -> None:
        ballot = self._asked()
        if len(ballot.rounds) > 1 and not len(ballot.rounds[-1]):
            ballot.rounds.pop()
        ballot.show()

    def _count(self, hands: Sequence[int]) -> None:
        ballot = self._asked()
        fit = len(hands) == len(ballot.keys) > 0 and all(type(n) is int and 0 <= n <= HANDS for n in hands)
        if not fit:
            raise ValueError(f"hands must be {len(ballot.keys)} numbers from 0 to {HANDS}, got {hands!r}.")
        ballot.rounds[-1].hands = list(hands)
        ballot.show()

    def _forget(self) -> None:
        self.devices.clear()
        self._ballots.clear()
        if self._present is not None:
            self._ask(self._present.asked, self._place)

    def _asked(self) -> Ballot:
        if self._present is None:
            raise ValueError("no question is before the class. Ask one first.")
        return self._present

    # -- The phones --------------------------------------------------------------------------------

    def join(self, device: str) -> bool:
        """Let a device in, and tell whether there was room for it."""
        if device not in self.devices and len(self.devices) >= MOST:
            return False
        self.devices.add(device)
        return True

    def vote(self, device: str, question: str, round_: int, vote: object) -> bool:
        """Take a vote in place of an earlier one of the same device.

        Args:
            device: it has joined.
            question: the id of the question that it answers.
            round_: which time it was asked, from 1 on.
            vote: the answer.

        Returns:
            Whether that question is open: it is before the class, and its votes are not shown.

        Raises:
            VoteError: if it is no vote on that question.
        """
        ballot = self._present
        if ballot is None or ballot.is_shown:
            return False
        if (question, round_) != (ballot.asked["id"], len(ballot.rounds)):
            return False
        ballot.rounds[-1].votes[device] = ballot.read(vote)
        ballot.rounds[-1].hands = None  # the phones are back
        return True

    def tell_device(self, device: str) -> dict[str, Any]:
        """Return what a phone shows: whether it came in, the question, whether it is open, and its vote."""
        ballot = self._present
        # A larger class asks less often, so that nobody waits.
        told = {"question": None, "here": device in self.devices, "wait": max(1.0, len(self.devices) / 200)}
        if ballot is None:
            return told
        yours = ballot.rounds[-1].votes.get(device)
        return told | {
            "question": ballot.asked,
            "round": len(ballot.rounds),
            "open": not ballot.is_shown,
            "yours": yours,
        }
