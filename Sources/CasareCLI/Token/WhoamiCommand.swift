import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

struct WhoamiCommand: AsyncParsableCommand, Answering {
    static let configuration = CommandConfiguration(
        commandName: "whoami", abstract: "Show who you are to the server, and what you may do.")
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Server") var connection: ConnectionOptions

    func run() async throws {
        try await self.answer.show(IdentityResponse.headings) { client, server in
            try await client.identity().presentation(at: server)
        }
    }
}

extension IdentityResponse {
    static let columns: [Column<IdentityResponse>] = [
        Column("name", shrinks: true) { .text($0.name) },
        Column("role") { .text($0.role.rawValue) },
        Column("kind") { .text($0.kind) },
        Column("tenant") { .number($0.tenant) },
        Column("robot") { .text($0.robot?.description) },
        Column("permissions") { .number($0.permissions.count) },
        Column("scopes", wide: true) { .text($0.scopes?.joined(separator: " ")) },
    ]

    static var headings: [Heading] { self.columns.map(\.heading) }

    func presentation(at server: Server) throws -> Presentation {
        var sheet = Sheet("\(self.name) at \(server.url)")
        sheet.add("role", .text(self.role.rawValue))
        sheet.add("shown by", .text(self.kind))
        sheet.add("tenant", .number(self.tenant))
        sheet.add("speaks for", .text(self.robot.map { "robot \($0) alone" }))
        sheet.add("cut down to", .text(self.scopes?.joined(separator: ", ")))
        sheet.add("context", .text(server.contextName))
        sheet.sections.append(.lines(title: "Permissions", PermissionLines.text(of: self.permissions)))
        return try Presentation(single: self, columns: Self.columns, name: self.name, sheet: sheet)
    }
}
