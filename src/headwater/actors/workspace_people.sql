-- Of whom alone a destination gets events: JSON, an event's name or * to ids of audiences.
ALTER TABLE destinations ADD COLUMN people TEXT NOT NULL DEFAULT '{}';
