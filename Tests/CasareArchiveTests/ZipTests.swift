import CasareArchive
import FoundationEssentials
import Glibc
import Testing

/// Against archives that Python's zipfile wrote, and against itself.
@Suite struct ZipTests {
    /// `a/übung.txt`, a symbolic link `link` to /etc/passwd, and the directory `dir/`.
    private static let mixed = """
        UEsDBBQAAAgAAFUzdV2GphA2BQAAAAUAAAAMAAAAYS/DvGJ1bmcudHh0aGVsbG9QSwMEFAAAAAAAAAAhAAq5HykLAAAACwAAAAQAAABsaW5rL2V0\
        Yy9wYXNzd2RQSwMEFAAAAAAAVTN1XQAAAAAAAAAAAAAAAAQAAABkaXIvUEsBAhQDFAAACAAAVTN1XYamEDYFAAAABQAAAAwAAAAAAAAAAAAAAIAB\
        AAAAAGEvw7xidW5nLnR4dFBLAQIUAxQAAAAAAAAAIQAKuR8pCwAAAAsAAAAEAAAAAAAAAAAAAAD/oS8AAABsaW5rUEsBAhQDFAAAAAAAVTN1XQAA\
        AAAAAAAAAAAAAAQAAAAAAAAAAAAQAP1BXAAAAGRpci9QSwUGAAAAAAMAAwCeAAAAfgAAAAAA
        """
    /// One file called 0x81 `.txt`, not marked as UTF-8.
    private static let codePage437 = """
        UEsDBBQAAAAAAFUzdV2DFtyMAQAAAAEAAAAFAAAAgS50eHR4UEsBAhQDFAAAAAAAVTN1XYMW3IwBAAAAAQAAAAUAAAAAAAAAAAAAAIABAAAAAIEu\
        dHh0UEsFBgAAAAABAAEAMwAAACQAAAAAAA==
        """

    private static func bytes(_ base64: String) throws -> [UInt8] { Array(try #require(Data(base64Encoded: base64))) }

    /// A descriptor of a file without a name, which goes when it is closed.
    private func withFile<R>(_ content: [UInt8] = [], _ body: (Int32) throws -> R) throws -> R {
        let file = try #require(tmpfile())
        defer { fclose(file) }
        fwrite(content, 1, content.count, file)
        rewind(file)
        return try body(fileno(file))
    }

    private func members(of file: Int32) throws -> [(entry: ZipEntry, content: String)] {
        let reader = try ZipReader(descriptor: file)
        var members: [(entry: ZipEntry, content: String)] = []
        while let entry = try reader.next() {
            var content: [UInt8] = []
            while case let chunk = try reader.read(), !chunk.isEmpty { content += chunk }
            members.append((entry, String(decoding: content, as: UTF8.self)))
        }
        return members
    }

    @Test func `names, kinds and contents are read`() throws {
        let members = try self.withFile(Self.bytes(Self.mixed)) { try self.members(of: $0) }
        #expect(members.map(\.entry.name) == ["a/übung.txt", "link", "dir/"])
        #expect(members.map(\.entry.kind) == [.file, .special, .directory])
        #expect(members[0].content == "hello")
        #expect(members[0].entry.size == 5)
        #expect(members.allSatisfy { !$0.entry.isEncrypted })
    }

    @Test func `a name without a mark is read as code page 437`() throws {
        let members = try self.withFile(Self.bytes(Self.codePage437)) { try self.members(of: $0) }
        #expect(members.map(\.entry.name) == ["ü.txt"])
    }

    @Test(arguments: [ZipWriter.Method.stored, .deflated])
    func `what is written is read again`(method: ZipWriter.Method) throws {
        let long = String(repeating: "long and dull ", count: 10_000)
        try self.withFile { file in
            let writer = try ZipWriter(descriptor: file, method: method)
            for (name, text) in [("a.txt", "x"), ("ß/empty", ""), ("long", long)] {
                try writer.beginFile(named: name, size: text.utf8.count, permissions: 0o640, modifiedAt: 1_700_000_000)
                try writer.write(Array(text.utf8))
            }
            try writer.finish()
            let size = lseek(file, 0, SEEK_END)
            #expect((size > long.utf8.count) == (method == .stored))
            lseek(file, 0, SEEK_SET)
            let members = try self.members(of: file)
            #expect(members.map(\.entry.name) == ["a.txt", "ß/empty", "long"])
            #expect(members.map(\.content) == ["x", "", long])
        }
    }

    @Test func `what is no archive is an error`() throws {
        try self.withFile(Array("no archive".utf8)) { file in
            _ = #expect(throws: ArchiveError.self) { try self.members(of: file) }
        }
    }

    @Test func `a damaged member is an error`() throws {
        var bytes = try Self.bytes(Self.mixed)
        bytes[44] ^= 1
        try self.withFile(bytes) { file in
            _ = #expect(throws: ArchiveError.self) { try self.members(of: file) }
        }
    }
}
