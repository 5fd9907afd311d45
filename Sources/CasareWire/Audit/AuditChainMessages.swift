public import CasareDomain

/// A place in a chain.
public struct AuditPlaceInfo: Hashable, Sendable, Codable {
    /// 0: before all entries.
    public let number: Int64
    /// The entry there.
    public let entryID: Int64
    /// SHA-256, in hex.
    public let hash: String

    public init(_ place: AuditPlace) {
        self.number = place.number
        self.entryID = place.entry
        self.hash = place.hash.description
    }

    /// `nil`: its hash is none.
    public var place: AuditPlace? {
        AuditHash(self.hash).map { AuditPlace(number: self.number, entry: self.entryID, hash: $0) }
    }
}

/// An entry with its place in the chain: everything that is hashed, as it was hashed. A line of an export.
public struct AuditLinkInfo: Hashable, Sendable, Codable {
    public let number: Int64
    public let entryID: Int64
    public let hash: String
    public let previousHash: String
    /// `nil`, as all that follows: the entry is not there any more.
    public let contentHash: String?
    /// UTC with six digits after the full stop.
    public let at: String?
    public let actor: String?
    public let actorKind: String?
    public let action: String?
    public let subject: String?
    public let outcome: AuditEntry.Outcome?
    public let reason: String?
    public let source: String?
    public let requestID: String?
    public let traceID: String?
    /// The text of a JSON object, byte for byte.
    public let detail: String?

    public init(_ link: AuditLink) {
        self.number = link.number
        self.entryID = link.entryID
        self.hash = link.hash.description
        self.previousHash = link.previous.description
        self.contentHash = link.contentHash?.description
        let entry = link.entry
        self.at = entry?.at
        self.actor = entry?.actor
        self.actorKind = entry?.actorKind
        self.action = entry?.action
        self.subject = entry?.subject
        self.outcome = entry?.outcome
        self.reason = entry?.reason
        self.source = entry?.source
        self.requestID = entry?.requestID
        self.traceID = entry?.traceID
        self.detail = entry?.detail
    }

    /// - Returns: `nil` where a hash is none.
    public func link(of tenant: Tenant.ID) -> AuditLink? {
        guard let hash = AuditHash(self.hash), let previous = AuditHash(self.previousHash) else { return nil }
        var content: AuditHash?
        if let text = self.contentHash {
            guard let hash = AuditHash(text) else { return nil }
            content = hash
        }
        return AuditLink(
            number: self.number, entryID: self.entryID, hash: hash, previous: previous, contentHash: content,
            entry: self.entry(of: tenant))
    }

    /// `nil`: it is not there.
    public func entry(of tenant: Tenant.ID) -> AuditEntry? {
        guard let at, let actor, let actorKind, let action, let outcome else { return nil }
        return AuditEntry(
            tenant: tenant, id: self.entryID, at: at, actor: actor, actorKind: actorKind, action: action,
            subject: self.subject, outcome: outcome, reason: self.reason, source: self.source,
            requestID: self.requestID, traceID: self.traceID, detail: self.detail)
    }
}

/// A place of the chain that was put on record.
public struct AuditAnchorInfo: Hashable, Sendable, Codable {
    public let number: Int64
    public let hash: String
    /// UTC with six digits after the full stop.
    public let at: String
    public let reason: AuditAnchor.Reason
    /// The Ed25519 key whose private half has signed it, in hex.
    public let publicKey: String?
    /// In hex.
    public let signature: String?

    public init(_ anchor: AuditAnchor) {
        self.number = anchor.number
        self.hash = anchor.hash.description
        self.at = anchor.at
        self.reason = anchor.reason
        self.publicKey = anchor.publicKey
        self.signature = anchor.signature.map(Self.hex)
    }

    /// `nil` where its hash or signature is none.
    public var anchor: AuditAnchor? {
        guard let hash = AuditHash(self.hash) else { return nil }
        var signature: [UInt8]?
        if let text = self.signature {
            guard let bytes = Self.bytes(text) else { return nil }
            signature = bytes
        }
        return AuditAnchor(
            number: self.number, hash: hash, at: self.at, reason: self.reason, publicKey: self.publicKey,
            signature: signature)
    }

    /// Ed25519's are twice as long as hashes.
    private static func hex(_ bytes: [UInt8]) -> String {
        stride(from: 0, to: bytes.count, by: AuditHash.bytesCount).map { start in
            AuditHash(Array(bytes[start..<min(start + AuditHash.bytesCount, bytes.count)]))?.description ?? ""
        }.joined()
    }

    private static func bytes(_ hex: String) -> [UInt8]? {
        let half = hex.count / 2
        guard let first = AuditHash(String(hex.prefix(half))), let second = AuditHash(String(hex.dropFirst(half)))
        else { return nil }
        return first.bytes + second.bytes
    }
}

/// `GET /api/v1/audit/chain` and `GET /api/v1/audit/export`.
public struct AuditChainPage: Hashable, Sendable, Codable {
    /// Whose entries; it is hashed with them.
    public let tenant: Int
    /// What the first link follows.
    public let start: AuditPlaceInfo
    /// In their order.
    public let links: [AuditLinkInfo]
    /// Those from the start to the last link.
    public let anchors: [AuditAnchorInfo]
    /// Where the chain ends by now.
    public let head: AuditPlaceInfo
    /// Where to go on. There always is one, for those who follow; `links` is empty at the end.
    public let nextCursor: String

    public init(
        tenant: Int, start: AuditPlaceInfo, links: [AuditLinkInfo], anchors: [AuditAnchorInfo], head: AuditPlaceInfo,
        nextCursor: String
    ) {
        self.tenant = tenant
        self.start = start
        self.links = links
        self.anchors = anchors
        self.head = head
        self.nextCursor = nextCursor
    }
}

/// `GET /api/v1/audit/anchors`.
public struct AuditAnchorPage: Hashable, Sendable, Codable {
    /// The newest first.
    public let anchors: [AuditAnchorInfo]
    public let nextCursor: String?

    public init(anchors: [AuditAnchorInfo], nextCursor: String?) {
        self.anchors = anchors
        self.nextCursor = nextCursor
    }
}

/// The first thing that is wrong with a chain.
public struct AuditFaultInfo: Hashable, Sendable, Codable {
    public let kind: AuditFault.Kind
    /// Where in the chain.
    public let number: Int64
    /// The entry that it is about, where there is one.
    public let entryID: Int64?
    public let message: String

    public init(_ fault: AuditFault) {
        self.kind = fault.kind
        self.number = fault.number
        self.entryID = fault.entry
        self.message = fault.message
    }

    public var fault: AuditFault {
        AuditFault(self.kind, number: self.number, entry: self.entryID, self.message)
    }
}

/// `GET /api/v1/audit/check`: what a part of the chain is like.
public struct AuditCheckInfo: Hashable, Sendable, Codable {
    public let tenant: Int
    /// Up to here everything is as it was, from where the check began.
    public let place: AuditPlaceInfo
    public let head: AuditPlaceInfo
    /// How many links and anchors this part had.
    public let links: Int
    public let anchors: Int
    public let fault: AuditFaultInfo?
    /// Where to go on; `nil`: the end was reached, or there is a fault.
    public let nextCursor: String?

    public init(
        tenant: Int, place: AuditPlaceInfo, head: AuditPlaceInfo, links: Int, anchors: Int, fault: AuditFaultInfo?,
        nextCursor: String?
    ) {
        self.tenant = tenant
        self.place = place
        self.head = head
        self.links = links
        self.anchors = anchors
        self.fault = fault
        self.nextCursor = nextCursor
    }
}
