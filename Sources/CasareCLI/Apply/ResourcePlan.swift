import CasareDomain
import CasareEngine
import CasareWire

/// A thing as it is on the server.
struct LiveResource: Hashable, Sendable {
    let key: AppliedResource.Key
    /// In the form of `WantedResource.json`.
    let json: Object
    /// Whose files describe it.
    var owner: String?
    /// Of what has revisions.
    var revision: Int?
    /// It has the owner's mark itself, beside what is noted of it: schedules and triggers have.
    var mark: String?
}

/// What is to be done about one thing. A value, made without a server.
struct ResourcePlan: Hashable, Sendable {
    enum Action: Hashable, Sendable {
        case unchanged
        case create
        /// Members that become others.
        case change([SpecChange])
        /// No file describes it any more.
        case delete
        /// No file describes it any more, and it stays: workflows do.
        case release
        /// Files of somebody else describe it.
        case conflict(owner: String)
    }

    let key: AppliedResource.Key
    let owner: String
    let action: Action
    /// The merge patch that changes what is there.
    var patch: Object = [:]
    /// Members that the server hides, and that were not compared.
    var hidden: [String] = []
    /// As it is wanted; `nil`: no file describes it.
    let wanted: WantedResource?
    /// As it is; `nil`: it is not there, or nobody has looked.
    let live: LiveResource?

    /// What is to be done so that a thing is as a file wants it.
    ///
    /// - Parameters:
    ///   - live: `nil`: it is not there.
    ///   - takesOver: also what files of somebody else describe.
    init(of wanted: WantedResource, live: LiveResource?, takesOver: Bool = false) {
        self.key = wanted.key
        self.owner = wanted.owner
        self.wanted = wanted
        self.live = live
        guard let live else {
            self.action = .create
            return
        }
        if let owner = live.owner, owner != wanted.owner, !takesOver {
            self.action = .conflict(owner: owner)
            return
        }
        var target = wanted.json
        var seen = live.json
        if [.schedule, .trigger].contains(wanted.key.kind) {
            self.hidden = Self.leaveOutHidden(of: &seen, and: &target)
        }
        self.patch = SpecChange.patch(from: seen, to: target)
        let changes = SpecChange.all(from: seen, to: target).map(\.withoutSecrets)
        switch wanted.content {
        case .workflow, .calendar:
            // They are replaced as a whole, where a null counts as something.
            self.action = seen == target ? .unchanged : .change(changes)
        case .queue, .schedule, .trigger:
            self.action = changes.isEmpty ? .unchanged : .change(changes)
        }
    }

    /// What is to be done about something that no file of its owner describes any more.
    init(deleting key: AppliedResource.Key, owner: String) {
        self.key = key
        self.owner = owner
        self.wanted = nil
        self.live = nil
        switch key.kind {
        case .workflow: self.action = .release
        case .calendar, .queue, .schedule, .trigger: self.action = .delete
        }
    }

    /// All plans in the order in which they are carried out: what others name first, and what goes the other way round.
    ///
    /// - Parameters:
    ///   - live: what there is of what is wanted.
    ///   - owned: what files of these owners described, with its owner.
    ///   - prunes: whether what is described no more goes.
    static func all(
        wanted: [WantedResource], live: [AppliedResource.Key: LiveResource],
        owned: [AppliedResource.Key: String] = [:], prunes: Bool = false, takesOver: Bool = false
    ) -> [ResourcePlan] {
        let kinds = AppliedResource.Kind.allCases
        var plans: [ResourcePlan] = []
        for kind in kinds {
            for wanted in wanted where wanted.key.kind == kind {
                plans.append(ResourcePlan(of: wanted, live: live[wanted.key], takesOver: takesOver))
            }
        }
        guard prunes else { return plans }
        let leftOver = Self.leftOver(wanted: wanted, owned: owned)
        for kind in kinds.reversed() {
            for key in leftOver where key.kind == kind {
                plans.append(ResourcePlan(deleting: key, owner: owned[key] ?? AppliedResource.ownerDefault))
            }
        }
        return plans
    }

    /// What is owned and described no more, by name.
    static func leftOver(
        wanted: [WantedResource], owned: [AppliedResource.Key: String]
    ) -> [AppliedResource.Key] {
        let described = Set(wanted.map(\.key))
        let left = owned.keys.filter { !described.contains($0) }
        return left.sorted { ($0.kind.rawValue, $0.name) < ($1.kind.rawValue, $1.name) }
    }

    /// Takes out of both what the server hides: nobody can compare that, and it stays as it is. So does what a file
    /// leaves out, as an exported one does: a secret must not go because nobody may read it.
    ///
    /// - Returns: the ways to those members.
    private static func leaveOutHidden(of seen: inout Object, and target: inout Object) -> [String] {
        var hidden: [String] = []
        if seen["queue_key"].map(Self.isHidden) == true {
            seen["queue_key"] = nil
            target["queue_key"] = nil
            hidden.append("queue_key")
        }
        guard let live = seen["variables"]?.object else { return hidden }
        var variables = live
        var wanted = target["variables"]?.object ?? [:]
        for (name, value) in live where Self.isHidden(value) {
            variables[name] = nil
            wanted[name] = nil
            hidden.append("variables.\(name)")
        }
        guard variables != live else { return hidden }
        // Also without any left: a patch that took all of them away would take the hidden ones, too.
        seen["variables"] = .object(variables)
        target["variables"] = .object(wanted)
        return hidden
    }

    /// Whether a part of it is not shown.
    static func isHidden(_ value: Value) -> Bool {
        switch value {
        case .string(let text): text.contains(Masking.mask)
        case .list(let items): items.contains(where: Self.isHidden)
        case .object(let members): members.contains { Self.isHidden($0.value) }
        case .null, .bool, .int, .double: false
        }
    }

    /// Whose it is no more when this is done.
    var ownerBefore: String? {
        guard let owner = self.live?.owner, owner != self.owner else { return nil }
        switch self.action {
        case .unchanged, .change: return owner
        case .create, .delete, .release, .conflict: return nil
        }
    }

    /// Whether no file describes it any more.
    var isDeletion: Bool {
        switch self.action {
        case .delete, .release: true
        case .unchanged, .create, .change, .conflict: false
        }
    }

    /// Whether something would be another one on the server.
    var isDifference: Bool {
        switch self.action {
        case .unchanged, .release: false
        case .create, .change, .delete, .conflict: true
        }
    }

    var changes: [SpecChange] {
        switch self.action {
        case .change(let changes): changes
        case .unchanged, .create, .delete, .release, .conflict: []
        }
    }
}
