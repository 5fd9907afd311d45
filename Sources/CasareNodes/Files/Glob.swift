import CasareEngine

/// A file name pattern: `*`, `?`, `[abc]`, `[a-z]`, `[!abc]`; `/` separates directories, `**` stands for any number.
struct Glob: Sendable {
    private enum Segment: Sendable {
        case anyDepth
        case name(pattern: [Unicode.Scalar])
    }

    private let segments: [Segment]

    /// - Throws: `ValueError` for a pattern that leads out of the directory.
    init(_ pattern: String) throws(NodeFailure) {
        let parts = PathText.components(pattern)
        if PathText.isAbsolute(pattern) || parts.contains(where: PathText.isDotDot) || pattern.utf8.contains(0) {
            throw NodeFailure("PathSecurityError", "The pattern \(pattern) must stay inside the directory")
        }
        self.segments = parts.map { $0 == "**" ? .anyDepth : .name(pattern: Array($0.unicodeScalars)) }
    }

    /// How many directories below the start matches can lie at most; `nil`: any number.
    var depthMax: Int? {
        for segment in self.segments {
            if case .anyDepth = segment { return nil }
        }
        return max(self.segments.count - 1, 0)
    }

    /// Whether the path below the directory matches, component by component.
    func matches(_ components: [String]) -> Bool {
        Self.matches(self.segments[...], components[...])
    }

    /// Whether a path matches wherever it lies: the pattern is held against its last components.
    func matchesEnd(of components: [String]) -> Bool {
        Self.matches([.anyDepth] + self.segments, components[...])
    }

    private static func matches(_ segments: ArraySlice<Segment>, _ components: ArraySlice<String>) -> Bool {
        guard let first = segments.first else { return components.isEmpty }
        switch first {
        case .anyDepth:
            return (components.startIndex...components.endIndex).contains {
                self.matches(segments.dropFirst(), components[$0...])
            }
        case .name(let pattern):
            guard let component = components.first, self.matches(pattern, Array(component.unicodeScalars)) else {
                return false
            }
            return self.matches(segments.dropFirst(), components.dropFirst())
        }
    }

    /// One name against one pattern, in time proportional to the product of their lengths.
    private static func matches(_ pattern: [Unicode.Scalar], _ name: [Unicode.Scalar]) -> Bool {
        var (position, index) = (0, 0)
        var retry: (position: Int, index: Int)?
        while index < name.count {
            if position < pattern.count, pattern[position] == "*" {
                retry = (position + 1, index)
                position += 1
            } else if position < pattern.count, let next = self.step(pattern, position, name[index]) {
                position = next
                index += 1
            } else if let (after, start) = retry {
                // Let the last star take one character more.
                retry = (after, start + 1)
                (position, index) = (after, start + 1)
            } else {
                return false
            }
        }
        return pattern[position...].allSatisfy { $0 == "*" }
    }

    /// The position after the pattern element at `position` when that accepts the character.
    private static func step(_ pattern: [Unicode.Scalar], _ position: Int, _ character: Unicode.Scalar) -> Int? {
        switch pattern[position] {
        case "?":
            return position + 1
        case "[":
            guard let close = pattern[position...].dropFirst(2).firstIndex(of: "]") else {
                return character == "[" ? position + 1 : nil
            }
            var set = pattern[(position + 1)..<close]
            let isNegated = set.first == "!" || set.first == "^"
            if isNegated { set = set.dropFirst() }
            return self.set(set, contains: character) != isNegated ? close + 1 : nil
        default:
            return pattern[position] == character ? position + 1 : nil
        }
    }

    private static func set(_ set: ArraySlice<Unicode.Scalar>, contains character: Unicode.Scalar) -> Bool {
        var position = set.startIndex
        while position < set.endIndex {
            if position + 2 < set.endIndex, set[position + 1] == "-" {
                if set[position] <= character, character <= set[position + 2] { return true }
                position += 3
            } else {
                if set[position] == character { return true }
                position += 1
            }
        }
        return false
    }
}
