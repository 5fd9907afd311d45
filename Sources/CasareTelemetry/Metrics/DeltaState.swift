import FoundationEssentials

/// Turns what was counted since the process began into what the receiver asks for: of some instruments what came since
/// the collection before (OpenTelemetry's OTLP metrics exporter, "temporality preference").
///
/// | | counters | observed counters | histograms | up-down counters, gauges |
/// |---|---|---|---|---|
/// | cumulative | cumulative | cumulative | cumulative | cumulative |
/// | delta | delta | delta | delta | cumulative |
/// | lowmemory | delta | cumulative | delta | cumulative |
///
/// What came between two collections is told once: where sending it fails it is lost.
package struct DeltaState: Sendable {
    /// Series of one metric that are remembered though they are not reported any more, such as those of a callback that
    /// failed once: when they come back, what they counted before is not counted again.
    static let rememberedMax = MetricRegistry.seriesMax + 1

    private let preference: TelemetrySettings.Temporality
    /// As they were when they were last seen.
    private var known: [Instrument: [Attributes: any AccumulatedPoint]] = [:]
    private var collectedAt: Date?

    package init(_ preference: TelemetrySettings.Temporality) { self.preference = preference }

    /// - Parameter snapshot: cumulative, and taken later than those before.
    /// - Returns: deltas where they are asked for, and the rest as it is. A delta is told when its series is first seen,
    ///   and then whenever something was added.
    package mutating func next(_ snapshot: MetricSnapshot) -> MetricSnapshot {
        var metrics: [Metric] = []
        for metric in snapshot.metrics {
            switch Self.temporality(of: metric.instrument, self.preference) {
            case .cumulative: metrics.append(metric)
            case .delta:
                guard let points = self.difference(metric) else { continue }
                metrics.append(Metric(instrument: metric.instrument, points: points, temporality: .delta))
            }
        }
        self.collectedAt = snapshot.takenAt
        return MetricSnapshot(takenAt: snapshot.takenAt, metrics: metrics)
    }

    package static func temporality(
        of instrument: Instrument, _ preference: TelemetrySettings.Temporality
    ) -> MetricTemporality {
        switch (preference, instrument.kind) {
        case (.cumulative, _), (_, .upDownCounter), (_, .gauge): .cumulative
        case (.delta, .counter), (.delta, .histogram), (.lowmemory, .histogram): .delta
        case (.lowmemory, .counter): instrument.isObserved ? .cumulative : .delta
        }
    }

    /// `nil`: nothing was added anywhere.
    private mutating func difference(_ metric: Metric) -> Metric.Points? {
        switch metric.points {
        case .numbers(let points):
            let added = self.added(points, metric.instrument)
            return added.isEmpty ? nil : .numbers(added)
        case .histograms(let points):
            let added = self.added(points, metric.instrument)
            return added.isEmpty ? nil : .histograms(added)
        case .exponentialHistograms(let points):
            let added = self.added(points, metric.instrument)
            return added.isEmpty ? nil : .exponentialHistograms(added)
        }
    }

    private mutating func added<Point: AccumulatedPoint>(_ points: [Point], _ instrument: Instrument) -> [Point] {
        let before = self.known[instrument] ?? [:]
        var added: [Point] = []
        var seen: [Attributes: any AccumulatedPoint] = [:]
        for point in points {
            seen[point.attributes] = point
            let since = Self.later(point.countsSince, self.collectedAt)
            // What counts anew has no part in what was counted before.
            if let earlier = before[point.attributes] as? Point, earlier.countsSince == point.countsSince,
                let difference = point.subtracting(earlier)
            {
                if difference.isSomething { added.append(difference.delta(since: since)) }
            } else {
                added.append(point.delta(since: since))
            }
        }
        let all = before.merging(seen) { $1 }
        self.known[instrument] = all.count > Self.rememberedMax ? seen : all
        return added
    }

    private static func later(_ one: Date?, _ other: Date?) -> Date? {
        guard let one, let other else { return one ?? other }
        return max(one, other)
    }
}
