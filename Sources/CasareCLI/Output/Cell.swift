import CasareDomain
import CasareWire
import FoundationEssentials

/// One value in a table, before it is known who reads it.
enum Cell: Hashable, Sendable {
    case empty
    case text(String)
    case number(Int)
    /// A count that stops at a bound where it is not exact: "10000+" for people, and for programs a number, beside
    /// which something else must say that there are more.
    case count(Int, isExact: Bool)
    /// A state's name, in its tone.
    case state(String, Tone)
    /// A moment: relative for people, ISO 8601 for programs.
    case time(Date)
    /// How long something took or takes.
    case duration(seconds: Double)
    case flag(Bool)

    static func text(_ text: String?) -> Cell { text.map { .text($0) } ?? .empty }
    static func time(_ date: Date?) -> Cell { date.map { .time($0) } ?? .empty }
    static func number(_ number: Int?) -> Cell { number.map { .number($0) } ?? .empty }

    var tone: Tone {
        switch self {
        case .state(_, let tone): tone
        case .empty, .time, .duration: .faint
        case .text, .number, .count, .flag: .plain
        }
    }

    var isNumeric: Bool {
        switch self {
        case .number, .count, .duration: true
        case .empty, .text, .state, .time, .flag: false
        }
    }

    /// For people, on one line.
    func display(now: Date) -> String {
        switch self {
        case .empty: "–"
        case .text(let text), .state(let text, _): TerminalText.line(text)
        case .number(let number): String(number)
        case .count(let number, let isExact): isExact ? String(number) : "\(number)+"
        case .time(let date): RelativeTime.text(from: date, to: now)
        case .duration(let seconds): TimeSpan.text(seconds: seconds)
        case .flag(let isSet): isSet ? "yes" : "no"
        }
    }

    /// For programs.
    var plain: String {
        switch self {
        case .empty: ""
        case .text(let text), .state(let text, _): text
        case .number(let number), .count(let number, isExact: _): String(number)
        case .time(let date): Timestamp.text(date)
        // As exact as the moments that it lies between.
        case .duration(let seconds): Value.double((seconds * 1000).rounded() / 1000).jsonText(.compact)
        case .flag(let isSet): isSet ? "true" : "false"
        }
    }
}
