import ArgumentParser
import FoundationEssentials

/// When a pause ends by itself.
struct PauseEndOptions: ParsableArguments {
    @Option(
        name: .customLong("for"), parsing: .unconditional,
        help: ArgumentHelp("It ends by itself after this time.", valueName: "time"),
        transform: PositiveTimeSpan.parse)
    var length: PositiveTimeSpan?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("It ends by itself at this time (ISO 8601).", valueName: "time"),
        transform: Moment.parse)
    var until: Moment?

    func validate() throws {
        try Self.check(until: self.until, length: self.length)
    }

    /// Also for what is no pause and ends by itself.
    static func check(until: Moment?, length: PositiveTimeSpan?) throws {
        if length != nil, until != nil {
            throw ValidationError("--for and --until both say when it ends: give one of them.")
        }
        if let until, until.date <= Date() {
            throw ValidationError("--until is past: it would be over from the start.")
        }
    }
}
