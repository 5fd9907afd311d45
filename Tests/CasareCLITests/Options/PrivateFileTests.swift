import FoundationEssentials
import Glibc
import Testing

@testable import CasareCLI

/// Files of people's data that are written in parts; those that are written at once are tested with capsules.
struct PrivateFileTests {
    private struct Broken: Error {}

    @Test func `what comes in parts is there when all of it is, and for its owner alone`() async throws {
        try await Self.withEmptyFolder { folder in
            let path = folder + "/letters.jsonl"
            try await PrivateFile(path: path, mayReplace: false).write { draft in
                try draft.append("one\n")
                #expect(access(path, F_OK) != 0, "nobody sees the half of it")
                try draft.append("two\n")
            }
            #expect(try TextInput.file(path).read() == "one\ntwo\n")
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect(attributes[.posixPermissions] as? UInt16 == 0o600)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["letters.jsonl"])
        }
    }

    @Test func `what breaks off leaves the folder as it was`() async throws {
        try await Self.withEmptyFolder { folder in
            let path = folder + "/letters.jsonl"
            await #expect(throws: Broken.self) {
                try await PrivateFile(path: path, mayReplace: false).write { draft in
                    try draft.append("one\n")
                    throw Broken()
                }
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
            try PrivateFile(path: path, mayReplace: false).write("old\n")
            await #expect(throws: Broken.self) {
                try await PrivateFile(path: path, mayReplace: true).write { draft in
                    try draft.append("new\n")
                    throw Broken()
                }
            }
            #expect(try TextInput.file(path).read() == "old\n")
        }
    }

    @Test func `a file that somebody made meanwhile is not replaced`() async throws {
        try await Self.withEmptyFolder { folder in
            let path = folder + "/letters.jsonl"
            let failure = await #expect(throws: CommandFailure.self) {
                try await PrivateFile(path: path, mayReplace: false).write { draft in
                    try draft.append("mine\n")
                    try PrivateFile(path: path, mayReplace: false).write("theirs\n")
                }
            }
            #expect(failure?.status == .conflict)
            let text = try TextInput.file(path).read()
            let files = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(text == "theirs\n" && files == ["letters.jsonl"])
        }
    }

    private static func withEmptyFolder(_ body: (String) async throws -> Void) async throws {
        let path = FileManager.default.temporaryDirectory.path + "casare-cli-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }  // What stays behind is in the temporary folder.
        try await body(path)
    }
}
