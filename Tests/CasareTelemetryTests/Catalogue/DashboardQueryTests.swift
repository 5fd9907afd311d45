import CasareDomain
import Testing

/// Dashboards ask for what is emitted, in ways that give the right numbers, and draw the thresholds of the alerts.
struct DashboardQueryTests {
    @Test func `every query asks for metrics and labels that there are, and adds nothing up twice`() throws {
        for panel in try ShippedDashboard.all().flatMap(\.panels) {
            for query in panel.queries {
                let problems = try QueryRules.problems(in: query)
                #expect(problems.isEmpty, "\(panel): \(problems) in \(query)")
            }
        }
    }

    @Test func `every query asks for the jobs that were chosen`() throws {
        for panel in try ShippedDashboard.all().flatMap(\.panels) {
            let selectors = try panel.queries.map(PromQL.init).flatMap(\.selectors)
            for selector in selectors where selector.metrics != ["ALERTS"] {
                let hasJob = selector.metrics.contains { KnownSeries.all[$0]?.labels.contains("job") == true }
                #expect(selector.labels.contains("job") == hasJob, "\(panel): \(selector.metrics)")
            }
        }
    }

    @Test(arguments: [
        ("sum(casare_queue_depth)", "casare_queue_depth stands under no max"),
        ("topk(20, casare_queue_depth)", "casare_queue_depth stands under no max"),
        ("max(sum by (casare_job_state) (casare_queue_depth))", "casare_queue_depth stands under no max"),
        ("max by (casare_robot_name) (casare_queue_depth)", "casare_queue_depth has no casare_robot_name"),
        ("max(casare_queue_depth{le=\"1\"})", "casare_queue_depth has no le"),
        ("max(casare_healing_depth)", "casare_healing_depth is not emitted"),
        ("sum(casare_job_submitted_total)", "casare_job_submitted_total stands under no rate"),
        ("sum(rate(casare_job_submitted[5m]))", "casare_job_submitted is not emitted"),
        ("sum(rate(casare_job_wait_duration_seconds[5m]))", "casare_job_wait_duration_seconds is not emitted"),
        ("sum(rate(casare_robot_slot_usage[5m]))", "casare_robot_slot_usage is no counter"),
        (
            "histogram_quantile(0.9, sum(rate(casare_schedule_delay_seconds_bucket[5m])))",
            "casare_schedule_delay_seconds_bucket is added up without le"
        ),
        ("sum(process_uptime_seconds) / on (le) sum(process_uptime_seconds)", "nothing has le"),
        ("{job=\"casare\"}", "it asks for series of any name"),
        ("max(slo:sli_error:ratio_rate7h)", "slo:sli_error:ratio_rate7h is not emitted"),
        ("vector(1)", "it asks for no series"),
    ])
    func `what would be wrong is found`(query: String, problem: String) throws {
        #expect(try QueryRules.problems(in: query) == [problem])
    }

    @Test(arguments: ["sum(a) by (b)", "sum(a", "max(a))", "a{b=\"c\"", "rate(a[5m)", "sum by (a) b"])
    func `what cannot be read is refused`(query: String) {
        #expect(throws: PromQL.Misread.self) { try PromQL(query) }
    }

    @Test func `what variables offer and what is marked asks for metrics and labels that there are`() throws {
        for dashboard in try ShippedDashboard.all() {
            for variable in dashboard.variables where variable["type"] == "query" {
                let query = try #require(variable["query"]?["query"]?.string)
                let parts = try #require(query.hasPrefix("label_values(") && query.hasSuffix(")") ? query : nil)
                    .dropFirst("label_values(".count).dropLast().split(separator: ", ")
                try #require(parts.count == 2)
                let read = try PromQL(String(parts[0]))
                #expect(QueryRules.unknown(in: read) == [], "\(dashboard): \(query)")
                let metrics = read.selectors.flatMap(\.metrics).compactMap { KnownSeries.all[$0] }
                #expect(metrics.allSatisfy { $0.labels.contains(String(parts[1])) }, "\(dashboard): \(query)")
            }
            let marks = dashboard.annotations.filter { $0["builtIn"] == nil }
            #expect(marks.compactMap { $0["name"]?.string } == ["Deployments", "Pauses", "Alerts"])
            for mark in marks {
                let query = try #require(mark["expr"]?.string)
                #expect(try QueryRules.problems(in: query) == [], "\(dashboard): \(query)")
                let labels = try QueryRules.resultLabels(of: query)
                let words = ShippedDashboard.words(behind: "{{", before: ["}"], in: mark)
                #expect(!words.isEmpty && labels.isSuperset(of: words), "\(dashboard): \(words)")
            }
        }
    }

    @Test func `legends, columns and links speak of labels that the queries give`() throws {
        for panel in try ShippedDashboard.all().flatMap(\.panels) {
            var given: Set<String> = []
            for target in panel.targets {
                let labels = try QueryRules.resultLabels(of: #require(target["expr"]?.string))
                given.formUnion(labels)
                let legend = try #require(target["legendFormat"])
                #expect(legend.string?.isEmpty == false, "\(panel)")
                let words = ShippedDashboard.words(behind: "{{", before: ["}"], in: legend)
                #expect(labels.isSuperset(of: words), "\(panel): \(words)")
            }
            let renamed = panel.json["transformations"]?.list?.last?["options"]?["renameByName"]?.object
            let columns = renamed?.keys.filter { !$0.hasPrefix("Value") } ?? []
            #expect(given.isSuperset(of: columns), "\(panel): \(columns)")
            for place in ["${__field.labels.", "${__data.fields."] {
                let words = ShippedDashboard.words(behind: place, before: [":", "}"], in: panel.json)
                #expect(given.isSuperset(of: words), "\(panel): \(words)")
            }
        }
    }

    // MARK: - Alerts

    @Test func `what panels say to do is a page of an alert that there is`() throws {
        let alerts = try KnownSeries.rules("- alert:")
        let addresses = alerts.flatMap(\.lines).filter { $0.hasPrefix("runbook_url:") }
            .map { String($0.dropFirst("runbook_url:".count).drop { $0 == " " }) }
        for panel in try ShippedDashboard.all().flatMap(\.panels) {
            for link in panel.json["links"]?.list ?? [] {
                guard let url = link["url"]?.string, !url.hasPrefix("/") else { continue }
                #expect(addresses.contains(url), "\(panel): \(url)")
            }
        }
        // Those of the table are made of the alert's name.
        let table = try #require(ShippedDashboard.all().flatMap(\.panels).first { $0.title == "Firing alerts" })
        let bases = Set(addresses.compactMap { $0.split(separator: "Casare").first.map(String.init) })
        let expected = bases.map { $0 + "${__data.fields.alertname:percentencode}.md" }
        #expect(ShippedDashboard.texts(in: table.json).filter { $0.contains("runbooks") } == expected)
    }

    /// The numbers of a text, and of products such as `3 * 86400`.
    private static func numbers(in text: String) -> Set<Double> {
        var numbers: Set<Double> = []
        var product: Double?
        for token in PromQL.Token.all(in: text) {
            switch token {
            case .word(let word):
                guard let number = Double(word) else {
                    product = nil
                    continue
                }
                product = (product ?? 1) * number
                numbers.formUnion([number, product ?? number])
            case .symbol("*"): continue
            case .symbol, .text: product = nil
            }
        }
        return numbers
    }

    @Test func `what is drawn as a threshold is that of an alert that the panel names`() throws {
        let alerts = Dictionary(grouping: try KnownSeries.rules("- alert:"), by: \.name)
            .mapValues { $0.map { KnownSeries.expression($0.lines) }.joined(separator: "\n") }
        let thresholds = try KnownSeries.rules("- record:").filter { $0.name.hasPrefix("casare:threshold:") }
        var drawn = 0
        for panel in try ShippedDashboard.all().flatMap(\.panels) {
            let expressions = panel.alerts.compactMap { alerts[$0] }.joined(separator: "\n")
            let words = PromQL.Token.all(in: expressions)
            // Lines: they are what the alert compares with, whatever that is now.
            for query in panel.queries where query.contains("casare:threshold:") {
                let name = try #require(try PromQL(query).selectors.first?.metrics.first)
                #expect(words.contains(.word(name)), "\(panel): \(name)")
                drawn += 1
            }
            // Colours: they are what it would be.
            let named = thresholds.filter { words.contains(.word($0.name)) }.map { KnownSeries.expression($0.lines) }
            var numbers = Self.numbers(in: expressions).union(named.flatMap(Self.numbers))
            // A share of what the alert compares with is 1 where both are the same.
            if expressions.contains("> on") { numbers.insert(1) }
            if panel.queries.contains(where: { $0.contains("ALERTS") }) { numbers.insert(0) }
            for step in panel.defaults?["thresholds"]?["steps"]?.list ?? [] {
                guard let value = step["value"]?.double else { continue }
                #expect(numbers.contains(value < 1e-6 ? 0 : value), "\(panel): \(value)")
                drawn += 1
            }
        }
        #expect(drawn >= 30)
    }
}
