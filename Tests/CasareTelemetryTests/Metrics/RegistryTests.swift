@testable import CasareTelemetry
import FoundationEssentials
import Logging
import Testing

/// What instruments count, and what a snapshot says of it.
struct RegistryTests {
    static let jobs = Instrument("test.jobs", .counter, unit: "{job}", "Jobs", attributes: [.queue], by: .orchestrator)
    static let running = Instrument("test.running", .upDownCounter, unit: "{job}", "Running", by: .orchestrator)
    static let level = Instrument("test.level", .gauge, number: .double, unit: "s", "Level", by: .orchestrator)
    static let seen = Instrument(
        "test.seen", .upDownCounter, unit: "{job}", "Seen", by: .database, isObserved: true)
    static let age = Instrument(
        "test.age", .gauge, number: .double, unit: "s", "Age", by: .database, isObserved: true)

    static let began = Date(timeIntervalSince1970: 1_000_000)

    static func registry(seriesMax: Int = MetricRegistry.seriesMax) -> MetricRegistry {
        MetricRegistry(logger: Logger(label: "test"), seriesMax: seriesMax, now: { self.began })
    }

    static func numbers(_ name: String, _ snapshot: MetricSnapshot) throws -> [NumberPoint] {
        guard case .numbers(let points) = try #require(snapshot[name]).points else { return [] }
        return points
    }

    @Test func `a counter adds up by its attributes, in whatever order they stand`() async throws {
        let registry = Self.registry()
        let counter: Counter<Int> = registry.counter(Self.jobs)
        counter.add(2, [.queue: "a", .workflow: "w"])
        counter.add(3, [.workflow: "w", .queue: "a"])
        counter.add(1, [.queue: "b"])
        let points = try await Self.numbers("test.jobs", registry.snapshot())
        #expect(
            points == [
                NumberPoint(attributes: [.queue: "a", .workflow: "w"], since: Self.began, value: .int(5)),
                NumberPoint(attributes: [.queue: "b"], since: Self.began, value: .int(1)),
            ])
    }

    @Test func `an attribute without a value is as if it were not there`() {
        let nothing: AttributeValue? = nil
        #expect(([.queue: "a", .errorType: nothing] as Attributes) == [.queue: "a"])
        #expect(([.errorType: nothing] as Attributes) == Attributes.none)
    }

    @Test func `a series that was asked for stands at 0 before its first event`() async throws {
        let registry = Self.registry()
        let counter: Counter<Int> = registry.counter(Self.jobs)
        let series = counter.series([.queue: "a"])
        #expect(try await Self.numbers("test.jobs", registry.snapshot()).map(\.value) == [.int(0)])
        series.add(4)
        #expect(try await Self.numbers("test.jobs", registry.snapshot()).map(\.value) == [.int(4)])
    }

    @Test func `up-down counters shrink, and gauges say the last value and since when nothing`() async throws {
        let registry = Self.registry()
        let running: UpDownCounter<Int> = registry.upDownCounter(Self.running)
        running.add(3)
        running.add(-2)
        let level = registry.gauge(Self.level, of: Double.self)
        level.set(0.5)
        level.set(0.25)
        let snapshot = await registry.snapshot()
        #expect(
            try Self.numbers("test.running", snapshot)
                == [NumberPoint(attributes: .none, since: Self.began, value: .int(1))])
        #expect(
            try Self.numbers("test.level", snapshot)
                == [NumberPoint(attributes: .none, since: nil, value: .double(0.25))])
        #expect(snapshot.metrics.map(\.instrument.name) == ["test.level", "test.running"])
    }

    @Test func `beyond the limit one series takes the rest, and nothing is lost`() async throws {
        let registry = Self.registry(seriesMax: 3)
        let counter: Counter<Int> = registry.counter(Self.jobs)
        for round in 1...2 {
            for queue in ["a", "b", "c", "d", "e"] { counter.add(round, [.queue: .string(queue)]) }
        }
        let points = try await Self.numbers("test.jobs", registry.snapshot())
        #expect(points.map(\.attributes) == [[.queue: "a"], [.queue: "b"], [.queue: "c"], .overflow])
        #expect(points.map(\.value) == [.int(3), .int(3), .int(3), .int(6)])
    }

    @Test func `as many series as the limit says have no overflow`() async throws {
        let registry = Self.registry()
        let counter: Counter<Int> = registry.counter(Self.jobs)
        for number in 1...MetricRegistry.seriesMax { counter.add(1, [.queue: .string("\(number)")]) }
        var points = try await Self.numbers("test.jobs", registry.snapshot())
        #expect(points.count == 2000 && !points.contains { $0.attributes == .overflow })
        counter.add(1, [.queue: "one more"])
        points = try await Self.numbers("test.jobs", registry.snapshot())
        #expect(points.count == 2001 && points.last?.attributes == .overflow && points.last?.value == .int(1))
    }

    @Test func `many threads count together and nothing gets lost`() async throws {
        let registry = Self.registry()
        let counter: Counter<Int> = registry.counter(Self.jobs)
        let sum: Counter<Double> = registry.counter(
            Instrument("test.time", .counter, number: .double, unit: "s", "Time", by: .orchestrator),
            of: Double.self)
        let spread = registry.histogram(HistogramTests.spread)
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    let series = counter.series([.queue: "kept"])
                    for _ in 0..<5000 {
                        counter.add(1, [.queue: .string("\(task % 2)")])
                        series.add(1)
                        sum.add(0.5)
                        spread.record(1.5)
                    }
                }
            }
        }
        let snapshot = await registry.snapshot()
        #expect(try Self.numbers("test.jobs", snapshot).map(\.value) == [.int(20_000), .int(20_000), .int(40_000)])
        #expect(try Self.numbers("test.time", snapshot).map(\.value) == [.double(20_000)])
        #expect(try HistogramTests.points(snapshot).map(\.count) == [40_000])
    }

    @Test func `the same instrument counts together, another of its name is not shown`() async throws {
        let registry = Self.registry()
        let one: Counter<Int> = registry.counter(Self.jobs)
        let same: Counter<Int> = registry.counter(Self.jobs)
        let other: Counter<Int> = registry.counter(
            Instrument("test.jobs", .counter, unit: "s", "Something else", by: .orchestrator))
        one.add(1)
        same.add(2)
        other.add(100)
        let snapshot = await registry.snapshot()
        #expect(snapshot.metrics.map(\.instrument) == [Self.jobs])
        #expect(try Self.numbers("test.jobs", snapshot).map(\.value) == [.int(3)])
    }

    // MARK: - What is observed

    @Test func `callbacks are asked at each snapshot, and rows of one series add up`() async throws {
        let registry = Self.registry()
        let asked: Counter<Int> = registry.counter(Self.jobs)
        registry.observe([Self.seen, Self.age]) { seen in
            asked.add(1)
            seen.observe(Self.seen, 2, [.queue: "a"])
            seen.observe(Self.seen, 3, [.queue: "a"])
            seen.observe(Self.age, 9.5, [.queue: "a"])
            seen.observe(Self.age, 1.5, [.queue: "a"])
        }
        let first = await registry.snapshot()
        #expect(try Self.numbers("test.seen", first).map(\.value) == [.int(5)])
        #expect(try Self.numbers("test.seen", first).map(\.since) == [Self.began])
        #expect(try Self.numbers("test.age", first).map(\.value) == [.double(1.5)])
        // What the callback counted is in the snapshot that asked it.
        #expect(try Self.numbers("test.jobs", first).map(\.value) == [.int(1)])
        let second = await registry.snapshot()
        #expect(try Self.numbers("test.seen", second).map(\.value) == [.int(5)])
        #expect(try Self.numbers("test.jobs", second).map(\.value) == [.int(2)])
    }

    @Test func `a callback that sees nothing reports nothing, and others go on`() async throws {
        let registry = Self.registry()
        registry.observe([Self.seen]) { _ in }
        registry.observe([Self.age]) { seen in seen.observe(Self.age, 1.0) }
        let snapshot = await registry.snapshot()
        #expect(snapshot["test.seen"] == nil)
        #expect(try Self.numbers("test.age", snapshot).map(\.value) == [.double(1)])
    }

    @Test func `what is observed has a limit too`() async throws {
        let registry = Self.registry(seriesMax: 2)
        registry.observe([Self.seen]) { seen in
            for queue in ["a", "b", "c", "d"] { seen.observe(Self.seen, 10, [.queue: .string(queue)]) }
        }
        let points = try await Self.numbers("test.seen", registry.snapshot())
        #expect(points.map(\.value) == [.int(10), .int(10), .int(20)])
        #expect(points.last?.attributes == .overflow)
    }
}
