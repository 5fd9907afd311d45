import ArgumentParser
import CasareClient
import CasareWire
import FoundationEssentials

struct EnrollmentCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enrollment", abstract: "Tokens that let new robots in, each with a certificate of its own.",
        subcommands: [Create.self, List.self, Revoke.self], aliases: ["enrollments", "enrolment", "enrolments"])

    struct Create: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "create", abstract: "Create an enrollment and print its token.",
            discussion: "It is shown this once. On the robot's machine: casarectl robot enroll.")
        @Option(
            help: ArgumentHelp(
                "The robot's ID; or the beginning of one and an asterisk, such as mill-*, for new robots (default: any "
                    + "new robot).", valueName: "name"), transform: Text.notEmpty)
        var name: String?
        @Option(
            parsing: .unconditional, help: ArgumentHelp("How many robots it lets in, 1 to 1000.", valueName: "n"),
            transform: Text.number(in: CreateEnrolmentRequest.usesRange))
        var uses = 1
        @Option(
            parsing: .unconditional,
            help: ArgumentHelp("It is worthless after this time, at most 30d (default: 24h).", valueName: "time"),
            transform: PositiveTimeSpan.parse)
        var expiresIn: PositiveTimeSpan?
        @Option(help: "The robots run jobs of this environment.", transform: Text.notEmpty) var environment: String?
        @Option(name: .customLong("tag"), help: "A tag of theirs; may be given several times.", transform: Text.label)
        var tags: [String] = []
        @Option(
            name: .customLong("capability"), help: "Something they can do; may be given several times.",
            transform: Text.label)
        var capabilities: [String] = []
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.answer.show(EnrolmentInfo.columns.map(\.heading)) { client, server in
                let created = try await client.createEnrolment(
                    CreateEnrolmentRequest(
                        name: self.name, environment: self.environment, tags: self.tags,
                        capabilities: self.capabilities, uses: self.uses,
                        expiresInSeconds: self.expiresIn?.seconds ?? CreateEnrolmentRequest.expiresInSecondsDefault))
                return try created.shownOnce(server.url)
            }
        }
    }

    struct List: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List enrollments, without the tokens themselves.", aliases: ["ls"])
        @OptionGroup var paging: PagingOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.paging.list(EnrolmentInfo.columns, name: \.id, to: self.answer) { client, limit, cursor in
                let page = try await client.enrolments(limit: limit, cursor: cursor)
                return (page.enrolments, page.nextCursor)
            }
        }
    }

    struct Revoke: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "revoke", abstract: "Make an enrollment's token worthless.",
            discussion: "The robots that it has let in stay: casarectl robot certificate revoke is about theirs.")
        @Argument(help: "The enrollment's ID.", transform: Text.notEmpty) var id: String
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.answer.show(EnrolmentInfo.columns.map(\.heading)) { client, _ in
                let revoked = try await client.revokeEnrolment(self.id)
                return try Presentation(
                    single: revoked, columns: EnrolmentInfo.columns, name: revoked.id,
                    sheet: Sheet("revoked enrollment \(revoked.id)"))
            }
        }
    }
}

extension EnrolmentInfo {
    static let columns: [Column<EnrolmentInfo>] = [
        Column("id") { .text($0.id) },
        Column("name") { .text($0.name) },
        Column("uses_left") { .number($0.usesLeft) },
        Column("uses_max") { .number($0.usesMax) },
        Column("created_at") { .time($0.createdAt) },
        Column("expires_at") { .time($0.expiresAt) },
        Column("revoked_at") { .time($0.revokedAt) },
        Column("prefix", wide: true) { .text($0.prefix) },
        Column("last_used_at", wide: true) { .time($0.lastUsedAt) },
        Column("created_by", wide: true) { .text($0.createdBy) },
        Column("environment", wide: true) { .text($0.environment) },
        Column("tags", wide: true) { .text($0.tags.joined(separator: " ")) },
        Column("capabilities", wide: true) { .text($0.capabilities.joined(separator: " ")) },
    ]
}

extension CreateEnrolmentResponse {
    /// The token itself for people; says on stderr that it is not shown again, and what to do with it.
    func shownOnce(_ url: ServerURL) throws -> Presentation {
        StandardStreams.report("created enrollment \(self.info.id); its token is not shown again")
        if let serverFingerprint {
            StandardStreams.report(
                "on the robot's machine: casarectl robot enroll --server \(url) --ca-fingerprint \(serverFingerprint)")
        } else {
            StandardStreams.report("casarectl: this server does not speak TLS, so no robot can show it a certificate")
        }
        return Presentation(
            single: self.info, columns: EnrolmentInfo.columns, name: self.info.id, json: try ValueEncoder.encode(self),
            sheet: Sheet(self.token))
    }
}
