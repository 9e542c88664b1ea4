-- Several replicas may write the same children at once: who has begun last has the say on a link (passes/batch_mirror.hpp).
CREATE SEQUENCE fleet_sync.write_tokens;

-- Of the link tables that are there already.
DO $do$
DECLARE
    link_table name;
BEGIN
    FOR link_table IN
        SELECT table_name FROM information_schema.columns
        WHERE table_schema = 'fleet_sync' AND column_name = 'source_hash'
    LOOP
        EXECUTE format('ALTER TABLE fleet_sync.%I ADD COLUMN write_token bigint', link_table);
    END LOOP;
END
$do$;

-- As before, with that column.
CREATE OR REPLACE FUNCTION fleet_sync.make_link_table(entity text) RETURNS boolean
LANGUAGE plpgsql AS $function$
BEGIN
    IF to_regclass(format('fleet_sync.%I', entity)) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format($statement$
        CREATE TABLE fleet_sync.%I (
            family            text COLLATE "C" NOT NULL,
            parent_id         text COLLATE "C" NOT NULL,
            parent_park_id    text COLLATE "C" NOT NULL,
            child_id          text COLLATE "C" NOT NULL UNIQUE,
            child_park_id     text COLLATE "C" NOT NULL,
            state             text NOT NULL CHECK (state IN ('reserved', 'linked', 'retired')),
            source_hash       bytea,
            source_updated_ts timestamptz,
            created_at        timestamptz NOT NULL DEFAULT now(),
            synced_at         timestamptz NOT NULL DEFAULT now(),
            -- Of the write that has begun and not ended; NULL: none, and the hash, if there is one, is the child's.
            write_token       bigint,
            PRIMARY KEY (family, parent_id)
        ) WITH (fillfactor = 45)
    $statement$, entity);
    EXECUTE format('CREATE INDEX ON fleet_sync.%I (child_park_id)', entity);
    -- Serves what is asked about one park: its links, and how many.
    EXECUTE format('CREATE INDEX ON fleet_sync.%I (parent_park_id)', entity);
    RETURN true;
END
$function$;

-- A full pass that the replicas share. The latest of a job and family counts; of the earlier ones a few are kept.
CREATE TABLE fleet_sync.full_rounds (
    job               text COLLATE "C" NOT NULL,
    family            text COLLATE "C" NOT NULL,
    round             bigint NOT NULL,
    shard_count       integer NOT NULL,
    began_at          timestamptz NOT NULL DEFAULT now(),
    finished_at       timestamptz,
    -- How many children the round may retire; NULL: nobody has asked yet.
    retirement_budget bigint,
    PRIMARY KEY (job, family, round)
);
CREATE TABLE fleet_sync.full_shards (
    job                 text COLLATE "C" NOT NULL,
    family              text COLLATE "C" NOT NULL,
    round               bigint NOT NULL,
    shard               integer NOT NULL,
    state               text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'done')),
    -- Names the process that has it, or had it last, to a person.
    holder              text NOT NULL DEFAULT '',
    -- How often it was begun: more than once when a holder died.
    attempts            integer NOT NULL DEFAULT 0,
    began_at            timestamptz,
    finished_at         timestamptz,
    retirements_granted bigint NOT NULL DEFAULT 0,
    -- Of the attempt that came to the end.
    read                bigint NOT NULL DEFAULT 0,
    created             bigint NOT NULL DEFAULT 0,
    updated             bigint NOT NULL DEFAULT 0,
    unchanged           bigint NOT NULL DEFAULT 0,
    retired             bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (job, family, round, shard),
    FOREIGN KEY (job, family, round) REFERENCES fleet_sync.full_rounds ON DELETE CASCADE
) WITH (fillfactor = 50);
