"""The language of each workspace, made anew where its configuration changed."""

from __future__ import annotations

import json

from headwater.language.language import Language
from headwater.workspace import WorkspaceConfig

_KEPT = 100


class Languages:
    """Keeps the languages of the workspaces that were spoken in last."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[object, Language]] = {}

    def of(self, config: WorkspaceConfig) -> Language:
        """Answer the language of a workspace: the grammar's, and its destinations and words."""
        names = frozenset(one.name for one in config.destinations)
        own = (names, dict(config.words))
        kept = self._kept.get(config.workspace)
        if kept is not None and kept[0] == own:
            return kept[1]
        if len(self._kept) >= _KEPT:
            self._kept.pop(next(iter(self._kept)))
        meanings = {word: json.loads(meaning) for word, meaning in config.words.items()}
        made = Language(destinations=names, definitions=meanings)
        self._kept[config.workspace] = (own, made)
        return made
