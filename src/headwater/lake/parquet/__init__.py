"""Parquet files, written and read in pure Python without I/O: bytes in, bytes out.

pyarrow and DuckDB have no build for the edge; this needs the standard library and nothing else.
"""
