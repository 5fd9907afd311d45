import ArgumentParser
import CasareClient
import CasareDomain
import FoundationEssentials

extension AlertsCommand {
    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check", abstract: "Say which alerts fire now, also where there is no Prometheus.",
            discussion: """
                Ends with 0 when nothing fires that somebody is to be told of, with 1 when an alert of severity critical or \
                warning does, and with 10 when there was nobody to ask: for cron.

                Without --prometheus the server itself is asked for its metrics, which takes a token of the tenant default \
                with metrics.read. Rates and times need more than one look: what each call sees is kept for three days \
                (XDG_STATE_HOME), so call it every minute, or take --samples. An alert whose expression looks back further, \
                or asks for what only robots report, is judged by what there is, and -o wide says so (partial).

                How long an alert must hold before Prometheus fires it (the column for) is not waited for.
                """)

        @Option(
            help: ArgumentHelp("Ask this Prometheus, which reads the same rules or not.", valueName: "url"),
            transform: PrometheusURL.parse)
        var prometheus: PrometheusURL?
        @Option(
            help: ArgumentHelp("Look so many times before judging, 1 to 1000 (default: 1).", valueName: "n"),
            transform: Text.number(in: 1...1000))
        var samples: Int?
        @Option(
            parsing: .unconditional,
            help: ArgumentHelp("Between two looks (default: 15s).", valueName: "time"),
            transform: PositiveTimeSpan.parse)
        var interval: PositiveTimeSpan?
        @Flag(help: "List the alerts that do not fire, too: inactive, and unknown where too little is known.")
        var all = false
        @OptionGroup var rules: RuleOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        private static let intervalDefault = TimeSpan(seconds: 15)

        func validate() throws {
            if self.interval != nil, (self.samples ?? 1) < 2 {
                throw ValidationError("--interval is the time between several samples: add --samples.")
            }
            guard self.prometheus != nil else { return }
            if self.samples != nil { throw ValidationError("A Prometheus has its own samples: leave --samples out.") }
            if self.connection.url != nil || self.connection.contextName != nil {
                throw ValidationError("--prometheus is asked in place of a server: leave --url and --context out.")
            }
        }

        func run() async throws {
            try self.output.check(AlertFinding.columns.map(\.heading))
            let rules = try self.rules.ruleSet()
            let findings =
                if let prometheus {
                    try await Self.findings(rules, in: prometheus)
                } else {
                    try await self.findings(rules)
                }
            try self.show(AlertOutcome(findings))
        }

        private static func findings(_ rules: RuleSet, in prometheus: PrometheusURL) async throws -> [AlertFinding] {
            let client = PrometheusClient(url: prometheus.url.text)
            do {
                let findings = try await PrometheusAlerts(rules: rules) { try await client.query($0) }.findings()
                await client.shutdown()
                return findings
            } catch {
                await client.shutdown()
                throw error
            }
        }

        private func findings(_ rules: RuleSet) async throws -> [AlertFinding] {
            try rules.checkPatterns()
            var history = ScrapeHistory()
            var now = 0.0
            let count = self.samples ?? 1
            let pause = self.interval?.span ?? Self.intervalDefault
            try await self.connection.withClient { client, server in
                let address = server.url.text
                let file = try ScrapeFile(
                    named: server.contextName ?? address, server: address, in: .process)
                for number in 1...count {
                    let text = try await client.metrics()
                    now = Date().timeIntervalSince1970
                    let scrape = try Self.scrape(text, of: address, at: now, for: rules)
                    Self.keep(scrape, in: file, &history, isFirst: number == 1)
                    guard number < count else { break }
                    StandardStreams.report(
                        "casarectl: looked \(number) of \(count) times; again in "
                            + TimeSpan.text(seconds: pause.seconds))
                    try await Task.sleep(for: pause.duration)
                }
            }
            let store: SampleStore
            do throws(PromQLError) {
                store = try history.store()
            } catch {
                throw CommandFailure(.failure, "the history cannot be read: \(error)")
            }
            return try AlertEvaluation(rules: rules).findings(over: store, at: now)
        }

        /// - Throws: `.unavailable` for what is no answer of a Casare server: there is nobody to ask.
        private static func scrape(
            _ text: String, of address: String, at now: Double, for rules: RuleSet
        ) throws(CommandFailure) -> Scrape {
            let advice = "is it the URL of a Casare server, and not of something before it?"
            guard text.hasPrefix("casare_") || text.contains("\ncasare_") else {
                throw CommandFailure(.unavailable, "\(address)/metrics has no metrics of Casare: \(advice)")
            }
            do throws(PromQLError) {
                return try Scrape(text, of: address, at: now, for: rules)
            } catch {
                throw CommandFailure(.unavailable, "\(address)/metrics cannot be read: \(error); \(advice)")
            }
        }

        /// Another call may have added to the file since. Where it cannot be read or written, what is there is judged all
        /// the same.
        private static func keep(_ scrape: Scrape, in file: ScrapeFile, _ history: inout ScrapeHistory, isFirst: Bool) {
            do throws(CommandFailure) {
                history.merge(try file.load())
            } catch {
                if isFirst { StandardStreams.report("casarectl: the history is left aside: \(error.message)") }
            }
            history.add(scrape)
            do throws(CommandFailure) {
                try file.save(history)
            } catch {
                if isFirst { StandardStreams.report("casarectl: the history is not kept: \(error.message)") }
            }
        }

        private func show(_ outcome: AlertOutcome) throws {
            let findings = self.all ? outcome.findings : outcome.firing
            try self.output.print(
                try Presentation(list: findings, columns: AlertFinding.columns, name: \.alert))
            if outcome.firing.isEmpty { StandardStreams.report("casarectl: nothing fires") }
            if let note = outcome.note { StandardStreams.report("casarectl: \(note)") }
            if outcome.isUrgent { throw QuietExit(.failure) }
        }
    }
}

/// What came of a check.
struct AlertOutcome: Hashable, Sendable {
    /// What fires first, and of that what is most urgent.
    let findings: [AlertFinding]

    init(_ findings: [AlertFinding]) {
        self.findings = findings.enumerated().sorted { left, right in
            let (first, second) = (Self.rank(left.element), Self.rank(right.element))
            return first == second ? left.offset < right.offset : first < second
        }.map(\.element)
    }

    var firing: [AlertFinding] { self.findings.filter { $0.state == .firing } }

    /// Whether somebody is to be told: `critical` and `warning` stand for that.
    var isUrgent: Bool { self.firing.contains { $0.severity == "critical" || $0.severity == "warning" } }

    /// For people; `nil` where everything that was asked for is there.
    var note: String? {
        let count = Set(self.findings.filter { $0.partial != nil }.map(\.alert)).count
        guard count > 0 else { return nil }
        return "\(count) alerts were judged by less than they ask for; --all -o wide says why (partial)"
    }

    private static func rank(_ finding: AlertFinding) -> Int {
        let severity =
            switch finding.severity {
            case "critical": 0
            case "warning": 1
            default: 2
            }
        return switch finding.state {
        case .firing: severity
        case .unknown: 3 + severity
        case .inactive: 6 + severity
        }
    }
}

/// Where a Prometheus answers.
struct PrometheusURL: ArgumentForm, Hashable {
    static let form = "the URL of a Prometheus, such as http://localhost:9090"

    let url: ServerURL

    init?(argument: String) {
        guard let url = ServerURL(argument) else { return nil }
        self.url = url
    }
}
