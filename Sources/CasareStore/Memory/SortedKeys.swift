/// Keys in ascending order, added mostly at the end and taken mostly from the front: both cost nothing then, whatever
/// there is. Anywhere else the keys behind move by one place.
struct SortedKeys<Key: Comparable & Sendable>: Sendable {
    private var keys: [Key] = []
    /// The keys before this position have been taken.
    private var head = 0

    /// Taken keys are given up when there are so many, and more of them than others.
    private static var takenMax: Int { 1024 }

    var count: Int { self.keys.count - self.head }
    var isEmpty: Bool { self.count == 0 }
    var first: Key? { self.isEmpty ? nil : self.keys[self.head] }
    var all: ArraySlice<Key> { self.keys[self.head...] }

    /// The keys below `bound`.
    func below(_ bound: Key) -> ArraySlice<Key> { self.keys[self.head..<self.position(of: bound)] }

    mutating func insert(_ key: Key) {
        if let last = self.keys.last, key < last {
            self.keys.insert(key, at: self.position(of: key))
        } else {
            self.keys.append(key)
        }
    }

    /// Removes a key that is there.
    mutating func remove(_ key: Key) {
        let position = self.position(of: key)
        precondition(position < self.keys.endIndex && self.keys[position] == key, "A key is removed that is not there")
        guard position == self.head else {
            self.keys.remove(at: position)
            return
        }
        self.head += 1
        if self.head > Self.takenMax, self.head > self.count {
            self.keys.removeFirst(self.head)
            self.head = 0
        }
    }

    /// Of the first key that is not below.
    private func position(of key: Key) -> Int {
        var (low, high) = (self.head, self.keys.endIndex)
        while low < high {
            let middle = low + (high - low) / 2
            if self.keys[middle] < key { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
