import CasareEngine
import FoundationEssentials

/// A mail to be sent, whose parts have been checked.
struct OutgoingMail: Sendable {
    enum Priority: String, Sendable { case high, normal, low }

    struct Attachment: Sendable {
        var name: String
        var content: [UInt8]
    }

    /// Of all attachments together; what servers take is less as a rule.
    static let attachmentBytesMax = 64 << 20
    /// RFC 5322 allows 998, and not every server even those.
    private static let plainLineBytesMax = 900

    var from: MailAddress
    var to: [MailAddress]
    var cc: [MailAddress]
    /// Told to the server only, never written.
    var bcc: [MailAddress]
    var replyTo: [MailAddress]
    var subject: String
    var body: String
    var isHTML: Bool
    var priority: Priority
    var wantsReceipt: Bool
    var attachments: [Attachment]
    /// With its angle brackets.
    var messageID: String
    var date: Date

    /// Everybody who gets it, once.
    var recipients: [String] {
        var seen: Set<String> = []
        return (self.to + self.cc + self.bcc).map(\.address).filter { seen.insert($0).inserted }
    }

    /// The mail as it is sent: header and body, with CR LF, in ASCII.
    func content() -> [UInt8] {
        var text = self.header
        guard !self.attachments.isEmpty else { return Array((text + self.bodyPart).utf8) }
        // Base64 has no such line, and no other text has it but by a wild chance.
        let boundary =
            "=_\(String(UInt64.random(in: .min ... .max), radix: 36))"
            + String(UInt64.random(in: .min ... .max), radix: 36)
        text += "Content-Type: multipart/mixed; boundary=\"\(boundary)\"\r\n\r\n"
        text += "--\(boundary)\r\n\(self.bodyPart)\r\n"
        var content = Array(text.utf8)
        for attachment in self.attachments {
            content +=
                """
                --\(boundary)\r
                Content-Type: \(MediaTypes.type(ofFile: attachment.name))\r
                Content-Transfer-Encoding: base64\r
                Content-Disposition: attachment; \(MailHeader.fileName(attachment.name))\r
                \r

                """.utf8
            content += Self.base64(attachment.content).utf8
        }
        content += "--\(boundary)--\r\n".utf8
        return content
    }

    private var header: String {
        var header = MailHeader.field("From", addresses: [self.from])
        if !self.to.isEmpty { header += MailHeader.field("To", addresses: self.to) }
        if !self.cc.isEmpty { header += MailHeader.field("Cc", addresses: self.cc) }
        // A mail to nobody that one sees is a mail to somebody all the same.
        if self.to.isEmpty, self.cc.isEmpty { header += "To: undisclosed-recipients:;\r\n" }
        if !self.replyTo.isEmpty { header += MailHeader.field("Reply-To", addresses: self.replyTo) }
        header += MailHeader.field("Subject", text: self.subject)
        header += "Date: \(MailDate.text(self.date))\r\nMessage-ID: \(self.messageID)\r\nMIME-Version: 1.0\r\n"
        switch self.priority {
        case .high: header += "X-Priority: 1\r\nImportance: high\r\n"
        case .low: header += "X-Priority: 5\r\nImportance: low\r\n"
        case .normal: break
        }
        if self.wantsReceipt { header += MailHeader.field("Disposition-Notification-To", addresses: [self.from]) }
        return header
    }

    /// The text with its own header fields.
    private var bodyPart: String {
        // Character by character a CR LF is one.
        var body = self.body.split(omittingEmptySubsequences: false) { $0 == "\r\n" || $0 == "\n" || $0 == "\r" }
            .joined(separator: "\r\n")
        if !body.hasSuffix("\r\n") { body += "\r\n" }
        let isPlain =
            body.utf8.allSatisfy { $0 < 0x7F && ($0 >= 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D) }
            && body.utf8.split(separator: 0x0A).allSatisfy { $0.count <= Self.plainLineBytesMax }
        let type = "Content-Type: text/\(self.isHTML ? "html" : "plain"); charset=\"utf-8\"\r\n"
        if isPlain { return type + "Content-Transfer-Encoding: 7bit\r\n\r\n" + body }
        return type + "Content-Transfer-Encoding: base64\r\n\r\n" + Self.base64(Array(body.utf8))
    }

    private static func base64(_ bytes: [UInt8]) -> String {
        let options: Data.Base64EncodingOptions = [
            .lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed,
        ]
        return Data(bytes).base64EncodedString(options: options) + "\r\n"
    }
}
