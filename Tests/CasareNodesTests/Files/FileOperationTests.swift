import CasareDomain
import CasareEngine
import FoundationEssentials
import Testing

extension RunFolder {
    /// What ListFiles finds, without the path of this folder.
    fileprivate func listed(_ inputs: Object) async throws -> [String] {
        let files = try await self.perform("ListFilesNode", inputs)["files"]?.list ?? []
        return files.compactMap { $0.string.map { String($0.dropFirst(self.path.count + 1)) } }
    }
}

@Suite struct FileOperationTests {
    @Test func `deleting a missing file fails unless it may be missing`() async throws {
        try await withRunFolder { folder in
            try folder.write("x", "a.txt")
            let deleted = try await folder.perform("DeleteFileNode", ["file_path": "a.txt"])
            #expect(deleted["deleted_path"] == .string("\(folder.path)/a.txt"))
            #expect(!folder.exists("a.txt"))
            #expect(try await folder.failure("DeleteFileNode", ["file_path": "a.txt"]).type == "FileNotFoundError")
            try await folder.perform("DeleteFileNode", ["file_path": "a.txt", "ignore_missing": true])
            #expect(try await folder.failure("DeleteFileNode", ["file_path": "."]).type == "ValueError")
        }
    }

    @Test func `a copy has content, permissions and time of its source`() async throws {
        try await withRunFolder { folder in
            try folder.write("data", "a.txt")
            let time = Date(timeIntervalSince1970: 1_000_000_000)
            try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: "\(folder.path)/a.txt")
            let copied = try await folder.perform("CopyFileNode", ["source_path": "a.txt", "dest_path": "x/b.txt"])
            #expect(copied["bytes_copied"] == 4)
            #expect(try folder.read("x/b.txt") == "data")
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder.path)/x/b.txt")
            #expect(attributes[.modificationDate] as? Date == time)
        }
    }

    @Test(arguments: ["CopyFileNode", "MoveFileNode"])
    func `a destination that exists is replaced only when asked`(node: String) async throws {
        try await withRunFolder { folder in
            try folder.write("new", "a.txt")
            try folder.write("old", "b.txt")
            let inputs: Object = ["source_path": "a.txt", "dest_path": "b.txt"]
            let failure = try await folder.failure(node, inputs)
            #expect(failure.message == "Destination already exists: \(folder.path)/b.txt")
            #expect(try folder.read("b.txt") == "old")
            try await folder.perform(node, inputs.merging(["overwrite": true]))
            #expect(try folder.read("b.txt") == "new")
            #expect(folder.exists("a.txt") == (node == "CopyFileNode"))
            #expect(try folder.names.allSatisfy { !$0.hasPrefix(".casare-") })
        }
    }

    @Test func `moving without a destination file moves`() async throws {
        try await withRunFolder { folder in
            try folder.write("x", "a.txt")
            try await folder.perform("MoveFileNode", ["source_path": "a.txt", "dest_path": "d/b.txt"])
            #expect(!folder.exists("a.txt"))
            #expect(try folder.read("d/b.txt") == "x")
        }
    }

    @Test func `a file is not copied onto itself`() async throws {
        try await withRunFolder { folder in
            try folder.write("x", "a.txt")
            let failure = try await folder.failure(
                "CopyFileNode", ["source_path": "a.txt", "dest_path": "./a.txt", "overwrite": true])
            #expect(failure.message.hasPrefix("Source and destination are the same file"))
            #expect(try folder.read("a.txt") == "x")
        }
    }

    @Test func `directories are made with what is above them`() async throws {
        try await withRunFolder { folder in
            let made = try await folder.perform("CreateDirectoryNode", ["directory_path": "a/b/c"])
            #expect(made["dir_path"] == .string("\(folder.path)/a/b/c"))
            try await folder.perform("CreateDirectoryNode", ["directory_path": "a/b/c"])
            let again = try await folder.failure("CreateDirectoryNode", ["directory_path": "a", "exist_ok": false])
            #expect(again.type == "FileExistsError")
            let orphan = try await folder.failure("CreateDirectoryNode", ["directory_path": "x/y", "parents": false])
            #expect(orphan.type == "FileNotFoundError")
        }
    }

    @Test func `exists tells files from directories and never fails for a missing path`() async throws {
        try await withRunFolder { folder in
            try folder.write("x", "a.txt")
            let file = try await folder.perform("FileExistsNode", ["path": "a.txt"])
            #expect(file == ["exists": true, "is_file": true, "is_dir": false])
            let asDirectory = try await folder.perform("FileExistsNode", ["path": "a.txt", "check_type": "directory"])
            #expect(asDirectory["exists"] == false)
            let missing = try await folder.perform("FileExistsNode", ["path": "none/at/all"])
            #expect(missing == ["exists": false, "is_file": false, "is_dir": false])
        }
    }

    @Test func `size and info describe a file`() async throws {
        try await withRunFolder { folder in
            try folder.write("12345", "report.tar.gz")
            #expect(try await folder.perform("GetFileSizeNode", ["file_path": "report.tar.gz"])["size"] == 5)
            let info = try await folder.perform("GetFileInfoNode", ["file_path": "report.tar.gz"])
            #expect(info["extension"] == ".gz")
            #expect(info["name"] == "report.tar.gz")
            #expect(info["parent"] == .string(folder.path))
            #expect(info["modified"]?.string?.contains("T") == true)
            #expect(try await folder.failure("GetFileSizeNode", ["file_path": "none"]).outputs["success"] == false)
        }
    }

    @Test func `listings are sorted, absolute and filtered`() async throws {
        try await withRunFolder { folder in
            for name in ["b.txt", "a.txt", "c.csv", "sub/d.txt", "sub/deep/e.txt"] {
                try await folder.perform("WriteFileNode", ["file_path": .string(name), "content": "x"])
            }
            #expect(try await folder.listed([:]) == ["a.txt", "b.txt", "c.csv"])
            #expect(try await folder.listed(["directory_path": "."]) == ["a.txt", "b.txt", "c.csv"])
            #expect(try await folder.listed(["pattern": "[ab].*"]) == ["a.txt", "b.txt"])
            #expect(
                try await folder.listed(["pattern": "*.txt", "recursive": true]) == [
                    "a.txt", "b.txt", "sub/d.txt", "sub/deep/e.txt",
                ])
            #expect(try await folder.listed(["pattern": "sub/*"]) == ["sub/d.txt"])
            #expect(try await folder.listed(["pattern": "**/e.*"]) == ["sub/deep/e.txt"])
            let directories = try await folder.perform("ListDirectoryNode", ["dir_path": ".", "dirs_only": true])
            #expect(directories["items"] == [.string("\(folder.path)/sub")])
            #expect(try await folder.perform("ListDirectoryNode", ["dir_path": "."])["count"] == 4)
            #expect(
                try await folder.failure("ListFilesNode", ["directory_path": "a.txt"]).message.hasPrefix(
                    "Not a directory"))
            #expect(try await folder.failure("ListFilesNode", ["pattern": "../*"]).type == "PathSecurityError")
            #expect(try await folder.failure("ListFilesNode", ["pattern": "../\u{301}*"]).type == "PathSecurityError")
            try await folder.perform("WriteFileNode", ["file_path": "sub/\u{301}x", "content": "x"])
            #expect(try await folder.listed(["pattern": "sub/\u{301}?"]) == ["sub/\u{301}x"])
        }
    }
}
