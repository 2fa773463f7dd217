-- Which workspaces there are, and who may administer them.

CREATE TABLE workspaces (
    workspace  TEXT PRIMARY KEY NOT NULL,
    name       TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- workspace is the one that the key opens, or `*` for all. Of the key itself only a SHA-256 is
-- kept: it has 244 random bits, so nothing slower would protect it better.
CREATE TABLE admin_keys (
    workspace  TEXT NOT NULL,
    id         TEXT NOT NULL,
    hash       TEXT NOT NULL,
    last_four  TEXT NOT NULL,
    name       TEXT NOT NULL,
    role       TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER,
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX admin_keys_by_hash ON admin_keys (hash);
