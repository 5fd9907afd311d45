import CoreMetrics
import FoundationEssentials
import Logging
import Testing

@testable import CasareTelemetry

/// What libraries count through swift-metrics.
struct RegistryMetricsFactoryTests {
    private static func number(_ name: String, _ registry: MetricRegistry) async throws -> [MetricValue] {
        try RegistryTests.numbers(name, await registry.snapshot()).map(\.value)
    }

    @Test func `counters, meters and gauges are numbers`() async throws {
        let registry = RegistryTests.registry()
        let factory = RegistryMetricsFactory(registry)
        let counter = CoreMetrics.Counter(label: "pool.requests", factory: factory)
        counter.increment(by: 3)
        counter.increment(by: 0)
        counter.reset()
        counter.increment(by: Int64(4))
        let sum = FloatingPointCounter(label: "pool.waited", factory: factory)
        for amount in [0.5, 0.25, .nan, .infinity, -1] { sum.increment(by: amount) }
        let meter = Meter(label: "pool.open", factory: factory)
        meter.set(10)
        meter.increment(by: 2.5)
        meter.decrement(by: 1.0)
        let gauge = CoreMetrics.Gauge(label: "pool.size", factory: factory)
        gauge.record(4)
        gauge.record(3)
        #expect(try await Self.number("pool.requests", registry) == [.int(7)])
        #expect(try await Self.number("pool.waited", registry) == [.double(0.75)])
        #expect(try await Self.number("pool.open", registry) == [.double(11.5)])
        #expect(try await Self.number("pool.size", registry) == [.double(3)])
        let snapshot = await registry.snapshot()
        let kinds = snapshot.metrics.map { "\($0.instrument.name): \($0.instrument.kind) in \($0.instrument.unit)" }
        #expect(
            kinds == [
                "pool.open: gauge in {value}", "pool.requests: counter in {event}", "pool.size: gauge in {value}",
                "pool.waited: counter in {event}",
            ])
    }

    @Test func `timers are in seconds, and recorders are spread`() async throws {
        let registry = RegistryTests.registry()
        let factory = RegistryMetricsFactory(registry)
        let timer = Timer(label: "pool.wait", factory: factory)
        timer.recordMilliseconds(250)
        timer.recordSeconds(3)
        Recorder(label: "pool.bytes", factory: factory).record(90)
        let snapshot = await registry.snapshot()
        guard case .histograms(let waits)? = snapshot["pool.wait"]?.points,
            case .histograms(let sizes)? = snapshot["pool.bytes"]?.points
        else {
            Issue.record("\(snapshot.metrics)")
            return
        }
        #expect(snapshot["pool.wait"]?.instrument.unit == "s")
        #expect(waits.map(\.sum) == [3.25] && waits.map(\.count) == [2])
        #expect(sizes.map(\.sum) == [90] && sizes.map(\.count) == [1])
        #expect(sizes.map { $0.counts.firstIndex(of: 1) } == [sizes.first?.bucket(of: 90)])
    }

    @Test func `dimensions are attributes, and the same metric is made once`() async throws {
        let registry = RegistryTests.registry()
        let factory = RegistryMetricsFactory(registry)
        for dimensions in [[("host", "a"), ("port", "1")], [("port", "1"), ("host", "a")], [("host", "b")]] {
            CoreMetrics.Counter(label: "pool.requests", dimensions: dimensions, factory: factory).increment()
        }
        CoreMetrics.Counter(label: "pool.requests", dimensions: [("host", "x"), ("host", "b")], factory: factory)
            .increment()
        let points = try RegistryTests.numbers("pool.requests", await registry.snapshot())
        #expect(points.map(\.attributes) == [["host": "a", "port": "1"], ["host": "b"]])
        #expect(points.map(\.value) == [.int(2), .int(2)])
    }

    @Test(arguments: [
        ("http.requests", "http.requests"), ("a b:c%é", "a_b_c__"), ("", "library_"), ("9lives", "library_9lives"),
        ("_x", "library__x"), ("A/b-c_d", "A/b-c_d"),
    ])
    func `names are what OpenTelemetry can hold`(label: String, name: String) {
        #expect(RegistryMetricsFactory.name(label) == name)
        #expect(RegistryMetricsFactory.name("a" + String(repeating: "b", count: 300)).count == 255)
        #expect(RegistryMetricsFactory.name(String(repeating: "1", count: 300)).count == 255)
    }

    // MARK: - Limits

    @Test func `a name of the catalogue's, or one that means something else, counts nowhere`() async throws {
        let registry = RegistryTests.registry()
        let factory = RegistryMetricsFactory(registry)
        CoreMetrics.Counter(label: "casare.job.submitted", factory: factory).increment()
        Timer(label: "http.server.request.duration", factory: factory).recordSeconds(1)
        CoreMetrics.Counter(label: "pool.requests", factory: factory).increment()
        Meter(label: "pool.requests", factory: factory).set(90)
        Timer(label: "pool.requests", factory: factory).recordSeconds(1)
        FloatingPointCounter(label: "pool.requests", factory: factory).increment(by: 0.5)
        let snapshot = await registry.snapshot()
        #expect(snapshot.metrics.map(\.instrument.name) == ["pool.requests"])
        #expect(try RegistryTests.numbers("pool.requests", snapshot).map(\.value) == [.int(1)])
    }

    @Test func `there are so many series of a metric, and so many names`() async throws {
        let registry = RegistryTests.registry(seriesMax: 2)
        let factory = RegistryMetricsFactory(registry)
        for host in ["a", "b", "c", "d"] {
            CoreMetrics.Counter(label: "pool.requests", dimensions: [("host", host)], factory: factory).increment()
        }
        let points = try RegistryTests.numbers("pool.requests", await registry.snapshot())
        #expect(points.map(\.value) == [.int(1), .int(1), .int(2)] && points.last?.attributes == .overflow)
        for number in 0..<RegistryMetricsFactory.namesMax {
            CoreMetrics.Counter(label: "x\(number)", factory: factory).increment()
        }
        let snapshot = await registry.snapshot()
        #expect(snapshot.metrics.count == RegistryMetricsFactory.namesMax)
        #expect(snapshot["x\(RegistryMetricsFactory.namesMax - 1)"] == nil)
    }

    @Test func `there are so many sets of dimensions of all metrics together`() async throws {
        let registry = RegistryTests.registry()
        let factory = RegistryMetricsFactory(registry)
        for number in 0..<RegistryMetricsFactory.labelSetsMax {
            let label = number.isMultiple(of: 2) ? "pool.requests" : "pool.errors"
            CoreMetrics.Counter(label: label, dimensions: [("host", "h\(number)")], factory: factory).increment()
        }
        for host in ["x", "y", "h0"] {
            CoreMetrics.Counter(label: "pool.requests", dimensions: [("host", host)], factory: factory).increment()
        }
        CoreMetrics.Counter(label: "pool.closed", factory: factory).increment()
        let points = try RegistryTests.numbers("pool.requests", await registry.snapshot())
        #expect(points.count == RegistryMetricsFactory.labelSetsMax / 2 + 1)
        #expect(points.last?.attributes == .overflow && points.last?.value == .int(2))
        #expect(points.first { $0.attributes["host"] == "h0" }?.value == .int(2))
        #expect(try await Self.number("pool.closed", registry) == [.int(1)])
    }

    @Test func `dimensions are cut, and those without a name left out`() async throws {
        let registry = RegistryTests.registry()
        let long = String(repeating: "é", count: RegistryMetricsFactory.valueCharactersMax + 1)
        let dimensions = [("", "x"), ("host", long)] + (0..<100).map { ("k\($0)", "v") }
        CoreMetrics.Counter(
            label: "pool.requests", dimensions: dimensions, factory: RegistryMetricsFactory(registry)
        ).increment()
        let attributes = try #require(
            try RegistryTests.numbers("pool.requests", await registry.snapshot()).first?.attributes)
        #expect(attributes["host"]?.description.count == RegistryMetricsFactory.valueCharactersMax)
        #expect(attributes.members.count == RegistryMetricsFactory.dimensionsMax - 1)
    }

    @Test(arguments: ["casare_job_submitted", "casare.job.submitted_total", "pool_requests", "pool.requests_total"])
    func `a name that Prometheus could not tell from another counts nowhere`(label: String) async throws {
        let registry = RegistryTests.registry()
        let factory = RegistryMetricsFactory(registry)
        CoreMetrics.Counter(label: "pool.requests", factory: factory).increment()
        CoreMetrics.Counter(label: label, factory: factory).increment()
        Meter(label: label, factory: factory).set(1)
        #expect(await registry.snapshot().metrics.map(\.instrument.name) == ["pool.requests"])
    }

    // MARK: - The process

    /// The only test that does this: it can be done once in a process.
    @Test func `after the start libraries count by themselves, and it is exported`() async throws {
        let registry = RegistryTests.registry()
        RegistryMetricsFactory.bootstrap(registry)
        CoreMetrics.Counter(label: "library.requests", dimensions: [("host", "a")]).increment(by: 2)
        let snapshot = await registry.snapshot()
        #expect(snapshot["library.requests"] != nil)
        let text = String(decoding: Exposition.write(snapshot, as: .openMetrics), as: UTF8.self)
        #expect(text.contains("library_requests_total{host=\"a\"} 2"))
    }
}
