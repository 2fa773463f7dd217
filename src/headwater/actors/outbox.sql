-- Commands on their way out of an actor's own database, from the transaction that decided them
-- until whoever carries them out has said that it is done. One row holds the commands of one call.

-- at: when they were decided, in milliseconds. token: names the row beyond its id, which is given
-- out again once the table is empty. commands: a JSON array, see commands.py.
CREATE TABLE IF NOT EXISTS outbox (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    token TEXT NOT NULL,
    commands TEXT NOT NULL
);
