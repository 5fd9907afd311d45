package import CasareDomain

extension NodePolicy {
    /// This robot's policy for a tenant's job. Denied paths, allowed roots, a ban on scripts and the memory limit are
    /// the robot's own: no tenant changes them.
    ///
    /// - Parameter isTighteningOnly: the robot refuses what would loosen its rules.
    package func applied(to tenant: SafetyPolicy, isTighteningOnly: Bool) -> NodePolicy {
        func effective(_ name: SafetyPolicy.Switch, _ own: Bool) -> Bool {
            tenant.effective(name, own: own, isTighteningOnly: isTighteningOnly)
        }
        var policy = self
        policy.checksPaths = effective(.pathRules, self.checksPaths)
        policy.checksCommands = effective(.commandRules, self.checksCommands)
        policy.allowsInternalURLs = !effective(.urlRules, !self.allowsInternalURLs)
        policy.allowsDangerousOverrides = effective(.nodeOverrides, self.allowsDangerousOverrides)
        policy.allowsScripts = effective(.scripts, self.allowsScripts)
        return policy
    }
}
