import CasareDomain
import CasarePostgres
package import FoundationEssentials

/// A journaled step as people look at it: with the size of its result, and the result itself where it was asked for.
package struct JournaledStep: Hashable, Sendable {
    package let step: Int
    package let node: String
    package let nodeType: String
    /// `captured`, `idempotent` or `effect`.
    package let effect: String
    /// The result's JSON text; `nil` for an intent, and where it was left out.
    package let result: String?
    /// How many bytes the result has; `nil` for an intent.
    package let resultBytes: Int?
    package let startedAt: Date
    /// `nil` for an intent.
    package let finishedAt: Date?
}

/// Which steps of a job are looked at, and how closely.
package struct StepsFilter: Hashable, Sendable {
    /// Only steps with a higher number.
    package var after: Int?
    /// At most so many; `nil`: as many as fit into a page.
    package var limit: Int?
    /// Without, only failures come with their results: these say what went wrong.
    package var withResults: Bool

    package init(after: Int? = nil, limit: Int? = nil, withResults: Bool = true) {
        self.after = after
        self.limit = limit
        self.withResults = withResults
    }
}

/// Steps in order, and whether there are more behind them.
package struct StepsPage: Hashable, Sendable {
    package let steps: [JournaledStep]
    package let hasMore: Bool

    /// The results of a page have no more bytes than this, unless its first step alone has.
    package static let bytesMax = 4 << 20
    /// Counted for a step beside its result.
    static let bytesPerStep = 512
    static let stepsMax = Self.bytesMax / Self.bytesPerStep
}

extension JournaledStep {
    init(row: Row) throws(PostgresError) {
        self.init(
            step: try row.int("step"), node: try row.string("node"), nodeType: try row.string("node_type"),
            effect: try row.string("effect"), result: try row.optionalString("result"),
            resultBytes: try row.optionalInt("result_bytes"), startedAt: try row.date("started_at"),
            finishedAt: try row.optionalDate("finished_at"))
    }

    init(_ row: JournalRow, withResult: Bool) {
        self.init(
            step: row.step, node: row.node, nodeType: row.nodeType, effect: row.effect,
            result: withResult || row.isFailure ? row.result : nil, resultBytes: row.result?.utf8.count,
            startedAt: row.startedAt, finishedAt: row.finishedAt)
    }
}

extension JournalRow {
    /// Whether its step is known to have failed.
    var isFailure: Bool {
        // A result is the engine's own text; one that cannot be read tells of no error.
        self.result.flatMap { try? Value(parsingJSON: $0) }?["error"] != nil
    }
}
