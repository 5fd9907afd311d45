/// A statement that somebody else wrote, such as the author of a workflow: its text is known when the process runs.
///
/// It goes to the server as it is, with the server's own numbered parameters (`$1`), whose values are sent apart from
/// it. Statements of this program's own are a `Query`, whose text no value can enter.
package struct ForeignStatement: Sendable {
    package struct Column: Hashable, Sendable {
        package var name: String
        package var type: PostgresType
    }

    package let text: String
    /// As the server inferred them, in the order of their numbers.
    package let parameterTypes: [PostgresType]
    /// Empty for a statement that returns no rows.
    package let columns: [Column]
    /// Which of the connection's foreign statements it is: a connection has one at a time.
    let number: Int
}

/// What a foreign statement returned, in the server's text forms.
package struct ForeignRows: Sendable {
    package var columns: [ForeignStatement.Column]
    package var rows: [[String?]]
    /// How many rows the statement selected, inserted, updated or deleted.
    package var affectedRows: Int
    /// There were more rows than the caller takes: none is in `rows`, but the statement ran to its end.
    package var isTooLarge: Bool
}

/// How much of a foreign statement's result is kept.
package struct ForeignLimits: Hashable, Sendable {
    package var rowsMax: Int
    package var bytesMax: Int

    package init(rowsMax: Int = 100_000, bytesMax: Int = 64 << 20) {
        self.rowsMax = rowsMax
        self.bytesMax = bytesMax
    }
}
