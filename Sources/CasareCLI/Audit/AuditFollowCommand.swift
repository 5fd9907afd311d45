import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

extension AuditCommand {
    struct Follow: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "follow", abstract: "Print entries as they are linked, until ^C.",
            discussion: """
                An entry is linked within about a second. None comes twice, and none is left out: --after goes on \
                behind a number, which -o jsonl has on every line.
                """)
        @Option(
            parsing: .unconditional,
            help: ArgumentHelp(
                "Begin after this number; 0: with the first one (default: what comes from now on).",
                valueName: "number"), transform: Text.number(in: 0...Int.max))
        var after: Int?
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        private static let pollInterval = Duration.seconds(1)

        func validate() throws {
            if !self.isPlain, !self.output.format.isLineByLine {
                throw ValidationError(
                    "follow prints line by line: with -o jsonl or name, or with neither -o nor --columns.")
            }
        }

        /// Lines and nothing else.
        private var isPlain: Bool { self.output.format == .table && self.output.layout.columns == nil }

        func run() async throws {
            try self.output.check(AuditEntryInfo.columns.map(\.heading))
            let command = self
            let ending = try await Interruption.watching {
                try await command.connection.withClient { client, _ in try await command.follow(client) }
            }
            switch ending {
            case .finished: break
            case .interrupted(let reason): throw CommandFailure(reason, "stopped following")
            }
        }

        private func follow(_ client: CasareClient) async throws {
            var cursor = try await self.start(client)
            while true {
                let from = cursor
                let page = try await Outage.withstanding { try await client.auditChain(cursor: from) }
                for link in page.links { try self.print(link, of: Tenant.ID(rawValue: Int32(page.tenant))) }
                cursor = page.nextCursor
                if page.links.isEmpty { try await Task.sleep(for: Self.pollInterval) }
            }
        }

        private func start(_ client: CasareClient) async throws -> String {
            let place: AuditPlaceInfo
            if let after {
                // Of 0 what is kept is meant.
                place = try await client.auditChain(after: after == 0 ? nil : Int64(after), limit: 1).start
            } else {
                place = try await client.auditChain(limit: 1).head
            }
            guard let place = place.place else {
                throw CommandFailure(.versionSkew, "the server's answer has a hash that is none; upgrade casarectl")
            }
            return place.text
        }

        private func print(_ link: AuditLinkInfo, of tenant: Tenant.ID) throws {
            guard let entry = link.entry(of: tenant) else {
                return StandardStreams.report(
                    "casarectl: entry \(link.entryID), number \(link.number), is gone; see casarectl audit verify")
            }
            let info = AuditEntryInfo(entry)
            if self.isPlain { return try StandardStreams.print(info.line) }
            guard self.output.format == .jsonl else {
                return try self.output.print(try AuditEntryInfo.presentation(of: [info]))
            }
            let number: Object = ["number": .int(Int(link.number)), "hash": .string(link.hash)]
            let members = try ValueEncoder.encode(info).object ?? [:]
            try StandardStreams.print(
                TerminalText.json(Value.object(number.merging(members)).jsonText(.compact)) + "\n")
        }
    }
}
