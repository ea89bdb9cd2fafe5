-- Labels of resources for access rules, and the write function that stores them.
-- category -1: not labelled yet (rows of an older version); nobody but the platform sees such a row.
alter table resource
    add column category smallint not null default -1, -- kind of care data (standards/fhir/labels, Category)
    add column level    smallint not null default 0,  -- confidentiality: 0 normal, 1 restricted, 2 secret
    add column embargo  bigint   not null default 0,  -- microseconds from which the patient may read it
    add column withheld boolean  not null default false, -- hidden from the patient's representatives
    add column authors  bigint[] not null default '{}', -- hashes of who wrote, ordered or performed it
    add column creator  bigint   not null default 0;  -- hash of the account that first stored it

drop function write_resource;

-- p_journal is a line of the access journal; it is written in the same transaction with what happened.
-- Writes one resource version with its whole index in one call. Returns what happened instead of
-- raising, so that many calls can share one commit.
-- mode:   1 create (the id must be free), 2 create or update, 3 update, 4 delete,
--         5 create or update unless the content is the same
-- status: 0 created, 1 updated, 2 unchanged, 3 deleted,
--         10 version conflict, 11 id in use, 12 not found, 13 already deleted
create function write_resource(
    p_mode smallint, p_expected integer, p_type smallint, p_method smallint, p_self bigint, p_id text,
    p_head bytea, p_tail bytea, p_updated bigint, p_digest bigint,
    p_patient bigint, p_low bigint, p_high bigint,
    p_tokens bigint[], p_hot smallint, p_targets bigint[],
    p_string_keys bigint[], p_strings text[],
    p_date_keys bigint[], p_date_lows bigint[], p_date_highs bigint[],
    p_number_keys bigint[], p_number_lows float8[], p_number_highs float8[],
    p_number_units bigint[], p_number_codes bigint[], p_number_names bigint[],
    p_position_keys bigint[], p_latitudes float8[], p_longitudes float8[],
    p_category smallint, p_level smallint, p_embargo bigint, p_withheld boolean, p_authors bigint[],
    p_creator bigint, p_journal bytea, p_action smallint,
    out new_status smallint, out new_version integer, out new_updated bigint
) language plpgsql as $$
declare
    v_pk bigint;
    v_method smallint;
    v_hot smallint;
    v_low bigint;
    v_updated bigint;
    v_digest bigint;
    v_deleted boolean;
    v_tokens bigint[];
    v_patient bigint := p_patient;
begin
    new_updated := p_updated;
    select r.pk, r.version, r.method, r.hot, r.low, r.updated, r.digest, r.body is null, r.tokens,
           coalesce(p_patient, r.patient)
      into v_pk, new_version, v_method, v_hot, v_low, v_updated, v_digest, v_deleted, v_tokens, v_patient
      from resource r where r.self = p_self for update;

    v_patient := coalesce(v_patient, p_patient);
    if v_pk is null then
        if p_mode in (3, 4) then new_status := 12; return; end if;
        if p_expected is not null then new_status := 10; return; end if;
        new_version := 1;
        insert into resource (type, method, hot, version, self, patient, low, high, updated, digest, id, tokens, targets, body,
                              category, level, embargo, withheld, authors, creator)
        values (p_type, p_method, p_hot, 1, p_self, p_patient, p_low, p_high, p_updated, p_digest, p_id, p_tokens, p_targets,
                p_head || '1'::bytea || p_tail,
                p_category, p_level, p_embargo, p_withheld, p_authors, p_creator)
        on conflict (self) do nothing
        returning resource.pk into v_pk;
        if v_pk is null then
            -- another writer was faster: look again, now at its row
            select w.new_status, w.new_version, w.new_updated into new_status, new_version, new_updated
              from write_resource(p_mode, p_expected, p_type, p_method, p_self, p_id, p_head, p_tail, p_updated, p_digest,
                   p_patient, p_low, p_high, p_tokens, p_hot, p_targets, p_string_keys, p_strings,
                   p_date_keys, p_date_lows, p_date_highs, p_number_keys, p_number_lows, p_number_highs,
                   p_number_units, p_number_codes, p_number_names, p_position_keys, p_latitudes, p_longitudes,
                   p_category, p_level, p_embargo, p_withheld, p_authors, p_creator, p_journal, p_action) w;
            return;
        end if;
        new_status := 0;
    else
        if p_expected is not null and (p_expected <> new_version or v_deleted) then new_status := 10; return; end if;
        if p_mode = 1 and not v_deleted then new_status := 11; return; end if;
        if p_mode = 3 and v_deleted then new_status := 13; return; end if;
        if p_mode = 4 and v_deleted then new_status := 13; new_updated := v_updated; return; end if;
        if p_mode = 5 and not v_deleted and v_digest = p_digest then
            new_status := 2; new_updated := v_updated; return;
        end if;
        insert into history (pk, version, type, method, updated, tx, body)
        select r.pk, r.version, r.type, r.method, r.updated, r.tx, r.body from resource r where r.pk = v_pk;
        if not v_deleted then
            if v_hot > 0 then
                delete from posting x using unnest(v_tokens[1:v_hot]) h
                 where x.hash = h and x.date = v_low and x.pk = v_pk;
            end if;
            delete from string_value x where x.pk = v_pk;
            delete from date_value x where x.pk = v_pk;
            delete from number_value x where x.pk = v_pk;
            delete from position_value x where x.pk = v_pk;
        end if;
        new_version := new_version + 1;
        update resource r set
            method = p_method, hot = p_hot, version = new_version,
            patient = case when p_mode = 4 then r.patient else p_patient end, low = p_low, high = p_high,
            updated = new_updated, digest = p_digest, tokens = p_tokens, targets = p_targets,
            tx = pg_current_xact_id(),
            category = case when p_mode = 4 then r.category else p_category end,
            level = case when p_mode = 4 then r.level else p_level end,
            embargo = p_embargo, withheld = p_withheld,
            authors = case when p_mode = 4 then r.authors else p_authors end,
            body = p_head || convert_to(new_version::text, 'UTF8') || p_tail
         where r.pk = v_pk;
        new_status := case when p_mode = 4 then 3 when v_deleted then 0 else 1 end;
        if p_mode = 4 then
            if p_journal is not null then
                perform journal_append(array[p_updated], array[v_patient], array[p_creator], array[p_action],
                    array[0::smallint], array[new_version], array[p_journal]);
            end if;
            return;
        end if;
    end if;

    if p_hot > 0 then
        insert into posting select h, p_low, v_pk from unnest(p_tokens[1:p_hot]) h
        on conflict do nothing;
    end if;
    if cardinality(p_string_keys) > 0 then
        insert into string_value select k, s, v_pk from unnest(p_string_keys, p_strings) as u(k, s);
    end if;
    if cardinality(p_date_keys) > 0 then
        insert into date_value select k, l, h, v_pk from unnest(p_date_keys, p_date_lows, p_date_highs) as u(k, l, h);
    end if;
    if cardinality(p_number_keys) > 0 then
        insert into number_value select k, l, h, u, c, n, v_pk
          from unnest(p_number_keys, p_number_lows, p_number_highs, p_number_units, p_number_codes, p_number_names)
            as x(k, l, h, u, c, n);
    end if;
    if cardinality(p_position_keys) > 0 then
        insert into position_value select k, a, o, v_pk
          from unnest(p_position_keys, p_latitudes, p_longitudes) as x(k, a, o);
    end if;
    if p_journal is not null then
        perform journal_append(array[p_updated], array[v_patient], array[p_creator], array[p_action],
            array[0::smallint], array[new_version], array[p_journal]);
    end if;
end $$;
