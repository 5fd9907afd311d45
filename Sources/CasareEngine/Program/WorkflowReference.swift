/// How a workflow names another one's file: a path relative to its own folder (workflow format §9).
///
/// The files of a bundle go by their paths relative to the folder of the workflow that was asked for. Both who puts a
/// bundle together and who runs it use the rules here.
package enum WorkflowReference {
    /// The names to look for, the first that is there counts: beside the workflow that refers to it, then beside the
    /// workflow that was asked for.
    ///
    /// - Parameter caller: The name of the workflow that refers; `nil` for the one that was asked for.
    package static func candidates(_ path: String, from caller: String?) -> [String] {
        let own = Self.normalized(path)
        guard let caller, !path.hasPrefix("/") else { return [own] }
        let beside = Self.normalized(Self.joined(Self.folder(of: caller), path))
        return beside == own ? [own] : [beside, own]
    }

    /// Without `.` and, as far as they can be resolved, `..`.
    package static func normalized(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == "..", let last = parts.last, last != ".." {
                parts.removeLast()
            } else {
                parts.append(part)
            }
        }
        return (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
    }

    /// Everything before the last slash; empty where there is none.
    package static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "" }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    package static func joined(_ folder: String, _ path: String) -> String {
        if folder.isEmpty || path.hasPrefix("/") { return path }
        return folder.hasSuffix("/") ? folder + path : "\(folder)/\(path)"
    }

    /// The path of a file as it is written in another folder; both are relative to the same place.
    package static func relative(_ path: String, to folder: String) -> String {
        guard !path.hasPrefix("/"), !folder.hasPrefix("/") else { return path }
        let from = Self.normalized(folder).split(separator: "/")
        let to = Self.normalized(path).split(separator: "/")
        let shared = zip(from, to).prefix { $0 == $1 }.count
        let up = repeatElement("..", count: from.count - shared)
        return (up + to[shared...].map(String.init)).joined(separator: "/")
    }
}
