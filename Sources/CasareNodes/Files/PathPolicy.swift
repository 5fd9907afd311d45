import CasareEngine
import Glibc

/// Decides which files a run may touch, and where a path that a workflow gives leads (node catalogue §0.4).
///
/// All file access of all nodes goes through it. It is a guard against mistakes and careless input, not a prison: a run
/// that may start programs can reach what its account can reach.
struct PathPolicy: Sendable {
    /// Denied below the home directory.
    private static let deniedInHome = [".ssh", ".gnupg", ".aws", ".azure", ".config", ".netrc", ".pgpass"]
    private static let denied = ["/etc/shadow", "/etc/gshadow", "/proc", "/sys", "/dev"]

    /// What a symbolic link at the end of a path stands for.
    enum FinalLink {
        /// What it leads to: for whatever reads or writes content.
        case target
        /// Itself: for whatever takes away a name.
        case itself
    }

    /// Only for what a workflow writes: it sets them, and so no rule may depend on them.
    private let variables: RunVariables
    private let workingDirectory: String
    private let deniedPaths: [String]
    private let ownPaths: [String]
    private let allowedRoots: [String]
    private let checks: Bool
    private let allowsOverrides: Bool

    init(_ environment: NodeEnvironment) {
        self.variables = RunVariables(of: environment)
        self.workingDirectory = environment.workingDirectory
        let deniedInHomes = AccountHome.directories.flatMap { home in Self.deniedInHome.map { "\(home)/\($0)" } }
        self.deniedPaths = (Self.denied + deniedInHomes).flatMap(Self.spellings)
        self.ownPaths = environment.policy.deniedPaths.flatMap(Self.spellings)
        self.allowedRoots = environment.policy.allowedRoots.map(Self.canonical)
        self.checks = environment.policy.checksPaths
        self.allowsOverrides = environment.policy.allowsDangerousOverrides
    }

    /// The absolute path without symbolic links that `text` leads to.
    ///
    /// - Parameters:
    ///   - dangerously: The node's `allow_dangerous_paths`. Where the robot's policy lets it count, it lifts the
    ///     built-in deny-list and the ban on `..`. The robot's own directories and allowed roots are never lifted: they
    ///     are not the workflow's to give away.
    ///   - finalLink: With `itself` the last component may be a link. The rules look at where that leads, too.
    /// - Throws: `PathSecurityError`.
    func resolve(
        _ text: String, dangerously: Bool = false, finalLink: FinalLink = .target
    ) throws(NodeFailure) -> String {
        let isLifted = self.isLifted(dangerously)
        if text.isEmpty { throw .value("The path is empty") }
        let expanded = self.variables.expand(text)
        // A variable may hold one, too.
        if expanded.utf8.contains(0) { throw Self.refusal("The path contains a NUL character") }
        if !isLifted, PathText.components(expanded).contains(where: PathText.isDotDot) {
            throw Self.refusal("The path \(text) contains '..'")
        }
        let absolute = PathText.isAbsolute(expanded) ? expanded : "\(self.workingDirectory)/\(expanded)"
        let target = Self.canonical(absolute)
        if let reason = self.objection(to: target, isLifted: isLifted) { throw Self.refusal(reason) }
        guard finalLink == .itself else { return target }
        let path = Self.canonicalEntry(absolute)
        if let reason = self.objection(to: path, isLifted: isLifted) { throw Self.refusal(reason) }
        return path
    }

    /// Whether a canonical path that was found, not given, may be touched too.
    func allows(_ path: String, dangerously: Bool = false) -> Bool {
        self.objection(to: path, isLifted: self.isLifted(dangerously)) == nil
    }

    /// Whether the built-in rules do not bind this node.
    private func isLifted(_ dangerously: Bool) -> Bool { !self.checks || (dangerously && self.allowsOverrides) }

    private func objection(to path: String, isLifted: Bool) -> String? {
        let denied = isLifted ? self.ownPaths : self.ownPaths + self.deniedPaths
        if denied.contains(where: { PathText.isPath(path, inside: $0) }) {
            return "Access to \(path) is denied"
        }
        if !self.allowedRoots.isEmpty, !self.allowedRoots.contains(where: { PathText.isPath(path, inside: $0) }) {
            return "\(path) is outside the directories that this robot allows"
        }
        return nil
    }

    private static func refusal(_ message: String) -> NodeFailure { NodeFailure("PathSecurityError", message) }

    /// A denied path as written and as the links on the way lead.
    private static func spellings(_ path: String) -> [String] {
        let canonical = Self.canonical(path)
        return PathText.isSame(canonical, path) ? [path] : [path, canonical]
    }

    /// Follows the links of the longest part of an absolute path that exists, and appends the rest, where `.` and `..`
    /// mean what they say.
    static func canonical(_ path: String) -> String {
        var existing = PathText.components(path).filter { !PathText.isDot($0) }
        var missing: [Substring] = []
        while true {
            let candidate = PathText.absolute(existing)
            if let resolved = realpath(candidate, nil) {
                defer { free(resolved) }
                return Self.joined(String(cString: resolved), missing.reversed())
            }
            // A link to a file that does not exist yet: the file would be made where it points.
            if let target = Self.linkTarget(of: candidate), missing.count < 256 {
                existing = PathText.isAbsolute(target) ? [] : Array(existing.dropLast())
                existing += PathText.components(target).filter { !PathText.isDot($0) }
                if Self.hasLinkLoop(candidate) { return Self.joined(candidate, missing.reversed()) }
                continue
            }
            guard let last = existing.popLast() else { return Self.joined("/", missing.reversed()) }
            missing.append(last)
        }
    }

    /// The same, but that a link which is the last component is left as it is.
    private static func canonicalEntry(_ path: String) -> String {
        let components = PathText.components(path).filter { !PathText.isDot($0) }
        guard let last = components.last, !PathText.isDotDot(last) else { return Self.canonical(path) }
        return PathText.path(of: String(last), in: Self.canonical(PathText.absolute(components.dropLast())))
    }

    private static func joined(_ base: String, _ components: some Sequence<Substring>) -> String {
        var parts = PathText.components(base)
        for component in components {
            if PathText.isDotDot(component) { _ = parts.popLast() } else { parts.append(component) }
        }
        return PathText.absolute(parts)
    }

    private static func linkTarget(of path: String) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX) + 1) { buffer in
            let length = readlink(path, buffer.baseAddress!, Int(PATH_MAX))  // Not empty, so it has an address.
            guard length > 0 else { return nil }
            return String(decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }

    private static func hasLinkLoop(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) != 0 && errno == ELOOP
    }
}
