-- Identifiers of whom nothing is kept. Times are milliseconds since 1970-01-01 UTC.

-- Drawn once for each workspace, so that the same identifier has another hash elsewhere.
CREATE TABLE suppression_salts (
    workspace TEXT PRIMARY KEY NOT NULL,
    salt      TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The identifiers themselves are not here: hash is profiles/suppression.py's. reason: 'suppressed',
-- or 'erased' where the person's data was deleted, too.
CREATE TABLE suppressions (
    workspace  TEXT NOT NULL,
    hash       TEXT NOT NULL,
    type       TEXT NOT NULL,
    reason     TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (workspace, hash)
) STRICT, WITHOUT ROWID;
