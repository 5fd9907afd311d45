import Yams

/// Why the file of providers cannot be used, as a sentence goes on behind its name.
package struct ProviderFileError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}

/// The members of one mapping of the file, each of which is read once: one that nobody reads is a mistake.
struct FileMembers {
    /// As a sentence names it: `the provider corp`.
    let place: String
    private var left: [String: Node]
    private var known: Set<String> = []

    init(_ node: Node, of place: String) throws(ProviderFileError) {
        guard case .mapping(let mapping) = node else {
            throw ProviderFileError("\(place) must be a mapping\(Self.line(node))")
        }
        var members: [String: Node] = [:]
        for (key, value) in mapping {
            guard case .scalar(let name) = key else {
                throw ProviderFileError("\(place) has a name that is no text\(Self.line(key))")
            }
            members[name.string] = value
        }
        self.place = place
        self.left = members
    }

    var names: [String] { self.left.keys.sorted() }

    mutating func node(_ name: String) -> Node? {
        self.known.insert(name)
        guard let node = self.left.removeValue(forKey: name) else { return nil }
        // Written with nothing behind it: as if it were not there.
        if case .scalar(let scalar) = node, scalar.string.isEmpty, scalar.style == .plain { return nil }
        return node
    }

    mutating func members(_ name: String) throws(ProviderFileError) -> FileMembers? {
        guard let node = self.node(name) else { return nil }
        return try FileMembers(node, of: "`\(name)` of \(self.place)")
    }

    mutating func text(_ name: String) throws(ProviderFileError) -> String? {
        guard let node = self.node(name) else { return nil }
        guard case .scalar(let scalar) = node, !scalar.string.isEmpty else {
            throw ProviderFileError("`\(name)` of \(self.place) must be a text\(Self.line(node))")
        }
        return scalar.string
    }

    mutating func requiredText(_ name: String, _ what: String) throws(ProviderFileError) -> String {
        guard let text = try self.text(name) else {
            throw ProviderFileError("\(self.place) needs `\(name)`: \(what)")
        }
        return text
    }

    mutating func number(_ name: String, in range: ClosedRange<Int>) throws(ProviderFileError) -> Int? {
        guard let text = try self.text(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw ProviderFileError(
                "`\(name)` of \(self.place) is \(text); it must be a whole number from \(range.lowerBound) to "
                    + "\(range.upperBound)")
        }
        return number
    }

    /// - Returns: `false` where it is not there.
    mutating func flag(_ name: String) throws(ProviderFileError) -> Bool {
        switch try self.text(name) {
        case "true": return true
        case nil, "false": return false
        case let text?:
            throw ProviderFileError("`\(name)` of \(self.place) is \(text); it must be true or false")
        }
    }

    mutating func texts(_ name: String) throws(ProviderFileError) -> [String]? {
        guard let node = self.node(name) else { return nil }
        guard case .sequence(let sequence) = node else {
            throw ProviderFileError("`\(name)` of \(self.place) must be a list\(Self.line(node))")
        }
        var texts: [String] = []
        for item in sequence {
            guard case .scalar(let scalar) = item, !scalar.string.isEmpty else {
                throw ProviderFileError("`\(name)` of \(self.place) must be a list of texts\(Self.line(item))")
            }
            texts.append(scalar.string)
        }
        return texts
    }

    /// `NAME_file` or `NAME_env`, and never the credential itself.
    mutating func credential(_ name: String) throws(ProviderFileError) -> CredentialSource? {
        guard self.left[name] == nil else {
            throw ProviderFileError(
                "\(self.place) holds a credential itself, in `\(name)`; put it into a file or a variable, name that "
                    + "with `\(name)_file` or `\(name)_env`, and replace the credential: who could read the file knows "
                    + "it")
        }
        switch (try self.text("\(name)_file"), try self.text("\(name)_env")) {
        case (let path?, nil): return .file(path)
        case (nil, let variable?): return .environment(variable)
        case (nil, nil): return nil
        case (_?, _?):
            throw ProviderFileError("\(self.place) has both `\(name)_file` and `\(name)_env`; leave one out")
        }
    }

    mutating func requiredCredential(
        _ name: String, _ what: String
    ) throws(ProviderFileError) -> CredentialSource {
        guard let source = try self.credential(name) else {
            throw ProviderFileError("\(self.place) needs `\(name)_file` or `\(name)_env`: \(what)")
        }
        return source
    }

    /// - Throws: for members that were not read.
    func finish() throws(ProviderFileError) {
        guard let name = self.names.first else { return }
        let line = self.left[name].map(Self.line) ?? ""
        throw ProviderFileError(
            "\(self.place) has no `\(name)`\(line); it may have \(self.known.sorted().joined(separator: ", "))")
    }

    static func line(_ node: Node) -> String { node.mark.map { " (line \($0.line))" } ?? "" }
}
