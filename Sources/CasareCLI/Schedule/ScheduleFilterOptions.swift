import ArgumentParser
import CasareDomain
import CasareWire

/// Which schedules a command is about.
struct ScheduleFilterOptions: ParsableArguments {
    /// What messages name of them.
    static let names = "--name, --workflow, --status, --managed-by"

    @Option(
        help: ArgumentHelp(
            "Only schedules with such a name: * stands for any text, ? for one character.", valueName: "pattern"),
        transform: Text.notEmpty)
    var name: String?

    @Option(
        help: ArgumentHelp("Only schedules that start this workflow.", valueName: "workflow"),
        transform: Text.notEmpty)
    var workflow: String?

    @Option(
        help: ArgumentHelp("Only schedules in this state.", valueName: "status"),
        completion: .list(ScheduleStatusArgument.names), transform: ScheduleStatusArgument.parse)
    var status: ScheduleStatusArgument?

    @Option(
        help: ArgumentHelp("Only schedules that casarectl apply keeps for this owner.", valueName: "owner"),
        transform: Text.notEmpty)
    var managedBy: String?

    var isEmpty: Bool {
        self.name == nil && self.workflow == nil && self.status == nil && self.managedBy == nil
    }

    var query: ScheduleQuery {
        ScheduleQuery(
            status: self.status?.status, workflow: self.workflow, name: self.name, managedBy: self.managedBy)
    }

    var selection: ScheduleSelection {
        ScheduleSelection(
            name: self.name, workflow: self.workflow, status: self.status?.status, managedBy: self.managedBy)
    }
}
