/// A JSON object that keeps the order in which its keys were first set. Keys are the same when their bytes are.
///
/// Small objects are searched in order; from nine keys on an index is kept beside them.
public struct Object: Sendable {
    public typealias Element = (key: String, value: Value)

    /// Above this many keys a hash index pays for itself.
    private static let keysWithoutIndexMax = 8

    private var entries: [Element] = []
    /// Position by key; empty while there are at most `keysWithoutIndexMax` keys.
    private var index: [ExactText: Int] = [:]

    public init() {}

    /// Keeps the last value of a key that comes twice, at the place of the first.
    public init(_ elements: some Sequence<(String, Value)>) {
        self.entries.reserveCapacity(elements.underestimatedCount)
        for (key, value) in elements {
            self[key] = value
        }
    }

    public var count: Int { self.entries.count }
    public var isEmpty: Bool { self.entries.isEmpty }
    public var keys: [String] { self.entries.map(\.key) }
    public var values: [Value] { self.entries.map(\.value) }

    /// The value of a key. Setting `nil` removes the key; setting a new key appends it.
    public subscript(key: String) -> Value? {
        get {
            self.position(of: key).map { self.entries[$0].value }
        }
        set {
            switch (self.position(of: key), newValue) {
            case (let position?, let value?): self.entries[position].value = value
            case (let position?, nil): self.remove(at: position)
            case (nil, let value?): self.append(key, value)
            case (nil, nil): break
            }
        }
    }

    /// The value of a key, or `fallback` for a missing key.
    public subscript(key: String, default fallback: @autoclosure () -> Value) -> Value {
        get { self[key] ?? fallback() }
        set { self[key] = newValue }
    }

    /// This object's members, then those of `other`; `other` wins where both have a key.
    public func merging(_ other: Object) -> Object {
        var merged = self
        for (key, value) in other {
            merged[key] = value
        }
        return merged
    }

    private func position(of key: String) -> Int? {
        if self.entries.count > Self.keysWithoutIndexMax {
            return self.index[ExactText(key)]
        }
        return self.entries.firstIndex { $0.key.isExactly(key) }
    }

    private mutating func append(_ key: String, _ value: Value) {
        self.entries.append((key, value))
        if self.entries.count == Self.keysWithoutIndexMax + 1 {
            self.rebuildIndex()
        } else if self.entries.count > Self.keysWithoutIndexMax {
            self.index[ExactText(key)] = self.entries.count - 1
        }
    }

    private mutating func remove(at position: Int) {
        self.entries.remove(at: position)
        if self.entries.count > Self.keysWithoutIndexMax {
            self.rebuildIndex()
        } else {
            self.index.removeAll()
        }
    }

    private mutating func rebuildIndex() {
        self.index.removeAll(keepingCapacity: true)
        for (position, entry) in self.entries.enumerated() {
            self.index[ExactText(entry.key)] = position
        }
    }
}

extension Object: Sequence {
    public func makeIterator() -> IndexingIterator<[Element]> { self.entries.makeIterator() }
    public var underestimatedCount: Int { self.entries.count }
}

/// Two objects are equal when they have the same members, in whatever order.
extension Object: Hashable {
    public static func == (left: Object, right: Object) -> Bool {
        left.count == right.count && left.entries.allSatisfy { right[$0.key] == $0.value }
    }

    public func hash(into hasher: inout Hasher) {
        // Order must not matter here, as it does not for equality.
        var sum = 0
        for (key, value) in self.entries {
            var member = Hasher()
            member.combine(key)
            member.combine(value)
            sum &+= member.finalize()
        }
        hasher.combine(self.count)
        hasher.combine(sum)
    }
}

extension Object: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, Value)...) { self.init(elements) }
}
