import ArgumentParser

/// For a change of what nobody else has changed meanwhile.
struct RevisionOption: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Only if this is its revision still; else end with 5.", valueName: "n"),
        transform: Text.number(in: 1...Int(Int32.max)))
    var revision: Int?
}
