import CasareClient
import CasareDomain
import CasareWire

extension Submission {
    /// What became of the submit, in one word: nothing is submitted where the job was there already.
    var verb: String { self.isDuplicate ? "found" : "submitted" }

    /// What a person may not have expected.
    var note: String? {
        if let replaced {
            return "job \(replaced) of this unique key was waiting, and is cancelled for this one"
        }
        guard self.isDuplicate else { return nil }
        switch self.foundBy {
        case .uniqueKey: return "this unique key is taken; this is the job that has it"
        case .idempotencyKey, nil: return "this idempotency key was used before; this is the job of then"
        }
    }

    /// Of a job that was there already, too, how it stands and what came of it.
    func presentation() throws -> Presentation {
        let presentation =
            if self.isDuplicate {
                try self.job.presentationOfFound()
            } else {
                try self.job.presentation(saying: self.verb)
            }
        return self.adding(to: presentation)
    }

    /// - Parameter ended: the job, as it was when nobody waited any more.
    func presentation(of ended: JobInfo) throws -> Presentation {
        self.adding(to: try ended.presentation())
    }

    /// Programs read with the job whether it is the one that they submitted.
    private func adding(to presentation: Presentation) -> Presentation {
        presentation.adding([
            "found_by": self.foundBy.map { Value.string($0.rawValue) } ?? .null,
            "replaced": self.replaced.map { Value.string($0.description) } ?? .null,
        ])
    }
}
