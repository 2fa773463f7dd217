"""Exports: selected events as files, made by jobs and fetched by whoever asked."""
