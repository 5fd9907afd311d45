import CasareDomain
@testable import CasareTelemetry
import FoundationEssentials
import Instrumentation
import Logging
import Testing

/// Which measurements leave their trace.
struct ExemplarTests {
    private static let sampled = TraceContext.makeRoot()
    private static let other = sampled.child()
    private static let unsampled = TraceContext(traceID: sampled.traceID, spanID: sampled.spanID, flags: 0)

    private static func registry(_ filter: TelemetrySettings.ExemplarFilter = .traceBased) -> MetricRegistry {
        MetricRegistry(logger: Logger(label: "test"), exemplars: filter, now: { RegistryTests.began })
    }

    private static func work(in context: TraceContext, _ body: () -> Void) {
        ServiceContext.withValue(ServiceContext(TraceCarrier(context)), operation: body)
    }

    private static func exemplar(_ value: MetricValue, _ context: TraceContext) -> Exemplar {
        Exemplar(value: value, at: RegistryTests.began, context: context)
    }

    @Test func `a counter keeps the latest addition, by series`() async throws {
        let registry = Self.registry()
        let jobs: CasareTelemetry.Counter<Int> = registry.counter(RegistryTests.jobs)
        Self.work(in: Self.sampled) {
            jobs.add(2, [.queue: "a"])
            jobs.add(3, [.queue: "b"])
        }
        Self.work(in: Self.other) { jobs.add(4, [.queue: "a"]) }
        jobs.add(5, [.queue: "a"])
        let points = try await RegistryTests.numbers("test.jobs", registry.snapshot())
        #expect(points.map(\.value) == [.int(11), .int(3)])
        #expect(points[0].exemplars == [Self.exemplar(.int(4), Self.other)])
        #expect(points[1].exemplars == [Self.exemplar(.int(3), Self.sampled)])
    }

    @Test func `a histogram keeps the latest value of each bucket`() async throws {
        let registry = Self.registry()
        let spread = registry.histogram(HistogramTests.spread)
        Self.work(in: Self.sampled) { for value in [0.25, 0.5, 7] { spread.record(value) } }
        Self.work(in: Self.other) { spread.record(9) }
        spread.record(0.75)
        let point = try #require(try HistogramTests.points(await registry.snapshot()).first)
        #expect(
            point.exemplars == [Self.exemplar(.double(0.5), Self.sampled), Self.exemplar(.double(9), Self.other)])
        #expect(point.exemplars.map { point.bucket(of: $0.value.double) } == [0, 3])
        #expect(point.counts == [2, 1, 0, 2])
    }

    /// What is kept of work in a recorded trace, and then in one that is not.
    private static let filters: [(TelemetrySettings.ExemplarFilter, [TraceContext?])] = [
        (.alwaysOff, []), (.traceBased, [sampled]), (.alwaysOn, [unsampled]),
    ]

    @Test(arguments: Self.filters)
    func `the filter decides whether it matters that a trace is recorded`(
        filter: TelemetrySettings.ExemplarFilter, kept: [TraceContext?]
    ) async throws {
        let registry = Self.registry(filter)
        let jobs: CasareTelemetry.Counter<Int> = registry.counter(RegistryTests.jobs)
        let spread = registry.histogram(HistogramTests.spread)
        for context in [Self.sampled, Self.unsampled] {
            Self.work(in: context) {
                jobs.add(1)
                spread.record(0.25)
            }
        }
        let snapshot = await registry.snapshot()
        let counted = try #require(try RegistryTests.numbers("test.jobs", snapshot).first)
        let recorded = try #require(try HistogramTests.points(snapshot).first)
        #expect(counted.exemplars.map(\.context) == kept && counted.value == .int(2))
        #expect(recorded.exemplars.map(\.context) == kept && recorded.count == 2)
    }

    @Test(arguments: [(TelemetrySettings.ExemplarFilter.traceBased, 0), (.alwaysOff, 0), (.alwaysOn, 1)])
    func `what is measured in no trace leaves one only where all do`(
        filter: TelemetrySettings.ExemplarFilter, count: Int
    ) async throws {
        let registry = Self.registry(filter)
        registry.histogram(HistogramTests.spread).record(0.25)
        let point = try #require(try HistogramTests.points(await registry.snapshot()).first)
        let alone = Exemplar(value: .double(0.25), at: RegistryTests.began, context: nil)
        #expect(point.exemplars == Array(repeating: alone, count: count))
        let text = String(decoding: Exposition.write(await registry.snapshot(), as: .openMetrics), as: UTF8.self)
        #expect(text.contains(" # {} 0.25 ") == (count == 1))
    }

    @Test func `what may shrink has none`() async throws {
        let registry = Self.registry(.alwaysOn)
        let running: UpDownCounter<Int> = registry.upDownCounter(RegistryTests.running)
        let level = registry.gauge(RegistryTests.level, of: Double.self)
        Self.work(in: Self.sampled) {
            running.add(1)
            level.set(1)
        }
        let snapshot = await registry.snapshot()
        #expect(try RegistryTests.numbers("test.running", snapshot).map(\.exemplars) == [[]])
        #expect(try RegistryTests.numbers("test.level", snapshot).map(\.exemplars) == [[]])
    }
}
