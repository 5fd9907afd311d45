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
}
