import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

/// Which tenant.
struct TenantNameArgument: ParsableArguments {
    @Argument(help: "The tenant's name.", transform: Text.notEmpty) var name: String
}

/// What the commands that let a tenant stand still and go on have in common.
struct TenantSteeringOptions: ParsableArguments, Changing {
    @OptionGroup var tenant: TenantNameArgument
    @OptionGroup var why: ReasonOption
    @OptionGroup var bulk: BulkOptions
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Server") var connection: ConnectionOptions

    func run(
        _ verb: String, _ steer: (CasareClient, _ name: String, _ reason: String?) async throws -> TenantInfo
    ) async throws {
        let name = self.tenant.name
        try await self.change.run(TenantInfo.headings, verb, "tenant", name) { client in
            try await client.tenant(named: name).detail
        } asked: { client in
            try await steer(client, name, self.why.reason).presentation()
        }
    }
}

extension TenantCommand {
    struct Create: AsyncParsableCommand, Changing {
        static let configuration = CommandConfiguration(
            commandName: "create", abstract: "Create a tenant, and print the token of its first administrator.",
            discussion: """
                The token is shown this once. Names are small letters, digits and hyphens, and never change.

                  casarectl tenant create acme --display-name "Acme Ltd" --tier standard
                """)
        @OptionGroup var tenant: TenantNameArgument
        @Option(help: "Its name for people.", transform: Text.notEmpty) var displayName: String?
        @Option(help: "A preset of quotas (default: unlimited).") var tier: CaseArgument<TenantTier>?
        @Option(help: "Name of its first token (default: admin).", transform: Text.notEmpty) var admin: String?
        @OptionGroup var why: ReasonOption
        @OptionGroup var bulk: BulkOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            let request = CreateTenantRequest(
                name: self.tenant.name, displayName: self.displayName, tier: self.tier?.value, admin: self.admin,
                reason: self.why.reason)
            try await self.change.run(TenantInfo.headings, "create the tenant \(request.name)") { client in
                .shown(try await request.dryRun(client))
            } asked: { client, _ in
                let created = try await client.createTenant(request)
                StandardStreams.report(
                    TerminalText.line(
                        "created tenant \(created.tenant.name) and its token \(created.tokenName), which is not shown "
                            + "again"))
                return Presentation(
                    single: created.tenant, columns: TenantInfo.columns, name: created.tenant.name,
                    json: try ValueEncoder.encode(created), sheet: Sheet(created.token))
            }
        }
    }

    struct List: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List tenants by name.", aliases: ["ls"])
        @Option(help: "Only tenants in this state.") var status: CaseArgument<Tenant.Status>?
        @OptionGroup var paging: PagingOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.paging.list(TenantInfo.columns, name: \.name, to: self.answer) { client, limit, cursor in
                let page = try await client.tenants(status: self.status?.value, limit: limit, cursor: cursor)
                return (page.tenants, page.nextCursor)
            }
        }
    }

    struct Get: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "get", abstract: "Show a tenant; without a name, your own.", aliases: ["show"])
        @Argument(help: "The tenant's name (default: your own).", transform: Text.notEmpty) var name: String?
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.answer.show(TenantInfo.headings) { client, _ in
                guard let name = self.name else { return try await client.ownTenant().presentation() }
                return try await client.tenant(named: name).presentation()
            }
        }
    }

    struct Update: AsyncParsableCommand, Changing {
        static let configuration = CommandConfiguration(
            commandName: "update", abstract: "Change what is said of a tenant; without a name, of your own.",
            discussion: """
                With --require-approval on, what cannot be taken back waits for a second person: purges, secrets that \
                are destroyed, tenants that are deleted. To turn it off takes two persons, too.
                """)
        @Argument(help: "The tenant's name (default: your own).", transform: Text.notEmpty) var name: String?
        @Option(help: "Its name for people.", transform: Text.notEmpty) var displayName: String?
        @Flag(help: "Take its name for people away.") var noDisplayName = false
        @Option(help: "Whether two persons decide on what cannot be taken back.") var requireApproval: OnOff?
        @Option(
            help: ArgumentHelp(
                "For how many days its audit log is kept, 0 for ever; for those who run the installation.",
                valueName: "days"),
            transform: Text.number(in: Tenant.auditDaysRange))
        var auditDays: Int?
        @Flag(help: "Keep its audit log as long as the installation says.") var noAuditDays = false
        @Flag(help: "Do not wait for a second person; needs --reason, and is noted loudly.") var breakGlass = false
        @OptionGroup var why: ReasonOption
        @OptionGroup var bulk: BulkOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        enum OnOff: String, ExpressibleByArgument, CaseIterable, Sendable {
            case on, off
        }

        func validate() throws {
            guard
                self.displayName != nil || self.noDisplayName || self.requireApproval != nil || self.auditDays != nil
                    || self.noAuditDays
            else {
                throw ValidationError("Say what changes: --display-name, --require-approval or --audit-days.")
            }
            if self.noAuditDays, self.auditDays != nil {
                throw ValidationError("Give --audit-days or --no-audit-days, not both.")
            }
            if self.noDisplayName, self.displayName != nil {
                throw ValidationError("Give --display-name or --no-display-name, not both.")
            }
            try self.why.check(breaksGlass: self.breakGlass)
        }

        func run() async throws {
            let request = ChangeTenantRequest(
                displayName: self.noDisplayName ? "" : self.displayName,
                requiresApproval: self.requireApproval.map { $0 == .on },
                auditDays: self.noAuditDays ? .remove : self.auditDays.map(MemberChange.set) ?? .keep,
                reason: self.why.reason, breakGlass: self.breakGlass ? true : nil)
            let what = self.name.map { "change tenant \($0)" } ?? "change your own tenant"
            try await self.change.run(TenantInfo.headings, what) { client in
                guard let name = self.name else { return .shown(try request.dryRun(of: try await client.ownTenant())) }
                return .shown(try request.dryRun(of: try await client.tenant(named: name)))
            } asked: { client, _ in
                guard let name = self.name else { return try await client.changeOwnTenant(request).presentation() }
                return try await client.changeTenant(named: name, request).presentation()
            }
        }
    }

    struct Suspend: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "suspend", abstract: "Turn a tenant's callers away, and let nothing begin.",
            discussion: "Jobs that run go on to their ends. casarectl tenant resume lets it go on.")
        @OptionGroup var steering: TenantSteeringOptions

        func run() async throws {
            try await self.steering.run("suspend") { try await $0.suspendTenant(named: $1, reason: $2) }
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "resume", abstract: "Let a tenant go on that was suspended or is to be deleted.")
        @OptionGroup var steering: TenantSteeringOptions

        func run() async throws {
            try await self.steering.run("resume") { try await $0.resumeTenant(named: $1, reason: $2) }
        }
    }

    struct Delete: AsyncParsableCommand, Changing {
        static let configuration = CommandConfiguration(
            commandName: "delete", abstract: "Suspend a tenant, and take its data away after a time to undo it.",
            discussion: """
                Until the time to undo is over, casarectl tenant resume brings it back. Then its data is taken away, \
                batch by batch; casarectl tenant get shows how far that is. Its audit trail stays for its own time.
                """, aliases: ["rm"])
        @OptionGroup var tenant: TenantNameArgument
        @Option(
            parsing: .unconditional,
            help: ArgumentHelp("For how long it can be undone, 0s for not at all (default: 7d).", valueName: "time"),
            transform: TimeSpan.parse)
        var undoWithin: TimeSpan?
        @Flag(help: "Do not wait for a second person; needs --reason, and is noted loudly.") var breakGlass = false
        @OptionGroup var why: ReasonOption
        @OptionGroup var bulk: BulkOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func validate() throws {
            try self.why.check(breaksGlass: self.breakGlass)
        }

        func run() async throws {
            let what = "delete tenant \(self.tenant.name) and all of its data"
            try await self.change.run(TenantInfo.headings, what, isSelection: true) { client in
                let known = try await client.tenant(named: self.tenant.name)
                let undo = self.undoWithin?.seconds ?? Double(Tenant.undoSecondsDefault)
                let time = undo > 0 ? "after \(TimeSpan.text(seconds: undo)) to undo it" : "at once"
                return .shown(try known.presentation(saying: "would \(what), \(time)"))
            } asked: { client, _ in
                try await client.deleteTenant(
                    named: self.tenant.name, undoSeconds: self.undoWithin.map { Int($0.seconds) },
                    reason: self.why.reason, breakGlass: self.breakGlass
                ).presentation()
            }
        }
    }
}
