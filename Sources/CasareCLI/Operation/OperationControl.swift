import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

/// What the commands that steer an operation have in common.
struct OperationControlOptions: ParsableArguments, Changing {
    @Argument(help: "The operation's ID.", transform: OperationArgument.parse) var operation: OperationArgument
    @OptionGroup var why: ReasonOption
    @OptionGroup var bulk: BulkOptions
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Server") var connection: ConnectionOptions

    /// Does one thing with the operation, after a question where the context is one of production.
    ///
    /// - Parameters:
    ///   - verb: `pause`.
    ///   - change: asks the server for it.
    func run(
        _ verb: String, _ change: (CasareClient, Operation.ID, _ reason: String?) async throws -> OperationInfo
    ) async throws {
        let id = self.operation.id
        try await self.change.run(OperationInfo.headings, verb, "operation", id.description) { client in
            try await client.operation(id).detail
        } asked: { client in
            try await change(client, id, self.why.reason).presentation()
        }
    }
}

extension OperationCommand {
    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "pause", abstract: "Keep an operation from going on until it is resumed.",
            discussion: "The items that it is at are finished. What it has done stays done.")
        @OptionGroup var control: OperationControlOptions

        func run() async throws {
            try await self.control.run("pause") { try await $0.pauseOperation($1, reason: $2) }
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "resume", abstract: "Let an operation go on that was paused, or stopped by its own rules.",
            discussion: """
                One that was stopped by its canary or its error rate goes on with the items that it has not come to yet.
                """)
        @OptionGroup var control: OperationControlOptions

        func run() async throws {
            try await self.control.run("resume") { try await $0.resumeOperation($1, reason: $2) }
        }
    }

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "cancel", abstract: "End an operation where it stands.",
            discussion: "What it has done stays done; what it has not come to is left as it is.")
        @OptionGroup var control: OperationControlOptions

        func run() async throws {
            try await self.control.run("cancel") { try await $0.cancelOperation($1, reason: $2) }
        }
    }

    struct Undo: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "undo", abstract: "Take back what an operation has done, while its time to undo lasts.",
            discussion: """
                For operations that were made with --undo-within. Jobs that were paused go on, jobs that were to be \
                cancelled are not, and dead letters that were purged are there again. casarectl op watch follows it.
                """)
        @OptionGroup var control: OperationControlOptions

        func run() async throws {
            try await self.control.run("undo") { try await $0.undoOperation($1, reason: $2) }
        }
    }
}
