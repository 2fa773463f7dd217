-- Audiences, kept with their person. Each key leads with the actor, as in identity.sql.
-- Rows are written when something changes, never for an event that changes nothing.

-- What conditions need to know of events, by the identifier that these arrived under, so that a
-- split gives it back. body: JSON, see audience_rows.py.
CREATE TABLE IF NOT EXISTS audience_part (
    actor TEXT NOT NULL,
    via TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (actor, via)
) WITHOUT ROWID;

-- What was decided of a person: memberships, computed traits, when to look again.
-- body: JSON, see audience_rows.py.
CREATE TABLE IF NOT EXISTS audience_person (
    actor TEXT PRIMARY KEY NOT NULL,
    body TEXT NOT NULL
) WITHOUT ROWID;

-- Who is in an audience, to be listed and counted. since: milliseconds.
CREATE TABLE IF NOT EXISTS audience_member (
    audience TEXT NOT NULL,
    actor TEXT NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (audience, actor)
) WITHOUT ROWID;

-- When an actor wants to be woken, in milliseconds: one row for each purpose, and the earliest of
-- all is the actor's one alarm.
CREATE TABLE IF NOT EXISTS timer (
    actor TEXT NOT NULL,
    purpose TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (actor, purpose)
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS timer_due ON timer (at);

-- Accounts whose members have not all been looked at since its traits changed; member: the last
-- one that has.
CREATE TABLE IF NOT EXISTS account_news (
    actor TEXT PRIMARY KEY NOT NULL,
    member TEXT NOT NULL
) WITHOUT ROWID;
