-- What one job's own object has to do: at most one row. body: JSON, which only that kind's work
-- reads; it may name people, so all of this database goes when the job has ended.
CREATE TABLE job_order (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    workspace TEXT NOT NULL,
    job TEXT NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;
