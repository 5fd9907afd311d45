import CasareDomain
import CasareEngine
import CasareTestSupport
import FoundationEssentials
import Testing

@testable import CasareRobot

struct RunDirectoryTests {
    @Test func `it is made when it is asked for, and goes when nothing is in it`() async throws {
        try await withTemporaryDirectory { root in
            let directory = RunDirectory(of: .new(at: Date()), below: "\(root)/runs")
            #expect(!FileManager.default.fileExists(atPath: "\(root)/runs"))
            directory.removeIfEmpty()
            try directory.open()
            try directory.open()
            #expect(FileManager.default.fileExists(atPath: directory.path))
            directory.removeIfEmpty()
            #expect(!FileManager.default.fileExists(atPath: directory.path))
        }
    }

    @Test func `what a run wrote is kept`() async throws {
        try await withTemporaryDirectory { root in
            let directory = RunDirectory(of: .new(at: Date()), below: root)
            try directory.open()
            try "text".write(toFile: "\(directory.path)/file", atomically: true, encoding: .utf8)
            directory.removeIfEmpty()
            #expect(FileManager.default.fileExists(atPath: "\(directory.path)/file"))
        }
    }

    @Test func `a directory that cannot be made fails the node`() async throws {
        try await withTemporaryDirectory { root in
            try "text".write(toFile: "\(root)/file", atomically: true, encoding: .utf8)
            let directory = RunDirectory(of: .new(at: Date()), below: "\(root)/file")
            #expect { try directory.open() } throws: { ($0 as? NodeFailure)?.type == "PermissionError" }
        }
    }
}
