package import CasareDomain

/// What a robot reports of a job that goes on, or has ended well: many of them can become durable together.
package struct LeaseWrite: Hashable, Sendable {
    package enum Change: Hashable, Sendable {
        /// Journal entries, for which the job stands still.
        case checkpoint([JournalRow])
        /// The end, with the entries that are not stored yet.
        case completion(RunResult, [JournalRow])
    }

    package let lease: Lease
    package let change: Change
    /// Whoever reports speaks for this robot only; `nil`: for any.
    package let robot: Robot.ID?

    package init(_ lease: Lease, _ change: Change, as robot: Robot.ID? = nil) {
        self.lease = lease
        self.change = change
        self.robot = robot
    }

    var isCompletion: Bool {
        switch self.change {
        case .checkpoint: false
        case .completion: true
        }
    }

    /// About as long as its parameters are.
    var bytes: Int {
        let (rows, result) =
            switch self.change {
            case .checkpoint(let rows): (rows, 0)
            case .completion(let result, let rows): (rows, result.textBytes)
            }
        return rows.reduce(result) { $0 + ($1.result?.utf8.count ?? 0) }
    }
}

extension RunResult {
    /// Of the texts in it, which are what can make it large.
    fileprivate var textBytes: Int {
        var bytes = self.logs.reduce(self.error?.utf8.count ?? 0) { $0 + $1.utf8.count }
        bytes += self.variables.textBytes + (self.nodeOutputs?.textBytes ?? 0)
        return (self.trace ?? []).reduce(bytes) { $0 + $1.utf8.count }
    }
}

extension Object {
    fileprivate var textBytes: Int { self.reduce(0) { $0 + $1.key.utf8.count + $1.value.textBytes } }
}

extension Value {
    fileprivate var textBytes: Int {
        switch self {
        case .null, .bool, .int, .double: 8
        case .string(let text): text.utf8.count
        case .list(let list): list.reduce(0) { $0 + $1.textBytes }
        case .object(let object): object.textBytes
        }
    }
}
