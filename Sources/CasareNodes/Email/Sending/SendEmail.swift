import CasareDomain
import CasareEngine
import FoundationEssentials

/// What `SendEmailNode` does; shared with `EmailSuperNode`.
enum SendEmail {
    static func perform(_ inputs: Inputs, _ environment: NodeEnvironment) async throws -> NodeResult {
        let account = try MailAccess.account("SMTP", inputs, environment, isRequired: false)
        var mail = try self.mail(inputs, environment, user: account.user)
        let (server, attachments) = try await BlockingWork.run {
            (try MailAccess.smtpServer(inputs, environment), try self.attachments(inputs["attachments"], environment))
        }
        mail.attachments = attachments
        let submission = SMTPSubmission(
            sender: mail.from.address, recipients: mail.recipients, content: mail.content())
        try await environment.traced(server.scheme, at: server.host) {
            try await RetryRule(inputs).run(server.addresses) { addresses, cancellation in
                try submission.run(server, at: addresses, account, cancellation)
            }
        }
        return NodeResult(["success": true, "message_id": .string(mail.messageID)])
    }

    private static func mail(
        _ inputs: Inputs, _ environment: NodeEnvironment, user: String
    ) throws(NodeFailure) -> OutgoingMail {
        let sender = inputs.firstText("from_email") ?? user
        guard !sender.isEmpty else { throw .value("from_email is required") }
        let senders = try MailAddress.list(sender, of: "from_email")
        guard var from = senders.first, senders.count == 1 else {
            throw .value("from_email must be one address, not \(sender)")
        }
        if let name = inputs.firstText("sender_name") {
            from = try MailAddress(displayName: name, address: from.address, of: "sender_name")
        }
        func addresses(_ name: String) throws(NodeFailure) -> [MailAddress] {
            try MailAddress.list(inputs.string(name), of: name)
        }
        let mail = OutgoingMail(
            from: from, to: try addresses("to_email"), cc: try addresses("cc"), bcc: try addresses("bcc"),
            replyTo: try addresses("reply_to"), subject: inputs.string("subject"), body: inputs.string("body"),
            isHTML: inputs.bool("is_html"),
            priority: inputs.firstText("priority").flatMap { OutgoingMail.Priority(rawValue: $0) } ?? .normal,
            wantsReceipt: inputs.bool("read_receipt"), attachments: [],
            messageID: self.messageID(environment.idempotencyKey, domain: from.domain), date: environment.now())
        try CommandText.check(mail.subject, of: "subject")
        guard !mail.recipients.isEmpty else { throw .value("to_email is required: nobody would get the mail") }
        return mail
    }

    /// The same for every repetition of a step, so that whoever gets the mail twice can tell.
    private static func messageID(_ key: String, domain: String) -> String {
        let plain = key.utf8.map { byte -> Character in
            MailHeader.isAtom(byte) && byte != UInt8(ascii: "/") ? Character(Unicode.Scalar(byte)) : "."
        }
        return "<\(String(plain)).casare@\(domain.isEmpty ? "localhost" : domain)>"
    }

    /// The files of a list of paths, or of text with commas. One that does not exist is left out, with a warning.
    private static func attachments(
        _ value: Value, _ environment: NodeEnvironment
    ) throws(NodeFailure) -> [OutgoingMail.Attachment] {
        let paths: [String]
        switch value {
        case .null: paths = []
        case .string(let text):
            let list = (try? Value(parsingJSON: text))?.list
            paths = list?.map(\.displayText) ?? text.split(separator: ",").map(\.trimmed)
        case .list(let list): paths = list.map(\.displayText)
        case .bool, .int, .double, .object:
            throw .value("attachments must be a list of paths, or text with commas, not \(value.kindName)")
        }
        let policy = PathPolicy(environment)
        var attachments: [OutgoingMail.Attachment] = []
        var bytes = 0
        for text in paths where !text.isEmpty {
            let path = try policy.resolve(text)
            guard FileAccess.status(path) != nil else {
                environment.warn("The attachment \(text) does not exist; the mail goes without it")
                continue
            }
            let content = try FileAccess.read(path, bytesMax: OutgoingMail.attachmentBytesMax)
            bytes += content.count
            guard bytes <= OutgoingMail.attachmentBytesMax else {
                throw .value("The attachments have more than \(OutgoingMail.attachmentBytesMax) bytes together")
            }
            attachments.append(.init(name: FileAccess.name(of: text), content: content))
        }
        return attachments
    }
}
