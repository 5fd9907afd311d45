import CasareDomain
import CasareEngine
import FoundationEssentials
import Testing

@Suite struct DirectoryRemovalTests {
    private static func make(_ names: String..., in folder: RunFolder) throws {
        for name in names {
            try FileManager.default.createDirectory(
                atPath: "\(folder.path)/\(name)", withIntermediateDirectories: true)
        }
    }

    @Test func `an empty folder goes, a full one only with all that it holds`() async throws {
        try await withRunFolder { folder async throws in
            try Self.make("empty", "full/a/b", "kept", in: folder)
            try folder.write("x", "full/a/x")
            try folder.write("x", "kept/x")
            try FileManager.default.createSymbolicLink(
                atPath: "\(folder.path)/full/link", withDestinationPath: "\(folder.path)/kept")
            let empty = try await folder.perform("DeleteDirectoryNode", ["directory_path": "empty"])
            #expect(empty == ["deleted_path": .string("\(folder.path)/empty"), "success": true])
            let failure = try await folder.failure("DeleteDirectoryNode", ["directory_path": "full"])
            #expect(
                failure.message
                    == "Directory not empty: \(folder.path)/full; set recursive to delete what it holds")
            #expect(folder.exists("full/a/x"))
            let full: Object = ["dir_path": "full", "recursive": true]
            #expect(try await folder.perform("DeleteDirectoryNode", full)["success"] == true)
            // A link goes, not what it leads to.
            #expect(try folder.names == ["kept"])
            #expect(folder.exists("kept/x"))
        }
    }

    @Test func `one that is not there fails, unless that is fine`() async throws {
        try await withRunFolder { folder async throws in
            let failure = try await folder.failure("DeleteDirectoryNode", ["directory_path": "none"])
            #expect(failure.message == "Directory not found: \(folder.path)/none")
            #expect(failure.outputs["success"] == false)
            let fine = try await folder.perform("DeleteDirectoryNode", ["path": "none", "ignore_missing": true])
            #expect(fine["success"] == true)
            try folder.write("x", "file")
            #expect(
                try await folder.failure("DeleteDirectoryNode", ["directory_path": "file"]).message
                    == "Not a directory: \(folder.path)/file")
        }
    }

    @Test func `what a run or the path rules need stays`() async throws {
        try await withRunFolder { folder async throws in
            try Self.make("denied/own", in: folder)
            var careful = folder
            careful.policy.deniedPaths = ["\(folder.path)/denied/own"]
            for path in [".", "/tmp", "/", "denied", "denied/own", "/proc", "../x"] {
                let failure = try await careful.failure(
                    "DeleteDirectoryNode", ["directory_path": .string(path), "recursive": true])
                #expect(failure.type == "PathSecurityError", "\(path): \(failure.message)")
            }
            #expect(folder.exists("denied/own"))
        }
    }

    @Test func `the effect follows what a second time would do`() {
        let type = RunFolder.type("DeleteDirectoryNode")
        #expect(type.effectFor?([:]) == .effect)
        #expect(type.effectFor?(["ignore_missing": "{{x}}"]) == .effect)
        #expect(type.effectFor?(["ignore_missing": true]) == .idempotent)
    }

    @Test(
        arguments: [
            (["path_1": "a", "path_2": "b", "path_10": "d", "path_3": "c"], "a/b/c/d"),
            (["parts": ["a/", "", "b"]], "a/b"), (["parts": ["a", 2], "path_1": "c"], "a/2/c"),
            (["path_1": "a", "path_2": "/b", "path_3": "c"], "/b/c"), (["path_1": "/", "path_2": "b"], "/b"),
        ] as [(Object, String)])
    func `parts are joined to a path`(inputs: Object, path: String) throws {
        #expect(try PureCall("JoinPathNode", inputs)["path"] == .string(path))
    }

    @Test func `nothing is no path`() {
        #expect(
            PureCall.failure("JoinPathNode", ["path_1": ""])?.message
                == "Nothing to join: give parts, or path_1 and path_2")
        #expect(RunFolder.type("JoinPathNode").effect == .pure)
        #expect(RunFolder.type("GetFilenameNode").effect == .pure)
    }

    @Test(arguments: [
        ("/a/b.tar.gz", ["b.tar.gz", "b.tar", ".gz", "/a"]), ("b", ["b", "b", "", ""]),
        ("/b.c", ["b.c", "b", ".c", "/"]), ("a/.profile", [".profile", ".profile", "", "a"]),
        ("/a/b/", ["b", "b", "", "/a"]), ("/", ["", "", "", "/"]),
    ])
    func `a path is taken apart`(path: String, parts: [String]) throws {
        let call = try PureCall("GetFilenameNode", ["file_path": .string(path)])
        #expect(["filename", "stem", "extension", "directory"].map { call[$0].string } == parts)
        let stem = try PureCall("GetFilenameNode", ["file_path": .string(path), "include_extension": false])
        #expect(stem["filename"].string == parts[1])
    }
}
