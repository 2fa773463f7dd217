"""What questions need beside the lake: memberships in audiences, accounts, and computed traits.

They are read out of the database when a question names them, and are its own connection's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import msgspec

from headwater.actors.identity_state import Account, decode
from headwater.local.sql import open_reader
from headwater.ports import Sql
from headwater.questions.sql.text import quoted
from headwater.workspace import WorkspaceConfig

if TYPE_CHECKING:
    import duckdb

_MEMBERS = """
SELECT audience, substr(actor, ?), since FROM audience_member
WHERE audience IN (SELECT value FROM json_each(?)) AND actor > ? AND actor < ?
"""
_ACCOUNTS = """
SELECT member.member, substr(member.actor, ?), identity.body FROM member
JOIN identity ON identity.actor = member.actor
WHERE member.actor > ? AND member.actor < ?
"""
_SHOWN_MEMBERS = """
CREATE OR REPLACE TEMP TABLE memberships AS
SELECT audience, person, make_timestamp_ms(since) AS since FROM read_members
"""
_SHOWN_ACCOUNTS = """
CREATE OR REPLACE TEMP TABLE accounts AS
SELECT DISTINCT identifiers.person, account, traits
FROM read_accounts JOIN identifiers USING (identifier)
"""

_COMPUTED = """
SELECT substr(actor, ?), body -> '$.computed' FROM audience_state
WHERE actor > ? AND actor < ? AND body -> '$.computed' IS NOT NULL
"""
_SHOWN_COMPUTED = "CREATE OR REPLACE TEMP TABLE computed AS SELECT person, patch FROM read_computed"
# A null in a merge patch takes the name away (RFC 7396): a computed trait hides a written one of
# its name also where it has no value.
_SHOWN_PEOPLE = """
CREATE OR REPLACE TEMP VIEW people AS
SELECT person, json_merge_patch(traits, coalesce(patch, {hidden})) AS traits, first_seen, last_seen
FROM memory.main.people LEFT JOIN computed USING (person)
"""

_json = msgspec.json.Encoder()
_read_computed = msgspec.json.Decoder(dict[str, tuple[Any, int]]).decode


class QuestionTables:
    """The tables of one question's connection."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        database: Path,
        *,
        workspace: str,
        audiences: Iterable[str],
        computed: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Prepare; `audiences` are the ids of the workspace's, `computed` its traits' by key."""
        self._connection = connection
        self._database = database
        self._workspace = workspace
        self._audiences = list(audiences)
        self._computed = computed
        self._is_there: set[str] = set()

    def provide(self, sql: str) -> None:
        """Make those tables that a statement names, unless they are there."""
        for name, make in (("memberships", self._memberships), ("accounts", self._accounts)):
            if name in sql and name not in self._is_there:
                with closing(open_reader(self._database)) as database:
                    make(database, sql)
                self._is_there.add(name)
        if any(key in sql for key in self._computed):
            self.complete_people()

    def complete_people(self) -> None:
        """Have people's traits be all that they have, computed ones included."""
        if self._computed and "computed" not in self._is_there:
            with closing(open_reader(self._database)) as database:
                self._show_computed(database)
            self._is_there.add("computed")

    def _memberships(self, database: Sql, sql: str) -> None:
        named = _json.encode([one for one in self._audiences if f"'{one}'" in sql]).decode()
        prefix = f"{self._workspace}/"
        found = database.execute(_MEMBERS, (len(prefix) + 1, named, prefix, f"{self._workspace}0"))
        self._show(_SHOWN_MEMBERS, "read_members", ("audience", "person", "since"), found)

    def _accounts(self, database: Sql, _: str) -> None:
        prefix = f"{self._workspace}/=account:"
        found = database.execute(
            _ACCOUNTS, (len(prefix) + 1, prefix, f"{self._workspace}/=account;")
        )
        rows = [(member, account, _traits(body)) for member, account, body in found]
        self._show(_SHOWN_ACCOUNTS, "read_accounts", ("identifier", "account", "traits"), rows)

    def _show_computed(self, database: Sql) -> None:
        """Let people have their computed traits, as their profiles do."""
        prefix = f"{self._workspace}/"
        hidden = dict.fromkeys(self._computed)
        rows = []
        for person, body in database.execute(
            _COMPUTED, (len(prefix) + 1, prefix, f"{self._workspace}0")
        ):
            held = _read_computed(body)
            values = {key: held[id_][0] for key, id_ in self._computed.items() if id_ in held}
            rows.append((person, _json.encode(hidden | values).decode()))
        self._show(_SHOWN_COMPUTED, "read_computed", ("person", "patch"), rows)
        nothing = quoted(_json.encode(hidden).decode())
        self._connection.execute(_SHOWN_PEOPLE.format(hidden=nothing))

    def _show(
        self, statement: str, name: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
    ) -> None:
        import pyarrow as pa  # noqa: PLC0415 - a server that is asked nothing can spare it

        held = [list(values) for values in zip(*rows, strict=True)] or [[] for _ in columns]
        types = [pa.int64() if column == "since" else pa.string() for column in columns]
        arrays = [pa.array(values, type=kind) for values, kind in zip(held, types, strict=True)]
        self._connection.register(name, pa.table(dict(zip(columns, arrays, strict=True))))
        self._connection.execute(statement)
        self._connection.unregister(name)


def complete_people(
    connection: duckdb.DuckDBPyConnection, database: Path, config: WorkspaceConfig
) -> None:
    """Have a connection's `people` show computed traits, too."""
    QuestionTables(
        connection,
        database,
        workspace=config.workspace,
        audiences=(),
        computed=computed_of(config),
    ).complete_people()


def computed_of(config: WorkspaceConfig) -> dict[str, str]:
    """Answer the computed traits that a workspace has, key to id."""
    return {one.key: one.id for one in config.computed_traits if one.enabled}


def _traits(body: str) -> str:
    """Answer an account's present traits as JSON, out of what its actor keeps."""
    state = decode(body)
    held = state.traits if isinstance(state, Account) else {}
    return _json.encode(
        {name: value for name, (value, _, _) in held.items() if value is not None}
    ).decode()
