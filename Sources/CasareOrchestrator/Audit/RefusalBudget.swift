import Synchronization

/// How many entries are written for refused and failed requests: whoever knocks all the time does not fill the log.
/// What is left out is counted, and the next entry of the same says how many there were.
struct RefusalBudget {
    /// Of one caller or address, for one action and one kind of refusal.
    struct Key: Hashable {
        /// A principal with its tenant, or where somebody unknown is.
        let who: String
        let action: String
        let code: String
    }

    enum Spending: Equatable {
        /// - Parameter leftOut: so many of the same since the last entry.
        case write(leftOut: Int)
        case leaveOut
    }

    /// In one window.
    static let entriesMax = 10
    static let window = Duration.seconds(60)
    /// Who comes when there are more is counted with all others who do.
    static let keysMax = 1000

    private struct Account {
        var since: ContinuousClock.Instant
        var written = 0
        var leftOut = 0
    }

    private var accounts: [Key: Account] = [:]

    private static let others = Key(who: "", action: "", code: "")

    mutating func spend(_ key: Key, at now: ContinuousClock.Instant) -> Spending {
        var key = key
        if self.accounts[key] == nil, self.accounts.count >= Self.keysMax {
            self.makeRoom(at: now)
            if self.accounts.count >= Self.keysMax { key = Self.others }
        }
        var account = self.accounts[key] ?? Account(since: now)
        defer { self.accounts[key] = account }
        if now >= account.since + Self.window {
            account = Account(since: now, written: 0, leftOut: account.leftOut)
        }
        guard account.written < Self.entriesMax else {
            account.leftOut += 1
            return .leaveOut
        }
        account.written += 1
        defer { account.leftOut = 0 }
        return .write(leftOut: account.leftOut)
    }

    /// Takes those away whose window is over. What they had left to say is said of all others together: whoever comes
    /// from many places and is not seen again keeps no place.
    private mutating func makeRoom(at now: ContinuousClock.Instant) {
        var leftOut = 0
        self.accounts = self.accounts.filter { key, account in
            guard key != Self.others, now >= account.since + Self.window else { return true }
            leftOut += account.leftOut
            return false
        }
        guard leftOut > 0 else { return }
        self.accounts[Self.others, default: Account(since: now)].leftOut += leftOut
    }
}

/// The budget that all requests of one orchestrator share.
final class Refusals: Sendable {
    private let budget = Mutex(RefusalBudget())

    func spend(_ key: RefusalBudget.Key) -> RefusalBudget.Spending {
        self.budget.withLock { $0.spend(key, at: .now) }
    }
}
