extension Job {
    /// Which version of its workflow a job that is run again runs.
    public enum VersionChoice: String, Hashable, Sendable, Codable, CaseIterable {
        /// The one that the first job ran.
        case same
        /// The newest one. What was recorded is not taken over then: the steps belong to their version.
        case latest
    }

    /// How a job that is run again differs from the first one.
    public struct RerunChoices: Hashable, Sendable {
        /// Instead of the job's variables; `nil` begins with those.
        public var variables: Object?
        /// Changes of the variables. A person's patch works on what a person is shown: what is hidden cannot be read by
        /// it.
        public var patch: JSONPatch?
        /// Set after that, each of them.
        public var set: Object
        /// Where it begins; what was recorded before is not done again.
        public var from: ResumePoint
        public var version: VersionChoice

        public init(
            variables: Object? = nil, patch: JSONPatch? = nil, set: Object = [:], from: ResumePoint = .start,
            version: VersionChoice = .same
        ) {
            self.variables = variables
            self.patch = patch
            self.set = set
            self.from = from
            self.version = version
        }

        public var changesVariables: Bool { self.variables != nil || self.patch != nil || !self.set.isEmpty }

        /// Why these choices contradict each other, for whoever made them; `nil`: they do not.
        public var contradiction: String? {
            self.version == .latest && self.from != .start
                ? "the recorded steps belong to the version that recorded them: with the latest version a job begins at "
                    + "the start; leave out from, or run the same version"
                : nil
        }

        /// The variables of the new job.
        ///
        /// - Parameter old: those of the first one, as far as they may be read.
        /// - Throws: when the patch cannot be made.
        public func variables(after old: Object) throws(JSONPatch.Invalid) -> Object {
            var new = self.variables ?? old
            if let patch { new = try patch.applied(to: new) }
            return new.merging(self.set)
        }
    }
}
