import CasareEngine
import Glibc

/// A directory that attachments are saved in, under the names that their senders gave them as far as those are
/// harmless.
struct AttachmentFiles {
    private static let nameBytesMax = 200
    private static let suffixMax = 10_000

    private let directory: String
    private let policy: PathPolicy

    /// - Parameter directory: Made when it is missing.
    init(directory: String, _ environment: NodeEnvironment) throws(NodeFailure) {
        try FileAccess.makeDirectory(directory, parents: true)
        self.directory = directory
        self.policy = PathPolicy(environment)
    }

    /// - Returns: The paths of the files, in the order of the attachments. No file that exists is touched.
    func save(_ attachments: [ReceivedMail.Attachment]) throws(NodeFailure) -> [String] {
        var paths: [String] = []
        for (position, attachment) in attachments.enumerated() {
            let name = Self.harmlessName(attachment.fileName) ?? "attachment-\(position + 1)"
            paths.append(try self.save(attachment.part.content, name))
        }
        return paths
    }

    private func save(_ content: [UInt8], _ name: String) throws(NodeFailure) -> String {
        let dot = name.dropFirst().lastIndex(of: ".") ?? name.endIndex
        for number in 0...Self.suffixMax {
            let numbered = number == 0 ? name : "\(name[..<dot])_\(number)\(name[dot...])"
            let path = "\(self.directory)/\(numbered)"
            var status = stat()
            // Also a link that leads nowhere is something that exists.
            guard lstat(path, &status) != 0 else { continue }
            let file = try IncomingFile(for: try self.policy.resolve(path))
            do throws(NodeFailure) {
                try file.append(content)
                try file.finish(overwrite: false)
                return path
            } catch {
                file.discard()
                // Somebody else was quicker with that name.
                guard error.type == "FileExistsError" else { throw error }
            }
        }
        throw .value("There are too many files called \(name) in \(self.directory)")
    }

    /// The last part of a path of whatever system, without what would make it special; `nil` when nothing is left.
    static func harmlessName(_ name: String) -> String? {
        // By scalars: a slash and a combining mark behind it are one character and yet a slash.
        let last = name.unicodeScalars.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last
        var plain = String(
            (last ?? "".unicodeScalars[...]).filter { $0.value >= 0x20 && $0.value != 0x7F }.map(Character.init)
        )
        .trimmed
        // A hidden file may be one that programs read when they start.
        while plain.unicodeScalars.first == "." { plain.unicodeScalars.removeFirst() }
        guard plain.utf8.count > Self.nameBytesMax else { return plain.isEmpty ? nil : plain }
        let dot = plain.lastIndex(of: ".") ?? plain.endIndex
        let ending = plain[dot...].utf8.count <= 20 ? plain[dot...] : ""
        var stem = plain[..<dot]
        while stem.utf8.count + ending.utf8.count > Self.nameBytesMax { stem.removeLast() }
        return "\(stem)\(ending)"
    }
}
