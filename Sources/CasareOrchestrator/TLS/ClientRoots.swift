/// Where the certificate authorities come from whose client certificates count, beside those of a file.
package struct ClientRoots: Sendable {
    /// Their certificates in DER form.
    ///
    /// - Throws: when nobody can tell just now: those that were known before go on counting.
    let load: @Sendable () async throws -> [[UInt8]]

    package init(_ load: @escaping @Sendable () async throws -> [[UInt8]]) { self.load = load }

    package static let none = ClientRoots { [] }
}
