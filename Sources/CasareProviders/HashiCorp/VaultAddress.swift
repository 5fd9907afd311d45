/// What addresses and paths of a Vault look like.
enum VaultAddress {
    /// - Returns: the address without a slash at its end; `nil` for what is no address of a server.
    static func base(_ text: String) -> String? {
        guard let scheme = ["https://", "http://"].first(where: { text.hasPrefix($0) }) else { return nil }
        var host = text.dropFirst(scheme.count)
        if host.hasSuffix("/") { host.removeLast() }
        guard !host.isEmpty,
            host.utf8.allSatisfy({ byte in (0x21...0x7E).contains(byte) && !"/?#@\\".utf8.contains(byte) })
        else { return nil }
        return scheme + host
    }

    /// Whether it is one part or several, none of which leads elsewhere.
    static func isPath(_ text: String) -> Bool {
        guard (1...ProviderLimits.pathCharactersMax).contains(text.utf8.count) else { return false }
        return text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty && part != "." && part != ".." && part.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
        }
    }
}
