/// Why an expression of Prometheus's query language cannot be read, or has no result.
struct PromQLError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, and where; begins in lower case.
    let description: String

    init(_ description: String) { self.description = description }
}
