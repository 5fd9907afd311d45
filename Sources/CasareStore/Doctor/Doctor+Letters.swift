import CasareDomain
import CasarePostgres

/// Whether there is room for dead letters.
extension Doctor {
    /// From this share of the most that are kept on, somebody should deal with them.
    private static let lettersWarningPercent = 90

    /// - Parameter max: how many are kept of a tenant.
    static func deadLetters(max: Int, on connection: isolated PostgresConnection) throws -> DoctorFinding {
        let warning = (max * self.lettersWarningPercent + 99) / 100
        let rows = try connection.execute(
            LetterCountQueries.fullest, ["letters_max": .int(max), "warning": .int(warning)])
        let facts = try self.facts("tenants", rows)
        guard let fullest = try rows.map({ (try $0.string("name"), try $0.int("letters")) }).max(by: { $0.1 < $1.1 })
        else {
            return DoctorFinding(
                .deadLetters, .ok,
                "No tenant has \(self.lettersWarningPercent) % of the \(max) dead letters that are kept.", facts: facts)
        }
        let (name, letters) = fullest
        let advice = [
            "-- casarectl dlq groups shows what they are; casarectl dlq replay runs them again;",
            "-- casarectl dlq ack --resolve and casarectl dlq purge are for those that nobody needs.",
        ]
        guard letters >= max else {
            return DoctorFinding(
                .deadLetters, .warning,
                "The tenant \(name) has \(letters) dead letters, and \(max) are kept: beyond that the oldest go, in the "
                    + "end those that nobody has dealt with.",
                facts: facts, advice: advice)
        }
        return DoctorFinding(
            .deadLetters, .critical,
            "The tenant \(name) has as many dead letters as are kept, \(max): with each new one the oldest goes, in the "
                + "end one that nobody has dealt with.",
            facts: facts, advice: advice)
    }
}

enum LetterCountQueries {
    /// Tenants with so many letters, which are counted up to the most that are kept.
    static let fullest = Query(
        """
        SELECT
            tenants.name, counted.letters,
            json_build_object('tenant', tenants.name, 'letters', counted.letters)::text AS facts
        FROM tenants CROSS JOIN LATERAL (
            SELECT count(*) AS letters FROM (
                SELECT FROM dead_letters
                WHERE dead_letters.tenant_id = tenants.tenant_id AND dead_letters.purged_at IS NULL
                LIMIT @letters_max
            ) AS known
        ) AS counted
        WHERE counted.letters >= @warning
        ORDER BY counted.letters DESC, tenants.name
        LIMIT 100
        """)
}
