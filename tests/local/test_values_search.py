"""Identifiers are found whole in the values of a database, and not as part of others."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from headwater.local.values_search import finder, has_whole

HELD = {"user_id:1", "email:ann@shop.co", "user_id:org:5"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("user_id:1", True),
        ("default/user_id:1", True),
        ('{"to":"default/user_id:1","n":2}', True),
        ("m1-7:user_id:1", True),
        ("ask user_id:1. Or not", True),
        ("mail email:ann@shop.co, please", True),
        ("user_id:10 and user_id:1", True),
        ("user_id:org:5", True),
        ("user_id:10", False),
        ("user_id:1-2", False),
        ("user_id:1x", False),
        ("android_user_id:1", False),
        ("email:ann@shop.co.uk", False),
        ("user_id:org:55", False),
        ("user_id:org", False),
        ("USER_ID:1", False),
        ("", False),
    ],
)
def test_an_identifier_is_found_where_it_is_whole(text: str, *, expected: bool) -> None:
    """What goes on with a letter, a digit, or what joins two of them, is another one."""
    assert finder(HELD)(text) is expected


def test_every_value_of_every_table_is_looked_at(tmp_path: Path) -> None:
    """Texts and bytes, also such as are no UTF-8."""
    path = tmp_path / "a database?.sqlite3"
    with closing(sqlite3.connect(path)) as sql:
        sql.execute('CREATE TABLE "odd ""name" (a, b, c)')
        sql.execute("CREATE TABLE other (a PRIMARY KEY) WITHOUT ROWID")
        sql.execute('INSERT INTO "odd ""name" VALUES (1, NULL, CAST(x\'ff41\' AS TEXT))')
        sql.commit()
        assert not has_whole(path, HELD)
        for statement in (
            'UPDATE "odd ""name" SET c = CAST(\'=user_id:1\' AS BLOB)',
            "INSERT INTO other VALUES ('default/user_id:1')",
        ):
            sql.execute(statement)
            sql.commit()
            assert has_whole(path, HELD)
            assert not has_whole(path, {"user_id:2"})
            sql.execute('UPDATE "odd ""name" SET c = 0')
            sql.commit()
