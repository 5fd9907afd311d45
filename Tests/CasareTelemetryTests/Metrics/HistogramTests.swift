@testable import CasareTelemetry
import FoundationEssentials
import Testing

struct HistogramTests {
    static let spread = Instrument(
        "test.spread", .histogram(bounds: [0.5, 1, 5]), unit: "s", "Spread", by: .orchestrator)

    static func points(_ snapshot: MetricSnapshot) throws -> [HistogramPoint] {
        guard case .histograms(let points) = try #require(snapshot["test.spread"]).points else { return [] }
        return points
    }

    @Test(arguments: [
        (0.0, 0), (0.5, 0), (0.500_001, 1), (1.0, 1), (1.000_001, 2), (5.0, 2), (5.000_001, 3), (1e9, 3), (-1.0, 0),
    ])
    func `a value lies below the first bound that it does not exceed`(value: Double, bucket: Int) async throws {
        let registry = RegistryTests.registry()
        registry.histogram(Self.spread).record(value)
        let point = try #require(try Self.points(await registry.snapshot()).first)
        var counts = [0, 0, 0, 0]
        counts[bucket] = 1
        #expect(point.counts == counts && point.count == 1 && point.sum == value)
        #expect(point.smallest == value && point.largest == value && point.since == RegistryTests.began)
    }

    @Test func `values add up, and what is no number is left out`() async throws {
        let registry = RegistryTests.registry()
        let histogram = registry.histogram(Self.spread)
        histogram.record(.milliseconds(250))
        histogram.record(.seconds(3))
        histogram.record(Double.nan)
        histogram.record(Double.infinity)
        let point = try #require(try Self.points(await registry.snapshot()).first)
        #expect(point.counts == [1, 0, 1, 0] && point.sum == 3.25)
        #expect(point.smallest == 0.25 && point.largest == 3)
    }

    @Test func `a series without values has counts of 0 and no extremes`() async throws {
        let registry = RegistryTests.registry()
        registry.histogram(Self.spread).series([.loop: "sweep"])
        let point = try #require(try Self.points(await registry.snapshot()).first)
        #expect(point.counts == [0, 0, 0, 0] && point.sum == 0 && point.smallest == nil)
    }

    @Test func `a value below 0 is remembered, also in deltas`() async throws {
        let registry = RegistryTests.registry()
        let histogram = registry.histogram(Self.spread)
        var deltas = DeltaState(.delta)
        for (value, hasNegatives) in [(1.0, false), (-1, true), (2, true)] {
            histogram.record(value)
            let snapshot = await registry.snapshot()
            let delta = deltas.next(snapshot)
            for points in [try Self.points(snapshot), try Self.points(delta)] {
                #expect(points.map(\.hasNegatives) == [hasNegatives])
            }
        }
    }
}
