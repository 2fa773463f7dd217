"""SQL that people write, run in a process of its own that can reach nothing but their events."""
