import CasareDomain
import CasareEngine
import CasareNodes
import CasareTestSupport
import Testing

/// The nodes that look into mails, the one that does everything, and mail nodes in whole runs.
@Suite struct EmailRunTests {
    private static let mails: Value = [
        ["subject": "Invoice 7", "from": "Ben <ben@example.com>", "attachments": [["filename": "a.pdf"]]],
        ["subject": "Re: invoice", "from": "Cy <cy@example.com>", "attachments": [], "has_attachments": false],
        ["subject": "Lunch", "from": "ben@example.com", "attachments": [], "has_attachments": false],
    ]

    @Test func `a mail is taken apart`() throws {
        let mail: Value = [
            "subject": "S", "from": "F", "to": "T", "date": "2026-01-02T03:04:05+01:00", "body_text": "text",
            "body_html": "<p>", "attachments": [["filename": "x"]], "uid": "7",
        ]
        let call = try PureCall("GetEmailContentNode", ["email": mail])
        #expect(
            call.result.outputs == [
                "subject": "S", "from": "F", "to": "T", "date": "2026-01-02T03:04:05+01:00", "body_text": "text",
                "body_html": "<p>", "attachments": [["filename": "x"]],
            ])
        #expect(try PureCall("GetEmailContentNode", ["email": [:]])["attachments"] == [])
        for wrong in [["x"], "text", 1] as [Value] {
            #expect(
                PureCall.failure("GetEmailContentNode", ["email": wrong])?.message.hasPrefix("email must be") == true)
        }
    }

    @Test func `mails are filtered by all conditions at once`() throws {
        func filtered(_ conditions: Object) throws -> [String] {
            let call = try PureCall("FilterEmailsNode", conditions.merging(["emails": Self.mails]))
            let found = call["filtered"].list ?? []
            #expect(call["count"] == .int(found.count))
            return found.map { $0["subject"]?.string ?? "" }
        }
        #expect(try filtered([:]).count == 3)
        #expect(try filtered(["subject_contains": "INVOICE"]) == ["Invoice 7", "Re: invoice"])
        #expect(try filtered(["from_contains": "Ben@"]) == ["Invoice 7", "Lunch"])
        #expect(try filtered(["has_attachments": true]) == ["Invoice 7"])
        #expect(try filtered(["has_attachments": false, "from_contains": "ben"]) == ["Lunch"])
        #expect(try PureCall("FilterEmailsNode", ["emails": .null])["filtered"] == [])
        #expect(
            PureCall.failure("FilterEmailsNode", ["emails": ["x"]])?.message
                == "emails[0] must be an object, not a string")
    }

    @Test func `one node does all of it, under long and short names`() async throws {
        try await MailboxFixture.with { box in
            func act(_ action: String, _ inputs: Object = [:]) async throws -> Object {
                try await box.perform("EmailSuperNode", inputs.merging(["action": .string(action)]))
            }
            for number in 1...3 { try box.deliver(number, subject: "Mail \(number)") }
            let read = try await act("Read Emails", ["limit": 2])
            #expect(read["count"] == 2)
            #expect(try await act("read")["emails"]?.list?.count == 3)
            #expect(try await act("Mark", ["email_uid": "1", "mark_as": "flagged"])["success"] == true)
            #expect(try await act("read", ["search_criteria": "FLAGGED"])["count"] == 1)
            #expect(try await act("Save Attachment", ["email_uid": "1"])["saved_files"] == [])
            #expect(try await act("Delete Email", ["email_uid": "2", "permanent_delete": true])["success"] == true)
            #expect(try await act("move", ["email_uid": "3", "target_folder": "INBOX"])["success"] == true)
            #expect(try await act("read")["count"] == 2)
            let plain = try await act(
                "read", ["use_imap_ssl": false, "imap_port": box.server.port()])
            #expect(plain["count"] == 2)
        }
        try await SendingFixture.with { post in
            let secure: Object = ["use_smtp_ssl": true, "smtp_port": post.server.port("tls_port"), "to_email": .null]
            for action in ["", "Send Email", "send"] {
                let sent = try await post.folder.perform(
                    "EmailSuperNode", post.access.merging(["action": .string(action)]))
                #expect(sent["success"] == true)
            }
            let failure = try await post.folder.failure("EmailSuperNode", post.access.merging(secure))
            #expect(failure.outputs["error"] == "to_email is required: nobody would get the mail")
            let unknown = try await post.folder.failure("EmailSuperNode", ["action": "Explode"])
            #expect(unknown.message == "Unknown action: Explode")
            #expect(try post.count == 3)
        }
    }

    private static func run(_ document: Value) async throws -> RunResult {
        let (parsed, issues) = WorkflowDocument.parse(text: document.jsonText(.compact))
        let program = try Program(try #require(parsed, "\(issues)"), catalogue: StandardNodes.catalogue)
        return try await withRunFolder { folder in
            let driver = RunDriver(
                program: program, runID: "run", options: Job.Options(trace: true), variables: [:],
                journal: MemoryJournal(),
                environment: RunEnvironment(workingDirectory: folder.path))
            guard case .finished(let result, _, _) = try await driver.run() else {
                throw NodeFailure.value("The run did not finish")
            }
            return result
        }
    }

    @Test func `a failure of the node that does all leaves through its error port`() async throws {
        let result = try await Self.run([
            "nodes": [
                "mail": [
                    "node_id": "mail", "node_type": "EmailSuperNode", "config": ["action": "Move", "email_uid": "x"],
                ],
                "log": ["node_id": "log", "node_type": "LogNode", "config": ["message": "Failed: {{mail.error}}"]],
            ],
            "connections": [
                ["source_node": "mail", "source_port": "exec_error", "target_node": "log", "target_port": "exec_in"]
            ],
        ])
        #expect(result.success)
        #expect(result.logs.count == 1)
        #expect(result.logs[0].hasSuffix("Failed: email_uid must be the uid of one mail, a number, not x"))
    }

    /// The shape of the original's mail sample: a server that does not exist, and aliases.
    @Test func `a workflow with a mail server that is not there fails cleanly`() async throws {
        let result = try await Self.run([
            "nodes": [
                "send": [
                    "node_id": "send", "node_type": "SendEmailNode",
                    "config": [
                        "smtp_server": "smtp.invalid", "from_email": "a@example.com", "to": "b@example.com",
                        "subject": "Test", "body": "Test",
                    ],
                ],
                "mark": [
                    "node_id": "mark", "node_type": "MarkEmailNode", "config": ["email_uid": "1", "as_read": true],
                ],
            ],
            "connections": [
                ["source_node": "send", "source_port": "exec_out", "target_node": "mark", "target_port": "exec_in"]
            ],
        ])
        #expect(!result.success)
        #expect(result.error?.contains("Cannot look up smtp.invalid: the name is not known") == true)
        #expect(result.nodeErrors.map(\.node) == ["send"])
    }
}
