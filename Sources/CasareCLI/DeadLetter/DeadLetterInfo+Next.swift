import CasareDomain
import CasareWire

extension DeadLetterInfo {
    /// What a person may do now, each with the command to be pasted.
    var nextCommands: [Sheet.Field] {
        var next: [(label: String, command: String)] = []
        switch self.status {
        case .open, .acknowledged:
            next += self.reruns
            if self.status == .open {
                next.append(("say that you know", "casarectl dlq ack \(self.id) --reason TEXT"))
            }
            next.append(("say that it is settled", "casarectl dlq ack \(self.id) --resolve --reason TEXT"))
        case .replayed:
            if let replay, replay.endedAt == nil {
                next.append(("follow the replay", "casarectl job watch \(replay.job)"))
            } else {
                if let replayedAs { next.append(("look at the replay", "casarectl job get \(replayedAs)")) }
                next += self.reruns
            }
        case .resolved:
            if let replayedAs { next.append(("look at the replay", "casarectl job get \(replayedAs)")) }
            next.append(("run it again all the same", "casarectl retry \(self.replayedAs ?? self.id)"))
        }
        if let context, context.similar.count > 1 {
            next.append(("list those like it", "casarectl dlq list --fingerprint \(self.fingerprint) --status all"))
        }
        next.append(("look deeper", "casarectl job trace \(self.id)"))
        return next.map { Sheet.Field(label: $0.label, cell: .text($0.command)) }
    }

    /// The ways to run it again, the plainest one first.
    private var reruns: [(label: String, command: String)] {
        let retry = "casarectl dlq retry \(self.id)"
        var reruns = [("run it again", "\(retry) --wait")]
        if self.step != nil { reruns.append(("from the step that failed", "\(retry) --from failed")) }
        reruns.append(("with another value", "\(retry) --set NAME=VALUE --dry-run"))
        reruns.append(("with the newest version", "\(retry) --version latest --dry-run"))
        if let context, context.similar.count > 1 {
            let workflow = Explanation.Command.quoted(self.workflow)
            let replay = "casarectl dlq replay --workflow=\(workflow) --fingerprint \(self.fingerprint)"
            reruns.append(("all like it in its workflow", "\(replay) --canary 3 --dry-run"))
        }
        return reruns
    }
}
