/// Reads the binary forms that the server's `…send` functions write, all big-endian.
enum BinaryDecoding {
    static func integer<Integer: FixedWidthInteger>(
        _ bytes: UnsafeRawBufferPointer, as _: Integer.Type
    ) -> Integer? {
        guard bytes.count == MemoryLayout<Integer>.size else { return nil }
        return Integer(bigEndian: bytes.loadUnaligned(as: Integer.self))
    }

    static func array<Element: PostgresDecodable>(
        _ bytes: UnsafeRawBufferPointer, as type: PostgresType
    ) -> [Element]? {
        var reader = Reader(bytes)
        guard type.element != nil, let dimensions = reader.int32(), reader.int32() != nil,
            let elementType = reader.int32().map({ PostgresType(rawValue: UInt32(bitPattern: $0)) })
        else { return nil }
        if dimensions == 0 { return [] }
        guard dimensions == 1, let count = reader.int32(), count >= 0, reader.int32() != nil else { return nil }
        var elements: [Element] = []
        elements.reserveCapacity(Int(count))
        for _ in 0..<count {
            guard let length = reader.int32() else { return nil }
            let element: Element?
            if length < 0 {
                element = Element.decodeNull()
            } else {
                element = reader.take(Int(length)).flatMap { Element.decode($0, as: elementType) }
            }
            guard let element else { return nil }
            elements.append(element)
        }
        return elements
    }

    /// The value of a `numeric` that is a whole number and fits.
    static func wholeNumeric(_ bytes: UnsafeRawBufferPointer) -> Int64? {
        guard let numeric = Numeric(bytes) else { return nil }
        var value: Int64 = 0
        for (index, digit) in numeric.digits.enumerated() {
            if index > numeric.weight {
                guard digit == 0 else { return nil }
                continue
            }
            let (product, overflows) = value.multipliedReportingOverflow(by: Numeric.base)
            let (sum, overflowsToo) = product.addingReportingOverflow(numeric.isNegative ? -Int64(digit) : Int64(digit))
            if overflows || overflowsToo { return nil }
            value = sum
        }
        // Trailing zeros are not sent.
        for _ in 0..<max(0, numeric.weight + 1 - numeric.digits.count) {
            let (product, overflows) = value.multipliedReportingOverflow(by: Numeric.base)
            if overflows { return nil }
            value = product
        }
        return value
    }

    /// The double nearest to a `numeric`, by way of its decimal digits so that it is rounded once.
    static func numeric(_ bytes: UnsafeRawBufferPointer) -> Double? {
        if let special = Numeric.specialValue(bytes) { return special }
        guard let numeric = Numeric(bytes) else { return nil }
        var text = numeric.isNegative ? "-0" : "0"
        for digit in numeric.digits {
            let decimal = String(digit)
            text += String(repeating: "0", count: Numeric.decimalsPerDigit - decimal.count) + decimal
        }
        let exponent = (numeric.weight + 1 - numeric.digits.count) * Numeric.decimalsPerDigit
        return Double("\(text)e\(exponent)")
    }

    /// `numeric` on the wire: number of base-10000 digits, weight of the first, sign, scale, digits.
    private struct Numeric {
        static let base: Int64 = 10_000
        static let decimalsPerDigit = 4
        private static let negative: UInt16 = 0x4000
        private static let notANumber: UInt16 = 0xC000
        private static let infinity: UInt16 = 0xD000
        private static let minusInfinity: UInt16 = 0xF000

        let weight: Int
        let isNegative: Bool
        let digits: [Int16]

        init?(_ bytes: UnsafeRawBufferPointer) {
            var reader = Reader(bytes)
            guard let count = reader.int16(), let weight = reader.int16(), let sign = reader.int16(),
                reader.int16() != nil
            else { return nil }
            guard sign == 0 || UInt16(bitPattern: sign) == Self.negative else { return nil }
            var digits: [Int16] = []
            for _ in 0..<max(0, count) {
                guard let digit = reader.int16() else { return nil }
                digits.append(digit)
            }
            self.weight = Int(weight)
            self.isNegative = sign != 0
            self.digits = digits
        }

        static func specialValue(_ bytes: UnsafeRawBufferPointer) -> Double? {
            var reader = Reader(bytes)
            guard reader.take(4) != nil, let sign = reader.int16() else { return nil }
            return switch UInt16(bitPattern: sign) {
            case Self.notANumber: .nan
            case Self.infinity: .infinity
            case Self.minusInfinity: -.infinity
            default: nil
            }
        }
    }

    private struct Reader {
        private let bytes: UnsafeRawBufferPointer
        private var position = 0

        init(_ bytes: UnsafeRawBufferPointer) {
            self.bytes = bytes
        }

        mutating func take(_ count: Int) -> UnsafeRawBufferPointer? {
            guard count >= 0, self.bytes.count - self.position >= count else { return nil }
            defer { self.position += count }
            return UnsafeRawBufferPointer(rebasing: self.bytes[self.position..<self.position + count])
        }

        mutating func int32() -> Int32? { self.take(4).flatMap { BinaryDecoding.integer($0, as: Int32.self) } }
        mutating func int16() -> Int16? { self.take(2).flatMap { BinaryDecoding.integer($0, as: Int16.self) } }
    }
}
