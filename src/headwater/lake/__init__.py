"""The lake: every event and every identity fact in open Parquet files; see docs/lake.md."""
