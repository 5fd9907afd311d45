import CasareDomain

extension LeasedJob {
    /// What it takes up in an answer, but for a few hundred bytes.
    var bytes: Int {
        self.document.bytesInJSON + Value.object(self.variables).bytesInJSON
            + (self.trace?.baggage?.description.utf8.count ?? 0)
    }
}

extension Value {
    fileprivate var bytesInJSON: Int {
        switch self {
        case .null, .bool: 5
        // As long as a number gets.
        case .int, .double: 25
        case .string(let text): text.bytesInJSON
        case .list(let items): items.reduce(2) { $0 + 1 + $1.bytesInJSON }
        case .object(let object): object.reduce(2) { $0 + 2 + $1.key.bytesInJSON + $1.value.bytesInJSON }
        }
    }
}

extension String {
    fileprivate var bytesInJSON: Int {
        self.utf8.reduce(2) { bytes, byte in
            switch byte {
            case 0..<0x20: bytes + 6
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes + 2
            default: bytes + 1
            }
        }
    }
}
