import CasareDomain

/// How sub-runs end: by running out of nodes, by an error, or by a jump (workflow format §8).
extension Interpreter {
    /// The top frame has no node left.
    mutating func drained() -> Request? {
        let frame = self.frames[self.top]
        switch frame.kind {
        case .root:
            self.collectOutputs(of: frame.scope)
            self.pop()
        case .forBody, .whileBody:
            return self.nextPass()
        case .tryBody(let start):
            self.pop()
            self.runFinally(of: start, then: .proceed(caught: false))
        case .catchBody(let start):
            self.pop()
            self.runFinally(of: start, then: .proceed(caught: true))
        case .finallyBody(let start, let completion):
            self.pop()
            self.finallyEnded(of: start, completion)
        case .retryBody(let start, _):
            self.pop()
            self.leave(self.scope.program.nodes[start], by: "success")
        case .protectedBody(let start), .errorBody(let start):
            self.pop()
            self.runOnErrorFinally(of: start, then: .proceed(caught: false))
        case .onErrorFinally(let start, let completion):
            self.pop()
            switch completion {
            case .proceed: self.follow("exec_out", of: self.scope.program.nodes[start])
            case .resume(let transfer): self.transfer(transfer)
            }
        case .forkBranch(let fork):
            self.branchEnded(fork)
        case .item(let items):
            self.itemEnded(items)
        case .call(let call):
            return self.callEnded(call)
        }
        return nil
    }

    /// Whether a frame around the present node deals with an error.
    func hasHandler(for failure: NodeFailure) -> Bool {
        for frame in self.frames.reversed() {
            switch frame.kind {
            case .tryBody(let start):
                if self.catchNode(of: start, in: frame.scope, for: failure) != nil { return true }
            case .protectedBody, .retryBody, .forkBranch, .item: return true
            case .root, .forBody, .whileBody, .catchBody, .finallyBody, .errorBody, .onErrorFinally, .call: continue
            }
        }
        return false
    }

    var isRetrying: Bool {
        self.frames.contains { frame in
            guard frame.scope === self.scope, case .retryBody = frame.kind else { return false }
            return true
        }
    }

    /// Leaves frames until one takes the transfer up.
    mutating func transfer(_ transfer: Transfer) {
        while let frame = self.frames.last {
            switch frame.kind {
            case .root:
                switch transfer {
                case .fallback(let node):
                    self.follow("fallback", of: self.scope.program.nodes[node])
                    return
                case .restart:
                    self.restart()
                    return
                case .error(let failed):
                    self.frames.removeAll()
                    self.fatal = failed
                case .breakLoop, .continueLoop, .retrySucceeded:
                    self.pop()
                }
            case .forBody, .whileBody:
                guard let start = frame.loopStart else { return }
                switch transfer {
                case .breakLoop(start):
                    self.note(self.scope.program.nodes[start])
                    self.pop()
                    self.loopCompleted(self.scope.program.nodes[start], end: frame.endReached)
                    return
                case .continueLoop(start):
                    self.frames[self.top].restart(with: [])
                    return
                case .breakLoop, .continueLoop, .error, .retrySucceeded, .fallback, .restart:
                    self.pop()
                }
            case .tryBody(let start):
                self.pop()
                if case .error(let failed) = transfer, self.beginCatch(of: start, failed) { return }
                if self.runFinally(of: start, then: .resume(transfer)) { return }
            case .catchBody(let start):
                self.pop()
                if self.runFinally(of: start, then: .resume(transfer)) { return }
            case .protectedBody(let start):
                self.pop()
                if case .error(let failed) = transfer {
                    self.beginErrorBody(of: start, failed)
                    return
                }
                if self.runOnErrorFinally(of: start, then: .resume(transfer)) { return }
            case .errorBody(let start):
                self.pop()
                if self.runOnErrorFinally(of: start, then: .resume(transfer)) { return }
            case .finallyBody, .onErrorFinally:
                self.pop()
            case .retryBody(let start, let attempt):
                self.pop()
                switch transfer {
                case .error(let failed):
                    self.attemptFailed(attempt, of: start, failed)
                    return
                case .retrySucceeded:
                    self.leave(self.scope.program.nodes[start], by: "success")
                    return
                case .breakLoop, .continueLoop, .fallback, .restart:
                    break
                }
            case .forkBranch(let fork):
                guard case .error(let failed) = transfer else {
                    self.pop()
                    continue
                }
                self.branchFailed(fork, failed)
                return
            case .item(let items):
                guard case .error(let failed) = transfer else {
                    self.pop()
                    continue
                }
                self.itemFailed(items, failed)
                return
            case .call(let call):
                switch transfer {
                case .fallback(let node):
                    self.follow("fallback", of: self.scope.program.nodes[node])
                    return
                case .error(let failed):
                    self.callFailed(call, failed)
                    return
                case .breakLoop, .continueLoop, .retrySucceeded, .restart:
                    self.pop()
                }
            }
        }
    }

    // MARK: - Try

    /// Runs the Catch of a Try, if it has one that takes this type of error.
    private mutating func beginCatch(of start: Int, _ failed: Transfer.Failed) -> Bool {
        guard let position = self.catchNode(of: start, in: self.scope, for: failed.failure) else { return false }
        let node = self.scope.program.nodes[position]
        self.note(node)
        self.setErrorOutputs(failed, of: node)
        self.passBegan(node, position, port: "catch_body")
        self.push(.catchBody(try: start), queue: node.successors(of: "catch_body"))
        return true
    }

    private func catchNode(of start: Int, in scope: Scope, for failure: NodeFailure) -> Int? {
        guard let position = scope.program.nodes[start].pairing.catchNode else { return nil }
        let node = scope.program.nodes[position]
        let inputs = try? node.bindings.inputs(in: scope.variables, clock: self.clock)
        let wanted = inputs?.string("error_types") ?? ""
        return !node.isDisabled && Self.matches(failure.type, wanted) ? position : nil
    }

    /// The record of an error. Its time is asked for where the workflow reads it.
    private mutating func setErrorOutputs(_ failed: Transfer.Failed, of node: CompiledNode) {
        self.scope.variables.setOutputs(
            [
                "error_message": .string(failed.failure.message), "error_type": .string(failed.failure.type),
                "error_node": .string(failed.nodeID), "stack_trace": "",
            ], of: node.id)
        if self.scope.program.readsErrorTime(of: node) { self.errorTime = (node, self.scope.variables) }
    }

    /// Names in a Catch's `error_types` that the original gave to every error.
    private static let typesOfEverything: Set<String> = ["*", "exception", "error", "executionerror"]

    private static func matches(_ type: String, _ wanted: String) -> Bool {
        let names = wanted.split(separator: ",").map { String($0).trimmingBlanks.lowercased() }.filter { !$0.isEmpty }
        return names.isEmpty || names.contains(type.lowercased())
            || names.contains(where: Self.typesOfEverything.contains)
    }

    /// Runs the Finally of a Try, or does at once what comes after it; false when there is none and a transfer goes on.
    @discardableResult
    private mutating func runFinally(of start: Int, then completion: Frame.Completion) -> Bool {
        let finallyNode = self.scope.program.nodes[start].pairing.finallyNode
        guard let position = finallyNode, !self.scope.program.nodes[position].isDisabled else {
            switch completion {
            case .proceed:
                self.finallyEnded(of: start, completion)
                return true
            case .resume:
                return false
            }
        }
        let node = self.scope.program.nodes[position]
        self.note(node)
        self.marks[self.frames[self.top].marks].insert(position)
        var hadError = false
        switch completion {
        case .proceed(let caught): hadError = caught
        case .resume(.error): hadError = true
        case .resume: break
        }
        self.scope.variables.setOutputs(["had_error": .bool(hadError)], of: node.id)
        self.passBegan(node, position, port: "finally_body")
        self.push(.finallyBody(try: start, then: completion), queue: node.successors(of: "finally_body"))
        return true
    }

    private mutating func finallyEnded(of start: Int, _ completion: Frame.Completion) {
        switch completion {
        case .resume(let transfer):
            self.transfer(transfer)
        case .proceed(let caught):
            let node = self.scope.program.nodes[start]
            self.follow("exec_out", of: node)
            if caught, let position = node.pairing.catchNode {
                self.follow("exec_out", of: self.scope.program.nodes[position])
            }
            if let position = node.pairing.finallyNode {
                self.follow("exec_out", of: self.scope.program.nodes[position])
            }
        }
    }

    // MARK: - OnError

    private mutating func beginErrorBody(of start: Int, _ failed: Transfer.Failed) {
        let node = self.scope.program.nodes[start]
        self.setErrorOutputs(failed, of: node)
        self.push(.errorBody(start), queue: node.successors(of: "on_error"))
    }

    /// Always true: an OnError without a connected `finally` runs an empty one.
    @discardableResult
    private mutating func runOnErrorFinally(of start: Int, then completion: Frame.Completion) -> Bool {
        let node = self.scope.program.nodes[start]
        self.push(.onErrorFinally(start, then: completion), queue: node.successors(of: "finally"))
        return true
    }

    // MARK: - Retry

    mutating func beginAttempt(_ attempt: Int, of node: CompiledNode, _ position: Int) {
        self.scope.variables.setOutputs(["attempt": .int(attempt)], of: node.id)
        self.pushFresh(
            .retryBody(start: position, attempt: attempt), scope: self.scope, queue: node.successors(of: "retry_body"))
    }

    private mutating func attemptFailed(_ attempt: Int, of start: Int, _ failed: Transfer.Failed) {
        let node = self.scope.program.nodes[start]
        do throws(NodeFailure) {
            let inputs = try self.inputs(of: node)
            guard attempt < inputs["max_attempts"].int ?? 3, !failed.failure.isInDoubt else {
                var failure = failed.failure
                failure.outputs = ["attempt": .int(attempt), "last_error": .string(failure.message)]
                throw failure
            }
            var delay = inputs["initial_delay"].double ?? 1
            let multiplier = inputs["backoff_multiplier"].double ?? 2
            for _ in stride(from: 1, to: attempt, by: 1) { delay *= multiplier }
            if let limit = inputs["max_delay"].double { delay = min(delay, limit) }
            self.note(node)
            guard self.countExecution(of: node) else { return }
            self.beginAttempt(attempt + 1, of: node, start)
            self.passBegan(node, start, port: "retry_body")
            if delay > 0 { self.pause = (delay, nil) }
        } catch {
            self.failed(start, error)
        }
    }
}
