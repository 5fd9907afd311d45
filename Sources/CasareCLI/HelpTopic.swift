import ArgumentParser

/// What `casarectl help` explains beside the commands.
enum HelpTopic: String, CaseIterable {
    case exitCodes = "exit-codes"
    case environment

    /// The text to print for a command line that asks for a topic or for the version; `nil` is the parser's to answer.
    ///
    /// - Throws: `.usage` for help on what is neither a topic nor a command.
    static func requested(by arguments: [String]) throws(CommandFailure) -> String? {
        if arguments == ["--version"] { return VersionCommand.line + "\n" }
        guard arguments.first == "help" else { return nil }
        if arguments.count == 2, let topic = HelpTopic(rawValue: arguments[1]) { return topic.text }
        // The parser shows the help of the last command that it knows, whatever follows.
        var command: any ParsableCommand.Type = Casarectl.self
        for name in arguments.dropFirst() where !name.hasPrefix("-") {
            let inner = command.configuration.subcommands.first {
                $0.configuration.commandName == name || $0.configuration.aliases.contains(name)
            }
            guard let inner else {
                let topics = Self.allCases.map(\.rawValue).joined(separator: ", ")
                throw CommandFailure(
                    .usage,
                    "there is no command '\(name)' here; casarectl help lists the commands, and other topics are \(topics)"
                )
            }
            command = inner
        }
        return nil
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
          CASARE_CA_FILE    PEM file of the authorities that the server's certificate must be from
          CASARE_CLIENT_CERTIFICATE, CASARE_CLIENT_KEY
                            PEM files of a certificate to show the server, and of its key
          CASARE_TLS_SERVER_NAME
                            whom the server's certificate must name, in place of the URL's host
          CASARE_INSECURE_SKIP_VERIFY
                            true: whoever answers is taken for the server
          DATABASE_URL      the database of casarectl db, and of doctor db --database-url -
          TRACEPARENT       the trace that the requests of this call belong to, and the jobs that come of them: the
                            W3C's header of that name; without a valid one a new trace begins
          TRACESTATE        goes along with TRACEPARENT
          BAGGAGE           goes along with TRACEPARENT to robots that get such jobs; no place for secrets
          CASARE_TRACE_URL  where traces can be looked at, with {trace_id} for a trace's ID: job trace prints it
          OTEL_…            where casarectl sends a trace of its own calls to, as docs/telemetry.md says
          NO_COLOR          when set and not empty: no colours
          COLUMNS           width of tables on a terminal
          XDG_CONFIG_HOME   contexts are in its folder casare (default: ~/.config)
          XDG_DATA_HOME     casarectl dev keeps its data in its folder casare (default: ~/.local/share)
          XDG_STATE_HOME    casarectl alerts check keeps what it measured in its folder casare (default: ~/.local/state)
          HOME              the folder whose .config, .local/share and .local/state those are
          PG_BIN            folder of the PostgreSQL programs that casarectl dev starts
          CASARE_SECRET_PROVIDERS and other settings of casare-orchestrator
                            count for casarectl dev, too; its --help says which do not
          SSL_CERT_FILE     authorities that nodes trust in casarectl run and dev, in place of the system's
          TERM              dumb: neither colours nor progress
          TMPDIR            folder of temporary files

        """
}
