import CasareDomain
import Testing

struct RerunChoicesTests {
    @Test func `a patch comes before what is set, and both after other variables`() throws {
        let patch = try JSONPatch(json: [
            ["op": "replace", "path": "/a", "value": 2], ["op": "remove", "path": "/b"],
        ])
        let old: Object = ["a": 1, "b": 1, "c": 1]
        let changed = Job.RerunChoices(patch: patch, set: ["a": 3, "d": 4])
        #expect(try changed.variables(after: old) == ["a": 3, "c": 1, "d": 4])
        let replaced = Job.RerunChoices(variables: ["a": 0, "b": 0], patch: patch)
        #expect(try replaced.variables(after: old) == ["a": 2])
        #expect(changed.changesVariables && replaced.changesVariables && !Job.RerunChoices().changesVariables)
        #expect(throws: JSONPatch.Invalid.self) { try changed.variables(after: ["a": 1]) }
    }

    @Test func `a patch must leave an object`() throws {
        let patch = try JSONPatch(json: [["op": "replace", "path": "", "value": [1]]])
        let error = #expect(throws: JSONPatch.Invalid.self) {
            try Job.RerunChoices(patch: patch).variables(after: ["a": 1])
        }
        #expect(error?.description == "the JSON patch leaves a list; variables are an object")
    }

    @Test(arguments: [
        (Job.VersionChoice.same, Job.ResumePoint.failed, true), (.same, .step(3), true), (.latest, .start, true),
        (.latest, .failed, false), (.latest, .step(0), false),
    ])
    func `recorded steps are taken over by the same version alone`(
        version: Job.VersionChoice, point: Job.ResumePoint, fits: Bool
    ) {
        #expect((Job.RerunChoices(from: point, version: version).contradiction == nil) == fits)
    }
}
