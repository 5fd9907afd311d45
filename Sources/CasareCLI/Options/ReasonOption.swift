import ArgumentParser

/// For what is kept with what was done.
struct ReasonOption: ParsableArguments {
    @Option(help: ArgumentHelp("Why; kept with what was done.", valueName: "text"), transform: Text.notEmpty)
    var reason: String?

    /// - Throws: where a second person is not waited for, and nobody says why.
    func check(breaksGlass: Bool) throws(ValidationError) {
        if breaksGlass, self.reason == nil { throw ValidationError("--break-glass needs --reason.") }
    }
}
