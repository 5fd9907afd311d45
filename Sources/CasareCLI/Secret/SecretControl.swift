import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire
import FoundationEssentials

/// What the commands have in common that take versions of secrets, or all of them, away or bring them back.
struct SecretVersionsOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("Names or IDs, or - for stdin, each on a line.", valueName: "secret"))
    var secrets: [String]
    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "This version alone, of one secret (default: the whole secret); may be repeated.", valueName: "n"),
        transform: Text.number(in: 1...Int(Int32.max)))
    var version: [Int] = []
    @OptionGroup var why: ReasonOption
    @OptionGroup var bulk: BulkOptions
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Server") var connection: ConnectionOptions

    /// What is done to each of them.
    struct Deed {
        /// `delete`.
        let verb: String
        /// It cannot be taken back: a lone one is asked about, too.
        var isFinal = false
        /// What is said of a lone one afterwards: `deleted the secret db/prod`.
        let done: (_ what: String) -> String
        let act: (CasareClient, _ name: String, _ versions: [Int]?, _ reason: String?) async throws -> SecretInfo
    }

    /// Goes on after one that fails, and says which did.
    ///
    /// - Throws: `.usage` for versions of several secrets; `.confirmationNeeded` without a yes, and where all that is
    ///   not done waits for a second person; else as `BulkOutcome.check`.
    func run(_ deed: Deed) async throws {
        try self.output.check(SecretInfo.headings)
        let names = try NamedThings.all(
            self.secrets, readInput: { try TextInput.standardInput.read() }, separatedBy: \.isNewline,
            noun: "secret", Text.notEmpty)
        let versions = Array(Set(self.version)).sorted()
        guard versions.isEmpty || names.count == 1 else {
            throw CommandFailure(
                .usage, "--version is about one secret, and \(names.count) are named; name them one at a time")
        }
        let what = Self.what(names, versions)
        var change = NamedChange(
            bulk: self.bulk, output: self.output, noun: "secret", verb: deed.verb, isFinal: deed.isFinal)
        if names.count == 1 { change.question = { _ in "\(deed.verb) \(what)" } }
        try await self.connection.withClient { client, server in
            let ended = try await change.outcome(on: names, of: server) {
                try await client.secret($0).detail
            } asked: {
                try await deed.act(client, $0, versions.isEmpty ? nil : versions, self.why.reason)
            }
            guard let (outcome, selection) = ended else { return }
            try change.show(outcome.done, of: selection, columns: SecretInfo.columns, name: \.name.rawValue) {
                try $0.presentation(saying: deed.done(what))
            }
            try Self.check(outcome, selection)
        }
    }

    /// A lone one: `versions 1, 2 of db/prod`.
    private static func what(_ names: [String], _ versions: [Int]) -> String {
        let name = names[0]
        guard !versions.isEmpty else { return "the secret \(name)" }
        let numbers = versions.map(String.init).joined(separator: ", ")
        return "version\(versions.count == 1 ? "" : "s") \(numbers) of \(name)"
    }

    private static func check(_ outcome: BulkOutcome<SecretInfo>, _ selection: Selection) throws(CommandFailure) {
        let waiting = outcome.failures.count { $0.failure.status == .confirmationNeeded }
        guard selection.items.count > 1, waiting > 0, waiting == outcome.failures.count else {
            return try outcome.check(selection)
        }
        throw CommandFailure(
            .confirmationNeeded,
            "\(outcome.done.count) of \(selection.count) done, \(waiting) wait for a second person: casarectl op "
                + "approvals lists them; do it again with those that somebody has agreed to")
    }
}

extension SecretCommand {
    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "delete", abstract: "Give secrets, or versions of one, to nobody any more.",
            discussion: "The values are kept: undelete brings them back, and destroy takes them away for good.",
            aliases: ["rm"])
        @OptionGroup var options: SecretVersionsOptions

        func run() async throws {
            try await self.options.run(
                .init(
                    verb: "delete", done: { "deleted \($0)" },
                    act: { try await $0.deleteSecret($1, versions: $2, reason: $3) }))
        }
    }

    struct Undelete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "undelete", abstract: "Bring back secrets, or versions of one, that were deleted.")
        @OptionGroup var options: SecretVersionsOptions

        func run() async throws {
            try await self.options.run(
                .init(
                    verb: "undelete", done: { "undeleted \($0)" },
                    act: { try await $0.undeleteSecret($1, versions: $2, reason: $3) }))
        }
    }

    struct Destroy: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "destroy", abstract: "Overwrite the values of secrets, or of versions of one, for good.",
            discussion: """
                Their names, their versions' numbers and their audit stay. Where the tenant asks for a second person, \
                somebody else approves it first, each secret by itself: casarectl op approve. Ends with 12 when that is \
                all that is missing.
                """)
        @OptionGroup var options: SecretVersionsOptions
        @Flag(help: "Do not wait for a second person; needs --reason, and is noted loudly.") var breakGlass = false

        func validate() throws { try self.options.why.check(breaksGlass: self.breakGlass) }

        func run() async throws {
            let breaksGlass = self.breakGlass
            try await self.options.run(
                .init(
                    verb: "destroy", isFinal: true, done: { "destroyed \($0)" },
                    act: { try await $0.destroySecret($1, versions: $2, reason: $3, breakGlass: breaksGlass) }))
        }
    }

    struct Expire: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "expire", abstract: "Say from when on secrets, or a version of one, are given to nobody.",
            discussion: """
                  casarectl secret expire partner/key --in 90d
                  casarectl secret list --prefix trial/ -o name | casarectl secret expire - --at 2027-01-01T00:00:00Z
                  casarectl secret expire partner/key --never

                The value is kept, and a new version has no end unless it is said. A time that is past ends it at once.
                """)
        @OptionGroup var options: SecretVersionsOptions
        @Option(
            name: .customLong("in"), parsing: .unconditional,
            help: ArgumentHelp("After this time, such as 90d.", valueName: "time"), transform: PositiveTimeSpan.parse)
        var span: PositiveTimeSpan?
        @Option(
            parsing: .unconditional, help: ArgumentHelp("From this time on (ISO 8601).", valueName: "time"),
            transform: Moment.parse)
        var at: Moment?
        @Flag(help: "They do not expire any more.") var never = false

        func validate() throws {
            guard [self.span != nil, self.at != nil, self.never].count(where: { $0 }) == 1 else {
                throw ValidationError("Say when with one of --in, --at and --never.")
            }
            guard self.options.version.count < 2 else {
                throw ValidationError("A version expires by itself: give --version once.")
            }
        }

        func run() async throws {
            let end = self.at?.date ?? self.span.map { Date(timeIntervalSinceNow: $0.seconds) }
            try await self.options.run(
                .init(
                    verb: self.never ? "lift the end of" : "expire",
                    done: { what in
                        end.map { "\(what) expires at \($0.formatted(.iso8601))" } ?? "\(what) does not expire any more"
                    },
                    act: { client, name, versions, reason in
                        try await client.expireSecret(name, version: versions?.first, at: end, reason: reason)
                    }))
        }
    }

    struct Rollback: AsyncParsableCommand, Changing {
        static let configuration = CommandConfiguration(
            commandName: "rollback", abstract: "Put the value of an old version in the place of the current one.",
            discussion: "It is a new version with the old value: nothing of what was there meanwhile is lost.")
        @Argument(help: "The secret's name or ID.", transform: Text.notEmpty) var secret: String
        @Option(
            name: [.customLong("to"), .customLong("version")], parsing: .unconditional,
            help: ArgumentHelp("The version whose value comes back.", valueName: "n"),
            transform: Text.number(in: 1...Int(Int32.max)))
        var version: Int
        @Option(
            parsing: .unconditional,
            help: ArgumentHelp("Only if this is the current version still; else end with 5.", valueName: "n"),
            transform: Text.number(in: 1...Int(Int32.max)))
        var cas: Int?
        @OptionGroup var why: ReasonOption
        @OptionGroup var bulk: BulkOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            let what = "roll the secret \(self.secret) back to version \(self.version)"
            try await self.change.run(SecretInfo.headings, what) { client in
                let known = try await client.secret(self.secret)
                return .said("would \(what); version \(known.currentVersion) is current")
            } asked: { client, _ in
                let put = try await client.rollBackSecret(
                    self.secret,
                    RollBackSecretRequest(version: self.version, expected: self.cas, reason: self.why.reason))
                return try put.secret.presentation(
                    saying: "version \(put.version) of \(put.secret.name) has the value of version \(self.version)")
            }
        }
    }
}
