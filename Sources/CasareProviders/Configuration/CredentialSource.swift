#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The variables that a process was started with.
package struct ProcessEnvironment: Sendable {
    private let look: @Sendable (String) -> String?

    package init(_ look: @escaping @Sendable (String) -> String?) { self.look = look }

    /// `nil` for a variable that is not set, and for one that is set to nothing.
    package subscript(variable: String) -> String? {
        guard let text = self.look(variable), !text.isEmpty else { return nil }
        return text
    }

    /// Those of this process.
    package static let process = ProcessEnvironment { name in getenv(name).map { String(cString: $0) } }
}

/// Where a credential stands that the file of providers does not hold itself.
package enum CredentialSource: Hashable, Sendable, CustomStringConvertible {
    /// A file's path. White space around its text does not count.
    case file(String)
    /// A variable's name.
    case environment(String)

    /// - Throws: `.unavailable` where it is not there, is empty, or is no text.
    func text(for provider: String, _ environment: ProcessEnvironment) throws(ProviderError) -> String {
        switch self {
        case .environment(let name):
            guard let text = environment[name] else {
                throw .unavailable(
                    provider: provider, why: "the variable \(name) is not set, which its credential is in")
            }
            return text
        case .file(let path):
            let content: [UInt8]
            do throws(FileProblem) {
                content = try FileReader.content(of: path)
            } catch {
                throw .unavailable(provider: provider, why: "the file \(path) with its credential \(error.description)")
            }
            guard let text = String(validating: content, as: UTF8.self) else {
                throw .unavailable(provider: provider, why: "the file \(path) with its credential is no text")
            }
            let trimmed = text.split(whereSeparator: \.isWhitespace)
            guard let word = trimmed.first, trimmed.count == 1 else {
                throw .unavailable(provider: provider, why: "the file \(path) does not hold one credential")
            }
            return String(word)
        }
    }

    package var description: String {
        switch self {
        case .file(let path): "the file \(path)"
        case .environment(let name): "the variable \(name)"
        }
    }
}
