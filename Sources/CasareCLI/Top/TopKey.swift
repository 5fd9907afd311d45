/// A key that was pressed.
enum TopKey: Hashable, Sendable {
    case character(Character)
    case up, down, pageUp, pageDown, home, end, enter, escape, backspace, clearLine, tab
    /// ^C.
    case interrupt
    /// ^Z.
    case suspend
    /// ^L.
    case redraw
}

/// Finds keys in the bytes that a terminal sends (ECMA-48 §5.4, and what xterm and its likes send for cursor keys).
struct TopKeyReader {
    /// What has begun and not ended yet: the rest comes with the next bytes.
    private var rest: [UInt8] = []
    /// Nothing that a key sends is longer.
    private static let sequenceBytesMax = 32

    mutating func keys(in bytes: [UInt8]) -> [TopKey] {
        let all = self.rest + bytes
        self.rest = []
        var keys: [TopKey] = []
        var position = 0
        while position < all.count {
            let (key, length) = Self.first(in: all[position...])
            guard length > 0 else {
                let left = Array(all[position...])
                // What never ends is nothing that a key sends.
                if left.count <= Self.sequenceBytesMax { self.rest = left }
                break
            }
            if let key { keys.append(key) }
            position += length
        }
        return keys
    }

    /// The first key, if what comes first is one, and how many bytes that is; 0: it has not ended.
    private static func first(in bytes: ArraySlice<UInt8>) -> (TopKey?, Int) {
        let byte = bytes[bytes.startIndex]
        switch byte {
        case 0x03: return (.interrupt, 1)
        case 0x08, 0x7F: return (.backspace, 1)
        case 0x09: return (.tab, 1)
        case 0x0A, 0x0D: return (.enter, 1)
        case 0x0C: return (.redraw, 1)
        case 0x0E: return (.down, 1)  // ^N
        case 0x10: return (.up, 1)  // ^P
        case 0x15: return (.clearLine, 1)
        case 0x1A: return (.suspend, 1)
        case 0x1B: return Self.sequence(bytes)
        case 0x00...0x1F: return (nil, 1)
        case 0x20...0x7E: return (.character(Character(Unicode.Scalar(byte))), 1)
        default: return Self.scalar(bytes)
        }
    }

    /// A sequence that begins with ESC. The key of that name sends it alone, and a sequence comes in one piece.
    private static func sequence(_ bytes: ArraySlice<UInt8>) -> (TopKey?, Int) {
        let start = bytes.startIndex
        guard bytes.count > 1 else { return (.escape, 1) }
        switch bytes[start + 1] {
        case UInt8(ascii: "O"):
            guard bytes.count > 2 else { return (nil, 0) }
            return (Self.cursorKey(bytes[start + 2]), 3)
        case UInt8(ascii: "["):
            let body = bytes[(start + 2)...]
            guard let end = body.firstIndex(where: { (0x40...0x7E).contains($0) }) else { return (nil, 0) }
            let length = end - start + 1
            if bytes[end] == UInt8(ascii: "~") {
                return (Self.editingKey(String(decoding: body[..<end], as: UTF8.self)), length)
            }
            return (Self.cursorKey(bytes[end]), length)
        // With Alt pressed; it is none of ours.
        default: return (nil, 2)
        }
    }

    private static func cursorKey(_ final: UInt8) -> TopKey? {
        switch final {
        case UInt8(ascii: "A"): .up
        case UInt8(ascii: "B"): .down
        case UInt8(ascii: "H"): .home
        case UInt8(ascii: "F"): .end
        default: nil
        }
    }

    private static func editingKey(_ parameters: String) -> TopKey? {
        switch parameters {
        case "1", "7": .home
        case "4", "8": .end
        case "5": .pageUp
        case "6": .pageDown
        default: nil
        }
    }

    /// A character beyond ASCII, in UTF-8.
    private static func scalar(_ bytes: ArraySlice<UInt8>) -> (TopKey?, Int) {
        let length =
            switch bytes[bytes.startIndex] {
            case 0xC2...0xDF: 2
            case 0xE0...0xEF: 3
            case 0xF0...0xF4: 4
            default: 1
            }
        guard bytes.count >= length else { return (nil, 0) }
        let text = String(decoding: bytes.prefix(length), as: UTF8.self)
        guard length > 1, text.count == 1, let character = text.first, character != "\u{FFFD}" else { return (nil, 1) }
        return (.character(character), length)
    }
}
