import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire
import FoundationEssentials

struct AuthorityCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ca", abstract: "The certificate authority that signs the certificates of robots.",
        discussion: """
            active    it signs
            retiring  another one signs; what it has signed still counts
            server    not of robots: what the server shows of its own certificate
            """,
        subcommands: [Show.self, Rotate.self])

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Show authorities and what the server shows of itself, with fingerprints.",
            discussion: """
                The last certificate of the server is the one to name with casarectl robot enroll --ca-fingerprint. \
                With -o json the certificates themselves are there, in PEM form.
                """)
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try self.output.check(KnownCertificate.columns.map(\.heading))
            let server = try self.connection.server()
            // It takes no token.
            let told = try await LoginCommand.withClient(of: server.url, token: nil, server.tls) {
                try await $0.authorities()
            }
            try self.output.print(try told.presentation())
        }
    }

    struct Rotate: AsyncParsableCommand, Changing {
        static let configuration = CommandConfiguration(
            commandName: "rotate", abstract: "Let another authority sign from now on.",
            discussion: """
                What the one before has signed counts until it ends: robots come to the new one when they renew. The \
                key of the old one is destroyed.
                """)
        @OptionGroup var why: ReasonOption
        @OptionGroup var bulk: BulkOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.change.run(
                KnownCertificate.columns.map(\.heading), "let another certificate authority sign", isSelection: true
            ) { client in
                .shown(try await client.authorities().presentation())
            } asked: { client, _ in
                try await client.rotateAuthority(reason: self.why.reason).presentation()
            }
        }
    }
}

/// A certificate of a list, whatever it is for.
private struct KnownCertificate: Encodable, Hashable, Sendable {
    let state: String
    let subject: String
    let notAfter: Date
    let fingerprint: String
    let certificate: String

    static let columns: [Column<KnownCertificate>] = [
        Column("state") { .text($0.state) },
        Column("subject", shrinks: true) { .text($0.subject) },
        Column("not_after") { .time($0.notAfter) },
        Column("fingerprint") { .text($0.fingerprint) },
    ]
}

extension AuthoritiesResponse {
    fileprivate func presentation() throws -> Presentation {
        let signing = self.authorities.map {
            KnownCertificate(
                state: $0.state.rawValue, subject: $0.subject, notAfter: $0.notAfter, fingerprint: $0.fingerprint,
                certificate: $0.certificate)
        }
        let served = self.served.map {
            KnownCertificate(
                state: "server", subject: $0.subject, notAfter: $0.notAfter, fingerprint: $0.fingerprint,
                certificate: $0.certificate)
        }
        return try Presentation(list: signing + served, columns: KnownCertificate.columns, name: \.fingerprint)
    }
}
