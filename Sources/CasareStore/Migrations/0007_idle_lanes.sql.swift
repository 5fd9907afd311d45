extension Migration {
    /// A lane that had no jobs does not come before those that had.
    static let idleLanes = Migration(
        version: 7, name: "idle_lanes",
        sql: """
            -- Expand only: a program of the version before calls these without a moment.
            DROP FUNCTION casare_rule_queue(integer);
            DROP FUNCTION casare_lane(integer, text, integer, smallint);

            -- Gives a queue rules, none of which forbid anything yet.
            CREATE FUNCTION casare_rule_queue(queue integer, moment timestamptz DEFAULT NULL) RETURNS void
            LANGUAGE plpgsql AS $$
            DECLARE
                at timestamptz := coalesce(moment, clock_timestamp());
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
                        at - base.priority * interval '60 seconds',
                        CASE WHEN is_empty THEN at + interval '5 seconds' END,
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

            -- Lets a lane look for new jobs at once, in its turn as if it had been leased from just now: it had nothing
            -- that could have waited longer. Without waiting: who works on the lane just now wakes it too, or looks
            -- again within a moment. Waiting for a leaser could make a deadlock: SKIP LOCKED waits where a row's update
            -- commits while it looks.
            CREATE FUNCTION casare_wake_lane(number integer, urgency smallint, at timestamptz) RETURNS void
            LANGUAGE sql AS $$
                UPDATE lanes
                SET parked_until = NULL, parked_for = NULL, version = lanes.version + 1,
                    turn_at = greatest(lanes.turn_at, at - lanes.priority * ageing_seconds * interval '1 second')
                FROM (
                    SELECT free.lane_id FROM lanes AS free
                    WHERE free.lane_id = number AND free.priority = urgency AND free.parked_for = 'empty'
                    FOR NO KEY UPDATE SKIP LOCKED
                ) AS found, queue_rules
                WHERE lanes.lane_id = found.lane_id AND lanes.priority = urgency
                    AND queue_rules.queue_id = lanes.queue_id
            $$;

            -- The number under which a job goes to `ready`. Whoever asks keeps the lane from being retired until its
            -- transaction ends, at the cost of a foreign key's check; in the order of the arguments, when it asks for
            -- several.
            --
            -- Each of its statements has a snapshot of its own: what it finds missing or empty is.
            CREATE FUNCTION casare_lane(
                queue integer, key text, requirement integer, urgency smallint, moment timestamptz DEFAULT NULL
            )
            RETURNS integer LANGUAGE plpgsql AS $$
            DECLARE
                at timestamptz := coalesce(moment, clock_timestamp());
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
                        IF lane.parked_for = 'empty' THEN PERFORM casare_wake_lane(lane.lane_id, urgency, at); END IF;
                        RETURN lane.lane_id;
                    END IF;
                    -- The queue has lost its last rule just now.
                    IF key IS NULL AND requirement IS NULL THEN RETURN queue; END IF;
                    PERFORM casare_rule_queue(queue, moment);
                    PERFORM FROM queue_rules WHERE queue_id = queue FOR KEY SHARE;
                    CONTINUE WHEN NOT FOUND;
                    INSERT INTO lanes (tenant_id, priority, queue_id, key_id, requirement_id, turn_at)
                    SELECT
                        tenant_id, urgency, queue, key_number, coalesce(requirement, 0),
                        at - urgency * ageing_seconds * interval '1 second'
                    FROM queue_rules WHERE queue_id = queue
                    ON CONFLICT DO NOTHING RETURNING * INTO lane;
                    IF FOUND THEN RETURN lane.lane_id; END IF;
                END LOOP;
            END $$;
            """)
}
