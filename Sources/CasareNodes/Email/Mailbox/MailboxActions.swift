import CasareDomain
import CasareEngine

/// What the nodes on mailboxes do; shared with `EmailSuperNode`.
enum MailboxActions {
    /// Of all mails that are read at once, in UTF-8: they become one result, which is journaled.
    private static let textBytesMax = 64 << 20

    static func read(_ inputs: Inputs, _ environment: NodeEnvironment) async throws -> NodeResult {
        let (criteria, isUnicode) = try IMAPText.criteria(inputs.firstText("search_criteria") ?? "ALL")
        let folder = try self.folder(inputs)
        let marksAsRead = inputs.bool("mark_as_read")
        let includesBody = inputs["include_body"].bool ?? true
        let mails = try await self.withClient(inputs, environment) { client -> [Value] in
            try client.open(folder, readOnly: !marksAsRead)
            let found = try client.search(criteria, isUnicode: isUnicode)
            // Servers number mails in the order in which they came.
            let uids = Array(found.suffix(inputs["limit"].int ?? 10))
            var textBytes = 0
            let mails = try (inputs["newest_first"].bool ?? true ? uids.reversed() : uids).compactMap { uid -> Value? in
                // One may have gone since the search.
                guard let bytes = try client.mail(uid) else { return nil }
                let mail = ReceivedMail(bytes).value(uid: uid, includesBody: includesBody)
                textBytes += mail.object?.reduce(0) { $0 + ($1.value.string?.utf8.count ?? 0) } ?? 0
                guard textBytes <= Self.textBytesMax else { throw Self.tooMuchText }
                return mail
            }
            if marksAsRead, !uids.isEmpty {
                try self.changing(client) { try client.store(uids, #"+FLAGS.SILENT (\Seen)"#) }
            }
            return mails
        }
        return NodeResult(["emails": .list(mails), "count": .int(mails.count), "success": true])
    }

    static func mark(_ inputs: Inputs, _ environment: NodeEnvironment) async throws -> NodeResult {
        let uid = try self.uid(inputs)
        let folder = try self.folder(inputs)
        let change: String
        switch inputs.firstText("mark_as") ?? (inputs["as_read"].bool ?? true ? "read" : "unread") {
        case "unread": change = #"-FLAGS.SILENT (\Seen)"#
        case "flagged": change = #"+FLAGS.SILENT (\Flagged)"#
        case "unflagged": change = #"-FLAGS.SILENT (\Flagged)"#
        default: change = #"+FLAGS.SILENT (\Seen)"#
        }
        try await self.withClient(inputs, environment) { client in
            try client.open(folder, readOnly: false)
            try self.find(uid, client)
            try client.store([uid], change)
        }
        return NodeResult(["success": true])
    }

    static func delete(_ inputs: Inputs, _ environment: NodeEnvironment) async throws -> NodeResult {
        let uid = try self.uid(inputs)
        let folder = try self.folder(inputs)
        let isPermanent = inputs["permanent"].bool ?? inputs.bool("permanent_delete")
        try await self.withClient(inputs, environment) { client in
            try client.open(folder, readOnly: false)
            try self.find(uid, client)
            try client.store([uid], #"+FLAGS.SILENT (\Deleted)"#)
            if isPermanent { try self.changing(client) { try client.expunge(uid) } }
        }
        return NodeResult(["success": true])
    }

    static func move(_ inputs: Inputs, _ environment: NodeEnvironment) async throws -> NodeResult {
        let uid = try self.uid(inputs)
        let source = try IMAPText.folder(
            inputs.firstText("source_folder", "folder") ?? "INBOX", of: "source_folder")
        let target = try IMAPText.folder(inputs.string("target_folder"), of: "target_folder")
        try await self.withClient(inputs, environment) { client in
            try client.open(source, readOnly: false)
            try self.find(uid, client)
            let canMove = client.capabilities.contains("MOVE")
            // Before there is a copy, which a refusal would leave behind.
            if !canMove { try client.checkRemoval(of: uid, otherwise: "it stays where it is") }
            try self.changing(client) {
                if canMove {
                    try client.move(uid, to: target)
                } else {
                    try client.copy(uid, to: target)
                    try client.store([uid], #"+FLAGS.SILENT (\Deleted)"#)
                    try client.expunge(uid)
                }
            }
        }
        return NodeResult(["success": true])
    }

    static func saveAttachments(_ inputs: Inputs, _ environment: NodeEnvironment) async throws -> NodeResult {
        let uid = try self.uid(inputs)
        let folder = try self.folder(inputs)
        let paths = try await self.withClient(inputs, environment) { client -> [String] in
            let directory = try PathPolicy(environment).resolve(inputs.firstText("save_path") ?? ".")
            try client.open(folder, readOnly: true)
            guard let bytes = try client.mail(uid) else { throw Self.missing(uid) }
            return try AttachmentFiles(directory: directory, environment).save(ReceivedMail(bytes).attachments)
        }
        return NodeResult([
            "saved_files": .list(paths.map(Value.string)), "count": .int(paths.count), "success": true,
        ])
    }

    /// Gives blocking work a signed-in session, on a thread of its own.
    @discardableResult
    private static func withClient<R: Sendable>(
        _ inputs: Inputs, _ environment: NodeEnvironment, _ work: @escaping @Sendable (IMAPClient) throws -> R
    ) async throws -> R {
        let account = try MailAccess.account("IMAP", inputs, environment, isRequired: true)
        let server = try await BlockingWork.run { try MailAccess.imapServer(inputs, environment) }
        return try await environment.traced(server.scheme, at: server.host) {
            try await RetryRule(inputs).run(server.addresses) { addresses, cancellation -> R in
                let client = try IMAPClient(server, at: addresses, account, cancellation)
                let result = try work(client)
                client.logOut()
                return result
            }
        }
    }

    /// A change after which nothing can be looked up any more: without an answer it is not known whether it was made.
    private static func changing<R>(_ client: IMAPClient, _ work: () throws -> R) throws -> R {
        do {
            return try work()
        } catch let error as ServiceFailure where error.leavesDoubt {
            throw OutcomeUnknown("\(client.serverName) did not answer: \(error.failure.message)")
        }
    }

    /// Servers take a change to a mail that they do not have for done.
    private static func find(_ uid: UInt32, _ client: IMAPClient) throws {
        if try client.search([.text("UID \(uid)")]).isEmpty { throw self.missing(uid) }
    }

    private static var tooMuchText: NodeFailure {
        .value(
            "The mails have more than \(Self.textBytesMax) bytes of text together: read fewer at a time (limit), or "
                + "without their texts (include_body)")
    }

    private static func missing(_ uid: UInt32) -> NodeFailure {
        .value("There is no mail with the UID \(uid) in the folder")
    }

    private static func folder(_ inputs: Inputs) throws(NodeFailure) -> IMAPPart {
        try IMAPText.folder(inputs.firstText("folder") ?? "INBOX", of: "folder")
    }

    private static func uid(_ inputs: Inputs) throws(NodeFailure) -> UInt32 {
        let text = inputs.string("email_uid").trimmed
        guard !text.isEmpty else { throw .value("email_uid is required") }
        guard let uid = UInt32(text), uid > 0 else {
            throw .value("email_uid must be the uid of one mail, a number, not \(text)")
        }
        return uid
    }
}
