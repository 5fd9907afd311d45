import CasareClient
import CasareDomain
import CasareWire

/// What a job that is run again does to the world once more.
struct RepeatedEffects: Hashable, Sendable {
    /// No more are named to people.
    private static let namedMax = 5

    /// In order; the first of them.
    let effects: [RepeatedEffectInfo]
    let count: Int

    var isEmpty: Bool { self.count == 0 }

    init(_ effects: [RepeatedEffectInfo]) {
        self.effects = effects
        self.count = effects.count
    }

    /// `nil` where the server does not tell.
    init?(_ response: RerunResponse) {
        guard let effects = response.repeats else { return nil }
        self.effects = effects
        self.count = response.repeatsCount ?? effects.count
    }

    /// What a server keeps of the job, before anything is done; nothing where only a dead letter is left of it.
    ///
    /// - Throws: `.notFound` for a step that the job has not recorded.
    static func of(_ id: Job.ID, from point: Job.ResumePoint, by client: CasareClient) async throws -> RepeatedEffects {
        let first: Int?
        switch point {
        case .start: first = nil
        case .step(let step): first = step
        // What has happened, or may have, is taken over.
        case .failed: return RepeatedEffects([])
        }
        let steps: [StepInfo]
        do throws(ClientError) {
            steps = try await client.steps(of: id, results: false)
        } catch {
            guard case .api(let problem) = error, problem.code == .notFound else { throw error }
            return RepeatedEffects([])
        }
        if let first, first > 0, !steps.contains(where: { $0.step == first }) {
            throw CommandFailure(
                .notFound, "job \(id) has recorded no step \(first): casarectl job steps \(id) shows its steps")
        }
        return RepeatedEffects(steps.compactMap { $0.repeated(from: first) })
    }

    /// "performs again: step 1 (pay), step 4 (mail, which may have happened)", on one line.
    var text: String {
        let named = self.effects.prefix(Self.namedMax).map { effect in
            "step \(effect.step) (\(effect.node)\(effect.isInDoubt ? ", which may have happened" : ""))"
        }
        let rest = self.count - named.count
        return TerminalText.line(
            "performs again: \(named.joined(separator: ", "))\(rest > 0 ? " and \(rest) more" : "")")
    }

    var json: Value {
        .list(
            self.effects.map { effect in
                .object([
                    "step": .int(effect.step), "node": .string(effect.node), "node_type": .string(effect.nodeType),
                    "in_doubt": .bool(effect.isInDoubt),
                ])
            })
    }
}

extension StepInfo {
    /// What a job that begins at a step of this one's does again of it; `nil`: at the start. Needs the results of steps
    /// that failed.
    func repeated(from step: Int?) -> RepeatedEffectInfo? {
        guard self.effect == "effect", self.step >= step ?? 0 else { return nil }
        let isInDoubt: Bool
        if self.finishedAt == nil {
            // At the step itself it is taken over, and asked about.
            guard self.step != step else { return nil }
            isInDoubt = true
        } else if let result, result["error"] != nil {
            // Somebody decided that it counts as failed: it may have happened all the same.
            guard result["type"]?.string == Job.Resolution.failureType else { return nil }
            isInDoubt = true
        } else {
            isInDoubt = false
        }
        return RepeatedEffectInfo(step: self.step, node: self.node, nodeType: self.nodeType, isInDoubt: isInDoubt)
    }
}
