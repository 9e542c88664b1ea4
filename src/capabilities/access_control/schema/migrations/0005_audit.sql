-- Who changed which group, user or right, when, and from what to what: written by triggers, so in the same transaction,
-- whatever the change came through.
CREATE TABLE access_control.audit (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    park_id   text COLLATE "C" NOT NULL,
    at        timestamptz NOT NULL,
    -- The name of the service token; `database:<role>` for a change that came through no service.
    caller    text NOT NULL,
    -- The person for whom the caller acted, as he says.
    person    text,
    -- `group` or `user`.
    entity    text NOT NULL,
    entity_id text COLLATE "C" NOT NULL,
    -- `created`, `changed` or `removed`.
    action    text NOT NULL,
    -- {field: {"from": ..., "to": ...}}; phones are masked.
    changes   jsonb NOT NULL
);
CREATE INDEX audit_of_park ON access_control.audit (park_id, id);
CREATE INDEX audit_at ON access_control.audit (at);

CREATE FUNCTION access_control.audited_value(field text, value jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $function$
    SELECT CASE WHEN field = 'phone' AND jsonb_typeof(value) = 'string'
                THEN to_jsonb(left(value #>> '{}', 2) || '***' || right(value #>> '{}', 2))
                ELSE coalesce(value, 'null') END
$function$;

-- NULL: nothing that a person or a right depends on is another. `before` is NULL of a new row, `after` of a removed one.
CREATE FUNCTION access_control.audited_changes(before jsonb, after jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $function$
    SELECT jsonb_object_agg(field, jsonb_build_object('from', access_control.audited_value(field, before -> field),
                                                      'to', access_control.audited_value(field, after -> field)))
    FROM jsonb_object_keys(coalesce(after, before)) AS field
    WHERE field <> ALL ('{id,created_at,modified_at,updated_at,is_mirrored,is_master}')
      AND (field <> 'park_id' OR (before IS NOT NULL AND after IS NOT NULL))
      AND coalesce(before -> field, 'null') <> coalesce(after -> field, 'null')
$function$;

CREATE FUNCTION access_control.audit_change() RETURNS trigger
LANGUAGE plpgsql AS $function$
DECLARE
    changed_by CONSTANT text :=
        coalesce(nullif(current_setting('access_control.caller', true), ''), 'database:' || session_user);
    changed_for CONSTANT text := nullif(current_setting('access_control.person', true), '');
    kind CONSTANT text := rtrim(TG_TABLE_NAME, 's');
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO access_control.audit (park_id, at, caller, person, entity, entity_id, action, changes)
            SELECT park_id, clock_timestamp(), changed_by, changed_for, kind, id, 'created',
                   coalesce(access_control.audited_changes(NULL, to_jsonb(made)), '{}')
            FROM made;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO access_control.audit (park_id, at, caller, person, entity, entity_id, action, changes)
            SELECT park_id, clock_timestamp(), changed_by, changed_for, kind, id, 'removed',
                   coalesce(access_control.audited_changes(to_jsonb(removed), NULL), '{}')
            FROM removed;
    ELSE
        INSERT INTO access_control.audit (park_id, at, caller, person, entity, entity_id, action, changes)
            SELECT now_there.park_id, clock_timestamp(), changed_by, changed_for, kind, now_there.id, 'changed',
                   found.changes
            FROM was_there JOIN now_there ON now_there.id = was_there.id
                CROSS JOIN LATERAL access_control.audited_changes(to_jsonb(was_there), to_jsonb(now_there))
                    AS found (changes)
            WHERE found.changes IS NOT NULL;
    END IF;
    RETURN NULL;
END
$function$;

CREATE TRIGGER audit_insert AFTER INSERT ON access_control.groups
    REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION access_control.audit_change();
CREATE TRIGGER audit_update AFTER UPDATE ON access_control.groups
    REFERENCING OLD TABLE AS was_there NEW TABLE AS now_there
    FOR EACH STATEMENT EXECUTE FUNCTION access_control.audit_change();
CREATE TRIGGER audit_delete AFTER DELETE ON access_control.groups
    REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION access_control.audit_change();
CREATE TRIGGER audit_insert AFTER INSERT ON access_control.users
    REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION access_control.audit_change();
CREATE TRIGGER audit_update AFTER UPDATE ON access_control.users
    REFERENCING OLD TABLE AS was_there NEW TABLE AS now_there
    FOR EACH STATEMENT EXECUTE FUNCTION access_control.audit_change();
CREATE TRIGGER audit_delete AFTER DELETE ON access_control.users
    REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION access_control.audit_change();
