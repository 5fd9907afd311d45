/// Windows code page 1252: Latin-1 but for the bytes 0x80 to 0x9F, five of which stand for nothing.
enum Windows1252 {
    private static let upper: [UInt32] = [
        0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017D, 0,
        0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0, 0x017E,
        0x0178,
    ]

    static func scalar(of byte: UInt8) -> Unicode.Scalar? {
        guard (0x80...0x9F).contains(byte) else { return Unicode.Scalar(byte) }
        let code = self.upper[Int(byte) - 0x80]
        return code == 0 ? nil : Unicode.Scalar(code)
    }

    static func byte(of scalar: Unicode.Scalar) -> UInt8? {
        if let position = self.upper.firstIndex(of: scalar.value), scalar.value != 0 { return UInt8(0x80 + position) }
        guard let byte = UInt8(exactly: scalar.value), !(0x80...0x9F).contains(byte) else { return nil }
        return byte
    }
}
