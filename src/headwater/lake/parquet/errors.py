"""What can be wrong with a Parquet file, or with rows that are to become one.

ParquetError                   500
├── DamagedFile                     its bytes contradict the format, or each other
└── UnsupportedFile                 Parquet, but with something that this reader leaves out
BadValue                       500  a row that its column cannot hold
"""

from __future__ import annotations

from headwater.errors import HeadwaterError


class ParquetError(HeadwaterError):
    """The Parquet file cannot be read."""

    code = "parquet_unreadable"


class DamagedFile(ParquetError):
    """The Parquet file is damaged: fetch it again, or restore it from a copy."""

    code = "parquet_damaged"


class UnsupportedFile(ParquetError):
    """The Parquet file uses something that this reader leaves out; pyarrow and DuckDB read it."""

    code = "parquet_unsupported"


class BadValue(HeadwaterError):
    """A value does not fit its column."""

    code = "parquet_bad_value"
