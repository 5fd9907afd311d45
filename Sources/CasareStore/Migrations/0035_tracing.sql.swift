extension Migration {
    /// What traces and metrics need to know of a job beside its place in a trace.
    static let tracing = Migration(
        version: 35, name: "tracing",
        sql: """
            -- Since when the job may be leased, for how long it waited. Whatever puts a job here leaves it to the
            -- default; the clock that steps of the order are told by is too coarse for it.
            ALTER TABLE ready ADD COLUMN since timestamptz NOT NULL DEFAULT now();

            -- The lease under which the attempt was made: its span's ID follows from it, so that the next attempt, and a
            -- replay, can name that span. Null of attempts from before it was kept.
            ALTER TABLE attempts ADD COLUMN token bigint;
            """)
}
