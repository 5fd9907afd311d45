import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

/// What the two commands that decide have in common.
struct DecisionOptions: ParsableArguments, Changing {
    @Argument(
        help: "The ID that the one who asked was told; an operation's own.",
        transform: { text in
            guard let id = Approval.ID(text) else { throw UnexpectedText(expected: "an ID, which is a UUID") }
            return id
        })
    var approval: Approval.ID
    @OptionGroup var why: ReasonOption
    @OptionGroup var bulk: BulkOptions
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Server") var connection: ConnectionOptions

    func run(
        _ verb: String, _ change: (CasareClient, Approval.ID, _ reason: String?) async throws -> ApprovalInfo
    ) async throws {
        let id = self.approval
        try await self.change.run(ApprovalInfo.columns.map(\.heading), verb, "approval", id.description) { client in
            try await client.approval(id).question
        } asked: { client in
            try await change(client, id, self.why.reason).presentation()
        }
    }
}

extension OperationCommand {
    struct Approve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "approve", abstract: "Agree to what somebody else wants to do and cannot take back.",
            discussion: """
                An operation goes on with this. What else was asked for, the one who asked may do once, within a day, \
                by the same command.
                """)
        @OptionGroup var decision: DecisionOptions

        func run() async throws { try await self.decision.run("approve") { try await $0.approve($1, reason: $2) } }
    }

    struct Deny: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "deny", abstract: "Refuse what somebody else wants to do and cannot take back.")
        @OptionGroup var decision: DecisionOptions

        func run() async throws { try await self.decision.run("deny") { try await $0.deny($1, reason: $2) } }
    }

    struct Approvals: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "approvals", abstract: "List what waits for a second person, or did, newest first.")
        @Option(help: "Only those in this state.") var status: CaseArgument<Approval.Status>?
        @OptionGroup var paging: PagingOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.paging.list(
                ApprovalInfo.columns, name: \.id.description, orElse: "nothing waits for a second person",
                to: self.answer
            ) { client, limit, cursor in
                let page = try await client.approvals(status: self.status?.value, limit: limit, cursor: cursor)
                return (page.approvals, page.nextCursor)
            }
        }
    }
}

extension ApprovalInfo {
    static let columns: [Column<ApprovalInfo>] = [
        Column("id") { .text($0.id.description) },
        Column("status") { .state($0.status.rawValue, $0.status.tone) },
        Column("action") { .text($0.action.rawValue) },
        Column("subject", shrinks: true) { .text($0.subject) },
        Column("detail", wide: true) { .text($0.detail) },
        Column("asked_by") { .text($0.askedBy) },
        Column("asked_at") { .time($0.askedAt) },
        Column("decided_by") { .text($0.decidedBy) },
        Column("expires_at", wide: true) { .time($0.expiresAt) },
    ]

    /// What a question shows beside the ID.
    var question: String {
        "\(self.askedBy) wants to \(self.wish)" + (self.reason.map { ": \($0)" } ?? "")
    }

    /// Whoever agrees sees what exactly they agree to.
    private var wish: String {
        "\(self.action.phrase) \(self.subject)" + (self.detail.isEmpty ? "" : " (\(self.detail))")
    }

    func presentation() throws -> Presentation {
        var sheet = Sheet("\(self.id) is \(self.status.rawValue)", tone: self.status.tone)
        sheet.add("to do", .text(self.wish))
        sheet.add("asked by", .text(self.askedBy))
        sheet.add("reason", .text(self.reason))
        sheet.add("decided by", .text(self.decidedBy))
        sheet.add("because", .text(self.decisionReason))
        sheet.add("until", .time(self.expiresAt))
        return Presentation(
            single: self, columns: Self.columns, name: self.id.description, json: try ValueEncoder.encode(self),
            sheet: sheet)
    }
}

extension Approval.Status {
    var tone: Tone {
        switch self {
        case .awaiting: .attention
        case .approved, .used: .good
        case .denied: .bad
        case .expired: .faint
        }
    }
}
