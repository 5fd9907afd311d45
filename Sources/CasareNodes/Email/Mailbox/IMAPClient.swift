import CasareEngine
import FoundationEssentials

/// A signed-in session on an IMAP server (RFC 3501). Everything blocks; it belongs on one `OwnThread`.
final class IMAPClient {
    /// Of one mail, which is held in memory as a whole.
    static let mailBytesMax = 64 << 20
    /// Of all that a command is answered with.
    private static let answerBytesMax = IMAPClient.mailBytesMax + (16 << 20)
    private static let responsesMax = 100_000
    /// UIDs of one command, whose line servers bound.
    private static let uidsPerCommand = 200

    private let connection: LineConnection
    private var commands = 0
    /// What the server may still send in answer to the present command.
    private var answerBytesLeft = 0
    private(set) var capabilities: Set<String> = []

    var serverName: String { self.connection.server.name }

    /// Connects and signs in.
    ///
    /// - Throws: `ServiceFailure`, `CancellationError`.
    init(
        _ server: LineConnection.Server, at addresses: ServerAddresses, _ account: MailAccess.Account,
        _ cancellation: OwnThread.Cancellation
    ) throws {
        // libcurl stops before the signing in, which it would do in ways that not every server has.
        self.connection = try LineConnection(to: server, at: addresses, cancellation: cancellation)
        try self.readCapabilities()
        do {
            try self.signIn(account)
        } catch let error as ServiceFailure {
            throw error.hiding(account.password)
        }
        try self.readCapabilities()
    }

    private func readCapabilities() throws {
        let responses = try self.run([.text("CAPABILITY")], "tell what it can do")
        self.capabilities = Set(
            responses.filter { $0.name == "CAPABILITY" }.flatMap(\.words).map { $0.uppercased() })
    }

    private func signIn(_ account: MailAccess.Account) throws {
        let ending: IMAPResponse
        if self.capabilities.contains("AUTH=PLAIN") {
            let secret = Data("\0\(account.user)\0\(account.password)".utf8).base64EncodedString()
            (ending, _) = try self.exchange([.text("AUTHENTICATE PLAIN")], answer: secret)
        } else if !self.capabilities.contains("LOGINDISABLED") {
            (ending, _) = try self.exchange([
                .text("LOGIN "), try IMAPText.string(account.user, of: "username"), .text(" "),
                try IMAPText.string(account.password, of: "password"),
            ])
        } else {
            throw ServiceFailure(
                "PermissionError",
                "Authentication failed: \(self.serverName) takes no password on a connection without TLS")
        }
        guard ending.name == "OK" else {
            throw ServiceFailure("PermissionError", "Authentication failed: \(ending.statusText)")
        }
    }

    // MARK: Folders and mails

    /// - Parameter readOnly: Nothing can be changed then, and nothing counts as seen.
    /// - Returns: What the server says of the folder.
    @discardableResult
    func open(_ folder: IMAPPart, readOnly: Bool) throws -> [IMAPResponse] {
        try self.run([.text(readOnly ? "EXAMINE " : "SELECT "), folder], "open the folder")
    }

    /// The UIDs of mails that meet the criteria, in ascending order.
    func search(_ criteria: [IMAPPart], isUnicode: Bool = false) throws -> [UInt32] {
        let start = IMAPPart.text("UID SEARCH " + (isUnicode ? "CHARSET UTF-8 " : ""))
        let responses = try self.run([start] + criteria, "search")
        return responses.filter { $0.name == "SEARCH" }.flatMap(\.words).compactMap { UInt32($0) }.sorted()
    }

    /// A mail as it is kept, without marking it as read; `nil` when there is none.
    func mail(_ uid: UInt32) throws -> [UInt8]? {
        let responses = try self.run([.text("UID FETCH \(uid) (UID BODY.PEEK[])")], "give out the mail \(uid)")
        for response in responses where response.name == "FETCH" {
            guard case .list(let items)? = response.items?.last else { continue }
            var fields: [String: IMAPResponse.Item] = [:]
            for index in stride(from: 0, to: items.count - 1, by: 2) {
                if case .atom(let name) = items[index] { fields[name.uppercased()] = items[index + 1] }
            }
            // Others may be told of at any time.
            guard fields["UID"] == .atom(String(uid)), case .string(let mail)? = fields["BODY[]"] else { continue }
            return mail
        }
        return nil
    }

    /// - Parameter change: `+FLAGS.SILENT (\Seen)` and the like.
    func store(_ uids: [UInt32], _ change: String) throws {
        for start in stride(from: 0, to: uids.count, by: Self.uidsPerCommand) {
            let set = uids[start...].prefix(Self.uidsPerCommand).map(String.init).joined(separator: ",")
            try self.run([.text("UID STORE \(set) \(change)")], "change the flags")
        }
    }

    func copy(_ uid: UInt32, to folder: IMAPPart) throws {
        try self.run([.text("UID COPY \(uid) "), folder], "copy the mail \(uid)")
    }

    /// Only where `capabilities` has `MOVE` (RFC 6851).
    func move(_ uid: UInt32, to folder: IMAPPart) throws {
        try self.run([.text("UID MOVE \(uid) "), folder], "move the mail \(uid)")
    }

    /// Removes a mail that is marked as deleted, and no other.
    func expunge(_ uid: UInt32) throws {
        if self.capabilities.contains("UIDPLUS") {
            try self.run([.text("UID EXPUNGE \(uid)")], "remove the mail \(uid)")
            return
        }
        try self.checkRemoval(of: uid, otherwise: "it stays marked")
        try self.run([.text("EXPUNGE")], "remove the mail \(uid)")
    }

    /// Checks that `expunge` would remove a mail: without RFC 4315 a server removes all that are marked as deleted.
    ///
    /// - Parameter consequence: What becomes of the mail otherwise, for the error.
    /// - Throws: `ServiceFailure` when others are marked, which must stay.
    func checkRemoval(of uid: UInt32, otherwise consequence: String) throws {
        guard !self.capabilities.contains("UIDPLUS") else { return }
        guard try self.search([.text("DELETED")]).allSatisfy({ $0 == uid }) else {
            throw ServiceFailure(
                "NodeError",
                "\(self.serverName) cannot remove the mail \(uid) alone, and others in its folder are marked as "
                    + "deleted; \(consequence)")
        }
    }

    /// Says goodbye. Whether the server answers does not matter.
    func logOut() { try? self.connection.send("Z LOGOUT\r\n") }

    // MARK: Commands

    /// Sends a command and reads what it answers.
    ///
    /// - Parameter what: What it was asked to do, for the error of a refusal.
    @discardableResult
    private func run(_ parts: [IMAPPart], _ what: String) throws -> [IMAPResponse] {
        let (ending, responses) = try self.exchange(parts)
        guard ending.name == "OK" else {
            throw ServiceFailure(
                "NodeError", "\(self.serverName) refused to \(what): \(ending.name) \(ending.statusText)")
        }
        return responses
    }

    /// - Parameter answer: What to send when the server invites to go on after the command.
    private func exchange(
        _ parts: [IMAPPart], answer: String? = nil
    ) throws -> (ending: IMAPResponse, responses: [IMAPResponse]) {
        self.commands += 1
        self.answerBytesLeft = Self.answerBytesMax
        let tag = "C\(self.commands)"
        var line = tag + " "
        var responses: [IMAPResponse] = []
        var answer = answer
        /// Reads until an invitation or the end.
        func next() throws -> IMAPResponse {
            while responses.count < Self.responsesMax {
                let response = try self.response()
                if response.tag == "+" || response.tag == tag { return response }
                guard response.tag == "*" else { throw ServiceFailure.gibberish(self.serverName) }
                responses.append(response)
            }
            throw ServiceFailure.gibberish(self.serverName)
        }
        for part in parts {
            switch part {
            case .text(let text): line += text
            case .literal(let bytes):
                try self.connection.send(line + "{\(bytes.count)}\r\n")
                let response = try next()
                guard response.tag == "+" else { return (response, responses) }
                try self.connection.send(bytes)
                line = ""
            }
        }
        try self.connection.send(line + "\r\n")
        while true {
            let response = try next()
            if response.tag == tag { return (response, responses) }
            guard let given = answer else { throw ServiceFailure.gibberish(self.serverName) }
            try self.connection.send(given + "\r\n")
            answer = nil
        }
    }

    private func response() throws -> IMAPResponse {
        var response = IMAPResponse(texts: [], literals: [])
        while true {
            let line = try self.connection.line(bytesMax: self.answerBytesLeft)
            self.answerBytesLeft -= line.count
            response.texts.append(line)
            guard let size = Self.literalSize(line) else { return response }
            guard size <= min(Self.mailBytesMax, self.answerBytesLeft) else {
                throw ServiceFailure(
                    "NodeError", "\(self.serverName) has a mail of \(size) bytes; \(Self.mailBytesMax) are the most")
            }
            self.answerBytesLeft -= size
            response.literals.append(try self.connection.bytes(size))
        }
    }

    /// The number in `{123}` at a line's end.
    private static func literalSize(_ line: [UInt8]) -> Int? {
        guard line.last == UInt8(ascii: "}"), let open = line.lastIndex(of: UInt8(ascii: "{")) else { return nil }
        return Int(String(decoding: line[(open + 1)...].dropLast(), as: UTF8.self)).flatMap { $0 >= 0 ? $0 : nil }
    }
}
