import CasareClient
import CasareDomain
import CasareWire
import FoundationEssentials
import Testing

@testable import CasareCLI

/// What `casarectl doctor` makes of a server's answers.
struct ServerJudgementTests {
    private static let now = Date(timeIntervalSince1970: 2_000_000_000)

    private static func server(_ url: String, unverified: Bool = false) throws -> Server {
        var server = Server(
            url: try #require(ServerURL(url)), token: "t", contextName: "c", isProduction: false)
        server.tls.isVerificationOff = unverified
        return server
    }

    @Test func `a token belongs to a connection that nobody reads`() throws {
        #expect(ServerJudgement.connection(try Self.server("http://localhost:1"), nil).level == .ok)
        #expect(ServerJudgement.connection(try Self.server("https://a"), nil).level == .ok)
        #expect(ServerJudgement.connection(try Self.server("http://a"), nil).level == .warning)
        #expect(ServerJudgement.connection(try Self.server("https://a", unverified: true), nil).level == .warning)
        let refused = ClientError.unreachable(url: "http://a", reason: "connection refused")
        let finding = ServerJudgement.connection(try Self.server("http://a"), refused)
        #expect(finding.level == .critical && finding.summary.contains("refused") && !finding.advice.isEmpty)
        let untrusted = ClientError.tlsFailed(url: "https://a", reason: "not trusted")
        #expect(
            ServerJudgement.connection(try Self.server("https://a"), untrusted).advice.first?.contains("--ca-file")
                == true)
    }

    @Test func `who is not known cannot work`() {
        let failure = CommandFailure(.notSignedIn, "there is no token")
        let finding = ServerJudgement.identity(.failure(failure))
        #expect(finding.level == .critical && finding.summary == "there is no token")
        #expect(finding.advice.first?.contains("casarectl login") == true)
        // Another token would be of no use there.
        let away = ServerJudgement.identity(.failure(CommandFailure(.unavailable, "the database does not answer")))
        #expect(away.level == .critical && away.advice.first?.contains("doctor db --database-url") == true)
    }

    @Test func `versions that differ are a warning`() {
        #expect(ServerJudgement.version(of: "1.2.3", here: "1.2.3").level == .ok)
        #expect(ServerJudgement.version(of: "1.2.4", here: "1.2.3").level == .warning)
    }

    @Test func `a loop without a good round is a warning, and a server that is not ready critical`() {
        func loop(_ isHealthy: Bool) -> ReadyResponse.Loop {
            ReadyResponse.Loop(
                name: "sweep", isHealthy: isHealthy, lastSuccessAt: nil, problem: isHealthy ? .none : "it timed out")
        }
        func level(_ response: ReadyResponse) -> DoctorFinding.Level {
            ServerJudgement.readiness(.success(response)).level
        }
        #expect(level(ReadyResponse(ready: true, reason: nil, loops: [loop(true)])) == .ok)
        #expect(level(ReadyResponse(ready: true, reason: nil, loops: [loop(true), loop(false)])) == .warning)
        #expect(level(ReadyResponse(ready: false, reason: "migrations", loops: [])) == .critical)
        let sick = ServerJudgement.readiness(
            .success(ReadyResponse(ready: true, reason: nil, loops: [loop(false)])))
        #expect(sick.summary.contains("sweep (it timed out)"))
        #expect(ServerJudgement.readiness(.failure(CommandFailure(.unavailable, "pending"))).level == .critical)
    }

    /// The answer took half a second, and the date leaves out up to one.
    @Test(arguments: [(-3.0, "behind"), (-2.9, ""), (0.0, ""), (2.4, ""), (2.5, "ahead of")])
    func `clocks may be two seconds apart`(offset: Double, word: String) {
        let finding = ServerJudgement.clock(
            server: Self.now.addingTimeInterval(offset), asked: Self.now, answered: Self.now.addingTimeInterval(0.5))
        #expect(finding.level == (word.isEmpty ? .ok : .warning), "\(finding.summary)")
        #expect(word.isEmpty || finding.summary.contains(word), "\(finding.summary)")
    }

    @Test func `without a date clocks are not compared`() {
        #expect(ServerJudgement.clock(server: nil, asked: Self.now, answered: Self.now).level == .ok)
    }

    @Test func `metrics of robots are not expected of a server`() throws {
        let rules = try RuleSet.shipped()
        let told = """
            target_info{service_name="s"} 1
            process_uptime_seconds 5
            casare_loop_last_success_timestamp_seconds{casare_loop_name="sweep"} 1

            """
        let fine = ServerJudgement.metrics(.success(told), rules)
        #expect(fine.level == .ok, "\(fine.summary)")
        let robots = fine.facts["of_robots"]?.list?.compactMap(\.string) ?? []
        let missing = fine.facts["not_yet"]?.list?.compactMap(\.string) ?? []
        #expect(robots.contains("casare_job_leased_total") && robots.contains("casare_robot_slot_limit"))
        #expect(missing.contains("casare_queue_depth") && !missing.contains("casare_job_leased_total"))
        #expect(!missing.contains { $0.contains(":") } && !missing.contains("target_info"))
        #expect(ServerJudgement.metrics(.success("up 1\n"), rules).level == .warning)
        #expect(ServerJudgement.metrics(.success("<html>\n"), rules).level == .warning)
        #expect(ServerJudgement.metrics(.failure(CommandFailure(.forbidden, "no")), rules).level == .warning)
    }

    @Test(
        arguments: [
            ([:], nil, ""), (["idle": 0, "offline": 0], .warning, "there is no robot"),
            (["idle": 1, "busy": 2], .ok, "take jobs: 3"), (["idle": 1, "stopped": 4], .ok, "take jobs: 1"),
            (["idle": 0, "offline": 2], .warning, "offline: 2"), (["busy": 1, "offline": 2], .warning, "offline: 2"),
            (["cordoned": 2], .warning, "no robot takes jobs"),
        ] as [([String: Int], DoctorFinding.Level?, String)])
    func `robots that take no jobs are told of`(states: [String: Int], level: DoctorFinding.Level?, part: String) {
        let text = states.map { "casare_robot_registered{casare_robot_state=\"\($0)\"} \($1)\n" }.joined()
        let finding = ServerJudgement.robots(.success("up 1\n" + text))
        #expect(finding?.level == level && (finding?.summary.contains(part) ?? true), "\(finding?.summary ?? "none")")
        #expect(finding?.level != .warning || finding?.advice.isEmpty == false)
    }

    @Test func `the dashboards' metrics are those that stand in them`() throws {
        let folder = "\(#filePath)".split(separator: "/").dropLast(4).map { "/" + $0 }.joined() + "/dashboards"
        var text = ""
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name.hasSuffix(".json") {
            text += try String(contentsOf: URL(filePath: "\(folder)/\(name)"), encoding: .utf8)
        }
        let words = Set(text.split { !($0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "_") }.map(String.init))
        #expect(Set(ShippedRules.dashboardMetrics).subtracting(["target_info"]) == KnownMetrics.all.intersection(words))
    }

    @Test(arguments: [
        ("http://localhost:4317", "localhost", 4317), ("https://a.example/x", "a.example", 4317), ("a:1", "a", 1),
        ("http://[::1]:4318/", "::1", 4318), ("[::1]", "::1", 4317),
    ])
    func `collectors have a host and a port`(text: String, host: String, port: Int) throws {
        let address = try #require(CollectorAddress(argument: text))
        #expect(address.host == host && address.port == port)
    }

    @Test(arguments: ["", "http://", "ftp://a", "a:0", "a:x", "a:70000", "u@a", "a b"])
    func `what is no collector is refused`(text: String) {
        #expect(CollectorAddress(argument: text) == nil)
    }

    @Test func `a collector that cannot be reached is a warning`() async {
        let address = CollectorAddress(argument: "127.0.0.1:1")
        #expect(ServerJudgement.collector(nil, nil).level == .ok)
        #expect(ServerJudgement.collector(address, nil).level == .ok)
        let problem = await PortProbe.problem(host: "127.0.0.1", port: 1, limit: .seconds(3))
        #expect(problem == "connection refused")
        #expect(ServerJudgement.collector(address, problem).level == .warning)
    }

    @Test func `a server that is not there is critical`() async {
        #expect(await Casarectl.main(["doctor", "--url", "http://127.0.0.1:1"]) == 1)
        #expect(await Casarectl.main(["doctor", "disk"]) == 64)
    }

    @Test func `what is bad stands first, with what to do`() throws {
        let report = ServerReport(
            [
                ServerReport.Finding(.connection, .ok, "it answers"),
                ServerReport.Finding(.clock, .critical, "far away", advice: ["set it"]),
            ], checkedAt: Self.now)
        #expect(report.level == .critical)
        let lines = report.findings.map { finding in
            DoctorLine(
                check: finding.check.rawValue, level: finding.level, summary: finding.summary, advice: finding.advice)
        }
        let text = SheetText.render(
            DoctorLine.sheet(lines, of: "The server"), in: RenderContext(width: nil, usesColour: false, now: Self.now))
        #expect(
            text == """
                The server: 1 critical, 1 ok

                CRITICAL  clock
                  far away
                    set it

                Fine
                  CHECK       SUMMARY
                  connection  it answers

                """)
    }
}
