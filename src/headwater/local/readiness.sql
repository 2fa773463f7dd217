-- One row, written by the readiness check: the proof that a commit reaches the disk now.
CREATE TABLE readiness (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    at   INTEGER NOT NULL
) STRICT;
