import CasareDomain
import CasareStore
import CasareWire
import Testing

@testable import CasareCLI

/// Exports as files, which nobody need be asked about.
struct AuditExportTests {
    private static let tenant = Tenant.ID.default
    private static let count = 5
    private static let key = AuditSigningKey(text: String(repeating: "5a", count: 32))

    private static let links: [AuditLink] = {
        var links: [AuditLink] = []
        for number in 1...Int64(Self.count) {
            let entry = AuditEntry(
                tenant: Self.tenant, id: number * 3, at: "2026-01-02T03:04:05.000006Z", actor: "änn",
                actorKind: "token", action: "job.submit", subject: "job \(number)", outcome: .granted, reason: nil,
                source: "::1", requestID: "r", traceID: nil, detail: #"{"a":"b\u0000"}"#)
            let content = AuditHash.of(entry.canonical)
            let previous = links.last?.hash ?? .zero
            let hash = AuditHash.of(
                AuditLink.canonical(
                    tenant: Self.tenant, number: number, entryID: entry.id, content: content, previous: previous))
            links.append(
                AuditLink(
                    number: number, entryID: entry.id, hash: hash, previous: previous, contentHash: content,
                    entry: entry))
        }
        return links
    }()

    private static func place(_ number: Int) -> AuditPlaceInfo {
        guard number > 0 else { return AuditPlaceInfo(.start) }
        let link = Self.links[number - 1]
        return AuditPlaceInfo(AuditPlace(number: link.number, entry: link.entryID, hash: link.hash))
    }

    /// - Parameter anchor: the number that one is for.
    private static func lines(after number: Int = 0, anchor: Int? = nil) throws -> [String] {
        let anchors = anchor.map { number in
            [
                AuditAnchorInfo(
                    AuditAnchor(
                        number: Int64(number), hash: Self.links[number - 1].hash, at: "2026-01-02T03:04:05.000006Z",
                        reason: .regular))
            ]
        }
        let page = AuditChainPage(
            tenant: 1, start: Self.place(number), links: Self.links.dropFirst(number).map(AuditLinkInfo.init),
            anchors: anchors ?? [], head: Self.place(Self.count), nextCursor: "")
        let lines =
            [AuditExportLine.start(.init(version: 1, tenant: 1, place: page.start))]
            + AuditExportLine.lines(of: page)
            + [.end(.init(place: page.head, entries: page.links.count))]
        return try lines.map { try $0.text() }
    }

    private static func verdict(
        _ lines: [String], witnesses: [AuditWitness] = [], publicKey: String? = nil
    ) throws -> AuditVerdict {
        try withFolder { folder in
            try write(lines.joined(), to: "\(folder)/audit.jsonl")
            var check = AuditExportCheck(witnesses: witnesses, publicKey: publicKey)
            return try check.verdict(on: try AuditExportFile(path: "\(folder)/audit.jsonl"))
        }
    }

    private static func witness(_ number: Int, _ hash: AuditHash) throws -> AuditWitness {
        try #require(AuditWitness(argument: "\(number):\(hash)"))
    }

    @Test func `an export is intact as it was written, from the beginning and from a number`() throws {
        let whole = try Self.verdict(try Self.lines(anchor: 3))
        #expect(whole.isIntact && whole.entries == Self.count && whole.anchors == 1)
        #expect(whole.place.number == Int64(Self.count))
        let rest = try Self.verdict(try Self.lines(after: 2))
        #expect(rest.isIntact && rest.entries == 3 && rest.after == 2)
    }

    @Test func `lines come back as they were written`() throws {
        for text in try Self.lines(anchor: 2) {
            let line = try #require(AuditExportLine(text))
            #expect(try line.text() == text)
        }
        for wrong in ["", "{}", #"{"type":"other"}"#, #"{"type":"entry"}"#, "not JSON"] {
            #expect(AuditExportLine(wrong) == nil)
        }
    }

    @Test(arguments: [1, 3, 5])
    func `a line that is gone, changed or put twice is found`(number: Int) throws {
        var lines = try Self.lines()
        lines.remove(at: number)
        let removed = try Self.verdict(lines)
        #expect(removed.fault?.kind == .removed && removed.fault?.number == Int64(number))

        lines = try Self.lines()
        lines[number] = lines[number].replacing("job.submit", with: "job.cancel")
        let changed = try Self.verdict(lines)
        #expect(changed.fault?.kind == .changed && changed.fault?.number == Int64(number))

        lines = try Self.lines()
        lines.insert(lines[number], at: number)
        #expect(try Self.verdict(lines).fault?.kind == .reordered)
    }

    @Test func `lines that have changed places are found`() throws {
        var lines = try Self.lines()
        lines.swapAt(2, 4)
        let verdict = try Self.verdict(lines)
        #expect(verdict.fault?.kind == .reordered && verdict.fault?.number == 2)
    }

    @Test func `a file that was cut off is found, also where its last line was made anew`() throws {
        let lines = try Self.lines()
        #expect(try Self.verdict(Array(lines.dropLast())).fault?.kind == .removed)
        #expect(try Self.verdict(Array(lines.prefix(4))).fault?.kind == .removed)
        let end = try AuditExportLine.end(.init(place: Self.place(3), entries: 3)).text()
        let cut = Array(lines.prefix(4)) + [end]
        #expect(try Self.verdict(cut).isIntact)
        let witness = try Self.witness(5, Self.links[4].hash)
        #expect(try Self.verdict(cut, witnesses: [witness]).fault?.kind == .removed)
    }

    @Test func `a place that was kept elsewhere must be there as it is`() throws {
        let lines = try Self.lines()
        let proper = try Self.witness(3, Self.links[2].hash)
        let forged = try Self.witness(3, Self.links[3].hash)
        #expect(try Self.verdict(lines, witnesses: [proper]).isIntact)
        let fault = try Self.verdict(lines, witnesses: [forged]).fault
        #expect(fault?.kind == .changed && fault?.number == 3)
        for wrong in ["3", "0:\(AuditHash.zero)", "3:zz", ":", "3:\(AuditHash.zero):1"] {
            #expect(AuditWitness(argument: wrong) == nil)
        }
    }

    @Test func `an anchor that is not signed is not taken where a key is given`() throws {
        let key = try #require(Self.key?.publicKey)
        let verdict = try Self.verdict(try Self.lines(anchor: 3), publicKey: key)
        #expect(verdict.fault?.kind == .forged && verdict.fault?.number == 3)
        #expect(try Self.verdict(try Self.lines(), publicKey: key).isIntact)
    }

    @Test func `what is no export is told as such`() throws {
        #expect(throws: CommandFailure.self) { try Self.verdict(["{}\n"]) }
        #expect(throws: CommandFailure.self) { try Self.verdict([]) }
        #expect(throws: CommandFailure.self) { try AuditExportFile(path: "/nowhere/audit.jsonl") }
        var lines = try Self.lines()
        lines[2] = "garbage\n"
        #expect(try Self.verdict(lines).fault?.kind == .changed)
    }

    @Test func `a verdict says what was found`() throws {
        var lines = try Self.lines()
        lines.remove(at: 2)
        let presentation = try Self.verdict(lines).presentation()
        #expect(presentation.rows[0].cells.map(\.plain).prefix(4) == ["removed", "4", "0", "2"])
        #expect(presentation.rows[0].json["fault"]?["kind"] == "removed")
        let intact = try Self.verdict(try Self.lines()).presentation()
        #expect(intact.rows[0].json["is_intact"] == true)
    }
}
