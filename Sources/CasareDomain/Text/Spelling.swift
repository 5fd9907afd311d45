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
            guard abs(name.utf8.count - wanted.count) <= limit else { continue }
            if let distance = Self.distance(wanted, Array(name.lowercased().utf8), limit: limit) {
                best = (name, distance)
            }
        }
        return best?.name
    }

    /// Levenshtein's distance, or `nil` when it is above `limit`.
    private static func distance(_ a: [UInt8], _ b: [UInt8], limit: Int) -> Int? {
        guard limit >= 0, abs(a.count - b.count) <= limit else { return nil }
        // The row of the letters of `a` so far; `diagonal` is what stood to the left in the row before.
        var row = Array(0...b.count)
        for i in a.indices {
            var diagonal = row[0]
            row[0] = i + 1
            var least = i + 1
            for j in b.indices {
                let cost = min(diagonal + (a[i] == b[j] ? 0 : 1), row[j + 1] + 1, row[j] + 1)
                diagonal = row[j + 1]
                row[j + 1] = cost
                least = min(least, cost)
            }
            if least > limit { return nil }
        }
        return row[b.count] <= limit ? row[b.count] : nil
    }
}
