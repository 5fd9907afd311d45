/// Where a run of a document begins (workflow format §5).
package enum Roots {
    /// Positions in `document.nodes`, in the order in which they are started.
    ///
    /// With a StartNode it is the first one. Without, it is every node that nothing leads to and that is not a trigger,
    /// and whatever follows a trigger that nothing leads to.
    package static func roots(of document: WorkflowDocument, in catalogue: NodeCatalogue) -> [Int] {
        Self.roots(of: DocumentGraph(document, catalogue: catalogue))
    }

    static func roots(of graph: DocumentGraph) -> [Int] {
        let positions = graph.document.nodes.indices
        if let start = positions.first(where: { graph.structure($0) == .start }) { return [start] }
        return positions.filter { position in
            if graph.execPredecessors[position].isEmpty {
                return !graph.isTrigger(position) && !Self.waitsForPartner(position, in: graph)
            }
            return graph.execPredecessors[position].contains { source in
                graph.isTrigger(source) && graph.execPredecessors[source].isEmpty
            }
        }
    }

    /// Nodes that something else brings into play, so that nothing leading to them does not make them a beginning.
    private static func waitsForPartner(_ position: Int, in graph: DocumentGraph) -> Bool {
        switch graph.structure(position) {
        case .comment, .catch, .finally, .join, .forLoopEnd, .whileLoopEnd, .break, .continue, .subflowInput,
            .subflowOutput:
            true
        case .start, .end, .reroute, .merge, .trigger, .if, .switch, .forLoopStart, .whileLoopStart, .try, .retry,
            .retrySuccess, .retryFail, .onError, .fork, .parallelForEach, .errorRecovery, .subflow, .callSubworkflow,
            .executeWorkflow, nil:
            false
        }
    }
}

extension WorkflowDocument {
    /// Where a run begins, as positions in `nodes`.
    package func roots(in catalogue: NodeCatalogue) -> [Int] { Roots.roots(of: self, in: catalogue) }
}
