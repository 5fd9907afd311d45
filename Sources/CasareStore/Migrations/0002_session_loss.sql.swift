extension Migration {
    /// Since when a session's connection is gone, so that its robot has a moment to come back, or to stop its jobs.
    static let sessionLoss = Migration(
        version: 2, name: "session_loss",
        sql: """
            -- Sessions of kind sql only: since when nobody holds the session's lock.
            ALTER TABLE robot_sessions ADD COLUMN lost_at timestamptz;
            """)
}
