import ArgumentParser

/// When jobs were created.
struct CreatedOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Created since then: ISO 8601, or how long ago, such as 2h.", valueName: "time"),
        transform: PastMoment.parse)
    var since: PastMoment?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Created before then: ISO 8601, or how long ago.", valueName: "time"),
        transform: PastMoment.parse)
    var until: PastMoment?

    /// Whether neither option was given.
    var isEmpty: Bool { self.since == nil && self.until == nil }
}
