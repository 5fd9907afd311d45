import CasareDomain

/// For and While loops (workflow format §7).
extension Interpreter {
    mutating func beginForLoop(_ node: CompiledNode, _ position: Int) throws(NodeFailure) {
        let inputs = try self.inputs(of: node)
        let items = try self.loopItems(of: node, inputs)
        var loop = Frame.ForLoop(start: position, items: items, index: -1)
        if self.advance(&loop, node, itemName: inputs.string("item_var")) {
            self.pushFresh(.forBody(loop), scope: self.scope, queue: node.successors(of: "body"))
        } else {
            self.loopCompleted(node, end: node.pairing.loopEnd)
        }
    }

    /// Where a For loop's items come from, first hit (workflow format §7).
    private func loopItems(of node: CompiledNode, _ inputs: Inputs) throws(NodeFailure) -> Frame.ForLoop.Items {
        if inputs.string("mode").lowercased() == "range" { return try Self.range(inputs) }
        let given = inputs["items"]
        if !given.isNull {
            if let text = given.string {
                if let named = self.scope.variables.variable(text) { return Self.items(named) }
                if !Template(given).isLiteral { throw .value("items is required: \(text) has no value") }
                if let parsed = try? Value(parsingJSON: text), parsed.list != nil || parsed.object != nil {
                    return Self.items(parsed)
                }
            }
            return Self.items(given)
        }
        let name = inputs.string("list_var")
        if !name.isBlank, let named = self.scope.variables.variable(name), !named.isNull { return Self.items(named) }
        if !node.bindings.explicit.isDisjoint(with: ["start", "end"]) { return try Self.range(inputs) }
        throw .value(name.isBlank ? "items is required" : "items is required: there is no variable '\(name)'")
    }

    private static func range(_ inputs: Inputs) throws(NodeFailure) -> Frame.ForLoop.Items {
        let step = inputs["step"].int ?? 1
        guard step != 0 else { throw .value("step must not be 0") }
        let start = inputs.int("start")
        let distance = inputs.int("end").subtractingReportingOverflow(start)
        guard !distance.overflow else { throw .value("The range from start to end is too long") }
        let length = distance.partialValue
        guard length != 0, (length > 0) == (step > 0) else { return .range(start: start, step: step, count: 0) }
        // Magnitudes, because the smallest integer has no absolute value.
        let count = (length.magnitude - 1) / step.magnitude + 1
        return .range(start: start, step: step, count: Int(clamping: count))
    }

    private static func items(_ value: Value) -> Frame.ForLoop.Items {
        switch value {
        case .list(let list): .list(list)
        case .object(let object): .entries(Array(object))
        case .string(let text): .list(text.unicodeScalars.map { .string(String($0)) })
        case .null, .bool, .int, .double: .list([value])
        }
    }

    /// Moves a loop to its next item and sets its outputs and variables; false when there is none.
    private mutating func advance(_ loop: inout Frame.ForLoop, _ node: CompiledNode, itemName: String) -> Bool {
        loop.index += 1
        let item: Value
        var key: Value?
        switch loop.items {
        case .list(let list):
            guard loop.index < list.count else { return false }
            item = list[loop.index]
        case .entries(let entries):
            guard loop.index < entries.count else { return false }
            item = entries[loop.index].value
            key = .string(entries[loop.index].key)
        case .range(let start, let step, let count):
            guard loop.index < count else { return false }
            item = .int(start + step * loop.index)
        }
        let name = itemName.isBlank ? "item" : itemName
        let variables = self.scope.variables
        var outputs: Object = ["current_item": item, "current_index": .int(loop.index)]
        variables.assign(name, item)
        variables.assign(name + "_index", .int(loop.index))
        if let key {
            outputs["current_key"] = key
            variables.assign(name + "_key", key)
        }
        variables.setOutputs(outputs, of: node.id)
        return true
    }

    mutating func beginWhileLoop(_ node: CompiledNode, _ position: Int) throws(NodeFailure) {
        self.clockIsFresh = false
        if try self.goesOn(node, iteration: 0) {
            self.pushFresh(
                .whileBody(start: position, iteration: 0), scope: self.scope, queue: node.successors(of: "body"))
        } else {
            self.loopCompleted(node, end: node.pairing.loopEnd)
        }
    }

    private mutating func goesOn(_ node: CompiledNode, iteration: Int) throws(NodeFailure) -> Bool {
        let limit = try self.inputs(of: node)["max_iterations"].int ?? 1000
        guard try self.holds(node) else { return false }
        guard iteration < limit else {
            self.warn(node, "The loop ends after max_iterations (\(limit)), and its condition still holds")
            return false
        }
        self.scope.variables.setOutputs(["current_iteration": .int(iteration)], of: node.id)
        return true
    }

    /// A loop's body is through: the next pass, or on at `completed`.
    mutating func nextPass() -> Request? {
        let frame = self.frames[self.top]
        guard let start = frame.loopStart else { preconditionFailure("A frame that is no loop has no next pass") }
        let node = self.scope.program.nodes[start]
        do throws(NodeFailure) {
            let goesOn: Bool
            var kind = frame.kind
            switch frame.kind {
            case .forBody(var loop):
                let itemName = try self.inputs(of: node).string("item_var")
                goesOn = self.advance(&loop, node, itemName: itemName)
                kind = .forBody(loop)
            case .whileBody(_, let iteration):
                if node.readsClock, !self.clockIsFresh { return self.askForClock(for: node) }
                self.clockIsFresh = false
                goesOn = try self.goesOn(node, iteration: iteration + 1)
                kind = .whileBody(start: start, iteration: iteration + 1)
            default:
                preconditionFailure("A frame that is no loop has no next pass")
            }
            self.note(node)
            guard self.countExecution(of: node) else { return nil }
            self.passBegan(node, start, port: goesOn ? "body" : "completed")
            if goesOn {
                self.frames[self.top].kind = kind
                self.frames[self.top].restart(with: node.successors(of: "body"))
                self.marks[frame.marks].removeAll()
            } else {
                self.pop()
                self.loopCompleted(node, end: frame.endReached ?? node.pairing.loopEnd)
            }
        } catch {
            self.pop()
            self.failed(start, error)
        }
        return nil
    }

    /// On at `completed`; at the loop End's `exec_out` when `completed` leads nowhere.
    mutating func loopCompleted(_ node: CompiledNode, end: Int?) {
        if node.isConnected("completed") {
            self.follow("completed", of: node)
        } else if let end, self.scope.program.nodes[end].isConnected("exec_out") {
            self.follow("exec_out", of: self.scope.program.nodes[end])
        } else {
            self.follow("exec_out", of: node)
        }
    }

    /// A loop's End ends this branch of the body; the other branches are finished first.
    mutating func endOfLoopBody(_ node: CompiledNode, _ position: Int) {
        self.scope.variables.setOutputs([:], of: node.id)
        guard let innermost = self.innermostLoop else {
            self.follow("exec_out", of: node)
            return
        }
        let target = node.pairing.loopStart ?? self.frames[innermost].loopStart
        if self.frames[innermost].loopStart == target {
            self.frames[innermost].endReached = position
        } else if let target, self.isOpen(target) {
            self.transfer(.continueLoop(start: target))
        } else {
            self.follow("exec_out", of: node)
        }
    }

    /// The loop that a Break or Continue is about: the one it names, else the innermost open one.
    func openLoop(for node: CompiledNode, doing verb: String) throws(NodeFailure) -> Int {
        if let named = node.pairing.loopStart {
            guard self.isOpen(named) else {
                throw NodeFailure("ValidationError", "\(verb) names a loop that is not running")
            }
            return named
        }
        guard let innermost = self.innermostLoop, let start = self.frames[innermost].loopStart else {
            throw NodeFailure("ValidationError", "\(verb) is not inside a loop")
        }
        return start
    }

    /// The frame of the innermost loop that is open in the present scope.
    private var innermostLoop: Int? {
        self.frames.indices.reversed().first {
            self.frames[$0].scope === self.scope && self.frames[$0].loopStart != nil
        }
    }

    private func isOpen(_ start: Int) -> Bool {
        self.frames.contains { $0.scope === self.scope && $0.loopStart == start }
    }
}
