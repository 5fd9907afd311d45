import CasareDomain
import CasareEngine
import CasareNodes
import CasareTestSupport
import FoundationEssentials
import Testing

/// Marking, deleting and moving mails, and saving what comes with them.
@Suite struct MailboxChangeTests {
    @Test func `mails are marked and unmarked`() async throws {
        try await MailboxFixture.with { box in
            for number in 1...3 { try box.deliver(number, subject: "Mail \(number)") }
            let second: Object = ["email_uid": try await box.uid("Mail 2")]
            let steps: [(Object, criteria: String)] = [
                ([:], "SEEN"), (["mark_as": "unread"], "UNSEEN"), (["mark_as": "read"], "SEEN"),
                (["as_read": false], "UNSEEN"),
                (["as_read": false, "mark_as": "read"], "SEEN"), (["mark_as": "flagged"], "FLAGGED"),
                (["mark_as": "unflagged"], "UNFLAGGED"),
            ]
            for (changes, criteria) in steps {
                let outputs = try await box.perform("MarkEmailNode", second.merging(changes))
                #expect(outputs == ["success": true])
                let found = try await box.subjects(["search_criteria": .string("\(criteria) SUBJECT \"Mail 2\"")])
                #expect(found == ["Mail 2"], "\(changes)")
            }
            #expect(try await box.subjects(["search_criteria": "UNSEEN UNFLAGGED"]) == ["Mail 3", "Mail 1"])
        }
    }

    @Test(arguments: [[], ["UIDPLUS"]])
    func `deleting marks, and removes the one mail only when asked`(hidden: [String]) async throws {
        try await MailboxFixture.with(hiding: hidden) { box in
            for number in 1...3 { try box.deliver(number, subject: "Mail \(number)") }
            let uid = try await box.uid("Mail 2")
            for _ in 0..<2 {
                let outputs = try await box.perform("DeleteEmailNode", ["email_uid": uid])
                #expect(outputs == ["success": true])
            }
            #expect(try await box.subjects(["search_criteria": "DELETED"]) == ["Mail 2"])
            try await box.perform("DeleteEmailNode", ["email_uid": uid, "permanent": true])
            #expect(try await box.subjects() == ["Mail 3", "Mail 1"])
            let gone = try await box.failure("DeleteEmailNode", ["email_uid": uid, "permanent": true])
            #expect(gone.message == "There is no mail with the UID \(uid.displayText) in the folder")
            #expect(gone.outputs["success"] == false)
        }
    }

    @Test func `a server that can only remove everything marked is not made to`() async throws {
        try await MailboxFixture.with(hiding: ["UIDPLUS"]) { box in
            for number in 1...2 { try box.deliver(number, subject: "Mail \(number)") }
            try await box.perform("DeleteEmailNode", ["email_uid": try await box.uid("Mail 1")])
            let failure = try await box.failure(
                "DeleteEmailNode", ["email_uid": try await box.uid("Mail 2"), "permanent": true])
            #expect(failure.message.contains("others in its folder are marked as deleted"))
            #expect(try await box.subjects() == ["Mail 2", "Mail 1"])
        }
    }

    @Test func `a mail that such a server could not move for good is not copied either`() async throws {
        try await MailboxFixture.with(hiding: ["MOVE", "UIDPLUS"]) { box in
            for number in 1...2 { try box.deliver(number, subject: "Mail \(number)") }
            try box.makeFolder("Done")
            let (first, second) = (try await box.uid("Mail 1"), try await box.uid("Mail 2"))
            try await box.perform("DeleteEmailNode", ["email_uid": first])
            let failure = try await box.failure("MoveEmailNode", ["email_uid": second, "target_folder": "Done"])
            #expect(failure.message.hasSuffix("others in its folder are marked as deleted; it stays where it is"))
            #expect(try await box.subjects() == ["Mail 2", "Mail 1"])
            #expect(try await box.subjects(["folder": "Done"]).isEmpty)
            #expect(try await box.subjects(["search_criteria": "DELETED"]) == ["Mail 1"])
            // The marked one itself may go: no other would be removed with it.
            try await box.perform("MoveEmailNode", ["email_uid": first, "target_folder": "Done"])
            #expect(try await box.subjects() == ["Mail 2"])
            #expect(try await box.subjects(["folder": "Done"]) == ["Mail 1"])
        }
    }

    @Test(arguments: [[], ["MOVE"], ["MOVE", "UIDPLUS"]])
    func `a mail is moved, by whatever the server has for it`(hidden: [String]) async throws {
        try await MailboxFixture.with(hiding: hidden) { box in
            for number in 1...3 { try box.deliver(number, subject: "Mail \(number)") }
            let uid = try await box.uid("Mail 2")
            let missing = try await box.failure("MoveEmailNode", ["email_uid": uid, "target_folder": "None"])
            #expect(missing.message.contains("refused to"))
            #expect(try await box.subjects() == ["Mail 3", "Mail 2", "Mail 1"])
            try box.makeFolder("Done")
            let outputs = try await box.perform("MoveEmailNode", ["email_uid": uid, "target_folder": "Done"])
            #expect(outputs == ["success": true])
            #expect(try await box.subjects() == ["Mail 3", "Mail 1"])
            #expect(try await box.subjects(["folder": "Done"]) == ["Mail 2"])
            // And back, from the other folder.
            let back: Object = ["source_folder": "Done", "target_folder": "INBOX"]
            try await box.perform(
                "MoveEmailNode", back.merging(["email_uid": try await box.uid("Mail 2", ["folder": "Done"])]))
            #expect(try await box.subjects().sorted() == ["Mail 1", "Mail 2", "Mail 3"])
        }
    }

    @Test func `attachments are saved under harmless names, and no file is touched`() async throws {
        try await MailboxFixture.with { box in
            var mail = "Subject: Files\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nbody\n"
            let names = [
                "a.txt", "a.txt", "../../up.txt", "C:\\x\\y.doc", ".profile", "..", "sub/dir/z", "%00.txt",
                String(repeating: "n", count: 300) + ".txt",
            ]
            for name in names {
                mail +=
                    "--b\nContent-Disposition: attachment; filename*=utf-8''\(name.replacing("/", with: "%2F"))\n\n\(name)\n"
            }
            try box.server.deliver(1, mail + "--b--\n")
            try box.folder.write("mine", "a.txt")
            let outputs = try await box.perform("SaveAttachmentNode", ["email_uid": "1", "save_path": "."])
            let saved = (outputs["saved_files"]?.list ?? []).map { $0.string?.split(separator: "/").last ?? "" }
            #expect(
                saved == [
                    "a_1.txt", "a_2.txt", "up.txt", "y.doc", "profile", "attachment-6", "z", "txt",
                    "\(String(repeating: "n", count: 196)).txt",
                ])
            #expect(outputs["count"] == .int(names.count))
            #expect(try box.folder.names.sorted() == (saved.map(String.init) + ["a.txt"]).sorted())
            #expect(try box.folder.read("a.txt") == "mine")
            #expect(try box.folder.read("a_2.txt") == "a.txt")
            #expect(try box.folder.read("up.txt") == "../../up.txt")

            let elsewhere = try await box.perform("SaveAttachmentNode", ["email_uid": "1", "save_path": "new/folder"])
            #expect(elsewhere["count"] == .int(names.count))
            #expect(box.folder.exists("new/folder/a.txt"))
            let denied = try await box.failure("SaveAttachmentNode", ["email_uid": "1", "save_path": "~/.ssh"])
            #expect(denied.type == "PathSecurityError")
        }
    }

    @Test(arguments: [
        "SaveAttachmentNode", "MarkEmailNode", "DeleteEmailNode", "MoveEmailNode",
    ])
    func `a mail that is not there, and what is no UID, are refused`(node: String) async throws {
        try await MailboxFixture.with { box in
            for (uid, reason) in [
                ("", "email_uid is required"), ("1:*", "email_uid must be the uid of one mail"),
                ("0", "must be the uid"),
                ("99", "There is no mail with the UID 99"),
            ] {
                let failure = try await box.failure(node, ["email_uid": .string(uid), "target_folder": "INBOX"])
                #expect(failure.message.contains(reason), "\(failure.message)")
            }
            #expect(
                try await box.failure(node, ["email_uid": "1", "target_folder": "X", "password": "wrong word"])
                    .message.hasPrefix("Authentication failed: "))
        }
        try await withRunFolder { folder in
            let failure = try await folder.failure(node, ["email_uid": "1", "target_folder": "X"])
            #expect(failure.message == "username is missing: set it, or IMAP_USERNAME in the robot's environment")
        }
    }

    @Test func `moving wants a folder to move to`() async throws {
        try await withRunFolder { folder in
            let failure = try await folder.failure("MoveEmailNode", ["email_uid": "1", "target_folder": ""])
            #expect(failure.message == "target_folder is required")
        }
    }

    @Test func `effects are told honestly`() {
        func effect(_ name: String, _ config: Object = [:]) -> NodeType.Effect {
            let type = RunFolder.type(name)
            return type.effectFor?(config) ?? type.effect
        }
        #expect(effect("SendEmailNode") == .effect)
        #expect(effect("ReadEmailsNode") == .captured)
        #expect(effect("ReadEmailsNode", ["mark_as_read": true]) == .effect)
        #expect(effect("ReadEmailsNode", ["mark_as_read": "{{x}}"]) == .effect)
        #expect(effect("SaveAttachmentNode") == .effect)
        #expect(effect("MarkEmailNode") == .idempotent)
        #expect(effect("DeleteEmailNode") == .idempotent)
        #expect(effect("DeleteEmailNode", ["permanent": true]) == .effect)
        #expect(effect("MoveEmailNode") == .effect)
        #expect(effect("GetEmailContentNode") == .pure)
        #expect(effect("FilterEmailsNode") == .pure)
        #expect(effect("EmailSuperNode") == .effect)
        #expect(effect("EmailSuperNode", ["action": "read"]) == .captured)
        #expect(effect("EmailSuperNode", ["action": "Mark Email"]) == .idempotent)
        #expect(effect("EmailSuperNode", ["action": "delete"]) == .idempotent)
        #expect(effect("EmailSuperNode", ["action": "delete", "permanent_delete": true]) == .effect)
    }
}
