import CasareDomain
import CasareEngine

/// Choosing among texts by their similarity to another.
enum SimilaritySearch {
    @Sendable static func best(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let wanted = inputs.string("search_string")
        var best: (text: String, score: Double, index: Int)?
        var scores: Object = [:]
        if !wanted.isEmpty {
            for (index, candidate) in inputs.list("candidates").enumerated() {
                guard let text = candidate.string else { continue }
                let score = try Similarity.ratio(wanted, text)
                scores[text] = .double(score)
                if best.map({ score > $0.score }) ?? true { best = (text, score, index) }
            }
        }
        let isMatch = best.map { $0.score >= inputs.double("threshold") } ?? false
        return NodeResult(
            [
                "matched_string": .string(isMatch ? best?.text ?? "" : ""), "match_score": .double(best?.score ?? 0),
                "match_index": .int(best?.index ?? -1), "is_match": .bool(isMatch), "all_scores": .object(scores),
            ],
            port: isMatch ? "match_found" : "no_match")
    }

    @Sendable static func filter(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let wanted = inputs.string("filter_string")
        let threshold = inputs.double("threshold")
        var kept: [Value] = []
        var scores: Object = [:]
        for element in wanted.isEmpty ? [] : inputs.list("input_list") {
            guard let text = element.string else {
                kept.append(element)
                continue
            }
            let score = try Similarity.ratio(wanted, text)
            scores[text] = .double(score)
            if score >= threshold { kept.append(element) }
        }
        return NodeResult([
            "filtered_list": .list(kept), "scores": .object(scores), "count": .int(kept.count),
        ])
    }
}
