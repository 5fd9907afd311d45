package import CasareDomain

/// Which part of a workflow is run.
package enum RunSelection: Hashable, Sendable {
    /// All of it, from its first StartNode or where else it begins (workflow format §5).
    case whole
    /// From every StartNode, one after another and on the same variables. The run fails when each of them failed.
    case allStarts
    /// Only what leads to a node; the run ends when the node has been executed, and fails when the node has failed.
    case until(node: String)
    /// One node, with what is inside it when it is a loop or the like. Nothing before it is run: what it reads must be
    /// among the start values.
    case only(node: String)
    /// From a trigger that has fired: the members of the payload are its outputs.
    case fired(trigger: String, payload: Object)

    /// The node that it names, when it names one.
    package var node: String? {
        switch self {
        case .whole, .allStarts: nil
        case .until(let node), .only(let node), .fired(let node, _): node
        }
    }
}

/// A selection that does not fit its workflow.
package struct UnknownSelection: Error, Hashable, Sendable, CustomStringConvertible {
    package let node: String
    package let workflow: String
    /// The ID that was probably meant.
    package let nearest: String?

    package var description: String {
        "Workflow '\(self.workflow)' has no node '\(self.node)'"
            + (self.nearest.map { "; did you mean '\($0)'?" } ?? "")
    }
}

extension RunSelection {
    struct Plan {
        var starts: [[Int]]
        var allowed: Set<Int>?
        var target: Int?
        var targetIsContainer = false
        var fired: (node: String, payload: Object)?
    }

    /// - Throws: When the program does not have the node.
    func check(against program: Program) throws(UnknownSelection) {
        guard let node, program.positions[node] == nil else { return }
        throw UnknownSelection(
            node: node, workflow: program.name,
            nearest: Spelling.nearest(to: node, among: program.nodes.map(\.id)))
    }

    /// A node that is not there is no part of any plan: nothing is run then.
    func plan(for program: Program) -> Plan {
        switch self {
        case .whole:
            return Plan(starts: [program.roots])
        case .allStarts:
            let starts = program.nodes.indices.filter { program.nodes[$0].type.structure == .start }
            return Plan(starts: starts.count > 1 ? starts.map { [$0] } : [program.roots])
        case .until(let node):
            guard let target = program.positions[node] else { return Plan(starts: [[]]) }
            let leading = program.leading(to: target)
            let allowed = leading.union(leading.flatMap { program.inside($0) })
            return Plan(
                starts: [program.roots], allowed: allowed, target: target,
                targetIsContainer: !program.bodyStarts(of: target).isEmpty)
        case .only(let node):
            guard let target = program.positions[node] else { return Plan(starts: [[]]) }
            return Plan(starts: [[target]], allowed: program.inside(target).union([target]))
        case .fired(let trigger, let payload):
            guard let position = program.positions[trigger] else { return Plan(starts: [[]]) }
            return Plan(starts: [[position]], fired: (trigger, payload))
        }
    }
}

extension Program {
    /// The node and everything that may come before it.
    fileprivate func leading(to target: Int) -> Set<Int> {
        var predecessors = self.nodes.map { _ in [Int]() }
        for position in self.nodes.indices {
            for next in self.followers(of: position) { predecessors[next].append(position) }
        }
        return Self.reached(from: [target]) { predecessors[$0] }
    }

    /// What is executed inside a loop, a Try, a Retry and the like.
    fileprivate func inside(_ container: Int) -> Set<Int> {
        let pairing = self.nodes[container].pairing
        // Where the inside ends: what comes behind these belongs to what follows the container.
        let ends = Set([pairing.loopEnd, pairing.join].compactMap(\.self))
        return Self.reached(from: self.bodyStarts(of: container)) { position in
            ends.contains(position) ? [] : self.followers(of: position)
        }
    }

    /// The nodes that the bodies of a container begin with; none for a node that is no container.
    fileprivate func bodyStarts(of container: Int) -> [Int] {
        let node = self.nodes[container]
        let ports: [String]
        switch node.type.structure {
        case .forLoopStart, .whileLoopStart, .parallelForEach: ports = ["body"]
        case .try: ports = ["try_body"]
        case .catch: ports = ["catch_body"]
        case .finally: ports = ["finally_body"]
        case .retry: ports = ["retry_body"]
        case .onError: ports = ["protected_body", "on_error", "finally"]
        case .fork: ports = node.successors.map(\.port).filter { $0 != ExecPorts.usualOutput }
        default: ports = []
        }
        let partners = [node.pairing.catchNode, node.pairing.finallyNode].compactMap(\.self)
        return ports.flatMap(node.successors(of:)) + partners
    }

    private func followers(of position: Int) -> [Int] {
        let node = self.nodes[position]
        return node.successors.flatMap(\.nodes)
            + [node.pairing.catchNode, node.pairing.finallyNode, node.pairing.join].compactMap(\.self)
    }

    private static func reached(from starts: [Int], _ next: (Int) -> [Int]) -> Set<Int> {
        var seen = Set(starts)
        var open = starts
        while let position = open.popLast() {
            for follower in next(position) where seen.insert(follower).inserted { open.append(follower) }
        }
        return seen
    }
}
