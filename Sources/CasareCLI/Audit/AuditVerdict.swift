import CasareDomain
import CasareStore
import CasareWire

/// What a check of the audit log has come to.
struct AuditVerdict: Sendable, Encodable {
    let tenant: Int
    let isIntact: Bool
    /// The first entry that was looked at follows this number.
    let after: Int64
    /// Up to here everything is as it was.
    let place: AuditPlaceInfo
    let entries: Int
    let anchors: Int
    let fault: AuditFaultInfo?

    static let columns: [Column<AuditVerdict>] = [
        Column("result") { $0.fault.map { Cell.state($0.kind.rawValue, .bad) } ?? .state("intact", .good) },
        Column("entries") { .number($0.entries) },
        Column("anchors") { .number($0.anchors) },
        Column("number") { .number(Int($0.fault?.number ?? $0.place.number)) },
        Column("entry") { .number($0.entry) },
        Column("hash", wide: true) { .text($0.place.hash) },
    ]

    /// The one at fault, or the last one that is intact.
    private var entry: Int? {
        guard let fault else { return Int(self.place.entryID) }
        guard let id = fault.entryID else { return nil }
        return Int(id)
    }

    func presentation() throws -> Presentation {
        var sheet: Sheet
        if let fault {
            sheet = Sheet("\(fault.kind.rawValue) at number \(fault.number): \(fault.message)", tone: .bad)
        } else {
            sheet = Sheet("the audit log is intact", tone: .good)
        }
        sheet.add("entries", .number(self.entries))
        sheet.add("anchors", .number(self.anchors))
        sheet.add("from number", .number(Int(self.after + 1)))
        sheet.add("intact up to", .number(Int(self.place.number)))
        sheet.add("hash", .text(self.place.hash))
        return try Presentation(
            single: self, columns: Self.columns, name: String(self.place.number), sheet: sheet)
    }
}

/// A place that somebody has put on record elsewhere: `NUMBER:HASH`.
struct AuditWitness: ArgumentForm, Hashable, Sendable {
    static let form = "NUMBER:HASH, as an anchor in the service's log says"

    let number: Int64
    let hash: AuditHash

    init?(argument: String) {
        let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let number = Int64(parts[0]), number > 0,
            let hash = AuditHash(String(parts[1]).lowercased())
        else { return nil }
        self.number = number
        self.hash = hash
    }

    var anchor: AuditAnchor {
        AuditAnchor(number: self.number, hash: self.hash, at: "elsewhere", reason: .regular)
    }
}

/// Checks an export, which nobody need be asked about.
struct AuditExportCheck {
    /// Entries that are checked together: what one is found to be depends on its neighbours.
    private static let checkedAtOnceMax = 1000

    private let publicKey: String?
    private var witnesses: [AuditWitness]
    private var waiting: [AuditLink] = []
    private var entries = 0
    private var anchors = 0

    init(witnesses: [AuditWitness], publicKey: String?) {
        self.witnesses = witnesses
        self.publicKey = publicKey
    }

    /// - Throws: `CommandFailure` for what is no export.
    mutating func verdict(on file: AuditExportFile) throws -> AuditVerdict {
        guard let first = try file.next(), case .start(let start)? = AuditExportLine(first),
            start.version == AuditExportLine.Start.versionKnown, let place = start.place.place,
            let tenantNumber = Int32(exactly: start.tenant)
        else {
            throw CommandFailure(
                .failure, "\(file.name) is no export of the audit log: its first line says nothing of one")
        }
        let tenant = Tenant.ID(rawValue: tenantNumber)
        var verifier = AuditVerifier(tenant: tenant, after: place) { AuditHash.of($0) }
        var fault: AuditFault?
        do {
            try self.check(file, of: tenant, &verifier)
            if let witness = self.witnesses.first {
                throw AuditFault(
                    .removed, number: witness.number,
                    "there is to be a number \(witness.number), and the export has none")
            }
        } catch let found as AuditFault {
            fault = found
        }
        return AuditVerdict(
            tenant: start.tenant, isIntact: fault == nil, after: place.number, place: AuditPlaceInfo(verifier.place),
            entries: self.entries, anchors: self.anchors, fault: fault.map(AuditFaultInfo.init))
    }

    private mutating func check(
        _ file: AuditExportFile, of tenant: Tenant.ID, _ verifier: inout AuditVerifier
    ) throws {
        try self.compare(verifier.place)
        while let text = try file.next() {
            guard let line = AuditExportLine(text) else { throw Self.unreadable(file) }
            switch line {
            case .start: throw Self.unreadable(file)
            case .entry(let info):
                guard let link = info.link(of: tenant) else { throw Self.unreadable(file) }
                self.waiting.append(link)
                self.entries += 1
                let isWitnessed = self.witnesses.contains { $0.number == link.number }
                if isWitnessed || self.waiting.count >= Self.checkedAtOnceMax { try self.flush(&verifier) }
            case .anchor(let info):
                guard let anchor = info.anchor else { throw Self.unreadable(file) }
                try self.flush(&verifier)
                let isHere = anchor.number == verifier.place.number
                try AuditVerifier.check(anchor, found: isHere ? verifier.place.hash : nil)
                try anchor.checkSignature(of: tenant, with: self.publicKey)
                self.anchors += 1
            case .end(let end):
                try self.flush(&verifier)
                guard let head = end.place.place else { throw Self.unreadable(file) }
                return try verifier.check(head: head)
            }
        }
        try self.flush(&verifier)
        let next = verifier.place.number + 1
        throw AuditFault(.removed, number: next, "the file ends before number \(next): its last line is missing")
    }

    private mutating func flush(_ verifier: inout AuditVerifier) throws(AuditFault) {
        try verifier.check(self.waiting)
        self.waiting = []
        try self.compare(verifier.place)
    }

    private mutating func compare(_ place: AuditPlace) throws(AuditFault) {
        for witness in self.witnesses where witness.number == place.number {
            try AuditVerifier.check(witness.anchor, found: place.hash)
        }
        self.witnesses.removeAll { $0.number == place.number }
    }

    private static func unreadable(_ file: AuditExportFile) -> AuditFault {
        AuditFault(
            .changed, number: Int64(file.number),
            "line \(file.number) of \(file.name) is no line of an export")
    }
}
