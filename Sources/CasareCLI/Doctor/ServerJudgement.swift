import CasareClient
import CasareDomain
import CasareTelemetry
import CasareWire
import FoundationEssentials

/// What answers mean. It does no I/O.
enum ServerJudgement {
    typealias Finding = ServerReport.Finding

    /// From here on clocks are too far apart: leases and signatures go by them.
    static let clockSecondsMax = 2.0
    /// What every orchestrator with a database tells of from its start on.
    private static let always = [
        "target_info", "process_uptime_seconds", "casare_loop_last_success_timestamp_seconds",
    ]

    /// - Parameter error: `nil`: it answered.
    static func connection(_ server: Server, _ error: (any Error)?) -> Finding {
        var facts: Object = ["url": .string(server.url.text), "encrypted": .bool(server.url.isEncrypted)]
        facts["context"] = server.contextName.map(Value.string)
        if let error {
            let advice =
                if case .tlsFailed? = error as? ClientError {
                    "Give the authority with --ca-file or CASARE_CA_FILE; docs/tls.md says who must have signed what."
                } else {
                    "Check the URL with casarectl context show, and whether the server runs and can be reached from here."
                }
            return Finding(
                .connection, .critical, ErrorReport.failure(for: error).message, facts: facts, advice: [advice])
        }
        if server.url.isEncrypted, server.tls.isVerificationOff {
            return Finding(
                .connection, .warning, "\(server.url) answers, and its certificate is not verified", facts: facts,
                advice: ["Leave CASARE_INSECURE_SKIP_VERIFY and its option out, and give the authority with --ca-file."]
            )
        }
        guard server.url.isEncrypted || server.url.isLoopback else {
            return Finding(
                .connection, .warning, "\(server.url) answers without TLS: whoever is on the way reads the token",
                facts: facts, advice: ["Have the server speak TLS: docs/tls.md."])
        }
        return Finding(.connection, .ok, "\(server.url) answers", facts: facts)
    }

    static func identity(_ result: Result<IdentityResponse, any Error>) -> Finding {
        switch result {
        case .success(let identity):
            return Finding(
                .identity, .ok, "you are \(identity.name), with the role \(identity.role.rawValue)",
                facts: ["name": .string(identity.name), "role": .string(identity.role.rawValue)])
        case .failure(let error):
            let failure = ErrorReport.failure(for: error)
            // Tokens are in the database: without it nobody is known.
            let advice =
                failure.status == .unavailable
                ? Self.adviceOnDatabase : "Sign in with casarectl login, or set CASARE_TOKEN to a token of this server."
            return Finding(.identity, .critical, failure.message, advice: [advice])
        }
    }

    static func version(of server: String, here: String = CasareVersion.current) -> Finding {
        let facts: Object = ["server": .string(server), "client": .string(here)]
        guard server != here else {
            return Finding(.version, .ok, "the server and casarectl are of version \(here)", facts: facts)
        }
        return Finding(
            .version, .warning, "the server is of version \(server), and casarectl of \(here)", facts: facts,
            advice: ["Upgrade the older one of the two; orchestrators before casarectl."])
    }

    /// Where no server can ask it, casarectl does.
    private static let adviceOnDatabase =
        "Look whether the database runs, with casarectl doctor db --database-url, and into the server's log."

    static func readiness(_ result: Result<ReadyResponse, any Error>) -> Finding {
        switch result {
        case .failure(let error):
            return Finding(
                .readiness, .critical, ErrorReport.failure(for: error).message, advice: [Self.adviceOnDatabase])
        case .success(let ready):
            let sick = ready.loops.filter { !$0.isHealthy }
            let facts: Object = [
                "loops": .int(ready.loops.count), "unhealthy_loops": .list(sick.map { .string($0.name) }),
            ]
            guard ready.ready else {
                return Finding(
                    .readiness, .critical, "the server is not ready: \(ready.reason ?? "it does not say why")",
                    facts: facts,
                    advice: [
                        "Pending migrations: casarectl db status, then casarectl db migrate, both with --database-url.",
                        Self.adviceOnDatabase,
                    ])
            }
            guard sick.isEmpty else {
                let names = sick.map { loop in loop.name + (loop.problem.map { " (\($0))" } ?? "") }
                return Finding(
                    .readiness, .warning, "these loops have no good round: \(names.joined(separator: ", "))",
                    facts: facts, advice: ["Look into the server's log, and with casarectl doctor db at the database."])
            }
            guard !ready.loops.isEmpty else {
                return Finding(.readiness, .ok, "it is ready, and has no loops: its data is in memory", facts: facts)
            }
            return Finding(
                .readiness, .ok, "the migrations are there, and \(ready.loops.count) loops go round", facts: facts)
        }
    }

    /// - Parameters:
    ///   - server: what the server's clock showed, in whole seconds.
    ///   - asked: when it was asked, by this machine's clock.
    ///   - answered: when the answer was there.
    static func clock(server: Date?, asked: Date, answered: Date) -> Finding {
        guard let server else {
            return Finding(.clock, .ok, "the server's answers have no date to compare clocks by")
        }
        // The server wrote the date at some moment between the two, and left out the part of its second.
        let behind = max(0, server.timeIntervalSince(answered))
        let ahead = max(0, asked.timeIntervalSince(server) - 1)
        let offset = behind > 0 ? behind : -ahead
        let facts: Object = ["server_ahead_seconds": .double((offset * 1000).rounded() / 1000)]
        guard abs(offset) >= Self.clockSecondsMax else {
            return Finding(.clock, .ok, "the server's clock and that of this machine agree", facts: facts)
        }
        let text = TimeSpan.text(seconds: abs(offset))
        return Finding(
            .clock, .warning,
            "the server's clock is \(text) \(offset > 0 ? "ahead of" : "behind") that of this machine",
            facts: facts, advice: ["Have both set by NTP: timedatectl status says whether this machine's is."])
    }

    // MARK: Metrics

    /// - Parameter rules: Whose metrics are looked for, beside those of the dashboards.
    static func metrics(_ result: Result<String, any Error>, _ rules: RuleSet) -> Finding {
        let told: Set<String>
        switch result {
        case .failure(let error):
            let failure = ErrorReport.failure(for: error)
            let advice =
                failure.status == .unavailable
                ? Self.adviceOnDatabase
                : "It takes a token of the tenant default with metrics.read; Prometheus needs one, too."
            return Finding(.metrics, .warning, failure.message, advice: [advice])
        case .success(let text):
            guard let exposition = try? ExpositionText(text) else {
                return Finding(
                    .metrics, .warning, "what /metrics answers cannot be read",
                    advice: ["Look whether a proxy stands in between."])
            }
            told = Set(exposition.lines.compactMap { $0.labels[PromQLLabels.name] })
        }
        let recorded = Set(rules.recordings.map(\.name))
        let asked = Set(rules.selectors.compactMap(\.name)).subtracting(recorded).union(ShippedRules.dashboardMetrics)
        let robots = asked.intersection(KnownMetrics.names(by: [.robot]))
        let missing = asked.subtracting(robots).subtracting(told).sorted()
        let facts: Object = [
            "found": .int(asked.intersection(told).count), "not_yet": .list(missing.map { .string($0) }),
            "of_robots": .list(robots.sorted().map { .string($0) }),
        ]
        let lost = Self.always.filter { !told.contains($0) }
        guard lost.isEmpty else {
            return Finding(
                .metrics, .warning, "/metrics does not tell of \(lost.joined(separator: ", "))", facts: facts,
                advice: ["A server with its data in memory has no loops; look into the log of another."])
        }
        let rest = missing.isEmpty ? "" : "; of \(missing.count) there is nothing to tell yet"
        return Finding(
            .metrics, .ok,
            "/metrics tells of \(asked.intersection(told).count) that dashboards and alerts ask for\(rest); "
                + "\(robots.count) are of robots, and not expected here", facts: facts)
    }

    // MARK: Robots

    /// How the robots of all tenants stand, by what the server tells of them. `nil`: it tells nothing.
    static func robots(_ metrics: Result<String, any Error>) -> Finding? {
        guard case .success(let text) = metrics, let exposition = try? ExpositionText(text) else { return nil }
        var counts: [String: Int] = [:]
        for line in exposition.lines where line.labels[PromQLLabels.name] == "casare_robot_registered" {
            guard let state = line.labels["casare_robot_state"], let count = Int(exactly: line.value) else { continue }
            counts[state] = count
        }
        guard !counts.isEmpty else { return nil }
        let all = counts.values.reduce(0, +)
        let working = (counts["idle"] ?? 0) + (counts["busy"] ?? 0)
        let offline = counts["offline"] ?? 0
        let facts = Object(counts.sorted { $0.key < $1.key }.map { ($0.key, Value.int($0.value)) })
        guard all > 0 else {
            return Finding(
                .robots, .warning, "there is no robot: jobs wait", facts: facts,
                advice: ["Start one: casare-robot --help says what it is to be told."])
        }
        guard working > 0 else {
            return Finding(
                .robots, .warning, "no robot takes jobs; robots in all: \(all), offline: \(offline)", facts: facts,
                advice: ["casarectl robot list says how each stands, and casarectl explain ROBOT why."])
        }
        guard offline == 0 else {
            return Finding(
                .robots, .warning, "robots that take jobs: \(working), offline: \(offline)", facts: facts,
                advice: [
                    "casarectl robot list says since when. Those that do not come back: casarectl robot remove ROBOT."
                ])
        }
        return Finding(.robots, .ok, "robots that take jobs: \(working)", facts: facts)
    }

    // MARK: The collector

    /// - Parameter problem: Why nothing can be connected to; `nil`: it can.
    static func collector(_ address: CollectorAddress?, _ problem: String?) -> Finding {
        guard let address else {
            return Finding(.collector, .ok, "no collector is named: --otlp or OTEL_EXPORTER_OTLP_ENDPOINT does")
        }
        let facts: Object = ["host": .string(address.host), "port": .int(address.port)]
        guard let problem else {
            return Finding(.collector, .ok, "something listens at \(address.host):\(address.port)", facts: facts)
        }
        return Finding(
            .collector, .warning, "the collector at \(address.host):\(address.port) cannot be reached: \(problem)",
            facts: facts,
            advice: ["Start it, or correct OTEL_EXPORTER_OTLP_ENDPOINT; programs drop what they cannot send."])
    }
}

/// Where a collector takes OTLP over gRPC.
struct CollectorAddress: ArgumentForm, Hashable {
    static let form = "the URL of a collector, such as http://localhost:4317"
    private static let portDefault = 4317

    let host: String
    let port: Int

    init?(argument: String) {
        var text = argument[...]
        if let scheme = text.firstRange(of: "://") {
            guard ["http", "https"].contains(text[..<scheme.lowerBound].lowercased()) else { return nil }
            text = text[scheme.upperBound...]
        }
        text = text.prefix { $0 != "/" }
        var port = Self.portDefault
        if let colon = text.lastIndex(of: ":"), !text.hasSuffix("]") {
            guard let given = UInt16(text[text.index(after: colon)...]), given > 0 else { return nil }
            port = Int(given)
            text = text[..<colon]
        }
        if text.hasPrefix("["), text.hasSuffix("]") { text = text.dropFirst().dropLast() }
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x40 }) else { return nil }
        self.host = String(text)
        self.port = port
    }
}
