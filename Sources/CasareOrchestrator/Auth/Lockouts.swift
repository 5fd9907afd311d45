import CasareDomain
import CasareStore
import Synchronization

/// Counts wrong credentials, and knows who is not listened to for a while because of them.
///
/// The count is in the database, for all servers together. Each server writes several failures of one subject at once,
/// and what is left of them now and then: so as many more as the servers keep to themselves may pass before a lock.
final class Lockouts: Sendable {
    /// Who failures are counted of: an address, and the beginning of what was shown from there.
    struct Subject: Hashable, Sendable, CustomStringConvertible {
        let description: String

        init(_ source: NetworkAddress?, _ credential: ShownCredential) { self.init(source, mark: credential.mark) }

        /// - Parameter mark: the beginning of what was shown.
        init(_ source: NetworkAddress?, mark: String) {
            self.description = "\(source.map(Lockouts.place) ?? "unknown") \(mark)"
        }
    }

    /// Whoever has an address of version 6 usually has all that begin with the same 64 bits.
    private static let prefixLength6 = 64

    /// Where somebody is who is counted by that.
    static func place(_ source: NetworkAddress) -> String {
        source.isVersion6 ? AddressRange(source, prefixLength: self.prefixLength6).description : source.description
    }

    private struct State {
        /// Failures that are not written yet.
        var pending: [Subject: Int] = [:]
        var locked: [Subject: ContinuousClock.Instant] = [:]
    }

    /// Beyond that failures of others are not counted until some are written: whoever has so many addresses is not
    /// kept away by counting them.
    private static let subjectsMax = 10_000
    /// A lock takes at least so many writes.
    private static let writesPerLock = 5
    private static let flushedAtOnceMax = 500

    let rule: LockoutRule
    /// Writes failures; returns for how many seconds the subject is locked out, if it is.
    private let write: @Sendable (Subject, _ count: Int) async throws -> Double?
    private let state = Mutex(State())

    init(rule: LockoutRule, write: @escaping @Sendable (Subject, Int) async throws -> Double?) {
        self.rule = rule
        self.write = write
    }

    /// How many failures of one subject are written at once.
    var chunk: Int { max(1, self.rule.failuresMax / Self.writesPerLock) }

    /// In seconds until the subject is listened to again; `nil`: it is now, as far as this server knows.
    func wait(of subject: Subject, at now: ContinuousClock.Instant = .now) -> Double? {
        self.state.withLock { state in
            guard let until = state.locked[subject] else { return nil }
            guard now < until else {
                state.locked[subject] = nil
                return nil
            }
            return (until - now) / .seconds(1)
        }
    }

    /// That the database says that a subject is locked out.
    func locked(_ subject: Subject, forSeconds seconds: Double, at now: ContinuousClock.Instant = .now) {
        self.state.withLock { state in
            if state.locked.count >= Self.subjectsMax {
                state.locked = state.locked.filter { now < $0.value }
                if state.locked.count >= Self.subjectsMax { state.locked.removeAll() }
            }
            state.locked[subject] = now + .seconds(seconds)
        }
    }

    /// That something wrong was shown. Failures that cannot be written are kept for the next time: whoever is answered
    /// meanwhile learns nothing of it.
    func failed(_ subject: Subject) async {
        let due = self.state.withLock { state -> Int? in
            guard state.pending[subject] != nil || state.pending.count < Self.subjectsMax else { return nil }
            let count = (state.pending[subject] ?? 0) + 1
            guard count >= self.chunk else {
                state.pending[subject] = count
                return nil
            }
            state.pending[subject] = nil
            return count
        }
        guard let due else { return }
        try? await self.record(due, of: subject)
    }

    /// Writes what has not come to a chunk.
    ///
    /// - Throws: what the database says; what was not written is kept.
    func flush() async throws {
        let due = self.state.withLock { state in
            let due = Array(state.pending.prefix(Self.flushedAtOnceMax))
            for (subject, _) in due { state.pending[subject] = nil }
            return due
        }
        for (index, (subject, count)) in due.enumerated() {
            do {
                try await self.record(count, of: subject)
            } catch {
                self.state.withLock { state in
                    // The failing one was put back where it failed.
                    for (subject, count) in due[(index + 1)...] { state.pending[subject, default: 0] += count }
                }
                throw error
            }
        }
    }

    private func record(_ count: Int, of subject: Subject) async throws {
        do {
            if let seconds = try await self.write(subject, count) { self.locked(subject, forSeconds: seconds) }
        } catch {
            self.state.withLock { $0.pending[subject, default: 0] += count }
            throw error
        }
    }
}
