import CasareDomain

/// The name of a role.
struct RoleArgument: ArgumentForm, Hashable {
    static let form =
        "a role's name: 1 to \(Role.Name.charactersMax) small letters, digits, '-' and '_', a letter first"

    let name: Role.Name

    /// In any case of letters.
    init?(argument: String) {
        guard let name = Role.Name(rawValue: argument.lowercased()) else { return nil }
        self.name = name
    }
}
