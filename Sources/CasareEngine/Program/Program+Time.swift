extension Program {
    /// Whether a run of it may do more than compute: read or change the world, ask for secrets, pause, or wait for
    /// another job. Every such run reads its journal sooner or later.
    package var mayTakeTime: Bool {
        !self.secretReferences.isEmpty || self.nodes.contains(where: \.mayTakeTime)
            || self.subflows.values.contains { $0.program.nodes.contains(where: \.mayTakeTime) }
    }
}

extension CompiledNode {
    fileprivate var mayTakeTime: Bool {
        guard !self.isDisabled else { return false }
        switch self.type.behaviour {
        case .perform: return true
        case .pure, .unsupported: return false
        case .structure(let structure):
            switch structure {
            case .retry, .errorRecovery, .subflow, .callSubworkflow, .executeWorkflow: return true
            case .start, .end, .comment, .reroute, .merge, .trigger, .if, .switch, .forLoopStart, .forLoopEnd,
                .whileLoopStart, .whileLoopEnd, .break, .continue, .try, .catch, .finally, .retrySuccess, .retryFail,
                .onError, .fork, .join, .parallelForEach, .subflowInput, .subflowOutput:
                return false
            }
        }
    }
}
