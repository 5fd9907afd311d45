import CasareDomain
import Testing

/// What a chain looks like after somebody was at it, and what is said of it.
struct AuditVerifierTests {
    private static let tenant = Tenant.ID.default
    private static let count = 9
    /// The first one, one in the middle and the last one.
    private static let places = [1, 5, 9]

    /// Not SHA-256, but it tells texts apart as well as these tests need.
    @Sendable private static func digest(_ bytes: [UInt8]) -> AuditHash {
        var result: [UInt8] = []
        for seed in UInt64(1)...4 {
            var hash = 0xCBF2_9CE4_8422_2325 &* seed
            for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
            result += (0..<8).map { UInt8(truncatingIfNeeded: hash >> ($0 * 8)) }
        }
        return AuditHash(result) ?? .zero
    }

    private static func entry(_ id: Int64, action: String = "job.submit") -> AuditEntry {
        AuditEntry(
            tenant: self.tenant, id: id, at: "2026-01-02T03:04:05.000000Z", actor: "ann", actorKind: "token",
            action: action, subject: "job \(id)", outcome: .granted, reason: nil, source: "10.0.0.1", requestID: nil,
            traceID: nil, detail: nil)
    }

    private static func link(_ number: Int64, _ entry: AuditEntry, after previous: AuditHash) -> AuditLink {
        let content = self.digest(entry.canonical)
        return AuditLink(
            number: number, entryID: entry.id,
            hash: self.digest(
                AuditLink.canonical(
                    tenant: self.tenant, number: number, entryID: entry.id, content: content, previous: previous)),
            previous: previous, contentHash: content, entry: entry)
    }

    /// Numbers from 1, entries with gaps between their IDs.
    private static func chain() -> [AuditLink] {
        var links: [AuditLink] = []
        for number in 1...Int64(self.count) {
            links.append(self.link(number, self.entry(number * 10), after: links.last?.hash ?? .zero))
        }
        return links
    }

    private static func head(_ links: [AuditLink]) -> AuditPlace {
        guard let last = links.last else { return .start }
        return AuditPlace(number: last.number, entry: last.entryID, hash: last.hash)
    }

    /// - Parameter head: as it is on record; `nil`: that of the chain as it was made.
    private static func fault(
        _ links: [AuditLink], strays: [Int64] = [], head: AuditPlace? = nil, pageOf size: Int = 100
    ) -> AuditFault? {
        var verifier = AuditVerifier(tenant: self.tenant, digest: self.digest)
        do throws(AuditFault) {
            var rest = links[...]
            while !rest.isEmpty {
                let page = Array(rest.prefix(size))
                let last = page.last?.entryID ?? 0
                try verifier.check(page, strays: strays.filter { $0 > verifier.place.entry && $0 <= last })
                rest = rest.dropFirst(size)
            }
            try verifier.check(head: head ?? self.head(self.chain()))
            return nil
        } catch {
            return error
        }
    }

    private static func numbered(_ link: AuditLink, _ number: Int64) -> AuditLink {
        AuditLink(
            number: number, entryID: link.entryID, hash: link.hash, previous: link.previous,
            contentHash: link.contentHash, entry: link.entry)
    }

    @Test(arguments: [1, 2, 4, 100])
    func `a chain that nobody touched is intact, in pages of any size`(size: Int) {
        #expect(Self.fault(Self.chain(), pageOf: size) == nil)
    }

    @Test(arguments: Self.places)
    func `an entry that is gone is missed`(place: Int) {
        var links = Self.chain()
        let link = links[place - 1]
        links[place - 1] = AuditLink(
            number: link.number, entryID: link.entryID, hash: link.hash, previous: link.previous, contentHash: nil,
            entry: nil)
        let fault = Self.fault(links)
        #expect(fault?.kind == .removed && fault?.number == Int64(place) && fault?.entry == link.entryID)
    }

    @Test(arguments: Self.places)
    func `a link that is gone with its entry is missed`(place: Int) {
        var links = Self.chain()
        links.remove(at: place - 1)
        let fault = Self.fault(links)
        #expect(fault?.kind == .removed && fault?.number == Int64(place))
    }

    @Test(arguments: Self.places.dropLast())
    func `a link that is gone is missed also where those behind it were numbered anew`(place: Int) {
        var links = Self.chain()
        links.remove(at: place - 1)
        links = links.enumerated().map { Self.numbered($1, Int64($0) + 1) }
        let fault = Self.fault(links, head: Self.head(links))
        #expect(fault?.kind == .removed && fault?.number == Int64(place), "\(String(describing: fault))")
    }

    @Test(arguments: Self.places)
    func `an entry that was changed is found`(place: Int) {
        var links = Self.chain()
        let link = links[place - 1]
        links[place - 1] = AuditLink(
            number: link.number, entryID: link.entryID, hash: link.hash, previous: link.previous,
            contentHash: link.contentHash, entry: Self.entry(link.entryID, action: "job.cancel"))
        let fault = Self.fault(links)
        #expect(fault?.kind == .changed && fault?.number == Int64(place) && fault?.entry == link.entryID)
    }

    @Test(arguments: Self.places)
    func `an entry that was changed and hashed anew is found`(place: Int) {
        var links = Self.chain()
        let link = links[place - 1]
        let entry = Self.entry(link.entryID, action: "job.cancel")
        links[place - 1] = AuditLink(
            number: link.number, entryID: link.entryID, hash: link.hash, previous: link.previous,
            contentHash: Self.digest(entry.canonical), entry: entry)
        let fault = Self.fault(links)
        #expect(fault?.kind == .changed && fault?.number == Int64(place))
    }

    @Test(arguments: Self.places)
    func `an entry that was changed and linked anew is found by what follows it`(place: Int) {
        var links = Self.chain()
        let link = links[place - 1]
        links[place - 1] = Self.link(
            link.number, Self.entry(link.entryID, action: "job.cancel"), after: link.previous)
        let fault = Self.fault(links)
        #expect(fault?.kind == .changed && fault?.number == Int64(place), "\(String(describing: fault))")
    }

    @Test(arguments: [(1, 2), (1, 9), (4, 6), (8, 9)])
    func `links that have changed places are found`(first: Int, second: Int) {
        var links = Self.chain()
        links[first - 1] = Self.numbered(Self.chain()[second - 1], Int64(first))
        links[second - 1] = Self.numbered(Self.chain()[first - 1], Int64(second))
        let fault = Self.fault(links)
        #expect(fault?.kind == .reordered && fault?.number == Int64(first), "\(String(describing: fault))")
    }

    @Test(arguments: [(1, 2), (1, 9), (4, 6), (8, 9)])
    func `entries that have changed places in the chain are found`(first: Int, second: Int) {
        var links = Self.chain()
        let (one, other) = (links[first - 1], links[second - 1])
        func naming(_ link: AuditLink, _ entry: AuditLink) -> AuditLink {
            AuditLink(
                number: link.number, entryID: entry.entryID, hash: link.hash, previous: link.previous,
                contentHash: entry.contentHash, entry: entry.entry)
        }
        links[first - 1] = naming(one, other)
        links[second - 1] = naming(other, one)
        let fault = Self.fault(links)
        #expect(fault?.kind == .reordered && fault?.number == Int64(first), "\(String(describing: fault))")
    }

    @Test func `lines of an export that have changed places are found`() {
        var links = Self.chain()
        links.swapAt(3, 6)
        let fault = Self.fault(links)
        #expect(fault?.kind == .reordered && fault?.number == 4)
    }

    @Test(arguments: [5, 45, 85])
    func `an entry beside the chain was put in`(stray: Int) {
        let fault = Self.fault(Self.chain(), strays: [Int64(stray)])
        #expect(fault?.kind == .inserted && fault?.entry == Int64(stray))
    }

    @Test(arguments: Self.places)
    func `a link that was put in is found, with proper hashes and those behind it numbered anew`(place: Int) {
        var links = Self.chain()
        let previous = place == 1 ? AuditHash.zero : links[place - 2].hash
        let forged = Self.link(Int64(place), Self.entry(Int64(place * 10 - 5), action: "token.create"), after: previous)
        links = links.map { $0.number >= Int64(place) ? Self.numbered($0, $0.number + 1) : $0 }
        links.insert(forged, at: place - 1)
        let fault = Self.fault(links)
        #expect(fault?.kind == .inserted && fault?.number == Int64(place), "\(String(describing: fault))")
    }

    @Test func `a link behind the last one is found by the head`() {
        var links = Self.chain()
        links.append(Self.link(10, Self.entry(100), after: links[8].hash))
        let fault = Self.fault(links)
        #expect(fault?.kind == .inserted && fault?.number == 10)
    }

    @Test func `a chain that was cut off is found by the head, and with that changed by an anchor`() {
        let links = Array(Self.chain().prefix(6))
        let fault = Self.fault(links)
        #expect(fault?.kind == .removed && fault?.number == 7)
        #expect(Self.fault(links, head: Self.head(links)) == nil)
        let whole = Self.chain()
        let anchor = AuditAnchor(
            number: 8, hash: whole[7].hash, at: "2026-01-02T03:04:05.000000Z", reason: .regular)
        #expect(throws: AuditFault.self) { try AuditVerifier.check(anchor, found: nil) }
        #expect(throws: Never.self) { try AuditVerifier.check(anchor, found: whole[7].hash) }
        #expect(throws: AuditFault.self) { try AuditVerifier.check(anchor, found: whole[6].hash) }
    }

    @Test func `a chain that was wholly made anew is found by an anchor alone`() {
        var links: [AuditLink] = []
        for number in 1...Int64(Self.count) {
            let entry = Self.entry(number * 10, action: number == 3 ? "job.cancel" : "job.submit")
            links.append(Self.link(number, entry, after: links.last?.hash ?? .zero))
        }
        #expect(Self.fault(links, head: Self.head(links)) == nil)
        let anchor = AuditAnchor(
            number: 4, hash: Self.chain()[3].hash, at: "2026-01-02T03:04:05.000000Z", reason: .regular)
        do throws(AuditFault) {
            try AuditVerifier.check(anchor, found: links[3].hash)
            Issue.record("The anchor was not compared")
        } catch {
            #expect(error.kind == .changed && error.number == 4)
        }
    }

    @Test func `a check goes on where another one has got to`() {
        let links = Self.chain()
        var verifier = AuditVerifier(tenant: Self.tenant, after: Self.head(Array(links.prefix(4))), digest: Self.digest)
        #expect(throws: Never.self) { try verifier.check(Array(links.dropFirst(4))) }
        #expect(verifier.place == Self.head(links))
        // Another tenant's entries are no part of it.
        var other = AuditVerifier(tenant: Tenant.ID(rawValue: 2), digest: Self.digest)
        #expect(throws: AuditFault.self) { try other.check(links) }
    }
}
