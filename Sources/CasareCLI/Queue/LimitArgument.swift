import CasareDomain
import CasareWire

/// A limit on the command line: a value, or `none` to lift it.
struct LimitArgument<Limit: Hashable & Sendable>: Hashable, Sendable {
    /// `nil`: none.
    let value: Limit?
}

extension LimitArgument<Int> {
    @Sendable static func concurrency(_ text: String) throws -> Self {
        if text.lowercased() == "none" { return Self(value: nil) }
        guard let number = Int(text), (0...ChangeLimitsRequest.concurrencyMax).contains(number) else {
            throw UnexpectedText(
                expected: "a whole number from 0 to \(ChangeLimitsRequest.concurrencyMax), or none to lift the limit")
        }
        return Self(value: number)
    }
}

extension LimitArgument<RateArgument> {
    @Sendable static func rate(_ text: String) throws -> Self {
        text.lowercased() == "none" ? Self(value: nil) : Self(value: try RateArgument.parse(text))
    }
}

extension MemberChange {
    init<Given>(_ argument: LimitArgument<Given>?, _ limit: (Given) -> Content) {
        switch argument {
        case nil: self = .keep
        case let argument?: self = argument.value.map { .set(limit($0)) } ?? .remove
        }
    }
}

/// So many in so much time: `10/s`, `100/min`, `5/30s`, `1/2h`.
struct RateArgument: ArgumentForm, Hashable {
    static let countMax = 1_000_000
    static let form =
        "how many, up to \(Self.countMax), in which time, such as 10/s, 100/min, 5/30s, 0.5/s or 1/2h, or none to lift "
        + "the limit"

    /// Other names of a unit that stands alone.
    private static let units = ["sec": "s", "second": "s", "minute": "min", "hour": "h", "day": "d"]

    private let count: Double
    private let seconds: Double

    init?(argument: String) {
        let parts = argument.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[1].isEmpty, let count = Double(parts[0]), count > 0,
            count <= Double(Self.countMax)
        else { return nil }
        let unit = Self.units[parts[1].lowercased()] ?? String(parts[1])
        // A unit alone is one of it.
        guard let span = TimeSpan(unit) ?? TimeSpan("1" + unit), span.seconds > 0,
            let rate = QueueRate(count: count, per: span.seconds),
            QueueRateInfo.everySecondsRange.contains(rate.everySeconds)
        else { return nil }
        self.count = count
        self.seconds = span.seconds
    }

    var perSecond: Double { self.count / self.seconds }

    func info(burst: Int?) -> QueueRateInfo {
        guard let rate = QueueRate(count: self.count, per: self.seconds, burst: burst) else {
            preconditionFailure("A rate was checked when it was read, and bursts are above zero")
        }
        return QueueRateInfo(rate)
    }
}

extension QueueRateInfo {
    /// "10/s, 20 at once", "1 every 30 s".
    var text: String {
        let rate =
            self.everySeconds <= 1
            ? "\(Value.double((1000 / self.everySeconds).rounded() / 1000).displayText)/s"
            : "1 every \(TimeSpan.text(seconds: self.everySeconds))"
        return "\(rate), \(self.burst) at once"
    }
}
