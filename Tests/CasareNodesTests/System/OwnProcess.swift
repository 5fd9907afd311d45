import FoundationEssentials
import Glibc

/// A process of the tests' own under a name that no other has: a copy of `sleep`.
struct OwnProcess {
    let id: pid_t
    let name: String

    /// - Parameter isStubborn: It does not listen to SIGTERM.
    init(in folder: RunFolder, named name: String = Self.freshName(), isStubborn: Bool = false) async throws {
        self.name = name
        let program = "\(folder.path)/\(name)"
        if !folder.exists(name) { try FileManager.default.copyItem(atPath: "/bin/sleep", toPath: program) }
        // A signal that is ignored stays so for the program that takes the shell's place.
        let script = "\(isStubborn ? "trap '' TERM; " : "")exec \(program) 300"
        var arguments: [UnsafeMutablePointer<CChar>?] =
            (["sh", "-c", script] as [String]).map { strdup($0) }
        arguments.append(nil)
        defer { arguments.forEach { free($0) } }
        // The threads of Swift tasks block signals, and what they start would as well.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var id: pid_t = 0
        guard posix_spawn(&id, "/bin/sh", nil, &attributes, &arguments, nil) == 0 else {
            throw CocoaError(.fileReadUnknown)
        }
        self.id = id
        while Self.commandName(of: id) != name { await Task.yield() }
    }

    /// Short enough for the kernel not to cut it.
    static func freshName() -> String { "own-\(UUID().uuidString.prefix(8))" }

    private static func commandName(of id: pid_t) -> String? {
        guard let text = try? String(contentsOfFile: "/proc/\(id)/comm", encoding: .utf8) else { return nil }
        return String(text.prefix { $0 != "\n" })
    }

    /// The signal that ended the process; `nil`: it lives, or ended by itself.
    func endingSignal() -> Int32? {
        var status: Int32 = 0
        guard waitpid(self.id, &status, WNOHANG) == self.id else { return nil }
        return status & 0x7f
    }

    func end() {
        kill(self.id, SIGKILL)
        waitpid(self.id, nil, 0)
    }
}
