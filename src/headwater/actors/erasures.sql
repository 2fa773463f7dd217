-- What became of people who were erased, without anything of theirs. certificate: JSON.
CREATE TABLE erasures (
    workspace   TEXT NOT NULL,
    id          TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    certificate TEXT NOT NULL,
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;
