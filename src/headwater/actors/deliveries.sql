-- What waits to be delivered, and what was given up.

-- A lane: one destination's queue. The counts are kept here, as counting rows would read them all.
CREATE TABLE IF NOT EXISTS delivery_lane (
    number INTEGER PRIMARY KEY,
    workspace TEXT NOT NULL,
    destination TEXT NOT NULL,
    -- Places ever given out; never one twice, so that a reader's cursor stays true.
    last INTEGER NOT NULL DEFAULT 0,
    waiting INTEGER NOT NULL DEFAULT 0,
    delivered INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    UNIQUE (workspace, destination)
);

-- id: the lane's number times 2^40, plus the place in the lane. So the rows of a lane lie together,
-- in the order of their commits, and need no index: appends and reads are sequential.
-- batch: rows that failed together, named by the first of them. The body stands last, as most
-- reads want the rest of a row only.
CREATE TABLE IF NOT EXISTS delivery (
    id INTEGER PRIMARY KEY,
    person TEXT NOT NULL,
    message_id TEXT NOT NULL,
    size INTEGER NOT NULL,
    enqueued_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER NOT NULL DEFAULT 0,
    batch INTEGER,
    body TEXT NOT NULL
);

CREATE INDEX IF NOT EXISTS delivery_retry ON delivery (id) WHERE attempts > 0;

-- Whose events wait for each other since a merge. Renaming the rows that wait would mean to find
-- them; this is read along with them instead, and trimmed when they are gone.
CREATE TABLE IF NOT EXISTS delivery_order (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    loser TEXT NOT NULL UNIQUE,
    winner TEXT NOT NULL,
    -- When the last row was enqueued that waited at the merge.
    newest INTEGER NOT NULL
);

CREATE INDEX IF NOT EXISTS delivery_order_winner ON delivery_order (winner);

CREATE TABLE IF NOT EXISTS dead_letter (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    lane INTEGER NOT NULL,
    message_id TEXT NOT NULL,
    person TEXT NOT NULL,
    type TEXT,
    event TEXT,
    reason TEXT NOT NULL,
    status INTEGER,
    response TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    enqueued_at INTEGER NOT NULL,
    died_at INTEGER NOT NULL,
    size INTEGER NOT NULL,
    body TEXT NOT NULL
);

CREATE INDEX IF NOT EXISTS dead_letter_lane ON dead_letter (lane, died_at, id);
