import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire
import FoundationEssentials

extension DeadLetterCommand {
    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "export", abstract: "Write dead letters out, a line of JSON for each.",
            discussion: """
                Those of every status that match the filter, unless --status says otherwise; without a filter all. \
                Each line is what dlq list -o jsonl prints. Values of sensitive variables are ***; what else the jobs \
                were given is there: treat the file like the data that they worked on.

                  casarectl dlq export --workflow invoices --since 7d --file letters.jsonl
                  casarectl dlq export --status open | jq .failure.message
                """)
        @OptionGroup(title: "Filter") var filter: LetterFilterOptions
        @Option(help: "Which come first.") var sort = LetterSortArgument.oldest

        @OptionGroup var target: PrivateFileOptions

        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            let file = self.target.privateFile
            try file?.check()
            let filter = try self.filter.filter(otherwise: [])
            let order = self.sort.order
            let connection = self.connection
            // What has been written of a file goes when it is not all there.
            let ending = try await Interruption.watching { () async throws -> Int in
                guard let file else {
                    return try await Self.write(filter, order, from: connection) { text throws(CommandFailure) in
                        try StandardStreams.print(text)
                    }
                }
                var count = 0
                try await file.write { draft in
                    count = try await Self.write(filter, order, from: connection) { text throws(CommandFailure) in
                        try draft.append(text)
                    }
                }
                return count
            }
            switch ending {
            case .finished(let count):
                let place = self.target.file.map { " to \($0)" } ?? ""
                StandardStreams.report(
                    TerminalText.line("casarectl: wrote \(Count.text(count, "dead letter"))\(place)"))
            case .interrupted(let reason):
                let place = self.target.file.map { "\($0) was not written" } ?? "what was printed is not all"
                throw CommandFailure(reason, "stopped; \(place)")
            }
        }

        /// Page by page: no more of them is in memory than one.
        ///
        /// - Returns: How many there were.
        private static func write(
            _ filter: DeadLetterFilter, _ order: DeadLetterOrder, from connection: ConnectionOptions,
            to append: (String) throws(CommandFailure) -> Void
        ) async throws -> Int {
            var progress = ExportProgress()
            defer { progress.end() }
            var query = DeadLetterQuery(filter: filter, order: order, limit: PageLimit.range.upperBound)
            try await connection.withClient { client, _ in
                repeat {
                    let page = try await client.deadLetters(query)
                    try append(try page.deadLetters.map { try Self.line($0) }.joined())
                    progress.add(page.deadLetters.count)
                    query.cursor = page.nextCursor
                } while query.cursor != nil
            }
            return progress.count
        }

        static func line(_ letter: DeadLetterInfo) throws -> String {
            TerminalText.json(try ValueEncoder.encode(letter).jsonText(.compact)) + "\n"
        }
    }
}

/// How far an export has come, on stderr: a line that changes on a terminal, and else one every ten seconds.
struct ExportProgress {
    private static let intervalOnTerminal = Duration.milliseconds(200)
    private static let interval = Duration.seconds(10)

    private(set) var count = 0
    private let rewrites = Terminal.canRewrite
    private var shownAt = ContinuousClock.now
    private var isShown = false

    mutating func add(_ count: Int) {
        self.count += count
        let now = ContinuousClock.now
        guard now - self.shownAt >= (self.rewrites ? Self.intervalOnTerminal : Self.interval) else { return }
        self.shownAt = now
        let text = "\(Count.text(self.count, "dead letter")) so far"
        if self.rewrites {
            StandardStreams.prompt("\r\(text)\u{1B}[K")
            self.isShown = true
        } else {
            StandardStreams.report("casarectl: \(text)")
        }
    }

    /// Leaves nothing of the line.
    func end() {
        if self.isShown { StandardStreams.prompt("\r\u{1B}[K") }
    }
}
