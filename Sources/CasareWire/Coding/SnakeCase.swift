extension CodingKey {
    /// The key as it stands in JSON: `jobID` and `job_id` are both `job_id`.
    var wireName: String { snakeCase(self.stringValue) }
}

/// `nodeTimeoutSeconds` → `node_timeout_seconds`, `jobID` → `job_id`; what is in snake case already stays as it is.
func snakeCase(_ name: String) -> String {
    guard name.utf8.contains(where: isUpper) else { return name }
    let bytes = Array(name.utf8)
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + 4)
    for (position, byte) in bytes.enumerated() {
        guard isUpper(byte) else {
            result.append(byte)
            continue
        }
        // A word begins at a capital after a small letter, and at the last capital of several ("APIVersion").
        let followsSmall = position > 0 && !isUpper(bytes[position - 1])
        let precedesSmall = position + 1 < bytes.count && isLower(bytes[position + 1])
        if position > 0, followsSmall || precedesSmall, result.last != UInt8(ascii: "_") {
            result.append(UInt8(ascii: "_"))
        }
        result.append(byte | 0x20)
    }
    return String(decoding: result, as: UTF8.self)
}

private func isUpper(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) }
private func isLower(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) }

/// A key made while coding: a member's name or a position in a list.
struct WireKey: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(stringValue: String) {
        self.stringValue = stringValue
        self.intValue = nil
    }

    init(intValue: Int) {
        self.stringValue = String(intValue)
        self.intValue = intValue
    }
}
