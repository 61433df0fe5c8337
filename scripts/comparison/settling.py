"""Answers about schemas that refer to one another, also in circles: the same ones, whoever asks first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class Answers(Generic[Asked, Answer]):
    """Answers a question of things whose answers depend on one another.

    Every answer begins as the same one, and is given anew until none changes any more. As the answers only
    ever go one way, that ends, after steps whose number grows with that of the things and no faster.
    """

    def __init__(
        self,
        key: Callable[[Asked], Hashable],
        answer: Callable[[Asked, Callable[[Asked], Answer]], Answer],
        first: Answer,
    ) -> None:
        """Begin with nothing answered.

        Args:
            key: Tells things apart.
            answer: Answers for one thing, by asking for others.
            first: What every answer begins as.
        """
        self._key = key
        self._answer = answer
        self._first = first
        self._known: dict[Hashable, Answer] = {}

    def of(self, asked: Asked) -> Answer:
        """Return the answer for a thing."""
        key = self._key(asked)
        if key not in self._known:
            self._settle(asked)
        return self._known[key]

    def _settle(self, asked: Asked) -> None:
        things = [asked]
        answers = {self._key(asked): self._first}

        def ask(other: Asked) -> Answer:
            key = self._key(other)
            if key in self._known:
                return self._known[key]
            if key not in answers:
                things.append(other)
                answers[key] = self._first
            return answers[key]

        settled = False
        while not settled:
            settled = True
            for thing in things[::-1]:  # what is asked for comes later in the list, and is answered first
                count, key = len(things), self._key(thing)
                found = self._answer(thing, ask)
                settled = settled and found == answers[key] and len(things) == count
                answers[key] = found
        self._known.update(answers)
