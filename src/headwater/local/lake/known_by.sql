-- By what other names a lake may be known that has events of this database already.

-- is_own = 1: a lineage of this database, from when another lake was its own; the same numbers, of
-- which that lake had those up to the position.
-- is_own = 0: the address, or another database's lineage, of the lake that this database was made
-- out of without telling it; that one has all events up to the position, by this one's numbers.
CREATE TABLE lake_known_by (
    name TEXT PRIMARY KEY,
    position INTEGER NOT NULL,
    is_own INTEGER NOT NULL
) STRICT;
