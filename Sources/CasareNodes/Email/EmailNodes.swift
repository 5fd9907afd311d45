import CasareDomain
package import CasareEngine

/// The nodes that send mail and work on mailboxes (node catalogue §1.8 and §1.14).
package enum EmailNodes {
    package static let types: [NodeType] =
        [Self.send, Self.read] + Self.localTypes + Self.mailboxTypes + [Self.superNode]

    static let family = "Email"
    private static let success = NodeType.Output("success", .boolean)
    /// What the nodes on one mail have in common.
    private static let mailbox =
        [.credential] + Self.imapServer + Self.account("IMAP") + [.certificateAuthority, .allowInternalURLs]

    private static let send = NodeType(
        "SendEmailNode", family: Self.family, "Sends a mail.",
        parameters: [.credential] + Self.smtpServer + Self.account("SMTP") + Self.message + [
            Self.startTLS, .init("use_ssl", .boolean, default: false, "TLS from the start."), .certificateAuthority,
            .allowInternalURLs, .serverTimeout(), .init("reply_to", .string, default: "", "Where answers go."),
            .init("read_receipt", .boolean, default: false, "Ask for a note that it was read."),
            .init("sender_name", .string, default: "", "The sender's name."),
        ] + RetryRule.parameters,
        outputs: [Self.success, .init("message_id", .string)],
        effect: .effect, .reporting(SendEmail.perform)
    ).taking(Credentials.account("smtp"))

    private static let read = NodeType(
        "ReadEmailsNode", family: Self.family, "Reads the newest mails of a folder.",
        parameters: Self.mailbox + [Self.imapTLS("use_ssl"), .serverTimeout(), Self.folder] + Self.search + [
            .init("mark_as_read", .boolean, default: false, "Mark them as read afterwards."),
            .init("include_body", .boolean, default: true, "Give out the texts."),
        ] + RetryRule.parameters,
        outputs: [.init("emails", .list), .init("count", .integer)],
        effect: .captured, effectFor: EmailEffects.read, .perform(MailboxActions.read)
    ).taking(Credentials.account("imap"))

    private static let mailboxTypes: [NodeType] = [
        NodeType(
            "SaveAttachmentNode", family: Self.family, "Saves the attachments of a mail as files.",
            parameters: Self.mailbox + [Self.uid, Self.folder, Self.savePath(aliases: ["path"])],
            outputs: [.init("saved_files", .list), .init("count", .integer)],
            // A second time it would find its own files and save others beside them.
            effect: .effect, .perform(MailboxActions.saveAttachments)),
        NodeType(
            "MarkEmailNode", family: Self.family, "Marks a mail as read, unread, flagged or not flagged.",
            parameters: Self.mailbox + [Self.uid, Self.folder] + Self.markAs, outputs: [Self.success],
            effect: .idempotent, .reporting(MailboxActions.mark)),
        NodeType(
            "DeleteEmailNode", family: Self.family, "Marks a mail as deleted, or removes it for good.",
            parameters: Self.mailbox + [
                Self.uid, Self.folder,
                .init("permanent", .boolean, default: false, "Remove it, not only mark it as deleted."),
            ],
            outputs: [Self.success],
            effect: .effect, effectFor: EmailEffects.delete("permanent"), .reporting(MailboxActions.delete)),
        NodeType(
            "MoveEmailNode", family: Self.family, "Moves a mail to another folder.",
            parameters: Self.mailbox + [
                Self.uid, .init("source_folder", .string, default: "INBOX", "The folder that it is in."),
                Self.targetFolder.accepting("folder"),
            ],
            outputs: [Self.success], effect: .effect, .reporting(MailboxActions.move)),
    ].map { $0.taking(Credentials.account("imap")) }

    private static let localTypes: [NodeType] = [
        NodeType(
            "GetEmailContentNode", family: Self.family, "Takes a mail that was read apart.",
            parameters: [.init("email", .json, required: true, "The mail, one of those that were read.")],
            outputs: [
                .init("subject", .string), .init("from", .string), .init("to", .string), .init("date", .string),
                .init("body_text", .string), .init("body_html", .string), .init("attachments", .list),
            ],
            .pure { inputs, _ throws(NodeFailure) in
                guard let email = inputs["email"].object else {
                    throw .value("email must be an object, not \(inputs["email"].kindName)")
                }
                var outputs: Object = [:]
                for name in ["subject", "from", "to", "date", "body_text", "body_html"] {
                    outputs[name] = .string(email[name]?.displayText ?? "")
                }
                outputs["attachments"] = .list(email["attachments"]?.list ?? [])
                return NodeResult(outputs)
            }),
        NodeType(
            "FilterEmailsNode", family: Self.family, "Keeps those of several mails that meet all conditions.",
            parameters: [
                .init("emails", .list, "The mails that were read; none when nothing is given."),
                .init("subject_contains", .string, "Text that the subject has, in whatever case."),
                .init("from_contains", .string, "Text that the sender has, in whatever case."),
                .init("has_attachments", .boolean, "Only with files, or only without; by default any."),
            ],
            outputs: [.init("filtered", .list), .init("count", .integer)],
            .pure { inputs, _ throws(NodeFailure) in
                var filtered: [Value] = []
                for (position, mail) in inputs.list("emails").enumerated()
                where try Self.isWanted(mail, at: position, inputs) { filtered.append(mail) }
                return NodeResult(["filtered": .list(filtered), "count": .int(filtered.count)])
            }),
    ]

    private static func isWanted(_ mail: Value, at position: Int, _ inputs: Inputs) throws(NodeFailure) -> Bool {
        guard let mail = mail.object else {
            throw .value("emails[\(position)] must be an object, not \(mail.kindName)")
        }
        func contains(_ field: String, _ parameter: String) -> Bool {
            guard let text = inputs.firstText(parameter) else { return true }
            return (mail[field]?.displayText ?? "").lowercased().contains(text.lowercased())
        }
        let hasFiles = mail["has_attachments"]?.bool ?? !(mail["attachments"]?.list ?? []).isEmpty
        return contains("subject", "subject_contains") && contains("from", "from_contains")
            && (inputs["has_attachments"].bool ?? hasFiles) == hasFiles
    }
}

extension NodeType.Parameter {
    /// The same parameter under another name too.
    func accepting(_ alias: Alias) -> NodeType.Parameter {
        var copy = self
        copy.aliases.append(alias)
        return copy
    }
}
