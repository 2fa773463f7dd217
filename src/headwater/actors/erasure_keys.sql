-- By which certificates of erasures are signed, where there is no data folder that a key could lie
-- in. key: JSON Web Key (RFC 8037), private.
CREATE TABLE erasure_keys (
    workspace TEXT PRIMARY KEY NOT NULL,
    key       TEXT NOT NULL
) STRICT, WITHOUT ROWID;
