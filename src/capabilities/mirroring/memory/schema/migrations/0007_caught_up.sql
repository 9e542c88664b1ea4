-- Everything that the source said before this is mirrored, or in quarantine: when the last incremental pass that came to
-- its end began. Null before the first.
ALTER TABLE fleet_sync.job_cursors ADD COLUMN caught_up_at timestamptz;
