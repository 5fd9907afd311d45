import CasareDomain
import FoundationEssentials

/// The rule for how long a pause lasts: it is open, or ends by itself at a time or after one.
enum PauseLength {
    /// - Parameter path: of the seconds.
    static func check(_ seconds: Double?, until: Date?, _ path: [any CodingKey]) throws(WireDecodingError) {
        try NumberBounds.check(seconds, above0UpTo: QueuePause.secondsMax, path)
        if until != nil, seconds != nil {
            throw WireDecodingError(path, "expected one of until and for_seconds, got both")
        }
    }
}
