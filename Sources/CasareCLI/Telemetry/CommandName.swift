import ArgumentParser

/// What a command is called behind `casarectl`.
enum CommandName {
    /// - Returns: such as `job list`; `nil` for a type that is no command of the suite.
    static func of(_ command: any ParsableCommand.Type) -> String? {
        self.path(to: command, in: Casarectl.self).map { $0.joined(separator: " ") }
    }

    private static func path(to command: any ParsableCommand.Type, in parent: any ParsableCommand.Type) -> [String]? {
        for candidate in parent.configuration.subcommands {
            let name = candidate.configuration.commandName ?? String(describing: candidate).lowercased()
            if candidate == command { return [name] }
            if let rest = self.path(to: command, in: candidate) { return [name] + rest }
        }
        return nil
    }
}
