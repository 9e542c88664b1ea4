-- Makes the link table of one entity unless it is there; all of them are alike. Returns whether it was made.
--
-- Ids compare byte by byte (COLLATE "C"): that is the fastest order, and the same on every machine.
--
-- The fill factor leaves room in each page for a second version of every row: `reserved` becomes `linked` moments later,
-- and no indexed column changes then, so the new version needs no index entries if it stays in its page (a HOT update).
CREATE FUNCTION fleet_sync.make_link_table(entity text) RETURNS boolean
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
            PRIMARY KEY (family, parent_id)
        ) WITH (fillfactor = 45)
    $statement$, entity);
    EXECUTE format('CREATE INDEX ON fleet_sync.%I (child_park_id)', entity);
    -- Serves what is asked about one park: its links, and how many.
    EXECUTE format('CREATE INDEX ON fleet_sync.%I (parent_park_id)', entity);
    RETURN true;
END
$function$;
