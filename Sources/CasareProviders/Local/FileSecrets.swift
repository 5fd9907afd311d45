package import CasareDomain

/// A folder of files, as Kubernetes, Docker and agents of vaults mount secrets: a file is one text, and a folder of
/// files is a secret with a field for each of them.
///
/// A file is read each time, so that a secret that is mounted anew is seen at once. A line break at its end does not
/// count.
package struct FileSecrets: SecretProvider {
    package let name: String
    package var kind: ProviderHealth.Kind { .files }
    package var abilities: Set<ProviderAbility> { [.paths] }
    private let folder: String

    /// - Parameter folder: a whole path. Links below it are followed, wherever they lead: that is how secrets are
    ///   mounted.
    package init(name: String, folder: String) {
        self.name = name
        self.folder = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
    }

    package func check() async throws(ProviderError) {
        do throws(FileProblem) {
            _ = try FileReader.names(in: self.folder)
        } catch {
            throw .unavailable(provider: self.name, why: "the folder \(self.folder) \(error.description)")
        }
    }

    package func fields(at path: String, version: Int?) async throws(ProviderError) -> ProvidedFields {
        guard version == nil else {
            throw .unsupported(provider: self.name, "files have no versions; leave @VERSION out")
        }
        try await self.check()
        let whole = try self.whole(path)
        guard FileReader.isFolder(whole) else {
            return ProvidedFields(fields: [soleField: try self.text(whole, path)], version: nil)
        }
        var fields = SecretFields()
        for entry in try self.names(whole, path) where !entry.isFolder {
            fields[entry.name] = try self.text("\(whole)/\(entry.name)", "\(path)/\(entry.name)")
        }
        guard !fields.isEmpty else { throw .notFound(provider: self.name, path: path, why: "the folder has no files") }
        return ProvidedFields(fields: fields, version: nil)
    }

    package func names(_ listing: PathListing) async throws(ProviderError) -> [String] {
        try await self.check()
        let whole = try self.whole(folder: listing.folder)
        return listing.page(of: try self.names(whole, listing.folder).map { $0.isFolder ? "\($0.name)/" : $0.name })
    }

    private func whole(folder: String) throws(ProviderError) -> String {
        folder.isEmpty ? self.folder : try self.whole(String(folder.dropLast()))
    }

    /// - Throws: `.badPath` for what would lead out of the folder, and for hidden files.
    private func whole(_ path: String) throws(ProviderError) -> String {
        guard VaultAddress.isPath(path), !path.split(separator: "/").contains(where: { $0.hasPrefix(".") }) else {
            throw .badPath(
                provider: self.name, path: path,
                why: "it must be names of files below the folder, none beginning with a \".\"")
        }
        return "\(self.folder)/\(path)"
    }

    private func names(
        _ whole: String, _ path: String
    ) throws(ProviderError) -> [(name: String, isFolder: Bool)] {
        do throws(FileProblem) {
            return try FileReader.names(in: whole)
        } catch {
            throw self.problem(error, path)
        }
    }

    private func text(_ whole: String, _ path: String) throws(ProviderError) -> SecretText {
        var content: [UInt8]
        do throws(FileProblem) {
            content = try FileReader.content(of: whole)
        } catch {
            throw self.problem(error, path)
        }
        defer { SecretText.wipe(&content) }
        if content.last == UInt8(ascii: "\n") { content.removeLast() }
        if content.last == UInt8(ascii: "\r") { content.removeLast() }
        return SecretText(bytes: content)
    }

    private func problem(_ problem: FileProblem, _ path: String) -> ProviderError {
        switch problem {
        case .isNotThere: .notFound(provider: self.name, path: path, why: nil)
        case .cannotBeRead: .denied(provider: self.name, path: path, why: "the file \(problem)")
        case .isFolder, .tooLarge, .openToOthers:
            .unreadable(provider: self.name, path: path, why: "the file \(problem)")
        }
    }
}
