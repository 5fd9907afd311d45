import CasareDomain

/// How large a document and its parts may be (workflow format §11).
enum DocumentLimits {
    static let nodesMax = 1_000
    static let connectionsMax = 5_000
    static let variablesMax = 1_000
    static let nodeIDCharactersMax = 256
    static let nodeTypeCharactersMax = 128
    static let portNameCharactersMax = 128
    /// Of the ports that a subflow declares.
    static let interfacePortNameCharactersMax = 64
    static let configDepthMax = 10
    static let configStringCharactersMax = 10_000
    /// For parameters that hold whole texts: file contents, scripts, request bodies.
    static let longStringCharactersMax = 1_048_576
    static let nameCharactersMax = 256
    /// Longer names are accepted with a warning.
    static let nameCharactersRecommendedMax = 100
    static let descriptionCharactersMax = 10_000
    static let versionCharactersMax = 50
    static let variableNameCharactersMax = 128

    /// Parts of parameter names that say that the parameter holds a whole text.
    private static let longTextWords: Set<Substring> = [
        "body", "code", "content", "contents", "csv", "data", "html", "javascript", "json", "prompt", "query", "script",
        "sql", "template", "text", "xml",
    ]

    static func exceeds(_ text: String, _ maximum: Int) -> Bool {
        // A text has at most as many characters as bytes, and those are counted already.
        text.utf8.count > maximum && text.unicodeScalars.count > maximum
    }

    /// What is too large in a node's config, as the end of a sentence; `nil` when all of it is within the limits.
    static func excess(inConfig config: Object) -> String? {
        for (key, value) in config {
            guard var excess = Self.excess(in: value, stringMax: Self.configStringCharactersMax, depth: 1) else {
                continue
            }
            if key.lowercased().split(separator: "_").contains(where: { Self.longTextWords.contains($0) }) {
                guard let rest = Self.excess(in: value, stringMax: Self.longStringCharactersMax, depth: 1) else {
                    continue
                }
                excess = rest
            }
            return "config '\(Self.shortened(key))' \(excess)"
        }
        return nil
    }

    private static func excess(in value: Value, stringMax: Int, depth: Int) -> String? {
        guard depth <= Self.configDepthMax else {
            return "is nested so deep that it exceeds maximum depth \(Self.configDepthMax)"
        }
        switch value {
        case .string(let text):
            return Self.exceeds(text, stringMax)
                ? "has a string of \(text.unicodeScalars.count) characters, which exceeds maximum \(stringMax)" : nil
        case .list(let items):
            for item in items {
                if let excess = Self.excess(in: item, stringMax: stringMax, depth: depth + 1) { return excess }
            }
            return nil
        case .object(let members):
            for (_, item) in members {
                if let excess = Self.excess(in: item, stringMax: stringMax, depth: depth + 1) { return excess }
            }
            return nil
        case .null, .bool, .int, .double:
            return nil
        }
    }

    /// Where an issue is, when it is a node's.
    static func location(ofNode id: String) -> String {
        "node:\(Self.exceeds(id, Self.nodeIDCharactersMax) ? Self.shortened(id) : id)"
    }

    /// A text from the document as messages quote it: not longer than a line.
    static func shortened(_ text: String) -> String {
        text.count > 60 ? text.prefix(57) + "…" : text
    }
}
