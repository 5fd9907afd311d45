import CasareDomain
import CasarePostgres
import CasareStore
import CasareWire
import FoundationEssentials

/// Nobody hands on with a token more than the one has that they show: with the other they could come from elsewhere, or
/// later. Whoever has shown something else than a token is bound by nothing here.
extension APIRequest {
    /// Answers have times to the millisecond: one that is sent back as it was shown is no later.
    private static let roundingSecondsMax = 0.001

    /// - Parameters:
    ///   - networks: from where somebody else is to be let in; `nil`: from anywhere.
    ///   - expiresAt: until when; `nil`: for ever.
    ///   - what: for people, such as `the token ci`.
    /// - Throws: 403 that names the caller's own bounds; within the transaction, which then stores nothing.
    func requireBounds(
        networks: [AddressRange]?, expiresAt: Date?, toGive what: String, on connection: isolated PostgresConnection
    ) throws {
        guard let own = try self.ownBounds(on: connection) else { return }
        try self.check(networks, within: own, toGive: what)
        try self.check(
            expiresAt, within: own, toGive: what, field: "expires_at",
            advice: "let it expire by then (expires_at; casarectl: --expires-in)")
    }

    /// The same of what ends, and is no token of the API.
    ///
    /// - Parameters:
    ///   - field: the member of the request that says when; `nil`: none does.
    ///   - advice: what to do, beside asking somebody else.
    func requireLife(
        until expiresAt: Date?, toGive what: String, field: String?, advice: String,
        on connection: isolated PostgresConnection
    ) throws {
        guard let own = try self.ownBounds(on: connection) else { return }
        try self.check(expiresAt, within: own, toGive: what, field: field, advice: advice)
    }

    private func ownBounds(on connection: isolated PostgresConnection) throws -> Token.Bounds? {
        guard let id = self.principal.tokenID else { return nil }
        return try TokenStore.bounds(of: id, on: connection)
    }

    private func check(
        _ networks: [AddressRange]?, within own: Token.Bounds, toGive what: String
    ) throws(APIProblem) {
        guard let allowed = own.networks else { return }
        let isWithin = networks?.allSatisfy { network in allowed.contains { $0.contains(network) } } ?? false
        guard !isWithin else { return }
        throw APIProblem(
            .insufficientPermissions,
            "\(what) would count from more networks than the token \(self.actor), which counts from "
                + "\(allowed.map(\.description).joined(separator: ", ")); let it count from those, or ask somebody else",
            field: "networks")
    }

    private func check(
        _ expiresAt: Date?, within own: Token.Bounds, toGive what: String, field: String?, advice: String
    ) throws(APIProblem) {
        guard let latest = own.expiresAt else { return }
        if let expiresAt, expiresAt.timeIntervalSince(latest) < Self.roundingSecondsMax { return }
        let life = expiresAt.map { "would expire at \(Timestamp.text($0))" } ?? "would never expire"
        // Whoever writes it off is not refused for a fraction.
        let bound = Timestamp.text(Date(timeIntervalSince1970: latest.timeIntervalSince1970.rounded(.down)))
        throw APIProblem(
            .insufficientPermissions,
            "\(what) \(life), and the token \(self.actor) expires at \(bound): \(advice), or ask somebody whose "
                + "token lives longer",
            field: field, details: ["latest": .string(bound)])
    }
}
