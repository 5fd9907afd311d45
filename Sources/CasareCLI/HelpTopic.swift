/// What `casarectl help` explains beside the commands.
enum HelpTopic: String, CaseIterable {
    case exitCodes = "exit-codes"
    case environment

    /// The text to print for a command line that asks for a topic or for the version.
    static func requested(by arguments: [String]) -> String? {
        if arguments == ["--version"] { return VersionCommand.line + "\n" }
        guard arguments.count == 2, arguments[0] == "help" else { return nil }
        return HelpTopic(rawValue: arguments[1])?.text
    }

    var text: String {
        switch self {
        case .exitCodes: Self.exitCodesText
        case .environment: Self.environmentText
        }
    }

    private static var exitCodesText: String {
        let lines = ExitReason.allCases.map { reason in
            let number = String(reason.rawValue)
            return String(repeating: " ", count: 5 - number.count) + number + "  " + reason.explanation + "\n"
        }
        return "How casarectl ends:\n\n" + lines.joined()
    }

    private static let environmentText = """
        What casarectl reads from the environment. Options on the command line count for more.

          CASARE_CONTEXT    the context to use instead of the current one
          CASARE_URL        the server to talk to, instead of a context's
          CASARE_TOKEN      the token to show the server
          DATABASE_URL      the database of casarectl db
          NO_COLOR          when set and not empty: no colours
          COLUMNS           width of tables on a terminal
          XDG_CONFIG_HOME   contexts are in its folder casare (default: ~/.config)
          XDG_DATA_HOME     casarectl dev keeps its data in its folder casare (default: ~/.local/share)
          TMPDIR            folder of temporary files

        """
}
