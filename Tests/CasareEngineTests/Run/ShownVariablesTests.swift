import CasareDomain
import Testing

@testable import CasareEngine

/// Start variables, shown to whoever looks at a job.
struct ShownVariablesTests {
    private static let originals: Object = [
        "password": "topsecretPW42", "url": "https://h/?key=topsecretPW42", "n": 4711, "pin": 4711,
        "login": ["user": "ann", "on": true], "json": #"{"token":"t-1"}"#, "none": nil, "open": "o",
    ]
    private static let sensitive: Set<String> = ["password", "pin", "login", "json", "none"]

    @Test func `sensitive values are hidden in their shape, and in other variables`() {
        let shown = ShownVariables(Self.originals, sensitive: Self.sensitive)
        #expect(
            shown.variables == [
                "password": "***", "url": "https://h/?key=***", "n": "***", "pin": "***",
                "login": ["user": "***", "on": nil], "json": #"{"token":"***"}"#, "none": nil, "open": "o",
            ])
        #expect(shown.masked("order topsecretPW42") == "order ***" && shown.masked("order 7") == "order 7")
        #expect(ShownVariables(Self.originals, sensitive: []).variables == Self.originals)
    }

    @Test func `what is given back as it was shown stays as it was`() {
        let shown = ShownVariables(Self.originals, sensitive: Self.sensitive)
        #expect(shown.restored(shown.variables) == Self.originals)
        var changed = shown.variables
        changed["password"] = "another"
        changed["open"] = "***"
        changed["new"] = 1
        var expected = Self.originals
        expected["password"] = "another"
        expected["open"] = "***"
        expected["new"] = 1
        #expect(shown.restored(changed) == expected)
        // What is left out stays left out.
        #expect(shown.restored(["open": "p"]) == ["open": "p"])
    }

    @Test func `who runs a job again changes what is shown, and replaces what is hidden`() throws {
        let shown = ShownVariables(Self.originals, sensitive: Self.sensitive)
        #expect(try shown.variables(after: Job.RerunChoices()) == nil)
        let patch = try JSONPatch(json: [
            ["op": "replace", "path": "/open", "value": "p"], ["op": "remove", "path": "/login"],
            ["op": "add", "path": "/pin", "value": 1], ["op": "copy", "from": "/open", "path": "/copy"],
        ])
        // What is set as it was shown stays as it was.
        var expected = Self.originals
        (expected["open"], expected["login"], expected["pin"], expected["copy"]) = ("p", nil, 1, "p")
        #expect(try shown.variables(after: .init(patch: patch, set: ["password": "***"])) == expected)
        #expect(try shown.variables(after: .init(variables: ["pin": "***"], set: ["n": 5])) == ["pin": 4711, "n": 5])
    }

    static let looks: [Value] = [
        ["op": "copy", "from": "/pin", "path": "/open"], ["op": "move", "from": "/login/user", "path": "/open"],
        ["op": "test", "path": "/password", "value": "topsecretPW42"], ["op": "copy", "from": "", "path": "/all"],
        // Only a part of it is hidden.
        ["op": "copy", "from": "/url", "path": "/open"], ["op": "add", "path": "/login/more", "value": 1],
    ]

    @Test(arguments: Self.looks)
    func `no patch tells what is hidden`(operation: Value) throws {
        let shown = ShownVariables(Self.originals, sensitive: Self.sensitive)
        let patch = try JSONPatch(json: .list([operation]))
        let error = #expect(throws: JSONPatch.Invalid.self) { _ = try shown.variables(after: .init(patch: patch)) }
        #expect(error?.description.contains("hidden") == true && error?.description.contains("topsecret") == false)
    }

    @Test func `a document says which variables are sensitive, in either of its forms`() {
        let byName: Value = [
            "variables": ["a": ["default_value": 1, "sensitive": true], "b": ["sensitive": false], "c": 1]
        ]
        let listed: Value = ["variables": [["name": "a", "sensitive": true], ["name": "b"]]]
        #expect(WorkflowDocument.sensitiveNames(in: byName) == ["a"])
        #expect(WorkflowDocument.sensitiveNames(in: listed) == ["a"])
        #expect(WorkflowDocument.sensitiveNames(in: ["nodes": [:]]).isEmpty)
    }
}
