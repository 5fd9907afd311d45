package import ArgumentParser

/// The command suite.
package struct Casarectl: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "casarectl",
        abstract: "Run and operate Casare.",
        discussion: """
            casarectl dev starts everything on this machine; casarectl login connects to a server elsewhere.
            More: casarectl help exit-codes, casarectl help environment.
            """,
        groupedSubcommands: [
            CommandGroup(name: "Daily", subcommands: [SubmitCommand.self, RetryCommand.self, DeadLetterCommand.self]),
            CommandGroup(name: "Files", subcommands: [ApplyCommand.self, DiffCommand.self, ExportCommand.self]),
            CommandGroup(
                name: "Work",
                subcommands: [
                    JobCommand.self, QueueCommand.self, ExplainCommand.self, EventsCommand.self, WorkflowCommand.self,
                    RobotCommand.self, RunCommand.self, OperationCommand.self, SelectionCommand.self,
                    TriggerCommand.self,
                    ScheduleCommand.self, WindowCommand.self,
                    CalendarCommand.self, ItemCommand.self,
                ]),
            CommandGroup(
                name: "Server",
                subcommands: [
                    StatusCommand.self, TopCommand.self, DoctorCommand.self, AlertsCommand.self, LoginCommand.self,
                    LogoutCommand.self, WhoamiCommand.self,
                    ContextCommand.self, TokenCommand.self, RoleCommand.self, SecretCommand.self,
                    AuthorityCommand.self,
                    TenantCommand.self,
                    AuditCommand.self, DatabaseCommand.self, DevCommand.self, VersionCommand.self,
                ]),
        ])

    package init() {}

    /// Runs one command line.
    ///
    /// - Parameter arguments: Without the program's name.
    /// - Returns: The process's exit status.
    package static func main(_ arguments: [String]) async -> Int32 {
        do {
            if let text = try HelpTopic.requested(by: arguments) {
                try StandardStreams.print(text)
                return ExitReason.success.rawValue
            }
            let command = try Self.parseAsRoot(arguments)
            guard let name = CommandName.of(type(of: command)), !(command is DevCommand) else {
                return await Self.run(command)
            }
            return await InvocationTelemetry.record(name) { await Self.run(command) }
        } catch {
            return Self.report(error)
        }
    }

    private static func run(_ command: any ParsableCommand) async -> Int32 {
        do {
            var command = command
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            return ExitReason.success.rawValue
        } catch let exit as QuietExit {
            return exit.status.rawValue
        } catch {
            return Self.report(error)
        }
    }

    private static func report(_ error: any Error) -> Int32 {
        let code = Self.exitCode(for: error)
        if code == .success {
            // Help was asked for.
            do throws(CommandFailure) {
                try StandardStreams.print(Self.fullMessage(for: error) + "\n")
                return code.rawValue
            } catch {
                StandardStreams.report(ErrorReport.line(error))
                return error.status.rawValue
            }
        }
        if code == .validationFailure {
            // The parser's message names the mistake, and goes on with the command's usage.
            let message = Self.fullMessage(for: error)
            let prefix = "Error: "
            StandardStreams.report(
                message.hasPrefix(prefix) ? "casarectl: " + message.dropFirst(prefix.count) : message)
            return ExitReason.usage.rawValue
        }
        let failure = ErrorReport.failure(for: error)
        StandardStreams.report(ErrorReport.line(failure))
        return failure.status.rawValue
    }
}
