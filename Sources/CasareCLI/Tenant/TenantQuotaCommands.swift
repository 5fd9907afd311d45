import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

/// `workflows=50`.
struct QuotaAssignment: Hashable, Sendable {
    let quota: Quota
    /// `nil`: nothing bounds it.
    let limit: Int64?

    static let names = Quota.allCases.map(\.rawValue)

    @Sendable init(parsing argument: String) throws {
        let halves = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(halves[0]).lowercased().replacing("-", with: "_")
        guard halves.count == 2, let quota = Quota(rawValue: name) else {
            let advice = Spelling.nearest(to: name, among: Self.names).map { "; did you mean \($0)?" } ?? ""
            throw UnexpectedText(
                expected:
                    "a quota and a number, such as workflows=50, of \(Self.names.joined(separator: ", "))\(advice)")
        }
        self.quota = quota
        let text = halves[1].lowercased()
        guard text != "none" else {
            self.limit = nil
            return
        }
        guard let limit = Int64(text), (0...Quota.limitMax).contains(limit) else {
            throw UnexpectedText(expected: "\(quota.rawValue)=NUMBER, or \(quota.rawValue)=none for no bound")
        }
        self.limit = limit
    }
}

extension TenantCommand {
    struct SetQuota: AsyncParsableCommand, Changing {
        static let configuration = CommandConfiguration(
            commandName: "quota", abstract: "Set what a tenant may have.",
            discussion: """
                Quotas that are not named stay as they are; with --tier all of them are taken from that preset first. \
                Who has more already keeps it, and gets no more.

                  casarectl tenant quota acme --tier standard concurrency=200 storage_bytes=none

                workflows, robots, schedules, secrets   how many there may be
                queued_jobs           jobs that wait at a time
                executions_per_hour   jobs made within an hour of the clock
                concurrency           jobs that robots run at once
                storage_bytes         of documents, variables, results, journals and logs
                """)
        @OptionGroup var tenant: TenantNameArgument
        @Argument(
            help: ArgumentHelp("A quota and its number, or none.", valueName: "quota=number"),
            completion: .list(QuotaAssignment.names.map { "\($0)=" }), transform: QuotaAssignment.init(parsing:))
        var assignments: [QuotaAssignment] = []
        @Option(help: "A preset to begin with.") var tier: CaseArgument<TenantTier>?
        @OptionGroup var why: ReasonOption
        @OptionGroup var bulk: BulkOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func validate() throws {
            guard !self.assignments.isEmpty || self.tier != nil else {
                throw ValidationError("Say what changes, such as workflows=50, or --tier standard.")
            }
            for quota in Quota.allCases where self.assignments.count(where: { $0.quota == quota }) > 1 {
                throw ValidationError("\(quota.rawValue) is there twice; give it once.")
            }
        }

        func run() async throws {
            let name = self.tenant.name
            try await self.change.run(TenantInfo.headings, "set the quotas of tenant \(name)") { client in
                let known = try await client.tenant(named: name)
                return .shown(try self.request(after: known.quotas).dryRun(of: known))
            } asked: { client, _ in
                let before = try await self.tier == nil ? client.tenant(named: name).quotas : Quotas()
                return try await client.setQuotas(ofTenant: name, self.request(after: before)).presentation()
            }
        }

        /// - Parameter before: what counts where no preset takes its place.
        private func request(after before: Quotas) -> SetQuotasRequest {
            var quotas = self.tier?.value.quotas ?? before
            for assignment in self.assignments { quotas[assignment.quota] = assignment.limit }
            // What a preset bounds and the line does not is said in full.
            let tier = self.assignments.isEmpty ? self.tier?.value : nil
            return SetQuotasRequest(tier: tier, quotas: quotas, reason: self.why.reason)
        }
    }

    struct Usage: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "usage", abstract: "Show what a tenant has, beside what it may have; without a name, your own."
        )
        @Argument(help: "The tenant's name (default: your own).", transform: Text.notEmpty) var name: String?
        @Flag(help: "Measure what is stored, which reads all of it.") var measure = false
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.answer.show(UsageInfo.Line.columns.map(\.heading)) { client, _ in
                let usage = try await client.usage(ofTenant: self.name, measuringStorage: self.measure)
                return try Presentation(
                    list: usage.lines, columns: UsageInfo.Line.columns, name: { $0.quota.rawValue })
            }
        }
    }
}

extension UsageInfo.Line {
    static let columns: [Column<UsageInfo.Line>] = [
        Column("quota") { .text($0.quota.rawValue) },
        Column("used") { .text($0.used.map { String($0) } ?? "unknown") },
        Column("limit") { .text($0.limit.map { String($0) } ?? "none") },
    ]
}
