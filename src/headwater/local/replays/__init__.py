"""Replays: events of the past, sent to a destination once more."""
