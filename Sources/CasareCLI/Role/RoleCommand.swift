import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

struct RoleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "role", abstract: "What the bearers of tokens may do.",
        discussion: """
            viewer, operator, developer, admin and robot are always there. Others are made of permissions, such as \
            execution.read, or workflow.* for all of a noun; casarectl token can-i --list shows those that there are. \
            Nobody gives what they do not have.

              casarectl role create clerk --permission item.create --permission item.read
              casarectl token create till --role clerk
            """,
        subcommands: [Create.self, List.self, Get.self, Update.self, Delete.self], aliases: ["roles"])
}

/// An option that names permissions.
enum PermissionsArgument {
    static var help: ArgumentHelp {
        ArgumentHelp("A permission, or noun.* for all of a noun; may be repeated.", valueName: "name")
    }
}

extension RoleCommand {
    struct Create: AsyncParsableCommand, Changing {
        static let configuration = CommandConfiguration(commandName: "create", abstract: "Create a role.")
        @Argument(help: "Its name.", transform: RoleArgument.parse) var role: RoleArgument
        @Option(help: PermissionsArgument.help, transform: Text.notEmpty)
        var permission: [String] = []
        @Option(help: ArgumentHelp("What it is for.", valueName: "text"), transform: Text.notEmpty)
        var description: String?
        @OptionGroup var why: ReasonOption
        @OptionGroup var bulk: BulkOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func validate() throws {
            if self.permission.isEmpty {
                throw ValidationError("Say what it may do, such as --permission execution.read.")
            }
        }

        func run() async throws {
            let request = CreateRoleRequest(
                name: self.role.name, description: self.description, permissions: self.permission,
                reason: self.why.reason)
            try await self.change.run(RoleInfo.headings, "create the role \(request.name)") { client in
                .shown(try await request.dryRun(client))
            } asked: { client, _ in
                let created = try await client.createRole(request)
                return try created.presentation(saying: "created \(created.name)")
            }
        }
    }

    struct List: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List roles: those that are always there, then others by name.",
            aliases: ["ls"])
        @OptionGroup var paging: PagingOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.paging.list(RoleInfo.columns, name: \.name.rawValue, to: self.answer) {
                client, limit, cursor in
                let page = try await client.roles(limit: limit, cursor: cursor)
                return (page.roles, page.nextCursor)
            }
        }
    }

    struct Get: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "get", abstract: "Show a role, and what it allows.", aliases: ["show"])
        @Argument(help: "Its name.", transform: RoleArgument.parse) var role: RoleArgument
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.answer.show(RoleInfo.headings) { client, _ in
                try await client.role(self.role.name).presentation()
            }
        }
    }

    struct Update: AsyncParsableCommand, Changing {
        static let configuration = CommandConfiguration(
            commandName: "update", abstract: "Change what a role allows.",
            discussion: """
                It holds for everybody who has the role, within a few seconds. What is not named stays as it is; \
                --permission names all that it is to allow.
                """)
        @Argument(help: "Its name.", transform: RoleArgument.parse) var role: RoleArgument
        @Option(help: PermissionsArgument.help, transform: Text.notEmpty)
        var permission: [String] = []
        @Option(help: ArgumentHelp("Allow this, too; may be repeated.", valueName: "name"), transform: Text.notEmpty)
        var add: [String] = []
        @Option(
            help: ArgumentHelp("Allow this no more; may be repeated.", valueName: "name"), transform: Text.notEmpty)
        var remove: [String] = []
        @Option(help: ArgumentHelp("What it is for.", valueName: "text"), transform: Text.notEmpty)
        var description: String?
        @Flag(help: "Take its description away.") var noDescription = false
        @OptionGroup var why: ReasonOption
        @OptionGroup var bulk: BulkOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func validate() throws {
            if self.noDescription, self.description != nil {
                throw ValidationError("Give --description or --no-description, not both.")
            }
            if !self.permission.isEmpty, !(self.add.isEmpty && self.remove.isEmpty) {
                throw ValidationError("Name all with --permission, or a difference with --add and --remove.")
            }
            if self.request == UpdateRoleRequest() { throw ValidationError("Say what is to change.") }
        }

        private var request: UpdateRoleRequest {
            var request = UpdateRoleRequest(
                permissions: self.permission.isEmpty ? nil : self.permission, add: self.add.isEmpty ? nil : self.add,
                remove: self.remove.isEmpty ? nil : self.remove)
            if let description { request.description = .set(description) }
            if self.noDescription { request.description = .remove }
            return request
        }

        func run() async throws {
            let name = self.role.name
            var request = self.request
            request.reason = self.why.reason
            // Everybody who has it is changed, and none of them was named.
            try await self.change.run(RoleInfo.headings, "change the role \(name)", isSelection: true) { client in
                .shown(try await request.dryRun(of: name, client))
            } asked: { client, _ in
                let changed = try await client.updateRole(name, request)
                return try changed.presentation(saying: "changed \(changed.name)")
            }
        }
    }

    struct Delete: AsyncParsableCommand, Changing {
        static let configuration = CommandConfiguration(
            commandName: "delete", abstract: "Delete a role that no token has.", aliases: ["rm"])
        @Argument(help: "Its name.", transform: RoleArgument.parse) var role: RoleArgument
        @OptionGroup var why: ReasonOption
        @OptionGroup var bulk: BulkOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            let name = self.role.name
            try await self.change.run(RoleInfo.headings, "delete the role \(name)") { client in
                let known = try await client.role(name)
                try known.checkIsOwn("deleted")
                return .shown(try known.presentation(saying: "would delete \(name)"))
            } asked: { client, _ in
                let deleted = try await client.deleteRole(name, reason: self.why.reason)
                return try deleted.presentation(saying: "deleted \(deleted.name)")
            }
        }
    }
}
