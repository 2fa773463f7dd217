"""In which periods people did something: one number for each person, a bit for each period.

A person's whole history by day, week or month is thus one or two integers, made in one pass
without sorting, and "came back in the third week" is a bit.
"""

from __future__ import annotations

from dataclasses import dataclass

from headwater.questions.asking import Circumstances

WORD = 60
"""Bits in a number, so that they stay within 64 with a sign."""


@dataclass(frozen=True, slots=True)
class Presence:
    """The columns that hold the bits of so many periods, called `{name}0`, `{name}1`, ….

    Attributes:
        count: how many periods there are.
    """

    name: str
    count: int

    @property
    def words(self) -> range:
        """Which columns there are."""
        return range((self.count + WORD - 1) // WORD)

    @property
    def names(self) -> list[str]:
        """Answer the columns' names."""
        return [f"{self.name}{word}" for word in self.words]

    def columns(self, number: str, condition: str, circumstances: Circumstances) -> list[str]:
        """Answer the aggregates, given SQL for a row's period, and for whether it counts."""
        dialect = circumstances.dialect
        if len(self.words) == 1:
            return [f"{dialect.bits(number, condition)} AS {self.name}0"]
        return [
            dialect.bits(
                f"{number} - {word * WORD}",
                f"{condition} AND {number} BETWEEN {word * WORD} AND {word * WORD + WORD - 1}",
            )
            + f" AS {self.name}{word}"
            for word in self.words
        ]

    def has(self, number: str) -> str:
        """Answer SQL for whether the period with a number (any SQL) has its bit."""
        if len(self.words) == 1:
            return f"(({self.name}0 >> ({number})) & 1 = 1)"
        cases = " ".join(
            f"WHEN ({number}) < {(word + 1) * WORD} "
            f"THEN ({self.name}{word} >> (({number}) - {word * WORD})) & 1"
            for word in self.words
        )
        return f"(CASE {cases} ELSE 0 END = 1)"


def numbers(count: int) -> str:
    """Answer a named query with the numbers from 0: `c(n)`."""
    return "c(n) AS (VALUES " + ", ".join(f"({number})" for number in range(count)) + ")"
