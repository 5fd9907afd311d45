/// Which tenants may use a provider, and where each one's paths begin there.
package struct ProviderAccess: Hashable, Sendable {
    /// Every tenant may use it.
    package static let everyTenant = "*"
    package static let tenantDefault = "default"
    /// Stands for the tenant's name in `folder`.
    package static let tenantMark = "{tenant}"

    /// Names.
    package let tenants: [String]
    /// Put before each path, the tenant's name put in, and a slash behind it; `nil`: paths are as they are.
    package let folder: String?

    package init(tenants: [String], folder: String? = nil) {
        self.tenants = tenants
        self.folder = folder
    }

    func allows(_ tenant: String) -> Bool {
        self.tenants.contains(tenant) || self.tenants.contains(Self.everyTenant)
    }

    /// - Parameter isDynamic: the path begins with the mount of an engine, which is not below a folder.
    func path(_ path: String, of tenant: String, isDynamic: Bool) -> String {
        guard let folder = self.folder, !isDynamic else { return path }
        var begin = folder.replacing(Self.tenantMark, with: tenant)
        if !begin.hasSuffix("/") { begin += "/" }
        return begin + path
    }
}
