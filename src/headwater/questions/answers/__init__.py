"""How each kind of question is asked of databases, and its answer put together."""
