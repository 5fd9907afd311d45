import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

extension SecretCommand {
    struct Rekey: AsyncParsableCommand, Changing {
        static let configuration = CommandConfiguration(
            commandName: "rekey", abstract: "Wrap all secrets with the key that the server has now.",
            discussion: """
                  1. Give all orchestrators the new key, and the old one among CASARE_SEALING_FORMER_KEYS; restart them.
                  2. casarectl secret rekey --wait
                  3. Take the old key away.

                Secrets stay usable meanwhile. It goes on in the background, also after a restart; --status says how \
                far it has got. The values themselves stay encrypted as they are: only their keys are wrapped anew.
                """)
        @Flag(help: "Only say how far it has got.") var status = false
        @Flag(help: "Wait until it is done; end with 1 when something could not be wrapped anew.") var wait = false
        @Option(
            parsing: .unconditional,
            help: ArgumentHelp("Stop waiting after this long and end with 8; it goes on.", valueName: "time"),
            transform: TimeSpan.parse)
        var timeout: TimeSpan?
        @OptionGroup var why: ReasonOption
        @OptionGroup var bulk: BulkOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        /// Between two looks while it is waited for.
        private static let pause = Duration.seconds(1)

        func validate() throws {
            guard !self.status || !self.wait else { throw ValidationError("--status asks once, and does not wait.") }
            guard self.wait || self.timeout == nil else {
                throw ValidationError("--timeout limits the waiting: add --wait.")
            }
        }

        func run() async throws {
            let headings = RekeyStatus.headings
            if self.status {
                return try await self.change.answer.show(headings) { client, _ in
                    try await client.rekey().presentation()
                }
            }
            try await self.change.run(headings, "wrap all secrets with the server's present key") { client in
                .shown(try await client.rekey().presentation())
            } asked: { client, _ in
                var status = try await client.startRekey(reason: self.why.reason)
                if self.wait { status = try await self.waited(for: status, client) }
                if let rekey = status.rekey, rekey.failed > 0, rekey.finishedAt != nil {
                    for failure in rekey.failures {
                        StandardStreams.report(TerminalText.line("casarectl: \(failure.what): \(failure.why)"))
                    }
                    try self.change.answer.output.print(try status.presentation())
                    throw QuietExit(.failure)
                }
                return try status.presentation()
            }
        }

        private func waited(for first: RekeyStatus, _ client: CasareClient) async throws -> RekeyStatus {
            let deadline = self.timeout.map { ContinuousClock.now + $0.duration }
            let ending = try await Interruption.watching {
                var status = first
                var done = -1
                while let rekey = status.rekey, rekey.finishedAt == nil {
                    if rekey.done != done {
                        let text = "\(rekey.done) wrapped anew"
                        StandardStreams.prompt(Terminal.canRewrite ? "\r\(text)\u{1B}[K" : text + "\n")
                        done = rekey.done
                    }
                    if let deadline, deadline <= .now {
                        throw CommandFailure(
                            .waitTimedOut,
                            "\(rekey.done) were wrapped anew by --timeout; it goes on: casarectl secret rekey --status")
                    }
                    try await Task.sleep(for: Self.pause)
                    status = try await Outage.withstanding(until: deadline) { try await client.rekey() }
                }
                if done >= 0, Terminal.canRewrite { StandardStreams.prompt("\r\u{1B}[K") }
                return status
            }
            switch ending {
            case .finished(let status): return status
            case .interrupted(let reason):
                throw CommandFailure(reason, "stopped waiting; it goes on: casarectl secret rekey --status")
            }
        }
    }
}

extension RekeyStatus {
    private static let columns: [Column<RekeyStatus>] = [
        Column("key_id") { .text($0.rekey?.keyID) },
        Column("done") { .number($0.rekey?.done) },
        Column("failed") { .number($0.rekey?.failed) },
        Column("started_at") { .time($0.rekey?.startedAt) },
        Column("finished_at") { .time($0.rekey?.finishedAt) },
        Column("current_key", wide: true) { .text($0.currentKey) },
    ]

    static var headings: [Heading] { self.columns.map(\.heading) }

    private var sentence: String {
        guard let rekey else { return "secrets were never wrapped anew" }
        guard rekey.finishedAt != nil else { return "wrapping all secrets with the key \(rekey.keyID)" }
        return rekey.failed == 0
            ? "all secrets are wrapped with the key \(rekey.keyID)"
            : "\(rekey.failed) could not be wrapped with the key \(rekey.keyID)"
    }

    private var tone: Tone {
        guard let rekey else { return .plain }
        guard rekey.finishedAt != nil else { return .attention }
        return rekey.failed == 0 ? .good : .bad
    }

    func presentation() throws -> Presentation {
        var sheet = Sheet(self.sentence, tone: self.tone)
        sheet.add("present key", .text(self.currentKey))
        if let rekey {
            sheet.add("wrapped anew", .number(rekey.done))
            sheet.add("could not be", rekey.failed > 0 ? .number(rekey.failed) : .empty)
            sheet.add("started", .time(rekey.startedAt))
            sheet.add("by", .text(rekey.startedBy))
            sheet.add("finished", .time(rekey.finishedAt))
            if !rekey.failures.isEmpty {
                sheet.sections.append(.lines(title: "Failures", rekey.failures.map { "\($0.what): \($0.why)" }))
            }
        }
        return try Presentation(
            single: self, columns: Self.columns, name: self.rekey?.keyID ?? "", sheet: sheet)
    }
}
