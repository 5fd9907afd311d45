import CasareDomain
import CasareTestSupport
@testable import CasareTelemetry
import Instrumentation
import Testing
import Tracing

struct SamplerTests {
    private static func trace(_ last7Bytes: UInt64, first: UInt64 = 0xFFFF_FFFF_FFFF_FFFF) throws -> TraceID {
        try #require(TraceID(high: first, low: 0xAB << 56 | last7Bytes))
    }

    private static let largest: UInt64 = 1 << 56 - 1

    @Test(arguments: [0, 1, Self.largest])
    func `all is all and nothing is nothing, whatever the ID`(number: UInt64) throws {
        let trace = try Self.trace(number)
        for sampler in [SamplerKind.alwaysOn, .ratio(1), .ratio(2)] {
            #expect(Sampler(sampler).samples(trace, below: nil))
        }
        for sampler in [SamplerKind.alwaysOff, .ratio(0), .ratio(-1), .ratio(.nan)] {
            #expect(!Sampler(sampler).samples(trace, below: nil))
        }
    }

    @Test(arguments: [
        (0.5, UInt64(1) << 55), (0.25, UInt64(3) << 54), (0.75, UInt64(1) << 54), (0.125, UInt64(7) << 53),
    ])
    func `a ratio is kept by the last 7 bytes of the ID`(ratio: Double, threshold: UInt64) throws {
        let sampler = Sampler(.ratio(ratio))
        #expect(sampler.samples(try Self.trace(threshold), below: nil))
        #expect(!sampler.samples(try Self.trace(threshold - 1), below: nil))
        #expect(sampler.samples(try Self.trace(Self.largest), below: nil))
        #expect(!sampler.samples(try Self.trace(0), below: nil))
        // The other bytes do not matter.
        #expect(sampler.samples(try Self.trace(threshold, first: 0), below: nil))
    }

    @Test func `what is recorded at a small ratio is recorded at a larger one`() {
        var numbers = SeededNumbers(seed: 3)
        let traces = (1...2000).map { _ in TraceID(using: &numbers) }
        let counts = [0.1, 0.2, 0.4, 0.8].map { ratio in
            let sampler = Sampler(.ratio(ratio))
            return Set(traces.filter { sampler.samples($0, below: nil) })
        }
        for (few, many) in zip(counts, counts.dropFirst()) { #expect(few.isSubset(of: many)) }
        for (ratio, kept) in zip([0.1, 0.2, 0.4, 0.8], counts) {
            #expect(abs(Double(kept.count) / 2000 - ratio) < 0.04)
        }
    }

    @Test func `a parent is followed, here and elsewhere, and a root by the other rule`() throws {
        let accepted = try Places.carrier(flags: "01").context
        let denied = try Places.carrier(flags: "00").context
        for root in [SamplerKind.alwaysOn, .alwaysOff, .ratio(0.5), .parentBased(root: .alwaysOff)] {
            let sampler = Sampler(.parentBased(root: root))
            #expect(sampler.samples(accepted.traceID, below: accepted))
            #expect(!sampler.samples(denied.traceID, below: denied))
            let trace = try Self.trace(0)
            #expect(sampler.samples(trace, below: nil) == (root == .alwaysOn))
        }
        for (kind, isRecorded) in [(SamplerKind.alwaysOn, true), (.alwaysOff, false)] {
            #expect(Sampler(kind).samples(accepted.traceID, below: accepted) == isRecorded)
            #expect(Sampler(kind).samples(denied.traceID, below: denied) == isRecorded)
        }
    }

    @Test func `what begins by itself is recorded by the same rule, whoever is followed else`() {
        var numbers = SeededNumbers(seed: 5)
        for _ in 0..<200 {
            let trace = TraceID(using: &numbers)
            for kind in [SamplerKind.ratio(0.3), .parentBased(root: .ratio(0.3))] {
                #expect(kind.roots.records(trace) == Sampler(kind).samples(trace, below: nil))
            }
            #expect(SamplerKind.standard.roots.records(trace) && !SamplerKind.alwaysOff.roots.records(trace))
        }
    }

    @Test func `a place that was given away by that rule is recorded just where it says so`() {
        let kind = SamplerKind.parentBased(root: .ratio(0.5))
        let collector = SpanCollector()
        let tracer = collector.tracer(sampler: kind)
        TraceRoots.$current.withValue(kind.roots) {
            for _ in 0..<50 {
                let root = TraceContext.makeRoot()
                var context = ServiceContext.topLevel
                context.rootTrace = root
                let span = tracer.startSpan("root", context: context)
                #expect(span.isRecording == root.isSampled)
                span.end()
            }
        }
    }
}
