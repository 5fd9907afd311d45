import ArgumentParser

/// What every command has that changes more than one thing.
struct BulkOptions: ParsableArguments {
    @Flag(name: .shortAndLong, help: "Answer yes to the question.")
    var yes = false

    @Flag(help: "Show what would be done, and do nothing.")
    var dryRun = false

    /// What is needed before something is done on `server`.
    ///
    /// - Parameter isSelection: the person has not named each thing.
    func consent(on server: Server, isSelection: Bool = false) -> Consent {
        .needed(isSelection: isSelection, server: server, yes: self.yes, canAsk: Terminal.standard.canAsk)
    }
}

/// Whether a command may go on.
enum Consent: Hashable, Sendable {
    case goAhead
    /// Ask for a yes.
    case ask
    /// Ask for the context's name: one key pressed by habit is not enough in production.
    case askForName(String)
    case refuse

    /// - Parameters:
    ///   - isSelection: More than one ID was given, or a filter: the person has not named each thing.
    static func needed(
        isSelection: Bool, server: Server, yes: Bool, canAsk: Bool
    ) -> Consent {
        if yes || !(isSelection || server.isProduction) { return .goAhead }
        guard canAsk else { return .refuse }
        return server.isProduction ? .askForName(server.contextName ?? server.url.host) : .ask
    }

    /// Whether a person is asked, who should then know about what.
    var asks: Bool {
        switch self {
        case .ask, .askForName: true
        case .goAhead, .refuse: false
        }
    }

    /// Puts the question.
    /// - Parameters:
    ///   - what: What is about to happen: "retry 12 jobs".
    ///   - selection: To what; its count and first items come before the question.
    func obtain(for what: String, showing selection: Selection? = nil) throws(CommandFailure) {
        let isGiven: Bool
        if self.asks {
            for line in selection?.sample ?? [] { StandardStreams.report(line) }
        }
        switch self {
        case .goAhead:
            return
        case .refuse:
            throw CommandFailure(
                .confirmationNeeded, "not done: to \(what) without a terminal to ask on, add --yes")
        case .ask:
            let answer = Prompt.ask("\(what.capitalizedFirst)? [y/N] ")?.lowercased()
            isGiven = answer == "y" || answer == "yes"
        case .askForName(let name):
            isGiven = Prompt.ask("This is production. To \(what), type \(name): ") == name
        }
        if !isGiven { throw CommandFailure(.confirmationNeeded, "not done: no confirmation was given") }
    }
}

extension String {
    var capitalizedFirst: String { self.prefix(1).uppercased() + self.dropFirst() }
}
