/// A place in a tenant's chain: everything up to a number, as one hash.
public struct AuditPlace: Hashable, Sendable {
    /// Before all entries.
    public static let start = AuditPlace(number: 0, entry: 0, hash: .zero)

    /// How many links there are up to it, those that are not kept any more included.
    public let number: Int64
    /// The ID of the entry there.
    public let entry: Int64
    public let hash: AuditHash

    public init(number: Int64, entry: Int64, hash: AuditHash) {
        self.number = number
        self.entry = entry
        self.hash = hash
    }

    /// Reads what `text` says.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, let number = Int64(parts[0]), let entry = Int64(parts[1]), number >= 0, entry >= 0,
            let hash = AuditHash(String(parts[2]))
        else { return nil }
        self.init(number: number, entry: entry, hash: hash)
    }

    /// For cursors.
    public var text: String { "\(self.number):\(self.entry):\(self.hash)" }
}

/// A link of a tenant's chain: an entry's place in it. Entries are linked in the order of their IDs, without gaps in
/// the numbers.
public struct AuditLink: Hashable, Sendable {
    /// From 1.
    public let number: Int64
    public let entryID: Int64
    public let hash: AuditHash
    /// The hash of the link before it.
    public let previous: AuditHash
    /// As it is stored beside the entry.
    public let contentHash: AuditHash?
    /// `nil`: it is not there.
    public let entry: AuditEntry?

    public init(
        number: Int64, entryID: Int64, hash: AuditHash, previous: AuditHash, contentHash: AuditHash?,
        entry: AuditEntry?
    ) {
        self.number = number
        self.entryID = entryID
        self.hash = hash
        self.previous = previous
        self.contentHash = contentHash
        self.entry = entry
    }

    /// What the hash of a link is made of.
    public static func canonical(
        tenant: Tenant.ID, number: Int64, entryID: Int64, content: AuditHash, previous: AuditHash
    ) -> [UInt8] {
        var form = AuditCanonical("link")
        form.append(tenant.description)
        form.append(String(number))
        form.append(String(entryID))
        form.append(content.description)
        form.append(previous.description)
        return form.bytes
    }
}

/// A place of the chain that was put on record: in the log, in exports, and signed where there is a key. Whoever has
/// one can tell whether everything up to it is as it was.
public struct AuditAnchor: Hashable, Sendable {
    public enum Reason: String, Hashable, Sendable, Codable, CaseIterable {
        /// There were enough entries since the last one, or enough time has passed.
        case regular
        /// What was before it is not kept any more.
        case retention
    }

    public let number: Int64
    public let hash: AuditHash
    /// As an entry's.
    public let at: String
    public let reason: Reason
    /// The Ed25519 key, in hex, whose private half has signed it.
    public let publicKey: String?
    public let signature: [UInt8]?

    public init(
        number: Int64, hash: AuditHash, at: String, reason: Reason, publicKey: String? = nil,
        signature: [UInt8]? = nil
    ) {
        self.number = number
        self.hash = hash
        self.at = at
        self.reason = reason
        self.publicKey = publicKey
        self.signature = signature
    }

    /// What is signed.
    public func canonical(tenant: Tenant.ID) -> [UInt8] {
        var form = AuditCanonical("anchor")
        form.append(tenant.description)
        form.append(String(self.number))
        form.append(self.hash.description)
        form.append(self.at)
        return form.bytes
    }
}
