import CasareEngine
import FoundationEssentials
import Synchronization

/// UUIDs of RFC 9562 as lower-case text.
enum RandomUUID {
    /// 100-nanosecond intervals from 1582-10-15, where the UUID clock begins, to 1970-01-01.
    private static let intervalsTo1970: UInt64 = 0x01B2_1DD2_1381_4000
    /// The last time given out, so that no two version 1 UUIDs of this process are the same.
    private static let lastTime = Mutex<UInt64>(0)
    /// In place of a network address: random, with the bit set that no address has (§6.10).
    private static let node = UInt64.random(in: 0..<(1 << 48)) | 1 << 40
    private static let clockSequence = UInt64.random(in: 0..<(1 << 14))

    static func text(version: Int, parameter: String, at now: Date) throws(NodeFailure) -> String {
        switch version {
        case 1: return self.timeBased(at: now)
        case 4: return UUID().uuidString.lowercased()
        default: throw NodeFailure("ValidationError", "\(parameter) must be one of: 1, 4")
        }
    }

    private static func timeBased(at now: Date) -> String {
        let wanted = UInt64(max(now.timeIntervalSince1970, 0) * 10_000_000) + self.intervalsTo1970
        let time = self.lastTime.withLock { last in
            last = max(wanted, last + 1)
            return last
        }
        return [
            self.hexadecimal(time & 0xFFFF_FFFF, 8), self.hexadecimal(time >> 32 & 0xFFFF, 4),
            self.hexadecimal(time >> 48 & 0x0FFF | 0x1000, 4), self.hexadecimal(self.clockSequence | 0x8000, 4),
            self.hexadecimal(self.node, 12),
        ].joined(separator: "-")
    }

    private static func hexadecimal(_ number: UInt64, _ width: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: max(width - digits.count, 0)) + digits
    }
}
