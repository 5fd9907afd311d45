import CasareDomain
import CasareEngine
import CasareNodes
import CasareTestSupport
import FoundationEssentials
import Testing

/// Sending mail to a real server.
@Suite struct SendEmailTests {
    @Test func `a mail goes out over STARTTLS, signed in, with what a mail must have`() async throws {
        try await SendingFixture.with { post in
            var folder = post.folder
            folder.now = { Date(timeIntervalSince1970: 1_795_241_930) }
            let outputs = try await folder.perform("SendEmailNode", post.access)
            #expect(outputs["success"] == true)
            let id = try #require(outputs["message_id"]?.string)
            #expect(id == "<\(folder.run).1.casare@example.com>")
            #expect(
                try post.envelope(1) == [
                    "from": "ann@example.com", "to": ["ben@example.com"], "tls": true, "user": "ann",
                ])
            #expect(
                post.mail(1) == """
                    From: ann@example.com\r
                    To: ben@example.com\r
                    Subject: Hello\r
                    Date: Sat, 21 Nov 2026 06:18:50 +0000\r
                    Message-ID: \(id)\r
                    MIME-Version: 1.0\r
                    Content-Type: text/plain; charset="utf-8"\r
                    Content-Transfer-Encoding: 7bit\r
                    \r
                    How are you?\r

                    """)
            // The same step sends the same mail.
            let again = try await folder.perform("SendEmailNode", post.access)
            #expect(again["message_id"]?.string == id)
        }
    }

    @Test func `TLS from the start, none at all, and no account work as asked`() async throws {
        try await SendingFixture.with { post in
            try await post.send(["smtp_port": post.server.port("tls_port"), "use_ssl": true])
            try await post.send(["use_tls": false])
            try await post.send(["username": "", "password": ""])
            let envelopes = try (1...3).map { try post.envelope($0) }
            #expect(envelopes.map { $0["tls"] } == [true, false, true])
            #expect(envelopes.map { $0["user"] } == ["ann", "ann", .null])
        }
    }

    @Test func `the account may come from the environment`() async throws {
        try await SendingFixture.with { post in
            for (name, value) in [("SMTP_USERNAME", "ann"), ("SMTP_PASSWORD", "secret word")] {
                try await post.folder.perform(
                    "SetEnvironmentVarNode", ["var_name": .string(name), "value": .string(value)])
            }
            try await post.send(["username": "", "password": ""])
            #expect(try post.envelope(1)["user"] == "ann")
        }
    }

    @Test func `everybody gets it once, and nobody sees the blind copies`() async throws {
        try await SendingFixture.with { post in
            try await post.send([
                "to_email": "\"Lee, Ben\" <ben@example.com>, Zoë <zoe@example.com>,", "cc": "cy@example.com",
                "bcc": "dee@example.com, ben@example.com", "sender_name": "Ann Ö. \"Boss\"",
                "reply_to": "desk@example.com",
                "priority": "high", "read_receipt": true,
            ])
            #expect(
                try post.envelope(1)["to"] == [
                    "ben@example.com", "zoe@example.com", "cy@example.com", "dee@example.com",
                ])
            let mail = post.mail(1)
            #expect(mail.contains("To: \"Lee, Ben\" <ben@example.com>, =?utf-8?B?Wm/Dqw==?= <zoe@example.com>\r\n"))
            #expect(mail.contains("Cc: cy@example.com\r\n"))
            #expect(mail.contains("From: =?utf-8?B?"))
            #expect(mail.contains("Reply-To: desk@example.com\r\n"))
            #expect(mail.contains("X-Priority: 1\r\nImportance: high\r\n"))
            #expect(mail.contains("Disposition-Notification-To: =?utf-8?B?"))
            #expect(!mail.lowercased().contains("bcc"))
            #expect(!mail.contains("dee@example.com"))
        }
    }

    @Test func `any text arrives as it was, and every line is one that servers take`() async throws {
        try await SendingFixture.with { post in
            let subject = "Grüße an alle, " + String(repeating: "schöne Wörter \u{1F600} ", count: 20)
            let body = "Zeile\n.Punkt\r\n..\n.\n" + String(repeating: "long ", count: 500) + "\u{1F600}"
            try await post.send(["subject": .string(subject), "body": .string(body), "is_html": true])
            let mail = post.mail(1)
            #expect(mail.utf8.split(separator: 0x0A).allSatisfy { $0.count <= 79 && $0.last == 0x0D })
            #expect(
                mail.contains("Content-Type: text/html; charset=\"utf-8\"\r\nContent-Transfer-Encoding: base64\r\n"))
            let parsed = try await post.parsed(1)
            #expect(parsed["subject"]?.string == subject)
            #expect(
                parsed["html"]?.string?.replacing("\r\n", with: "\n")
                    == body.replacing("\r\n", with: "\n") + "\n")

            try await post.send(["body": "one\n.two\n..three\n.\nfour"])
            #expect(post.mail(2).hasSuffix("\r\n\r\none\r\n.two\r\n..three\r\n.\r\nfour\r\n"))
        }
    }

    @Test func `files go along, and one that is missing is left out with a warning`() async throws {
        try await SendingFixture.with { post in
            try post.folder.write("a,b\r\n1,2\r\n", "table.csv")
            let bytes = Data((0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
            try bytes.write(to: URL(filePath: "\(post.folder.path)/Größe \"x\".bin"))
            try await post.send(["attachments": ["table.csv", "none.txt", "Größe \"x\".bin"], "body": "Siehe Anhänge"])
            let parsed = try await post.parsed(1)
            #expect(parsed["text"]?.string?.trimmingPrefix("\r") == "Siehe Anhänge\r\n")
            let files = parsed["files"]?.list ?? []
            #expect(files.map { $0["name"]?.string } == ["table.csv", "Größe \"x\".bin"])
            #expect(files.map { $0["type"]?.string } == ["text/csv", "application/octet-stream"])
            #expect(files.last?["content"]?.string == bytes.base64EncodedString())

            try await post.send(["attachments": "table.csv, none.txt"])
            #expect(try await post.parsed(2)["files"]?.list?.count == 1)
            try await post.send(["attachments": #"["table.csv"]"#])
            #expect(try await post.parsed(3)["files"]?.list?.count == 1)
            let denied = try await post.refusal(["attachments": "~/.ssh/id_rsa"])
            #expect(denied.type == "PathSecurityError")
        }
    }

    @Test func `a missing file is told to whoever follows the run`() async throws {
        try await SendingFixture.with { post in
            let warnings = Warnings()
            let environment = NodeEnvironment(
                workingDirectory: post.folder.path, policy: .ofOwnServers, idempotencyKey: "run/1", nodeID: "send",
                now: { Date() }, warn: { warnings.add($0) })
            let type = RunFolder.type("SendEmailNode")
            guard case .perform(let work) = type.behaviour else {
                Issue.record("SendEmailNode does not act on the world")
                return
            }
            _ = try await work(Inputs(type, post.access.merging(["attachments": "none.txt"])), environment)
            #expect(warnings.all == ["The attachment none.txt does not exist; the mail goes without it"])
        }
    }
}

extension SendingFixture {
    /// What Python's own reader of mails makes of a mail: `subject`, `text`, `html`, `files`.
    func parsed(_ number: Int) async throws -> Value {
        let script = """
            import email, email.policy, json, base64
            mail = email.message_from_bytes(open(path, "rb").read(), policy=email.policy.default)
            def text(kind):
                part = mail.get_body((kind,))
                return part.get_content() if part else None
            assert not mail.defects, mail.defects
            result = {"subject": mail["subject"], "text": text("plain"), "html": text("html"), "files": [
                {"name": part.get_filename(), "type": part.get_content_type(),
                 "content": base64.b64encode(part.get_payload(decode=True)).decode()}
                for part in mail.iter_attachments()]}
            """
        let outputs = try await self.folder.perform(
            "RunPythonScriptNode",
            [
                "code": .string(script), "variables": ["path": .string("\(self.server.folder)/mail-\(number).eml")],
                "timeout": 60,
            ])
        return outputs["result"] ?? .null
    }
}
