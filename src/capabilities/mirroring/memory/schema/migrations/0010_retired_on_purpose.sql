-- Children that stay switched off although their parents live: of a park that a person retired ('on_purpose'), or of a
-- driver whose data was erased ('erased').
CREATE FUNCTION fleet_sync.let_links_be_kept_retired(entity text) RETURNS void
LANGUAGE plpgsql AS $function$
BEGIN
    EXECUTE format('ALTER TABLE fleet_sync.%I ADD COLUMN kept_retired text'
                   ' CHECK (kept_retired IN (''on_purpose'', ''erased''))', entity);
END
$function$;

-- The link tables that are there already, and those that are made from now on.
DO $do$
DECLARE
    link_table name;
BEGIN
    FOR link_table IN
        SELECT table_name FROM information_schema.columns
        WHERE table_schema = 'fleet_sync' AND column_name = 'source_hash'
    LOOP
        PERFORM fleet_sync.let_links_be_kept_retired(link_table);
    END LOOP;
END
$do$;
CREATE OR REPLACE FUNCTION fleet_sync.make_link_table(entity text) RETURNS boolean
LANGUAGE plpgsql AS $function$
BEGIN
    IF NOT fleet_sync.make_unwatched_link_table(entity) THEN
        RETURN false;
    END IF;
    PERFORM fleet_sync.watch_link_table(entity);
    PERFORM fleet_sync.let_links_be_kept_retired(entity);
    RETURN true;
END
$function$;

-- Drivers whose data is erased. The rows stay, so that nobody copies an erased parent again, and as the record of who
-- asked for it, and when; they hold no data of the person but his id.
CREATE TABLE fleet_sync.erasures (
    parent_id    text COLLATE "C" NOT NULL PRIMARY KEY,
    requested_at timestamptz NOT NULL DEFAULT now(),
    -- Who asked: `parent` for a parent that says so himself, else the user and the machine of a command.
    requested_by text NOT NULL,
    -- When everything was gone for the first time, and when a later look had found nothing that was written meanwhile.
    erased_at    timestamptz,
    completed_at timestamptz,
    -- What was removed: counts by place.
    removed      jsonb NOT NULL DEFAULT '{}',
    last_try_at  timestamptz,
    -- Why the last attempt was not the end, as a code; empty: nothing stood in the way.
    problem      text NOT NULL DEFAULT ''
) WITH (fillfactor = 70);
-- The few that are under way.
CREATE INDEX ON fleet_sync.erasures (requested_at) WHERE completed_at IS NULL;
-- By parent alone, as an erasure looks for what there is in every family.
CREATE INDEX ON fleet_sync.foreign_edits (parent_id);
