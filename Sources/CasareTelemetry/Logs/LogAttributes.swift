import Logging

/// Attributes of a log record, within its limits.
struct LogAttributes: Hashable, Sendable {
    private(set) var members: [AttributeKey: AttributeValue] = [:]
    /// How many there were beside those.
    private(set) var dropped = 0
    private let limits: AttributeLimits

    init(within limits: AttributeLimits) { self.limits = limits }

    /// The value that counts is the one that came first.
    mutating func add(_ key: AttributeKey, _ value: AttributeValue) {
        guard self.members[key] == nil else { return }
        guard self.members.count < self.limits.count else {
            self.dropped += 1
            return
        }
        self.members[key] = value.shortened(to: self.limits.valueLength)
    }
}

extension Logger.Metadata {
    /// Dotted keys with texts, or lists of texts, in the order of the keys.
    var flattened: [(key: String, value: AttributeValue)] {
        var members: [(key: String, value: AttributeValue)] = []
        func add(_ key: String, _ value: Logger.MetadataValue) {
            switch value {
            case .string(let text): members.append((key, .string(text)))
            case .stringConvertible(let thing): members.append((key, .string(thing.description)))
            case .array(let values): members.append((key, .array(values.map { .string($0.description) })))
            case .dictionary(let below): for (name, value) in below { add("\(key).\(name)", value) }
            }
        }
        for (key, value) in self { add(key, value) }
        return members.sorted { $0.key < $1.key }
    }
}
