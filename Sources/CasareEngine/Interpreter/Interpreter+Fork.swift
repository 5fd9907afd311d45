import CasareDomain

/// Forks and their branches, run one after another on copies of the variables (workflow format §7).
extension Interpreter {
    mutating func beginFork(_ node: CompiledNode, _ position: Int) {
        let branches = node.successors.filter { $0.port.hasPrefix("branch_") }.sorted { left, right in
            Self.number(left.port) < Self.number(right.port)
        }
        let fork = Frame.Fork(node: position, branches: branches, index: -1, results: [], outer: self.scope)
        self.nextBranch(of: fork)
    }

    /// The present branch has run to its end, or to the Join.
    mutating func branchEnded(_ fork: Frame.Fork) {
        var fork = fork
        fork.results.append((fork.branches[fork.index].port, Self.results(of: self.scope, outer: fork.outer)))
        fork.outer.variables.adoptOutputs(of: self.scope.variables)
        self.pop()
        self.nextBranch(of: fork)
    }

    mutating func branchFailed(_ fork: Frame.Fork, _ failed: Transfer.Failed) {
        self.pop()
        let node = self.scope.program.nodes[fork.node]
        if (try? self.inputs(of: node).bool("fail_fast")) ?? false {
            self.failed(fork.node, failed.failure)
            return
        }
        var fork = fork
        fork.results.append((fork.branches[fork.index].port, ["_error": .string(failed.failure.message)]))
        self.nextBranch(of: fork)
    }

    private mutating func nextBranch(of fork: Frame.Fork) {
        var fork = fork
        fork.index += 1
        guard fork.index < fork.branches.count else {
            self.join(fork)
            return
        }
        self.pushFresh(.forkBranch(fork), scope: fork.outer.branch(), queue: fork.branches[fork.index].nodes)
    }

    /// A branch's variables, without internal ones and without what an earlier fork has merged and this branch has not
    /// touched: copied along, those would double with every pass of a loop around the fork.
    private static func results(of branch: Scope, outer: Scope) -> Object {
        Object(
            branch.variables.all.lazy.filter { name, value in
                if name.hasPrefix("_") { return false }
                return !Self.isMerged(name) || outer.variables.variable(name) != value
            }.map { ($0.key, $0.value) })
    }

    /// Whether a name is one that merging gives: `branch_2_total`.
    private static func isMerged(_ name: String) -> Bool {
        guard name.hasPrefix("branch_") else { return false }
        let rest = name.dropFirst("branch_".count)
        let digits = rest.prefix(while: \.isNumber)
        return !digits.isEmpty && rest.dropFirst(digits.count).hasPrefix("_")
    }

    private mutating func join(_ fork: Frame.Fork) {
        let variables = self.scope.variables
        for (port, values) in fork.results {
            for (name, value) in values where !name.hasPrefix("_") {
                variables.assign("\(port)_\(name)", value)
            }
        }
        let node = self.scope.program.nodes[fork.node]
        guard let position = node.pairing.join else {
            self.follow("exec_out", of: node)
            return
        }
        let join = self.scope.program.nodes[position]
        self.note(join)
        self.marks[self.frames[self.top].marks].insert(position)
        do throws(NodeFailure) {
            let strategy = try self.inputs(of: join).string("merge_strategy")
            let kept =
                switch strategy {
                case "first": Array(fork.results.prefix(1))
                case "last": Array(fork.results.suffix(1))
                default: fork.results
                }
            let results = Object(kept.map { ($0.port, .object($0.variables)) })
            variables.setOutputs(["results": .object(results), "branch_count": .int(fork.results.count)], of: join.id)
            self.passBegan(join, position, port: join.type.usualPort)
            self.follow("exec_out", of: join)
        } catch {
            self.failed(position, error)
        }
    }

    private static func number(_ port: String) -> Int {
        Int(port.dropFirst("branch_".count)) ?? .max
    }
}
