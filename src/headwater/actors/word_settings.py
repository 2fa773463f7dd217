"""What a workspace's words mean, where that is not what they were shipped with."""

from __future__ import annotations

import re

from headwater.actors.workspace_settings import WorkspaceSettings
from headwater.audiences.audience import read_condition, text_of
from headwater.errors import BadRequest, Conflict, NotFound
from headwater.language.lexicon import (
    AUXILIARIES,
    CONJUNCTIONS,
    CROWDS,
    DETERMINERS,
    NEGATIONS,
    PREPOSITIONS,
)

MOST_WORDS = 500

_WORD = re.compile(r"[a-z][a-z0-9]*(?:[ -][a-z0-9]+){0,2}")
_RELATIVES = frozenset({"who", "whom", "whose", "that", "which", "what"})
_TAKEN = _RELATIVES | CROWDS | AUXILIARIES | CONJUNCTIONS | DETERMINERS | NEGATIONS | PREPOSITIONS


class Words(WorkspaceSettings):
    """Words and their meaning: a condition on people, as JSON text."""

    def words(self) -> dict[str, str]:
        """Answer the words that were set, with their meaning."""
        rows = self._sql.execute(
            "SELECT word, meaning FROM workspace_words WHERE workspace = ? ORDER BY word",
            (self._workspace,),
        )
        return {str(row[0]): str(row[1]) for row in rows}

    def set_word(self, word: str, meaning: str) -> str:
        """Have a word mean a condition from now on; answer the word as it is kept.

        Raises:
            BadRequest: the word cannot have a meaning of its own, or the condition none at all.
            Conflict: there are as many words as there may be.
        """
        name = " ".join(word.lower().split())
        if not _WORD.fullmatch(name) or len(name) > 60:
            raise BadRequest(
                f"{word[:60]!r} is no word to define: one to three words of letters and digits, "
                "such as 'power' or 'high value'."
            )
        if taken := _TAKEN.intersection(name.split()):
            raise BadRequest(
                f"{min(taken)!r} is a word of the language itself, and keeps its meaning there."
            )
        kept = text_of(read_condition(meaning))
        with self._sql.transaction():
            if len(self.words()) >= MOST_WORDS and name not in self.words():
                raise Conflict(
                    f"The workspace has {MOST_WORDS} words, as many as it may; remove one first."
                )
            self._sql.execute(
                "INSERT INTO workspace_words (workspace, word, meaning) VALUES (?, ?, ?) "
                "ON CONFLICT (workspace, word) DO UPDATE SET meaning = excluded.meaning",
                (self._workspace, name, kept),
            )
            self._grow_version()
        return name

    def reset_word(self, word: str) -> str:
        """Have a word mean what it was shipped with, or nothing; `NotFound` if it was not set."""
        name = " ".join(word.lower().split())
        if name not in self.words():
            raise NotFound(f"{word[:60]!r} was not set in this workspace; it has nothing to undo.")
        with self._sql.transaction():
            self._sql.execute(
                "DELETE FROM workspace_words WHERE workspace = ? AND word = ?",
                (self._workspace, name),
            )
            self._grow_version()
        return name
