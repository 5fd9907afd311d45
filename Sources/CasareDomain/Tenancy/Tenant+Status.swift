public import FoundationEssentials

extension Tenant {
    /// Where a tenant is in its life.
    ///
    /// `active` and `suspended` go either way. `deleting` can be undone until its time is over; then the data is taken
    /// away, and `removing` and `deleted` know no way back.
    public enum Status: String, Hashable, Sendable, Codable, CaseIterable {
        case active
        /// Its callers are turned away and nothing begins; robots finish what they run.
        case suspended
        /// The same, until its data is taken away.
        case deleting
        /// Its data is being taken away, batch by batch.
        case removing
        /// Nothing is left but its number and the audit trail.
        case deleted

        /// Whether its callers are served and its schedules fire.
        public var isServed: Bool {
            switch self {
            case .active: true
            case .suspended, .deleting, .removing, .deleted: false
            }
        }

        /// Whether somebody may let it go on.
        public var mayResume: Bool {
            switch self {
            case .active, .suspended, .deleting: true
            case .removing, .deleted: false
            }
        }
    }

    /// What the operators of an installation know of a tenant.
    public struct Detail: Identifiable, Hashable, Sendable {
        public let id: Tenant.ID
        /// By which it is known; it never changes.
        public let name: String
        /// For people.
        public let displayName: String?
        public let status: Status
        public let statusAt: Date?
        public let statusBy: String?
        public let statusReason: String?
        /// From when on its data is taken away, of one that is to be deleted.
        public let removalAt: Date?
        /// How many rows were taken away so far.
        public let rowsRemoved: Int64
        /// What cannot be taken back waits for a second person: purges, secrets that are destroyed, tenants that are
        /// deleted.
        public let requiresApproval: Bool
        /// The preset that its quotas were last taken from.
        public let tier: TenantTier?
        /// For how many days entries of its audit log are kept, 0 for ever; `nil`: as the installation says.
        public let auditDays: Int?
        public let createdAt: Date

        public init(
            id: Tenant.ID, name: String, displayName: String?, status: Status, statusAt: Date?, statusBy: String?,
            statusReason: String?, removalAt: Date?, rowsRemoved: Int64, requiresApproval: Bool, tier: TenantTier?,
            auditDays: Int? = nil, createdAt: Date
        ) {
            self.id = id
            self.name = name
            self.displayName = displayName
            self.status = status
            self.statusAt = statusAt
            self.statusBy = statusBy
            self.statusReason = statusReason
            self.removalAt = removalAt
            self.rowsRemoved = rowsRemoved
            self.requiresApproval = requiresApproval
            self.tier = tier
            self.auditDays = auditDays
            self.createdAt = createdAt
        }
    }

    /// How long a deletion can be undone, in seconds, unless somebody says otherwise: a week.
    public static let undoSecondsDefault = 7 * 86_400
    /// At most a quarter of a year; 0 takes the data away at once.
    public static let undoSecondsRange = 0...(90 * 86_400)
    /// A century at most; 0 keeps them for ever.
    public static let auditDaysRange = 0...36_500
    public static let nameCharactersMax = 63
    public static let displayNameCharactersMax = 200

    /// Whether a tenant can be named so: small letters, digits and hyphens, a letter first.
    public static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first),
            text.utf8.count <= self.nameCharactersMax
        else { return false }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
            default: false
            }
        }
    }
}
