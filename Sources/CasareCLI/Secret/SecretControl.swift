import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

/// What the commands have in common that take versions of a secret, or all of it, away or bring them back.
struct SecretVersionsOptions: ParsableArguments, Changing {
    @Argument(help: "The secret's name or ID.", transform: Text.notEmpty) var secret: String
    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("This version alone (default: the whole secret); may be repeated.", valueName: "n"),
        transform: Text.number(in: 1...Int(Int32.max)))
    var version: [Int] = []
    @OptionGroup var why: ReasonOption
    @OptionGroup var bulk: BulkOptions
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Server") var connection: ConnectionOptions

    /// - Parameters:
    ///   - verb: `delete`.
    ///   - past: `deleted`.
    ///   - isFinal: it cannot be taken back.
    func run(
        _ verb: String, past: String, isFinal: Bool = false,
        _ act: (CasareClient, _ name: String, _ versions: [Int]?, _ reason: String?) async throws -> SecretInfo
    ) async throws {
        let versions = Array(Set(self.version)).sorted()
        let what =
            versions.isEmpty
            ? "the secret \(self.secret)"
            : "version\(versions.count == 1 ? "" : "s") \(versions.map(String.init).joined(separator: ", ")) of "
                + self.secret
        try await self.change.run(SecretInfo.headings, "\(verb) \(what)", isSelection: isFinal) { client in
            let known = try await client.secret(self.secret)
            return .said("would \(verb) \(what): \(known.detail)")
        } asked: { client, _ in
            let changed = try await act(client, self.secret, versions.isEmpty ? nil : versions, self.why.reason)
            return try changed.presentation(saying: "\(past) \(what)")
        }
    }
}

extension SecretCommand {
    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "delete", abstract: "Give a secret, or versions of it, to nobody any more.",
            discussion: "The value is kept: undelete brings it back, and destroy takes it away for good.",
            aliases: ["rm"])
        @OptionGroup var options: SecretVersionsOptions

        func run() async throws {
            try await self.options.run("delete", past: "deleted") {
                try await $0.deleteSecret($1, versions: $2, reason: $3)
            }
        }
    }

    struct Undelete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "undelete", abstract: "Bring back a secret, or versions of it, that were deleted.")
        @OptionGroup var options: SecretVersionsOptions

        func run() async throws {
            try await self.options.run("undelete", past: "undeleted") {
                try await $0.undeleteSecret($1, versions: $2, reason: $3)
            }
        }
    }

    struct Destroy: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "destroy", abstract: "Overwrite the value of a secret, or of versions of it, for good.",
            discussion: """
                Its name, its versions' numbers and its audit stay. Where the tenant asks for a second person, \
                somebody else approves it first: casarectl op approve.
                """)
        @OptionGroup var options: SecretVersionsOptions
        @Flag(help: "Do not wait for a second person; needs --reason, and is noted loudly.") var breakGlass = false

        func validate() throws { try self.options.why.check(breaksGlass: self.breakGlass) }

        func run() async throws {
            let breaksGlass = self.breakGlass
            try await self.options.run("destroy", past: "destroyed", isFinal: true) {
                try await $0.destroySecret($1, versions: $2, reason: $3, breakGlass: breaksGlass)
            }
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
