"""The single-threaded owners of state, over the `Sql` port."""
