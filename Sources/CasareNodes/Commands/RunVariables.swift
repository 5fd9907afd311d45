import CasareEngine
import Glibc
import Synchronization

/// The environment variables that a run sees: this process's, except the service's own, and those that the run has set.
///
/// A run's variables are kept apart from those of other runs in the same robot, and from the process itself, whose
/// environment must not be changed while other threads read it (`setenv(3)`, "MT-Unsafe const:env"). They last as long
/// as the process; the variables of all but the most recent runs are forgotten.
struct RunVariables: Sendable {
    /// Runs whose variables are remembered at once.
    static let runsMax = 1024
    /// Names that carry the service's own access; workflows neither see nor set them.
    static let hiddenNames: Set<String> = ["DATABASE_URL", "PGPASSWORD", "PGPASSFILE", "PGSERVICEFILE"]
    static let hiddenPrefix = "CASARE_"

    private struct Runs {
        var variables: [String: [String: String]] = [:]
        /// Oldest first.
        var order: [String] = []
    }

    private static let runs = Mutex(Runs())

    private let run: String

    init(of environment: NodeEnvironment) {
        // The idempotency key is `job-id/step`.
        let key = environment.idempotencyKey
        self.run = key.lastIndex(of: "/").map { String(key[..<$0]) } ?? key
    }

    static func isHidden(_ name: String) -> Bool {
        self.hiddenNames.contains(name) || name.hasPrefix(self.hiddenPrefix)
    }

    subscript(name: String) -> String? {
        if Self.isHidden(name) { return nil }
        let own = Self.runs.withLock { $0.variables[self.run]?[name] }
        return own ?? getenv(name).map { String(cString: $0) }
    }

    func set(_ name: String, to value: String) {
        Self.runs.withLock { runs in
            if runs.variables[self.run] == nil {
                runs.order.append(self.run)
                if runs.order.count > Self.runsMax {
                    runs.variables[runs.order.removeFirst()] = nil
                }
            }
            runs.variables[self.run, default: [:]][name] = value
        }
    }

    /// Everything, as a program started by the run gets it.
    ///
    /// - Parameter trace: What tells it the trace that it belongs to. It counts for more than what this process was
    ///   told itself, and for less than what the run has set.
    func all(with trace: [String: String]) -> [String: String] {
        var all: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            // By scalars: a value may begin with a combining mark, and an equals sign with that is another character.
            let parts = String(cString: text).unicodeScalars.split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false
            ).map { String($0) }
            if parts.count == 2, !Self.isHidden(parts[0]) { all[parts[0]] = parts[1] }
            entry += 1
        }
        all.merge(trace) { _, trace in trace }
        return all.merging(Self.runs.withLock { $0.variables[self.run] ?? [:] }) { _, own in own }
    }

    /// Replaces a leading `~` and every `$NAME` and `${NAME}` that is set; others stay as written.
    func expand(_ text: String) -> String {
        var expanded = ""
        var rest = Substring(text)
        if rest == "~" || rest.hasPrefix("~/") {
            expanded = self.home
            rest = rest.dropFirst()
        }
        while let dollar = rest.firstIndex(of: "$") {
            expanded += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            let braced = rest.hasPrefix("{")
            let start = braced ? rest.dropFirst() : rest
            let name = start.prefix { $0 == "_" || ($0.isASCII && ($0.isLetter || $0.isNumber)) }
            let end = start[name.endIndex...]
            if !name.isEmpty, !braced || end.hasPrefix("}"), let value = self[String(name)] {
                expanded += value
                rest = braced ? end.dropFirst() : end
            } else {
                expanded += "$"
            }
        }
        return expanded + rest
    }

    /// The home directory, of the account when `HOME` is not set.
    var home: String {
        if let home = self["HOME"], !home.isEmpty { return home }
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { buffer in
            guard let start = buffer.baseAddress,
                getpwuid_r(geteuid(), &entry, start, buffer.count, &found) == 0, found != nil,
                let directory = entry.pw_dir
            else { return "/" }
            return String(cString: directory)
        }
    }
}
