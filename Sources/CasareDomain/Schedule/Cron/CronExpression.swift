/// Times of the clock, written as cron does: five fields, six with seconds before them, seven with the years behind.
///
/// The rules are those of the Open Cron Pattern Specification, OCPS 1.0 to 1.4; where this goes beyond it or decides
/// otherwise is written in `docs/cron.md`.
package struct CronExpression: Hashable, Sendable, CustomStringConvertible {
    /// Far more than an expression needs that names every minute.
    package static let charactersMax = 1000

    /// As it was written, without white space around it.
    package let description: String
    /// Whether the minute, the hour or the second is `*` or has a step: such an expression means "every so often", and
    /// follows the time that passes where the clock is put forward or back.
    package let isIntervalLike: Bool
    /// Whether it has a field for seconds.
    package let hasSeconds: Bool

    /// Bit 0 is the first second of the minute, and so on.
    let seconds: UInt64
    let minutes: UInt64
    let hours: UInt64
    /// Bit 1 is January.
    let months: UInt64
    let days: CronDays
    let years: CronYears

    /// - Parameter text: An expression or an alias such as `@daily`, at most `charactersMax` characters.
    /// - Parameter seed: What `H` is computed of: the schedule's name.
    /// - Throws: `CronError` for a text that is not written as an expression is, for `@reboot`, and for an expression
    ///   that no day can match.
    package init(_ text: String, seed: String = "") throws(CronError) {
        let parsed = try CronParser.parse(text, seed: seed)
        self.description = parsed.text
        self.isIntervalLike = [.second, .minute, .hour].contains { parsed.fields[$0]?.isIntervalLike ?? false }
        self.hasSeconds = parsed.hasSeconds
        self.seconds = Self.mask(parsed.fields[.second]?.values ?? [0])
        self.minutes = Self.mask(parsed.fields[.minute]?.values ?? [])
        self.hours = Self.mask(parsed.fields[.hour]?.values ?? [])
        self.months = Self.mask(parsed.fields[.month]?.values ?? [])
        self.days = parsed.days
        self.years = CronYears(values: parsed.fields[.year]?.values)
        guard self.hasAnyDay else {
            throw CronError(
                .neverMatches, field: CronField.dayOfMonth.name, position: parsed.dayPosition,
                "'\(parsed.text)' never comes: no year that is meant has such a day; "
                    + "change the day of month, the month or the day of week")
        }
    }

    private static func mask(_ values: Set<Int>) -> UInt64 { values.reduce(0) { $0 | 1 << UInt64($1) } }

    /// The calendar repeats after 400 years, which are whole weeks: what does not come in these never comes.
    private var hasAnyDay: Bool {
        let years = self.years.values.map { $0.sorted() } ?? Array(2000..<2400)
        return years.contains { year in
            (1...12).contains { month in
                self.months & (1 << UInt64(month)) != 0 && self.days.mask(year: year, month: month) != 0
            }
        }
    }
}
