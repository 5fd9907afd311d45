import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

extension TriggerCommand {
    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "pause", abstract: "Make no jobs until the trigger is resumed.",
            discussion: "Senders are told 403. What comes meanwhile is not made up for.")
        @OptionGroup var options: TriggerControlOptions

        func run() async throws {
            try await self.options.run("pause", past: "paused") { client, name, reason in
                try await client.pauseTrigger(name, reason: reason)
            }
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "resume", abstract: "Let a trigger make jobs again.")
        @OptionGroup var options: TriggerControlOptions

        func run() async throws {
            try await self.options.run("resume", past: "resumed") { client, name, reason in
                try await client.resumeTrigger(name, reason: reason)
            }
        }
    }

    struct Rotate: AsyncParsableCommand, Changing {
        static let configuration = CommandConfiguration(
            commandName: "rotate", abstract: "Give a hook or a feed a new secret.",
            discussion: """
                The one before counts beside it for --overlap, so that senders can change to the new one without a gap. \
                The secret is read from a file or stdin, or made up by the server and shown this once.
                """)
        @Argument(help: "Its name or ID.", transform: Text.notEmpty) var trigger: String
        @OptionGroup var secret: SecretOption
        @Option(
            parsing: .unconditional,
            help: ArgumentHelp(
                "The one before counts for so long, up to 7d; 0 ends it at once (default: 1d).", valueName: "time"),
            transform: TimeSpan.parse)
        var overlap: TimeSpan?
        @OptionGroup var why: ReasonOption
        @OptionGroup var bulk: BulkOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            // Before a file is read, or stdin.
            try self.output.check(TriggerInfo.headings)
            let secret = try self.secret.read()
            try await self.change.run(TriggerInfo.headings, "give the trigger \(self.trigger) a new secret") { client in
                let known = try await client.trigger(self.trigger)
                return .said("would give \(known.name) a new secret")
            } asked: { client, server in
                let made = try await client.rotateTrigger(
                    self.trigger,
                    RotateTriggerRequest(
                        secret: secret, overlapSeconds: self.overlap?.seconds, reason: self.why.reason))
                if made.secret != nil { StandardStreams.report("the secret is not shown again") }
                return try made.trigger.presentation(
                    saying: "\(made.trigger.name) has a new secret", on: server, secret: made.secret)
            }
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "delete", abstract: "Delete a trigger, with its secrets and its history.",
            discussion: "Jobs that it made go on.", aliases: ["rm"])
        @OptionGroup var options: TriggerControlOptions

        func run() async throws {
            // Senders get 404 from then on, and it cannot be taken back: always ask.
            try await self.options.run("delete", past: "deleted", isFinal: true) { client, name, reason in
                try await client.deleteTrigger(name, reason: reason)
            }
        }
    }

    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "test", abstract: "Show what would become of a delivery, and change nothing.",
            discussion: """
                  casarectl trigger test deploy --payload push.json --request-header X-GitHub-Event=push

                With the header of a signature that is checked, too. Cooldown, duplicates and jobs under way are not \
                looked at. Ends with 13 when no job would be made.
                """)
        @Argument(help: "Its name or ID.", transform: Text.notEmpty) var trigger: String
        @Option(
            help: ArgumentHelp("Read the body as it would come from a file, or from stdin (-).", valueName: "file"),
            transform: Text.notEmpty)
        var payload: String?
        @Option(help: "The request's method.") var method: CaseArgument<Webhook.Method>?
        @Option(
            help: ArgumentHelp("A header of the request; may be repeated.", valueName: "header=value"),
            transform: NameAndText.parse)
        var requestHeader: [NameAndText] = []
        @Option(
            help: ArgumentHelp("A parameter of the request's query; may be repeated.", valueName: "name=value"),
            transform: NameAndText.parse)
        var query: [NameAndText] = []
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try self.output.check(TestTriggerResponse.columns.map(\.heading))
            let text = try self.payload.map { try TextInput($0).read() }
            try await self.connection.withClient { client, _ in
                let known = try await client.trigger(self.trigger)
                var request = TestTriggerRequest(
                    body: text, method: self.method?.value,
                    headers: Object(self.requestHeader.map { ($0.name, Value.string($0.text)) }),
                    query: Object(self.query.map { ($0.name, Value.string($0.text)) }))
                if known.kind != .webhook, let text {
                    // What is said of a job, or was found, has no body: its members are what variables are taken from.
                    request.body = nil
                    request.payload = .object(try VariableFile.parse(text, name: self.payload ?? "the payload"))
                }
                let response = try await client.testTrigger(known.name, request)
                try self.output.print(try response.presentation(of: known.name))
                guard response.result == .accepted else { throw QuietExit(.differencesFound) }
            }
        }
    }
}

/// What the commands that steer triggers have in common.
struct TriggerControlOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("Names or IDs, or - for stdin.", valueName: "trigger")) var triggers: [String]
    @OptionGroup var why: ReasonOption
    @OptionGroup var bulk: BulkOptions
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Server") var connection: ConnectionOptions

    /// Goes on after one that fails, and says which did.
    ///
    /// - Parameters:
    ///   - verb: `pause`.
    ///   - past: `paused`.
    ///   - isFinal: it cannot be taken back.
    func run(
        _ verb: String, past: String, isFinal: Bool = false,
        _ act:
            @escaping @Sendable (CasareClient, _ name: String, _ reason: String?) async throws
            -> SteerTriggerResponse
    ) async throws {
        try self.output.check(TriggerInfo.headings)
        let names = try NamedThings.all(
            self.triggers, readInput: { try TextInput.standardInput.read() }, separatedBy: \.isNewline,
            noun: "trigger", Text.notEmpty)
        let change = NamedChange(
            bulk: self.bulk, output: self.output, noun: "trigger", verb: verb, isFinal: isFinal)
        try await self.connection.withClient { client, server in
            let ended = try await change.outcome(on: names, of: server) {
                try await client.trigger($0).waitsFor
            } asked: {
                try await act(client, $0, self.why.reason)
            }
            guard let (outcome, selection) = ended else { return }
            for steered in outcome.done where steered.trigger == nil {
                StandardStreams.report(
                    TerminalText.line(
                        "\(past) \(steered.name); the server cannot read what it is, so it is not shown"))
            }
            let shown = outcome.done.compactMap(\.trigger)
            try change.show(shown, of: selection, columns: TriggerInfo.columns, name: \.name) {
                try $0.presentation(saying: "\(past) \($0.name)", on: server)
            }
            try outcome.check(selection)
        }
    }
}
