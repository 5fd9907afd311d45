/// Permissions as people write them.
extension Permission {
    /// Nouns that people have for what permissions are about, beside the nouns themselves.
    private static let nouns: [String: String] = [
        "job": "execution", "dlq": "execution", "dead-letter": "execution", "letter": "execution", "log": "execution",
        "event": "execution", "calendar": "schedule", "window": "schedule", "backfill": "schedule",
        "item-queue": "item", "work-item": "item", "op": "operation", "selection": "operation",
        "secret": "credential", "policy": "tenant", "metric": "metrics",
    ]

    /// Verbs, each with those that permissions have for it; the first that there is counts.
    private static let verbs: [String: [String]] = [
        "get": ["read"], "list": ["read"], "ls": ["read"], "show": ["read"], "watch": ["read"], "follow": ["read"],
        "verify": ["read"], "explain": ["read"],
        "create": ["manage"], "add": ["create", "manage"], "register": ["create"], "enroll": ["create"],
        "update": ["manage", "settings"], "set": ["update", "settings"], "change": ["update", "manage", "settings"],
        "delete": ["revoke", "manage"], "remove": ["delete", "revoke", "manage"], "rm": ["delete", "revoke", "manage"],
        "push": ["publish"], "run": ["execute"], "submit": ["execute"], "start": ["execute"],
        "pause": ["update"], "resume": ["update"], "cordon": ["update"], "uncordon": ["update"], "drain": ["update"],
        "stop": ["update"], "limit": ["update"], "undo": ["update"], "replay": ["retry"], "fork": ["update"],
        "resolve": ["update"], "ack": ["update"], "acknowledge": ["update"], "purge": ["update"],
        "deny": ["approve"], "undelete": ["delete"], "rollback": ["update"], "scrape": ["read"],
    ]

    /// What takes the permission of another noun than its own.
    private static let exceptions: [String: Permission] = [
        "execution.create": .workflowExecute, "execution.submit": .workflowExecute, "execution.run": .workflowExecute,
        "schedule.trigger": .workflowExecute, "schedule.fire": .workflowExecute, "operation.cancel": .operationUpdate,
        "token.rotate": .tokenCreate, "tenant.resume": .tenantSuspend,
    ]

    /// The permission that something takes, such as `cancel` and `jobs`; `nil` for what nobody asks.
    ///
    /// - Parameter noun: in the singular or the plural.
    public static func toDo(_ verb: String, to noun: String) -> Permission? {
        let verb = verb.lowercased()
        guard let noun = self.noun(of: noun.lowercased()) else { return nil }
        if let exception = self.exceptions["\(noun).\(verb)"] { return exception }
        for word in [verb] + (self.verbs[verb] ?? []) {
            if let permission = Permission(rawValue: "\(noun).\(word)") { return permission }
        }
        return nil
    }

    private static func noun(of word: String) -> String? {
        let singular = word.hasSuffix("s") ? String(word.dropLast()) : word
        for candidate in [word, singular] {
            if let noun = self.nouns[candidate] { return noun }
            if self.allCases.contains(where: { $0.noun == candidate }) { return candidate }
        }
        return nil
    }

    /// Those that a text names: one, or with `workflow.*` all of a noun that are not of the installation.
    ///
    /// - Throws: `Unknown` with advice.
    public static func named(_ text: String) throws(Unknown) -> Set<Permission> {
        if let permission = Permission(rawValue: text) { return [permission] }
        if text.hasSuffix(".*") {
            let noun = text.dropLast(2)
            let all = self.allCases.filter { $0.noun == noun && !$0.isOfInstallation }
            if !all.isEmpty { return Set(all) }
        }
        throw Unknown(name: text)
    }

    /// A text that names no permission.
    public struct Unknown: Error, Hashable, Sendable, CustomStringConvertible {
        public let name: String

        package init(name: String) { self.name = name }

        public var description: String {
            let advice =
                Spelling.nearest(to: self.name, among: Permission.allCases.map(\.rawValue)).map {
                    "; did you mean \($0)?"
                } ?? "; casarectl token can-i --list shows those that there are"
            return "\"\(self.name.prefix(64))\" is no permission\(advice)"
        }
    }
}
