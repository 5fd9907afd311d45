import CasareDomain
import CasareEngine

/// The line that says how far a run has come.
enum ProgressText {
    /// `12 nodes done, 3 s: fetch "Get it" in loop each, pass 2 of 3`
    static func line(_ position: RunPosition, seconds: Double) -> String {
        // The node that is named is not done.
        let done = position.executed - (position.node == nil ? 0 : 1)
        let time = seconds < 60 ? "\(Int(seconds)) s" : TimeSpan.text(seconds: seconds.rounded(.down))
        var text = "\(Count.text(done, "node")) done, \(time)"
        var places: [String] = []
        if let node = position.node {
            places.append(TerminalText.line(node) + (position.name.map { " \(ShortValue.text(.string($0)))" } ?? ""))
        }
        // The innermost that goes round.
        if let loop = position.enclosing.last(where: { $0.count != nil }) {
            var bare = loop
            bare.item = nil
            places.append((places.isEmpty ? "" : "in ") + bare.text)
        }
        if !places.isEmpty { text += ": " + places.joined(separator: " ") }
        return text
    }
}
