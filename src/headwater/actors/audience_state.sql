-- One row a person for all that audiences keep, in place of two tables: of the turn that lets an
-- event touch both, it is one row less to find and to write, and the rows have room beside their
-- index. body: JSON, see audience_rows.py.
CREATE TABLE audience_state (
    id INTEGER PRIMARY KEY,
    actor TEXT NOT NULL UNIQUE,
    body TEXT NOT NULL
);

INSERT INTO audience_state (actor, body)
SELECT found.actor, json_set(
    coalesce((SELECT body FROM audience_person WHERE actor = found.actor), '{}'),
    '$.parts',
    json((SELECT json_group_object(via, json(body)) FROM audience_part WHERE actor = found.actor))
)
FROM (SELECT actor FROM audience_part UNION SELECT actor FROM audience_person) AS found;

DROP TABLE audience_part;

DROP TABLE audience_person;
