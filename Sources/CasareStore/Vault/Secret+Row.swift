import CasareDomain
import CasarePostgres
import FoundationEssentials

extension Secret {
    /// Reads a row of `SecretQueries`.
    init(row: Row) throws {
        let text = try row.string("name")
        let kind = try row.string("kind")
        guard let name = Name(text), let kind = Kind(rawValue: kind) else {
            throw StoreError.unreadable("secret \(text) has a name or the kind \(kind) that this version does not know")
        }
        let labels = try StoredJSON.object(try row.string("labels"), in: "the labels of secret \(text)")
        self.init(
            id: ID(rawValue: try row.uuid("secret_id")), name: name, kind: kind,
            description: try row.optionalString("description"),
            labels: Dictionary(labels.map { ($0.key, $0.value.string ?? "") }) { _, last in last },
            currentVersion: try row.int("current_version"), versionsMax: try row.int("versions_max"),
            expiresAt: try row.optionalDate("expires_at"),
            rotation: try row.optionalString("rotation").map { try RotationPolicy(stored: $0, of: name) },
            rotatedAt: try row.optionalDate("rotated_at"), provider: try row.optionalString("provider"),
            path: try row.optionalString("path"), revision: try row.int("revision"),
            deletedAt: try row.optionalDate("deleted_at"), createdAt: try row.date("created_at"),
            createdBy: try row.string("created_by"), updatedAt: try row.date("updated_at"),
            updatedBy: try row.string("updated_by"), rotationHeld: try row.bool("rotation_held"))
    }
}

extension SecretVersion {
    /// Reads a row of `SecretQueries.versions`, at the time of the statement.
    init(row: Row) throws {
        self.init(
            number: try row.int("version"),
            state: Self.state(
                isPending: try row.bool("is_pending"), overlapUntil: try row.optionalDate("overlap_until"),
                deletedAt: try row.optionalDate("deleted_at"), destroyedAt: try row.optionalDate("destroyed_at"),
                at: try row.date("seen_at")),
            fields: try row.strings("fields"), expiresAt: try row.optionalDate("expires_at"),
            keyID: try row.optionalString("key_id"), createdAt: try row.date("created_at"),
            createdBy: try row.string("created_by"), reason: try row.optionalString("reason"))
    }
}

extension RotationPolicy {
    /// - Throws: `StoreError.unreadable`.
    init(stored text: String, of name: Secret.Name) throws(StoreError) {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            self = try decoder.decode(RotationPolicy.self, from: Data(text.utf8))
        } catch {
            throw .unreadable("the rotation policy of secret \(name) cannot be read: \(error)")
        }
    }

    func stored() throws(StoreError) -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = .sortedKeys
        do {
            return String(decoding: try encoder.encode(self), as: UTF8.self).storable
        } catch {
            throw .unreadable("the rotation policy cannot be stored: \(error)")
        }
    }
}
