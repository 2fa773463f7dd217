-- Audiences of whose members some destinations alone are told. destinations: JSON, their ids.
CREATE TABLE audience_destinations (
    workspace    TEXT NOT NULL,
    audience     TEXT NOT NULL,
    destinations TEXT NOT NULL,
    PRIMARY KEY (workspace, audience)
) STRICT, WITHOUT ROWID;
