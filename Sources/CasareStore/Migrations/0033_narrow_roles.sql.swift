extension Migration {
    /// The audit log loses entries by a function alone that knows which may go, and robots on SQL have a role of their
    /// own, with what they execute and no more.
    static let narrowRoles = Migration(
        version: 33, name: "narrow_roles",
        sql: """
            -- Nobody but the owner of the tables changes or removes what is in the audit log.
            REVOKE UPDATE, DELETE, TRUNCATE ON audit_entries, audit_chain, audit_heads, audit_anchors
                FROM casare_app, casare_system;
            -- The chainer's; where what is kept begins is moved by the function below.
            GRANT UPDATE (number, entry_id, hash, anchored_number, anchored_at) ON audit_heads TO casare_system;

            -- Removes a tenant's oldest entries with their links, up to the number `through`, and returns how many. It
            -- looks by itself whether they may go: each must be there, linked and older than the tenant's own days or
            -- else `days`, at least one; an anchor must be on record in their place; and the last entry stays. What was
            -- put in beside the chain stays to be found.
            CREATE FUNCTION casare_remove_audit(tenant integer, through bigint, days integer) RETURNS bigint
            LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
            DECLARE
                kept_days integer;
                head audit_heads;
                new_base audit_chain;
                outlived bigint;
            BEGIN
                SELECT coalesce(tenants.audit_days, days) INTO kept_days FROM tenants
                WHERE tenants.tenant_id = tenant;
                SELECT * INTO head FROM audit_heads WHERE audit_heads.tenant_id = tenant FOR NO KEY UPDATE;
                SELECT link.* INTO new_base
                FROM audit_chain AS link
                JOIN audit_anchors AS anchor ON anchor.tenant_id = link.tenant_id AND anchor.number = link.number
                WHERE link.tenant_id = tenant AND link.number = through AND anchor.hash = link.hash;
                SELECT count(*) INTO outlived
                FROM audit_chain AS link
                JOIN audit_entries AS entry ON entry.tenant_id = link.tenant_id AND entry.entry_id = link.entry_id
                WHERE link.tenant_id = tenant AND link.number > head.base_number AND link.number <= through
                    AND entry.at < now() - kept_days * interval '1 day';
                IF (kept_days > 0 AND through < head.number AND new_base.number = through
                    AND outlived > 0 AND outlived = through - head.base_number) IS NOT TRUE THEN
                    RAISE EXCEPTION 'the entries of tenant % in the audit log up to number % are not all to be removed',
                        tenant, through
                        USING ERRCODE = 'object_not_in_prerequisite_state',
                            HINT = 'their time is not over, one is missing, or no anchor stands in their place';
                END IF;
                DELETE FROM audit_entries USING audit_chain AS link
                WHERE link.tenant_id = tenant AND link.number > head.base_number AND link.number <= through
                    AND audit_entries.tenant_id = tenant AND audit_entries.entry_id = link.entry_id;
                DELETE FROM audit_chain WHERE audit_chain.tenant_id = tenant AND audit_chain.number <= through;
                UPDATE audit_heads
                SET base_number = new_base.number, base_entry_id = new_base.entry_id, base_hash = new_base.hash
                WHERE audit_heads.tenant_id = tenant;
                RETURN outlived;
            END $$;
            REVOKE ALL ON FUNCTION casare_remove_audit FROM PUBLIC;
            GRANT EXECUTE ON FUNCTION casare_remove_audit TO casare_system;
            -- As in migration 31: nothing is looked up among temporary tables.
            DO $$
            DECLARE
                own_schema name;
            BEGIN
                SELECT nspname INTO own_schema FROM pg_namespace
                WHERE pg_namespace.oid = (SELECT relnamespace FROM pg_class WHERE pg_class.oid = 'tenants'::regclass);
                EXECUTE format('ALTER FUNCTION casare_remove_audit SET search_path = %I, pg_temp', own_schema);
            END $$;

            -- Roles belong to the whole cluster, so another database's migration may be creating it just now.
            DO $$
            BEGIN
                IF to_regrole('casare_robot') IS NULL THEN
                    BEGIN
                        CREATE ROLE casare_robot NOLOGIN;
                    EXCEPTION
                        WHEN duplicate_object OR unique_violation THEN
                            NULL;
                        WHEN insufficient_privilege THEN
                            RAISE EXCEPTION 'there is no role casare_robot, and % may not create it', current_user
                                USING ERRCODE = 'insufficient_privilege',
                                    HINT = format(
                                        'as a superuser: CREATE ROLE casare_robot NOLOGIN; GRANT casare_robot TO %I',
                                        current_user);
                    END;
                END IF;
                IF NOT pg_has_role(current_user, 'casare_robot', 'USAGE') THEN
                    BEGIN
                        EXECUTE format('GRANT casare_robot TO %I', current_user);
                    EXCEPTION
                        WHEN unique_violation THEN
                            NULL;
                        WHEN insufficient_privilege THEN
                            RAISE EXCEPTION '% is not a member of the role casare_robot', current_user
                                USING ERRCODE = 'insufficient_privilege',
                                    HINT = format('as a superuser: GRANT casare_robot TO %I', current_user);
                    END;
                END IF;
            END $$;

            -- The tenant that a robot on SQL works for: `default`, and no other, whatever its session says. Null where it
            -- says another one, and then no row is visible.
            CREATE FUNCTION casare_robot_tenant() RETURNS integer LANGUAGE sql STABLE PARALLEL SAFE
            RETURN CASE WHEN casare_tenant() = 1 THEN 1 END;

            DO $$
            DECLARE
                name text;
            BEGIN
                FOREACH name IN ARRAY ARRAY[
                    'tenants', 'tenant_limits', 'robots', 'robot_sessions', 'queues', 'queue_rules', 'queue_keys',
                    'requirements', 'workflow_robots', 'lanes', 'workflows', 'workflow_versions', 'jobs',
                    'idempotency_keys', 'scheduled', 'ready', 'leases', 'deadlines', 'outcomes', 'job_results',
                    'attempts', 'dead_letters', 'blocked', 'paused', 'journal', 'journal_values', 'journal_packed',
                    'events', 'job_logs', 'triggers', 'trigger_watches', 'trigger_keys', 'trigger_jobs',
                    'trigger_deliveries', 'secrets', 'secret_versions', 'secret_rotations', 'secret_holds',
                    'secret_leases', 'audit_entries'
                ] LOOP
                    EXECUTE format(
                        'CREATE POLICY robot ON %I TO casare_robot
                         USING (tenant_id = casare_robot_tenant()) WITH CHECK (tenant_id = casare_robot_tenant())',
                        name);
                END LOOP;
            END $$;
            CREATE POLICY robot ON ready_clock FOR SELECT TO casare_robot USING (true);
            -- The passwords of feeds, which robots watch; those of hooks are the server's.
            CREATE POLICY robot ON trigger_secrets FOR SELECT TO casare_robot USING (
                tenant_id = casare_robot_tenant() AND (
                    SELECT triggers.kind IN ('file', 'feed') FROM triggers
                    WHERE triggers.tenant_id = trigger_secrets.tenant_id
                        AND triggers.trigger_id = trigger_secrets.trigger_id));

            -- Locking a row takes the right to update some column of it.
            --
            -- Sessions, and what is leased from.
            GRANT SELECT, INSERT, UPDATE (environment, tags, capabilities, slots) ON robots TO casare_robot;
            GRANT SELECT, INSERT, UPDATE (
                slots, seen_at, alive_until, ended_at, lost_at, unasked_since, progress_at, overdue_job, overdue_since
            ) ON robot_sessions TO casare_robot;
            GRANT SELECT, INSERT, UPDATE (name) ON queues TO casare_robot;
            GRANT SELECT, INSERT (tenant_id, queue_id), UPDATE (version, token_from, rate_busy_until) ON queue_rules
                TO casare_robot;
            GRANT SELECT, INSERT (tenant_id, queue_id, key), UPDATE (version, token_from, rate_busy_until) ON queue_keys
                TO casare_robot;
            GRANT SELECT, INSERT, UPDATE (version, turn_at, mark_seq, marked_at, parked_until, parked_for) ON lanes
                TO casare_robot;
            GRANT SELECT, INSERT ON requirements TO casare_robot;
            GRANT SELECT ON workflow_robots, ready_clock TO casare_robot;
            GRANT SELECT (
                tenant_id, name, path_rules, command_rules, url_rules, node_overrides, scripts, policy_changed_at,
                policy_changed_by
            ) ON tenants TO casare_robot;
            GRANT SELECT, UPDATE (open_jobs_most, hour_at, hour_jobs, stored_bytes) ON tenant_limits TO casare_robot;
            GRANT SELECT, INSERT, UPDATE, DELETE ON ready, leases TO casare_robot;
            GRANT SELECT, INSERT, DELETE ON deadlines TO casare_robot;

            -- What becomes of jobs.
            GRANT SELECT, INSERT, UPDATE, DELETE ON journal, journal_values TO casare_robot;
            GRANT SELECT ON journal_packed, job_details TO casare_robot;
            GRANT SELECT, INSERT ON scheduled, outcomes, job_results, attempts, blocked, paused, events, job_logs
                TO casare_robot;
            GRANT INSERT ON dead_letters TO casare_robot;

            -- Jobs that jobs and watches submit, and documents that were brought along.
            GRANT SELECT, INSERT ON jobs, workflow_versions TO casare_robot;
            GRANT SELECT, INSERT, UPDATE (latest_version, updated_at) ON workflows TO casare_robot;
            GRANT SELECT, INSERT, UPDATE (job_id, request_hash, expires_at) ON idempotency_keys TO casare_robot;

            -- Watches.
            GRANT SELECT, UPDATE (last_fired_at, last_job) ON triggers TO casare_robot;
            GRANT SELECT ON trigger_secrets TO casare_robot;
            GRANT SELECT, INSERT, UPDATE ON trigger_watches TO casare_robot;
            GRANT SELECT, INSERT, UPDATE (job_id, until) ON trigger_keys TO casare_robot;
            GRANT SELECT, INSERT, DELETE ON trigger_jobs TO casare_robot;
            GRANT SELECT, INSERT ON trigger_deliveries TO casare_robot;

            -- Secrets as they are sealed, and who was given them.
            GRANT SELECT ON secrets, secret_versions, secret_rotations TO casare_robot;
            GRANT INSERT ON secret_holds, audit_entries TO casare_robot;
            GRANT SELECT (secret_lease_id), INSERT ON secret_leases TO casare_robot;

            GRANT USAGE ON SEQUENCE ready_seq, lease_tokens, event_ids, lane_ids, key_ids, audit_entry_ids
                TO casare_robot;
            GRANT EXECUTE ON FUNCTION casare_enter, casare_witness TO casare_robot;
            """)
}
