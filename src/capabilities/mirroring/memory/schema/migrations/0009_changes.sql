-- The changes of links, for whoever follows them (GET /v1/links/{entity}/changes): that a child is there, that it is
-- retired or back, that it has moved with its parent. One row holds what one statement changed, as arrays: a batch of a
-- thousand links costs one row and not a thousand.
--
-- A transaction that writes cannot know whether others that began before it will end after it, so it numbers nothing.
-- Whoever reads numbers what is committed by then (memory/changes/), and nothing that comes later gets a lower number.
CREATE TABLE fleet_sync.link_changes (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    entity          text COLLATE "C" NOT NULL,
    family          text COLLATE "C" NOT NULL,
    state           text NOT NULL,
    link_count      integer NOT NULL,
    -- One element for each link, in the same order.
    parent_ids      text[] NOT NULL,
    parent_park_ids text[] NOT NULL,
    child_ids       text[] NOT NULL,
    child_park_ids  text[] NOT NULL,
    at              timestamptz NOT NULL DEFAULT now(),
    -- The position of the last of these changes, the others have those before it; NULL until somebody has numbered them.
    last_position   bigint
);
-- Ids are random, so compressing them costs time and saves nothing.
ALTER TABLE fleet_sync.link_changes ALTER COLUMN parent_ids SET STORAGE EXTERNAL, ALTER COLUMN child_ids SET STORAGE EXTERNAL;
CREATE UNIQUE INDEX ON fleet_sync.link_changes (entity, last_position);
-- The few that nobody has numbered yet.
CREATE INDEX ON fleet_sync.link_changes (entity, id) WHERE last_position IS NULL;
-- What has become too old.
CREATE INDEX ON fleet_sync.link_changes (at);

CREATE TABLE fleet_sync.link_change_positions (
    entity          text COLLATE "C" NOT NULL PRIMARY KEY,
    -- The last position that was given.
    last_position   bigint NOT NULL DEFAULT 0,
    -- Changes up to this position are no longer kept.
    forgotten_until bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

-- Notes which links a statement has changed. A link that is only reserved is not told: its child may never come to be.
-- The settings are the function's own, since the statements of passes forbid joins other than by index.
CREATE FUNCTION fleet_sync.note_link_changes() RETURNS trigger
LANGUAGE plpgsql SET enable_hashjoin = on SET enable_nestloop = off AS $function$
BEGIN
    INSERT INTO fleet_sync.link_changes
        (entity, family, state, link_count, parent_ids, parent_park_ids, child_ids, child_park_ids)
    SELECT TG_TABLE_NAME, after.family, after.state, count(*), array_agg(after.parent_id),
           array_agg(after.parent_park_id), array_agg(after.child_id), array_agg(after.child_park_id)
    FROM after LEFT JOIN before
        ON before.child_id = after.child_id AND before.state = after.state
        AND before.parent_park_id = after.parent_park_id AND before.child_park_id = after.child_park_id
    WHERE before.child_id IS NULL AND after.state <> 'reserved'
    GROUP BY after.family, after.state;
    RETURN NULL;
END
$function$;

-- Has the changes of one entity's links noted.
CREATE FUNCTION fleet_sync.watch_link_table(entity text) RETURNS void
LANGUAGE plpgsql AS $function$
BEGIN
    EXECUTE format($statement$
        CREATE TRIGGER note_changes AFTER UPDATE ON fleet_sync.%I
        REFERENCING OLD TABLE AS before NEW TABLE AS after
        FOR EACH STATEMENT EXECUTE FUNCTION fleet_sync.note_link_changes()
    $statement$, entity);
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
        PERFORM fleet_sync.watch_link_table(link_table);
    END LOOP;
END
$do$;
ALTER FUNCTION fleet_sync.make_link_table(text) RENAME TO make_unwatched_link_table;
CREATE FUNCTION fleet_sync.make_link_table(entity text) RETURNS boolean
LANGUAGE plpgsql AS $function$
BEGIN
    IF NOT fleet_sync.make_unwatched_link_table(entity) THEN
        RETURN false;
    END IF;
    PERFORM fleet_sync.watch_link_table(entity);
    RETURN true;
END
$function$;
