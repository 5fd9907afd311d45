import ArgumentParser
import CasareDomain

/// The variables that a run starts with.
struct VariableOptions: ParsableArguments {
    @Option(
        name: [.customLong("var"), .customLong("set")],
        help: ArgumentHelp(
            "Set a variable. The value is JSON when it is a number, true, false, null, a list or an object, "
                + "and text otherwise; name:=JSON takes any JSON.", valueName: "name=value"),
        transform: VariableAssignment.init(parsing:))
    var assignments: [VariableAssignment] = []

    @Option(
        name: .customLong("vars"),
        help: ArgumentHelp(
            "Read variables from a JSON or YAML file, or from stdin (-). --var wins.", valueName: "file"),
        transform: Text.notEmpty)
    var file: String?

    /// Refuses to read two things from one stdin.
    func check(besides argument: String) throws {
        if self.file == "-" && argument == "-" {
            throw ValidationError("Only one of the workflow and --vars can be read from stdin.")
        }
    }

    /// `nil`: neither option was given.
    func variables() throws(CommandFailure) -> Object? {
        guard self.file != nil || !self.assignments.isEmpty else { return nil }
        var variables: Object = [:]
        if let file {
            variables = try VariableFile.parse(try TextInput(file).read(), name: TextInput(file).name)
        }
        for assignment in self.assignments {
            variables[assignment.name] = assignment.value
        }
        return variables
    }
}
