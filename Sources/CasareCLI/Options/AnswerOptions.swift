import CasareClient

/// What every command takes that asks a server and prints the answer.
struct AnswerOptions {
    let output: OutputOptions
    let connection: ConnectionOptions

    /// Prints the answer of the server.
    ///
    /// - Parameter headings: of what is printed; `--columns` is checked against them before anything is asked.
    func show(
        _ headings: [Heading], _ answer: (CasareClient, Server) async throws -> Presentation
    ) async throws {
        try self.output.check(headings)
        try await self.connection.withClient { client, server in
            try self.output.print(try await answer(client, server))
        }
    }
}

/// A command that asks a server and prints what it answers.
///
/// It has these groups itself, and not in one group around them: a debug build checks a group once more for each group
/// around it, which makes tests of deep ones slow.
protocol Answering {
    var output: OutputOptions { get }
    var connection: ConnectionOptions { get }
}

extension Answering {
    var answer: AnswerOptions { AnswerOptions(output: self.output, connection: self.connection) }
}

extension PagingOptions {
    /// Lists what the server has, as much of it as is asked for.
    ///
    /// - Parameters:
    ///   - columns: of the list; `--columns` is checked against them before anything is asked.
    ///   - name: what `-o name` prints of each.
    ///   - remark: what is said beside a table that is empty; `nil`: nothing.
    @_semantics("optimize.sil.specialize.generic.never")  // Swift 6.3.1's optimiser crashes on its copy for jobs.
    func list<Item: Encodable>(
        _ columns: [Column<Item>], name: (Item) -> String, orElse remark: String? = nil, to answer: AnswerOptions,
        _ page: (CasareClient, _ limit: Int, _ cursor: String?) async throws -> Page<Item>
    ) async throws {
        let output = answer.output
        try output.check(columns.map(\.heading))
        try await answer.connection.withClient { client, _ in
            try await self.show(as: output.format) { limit, cursor in
                try await page(client, limit, cursor)
            } to: { items in
                if let remark, items.isEmpty, output.format == .table { StandardStreams.report(remark) }
                try output.print(try Presentation(list: items, columns: columns, name: name))
            }
        }
    }
}
