import CasareDomain
import CasareStore
import Synchronization

/// Counts wrong credentials, and knows who is not listened to for a while because of them.
///
/// They are counted twice. Who shows too many of one beginning from one address is not listened to: nothing of that
/// beginning is looked at. Who shows too many of whatever beginnings is: others may come from the same network whose
/// credentials are right. Only what is wrong is answered otherwise then, and neither counted nor kept any more.
///
/// The count is in the database, for all servers together. Each server writes several failures of one subject at once,
/// and what is left of them now and then: so as many more as the servers keep to themselves may pass before a lock.
final class Lockouts: Sendable {
    /// Who failures are counted of: an address, and the beginning of what was shown from there; or all of a network.
    struct Subject: Hashable, Sendable, CustomStringConvertible {
        /// No beginning of anything.
        private static let anyMark = "*"

        private let place: String
        /// `nil`: whatever was shown.
        private let mark: String?

        init(_ source: NetworkAddress?, _ credential: ShownCredential) { self.init(source, mark: credential.mark) }

        /// - Parameter mark: the beginning of what was shown.
        init(_ source: NetworkAddress?, mark: String) {
            self.init(place: source.map(Lockouts.place) ?? "unknown", mark: mark)
        }

        private init(place: String, mark: String?) {
            self.place = place
            self.mark = mark
        }

        var description: String { "\(self.place) \(self.mark ?? Self.anyMark)" }
        var isNetwork: Bool { self.mark == nil }
        /// All that is shown from there.
        var network: Subject { Subject(place: self.place, mark: nil) }
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
    /// So many of them are single beginnings at the most, which anybody can make up without end: networks are counted
    /// all the same.
    private static let marksMax = 5_000
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
    private func chunk(of subject: Subject) -> Int {
        let failuresMax = subject.isNetwork ? self.rule.networkFailuresMax : self.rule.failuresMax
        return max(1, (failuresMax ?? 0) / Self.writesPerLock)
    }

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
    ///
    /// - Returns: in seconds until the network is no longer locked, from which it came: then it is not counted. `nil`:
    ///   it was.
    @discardableResult
    func failed(_ subject: Subject) async -> Double? {
        if self.rule.networkFailuresMax != nil {
            if let seconds = self.wait(of: subject.network) { return seconds }
            await self.count(subject.network)
            // It was the last one: what else begins so from there is not looked for in the count.
            guard self.wait(of: subject.network) == nil else { return nil }
        }
        await self.count(subject)
        return nil
    }

    private func count(_ subject: Subject) async {
        let due = self.state.withLock { state -> Int? in
            let room = subject.isNetwork ? Self.subjectsMax : Self.marksMax
            guard state.pending[subject] != nil || state.pending.count < room else { return nil }
            let count = (state.pending[subject] ?? 0) + 1
            guard count >= self.chunk(of: subject) else {
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
