import ArgumentParser
import CasareClient
import FoundationEssentials

struct TopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top", abstract: "Watch everything live, and act on it.",
        discussion: """
            Keys: 1–5 or Tab turn to jobs, queues, robots, dead letters and operations; the cursor keys, or j and k, \
            select a line; Enter shows it, e explains why it does not get on. p pauses or resumes, c cancels, r retries a \
            dead letter, a acknowledges it, d drains a robot: each after a yes. q quits.
            """)

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Ask the server anew this often (default: 2s).", valueName: "time"),
        transform: PositiveTimeSpan.parse)
    var interval: PositiveTimeSpan?
    @Option(help: "What is listed first.") var section = TopSection.jobs
    @Flag(help: "Print what there is now, all of it, and end. It needs no terminal.") var once = false
    @Flag(help: "No colours. NO_COLOR=1 in the environment does the same.") var noColor = false
    @OptionGroup(title: "Server") var connection: ConnectionOptions

    private static let intervalDefault = Duration.seconds(2)
    /// Asking more often shows nothing more.
    private static let intervalSecondsMin = 0.2
    /// Of what is printed off a terminal.
    private static let columnsOffTerminal = 120

    func validate() throws {
        if let interval, interval.seconds < Self.intervalSecondsMin {
            throw ValidationError("--interval is too short: give 200ms or more.")
        }
    }

    func run() async throws {
        guard self.once || RawTerminal.exists else {
            throw CommandFailure(
                .usage,
                "top draws on a terminal and reads its keys, and there is none; casarectl top --once prints what it "
                    + "shows, casarectl status a summary")
        }
        let terminal = Terminal.standard
        let usesColour = terminal.printsToPerson && terminal.allowsColour && !self.noColor
        try await self.connection.withClient { client, server in
            let source = TopSource(client: client)
            var state = TopState(
                place: server.contextName.map { "\(server.url) (\($0))" } ?? server.url.text,
                productionName: server.isProduction ? server.contextName ?? server.url.host : nil,
                section: self.section)
            // Before the screen is taken: who cannot be let in is told so on the usual one.
            state.received(try await source.snapshot(state.request))
            if self.once {
                let screen = TopScreen(
                    width: terminal.width ?? Self.columnsOffTerminal, height: nil, usesColour: usesColour, now: Date())
                return try StandardStreams.print(
                    screen.lines(state).map { $0.trimmingTrailingSpaces + "\n" }.joined())
            }
            let program = TopProgram(
                source: source, interval: self.interval?.span.duration ?? Self.intervalDefault, usesColour: usesColour)
            switch try await Interruption.watching({ [state] in try await program.run(state) }) {
            case .finished(.success): break
            case .finished(let reason), .interrupted(let reason): throw QuietExit(reason)
            }
        }
    }
}
