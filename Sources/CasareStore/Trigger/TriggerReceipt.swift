package import CasareDomain

/// What came to a trigger, and what became of it, for whoever tells of it after the commit.
package struct TriggerReceipt: Hashable, Sendable {
    /// Its name.
    package let trigger: String
    package let kind: Trigger.Kind
    package let result: TriggerDelivery.Result
    /// Of one that was accepted: that it has made.
    package let job: Job.ID?

    package init(of trigger: Trigger, _ result: TriggerDelivery.Result, job: Job.ID?) {
        self.trigger = trigger.name
        self.kind = trigger.spec.source.kind
        self.result = result
        self.job = result == .accepted ? job : nil
    }
}
