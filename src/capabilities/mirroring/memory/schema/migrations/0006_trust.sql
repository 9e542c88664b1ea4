-- What others wrote into children and the mirror put right again; kept for some weeks.
CREATE TABLE fleet_sync.foreign_edits (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- From whoever found it, so that a record that is written again stays one.
    key            text COLLATE "C" NOT NULL UNIQUE,
    entity         text COLLATE "C" NOT NULL,
    family         text COLLATE "C" NOT NULL,
    kind           text NOT NULL CHECK (kind IN ('changed', 'removed')),
    parent_id      text COLLATE "C" NOT NULL,
    parent_park_id text COLLATE "C" NOT NULL,
    child_id       text COLLATE "C" NOT NULL,
    child_park_id  text COLLATE "C" NOT NULL,
    -- {field: {"was", "became"}} in canonical Extended JSON.
    fields         jsonb NOT NULL,
    found_at       timestamptz NOT NULL DEFAULT now()
);
-- What has become too old.
CREATE INDEX ON fleet_sync.foreign_edits (found_at);
-- Pages, in order of id.
CREATE INDEX ON fleet_sync.foreign_edits (entity, id);
CREATE INDEX ON fleet_sync.foreign_edits (parent_park_id, id);
CREATE INDEX ON fleet_sync.foreign_edits (child_park_id, id);

-- When every child of an entity was compared with its parent for the last time.
CREATE TABLE fleet_sync.verified_rounds (
    entity              text COLLATE "C" NOT NULL,
    family              text COLLATE "C" NOT NULL,
    -- Of the first link; until there is one, when it was looked for.
    first_link_at       timestamptz NOT NULL,
    -- When the last complete round began.
    last_round_began_at timestamptz,
    -- The latest full round of which was decided whether it reads every child, and that decision.
    decided_round       bigint,
    is_verifying        boolean NOT NULL DEFAULT false,
    PRIMARY KEY (entity, family)
) WITH (fillfactor = 50);

-- How far a `verify` has come that may have been interrupted.
CREATE TABLE fleet_sync.verify_positions (
    -- Digest of what was asked for.
    scope       bytea NOT NULL PRIMARY KEY,
    family      text COLLATE "C" NOT NULL,
    entity      text COLLATE "C" NOT NULL,
    phase       text NOT NULL CHECK (phase IN ('links', 'source')),
    -- The last parent id whose link was looked at; NULL: none yet.
    after_id    text COLLATE "C",
    checked     bigint NOT NULL,
    differences bigint NOT NULL,
    began_at    timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);
