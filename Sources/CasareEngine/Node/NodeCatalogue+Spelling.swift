import CasareDomain

extension NodeCatalogue {
    /// The type or alias that was probably meant by a name that no type goes by; the ending `Node` may be missing.
    package func nearestName(to written: String) -> String? {
        let ending = "Node"
        let names = self.types.flatMap { [$0.name] + $0.aliases }
        let bases = names.filter { $0.hasSuffix(ending) }.map { String($0.dropLast(ending.count)) }
        guard let nearest = Spelling.nearest(to: written, among: names + bases) else { return nil }
        return names.contains(nearest) ? nearest : nearest + ending
    }

    /// The families, in the order in which they first come.
    package var families: [String] {
        var seen: Set<String> = []
        return self.types.map(\.family).filter { seen.insert($0).inserted }
    }

    /// The family, or the word of a family's name, that was probably meant.
    package func nearestFamily(to written: String) -> String? {
        let words = self.families.flatMap { $0.split { !$0.isLetter && !$0.isNumber } }.map { $0.lowercased() }
        return Spelling.nearest(to: written, among: self.families + words.filter { $0.count > 3 })
    }
}
