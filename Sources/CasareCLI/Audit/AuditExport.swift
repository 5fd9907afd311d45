import CasareDomain
import CasareWire
import Glibc

/// A line of an export of the audit log: a JSON object with its `type`.
enum AuditExportLine: Hashable, Sendable {
    /// The first line.
    struct Start: Hashable, Sendable, Codable {
        /// Of the form; another one would have another number.
        static let versionKnown = 1

        let version: Int
        let tenant: Int
        /// What the first entry follows.
        let place: AuditPlaceInfo
    }

    /// The last line: without it the file is not whole.
    struct End: Hashable, Sendable, Codable {
        let place: AuditPlaceInfo
        let entries: Int
    }

    case start(Start)
    case entry(AuditLinkInfo)
    /// Stands after the entry of its number.
    case anchor(AuditAnchorInfo)
    case end(End)

    private enum Kind: String { case start, entry, anchor, end }

    /// With a line feed.
    func text() throws -> String {
        let (kind, value): (Kind, Value) =
            switch self {
            case .start(let start): (.start, try ValueEncoder.encode(start))
            case .entry(let entry): (.entry, try ValueEncoder.encode(entry))
            case .anchor(let anchor): (.anchor, try ValueEncoder.encode(anchor))
            case .end(let end): (.end, try ValueEncoder.encode(end))
            }
        let line: Object = ["type": .string(kind.rawValue)]
        return Value.object(line.merging(value.object ?? [:])).jsonText(.compact) + "\n"
    }

    /// - Returns: `nil` for anything else.
    init?(_ text: String) {
        guard let value = try? Value(parsingJSON: text), let type = value.object?["type"]?.string,
            let kind = Kind(rawValue: type)
        else { return nil }
        // What it is not, is told with the number of the line.
        switch kind {
        case .start:
            guard let start = try? ValueDecoder.decode(Start.self, from: value) else { return nil }
            self = .start(start)
        case .entry:
            guard let entry = try? ValueDecoder.decode(AuditLinkInfo.self, from: value) else { return nil }
            self = .entry(entry)
        case .anchor:
            guard let anchor = try? ValueDecoder.decode(AuditAnchorInfo.self, from: value) else { return nil }
            self = .anchor(anchor)
        case .end:
            guard let end = try? ValueDecoder.decode(End.self, from: value) else { return nil }
            self = .end(end)
        }
    }

    /// The lines of a page, each anchor after its entry.
    static func lines(of page: AuditChainPage) -> [AuditExportLine] {
        var anchors = page.anchors.sorted { $0.number < $1.number }[...]
        var lines: [AuditExportLine] = []
        for link in page.links {
            while let anchor = anchors.first, anchor.number < link.number {
                lines.append(.anchor(anchor))
                anchors = anchors.dropFirst()
            }
            lines.append(.entry(link))
        }
        return lines + anchors.map { .anchor($0) }
    }
}

/// The lines of a file, one after the other: files are longer than memory.
final class AuditExportFile {
    let name: String
    private let file: UnsafeMutablePointer<FILE>
    private var buffer: UnsafeMutablePointer<CChar>?
    private var capacity = 0
    /// Of the line that was read last.
    private(set) var number = 0

    /// - Parameter path: `-` for stdin.
    init(path: String) throws(CommandFailure) {
        self.name = path == "-" ? "stdin" : path
        guard let file = path == "-" ? fdopen(dup(STDIN_FILENO), "r") : fopen(path, "re") else {
            let code = errno
            throw CommandFailure(
                code == ENOENT ? .notFound : .failure, "cannot read \(path): \(String(cString: strerror(code)))")
        }
        self.file = file
    }

    deinit {
        free(self.buffer)
        fclose(self.file)
    }

    /// - Returns: `nil` at the end.
    func next() throws(CommandFailure) -> String? {
        errno = 0
        let count = getline(&self.buffer, &self.capacity, self.file)
        guard count >= 0, let buffer = self.buffer else {
            let code = errno
            guard ferror(self.file) == 0 else {
                throw CommandFailure(.failure, "cannot read \(self.name): \(String(cString: strerror(code)))")
            }
            return nil
        }
        self.number += 1
        let bytes = UnsafeBufferPointer(start: buffer, count: count).map { UInt8(bitPattern: $0) }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandFailure(.failure, "\(self.name), line \(self.number): this is not UTF-8 text")
        }
        return text
    }
}
