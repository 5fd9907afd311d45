/// Names of workflows that came with another and became jobs of their own: `caller › name`.
///
/// What runs must not become a version of what people have pushed, so these names are no others'.
extension Workflow {
    /// No name that somebody chose holds it.
    public static let childSeparator = " › "

    /// So that a name, which is indexed, stays short.
    private static let ownCharactersMax = 255

    /// The name under which a workflow is kept that came with a caller, or with what a caller had brought: those are
    /// all children of the outermost one, so that calls that go round do not make names without end.
    public static func childName(_ own: String, of caller: String) -> String {
        let separator = caller.utf8.firstRange(of: self.childSeparator.utf8)
        let outermost = separator.map { String(caller[..<$0.lowerBound]) } ?? caller
        // Nobody has looked at the name inside such a document.
        var characters = String.UnicodeScalarView()
        for character in own.unicodeScalars.prefix(self.ownCharactersMax) {
            characters.append(character.properties.generalCategory == .control ? "\u{FFFD}" : character)
        }
        return outermost + self.childSeparator + String(characters)
    }

    /// By bytes, as the database compares: a letter that combines with the separator's end hides it from `contains`.
    public static func isChildName(_ name: String) -> Bool {
        name.utf8.firstRange(of: self.childSeparator.utf8) != nil
    }
}
