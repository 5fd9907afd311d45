import CasareEngine
import Glibc

/// Text of mails, in whatever character set they say it is.
enum Charset {
    /// What is not text in its character set is replaced, never refused: a mail is read as far as it can be.
    static func text(_ bytes: [UInt8], _ name: String) -> String {
        switch name.lowercased() {
        // What says to be Latin-1 is code page 1252 as often as not, and that has all of Latin-1's characters.
        case "iso-8859-1", "latin1", "latin-1", "windows-1252", "cp1252":
            return self.latin(bytes)
        case "", "utf-8", "utf8", "us-ascii", "ascii":
            // What is not marked is not to be relied on.
            return String(validating: bytes, as: UTF8.self)
                ?? (name.lowercased().hasPrefix("utf") ? String(decoding: bytes, as: UTF8.self) : self.latin(bytes))
        default:
            return self.converted(bytes, from: name) ?? self.text(bytes, "")
        }
    }

    private static func latin(_ bytes: [UInt8]) -> String {
        String(String.UnicodeScalarView(bytes.map { Windows1252.scalar(of: $0) ?? "\u{FFFD}" }))
    }

    /// Converts through the C library, which knows more than a hundred; `nil` for a name that it does not know.
    private static func converted(_ bytes: [UInt8], from name: String) -> String? {
        guard name.utf8.count <= 40, name.utf8.allSatisfy({ MailHeader.isAtom($0) || $0 == UInt8(ascii: ".") }),
            // The C library takes a slash for the start of its own options.
            !name.contains("/"), let converter = iconv_open("UTF-8", name), converter != iconv_t(bitPattern: -1)
        else { return nil }
        defer { iconv_close(converter) }
        var input = bytes.map { CChar(bitPattern: $0) }
        // No character set known to it needs more for a byte.
        var output = [CChar](repeating: 0, count: bytes.count * 4 + 16)
        return input.withUnsafeMutableBufferPointer { source in
            output.withUnsafeMutableBufferPointer { target in
                var (from, fromLeft) = (source.baseAddress, source.count)
                var (to, toLeft) = (target.baseAddress, target.count)
                while fromLeft > 0, iconv(converter, &from, &fromLeft, &to, &toLeft) == -1 {
                    guard errno != E2BIG, fromLeft > 0, toLeft > 0 else { break }
                    // A byte that is none of a character: it is shown as one that is not known.
                    (from, fromLeft) = (from.map { $0 + 1 }, fromLeft - 1)
                    to?.pointee = CChar(UInt8(ascii: "?"))
                    (to, toLeft) = (to.map { $0 + 1 }, toLeft - 1)
                }
                return String(
                    decoding: target.prefix(target.count - toLeft).map { UInt8(bitPattern: $0) }, as: UTF8.self)
            }
        }
    }
}
