import CasareDomain
import CasareEngine

extension SuperNodes {
    private static func single(_ name: String) -> NodeType { Self.type(name, among: TextNodes.types) }

    private static let textActions: [PureAction] = [
        PureAction("Contains", as: Self.single("TextContainsNode")),
        PureAction("Substring", as: Self.single("TextSubstringNode")),
        PureAction("Starts With", as: Self.single("TextStartsWithNode")),
        PureAction("Ends With", as: Self.single("TextEndsWithNode")),
        PureAction("Extract (Regex)", short: ["Extract", "Regex"], as: Self.single("TextExtractNode")),
        PureAction("Split", as: Self.single("TextSplitNode")),
        PureAction("Replace", as: Self.single("TextReplaceNode"), renamed: ["count": "replace_count"]),
        PureAction(
            "Trim", as: Self.single("TextTrimNode"), renamed: ["mode": "trim_mode", "characters": "trim_characters"]),
        PureAction(
            "Case", short: ["Change Case"], as: Self.single("TextCaseNode"), renamed: ["case": "case_transform"]),
        PureAction("Pad", as: Self.single("TextPadNode"), renamed: ["mode": "pad_mode"]),
        PureAction("Reverse", as: Self.single("TextReverseNode")),
        PureAction("Lines", as: Self.single("TextLinesNode"), renamed: ["mode": "lines_mode"]),
        PureAction("Count", as: Self.single("TextCountNode"), renamed: ["mode": "count_mode"]),
        PureAction("Join", as: Self.single("TextJoinNode")),
    ]

    static let text = NodeType(
        "TextSuperNode", family: "Text", "Does one of the operations on text.",
        parameters: [
            PureAction.parameter(Self.textActions), .init("text", .string, default: "", "The text."),
            .init("search", .string, default: "", "What Contains looks for, and Count counts when it is given."),
            .init("prefix", .string, default: "", "The beginning that Starts With looks for."),
            .init("suffix", .string, default: "", "The end that Ends With looks for."),
            .init("case_sensitive", .boolean, default: true, "Tell capital letters from small ones."),
            .init("start", .any, "Where a Substring begins, from 0; negative counts from the end."),
            .init("end", .any, "A Substring stops before this position; without it at the end."),
            .init("pattern", .string, default: "", "The regular expression of Extract."),
            .init("all_matches", .boolean, default: false, "Extract all matches rather than the first."),
            .init(
                "separator", .string, default: "", "Where Split splits, else at white space; what Join puts between."),
            .init("max_split", .integer, default: -1, "How often Split splits at most; negative: always."),
            .init("old_value", .string, default: "", "What Replace replaces: text or a pattern."),
            .init("new_value", .string, default: "", "What Replace puts in its place."),
            .init("replace_count", .integer, default: -1, "How many Replace replaces; negative: all."),
            .init("use_regex", .boolean, default: false, "Whether `old_value` is a regular expression."),
            .init(
                "trim_mode", .string, default: "both", choices: ["both", "left", "right"], "Which ends Trim works on."),
            .init("trim_characters", .string, default: "", "What Trim removes; empty: white space."),
            .init(
                "case_transform", .string, default: "lower",
                choices: ["upper", "lower", "title", "capitalize", "swapcase"], "What Case does."),
            .init("length", .integer, default: 0, "The length that Pad reaches."),
            .init(
                "pad_mode", .string, default: "left", choices: ["left", "right", "center"],
                "Which side gets the fill of Pad."),
            .init("fill_char", .string, default: " ", "What Pad fills with: one character."),
            .init("lines", .any, "The lines to join."),
            .init("lines_mode", .string, default: "split", choices: ["split", "join"], "What Lines does."),
            .init(
                "line_separator", .string, default: "newline", choices: ["newline", "crlf", "comma"],
                "What stands between joined lines."),
            .init("remove_empty", .boolean, default: false, "Leave out blank lines."),
            .init(
                "count_mode", .string, default: "characters", choices: ["characters", "words", "lines"],
                "What Count counts."),
            .init("exclude_whitespace", .boolean, default: false, "Count no white space among characters."),
            .init("items", .any, "The list that Join joins; anything else is one element."),
        ] + TextPattern.flagParameters,
        outputs: Self.outputs([
            "result": .any, "length": .integer, "contains": .boolean, "position": .integer, "count": .integer,
            "match": .any, "groups": .list, "found": .boolean, "replacements": .integer, "text": .string,
            "lines": .list,
        ]),
        PureAction.behaviour(Self.textActions))
}
