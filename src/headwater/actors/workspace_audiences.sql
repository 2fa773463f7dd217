-- A workspace's audiences and computed traits. Times are milliseconds since 1970-01-01 UTC.
-- definition: JSON, a condition or a computation. since: the configuration's version at which the
-- definition became what it is.
CREATE TABLE audiences (
    workspace   TEXT NOT NULL,
    id          TEXT NOT NULL,
    key         TEXT NOT NULL,
    name        TEXT NOT NULL,
    description TEXT NOT NULL,
    definition  TEXT NOT NULL,
    enabled     INTEGER NOT NULL,
    since       INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX audiences_by_key ON audiences (workspace, key);

CREATE TABLE computed_traits (
    workspace   TEXT NOT NULL,
    id          TEXT NOT NULL,
    key         TEXT NOT NULL,
    name        TEXT NOT NULL,
    description TEXT NOT NULL,
    definition  TEXT NOT NULL,
    enabled     INTEGER NOT NULL,
    since       INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX computed_traits_by_key ON computed_traits (workspace, key);

-- features: JSON, what is kept of events to the version from which on it is kept.
CREATE TABLE audience_settings (
    workspace TEXT PRIMARY KEY NOT NULL,
    time_zone TEXT NOT NULL,
    features  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- How far everybody has been looked at since audiences last changed. cursor: the last actor.
CREATE TABLE backfills (
    workspace   TEXT PRIMARY KEY NOT NULL,
    version     INTEGER NOT NULL,
    cursor      TEXT NOT NULL,
    done        INTEGER NOT NULL,
    total       INTEGER NOT NULL,
    started_at  INTEGER NOT NULL,
    finished_at INTEGER
) STRICT, WITHOUT ROWID;
