/// Which names of a provider's folder are listed.
package struct PathListing: Hashable, Sendable {
    /// Empty for all that there is; else with a slash at its end.
    package let folder: String
    /// How the names begin; empty: all of them.
    package let beginning: String
    /// The name that the page before ended with; `nil`: from the first one on.
    package let after: String?
    /// How many at most.
    package let limit: Int

    package init(folder: String, beginning: String = "", after: String? = nil, limit: Int) {
        self.folder = folder
        self.beginning = beginning
        self.after = after
        self.limit = limit
    }

    /// The folder that paths of a prefix are in: empty, or with a slash at its end.
    package static func folder(of prefix: String) -> String {
        prefix.lastIndex(of: "/").map { String(prefix[...$0]) } ?? ""
    }

    /// Those that are listed, sorted.
    ///
    /// - Parameter names: all of the folder, in any order.
    package func page(of names: [String]) -> [String] {
        let listed = names.filter { name in
            name.hasPrefix(self.beginning) && self.after.map { name > $0 } ?? true
        }
        return Array(listed.sorted().prefix(self.limit))
    }
}
