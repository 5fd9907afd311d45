/// Takes an expression apart into its fields.
struct CronParser {
    /// What was read.
    struct Result {
        /// As written, without white space around it.
        var text: String
        var hasSeconds: Bool
        var fields: [CronField: CronFieldParser.Field]
        var days: CronDays
        /// Where the field of the day of month begins, in characters from 0.
        var dayPosition: Int
    }

    /// A word, and where it begins in characters from 0.
    typealias Word = (text: [Character], position: Int)

    /// - Throws: `CronError`, `.malformed` or `.unsupported`.
    static func parse(_ text: String, seed: String) throws(CronError) -> Result {
        guard text.count <= CronExpression.charactersMax else {
            throw CronError(
                .malformed, position: CronExpression.charactersMax,
                "a cron expression has at most \(CronExpression.charactersMax) characters")
        }
        let words = Self.words(of: text)
        guard let first = words.first else {
            throw CronError(.malformed, position: 0, "the cron expression is empty: \(Self.forms)")
        }
        let written = words.map { String($0.text) }.joined(separator: " ")
        if first.text.first == "@" {
            let expression = try Self.aliased(words)
            var result = try Self.fields(of: Self.words(of: expression), seed: seed)
            result.text = written
            result.dayPosition = first.position
            return result
        }
        var result = try Self.fields(of: words, seed: seed)
        result.text = written
        return result
    }

    private static let forms =
        "write minute, hour, day of month, month and day of week, with the second before them or without, "
        + "such as '0 9 * * MON-FRI', or an alias such as @daily"

    /// Separated by spaces and tabs, the only white space there is.
    private static func words(of text: String) -> [Word] {
        var words: [Word] = []
        var word: [Character] = []
        let characters = Array(text) + [" "]
        for (index, character) in characters.enumerated() {
            if character != " " && character != "\t" {
                word.append(character)
            } else if !word.isEmpty {
                words.append((word, index - word.count))
                word = []
            }
        }
        return words
    }

    private static func aliased(_ words: [Word]) throws(CronError) -> String {
        let name = String(words[0].text)
        if words.count > 1 {
            throw CronError(
                .malformed, position: words[1].position, "an alias stands alone: write nothing after \(name)")
        }
        if name.lowercased() == CronAlias.reboot {
            throw CronError(
                .unsupported, position: words[0].position,
                "@reboot is no time, and nothing reboots here that a schedule could follow; "
                    + "start the workflow with casarectl submit where the machine starts, or name a time")
        }
        guard let expression = CronAlias.expression(for: name) else {
            let known = CronAlias.all.map(\.name)
            let advice =
                Spelling.nearest(to: name, among: known + [CronAlias.reboot]).map { "did you mean \($0)?" }
                ?? "the aliases are \(known.joined(separator: ", "))"
            throw CronError(
                .malformed, position: words[0].position, "there is no alias '\(name.prefix(40))': \(advice)")
        }
        return expression
    }

    private static func fields(of words: [Word], seed: String) throws(CronError) -> Result {
        let kinds = CronField.allCases
        guard (5...7).contains(words.count) else {
            let last = words[words.count - 1]
            let position = words.count > 7 ? words[7].position : last.position + last.text.count
            throw CronError(
                .malformed, position: position,
                "a cron expression has 5 fields, 6 or 7, and this has \(words.count): \(Self.forms)")
        }
        let hasSeconds = words.count > 5
        let used = hasSeconds ? kinds.prefix(words.count) : kinds.dropFirst().prefix(5)
        var fields: [CronField: CronFieldParser.Field] = [:]
        var days = CronDays()
        for (kind, word) in zip(used, words) {
            fields[kind] = try CronFieldParser.parse(word, kind, seed: seed, days: &days)
        }
        days.needsBoth =
            [.dayOfMonth, .dayOfWeek].contains { fields[$0]?.beginsWithWildcard ?? false }
            || fields[.dayOfWeek]?.isConjunction ?? false
        return Result(
            text: "", hasSeconds: hasSeconds, fields: fields, days: days,
            dayPosition: words[hasSeconds ? 3 : 2].position)
    }
}
