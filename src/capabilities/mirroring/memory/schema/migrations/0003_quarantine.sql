-- An entry's `parent_id` may be any JSON value and longer than an index entry can be (2704 bytes), so its digest is indexed.
-- Declared immutable, as convert_to() itself is not: the encoding of a database never changes.
CREATE FUNCTION fleet_sync.text_digest(value text) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT sha256(convert_to(value, 'UTF8')) $$;

CREATE TABLE fleet_sync.quarantine (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    entity         text COLLATE "C" NOT NULL,
    family         text COLLATE "C" NOT NULL,
    parent_id      text COLLATE "C" NOT NULL,
    parent_park_id text COLLATE "C" NOT NULL,
    reason         text NOT NULL,
    since          timestamptz NOT NULL DEFAULT now(),
    last_try_at    timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX ON fleet_sync.quarantine (entity, family, fleet_sync.text_digest(parent_id));
CREATE INDEX ON fleet_sync.quarantine (parent_park_id);
