-- That an actor's person was erased; at most one row, which names nobody.
-- version: of the configuration that suppressed them. What was checked by an older one is let in
-- no more.
CREATE TABLE IF NOT EXISTS erased (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    version INTEGER NOT NULL
);
