import CasareDomain

/// One thing in a file: a JSON or YAML object with its `name` and its `spec`, as a document of `casarectl apply` has them
/// and as `get -o yaml` shows them.
struct SpecFile: Hashable, Sendable {
    private static let members = ["kind", "name", "spec", "paused", "owner", "managed_by"]

    let name: String?
    let spec: Object
    let isPaused: Bool
    let managedBy: String?

    /// - Parameters:
    ///   - source: what messages call the file.
    ///   - kinds: what it may say that it is; the first one is what it should.
    ///   - shown: what a server adds when it shows such a thing, and that is passed over.
    /// - Throws: `.usage` for what is no such object.
    init(parsing text: String, named source: String, kinds: [String], shown: [String]) throws(CommandFailure) {
        let object = try VariableFile.parse(text, name: source)
        func refuse(_ why: String) -> CommandFailure { CommandFailure(.usage, "\(source): \(why)") }
        for name in object.keys where !Self.members.contains(name) && !shown.contains(name) {
            let advice = Spelling.nearest(to: name, among: Self.members).map { "did you mean \($0)?" }
            throw refuse(
                "\(name): there is no such member; \(advice ?? "it has name and spec, and may have kind and paused")")
        }
        if let kind = object["kind"], !kinds.contains(kind.displayText) {
            throw refuse(
                "kind: expected \(kinds.first ?? "none"), got \(kind.displayText); casarectl apply takes other kinds")
        }
        guard let spec = object["spec"]?.object else { throw refuse("spec is required: an object") }
        if let name = object["name"], name.string == nil { throw refuse("name: expected text") }
        if let paused = object["paused"], paused.bool == nil { throw refuse("paused: expected true or false") }
        self.name = object["name"]?.string
        self.spec = spec
        self.isPaused = object["paused"]?.bool ?? false
        // Documents of apply say whose they are by owner; the server by managed_by.
        self.managedBy = object["owner"]?.string ?? object["managed_by"]?.string
    }
}
