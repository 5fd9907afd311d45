import CasareDomain
import FoundationEssentials
import Testing

@testable import CasareTelemetry

struct ExpositionTests {
    private static let jobs = Instrument(
        "test.jobs", .counter, unit: "{job}", "Jobs with \"quotes\", a \\ and\na line", by: .orchestrator)
    private static let spread = Instrument(
        "test.spread", .histogram(bounds: [0.005, 1]), unit: "s", "Spread", by: .orchestrator)
    private static let share = Instrument(
        "test.share", .gauge, number: .double, unit: "1", "Share", by: .orchestrator)

    private static func snapshot() async -> MetricSnapshot {
        let registry = RegistryTests.registry()
        let jobs: Counter<Int> = registry.counter(self.jobs)
        jobs.add(3, [.queue: .string("a\"b\\c\nd\r\né")])
        let spread = registry.histogram(self.spread)
        for value in [0.005, 0.25, 7] { spread.record(value, [.loop: "sweep"]) }
        registry.gauge(self.share, of: Double.self).set(0.5)
        return await registry.snapshot()
    }

    private static func text(_ format: ExpositionFormat) async -> String {
        String(decoding: Exposition.write(await self.snapshot(), as: format), as: UTF8.self)
    }

    @Test func `the older text is written as Prometheus reads it`() async {
        let text = await Self.text(.text)
        #expect(
            text == #"""
                # HELP test_jobs_total Jobs with "quotes", a \\ and\na line
                # TYPE test_jobs_total counter
                test_jobs_total{messaging_destination_name="a\"b\\c\nd\#u{D}\né"} 3
                # HELP test_share_ratio Share
                # TYPE test_share_ratio gauge
                test_share_ratio 0.5
                # HELP test_spread_seconds Spread
                # TYPE test_spread_seconds histogram
                test_spread_seconds_bucket{casare_loop_name="sweep",le="0.005"} 1
                test_spread_seconds_bucket{casare_loop_name="sweep",le="1"} 2
                test_spread_seconds_bucket{casare_loop_name="sweep",le="+Inf"} 3
                test_spread_seconds_sum{casare_loop_name="sweep"} 7.255
                test_spread_seconds_count{casare_loop_name="sweep"} 3

                """#)
    }

    @Test func `OpenMetrics has units, families without _total, bounds with .0, and an end`() async {
        let text = await Self.text(.openMetrics)
        #expect(
            text == #"""
                # HELP test_jobs Jobs with \"quotes\", a \\ and\na line
                # TYPE test_jobs counter
                test_jobs_total{messaging_destination_name="a\"b\\c\nd\#u{D}\né"} 3
                # HELP test_share_ratio Share
                # TYPE test_share_ratio gauge
                # UNIT test_share_ratio ratio
                test_share_ratio 0.5
                # HELP test_spread_seconds Spread
                # TYPE test_spread_seconds histogram
                # UNIT test_spread_seconds seconds
                test_spread_seconds_bucket{casare_loop_name="sweep",le="0.005"} 1
                test_spread_seconds_bucket{casare_loop_name="sweep",le="1.0"} 2
                test_spread_seconds_bucket{casare_loop_name="sweep",le="+Inf"} 3
                test_spread_seconds_sum{casare_loop_name="sweep"} 7.255
                test_spread_seconds_count{casare_loop_name="sweep"} 3
                # EOF

                """#)
    }

    // MARK: - Exemplars

    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let span = "00f067aa0ba902b7"

    private static func exemplar(
        _ value: MetricValue, _ attributes: Attributes = .none, after seconds: Double = 0.125
    ) throws -> Exemplar {
        let context = try #require(TraceContext(traceparent: "00-\(self.trace)-\(self.span)-01"))
        return Exemplar(value: value, at: RegistryTests.began + seconds, context: context, attributes: attributes)
    }

    private static func lines(_ metric: Metric, _ format: ExpositionFormat = .openMetrics) -> [Substring] {
        let snapshot = MetricSnapshot(takenAt: RegistryTests.began, metrics: [metric])
        return String(decoding: Exposition.write(snapshot, as: format), as: UTF8.self)
            .split(separator: "\n").filter { !$0.hasPrefix("#") }
    }

    private static func counted(_ exemplars: [Exemplar]) -> Metric {
        Metric(
            instrument: self.jobs,
            points: .numbers([
                NumberPoint(attributes: .none, since: RegistryTests.began, value: .int(5), exemplars: exemplars)
            ]))
    }

    @Test func `exemplars stand behind counters and buckets, in OpenMetrics alone`() throws {
        let counted = Self.counted([try Self.exemplar(.int(2))])
        let mark = "# {trace_id=\"\(Self.trace)\",span_id=\"\(Self.span)\"}"
        #expect(Self.lines(counted) == ["test_jobs_total 5 \(mark) 2 1000000.125"])
        #expect(Self.lines(counted, .text) == ["test_jobs_total 5"])
        let spread = Metric(
            instrument: Self.spread,
            points: .histograms([
                HistogramPoint(
                    attributes: [.loop: "sweep"], since: RegistryTests.began, bounds: [0.005, 1], counts: [1, 2, 1],
                    sum: 8.005, smallest: 0.005, largest: 7,
                    exemplars: [try Self.exemplar(.double(0.005)), try Self.exemplar(.double(7), after: 60)])
            ]))
        #expect(
            Self.lines(spread) == [
                "test_spread_seconds_bucket{casare_loop_name=\"sweep\",le=\"0.005\"} 1 \(mark) 0.005 1000000.125",
                "test_spread_seconds_bucket{casare_loop_name=\"sweep\",le=\"1.0\"} 3",
                "test_spread_seconds_bucket{casare_loop_name=\"sweep\",le=\"+Inf\"} 4 \(mark) 7 1000060",
                "test_spread_seconds_sum{casare_loop_name=\"sweep\"} 8.005",
                "test_spread_seconds_count{casare_loop_name=\"sweep\"} 4",
            ])
        #expect(Self.lines(spread, .text).allSatisfy { !$0.contains("trace_id") })
    }

    @Test(arguments: [(56, true), (57, false)])
    func `an exemplar's labels have 128 characters at the most, and the trace comes first`(
        length: Int, isWritten: Bool
    ) throws {
        // The trace takes 63 of them, and the name of the attribute 9.
        let text = String(repeating: "é", count: length)
        let exemplar = try Self.exemplar(.int(2), ["test.name": .string(text), "trace.id": "other"])
        let extra = isWritten ? ",test_name=\"\(text)\"" : ""
        let labels = "trace_id=\"\(Self.trace)\",span_id=\"\(Self.span)\"\(extra)"
        #expect(Self.lines(Self.counted([exemplar])) == ["test_jobs_total 5 # {\(labels)} 2 1000000.125"])
    }

    @Test func `what may shrink has no exemplar, wherever it came from`() throws {
        let point = NumberPoint(
            attributes: .none, since: nil, value: .double(0.5), exemplars: [try Self.exemplar(.double(0.5))])
        #expect(Self.lines(Metric(instrument: Self.share, points: .numbers([point]))) == ["test_share_ratio 0.5"])
    }

    @Test func `an exponential histogram is a count and a sum to it`() {
        let point = ExponentialHistogramPoint(
            attributes: .none, since: RegistryTests.began, scale: 3, zeroCount: 1,
            positive: .init(offset: 4, counts: [2]), negative: .init(), count: 3, sum: 2.5, smallest: 0, largest: 1.25)
        #expect(
            Self.lines(Metric(instrument: Self.spread, points: .exponentialHistograms([point]))) == [
                "test_spread_seconds_bucket{le=\"+Inf\"} 3", "test_spread_seconds_sum 2.5",
                "test_spread_seconds_count 3",
            ])
    }

    // MARK: - The resource

    @Test func `the resource comes first, and is labels of nothing else`() {
        let resource = Resource(
            attributes: ["service.name": "casare-robot", "host.name": "a\"b", "process.pid": .int(7)])
        let labels = #"target_info{host_name="a\"b",process_pid="7",service_name="casare-robot"} 1"#
        func text(_ format: ExpositionFormat, _ resource: Resource?) -> String {
            let snapshot = MetricSnapshot(takenAt: RegistryTests.began, metrics: [Self.counted([])])
            return String(decoding: Exposition.write(snapshot, of: resource, as: format), as: UTF8.self)
        }
        #expect(
            text(.text, resource).hasPrefix(
                "# HELP target_info Target metadata\n# TYPE target_info gauge\n\(labels)\n#"))
        #expect(
            text(.openMetrics, resource).hasPrefix(
                "# HELP target Target metadata\n# TYPE target info\n\(labels)\n#"))
        #expect(text(.text, resource).hasSuffix("\ntest_jobs_total 5\n"))
        for nothing in [nil, Resource(attributes: [:])] { #expect(!text(.text, nothing).contains("target_info")) }
    }

    // MARK: - Forms

    @Test func `a program without metrics says nothing, or only where it ends`() {
        let empty = MetricSnapshot(takenAt: RegistryTests.began, metrics: [])
        #expect(Exposition.write(empty, as: .text).isEmpty)
        #expect(Exposition.write(empty, as: .openMetrics) == Array("# EOF\n".utf8))
    }

    @Test(
        arguments: [
            (nil, .text), ("", .text), ("*/*", .text), ("text/plain", .text), ("application/json", .text),
            ("application/openmetrics-text", .openMetrics),
            ("application/openmetrics-text; version=1.0.0; charset=utf-8", .openMetrics),
            ("Application/OpenMetrics-Text; Version=\"1.0.0\"", .openMetrics),
            ("application/openmetrics-text; version=0.0.1", .text),
            ("application/openmetrics-text; version=2.0.0, text/plain", .text),
            ("application/openmetrics-text;q=0", .text), ("application/openmetrics-text;q=x", .text),
            ("application/openmetrics-text;q=0.4, text/plain;q=0.5", .text),
            ("text/plain;q=0.5, application/openmetrics-text;q=0.5", .openMetrics),
            (
                "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
                    + "text/plain;version=0.0.4;q=0.3,*/*;q=0.2", .openMetrics
            ),
            (
                "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
                    + "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.3", .openMetrics
            ),
        ] as [(String?, ExpositionFormat)])
    func `the form is the one that the client reads best`(accept: String?, format: ExpositionFormat) {
        #expect(ExpositionFormat(accept: accept) == format)
    }
}
