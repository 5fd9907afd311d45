extension Migration {
    /// Tenants' lives and quotas, what waits for a second person, and the installation's epoch.
    static let tenancy = Migration(
        version: 27, name: "tenancy",
        sql: #"""
            ALTER TABLE tenants
                ADD COLUMN display_name text,
                ADD COLUMN status text NOT NULL DEFAULT 'active'
                    CHECK (status IN ('active', 'suspended', 'deleting', 'removing', 'deleted')),
                ADD COLUMN status_at timestamptz,
                ADD COLUMN status_by text,
                ADD COLUMN status_reason text,
                -- From when on its data is taken away.
                ADD COLUMN removal_at timestamptz,
                ADD COLUMN rows_removed bigint NOT NULL DEFAULT 0 CHECK (rows_removed >= 0),
                ADD COLUMN requires_approval boolean NOT NULL DEFAULT false,
                ADD COLUMN tier text,
                ADD CHECK ((status_at IS NULL) = (status_by IS NULL)),
                ADD CHECK ((removal_at IS NOT NULL) = (status IN ('deleting', 'removing', 'deleted')));
            CREATE INDEX tenants_not_served ON tenants (tenant_id) WHERE status <> 'active';
            GRANT UPDATE (
                name, display_name, status, status_at, status_by, status_reason, removal_at, rows_removed,
                requires_approval, tier
            ) ON tenants TO casare_system;
            GRANT UPDATE (display_name, requires_approval) ON tenants TO casare_app;

            -- Of those tenants alone that are held back by anything: who has no row here pays for nothing of it. Locked
            -- by whoever adds to what is counted, so that those come one after the other.
            CREATE TABLE tenant_limits (
                tenant_id integer NOT NULL DEFAULT casare_tenant() REFERENCES tenants PRIMARY KEY,
                -- Nothing begins.
                is_suspended boolean NOT NULL DEFAULT false,
                workflows bigint CHECK (workflows >= 0),
                robots bigint CHECK (robots >= 0),
                queued_jobs bigint CHECK (queued_jobs >= 0),
                executions_per_hour bigint CHECK (executions_per_hour >= 0),
                concurrency bigint CHECK (concurrency >= 0),
                storage_bytes bigint CHECK (storage_bytes >= 0),
                schedules bigint CHECK (schedules >= 0),
                secrets bigint CHECK (secrets >= 0),
                -- So many jobs have not ended, or fewer. NULL: count them.
                open_jobs_most bigint,
                -- The hour of the clock, and how many jobs were made in it.
                hour_at timestamptz,
                hour_jobs bigint NOT NULL DEFAULT 0,
                -- As last measured, and what came since. NULL: it was never measured.
                stored_bytes bigint,
                measured_at timestamptz
            ) WITH (fillfactor = 50);
            CREATE INDEX tenant_limits_suspended ON tenant_limits (tenant_id) WHERE is_suspended;
            CREATE INDEX tenant_limits_measured ON tenant_limits (measured_at NULLS FIRST)
                WHERE storage_bytes IS NOT NULL;

            -- What waits for a second person, and what became of it.
            CREATE TABLE approvals (
                tenant_id integer NOT NULL DEFAULT casare_tenant() REFERENCES tenants,
                approval_id uuid NOT NULL,
                action text NOT NULL CHECK (
                    action IN ('operation.purge', 'secret.destroy', 'tenant.delete', 'tenant.approvals_off')),
                subject text NOT NULL CHECK (subject <> ''),
                -- What exactly: whoever asked may do that and nothing else.
                detail text NOT NULL,
                status text NOT NULL DEFAULT 'awaiting_approval' CHECK (
                    status IN ('awaiting_approval', 'approved', 'used', 'denied', 'expired')),
                reason text,
                asked_at timestamptz NOT NULL,
                asked_by text NOT NULL,
                expires_at timestamptz NOT NULL,
                decided_at timestamptz,
                decided_by text,
                decision_reason text,
                PRIMARY KEY (tenant_id, approval_id),
                -- Two persons.
                CHECK (decided_by IS NULL OR decided_by <> asked_by),
                CHECK ((decided_at IS NULL) = (decided_by IS NULL)),
                CHECK (status NOT IN ('approved', 'used', 'denied') OR decided_by IS NOT NULL)
            );
            CREATE UNIQUE INDEX approvals_open ON approvals (tenant_id, action, subject, asked_by)
                WHERE status IN ('awaiting_approval', 'approved');
            CREATE INDEX approvals_due ON approvals (expires_at) WHERE status IN ('awaiting_approval', 'approved');

            ALTER TABLE operations DROP CONSTRAINT operations_halt_check;
            ALTER TABLE operations ADD CONSTRAINT operations_halt_check
                CHECK (halt IN ('paused', 'stopped', 'awaiting_approval'));

            DO $$
            DECLARE
                name text;
            BEGIN
                FOREACH name IN ARRAY ARRAY['tenant_limits', 'approvals'] LOOP
                    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
                    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
                    EXECUTE format(
                        'CREATE POLICY tenant ON %I TO casare_app
                         USING (tenant_id = casare_tenant()) WITH CHECK (tenant_id = casare_tenant())', name);
                    EXECUTE format('CREATE POLICY system ON %I TO casare_system USING (true) WITH CHECK (true)', name);
                    EXECUTE format('GRANT SELECT ON %I TO casare_app, casare_system', name);
                END LOOP;
            END $$;
            -- A tenant counts, and never says what it may have.
            GRANT UPDATE (open_jobs_most, hour_at, hour_jobs, stored_bytes) ON tenant_limits TO casare_app;
            GRANT INSERT, UPDATE, DELETE ON tenant_limits TO casare_system;
            GRANT INSERT, UPDATE ON approvals TO casare_app, casare_system;

            -- The database as a whole: how often it was restored from a backup, and what is known of time that was
            -- lost.
            CREATE TABLE installation (
                is_single boolean NOT NULL DEFAULT true PRIMARY KEY CHECK (is_single),
                -- It grows with every restore that somebody noticed or declared.
                epoch integer NOT NULL DEFAULT 1 CHECK (epoch > 0),
                -- As the servers last saw it; it changes with a restore to a moment, and with a failover.
                timeline bigint,
                -- The base backup that the server was started from, as far as it is known here: what is known now goes
                -- into the next backup, and the label of that one is another.
                backup text,
                -- When a server last looked.
                seen_at timestamptz,
                -- Something that a robot or server knows and the database does not: it must be an older state.
                suspected_at timestamptz,
                suspected_why text,
                CHECK ((suspected_at IS NULL) = (suspected_why IS NULL))
            ) WITH (fillfactor = 50);
            INSERT INTO installation DEFAULT VALUES;

            -- What was done when an epoch began.
            CREATE TABLE installation_epochs (
                epoch integer NOT NULL PRIMARY KEY CHECK (epoch > 1),
                at timestamptz NOT NULL,
                declared_by text NOT NULL,
                why text NOT NULL,
                -- The last moment that the restored state knows of.
                state_of timestamptz,
                -- Leases with a token up to this one are of before.
                token_before bigint NOT NULL,
                jobs_blocked bigint NOT NULL DEFAULT 0,
                jobs_held bigint NOT NULL DEFAULT 0,
                schedules_moved bigint NOT NULL DEFAULT 0,
                secret_leases_dropped bigint NOT NULL DEFAULT 0
            );
            ALTER TABLE installation ENABLE ROW LEVEL SECURITY;
            ALTER TABLE installation FORCE ROW LEVEL SECURITY;
            CREATE POLICY readable ON installation FOR SELECT TO casare_app USING (true);
            CREATE POLICY system ON installation TO casare_system USING (true) WITH CHECK (true);
            ALTER TABLE installation_epochs ENABLE ROW LEVEL SECURITY;
            ALTER TABLE installation_epochs FORCE ROW LEVEL SECURITY;
            CREATE POLICY readable ON installation_epochs FOR SELECT TO casare_app USING (true);
            CREATE POLICY system ON installation_epochs TO casare_system USING (true) WITH CHECK (true);
            GRANT SELECT ON installation, installation_epochs TO casare_app, casare_system;
            GRANT UPDATE ON installation TO casare_system;
            GRANT INSERT ON installation_epochs TO casare_system;

            -- Takes a tenant's rows away, up to `rows_max` of one table; which table it was, or null when none is left.
            -- What the audit trail keeps stays until its own time is over. Its owner may delete what nobody else may;
            -- so it looks by itself whether the tenant's time is over.
            CREATE FUNCTION casare_remove_tenant(
                tenant integer, rows_max integer, OUT relation text, OUT removed bigint
            ) LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
            SET enable_seqscan = on SET enable_bitmapscan = on SET enable_hashjoin = on AS $$
            BEGIN
                PERFORM FROM tenants WHERE tenants.tenant_id = tenant AND tenants.status = 'removing';
                IF NOT FOUND THEN
                    RAISE EXCEPTION 'tenant % is not being removed', tenant
                        USING ERRCODE = 'object_not_in_prerequisite_state';
                END IF;
                FOR relation IN
                    WITH RECURSIVE owned AS (
                        SELECT pg_class.oid, pg_class.relname
                        FROM pg_class
                        JOIN pg_attribute ON pg_attribute.attrelid = pg_class.oid
                            AND pg_attribute.attname = 'tenant_id' AND NOT pg_attribute.attisdropped
                        WHERE pg_class.relnamespace = (
                                SELECT relnamespace FROM pg_class WHERE pg_class.oid = 'tenants'::regclass)
                            AND pg_class.relkind IN ('r', 'p') AND NOT pg_class.relispartition
                            AND pg_class.relname <> 'tenants' AND pg_class.relname <> 'tenant_limits'
                            AND pg_class.relname NOT LIKE 'audit\_%'
                    ), depths AS (
                        SELECT owned.oid, 0 AS depth FROM owned
                        UNION
                        SELECT owned.oid, depths.depth + 1
                        FROM depths
                        JOIN pg_constraint ON pg_constraint.confrelid = depths.oid
                            AND pg_constraint.contype = 'f' AND pg_constraint.conrelid <> pg_constraint.confrelid
                        JOIN owned ON owned.oid = pg_constraint.conrelid
                        WHERE depths.depth < 20
                    )
                    -- Those first that refer to others.
                    SELECT owned.relname::text
                    FROM owned JOIN depths USING (oid)
                    GROUP BY owned.relname ORDER BY max(depths.depth) DESC, owned.relname
                LOOP
                    EXECUTE format(
                        'DELETE FROM %1$I WHERE tenant_id = $1
                            AND ctid = ANY (ARRAY(SELECT ctid FROM %1$I WHERE tenant_id = $1 LIMIT $2))', relation)
                        USING tenant, rows_max;
                    GET DIAGNOSTICS removed = ROW_COUNT;
                    IF removed > 0 THEN
                        RETURN;
                    END IF;
                END LOOP;
                relation := NULL;
                removed := 0;
            END $$;
            REVOKE ALL ON FUNCTION casare_remove_tenant FROM PUBLIC;
            GRANT EXECUTE ON FUNCTION casare_remove_tenant TO casare_system;

            -- Moves the numbers on that robots and clients hold from the time that was lost, so that none is given
            -- twice; drops what was leased from providers then. The new epoch comes back, and the last token of before.
            CREATE FUNCTION casare_begin_epoch(
                token_seen bigint, OUT epoch integer, OUT token_before bigint, OUT secret_leases_dropped bigint
            ) LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET enable_seqscan = on AS $$
            BEGIN
                UPDATE installation
                SET epoch = installation.epoch + 1, suspected_at = NULL, suspected_why = NULL,
                    timeline = (pg_control_checkpoint()).timeline_id,
                    backup = coalesce(casare_backup(), installation.backup)
                RETURNING installation.epoch INTO epoch;
                SELECT greatest(lease_tokens.last_value, coalesce(token_seen, 0)) INTO token_before FROM lease_tokens;
                PERFORM setval('lease_tokens', token_before + 4294967296);
                PERFORM setval('event_ids', event_ids.last_value + 4294967296) FROM event_ids;
                PERFORM setval(
                    pg_get_serial_sequence('robot_sessions', 'session_id'),
                    coalesce(pg_sequence_last_value(pg_get_serial_sequence('robot_sessions', 'session_id')::regclass), 0)
                        + 1000000);
                secret_leases_dropped := 0;
                IF to_regclass('secret_leases') IS NOT NULL THEN
                    EXECUTE 'DELETE FROM secret_leases';
                    GET DIAGNOSTICS secret_leases_dropped = ROW_COUNT;
                END IF;
            END $$;
            REVOKE ALL ON FUNCTION casare_begin_epoch FROM PUBLIC;
            GRANT EXECUTE ON FUNCTION casare_begin_epoch TO casare_system;

            -- Servers and robots compare what they know with where these stand.
            GRANT SELECT ON SEQUENCE lease_tokens, event_ids TO casare_app, casare_system;

            -- A robot shows a token that was never given out here: what the database knows is older than what the robot
            -- does.
            CREATE FUNCTION casare_witness(token bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
            SET search_path FROM CURRENT SET enable_seqscan = on AS $$
            DECLARE
                last_token bigint;
            BEGIN
                SELECT lease_tokens.last_value INTO last_token FROM lease_tokens;
                UPDATE installation
                SET suspected_at = now(),
                    suspected_why = 'a robot holds lease token ' || token || ', and the last one of this database is '
                        || last_token
                WHERE token > last_token AND installation.suspected_at IS NULL;
            END $$;
            REVOKE ALL ON FUNCTION casare_witness FROM PUBLIC;
            GRANT EXECUTE ON FUNCTION casare_witness TO casare_app, casare_system;

            -- Which timeline the server writes, for whoever may not read its control file.
            CREATE FUNCTION casare_timeline() RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER
            SET search_path FROM CURRENT
            RETURN (pg_control_checkpoint()).timeline_id::bigint;
            REVOKE ALL ON FUNCTION casare_timeline FROM PUBLIC;
            GRANT EXECUTE ON FUNCTION casare_timeline TO casare_system;

            -- The base backup that the server was started from, by the label that it keeps; null: none, or the owner
            -- may not read it.
            CREATE FUNCTION casare_backup() RETURNS text LANGUAGE plpgsql STABLE SECURITY DEFINER
            SET search_path FROM CURRENT AS $$
            DECLARE
                label text;
            BEGIN
                IF has_function_privilege('pg_read_file(text, bigint, bigint, boolean)', 'EXECUTE') THEN
                    label := pg_read_file('backup_label.old', 0, 4096, true);
                END IF;
                RETURN substring(label FROM 'START TIME: ([^\n]+)') || ' at '
                    || substring(label FROM 'START WAL LOCATION: ([0-9A-F/]+)');
            END $$;
            REVOKE ALL ON FUNCTION casare_backup FROM PUBLIC;
            GRANT EXECUTE ON FUNCTION casare_backup TO casare_system;
            UPDATE installation SET timeline = casare_timeline(), backup = casare_backup();

            -- The backup that the database was put back from without a word of it; null: there is no sign of that. With
            -- a new timeline it is none: a standby that took over was made from a backup, too. What it writes tells the
            -- timeline at once, and its control file only after its next checkpoint.
            CREATE FUNCTION casare_restored_from() RETURNS text LANGUAGE plpgsql STABLE SECURITY DEFINER
            SET search_path FROM CURRENT SET enable_seqscan = on AS $$
            DECLARE
                started_from text := casare_backup();
            BEGIN
                IF started_from IS NULL OR pg_is_in_recovery() THEN
                    RETURN NULL;
                END IF;
                PERFORM FROM installation
                WHERE started_from <> coalesce(installation.backup, '') AND installation.timeline
                    = ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::bigint;
                RETURN CASE WHEN FOUND THEN started_from END;
            END $$;
            REVOKE ALL ON FUNCTION casare_restored_from FROM PUBLIC;
            GRANT EXECUTE ON FUNCTION casare_restored_from TO casare_app, casare_system;

            -- Asked by every session of a service as it begins: nothing goes on with a state that is older than the
            -- world, but for who begins the new epoch.
            CREATE FUNCTION casare_enter() RETURNS void LANGUAGE plpgsql STABLE SECURITY DEFINER
            SET search_path FROM CURRENT AS $$
            DECLARE
                restored_from text := casare_restored_from();
            BEGIN
                IF restored_from IS NOT NULL
                    AND current_setting('casare.admission', true) IS DISTINCT FROM 'restorer' THEN
                    RAISE EXCEPTION 'the database was put back from the backup of %', restored_from
                        USING ERRCODE = 'CA001',
                            HINT = 'run casarectl db restored, or start an orchestrator, which does the same';
                END IF;
            END $$;
            REVOKE ALL ON FUNCTION casare_enter FROM PUBLIC;
            GRANT EXECUTE ON FUNCTION casare_enter TO casare_app, casare_system;
            """#)
}
