extension Migration {
    /// Events of all jobs, read in their order by those who follow what happens.
    static let eventFeed = Migration(
        version: 16, name: "event_feed",
        sql: """
            -- Building it keeps everybody from writing events until this migration is committed, and waits for those
            -- who have: so every number that was given out before is in the table now, or never will be.
            CREATE INDEX events_by_number ON events (tenant_id, event_id);

            -- Up to which number all events are there to be read. One row; it is behind the truth, never ahead of it.
            CREATE TABLE event_mark (
                is_single boolean PRIMARY KEY DEFAULT true CHECK (is_single),
                event_id bigint NOT NULL CHECK (event_id >= 0),
                at timestamptz NOT NULL
            ) WITH (fillfactor = 50);
            INSERT INTO event_mark (event_id, at)
            SELECT CASE WHEN is_called THEN last_value ELSE 0 END, now() FROM event_ids;

            -- A count of the whole installation, as of a sequence.
            ALTER TABLE event_mark ENABLE ROW LEVEL SECURITY;
            ALTER TABLE event_mark FORCE ROW LEVEL SECURITY;
            CREATE POLICY readable ON event_mark FOR SELECT TO casare_app USING (true);
            CREATE POLICY system ON event_mark TO casare_system USING (true) WITH CHECK (true);
            GRANT SELECT ON event_mark TO casare_app, casare_system;
            GRANT UPDATE ON event_mark TO casare_system;
            GRANT SELECT ON SEQUENCE event_ids TO casare_app, casare_system;
            """)
}
