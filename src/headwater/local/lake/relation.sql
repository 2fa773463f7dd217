-- What a Relation keeps of a workspace beside the lake's files; see relation.py.

-- Who holds an identifier now. parted: it may have been somebody else's before.
CREATE TABLE identifiers_held (
    identifier VARCHAR NOT NULL, person VARCHAR NOT NULL, parted BOOLEAN NOT NULL
);

CREATE TABLE traits_held (person VARCHAR NOT NULL, traits JSON NOT NULL);

-- First and last event by the identifier it arrived under. A row may be there more than once.
CREATE TABLE seen (via VARCHAR NOT NULL, first TIMESTAMPTZ NOT NULL, last TIMESTAMPTZ NOT NULL);

CREATE VIEW identifiers AS SELECT identifier, person FROM identifiers_held;

CREATE VIEW people AS
SELECT held.person, coalesce(any_value(traits), '{}'::JSON) AS traits,
       min(first) AS first_seen, max(last) AS last_seen
FROM identifiers_held AS held
LEFT JOIN traits_held USING (person)
LEFT JOIN seen ON via = identifier
GROUP BY held.person;

-- The root that a row was written under is who holds it now, but for these.
CREATE VIEW moved AS
SELECT identifier, person FROM identifiers_held WHERE parted OR identifier <> person;
