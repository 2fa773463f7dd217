-- How far this database has reached the lake: one row.

-- lineage names this database's numbers; it changes when they may have begun anew (a restored
-- backup). position: every event up to this event.id (or origin) is in the lake. change: every
-- change.id up to it, NULL where the lake needs all of the identity tables, because nobody wrote
-- changes down.
CREATE TABLE lake_position (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    lineage TEXT NOT NULL,
    position INTEGER NOT NULL,
    change INTEGER
) STRICT;
