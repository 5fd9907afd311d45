import CasareDomain
import CasareWire

extension JobHistory {
    /// What people have said of steps in doubt, by their numbers, where it is what the journal has of them: how long such
    /// a step took, and whether it happened, nobody has seen.
    var answers: [Int: Answer] {
        var answers: [Int: Answer] = [:]
        for attempt in self.attempts {
            guard let question = attempt.question, let answer = question.answer else { continue }
            // Then a robot performs it, and its result is the robot's.
            let isPerformed = answer.answer == Job.Resolution.Answer.retry.rawValue
            answers[question.step] = isPerformed ? nil : answer
        }
        return answers
    }
}
