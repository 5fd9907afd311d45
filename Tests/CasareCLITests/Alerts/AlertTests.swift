import CasareDomain
import FoundationEssentials
import Testing

@testable import CasareCLI

/// Which alerts fire, by what a server or a Prometheus tells.
struct AlertTests {
    private static let now = 2_000_000_000.0

    /// A healthy orchestrator's answer of `/metrics`, with more lines.
    private static func metrics(_ more: String = "") -> String {
        """
        # HELP target_info Target metadata
        # TYPE target_info gauge
        target_info{service_instance_id="i1",service_name="casare-orchestrator"} 1
        casare_loop_last_success_timestamp_seconds{casare_loop_name="sweep"} \(Int(Self.now) - 1)
        unasked_for_total 5
        \(more)

        """
    }

    private static func findings(
        _ scrapes: [(at: Double, text: String)], _ rules: RuleSet? = nil
    ) throws -> [AlertFinding] {
        let rules = try rules ?? .shipped()
        var history = ScrapeHistory()
        for (at, text) in scrapes { history.add(try Scrape(text, of: "http://s", at: at, for: rules)) }
        return try AlertEvaluation(rules: rules).findings(over: try history.store(), at: Self.now)
    }

    private static func firing(_ scrapes: [(at: Double, text: String)]) throws -> [String] {
        try Self.findings(scrapes).filter { $0.state == .firing }.map(\.alert).sorted()
    }

    // MARK: The rules

    @Test func `the rules in the program are those of the repository`() throws {
        let folder = "\(#filePath)".split(separator: "/").dropLast(4).map { "/" + $0 }.joined() + "/alerts"
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter {
            $0.hasSuffix(".yml") && !$0.hasSuffix("_test.yml") && $0 != "alertmanager.yml"
        }
        #expect(ShippedRules.files.map(\.name) == names.sorted())
        for file in ShippedRules.files {
            let text = try String(contentsOf: URL(filePath: "\(folder)/\(file.name)"), encoding: .utf8)
            #expect(text == file.text, "run alerts/embed: \(file.name)")
        }
    }

    @Test func `every shipped rule is understood, and every alert has what it is told by`() throws {
        let rules = try RuleSet.shipped()
        #expect(rules.alerts.count > 40)
        for rule in rules.alerts {
            #expect(rule.severity != nil && rule.summary != nil && rule.runbook?.hasSuffix("\(rule.name).md") == true)
        }
        let names = rules.recordings.map(\.name)
        let objective = try #require(names.lastIndex(of: "slo:objective:ratio"))
        let budget = try #require(names.firstIndex(of: "slo:error_budget:ratio"))
        #expect(objective < budget)
    }

    @Test(arguments: [
        ("groups: [{rules: [{alert: A, expr: foo(x)}]}]", "the rule A of f.yml is not understood: the function foo"),
        ("groups: [{rules: [{alert: A, expr: x, for: soon}]}]", "the rule A of f.yml"),
        ("groups: [{rules: [{alert: A}]}]", "without an expression"), ("a: 1", "no list of groups"),
        ("groups: [{rules: [{record: 'a:b', expr: 'b:c'}, {record: 'b:c', expr: 'a:b'}]}]", "ask for each other"),
        ("groups: [", "is not YAML"),
    ])
    func `wrong rules are named`(text: String, part: String) {
        let error = #expect(throws: CommandFailure.self) { try RuleSet([RuleText(name: "f.yml", text: text)]) }
        #expect(error?.status == .usage && error?.message.contains(part) == true, "\(error?.message ?? "")")
    }

    @Test func `a pattern that is not read here names its rule, and not the server`() throws {
        let text = "groups: [{rules: [{alert: A, expr: 'a > 0'}, {alert: B, expr: 'sum(a{b=~\"(\"}) > 0'}]}]"
        let rules = try RuleSet([RuleText(name: "f.yml", text: text)])
        let error = #expect(throws: CommandFailure.self) { try rules.checkPatterns() }
        #expect(error?.status == .usage && error?.message.contains("the rule B") == true, "\(error?.message ?? "")")
        try RuleSet.shipped().checkPatterns()
    }

    // MARK: The server alone

    @Test func `of a healthy server nothing but the watchdog fires`() throws {
        #expect(try Self.firing([(Self.now, Self.metrics())]) == ["CasareWatchdog"])
        #expect(!AlertOutcome(try Self.findings([(Self.now, Self.metrics())])).isUrgent)
    }

    @Test func `a queue whose jobs wait for too long fires, and a paused one does not`() throws {
        let old = #"casare_queue_oldest_job_age_seconds{messaging_destination_name="prod"} "#
        #expect(try Self.firing([(Self.now, Self.metrics(old + "300"))]) == ["CasareWatchdog"])
        let findings = try Self.findings([(Self.now, Self.metrics(old + "301"))])
        let finding = try #require(findings.first { $0.alert == "CasareQueueAgeHigh" })
        #expect(finding.state == .firing && finding.value == 301 && finding.severity == "critical")
        #expect(finding.labels == ["messaging_destination_name": "prod"] && finding.forSeconds == 300)
        #expect(AlertOutcome(findings).isUrgent)
        let paused = "\n" + #"casare_queue_paused{messaging_destination_name="prod"} 1"#
        #expect(try Self.firing([(Self.now, Self.metrics(old + "301" + paused))]) == ["CasareWatchdog"])
    }

    @Test func `an orchestrator without loops is missed`() throws {
        #expect(try Self.firing([(Self.now, "unasked_for_total 1\n")]).contains("CasareOrchestratorAbsent"))
    }

    @Test func `what is counted takes two looks`() throws {
        let expired = #"casare_job_lease_expired_total{messaging_destination_name="prod"} "#
        let late = (Self.now, Self.metrics(expired + "9"))
        #expect(try Self.firing([late]) == ["CasareWatchdog"])
        let single = try #require(try Self.findings([late]).first { $0.alert == "CasareJobLeasesExpiring" })
        #expect(single.state == .unknown && single.partial?.contains("looks back 15 min") == true)
        let early = (Self.now - 600, Self.metrics(expired + "1"))
        #expect(try Self.firing([early, late]) == ["CasareJobLeasesExpiring", "CasareWatchdog"])
    }

    @Test func `with a history that is long enough nothing is partial but what robots report`() throws {
        let begin = (Self.now - ScrapeHistory.ageSecondsMax, Self.metrics())
        let findings = try Self.findings([begin, (Self.now - 60, Self.metrics()), (Self.now, Self.metrics())])
        for finding in findings where finding.partial != nil {
            #expect(finding.partial?.hasPrefix("robots report ") == true, "\(finding.alert): \(finding.partial ?? "")")
        }
        #expect(findings.first { $0.alert == "CasareQueueNotDraining" }?.partial != nil)
    }

    @Test func `a queue that is not told of any more does not go on firing`() throws {
        let old = #"casare_queue_oldest_job_age_seconds{messaging_destination_name="prod"} 900"#
        #expect(
            try Self.firing([(Self.now - 60, Self.metrics(old)), (Self.now, Self.metrics())]) == ["CasareWatchdog"])
    }

    @Test func `lines may end as they do elsewhere, and labels without a value are none`() throws {
        let exposition = try ExpositionText("# HELP a\r\na{b=\"\"} 1\r\n\r\nc 2\r\n")
        #expect(exposition.lines.map(\.value) == [1, 2])
        var history = ScrapeHistory()
        history.add(Scrape(at: Self.now, instance: "i", text: "a{b=\"\"} 1\n"))
        let name = PromQLSelector.Matcher(label: PromQLLabels.name, relation: .equal, value: "a")
        let series = try history.store().series(of: PromQLSelector(matchers: [name], place: 0..<0))
        #expect(series.map(\.labels) == [["__name__": "a", "job": AlertEvaluation.job, "instance": "i"]])
    }

    @Test func `what is no answer of metrics is said`() {
        #expect(throws: PromQLError.self) { _ = try ExpositionText("a{b=\"c} 1\n") }
        #expect(throws: PromQLError.self) { _ = try ExpositionText("a 1\nb\n") }
        #expect(throws: PromQLError.self) { _ = try ExpositionText("a x\n") }
    }

    @Test func `labels, times and exemplars are read`() throws {
        let text = "a{b=\"c \\\"d\\\\ \\n}\",e=\"\"} +Inf 5 # {trace_id=\"1\"} 2\n# EOF\n"
        let line = try #require(try ExpositionText(text).lines.first)
        #expect(line.labels == ["__name__": "a", "b": "c \"d\\ \n}", "e": ""] && line.value == .infinity)
    }

    // MARK: The history

    @Test func `a history keeps what rules ask for, privately, and nothing of another server`() throws {
        try withFolder { folder in
            let environment = Environment(["XDG_STATE_HOME": folder])
            let file = try ScrapeFile(named: "live/1", server: "https://a", in: environment)
            #expect(file.path == folder + "/casare/alerts/live_1.jsonl")
            #expect(try file.load() == ScrapeHistory())
            var history = ScrapeHistory()
            history.add(try Scrape(Self.metrics(), of: "https://a", at: Self.now, for: try .shipped()))
            #expect(history.scrapes.first?.instance == "i1")
            #expect(history.scrapes.first?.text.contains("unasked_for_total") == false)
            try file.save(history)
            #expect(try file.load() == history)
            let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? UInt16
            #expect(mode == 0o600)
            #expect(try ScrapeFile(path: file.path, server: "https://b").load() == ScrapeHistory())
            try write("nonsense\n", to: file.path)
            #expect(try file.load() == ScrapeHistory())
            // What can be read of it is of use.
            try file.save(history)
            var bytes = Array(try Data(contentsOf: URL(filePath: file.path)))
            bytes += [0xFF, 0xFE, 0x0A]
            try Data(bytes).write(to: URL(filePath: file.path))
            #expect(try file.load() == history)
        }
    }

    @Test func `a history takes over what others have seen meanwhile, and nothing of a clock that was set back`() {
        func scrape(_ seconds: Double) -> Scrape { Scrape(at: Self.now + seconds, instance: "i", text: "a 1\n") }
        var (mine, theirs) = (ScrapeHistory(), ScrapeHistory())
        mine.add(scrape(0))
        for seconds in [0.0, 30, 7200] { theirs.add(scrape(seconds)) }
        mine.merge(theirs)
        #expect(mine.scrapes == [scrape(0), scrape(30), scrape(7200)])
        mine.add(scrape(60))
        #expect(mine.scrapes == [scrape(0), scrape(30), scrape(60)])
    }

    @Test func `a history has an end, and is thinner towards it`() {
        var history = ScrapeHistory()
        for minute in 0..<(4 * 1440) {
            history.add(Scrape(at: Self.now + Double(minute) * 60, instance: "i", text: "a 1\n"))
        }
        let end = Self.now + Double(4 * 1440 - 1) * 60
        let ages = history.scrapes.map { end - $0.at }
        #expect((ages.first ?? 0) <= ScrapeHistory.ageSecondsMax && (ages.first ?? 0) > 3 * 86_400 - 1800)
        #expect(ages.count { $0 <= 3600 } == 61)
        #expect(history.scrapes.count < 500)
        history.add(
            Scrape(at: end + 1, instance: "i", text: String(repeating: "a 1\n", count: ScrapeHistory.bytesMax / 4)))
        #expect(history.scrapes.count == 1)
    }

    // MARK: Prometheus

    private static let recorded = """
        groups:
          - name: g
            rules:
              - record: a:limit
                expr: vector(5) # of all
                labels: {kind: x}
              - record: a:limit
                expr: vector(6)
                labels: {kind: y}
              - alert: High
                expr: depth > on (kind) a:limit
                labels: {severity: warning}
              - alert: Grown
                expr: increase(a:limit[5m]) > 0
        """

    @Test func `a Prometheus that records is asked as the rule says`() async throws {
        let rules = try RuleSet([RuleText(name: "f.yml", text: Self.recorded)])
        let findings = try await PrometheusAlerts(rules: rules) { text in
            switch text {
            case #"group by (__name__) ({__name__=~"a:limit"})"#:
                try Value(
                    parsingJSON:
                        #"{"resultType":"vector","result":[{"metric":{"__name__":"a:limit"},"value":[1,"1"]}]}"#)
            case "depth > on (kind) a:limit":
                try Value(
                    parsingJSON: #"{"resultType":"vector","result":[{"metric":{"kind":"x"},"value":[1,"7.5"]}]}"#)
            default: try Value(parsingJSON: #"{"resultType":"vector","result":[]}"#)
            }
        }.findings()
        #expect(findings.map(\.state) == [.firing, .inactive])
        #expect(findings[0].value == 7.5 && findings[0].labels == ["kind": "x"])
    }

    @Test func `for one that does not, expressions stand in the place of names`() throws {
        let rules = try RuleSet([RuleText(name: "f.yml", text: Self.recorded)])
        let absent = Dictionary(grouping: rules.recordings, by: \.name)
        var missing: Set<String> = []
        let text = PrometheusAlerts.inlined(rules.alerts[0].text, rules.alerts[0].expression, absent, &missing)
        #expect(
            text == """
                depth > on (kind) (label_replace((vector(5)
                ), "kind", "x", "", "") or label_replace((vector(6)
                ), "kind", "y", "", ""))
                """)
        #expect(missing.isEmpty)
        _ = PrometheusAlerts.inlined(rules.alerts[1].text, rules.alerts[1].expression, absent, &missing)
        #expect(missing == ["a:limit"])
    }

    @Test func `that nothing is recorded there is no alert, as it is put in here`() async throws {
        let text = """
            groups: [{rules: [
              {record: a:limit, expr: vector(5)}, {alert: Missing, expr: 'absent({__name__=~"a:.+"})'},
              {alert: Other, expr: 'absent({__name__=~"b:.+"})'}]}]
            """
        let rules = try RuleSet([RuleText(name: "f.yml", text: text)])
        let findings = try await PrometheusAlerts(rules: rules) { text in
            let result = text.hasPrefix("absent") ? #"[{"metric":{},"value":[1,"1"]}]"# : "[]"
            return try Value(parsingJSON: #"{"resultType":"vector","result":"# + result + "}")
        }.findings()
        #expect(findings.map(\.state) == [.unknown, .firing])
        #expect(findings[0].partial?.contains("does not record a:.+") == true)
    }

    @Test func `shipped expressions are understood also without their names`() throws {
        let rules = try RuleSet.shipped()
        let absent = Dictionary(grouping: rules.recordings, by: \.name)
        for rule in rules.alerts {
            var missing: Set<String> = []
            let text = PrometheusAlerts.inlined(rule.text, rule.expression, absent, &missing)
            let selectors = try PromQLParser.parse(text).selectors
            #expect(missing.isEmpty && !selectors.contains { absent[$0.selector.name ?? ""] != nil }, "\(rule.name)")
        }
    }

    @Test func `what is no Prometheus is said`() async throws {
        let rules = try RuleSet([RuleText(name: "f.yml", text: Self.recorded)])
        let error = await #expect(throws: CommandFailure.self) {
            try await PrometheusAlerts(rules: rules) { _ in ["a": 1] }.findings()
        }
        #expect(error?.status == .unavailable)
    }

    @Test func `a check says how it ended`() async {
        #expect(await Casarectl.main(["alerts", "check", "--prometheus", "http://127.0.0.1:1"]) == 10)
        #expect(await Casarectl.main(["alerts", "check", "--interval", "5s"]) == 64)
        #expect(await Casarectl.main(["alerts", "check", "--prometheus", "http://h:1", "--samples", "2"]) == 64)
        #expect(await Casarectl.main(["alerts", "check", "--rules", "/nonexistent.yml"]) == 4)
        // A file in which there is nothing to fire says nothing for ever.
        #expect(await Casarectl.main(["alerts", "check", "--rules", "/dev/null"]) == 64)
    }
}
