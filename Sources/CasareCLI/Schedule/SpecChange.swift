import CasareDomain
import CasareEngine

/// One member of something, such as a schedule's spec, that an update makes another one.
struct SpecChange: Hashable, Sendable {
    /// `cron.zone`.
    let member: String
    /// `nil`: it was not there, or goes.
    let before: Value?
    let after: Value?

    /// "cron.zone: UTC → Europe/Berlin".
    var text: String { "\(self.member): \(Self.text(self.before)) → \(Self.text(self.after))" }

    /// As people and logs may see it: what its name says is secret, such as `variables.password`, is hidden.
    var withoutSecrets: SpecChange {
        let name = self.member.split(separator: ".").last.map(String.init)
        return SpecChange(
            member: self.member, before: self.before.map { SecretNames.masked($0, named: name) },
            after: self.after.map { SecretNames.masked($0, named: name) })
    }

    private static func text(_ value: Value?) -> String {
        switch value {
        case nil: "(nothing)"
        case .string(let text)?: text
        case let value?: value.jsonText(.compact)
        }
    }

    /// Members that are null count as not there.
    static func all(from before: Object, to after: Object, at path: String = "") -> [SpecChange] {
        var names = before.keys
        for name in after.keys where before[name] == nil { names.append(name) }
        return names.flatMap { name -> [SpecChange] in
            let place = path.isEmpty ? name : "\(path).\(name)"
            let old = Self.given(before[name])
            let new = Self.given(after[name])
            if old == new { return [] }
            if let old = old?.object, let new = new?.object { return Self.all(from: old, to: new, at: place) }
            return [SpecChange(member: place, before: old, after: new)]
        }
    }

    /// The merge patch that makes one of the other.
    static func patch(from before: Object, to after: Object) -> Object {
        var patch: Object = [:]
        for name in before.keys where Self.given(before[name]) != nil && Self.given(after[name]) == nil {
            patch[name] = .null
        }
        for (name, value) in after {
            let old = Self.given(before[name])
            guard let new = Self.given(value), new != old else { continue }
            if let old = old?.object, let new = new.object {
                patch[name] = .object(Self.patch(from: old, to: new))
            } else {
                patch[name] = new
            }
        }
        return patch
    }

    private static func given(_ value: Value?) -> Value? { value?.isNull == true ? nil : value }

    private static let columns: [Column<SpecChange>] = [
        Column("member") { .text($0.member) },
        Column("before", shrinks: true) { .text($0.before.map { Self.text($0) }) },
        Column("after", shrinks: true) { .text($0.after.map { Self.text($0) }) },
    ]

    /// For `--dry-run`.
    static func presentation(_ changes: [SpecChange], of schedule: String) throws -> Presentation {
        Presentation(list: changes, columns: Self.columns, name: \.member) { change in
            [
                "schedule": .string(schedule), "member": .string(change.member), "before": change.before ?? .null,
                "after": change.after ?? .null,
            ]
        }
    }
}
