import CasareTestSupport
import FoundationEssentials
import Glibc
import Logging
import Testing

@testable import CasareTelemetry

/// Buckets that nobody chose.
struct ExponentialHistogramTests {
    typealias State = ExponentialHistogramState

    /// Values over many orders of magnitude, without zero.
    static func values(_ count: Int, seed: UInt64, negative: Bool = false) -> [Double] {
        var numbers = SeededNumbers(seed: seed)
        return (0..<count).map { _ in
            let magnitude = exp2(Double.random(in: -40...40, using: &numbers))
            return negative && Bool.random(using: &numbers) ? -magnitude : magnitude
        }
    }

    private static func state(of values: [Double]) -> State {
        var state = State()
        for value in values { state.record(value) }
        return state
    }

    /// By index, without those of nothing.
    private static func counts(_ buckets: State.Buckets) -> [Int: Int] {
        Dictionary(uniqueKeysWithValues: zip(buckets.range, buckets.counts)).filter { $0.value != 0 }
    }

    @Test(arguments: -10...20)
    func `powers of 2 end their buckets, exactly`(scale: Int) {
        for exponent in [-1074, -1022, -3, -1, 0, 1, 2, 3, 64, 1023] {
            let value = Double(sign: .plus, exponent: exponent, significand: 1)
            let index = State.index(of: value, scale: scale)
            let next = State.index(of: value.nextUp, scale: scale)
            #expect(index == (scale >= 0 ? (exponent << scale) - 1 : (exponent - 1) >> -scale))
            #expect(scale >= 0 ? next > index : next >= index)
        }
    }

    @Test(arguments: -10...20)
    func `a value lies between the bounds of its bucket`(scale: Int) {
        let width = exp2(Double(-scale))
        for value in Self.values(500, seed: 7) {
            let index = Double(State.index(of: value, scale: scale))
            // The bounds themselves are rounded.
            #expect(value >= exp2(index * width) * (1 - 1e-12) && value <= exp2((index + 1) * width) * (1 + 1e-12))
        }
    }

    @Test(arguments: [1, 2, 20, 160, 161, 5000])
    func `every value is counted in its bucket, and there are no more buckets than there may be`(count: Int) {
        let values = Self.values(count, seed: UInt64(count), negative: true)
        let state = Self.state(of: values + [0, -0.0])
        #expect(state.count == count + 2 && state.zeroCount == 2)
        #expect(state.smallest == min(0, values.min() ?? 0) && state.largest == max(0, values.max() ?? 0))
        for (buckets, sign) in [(state.positive, 1.0), (state.negative, -1.0)] {
            #expect(buckets.counts.count <= State.bucketsMax)
            let magnitudes = values.map { $0 * sign }.filter { $0 > 0 }
            let expected = Dictionary(grouping: magnitudes) { State.index(of: $0, scale: state.scale) }
            #expect(Self.counts(buckets) == expected.mapValues(\.count))
        }
    }

    @Test func `a single value has the finest bucket, and a second of its size too`() {
        var state = Self.state(of: [3])
        #expect(state.scale == 20 && state.positive.counts == [1] && state.negative.counts.isEmpty)
        state.record(3)
        #expect(state.scale == 20 && state.positive.counts == [2] && state.sum == 6)
    }

    @Test func `all doubles fit`() {
        let state = Self.state(of: [.leastNonzeroMagnitude, .greatestFiniteMagnitude, 1])
        #expect(state.scale == -4 && state.positive.counts.count == 132)
        #expect(state.positive.counts.reduce(0, +) == 3)
        #expect(state.smallest == .leastNonzeroMagnitude && state.largest == .greatestFiniteMagnitude)
    }

    @Test func `the resolution is halved at the last moment`() {
        // At scale 0 these are the buckets -1 to 158, 160 of them.
        var state = Self.state(of: [1, exp2(159)])
        #expect(state.scale == 0 && state.positive.counts.count == 160)
        state.record(exp2(160))
        #expect(state.scale == -1 && state.positive.range.lowerBound == -1 && state.positive.counts.count == 81)
    }

    @Test(arguments: 0...12)
    func `downscaled buckets are those that the values have at that scale`(change: Int) {
        let values = Self.values(300, seed: 11)
        var fine = State.Buckets()
        var coarse = State.Buckets()
        // Few enough octaves for a small array.
        for value in values.map({ 1 + $0.truncatingRemainder(dividingBy: 1) }) {
            let index = State.index(of: value, scale: 8)
            fine.add(at: index)
            coarse.add(at: index >> change)
        }
        #expect(fine.downscaled(by: change) == coarse)
        #expect(State.Buckets().downscaled(by: change) == State.Buckets())
    }

    @Test func `what came since is the difference, whatever became of the resolution`() throws {
        let (before, since) = (Self.values(40, seed: 1), Self.values(200, seed: 2))
        let narrow = before.map { 1 + $0.truncatingRemainder(dividingBy: 1) }
        var state = Self.state(of: narrow)
        let earlier = state
        for value in since { state.record(value) }
        let change = earlier.scale - state.scale
        #expect(change > 0)
        let difference = try #require(state.positive.subtracting(earlier.positive.downscaled(by: change)))
        let expected = Dictionary(grouping: since) { State.index(of: $0, scale: state.scale) }
        #expect(Self.counts(difference) == expected.mapValues(\.count))
        #expect(difference.counts.first != 0 && difference.counts.last != 0)
        // Less than before is no difference.
        #expect(earlier.positive.downscaled(by: change).subtracting(state.positive) == nil)
        #expect(state.positive.subtracting(state.positive) == State.Buckets())
    }

    // MARK: - In a registry

    @Test func `a registry keeps both forms, or the explicit one alone`() async throws {
        for kind in [TelemetrySettings.HistogramKind.explicit, .exponential] {
            let registry = MetricRegistry(
                logger: Logger(label: "test"), histograms: kind, now: { RegistryTests.began })
            let spread = registry.histogram(HistogramTests.spread)
            for value in [0.25, 0.75, 7, .nan] { spread.record(value, [.loop: "sweep"]) }
            let explicit = try HistogramTests.points(await registry.snapshot())
            #expect(explicit.map(\.counts) == [[1, 1, 0, 1]])
            let asked = try #require(await registry.snapshot(histograms: .exponential)["test.spread"])
            switch (kind, asked.points) {
            case (.exponential, .exponentialHistograms(let points)):
                #expect(points.map(\.attributes) == [[.loop: "sweep"]] && points.map(\.count) == [3])
                #expect(points.map(\.sum) == [8] && points.map(\.since) == [RegistryTests.began])
                #expect(points.map(\.smallest) == [0.25] && points.map(\.largest) == [7])
                #expect(points.map { $0.positive.counts.reduce(0, +) } == [3])
            case (.explicit, .histograms(let points)): #expect(points == explicit)
            case (.explicit, _), (.exponential, _): Issue.record("\(kind): \(asked.points)")
            }
        }
    }
}
