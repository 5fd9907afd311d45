import Glibc

/// The environment variables that a command reads.
struct Environment: Sendable {
    private let given: [String: String]?

    /// Those of this process, read when asked for.
    static let process = Environment(nil)

    init(_ variables: [String: String]?) { self.given = variables }

    subscript(name: String) -> String? {
        if let given { return given[name] }
        return getenv(name).map { String(cString: $0) }
    }

    /// A variable that is set and not empty.
    func nonEmpty(_ name: String) -> String? {
        self[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}
