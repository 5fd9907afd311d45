import CasareDomain

/// What each structural node does when it is reached (workflow format §5 to §9).
extension Interpreter {
    mutating func carryOut(_ structure: NodeType.Structure, _ node: CompiledNode, _ position: Int) -> Request? {
        do throws(NodeFailure) {
            switch structure {
            case .start, .merge, .comment:
                self.succeeded(position, NodeResult())
            case .trigger:
                // The one that fired has its payload already; what it does not hold is null.
                let nothing = Object(node.type.outputs.map { ($0.name, Value.null) })
                self.succeeded(
                    position, NodeResult(nothing.merging(self.scope.variables.outputs[node.id] ?? [:])))
            case .reroute:
                self.succeeded(position, NodeResult(["out": try self.inputs(of: node)["in"]]))
            case .end:
                self.scope.variables.setOutputs([:], of: node.id)
            case .if:
                let isTrue = try self.holds(node)
                self.succeeded(position, NodeResult([:], port: isTrue ? "true" : "false"))
            case .switch:
                self.succeeded(position, NodeResult([:], port: try self.chosenCase(of: node)))
            case .forLoopStart:
                try self.beginForLoop(node, position)
            case .whileLoopStart:
                try self.beginWhileLoop(node, position)
            case .forLoopEnd, .whileLoopEnd:
                self.endOfLoopBody(node, position)
            case .break:
                self.transfer(.breakLoop(start: try self.openLoop(for: node, doing: "Break")))
            case .continue:
                self.transfer(.continueLoop(start: try self.openLoop(for: node, doing: "Continue")))
            case .try:
                self.push(.tryBody(position), queue: node.successors(of: "try_body"))
            case .catch:
                // No error is active here: one that is reaches the Catch through its Try.
                self.follow("exec_out", of: node)
            case .finally:
                self.scope.variables.setOutputs(["had_error": false], of: node.id)
                self.follow("finally_body", of: node)
                self.follow("exec_out", of: node)
            case .retry:
                // What does not fit is better known before the body has run than after it.
                _ = try self.inputs(of: node)
                self.beginAttempt(1, of: node, position)
            case .retrySuccess:
                if self.isRetrying {
                    self.transfer(.retrySucceeded)
                } else {
                    self.succeeded(position, NodeResult())
                }
            case .retryFail:
                let message = try self.inputs(of: node).string("error_message")
                let failure = NodeFailure("NodeError", message.isBlank ? "Operation failed" : message)
                guard self.isRetrying else { throw failure }
                // The attempt has failed as it meant to; that is no error of this node.
                let failed = Transfer.Failed(failure: failure, nodeID: node.id)
                if self.isTarget(position, in: self.scope) {
                    self.targetReached(failed)
                } else {
                    self.transfer(.error(failed))
                }
            case .onError:
                self.push(.protectedBody(position), queue: node.successors(of: "protected_body"))
            case .fork:
                _ = try self.inputs(of: node)
                self.beginFork(node, position)
            case .join:
                self.scope.variables.setOutputs(["results": [:], "branch_count": 0], of: node.id)
                self.follow("exec_out", of: node)
            case .parallelForEach:
                try self.beginItems(node, position)
            case .errorRecovery:
                try self.setRecovery(node, position)
            case .subflow, .callSubworkflow, .executeWorkflow:
                return try self.call(node, position)
            case .subflowInput:
                self.provideInput(node, in: self.scope)
                self.follow("exec_out", of: node)
            case .subflowOutput:
                self.collectOutput(node, in: self.scope)
                self.follow("exec_out", of: node)
            }
        } catch {
            self.failed(position, error)
        }
        return nil
    }

    /// Whether reaching a node ends the branch here, because the structure that the present frame belongs to runs it
    /// itself: a Try its Finally, a Fork its Join.
    func endsHere(_ node: CompiledNode, _ position: Int) -> Bool {
        switch self.frames[self.top].kind {
        case .tryBody(let start), .catchBody(let start):
            self.scope.program.nodes[start].pairing.finallyNode == position
        case .forkBranch(let fork):
            fork.outer.program.nodes[fork.node].pairing.join == position
        case .root, .forBody, .whileBody, .finallyBody, .retryBody, .protectedBody, .errorBody, .onErrorFinally, .item,
            .call:
            false
        }
    }

    /// Opens a body that shares the executed marks of the frame around it.
    mutating func push(_ kind: Frame.Kind, queue: [Int]) {
        self.frames.append(Frame(kind, scope: self.scope, queue: queue, marks: self.frames[self.top].marks))
    }

    /// Opens a body with executed marks of its own.
    mutating func pushFresh(_ kind: Frame.Kind, scope: Scope, queue: [Int], limit: FrameLimit? = nil) {
        self.marks.append(Marks(count: scope.program.nodes.count))
        self.frames.append(Frame(kind, scope: scope, queue: queue, marks: self.marks.count - 1, limit: limit))
    }

    /// Closes the top frame. What the last pass of a loop or retry executed counts as executed around it.
    mutating func pop() {
        let frame = self.frames.removeLast()
        guard let around = self.frames.last, frame.marks != around.marks else { return }
        let own = self.marks.removeLast()
        if frame.scope === around.scope { self.marks[around.marks].formUnion(own) }
    }

    /// A limit for a frame that is about to be opened.
    mutating func newLimit(seconds: Double, of what: String) -> FrameLimit {
        self.limitsBegun += 1
        return FrameLimit(id: self.limitsBegun, seconds: seconds, what: what)
    }

    /// The limits that hold just now, the outermost first.
    var limits: [FrameLimit] { self.frames.compactMap(\.limit) }

    // MARK: - Switch

    private mutating func chosenCase(of node: CompiledNode) throws(NodeFailure) -> String {
        var value = node.bindings.delivered("value", in: self.scope.variables)
        if value == nil { value = try self.decision(of: node) }
        guard let value else { return "default" }
        let text = value.displayText
        let cases = try self.inputs(of: node).list("cases")
        for entry in cases where entry.displayText == text {
            return "case_\(text)"
        }
        return "default"
    }
}
