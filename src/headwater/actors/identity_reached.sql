-- What an actor with a database of its own knows of the lake; see lake_offers.py.

-- How far the lake has it: at most one row. position: the lake has every event up to this event.id.
-- changed: names of the rows that changed since the lake took them, JSON as in identity_changes.py.
-- change: the number of the latest of them, rising, in milliseconds. since: when (ms) the oldest of
-- them was noted, NULL where there is none.
CREATE TABLE IF NOT EXISTS lake_reached (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    position INTEGER NOT NULL,
    change INTEGER NOT NULL,
    since INTEGER,
    changed TEXT NOT NULL
);

-- Of an event that was moved here, or is about to move away, before the lake was known to have it:
-- `{id} {actor}`, the database that stored it first and its id there. NULL: it was stored here.
ALTER TABLE event ADD COLUMN born TEXT;
