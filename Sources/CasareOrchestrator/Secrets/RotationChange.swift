import CasareDomain
import CasarePostgres
import CasareStore

/// What changes of a secret when it is rotated. What is left out stays as it is in the current version, so that who
/// rotates a password need not know the user's name.
struct RotationChange: Sendable {
    enum Value: Sendable {
        /// By the names of fields.
        case fields(SecretFields)
        /// Of the one field that such a secret has to keep secret.
        case text(SecretText)
        /// - Parameter field: `nil`: that one.
        case generated(SecretGenerator, field: String?)
    }

    /// The field of a custom secret for which no other is named.
    private static let fieldDefault = "value"

    let value: Value

    /// The fields of the new version.
    ///
    /// - Parameter current: of the version in whose place it comes.
    /// - Returns: with the names of those that change.
    /// - Throws: `StoreError.refused` for values that such a secret cannot have, and where nothing says which field is
    ///   meant.
    func applied(
        to current: SecretFields, of secret: Secret
    ) throws -> (fields: SecretFields, changed: [String]) {
        var fields = current
        let changed: SecretFields
        switch self.value {
        case .fields(let given): changed = given
        case .text(let text): changed = [try self.field(nil, of: secret, current): text]
        case .generated(let generator, let name):
            var random = SystemRandomNumberGenerator()
            changed = [
                try self.field(name, of: secret, current): SecretText(generator.value(using: &random))
            ]
        }
        for name in changed.names { fields[name] = changed[name] }
        do {
            try secret.kind.check(fields)
        } catch {
            throw StoreError.refused("secret \(secret.name)", why: "cannot be rotated to that: \(error)")
        }
        return (fields, changed.names)
    }

    /// A custom secret of one field has that one to keep secret.
    private func field(_ name: String?, of secret: Secret, _ current: SecretFields) throws -> String {
        if let name { return name }
        if let main = secret.kind.mainField { return main }
        let known = current.names
        guard known.count > 1, !known.contains(Self.fieldDefault) else {
            return known.count == 1 ? known[0] : Self.fieldDefault
        }
        throw StoreError.refused(
            "secret \(secret.name)",
            why: "has several fields (\(known.joined(separator: ", "))); say with the field which one is to change")
    }
}

/// A new version of a secret, sealed, which is put when the rotation begins.
struct RotatedSecret: Sendable {
    /// As it was when the version was made.
    let secret: Secret
    let sealed: SealedSecret
    /// Names of the fields that change.
    let changed: [String]

    /// Lays over the current version what changes, and seals that for the next version's number.
    ///
    /// - Throws: `StoreError`, `SecretDamage`, `KeyProviderError`.
    init(
        _ reading: Reading, _ change: RotationChange, in tenant: Tenant.ID, with keys: KeyRing
    ) async throws {
        let current = try await reading.current?.opened(with: keys) ?? SecretFields()
        let (fields, changed) = try change.applied(to: current, of: reading.secret)
        self.secret = reading.secret
        self.changed = changed
        self.sealed = try await SealedSecret(
            sealing: fields, of: reading.secret.name, version: reading.number, in: tenant, with: keys)
    }

    /// What is read of a secret before a new version of it is made.
    struct Reading: Sendable {
        fileprivate let secret: Secret
        fileprivate let number: Int
        /// The current version; `nil`: there is none.
        fileprivate let current: SealedSecret?

        /// - Parameter expected: the current version that was looked at; `nil`: whatever it is.
        /// - Throws: `StoreError`.
        init(of nameOrID: String, expected: Int?, on connection: isolated PostgresConnection) throws {
            let (secret, number) = try SecretStore.nextVersion(of: nameOrID, expected: expected, on: connection)
            self.secret = secret
            self.number = number
            self.current =
                secret.currentVersion == 0
                ? nil
                : try SecretStore.sealed(
                    secret.id.description, version: secret.currentVersion, for: .reading, on: connection
                ).2
        }
    }
}
