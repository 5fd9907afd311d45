import CasareDomain

/// How far the mails of a folder were seen. A server numbers them in the order in which they come (RFC 3501 §2.3.1.1).
struct MailState: Hashable, Sendable {
    /// What a server says of a folder that is opened.
    struct Folder: Hashable, Sendable {
        /// Another one: all mails have new numbers.
        var validity: UInt32
        /// The number of the next mail that comes.
        var next: UInt32
    }

    /// `nil`: nobody has looked yet.
    private(set) var seen: Folder?

    /// - Parameter stored: `value` of earlier on; `nil`: of a watch that begins.
    init(stored: Value?) {
        guard let stored, let validity = stored["uid_validity"]?.int, let next = stored["next_uid"]?.int,
            let folderValidity = UInt32(exactly: validity), let nextUID = UInt32(exactly: next)
        else { return }
        self.seen = Folder(validity: folderValidity, next: nextUID)
    }

    var value: Value? {
        self.seen.map { seen in ["uid_validity": .int(Int(seen.validity)), "next_uid": .int(Int(seen.next))] }
    }

    /// The number of the first mail that was not seen; `nil`: none of those that are there counts.
    ///
    /// Where the numbers are new ones, nobody knows which mails came meanwhile: all that are there count as seen.
    func first(in folder: Folder, takesExisting: Bool) -> UInt32? {
        guard let seen else { return takesExisting ? 1 : nil }
        return seen.validity == folder.validity ? seen.next : nil
    }

    /// - Parameters:
    ///   - last: of those that were read; `nil` where none was.
    ///   - isWhole: there are no others behind it.
    mutating func saw(_ folder: Folder, upTo last: UInt32?, isWhole: Bool) {
        var next = isWhole || last == nil ? folder.next : 1
        if let last { next = max(next, last == .max ? last : last + 1) }
        self.seen = Folder(validity: folder.validity, next: next)
    }
}

extension MailState.Folder {
    /// Reads `* OK [UIDVALIDITY 1] …` and `* OK [UIDNEXT 2] …`.
    ///
    /// - Returns: `nil` where the server does not say both, as RFC 3501 §6.3.1 wants it.
    init?(_ responses: [IMAPResponse]) {
        func number(_ name: String) -> UInt32? {
            for response in responses where response.name == "OK" {
                let words = response.statusText.split { " []".contains($0) }
                if words.count > 1, words[0].uppercased() == name { return UInt32(words[1]) }
            }
            return nil
        }
        guard let validity = number("UIDVALIDITY"), let next = number("UIDNEXT") else { return nil }
        self.init(validity: validity, next: next)
    }
}
