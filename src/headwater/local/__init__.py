"""CPython's side of every port, and the command line."""
