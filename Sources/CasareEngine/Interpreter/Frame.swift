import CasareDomain

/// One program's variables within a run: the workflow itself, a subflow's call, or a fork's branch.
///
/// A reference, because frames share it. It never leaves the run that owns it.
final class Scope {
    let program: Program
    let variables: Variables
    /// How many subflow calls lie above it.
    let depth: Int

    init(program: Program, variables: Variables, depth: Int) {
        self.program = program
        self.variables = variables
        self.depth = depth
    }
}

/// A sub-run: a queue of nodes that is worked off before whatever began it goes on (workflow format §7).
struct Frame {
    enum Kind {
        case root
        case forBody(ForLoop)
        case whileBody(start: Int, iteration: Int)
        case tryBody(Int)
        /// Of a Try's Catch, which handles an error.
        case catchBody(try: Int)
        case finallyBody(try: Int, then: Completion)
        case retryBody(start: Int, attempt: Int)
        case protectedBody(Int)
        /// An OnError's `on_error` port.
        case errorBody(Int)
        /// An OnError's `finally` port.
        case onErrorFinally(Int, then: Completion)
        case forkBranch(Fork)
        case subflow(caller: Int)
    }

    /// What happens once a Finally is through.
    enum Completion {
        /// On at the `exec_out` of the Try and of its members that ran.
        case proceed(caught: Bool)
        /// The transfer that the Finally held up goes on.
        case resume(Transfer)
    }

    struct ForLoop {
        enum Items {
            case list([Value])
            case entries([(key: String, value: Value)])
            case range(start: Int, step: Int, count: Int)
        }

        let start: Int
        let items: Items
        var index: Int
    }

    struct Fork {
        let node: Int
        /// Connected branches in order: port and first nodes.
        let branches: [(port: String, nodes: [Int])]
        var index: Int
        var results: [(port: String, variables: Object)]
        let outer: Scope
    }

    var kind: Kind
    let scope: Scope
    /// The End that a loop's body ran into.
    var endReached: Int?
    private(set) var queue: [Int]
    private var head = 0
    /// Which set of executed marks its nodes are held against: loops and branches have their own.
    let marks: Int

    init(_ kind: Kind, scope: Scope, queue: [Int], marks: Int) {
        self.kind = kind
        self.scope = scope
        self.queue = queue
        self.marks = marks
    }

    mutating func next() -> Int? {
        guard self.head < self.queue.count else { return nil }
        defer { self.head += 1 }
        return self.queue[self.head]
    }

    mutating func append(_ nodes: [Int]) {
        if self.head == self.queue.count {
            self.queue.removeAll(keepingCapacity: true)
            self.head = 0
        }
        self.queue += nodes
    }

    /// Begins anew: the next pass of a loop, or the next branch.
    mutating func restart(with nodes: [Int]) {
        self.queue.removeAll(keepingCapacity: true)
        self.queue += nodes
        self.head = 0
    }

    /// The node whose body this is, when it is a loop.
    var loopStart: Int? {
        switch self.kind {
        case .forBody(let loop): loop.start
        case .whileBody(let start, _): start
        case .root, .tryBody, .catchBody, .finallyBody, .retryBody, .protectedBody, .errorBody, .onErrorFinally,
            .forkBranch, .subflow:
            nil
        }
    }
}

/// A jump out of nested sub-runs. Every Finally on the way runs first.
enum Transfer {
    case error(Failed)
    /// Leave, or begin the next pass of, the loop with this start in this frame's scope.
    case breakLoop(start: Int)
    case continueLoop(start: Int)
    case retrySucceeded

    /// An error on its way to a handler.
    struct Failed {
        let failure: NodeFailure
        let nodeID: String
    }
}

/// A set of node positions.
struct Marks {
    private var words: [UInt64]

    init(count: Int) { self.words = Array(repeating: 0, count: (count + 63) / 64) }

    func contains(_ position: Int) -> Bool {
        self.words[position >> 6] & (1 << UInt64(position & 63)) != 0
    }

    mutating func insert(_ position: Int) {
        self.words[position >> 6] |= 1 << UInt64(position & 63)
    }

    mutating func removeAll() {
        for position in self.words.indices { self.words[position] = 0 }
    }

    mutating func formUnion(_ other: Marks) {
        for position in self.words.indices { self.words[position] |= other.words[position] }
    }
}
