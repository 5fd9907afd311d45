import ArgumentParser
import CasareDomain

/// What `casarectl top` lists, one of them at a time.
enum TopSection: String, CaseIterable, ExpressibleByArgument, Hashable, Sendable {
    case jobs, queues, robots, letters, operations

    /// Begins with the key that shows it.
    var title: String {
        switch self {
        case .jobs: "1 Jobs"
        case .queues: "2 Queues"
        case .robots: "3 Robots"
        case .letters: "4 Dead letters"
        case .operations: "5 Operations"
        }
    }

    /// The section of a key.
    init?(key: Character) {
        guard let section = Self.allCases.first(where: { $0.title.first == key }) else { return nil }
        self = section
    }

    /// What is said where there is nothing to list.
    func emptiness(_ status: Job.Status) -> String {
        switch self {
        case .jobs: "no job is \(status.rawValue); f shows those in another state"
        case .queues: "there is no queue yet; the first job of an environment makes its queue"
        case .robots: "no robot is registered"
        case .letters: "no dead letter is open"
        case .operations: "there are no operations"
        }
    }

    /// Jobs are listed by state: what runs first, the others in this order.
    static let jobStatuses: [Job.Status] = [.running, .pending, .blocked, .paused]

    static func jobStatus(after status: Job.Status) -> Job.Status {
        let position = self.jobStatuses.firstIndex(of: status) ?? -1
        return self.jobStatuses[(position + 1) % self.jobStatuses.count]
    }
}
