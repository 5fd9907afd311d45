import CasareDomain
import CasareWire
import FoundationEssentials

extension TimeSpan: ArgumentForm {
    static let form = "a time such as 30s, 5m, 2h, 1d or 1h30m, at most 366d; a number alone is seconds"
    static let help = "such as 90, 10s, 5m or 1h30m"

    init?(argument: String) { self.init(argument) }
}

/// A length of time that is not zero: a limit, a life.
struct PositiveTimeSpan: ArgumentForm, Hashable {
    static let form = "a time above 0 such as 30s, 5m, 2h, 1d or 1h30m, at most 366d; a number alone is seconds"

    let span: TimeSpan

    init?(argument: String) {
        guard let span = TimeSpan(argument), span.seconds > 0 else { return nil }
        self.span = span
    }

    var seconds: Double { self.span.seconds }
}

/// A length of time that a job may have for something; what is to happen later is named by its time.
struct JobSpan: ArgumentForm, Hashable {
    static let form = "a time such as 30s, 5m, 2h, 1d or 1h30m, at most \(Self.daysMax)d; a number alone is seconds"
    static let daysMax = Int(Job.spanSecondsMax) / 86_400

    let seconds: Double

    init?(argument: String) {
        guard let span = TimeSpan(argument), span.seconds <= Job.spanSecondsMax else { return nil }
        self.seconds = span.seconds
    }
}

/// The same above zero: a limit, a deadline.
struct PositiveJobSpan: ArgumentForm, Hashable {
    static let form =
        "a time above 0 such as 30s, 5m, 2h, 1d or 1h30m, at most \(JobSpan.daysMax)d; a number alone is seconds"

    let seconds: Double

    init?(argument: String) {
        guard let span = JobSpan(argument: argument), span.seconds > 0 else { return nil }
        self.seconds = span.seconds
    }
}

/// A moment given as ISO 8601 text with a time zone.
struct Moment: ArgumentForm, Hashable {
    static let form =
        "a date and time with its zone (ISO 8601), such as 2026-01-02T03:04:05Z or 2026-01-02T03:04:05+02:00"

    let date: Date

    init?(argument: String) {
        guard let date = Timestamp.date(argument) else { return nil }
        self.date = date
    }
}

/// A moment in the past: ISO 8601, or how long ago.
struct PastMoment: ArgumentForm, Hashable {
    static let form = "how long ago, such as 30m, 2h or 7d, or \(Moment.form)"

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
struct PriorityArgument: ArgumentForm, Hashable {
    static let names = ["low", "normal", "high", "urgent", "critical"]
    static let form = "a whole number from 0 to 20 (20 is the most urgent), or \(Self.names.joined(separator: ", "))"

    let priority: Priority

    init?(argument: String) {
        guard let priority = Priority(text: argument) else { return nil }
        self.priority = priority
    }
}

/// A job's ID.
struct JobArgument: ArgumentForm, Hashable {
    static let form = "a job's ID, a UUID such as 0192f0c1-5c1e-7b3a-8f00-0123456789ab; casarectl job list shows them"

    let id: Job.ID

    init?(argument: String) {
        guard let id = Job.ID(argument) else { return nil }
        self.id = id
    }
}
