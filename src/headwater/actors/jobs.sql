-- Long work that must be finished after a crash: what was asked for, how far it is, how it ended.
-- parameters, cursor and result are JSON. cursor: where to go on; only the work itself reads it.
-- key: two orders with the same key, while the first still counts, are one. Times in milliseconds.
CREATE TABLE job (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    workspace TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed', 'cancelled')),
    key TEXT,
    parameters TEXT NOT NULL,
    done INTEGER NOT NULL DEFAULT 0,
    total INTEGER,
    unit TEXT NOT NULL,
    cursor TEXT,
    result TEXT,
    error TEXT,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    updated_at INTEGER NOT NULL,
    ended_at INTEGER
) STRICT;

CREATE INDEX job_open ON job (kind, number) WHERE state IN ('waiting', 'running');

CREATE UNIQUE INDEX job_key ON job (workspace, kind, key) WHERE key IS NOT NULL;
