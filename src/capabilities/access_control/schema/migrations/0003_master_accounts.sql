-- A user that a child park has beside the copies of its parent's: no copy, so the mirror is not told of it.
ALTER TABLE access_control.users ADD COLUMN is_master boolean NOT NULL DEFAULT false;
