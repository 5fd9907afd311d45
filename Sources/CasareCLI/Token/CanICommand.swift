import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

extension TokenCommand {
    struct CanI: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "can-i", abstract: "Say whether you may do something, and why.",
            usage: """
                casarectl token can-i <permission>
                casarectl token can-i <verb> <noun>
                casarectl token can-i --list
                """,
            discussion: """
                Ends with \(ExitReason.forbidden.rawValue) when the answer is no.

                  casarectl token can-i cancel jobs
                  casarectl token can-i workflow.execute && casarectl submit invoices
                """)
        @Argument(
            help: ArgumentHelp("A permission, or a verb and a noun.", valueName: "question"),
            completion: .list(Permission.allCases.map(\.rawValue)), transform: Text.notEmpty)
        var question: [String] = []
        @Flag(help: "List all permissions, and whether you have them.") var list = false
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func validate() throws {
            if self.list {
                guard self.question.isEmpty else { throw ValidationError("--list lists all permissions.") }
            } else {
                _ = try self.permission()
            }
        }

        /// The name of the permission that the question is about. Of one word the server knows what it is, which may
        /// be newer.
        private func permission() throws(ValidationError) -> String {
            switch self.question.count {
            case 1: return self.question[0]
            case 2:
                guard let permission = Permission.toDo(self.question[0], to: self.question[1]) else {
                    throw ValidationError(
                        "Nothing is known that is to \(self.question[0]) \(self.question[1]); name a permission, which "
                            + "casarectl token can-i --list shows.")
                }
                return permission.rawValue
            case let count where count > 2: throw ValidationError("Ask with a permission, or a verb and a noun.")
            default: throw ValidationError("Ask for what? Give a permission, a verb and a noun, or --list.")
            }
        }

        func run() async throws {
            if self.list { return try await self.showAll() }
            let permission = try self.permission()
            var isAllowed = false
            try await self.answer.show(CanIResponse.headings) { client, _ in
                let response = try await client.canI(permission)
                isAllowed = response.allowed
                return try response.presentation()
            }
            if !isAllowed { throw QuietExit(.forbidden) }
        }

        private func showAll() async throws {
            try await self.answer.show(HeldPermission.columns.map(\.heading)) { client, _ in
                let held = HeldPermission.all(of: try await client.identity())
                return try Presentation(list: held, columns: HeldPermission.columns, name: \.permission)
            }
        }
    }
}

/// A permission, and whether the caller has it.
struct HeldPermission: Hashable, Sendable, Encodable {
    let permission: String
    let allowed: Bool

    static let columns: [Column<HeldPermission>] = [
        Column("permission") { .text($0.permission) },
        Column("allowed") { .flag($0.allowed) },
    ]

    /// Those that this program knows, then those of a newer server.
    static func all(of identity: IdentityResponse) -> [HeldPermission] {
        let known = Permission.allCases.map(\.rawValue)
        let held = Set(identity.permissions)
        return known.map { HeldPermission(permission: $0, allowed: held.contains($0)) }
            + identity.permissions.filter { !known.contains($0) }.map { HeldPermission(permission: $0, allowed: true) }
    }
}

extension CanIResponse {
    static let columns: [Column<CanIResponse>] = [
        Column("permission") { .text($0.permission) },
        Column("allowed") { .flag($0.allowed) },
        Column("why", shrinks: true) { .text($0.why) },
    ]

    static var headings: [Heading] { self.columns.map(\.heading) }

    func presentation() throws -> Presentation {
        let answer = "\(self.allowed ? "yes" : "no"), \(self.permission): \(self.why)"
        return try Presentation(
            single: self, columns: Self.columns, name: self.permission, sheet: Sheet(answer))
    }
}
