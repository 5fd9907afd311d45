import CasareDomain
import CasareEngine

/// Looks for mails that have come to a folder. They stay as they are.
struct MailLooking: Looking {
    private static let timeoutSeconds = 60

    private struct Mails: Sendable {
        var findings: [WatchFinding] = []
        var folder: MailState.Folder
        /// The number of the last one that was read.
        var last: UInt32?
        /// There are others behind it.
        var isPartial = false
    }

    let source: FeedSource
    let imap: FeedSource.IMAP
    let secret: String
    let environment: WatchEnvironment
    var state: MailState

    mutating func look() async throws -> Look {
        let before = self.state
        let mails = try await self.mails()
        self.state.saw(mails.folder, upTo: mails.last, isWhole: !mails.isPartial)
        return Look(
            findings: mails.findings, state: self.state == before ? .none : self.state.value,
            isPartial: mails.isPartial)
    }

    private func mails() async throws -> Mails {
        let server = try await self.server()
        let account = MailAccess.Account(user: self.imap.username, password: self.secret)
        let folder = try IMAPText.folder(self.imap.folder, of: "folder")
        let (criteria, isUnicode) = try self.criteria()
        let (state, source, place) = (self.state, self.source, self.imap.folder)
        let now = WatchText.time(self.environment.now())
        do {
            let addresses = try await server.addresses()
            return try await OwnThread.run { cancellation in
                let client = try IMAPClient(server, at: addresses, account, cancellation)
                defer { client.logOut() }
                guard let opened = MailState.Folder(try client.open(folder, readOnly: true)) else {
                    throw ServiceFailure(
                        "NodeError", "\(client.serverName) does not number its mails, so new ones cannot be told")
                }
                guard let first = state.first(in: opened, takesExisting: source.takesExisting) else {
                    return Mails(folder: opened)
                }
                // The server takes the last mail for one of them whatever its number is.
                let found = try client.search([.text("UID \(first):*")] + criteria, isUnicode: isUnicode)
                    .filter { $0 >= first }
                return try Self.read(found, in: opened, by: client, source, place, now)
            }
        } catch let error as ServiceFailure {
            try Task.checkCancellation()
            throw error.hiding(self.secret).failure
        }
    }

    private static func read(
        _ found: [UInt32], in folder: MailState.Folder, by client: IMAPClient, _ source: FeedSource, _ place: String,
        _ now: String
    ) throws -> Mails {
        var mails = Mails(folder: folder)
        var bytes = 0
        for uid in found {
            guard mails.findings.count < source.itemsMax, bytes < Polling.findingsBytesMax else {
                mails.isPartial = true
                break
            }
            mails.last = uid
            // One may have gone since the search.
            guard let mail = try client.mail(uid) else { continue }
            let payload = Self.payload(ReceivedMail(mail).value(uid: uid, includesBody: true), in: place, now)
            bytes += payload.jsonText(.compact).utf8.count
            mails.findings.append(WatchFinding(key: "\(folder.validity)/\(uid)", payload: payload))
        }
        return mails
    }

    /// What the nodes on mailboxes give out, shorter.
    private static func payload(_ mail: Value, in folder: String, _ now: String) -> Value {
        var payload = mail.object ?? [:]
        for (name, value) in payload {
            if let text = value.string { payload[name] = .string(WatchText.cut(text)) }
        }
        if let attachments = payload["attachments"]?.list {
            payload["attachments"] = .list(Array(attachments.prefix(Self.attachmentsMax)))
        }
        payload["folder"] = .string(folder)
        payload["timestamp"] = .string(now)
        return .object(payload)
    }

    private static let attachmentsMax = 100

    private func criteria() throws(NodeFailure) -> (parts: [IMAPPart], isUnicode: Bool) {
        var parts: [IMAPPart] = []
        if let from = self.imap.fromFilter {
            parts += [.text(" FROM "), try IMAPText.string(from, of: "from_filter")]
        }
        if let subject = self.imap.subjectFilter {
            parts += [.text(" SUBJECT "), try IMAPText.string(subject, of: "subject_filter")]
        }
        let isUnicode = parts.contains { part in
            switch part {
            case .literal: true
            case .text: false
            }
        }
        return (parts, isUnicode)
    }

    private func server() async throws -> LineConnection.Server {
        let (imap, environment) = (self.imap, self.environment)
        let authority = try await BlockingWork.run { () throws -> String? in
            guard let text = imap.authority else { return nil }
            let path = try PathPolicy(environment.forNodes).resolve(text)
            _ = try FileAccess.fileStatus(path)
            return path
        }
        let security: LineConnection.Security =
            switch imap.security {
            case .implicit: .implicit
            case .startTLS: .startTLS
            }
        return LineConnection.Server(
            scheme: "imap", host: try HostName(imap.server), port: imap.port, security: security, authority: authority,
            timeout: Self.timeoutSeconds, allowsInternal: environment.policy.allowsInternalURLs)
    }
}
