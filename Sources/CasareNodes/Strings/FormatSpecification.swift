import CasareDomain
import CasareEngine

/// How a field of a template is laid out: Python's `[[fill]align][sign][0][width][,][.precision][type]`.
struct FormatSpecification {
    /// No field is wider and no number has more digits.
    static let widthMax = 10_000
    static let precisionMax = 1_000

    private enum Alignment: Unicode.Scalar {
        case left = "<", right = ">", center = "^"
        /// The fill goes between sign and digits.
        case afterSign = "="
    }

    private var fill: Unicode.Scalar = " "
    private var alignment: Alignment?
    private var sign: Unicode.Scalar = "-"
    private var width = 0
    private var grouping: Unicode.Scalar?
    private var precision: Int?
    private var type: Unicode.Scalar?

    init(_ text: String) throws(NodeFailure) {
        if text.isEmpty { return }
        var rest = Array(text.unicodeScalars)[...]
        if let second = rest.dropFirst().first, let alignment = Alignment(rawValue: second), let fill = rest.first {
            self.fill = fill
            self.alignment = alignment
            rest = rest.dropFirst(2)
        } else if let first = rest.first, let alignment = Alignment(rawValue: first) {
            self.alignment = alignment
            rest = rest.dropFirst()
        }
        if let first = rest.first, "+- ".unicodeScalars.contains(first) {
            self.sign = first
            rest = rest.dropFirst()
        }
        if rest.first == "0" {
            rest = rest.dropFirst()
            if self.alignment == nil { (self.fill, self.alignment) = ("0", .afterSign) }
        }
        self.width = try Self.number(&rest, max: Self.widthMax, in: text) ?? 0
        if let first = rest.first, first == "," || first == "_" {
            self.grouping = first
            rest = rest.dropFirst()
        }
        if rest.first == "." {
            rest = rest.dropFirst()
            guard let precision = try Self.number(&rest, max: Self.precisionMax, in: text) else {
                throw .value("The format '\(text)' has no digits after its point")
            }
            self.precision = precision
        }
        self.type = rest.popFirst()
        guard rest.isEmpty, self.type.map("sdfFeEgG%xXobc".unicodeScalars.contains) ?? true else {
            throw .value("The format '\(text)' is not known")
        }
    }

    private static func number(
        _ rest: inout ArraySlice<Unicode.Scalar>, max: Int, in text: String
    ) throws(NodeFailure) -> Int? {
        let digits = rest.prefix { ("0"..."9").contains($0) }
        rest = rest[digits.endIndex...]
        if digits.isEmpty { return nil }
        guard let number = Int(String(String.UnicodeScalarView(digits))), number <= max else {
            throw .value("The format '\(text)' asks for more than \(max) characters")
        }
        return number
    }

    func text(of value: Value) throws(NodeFailure) -> String {
        guard let type = self.type, type != "s" else {
            // Without a type, numbers are laid out as numbers as soon as something number-like is asked for.
            if value.double != nil, self.type == nil, self.isNumeric { return try self.number(value) }
            var scalars = Array(value.displayText.unicodeScalars)
            if let precision, value.double == nil { scalars = Array(scalars.prefix(precision)) }
            return self.padded("", ScalarText(scalars).string, usual: value.double == nil ? .left : .right)
        }
        return try self.number(value)
    }

    private var isNumeric: Bool {
        self.precision != nil || self.grouping != nil || self.sign != "-" || self.alignment == .afterSign
    }

    private func number(_ value: Value) throws(NodeFailure) -> String {
        guard let number = value.asNumber ?? value.bool.map({ .int($0 ? 1 : 0) }), let size = number.double else {
            throw .value("'\(value.displayText.prefix(100))' cannot be laid out as a number")
        }
        var isNegative = size < 0 || (size == 0 && size.sign == .minus)
        var digits: String
        switch self.type {
        case "d", "x", "X", "o", "b", "c":
            guard let whole = number.int else { throw .value("\(value.displayText) is not a whole number") }
            isNegative = whole < 0
            if self.type == "c" {
                guard let scalar = UInt32(exactly: whole).flatMap(Unicode.Scalar.init) else {
                    throw .value("\(whole) is no character's number")
                }
                return self.padded("", String(scalar), usual: .left)
            }
            let radix = self.type == "x" || self.type == "X" ? 16 : self.type == "o" ? 8 : self.type == "b" ? 2 : 10
            digits = String(whole.magnitude, radix: radix, uppercase: self.type == "X")
        case "f", "F": digits = Rounding.fixed(size.magnitude, digits: self.precision ?? 6)
        case "e", "E": digits = Rounding.exponential(size.magnitude, digits: self.precision ?? 6)
        case "g", "G": digits = Rounding.general(size.magnitude, digits: max(self.precision ?? 6, 1))
        case "%": digits = Rounding.fixed(size.magnitude * 100, digits: self.precision ?? 6) + "%"
        default:
            if let precision {
                digits = Rounding.general(size.magnitude, digits: max(precision, 1))
            } else if case .int(let whole) = number {
                digits = String(whole.magnitude)
            } else {
                digits = Value.double(size.magnitude).displayText
            }
        }
        if self.type == "E" || self.type == "G" { digits = digits.uppercased() }
        if let grouping { digits = Self.group(digits, by: grouping) }
        let sign = isNegative ? "-" : self.sign == "-" ? "" : String(self.sign)
        return self.padded(sign, digits, usual: .right)
    }

    private static func group(_ digits: String, by separator: Unicode.Scalar) -> String {
        let whole = digits.prefix { $0.isASCII && $0.isNumber }
        var grouped = ""
        for (offset, digit) in whole.enumerated() {
            if offset > 0, (whole.count - offset) % 3 == 0 { grouped.unicodeScalars.append(separator) }
            grouped.append(digit)
        }
        return grouped + digits[whole.endIndex...]
    }

    private func padded(_ sign: String, _ text: String, usual: Alignment) -> String {
        let missing = self.width - sign.count - text.unicodeScalars.count
        guard missing > 0 else { return sign + text }
        let fill = { (count: Int) in String(repeating: String(self.fill), count: count) }
        switch self.alignment ?? usual {
        case .left: return sign + text + fill(missing)
        case .right: return fill(missing) + sign + text
        case .center: return fill(missing / 2) + sign + text + fill(missing - missing / 2)
        case .afterSign: return sign + fill(missing) + text
        }
    }
}
