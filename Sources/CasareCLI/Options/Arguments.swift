import ArgumentParser
import CasareDomain
import CasareWire
import FoundationEssentials

extension TimeSpan: ExpressibleByArgument {
    init?(argument: String) { self.init(argument) }

    static let help = "such as 90, 10s, 5m or 1h30m"
}

/// A moment given as ISO 8601 text with a time zone.
struct Moment: ExpressibleByArgument, Hashable, Sendable {
    let date: Date

    init?(argument: String) {
        guard let date = Timestamp.date(argument) else { return nil }
        self.date = date
    }
}

/// A moment in the past: ISO 8601, or how long ago.
struct PastMoment: ExpressibleByArgument, Hashable, Sendable {
    private enum Form: Hashable, Sendable {
        case at(Date)
        case ago(TimeSpan)
    }

    private let form: Form

    init?(argument: String) {
        if let span = TimeSpan(argument) {
            self.form = .ago(span)
        } else if let date = Timestamp.date(argument) {
            self.form = .at(date)
        } else {
            return nil
        }
    }

    func date(now: Date) -> Date {
        switch self.form {
        case .at(let date): date
        case .ago(let span): now.addingTimeInterval(-span.seconds)
        }
    }
}

/// 0 to 20, or a name.
struct PriorityArgument: ExpressibleByArgument, Hashable, Sendable {
    let priority: Priority

    init?(argument: String) {
        guard let priority = Priority(text: argument) else { return nil }
        self.priority = priority
    }

    static var allValueStrings: [String] { ["low", "normal", "high", "urgent", "critical"] }
}

/// A job's ID.
struct JobArgument: ExpressibleByArgument, Hashable, Sendable {
    let id: Job.ID

    init?(argument: String) {
        guard let id = Job.ID(argument) else { return nil }
        self.id = id
    }
}
