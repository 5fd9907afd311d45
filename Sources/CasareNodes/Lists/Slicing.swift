import CasareEngine

/// Python's rules for slices: negative positions count from the end, and whatever lies outside is cut off.
enum Slicing {
    /// - Parameters:
    ///   - start: `nil`: from the beginning.
    ///   - end: Exclusive; `nil`: to the end.
    static func range(count: Int, start: Int?, end: Int?) -> Range<Int> {
        let lower = self.position(start ?? 0, count: count)
        let upper = self.position(end ?? count, count: count)
        return lower..<max(lower, upper)
    }

    private static func position(_ index: Int, count: Int) -> Int {
        // Not `count + index` first: the smallest integers would overflow no sum, but read like one.
        index < 0 ? max(count + max(index, -count), 0) : min(index, count)
    }

    /// The positions of a slice that takes every `step`th.
    ///
    /// - Parameter step: Negative: backwards, from the end when there is no start.
    static func positions(count: Int, start: Int?, end: Int?, step: Int) throws(NodeFailure) -> [Int] {
        if step == 0 { throw .value("step must not be 0") }
        if step > 0 {
            let range = self.range(count: count, start: start, end: end)
            return Array(stride(from: range.lowerBound, to: range.upperBound, by: step))
        }
        // Backwards the positions before the first and after the last are -1 and the last one.
        func position(_ index: Int) -> Int {
            index < 0 ? (index < -count ? -1 : count + index) : min(index, count - 1)
        }
        let first = start.map(position) ?? count - 1
        let last = end.map(position) ?? -1
        return Array(stride(from: first, to: last, by: step))
    }
}
