-- Words whose meaning a workspace has set itself; the shipped ones are in language/definitions.py.
-- meaning: a condition on people, in JSON.
CREATE TABLE workspace_words (
    workspace TEXT NOT NULL,
    word      TEXT NOT NULL,
    meaning   TEXT NOT NULL,
    PRIMARY KEY (workspace, word)
) STRICT, WITHOUT ROWID;
