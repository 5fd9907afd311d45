import CasareDomain
import CasareWire

/// What was done about one thing, or would be.
struct ApplyResult: Sendable {
    enum Outcome: String, Hashable, Sendable, CaseIterable {
        case created, changed, unchanged, deleted
        /// Its owner's mark was taken away, and it stays.
        case released
        case failed
        /// Something before it went wrong for good.
        case notTried = "not_tried"

        var tone: Tone {
            switch self {
            case .created, .changed, .deleted, .released: .good
            case .unchanged: .faint
            case .failed: .bad
            case .notTried: .attention
            }
        }
    }

    let plan: ResourcePlan
    let outcome: Outcome
    var detail: String?
    var failure: CommandFailure?
    /// Of a hook, one that the server has made up.
    var secret: String?

    init(
        _ plan: ResourcePlan, _ outcome: Outcome, detail: String? = nil, failure: CommandFailure? = nil,
        secret: String? = nil
    ) {
        self.plan = plan
        self.outcome = outcome
        self.detail = detail
        self.failure = failure
        self.secret = secret
    }

    // MARK: Showing

    private static let columns: [Column<ApplyResult>] = [
        Column("kind") { .text($0.plan.key.kind.rawValue) },
        Column("name", shrinks: true) { .text($0.plan.key.name) },
        Column("outcome") { .state($0.outcome.rawValue, $0.outcome.tone) },
        Column("detail", shrinks: true) { .text($0.text) },
        Column("owner", wide: true) { .text($0.plan.owner) },
        Column("document", wide: true) { .text($0.plan.wanted?.place.description) },
    ]

    /// - Parameter isShown: also where nobody asks for it by name.
    private static func secretColumn(isShown: Bool) -> Column<ApplyResult> {
        Column("secret", wide: !isShown) { .text($0.secret) }
    }

    static var headings: [Heading] { (Self.columns + [Self.secretColumn(isShown: true)]).map(\.heading) }

    private var text: String? {
        if let failure { return failure.message }
        let changes = self.plan.changes.map(\.text).joined(separator: "; ")
        let parts = [self.detail, changes.isEmpty ? nil : changes].compactMap(\.self)
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }

    static func presentation(_ results: [ApplyResult]) -> Presentation {
        let hasSecrets = results.contains { $0.secret != nil }
        return Presentation(
            list: results, columns: Self.columns + [Self.secretColumn(isShown: hasSecrets)],
            name: { $0.plan.key.path }, json: { .object($0.json) })
    }

    private var json: Object {
        var json: Object = [
            "kind": .string(self.plan.key.kind.rawValue), "name": .string(self.plan.key.name),
            "owner": .string(self.plan.owner), "outcome": .string(self.outcome.rawValue),
        ]
        json["detail"] = self.detail.map { Value.string($0) } ?? Value.null
        json["error"] = self.failure.map { Value.string($0.message) } ?? Value.null
        json["changes"] = Value.list(self.plan.changes.map(\.json))
        if let secret { json["secret"] = .string(secret) }
        return json
    }

    /// "2 created, 5 unchanged".
    static func summary(_ results: [ApplyResult]) -> String {
        let parts = Outcome.allCases.compactMap { outcome -> String? in
            let count = results.count { $0.outcome == outcome }
            return count == 0 ? nil : "\(count) \(outcome == .notTried ? "not tried" : outcome.rawValue)"
        }
        return parts.isEmpty ? "nothing to do" : parts.joined(separator: ", ")
    }
}

extension SpecChange {
    var json: Value {
        ["member": .string(self.member), "before": self.before ?? Value.null, "after": self.after ?? Value.null]
    }
}

/// A plan as `diff` and a dry run show it: a row for each member that would be another one.
struct PlannedMember: Sendable {
    let plan: ResourcePlan
    /// `nil`: the plan is about the whole.
    let change: SpecChange?

    static func all(_ plans: [ResourcePlan]) -> [PlannedMember] {
        plans.flatMap { plan -> [PlannedMember] in
            let changes = plan.changes
            guard !changes.isEmpty else { return [PlannedMember(plan: plan, change: nil)] }
            return changes.map { PlannedMember(plan: plan, change: $0) }
        }
    }

    private static let columns: [Column<PlannedMember>] = [
        Column("kind") { .text($0.plan.key.kind.rawValue) },
        Column("name", shrinks: true) { .text($0.plan.key.name) },
        Column("action") { .state($0.plan.action.name, $0.plan.action.tone) },
        Column("member", shrinks: true) { .text($0.member) },
        Column("before", shrinks: true) { .text($0.text { $0.before }) },
        Column("after", shrinks: true) { .text($0.text { $0.after }) },
        Column("owner", wide: true) { .text($0.plan.owner) },
        Column("document", wide: true) { .text($0.plan.wanted?.place.description) },
    ]

    static var headings: [Heading] { Self.columns.map(\.heading) }

    private var json: Object {
        var json: Object = [
            "kind": .string(self.plan.key.kind.rawValue), "name": .string(self.plan.key.name),
            "owner": .string(self.plan.owner), "action": .string(self.plan.action.name),
        ]
        json["member"] = .null
        json["before"] = .null
        json["after"] = .null
        guard let change else { return json }
        json["member"] = .string(change.member)
        json["before"] = change.before ?? Value.null
        json["after"] = change.after ?? Value.null
        return json
    }

    private func text(_ side: (SpecChange) -> Value?) -> String? {
        guard let change, let value = side(change) else { return nil }
        return value.string ?? value.jsonText(.compact)
    }

    private var member: String? {
        if let change { return change.member }
        if case .conflict(let owner) = self.plan.action { return "files of \(owner) describe it" }
        if let owner = self.plan.ownerBefore { return "taken over from \(owner)" }
        return nil
    }

    static func presentation(_ plans: [ResourcePlan]) -> Presentation {
        Presentation(
            list: Self.all(plans), columns: Self.columns, name: { $0.plan.key.path }, json: { .object($0.json) })
    }
}

extension ResourcePlan.Action {
    var name: String {
        switch self {
        case .unchanged: "unchanged"
        case .create: "create"
        case .change: "change"
        case .delete: "delete"
        case .release: "release"
        case .conflict: "conflict"
        }
    }

    var tone: Tone {
        switch self {
        case .unchanged, .release: .faint
        case .create, .change: .good
        case .delete: .attention
        case .conflict: .bad
        }
    }
}
