-- What a workspace's owner has set: read by collectors and consumers as one WorkspaceConfig.
-- Every table leads with the workspace, so that one file may hold them all (local) or one each
-- (edge). Times are milliseconds since 1970-01-01 UTC.

-- version grows with each change of what config() answers; rejected is the last id given out.
CREATE TABLE workspace_settings (
    workspace TEXT PRIMARY KEY NOT NULL,
    version   INTEGER NOT NULL,
    identity  TEXT,
    rejected  INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE sources (
    workspace  TEXT NOT NULL,
    id         TEXT NOT NULL,
    name       TEXT NOT NULL,
    enabled    INTEGER NOT NULL,
    rate_limit INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;

-- Kept readable: a write key is public in every browser that uses it.
CREATE TABLE write_keys (
    workspace  TEXT NOT NULL,
    source     TEXT NOT NULL,
    key        TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    PRIMARY KEY (workspace, source, key)
) STRICT, WITHOUT ROWID;

-- One key finds one source, whatever the workspace.
CREATE UNIQUE INDEX write_keys_by_key ON write_keys (key);

-- types and events are JSON arrays, settings is a JSON object.
CREATE TABLE destinations (
    workspace  TEXT NOT NULL,
    id         TEXT NOT NULL,
    type       TEXT NOT NULL,
    name       TEXT NOT NULL,
    settings   TEXT NOT NULL,
    enabled    INTEGER NOT NULL,
    types      TEXT NOT NULL,
    events     TEXT NOT NULL,
    filter     TEXT,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;

-- Events that were refused. body is base64: it may be anything, and it must come back as it was.
CREATE TABLE rejected_events (
    workspace   TEXT NOT NULL,
    id          INTEGER NOT NULL,
    source      TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    message_id  TEXT,
    code        TEXT NOT NULL,
    message     TEXT NOT NULL,
    body        TEXT NOT NULL,
    replayed_at INTEGER,
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;
