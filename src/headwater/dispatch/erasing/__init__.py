"""People erased where each actor has a database of its own: the order, and how each place is."""
