import CasareDomain

extension Object {
    /// A merge patch that also takes away what `paths` name: `description`, `variables.month`.
    ///
    /// - Throws: `.usage` for what is no path, and for what the patch sets.
    func unsetting(_ paths: [String]) throws(CommandFailure) -> Object {
        var patch = self
        for path in paths {
            let parts = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            patch = try patch.unsetting(parts[...], path)
        }
        return patch
    }

    private func unsetting(_ parts: ArraySlice<String>, _ path: String) throws(CommandFailure) -> Object {
        var patch = self
        guard let first = parts.first, !first.isEmpty else {
            throw CommandFailure(.usage, "--unset \(path): expected a member of the spec, such as variables.month")
        }
        guard parts.count > 1 else {
            guard patch[first] == nil else { throw CommandFailure(.usage, "--unset \(path): an option sets it") }
            patch[first] = .null
            return patch
        }
        let inner = patch[first]?.object ?? [:]
        patch[first] = .object(try inner.unsetting(parts.dropFirst(), path))
        return patch
    }
}
