import CasareDomain
package import CasareEngine

/// Putting texts together, regular expressions, and similarity (node catalogue §1.4).
package enum StringNodes {
    package static let types: [NodeType] = Self.textTypes + Self.patternTypes + Self.similarityTypes

    private static let family = "Strings, numbers, comparison"

    private static let textTypes: [NodeType] = [
        NodeType(
            "ConcatenateNode", family: Self.family, "Puts two texts together.",
            parameters: [
                .init("string_1", .string, default: "", aliases: ["string1"], "The first text."),
                .init("string_2", .string, default: "", aliases: ["string2"], "The second text."),
                .init("separator", .string, default: "", "What stands between them."),
            ],
            outputs: [.init("result", .string)],
            .pure { inputs, _ throws(NodeFailure) in
                let texts = [inputs.string("string_1"), inputs.string("string_2")]
                let result = try TextLimit.joined(texts.map(Value.string), separator: inputs.string("separator"))
                return NodeResult(["result": .string(result)])
            }),
        NodeType(
            "FormatStringNode", family: Self.family, "Fills a template with values.",
            parameters: [
                .init(
                    "template", .string, default: "",
                    "Text with fields such as {name}, {user.name}, {items[0]} and {price:.2f}; {{ is a brace."),
                .init("variables", .object, default: [:], "The values by name."),
            ],
            outputs: [.init("result", .string)],
            .pure { inputs, _ throws(NodeFailure) in
                let format = try FormatTemplate(inputs.string("template"))
                return NodeResult(["result": .string(try format.filled(from: inputs.object("variables")))])
            }),
    ]

    private static let patternTypes: [NodeType] = [
        NodeType(
            "RegexMatchNode", family: Self.family, "Finds everything that a regular expression matches.",
            parameters: [
                .init("text", .string, default: "", "The text to search."),
                .init("pattern", .string, default: "", "The regular expression."),
            ] + TextPattern.flagParameters,
            outputs: [
                .init("match_found", .boolean), .init("first_match", .string), .init("all_matches", .list),
                .init("groups", .list), .init("match_count", .integer),
            ],
            .pure { inputs, _ throws(NodeFailure) in
                let pattern = try TextPattern(inputs.string("pattern"), flagsFrom: inputs)
                let matches = try pattern.matches(in: inputs.string("text"))
                return NodeResult([
                    "match_found": .bool(!matches.isEmpty), "first_match": .string(matches.first?.text ?? ""),
                    "all_matches": .list(matches.map { .string($0.text) }),
                    "groups": .list(matches.first?.groups ?? []), "match_count": .int(matches.count),
                ])
            }),
        NodeType(
            "RegexReplaceNode", family: Self.family, "Replaces what a regular expression matches.",
            parameters: [
                .init("text", .string, default: "", "The text to search."),
                .init("pattern", .string, default: "", "The regular expression."),
                .init("replacement", .string, default: "", "The new text; \\1 and \\g<name> stand for groups."),
                .init("max_count", .integer, default: 0, "How many to replace; 0: all."),
            ] + TextPattern.flagParameters,
            outputs: [.init("result", .string), .init("count", .integer)],
            .pure { inputs, _ throws(NodeFailure) in
                let pattern = try TextPattern(inputs.string("pattern"), flagsFrom: inputs)
                let limit = inputs.int("max_count")
                let (result, count) = try pattern.replacing(
                    in: inputs.string("text"), with: inputs.string("replacement"), limit: limit > 0 ? limit : nil)
                return NodeResult(["result": .string(result), "count": .int(count)])
            }),
    ]

    private static let threshold = NodeType.Parameter(
        "threshold", .number, default: 0.6, "How similar texts must be, from 0 to 1.")

    private static let similarityTypes: [NodeType] = [
        NodeType(
            "FuzzyStringMatchNode", family: Self.family, "Finds the text that is most similar to another.",
            parameters: [
                .init("search_string", .string, default: "", "The text to compare with."),
                .init("candidates", .list, default: [], "The texts to choose from."), Self.threshold,
            ],
            outputs: [
                .init("matched_string", .string), .init("match_score", .number), .init("match_index", .integer),
                .init("is_match", .boolean), .init("all_scores", .object),
            ],
            execOutputs: ["match_found", "no_match"], .pure(SimilaritySearch.best)),
        NodeType(
            "FilterBySimilarityNode", family: Self.family, "Keeps the texts that are similar to another.",
            parameters: [
                .init("input_list", .list, default: [], "The texts; other elements are kept."),
                .init("filter_string", .string, default: "", "The text to compare with."), Self.threshold,
            ],
            outputs: [.init("filtered_list", .list), .init("scores", .object), .init("count", .integer)],
            .pure(SimilaritySearch.filter)),
    ]
}
