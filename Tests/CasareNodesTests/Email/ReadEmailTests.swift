import CasareDomain
import CasareEngine
import CasareNodes
import CasareTestSupport
import FoundationEssentials
import Testing

/// Reading a real mailbox.
@Suite struct ReadEmailTests {
    @Test func `mails are read by their UIDs, the newest first, and stay unread`() async throws {
        try await MailboxFixture.with { box in
            for number in 1...4 { try box.deliver(number, subject: "Mail \(number)") }
            #expect(try await box.subjects() == ["Mail 4", "Mail 3", "Mail 2", "Mail 1"])
            #expect(try await box.subjects(["newest_first": false]) == ["Mail 1", "Mail 2", "Mail 3", "Mail 4"])
            #expect(try await box.subjects(["limit": 2]) == ["Mail 4", "Mail 3"])
            #expect(try await box.subjects(["limit": 2, "newest_first": false]) == ["Mail 3", "Mail 4"])
            #expect(try await box.subjects(["search_criteria": "UNSEEN"]).count == 4)

            // Numbers in the folder move up when a mail goes; UIDs do not.
            try await box.perform("DeleteEmailNode", ["email_uid": "1", "permanent": true])
            let first = try #require(try await box.read(["newest_first": false]).first)
            #expect(
                first == [
                    "uid": "2", "message_id": "<2@example.com>", "subject": "Mail 2", "from": "Ben <ben@example.com>",
                    "to": "ann@example.com", "cc": "", "date": "2026-01-02T03:04:02+01:00", "body_text": "Text\n",
                    "body_html": "", "attachments": [], "has_attachments": false,
                ])
            let empty = try await box.read(["include_body": false])
            #expect(empty.allSatisfy { $0["body_text"] == "" })
        }
    }

    @Test func `STARTTLS is used where it is offered, and every certificate is checked`() async throws {
        try await MailboxFixture.with { box in
            try box.deliver(1, subject: "Hello")
            let plain: Object = ["imap_port": box.server.port(), "use_ssl": false]
            #expect(try await box.subjects(plain) == ["Hello"])
            for changes in [["ssl_ca": ""], ["imap_server": "127.0.0.1"], plain.merging(["ssl_ca": ""])] as [Object] {
                let failure = try await box.failure("ReadEmailsNode", changes)
                #expect(failure.type == "SecurityError", "\(failure.message)")
            }
            #expect(box.server.text("dovecot.log").contains("TLS"))
        }
    }

    @Test func `criteria are those of IMAP, and no more`() async throws {
        try await MailboxFixture.with { box in
            try box.deliver(1, subject: "Invoice 1")
            try box.deliver(2, subject: "=?utf-8?Q?Gr=C3=BC=C3=9Fe?=")
            try box.deliver(3, subject: "A \"quoted\" word")
            #expect(try await box.subjects(["search_criteria": "SUBJECT \"Invoice\""]) == ["Invoice 1"])
            #expect(try await box.subjects(["search_criteria": "(FROM ben SUBJECT invoice)"]) == ["Invoice 1"])
            #expect(try await box.subjects(["search_criteria": "SUBJECT \"Grüße\""]) == ["Grüße"])
            #expect(
                try await box.subjects(["search_criteria": #"OR SUBJECT "\"quoted\"" SUBJECT "grüße""#])
                    == ["A \"quoted\" word", "Grüße"])
            #expect(try await box.subjects(["search_criteria": "SUBJECT nothing"]).isEmpty)
            #expect(try await box.subjects(["search_criteria": ""]).count == 3)
            let impossible = [
                ("SUBJECT \"x", "a quote that is not closed"), ("SUBJECT Grüße", "must have ü in quotes"),
                ("SUBJECT {3}", "must have { in quotes"), ("ALL\r\nZ LOGOUT", "must not contain line breaks"),
                ("NONSENSE", "refused to search: BAD"),
            ]
            for (criteria, reason) in impossible {
                let failure = try await box.failure("ReadEmailsNode", ["search_criteria": .string(criteria)])
                #expect(failure.message.contains(reason), "\(failure.message)")
            }
        }
    }

    @Test func `mails that were read can be marked so`() async throws {
        try await MailboxFixture.with { box in
            try box.deliver(1, subject: "One")
            try box.deliver(2, subject: "Two")
            let unseen: Object = ["search_criteria": "UNSEEN"]
            #expect(try await box.subjects(unseen.merging(["limit": 1, "mark_as_read": true])) == ["Two"])
            #expect(try await box.subjects(unseen) == ["One"])
        }
    }

    @Test func `mails of all kinds are understood`() async throws {
        try await MailboxFixture.with { box in
            try box.deliver(
                1, subject: "=?iso-8859-1?Q?Caf=E9?= =?utf-8?B?w6k=?=\n =?utf-8?Q?_und_mehr?= plain =?x?=",
                "Content-Type: text/plain; charset=windows-1252\nContent-Transfer-Encoding: quoted-printable\n\n"
                    + "Preis: 5 =80 =\nund mehr=20\nende   ")
            try box.deliver(
                2, subject: "Two bodies",
                """
                MIME-Version: 1.0
                Content-Type: multipart/mixed; boundary="outer x"

                Preamble
                --outer x
                Content-Type: multipart/alternative; boundary=inner

                --inner
                Content-Type: text/plain; charset=utf-8
                Content-Transfer-Encoding: base64

                R3LDvMOfZQ==
                --inner
                Content-Type: text/html; charset="koi8-r"

                <p>\u{FFFD}</p>
                --inner--
                --outer x
                Content-Type: application/pdf; name="=?utf-8?Q?Rechnung_=C3=9C.pdf?="
                Content-Transfer-Encoding: base64

                AAECAw==
                --outer x
                Content-Disposition: attachment; filename*0*=utf-8''%E2%82%AC%20; filename*1="rates"; filename*2*=.csv
                Content-Type: text/csv

                a,b
                --outer x
                Content-Type: message/rfc822

                Subject: inner mail

                inner text
                --outer x--
                Epilogue
                """)
            let mails = try await box.read(["newest_first": false])
            #expect(mails[0]["subject"] == "Caféé und mehr plain =?x?=")
            #expect(mails[0]["body_text"] == "Preis: 5 € und mehr \nende\n")
            let parts = mails[1]
            #expect(parts["body_text"] == "Grüße")
            #expect(parts["body_html"]?.string?.hasPrefix("<p>") == true)
            #expect(parts["has_attachments"] == true)
            #expect(
                parts["attachments"] == [
                    ["filename": "Rechnung Ü.pdf", "content_type": "application/pdf", "size": 4],
                    ["filename": "€ rates.csv", "content_type": "text/csv", "size": 3],
                    ["filename": "message-3.eml", "content_type": "message/rfc822", "size": 33],
                ])
        }
    }

    @Test func `character sets of all kinds become text`() async throws {
        try await MailboxFixture.with { box in
            let texts: [(charset: String, bytes: [UInt8], text: String)] = [
                ("iso-8859-1", [0xE4, 0x80], "ä€"), ("utf-8", Array("ß".utf8), "ß"),
                ("utf-8", [0x61, 0xFF], "a\u{FFFD}"),
                ("us-ascii", [0x61, 0xE4], "aä"), ("koi8-r", [0xF0, 0xD2], "Пр"), ("shift_jis", [0x93, 0xFA], "日"),
                ("euc-kr", [0xC7, 0xD1, 0xFF, 0x61], "한?a"), ("no-such-set", [0x61, 0xC3, 0xA4], "aä"),
                ("", [0x61, 0xE4], "aä"), ("../x", [0x62], "b"),
            ]
            for (number, entry) in texts.enumerated() {
                let type = entry.charset.isEmpty ? "" : "Content-Type: text/plain; charset=\(entry.charset)\n"
                let head = "Subject: \(number)\n\(type)\n"
                try Data(Array(head.utf8) + entry.bytes).write(
                    to: URL(filePath: "\(box.server.folder)/mail/ann/new/17000000\(10 + number).M\(number)P1.test"))
            }
            let mails = try await box.read(["newest_first": false, "limit": 100])
            for (mail, entry) in zip(mails, texts) {
                #expect(mail["body_text"]?.string == entry.text, "\(entry.charset)")
            }
            #expect(mails.count == texts.count)
        }
    }

    @Test func `malformed and malicious mails are read as far as they go`() async throws {
        try await MailboxFixture.with { box in
            try box.server.deliver(1, "no header at all")
            try box.server.deliver(2, "Subject: no body")
            try box.server.deliver(
                3,
                "Subject: cut\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nfirst\n\n--b\n"
            )
            // A hundred multiparts, one in the other.
            var nested = "Subject: deep\n"
            for level in 0..<100 { nested += "Content-Type: multipart/mixed; boundary=b\(level)\n\n--b\(level)\n" }
            try box.server.deliver(4, nested + "\ntext\n")
            var many = "Subject: many\nContent-Type: multipart/mixed; boundary=b\n\n"
            for number in 0..<3000 { many += "--b\nContent-Disposition: attachment; filename=\(number)\n\nx\n" }
            try box.server.deliver(5, many)
            try box.server.deliver(6, "Subject: long\n\n" + String(repeating: "ä", count: 1 << 20))
            try box.server.deliver(7, "Subject: date\nDate: yesterday\nContent-Type: text/plain; charset=\"\n\nx\n")
            try box.server.deliver(
                8,
                "Subject: \(String(repeating: "s", count: 3 << 20))\n \(String(repeating: "t", count: 3 << 20))\n"
                    + "Content-Type: text/plain\(String(repeating: ";", count: 3 << 20))\n\nx\n")
            var mails = try await box.read(["newest_first": false])
            // The space before it counts, too.
            #expect(mails.removeLast()["subject"]?.string == String(repeating: "s", count: (1 << 20) - 1))
            #expect(mails.map { $0["subject"]?.string } == ["", "no body", "cut", "deep", "many", "long", "date"])
            #expect(mails[2]["body_text"] == "first\n")
            #expect(mails[4]["attachments"]?.list?.count == 1000)
            let long = try #require(mails[5]["body_text"]?.string)
            #expect(long.hasPrefix("ää") && long.hasSuffix("ä\n[cut after 1048576 bytes]"))
            #expect(mails[6]["date"] == "")
            #expect(mails[6]["body_text"] == "x\n")
        }
    }

    @Test func `a folder has any name`() async throws {
        try await MailboxFixture.with { box in
            try box.deliver(1, subject: "Hello")
            let missing = try await box.failure("ReadEmailsNode", ["folder": "Entwürfe & \"mehr\""])
            #expect(missing.message.contains("refused to open the folder: NO"))
            // Dovecot keeps folders under their names in IMAP's own encoding.
            let folder = "\(box.server.folder)/mail/ann/.Entw&APw-rfe &- mehr"
            for name in ["", "/new", "/cur", "/tmp"] {
                try FileManager.default.createDirectory(
                    atPath: folder + name, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o777])
                try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder + name)
            }
            try await box.perform(
                "MoveEmailNode",
                ["email_uid": try await box.uid("Hello"), "target_folder": "Entwürfe & mehr"])
            #expect(try await box.subjects(["folder": "Entwürfe & mehr"]) == ["Hello"])
            #expect(try await box.subjects().isEmpty)
        }
    }
}
