import ArgumentParser

/// How fast the server works through a selection, which one by name, and whether the command stays.
struct PaceOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("At most so many in a time, such as 10/s or 100/min.", valueName: "rate"),
        transform: OperationRate.parse)
    var rate: OperationRate?

    @Option(
        help: ArgumentHelp(
            "What was saved under this name with casarectl selection save, as it matches now.", valueName: "name"),
        transform: Text.notEmpty)
    var selection: String?

    @Flag(help: "End as soon as the server has the operation, and print it; casarectl op watch follows it.")
    var detach = false
}

/// What every command takes that hands a selection to the server as an operation.
///
/// Beside it stand `CautionOptions` where jobs are run again, and `UndoOption` where a verb can be taken back.
struct OperationOptions: ParsableArguments {
    @OptionGroup var pace: PaceOptions

    @OptionGroup var why: ReasonOption

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Stop following after this long and end with 8; the operation goes on.", valueName: "time"),
        transform: TimeSpan.parse)
    var timeout: TimeSpan?

    @OptionGroup var bulk: BulkOptions

    var reason: String? { self.why.reason }

    func validate() throws {
        if self.pace.detach && self.timeout != nil {
            throw ValidationError("--detach follows nothing: leave out --timeout.")
        }
    }

    /// What of them the server is told, and how the command itself goes on.
    func terms(caution: CautionOptions? = nil, undo: UndoOption? = nil) -> OperationTerms {
        OperationTerms(
            pace: self.pace, reason: self.reason, timeout: self.timeout, bulk: self.bulk, caution: caution, undo: undo)
    }
}

/// What keeps jobs that are run again from failing by the thousand once more.
struct CautionOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Run so many first, and go on only when all of their new jobs have completed.", valueName: "n"),
        transform: Text.number(in: 1...Int(Int32.max)))
    var canary: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Stop when more than this share fails, such as 5%.", valueName: "share"),
        transform: ShareArgument.parse)
    var stopOnErrorRate: ShareArgument?
}

/// For verbs that can be taken back.
struct UndoOption: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "For so long casarectl op undo takes it back, \(UndoSpan.help).", valueName: "time"),
        transform: UndoSpan.parse)
    var undoWithin: UndoSpan?
}
