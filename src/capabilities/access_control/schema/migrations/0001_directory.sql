-- The version of a record: moves on with every write, by the clock of the database, also where that stands still or goes
-- back.
CREATE FUNCTION access_control.stamp_update() RETURNS trigger
LANGUAGE plpgsql AS $function$
BEGIN
    NEW.updated_at := clock_timestamp();
    IF TG_OP = 'UPDATE' THEN
        NEW.updated_at := greatest(NEW.updated_at, OLD.updated_at + interval '1 microsecond');
    END IF;
    RETURN NEW;
END
$function$;

-- Ids and logins compare byte by byte (COLLATE "C"): that is the fastest order, and the same on every machine.
CREATE TABLE access_control.groups (
    -- 32 lower-case hex digits from a CSPRNG.
    id          text COLLATE "C" PRIMARY KEY DEFAULT replace(gen_random_uuid()::text, '-', ''),
    park_id     text COLLATE "C" NOT NULL,
    name        text COLLATE "C" NOT NULL,
    grants      text[] NOT NULL,
    is_super    boolean NOT NULL,
    read_only   boolean NOT NULL,
    is_enabled  boolean NOT NULL DEFAULT true,
    -- Written by the mirror.
    is_mirrored boolean NOT NULL DEFAULT false,
    created_at  timestamptz NOT NULL DEFAULT now(),
    modified_at timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL,
    -- Serves the groups of a park in order, and is what users refer to.
    UNIQUE (park_id, id)
);
-- A copy has the name of its original, which is unique among those that exist: that of a retired copy may come again.
CREATE UNIQUE INDEX groups_name ON access_control.groups (park_id, name) WHERE NOT is_mirrored;
CREATE INDEX groups_updated ON access_control.groups (updated_at, id);
CREATE TRIGGER stamp_update BEFORE INSERT OR UPDATE ON access_control.groups
    FOR EACH ROW EXECUTE FUNCTION access_control.stamp_update();

CREATE TABLE access_control.users (
    id           text COLLATE "C" PRIMARY KEY DEFAULT replace(gen_random_uuid()::text, '-', ''),
    park_id      text COLLATE "C" NOT NULL,
    login        text COLLATE "C" NOT NULL,
    display_name text NOT NULL,
    phone        text,
    group_id     text COLLATE "C",
    is_enabled   boolean NOT NULL DEFAULT true,
    is_superuser boolean NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    modified_at  timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL,
    CONSTRAINT users_login UNIQUE (park_id, login),
    -- A group of the same park, or none.
    CONSTRAINT users_group FOREIGN KEY (park_id, group_id) REFERENCES access_control.groups (park_id, id)
);
CREATE INDEX users_park ON access_control.users (park_id, id);
CREATE INDEX users_of_group ON access_control.users (park_id, group_id) WHERE group_id IS NOT NULL;
CREATE INDEX users_updated ON access_control.users (updated_at, id);
CREATE TRIGGER stamp_update BEFORE INSERT OR UPDATE ON access_control.users
    FOR EACH ROW EXECUTE FUNCTION access_control.stamp_update();
