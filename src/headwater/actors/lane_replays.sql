-- How far replays have come that put events into the lane: whatever is told twice is in it once.

-- place: of the last event that was dealt with, a JSON list that sorts as the replay goes.
CREATE TABLE IF NOT EXISTS replayed (
    job TEXT PRIMARY KEY,
    place TEXT NOT NULL
);
