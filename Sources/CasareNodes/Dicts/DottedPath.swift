import CasareDomain

/// A path into a value: `user.tags[0].name`. Keys read dicts; numbers, bare or in brackets, also read lists.
struct DottedPath {
    private let keys: [String]

    init(_ text: String) { self.init(parts: text.split(separator: ".")) }

    /// With something else between the keys, so that they may hold dots; empty: a dot.
    init(_ text: String, separator: String) {
        self.init(parts: text.split(separator: separator.isEmpty ? "." : separator))
    }

    private init(parts: [Substring]) {
        var keys: [String] = []
        for part in parts {
            let pieces = part.split(separator: "[", omittingEmptySubsequences: true)
            keys += pieces.map { String($0.hasSuffix("]") ? $0.dropLast() : $0).trimmed }
        }
        self.keys = keys
    }

    /// What the path leads to; `nil` when there is nothing.
    func value(in root: Value) -> Value? {
        var value = root
        for key in self.keys {
            switch value {
            case .object(let object):
                guard let member = object[key] else { return nil }
                value = member
            case .list(let list):
                guard let index = Int(key) else { return nil }
                let position = index < 0 ? list.count + index : index
                guard list.indices.contains(position) else { return nil }
                value = list[position]
            case .null, .bool, .int, .double, .string:
                return nil
            }
        }
        return value
    }
}
