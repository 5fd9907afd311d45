import CasareDomain
import CasareEngine
import FoundationEssentials
import Synchronization

/// Carries a `DebugSession` out between a run and a person: pauses and prompts on stderr, commands from stdin.
final class Debugger: Sendable {
    private struct State {
        var session: DebugSession
        /// What an empty line repeats.
        var last: DebugCommand?
        var hasHadCommands = false
        var timePaused = Duration.zero
    }

    /// How long the first command of a script may let the run wait. A pipe that nobody writes to would hold it up for
    /// ever.
    private static let firstCommandLimit = Duration.seconds(30)

    private let state: Mutex<State>
    private let input = CommandInput()
    private let terminal: Terminal
    private let usesColour: Bool

    init(_ session: DebugSession, terminal: Terminal, usesColour: Bool) {
        self.state = Mutex(State(session: session))
        self.terminal = terminal
        self.usesColour = usesColour
    }

    /// Time in which a person looked around.
    var timePaused: Duration { self.state.withLock(\.timePaused) }

    func ended(_ end: NodeVisitEnd) {
        Self.report(self.state.withLock { $0.session.ended(end) })
    }

    /// Pauses the run before a node, if it is to.
    ///
    /// - Throws: `.usage` when there is nobody to ask, `.interrupted` when the person ends the run.
    func decide(before visit: NodeVisit) async throws -> RunObserver.Decision {
        let pause = self.state.withLock { $0.session.pause(before: visit, at: Self.clock) }
        guard var lines = pause else { return .proceed }
        let start = ContinuousClock.now
        defer {
            let time = .now - start
            self.state.withLock { $0.timePaused += time }
        }
        if !lines.isEmpty { lines[0] = Tone.heading.applied(to: lines[0], usingColour: self.usesColour) }
        Self.report(lines)
        while true {
            guard let command = try await self.command(before: visit) else { continue }
            let reply = self.reply(to: command, at: visit)
            Self.report(reply.lines)
            switch reply.outcome {
            case .stay: continue
            case .go: return .proceed
            case .set(let variables): return .set(variables)
            case .quit: throw Self.stopped(before: visit)
            }
        }
    }

    private func reply(to command: DebugCommand, at visit: NodeVisit) -> DebugSession.Reply {
        self.state.withLock { state in
            do throws(DebugMistake) {
                return try state.session.perform(command, at: visit, Self.clock)
            } catch {
                return DebugSession.Reply(lines: [TerminalText.line(Self.shortened(error.description))])
            }
        }
    }

    /// The next command; `nil` where there is nothing to do.
    private func command(before visit: NodeVisit) async throws -> DebugCommand? {
        StandardStreams.prompt("(casare) ")
        let hasHadCommands = self.state.withLock(\.hasHadCommands)
        let isPerson = self.terminal.readsFromPerson
        let line: CommandInput.Line
        do {
            line = try await self.input.line(within: isPerson || hasHadCommands ? nil : Self.firstCommandLimit)
        } catch {
            // Whatever is said next begins a line of its own.
            StandardStreams.report("")
            throw error
        }
        switch line {
        case .text(let text):
            // A transcript of a script reads like that of a person.
            if !isPerson { StandardStreams.report(TerminalText.line(Self.shortened(text))) }
            return self.command(parsing: text)
        case .missing, .end:
            StandardStreams.report("")
            if isPerson || hasHadCommands { throw Self.stopped(before: visit, ", where the commands end") }
            throw CommandFailure(
                .usage,
                "--step and --break take commands from stdin, and none came: run it on a terminal, or pipe them, such as "
                    + "printf 'next\\ncontinue\\n' | casarectl run FILE --step")
        }
    }

    private func command(parsing text: String) -> DebugCommand? {
        let parsed = self.state.withLock { state -> Result<DebugCommand?, DebugMistake> in
            state.hasHadCommands = true
            if text.allSatisfy(\.isWhitespace) { return .success(state.last) }
            do throws(DebugMistake) {
                let command = try DebugCommand(parsing: text)
                state.last = command
                return .success(command)
            } catch {
                return .failure(error)
            }
        }
        switch parsed {
        case .success(let command): return command
        case .failure(let mistake):
            Self.report([TerminalText.line(Self.shortened(mistake.description))])
            return nil
        }
    }

    /// An expression may be long; longer than this, it is something else that was piped in.
    private static func shortened(_ text: String) -> String { DebugCommand.shortened(text, charactersMax: 1000) }

    /// Ends the run as ^C does.
    private static func stopped(before visit: NodeVisit, _ why: String = "") -> CommandFailure {
        CommandFailure(.interrupted, "stopped before \(visit.node)\(why); nothing of the run is kept")
    }

    private static var clock: ClockReading {
        let now = Date()
        return ClockReading(
            secondsSince1970: now.timeIntervalSince1970, utcOffsetSeconds: TimeZone.current.secondsFromGMT(for: now))
    }

    private static func report(_ lines: [String]) {
        if !lines.isEmpty { StandardStreams.report(lines.joined(separator: "\n")) }
    }
}
