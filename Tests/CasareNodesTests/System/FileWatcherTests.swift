import CasareDomain
import CasareEngine
import CasareTestSupport
import FoundationEssentials
import Glibc
import Testing

@Suite struct FileWatcherTests {
    /// Watches while something is done over and over again, so that it surely happens once the watch is on.
    private static func watch(
        _ inputs: Object, in folder: RunFolder, while disturb: @escaping @Sendable () throws -> Void
    ) async throws -> Object {
        try await withThrowingTaskGroup(of: Object?.self) { group in
            group.addTask { try await folder.perform("FileWatcherNode", inputs.merging(["timeout": 60])) }
            group.addTask {
                while !Task.isCancelled {
                    try disturb()
                    await Task.yield()
                }
                return nil
            }
            defer { group.cancelAll() }
            // The one that disturbs ends by being cancelled only.
            return try await group.next()! ?? [:]
        }
    }

    private static func toggle(_ name: String, in folder: RunFolder) throws {
        try folder.write("x", name)
        try FileManager.default.removeItem(atPath: "\(folder.path)/\(name)")
    }

    @Test(arguments: [("create", "created"), ("delete", "deleted"), ("modify", "modified")])
    func `the first event of the kind is told`(events: String, kind: String) async throws {
        try await withRunFolder { folder in
            let outputs = try await Self.watch(["watch_path": ".", "events": .string(events)], in: folder) {
                try Self.toggle("a.txt", in: folder)
            }
            #expect(
                outputs == [
                    "event_type": .string(kind), "file_path": .string("\(folder.path)/a.txt"), "triggered": true,
                    "timed_out": false,
                ])
        }
    }

    @Test func `of a single file only its own events count, also when it is replaced as a whole`() async throws {
        try await withRunFolder { folder in
            try folder.write("0", "one")
            let outputs = try await Self.watch(["watch_path": "one"], in: folder) {
                try Self.toggle("other", in: folder)
                try Data("1".utf8).write(to: URL(filePath: "\(folder.path)/one"), options: .atomic)
            }
            #expect(outputs["file_path"] == .string("\(folder.path)/one"))
            #expect(outputs["triggered"] == true)
        }
    }

    @Test func `folders below are watched when that is wanted, new ones too`() async throws {
        try await withRunFolder { folder in
            let files = FileManager.default
            try files.createDirectory(atPath: "\(folder.path)/a/b", withIntermediateDirectories: true)
            let inputs: Object = ["watch_path": ".", "events": "modify", "recursive": true]
            let old = try await Self.watch(inputs, in: folder) { try Self.toggle("a/b/c", in: folder) }
            #expect(old["file_path"] == .string("\(folder.path)/a/b/c"))
            let new = try await Self.watch(inputs, in: folder) {
                try files.createDirectory(atPath: "\(folder.path)/n", withIntermediateDirectories: true)
                try Self.toggle("n/c", in: folder)
            }
            #expect(new["file_path"] == .string("\(folder.path)/n/c"))
        }
    }

    @Test func `the watched folder itself may go`() async throws {
        try await withRunFolder { folder in
            let path = "\(folder.path)/w"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            let watch = Task { try await folder.perform("FileWatcherNode", ["watch_path": "w", "events": "delete"]) }
            defer { watch.cancel() }
            try await eventually("the folder is watched") { Self.watchesInode(of: path) ? true : nil }
            try FileManager.default.removeItem(atPath: path)
            #expect(
                try await watch.value == [
                    "event_type": "deleted", "file_path": .string(path), "triggered": true, "timed_out": false,
                ])
        }
    }

    @Test func `when nothing happens in time that is told, and is no failure`() async throws {
        try await withRunFolder { folder in
            // What happens below does not count.
            try FileManager.default.createDirectory(atPath: "\(folder.path)/a", withIntermediateDirectories: true)
            let outputs = try await folder.perform("FileWatcherNode", ["watch_path": ".", "timeout": 1])
            #expect(outputs == ["event_type": "", "file_path": "", "triggered": false, "timed_out": true])
        }
    }

    @Test func `a watch ends when its run is cancelled, and leaves nothing open`() async throws {
        try await withRunFolder { folder in
            let watch = Task { try await folder.perform("FileWatcherNode", ["watch_path": ".", "timeout": 3600]) }
            defer { watch.cancel() }
            try await eventually("the folder is watched") { Self.watchesInode(of: folder.path) ? true : nil }
            watch.cancel()
            await #expect(throws: CancellationError.self) { try await watch.value }
            #expect(!Self.watchesInode(of: folder.path))
        }
    }

    @Test(arguments: [("missing", "FileNotFoundError"), ("/proc", "PathSecurityError"), ("../x", "PathSecurityError")])
    func `what cannot be watched fails`(path: String, type: String) async throws {
        try await withRunFolder { folder in
            let failure = try await folder.failure("FileWatcherNode", ["watch_path": .string(path)])
            #expect(failure.type == type)
        }
    }

    @Test func `a watch reads the world`() { #expect(RunFolder.type("FileWatcherNode").effect == .captured) }

    /// Whether this process has an inotify watch on a folder, as /proc tells (proc(5), fdinfo).
    private static func watchesInode(of path: String) -> Bool {
        var status = stat()
        guard stat(path, &status) == 0 else { return false }
        let wanted = " ino:\(String(status.st_ino, radix: 16)) "
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fdinfo")) ?? []
        return names.contains { name in
            (try? String(contentsOfFile: "/proc/self/fdinfo/\(name)", encoding: .utf8))?.contains(wanted) ?? false
        }
    }
}
