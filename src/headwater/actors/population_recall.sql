-- What a person got from another in a merge or a split, and only the lake has any more: the events
-- that came by an identifier, of which the shard has yet to be told. after: the last day (since
-- 1970) of which it has been; -1: of none.
CREATE TABLE IF NOT EXISTS lacking (
    person TEXT NOT NULL,
    via TEXT NOT NULL,
    after INTEGER NOT NULL,
    PRIMARY KEY (person, via)
) WITHOUT ROWID;
