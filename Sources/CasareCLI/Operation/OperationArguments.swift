import CasareDomain

/// So many items in so much time: `10/s`, `100/min`, `1/30s`.
struct OperationRate: ArgumentForm, Hashable {
    static let form =
        "how many in which time, such as 10/s, 100/min or 1/30s, at most \(Int(Operation.Plan.ratePerSecondMax))/s"

    let perSecond: Double

    init?(argument: String) {
        guard let rate = RateArgument(argument: argument)?.perSecond, rate <= Operation.Plan.ratePerSecondMax else {
            return nil
        }
        self.perSecond = rate
    }
}

/// A share of a whole: `5%`, or `0.05`.
struct ShareArgument: ArgumentForm, Hashable {
    static let form = "a share from 0% to 100%, such as 5% or 0.05"

    /// 0 to 1.
    let share: Double

    init?(argument: String) {
        let isPercent = argument.hasSuffix("%")
        let digits = isPercent ? argument.dropLast() : argument[...]
        // No sign and no exponent, which `Double` alone would let through.
        guard digits.first?.isNumber == true, digits.allSatisfy({ $0.isASCII && $0.isNumber || $0 == "." }),
            let number = Double(digits)
        else { return nil }
        let share = isPercent ? number / 100 : number
        guard (0...1).contains(share) else { return nil }
        self.share = share
    }
}

/// For how long something may be taken back.
struct UndoSpan: ArgumentForm, Hashable {
    static let form = "a time from 1s to 24h, such as 10m; a number alone is seconds"
    static let help = "such as 10m or 2h"

    let seconds: Double

    init?(argument: String) {
        guard let span = TimeSpan(argument), Operation.Plan.undoRange.contains(span.duration) else { return nil }
        self.seconds = span.seconds
    }
}

/// An operation's ID.
struct OperationArgument: ArgumentForm, Hashable {
    static let form =
        "an operation's ID, a UUID such as 0192f0c1-5c1e-7b3a-8f00-0123456789ab; casarectl op list shows them"

    let id: Operation.ID

    init?(argument: String) {
        guard let id = Operation.ID(argument) else { return nil }
        self.id = id
    }
}
