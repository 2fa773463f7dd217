"""Files of a table for DuckDB, whichever versions of the table they were written by.

A newer version of a table has columns more, which are null in files of an older one. DuckDB knows a
column where any of the files that it reads has it; on the day that a version is new, none has.
"""

from __future__ import annotations

from headwater.lake.schema import Kind, Table

TYPES = {Kind.STRING: "VARCHAR", Kind.TIMESTAMP: "TIMESTAMPTZ", Kind.INTEGER: "BIGINT"}
"""What DuckDB calls the kinds of columns."""


def rows_of(table: Table, paths: str) -> str:
    """Answer SQL, for behind FROM, of all rows in files, with every column of the table.

    `paths` is SQL too: a list of texts, or what stands for one.
    """
    columns = ", ".join(f'NULL::{TYPES[one.kind]} AS "{one.name}"' for one in table.columns)
    return (
        f"(SELECT {columns} WHERE false UNION ALL BY NAME "  # noqa: S608 - names of the schema
        f"SELECT * FROM read_parquet({paths}, union_by_name = true))"
    )
