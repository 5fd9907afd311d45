/// Which dead letters of a list come first.
public enum DeadLetterOrder: String, Hashable, Sendable, Codable, CaseIterable {
    case newest, oldest
}
