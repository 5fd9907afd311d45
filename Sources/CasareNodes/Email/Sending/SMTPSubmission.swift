import CasareEngine

/// The handing over of one mail to a server (RFC 5321).
struct SMTPSubmission {
    var sender: String
    var recipients: [String]
    var content: [UInt8]

    /// Servers may look at a mail for long before they take it (RFC 5321 §4.5.3.2.6).
    private static let verdictSecondsMin = 60
    private static let replyBytesMax = 4096
    private static let replyLinesMax = 100

    /// - Throws: `ServiceFailure` when the mail was not taken, by anybody; `OutcomeUnknown` when the server had it and
    ///   did not say what becomes of it; `CancellationError`.
    func run(
        _ server: LineConnection.Server, at addresses: ServerAddresses, _ account: MailAccess.Account,
        _ cancellation: OwnThread.Cancellation
    ) throws {
        let connection = try LineConnection(
            to: server, at: addresses, user: account.user, password: account.password, cancellation: cancellation)
        if !account.user.isEmpty, connection.openingCode != 235 {
            throw ServiceFailure(
                "PermissionError",
                "Authentication failed: \(server.name) offers no way to sign in that is known here (PLAIN, LOGIN, CRAM-MD5)"
            )
        }
        try self.command("MAIL FROM:<\(self.sender)>", "the sender \(self.sender)", connection)
        // One who is refused keeps the others from getting it: all or nobody.
        for recipient in self.recipients {
            try self.command("RCPT TO:<\(recipient)>", "the recipient \(recipient)", connection)
        }
        try self.command("DATA", "the mail", connection)
        try connection.send(Self.stuffed(self.content))
        do {
            try connection.send(".\r\n")
            let verdict = try self.reply(connection, seconds: max(server.timeout, Self.verdictSecondsMin))
            guard verdict.hasPrefix("2") else {
                throw ServiceFailure.refusal("\(server.name) refused the mail", reply: verdict)
            }
        } catch let error as ServiceFailure where error.leavesDoubt {
            throw OutcomeUnknown("\(server.name) had the mail and did not say that it took it")
        }
        // The mail is theirs; how the conversation ends does not matter.
        try? connection.send("QUIT\r\n")
    }

    private func command(_ text: String, _ what: String, _ connection: LineConnection) throws {
        try connection.send(text + "\r\n")
        let reply = try self.reply(connection, seconds: connection.server.timeout)
        guard reply.hasPrefix("2") || reply.hasPrefix("354") else {
            throw ServiceFailure.refusal("\(connection.server.name) refused \(what)", reply: reply)
        }
    }

    /// The lines of one reply, as one line: `250 2.1.0 ok`.
    private func reply(_ connection: LineConnection, seconds: Int) throws -> String {
        var texts: [String] = []
        while texts.count < Self.replyLinesMax {
            let line = String(
                decoding: try connection.line(bytesMax: Self.replyBytesMax, seconds: seconds), as: UTF8.self)
            let code = line.prefix(3)
            guard code.count == 3, code.allSatisfy({ $0.isASCII && $0.isNumber }) else { break }
            texts.append(String(line.dropFirst(4)))
            if line.dropFirst(3).first != "-" { return "\(code) \(texts.joined(separator: " "))" }
        }
        throw ServiceFailure.gibberish(connection.server.name)
    }

    /// Lines that begin with a dot get a second one (RFC 5321 §4.5.2). Ends with a line's end.
    static func stuffed(_ content: [UInt8]) -> [UInt8] {
        var stuffed: [UInt8] = []
        stuffed.reserveCapacity(content.count + 1024)
        var isAtStart = true
        for byte in content {
            if isAtStart, byte == UInt8(ascii: ".") { stuffed.append(byte) }
            stuffed.append(byte)
            isAtStart = byte == 0x0A
        }
        if !isAtStart { stuffed += [0x0D, 0x0A] }
        return stuffed
    }
}
