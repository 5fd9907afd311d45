import CasareDomain
import CasareTestSupport
import FoundationEssentials
import Testing

/// Which alerts `casarectl alerts check` says fire, by a real server's own metrics and by what a real Prometheus knows.
struct AlertCheckTests {
    private static let document = Value.object([
        "metadata": ["name": "rest"],
        "nodes": ["rest": ["node_type": "WaitNode", "config": ["duration": 0.01]]], "connections": [],
    ]).jsonText(.compact)

    /// The repository.
    private static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
        .joined(separator: "/")

    /// An installation with an orchestrator and no robot.
    private static func withServer(_ body: @escaping @Sendable (TestSystem) async throws -> Void) async throws {
        try await TestInstallation.with { installation in
            try await installation.withOrchestrator("orchestrator") { system in try await body(system) }
        }
    }

    private struct Check: Sendable {
        let status: Int
        let errors: String
        /// With their labels, in one order.
        let firing: Set<String>
        /// Of all, the names of those of which too little is known.
        let unknown: Set<String>

        init(_ ended: TestProgram.Ended) throws {
            self.status = ended.status
            self.errors = ended.errors
            var (firing, unknown): (Set<String>, Set<String>) = ([], [])
            // Where nobody could be asked nothing is printed.
            let findings = try Value(parsingJSON: ended.output.isEmpty ? "[]" : ended.output)
            for one in findings.list ?? [] {
                let name = one["alert"]?.string ?? ""
                switch one["state"]?.string {
                case "firing":
                    var labels = one["labels"]?.object ?? [:]
                    labels["severity"] = one["severity"]
                    firing.insert(AlertCheckTests.text(name, labels))
                case "unknown": unknown.insert(name)
                default: break
                }
            }
            self.firing = firing
            self.unknown = unknown
        }

        func has(_ alert: String) -> Bool { self.firing.contains { $0.hasPrefix(alert + " ") } }
    }

    private static func text(_ name: String, _ labels: Object) -> String {
        let parts = labels.filter { $0.key != "alertname" && $0.value != .null }.sorted { $0.key < $1.key }
        return name + " " + parts.map { "\($0.key)=\($0.value.string ?? "")" }.joined(separator: ",")
    }

    private static func check(_ system: TestSystem, _ options: String...) async throws -> Check {
        try Check(try await system.casarectl(["alerts", "check", "-o", "json"] + options))
    }

    private static func submit(to system: TestSystem, _ options: String...) async throws -> String {
        let ended = try await system.casarectl(["submit", "-", "-o", "name"] + options, input: Self.document)
        #expect(ended.status == 0, "\(ended.errors)")
        return ended.output.filter { !$0.isNewline }
    }

    // MARK: The server itself

    @Test func `a job that waits for a robot fires what asks for one, for as long as it waits`() async throws {
        try await Self.withServer { system in
            let quiet = try await eventually("nothing is wrong") { () async throws -> Check? in
                let check = try await Self.check(system)
                return check.status == 0 ? check : nil
            }
            #expect(quiet.firing == ["CasareWatchdog severity=info"])
            let job = try await Self.submit(to: system)
            // What is read from the database is not read anew for each look.
            let firing = try await eventually("somebody is to be told") { () async throws -> Check? in
                let check = try await Self.check(system)
                return check.status == 1 ? check : nil
            }
            #expect(firing.has("CasareNoRobotForWork") && firing.has("CasareQueueWithoutRobots"))
            let cancelled = try await system.casarectl("job", "cancel", job)
            #expect(cancelled.status == 0, "\(cancelled.errors)")
            try await eventually("it is over") { () async throws -> Bool? in
                let check = try await Self.check(system)
                return check.status == 0 && check.firing == quiet.firing ? true : nil
            }
        }
    }

    @Test func `what grew between two calls fires, and a history that is broken or lost does not`() async throws {
        try await Self.withServer { system in
            // The first letter is where counting begins, and the second is what grew.
            let grown = try await eventually("dead letters grow") { () async throws -> Check? in
                let job = try await Self.submit(to: system, "--expires-in", "1s")
                try await eventually("the job has expired") { () async throws -> Bool? in
                    try await system.json("job", "get", job)["status"]?.string == "failed" ? true : nil
                }
                let check = try await Self.check(system)
                return check.has("CasareDLQGrowing") ? check : nil
            }
            #expect(grown.status == 1)

            let folder = "\(system.folder)/state/casare/alerts"
            let name = try #require(try FileManager.default.contentsOfDirectory(atPath: folder).first)
            let file = "\(folder)/\(name)"
            try Data([0xFF, 0xFE, 0x0A] + Array("{\"at\": 1}\n".utf8)).write(to: URL(filePath: file))
            // That the last job waits is known of it for some seconds.
            try await eventually("nothing fires") { () async throws -> Bool? in
                let broken = try await Self.check(system)
                #expect(!broken.has("CasareDLQGrowing"), "\(broken.errors)")
                return broken.status == 0 ? true : nil
            }
            #expect(try Self.scrapes(in: file) >= 1)

            try FileManager.default.removeItem(atPath: file)
            try FileManager.default.createDirectory(atPath: file, withIntermediateDirectories: false)
            let lost = try await Self.check(system)
            #expect(lost.status == 0 && lost.errors.contains("the history is left aside"), "\(lost.errors)")
            #expect(lost.errors.contains("the history is not kept"))
        }
    }

    @Test func `several calls at a time leave a history that is whole`() async throws {
        try await Self.withServer { system in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<6 { group.addTask { try await Self.check(system).status } }
                for try await status in group { #expect(status == 0 || status == 1) }
            }
            let folder = "\(system.folder)/state/casare/alerts"
            let files = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(files.count == 1)
            let name = try #require(files.first)
            let scrapes = try Self.scrapes(in: "\(folder)/\(name)")
            #expect((1...6).contains(scrapes))
        }
    }

    /// How many there are in a history, all of which can be read.
    private static func scrapes(in file: String) throws -> Int {
        let lines = try String(contentsOf: URL(filePath: file), encoding: .utf8).split(separator: "\n")
        for line in lines {
            #expect(try Value(parsingJSON: String(line))["metrics"]?.string?.contains("casare_") == true)
        }
        return lines.count
    }

    @Test func `whoever cannot be asked is no alert`() async throws {
        try await Self.withServer { system in
            try await withReservedPort { port in
                let refused = try await Self.check(system, "--url", "http://127.0.0.1:\(port)")
                #expect(refused.status == 10 && refused.errors.contains("connection refused"))
                let prometheus = try await Self.check(system, "--prometheus", "http://127.0.0.1:\(port)")
                #expect(prometheus.status == 10 && prometheus.errors.contains("connection refused"))
            }
            // It is a server, and no Prometheus.
            let other = try await Self.check(system, "--prometheus", system.url)
            #expect(other.status == 10 && other.errors.contains("is not one of Prometheus"), "\(other.errors)")
            let list = try await system.casarectl("alerts", "list", "-o", "name")
            #expect(list.status == 0 && list.output.contains("CasareNoRobotForWork"))
        }
    }

    // MARK: Prometheus

    /// The rules as they are shipped, which Prometheus must read as they are.
    private static func rules() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(Self.root)/alerts")
            .filter { $0.hasSuffix(".yml") && !$0.hasSuffix("_test.yml") && $0 != "alertmanager.yml" }
            .sorted().map { "\(Self.root)/alerts/\($0)" }
    }

    /// What Prometheus says itself: what fires, and what will when it has lasted.
    private static func alerts(of prometheus: TestPrometheus) async throws -> Set<String> {
        let script =
            "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=30).read().decode())"
        let ended = try await TestProgram(path: "/usr/bin/python3")
            .run(["-c", script, "\(prometheus.url)/api/v1/alerts"])
        let alerts = try Value(parsingJSON: ended.output)["data"]?["alerts"]?.list ?? []
        return Set(
            alerts.map { alert in
                let labels = alert["labels"]?.object ?? [:]
                return Self.text(labels["alertname"]?.string ?? "", labels)
            })
    }

    /// Waits until casarectl and Prometheus say the same of an alert, and of all others.
    private static func agreement(
        on alert: String, fires: Bool, _ prometheus: TestPrometheus, _ system: TestSystem
    ) async throws -> Check {
        try await eventually("both say that \(alert) fires, or that it does not") { () async throws -> Check? in
            let theirs = try await Self.alerts(of: prometheus)
            let check = try await Self.check(system, "--prometheus", prometheus.url, "--all")
            return check.has(alert) == fires && check.firing == theirs ? check : nil
        }
    }

    @Test(.enabled(if: TestPrometheus.path != nil, Comment(rawValue: TestPrometheus.absence)))
    func `a Prometheus with the shipped rules has the alerts that casarectl has of it`() async throws {
        try await Self.withServer { system in
            let rules = try Self.rules()
            try await TestPrometheus.with(scraping: system, rules: rules) { prometheus in
                let job = try await Self.submit(to: system)
                let firing = try await Self.agreement(on: "CasareNoRobotForWork", fires: true, prometheus, system)
                #expect(firing.status == 1 && firing.has("CasareQueueWithoutRobots") && firing.has("CasareWatchdog"))
                try await Self.checkWithoutRules(system)
                _ = try await system.casarectl("job", "cancel", job)
                let quiet = try await Self.agreement(on: "CasareNoRobotForWork", fires: false, prometheus, system)
                #expect(quiet.status == 0, "\(quiet.firing)")
            }
        }
    }

    /// One that has no rules is asked in other words, and that it has none is no alert.
    private static func checkWithoutRules(_ system: TestSystem) async throws {
        try await TestPrometheus.with(scraping: system, rules: []) { prometheus in
            let check = try await eventually("the same fires") { () async throws -> Check? in
                let check = try await Self.check(system, "--prometheus", prometheus.url, "--all")
                return check.has("CasareNoRobotForWork") && check.has("CasareQueueWithoutRobots") ? check : nil
            }
            #expect(check.status == 1 && !check.has("CasareThresholdsMissing"), "\(check.firing)")
            #expect(check.unknown.contains("CasareThresholdsMissing"))
        }
    }

    @Test(.enabled(if: TestPrometheus.path != nil, Comment(rawValue: TestPrometheus.absence)))
    func `every expression comes to the same in casarectl and in Prometheus`() async throws {
        // The test process is built into the same folder.
        let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let casarectl = tests.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/casarectl"
        let ended = try await TestProgram(path: "/usr/bin/python3").run(["\(Self.root)/alerts/compare", casarectl])
        #expect(ended.status == 0, "\(ended.output)\(ended.errors)")
    }
}
