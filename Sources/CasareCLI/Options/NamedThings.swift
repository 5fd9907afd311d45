/// What the arguments of a command name, or stdin for a lone `-`.
enum NamedThings {
    /// Keeps the order, and one of each.
    ///
    /// - Parameters:
    ///   - isSeparator: what stands between two on stdin.
    ///   - noun: what there is none of, for the message.
    ///   - thing: reads one.
    /// - Throws: `.usage` when there is none; what reading throws.
    static func all<Thing: Hashable>(
        _ arguments: [String], readInput: () throws -> String, separatedBy isSeparator: (Character) -> Bool,
        noun: String, _ thing: (String) throws -> Thing
    ) throws -> [Thing] {
        let words = arguments == ["-"] ? try readInput().split(whereSeparator: isSeparator).map(String.init) : arguments
        var seen: Set<Thing> = []
        let things = try words.map(thing).filter { seen.insert($0).inserted }
        if things.isEmpty { throw CommandFailure(.usage, "no \(noun) was given") }
        return things
    }
}
