import FoundationEssentials
import SystemPackage

/// What others may read of a program while it runs.
extension RunningProgram {
    private static let pieceBytes = 1 << 20

    /// Writes all memory that the program could have changed to a file, as a core dump has it. The program goes on.
    ///
    /// - Returns: how many bytes there were.
    @discardableResult
    package func writeMemory(to path: String) throws -> Int {
        let memory = try FileDescriptor.open(FilePath("/proc/\(self.processID)/mem"), .readOnly)
        return try memory.closeAfter {
            let file = try FileDescriptor.open(
                FilePath(path), .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
            return try file.closeAfter {
                var count = 0
                let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.pieceBytes, alignment: 16)
                defer { piece.deallocate() }
                for range in try self.writableMemory() {
                    var address = range.lowerBound
                    while address < range.upperBound {
                        let wanted = min(UInt64(Self.pieceBytes), range.upperBound - address)
                        let room = UnsafeMutableRawBufferPointer(rebasing: piece[..<Int(wanted)])
                        // What went meanwhile, or cannot be read, such as guard pages, is passed over.
                        let read = (try? memory.read(fromAbsoluteOffset: Int64(bitPattern: address), into: room)) ?? 0
                        if read > 0 { try file.writeAll(UnsafeRawBufferPointer(rebasing: piece[..<read])) }
                        count += read
                        address += read > 0 ? UInt64(read) : wanted
                    }
                }
                return count
            }
        }
    }

    /// By addresses.
    private func writableMemory() throws -> [Range<UInt64>] {
        let maps = try String(contentsOf: URL(filePath: "/proc/\(self.processID)/maps"), encoding: .utf8)
        return maps.split(separator: "\n").compactMap { line in
            // `55d0c0a00000-55d0c0a21000 rw-p …`, as proc(5) has it.
            let words = line.split(separator: " ")
            guard words.count > 1, words[1].hasPrefix("rw") else { return nil }
            let ends = words[0].split(separator: "-").compactMap { UInt64($0, radix: 16) }
            guard ends.count == 2, ends[0] < ends[1] else { return nil }
            return ends[0]..<ends[1]
        }
    }

    /// Appends the arguments and the environments of all processes that may be looked at to a file.
    package static func noteProcesses(in path: String) throws {
        let file = try FileDescriptor.open(
            FilePath(path), .writeOnly, options: [.create, .append], permissions: .ownerReadWrite)
        try file.closeAfter {
            for name in try FileManager.default.contentsOfDirectory(atPath: "/proc") where Int32(name) != nil {
                for part in ["cmdline", "environ"] {
                    // It may have ended, or belong to somebody else.
                    guard let data = try? Data(contentsOf: URL(filePath: "/proc/\(name)/\(part)")) else { continue }
                    try file.writeAll(data)
                    try file.writeAll("\n".utf8)
                }
            }
        }
    }
}
