import CasareDomain
import CasareWire

extension Object {
    /// A merge patch that also takes away what `paths` name: `description`, `variables.month`.
    ///
    /// - Parameter shape: of the spec.
    /// - Throws: `.usage` for what is no path, for what no spec has, and for what the patch sets.
    func unsetting(_ paths: [String], of shape: RequestShape) throws(CommandFailure) -> Object {
        var patch = self
        for path in paths {
            let parts = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            patch = try patch.unsetting(parts[...], path)
            try Self.check(parts, of: shape, path)
        }
        return patch
    }

    /// One that is misspelt must not be taken for one that is not set.
    private static func check(
        _ parts: [String], of shape: RequestShape, _ path: String
    ) throws(CommandFailure) {
        for depth in parts.indices {
            let outer = parts[..<depth]
            // Variables may have any names.
            guard let members = shape.members(at: outer) else { return }
            guard !members.contains(where: { $0.name == parts[depth] }) else { continue }
            let names = members.filter { !$0.isRequired }.map { (outer + [$0.name]).joined(separator: ".") }
            throw CommandFailure(
                .usage,
                "--unset \(path): there is no such member; what can be unset: \(names.joined(separator: ", "))")
        }
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
