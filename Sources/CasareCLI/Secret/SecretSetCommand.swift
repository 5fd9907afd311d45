import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire
import FoundationEssentials

extension SecretCommand {
    struct Put: AsyncParsableCommand, Changing {
        static let configuration = CommandConfiguration(
            commandName: "set", abstract: "Make a secret, or give one a new version.",
            discussion: """
                  casarectl secret set db/prod --kind username_password
                  casarectl secret set mail/key --kind api_key < key.txt
                  casarectl secret set deploy --kind ssh_key --field private_key=@id_ed25519 --field passphrase
                  casarectl secret set billing --kind custom --fields - < fields.json
                  casarectl secret set crm --kind api_key --provider vault --path apps/crm

                Without --field the fields that its kind needs are asked for, or the one that is secret is read from \
                stdin. A version has all of its fields: to change some only, use casarectl secret rotate. The version \
                before stays for those who name it by its number.
                """, aliases: ["put", "create"])
        @Argument(help: "Its name: parts of a-z, 0-9, ., _ and -, joined by /.", transform: Text.notEmpty)
        var secret: String
        @Argument(help: .hidden) var values: [String] = []
        @Option(help: "What it is (default: custom, for a new one).") var kind: CaseArgument<Secret.Kind>?
        @OptionGroup(title: "Value") var value: SecretValueOptions
        @Option(
            parsing: .unconditional,
            help: ArgumentHelp(
                "Only if this is the current version still; 0: only if there is none. Else end with 5.",
                valueName: "n"),
            transform: Text.number(in: 0...Int(Int32.max)))
        var cas: Int?
        @Option(help: ArgumentHelp("Of a new one: what it is for.", valueName: "text"), transform: Text.notEmpty)
        var description: String?
        @Option(
            help: ArgumentHelp("Of a new one: a label; may be repeated.", valueName: "name=text"),
            transform: NameAndText.parse)
        var label: [NameAndText] = []
        @Option(
            parsing: .unconditional,
            help: ArgumentHelp("Nobody is given this version after that time, such as 90d.", valueName: "time"),
            transform: PositiveTimeSpan.parse)
        var expiresIn: PositiveTimeSpan?
        @Option(
            help: ArgumentHelp("Of a new one: this provider has the value, at --path.", valueName: "name"),
            transform: Text.notEmpty)
        var provider: String?
        @Option(help: ArgumentHelp("Where the provider has it.", valueName: "path"), transform: Text.notEmpty)
        var path: String?
        @OptionGroup var why: ReasonOption
        @OptionGroup var bulk: BulkOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func validate() throws {
            guard self.values.isEmpty else { throw ValidationError(SecretCommand.valueAsArgument) }
            guard (self.provider == nil) == (self.path == nil) else {
                throw ValidationError("--provider and --path go together: they say who has the value, and where.")
            }
            guard self.provider == nil || self.value.isEmpty && self.expiresIn == nil else {
                throw ValidationError("--provider has the value: leave --field, --fields and --expires-in out.")
            }
        }

        func run() async throws {
            try self.change.answer.output.check(SecretInfo.headings)
            guard let name = Secret.Name(self.secret) else {
                throw CommandFailure(
                    .usage, "a secret cannot be called '\(self.secret)': its name is \(Secret.Name.rule)")
            }
            try await self.change.run(SecretInfo.headings, "put a version of the secret \(name)") { client in
                let known = try await self.known(client)
                return .said(
                    known.map { "would put a version after \($0.currentVersion) of \(name)" } ?? "would make \(name)")
            } asked: { client, _ in
                guard let known = try await self.known(client) else { return try await self.create(name, client) }
                return try await self.put(known, client)
            }
        }

        /// `nil`: it is to be made.
        private func known(_ client: CasareClient) async throws -> SecretInfo? {
            if self.cas == 0 { return nil }
            do {
                return try await client.secret(self.secret)
            } catch {
                guard ErrorReport.failure(for: error).status == .notFound, self.cas == nil else { throw error }
                return nil
            }
        }

        private func create(_ name: Secret.Name, _ client: CasareClient) async throws -> Presentation {
            let kind = self.kind?.value ?? .custom
            let fields = self.provider == nil ? try self.read(kind) : nil
            let labels = Object(self.label.map { ($0.name, Value.string($0.text)) })
            var made = try await client.createSecret(
                CreateSecretRequest(
                    name: name, kind: kind, fields: fields, description: self.description,
                    labels: labels.isEmpty ? nil : labels, provider: self.provider, path: self.path,
                    reason: self.why.reason))
            if let expiresIn {
                // Of the version: the secret itself lives on with the next one.
                made = try await client.expireSecret(
                    made.name.rawValue, version: made.currentVersion,
                    at: Date(timeIntervalSinceNow: expiresIn.seconds), reason: self.why.reason)
            }
            return try made.presentation(saying: "made \(made.name)")
        }

        private func put(_ known: SecretInfo, _ client: CasareClient) async throws -> Presentation {
            if let kind = self.kind?.value, kind != known.kind {
                throw CommandFailure(
                    .conflict,
                    "\(known.name) is a \(known.kind.rawValue) and stays one; make another secret for a "
                        + kind.rawValue
                )
            }
            if self.description != nil || !self.label.isEmpty || self.provider != nil {
                throw CommandFailure(
                    .conflict,
                    "\(known.name) is there already: --description, --label and --provider are for a new one")
            }
            let put = try await client.putSecretVersion(
                known.name.rawValue,
                PutSecretRequest(
                    fields: try self.read(known.kind), expected: self.cas,
                    expiresAt: self.expiresIn.map { Date(timeIntervalSinceNow: $0.seconds) }, reason: self.why.reason))
            return try put.secret.presentation(saying: "version \(put.version) of \(put.secret.name) is current")
        }

        private func read(_ kind: Secret.Kind) throws(CommandFailure) -> SecretFields {
            self.value.isEmpty ? try SecretValueOptions.read(kind) : try self.value.read()
        }
    }

    /// Never repeats what stood there.
    static let valueAsArgument =
        "The value of a secret must not be an argument: others on this machine can read it, and the shell keeps it. "
        + "Leave it out to be asked for it, give it on stdin, or in a file with --field name=@FILE; and count what "
        + "stood there as known to others."
}
