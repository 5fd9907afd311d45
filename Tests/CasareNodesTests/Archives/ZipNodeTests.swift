import CasareArchive
import CasareDomain
import CasareEngine
import FoundationEssentials
import Glibc
import Testing

@testable import CasareNodes

@Suite struct ZipNodeTests {
    /// Writes an archive of files with the given names and contents.
    private func archive(_ members: [(name: String, content: String)], _ name: String, in folder: RunFolder) throws {
        let file = open("\(folder.path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        try #require(file >= 0)
        defer { close(file) }
        let writer = try ZipWriter(descriptor: file, method: .deflated)
        for (name, content) in members {
            let bytes = Array(content.utf8)
            try writer.beginFile(named: name, size: bytes.count, permissions: 0o644, modifiedAt: 0)
            try writer.write(bytes)
        }
        try writer.finish()
    }

    private func makeTree(in folder: RunFolder) async throws {
        for name in ["in/a.txt", "in/deep/b.txt", "in/c.csv"] {
            try await folder.perform("WriteFileNode", ["file_path": .string(name), "content": .string("of \(name)")])
        }
    }

    private func names(_ archive: String, in folder: RunFolder) async throws -> Value {
        try await folder.perform("UnzipFilesNode", ["zip_path": .string(archive), "extract_to": "out"])["files"]
            ?? .null
    }

    @Test func `a folder is packed with all it holds, and unpacked again`() async throws {
        try await withRunFolder { folder async throws in
            try await self.makeTree(in: folder)
            let packed = try await folder.perform("ZipFilesNode", ["zip_path": "new/x.zip", "source_path": "in"])
            #expect(packed["file_count"] == 3)
            #expect(packed["zip_path"] == .string("\(folder.path)/new/x.zip"))
            #expect(packed["attachment_file"] == [.string("\(folder.path)/new/x.zip")])
            #expect(packed["success"] == true)
            let unpacked = try await folder.perform("UnzipFilesNode", ["zip_path": "new/x.zip", "extract_to": "out"])
            #expect(unpacked["files"] == ["a.txt", "c.csv", "deep/b.txt"])
            #expect(unpacked["file_count"] == 3)
            #expect(unpacked["skipped"] == [])
            #expect(unpacked["extract_to"] == .string("\(folder.path)/out"))
            #expect(try folder.read("out/deep/b.txt") == "of in/deep/b.txt")
            #expect(try folder.names == ["in", "new", "out"])
            #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/new") == ["x.zip"])
        }
    }

    @Test(
        arguments: [
            (["source_path": "in/*.txt"], ["a.txt"]),
            (["source_path": "in/**/*.txt"], ["a.txt", "deep/b.txt"]),
            (["source_path": "in/a.txt"], ["a.txt"]),
            (["source_path": "in", "base_dir": "."], ["in/a.txt", "in/c.csv", "in/deep/b.txt"]),
            (["files": ["in/deep/b.txt", "in/a.txt", "gone"]], ["b.txt", "a.txt"]),
            (["files": ["in/deep"]], ["deep/b.txt"]),
            (["files": ["in/a.txt"], "base_dir": "."], ["in/a.txt"]),
            (["files": ["in/a.txt"], "base_dir": "in/deep"], ["a.txt"]),
        ] as [(Object, [String])])
    func `members are called after where they come from`(inputs: Object, names: [String]) async throws {
        try await withRunFolder { folder async throws in
            try await self.makeTree(in: folder)
            try await folder.perform("ZipFilesNode", inputs.merging(["zip_path": "x.zip"]))
            #expect(try await self.names("x.zip", in: folder) == .list(names.map(Value.string)))
        }
    }

    @Test func `an archive does not pack itself`() async throws {
        try await withRunFolder { folder async throws in
            try await self.makeTree(in: folder)
            for _ in 0..<2 {
                let packed = try await folder.perform("ZipFilesNode", ["zip_path": "in/x.zip", "source_path": "in"])
                #expect(packed["file_count"] == 3)
            }
        }
    }

    @Test func `ZIP_STORED does not compress`() async throws {
        try await withRunFolder { folder async throws in
            try folder.write(String(repeating: "x", count: 10_000), "a")
            var sizes: [Int] = []
            for method in ["ZIP_STORED", "ZIP_DEFLATED"] {
                try await folder.perform(
                    "ZipFilesNode", ["zip_path": "x.zip", "source_path": "a", "compression": .string(method)])
                sizes.append(try await folder.perform("GetFileSizeNode", ["file_path": "x.zip"])["size"]?.int ?? 0)
            }
            #expect(sizes[0] > 10_000)
            #expect(sizes[1] < 1000)
        }
    }

    @Test(
        arguments: [
            ([:], "zip_path is required"),
            (["zip_path": "x.zip"], "Nothing to zip: give files or source_path"),
            (["zip_path": "x.zip", "files": ["gone"]], "Nothing to zip: no such files"),
            (["zip_path": "x.zip", "source_path": "none*"], "Nothing to zip: no such files"),
            (
                ["zip_path": "x.zip", "files": ["in/same", "in/deep/same"]],
                "Two files would be called same in the archive: give a base_dir that tells them apart"
            ),
        ] as [(Object, String)])
    func `what cannot be packed fails and leaves nothing`(inputs: Object, message: String) async throws {
        try await withRunFolder { folder async throws in
            for name in ["in/same", "in/deep/same"] {
                try await folder.perform("WriteFileNode", ["file_path": .string(name)])
            }
            let failure = try await folder.failure("ZipFilesNode", inputs)
            #expect(failure.message == message)
            #expect(failure.outputs["success"] == false)
            #expect(try folder.names == ["in"])
        }
    }

    @Test func `a source that is missing and no pattern is an error`() async throws {
        try await withRunFolder { folder in
            let failure = try await folder.failure("ZipFilesNode", ["zip_path": "x.zip", "source_path": "gone"])
            #expect(failure.type == "FileNotFoundError")
            let denied = try await folder.failure("ZipFilesNode", ["zip_path": "x.zip", "files": ["/etc/shadow"]])
            #expect(denied.type == "PathSecurityError")
        }
    }

    @Test(arguments: [
        "../x", "a/../../x", "/x", "\\x", "C:\\x", "c:/x", "a\\..\\x", "../\u{301}x", "a/../../\u{301}x", "/\u{301}x",
        "\\\u{301}x",
        "..\\\u{301}x",
    ])
    func `an archive whose member leads out of it is refused as a whole`(name: String) async throws {
        try await withRunFolder { folder in
            try self.archive([("fine.txt", "1"), (name, "2")], "x.zip", in: folder)
            let failure = try await folder.failure("UnzipFilesNode", ["zip_path": "x.zip", "extract_to": "out"])
            #expect(failure.type == "PathSecurityError")
            #expect(failure.message.hasSuffix("' leads out of it"))
            #expect(try folder.names == ["x.zip"])
        }
    }

    @Test func `names that Unicode calls equivalent are two, and none loses its first mark`() async throws {
        try await withRunFolder { folder async throws in
            for name in ["in/\u{E9}", "in/e\u{301}", "in/\u{301}x"] {
                try await folder.perform("WriteFileNode", ["file_path": .string(name), "content": "x"])
            }
            let packed = try await folder.perform("ZipFilesNode", ["zip_path": "x.zip", "source_path": "in"])
            #expect(packed["file_count"] == 3)
            // Reading, libarchive makes the two alike.
            let names = try await self.names("x.zip", in: folder).list ?? []
            #expect(names.count == 3)
            #expect(names.contains("\u{301}x"))
        }
    }

    @Test func `a link that lies in the target leads nothing out`() async throws {
        try await withRunFolder { folder in
            try self.archive([("link/x", "1")], "x.zip", in: folder)
            try FileManager.default.createDirectory(atPath: "\(folder.path)/out", withIntermediateDirectories: false)
            symlink(folder.path, "\(folder.path)/out/link")
            let failure = try await folder.failure("UnzipFilesNode", ["zip_path": "x.zip", "extract_to": "out"])
            #expect(failure.type == "PathSecurityError")
            #expect(!folder.exists("x"))
        }
    }

    @Test func `links in an archive are not made, and named`() async throws {
        // `a/übung.txt`, a symbolic link `link` to /etc/passwd, and the directory `dir/`; written by Python's zipfile.
        let mixed = """
            UEsDBBQAAAgAAFUzdV2GphA2BQAAAAUAAAAMAAAAYS/DvGJ1bmcudHh0aGVsbG9QSwMEFAAAAAAAAAAhAAq5HykLAAAACwAAAAQAAABsaW5rL2V0\
            Yy9wYXNzd2RQSwMEFAAAAAAAVTN1XQAAAAAAAAAAAAAAAAQAAABkaXIvUEsBAhQDFAAACAAAVTN1XYamEDYFAAAABQAAAAwAAAAAAAAAAAAAAIAB\
            AAAAAGEvw7xidW5nLnR4dFBLAQIUAxQAAAAAAAAAIQAKuR8pCwAAAAsAAAAEAAAAAAAAAAAAAAD/oS8AAABsaW5rUEsBAhQDFAAAAAAAVTN1XQAA\
            AAAAAAAAAAAAAAQAAAAAAAAAAAAQAP1BXAAAAGRpci9QSwUGAAAAAAMAAwCeAAAAfgAAAAAA
            """
        try await withRunFolder { folder async throws in
            try await folder.perform(
                "WriteFileNode", ["file_path": "x.zip", "content": .string(mixed), "binary_mode": true])
            let unpacked = try await folder.perform("UnzipFilesNode", ["zip_path": "x.zip", "extract_to": "out"])
            #expect(unpacked["files"] == ["a/übung.txt"])
            #expect(unpacked["skipped"] == ["link"])
            #expect(try folder.read("out/a/übung.txt") == "hello")
            #expect(folder.exists("out/dir"))
            #expect(!folder.exists("out/link"))
        }
    }

    @Test func `a bomb is stopped by what it says, and by what comes out of one that lies`() async throws {
        try await withRunFolder { folder async throws in
            try self.archive([("a", String(repeating: "x", count: 600)), ("b", "1")], "x.zip", in: folder)
            func unpacking(bytesMax: Int, membersMax: Int = 2) -> ZipUnpacking {
                ZipUnpacking(
                    archive: "\(folder.path)/x.zip", target: "\(folder.path)/out",
                    policy: PathPolicy(folder.environment), allowsDangerousPaths: false, overwrites: true,
                    cancellation: BlockingWork.Cancellation(), bytesMax: bytesMax, membersMax: membersMax)
            }
            func refusal(_ unpacking: ZipUnpacking) throws -> NodeFailure? {
                do {
                    _ = try unpacking.run()
                    return nil
                } catch let failure as NodeFailure {
                    return failure
                }
            }
            let reason = "\(folder.path)/x.zip was not unpacked: it"
            #expect(try refusal(unpacking(bytesMax: 600))?.message == "\(reason) holds more than 600 bytes")
            #expect(
                try refusal(unpacking(bytesMax: 601, membersMax: 1))?.message == "\(reason) has more than 1 members")
            #expect(!folder.exists("out"))
            #expect(try refusal(unpacking(bytesMax: 601)) == nil)
            // The directory of the archive, which begins with this mark, says 1 instead of 600 at byte 24 of its entry.
            var bytes = try Array(Data(contentsOf: URL(filePath: "\(folder.path)/x.zip")))
            let entry = try #require(bytes.indices.first { bytes[$0...].starts(with: [0x50, 0x4B, 1, 2]) })
            bytes.replaceSubrange(entry + 24..<entry + 28, with: [1, 0, 0, 0])
            try Data(bytes).write(to: URL(filePath: "\(folder.path)/x.zip"))
            #expect(try refusal(unpacking(bytesMax: 10)) != nil)
        }
    }

    @Test func `what is no archive, and none at all, fails`() async throws {
        try await withRunFolder { folder in
            try folder.write("text", "x.zip")
            let failure = try await folder.failure("UnzipFilesNode", ["zip_path": "x.zip", "extract_to": "out"])
            #expect(failure.message.hasPrefix("Cannot unzip \(folder.path)/x.zip: "))
            let missing = try await folder.failure("UnzipFilesNode", ["zip_path": "y.zip", "extract_to": "out"])
            #expect(missing.type == "FileNotFoundError")
            #expect(
                try await folder.failure("UnzipFilesNode", ["zip_path": "x.zip"]).message == "extract_to is required")
        }
    }

    @Test func `the single nodes overwrite and the super node does when told to`() async throws {
        try await withRunFolder { folder async throws in
            try folder.write("new", "a")
            let zip: Object = ["action": "Zip Files", "zip_path": "x.zip", "source_path": "a"]
            #expect(try await folder.perform("StructuredDataSuperNode", zip)["file_count"] == 1)
            let again = try await folder.failure("StructuredDataSuperNode", zip)
            #expect(again.type == "FileExistsError")
            try await folder.perform("StructuredDataSuperNode", zip.merging(["overwrite": true]))
            try await folder.perform("ZipFilesNode", zip)
            try folder.write("old", "a")
            let unzip: Object = ["action": "unzip", "zip_path": "x.zip", "extract_to": "."]
            #expect(try await folder.failure("StructuredDataSuperNode", unzip).type == "FileExistsError")
            #expect(try folder.read("a") == "old")
            try await folder.perform("UnzipFilesNode", unzip)
            #expect(try folder.read("a") == "new")
        }
    }

    @Test func `packing is repeated where it replaces and asked about where it does not`() {
        func effect(_ name: String, _ config: Object) -> NodeType.Effect {
            let type = RunFolder.type(name)
            return type.effectFor?(config) ?? type.effect
        }
        #expect(effect("ZipFilesNode", [:]) == .idempotent)
        #expect(effect("UnzipFilesNode", [:]) == .idempotent)
        #expect(effect("StructuredDataSuperNode", ["action": "Zip Files"]) == .effect)
        #expect(effect("StructuredDataSuperNode", ["action": "Zip Files", "overwrite": true]) == .idempotent)
        #expect(effect("StructuredDataSuperNode", ["action": "Unzip Files", "overwrite": "yes"]) == .idempotent)
    }
}
