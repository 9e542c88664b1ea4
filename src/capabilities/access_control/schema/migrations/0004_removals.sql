-- What whoever follows the changes needs beside the rows: since when somebody has been writing, and what was removed.

-- A row becomes visible when its transaction ends, which may be long after the time in its updated_at. So a transaction
-- that writes takes a shared advisory lock (1096172624, second in which it began to write, since 2020). Locks are seen by
-- every role (pg_locks), are this database's alone, and go with the transaction, or with the savepoint, however it ends.
CREATE FUNCTION access_control.announce_writer() RETURNS void
LANGUAGE plpgsql AS $function$
BEGIN
    -- Once for each transaction.
    IF coalesce(current_setting('access_control.is_announced', true), '') = '' THEN
        PERFORM pg_advisory_xact_lock_shared(1096172624,
                                             (floor(extract(epoch FROM clock_timestamp())) - 1577836800)::integer);
        PERFORM set_config('access_control.is_announced', 'yes', true);
    END IF;
END
$function$;

-- Every write with an earlier updated_at is visible to statements that begin after this function has returned: a lock is
-- taken before the time is written, and is let go only once the row can be seen.
CREATE FUNCTION access_control.settled_until() RETURNS timestamptz
LANGUAGE plpgsql AS $function$
DECLARE
    asked_at CONSTANT timestamptz := clock_timestamp();
BEGIN
    RETURN least(asked_at, (SELECT min(to_timestamp(writer.objid::bigint + 1577836800))
                            FROM pg_locks AS writer
                            WHERE writer.locktype = 'advisory' AND writer.classid = 1096172624 AND writer.objsubid = 2
                              AND writer.database = (SELECT oid FROM pg_database WHERE datname = current_database())));
END
$function$;

CREATE OR REPLACE FUNCTION access_control.stamp_update() RETURNS trigger
LANGUAGE plpgsql AS $function$
BEGIN
    PERFORM access_control.announce_writer();
    NEW.updated_at := clock_timestamp();
    IF TG_OP = 'UPDATE' THEN
        NEW.updated_at := greatest(NEW.updated_at, OLD.updated_at + interval '1 microsecond');
    END IF;
    RETURN NEW;
END
$function$;

-- What was removed, for as long as is configured.
CREATE TABLE access_control.removed_records (
    -- The table it was in: `groups` or `users`.
    kind       text COLLATE "C" NOT NULL,
    id         text COLLATE "C" NOT NULL,
    park_id    text COLLATE "C" NOT NULL,
    -- As of a row: when it was removed.
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (kind, id)
);
CREATE INDEX removed_records_updated ON access_control.removed_records (kind, updated_at, id);

CREATE FUNCTION access_control.note_removal() RETURNS trigger
LANGUAGE plpgsql AS $function$
BEGIN
    PERFORM access_control.announce_writer();
    INSERT INTO access_control.removed_records (kind, id, park_id, updated_at)
        SELECT TG_TABLE_NAME, removed.id, removed.park_id, clock_timestamp() FROM removed
        ON CONFLICT (kind, id) DO UPDATE SET park_id = excluded.park_id, updated_at = excluded.updated_at;
    RETURN NULL;
END
$function$;
CREATE TRIGGER note_removal AFTER DELETE ON access_control.groups
    REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION access_control.note_removal();
CREATE TRIGGER note_removal AFTER DELETE ON access_control.users
    REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION access_control.note_removal();
