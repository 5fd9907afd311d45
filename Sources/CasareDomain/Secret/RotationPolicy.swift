/// How old a secret's value may become, and how it gets a new one.
///
/// Past its age it is told of. With a hook the server makes the new value up then, and has the hook's job bring it to
/// where it is used; without one somebody rotates the secret.
public struct RotationPolicy: Hashable, Sendable, Codable {
    /// An hour to ten years.
    public static let everySecondsRange = 3600...315_360_000
    /// Up to a week.
    public static let overlapSecondsRange = 0...604_800
    public static let overlapSecondsDefault = 3600
    public static let hookCharactersMax = 255

    /// Of the current version, from when it took its place.
    public var everySeconds: Int
    /// A workflow, whose job is given the new value as `{{$secret:NAME@pending}}`. Once it has completed, the new value
    /// takes the place of the one before; when it ends otherwise, the one before stays.
    public var hook: String?
    /// How the new value is made up; needed with a hook.
    public var generate: SecretGenerator?
    /// The field that is made up; `nil`: the one that such a secret has to keep secret.
    public var field: String?
    /// The value before counts beside the new one for so long; `nil`: for an hour.
    public var overlapSeconds: Int?

    public init(
        everySeconds: Int, hook: String? = nil, generate: SecretGenerator? = nil, field: String? = nil,
        overlapSeconds: Int? = nil
    ) {
        self.everySeconds = everySeconds
        self.hook = hook
        self.generate = generate
        self.field = field
        self.overlapSeconds = overlapSeconds
    }

    /// What is wrong with a policy.
    public struct Problem: Hashable, Sendable {
        /// As it is written in JSON.
        public let member: String
        public let message: String
    }

    /// `nil`: nothing.
    public var problem: Problem? {
        let every = Self.everySecondsRange
        guard every.contains(self.everySeconds) else {
            return Problem(
                member: "every_seconds",
                message: "expected seconds from \(every.lowerBound) (an hour) to \(every.upperBound) (ten years)")
        }
        let overlap = Self.overlapSecondsRange
        guard overlap.contains(self.overlapSeconds ?? Self.overlapSecondsDefault) else {
            return Problem(
                member: "overlap_seconds", message: "expected seconds from 0 to \(overlap.upperBound) (a week)")
        }
        if let hook = self.hook {
            guard (1...Self.hookCharactersMax).contains(hook.unicodeScalars.count),
                !hook.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
            else { return Problem(member: "hook", message: "expected the name of a workflow") }
            guard self.generate != nil else {
                return Problem(
                    member: "generate", message: "is required with a hook: it says how the new value is made up")
            }
        }
        guard let field = self.field else { return nil }
        guard self.generate != nil, SecretReference.isFieldName(field) else {
            return Problem(member: "field", message: "expected the name of the field that generate is for")
        }
        return nil
    }
}
