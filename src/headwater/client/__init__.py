"""The Python SDK: a client that spools, and a tiny one."""
