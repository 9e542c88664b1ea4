-- Runs that are asked for over HTTP wait for the lease of their job; every run tells that it lives, and can be cancelled
-- from any replica.
ALTER TABLE fleet_sync.job_runs
    -- Approximate number of documents to be read; 0: not known.
    ADD COLUMN expected            bigint NOT NULL DEFAULT 0,
    ADD COLUMN heartbeat_at        timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN cancel_requested_at timestamptz,
    DROP CONSTRAINT job_runs_state_check,
    ADD CONSTRAINT job_runs_state_check CHECK (state IN ('waiting', 'running', 'done', 'failed', 'interrupted'));
CREATE INDEX ON fleet_sync.job_runs (job, id);
CREATE INDEX ON fleet_sync.job_runs (family, id);
-- The few that have not ended.
CREATE INDEX ON fleet_sync.job_runs (job, family, id) WHERE state IN ('waiting', 'running');
-- However many ask at once, one waits.
CREATE UNIQUE INDEX ON fleet_sync.job_runs (job, family) WHERE state = 'waiting';

-- Somebody waits for the lease of a job: its periodic passes make room. Whoever wishes says so again every few seconds.
CREATE TABLE fleet_sync.lease_wishes (
    job          text COLLATE "C" NOT NULL,
    family       text COLLATE "C" NOT NULL,
    wished_until timestamptz NOT NULL,
    PRIMARY KEY (job, family)
) WITH (fillfactor = 50);

-- Pages of the quarantine, in order of id.
CREATE INDEX ON fleet_sync.quarantine (entity, id);
CREATE INDEX ON fleet_sync.quarantine (parent_park_id, id);
DROP INDEX fleet_sync.quarantine_parent_park_id_idx;
