import ArgumentParser

/// One of the words that there are for something, in any case of letters.
struct CaseArgument<Case: RawRepresentable & CaseIterable & Hashable & Sendable>: ExpressibleByArgument, Hashable,
    Sendable
where Case.RawValue == String {
    let value: Case

    init?(argument: String) {
        let word = argument.lowercased()
        guard let value = Case.allCases.first(where: { $0.rawValue.lowercased() == word }) else { return nil }
        self.value = value
    }

    static var allValueStrings: [String] { Case.allCases.map(\.rawValue) }
}
