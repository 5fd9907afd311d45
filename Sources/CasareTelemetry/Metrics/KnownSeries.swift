import Synchronization

/// Series of a histogram by what they are of, for whoever records the same few again and again: their attributes need not
/// be put together and looked up each time.
package final class KnownSeries<Key: Hashable & Sendable>: Sendable {
    private let known = Mutex<[Key: Histogram.Series]>([:])

    package init() {}

    /// - Parameter make: the series, where it is not at hand. Of more than `MetricRegistry.seriesMax` it is asked each time.
    package func series(of key: Key, make: () -> Histogram.Series) -> Histogram.Series {
        if let series = self.known.withLock({ $0[key] }) { return series }
        let series = make()
        self.known.withLock { known in
            if known.count < MetricRegistry.seriesMax { known[key] = series }
        }
        return series
    }
}
