-- What was ordered in the words of Segment's regulations, without whom. Times are milliseconds
-- since 1970-01-01 UTC. subjects: JSON, salted hashes, profiles/suppression.py's. job: of the
-- deletion; NULL where there is none.
CREATE TABLE regulations (
    number       INTEGER PRIMARY KEY,
    workspace    TEXT NOT NULL,
    id           TEXT NOT NULL,
    type         TEXT NOT NULL,
    subject_type TEXT NOT NULL,
    subjects     TEXT NOT NULL,
    job          TEXT,
    created_at   INTEGER NOT NULL,
    UNIQUE (workspace, id)
) STRICT;
