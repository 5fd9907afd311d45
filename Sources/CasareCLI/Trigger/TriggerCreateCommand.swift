import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

extension TriggerCommand {
    struct Create: AsyncParsableCommand {
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
        @Argument(help: "Its name; it may stand in the file.", transform: Text.notEmpty) var name: String?
        @Option(
            name: [.customShort("f"), .customLong("file")],
            help: ArgumentHelp("Read name and spec from a JSON or YAML file, or from stdin (-).", valueName: "file"),
            transform: Text.notEmpty)
        var file: String?
        @Option(
            help: ArgumentHelp(
                "Read the secret from the first line of a file, or of stdin (-) (default: the server makes one up).",
                valueName: "file"), transform: Text.notEmpty)
        var secretFile: String?
        @OptionGroup(title: "Trigger") var spec: TriggerSpecOptions
        @Flag(help: "It makes no jobs until casarectl trigger resume.") var paused = false
        @Option(help: ArgumentHelp("Why; kept with what was done.", valueName: "text"), transform: Text.notEmpty)
        var reason: String?
        @OptionGroup var bulk: BulkOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func validate() throws {
            let inputs = [self.file, self.secretFile, self.spec.variables.file].filter { $0 == "-" }
            if inputs.count > 1 {
                throw ValidationError("Only one of the trigger, its secret and --vars can be read from stdin.")
            }
            if self.file != nil { return }
            if self.name == nil { throw ValidationError("Give the trigger a name, or a file with -f.") }
            if !self.spec.hasSource {
                throw ValidationError(
                    "Say what it waits for: requests with --auth, jobs with --on, files with --watch, or a feed with "
                        + "--rss, --sse or --imap.")
            }
            if self.spec.workflow == nil { throw ValidationError("Say what it starts: --workflow.") }
        }

        func run() async throws {
            try self.output.check(TriggerInfo.headings)
            let request = try self.request()
            try await self.connection.withClient { client, server in
                if self.bulk.dryRun {
                    // A workflow that is not there would be found out with the first delivery only.
                    _ = try await client.workflow(request.spec.workflow)
                    return StandardStreams.report(TerminalText.line("would create \(request.name)"))
                }
                try Consent.needed(
                    isSelection: false, server: server, yes: self.bulk.yes, canAsk: Terminal.standard.canAsk
                ).obtain(for: "create the trigger \(request.name)")
                let made = try await client.createTrigger(request)
                if made.secret != nil { StandardStreams.report("the secret is not shown again") }
                try self.output.print(
                    try made.trigger.presentation(
                        saying: "created \(made.trigger.name)", on: server, secret: made.secret))
            }
        }

        /// - Throws: `.usage` for what no trigger can be.
        func request() throws -> CreateTriggerRequest {
            let file = try self.file.map { try TriggerFile.read($0) }
            guard let name = self.name ?? file?.name else {
                throw CommandFailure(.usage, "give the trigger a name, here or in the file")
            }
            let spec = try TriggerSpec(
                from: file?.spec ?? [:], changedBy: try self.spec.members(of: file?.waitsFor),
                of: self.file ?? "the trigger")
            return CreateTriggerRequest(
                name: name, spec: spec, secret: try SecretInput(argument: self.secretFile).read(),
                paused: self.paused || file?.isPaused == true, reason: self.reason, managedBy: file?.managedBy)
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
        @Option(
            parsing: .unconditional,
            help: ArgumentHelp("Only if this is its revision still; else end with 5.", valueName: "n"),
            transform: Text.number(in: 1...Int(Int32.max)))
        var revision: Int?
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
                try Consent.needed(
                    isSelection: false, server: server, yes: self.bulk.yes, canAsk: Terminal.standard.canAsk
                ).obtain(for: "update the trigger \(self.trigger)")
                let updated = try await client.updateTrigger(
                    self.trigger, UpdateTriggerRequest(spec: patch, revision: self.revision))
                try self.output.print(
                    try updated.presentation(saying: "updated \(updated.name)", on: server))
            }
        }

        /// - Parameter kind: of the trigger, where it makes a difference.
        private func patch(of kind: Trigger.Kind?) throws(CommandFailure) -> Object {
            var patch = try self.spec.members(of: kind)
            for member in self.unset {
                Self.unset(member.split(separator: ".").map(String.init)[...], in: &patch)
            }
            guard !patch.isEmpty else {
                throw CommandFailure(.usage, "say what is to change, such as --cooldown or --map, or --unset MEMBER")
            }
            return patch
        }

        static func unset(_ path: ArraySlice<String>, in patch: inout Object) {
            guard let name = path.first else { return }
            if path.count == 1 {
                patch[name] = .null
            } else {
                var inner = patch[name]?.object ?? [:]
                Self.unset(path.dropFirst(), in: &inner)
                patch[name] = .object(inner)
            }
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
