import CasareDomain
import CasareWire

/// Where a document stands, as messages name it.
struct DocumentPlace: Hashable, Sendable, CustomStringConvertible {
    let file: String
    /// From 1.
    let number: Int

    var description: String { "\(self.file), document \(self.number)" }

    /// - Parameter member: the way to the member at fault; empty: the document.
    func refusal(_ member: String, _ why: String) -> CommandFailure {
        CommandFailure(.usage, "\(self): \(member.isEmpty ? "" : "\(member): ")\(why)")
    }
}

/// One document of the files that `apply` reads: a thing's kind, its name and what it is to be.
struct ResourceDocument: Hashable, Sendable {
    static let members = ["kind", "name", "spec", "paused", "owner"]

    /// What a server adds when it shows something.
    private static let shown = [
        "id", "status", "revision", "pause", "next_at", "due_at", "remaining_runs", "failures_in_a_row", "last_tick_at",
        "last_job", "managed_by", "created_at", "created_by", "updated_at", "updated_by", "hook", "secrets",
        "last_fired_at",
    ]

    let place: DocumentPlace
    let key: AppliedResource.Key
    /// As it was written.
    let spec: Object
    /// When it is made: it does nothing until somebody resumes it. Later that is for people to say.
    let isPaused: Bool
    let owner: String?

    /// - Throws: `.usage` for what is no document, naming the member at fault.
    init(_ value: Value, at place: DocumentPlace) throws(CommandFailure) {
        guard let object = value.object else {
            throw place.refusal("", "expected an object with kind, name and spec, got \(value.kindName)")
        }
        guard let kindValue = object["kind"] else {
            let advice = object["nodes"] == nil ? "" : "; a workflow's own file is named by spec.file of a Workflow"
            throw place.refusal("kind", "is required: one of \(Self.kindNames)\(advice)")
        }
        guard let kindName = kindValue.string, let kind = AppliedResource.Kind(fileName: kindName) else {
            let known = AppliedResource.Kind.allCases.map(\.fileName)
            let near = kindValue.string.flatMap { Spelling.nearest(to: $0, among: known) }
            throw place.refusal(
                "kind",
                "there is no kind \(kindValue.displayText); "
                    + (near.map { "did you mean \($0)?" } ?? "expected one of \(Self.kindNames)"))
        }
        try Self.checkMembers(of: object, at: place)
        guard let name = object["name"]?.string else { throw place.refusal("name", "is required: a text") }
        guard let spec = object["spec"]?.object else { throw place.refusal("spec", "is required: an object") }
        do throws(WireDecodingError) {
            try Self.check(name, of: kind)
            if let owner = object["owner"]?.string { try AppliedOwner.check(owner, "owner") }
        } catch {
            throw place.refusal(error.path, error.message)
        }
        if let paused = object["paused"] {
            guard paused.bool != nil else { throw place.refusal("paused", "expected true or false") }
            guard kind == .schedule || kind == .trigger else {
                throw place.refusal("paused", "is for schedules and triggers; leave it out")
            }
        }
        if let owner = object["owner"], owner.string == nil { throw place.refusal("owner", "expected text") }
        self.place = place
        self.key = AppliedResource.Key(kind, name)
        self.spec = spec
        self.isPaused = object["paused"]?.bool ?? false
        self.owner = object["owner"]?.string
    }

    private static var kindNames: String { AppliedResource.Kind.allCases.map(\.fileName).joined(separator: ", ") }

    private static func checkMembers(of object: Object, at place: DocumentPlace) throws(CommandFailure) {
        guard let unknown = object.keys.first(where: { !Self.members.contains($0) }) else { return }
        if Self.shown.contains(unknown) {
            throw place.refusal(
                unknown, "a server says that, and no file; leave it out (casarectl export writes what apply takes)")
        }
        let near = Spelling.nearest(to: unknown, among: Self.members).map { "did you mean \($0)?" }
        throw place.refusal(
            unknown, "there is no such member; \(near ?? "expected one of \(Self.members.joined(separator: ", "))")")
    }

    private static func check(_ name: String, of kind: AppliedResource.Kind) throws(WireDecodingError) {
        switch kind {
        case .schedule: try ScheduleName.check(name, "name")
        case .trigger: try TriggerName.check(name, "name")
        case .calendar: try CalendarName.check(name, "name")
        case .queue:
            try ShortText.check(name, "name", charactersMax: SubmitJobRequest.environmentCharactersMax)
        case .workflow:
            try ShortText.check(name, "name", charactersMax: AppliedResource.nameCharactersMax)
            guard !Workflow.isChildName(name) else {
                throw WireDecodingError(
                    path: "name", message: "is that of a workflow which another one brought along; apply that one")
            }
        }
    }
}

extension AppliedResource.Key {
    /// "schedule nightly".
    var text: String { "\(self.kind.rawValue) \(self.name)" }

    /// "schedule/nightly".
    var path: String { "\(self.kind.rawValue)/\(self.name)" }
}
