import CasareDomain
import CasarePostgres
import FoundationEssentials

/// The work of a change of keys: batch by batch, outside of transactions while keys are unwrapped and wrapped, so that
/// everything is served meanwhile.
///
/// Each batch writes what it has wrapped and where it has got to in one transaction, so that whoever comes after a
/// process that was killed goes on behind the last whole batch. Several may work at once: of those that do the same
/// batch one moves on, and the others begin where it has got to. When a pass has come to the end and has changed
/// something, another one follows: who still works with the former key may have put something behind the place by then.
/// A pass that changes nothing is the last one.
package struct RekeyWork: Sendable {
    package static let batchMax = 500

    /// What one batch came to.
    package enum Step: Hashable, Sendable {
        /// There is nothing to do, or not for the keys of this process.
        case idle
        /// There is more.
        case moved(done: Int, failed: Int)
        /// All was looked at, and this many could not be wrapped: the former keys are needed for those still.
        case finished(failed: Int)
    }

    private let database: Database
    private let keys: KeyRing
    private let batch: Int

    package init(_ database: Database, keys: KeyRing, batch: Int = RekeyWork.batchMax) {
        self.database = database
        self.keys = keys
        self.batch = batch
    }

    /// A row that is to be wrapped anew.
    private struct Item: Sendable {
        let place: Rekey.Place
        let before: [UInt8]
        let keyID: String
        let kind: Kind

        enum Kind: Sendable {
            case version(SealedSecret), trigger, authority(SealedAuthorityKey)
        }

        var what: String {
            switch self.kind {
            case .version(let version):
                "version \(version.version) of secret \(version.name), tenant \(version.tenant)"
            case .trigger: "secret \(self.place.number) of trigger \(self.place.id), tenant \(self.place.tenant)"
            case .authority(let key): "the key of certificate authority \(key.authority)"
            }
        }
    }

    private struct Batch: Sendable {
        let rekey: Rekey
        let items: [Item]
        /// Of the last row that was looked at; `nil`: there are no more.
        let end: Rekey.Place?
    }

    /// Does one batch.
    ///
    /// - Throws: `KeyProviderError.unavailable` when the key cannot be reached: nothing was changed then.
    package func step() async throws -> Step {
        guard let batch = try await self.next() else { return .idle }
        var wrapped: [(item: Item, after: [UInt8])] = []
        var failures: [Rekey.Failure] = []
        for item in batch.items {
            if case .trigger = item.kind, self.keys.sealingKey == nil {
                failures.append(Rekey.Failure(what: item.what, why: self.noLocalKey(item)))
                continue
            }
            do {
                wrapped.append((item, try await self.wrapped(item)))
            } catch let error as KeyProviderError {
                if case .unavailable = error { throw error }
                failures.append(Rekey.Failure(what: item.what, why: error.description))
            } catch let error as SecretDamage {
                failures.append(Rekey.Failure(what: item.what, why: error.description))
            } catch let error as SealingKey.OpeningError {
                failures.append(Rekey.Failure(what: item.what, why: error.description))
            }
        }
        return try await self.write(batch, wrapped, failures)
    }

    private func next() async throws -> Batch? {
        let (keyID, limit) = (self.keys.current.id, self.batch)
        return try await self.database.asSystem { connection -> Batch? in
            guard let rekey = try RekeyStore.open(on: connection), rekey.keyID == keyID else { return nil }
            let parameters: KeyValuePairs<String, PostgresValue> = [
                "tenant": .int4(rekey.place.tenant), "id": .uuid(rekey.place.id), "number": .int(rekey.place.number),
                "limit": .int(limit), "key": .text(keyID),
            ]
            switch rekey.phase {
            case .versions:
                let rows = try connection.execute(RekeyQueries.versions, parameters)
                let items = try rows.compactMap { row in try Self.version(row, keyID) }
                let end = try rows.last.map { try Self.place($0, "secret_id", "version") }
                return Batch(rekey: rekey, items: items, end: end)
            case .triggers:
                let rows = try connection.execute(
                    RekeyQueries.triggers,
                    [
                        "tenant": .int4(rekey.place.tenant), "id": .uuid(rekey.place.id),
                        "number": .int(rekey.place.number), "limit": .int(limit),
                    ])
                let items = try rows.compactMap { row in try Self.trigger(row, keyID) }
                let end = try rows.last.map { try Self.place($0, "trigger_id", "number") }
                return Batch(rekey: rekey, items: items, end: end)
            case .authorities:
                let sealed = try connection.execute(
                    CertificateAuthorityQueries.wrapped, ["id": .uuid(rekey.place.id), "limit": .int(limit)]
                ).map(SealedAuthorityKey.init(row:))
                let items = sealed.filter { $0.key.keyID != keyID }.map(Self.authority)
                return Batch(rekey: rekey, items: items, end: sealed.last.map(Self.place))
            }
        }
    }

    /// They are no tenant's.
    private static func place(_ key: SealedAuthorityKey) -> Rekey.Place {
        Rekey.Place(tenant: 0, id: key.authority.rawValue, number: 0)
    }

    private static func authority(_ key: SealedAuthorityKey) -> Item {
        Item(place: Self.place(key), before: key.key.bytes, keyID: key.key.keyID, kind: .authority(key))
    }

    private static func place(_ row: Row, _ id: String, _ number: String) throws -> Rekey.Place {
        Rekey.Place(tenant: try row.decode("tenant_id"), id: try row.uuid(id), number: try row.int(number))
    }

    /// `nil` for one that is wrapped with the key already, or whose value or secret is gone.
    private static func version(_ row: Row, _ keyID: String) throws -> Item? {
        guard let known = try row.optionalString("key_id"), known != keyID,
            let ciphertext = try row.optionalBytes("ciphertext"), let key = try row.optionalBytes("wrapped_key"),
            let text = try row.optionalString("name")
        else { return nil }
        guard let name = Secret.Name(text) else {
            throw StoreError.unreadable("a secret has the impossible name \(text)")
        }
        let place = try self.place(row, "secret_id", "version")
        return Item(
            place: place, before: key, keyID: known,
            kind: .version(
                SealedSecret(
                    tenant: Tenant.ID(rawValue: place.tenant), name: name, version: place.number,
                    ciphertext: ciphertext, key: WrappedKey(bytes: key, keyID: known),
                    fields: try row.strings("fields"))))
    }

    private static func trigger(_ row: Row, _ keyID: String) throws -> Item? {
        let known = try row.string("key_id")
        guard known != keyID else { return nil }
        return Item(
            place: try self.place(row, "trigger_id", "number"), before: try row.bytes("sealed"), keyID: known,
            kind: .trigger)
    }

    private func noLocalKey(_ item: Item) -> String {
        "it stays sealed with the key \(item.keyID): the new key is kept elsewhere and seals no secrets of triggers; "
            + "keep the other one among CASARE_SEALING_FORMER_KEYS"
    }

    private func wrapped(_ item: Item) async throws -> [UInt8] {
        switch item.kind {
        case .version(let version):
            // What is damaged is told of now, while the former key is still there.
            _ = try await version.opened(with: self.keys)
            return try await version.rewrapped(with: self.keys).bytes
        case .authority(let key):
            var bytes = try await key.opened(with: self.keys)
            SecretText.wipe(&bytes)
            return try await key.rewrapped(with: self.keys).bytes
        case .trigger: return try self.resealed(item)
        }
    }

    private func resealed(_ item: Item) throws -> [UInt8] {
        guard let key = self.keys.sealingKey else { preconditionFailure("Such an item is left out") }
        let place = TriggerStore.place(
            of: Trigger.ID(rawValue: item.place.id), in: Tenant.ID(rawValue: item.place.tenant))
        var secret = try self.keys.open(SealingKey.Sealed(bytes: item.before, keyID: item.keyID), of: place)
        defer { SecretText.wipe(&secret) }
        return try key.seal(secret, for: place).bytes
    }

    private func write(
        _ batch: Batch, _ wrapped: [(item: Item, after: [UInt8])], _ failures: [Rekey.Failure]
    ) async throws -> Step {
        let rekey = batch.rekey
        let keyID = self.keys.current.id
        let known = Array((rekey.failures + failures).prefix(Rekey.failuresMax))
        let failuresText = String(decoding: try JSONEncoder().encode(known), as: UTF8.self).storable
        let next = self.next(after: batch, hasChanged: rekey.doneInPass + wrapped.count > 0)
        let items = wrapped.map(\.item)
        let rows: KeyValuePairs<String, PostgresValue> = [
            "key": .text(keyID), "tenants": .int4Array(items.map(\.place.tenant)),
            "ids": .uuidArray(items.map(\.place.id)),
            "numbers": .int4Array(items.map { Int32(clamping: $0.place.number) }),
            "before": .bytesArray(items.map(\.before)), "after": .bytesArray(wrapped.map(\.after)),
        ]
        let authorities: KeyValuePairs<String, PostgresValue> = [
            "key": .text(keyID), "ids": .uuidArray(items.map(\.place.id)),
            "before": .bytesArray(items.map(\.before)), "after": .bytesArray(wrapped.map(\.after)),
        ]
        let hasMoved = try await self.database.asSystem { connection in
            try connection.transaction { connection in
                let moved = try connection.execute(
                    RekeyQueries.move,
                    [
                        "rekey": .int(rekey.id), "key": .text(keyID), "phase_before": .text(rekey.phase.rawValue),
                        "tenant_before": .int4(rekey.place.tenant), "id_before": .uuid(rekey.place.id),
                        "number_before": .int(rekey.place.number), "phase": .text(next.phase.rawValue),
                        "tenant": .int4(next.place.tenant), "id": .uuid(next.place.id),
                        "number": .int(next.place.number), "done": .int(items.count), "failed": .int(failures.count),
                        "failures": .text(failuresText), "is_new_pass": .bool(next.isNewPass),
                        "is_finished": .bool(next.isFinished), "now": .null,
                    ])
                // Somebody else has done this batch.
                guard moved.first != nil else { return false }
                if next.isFinished {
                    try EventWriting.noteOfVault(
                        .vaultRekeyFinished,
                        [
                            "key": .string(keyID), "done": .int(rekey.done + items.count),
                            "failed": .int(rekey.failed + failures.count),
                        ], now: nil, on: connection)
                }
                if !items.isEmpty {
                    switch rekey.phase {
                    case .versions: try connection.execute(RekeyQueries.rewrap, rows)
                    case .triggers: try connection.execute(RekeyQueries.reseal, rows)
                    case .authorities: try connection.execute(CertificateAuthorityQueries.rewrap, authorities)
                    }
                }
                return true
            }
        }
        guard hasMoved else { return .moved(done: 0, failed: 0) }
        return next.isFinished
            ? .finished(failed: rekey.failed + failures.count) : .moved(done: items.count, failed: failures.count)
    }

    /// - Parameter hasChanged: the pass so far, this batch included.
    private func next(
        after batch: Batch, hasChanged: Bool
    ) -> (phase: Rekey.Phase, place: Rekey.Place, isNewPass: Bool, isFinished: Bool) {
        if let end = batch.end { return (batch.rekey.phase, end, false, false) }
        switch batch.rekey.phase {
        case .versions: return (.triggers, .start, false, false)
        case .triggers: return (.authorities, .start, false, false)
        case .authorities:
            return hasChanged ? (.versions, .start, true, false) : (batch.rekey.phase, batch.rekey.place, false, true)
        }
    }
}
