-- A shard of a workspace's people, as questions about populations read them (questions/sql).
-- A person's rows all lie in one shard, so that what shards answer adds up. Times in milliseconds.

-- Ordered by person and time, so that histories are read without sorting.
-- properties, traits, context: JSON. bot: JSON of what marks it as a bot's; null where a human's.
CREATE TABLE IF NOT EXISTS events (
    person TEXT NOT NULL,
    timestamp INTEGER NOT NULL,
    message_id TEXT NOT NULL,
    type TEXT NOT NULL,
    name TEXT,
    properties TEXT,
    traits TEXT,
    context TEXT,
    bot TEXT,
    PRIMARY KEY (person, timestamp, message_id)
) WITHOUT ROWID;

-- Most questions name an event and a range.
CREATE INDEX IF NOT EXISTS events_named ON events (name, timestamp);

CREATE TABLE IF NOT EXISTS people (
    person TEXT PRIMARY KEY,
    traits TEXT NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS memberships (
    audience TEXT NOT NULL,
    person TEXT NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (audience, person)
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS memberships_of ON memberships (person);

-- The accounts (groups) that people are in, each with the account's own traits.
CREATE TABLE IF NOT EXISTS accounts (
    person TEXT NOT NULL,
    account TEXT NOT NULL,
    traits TEXT NOT NULL,
    PRIMARY KEY (person, account)
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS accounts_members ON accounts (account);
