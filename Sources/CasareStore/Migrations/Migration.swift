import Crypto

/// One numbered step from an empty database to the newest schema. Once merged it is never edited.
package struct Migration: Sendable {
    package let version: Int
    package let name: String
    let sql: String

    init(version: Int, name: String, sql: String) {
        self.version = version
        self.name = name
        self.sql = sql
    }

    /// SHA-256 of its text, by which an edited migration is told.
    var checksum: String { SHA256.hash(data: Array(self.sql.utf8)).hex }

    /// All of them, in order.
    package static let all: [Migration] = [
        .initial, .sessionLoss, .tenantPolicy, .scheduling, .submits, .robotControl, .idleLanes, .upkeep, .resolving,
        .forks, .journal, .jobPause, .jobLogs, .letters, .operations,
        .eventFeed, .workflowRetry, .schedules, .triggers, .workItems, .applied, .watches,
        .trace, .vault,
        .audit,
        .identity,
        .tenancy,
        .secretProviders,
        .rotation,
        .certificates,
        .definerPaths,
        .tenantRetention,
        .narrowRoles,
        .noticing,
        .tracing,
        .robotLogs,
    ]
}
