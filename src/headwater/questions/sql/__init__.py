"""Questions as SQL, for DuckDB and for SQLite."""
