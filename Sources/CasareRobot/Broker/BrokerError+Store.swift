import CasareDomain
import CasareStore

extension BrokerError {
    /// What the store's refusal means for the robot.
    init(_ error: StoreError) {
        self =
            switch error {
            case .leaseLost(let job): .leaseLost(job)
            case .sessionEnded: .sessionEnded
            case .contended: .unavailable("\(error)")
            case .notFound, .invalidTransition, .alreadyReplayed, .alreadyResolved, .otherQuestion,
                .idempotencyConflict, .uniqueKeyHeld, .uniqueKeyRepeated, .robotElsewhere, .deadlineTooEarly,
                .notInMemory, .nameTaken, .tooManyJobs,
                .pauseEnd, .robotIsNotThere, .robotIsNeeded, .noSuchStep, .failsAgain, .stepsGone,
                .nothingFailed, .stepsOfOtherVersion, .letterResolved, .selectionChanged, .nothingSelected,
                .selectionTooLarge, .operationRefused, .tooManyOperations, .tooManySelections, .refused,
                .revisionChanged, .quotaExceeded, .tenantSuspended, .calendarUnreadable, .unreadable:
                .refused("\(error)")
            }
    }
}
