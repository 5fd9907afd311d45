import CasareDomain
import CasareEngine
import Testing

extension RunFolder {
    fileprivate func files(_ action: String, _ inputs: Object) async throws -> Object {
        try await self.perform("FileSystemSuperNode", inputs.merging(["action": .string(action)]))
    }

    fileprivate func data(_ action: String, _ inputs: Object) async throws -> Object {
        try await self.perform("StructuredDataSuperNode", inputs.merging(["action": .string(action)]))
    }
}

@Suite struct SuperNodeTests {
    @Test func `every file action works under its names`() async throws {
        try await withRunFolder { folder async throws in
            #expect(try await folder.files("Write File", ["file_path": "a.txt", "content": "1"])["bytes_written"] == 1)
            #expect(try await folder.files("append file", ["path": "a.txt", "content": "2"])["bytes_written"] == 1)
            #expect(try await folder.files("Read", ["path": "a.txt"])["content"] == "12")
            #expect(try await folder.files("read_file", ["file_path": "a.txt"])["size"] == 2)
            #expect(try await folder.files("", ["file_path": "a.txt"])["content"] == "12")
            #expect(try await folder.files("File Exists", ["path": "a.txt"])["exists"] == true)
            #expect(try await folder.files("Get File Size", ["file_path": "a.txt"])["size"] == 2)
            #expect(try await folder.files("Get File Info", ["file_path": "a.txt"])["name"] == "a.txt")
            #expect(
                try await folder.files("Copy File", ["source_path": "a.txt", "dest_path": "b.txt"])["bytes_copied"] == 2
            )
            #expect(
                try await folder.files("Move File", ["source_path": "b.txt", "dest_path": "c.txt"])["success"] == true)
            #expect(try await folder.files("Create Directory", ["dir_path": "d"])["success"] == true)
            #expect(try await folder.files("List Files", ["dir_path": "."])["count"] == 2)
            #expect(try await folder.files("List Directory", ["directory_path": "."])["count"] == 3)
            #expect(try await folder.files("Delete File", ["file_path": "c.txt"])["success"] == true)
        }
    }

    @Test func `unknown actions and missing paths fail clearly`() async throws {
        try await withRunFolder { folder in
            let unknown = try await folder.failure("FileSystemSuperNode", ["action": "Explode"])
            #expect(unknown.message == "Unknown action: Explode")
            #expect(try await folder.failure("FileSystemSuperNode").message == "file_path is required")
            let image = try await folder.failure("StructuredDataSuperNode", ["action": "Image Convert"])
            #expect(image.message == "Image Convert is not supported on this platform")
        }
    }

    @Test func `structured data is read and written`() async throws {
        try await withRunFolder { folder async throws in
            #expect(try await folder.data("Write CSV", ["file_path": "a.csv", "data": [["x": 1]]])["row_count"] == 1)
            #expect(try await folder.data("Read CSV", ["file_path": "a.csv"])["data"] == [["x": "1"]])
            #expect(try await folder.data("Write CSV", ["file_path": "b.csv", "data": "[[1,2]]"])["row_count"] == 1)
            #expect(try await folder.data("Write JSON", ["file_path": "a.json", "data": [1]])["success"] == true)
            #expect(try await folder.data("read json", ["file_path": "a.json"])["data"] == [1])
        }
    }

    @Test func `a node's effect follows its action`() {
        func effect(_ type: String, _ config: Object) -> NodeType.Effect {
            let type = RunFolder.type(type)
            return type.effectFor?(config) ?? type.effect
        }
        #expect(effect("FileSystemSuperNode", [:]) == .captured)
        #expect(effect("FileSystemSuperNode", ["action": "write file"]) == .idempotent)
        #expect(effect("FileSystemSuperNode", ["action": "Append File"]) == .effect)
        #expect(effect("FileSystemSuperNode", ["action": "Copy File"]) == .effect)
        #expect(effect("FileSystemSuperNode", ["action": "Copy File", "overwrite": "true"]) == .idempotent)
        #expect(effect("FileSystemSuperNode", ["action": "Copy File", "overwrite": "{{x}}"]) == .effect)
        #expect(effect("FileSystemSuperNode", ["action": "{{what}}"]) == .effect)
        #expect(effect("WriteFileNode", [:]) == .idempotent)
        #expect(effect("WriteFileNode", ["append_mode": true]) == .effect)
        #expect(effect("WriteFileNode", ["append_mode": "{{x}}"]) == .effect)
        #expect(effect("DeleteFileNode", ["ignore_missing": true]) == .idempotent)
        #expect(effect("ReadFileNode", [:]) == .captured)
    }
}
