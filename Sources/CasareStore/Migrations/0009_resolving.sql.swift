extension Migration {
    /// Jobs that people answer for, pause and fork, and that say so in their events.
    static let resolving = Migration(
        version: 9, name: "resolving",
        sql: #"""
            -- What kinds of events there are stands in the statements that write them, as literals, and a test holds
            -- those against the list that the program has. A CHECK said the same once more, for a price: every statement
            -- that writes events reads the expressions of that table's CHECKs anew each time that it is executed. On the
            -- table the constraint is that of the partitions, too; the loop is for one that has it as its own.
            ALTER TABLE events DROP CONSTRAINT IF EXISTS events_kind_check;
            DO $$
            DECLARE
                partition regclass;
            BEGIN
                FOR partition IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'events'::regclass LOOP
                    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT IF EXISTS events_kind_check', partition);
                END LOOP;
            END $$;

            -- The blocked jobs that wait longest for an answer.
            CREATE INDEX blocked_by_age ON blocked (tenant_id, since, job_id);
            """#)
}
