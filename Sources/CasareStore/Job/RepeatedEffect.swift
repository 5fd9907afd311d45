import CasareDomain

/// A step of a job that changed the world, or may have, and that another job performs again.
package struct RepeatedEffect: Hashable, Sendable {
    package let step: Int
    package let node: String
    package let nodeType: String
    /// Nobody knows whether it happened.
    package let isInDoubt: Bool
}

extension JournalRow {
    /// Whether it would be performed again by a job that takes over what stands before a step.
    func effectRepeated(from step: Int?) -> RepeatedEffect? {
        guard self.effect == "effect", self.step >= step ?? 0 else { return nil }
        let isInDoubt: Bool
        if self.result == nil {
            // At the step itself it is taken over, and asked about.
            guard self.step != step else { return nil }
            isInDoubt = true
        } else {
            isInDoubt = self.isDoubtful
            guard isInDoubt || !self.isFailure else { return nil }
        }
        return RepeatedEffect(step: self.step, node: self.node, nodeType: self.nodeType, isInDoubt: isInDoubt)
    }

    /// Whether somebody decided that it counts as failed: it may have happened all the same.
    var isDoubtful: Bool {
        // A result is the engine's own text; one that cannot be read tells of no error.
        guard let result, let value = try? Value(parsingJSON: result) else { return false }
        return value["error"] != nil && value["type"]?.string == Job.Resolution.failureType
    }
}
