extension JSONPatch {
    /// Whether it may be made by somebody who is not shown these members: they can be replaced and removed as a whole,
    /// but not looked at. A copy, a move or a test would tell what they hold, and of a change inside of them nobody could
    /// say what it changes.
    ///
    /// - Throws: for the first operation that looks into one of them.
    public func check(hiding members: Set<String>) throws(Invalid) {
        guard !members.isEmpty else { return }
        for (position, operation) in self.operations.enumerated() {
            func refuse(_ name: String?) -> Invalid {
                Invalid(
                    operation: position + 1, path: operation.path.description,
                    reason: name.map {
                        "\(operation.name): \"\($0)\" is hidden; it can be replaced or removed as a whole, and not read"
                    } ?? "\(operation.name): some of the variables are hidden, so the whole cannot be read; name those "
                        + "that are meant")
            }
            if let read = operation.readPlace {
                guard let name = read.tokens.first else { throw refuse(nil) }
                if members.contains(name) { throw refuse(name) }
            }
            if let name = operation.path.tokens.first, operation.path.tokens.count > 1, members.contains(name) {
                throw refuse(name)
            }
        }
    }
}

extension JSONPatch.Operation {
    /// What it looks at as a whole.
    fileprivate var readPlace: JSONPointer? {
        switch self {
        case .add, .remove, .replace: nil
        case .move(let from, _), .copy(let from, _): from
        case .test(let path, _): path
        }
    }
}
