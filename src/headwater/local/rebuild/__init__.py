"""A database made out of a lake: all of it, or what a backup of it has not seen yet."""
