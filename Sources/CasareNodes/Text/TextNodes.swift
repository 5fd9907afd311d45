import CasareDomain
package import CasareEngine

/// Working on text (node catalogue §1.6). Positions and lengths count Unicode scalars.
package enum TextNodes {
    package static let types: [NodeType] = Self.changingTypes + Self.partTypes + Self.questionTypes

    private static let family = "Text"
    private static let text = NodeType.Parameter("text", .string, default: "", "The text.")
    private static let caseSensitive = NodeType.Parameter(
        "case_sensitive", .boolean, default: true, "Tell capital letters from small ones.")

    private static let changingTypes: [NodeType] = [
        NodeType(
            "TextReplaceNode", family: Self.family, "Replaces parts of a text.",
            parameters: [
                Self.text,
                .init("old_value", .string, default: "", aliases: ["old"], "What to replace: text or a pattern."),
                .init("new_value", .string, default: "", aliases: ["new"], "What to put in its place."),
                .init("count", .integer, default: -1, "How many to replace; negative: all."),
                .init("use_regex", .boolean, default: false, "Whether `old_value` is a regular expression."),
            ] + TextPattern.flagParameters,
            outputs: [.init("result", .string), .init("replacements", .integer)], .pure(TextChanges.replace)),
        NodeType(
            "TextTrimNode", family: Self.family, "Removes characters at the ends of a text.",
            parameters: [
                Self.text,
                .init("mode", .string, default: "both", choices: ["both", "left", "right"], "Which ends."),
                .init("characters", .string, default: "", "The characters to remove; empty: white space."),
            ],
            outputs: [.init("result", .string)], .pure(TextChanges.trim)),
        NodeType(
            "TextCaseNode", family: Self.family, "Changes capital and small letters.",
            parameters: [
                Self.text,
                .init(
                    "case", .string, default: "lower",
                    "upper, lower, title, capitalize or swapcase; anything else leaves the text as it is."),
            ],
            outputs: [.init("result", .string)], .pure(LetterCase.apply)),
        NodeType(
            "TextPadNode", family: Self.family, "Fills a text up to a length.",
            parameters: [
                Self.text, .init("length", .integer, default: 0, aliases: ["width"], "The length to reach."),
                .init(
                    "mode", .string, default: "left", choices: ["left", "right", "center"], aliases: ["side"],
                    "Which side gets the fill."),
                .init(
                    "fill_char", .string, default: " ", aliases: ["pad_char"],
                    "What to fill with; anything but one character counts as a space."),
            ],
            outputs: [.init("result", .string)], .pure(TextChanges.pad)),
        NodeType(
            "TextReverseNode", family: Self.family, "Turns a text round.", parameters: [Self.text],
            outputs: [.init("result", .string)],
            .pure { inputs, _ throws(NodeFailure) in
                NodeResult(["result": .string(ScalarText(inputs.string("text").unicodeScalars.reversed()).string)])
            }),
    ]

    private static let partTypes: [NodeType] = [
        NodeType(
            "TextSplitNode", family: Self.family, "Splits a text into a list.",
            parameters: [
                Self.text,
                .init("separator", .string, aliases: ["delimiter"], "Where to split; without it at white space."),
                .init("max_split", .integer, default: -1, "How many splits at most; negative: all."),
            ],
            outputs: [.init("result", .list, aliases: ["parts"]), .init("count", .integer)], .pure(TextParts.split)),
        NodeType(
            "TextJoinNode", family: Self.family, "Joins a list to a text.",
            parameters: [
                .init("items", .any, required: true, "The list; anything else is one element."),
                .init("separator", .string, default: "", "What stands between elements."),
            ],
            outputs: [.init("result", .string)], .pure(TextParts.join)),
        NodeType(
            "TextLinesNode", family: Self.family, "Splits a text into lines, or joins lines.",
            parameters: [
                Self.text, .init("lines", .any, "The lines to join; anything but a list has none."),
                .init("mode", .string, default: "split", choices: ["split", "join"], "What to do."),
                .init(
                    "line_separator", .string, default: "newline", choices: ["newline", "crlf", "comma"],
                    "What stands between joined lines."),
                .init("remove_empty", .boolean, default: false, "Leave out blank lines."),
            ],
            outputs: [.init("text", .string), .init("lines", .list), .init("count", .integer)], .pure(TextParts.lines)),
        NodeType(
            "TextSubstringNode", family: Self.family, "Takes a part of a text.",
            parameters: [
                Self.text, .init("start", .any, "The first position, from 0; negative counts from the end."),
                .init("end", .any, "The part stops before this position; without it at the end."),
            ],
            outputs: [.init("result", .string), .init("length", .integer)], .pure(TextParts.substring)),
        NodeType(
            "TextExtractNode", family: Self.family, "Finds what a regular expression matches.",
            parameters: [
                Self.text, .init("pattern", .string, required: true, "The regular expression."),
                .init("all_matches", .boolean, default: false, "All matches rather than the first."),
            ] + TextPattern.flagParameters,
            outputs: [.init("match", .any, aliases: ["result"]), .init("groups", .list), .init("found", .boolean)],
            .pure(TextParts.extract)),
    ]

    private static let questionTypes: [NodeType] = [
        NodeType(
            "TextContainsNode", family: Self.family, "Looks for a part of a text.",
            parameters: [Self.text, .init("search", .string, default: "", "What to look for."), Self.caseSensitive],
            outputs: [.init("contains", .boolean), .init("position", .integer), .init("count", .integer)],
            .pure(TextQuestions.contains)),
        NodeType(
            "TextStartsWithNode", family: Self.family, "Tells whether a text begins with another.",
            parameters: [Self.text, .init("prefix", .string, default: "", "The beginning."), Self.caseSensitive],
            outputs: [.init("result", .boolean)], .pure(TextQuestions.startsWith)),
        NodeType(
            "TextEndsWithNode", family: Self.family, "Tells whether a text ends with another.",
            parameters: [Self.text, .init("suffix", .string, default: "", "The end."), Self.caseSensitive],
            outputs: [.init("result", .boolean)], .pure(TextQuestions.endsWith)),
        NodeType(
            "TextCountNode", family: Self.family, "Counts characters, words, lines or occurrences.",
            parameters: [
                Self.text,
                .init(
                    "mode", .string, default: "characters", choices: ["characters", "words", "lines"],
                    "What to count."),
                .init("exclude_whitespace", .boolean, default: false, "Leave out white space among characters."),
                .init("search", .string, "Count how often this occurs instead."),
            ],
            outputs: [.init("count", .integer)], .pure(TextQuestions.count)),
    ]
}
