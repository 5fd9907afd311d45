import Crypto

extension SHA256Digest {
    /// Lower-case hex, 64 digits.
    var hex: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: self.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
