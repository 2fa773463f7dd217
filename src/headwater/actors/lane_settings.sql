-- What a lane with a database of its own is for, so that its alarm needs to ask nobody.

-- version: of the workspace's configuration; config: a DestinationConfig as JSON.
CREATE TABLE IF NOT EXISTS lane_settings (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    workspace TEXT NOT NULL,
    version INTEGER NOT NULL,
    config TEXT NOT NULL
);
