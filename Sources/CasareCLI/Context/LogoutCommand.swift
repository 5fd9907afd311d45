import ArgumentParser

struct LogoutCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logout", abstract: "Forget the token of a context, and the context with it.",
        discussion: """
            The token itself goes on counting for whoever has it elsewhere: casarectl token revoke ends that.
            """)

    @Argument(
        help: "The context's name (default: the one in use).", completion: .custom(ContextCommand.completion),
        transform: Text.notEmpty)
    var name: String?
    @Flag(help: "Forget all contexts.") var all = false

    func validate() throws {
        if self.all, self.name != nil { throw ValidationError("--all forgets every context: give no name with it.") }
    }

    func run() throws {
        let file = try ContextFile(in: .process)
        var contexts = try file.load()
        let names = try self.names(contexts)
        for name in names { _ = contexts.remove(name) }
        try file.save(contexts)
        for name in names { StandardStreams.report("logged out of \(TerminalText.line(name))") }
    }

    private func names(_ contexts: Contexts) throws(CommandFailure) -> [String] {
        if self.all { return contexts.all.map(\.name) }
        guard let name = self.name ?? Environment.process.nonEmpty("CASARE_CONTEXT") ?? contexts.current else {
            throw CommandFailure(
                .notFound, "no context is in use; name one of those that casarectl context list shows")
        }
        guard contexts[name] != nil else {
            throw CommandFailure(
                .notFound, "there is no context '\(name)'; casarectl context list shows those there are")
        }
        return [name]
    }
}
