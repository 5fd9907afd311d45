import CasareDomain

/// What runs after a node.
extension Interpreter {
    /// Stores what a node produced and goes on at the port it chose.
    mutating func succeeded(_ position: Int, _ result: NodeResult) {
        let scope = self.scope
        let node = scope.program.nodes[position]
        self.repeats = nil
        scope.variables.setOutputs(result.outputs, of: node.id)
        self.keepRetryAfter(result.outputs)
        if self.watch.isOn { self.visitEnded(node, position, port: node.port(chosen: result)) }
        if self.isTarget(position, in: scope), !self.starts.targetIsContainer { return self.targetReached() }
        guard let port = result.port else {
            self.frames[self.top].append(node.next)
            return
        }
        self.follow(node.isBranching ? port : ExecPorts.usualOutput, of: node)
        if node.isBranching, self.settings.keepsEvents, !node.isConnected(port) {
            self.records.tell(.debug, node.id, "Nothing is connected to '\(port)': this branch ends here")
        }
    }

    mutating func follow(_ port: String, of node: CompiledNode) {
        self.frames[self.top].append(node.successors(of: port))
    }

    /// On at the port where a block says that it is done; at its usual output when that leads nowhere.
    mutating func leave(_ node: CompiledNode, by port: String) {
        self.follow(node.isConnected(port) ? port : ExecPorts.usualOutput, of: node)
    }
}
