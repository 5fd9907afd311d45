import CasareDomain
@testable import CasareOrchestrator
import CasarePostgres
import CasareStore

/// One of everything that the first tenant can have, and the requests that would change each of them.
struct RouteThings: Sendable {
    /// Stands in what the tenant keeps.
    static let mark = "only-of-the-first"
    private static let nowhere = "0197f3a0-0000-7000-8000-000000000001"

    /// A robot has it.
    let lease: Lease
    let session: Robot.SessionID
    /// Of a job that has failed.
    let letter: String
    let item: String
    /// Waits for a second person, and so stands still; the approval has the same ID.
    let operation: String
    let window: String
    let trigger: String

    // MARK: Asking for them

    /// Where a route has them.
    func path(of route: Route) -> String {
        let parts = route.path.split(separator: "/").map(String.init)
        // The noun: behind /api/v1, where that is.
        let noun = parts.first == "api" ? parts[2] : parts[0]
        return parts.map { part in
            switch part {
            case "{id}": "/" + self.id(of: noun, route)
            case "{name}": "/" + Self.name(of: noun)
            case "{workflow}": "/orders"
            case "{session}": "/\(self.session)"
            case "{child}": "/\(self.lease.job)"
            case "{version}", "{serial}": "/1"
            case "{owner}": "/ann"
            default: part.hasPrefix("{") ? "/0" : "/" + part
            }
        }.joined()
    }

    private func id(of noun: String, _ route: Route) -> String {
        switch noun {
        case "jobs": self.lease.job.description
        case "dlq": self.letter
        case "robots": route.path.contains("/enrolments/") ? Self.nowhere : "r1"
        case "operations", "approvals": self.operation
        case "windows": self.window
        case "item-queues": self.item
        case "sessions": self.trigger
        default: Self.nowhere
        }
    }

    private static func name(of noun: String) -> String {
        switch noun {
        case "schedules": "nightly"
        case "triggers": "hook"
        case "calendars": "closed"
        case "selections": "saved"
        case "queues": "default"
        case "item-queues": "orders"
        case "tokens": "spare"
        case "roles": "clerk-of-one"
        case "secrets": "db"
        case "tenants": "acme"
        default: "nothing"
        }
    }

    // MARK: What there is

    /// All rows of a tenant but those that the server writes by itself: who was seen when, and the audit trail.
    static func rows(of tenant: Tenant.ID, in database: Database) async throws -> [String: String] {
        let moving = ["chain_checks", "request_rates", "reaction_cursors", "tenant_limits"]
        return try await database.asSystem { connection in
            let tables = try connection.execute(
                """
                SELECT relname::text AS name FROM pg_class
                JOIN pg_attribute ON attrelid = pg_class.oid AND attname = 'tenant_id' AND NOT attisdropped
                WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
                    AND has_table_privilege('casare_system', pg_class.oid, 'SELECT')
                """
            ).map { try $0.string("name") }
            var rows: [String: String] = [:]
            for table in tables where !moving.contains(table) && !table.hasPrefix("audit_") {
                let query = Query(
                    assembled: """
                        SELECT count(*) || ' ' || coalesce(md5(string_agg(content, ',' ORDER BY content)), '') AS rows
                        FROM (
                            SELECT (
                                to_jsonb(stored) - 'last_used_at' - 'last_used_from' - 'seen_at' - 'alive_until'
                            )::text AS content
                            FROM \(table) AS stored WHERE tenant_id = \(tenant.rawValue)
                        ) AS contents
                        """)
                rows[table] = try connection.execute(query).only().string("rows")
            }
            return rows
        }
    }
}
