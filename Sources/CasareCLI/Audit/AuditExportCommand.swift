import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

extension AuditCommand {
    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "export", abstract: "Write entries out with their hashes, a line of JSON for each.",
            discussion: """
                The file is checked without the server: casarectl audit verify FILE. With --after, an export goes on \
                where the one before ended.

                  casarectl audit export --file audit-2026-11.jsonl
                  casarectl audit export --after 12000 --file audit-2026-12.jsonl
                """)
        @Option(
            parsing: .unconditional,
            help: ArgumentHelp(
                "Begin after this number (default: with the first entry that is kept).", valueName: "number"),
            transform: Text.number(in: 0...Int.max))
        var after: Int?
        @OptionGroup var target: PrivateFileOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            let file = self.target.privateFile
            try file?.check()
            let command = self
            // What has been written of a file goes when it is not all there.
            let ending = try await Interruption.watching { () async throws -> Int in
                guard let file else {
                    return try await command.write { text throws(CommandFailure) in try StandardStreams.print(text) }
                }
                var count = 0
                try await file.write { draft in
                    count = try await command.write { text throws(CommandFailure) in try draft.append(text) }
                }
                return count
            }
            switch ending {
            case .finished(let count):
                let place = self.target.file.map { " to \($0)" } ?? ""
                StandardStreams.report(TerminalText.line("casarectl: wrote \(Self.entries(count))\(place)"))
            case .interrupted(let reason):
                let place = self.target.file.map { "\($0) was not written" } ?? "what was printed is not all"
                throw CommandFailure(reason, "stopped; \(place)")
            }
        }

        private static func entries(_ count: Int) -> String { count == 1 ? "1 entry" : "\(count) entries" }

        /// Page by page: no more of them is in memory than one. It ends where the chain ended when it began.
        ///
        /// - Returns: How many entries there were.
        private func write(to append: (String) throws(CommandFailure) -> Void) async throws -> Int {
            var count = 0
            try await self.connection.withClient { client, _ in
                let limit = PageLimit.range.upperBound
                var page = try await client.auditExport(after: self.after.map { Int64($0) }, limit: limit)
                let head = page.head
                try append(
                    try AuditExportLine.start(
                        .init(
                            version: AuditExportLine.Start.versionKnown, tenant: page.tenant, place: page.start)
                    ).text())
                while true {
                    let links = page.links.filter { $0.number <= head.number }
                    for line in AuditExportLine.lines(of: page) where line.number <= head.number {
                        try append(try line.text())
                    }
                    count += links.count
                    guard let last = page.links.last, last.number < head.number else { break }
                    page = try await client.auditExport(limit: limit, cursor: page.nextCursor)
                }
                try append(try AuditExportLine.end(.init(place: head, entries: count)).text())
            }
            return count
        }
    }
}

extension AuditExportLine {
    /// Where in the chain it stands.
    fileprivate var number: Int64 {
        switch self {
        case .start(let start): start.place.number
        case .entry(let entry): entry.number
        case .anchor(let anchor): anchor.number
        case .end(let end): end.place.number
        }
    }
}
