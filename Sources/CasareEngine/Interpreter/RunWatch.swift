import CasareDomain

/// Something to tell an observer.
enum Observation {
    case started(NodeVisit)
    case finished(NodeVisitEnd)
}

/// What an observer has not been told of yet. While nobody watches it costs one comparison a node.
struct RunWatch {
    enum Extent {
        case nothing
        /// That nodes are visited, and nothing of what they are given and give.
        case names
        case visits
        /// With the variables of each node's scope.
        case visitsAndVariables
    }

    let extent: Extent
    /// The observer wants to hear of no visit that has not begun.
    private var hasSeenEnough = false
    private var waiting: [Observation] = []
    private var visits = 0
    /// The node whose turn has come and that is executed next.
    private var announced: Int?
    /// The visit that has not ended: of the node that is being executed.
    private(set) var open: (number: Int, position: Int)?
    /// What the nodes that were told of have shown to be secret.
    var secrets = DerivedSecrets()

    init(_ extent: Extent) { self.extent = extent }

    var isOn: Bool {
        switch self.extent {
        case .nothing: false
        case .names, .visits, .visitsAndVariables: true
        }
    }

    /// Whether visits begin: others only end.
    var begins: Bool { self.isOn && !self.hasSeenEnough }

    /// Whether an observer is shown what is in a run.
    var showsValues: Bool {
        switch self.extent {
        case .nothing, .names: false
        case .visits, .visitsAndVariables: true
        }
    }

    /// Lets the visits that are open end, and none begin.
    mutating func sawEnough() { self.hasSeenEnough = true }

    mutating func takeNext() -> Observation? { self.waiting.isEmpty ? nil : self.waiting.removeFirst() }

    /// Tells that a node's turn has come; false when that has been told.
    mutating func announce(_ position: Int, _ visit: (Int) -> NodeVisit) -> Bool {
        if self.announced == position {
            self.announced = nil
            return false
        }
        self.announced = position
        self.open = (self.visits, position)
        self.begin(visit, isPass: false)
        return true
    }

    private mutating func begin(_ visit: (Int) -> NodeVisit, isPass: Bool) {
        var visit = visit(self.visits)
        visit.isPass = isPass
        self.waiting.append(.started(visit))
        self.visits += 1
    }

    /// Takes the open visit over: it ends later, with a call.
    mutating func keepOpen() -> Int? {
        defer { self.open = nil }
        return self.open?.number
    }

    /// Gives a visit back that was taken over, so that it can end.
    mutating func resume(_ number: Int?, _ position: Int) {
        if let number { self.open = (number, position) }
    }

    /// Ends the visit of a node: the one that is open, or one that begins and ends at once, such as the next pass of a
    /// loop.
    mutating func end(_ position: Int, _ visit: (Int) -> NodeVisit, _ end: (Int) -> NodeVisitEnd) {
        if let open, open.position == position {
            self.open = nil
            self.waiting.append(.finished(end(open.number)))
        } else {
            let number = self.visits
            self.begin(visit, isPass: true)
            self.waiting.append(.finished(end(number)))
        }
    }
}

extension Interpreter {
    /// Tells that a node's turn has come; false when that has been told and the node is to be executed.
    mutating func announce(_ node: CompiledNode, _ position: Int) -> Bool {
        let visit = self.describer(of: node)
        guard self.watch.announce(position, visit) else { return false }
        self.ready = position
        return true
    }

    mutating func bypassed(_ node: CompiledNode, _ outputs: Object) {
        self.watch.end(
            Self.noPosition, self.describer(of: node),
            self.ender(of: node, outputs: outputs, failure: nil, port: node.type.usualPort))
    }

    /// No node's: the visit of a disabled node is never open.
    private static let noPosition = -1

    /// Tells that a node has been executed. A structure is through when it has been entered; of one whose visit has
    /// ended already nothing is told again.
    mutating func visitEnded(
        _ node: CompiledNode, _ position: Int, _ failure: NodeFailure? = nil, port: String? = nil
    ) {
        guard self.watch.open?.position == position || failure != nil && self.watch.begins else { return }
        let outputs = failure?.outputs ?? self.frames.last?.scope.variables.outputs[node.id] ?? [:]
        if self.watch.showsValues {
            // A structure's outputs come from the nodes inside.
            let isComputed = node.effect == .pure && node.type.structure == nil
            self.watch.secrets.note(
                inputs: self.inputValues(of: node), outputs: outputs, isComputed: isComputed, masking: self.masking)
        }
        self.watch.end(
            position, self.describer(of: node),
            self.ender(of: node, outputs: outputs, failure: failure, port: port))
    }

    /// Tells that a structure has been entered, or been done with at once.
    mutating func structureEntered(_ node: CompiledNode, _ position: Int) {
        self.visitEnded(node, position, port: self.enteredPort(of: node, position))
    }

    private func enteredPort(of node: CompiledNode, _ position: Int) -> String? {
        switch self.frames.last?.kind {
        case .forBody(let loop) where loop.start == position: return "body"
        case .whileBody(position, _): return "body"
        case .item(let items) where items.node == position: return "body"
        case .tryBody(position): return "try_body"
        case .retryBody(position, _): return "retry_body"
        case .protectedBody(position): return "protected_body"
        case .forkBranch(let fork) where fork.node == position: return fork.branches[fork.index].port
        default: break
        }
        switch node.type.structure {
        case .forLoopStart, .whileLoopStart, .parallelForEach: return "completed"
        case .end, .break, .continue, .forLoopEnd, .whileLoopEnd: return nil
        default: return node.type.usualPort
        }
    }

    /// Tells of another pass of a loop or another attempt.
    ///
    /// - Parameter port: Where it goes on.
    mutating func passBegan(_ node: CompiledNode, _ position: Int, port: String) {
        guard self.watch.begins || self.watch.open?.position == position else { return }
        let outputs = self.scope.variables.outputs[node.id] ?? [:]
        self.watch.end(
            position, self.describer(of: node),
            self.ender(of: node, outputs: outputs, failure: nil, port: port))
    }

    private func ender(
        of node: CompiledNode, outputs: Object, failure: NodeFailure?, port: String?
    ) -> (Int) -> NodeVisitEnd {
        // Of no use where there is nothing to hide.
        let masking = self.watch.showsValues || failure != nil ? self.masking : .nothing
        let outputs = self.watch.showsValues ? SecretNames.masked(masking.masked(outputs)) : [:]
        return { number in
            NodeVisitEnd(
                number: number, node: node.id, nodeType: node.type.name, outputs: outputs,
                error: failure.map { Userinfo.masked(masking.masked($0.message)) }, errorType: failure?.type,
                port: port)
        }
    }

    private func describer(of node: CompiledNode) -> (Int) -> NodeVisit {
        let scope = self.frames.last?.scope ?? self.main
        let attempt = self.attempt(at: node)
        guard self.watch.showsValues else {
            let enclosing = self.enclosingWithoutItems
            return { number in
                NodeVisit(
                    number: number, node: node.id, nodeType: node.type.name, name: node.source.name,
                    workflow: scope.program.name, inputs: [:], isBypassed: node.isDisabled, attempt: attempt,
                    enclosing: enclosing, effect: node.effect)
            }
        }
        let masking = self.masking
        let enclosing = self.enclosing
        let inputs = self.inputValues(of: node)
        let view =
            self.watch.extent == .visitsAndVariables
            ? ScopeView(snapshot: scope.variables.snapshot, masking: masking) : nil
        return { number in
            NodeVisit(
                number: number, node: node.id, nodeType: node.type.name, name: node.source.name,
                workflow: scope.program.name, inputs: SecretNames.masked(masking.masked(inputs)),
                isBypassed: node.isDisabled, attempt: attempt, scope: view,
                enclosing: enclosing.map { $0.masked(by: masking) }, effect: node.effect)
        }
    }

    /// What the node gets; nothing where a parameter does not fit, which the node's failure says.
    private func inputValues(of node: CompiledNode) -> Object {
        let variables = (self.frames.last?.scope ?? self.main).variables
        let inputs = (try? node.inputs(in: variables, clock: self.clock))?.all ?? [:]
        _ = variables.takeMisses()
        return inputs
    }

    /// Which try this is of a node that is about to be executed; from 1.
    func attempt(at node: CompiledNode) -> Int {
        1 + (self.repeatsDone(of: node, in: self.frames.last?.scope ?? self.main) ?? 0)
    }

    private func repeatsDone(of node: CompiledNode, in scope: Scope) -> Int? {
        guard let repeats = self.repeats, repeats.node == scope.program.positions[node.id] else { return nil }
        return repeats.count
    }

    /// Sets variables where a node that is about to be executed looks for them.
    ///
    /// - Returns: The visit as it is now.
    func setting(_ variables: Object, before visit: NodeVisit) -> NodeVisit {
        guard let scope = self.frames.last?.scope, let position = scope.program.positions[visit.node] else {
            preconditionFailure("No node \(visit.node) is about to be executed")
        }
        for (name, value) in variables { scope.variables.assign(name, value) }
        return self.describer(of: scope.program.nodes[position])(visit.number)
    }

    func position(at node: CompiledNode?) -> RunPosition {
        RunPosition(
            executed: self.executions, node: node?.id, name: node?.source.name,
            enclosing: self.enclosingWithoutItems)
    }

    /// To look through a large item for secrets may take longer than the node.
    private var enclosingWithoutItems: [EnclosingStructure] {
        self.enclosing.map { structure in
            var structure = structure
            structure.item = nil
            return structure
        }
    }

    /// The structures that are open, the outermost first.
    private var enclosing: [EnclosingStructure] {
        self.frames.compactMap { frame in
            func structure(
                _ kind: EnclosingStructure.Kind, _ node: Int, _ count: Int? = nil, of total: Int? = nil,
                item: Value? = nil, detail: String? = nil
            ) -> EnclosingStructure {
                EnclosingStructure(
                    kind: kind, node: frame.scope.program.nodes[node].id, workflow: frame.scope.program.name,
                    count: count, total: total, item: item, detail: detail)
            }
            switch frame.kind {
            case .root: return nil
            case .forBody(let loop):
                return structure(
                    .loop, loop.start, loop.index + 1, of: loop.items.count, item: loop.items[loop.index])
            case .whileBody(let start, let iteration): return structure(.loop, start, iteration + 1)
            case .tryBody(let start): return structure(.tryBody, start)
            case .catchBody(let start): return structure(.catchBody, start)
            case .finallyBody(let start, _): return structure(.finallyBody, start)
            case .retryBody(let start, let attempt): return structure(.retry, start, attempt)
            case .protectedBody(let start): return structure(.protected, start)
            case .errorBody(let start): return structure(.onError, start)
            case .onErrorFinally(let start, _): return structure(.finallyBody, start)
            case .forkBranch(let fork):
                return structure(
                    .branch, fork.node, fork.index + 1, of: fork.branches.count,
                    detail: fork.branches[fork.index].port)
            case .item(let items):
                return structure(
                    .item, items.node, items.index + 1, of: items.items.count, item: items.items[items.index])
            case .call(let call):
                // The calling node is in the workflow that calls.
                let caller = self.caller(of: frame)
                return EnclosingStructure(
                    kind: .call, node: caller.nodes[call.node].id, workflow: caller.name, count: nil,
                    detail: frame.scope.program.name)
            }
        }
    }

    private func caller(of frame: Frame) -> Program {
        for position in self.frames.indices.dropFirst() where self.frames[position].scope === frame.scope {
            return self.frames[position - 1].scope.program
        }
        return self.main.program
    }
}
