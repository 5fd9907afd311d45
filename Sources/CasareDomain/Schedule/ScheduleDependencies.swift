/// Which workflows start after which others, by the schedules that wait for jobs.
///
/// A circle of them would start jobs without end. Whether one would ever go round depends on how its jobs end, so every
/// circle is refused.
public enum ScheduleDependencies {
    /// A schedule that waits for jobs.
    public struct Edge: Hashable, Sendable {
        /// The schedule's name.
        public let schedule: String
        /// Names of the workflows that it waits for.
        public let after: [String]
        /// Name of the workflow that it starts.
        public let workflow: String

        public init(schedule: String, after: [String], workflow: String) {
            self.schedule = schedule
            self.after = after
            self.workflow = workflow
        }
    }

    /// The shortest circle that a schedule closes.
    ///
    /// - Parameters:
    ///   - new: the schedule as it is to be.
    ///   - others: those that there are; one of the same name is taken to be `new` as it was, and is not looked at.
    /// - Returns: names of workflows, each of which starts the next one; the last is the first again. `nil`: there is
    ///   no circle.
    public static func cycle(through new: Edge, among others: [Edge]) -> [String]? {
        let targets = Set(new.after)
        if targets.contains(new.workflow) { return [new.workflow, new.workflow] }
        var startedBy: [String: [String]] = [:]
        for edge in others where edge.schedule != new.schedule {
            for workflow in edge.after { startedBy[workflow, default: []].append(edge.workflow) }
        }
        // By breadth: the first way back is the shortest.
        var cameFrom: [String: String] = [:]
        var seen: Set<String> = [new.workflow]
        var front = [new.workflow]
        while !front.isEmpty {
            var next: [String] = []
            for workflow in front {
                for started in (startedBy[workflow] ?? []).sorted() where seen.insert(started).inserted {
                    cameFrom[started] = workflow
                    if targets.contains(started) { return self.way(to: started, cameFrom, closing: new.workflow) }
                    next.append(started)
                }
            }
            front = next
        }
        return nil
    }

    /// From `last`, which starts `first` by the new schedule, through all others back to `last`.
    private static func way(to last: String, _ cameFrom: [String: String], closing first: String) -> [String] {
        var way = [last]
        var workflow = last
        while workflow != first, let before = cameFrom[workflow] {
            way.append(before)
            workflow = before
        }
        return [last] + way.reversed()
    }
}
