import CasareDomain

/// One program's variables within a run: the workflow itself, a called one, a fork's branch, or an item.
///
/// A reference, because frames share it. It never leaves the run that owns it.
final class Scope {
    let program: Program
    let variables: Variables
    /// How many calls lie above it.
    let depth: Int
    /// What becomes of errors that nobody handles, since an ErrorRecovery node said so.
    var recovery: Recovery?

    init(program: Program, variables: Variables, depth: Int) {
        self.program = program
        self.variables = variables
        self.depth = depth
    }

    /// A scope of the same program that works on a copy of the variables.
    ///
    /// - Parameter name: A variable that it begins without.
    func branch(without name: String? = nil) -> Scope {
        Scope(program: self.program, variables: self.variables.copy(without: name), depth: self.depth)
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
        case item(Items)
        case call(Call)
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

            var count: Int {
                switch self {
                case .list(let list): list.count
                case .entries(let entries): entries.count
                case .range(_, _, let count): count
                }
            }

            subscript(index: Int) -> Value {
                switch self {
                case .list(let list): list[index]
                case .entries(let entries): entries[index].value
                case .range(let start, let step, _): .int(start + step * index)
                }
            }
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

    /// Of a ParallelForEach.
    struct Items {
        let node: Int
        let items: [Value]
        let failsFast: Bool
        let secondsPerItem: Double
        var index: Int
        var results: [Value]
        let outer: Scope
    }

    /// Of another workflow.
    struct Call {
        let node: Int
        /// When it began, where that is among the outputs.
        let startedAt: ClockReading?
        /// The visit that ends with it, when somebody watches.
        let visit: Int?
    }

    var kind: Kind
    let scope: Scope
    /// How long everything in it may take.
    let limit: FrameLimit?
    /// The End that a loop's body ran into.
    var endReached: Int?
    private(set) var queue: [Int]
    private var head = 0
    /// Which set of executed marks its nodes are held against: loops and branches have their own.
    let marks: Int

    init(_ kind: Kind, scope: Scope, queue: [Int], marks: Int, limit: FrameLimit? = nil) {
        self.kind = kind
        self.scope = scope
        self.queue = queue
        self.marks = marks
        self.limit = limit
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
            .forkBranch, .item, .call:
            nil
        }
    }
}

/// A time limit of everything inside a frame. The clock is the driver's: it begins with the first step in there.
struct FrameLimit {
    /// Tells the frames of a run apart.
    let id: Int
    let seconds: Double
    /// What it is the limit of, as in "item 3 of 'each'".
    let what: String
}

/// What an ErrorRecovery node said (workflow format §8).
struct Recovery {
    enum Strategy: String {
        case stop, `continue`, retry, fallback, restart
    }

    let strategy: Strategy
    let node: Int
    let retriesMax: Int
}

/// A jump out of nested sub-runs. Every Finally on the way runs first.
enum Transfer {
    case error(Failed)
    /// Leave, or begin the next pass of, the loop with this start in this frame's scope.
    case breakLoop(start: Int)
    case continueLoop(start: Int)
    case retrySucceeded
    /// To the `fallback` port of an ErrorRecovery node, in the scope's outermost frame.
    case fallback(node: Int)
    /// To the beginning of the run.
    case restart

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
