/// The first thing that is wrong with a chain.
public struct AuditFault: Error, Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        case removed, changed, reordered, inserted
        /// An anchor's signature is not of the key that it should be of.
        case forged
    }

    public let kind: Kind
    /// Where in the chain: the first number that is not what it was.
    public let number: Int64
    /// The entry that it is about, where there is one.
    public let entry: Int64?
    /// What was found, in a sentence without full stop.
    public let message: String

    public init(_ kind: Kind, number: Int64, entry: Int64? = nil, _ message: String) {
        self.kind = kind
        self.number = number
        self.entry = entry
        self.message = message
    }
}

/// Checks a tenant's chain link by link: that each entry is as it was written, that none is missing, and that they
/// stand in their order.
///
/// It sees what was done to rows by somebody who did not make all hashes after them anew. Whoever did that, and has
/// changed the head and the anchors too, is found out by an anchor that stands elsewhere (`check(_: AuditAnchor)`).
public struct AuditVerifier: Sendable {
    public let tenant: Tenant.ID
    /// Everything up to it is as it was.
    public private(set) var place: AuditPlace
    private let digest: @Sendable ([UInt8]) -> AuditHash

    /// - Parameters:
    ///   - place: where it begins; what is before counts as checked.
    ///   - digest: SHA-256.
    public init(
        tenant: Tenant.ID, after place: AuditPlace = .start, digest: @escaping @Sendable ([UInt8]) -> AuditHash
    ) {
        self.tenant = tenant
        self.place = place
        self.digest = digest
    }

    /// Checks the next links.
    ///
    /// - Parameters:
    ///   - links: in the order in which they stand. What one is found to be depends on the others of the same call, so
    ///     hundreds are better than one.
    ///   - strays: entries up to the last of them that no link names.
    /// - Throws: the first fault; `place` is then before it.
    public mutating func check(_ links: [AuditLink], strays: [Int64] = []) throws(AuditFault) {
        for position in links.indices {
            let link = links[position]
            if let stray = strays.first(where: { $0 > self.place.entry && $0 < link.entryID }) {
                throw Self.inserted(stray, before: link.number)
            }
            let next = self.place.number + 1
            guard link.number == next else { throw Self.gap(at: next, found: link, among: links[position...]) }
            guard let entry = link.entry, entry.id == link.entryID, entry.tenant == self.tenant else {
                throw AuditFault(
                    .removed, number: next, entry: link.entryID, "entry \(link.entryID) is not there any more")
            }
            let content = self.digest(entry.canonical)
            if let stored = link.contentHash, stored != content {
                throw AuditFault(
                    .changed, number: next, entry: entry.id, "entry \(entry.id) is not what was written")
            }
            let hash = self.hash(next, entry.id, content, self.place.hash)
            guard link.previous == self.place.hash, link.hash == hash else {
                throw self.fault(of: link, content, among: links[position...])
            }
            self.place = AuditPlace(number: next, entry: entry.id, hash: hash)
        }
        if let stray = strays.first(where: { $0 <= self.place.entry }) {
            throw Self.inserted(stray, before: self.place.number)
        }
    }

    /// Checks that the chain ends where it is said to.
    public func check(head: AuditPlace) throws(AuditFault) {
        if self.place.number < head.number {
            let next = self.place.number + 1
            throw AuditFault(
                .removed, number: next, "the chain has \(head.number) links, and it ends before number \(next)")
        }
        if self.place.number > head.number {
            let next = head.number + 1
            throw AuditFault(.inserted, number: next, "the chain has \(head.number) links, and more are there")
        }
        guard self.place == head else {
            throw AuditFault(
                .changed, number: head.number, entry: self.place.entry, "the last link is not the one on record")
        }
    }

    /// Checks an anchor, once the verifier has come to its number or beyond.
    ///
    /// - Parameter found: the hash of the link of that number; `nil`: there is none.
    public static func check(_ anchor: AuditAnchor, found: AuditHash?) throws(AuditFault) {
        guard let found else {
            throw AuditFault(
                .removed, number: anchor.number,
                "an anchor of \(anchor.at) says that there was number \(anchor.number), and it is gone")
        }
        guard found == anchor.hash else {
            throw AuditFault(
                .changed, number: anchor.number,
                "up to number \(anchor.number) the chain is not what the anchor of \(anchor.at) says")
        }
    }

    // MARK: What it is

    private static func inserted(_ entry: Int64, before number: Int64) -> AuditFault {
        AuditFault(.inserted, number: number, entry: entry, "entry \(entry) was put in: no link is for it")
    }

    private static func gap(at next: Int64, found link: AuditLink, among rest: ArraySlice<AuditLink>) -> AuditFault {
        if link.number < next || rest.contains(where: { $0.number == next }) {
            return AuditFault(
                .reordered, number: next, entry: link.entryID, "number \(link.number) stands where \(next) should")
        }
        let isOne = link.number == next + 1
        return AuditFault(
            .removed, number: next,
            isOne
                ? "number \(next) is not there any more"
                : "numbers \(next) to \(link.number - 1) are not there any more")
    }

    private func hash(
        _ number: Int64, _ entry: Int64, _ content: AuditHash, _ previous: AuditHash
    ) -> AuditHash {
        self.digest(
            AuditLink.canonical(
                tenant: self.tenant, number: number, entryID: entry, content: content, previous: previous))
    }

    /// - Parameter rest: from the link on.
    private func fault(
        of link: AuditLink, _ content: AuditHash, among rest: ArraySlice<AuditLink>
    ) -> AuditFault {
        let number = link.number
        // Is what belongs here somewhere behind it?
        for other in rest.dropFirst() {
            guard let entry = other.entry else { continue }
            let hash = self.hash(number, other.entryID, self.digest(entry.canonical), self.place.hash)
            if hash == other.hash || hash == link.hash {
                return AuditFault(
                    .reordered, number: number, entry: link.entryID,
                    "entry \(other.entryID) belongs at number \(number), and stands at \(other.number)")
            }
        }
        // Was it at another number?
        let reach = Int64(max(rest.count, 1))
        for distance in 1...reach {
            if self.hash(number + distance, link.entryID, content, link.previous) == link.hash {
                return AuditFault(
                    .removed, number: number,
                    "what stands at number \(number) was number \(number + distance): what was before it is gone")
            }
            if number > distance, self.hash(number - distance, link.entryID, content, link.previous) == link.hash {
                return AuditFault(
                    .inserted, number: number - distance,
                    "what stands at number \(number) was number \(number - distance): something was put in before it")
            }
        }
        if link.previous != self.place.hash, self.hash(number, link.entryID, content, link.previous) == link.hash {
            return AuditFault(
                .changed, number: self.place.number, entry: self.place.entry,
                "number \(number) follows another link than the one before it: that was changed and hashed anew")
        }
        return AuditFault(
            .changed, number: number, entry: link.entryID, "entry \(link.entryID) is not what was linked")
    }
}
