-- What lets the lake follow the identity actors without a write for each event.

-- Where a row that was moved from another actor has its place in the order of commits: the id that
-- it had at first, so that a merge does not make old events new. NULL: the row's own id.
-- On the edge, 0: the lake has it already.
ALTER TABLE event ADD COLUMN origin INTEGER;

CREATE INDEX IF NOT EXISTS event_origin ON event (origin) WHERE origin IS NOT NULL;

-- Which rows of identity, traits, member and history a turn has changed, one row a turn.
-- body: JSON, see identity_changes.py. Rows go once the lake has what they name.
CREATE TABLE IF NOT EXISTS change (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    body TEXT NOT NULL
);

-- What is known here of events that only the lake holds any more, by the identifier that they
-- arrived under, so that a split gives it back. body: JSON, see identity_history.py.
CREATE TABLE IF NOT EXISTS history (
    id INTEGER PRIMARY KEY,
    actor TEXT NOT NULL,
    via TEXT NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (actor, via)
);
