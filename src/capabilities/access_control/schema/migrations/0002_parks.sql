-- What was last heard of parks; used while who knows better is away.
CREATE TABLE access_control.parks (
    park_id  text COLLATE "C" PRIMARY KEY,
    -- Never becomes false again.
    is_child boolean NOT NULL,
    heard_at timestamptz NOT NULL DEFAULT now()
);
