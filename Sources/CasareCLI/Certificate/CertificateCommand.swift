import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire
import FoundationEssentials

extension RobotCommand {
    struct Certificates: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "certificates", abstract: "List certificates of robots, newest first.",
            discussion: "Also those that have ended, for 30 days.")
        @Argument(help: "Of this robot alone.", transform: RobotArgument.parse) var robot: RobotArgument?
        @OptionGroup var paging: PagingOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.paging.list(
                RobotCertificateInfo.columns, name: \.serial, to: self.answer
            ) { client, limit, cursor in
                let page = try await client.certificates(of: self.robot?.id, limit: limit, cursor: cursor)
                return (page.certificates, page.nextCursor)
            }
        }
    }

    struct Certificate: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "certificate", abstract: "One certificate of a robot.", subcommands: [Revoke.self])

        struct Revoke: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                commandName: "revoke", abstract: "Make a certificate worthless, at once and for good.",
                discussion: """
                    What it was renewed with since goes with it. The robot's next request is refused; its jobs go to \
                    others when its session has run out. To let it in again, make an enrollment for it, and enroll \
                    with --force.
                    """)
            @Argument(help: "The robot's ID.", transform: RobotArgument.parse) var robot: RobotArgument
            @Argument(
                help: "The certificate's serial number, from casarectl robot certificates.", transform: Text.notEmpty)
            var serial: String
            @OptionGroup var why: ReasonOption
            @Flag(name: .shortAndLong, help: "Answer yes to the question.") var yes = false
            @OptionGroup(title: "Output") var output: OutputOptions
            @OptionGroup(title: "Server") var connection: ConnectionOptions

            func run() async throws {
                try self.output.check(RobotCertificateInfo.columns.map(\.heading))
                try await self.connection.withClient { client, server in
                    // The robot is locked out at once: always ask.
                    try Consent.needed(
                        isSelection: true, server: server, yes: self.yes, canAsk: Terminal.standard.canAsk
                    ).obtain(for: "revoke certificate \(self.serial) of robot \(self.robot.id)")
                    let revoked = try await client.revokeCertificate(
                        self.serial, of: self.robot.id, reason: self.why.reason)
                    try self.output.print(
                        try Presentation(
                            single: revoked, columns: RobotCertificateInfo.columns, name: revoked.serial,
                            sheet: Sheet("revoked certificate \(revoked.serial) of robot \(revoked.robot)")))
                }
            }
        }
    }
}

extension RobotCertificateInfo {
    static let columns: [Column<RobotCertificateInfo>] = [
        Column("robot") { .text($0.robot.description) },
        Column("serial") { .text($0.serial) },
        Column("issued_at") { .time($0.issuedAt) },
        Column("expires_at") { .time($0.expiresAt) },
        Column("revoked_at") { .time($0.revokedAt) },
        Column("revoked_by", wide: true) { .text($0.revokedBy) },
        Column("why", wide: true, shrinks: true) { .text($0.revokedWhy) },
        Column("enrolment", wide: true) { .text($0.enrolment) },
        Column("renews", wide: true) { .text($0.renews) },
        Column("fingerprint", wide: true) { .text($0.fingerprint) },
    ]
}
