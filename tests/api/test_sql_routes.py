"""SQL over HTTP."""

from __future__ import annotations

import httpx


async def test_the_answer_has_columns_and_rows(admin: httpx.AsyncClient) -> None:
    """As JSON, with the limit that was asked for."""
    answer = await admin.post("/v1/sql", json={"sql": "SELECT 'ü'", "limit": 5})

    assert answer.status_code == 200
    assert answer.json() == {
        "columns": [{"name": "=what", "type": "VARCHAR"}, {"name": "n", "type": "BIGINT"}],
        "truncated": True,
        "rows": [["SELECT 'ü'", 5], ["default", None]],
    }


async def test_the_rows_come_as_csv(admin: httpx.AsyncClient) -> None:
    """What a spreadsheet would run is a text."""
    answer = await admin.post("/v1/sql", json={"sql": "x"}, headers={"accept": "text/csv"})

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.text == "'=what,n\r\nx,1000\r\ndefault,\r\n"


async def test_what_cannot_be_run_is_told(admin: httpx.AsyncClient) -> None:
    """As 400; an order that is none as 422."""
    refused = await admin.post("/v1/sql", json={"sql": "error"})
    empty = await admin.post("/v1/sql", json={"sql": "", "limit": 0})

    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_sql")
    assert empty.status_code == 422
