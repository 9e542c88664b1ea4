-- Children of other entities that a run made because those of its own need them, by entity: {"cars": 3, "work_rules": 1}.
ALTER TABLE fleet_sync.job_runs ADD COLUMN created_with jsonb NOT NULL DEFAULT '{}';
