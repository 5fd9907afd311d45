/// Finds the name that was probably meant.
public enum Spelling {
    /// Longer names are not compared; the work grows with the square of the length.
    private static let bytesMax = 64

    /// The known name with the fewest letters to change, put in or leave out; `nil` when none is near.
    public static func nearest(to written: String, among known: [String]) -> String? {
        let wanted = Array(written.lowercased().utf8)
        guard wanted.count <= Self.bytesMax else { return nil }
        // A third of the letters may differ: beyond that a suggestion misleads more often than it helps.
        var best: (name: String, distance: Int)?
        for name in known {
            let limit = (best?.distance).map { $0 - 1 } ?? max(2, wanted.count / 3)
            if let distance = Self.distance(wanted, Array(name.lowercased().utf8), limit: limit) {
                best = (name, distance)
            }
        }
        return best?.name
    }

    /// Levenshtein's distance, or `nil` when it is above `limit`.
    private static func distance(_ a: [UInt8], _ b: [UInt8], limit: Int) -> Int? {
        guard limit >= 0, abs(a.count - b.count) <= limit else { return nil }
        var previous = Array(0...b.count)
        for i in a.indices {
            var current = [i + 1]
            current.reserveCapacity(b.count + 1)
            var least = i + 1
            for j in b.indices {
                let cost = min(previous[j] + (a[i] == b[j] ? 0 : 1), previous[j + 1] + 1, current[j] + 1)
                current.append(cost)
                least = min(least, cost)
            }
            if least > limit { return nil }
            previous = current
        }
        return previous[b.count] <= limit ? previous[b.count] : nil
    }
}
