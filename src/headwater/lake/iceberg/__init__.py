"""Iceberg metadata for the lake's tables, so that they can be opened as tables, with time travel.

Values in, bytes out: what is to be stored is answered, not stored. Source of all formats here:
https://iceberg.apache.org/spec/ (version 2).
"""
