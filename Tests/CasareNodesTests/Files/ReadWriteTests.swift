import CasareDomain
import CasareEngine
import FoundationEssentials
import Testing

@Suite struct ReadWriteTests {
    @Test func `what is written is read back`() async throws {
        try await withRunFolder { folder in
            let written = try await folder.perform(
                "WriteFileNode", ["file_path": "a/b/note.txt", "content": "Grüße\n"])
            #expect(written["bytes_written"] == 8)
            #expect(written["file_path"] == .string("\(folder.path)/a/b/note.txt"))
            #expect(written["attachment_file"] == [.string("\(folder.path)/a/b/note.txt")])
            let read = try await folder.perform("ReadFileNode", ["file_path": "a/b/note.txt"])
            #expect(read == ["content": "Grüße\n", "size": 8, "success": true])
        }
    }

    @Test func `a missing file fails with success false`() async throws {
        try await withRunFolder { folder in
            let failure = try await folder.failure("ReadFileNode", ["file_path": "none.txt"])
            #expect(failure.type == "FileNotFoundError")
            #expect(failure.message == "File not found: \(folder.path)/none.txt")
            #expect(failure.outputs["success"] == false)
        }
    }

    @Test func `without create_dirs a missing directory fails`() async throws {
        try await withRunFolder { folder in
            let failure = try await folder.failure(
                "WriteFileNode", ["file_path": "none/a.txt", "content": "x", "create_dirs": false])
            #expect(failure.type == "FileNotFoundError")
        }
    }

    @Test func `writing keeps the permissions and leaves no temporary file`() async throws {
        try await withRunFolder { folder in
            try folder.write("old", "a.txt")
            let path = "\(folder.path)/a.txt"
            try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
            try await folder.perform("WriteFileNode", ["file_path": "a.txt", "content": "new"])
            #expect(try folder.read("a.txt") == "new")
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect(attributes[.posixPermissions] as? UInt16 ?? 0 == 0o640)
            #expect(try folder.names == ["a.txt"])
        }
    }

    @Test func `nothing as content writes an empty file`() async throws {
        try await withRunFolder { folder in
            try await folder.perform("WriteFileNode", ["file_path": "empty.txt"])
            #expect(try folder.read("empty.txt") == "")
        }
    }

    @Test func `append_mode and AppendFile add to the end`() async throws {
        try await withRunFolder { folder in
            try await folder.perform("WriteFileNode", ["file_path": "a.txt", "content": "1"])
            try await folder.perform("WriteFileNode", ["file_path": "a.txt", "content": "2", "append_mode": true])
            try await folder.perform("AppendFileNode", ["file_path": "a.txt", "content": "3"])
            #expect(try folder.read("a.txt") == "123")
            let failure = try await folder.failure(
                "AppendFileNode", ["file_path": "b.txt", "content": "x", "create_if_missing": false])
            #expect(failure.type == "FileNotFoundError")
        }
    }

    @Test func `binary content is base64 on both sides`() async throws {
        try await withRunFolder { folder in
            let bytes: Object = ["file_path": "a.bin", "content": "AP8Q", "binary_mode": true]
            #expect(try await folder.perform("WriteFileNode", bytes)["bytes_written"] == 3)
            let read = try await folder.perform("ReadFileNode", ["file_path": "a.bin", "binary_mode": true])
            #expect(read["content"] == "AP8Q")
            let failure = try await folder.failure(
                "WriteFileNode", ["file_path": "a.bin", "content": "not base64!", "binary_mode": true])
            #expect(failure.message == "content must be base64 in binary mode")
        }
    }

    @Test func `bytes that are no text follow the errors policy`() async throws {
        try await withRunFolder { folder in
            try Data([0x61, 0xFF, 0x62]).write(to: URL(filePath: "\(folder.path)/a.txt"))
            #expect(try await folder.failure("ReadFileNode", ["file_path": "a.txt"]).type == "ValueError")
            let expected = ["ignore": "ab", "replace": "a\u{FFFD}b", "backslashreplace": "a\\xffb"]
            for (policy, text) in expected {
                let read = try await folder.perform(
                    "ReadFileNode", ["file_path": "a.txt", "errors": .string(policy)])
                #expect(read["content"] == .string(text))
            }
            let replaced = try await folder.perform("FileSystemSuperNode", ["action": "Read File", "path": "a.txt"])
            #expect(replaced["content"] == "a\u{FFFD}b")
        }
    }

    @Test(arguments: ["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16", "utf-16-le", "UTF_16_BE"])
    func `every encoding reads what it wrote`(encoding: String) async throws {
        try await withRunFolder { folder in
            let name = Value.string(encoding)
            try await folder.perform("WriteFileNode", ["file_path": "a.txt", "content": "Ä é", "encoding": name])
            let read = try await folder.perform("ReadFileNode", ["file_path": "a.txt", "encoding": name])
            #expect(read["content"] == "Ä é")
        }
    }

    @Test func `characters that an encoding lacks follow the errors policy`() async throws {
        try await withRunFolder { folder in
            let base: Object = ["file_path": "a.txt", "content": "1€", "encoding": "ascii"]
            #expect(try await folder.failure("WriteFileNode", base).type == "ValueError")
            let expected = [
                "ignore": "1", "replace": "1?", "xmlcharrefreplace": "1&#8364;", "backslashreplace": "1\\u20ac",
            ]
            for (policy, text) in expected {
                try await folder.perform("WriteFileNode", base.merging(["errors": .string(policy)]))
                #expect(try folder.read("a.txt") == text)
            }
            let failure = try await folder.failure("ReadFileNode", ["file_path": "a.txt", "encoding": "klingon"])
            #expect(failure.message.hasPrefix("Unknown encoding: klingon"))
        }
    }

    @Test(arguments: [(3, true), (2, false)])
    func `max_size bounds what is read`(limit: Int, isRead: Bool) async throws {
        try await withRunFolder { folder in
            try folder.write("abc", "a.txt")
            let inputs: Object = ["file_path": "a.txt", "max_size": .int(limit)]
            if isRead {
                #expect(try await folder.perform("ReadFileNode", inputs)["content"] == "abc")
            } else {
                #expect(try await folder.failure("ReadFileNode", inputs).message.hasPrefix("File too large"))
            }
        }
    }

    @Test func `a directory or a pipe is no file`() async throws {
        try await withRunFolder { folder in
            #expect(try await folder.failure("ReadFileNode", ["file_path": "."]).message.hasPrefix("Not a file"))
            try await folder.perform("RunCommandNode", ["command": "mkfifo pipe"])
            #expect(folder.exists("pipe"))
            // Opening a pipe without a writer would wait for ever.
            #expect(try await folder.failure("ReadFileNode", ["file_path": "pipe"]).message.hasPrefix("Not a file"))
            let append = try await folder.failure("AppendFileNode", ["file_path": "pipe", "content": "x"])
            #expect(append.type == "ValueError" || append.type == "OSError")
        }
    }
}
