CREATE TABLE fleet_sync.job_cursors (
    entity                    text COLLATE "C" NOT NULL,
    family                    text COLLATE "C" NOT NULL,
    -- A BSON Timestamp as one number that sorts as it does: seconds * 2^32 + increment.
    source_timestamp          numeric(20, 0),
    -- Milliseconds since 1970, of parents whose `updated_ts` is a Date.
    source_date_ms            bigint,
    configuration_fingerprint text NOT NULL,
    updated_at                timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (entity, family)
) WITH (fillfactor = 50);

-- A row stays when its lease is given back, so that the token never repeats.
CREATE TABLE fleet_sync.job_leases (
    job         text COLLATE "C" NOT NULL,
    family      text COLLATE "C" NOT NULL,
    token       bigint NOT NULL,
    -- Empty when nobody holds it.
    holder      text NOT NULL,
    acquired_at timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    PRIMARY KEY (job, family)
) WITH (fillfactor = 50);

CREATE TABLE fleet_sync.job_runs (
    id                     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job                    text COLLATE "C" NOT NULL,
    family                 text COLLATE "C" NOT NULL,
    mode                   text NOT NULL CHECK (mode IN ('incremental', 'full')),
    dry_run                boolean NOT NULL,
    state                  text NOT NULL CHECK (state IN ('running', 'done', 'failed', 'interrupted')),
    options                text NOT NULL,
    error                  text NOT NULL DEFAULT '',
    read                   bigint NOT NULL DEFAULT 0,
    created                bigint NOT NULL DEFAULT 0,
    updated                bigint NOT NULL DEFAULT 0,
    unchanged              bigint NOT NULL DEFAULT 0,
    skipped                bigint NOT NULL DEFAULT 0,
    retired                bigint NOT NULL DEFAULT 0,
    quarantined            bigint NOT NULL DEFAULT 0,
    dangling_references    bigint NOT NULL DEFAULT 0,
    retirements_held_back  bigint NOT NULL DEFAULT 0,
    duration_seconds       double precision NOT NULL DEFAULT 0,
    cpu_seconds            double precision NOT NULL DEFAULT 0,
    lag_seconds            double precision NOT NULL DEFAULT 0,
    started_at             timestamptz NOT NULL DEFAULT now(),
    finished_at            timestamptz
) WITH (fillfactor = 50);
CREATE INDEX ON fleet_sync.job_runs (job, family, id);

-- A request takes a new generation each time; whoever has done a backfill names the generation that he read, so a request
-- that came in meanwhile stays.
CREATE SEQUENCE fleet_sync.backfill_generations;
CREATE TABLE fleet_sync.backfills (
    entity         text COLLATE "C" NOT NULL,
    family         text COLLATE "C" NOT NULL,
    parent_park_id text COLLATE "C" NOT NULL,
    generation     bigint NOT NULL DEFAULT nextval('fleet_sync.backfill_generations'),
    -- The first request counts: a park that is asked for again and again must not fall behind the others for ever.
    requested_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (entity, family, parent_park_id)
);
CREATE INDEX ON fleet_sync.backfills (entity, family, requested_at, generation);
