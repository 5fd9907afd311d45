import CasareDomain
import CasarePostgres
import FoundationEssentials

extension DeadLetterStore {
    /// A filter as statements take it. Call within `Database.asTenant`.
    struct Search {
        /// For `@filter` of `DeadLetterFragments.matches`.
        let parameter: PostgresValue
        let place: DeadLetterFragments.Place
        /// The filter names nothing but the place and the time.
        let isWhole: Bool

        /// - Throws: `StoreError.notFound` when there is no workflow as the filter names it.
        init(_ filter: DeadLetterFilter, on connection: isolated PostgresConnection) throws {
            var members: Object = [:]
            if !filter.statuses.isEmpty {
                members["statuses"] = .list(
                    DeadLetter.Status.allCases.filter(filter.statuses.contains).map { .string($0.rawValue) })
            }
            if let workflow = filter.workflow {
                guard let known = try WorkflowStore.get(idOrName: workflow, on: connection) else {
                    throw StoreError.notFound(.workflow, workflow)
                }
                members["workflow"] = .string(known.id.description)
            }
            members["version"] = filter.version.map(Value.int)
            members["kind"] = filter.kind.map { .string($0.rawValue) }
            members["type"] = filter.type.map(Self.text)
            members["fingerprint"] = filter.fingerprint.map(Self.text)
            members["error"] = filter.error.map(Self.text)
            members["node"] = filter.node.map(Self.text)
            members["robot"] = filter.robot.map(Self.text)
            members["environment"] = filter.environment.map(Self.text)
            members["tag"] = filter.tag.map(Self.text)
            members["since"] = filter.since.map { .double($0.timeIntervalSince1970) }
            members["until"] = filter.until.map { .double($0.timeIntervalSince1970) }
            if !filter.variables.isEmpty { members["variables"] = .object(filter.variables) }
            self.parameter = .text(StoredJSON.text(of: members))
            self.place = Self.place(filter)
            var rest = filter
            rest.since = nil
            rest.until = nil
            switch self.place {
            case .all: break
            case .open, .acknowledged: rest.statuses = []
            case .workflow: rest.workflow = nil
            case .fingerprint: rest.fingerprint = nil
            }
            self.isWhole = rest.isEmpty
        }

        /// U+0000 is in no stored text but variables; as a letter has it, it reads otherwise.
        private static func text(_ text: String) -> Value { .string(text.storable) }

        /// The place with the fewest letters that do not match, as far as anybody knows beforehand.
        private static func place(_ filter: DeadLetterFilter) -> DeadLetterFragments.Place {
            if filter.fingerprint != nil { return .fingerprint }
            if filter.workflow != nil { return .workflow }
            if filter.statuses == [.open] { return .open }
            if filter.statuses == [.acknowledged] { return .acknowledged }
            return .all
        }
    }
}
