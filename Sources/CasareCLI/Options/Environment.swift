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

    /// All whose names begin so.
    func all(beginningWith prefix: String) -> [String: String] {
        var found: [String: String] = [:]
        if let given {
            for (name, value) in given where name.hasPrefix(prefix) { found[name] = value }
            return found
        }
        var entry = environ
        while let text = entry.pointee {
            defer { entry += 1 }
            let parts = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2, parts[0].hasPrefix(prefix) { found[String(parts[0])] = String(parts[1]) }
        }
        return found
    }

    /// A variable that is set and not empty.
    func nonEmpty(_ name: String) -> String? {
        self[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}
