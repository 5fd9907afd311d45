@testable import CasareTelemetry
import FoundationEssentials
import Testing

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
