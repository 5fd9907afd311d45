import CasareArchive

extension TextInput {
    /// The text of a workflow: of a `.json` file, or of one packed by gzip or Zstandard (`.json.gz`, `.json.zst`).
    ///
    /// What is packed shows by how it begins, whatever the file is called; unpacked it may be as long as any other.
    ///
    /// - Throws: `.notFound` for a missing file; `.failure` for what cannot be read or unpacked, is too long or is not
    ///   UTF-8.
    func readWorkflow() throws(CommandFailure) -> String {
        let bytes = try self.readBytes()
        if Compression(of: bytes) == nil {
            guard !self.name.hasSuffix(".gz"), !self.name.hasSuffix(".zst") else {
                throw CommandFailure(.failure, "\(self.name) is neither gzip nor Zstandard data, as its name says")
            }
            return try self.text(of: bytes)
        }
        return try self.text(of: try self.unpacked(bytes))
    }

    private func unpacked(_ bytes: [UInt8]) throws(CommandFailure) -> [UInt8] {
        do throws(ArchiveError) {
            return try CompressedData.unpack(bytes, bytesMax: Self.bytesMax)
        } catch {
            throw CommandFailure(.failure, "cannot unpack \(self.name): \(error)")
        }
    }
}
