import CasareDomain
import CasareEngine
import CasareTestSupport
import FoundationEssentials
import Testing

/// What the FTP nodes do, over each of the ways to a server.
@Suite struct FTPTransferTests {
    @Test(arguments: FTPKind.allCases)
    func `files go up, are looked at, renamed, come back and are deleted`(kind: FTPKind) async throws {
        try await FTPFixture.with(kind) { ftp async throws in
            let connected = try await ftp.connect()
            #expect(connected["connected"] == true)
            #expect(connected["server_message"] == (kind == .sftp ? "" : "220 Welcome to the test"))
            let folder = ftp.folder
            let content = "first\nsecond\r\n\u{1F600}"
            try folder.write(content, "up.txt")

            let made = try await folder.perform("FTPMakeDirNode", ["remote_path": "a b"])
            #expect(made == ["created": true])
            let sent = try await folder.perform(
                "FTPUploadNode", ["local_path": "up.txt", "remote_path": "a b/ö;x.txt"])
            #expect(sent == ["uploaded": true, "bytes_sent": .int(content.utf8.count)])
            #expect(ftp.server.text("files/a b/ö;x.txt") == content)

            let listed = try await folder.perform("FTPListNode", ["remote_path": "a b"])
            #expect(listed == ["items": ["ö;x.txt"], "count": 1])
            let root = try await folder.perform("FTPListNode", [:])
            #expect(root == ["items": ["a b"], "count": 1])
            let detailed = try await folder.perform("FTPListNode", ["remote_path": "a b", "detailed": true])
            let line = try #require(detailed["items"]?.list?.last?.string)
            #expect(line.hasPrefix("-rw") && line.hasSuffix("ö;x.txt"))

            let size = try await folder.perform("FTPGetSizeNode", ["remote_path": "a b/ö;x.txt"])
            #expect(size == ["size": .int(content.utf8.count), "found": true])
            let none = try await folder.perform("FTPGetSizeNode", ["remote_path": "a b/none"])
            #expect(none == ["size": 0, "found": false])

            let renamed = try await folder.perform(
                "FTPRenameNode", ["old_path": "a b/ö;x.txt", "new_path": "a b/it's \"new\".txt"])
            #expect(renamed == ["renamed": true])
            let fetched = try await folder.perform(
                "FTPDownloadNode", ["remote_path": "a b/it's \"new\".txt", "local_path": "sub/down.txt"])
            #expect(fetched == ["downloaded": true, "bytes_received": .int(content.utf8.count)])
            #expect(try folder.read("sub/down.txt") == content)

            let deleted = try await folder.perform("FTPDeleteNode", ["remote_path": "a b/it's \"new\".txt"])
            #expect(deleted == ["deleted": true])
            let removed = try await folder.perform("FTPRemoveDirNode", ["remote_path": "a b"])
            #expect(removed == ["removed": true])
            #expect(try ftp.server.names(in: "files").isEmpty)
            let left = try await folder.perform("FTPDisconnectNode")
            #expect(left == ["disconnected": true])
            #expect(ftp.server.text("connections") == "open\n")
        }
    }

    @Test(arguments: [FTPKind.plain, .sftp])
    func `directories are made with those above, and one that exists is no error`(kind: FTPKind) async throws {
        try await FTPFixture.with(kind) { ftp in
            try await ftp.connect()
            for _ in 0..<2 {
                let made = try await ftp.folder.perform("FTPMakeDirNode", ["remote_path": "a/b/c", "parents": true])
                #expect(made == ["created": true])
            }
            // The connection is where it was: a relative path still means the same.
            try await ftp.folder.perform("FTPMakeDirNode", ["remote_path": "d"])
            #expect(try ftp.server.names(in: "files") == ["a", "d"])
            #expect(try ftp.server.names(in: "files/a/b") == ["c"])
            try await ftp.folder.perform("FTPMakeDirNode", ["remote_path": "/e/f", "parents": true])
            #expect(try ftp.server.names(in: "files/e") == ["f"])

            try ftp.server.write("a file", "files/g")
            let inTheWay = try await ftp.folder.failure("FTPMakeDirNode", ["remote_path": "g/h", "parents": true])
            #expect(inTheWay.message.contains("Cannot make g/h on localhost"))
            #expect(inTheWay.outputs["created"] == false)
            let exists = try await ftp.folder.failure("FTPMakeDirNode", ["remote_path": "a"])
            #expect(exists.outputs["created"] == false)
        }
    }

    @Test(arguments: [FTPKind.plain, .explicitTLS, .sftp])
    func `an upload makes the directory it goes to when asked`(kind: FTPKind) async throws {
        try await FTPFixture.with(kind) { ftp in
            try await ftp.connect()
            try ftp.folder.write("x", "x")
            let upload: Object = ["local_path": "x", "remote_path": "new/x"]
            let failure = try await ftp.folder.failure("FTPUploadNode", upload)
            #expect(failure.message.contains("Cannot store new/x on localhost"))
            #expect(failure.outputs["uploaded"] == false)
            for _ in 0..<2 {
                try await ftp.folder.perform("FTPUploadNode", upload.merging(["create_dirs": true]))
            }
            #expect(ftp.server.text("files/new/x") == "x")
        }
    }

    @Test func `text has the line ends of where it goes`() async throws {
        try await FTPFixture.with(.plain) { ftp in
            try await ftp.connect()
            // Long enough to be read in pieces, with CR LF, LF and a CR of its own.
            let text = String(repeating: "one\r\ntwo\nthree\rfour\r\n", count: 20_000) + "\rend"
            try ftp.folder.write(text, "up.txt")
            let sent = try await ftp.folder.perform(
                "FTPUploadNode", ["local_path": "up.txt", "remote_path": "a.txt", "binary_mode": false])
            #expect(sent["bytes_sent"] == .int(text.utf8.count))
            let commands = ftp.server.text("commands").split(separator: "\n")
            #expect(commands.contains("TYPE A"))
            let unix = text.replacing("\r\n", with: "\n")
            // The server's line ends are LF, too.
            #expect(ftp.server.text("files/a.txt") == unix)
            let fetched = try await ftp.folder.perform(
                "FTPDownloadNode",
                ["path": .null, "remote_path": "a.txt", "local_path": "down.txt", "binary_mode": false])
            #expect(fetched["downloaded"] == true)
            // libcurl takes a CR of its own for a line's end as well.
            #expect(try ftp.folder.read("down.txt") == unix.replacing("\r", with: "\n"))
        }
    }

    @Test(arguments: [FTPKind.plain, .sftp])
    func `empty and large files arrive whole`(kind: FTPKind) async throws {
        try await FTPFixture.with(kind) { ftp in
            try await ftp.connect()
            for text in ["", String(repeating: "0123456789abcde\n", count: 300_000)] {
                try ftp.folder.write(text, "up")
                try await ftp.folder.perform("FTPUploadNode", ["local_path": "up", "remote_path": "x"])
                let size = try await ftp.folder.perform("FTPGetSizeNode", ["remote_path": "x"])
                #expect(size == ["size": .int(text.utf8.count), "found": true])
                let fetched = try await ftp.folder.perform(
                    "FTPDownloadNode", ["remote_path": "/x", "local_path": "down", "overwrite": true])
                #expect(fetched["bytes_received"] == .int(text.utf8.count))
                #expect(try ftp.folder.read("down") == text)
            }
        }
    }

    @Test func `an active connection transfers too`() async throws {
        try await FTPFixture.with(.plain) { ftp in
            try await ftp.connect(["passive": false])
            try ftp.server.write("content", "files/x")
            try await ftp.folder.perform("FTPDownloadNode", ["remote_path": "x", "local_path": "x"])
            #expect(try ftp.folder.read("x") == "content")
            #expect(!ftp.server.text("commands").contains("PASV"))
        }
    }

    @Test func `nobody signs in as anonymous`() async throws {
        try await FTPFixture.with(.plain) { ftp in
            try await ftp.connect(["username": "", "password": ""])
            #expect(ftp.server.text("commands").contains("USER anonymous\n"))
            try ftp.server.write("content", "files/x")
            let size = try await ftp.folder.perform("FTPGetSizeNode", ["remote_path": "x"])
            #expect(size["size"] == 7)
            let refusal = try await ftp.folder.failure("FTPDeleteNode", ["remote_path": "x"])
            #expect(refusal.message.contains("550"))
            #expect(refusal.outputs["deleted"] == false)
        }
    }
}
