-- The secret of the day, by which visitors are named who want nothing stored. One row: the salt of
-- a day that is over is gone.
CREATE TABLE IF NOT EXISTS daily_salt (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    day INTEGER NOT NULL,
    salt TEXT NOT NULL
);
