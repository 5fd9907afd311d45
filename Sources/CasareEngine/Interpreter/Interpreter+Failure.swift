import CasareDomain

/// What becomes of a node that failed, or that is disabled.
extension Interpreter {
    private static let errorPorts = ["error", "exec_error", "failed", "on_error", "invalid", "no_match"]
    private static let repetitionPauseSeconds = 1.0

    /// A node's failure: its own error port, the `retry_count` setting, an enclosing handler, what an ErrorRecovery
    /// node said, `stop_on_error`, or the end of the run, in this order (workflow format §8). The node that the run was
    /// to go to is repeated by the setting, and nothing else is made of its failure.
    mutating func failed(_ position: Int, _ failure: NodeFailure) {
        let scope = self.scope
        let node = scope.program.nodes[position]
        self.records.note(failure, of: node.id)
        scope.variables.setOutputs(failure.outputs, of: node.id)
        self.keepRetryAfter(failure.outputs)
        let errorPort = Self.errorPorts.first {
            node.isConnected($0) && node.type.structure?.ownsErrorPorts != true
        }
        if self.watch.isOn { self.visitEnded(node, position, failure, port: errorPort) }
        if let port = errorPort {
            self.repeats = nil
            if self.isTarget(position, in: scope) {
                return self.targetReached(Transfer.Failed(failure: failure, nodeID: node.id))
            }
            self.follow(port, of: node)
            return
        }
        let ownRepetitions = scope.program.settings.retryCount
        if self.repeats(node, position, failure, upTo: ownRepetitions) { return }
        let failed = Transfer.Failed(failure: failure, nodeID: node.id)
        if self.isTarget(position, in: scope) { return self.targetReached(failed) }
        if self.hasHandler(for: failure) {
            self.repeats = nil
            self.transfer(.error(failed))
            return
        }
        if let recovery = scope.recovery {
            switch recovery.strategy {
            case .stop: break
            case .continue:
                self.repeats = nil
                self.frames[self.top].append(node.next)
                return
            case .retry:
                if self.repeats(node, position, failure, upTo: ownRepetitions + recovery.retriesMax) { return }
            case .fallback where scope.program.nodes[recovery.node].isConnected("fallback"):
                // Once: an error on the way out of an error is one too many.
                scope.recovery = nil
                self.repeats = nil
                self.transfer(.fallback(node: recovery.node))
                return
            case .fallback: break
            case .restart:
                guard !failure.isInDoubt, self.restarts < recovery.retriesMax else { break }
                self.restarts += 1
                self.transfer(.restart)
                return
            }
        }
        self.repeats = nil
        if scope.recovery == nil, self.settings.options.continueOnError {
            // The branch ends here; the others go on.
        } else if scope.recovery == nil, !scope.program.settings.stopOnError {
            self.frames[self.top].append(node.next)
        } else {
            self.transfer(.error(failed))
        }
    }

    /// Keeps for how long the server that was asked last wants to be left alone. Whether the workflow fails by that
    /// answer, or says in words of its own that it was none, the next attempt would ask the same server.
    mutating func keepRetryAfter(_ outputs: Object) {
        guard let asked = outputs[NodeResult.retryAfterOutput] else { return }
        self.retryAfterSeconds = asked.double
    }

    /// Has a leaf node executed again, if it may be.
    private mutating func repeats(
        _ node: CompiledNode, _ position: Int, _ failure: NodeFailure, upTo count: Int
    ) -> Bool {
        guard count > 0, node.type.structure == nil, !failure.isInDoubt else { return false }
        let done = self.repeats?.node == position ? self.repeats?.count ?? 0 : 0
        guard done < count else { return false }
        self.repeats = (position, done + 1)
        self.pause = (Self.repetitionPauseSeconds, position)
        return true
    }

    /// Keeps what an ErrorRecovery node says for what comes after it in its workflow.
    mutating func setRecovery(_ node: CompiledNode, _ position: Int) throws(NodeFailure) {
        let inputs = try self.inputs(of: node)
        let name = inputs.string("strategy")
        let strategy = Recovery.Strategy(rawValue: name.trimmingBlanks.lowercased())
        if strategy == nil, !name.isBlank {
            self.warn(node, "There is no strategy '\(name)': an error stops the run")
        }
        self.scope.recovery = Recovery(
            strategy: strategy ?? .stop, node: position, retriesMax: max(0, inputs["max_retries"].int ?? 3))
        self.succeeded(position, NodeResult())
    }

    /// The whole run begins anew: with its start values, and as if no node had been executed.
    mutating func restart() {
        self.main = Self.mainScope(of: self.main.program, self.starts.variables, self.secrets)
        self.begin()
    }

    /// A disabled node counts as done and passes on what it was given (workflow format §5). What would have run inside
    /// it is left out.
    mutating func bypass(_ node: CompiledNode) {
        var outputs: Object = [:]
        for (name, value) in node.bindings.allDelivered(in: self.scope.variables) {
            outputs[name.hasSuffix("_in") ? name.dropLast("_in".count) + "_out" : name] = value
        }
        self.scope.variables.setOutputs(outputs, of: node.id)
        if self.watch.begins { self.bypassed(node, outputs) }
        guard !node.isConnected(ExecPorts.usualOutput) else { return self.follow(ExecPorts.usualOutput, of: node) }
        switch node.type.structure {
        case .forLoopStart, .whileLoopStart, .parallelForEach:
            self.follow("completed", of: node)
        case .retry:
            self.follow("success", of: node)
        case .fork:
            guard let join = node.pairing.join else { return }
            self.marks[self.frames[self.top].marks].insert(join)
            self.follow(ExecPorts.usualOutput, of: self.scope.program.nodes[join])
        default:
            // A disabled If or Switch chooses no side, and of the others there is only the usual way.
            break
        }
    }
}

extension NodeType.Structure {
    /// Whether the structure itself decides when its `failed` or `on_error` port is taken.
    fileprivate var ownsErrorPorts: Bool { self == .onError }
}
