import CasareDomain
import CasarePostgres
import CasareStore
import FoundationEssentials

/// Vaults with more in them than a test could put there by the API.
extension TestInstallation {
    /// Secrets of one transaction.
    private static let batch = 200

    /// Such a secret's name and value.
    package static func secret(_ number: Int) -> (name: String, value: String) {
        ("many/\(number)", "the value of secret number \(number)")
    }

    /// Makes so many secrets, as an orchestrator with this sealing key does.
    package func fillVault(_ count: Int, key byte: UInt8) async throws {
        let keys = KeyRing(current: try Self.key(byte))
        try await self.withDatabase { database in
            for start in stride(from: 0, to: count, by: Self.batch) {
                var sealed: [SealedSecret] = []
                for number in start..<min(start + Self.batch, count) {
                    sealed.append(try await Self.sealed(number, with: keys))
                }
                try await database.asTenant(.default) { [sealed] connection in
                    for one in sealed {
                        _ = try SecretStore.create(
                            NewSecret(name: one.name, kind: .custom), sealed: one, by: "ann", reason: nil,
                            on: connection)
                    }
                }
            }
        }
    }

    /// Opens the current version of every one of them with this key alone.
    ///
    /// - Returns: how many begin with what was put there first.
    package func opened(_ count: Int, key byte: UInt8) async throws -> Int {
        let keys = KeyRing(current: try Self.key(byte))
        return try await self.withDatabase { database in
            var opened = 0
            for number in 0..<count {
                let (name, value) = Self.secret(number)
                let sealed = try await database.asTenant(.default) { connection in
                    try SecretStore.sealed(name, for: .reading, on: connection).sealed
                }
                let text = try await sealed.opened(with: keys)["value"]
                if text?.reveal({ $0.hasPrefix(value) }) == true { opened += 1 }
            }
            return opened
        }
    }

    /// By which the key of a byte is known in the tables.
    package static func keyID(_ byte: UInt8) throws -> String { try self.key(byte).id }

    private static func key(_ byte: UInt8) throws -> SealingKey {
        let text = Data([UInt8](repeating: byte, count: 32)).base64EncodedString()
        guard let key = SealingKey(text: text) else { throw NeverHappened(what: "\(byte) makes a sealing key") }
        return key
    }

    private static func sealed(_ number: Int, with keys: KeyRing) async throws -> SealedSecret {
        let (text, value) = Self.secret(number)
        guard let name = Secret.Name(text) else { throw NeverHappened(what: "\(text) names a secret") }
        return try await SealedSecret(
            sealing: ["value": SecretText(value)], of: name, version: 1, in: .default, with: keys)
    }

    private func withDatabase<Result: Sendable>(
        _ body: (Database) async throws -> Result
    ) async throws -> Result {
        let database = Database(try PostgresConfiguration(url: self.databaseURL), connectionsMax: 2)
        do {
            let result = try await body(database)
            await database.close()
            return result
        } catch {
            await database.close()
            throw error
        }
    }
}
