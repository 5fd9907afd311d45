extension NodeType.Parameter {
    /// The choice that a text means; `nil` when it means none.
    ///
    /// Case does not matter. Where there are other texts for choices, nothing matters but letters and digits:
    /// `read_file`, `ReadFile` and `read file` are `Read File`.
    package func choice(for text: String) -> String? {
        let lowercased = text.lowercased()
        if let choice = self.choices.first(where: { $0.lowercased() == lowercased }) { return choice }
        let wanted = Self.lettersAndDigits(text)
        return self.choices.first { choice in
            self.looseTexts(for: choice).contains { Self.lettersAndDigits($0) == wanted }
        }
    }

    /// The texts for a choice of which only letters and digits matter.
    func looseTexts(for choice: String) -> [String] {
        self.choiceAliases.isEmpty ? [] : [choice] + (self.choiceAliases[choice] ?? [])
    }

    package static func lettersAndDigits(_ text: String) -> String {
        text.lowercased().filter { $0.isLetter || $0.isNumber }
    }
}
