-- When somebody of the workspace was last let in again who was erased, in milliseconds since
-- 1970-01-01 UTC; 0 for never.
ALTER TABLE suppression_salts ADD COLUMN erased_at INTEGER NOT NULL DEFAULT 0;
