import CasareDomain
import CasareStore
import CasareWire

enum ControlRoutes {
    static let all: [Route] = [
        .get(
            "/api/v1/actions", .needs(.executionRead),
            "What people did to queues, waiting jobs, robots and workflows, the latest first. What was done to secrets only "
                + "for who may see which there are.",
            query: [
                .text("subject", "Only what was done to this queue, robot, workflow or job."),
                .choice(
                    "noun", ControlNoun.self,
                    "Only what was done to such things; a queue and a robot may have one name."),
                .limit, .cursor,
            ], Self.list)
    ]

    private static let ofSecrets: Set<ControlNoun> = [.secret, .vault]

    private static func list(_ request: APIRequest) async throws -> ControlActionPage {
        let limit = try request.limit()
        let before = try request.cursor { Int64($0).flatMap { $0 > 0 ? $0 : nil } }
        let subject = request.query["subject"].flatMap { $0.isEmpty ? nil : $0 }
        let noun: ControlNoun? = try request.choice("noun")
        if let noun, Self.ofSecrets.contains(noun) { try request.require(.credentialRead) }
        let hidden = request.principal.may(.credentialRead) ? [] : Self.ofSecrets
        let actions = try await request.inTenant { connection in
            try ControlLog.list(
                of: subject, noun: noun, hiding: hidden, before: before, limit: limit + 1, on: connection)
        }
        let page = actions.page(of: limit) { String($0.id) }
        return ControlActionPage(actions: page.items.map(ControlActionInfo.init), nextCursor: page.nextCursor)
    }
}

extension ControlActionInfo {
    init(_ action: ControlAction) {
        self.init(
            at: action.at, actor: action.actor, action: action.action, subject: action.subject, reason: action.reason,
            detail: action.detail)
    }
}
