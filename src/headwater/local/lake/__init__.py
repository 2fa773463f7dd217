"""CPython's side of the lake: flushing, compacting and ageing files, and reading them."""
