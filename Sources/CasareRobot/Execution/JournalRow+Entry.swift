import CasareDomain
import CasareEngine

extension JournalRow {
    init(_ entry: JournalEntry) {
        self.init(
            step: entry.step, node: entry.node, nodeType: entry.nodeType, effect: entry.effect.rawValue,
            result: entry.result?.json.jsonText(.compact), startedAt: entry.startedAt, finishedAt: entry.finishedAt)
    }
}

extension JournalEntry {
    /// - Throws: `UnreadableJournal` for a row that this version cannot have written.
    init(_ row: JournalRow) throws(UnreadableJournal) {
        guard let effect = NodeType.Effect(rawValue: row.effect) else {
            throw UnreadableJournal(step: row.step, reason: "unknown effect class \"\(row.effect)\"")
        }
        var result: StepResult?
        if let text = row.result {
            let json: Value
            do {
                json = try Value(parsingJSON: text)
            } catch {
                throw UnreadableJournal(step: row.step, reason: "\(error)")
            }
            // As of a large result of which only the mark that it stands aside is left: to go on as if the step had
            // given nothing would be worse than to stop.
            guard json["outputs"] != nil || json["error"] != nil else {
                throw UnreadableJournal(step: row.step, reason: "its result has neither outputs nor an error")
            }
            result = StepResult(json: json)
        }
        self.init(
            step: row.step, node: row.node, nodeType: row.nodeType, effect: effect, result: result,
            startedAt: row.startedAt, finishedAt: row.finishedAt)
    }
}

/// A journal row that does not read; the job cannot go on from it.
struct UnreadableJournal: Error, CustomStringConvertible {
    let step: Int
    let reason: String

    var description: String { "Step \(self.step) of the journal does not read: \(self.reason)" }
}
