"""Backups of the database: made while the server runs, checked, restored, erased from."""
