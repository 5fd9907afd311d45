import CasarePostgres

enum SettingQueries {
    /// Names the tenant whose rows this transaction sees; the policies of the tables read it.
    static let tenant = Query("SELECT set_config('casare.tenant', @tenant::text, true)")

    /// How long this transaction's statements wait for a lock.
    static let lockWait = Query("SELECT set_config('lock_timeout', @lock_wait::text, true)")

    static let notify = Query(
        """
        SELECT pg_notify(channel, payload)
        FROM unnest(@channels::text[], @payloads::text[]) AS bell (channel, payload)
        """)
}
