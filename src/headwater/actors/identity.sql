-- The identity actors' state. On the edge a database holds one actor; locally one file holds all.
-- Each key leads with the actor, `{workspace}/{type}:{value}`.

-- What an actor is: a root (a person), a forward to another actor, or an account.
-- body: JSON, see identity_state.py. pending: 1 while it still has something to ask of others.
CREATE TABLE IF NOT EXISTS identity (
    id INTEGER PRIMARY KEY,
    actor TEXT NOT NULL UNIQUE,
    pending INTEGER NOT NULL DEFAULT 0,
    body TEXT NOT NULL
);

CREATE INDEX IF NOT EXISTS identity_pending ON identity (actor) WHERE pending = 1;

-- A person's events, appended as they come. via: the identifier that each arrived under.
CREATE TABLE IF NOT EXISTS event (
    id INTEGER PRIMARY KEY,
    actor TEXT NOT NULL,
    message_id TEXT NOT NULL,
    timestamp INTEGER NOT NULL,
    via TEXT NOT NULL,
    type TEXT NOT NULL,
    body TEXT NOT NULL
);

-- One index answers "is this message known?", "which events, by time?" and "how many, of which
-- type, under which identifier?" without reading the events themselves: a second one would be
-- another row written for each event, and figures kept with the person yet another.
CREATE INDEX IF NOT EXISTS event_key ON event (actor, message_id, timestamp, type, via);

-- Traits by the identifier that they arrived under, so that a split can give them back.
-- body: JSON {name: [value, timestamp, message_id]}.
CREATE TABLE IF NOT EXISTS traits (
    id INTEGER PRIMARY KEY,
    actor TEXT NOT NULL,
    via TEXT NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (actor, via)
);

-- Who is in an account: the identifiers that group calls arrived under.
CREATE TABLE IF NOT EXISTS member (
    actor TEXT NOT NULL,
    member TEXT NOT NULL,
    timestamp INTEGER NOT NULL,
    PRIMARY KEY (actor, member)
) WITHOUT ROWID;
