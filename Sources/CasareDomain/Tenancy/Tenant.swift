/// An organisation whose data nobody else sees or touches.
public struct Tenant: Identifiable, Hashable, Sendable {
    /// A small number: it leads every key, so it is kept narrow.
    public struct ID: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
        public let rawValue: Int32

        public init(rawValue: Int32) { self.rawValue = rawValue }

        public var description: String { String(self.rawValue) }

        /// The tenant that the first migration creates.
        public static let `default` = ID(rawValue: 1)
    }

    /// What the tenant `.default` is called; nobody can change it.
    package static let defaultName = "default"

    public let id: ID
    public let name: String

    public init(id: ID, name: String) {
        self.id = id
        self.name = name
    }
}
