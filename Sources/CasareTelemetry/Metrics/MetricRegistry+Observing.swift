import FoundationEssentials
import Synchronization

/// What is not counted as it happens but looked at when somebody collects.
extension MetricRegistry {
    /// Sees how things stand. What it cannot find out it does not report: no value is better than an old one.
    package typealias Observing = @Sendable (inout Observations) async -> Void

    /// Calls `callback` whenever somebody collects, for the values of these instruments. It sees to it that it does not
    /// take long: collecting waits for it. Several may report the same instrument, each other series of it.
    ///
    /// - Precondition: the instruments are observed ones, and no histograms.
    package func observe(_ instruments: [Instrument], with callback: @escaping Observing) {
        for instrument in instruments {
            precondition(instrument.isObserved, "\(instrument.name) is not observed, but counted")
            if case .histogram = instrument.kind { preconditionFailure("A histogram cannot be observed") }
        }
        let refused = self.state.withLock { state -> [Instrument] in
            var refused: [Instrument] = []
            for instrument in instruments {
                let isTaken = state.sources[instrument.name] != nil
                if isTaken || state.observed[instrument.name, default: instrument] != instrument {
                    refused.append(instrument)
                } else {
                    state.observed[instrument.name] = instrument
                }
            }
            state.callbacks.append(Callback(instruments: instruments, observe: callback))
            return refused
        }
        for instrument in refused { self.warn(instrument) }
    }

    // MARK: Collecting

    /// All metrics that have series. Callbacks run beside each other; what is counted is read after them, so that it
    /// holds what they counted themselves.
    ///
    /// - Parameter kind: the form of histograms; without an exponential one they come in the explicit one all the same.
    package func snapshot(histograms kind: TelemetrySettings.HistogramKind = .explicit) async -> MetricSnapshot {
        let observed = await self.observed()
        let sources = self.state.withLock { state in state.sources.values.map { ($0.instrument, $0.read) } }
        let counted = sources.map { instrument, read in Metric(instrument: instrument, points: read(kind).sorted) }
        let metrics = (counted + observed).filter { !$0.points.isEmpty }.sorted {
            $0.instrument.name < $1.instrument.name
        }
        return MetricSnapshot(takenAt: self.now(), metrics: metrics)
    }

    private func observed() async -> [Metric] {
        let (callbacks, known) = self.state.withLock { ($0.callbacks, $0.observed) }
        let seriesMax = self.seriesMax
        var all = Observations(of: Array(known.values), seriesMax: seriesMax)
        await withTaskGroup(of: Observations.self) { group in
            for callback in callbacks {
                group.addTask {
                    var observations = Observations(of: callback.instruments, seriesMax: seriesMax)
                    await callback.observe(&observations)
                    return observations
                }
            }
            for await observations in group { all.join(observations) }
        }
        return all.values.map { instrument, series in
            let since = instrument.kind == .gauge ? nil : self.startedAt
            let points = series.map { NumberPoint(attributes: $0.key, since: since, value: $0.value) }
            return Metric(instrument: instrument, points: Metric.Points.numbers(points).sorted)
        }
    }
}

extension Metric.Points {
    fileprivate var isEmpty: Bool {
        switch self {
        case .numbers(let points): points.isEmpty
        case .histograms(let points): points.isEmpty
        case .exponentialHistograms(let points): points.isEmpty
        }
    }

    /// So that two snapshots can be laid beside each other.
    fileprivate var sorted: Self {
        switch self {
        case .numbers(let points): .numbers(points.sorted { $0.attributes.comesBefore($1.attributes) })
        case .histograms(let points): .histograms(points.sorted { $0.attributes.comesBefore($1.attributes) })
        case .exponentialHistograms(let points):
            .exponentialHistograms(points.sorted { $0.attributes.comesBefore($1.attributes) })
        }
    }
}

extension Attributes {
    fileprivate func comesBefore(_ other: Attributes) -> Bool {
        if self == .overflow || other == .overflow { return other == .overflow && self != .overflow }
        for (one, another) in zip(self.members, other.members) where one != another {
            if one.key != another.key { return one.key.rawValue < another.key.rawValue }
            return one.value.description < another.value.description
        }
        return self.members.count < other.members.count
    }
}
