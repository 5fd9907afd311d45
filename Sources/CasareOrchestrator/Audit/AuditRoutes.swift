import CasareDomain
import CasarePostgres
import CasareStore
import CasareWire

/// Who did what. Nothing here changes anything: entries come with what they tell of.
enum AuditRoutes {
    private static let chainQuery: [Route.QueryParameter] = [
        Route.QueryParameter(
            name: "after", schema: ["type": "integer", "minimum": 0],
            summary: "Begin after this number; without it with the first entry that is kept."), .limit, .cursor,
    ]

    static let all: [Route] = [
        .get(
            "/api/v1/audit", .needs(.auditRead), "List entries of the audit log, the newest first.",
            query: [
                .text("actor", "Only of whoever has this name."),
                .text("action", "Only of this action, or of all of a noun: secret.*"),
                .text("subject", "Only what was done to this: a name or an ID."),
                .choice("outcome", AuditEntry.Outcome.self, "Only with this outcome."),
                .time("since", "Only entries of this time or later."), .time("until", "Only entries before this time."),
                .limit, .cursor,
            ], Self.list),
        .get(
            "/api/v1/audit/chain", .needs(.auditRead), "Entries in the order of the chain, with their hashes.",
            query: Self.chainQuery, Self.chain),
        .get(
            "/api/v1/audit/export", .needs(.auditExport), "The same, to be kept elsewhere and checked there.",
            query: Self.chainQuery, Self.chain),
        .get(
            "/api/v1/audit/anchors", .needs(.auditRead),
            "Places of the chain that were put on record, the newest first.",
            query: [.limit, .cursor], Self.anchors),
        .get(
            "/api/v1/audit/check", .needs(.auditRead),
            "Check a part of the chain: that every entry is there, in its place, and as it was written.",
            query: [
                .text("public_key", "The Ed25519 key, in hex or base64, that all anchors must be signed with."),
                .cursor,
            ], Self.check),
    ]

    private static func list(_ request: APIRequest) async throws -> AuditPage {
        let limit = try request.limit()
        let before = try request.cursor { Int64($0).flatMap { $0 > 0 ? $0 : nil } }
        var filter = AuditLog.Filter(
            actor: request.auditText("actor"), action: request.auditText("action"),
            subject: request.auditText("subject"), since: try request.time("since"), until: try request.time("until"))
        filter.outcome = try request.choice("outcome")
        let asked = filter
        let page = try await request.inTenant { connection in
            try AuditLog.list(asked, before: before, limit: limit, on: connection)
        }
        return AuditPage(entries: page.entries.map(AuditEntryInfo.init), nextCursor: page.next.map { String($0) })
    }

    private static func chain(_ request: APIRequest) async throws -> AuditChainPage {
        let limit = try request.limit()
        let cursor = try request.cursor { AuditPlace($0) }
        let number = try request.auditNumber("after")
        let (span, anchors) = try await request.inTenant(mode: .snapshot) { connection in
            let base = try AuditChain.ends(on: connection).base
            var start = base
            if let cursor {
                start = cursor
            } else if let number {
                start = try Self.start(number, on: connection)
            }
            guard start.number >= base.number else {
                throw APIProblem.invalidInput("cursor", "what follows it is not kept any more; begin without it")
            }
            let span = try AuditChain.span(after: start, limit: limit, on: connection)
            let last = span.links.last?.number ?? start.number
            // That of the start itself came with the page before.
            let first = cursor == nil ? start.number - 1 : start.number
            let anchors = try AuditChain.anchors(after: first, limit: limit + 1, on: connection)
            return (span, anchors.filter { $0.number <= last })
        }
        let next = span.links.last.map { AuditPlace(number: $0.number, entry: $0.entryID, hash: $0.hash) }
        return AuditChainPage(
            tenant: Int(request.principal.tenant.rawValue), start: AuditPlaceInfo(span.start),
            links: span.links.map(AuditLinkInfo.init), anchors: anchors.map(AuditAnchorInfo.init),
            head: AuditPlaceInfo(span.head), nextCursor: (next ?? span.start).text)
    }

    private static func start(
        _ number: Int64, on connection: isolated PostgresConnection
    ) throws -> AuditPlace {
        guard let place = try AuditChain.place(number, on: connection) else {
            throw APIProblem.invalidInput(
                "after", "there is no number \(number), or it is not kept any more; begin without it")
        }
        return place
    }

    private static func anchors(_ request: APIRequest) async throws -> AuditAnchorPage {
        let limit = try request.limit()
        let before = try request.cursor { Int64($0).flatMap { $0 > 0 ? $0 : nil } } ?? .max
        let anchors = try await request.inTenant { connection in
            try AuditChain.latestAnchors(before: before, limit: limit + 1, on: connection)
        }
        let page = anchors.page(of: limit) { String($0.number) }
        return AuditAnchorPage(anchors: page.items.map(AuditAnchorInfo.init), nextCursor: page.nextCursor)
    }

    private static func check(_ request: APIRequest) async throws -> AuditCheckInfo {
        let start = try request.cursor { AuditPlace($0) }
        let key = request.auditText("public_key")
        if let key, !AuditSigningKey.isPublicKey(key) {
            throw APIProblem.invalidInput("public_key", "expected the 32 bytes of an Ed25519 key in hex or base64")
        }
        let tenant = request.principal.tenant
        let check = try await request.inTenant(mode: .snapshot) { connection in
            try AuditChain.check(after: start, publicKey: key, of: tenant, on: connection)
        }
        // By a key of the caller's own, which may be the wrong one, anchors are forged for the caller alone.
        if let fault = check.fault, key == nil || fault.kind != .forged {
            request.services.metrics.audit.foundBreak()
        }
        return AuditCheckInfo(
            tenant: Int(tenant.rawValue), place: AuditPlaceInfo(check.place), head: AuditPlaceInfo(check.head),
            links: check.links, anchors: check.anchors, fault: check.fault.map(AuditFaultInfo.init),
            nextCursor: check.isEnd || check.fault != nil ? nil : check.place.text)
    }
}

extension APIRequest {
    /// A text parameter; an empty one counts as not given.
    fileprivate func auditText(_ name: String) -> String? {
        guard let text = self.query[name], !text.isEmpty else { return nil }
        return text
    }

    fileprivate func auditNumber(_ name: String) throws(APIProblem) -> Int64? {
        guard let text = self.auditText(name) else { return nil }
        guard let number = Int64(text), number >= 0 else {
            throw .invalidInput(name, "expected a whole number from 0 on")
        }
        return number
    }
}
