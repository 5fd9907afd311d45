import ArgumentParser

/// Whether a command stays until its jobs have ended.
struct WaitOptions: ParsableArguments {
    @Flag(
        help: ArgumentHelp(
            "Wait until it has ended, and end with 0 when it completed, 9 when it ended badly or waits for a person."))
    var wait = false

    @Flag(help: "Wait, and report state changes and steps on stderr as they happen.")
    var follow = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Stop waiting after this long and end with 8; the job goes on.", valueName: "time"),
        transform: TimeSpan.parse)
    var timeout: TimeSpan?

    var isWanted: Bool { self.wait || self.follow }

    func validate() throws {
        if self.timeout != nil && !self.isWanted {
            throw ValidationError("--timeout limits the waiting: add --wait or --follow.")
        }
    }
}
