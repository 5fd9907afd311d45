import CasareDomain

/// Values on one line that stays short: what is long is cut and followed by its size.
enum ShortValue {
    static let charactersMax = 100

    /// `name=value name=value`, each value shortened by itself.
    static func fields(_ object: Object) -> String {
        object.map { "\(TerminalText.line($0.key))=\(self.text($0.value))" }.joined(separator: " ")
    }

    static func text(_ value: Value, charactersMax: Int = ShortValue.charactersMax) -> String {
        TerminalText.line(self.cut(value, charactersMax))
    }

    /// No more of a value is looked at than is shown: it may hold many megabytes.
    private static func cut(_ value: Value, _ room: Int) -> String {
        switch value {
        case .null, .bool, .int, .double:
            return value.jsonText(.compact)
        case .string(let text):
            // As many bytes are never more characters.
            if text.utf8.count <= room { return value.jsonText(.compact) }
            let beginning = String(text.prefix(max(room, 0)))
            if beginning.utf8.count == text.utf8.count { return value.jsonText(.compact) }
            return Value.string(beginning + "…").jsonText(.compact) + " (\(text.utf8.count) bytes)"
        case .list(let elements):
            let (text, isWhole) = self.joined(elements.lazy.map { ("", $0) }, room)
            return isWhole ? "[\(text)]" : "[\(text)…] (\(elements.count) items)"
        case .object(let members):
            let named = members.lazy.map { (Value.string($0.key).jsonText(.compact) + ":", $0.value) }
            let (text, isWhole) = self.joined(named, room)
            return isWhole ? "{\(text)}" : "{\(text)…} (\(members.count) members)"
        }
    }

    private static func joined(
        _ parts: some Sequence<(String, Value)>, _ room: Int
    ) -> (text: String, isWhole: Bool) {
        var text = ""
        for (label, value) in parts {
            let rest = room - text.utf8.count
            if rest <= 0 { return (text, false) }
            text += (text.isEmpty ? "" : ",") + label + self.cut(value, rest - label.utf8.count)
        }
        return (text, true)
    }
}
