"""The language of each workspace, made anew where its configuration or its names changed."""

from __future__ import annotations

import json

from headwater.language.language import Language
from headwater.language.names_in_use import NamesInUse
from headwater.workspace import WorkspaceConfig

_KEPT = 100


class Languages:
    """Keeps the languages of the workspaces that were spoken in last."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[object, Language]] = {}

    def of(self, config: WorkspaceConfig, names: NamesInUse | None = None) -> Language:
        """Answer the language of a workspace: the grammar's, its settings' and its data's."""
        destinations = frozenset(one.name for one in config.destinations)
        # A key is said with blanks, too: `big_spenders`, "big spenders".
        audiences = {
            said: one.key
            for one in config.audiences
            for said in (one.key, one.key.replace("_", " "), one.key.replace("_", "-"), one.name)
        }
        own = (destinations, dict(config.words), audiences, names)
        kept = self._kept.get(config.workspace)
        if kept is not None and kept[0] == own:
            return kept[1]
        if len(self._kept) >= _KEPT:
            self._kept.pop(next(iter(self._kept)))
        meanings = {word: json.loads(meaning) for word, meaning in config.words.items()}
        made = Language(
            destinations=destinations, definitions=meanings, audiences=audiences, names=names
        )
        self._kept[config.workspace] = (own, made)
        return made
