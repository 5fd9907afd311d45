import CasareClient

/// What every command takes that changes something of a server.
struct ChangeOptions {
    let bulk: BulkOptions
    let answer: AnswerOptions

    /// What a dry run shows.
    enum DryRun: Sendable {
        case shown(Presentation)
        /// For people alone, on stderr: nothing would be printed that is there already.
        case said(String)
    }

    /// What the server would do with things that nobody has named each.
    struct Plan: Sendable {
        /// What is about to happen: "pause 12 schedules".
        let what: String
        /// Of a dry run.
        let presentation: Presentation
        /// For the question.
        let shown: Selection
    }

    /// Shows what would be done; or does it, after a question where one is needed, and prints what came of it.
    ///
    /// - Parameters:
    ///   - headings: of what is printed; `--columns` is checked against them before anything is asked.
    ///   - what: is about to happen: "delete the calendar uk".
    ///   - isSelection: the person has not named each thing.
    ///   - dryRun: looks at what is there.
    ///   - change: asks the server for it.
    /// - Throws: `.confirmationNeeded` without a yes; what the server refuses.
    func run(
        _ headings: [Heading], _ what: String, isSelection: Bool = false,
        dryRun: (CasareClient) async throws -> DryRun,
        asked change: (CasareClient, Server) async throws -> Presentation
    ) async throws {
        let output = self.answer.output
        try output.check(headings)
        try await self.answer.connection.withClient { client, server in
            if self.bulk.dryRun {
                switch try await dryRun(client) {
                case .shown(let presentation): return try output.print(presentation)
                case .said(let sentence): return StandardStreams.report(TerminalText.line(sentence))
                }
            }
            try self.bulk.consent(on: server, isSelection: isSelection).obtain(for: what)
            try output.print(try await change(client, server))
        }
    }

    /// The same for what the server plans before it is asked for it.
    ///
    /// - Parameter plan: asks for a dry run; throws where there would be nothing to do.
    func run(
        _ headings: [Heading], plan: (CasareClient) async throws -> Plan,
        asked change: (CasareClient) async throws -> Presentation
    ) async throws {
        let output = self.answer.output
        try output.check(headings)
        try await self.answer.connection.withClient { client, server in
            let planned = try await plan(client)
            if self.bulk.dryRun { return try output.print(planned.presentation) }
            try self.bulk.consent(on: server, isSelection: true).obtain(for: planned.what, showing: planned.shown)
            try output.print(try await change(client))
        }
    }

    /// The same for one thing that was named: a dry run and a question show it as people know it.
    ///
    /// - Parameters:
    ///   - verb: `pause`.
    ///   - noun: what it is; with the ID behind it, it is what a question is about.
    ///   - detail: what people know it by; asked for where it is shown.
    ///   - change: asks the server for it; `nil` where there is nothing to print.
    func run(
        _ headings: [Heading], _ verb: String, _ noun: String, _ id: String,
        detail: (CasareClient) async throws -> String, asked change: (CasareClient) async throws -> Presentation?
    ) async throws {
        let output = self.answer.output
        try output.check(headings)
        try await self.answer.connection.withClient { client, server in
            let needed = self.bulk.consent(on: server)
            let isShown = self.bulk.dryRun || needed.asks
            let selection = Selection(
                items: [Selection.Item(id: id, detail: isShown ? try await detail(client) : "")], noun: noun)
            if self.bulk.dryRun { return try selection.show(in: output) }
            try needed.obtain(for: "\(verb) \(noun) \(id)", showing: selection)
            if let presentation = try await change(client) { try output.print(presentation) }
        }
    }
}

/// A command that changes something of a server.
protocol Changing: Answering {
    var bulk: BulkOptions { get }
}

extension Changing {
    var change: ChangeOptions { ChangeOptions(bulk: self.bulk, answer: self.answer) }
}
