import CasareDomain

/// Finds where in a JSON text members and elements stand.
enum JSONPlaces {
    enum Step: Hashable, Sendable {
        case key(String)
        case index(Int)
    }

    /// Counted from 1; columns in Unicode scalars, as the JSON parser counts them.
    struct Place: Hashable, Sendable {
        let line: Int
        let column: Int
    }

    /// One pass over the text, whatever the number of paths.
    ///
    /// - Parameter text: Valid JSON; in other text some places are not found.
    /// - Returns: For a member the place of its key, for an element the place of its value. Of a key that comes twice
    ///   the last one counts, as in the parser.
    static func find(_ paths: Set<[Step]>, in text: String) -> [[Step]: Place] {
        var wanted = Wanted()
        for path in paths { wanted.insert(path[...]) }
        var text = text
        return text.withUTF8 { bytes in
            var scanner = JSONScanner(bytes: bytes)
            scanner.value(wanted, at: [])
            return Self.places(of: scanner.offsets, in: bytes)
        }
    }

    private static func places(of offsets: [[Step]: Int], in bytes: UnsafeBufferPointer<UInt8>) -> [[Step]: Place] {
        var places: [[Step]: Place] = [:]
        var (line, column, position) = (1, 1, 0)
        for (path, offset) in offsets.sorted(by: { $0.value < $1.value }) {
            for byte in bytes[position..<offset] {
                if byte == UInt8(ascii: "\n") {
                    (line, column) = (line + 1, 1)
                } else if byte & 0b1100_0000 != 0b1000_0000 {
                    // Continuation bytes of UTF-8 belong to the scalar before them.
                    column += 1
                }
            }
            position = offset
            places[path] = Place(line: line, column: column)
        }
        return places
    }

    /// Paths with common beginnings, as a tree.
    fileprivate struct Wanted {
        private(set) var children: [Step: Wanted] = [:]

        mutating func insert(_ path: ArraySlice<Step>) {
            guard let first = path.first else { return }
            self.children[first, default: Wanted()].insert(path.dropFirst())
        }
    }
}

/// Walks a JSON text along the paths that are wanted, and skips the rest.
private struct JSONScanner {
    let bytes: UnsafeBufferPointer<UInt8>
    var offsets: [[JSONPlaces.Step]: Int] = [:]
    private var position = 0

    init(bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { self.position = 3 }
    }

    mutating func value(_ wanted: JSONPlaces.Wanted, at path: [JSONPlaces.Step]) {
        self.skipSpace()
        guard !wanted.children.isEmpty else { return self.skipValue() }
        switch self.byte {
        case UInt8(ascii: "{"): self.members(wanted, at: path)
        case UInt8(ascii: "["): self.elements(wanted, at: path)
        default: self.skipValue()
        }
    }

    private mutating func members(_ wanted: JSONPlaces.Wanted, at path: [JSONPlaces.Step]) {
        self.position += 1
        while true {
            self.skipSpace()
            guard self.byte == UInt8(ascii: "\"") else { break }
            let start = self.position
            self.skipString()
            let key = JSONPlaces.Step.key(self.text(start..<self.position))
            self.skipSpace()
            self.position += 1  // The colon.
            self.enter(key, wanted, at: path, offset: start)
            guard self.skipComma() else { break }
        }
        self.position += 1
    }

    private mutating func elements(_ wanted: JSONPlaces.Wanted, at path: [JSONPlaces.Step]) {
        self.position += 1
        self.skipSpace()
        var index = 0
        while let byte = self.byte, byte != UInt8(ascii: "]") {
            self.enter(.index(index), wanted, at: path, offset: self.position)
            index += 1
            guard self.skipComma() else { break }
            self.skipSpace()
        }
        self.position += 1
    }

    private mutating func enter(
        _ step: JSONPlaces.Step, _ wanted: JSONPlaces.Wanted, at path: [JSONPlaces.Step], offset: Int
    ) {
        guard let child = wanted.children[step] else {
            self.skipSpace()
            return self.skipValue()
        }
        self.offsets[path + [step]] = offset
        self.value(child, at: path + [step])
    }

    // MARK: Skipping

    private var byte: UInt8? { self.position < self.bytes.count ? self.bytes[self.position] : nil }

    private mutating func skipSpace() {
        while let byte = self.byte, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { self.position += 1 }
    }

    private mutating func skipComma() -> Bool {
        self.skipSpace()
        guard self.byte == UInt8(ascii: ",") else { return false }
        self.position += 1
        return true
    }

    /// Passes over a value, however deep, without recursion.
    private mutating func skipValue() {
        var depth = 0
        while let byte = self.byte {
            switch byte {
            case UInt8(ascii: "\""):
                self.skipString()
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                self.position += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                // Without an opening one it ends what the value stands in.
                if depth == 0 { return }
                depth -= 1
                self.position += 1
            case UInt8(ascii: ",") where depth == 0:
                return
            default:
                self.position += 1
                continue
            }
            if depth == 0 { return }
        }
    }

    private mutating func skipString() {
        self.position += 1
        while let byte = self.byte, byte != UInt8(ascii: "\"") {
            self.position += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        self.position = min(self.position + 1, self.bytes.count)
    }

    /// The string between quotes at a range.
    private func text(_ range: Range<Int>) -> String {
        let quoted = UnsafeBufferPointer(rebasing: self.bytes[range])
        if !quoted.contains(UInt8(ascii: "\\")) {
            return String(decoding: quoted.dropFirst().dropLast(), as: UTF8.self)
        }
        // The parser took the whole text before, so it takes this part.
        return (try? Value(parsingJSON: Array(quoted)))?.string ?? ""
    }
}
