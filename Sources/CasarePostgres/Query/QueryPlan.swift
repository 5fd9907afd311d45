import Synchronization

extension Query {
    /// The parsed text. Its identity is the key of the connections' prepared statements.
    package final class Plan: Sendable {
        /// As the server gets it, with numbered parameters. Empty for what has no constant text.
        package let text: String
        let names: [String]
        /// Unlike its address, it is no other plan's later on.
        package let number: Int
        private let known: Mutex<QuerySummary?>

        private static let numbers = Atomic<Int>(0)

        init(_ sql: String) {
            (self.text, self.names) = QueryParser.parse(sql)
            self.number = Self.numbers.wrappingAdd(1, ordering: .relaxed).newValue
            self.known = Mutex(nil)
        }

        /// Of what is measured as one and has no text of its own.
        private init(summary: QuerySummary) {
            (self.text, self.names) = ("", [])
            self.number = Self.numbers.wrappingAdd(1, ordering: .relaxed).newValue
            self.known = Mutex(summary)
        }

        /// Made when it is first asked for.
        package var summary: QuerySummary {
            self.known.withLock { known in
                if let known { return known }
                let summary = QuerySummary(of: self.text)
                known = summary
                return summary
            }
        }

        // MARK: What has no text of its own

        /// Statements by the simple protocol. What they do is not told: their texts may hold values.
        static let script = Plan(summary: QuerySummary(named: "SCRIPT"))
        static let begin = Plan("BEGIN")
        static let commit = Plan("COMMIT")
        static let rollBack = Plan("ROLLBACK")
        static let savepoint = Plan("SAVEPOINT")
        static let release = Plan("RELEASE")
        static let setting = Plan("SET")

        /// Combinations of statements that have a plan of their own; what there are more is summarised each time.
        private static let batchesMax = 1024
        private static let batches = Mutex<[[Int]: Plan]>([:])

        /// Of statements that are sent together. The same one many times in a row is one of them.
        static func batch(of plans: [Plan]) -> Plan {
            if plans.count == 1 { return plans[0] }
            var distinct: [Plan] = []
            for plan in plans where distinct.last !== plan { distinct.append(plan) }
            let numbers = distinct.map(\.number)
            return Self.batches.withLock { batches in
                if let plan = batches[numbers] { return plan }
                let plan = Plan(summary: QuerySummary(batch: distinct.map(\.summary)))
                if batches.count < Self.batchesMax { batches[numbers] = plan }
                return plan
            }
        }
    }
}
