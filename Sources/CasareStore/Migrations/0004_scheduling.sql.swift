extension Migration {
    /// The rules by which queues hand out jobs.
    static let scheduling = Migration(
        version: 4, name: "scheduling",
        sql: #"""
            -- Scheduling rules beside the queue. Expand only: a program of the version before works on as if there were
            -- no rules and does not lease what is in a lane. What it puts back goes to the queue's own number, so keys
            -- and requirements are for when no such program runs any more.
            --
            -- `ready.queue_id` holds a queue's number or, below zero, a lane's: jobs that share a queue, a key, a
            -- requirement and a priority. A plain queue, one without a row in queue_rules, has no lanes and is leased
            -- from as before.

            CREATE SEQUENCE lane_ids AS integer INCREMENT -1 MINVALUE -2147483648 MAXVALUE -1 CYCLE;
            CREATE SEQUENCE key_ids AS integer CYCLE;

            -- Nullable columns at the end: rows without a rule are not a byte longer.
            ALTER TABLE jobs ADD COLUMN queue_key text CHECK (queue_key <> '');
            ALTER TABLE jobs ADD COLUMN requirement_id integer CHECK (requirement_id > 0);
            -- Until when it must have been leased.
            ALTER TABLE jobs ADD COLUMN expires_at timestamptz;
            -- As in the table jobs, which moving a due job to `ready` need not read.
            ALTER TABLE scheduled ADD COLUMN queue_key text;
            ALTER TABLE scheduled ADD COLUMN requirement_id integer;
            -- Whose limits the lease counts against: queue_id << 32 | key_id, the key 0 standing for none. Null in a
            -- plain queue.
            ALTER TABLE leases ADD COLUMN gate bigint;
            CREATE INDEX leases_by_gate ON leases (gate, token) WHERE gate IS NOT NULL;
            -- Set on a robot's open sessions together with the robot, so that leasing reads one row less.
            ALTER TABLE robots ADD COLUMN cordoned_at timestamptz;
            ALTER TABLE robot_sessions ADD COLUMN cordoned_at timestamptz;

            CREATE FUNCTION casare_gate(queue integer, key integer) RETURNS bigint
            LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
            RETURN queue::bigint << 32 | key;

            -- How many may pass now when one may pass every `every_seconds`, `burst` at once at most, and `busy_until`
            -- is the moment up to which what passed is paid for (GCRA). Null without a rate.
            CREATE FUNCTION casare_rate_room(
                busy_until timestamptz, every_seconds double precision, burst integer, at timestamptz
            )
            RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
            RETURN CASE WHEN every_seconds IS NOT NULL THEN
                greatest(floor(
                    burst - extract(epoch FROM greatest(busy_until, at) - at)::double precision / every_seconds + 1e-6
                ), 0)::integer
            END;

            -- A queue that has rules, or had jobs with a key or a requirement lately. Without a row the queue is plain.
            CREATE TABLE queue_rules (
                tenant_id integer NOT NULL DEFAULT casare_tenant(),
                queue_id integer PRIMARY KEY REFERENCES queues (queue_id),
                paused_at timestamptz,
                paused_by text,
                pause_reason text,
                paused_until timestamptz,
                concurrency integer CHECK (concurrency >= 0),
                -- One job every so many seconds on average, and so many at once after a rest.
                rate_every_seconds double precision CHECK (rate_every_seconds > 0),
                rate_burst integer CHECK (rate_burst > 0),
                -- For each key that says nothing else.
                key_concurrency integer CHECK (key_concurrency >= 0),
                key_rate_every_seconds double precision CHECK (key_rate_every_seconds > 0),
                key_rate_burst integer CHECK (key_rate_burst > 0),
                -- So long must a job wait to be as urgent as one that is more urgent by one.
                ageing_seconds double precision NOT NULL DEFAULT 60 CHECK (ageing_seconds > 0),
                rate_busy_until timestamptz,
                -- No lease of the queue has a lower token.
                token_from bigint NOT NULL DEFAULT 0,
                -- Grows with each statement that leases under a limit of the whole queue.
                version bigint NOT NULL DEFAULT 0,
                CHECK ((paused_at IS NULL) = (paused_by IS NULL)),
                CHECK (paused_at IS NOT NULL OR pause_reason IS NULL AND paused_until IS NULL),
                CHECK ((rate_every_seconds IS NULL) = (rate_burst IS NULL)),
                CHECK ((key_rate_every_seconds IS NULL) = (key_rate_burst IS NULL))
            ) WITH (fillfactor = 30, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

            CREATE TABLE queue_keys (
                tenant_id integer NOT NULL DEFAULT casare_tenant(),
                key_id integer PRIMARY KEY DEFAULT nextval('key_ids') CHECK (key_id > 0),
                queue_id integer NOT NULL REFERENCES queues (queue_id),
                key text NOT NULL CHECK (key <> ''),
                -- These go before what the queue says of its keys.
                concurrency integer CHECK (concurrency >= 0),
                rate_every_seconds double precision CHECK (rate_every_seconds > 0),
                rate_burst integer CHECK (rate_burst > 0),
                paused_at timestamptz,
                paused_by text,
                pause_reason text,
                paused_until timestamptz,
                rate_busy_until timestamptz,
                token_from bigint NOT NULL DEFAULT 0,
                version bigint NOT NULL DEFAULT 0,
                UNIQUE (queue_id, key),
                CHECK ((paused_at IS NULL) = (paused_by IS NULL)),
                CHECK (paused_at IS NOT NULL OR pause_reason IS NULL AND paused_until IS NULL),
                CHECK ((rate_every_seconds IS NULL) = (rate_burst IS NULL))
            ) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);

            -- What a robot must be to run a job, once for all jobs that ask for the same. Never updated, never deleted.
            CREATE TABLE requirements (
                tenant_id integer NOT NULL DEFAULT casare_tenant(),
                requirement_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                queue_id integer NOT NULL REFERENCES queues (queue_id),
                -- Sorted, without repetition: all of them are asked for.
                tags text[] NOT NULL DEFAULT '{}',
                capabilities text[] NOT NULL DEFAULT '{}',
                robot_id text,
                -- One of the robots that this workflow is assigned to just now, any when there are none.
                workflow_id uuid
            );
            CREATE UNIQUE INDEX requirements_by_content ON requirements (
                queue_id, tags, capabilities, coalesce(robot_id, ''),
                coalesce(workflow_id, '00000000-0000-0000-0000-000000000000'));

            CREATE TABLE workflow_robots (
                tenant_id integer NOT NULL DEFAULT casare_tenant(),
                workflow_id uuid NOT NULL,
                robot_id text NOT NULL,
                assigned_at timestamptz NOT NULL,
                assigned_by text NOT NULL,
                PRIMARY KEY (tenant_id, workflow_id, robot_id),
                FOREIGN KEY (tenant_id, workflow_id) REFERENCES workflows,
                FOREIGN KEY (tenant_id, robot_id) REFERENCES robots
            );

            -- The jobs of a queue with rules, by what decides whether and when they may be leased. A queue's own number
            -- is that of its jobs without key and requirement, one lane for each priority: these stay for as long as
            -- the queue has rules.
            CREATE TABLE lanes (
                tenant_id integer NOT NULL DEFAULT casare_tenant(),
                lane_id integer NOT NULL DEFAULT nextval('lane_ids'),
                priority smallint NOT NULL CHECK (priority BETWEEN 0 AND 20),
                queue_id integer NOT NULL REFERENCES queue_rules (queue_id),
                -- 0 stands for none, in both.
                key_id integer NOT NULL,
                requirement_id integer NOT NULL,
                -- When it was last leased from or, if never, made, minus the ageing time of its priority: the next turn
                -- is the lowest one's. So keys take turns, the urgent come first, and nobody waits for ever.
                turn_at timestamptz NOT NULL,
                -- Not looked at before. Nothing that is due hangs on somebody's setting it back in time: it is never
                -- far away.
                parked_until timestamptz,
                parked_for text CHECK (parked_for IN ('empty', 'concurrency', 'rate', 'paused')),
                -- Up to where it has been leased from, and since when: as a leasing side's watermark.
                mark_seq bigint NOT NULL DEFAULT 0,
                marked_at timestamptz,
                version bigint NOT NULL DEFAULT 0,
                PRIMARY KEY (lane_id, priority),
                CHECK ((parked_until IS NULL) = (parked_for IS NULL)),
                CHECK (lane_id < 0 OR lane_id = queue_id AND key_id = 0 AND requirement_id = 0)
            ) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
            CREATE UNIQUE INDEX lanes_by_content ON lanes (queue_id, key_id, requirement_id, priority);
            CREATE INDEX lanes_in_turn ON lanes (queue_id, requirement_id, turn_at) WHERE parked_until IS NULL;
            CREATE INDEX lanes_parked ON lanes (queue_id, requirement_id, parked_until) WHERE parked_until IS NOT NULL;
            CREATE INDEX lanes_empty ON lanes (lane_id) WHERE parked_for = 'empty';

            -- Which place in `ready` belongs to which moment, a row every few seconds: how long a waiting job has been
            -- ready.
            CREATE TABLE ready_clock (at timestamptz PRIMARY KEY, seq bigint NOT NULL);

            -- Who holds a key of which there is one job at a time.
            CREATE TABLE unique_jobs (
                tenant_id integer NOT NULL DEFAULT casare_tenant(),
                key text NOT NULL CHECK (key <> ''),
                job_id uuid NOT NULL,
                -- Until the job is leased, until it has ended, or until a moment.
                scope text NOT NULL CHECK (scope IN ('waiting', 'unfinished', 'window')),
                held_until timestamptz,
                -- When the first of a row of jobs that replaced each other was submitted.
                first_at timestamptz NOT NULL,
                -- Whose key it was before, which a submit that takes it over must have known.
                previous_job_id uuid,
                PRIMARY KEY (tenant_id, key),
                CHECK ((scope = 'window') = (held_until IS NOT NULL))
            ) WITH (fillfactor = 80);

            CREATE TABLE deadlines (
                tenant_id integer NOT NULL DEFAULT casare_tenant(),
                job_id uuid NOT NULL,
                expires_at timestamptz NOT NULL,
                PRIMARY KEY (tenant_id, job_id)
            );
            CREATE INDEX deadlines_by_expiry ON deadlines (expires_at);

            -- By queue first, so that one queue's million due jobs do not keep another's waiting. The index by due time
            -- alone goes with a later migration.
            CREATE INDEX scheduled_by_queue ON scheduled (queue_id, due_at);

            -- Gives a queue rules, none of which forbid anything yet.
            CREATE FUNCTION casare_rule_queue(queue integer) RETURNS void LANGUAGE plpgsql AS $$
            BEGIN
                INSERT INTO queue_rules (tenant_id, queue_id)
                SELECT tenant_id, queue_id FROM queues WHERE queue_id = queue ON CONFLICT DO NOTHING;
                IF FOUND THEN
                    INSERT INTO lanes (
                        tenant_id, lane_id, priority, queue_id, key_id, requirement_id, turn_at, parked_until,
                        parked_for
                    )
                    SELECT
                        tenant_id, queue, base.priority, queue, 0, 0,
                        clock_timestamp() - base.priority * interval '60 seconds',
                        CASE WHEN is_empty THEN clock_timestamp() + interval '5 seconds' END,
                        CASE WHEN is_empty THEN 'empty' END
                    FROM queues CROSS JOIN generate_series(0, 20) AS base (priority)
                    CROSS JOIN LATERAL (
                        SELECT NOT EXISTS (
                            SELECT FROM ready WHERE ready.queue_id = queue AND ready.priority = base.priority
                        ) AS is_empty
                    ) AS known
                    WHERE queue_id = queue
                    ON CONFLICT DO NOTHING;
                END IF;
            END $$;

            -- The number under which a job goes to `ready`. Whoever asks keeps the lane from being retired until its
            -- transaction ends, at the cost of a foreign key's check; in the order of the arguments, when it asks for
            -- several.
            --
            -- Each of its statements has a snapshot of its own: what it finds missing or empty is.
            CREATE FUNCTION casare_lane(queue integer, key text, requirement integer, urgency smallint) RETURNS integer
            LANGUAGE plpgsql AS $$
            DECLARE
                key_number integer := 0;
                lane lanes;
            BEGIN
                IF key IS NOT NULL THEN
                    LOOP
                        SELECT known.key_id INTO key_number FROM queue_keys AS known
                        WHERE known.queue_id = queue AND known.key = casare_lane.key
                        FOR KEY SHARE;
                        EXIT WHEN FOUND;
                        INSERT INTO queue_keys AS fresh (tenant_id, queue_id, key)
                        SELECT tenant_id, queue_id, casare_lane.key FROM queues WHERE queue_id = queue
                        ON CONFLICT DO NOTHING RETURNING fresh.key_id INTO key_number;
                        EXIT WHEN FOUND;
                    END LOOP;
                END IF;
                LOOP
                    SELECT * INTO lane FROM lanes
                    WHERE queue_id = queue AND key_id = key_number AND requirement_id = coalesce(requirement, 0)
                        AND priority = urgency
                    FOR KEY SHARE;
                    IF FOUND THEN
                        -- Without waiting: who works on the lane just now wakes it too, or looks again within a
                        -- moment. Waiting for a leaser could make a deadlock: SKIP LOCKED waits where a row's update
                        -- commits while it looks.
                        IF lane.parked_for = 'empty' THEN
                            UPDATE lanes SET parked_until = NULL, parked_for = NULL, version = lanes.version + 1
                            FROM (
                                SELECT free.lane_id FROM lanes AS free
                                WHERE free.lane_id = lane.lane_id AND free.priority = urgency
                                    AND free.parked_for = 'empty'
                                FOR NO KEY UPDATE SKIP LOCKED
                            ) AS found
                            WHERE lanes.lane_id = found.lane_id AND lanes.priority = urgency;
                        END IF;
                        RETURN lane.lane_id;
                    END IF;
                    -- The queue has lost its last rule just now.
                    IF key IS NULL AND requirement IS NULL THEN RETURN queue; END IF;
                    PERFORM casare_rule_queue(queue);
                    PERFORM FROM queue_rules WHERE queue_id = queue FOR KEY SHARE;
                    CONTINUE WHEN NOT FOUND;
                    INSERT INTO lanes (tenant_id, priority, queue_id, key_id, requirement_id, turn_at)
                    SELECT
                        tenant_id, urgency, queue, key_number, coalesce(requirement, 0),
                        clock_timestamp() - urgency * ageing_seconds * interval '1 second'
                    FROM queue_rules WHERE queue_id = queue
                    ON CONFLICT DO NOTHING RETURNING * INTO lane;
                    IF FOUND THEN RETURN lane.lane_id; END IF;
                END LOOP;
            END $$;

            -- The number of a requirement, null for none. Tags and capabilities are sorted and without repetition.
            CREATE FUNCTION casare_requirement(
                queue integer, needed_tags text[], needed_capabilities text[], robot text, workflow uuid
            )
            RETURNS integer LANGUAGE plpgsql AS $$
            DECLARE
                number integer;
            BEGIN
                IF needed_tags = '{}' AND needed_capabilities = '{}' AND robot IS NULL AND workflow IS NULL THEN
                    RETURN NULL;
                END IF;
                LOOP
                    SELECT requirement_id INTO number FROM requirements
                    WHERE queue_id = queue AND tags = needed_tags AND capabilities = needed_capabilities
                        AND coalesce(robot_id, '') = coalesce(robot, '')
                        AND coalesce(workflow_id, '00000000-0000-0000-0000-000000000000')
                            = coalesce(workflow, '00000000-0000-0000-0000-000000000000');
                    IF FOUND THEN RETURN number; END IF;
                    INSERT INTO requirements (tenant_id, queue_id, tags, capabilities, robot_id, workflow_id)
                    SELECT tenant_id, queue_id, needed_tags, needed_capabilities, robot, workflow
                    FROM queues WHERE queue_id = queue
                    ON CONFLICT DO NOTHING RETURNING requirement_id INTO number;
                    IF FOUND THEN RETURN number; END IF;
                END LOOP;
            END $$;

            -- Makes queues plain again that have no rule, lane or key any more. Returns how many.
            CREATE FUNCTION casare_settle_queues() RETURNS integer LANGUAGE plpgsql AS $$
            DECLARE
                numbers integer[];
                gone integer;
            BEGIN
                SELECT array_agg(queue_id) INTO numbers FROM (
                    SELECT queue_id FROM queue_rules
                    WHERE (paused_at IS NULL OR paused_until <= now())
                        AND concurrency IS NULL AND rate_every_seconds IS NULL
                        AND key_concurrency IS NULL AND key_rate_every_seconds IS NULL AND ageing_seconds = 60
                        AND NOT EXISTS (
                            SELECT FROM lanes
                            WHERE lanes.queue_id = queue_rules.queue_id AND (key_id, requirement_id) > (0, 0))
                    FOR UPDATE SKIP LOCKED
                ) AS idle;
                IF numbers IS NULL THEN RETURN 0; END IF;
                -- Nobody adds a lane from here on: that takes the KEY SHARE of the row in queue_rules.
                SELECT array_agg(number) INTO numbers FROM unnest(numbers) AS number
                WHERE NOT EXISTS (SELECT FROM lanes WHERE queue_id = number AND (key_id, requirement_id) > (0, 0))
                    AND NOT EXISTS (SELECT FROM queue_keys WHERE queue_id = number);
                DELETE FROM lanes WHERE queue_id = ANY (numbers);
                DELETE FROM queue_rules WHERE queue_id = ANY (numbers);
                GET DIAGNOSTICS gone = ROW_COUNT;
                RETURN gone;
            END $$;

            -- Removes up to `lanes_max` lanes that turned out empty, and the keys that nothing needs any more; wakes
            -- those that are not empty after all. Returns how many lanes are gone.
            CREATE FUNCTION casare_retire_lanes(lanes_max integer) RETURNS integer LANGUAGE plpgsql AS $$
            DECLARE
                numbers integer[];
                urgencies smallint[];
                keys integer[];
                gone integer;
            BEGIN
                -- FOR UPDATE meets the KEY SHARE of whoever is submitting to a lane; the statements after it see all
                -- who did.
                SELECT array_agg(lane_id), array_agg(priority) INTO numbers, urgencies FROM (
                    SELECT lane_id, priority FROM lanes WHERE parked_for = 'empty' AND lane_id < 0
                    ORDER BY lane_id LIMIT lanes_max FOR UPDATE SKIP LOCKED
                ) AS empty;
                IF numbers IS NULL THEN RETURN 0; END IF;
                WITH retired AS (
                    DELETE FROM lanes USING unnest(numbers, urgencies) AS asked (number, urgency)
                    WHERE lanes.lane_id = number AND lanes.priority = urgency
                        AND NOT EXISTS (
                            SELECT FROM ready WHERE ready.queue_id = lanes.lane_id AND ready.priority = lanes.priority)
                    RETURNING lanes.key_id
                )
                SELECT array_agg(DISTINCT key_id) FILTER (WHERE key_id > 0), count(*) INTO keys, gone FROM retired;
                UPDATE lanes SET parked_until = NULL, parked_for = NULL, mark_seq = 0, version = version + 1
                FROM unnest(numbers, urgencies) AS asked (number, urgency)
                WHERE lanes.lane_id = number AND lanes.priority = urgency AND parked_for = 'empty';
                PERFORM casare_purge_keys(keys);
                RETURN gone;
            END $$;

            -- Forgets those of these keys that say nothing of their own, have no lane and no lease, and whose rate is
            -- at rest.
            CREATE FUNCTION casare_purge_keys(keys integer[]) RETURNS integer LANGUAGE plpgsql AS $$
            DECLARE
                numbers integer[];
                gone integer;
            BEGIN
                SELECT array_agg(key_id) INTO numbers FROM (
                    SELECT key_id FROM queue_keys
                    WHERE key_id = ANY (keys)
                        AND concurrency IS NULL AND rate_every_seconds IS NULL AND paused_at IS NULL
                        AND (rate_busy_until IS NULL OR rate_busy_until <= now())
                    ORDER BY key_id FOR UPDATE SKIP LOCKED
                ) AS idle;
                IF numbers IS NULL THEN RETURN 0; END IF;
                DELETE FROM queue_keys
                WHERE key_id = ANY (numbers)
                    AND NOT EXISTS (
                        SELECT FROM lanes
                        WHERE lanes.queue_id = queue_keys.queue_id AND lanes.key_id = queue_keys.key_id)
                    AND NOT EXISTS (
                        SELECT FROM leases WHERE leases.gate = casare_gate(queue_keys.queue_id, queue_keys.key_id));
                GET DIAGNOSTICS gone = ROW_COUNT;
                RETURN gone;
            END $$;

            -- Drops weekly partitions, all of them of one week in one transaction, that ended before `before` and whose
            -- jobs have all ended. Returns their names.
            CREATE FUNCTION casare_drop_partitions(before timestamptz, weeks_max integer DEFAULT 1) RETURNS text[]
            LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
            SET enable_seqscan = on SET lock_timeout = '100ms' AS $$
            DECLARE
                dropped text[] := '{}';
                partition text;
                suffix text;
                lower_bound uuid;
                upper_bound uuid;
                is_needed boolean;
            BEGIN
                -- As for creating them.
                PERFORM pg_advisory_xact_lock(hashtextextended('casare partitions', 0));
                FOR suffix, lower_bound, upper_bound IN
                    SELECT
                        substr(relname, 5),
                        casare_uuid_floor(to_date(substr(relname, 6), 'IYYY"w"IW')::timestamp AT TIME ZONE 'UTC'),
                        casare_uuid_floor((to_date(substr(relname, 6), 'IYYY"w"IW') + 7)::timestamp AT TIME ZONE 'UTC')
                    FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
                    WHERE inhparent = 'jobs'::regclass AND relname ~ '^jobs_[0-9]{4}w[0-9]{2}$'
                        AND (to_date(substr(relname, 6), 'IYYY"w"IW') + 7)::timestamp AT TIME ZONE 'UTC' <= before
                    ORDER BY relname LIMIT weeks_max
                LOOP
                    -- A job of those weeks that waits, runs or is asked about keeps its week.
                    SELECT EXISTS (SELECT FROM ready WHERE job_id >= lower_bound AND job_id < upper_bound)
                        OR EXISTS (SELECT FROM scheduled WHERE job_id >= lower_bound AND job_id < upper_bound)
                        OR EXISTS (SELECT FROM leases WHERE job_id >= lower_bound AND job_id < upper_bound)
                        OR EXISTS (SELECT FROM blocked WHERE job_id >= lower_bound AND job_id < upper_bound)
                        INTO is_needed;
                    CONTINUE WHEN is_needed;
                    FOREACH partition IN ARRAY ARRAY['events', 'journal', 'job_results', 'outcomes', 'jobs'] LOOP
                        IF to_regclass(partition || suffix) IS NOT NULL THEN
                            EXECUTE format('DROP TABLE %I', partition || suffix);
                            dropped := dropped || (partition || suffix);
                        END IF;
                    END LOOP;
                END LOOP;
                RETURN dropped;
            END $$;

            DO $$
            DECLARE
                name text;
            BEGIN
                FOREACH name IN ARRAY ARRAY[
                    'queue_rules', 'queue_keys', 'requirements', 'workflow_robots', 'lanes', 'unique_jobs', 'deadlines'
                ] LOOP
                    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
                    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
                    EXECUTE format(
                        'CREATE POLICY tenant ON %I TO casare_app
                         USING (tenant_id = casare_tenant()) WITH CHECK (tenant_id = casare_tenant())', name);
                    EXECUTE format('CREATE POLICY system ON %I TO casare_system USING (true) WITH CHECK (true)', name);
                    EXECUTE format('GRANT SELECT, INSERT, DELETE ON %I TO casare_app, casare_system', name);
                END LOOP;
                -- Moments and counts of the whole installation, as of a sequence.
                ALTER TABLE ready_clock ENABLE ROW LEVEL SECURITY;
                ALTER TABLE ready_clock FORCE ROW LEVEL SECURITY;
                CREATE POLICY readable ON ready_clock FOR SELECT TO casare_app USING (true);
                CREATE POLICY system ON ready_clock TO casare_system USING (true) WITH CHECK (true);
            END $$;
            REVOKE DELETE ON requirements FROM casare_app, casare_system;
            GRANT UPDATE ON queue_rules, queue_keys, lanes, unique_jobs, deadlines TO casare_app, casare_system;
            GRANT SELECT ON ready_clock TO casare_app, casare_system;
            GRANT INSERT, DELETE ON ready_clock TO casare_system;
            GRANT SELECT ON SEQUENCE ready_seq TO casare_app, casare_system;
            GRANT USAGE ON SEQUENCE lane_ids, key_ids TO casare_app, casare_system;
            -- For retention.
            GRANT DELETE ON attempts, dead_letters TO casare_system;
            GRANT SELECT, DELETE ON jobs_default, outcomes_default, job_results_default, journal_default, events_default
                TO casare_system;
            REVOKE ALL ON FUNCTION casare_drop_partitions FROM PUBLIC;
            GRANT EXECUTE ON FUNCTION casare_drop_partitions TO casare_system;
            """#)
}
