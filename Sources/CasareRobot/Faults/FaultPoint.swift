#if DEBUG || CASARE_FAULTS
    /// A moment of a robot's talk with the rest of the system at which something can be made to go wrong: before it
    /// asks, and when it was answered.
    ///
    /// What lies between the two is one commit, so these are the moments before and after each commit of the protocol.
    package enum FaultPoint: String, Hashable, Sendable, CaseIterable {
        case beforeOpen = "before-open"
        case afterOpen = "after-open"
        case beforeLease = "before-lease"
        /// Only when jobs were leased.
        case afterLease = "after-lease"
        case beforeRenew = "before-renew"
        case afterRenew = "after-renew"
        case beforeJournal = "before-journal"
        case afterJournal = "after-journal"
        /// Journal rows of which the last one is a step that is only about to happen.
        case beforeIntent = "before-intent"
        case afterIntent = "after-intent"
        /// Journal rows of steps that have happened.
        case beforeResult = "before-result"
        case afterResult = "after-result"
        case beforeComplete = "before-complete"
        case afterComplete = "after-complete"
        case beforeFail = "before-fail"
        case afterFail = "after-fail"
        case beforeBlock = "before-block"
        case afterBlock = "after-block"
        case beforeRelease = "before-release"
        case afterRelease = "after-release"
        case beforeSecrets = "before-secrets"
        case afterSecrets = "after-secrets"
        case beforeSubmit = "before-submit"
        case afterSubmit = "after-submit"
        case beforeEnding = "before-ending"
        case afterEnding = "after-ending"
        /// What was found for a trigger.
        case beforeReport = "before-report"
        case afterReport = "after-report"
    }
#endif
