/// Which warnings of a run are told, when and how often it has the same ones. Does no I/O.
package struct WarningTally: Sendable {
    /// Different warnings that are told; of what comes after them only the number is.
    package static let toldMax = 50

    private struct Warning: Hashable {
        let node: String
        let message: String
    }

    private var told: [(warning: Warning, count: Int)] = []
    private var positions: [Warning: Int] = [:]
    /// Warnings beyond those that are told. What repeats itself among them is counted each time: to know it, all of
    /// them would have to be kept.
    package private(set) var leftOut = 0

    package init() {}

    /// - Returns: Whether the warning is to be told now.
    package mutating func isNew(_ message: String, of node: String) -> Bool {
        let warning = Warning(node: node, message: message)
        if let position = self.positions[warning] {
            self.told[position].count += 1
            return false
        }
        guard self.told.count < Self.toldMax else {
            self.leftOut += 1
            return false
        }
        self.positions[warning] = self.told.count
        self.told.append((warning, 1))
        return true
    }

    /// Those that came more than once, in the order in which they came first.
    package var repeated: [(node: String, message: String, count: Int)] {
        self.told.filter { $0.count > 1 }.map { ($0.warning.node, $0.warning.message, $0.count) }
    }
}
