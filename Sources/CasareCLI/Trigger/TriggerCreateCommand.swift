import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

extension TriggerCommand {
    struct Create: AsyncParsableCommand, Changing {
        static let configuration = CommandConfiguration(
            commandName: "create", abstract: "Create a trigger.",
            discussion: """
                  casarectl trigger create deploy --auth github --workflow deploy --map ref=payload.ref
                  casarectl trigger create paid --auth stripe --secret-file - --workflow invoices --dedup payload.id
                  casarectl trigger create rescue --on failed --of invoices --workflow tell-ann --map job=payload.job
                  casarectl trigger create scans --watch /srv/in --pattern '*.pdf' --workflow scan \
                    --map file=payload.file_path
                  casarectl trigger create news --rss https://example.org/feed.xml --workflow read --map link=payload.link
                  casarectl trigger create -f deploy.yaml

                The secret of a webhook is read from a file or stdin, or made up by the server and shown this once. The \
                password or token of a feed is read from a file or stdin. Of a file, options take the place of what it says.
                """)
        @OptionGroup var source: SpecFileOptions
        @OptionGroup var secret: SecretOption
        @OptionGroup(title: "Trigger") var spec: TriggerSpecOptions
        @Flag(help: "It makes no jobs until casarectl trigger resume.") var paused = false
        @OptionGroup var why: ReasonOption
        @OptionGroup var bulk: BulkOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func validate() throws {
            let inputs = [self.source.file, self.secret.secretFile, self.spec.variables.file].filter { $0 == "-" }
            if inputs.count > 1 {
                throw ValidationError("Only one of the trigger, its secret and --vars can be read from stdin.")
            }
            if self.source.file != nil { return }
            if self.source.name == nil { throw ValidationError("Give the trigger a name, or a file with -f.") }
            if !self.spec.hasSource {
                throw ValidationError(
                    "Say what it waits for: requests with --auth, jobs with --on, files with --watch, or a feed with "
                        + "--rss, --sse or --imap.")
            }
            if self.spec.workflow == nil { throw ValidationError("Say what it starts: --workflow.") }
        }

        func run() async throws {
            // Before a file is read, or stdin.
            try self.output.check(TriggerInfo.headings)
            let request = try self.request()
            try await self.change.run(TriggerInfo.headings, "create the trigger \(request.name)") { client in
                // A workflow that is not there would be refused.
                _ = try await client.workflow(request.spec.workflow)
                return .said("would create \(request.name)")
            } asked: { client, server in
                let made = try await client.createTrigger(request)
                if made.secret != nil { StandardStreams.report("the secret is not shown again") }
                return try made.trigger.presentation(
                    saying: "created \(made.trigger.name)", on: server, secret: made.secret)
            }
        }

        /// - Throws: `.usage` for what no trigger can be.
        func request() throws -> CreateTriggerRequest {
            let file = try self.source.file.map { try TriggerFile.read($0) }
            let spec = try TriggerSpec(
                from: file?.spec ?? [:], changedBy: try self.spec.members(of: file?.waitsFor),
                of: self.source.file ?? "the trigger")
            return CreateTriggerRequest(
                name: try self.source.name(or: file, noun: "trigger"), spec: spec, secret: try self.secret.read(),
                paused: self.paused || file?.isPaused == true, reason: self.why.reason, managedBy: file?.managedBy)
        }
    }

    struct Update: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "update", abstract: "Change what is named of a trigger, and nothing else.",
            discussion: """
                  casarectl trigger update deploy --cooldown 1m --map ref=payload.ref
                  casarectl trigger update deploy --unset cooldown_seconds --unset webhook.headers

                Variables that are not named stay.
                """)
        @Argument(help: "Its name or ID.", transform: Text.notEmpty) var trigger: String
        @OptionGroup(title: "Trigger") var spec: TriggerSpecOptions
        @Option(
            help: ArgumentHelp(
                "Take away what the spec says of this: cooldown_seconds, webhook.headers; may be repeated.",
                valueName: "member"), transform: Text.notEmpty)
        var unset: [String] = []
        @OptionGroup var expected: RevisionOption
        @OptionGroup var bulk: BulkOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try self.output.check(TriggerInfo.headings)
            let given = try self.spec.needsKind ? nil : self.patch(of: nil)
            try await self.connection.withClient { client, server in
                let patch: Object
                if let given {
                    patch = given
                } else {
                    patch = try self.patch(of: try await client.trigger(self.trigger).kind)
                }
                if self.bulk.dryRun {
                    let known = try await client.trigger(self.trigger)
                    _ = try TriggerSpec(from: known.spec.json, changedBy: patch, of: known.name)
                    return StandardStreams.report(TerminalText.line("would update \(known.name)"))
                }
                try self.bulk.consent(on: server).obtain(for: "update the trigger \(self.trigger)")
                let updated = try await client.updateTrigger(
                    self.trigger, UpdateTriggerRequest(spec: patch, revision: self.expected.revision))
                try self.output.print(
                    try updated.presentation(saying: "updated \(updated.name)", on: server))
            }
        }

        /// - Parameter kind: of the trigger, where it makes a difference.
        private func patch(of kind: Trigger.Kind?) throws(CommandFailure) -> Object {
            let patch = try self.spec.members(of: kind).unsetting(self.unset, of: TriggerSpec.shape)
            guard !patch.isEmpty else {
                throw CommandFailure(.usage, "say what is to change, such as --cooldown or --map, or --unset MEMBER")
            }
            return patch
        }
    }
}

extension TriggerSpec {
    /// - Throws: `.usage` for what no trigger can have.
    init(from members: Object, changedBy patch: Object, of source: String) throws(CommandFailure) {
        do throws(WireDecodingError) {
            try self.init(json: TriggerSpec.merged(patch, into: members))
        } catch {
            throw CommandFailure(.usage, "\(source): \(error)")
        }
    }
}
