import CasareDomain
import CasareEngine
import CasareNodes
import CasareTestSupport
import FoundationEssentials
import Glibc
import Testing

/// Real folders, looked at by a clock that passes when the watcher waits.
struct WatchedFolderTests {
    private static func write(_ text: String, to path: String) throws {
        try FileManager.default.createDirectory(
            atPath: String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: path))
    }

    private static func watch(
        _ source: FileSource, waits: Int, _ steps: [Int: @Sendable () throws -> Void] = [:]
    ) async throws -> WatchFixture {
        let fixture = WatchFixture(.file(source))
        try await fixture.run(FileWatcher(), waits: waits) { number in
            if let step = steps[number] { try step() }
        }
        return fixture
    }

    @Test func `a file that comes is found with its payload, once`() async throws {
        try await withTemporaryDirectory { folder in
            try Self.write("old", to: "\(folder)/old.csv")
            let source = FileSource(path: folder, patterns: ["*.csv"])
            let fixture = try await Self.watch(
                source, waits: 8,
                [
                    1: {
                        try Self.write("1,2,3", to: "\(folder)/a.csv")
                        try Self.write("no", to: "\(folder)/a.txt")
                    }
                ])
            #expect(fixture.findings.count == 1)
            let payload = try #require(fixture.findings.first?.payload)
            let canonical = try #require(realpath(folder, nil).map { String(cString: $0) })
            #expect(payload["file_path"]?.string == "\(canonical)/a.csv")
            #expect(payload["file_name"] == "a.csv" && payload["file_dir"]?.string == canonical)
            #expect(payload["event_type"] == "created" && payload["size"] == 5)
            #expect(payload["timestamp"]?.string == "2026-01-01T12:00:00.000Z")
        }
    }

    @Test(arguments: [false, true])
    func `folders below count where they are asked for`(isRecursive: Bool) async throws {
        try await withTemporaryDirectory { folder in
            let source = FileSource(path: folder, isRecursive: isRecursive)
            let fixture = try await Self.watch(
                source, waits: 5,
                [
                    1: {
                        try Self.write("x", to: "\(folder)/top")
                        try Self.write("x", to: "\(folder)/in/deeper/below")
                        try Self.write("x", to: "\(folder)/~skipped/x")
                        try Self.write("x", to: "\(folder)/a.tmp")
                    }
                ])
            #expect(Set(fixture.found("file_name")) == (isRecursive ? ["top", "below"] : ["top"]))
        }
    }

    @Test func `a file that says it was changed too far off to be counted is found like any other`() async throws {
        try await withTemporaryDirectory { folder in
            let fixture = try await Self.watch(
                FileSource(path: folder), waits: 5,
                [
                    1: {
                        try Self.write("x", to: "\(folder)/far")
                        // The year 2300: more nanoseconds than 64 bits hold.
                        let far = timespec(tv_sec: 10_413_792_000, tv_nsec: 0)
                        try #require(utimensat(AT_FDCWD, "\(folder)/far", [far, far], 0) == 0)
                    }
                ])
            #expect(fixture.found("file_name") == ["far"])
        }
    }

    @Test func `links are no files and are not followed`() async throws {
        try await withTemporaryDirectory { folder in
            try Self.write("x", to: "\(folder)/elsewhere/secret")
            try FileManager.default.createDirectory(
                atPath: "\(folder)/in", withIntermediateDirectories: true)
            let fixture = try await Self.watch(
                FileSource(path: "\(folder)/in", isRecursive: true), waits: 5,
                [
                    1: {
                        let files = FileManager.default
                        try files.createSymbolicLink(
                            atPath: "\(folder)/in/folder", withDestinationPath: "\(folder)/elsewhere")
                        try files.createSymbolicLink(
                            atPath: "\(folder)/in/file", withDestinationPath: "\(folder)/elsewhere/secret")
                        try Self.write("x", to: "\(folder)/in/own")
                    }
                ])
            #expect(fixture.found("file_name") == ["own"])
        }
    }

    @Test func `changes and ends of files are found`() async throws {
        try await withTemporaryDirectory { folder in
            try Self.write("x", to: "\(folder)/a")
            try Self.write("x", to: "\(folder)/b")
            let fixture = try await Self.watch(
                FileSource(path: folder, events: FileSource.Event.allCases), waits: 9,
                [
                    1: { try Self.write("longer", to: "\(folder)/a") },
                    4: { try FileManager.default.removeItem(atPath: "\(folder)/b") },
                ])
            #expect(fixture.found("event_type") == ["modified", "deleted"])
            #expect(fixture.found("file_name") == ["a", "b"])
        }
    }

    @Test func `another robot goes on where the one before has reported`() async throws {
        try await withTemporaryDirectory { folder in
            let fixture = WatchFixture(.file(FileSource(path: folder)))
            try await fixture.run(FileWatcher(), waits: 5) { number in
                if number == 1 { try Self.write("x", to: "\(folder)/a") }
            }
            #expect(fixture.found("file_name") == ["a"])
            // The second one finds a file and is killed with its report, which is the second: the first is of the start.
            try Self.write("x", to: "\(folder)/b")
            try await fixture.run(FileWatcher(), waits: 9, refusing: 2)
            #expect(fixture.found("file_name") == ["a"])
            try await fixture.run(FileWatcher(), waits: 5)
            #expect(fixture.found("file_name") == ["a", "b"])
            #expect(Set(fixture.findings.map(\.key)).count == 2)
        }
    }

    @Test func `a folder that is not there is an error that is said once, and over when it is there`() async throws {
        try await withTemporaryDirectory { folder in
            let path = "\(folder)/later"
            let fixture = try await Self.watch(
                FileSource(path: path), waits: 8,
                [
                    3: { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) },
                    4: { try Self.write("x", to: "\(path)/a") },
                ])
            #expect(fixture.errors.first??.contains("File not found") == true)
            #expect(fixture.errors.count { $0 != nil } == 1)
            #expect(fixture.found("file_name") == ["a"])
        }
    }

    @Test func `a folder that goes for a while deletes nothing`() async throws {
        try await withTemporaryDirectory { folder in
            let (path, away) = ("\(folder)/in", "\(folder)/away")
            try Self.write("x", to: "\(path)/a")
            let fixture = try await Self.watch(
                FileSource(path: path, events: [.deleted]), waits: 9,
                [
                    2: { try FileManager.default.moveItem(atPath: path, toPath: away) },
                    5: { try FileManager.default.moveItem(atPath: away, toPath: path) },
                ])
            #expect(fixture.findings.isEmpty && fixture.errors.contains { $0 != nil })
            #expect(fixture.errors.last == .some(nil))
        }
    }

    @Test(arguments: ["/proc", "/etc/../proc/self", "~/.ssh"])
    func `folders that the robot's rules deny are not watched`(path: String) async throws {
        let fixture = try await Self.watch(FileSource(path: path, takesExisting: true), waits: 2)
        #expect(fixture.findings.isEmpty)
        let error = fixture.errors.first ?? nil
        #expect(error?.isEmpty == false)
    }
}
