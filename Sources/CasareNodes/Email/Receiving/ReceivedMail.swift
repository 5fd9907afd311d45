import CasareDomain

/// A mail as the mail nodes give it out (node catalogue §1.14).
struct ReceivedMail {
    /// Of each of the two bodies, in UTF-8; what comes beyond is cut.
    static let bodyBytesMax = 1 << 20

    struct Attachment {
        var fileName: String
        var part: MIMEPart
    }

    private let mail: MIMEPart
    let attachments: [Attachment]

    init(_ bytes: [UInt8]) {
        self.mail = MIMEPart(bytes)
        self.attachments = self.mail.leaves.filter(\.isAttachment).enumerated().map { position, part in
            Attachment(fileName: part.fileName ?? Self.standInName(position + 1, part.mediaType), part: part)
        }
    }

    /// - Parameter includesBody: Otherwise both bodies are empty.
    func value(uid: UInt32, includesBody: Bool) -> Value {
        [
            "uid": .string(String(uid)), "message_id": .string(self.mail.header("message-id")),
            "subject": .string(self.mail.header("subject")), "from": .string(self.mail.header("from")),
            "to": .string(self.mail.header("to")), "cc": .string(self.mail.header("cc")),
            "date": .string(MailDate.isoText(self.mail.header("date")) ?? ""),
            "body_text": .string(includesBody ? self.body("text/plain") : ""),
            "body_html": .string(includesBody ? self.body("text/html") : ""),
            "attachments": .list(
                self.attachments.map { attachment in
                    [
                        "filename": .string(attachment.fileName),
                        "content_type": .string(attachment.part.mediaType),
                        "size": .int(attachment.part.content.count),
                    ]
                }),
            "has_attachments": .bool(!self.attachments.isEmpty),
        ]
    }

    /// All parts of a type that are not files, one after the other: lists add their footers as parts.
    private func body(_ type: String) -> String {
        let parts = self.mail.leaves.filter { !$0.isAttachment && $0.mediaType == type }
        let text = parts.map(\.text).filter { !$0.isEmpty }.joined(separator: "\n")
        guard text.utf8.count > Self.bodyBytesMax else { return text }
        // Not in the middle of a character.
        let bytes = Array(text.utf8.prefix(Self.bodyBytesMax))
        let end = bytes.lastIndex { $0 & 0xC0 != 0x80 } ?? 0
        return String(decoding: bytes[..<end], as: UTF8.self) + "\n[cut after \(Self.bodyBytesMax) bytes]"
    }

    private static func standInName(_ number: Int, _ type: String) -> String {
        switch type {
        case "message/rfc822": "message-\(number).eml"
        case "text/calendar": "invite-\(number).ics"
        default: "attachment-\(number)"
        }
    }
}
