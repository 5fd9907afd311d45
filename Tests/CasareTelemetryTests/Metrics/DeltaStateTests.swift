import CasareDomain
@testable import CasareTelemetry
import FoundationEssentials
import Logging
import Testing

/// What came since the collection before.
struct DeltaStateTests {
    private static let began = RegistryTests.began
    private static let observedCounter = Instrument(
        "test.cpu", .counter, number: .double, unit: "s", "Time", by: .every, isObserved: true)

    private static func time(_ second: Double) -> Date { Self.began + second }

    private static func snapshot(
        _ second: Double, _ instrument: Instrument, _ points: Metric.Points
    ) -> MetricSnapshot {
        MetricSnapshot(
            takenAt: Self.time(second), metrics: [Metric(instrument: instrument, points: points)])
    }

    private static func counted(_ second: Double, _ values: [String: Int], since: Double = 0) -> MetricSnapshot {
        let points = values.sorted { $0.key < $1.key }.map { queue, value in
            NumberPoint(attributes: [.queue: .string(queue)], since: Self.time(since), value: .int(value))
        }
        return Self.snapshot(second, RegistryTests.jobs, .numbers(points))
    }

    private struct Told: Hashable {
        let queue: String
        let value: MetricValue
        let since: Date?
    }

    private static func told(_ snapshot: MetricSnapshot) -> [Told] {
        guard case .numbers(let points)? = snapshot.metrics.first?.points else { return [] }
        return points.map {
            Told(queue: $0.attributes[.queue]?.description ?? "", value: $0.value, since: $0.since)
        }
    }

    // MARK: - Which ones

    private static let table: [(Instrument, [MetricTemporality])] = [
        (RegistryTests.jobs, [.cumulative, .delta, .delta]),
        (observedCounter, [.cumulative, .delta, .cumulative]),
        (HistogramTests.spread, [.cumulative, .delta, .delta]),
        (RegistryTests.running, [.cumulative, .cumulative, .cumulative]),
        (RegistryTests.seen, [.cumulative, .cumulative, .cumulative]),
        (RegistryTests.level, [.cumulative, .cumulative, .cumulative]),
    ]

    @Test(arguments: Self.table)
    func `each kind has the temporality of the specification's table`(
        instrument: Instrument, expected: [MetricTemporality]
    ) {
        let preferences: [TelemetrySettings.Temporality] = [.cumulative, .delta, .lowmemory]
        #expect(preferences.map { DeltaState.temporality(of: instrument, $0) } == expected)
    }

    @Test func `what is cumulative stays as it is`() {
        let snapshot = Self.counted(60, ["a": 3])
        var state = DeltaState(.cumulative)
        #expect(state.next(snapshot) == snapshot && state.next(snapshot) == snapshot)
        let level = Self.snapshot(
            60, RegistryTests.level, .numbers([NumberPoint(attributes: .none, since: nil, value: .double(2))]))
        var deltas = DeltaState(.delta)
        #expect(deltas.next(level) == level && deltas.next(level) == level)
    }

    // MARK: - Counters

    @Test func `a delta begins where the collection before ended, and nothing new is not told`() {
        var state = DeltaState(.delta)
        let first = state.next(Self.counted(60, ["a": 3, "b": 0]))
        #expect(first.metrics.map(\.temporality) == [.delta] && first.takenAt == Self.time(60))
        #expect(
            Self.told(first) == [
                Told(queue: "a", value: .int(3), since: Self.began),
                Told(queue: "b", value: .int(0), since: Self.began),
            ])
        #expect(
            Self.told(state.next(Self.counted(120, ["a": 5, "b": 0, "c": 7]))) == [
                Told(queue: "a", value: .int(2), since: Self.time(60)),
                Told(queue: "c", value: .int(7), since: Self.time(60)),
            ])
        #expect(state.next(Self.counted(180, ["a": 5, "b": 0, "c": 7])).metrics.isEmpty)
        #expect(
            Self.told(state.next(Self.counted(240, ["a": 6, "b": 0, "c": 7]))) == [
                Told(queue: "a", value: .int(1), since: Self.time(180))
            ])
    }

    @Test func `what was set back is told whole`() {
        var state = DeltaState(.delta)
        _ = state.next(Self.counted(60, ["a": 10, "b": 10]))
        // It holds less, and so it began anew at some time.
        #expect(
            Self.told(state.next(Self.counted(120, ["a": 4, "b": 10]))) == [
                Told(queue: "a", value: .int(4), since: Self.time(60))
            ])
        // It says that it did, and holds more.
        #expect(
            Self.told(state.next(Self.counted(180, ["a": 4, "b": 12], since: 150))) == [
                Told(queue: "a", value: .int(4), since: Self.time(150)),
                Told(queue: "b", value: .int(12), since: Self.time(150)),
            ])
    }

    @Test func `what could not be observed for once is not counted twice`() {
        func observed(_ second: Double, _ value: Double) -> MetricSnapshot {
            Self.snapshot(
                second, Self.observedCounter,
                .numbers([NumberPoint(attributes: .none, since: Self.began, value: .double(value))]))
        }
        var state = DeltaState(.delta)
        #expect(Self.told(state.next(observed(60, 2.5))).map(\.value) == [.double(2.5)])
        #expect(state.next(MetricSnapshot(takenAt: Self.time(120), metrics: [])).metrics.isEmpty)
        #expect(Self.told(state.next(observed(180, 3))).map(\.value) == [.double(0.5)])
    }

    @Test func `series that are gone are not remembered without end`() {
        func observed(_ second: Double, _ names: Range<Int>) -> MetricSnapshot {
            let points = names.map {
                NumberPoint(attributes: [.queue: .int($0)], since: Self.began, value: .double(1))
            }
            return Self.snapshot(second, Self.observedCounter, .numbers(points))
        }
        var state = DeltaState(.delta)
        _ = state.next(observed(60, 0..<1))
        _ = state.next(observed(120, 1..<DeltaState.rememberedMax))
        // As many as may be: the first is known still, and told of no more.
        #expect(state.next(observed(180, 0..<1)).metrics.isEmpty)
        _ = state.next(observed(240, DeltaState.rememberedMax..<DeltaState.rememberedMax + 1))
        #expect(Self.told(state.next(observed(300, 0..<1))).map(\.value) == [.double(1)])
    }

    // MARK: - Histograms

    private static func exemplar(_ value: Double, at second: Double) -> Exemplar {
        Exemplar(value: .double(value), at: Self.time(second), context: .makeRoot())
    }

    @Test func `deltas of histograms have no extremes, and the exemplars of their time`() throws {
        let (early, late) = (Self.exemplar(0.25, at: 30), Self.exemplar(7, at: 90))
        func spread(_ counts: [Int], _ sum: Double, _ exemplars: [Exemplar]) -> Metric.Points {
            .histograms([
                HistogramPoint(
                    attributes: .none, since: Self.began, bounds: [0.5, 1, 5], counts: counts, sum: sum,
                    smallest: 0.25, largest: 7, exemplars: exemplars)
            ])
        }
        var state = DeltaState(.lowmemory)
        let first = state.next(Self.snapshot(60, HistogramTests.spread, spread([2, 0, 0, 0], 0.5, [early])))
        let second = state.next(Self.snapshot(120, HistogramTests.spread, spread([2, 1, 0, 1], 8.5, [early, late])))
        let told = try HistogramTests.points(first) + HistogramTests.points(second)
        #expect(told.map(\.counts) == [[2, 0, 0, 0], [0, 1, 0, 1]] && told.map(\.sum) == [0.5, 8])
        #expect(told.map(\.since) == [Self.began, Self.time(60)])
        #expect(told.allSatisfy { $0.smallest == nil && $0.largest == nil })
        #expect(told.map(\.exemplars) == [[early], [late]])
        let third = state.next(Self.snapshot(180, HistogramTests.spread, spread([2, 1, 0, 1], 8.5, [early, late])))
        #expect(third.metrics.isEmpty)
    }

    @Test func `deltas of exponential histograms add up to the whole, though it became coarser`() async throws {
        let registry = MetricRegistry(
            logger: Logger(label: "test"), histograms: .exponential, now: { RegistryTests.began })
        let spread = registry.histogram(HistogramTests.spread)
        var state = DeltaState(.delta)
        var told: [ExponentialHistogramPoint] = []
        for values in [[1.5, 1.75], ExponentialHistogramTests.values(100, seed: 3, negative: true), [0, 1.5]] {
            for value in values { spread.record(value) }
            let next = state.next(await registry.snapshot(histograms: .exponential))
            guard case .exponentialHistograms(let points)? = next["test.spread"]?.points else { continue }
            told += points
        }
        guard
            case .exponentialHistograms(let whole)? =
                await registry.snapshot(histograms: .exponential)["test.spread"]?.points
        else {
            Issue.record("It has no points")
            return
        }
        let scale = try #require(whole.first).scale
        #expect(told.map(\.count) == [2, 100, 2] && told.map(\.zeroCount) == [0, 0, 1])
        #expect(told[0].scale > scale && told[1].scale == scale)
        #expect(told.allSatisfy { $0.smallest == nil && $0.largest == nil })
        var (positive, negative): ([Int: Int], [Int: Int]) = ([:], [:])
        for point in told {
            let change = point.scale - scale
            for (index, count) in zip(point.positive.range, point.positive.counts) {
                positive[index >> change, default: 0] += count
            }
            for (index, count) in zip(point.negative.range, point.negative.counts) {
                negative[index >> change, default: 0] += count
            }
        }
        func counts(_ buckets: ExponentialHistogramPoint.Buckets) -> [Int: Int] {
            Dictionary(uniqueKeysWithValues: zip(buckets.range, buckets.counts)).filter { $0.value != 0 }
        }
        #expect(positive.filter { $0.value != 0 } == counts(whole[0].positive))
        #expect(negative.filter { $0.value != 0 } == counts(whole[0].negative))
    }
}
