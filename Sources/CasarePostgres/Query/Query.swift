import Synchronization

/// A statement's text with named parameters: `SELECT … WHERE queue = @queue`.
///
/// The text is a `StaticString`, so a value can only enter as a parameter. Each literal is parsed once for the process
/// and prepared once for a connection. A name may be used several times; it is sent once.
package struct Query: Sendable {
    package let plan: Plan

    /// Plans by the address of their literal, which lives as long as the process.
    private static let plans = Mutex<[UInt: Plan]>([:])

    package init(_ sql: StaticString) {
        precondition(sql.hasPointerRepresentation, "A query is longer than one character")
        let address = UInt(bitPattern: sql.utf8Start)
        self.plan = Self.plans.withLock { plans in
            // Literals end with a zero byte, so two that begin at one address are equal.
            if let plan = plans[address] { return plan }
            let plan = Plan(sql.description)
            plans[address] = plan
            return plan
        }
    }

    /// For statements that are put together from constant parts: what several statements share, names of partitions,
    /// `EXPLAIN` in tests.
    ///
    /// Values still go in as parameters. Keep the query and use it again: a new one is prepared anew.
    package init(assembled sql: String) {
        self.plan = Plan(sql)
    }

    /// The text as the server gets it, with numbered parameters.
    package var text: String { self.plan.text }
    /// The parameters' names in the order of their numbers.
    package var parameterNames: [String] { self.plan.names }
}

/// A literal can stand where a query is wanted; an interpolated string cannot.
extension Query: ExpressibleByStringLiteral {
    package init(stringLiteral sql: StaticString) {
        self.init(sql)
    }
}
