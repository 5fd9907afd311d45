import CasareDomain

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

    /// Whether nobody on the way reads what is sent there, the token first: it goes over TLS, or stays on this machine.
    ///
    /// - Parameter base: as `base` returns it.
    static func isPrivate(_ base: String) -> Bool {
        guard base.hasPrefix("http://") else { return true }
        let authority = base.dropFirst("http://".count)
        let isBracketed = authority.hasPrefix("[")
        let host = isBracketed ? authority.dropFirst().prefix { $0 != "]" } : authority.prefix { $0 != ":" }
        return NetworkAddress.isLoopback(host: host)
    }

    /// Whether it is one part or several, none of which leads elsewhere.
    static func isPath(_ text: String) -> Bool {
        guard !text.isEmpty, self.isText(text) else { return false }
        return text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty && part != "." && part != ".."
        }
    }

    /// Whether a path may have such characters, and so many.
    static func isText(_ text: String) -> Bool {
        text.utf8.count <= ProviderLimits.pathCharactersMax && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }
}
