import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

extension SecretCommand {
    struct Rotate: AsyncParsableCommand, Changing {
        static let configuration = CommandConfiguration(
            commandName: "rotate", abstract: "Give a secret a new value, while the one before still counts.",
            discussion: """
                  casarectl secret rotate db/prod --generate password:32 --hook ./set-password --wait-consumers
                  casarectl secret rotate mail/key --from-stdin --overlap 1d < new-key.txt
                  casarectl secret rotate db/prod --discard

                Some fields change, and the others stay. The new value is made up (--generate), read from stdin or \
                from fields, or asked for. With --hook the new version waits while the command runs: it gets {"name", \
                "version", "fields"} as JSON on stdin, and ends with 0 when the new value is where it is used. Only \
                then the new version is current; after any other end it is destroyed, and the one before stays. \
                Nothing of this reads a value: it takes the permission credential.rotate alone.

                Policies: \(SecretGenerator.form).
                """)
        @Argument(help: "The secret's name or ID.", transform: Text.notEmpty) var secret: String
        @Argument(help: .hidden) var values: [String] = []
        @Option(
            help: ArgumentHelp(
                "Make the new value up, such as password:32, words, uuid or hex:32.", valueName: "policy"),
            transform: GeneratorArgument.parse)
        var generate: GeneratorArgument?
        @Flag(help: "Read the new value of the field that is secret from stdin.") var fromStdin = false
        @OptionGroup(title: "Value") var value: SecretValueOptions
        @Option(
            help: ArgumentHelp("Run this command with the shell before the new version counts.", valueName: "command"),
            transform: Text.notEmpty)
        var hook: String?
        @Option(
            parsing: .unconditional,
            help: ArgumentHelp("End the hook after this long, up to 23h (default: 10m).", valueName: "time"),
            transform: PositiveTimeSpan.parse)
        var hookTimeout: PositiveTimeSpan?
        @Option(
            parsing: .unconditional,
            help: ArgumentHelp(
                "The version before counts for so long, up to 30d; 0 ends it at once (default: by its policy, or 1h).",
                valueName: "time"), transform: TimeSpan.parse)
        var overlap: TimeSpan?
        @Flag(help: "Wait until no running job holds an older version any more.") var waitConsumers = false
        @Option(
            parsing: .unconditional,
            help: ArgumentHelp("Stop waiting after this long and end with 8.", valueName: "time"),
            transform: TimeSpan.parse)
        var timeout: TimeSpan?
        @Flag(help: "Take a version back that waits for a hook which nobody runs any more.") var discard = false
        @OptionGroup var why: ReasonOption
        @OptionGroup var bulk: BulkOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        /// The server discards a version by then that waits for a hook; some time is left to say how that ended.
        private static let hookSecondsMax = RotateSecretRequest.pendingSecondsRange.upperBound - Self.endingSeconds
        private static let endingSeconds = 300.0

        func validate() throws {
            guard self.values.isEmpty else { throw ValidationError(SecretCommand.valueAsArgument) }
            let sources = [self.generate != nil, self.fromStdin, self.readsFields].count(where: { $0 })
            if self.discard {
                guard sources == 0, self.hook == nil, !self.waitConsumers, self.overlap == nil else {
                    throw ValidationError("--discard takes back, and goes with no other option of a rotation.")
                }
                return
            }
            guard sources < 2 else {
                throw ValidationError(
                    "Give one of --generate, --from-stdin, --field and --fields: they say what is new.")
            }
            if self.generate != nil {
                guard self.value.fields == nil, self.value.field.count < 2, self.value.field.allSatisfy({ $0.isAsked })
                else { throw ValidationError("With --generate, --field names the one field that is made up.") }
            }
            guard self.hook != nil || self.hookTimeout == nil else {
                throw ValidationError("--hook-timeout is about --hook.")
            }
            guard (self.hookTimeout?.seconds ?? 0) <= Self.hookSecondsMax else {
                throw ValidationError("--hook-timeout is 23h at the most.")
            }
            guard self.waitConsumers || self.timeout == nil else {
                throw ValidationError("--timeout limits the waiting: add --wait-consumers.")
            }
            guard (self.overlap?.seconds ?? 0) <= Secret.overlapSecondsRange.upperBound else {
                throw ValidationError("--overlap is 30d at the most.")
            }
        }

        /// Fields say what is new: beside --generate they say only which one.
        private var readsFields: Bool { !self.value.isEmpty && self.generate == nil }

        func run() async throws {
            let headings = SecretRotationInfo.headings
            // Before a file is read, or stdin.
            try self.change.answer.output.check(headings)
            let verb = self.discard ? "take the waiting version back of" : "rotate"
            let value = self.discard || self.change.bulk.dryRun ? nil : try self.newValue()
            try await self.change.run(headings, "\(verb) the secret \(self.secret)") { client in
                let known = try await client.secret(self.secret)
                return .said("would \(verb) \(known.name), version \(known.currentVersion)")
            } asked: { client, _ in
                guard let value else {
                    let taken = try await client.endRotation(
                        of: self.secret, EndRotationRequest(outcome: .discard, reason: self.why.reason))
                    return try taken.presentation()
                }
                let rotated = try await self.rotate(value, client)
                if self.waitConsumers {
                    // Said now: whatever comes of the waiting, this is so.
                    StandardStreams.report("version \(rotated.version) of \(rotated.secret) is current")
                    try await ConsumerWaiter(client, secret: self.secret, timeout: self.timeout)
                        .wait(untilAllHave: rotated.version)
                }
                return try rotated.presentation()
            }
        }

        private func rotate(_ value: RotationValue, _ client: CasareClient) async throws -> SecretRotationInfo {
            var request = value.request
            request.overlapSeconds = self.overlap?.seconds
            request.reason = self.why.reason
            guard let command = self.hook else { return try await client.rotateSecret(self.secret, request) }
            let timeout = self.hookTimeout?.span.duration ?? RotationHook.timeoutDefault
            request.pending = true
            request.pendingSeconds = Double(timeout.components.seconds) + Self.endingSeconds
            return try await HookedRotation(
                client: client, secret: self.secret, hook: RotationHook(command: command, timeout: timeout),
                reason: self.why.reason
            ).run(request, value)
        }

        /// - Throws: `.usage` where nothing says what is new.
        private func newValue() throws(CommandFailure) -> RotationValue {
            if let generator = self.generate?.generator {
                let bits = Int(generator.entropyBits)
                StandardStreams.report("made up as \(generator): \(bits) bits of entropy")
                if generator.entropyBits < SecretGenerator.entropyBitsAdvised {
                    StandardStreams.report(
                        "casarectl: that can be guessed by who has a copy of what it protects; make it longer")
                }
                return .generated(generator, field: self.value.field.first?.name, isNeededHere: self.hook != nil)
            }
            if self.fromStdin { return .text(try SecretInput.text(from: .standardInput)) }
            if self.readsFields { return .fields(try self.value.read()) }
            guard Terminal.standard.canAsk else {
                throw CommandFailure(
                    .usage, "say what the new value is: --generate, --from-stdin, --field name=@FILE or --fields FILE")
            }
            return .text(try SecretInput.asked(for: "new value", .standard))
        }
    }
}

extension SecretFieldArgument {
    /// It names a field and nothing else.
    fileprivate var isAsked: Bool {
        switch self.source {
        case .prompt: true
        case .input, .refused: false
        }
    }
}

/// A policy by which values are made up.
struct GeneratorArgument: ArgumentForm, Hashable {
    static let form = "a policy: \(SecretGenerator.form)"

    let generator: SecretGenerator

    init?(argument: String) {
        guard let generator = try? SecretGenerator(argument) else { return nil }  // The form says what is expected.
        self.generator = generator
    }
}
