-- People of whose events the lake has some that newer conditions have not seen: they are read there
-- and let in, and only then what those conditions say is decided. See audience_gaps.py.
CREATE TABLE audience_gap (
    actor TEXT PRIMARY KEY NOT NULL
) WITHOUT ROWID;
