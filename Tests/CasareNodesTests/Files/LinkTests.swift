import CasareDomain
import CasareEngine
import FoundationEssentials
import Testing

@testable import CasareNodes

@Suite struct LinkTests {
    private static func link(_ name: String, to target: String, in folder: RunFolder) throws {
        try FileManager.default.createSymbolicLink(atPath: "\(folder.path)/\(name)", withDestinationPath: target)
    }

    private static func target(of path: String) throws -> String {
        try FileManager.default.destinationOfSymbolicLink(atPath: path)
    }

    @Test func `deleting a link deletes the link`() async throws {
        try await withRunFolder { folder async throws in
            try folder.write("x", "file")
            try FileManager.default.createDirectory(atPath: "\(folder.path)/folder", withIntermediateDirectories: true)
            for target in ["file", "folder", "nothing"] {
                try Self.link("link", to: target, in: folder)
                let deleted = try await folder.perform("DeleteFileNode", ["file_path": "./link"])
                #expect(deleted["deleted_path"] == .string("\(folder.path)/link"))
                #expect(try folder.names == ["file", "folder"])
            }
            // One that leads nowhere is there all the same.
            try Self.link("link", to: "nothing", in: folder)
            try await folder.perform("DeleteFileNode", ["file_path": "link", "ignore_missing": true])
            #expect(try folder.names == ["file", "folder"])
            // Links on the way are followed.
            try folder.write("x", "folder/inner")
            try Self.link("way", to: "folder", in: folder)
            try await folder.perform("DeleteFileNode", ["file_path": "way/inner"])
            #expect(try folder.names == ["file", "folder", "way"])
            #expect(!folder.exists("folder/inner"))
        }
    }

    @Test func `moving a link moves the link`() async throws {
        try await withRunFolder { folder async throws in
            try folder.write("x", "file")
            for overwrite in [false, true] {
                try Self.link("link", to: "\(folder.path)/file", in: folder)
                let inputs: Object = [
                    "source_path": "link", "dest_path": .string("moved/\(overwrite)"), "overwrite": .bool(overwrite),
                ]
                try await folder.perform("MoveFileNode", inputs)
                #expect(try folder.names == ["file", "moved"])
                #expect(try Self.target(of: "\(folder.path)/moved/\(overwrite)") == "\(folder.path)/file")
            }
            #expect(try folder.read("moved/true") == "x")
        }
    }

    @Test func `a link does not take the place of what it leads to`() async throws {
        try await withRunFolder { folder async throws in
            try folder.write("x", "file")
            try Self.link("link", to: "file", in: folder)
            try Self.link("dangling", to: "none", in: folder)
            for (source, destination) in [("link", "file"), ("link", "link"), ("dangling", "none")] {
                let inputs: Object = [
                    "source_path": .string(source), "dest_path": .string(destination), "overwrite": true,
                ]
                let failure = try await folder.failure("MoveFileNode", inputs)
                #expect(failure.message.hasPrefix("Source and destination are the same file"))
            }
            #expect(try folder.names == ["dangling", "file", "link"])
            #expect(try folder.read("file") == "x")
        }
    }

    @Test func `a link to another file system's file moves there too`() async throws {
        try await withRunFolder { folder async throws in
            // Where this is no file system of its own, the link is renamed.
            let source = "/dev/shm/casare-test-\(UUID().uuidString)"
            try FileManager.default.createSymbolicLink(atPath: source, withDestinationPath: "nowhere")
            defer { try? FileManager.default.removeItem(atPath: source) }
            try FileAccess.move(source, to: "\(folder.path)/moved", overwrite: false)
            #expect(try Self.target(of: "\(folder.path)/moved") == "nowhere")
            let remains = FileAccess.entryStatus(source) != nil
            #expect(!remains)
            #expect(try folder.names == ["moved"])
        }
    }

    @Test func `the rules look at where a link leads`() async throws {
        try await withRunFolder { folder async throws in
            try Self.link("link", to: "/etc/shadow", in: folder)
            let deletion = try await folder.failure("DeleteFileNode", ["file_path": "link"])
            #expect(deletion.type == "PathSecurityError")
            let move = try await folder.failure("MoveFileNode", ["source_path": "link", "dest_path": "x"])
            #expect(move.type == "PathSecurityError")
            // And at the link itself.
            try FileManager.default.createDirectory(atPath: "\(folder.path)/own", withIntermediateDirectories: true)
            try folder.write("x", "file")
            try Self.link("own/link", to: "../file", in: folder)
            var careful = folder
            careful.policy.deniedPaths = ["\(folder.path)/own"]
            let own = try await careful.failure("DeleteFileNode", ["file_path": "own/link"])
            #expect(own.type == "PathSecurityError")
            #expect(try folder.names == ["file", "link", "own"])
        }
    }

    @Test func `a link to a folder is no folder to delete`() async throws {
        try await withRunFolder { folder async throws in
            try await folder.perform("WriteFileNode", ["file_path": "full/x", "content": "x"])
            try Self.link("link", to: "full", in: folder)
            let failure = try await folder.failure(
                "DeleteDirectoryNode", ["directory_path": "link/", "recursive": true])
            #expect(
                failure.message
                    == "Not a directory but a link, which DeleteFileNode deletes: \(folder.path)/link")
            #expect(try folder.names == ["full", "link"])
            #expect(folder.exists("full/x"))
        }
    }
}
