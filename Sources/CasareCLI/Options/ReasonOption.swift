import ArgumentParser

/// For what is kept with what was done.
struct ReasonOption: ParsableArguments {
    @Option(help: ArgumentHelp("Why; kept with what was done.", valueName: "text"), transform: Text.notEmpty)
    var reason: String?
}
