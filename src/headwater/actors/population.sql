-- A shard of a workspace's people, as questions about populations read them (questions/sql).
-- A person's rows all lie in one shard, so that what shards answer adds up. Times in milliseconds.
--
-- What is charged for is rows written, so events lie many in a row: whatever a person did since
-- the last time is one row more, or one longer.

-- One row for each person that was ever told of, named by their root identifier. Those who are
-- nobody any more, because they became part of somebody, are `gone`.
-- stamp: of the word that the row is from; an earlier one is late. position: of the last event.
-- traits: JSON. identifiers: a JSON list. members: JSON, audience to since when. accounts: a list.
CREATE TABLE IF NOT EXISTS person (
    person TEXT PRIMARY KEY NOT NULL,
    gone INTEGER NOT NULL,
    stamp INTEGER NOT NULL,
    position INTEGER NOT NULL,
    traits TEXT NOT NULL,
    identifiers TEXT NOT NULL,
    members TEXT NOT NULL,
    accounts TEXT NOT NULL
) WITHOUT ROWID;

-- A person's events. stamp, position: as above, of the last word that added to it. first, last:
-- the times between which its events lie. heads: a JSON list of [timestamp,
-- message id, type, name, bot], which nearly every question looks at. bodies: to each of them
-- [properties, traits, context, identifier], which are most of the text and are read only where
-- a question names them.
CREATE TABLE IF NOT EXISTS bundle (
    person TEXT NOT NULL,
    number INTEGER NOT NULL,
    stamp INTEGER NOT NULL,
    position INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    heads TEXT NOT NULL,
    bodies TEXT NOT NULL,
    PRIMARY KEY (person, number)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS memberships (
    audience TEXT NOT NULL,
    person TEXT NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (audience, person)
) WITHOUT ROWID;

-- What an account is like: every shard has all of them. traits: JSON.
CREATE TABLE IF NOT EXISTS account (
    account TEXT PRIMARY KEY NOT NULL,
    stamp INTEGER NOT NULL,
    traits TEXT NOT NULL
) WITHOUT ROWID;

-- How far all people of the shard have been looked at since audiences of their workspace changed.
-- version: of the configuration that changed them. cursor: the last person.
CREATE TABLE IF NOT EXISTS backfill (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    workspace TEXT NOT NULL,
    version INTEGER NOT NULL,
    cursor TEXT NOT NULL,
    done INTEGER NOT NULL,
    total INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    finished_at INTEGER
);

-- The relations that questions name.

CREATE VIEW IF NOT EXISTS events AS
SELECT bundle.person AS person,
       head.value ->> 0 AS timestamp,
       head.value ->> 1 AS message_id,
       head.value ->> 2 AS type,
       head.value ->> 3 AS name,
       nullif(bundle.bodies -> ('$[' || head.key || '][0]'), 'null') AS properties,
       nullif(bundle.bodies -> ('$[' || head.key || '][1]'), 'null') AS traits,
       nullif(bundle.bodies -> ('$[' || head.key || '][2]'), 'null') AS context,
       nullif(head.value -> 4, 'null') AS bot
FROM bundle, json_each(bundle.heads) AS head;

CREATE VIEW IF NOT EXISTS people AS
SELECT person.person AS person,
       person.traits AS traits,
       (SELECT min(first) FROM bundle WHERE bundle.person = person.person) AS first_seen,
       (SELECT max(last) FROM bundle WHERE bundle.person = person.person) AS last_seen
FROM person WHERE gone = 0;

-- The accounts (groups) that people are in, each with the account's own traits.
CREATE VIEW IF NOT EXISTS accounts AS
SELECT person.person AS person,
       named.value AS account,
       coalesce(account.traits, '{}') AS traits
FROM person, json_each(person.accounts) AS named
LEFT JOIN account ON account.account = named.value
WHERE person.gone = 0;
