-- Which MongoDB cluster the links are of, by the marker that the mirror left there. No row: none has been met yet.
CREATE TABLE fleet_sync.source_cluster (
    is_only    boolean NOT NULL PRIMARY KEY DEFAULT true CHECK (is_only),
    marker     text COLLATE "C" NOT NULL,
    adopted_at timestamptz NOT NULL DEFAULT now()
);
