import CasareDomain

/// Addresses from which something counts.
struct NetworkArgument: ArgumentForm, Hashable {
    static let form =
        "a network such as 192.0.2.0/24 or 2001:db8::/32, with no bits behind the prefix, or one address"

    let range: AddressRange

    init?(argument: String) {
        guard let range = AddressRange(argument) else { return nil }
        self.range = range
    }
}
