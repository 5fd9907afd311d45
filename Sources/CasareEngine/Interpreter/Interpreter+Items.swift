import CasareDomain

/// ParallelForEach: its body once for each item, one after another, each on a copy of the variables (workflow format
/// §7).
///
/// A batch is what would run at the same time; here nothing does, so that the same steps come in the same order on a
/// replay. Its size is checked, and otherwise changes nothing.
extension Interpreter {
    /// The variable that says what an item's result is.
    private static let resultName = "result"

    mutating func beginItems(_ node: CompiledNode, _ position: Int) throws(NodeFailure) {
        let inputs = try self.inputs(of: node)
        self.nextItem(
            of: Frame.Items(
                node: position, items: try self.parallelItems(inputs["items"]), failsFast: inputs.bool("fail_fast"),
                secondsPerItem: inputs.double("timeout_per_item"), index: -1, results: [], outer: self.scope))
    }

    /// Null is nothing, and what is no list is a list of one. Text may be the name of a variable.
    private func parallelItems(_ value: Value) throws(NodeFailure) -> [Value] {
        var value = value
        if let text = value.string {
            if let named = self.scope.variables.value(at: text) {
                value = named
            } else if !Template(value).isLiteral {
                throw .value("items is required: \(text) has no value")
            } else if let parsed = try? Value(parsingJSON: text), parsed.list != nil {
                value = parsed
            }
        }
        if value.isNull { return [] }
        return value.list ?? [value]
    }

    /// The present item's body is through.
    mutating func itemEnded(_ items: Frame.Items) {
        var items = items
        items.results.append(self.scope.variables.variable(Self.resultName) ?? .null)
        items.outer.variables.adoptOutputs(of: self.scope.variables)
        self.pop()
        self.nextItem(of: items)
    }

    mutating func itemFailed(_ items: Frame.Items, _ failed: Transfer.Failed) {
        self.pop()
        var items = items
        items.results.append(["error": .string(failed.failure.message)])
        if items.failsFast {
            var failure = failed.failure
            failure.outputs = ["results": .list(items.results)]
            self.failed(items.node, failure)
        } else {
            self.nextItem(of: items)
        }
    }

    private mutating func nextItem(of items: Frame.Items) {
        var items = items
        items.index += 1
        let node = self.scope.program.nodes[items.node]
        guard items.index < items.items.count else {
            self.scope.variables.setOutputs(["results": .list(items.results)], of: node.id)
            self.leave(node, by: "completed")
            return
        }
        if items.index > 0 {
            self.note(node)
            guard self.countExecution(of: node) else { return }
        }
        let scope = items.outer.branch(without: Self.resultName)
        let item = items.items[items.index]
        scope.variables.assign("item", item)
        scope.variables.assign("index", .int(items.index))
        scope.variables.setOutputs(["current_item": item, "current_index": .int(items.index)], of: node.id)
        if items.index > 0 { self.passBegan(node, items.node, port: "body") }
        let what = "item \(items.index) of \(node.id)"
        let limit = items.secondsPerItem > 0 ? self.newLimit(seconds: items.secondsPerItem, of: what) : nil
        self.pushFresh(.item(items), scope: scope, queue: node.successors(of: "body"), limit: limit)
    }
}
