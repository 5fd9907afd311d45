import CasareDomain
import Testing

/// JSON Patch (RFC 6902), by the examples of its appendix A and at the edges of JSON Pointer (RFC 6901).
struct JSONPatchTests {
    private static func value(_ text: String) -> Value {
        // The texts stand here.
        try! Value(parsingJSON: text)
    }

    private static func applied(_ patch: String, to document: String) throws(JSONPatch.Invalid) -> Value {
        try JSONPatch(json: self.value(patch)).applied(to: self.value(document))
    }

    private static let examples: [(document: String, patch: String, result: String)] = [
        // A.1 to A.7: members and elements are added, removed, replaced and moved.
        (#"{"foo":"bar"}"#, #"[{"op":"add","path":"/baz","value":"qux"}]"#, #"{"baz":"qux","foo":"bar"}"#),
        (#"{"foo":["bar","baz"]}"#, #"[{"op":"add","path":"/foo/1","value":"qux"}]"#, #"{"foo":["bar","qux","baz"]}"#),
        (#"{"baz":"qux","foo":"bar"}"#, #"[{"op":"remove","path":"/baz"}]"#, #"{"foo":"bar"}"#),
        (#"{"foo":["bar","qux","baz"]}"#, #"[{"op":"remove","path":"/foo/1"}]"#, #"{"foo":["bar","baz"]}"#),
        (
            #"{"baz":"qux","foo":"bar"}"#, #"[{"op":"replace","path":"/baz","value":"boo"}]"#,
            #"{"baz":"boo","foo":"bar"}"#
        ),
        (
            #"{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}}"#,
            #"[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]"#,
            #"{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}"#
        ),
        (
            #"{"foo":["all","grass","cows","eat"]}"#, #"[{"op":"move","from":"/foo/1","path":"/foo/3"}]"#,
            #"{"foo":["all","cows","eat","grass"]}"#
        ),
        // A.8: tests that hold.
        (
            #"{"baz":"qux","foo":["a",2,"c"]}"#,
            #"[{"op":"test","path":"/baz","value":"qux"},{"op":"test","path":"/foo/1","value":2}]"#,
            #"{"baz":"qux","foo":["a",2,"c"]}"#
        ),
        // A.10, A.11, A.14, A.16.
        (
            #"{"foo":"bar"}"#,
            #"[{"op":"add","path":"/child","value":{"grandchild":{}}}]"#,
            #"{"foo":"bar","child":{"grandchild":{}}}"#
        ),
        (#"{"foo":"bar"}"#, #"[{"op":"add","path":"/baz","value":"qux","xyz":123}]"#, #"{"foo":"bar","baz":"qux"}"#),
        (#"{"/":9,"~1":10}"#, #"[{"op":"test","path":"/~01","value":10}]"#, #"{"/":9,"~1":10}"#),
        (
            #"{"foo":["bar"]}"#,
            #"[{"op":"add","path":"/foo/-","value":["abc","def"]}]"#,
            #"{"foo":["bar",["abc","def"]]}"#
        ),
        // Beyond them: copies, the whole, the place behind the last element, null and equal numbers.
        (
            #"{"a":{"b":1}}"#,
            #"[{"op":"copy","from":"/a","path":"/c"},{"op":"replace","path":"/c/b","value":2}]"#,
            #"{"a":{"b":1},"c":{"b":2}}"#
        ),
        (#"{"a":1}"#, #"[{"op":"add","path":"","value":{"b":2}}]"#, #"{"b":2}"#),
        (#"{"a":[1]}"#, #"[{"op":"add","path":"/a/1","value":2}]"#, #"{"a":[1,2]}"#),
        (
            #"{"a":1}"#,
            #"[{"op":"add","path":"/a","value":null},{"op":"test","path":"/a","value":null}]"#,
            #"{"a":null}"#
        ),
        (#"{"a":1}"#, #"[{"op":"test","path":"/a","value":1.0}]"#, #"{"a":1}"#),
        (#"{"a":1}"#, #"[{"op":"move","from":"/a","path":"/a"}]"#, #"{"a":1}"#),
        (#"{"":{"":1}}"#, #"[{"op":"replace","path":"//","value":2}]"#, #"{"":{"":2}}"#),
        (#"{"a":1}"#, "[]", #"{"a":1}"#),
    ]

    @Test(arguments: Self.examples)
    func `a patch changes what it says`(document: String, patch: String, result: String) throws {
        #expect(try Self.applied(patch, to: document) == Self.value(result))
    }

    private static let refused: [(document: String, patch: String, message: String)] = [
        // A.9, A.12, A.15.
        (
            #"{"baz":"qux"}"#, #"[{"op":"test","path":"/baz","value":"bar"}]"#,
            #"operation 1 of the JSON patch at "/baz": test: another value is there than the test expects"#
        ),
        (
            #"{"foo":"bar"}"#, #"[{"op":"add","path":"/baz/bat","value":"qux"}]"#,
            #"operation 1 of the JSON patch at "/baz/bat": add: there is no member "baz""#
        ),
        (
            #"{"/":9,"~1":10}"#, #"[{"op":"test","path":"/~01","value":"10"}]"#,
            #"operation 1 of the JSON patch at "/~01": test: another value is there than the test expects"#
        ),
        (
            #"{"a":1}"#, #"[{"op":"add","path":"/b","value":2},{"op":"remove","path":"/c"}]"#,
            #"operation 2 of the JSON patch at "/c": remove: there is no member "c""#
        ),
        (
            #"{"a":[1]}"#, #"[{"op":"add","path":"/a/2","value":2}]"#,
            #"operation 1 of the JSON patch at "/a/2": add: the list has 1 elements, and none at 2"#
        ),
        (
            #"{"a":[1]}"#, #"[{"op":"replace","path":"/a/1","value":2}]"#,
            #"operation 1 of the JSON patch at "/a/1": replace: the list has 1 elements, and none at 1"#
        ),
        (
            #"{"a":[1]}"#, #"[{"op":"remove","path":"/a/-"}]"#,
            #"operation 1 of the JSON patch at "/a/-": remove: "-" is no position in a list"#
        ),
        (
            #"{"a":[1,2]}"#, #"[{"op":"test","path":"/a/01","value":2}]"#,
            #"operation 1 of the JSON patch at "/a/01": test: "01" is no position in a list"#
        ),
        (
            #"{"a":5}"#, #"[{"op":"add","path":"/a/b","value":2}]"#,
            #"operation 1 of the JSON patch at "/a/b": add: "b" is looked for in a number"#
        ),
        (
            #"{"a":{"b":1}}"#, #"[{"op":"move","from":"/a","path":"/a/b"}]"#,
            #"operation 1 of the JSON patch at "/a/b": move: "/a" cannot be moved into itself"#
        ),
        (
            #"{"a":1}"#, #"[{"op":"remove","path":""}]"#,
            #"operation 1 of the JSON patch at "": remove: the whole cannot be removed"#
        ),
    ]

    @Test(arguments: Self.refused)
    func `a change that cannot be made is named, and none is made`(document: String, patch: String, message: String) {
        let error = #expect(throws: JSONPatch.Invalid.self) { try Self.applied(patch, to: document) }
        #expect(error?.description == message)
    }

    @Test(arguments: [
        (
            #"{}"#,
            #"the JSON patch is an object; expected a list of operations, such as "#
                + #"[{"op": "replace", "path": "/amount", "value": 5}]"#
        ),
        (#"[1]"#, "operation 1 of the JSON patch: expected an object, got a number"),
        (
            #"[{"path":"/a"}]"#,
            #"operation 1 of the JSON patch at "/a": "op" is required: add, remove, replace, move, copy or test"#
        ),
        (
            #"[{"op":"set","path":"/a"}]"#,
            #"operation 1 of the JSON patch at "/a": "set" is no operation; "#
                + "expected add, remove, replace, move, copy or test"
        ),
        (#"[{"op":"add","path":"/a"}]"#, #"operation 1 of the JSON patch at "/a": "value" is required"#),
        (#"[{"op":"remove"}]"#, #"operation 1 of the JSON patch: "path" is required, and a text"#),
        (#"[{"op":"copy","path":"/a"}]"#, #"operation 1 of the JSON patch at "/a": "from" is required, and a text"#),
        (
            #"[{"op":"remove","path":"a"}]"#,
            #"operation 1 of the JSON patch at "a": "path" is "a"; expected a JSON pointer such as /amount or /lines/0"#
        ),
        (
            #"[{"op":"remove","path":"/a~2"}]"#,
            #"operation 1 of the JSON patch at "/a~2": "path" is "/a~2"; "#
                + "expected a JSON pointer such as /amount or /lines/0"
        ),
    ])
    func `what is no patch is refused with a reason`(patch: String, message: String) {
        let error = #expect(throws: JSONPatch.Invalid.self) { try JSONPatch(json: Self.value(patch)) }
        #expect(error?.description == message)
    }

    @Test func `a patch survives its JSON form`() throws {
        for text in Self.examples.map(\.patch) + Self.refused.map(\.patch) {
            let patch = try JSONPatch(json: Self.value(text))
            #expect(try JSONPatch(json: patch.json) == patch)
        }
        #expect(JSONPointer("/a~1b/~0/-")?.tokens == ["a/b", "~", "-"])
        #expect(JSONPointer("/a~1b/~0/-")?.description == "/a~1b/~0/-")
        #expect(JSONPointer("/\u{301}")?.tokens == ["\u{301}"])
    }

    @Test func `a patch has an end`() throws {
        let test = JSONPatch.Operation.test(try #require(JSONPointer("")), [:])
        #expect(throws: Never.self) { try JSONPatch(Array(repeating: test, count: JSONPatch.operationsMax)) }
        #expect(throws: JSONPatch.Invalid.self) {
            try JSONPatch(Array(repeating: test, count: JSONPatch.operationsMax + 1))
        }
    }

    /// Each doubles the value.
    @Test func `copies of copies do not grow without bound`() throws {
        let double = Self.value(#"{"op":"copy","from":"","path":"/a"}"#)
        let wide: Value = .object(Object((0..<40).map { ("m\($0)", .string(String(repeating: "x", count: 1000))) }))
        let error = #expect(throws: JSONPatch.Invalid.self) {
            try JSONPatch(json: .list(Array(repeating: double, count: 1000))).applied(to: wide)
        }
        #expect(error?.reason.contains("16 MiB") == true || error?.reason.contains("levels deep") == true)
        let both = Self.value(#"{"op":"copy","from":"/a","path":"/a/-"}"#)
        let doubled = #expect(throws: JSONPatch.Invalid.self) {
            try JSONPatch(json: .list(Array(repeating: both, count: 40)))
                .applied(to: Value.object(["a": [.string(String(repeating: "x", count: 1000))]]))
        }
        #expect(doubled?.reason.contains("16 MiB") == true)
    }

    @Test func `no patch nests deeper than JSON may be`() throws {
        func nested(_ levels: Int) -> Value { (0..<levels).reduce(Value.int(1)) { inner, _ in .list([inner]) } }
        let patch = try JSONPatch([.add(try #require(JSONPointer("/a")), nested(Value.jsonDepthMax - 1))])
        #expect(throws: Never.self) { try patch.applied(to: ["a": 1] as Value) }
        let deeper = try JSONPatch([.add(try #require(JSONPointer("/a")), nested(Value.jsonDepthMax))])
        #expect(throws: JSONPatch.Invalid.self) { try deeper.applied(to: ["a": 1] as Value) }
    }

    @Test(arguments: [
        (
            #"[{"op":"replace","path":"/pin","value":1},{"op":"remove","path":"/pin"},{"op":"add","path":"/n","value":1}]"#,
            true
        ),
        (#"[{"op":"copy","from":"/n","path":"/m"},{"op":"test","path":"/n","value":1}]"#, true),
        (#"[{"op":"test","path":"/pin","value":1}]"#, false), (#"[{"op":"copy","from":"/pin","path":"/n"}]"#, false),
        (#"[{"op":"move","from":"/pin/a","path":"/n"}]"#, false), (#"[{"op":"copy","from":"","path":"/n"}]"#, false),
        (#"[{"op":"test","path":"","value":{}}]"#, false), (#"[{"op":"add","path":"/pin/a","value":1}]"#, false),
        (#"[{"op":"move","from":"/n","path":"/pin/a"}]"#, false), (#"[{"op":"move","from":"/n","path":"/pin"}]"#, true),
    ])
    func `what is hidden is replaced as a whole, and not looked at`(patch: String, isAllowed: Bool) throws {
        let patch = try JSONPatch(json: Self.value(patch))
        #expect(throws: Never.self) { try patch.check(hiding: []) }
        if isAllowed {
            #expect(throws: Never.self) { try patch.check(hiding: ["pin"]) }
        } else {
            #expect(throws: JSONPatch.Invalid.self) { try patch.check(hiding: ["pin"]) }
        }
    }
}
