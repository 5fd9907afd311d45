import CasareDomain
import CasarePostgres
import CasareStore
import FoundationEssentials

/// What can be measured of a vault.
struct VaultBench: Sendable {
    /// What one operation has found.
    struct Found: Encodable, Sendable {
        var operations = 0
        var seconds = 0.0
        /// Of one operation, in milliseconds.
        var p50 = 0.0
        var p99 = 0.0
    }

    static let writers = 4
    /// Secrets of one transaction.
    private static let batch = 200

    let database: Database
    let keys: KeyRing
    let count: Int

    private static func name(_ number: Int) throws -> Secret.Name {
        guard let name = Secret.Name("bench/\(number % 100)/\(number)") else { throw BenchError("that is no name") }
        return name
    }

    private static func password(_ number: Int) -> String { "the password of secret number \(number)" }

    /// Seals and creates all of them.
    func fill() async throws -> Found {
        let began = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<Self.writers {
                group.addTask {
                    let numbers = Array(stride(from: writer, to: self.count, by: Self.writers))
                    for start in stride(from: 0, to: numbers.count, by: Self.batch) {
                        try await self.create(Array(numbers[start..<min(start + Self.batch, numbers.count)]))
                    }
                }
            }
            try await group.waitForAll()
        }
        return Found(operations: self.count, seconds: (ContinuousClock.now - began) / .seconds(1))
    }

    private func create(_ numbers: [Int]) async throws {
        var sealed: [SealedSecret] = []
        for number in numbers {
            sealed.append(
                try await SealedSecret(
                    sealing: ["username": SecretText("bench"), "password": SecretText(Self.password(number))],
                    of: try Self.name(number), version: 1, in: .default, with: self.keys))
        }
        try await self.database.asTenant(.default) { [sealed] connection in
            for one in sealed {
                _ = try SecretStore.create(
                    NewSecret(name: one.name, kind: .usernamePassword), sealed: one, by: "bench", reason: nil,
                    on: connection)
            }
        }
    }

    /// Begins a change to the current key.
    func start() async throws -> Found {
        let key = self.keys.current.id
        _ = try await self.database.asSystem { try RekeyStore.start(key, by: "bench", on: $0) }
        return Found()
    }

    /// Reads any of them, one after the other, and opens them.
    ///
    /// - Throws: when one does not open, or is not what it was.
    func read(for duration: Duration) async throws -> Found {
        let began = ContinuousClock.now
        var times: [Double] = []
        while ContinuousClock.now - began < duration {
            let asked = ContinuousClock.now
            try await self.check(Int.random(in: 0..<self.count))
            times.append((ContinuousClock.now - asked) / .milliseconds(1))
        }
        times.sort()
        return Found(
            operations: times.count, seconds: (ContinuousClock.now - began) / .seconds(1),
            p50: times[times.count / 2], p99: times[times.count * 99 / 100])
    }

    /// Reads all of them.
    func verify() async throws -> Found {
        let began = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for reader in 0..<Self.writers {
                group.addTask {
                    for number in stride(from: reader, to: self.count, by: Self.writers) {
                        try await self.check(number)
                    }
                }
            }
            try await group.waitForAll()
        }
        return Found(operations: self.count, seconds: (ContinuousClock.now - began) / .seconds(1))
    }

    private func check(_ number: Int) async throws {
        let name = try Self.name(number)
        let sealed = try await self.database.asTenant(.default) { connection in
            try SecretStore.sealed(name.rawValue, for: .use, on: connection).sealed
        }
        guard try await sealed.opened(with: self.keys)["password"] == SecretText(Self.password(number)) else {
            throw BenchError("secret \(name) is not what it was")
        }
    }
}
