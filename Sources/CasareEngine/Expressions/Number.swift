package import CasareDomain

/// A number of either kind.
package enum Number: Sendable, Hashable {
    case int(Int)
    case double(Double)

    /// Numbers, booleans (1 and 0), and text that reads as one of these.
    init?(_ value: Value) {
        switch value {
        case .int(let number): self = .int(number)
        case .double(let number): self = .double(number)
        case .bool(let truth): self = .int(truth ? 1 : 0)
        case .string(let text):
            if let number = Number(text: text) {
                self = number
            } else if let truth = Self.truth(of: text) {
                self = .int(truth ? 1 : 0)
            } else {
                return nil
            }
        case .null, .list, .object: return nil
        }
    }

    /// A decimal number, with spaces around it at most: `42`, `-1.5`, `1e6`. What does not fit 64 bits is a double.
    /// Not read: hexadecimal digits, `inf`, `nan`, and what is too large for a double.
    package init?(text: String) {
        let first = text.utf8.first { !PathScanner.isWhitespace($0) }
        guard let first, Self.beginsNumber(first) else { return nil }
        let trimmed = ExpressionText.trimmed(text)
        if let number = Int(trimmed) {
            self = .int(number)
            return
        }
        let isDecimal = trimmed.utf8.allSatisfy { Self.beginsNumber($0) || $0 | 0x20 == UInt8(ascii: "e") }
        guard isDecimal, let number = Double(trimmed), number.isFinite else { return nil }
        self = .double(number)
    }

    package var value: Value {
        switch self {
        case .int(let number): .int(number)
        case .double(let number): .double(number)
        }
    }

    var double: Double {
        switch self {
        case .int(let number): Double(number)
        case .double(let number): number
        }
    }

    private static func beginsNumber(_ byte: UInt8) -> Bool {
        PathScanner.isDigit(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: ".")
    }

    private static func truth(of text: String) -> Bool? {
        switch ExpressionText.trimmed(text).lowercased() {
        case "true": true
        case "false": false
        default: nil
        }
    }
}

extension Double {
    /// Rounded to so many decimal places, halves to the even digit, exactly as if the number were written out in full.
    /// Negative places round to tens, hundreds, ….
    package func rounded(toPlaces places: Int) -> Double {
        // Doubles have no digits beyond these places, and 10²² is the largest power of ten that is exact.
        guard self.isFinite, places <= 22 else { return self }
        guard places >= 0 else {
            guard places >= -308 else { return 0 }
            let unit = Double("1e\(-places)") ?? 1
            return (self / unit).rounded(.toNearestOrEven) * unit
        }
        let unit = Self.powersOfTen[places]
        let scaled = self * unit
        // From 2⁵² on doubles are whole numbers.
        guard scaled.magnitude < 4_503_599_627_370_496 else { return self }
        var result = scaled.rounded(.toNearestOrEven)
        // The product may have been rounded onto a half that the exact one only comes near; the error tells which side.
        if (scaled - scaled.rounded(.down)) == 0.5 {
            let error = (-scaled).addingProduct(self, unit)
            if error > 0 { result = scaled.rounded(.up) }
            if error < 0 { result = scaled.rounded(.down) }
        }
        return result / unit
    }

    private static let powersOfTen: [Double] = (0...22).map { Double("1e\($0)") ?? 1 }
}
