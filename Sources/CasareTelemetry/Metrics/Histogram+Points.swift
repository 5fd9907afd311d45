import FoundationEssentials

/// What histograms have counted, in the form that is asked for.
extension SeriesTable where Cell == HistogramCell {
    func points(
        since: Date, bounds: [Double], _ kind: TelemetrySettings.HistogramKind
    ) -> Metric.Points {
        let values = self.all.map { attributes, cell in (attributes, cell.value) }
        switch kind {
        case .explicit: break
        case .exponential:
            let points = values.compactMap { attributes, state in state.exponentialPoint(attributes, since: since) }
            // All series have it, or none.
            if points.count == values.count { return .exponentialHistograms(points) }
        }
        return .histograms(
            values.map { attributes, state in
                HistogramPoint(
                    attributes: attributes, since: since, bounds: bounds, counts: state.counts, sum: state.sum,
                    smallest: state.smallest, largest: state.largest,
                    hasNegatives: state.smallest.map { $0 < 0 } ?? false, exemplars: state.exemplars.compactMap(\.self))
            })
    }
}

extension HistogramCell.State {
    fileprivate func exponentialPoint(_ attributes: Attributes, since: Date) -> ExponentialHistogramPoint? {
        guard let state = self.exponential else { return nil }
        return ExponentialHistogramPoint(
            attributes: attributes, since: since, scale: state.scale, zeroCount: state.zeroCount,
            positive: state.positive, negative: state.negative, count: state.count, sum: state.sum,
            smallest: state.smallest, largest: state.largest, exemplars: self.exemplars.compactMap(\.self))
    }
}
