import CasareDomain
import CasareEngine
import Testing

@Suite struct ListNodeTests {
    private let letters: Value = ["c", "a", "b"]
    private let rows: Value = [["n": 3, "s": "x"], ["n": 1], ["s": "y"], ["n": 2]]

    @Test func `a list is made of items in order, without nulls`() throws {
        let call = try PureCall(
            "CreateListNode",
            [
                "item_10": "j", "item_2": nil, "item_1": "a", "items": ["first"],
            ])
        #expect(call["list"] == ["first", "a", "j"])
    }

    @Test(arguments: [(0, "c"), (2, "b"), (-1, "b"), (-3, "c")])
    func `an element is read from either end`(index: Int, element: String) throws {
        #expect(
            try PureCall("ListGetItemNode", ["list": self.letters, "index": .int(index)])["item"] == .string(element))
    }

    @Test(arguments: [3, -4])
    func `there is no element outside a list`(index: Int) {
        let failure = PureCall.failure("ListGetItemNode", ["list": self.letters, "index": .int(index)])
        #expect(failure == NodeFailure("IndexError", "List index out of range: \(index)"))
    }

    @Test func `appending makes a copy, of anything`() throws {
        #expect(try PureCall("ListAppendNode", ["list": [1], "item": 2])["result"] == [1, 2])
        #expect(try PureCall("ListAppendNode", ["list": "x", "item": 2])["result"] == ["x", 2])
        #expect(try PureCall("ListAppendNode", ["list": "x", "item": 2], variables: ["x": [7]])["result"] == [7, 2])
        #expect(try PureCall("ListAppendNode", ["item": 2])["result"] == [2])
    }

    @Test(
        arguments: [
            (nil, nil, ["c", "a", "b"]), (1, nil, ["a", "b"]), (nil, -1, ["c", "a"]), (-2, nil, ["a", "b"]),
            (2, 1, []), (-9, 9, ["c", "a", "b"]), (5, 9, []),
        ] as [(Int?, Int?, Value)])
    func `slices follow Python`(start: Int?, end: Int?, slice: Value) throws {
        let call = try PureCall(
            "ListSliceNode",
            [
                "list": self.letters, "start": start.map(Value.int) ?? nil, "end": end.map(Value.int) ?? nil,
            ])
        #expect(call["result"] == slice)
    }

    @Test func `elements are found, counted and joined`() throws {
        #expect(try PureCall("ListContainsNode", ["list": self.letters, "item": "b"])["index"] == 2)
        #expect(try PureCall("ListContainsNode", ["list": [1.0], "item": 1])["contains"] == true)
        #expect(try PureCall("ListContainsNode", ["list": self.letters, "item": "z"])["index"] == -1)
        #expect(try PureCall("ListContainsNode", ["list": [0, false], "item": false])["index"] == 0)
        #expect(try PureCall("ListLengthNode", ["list": self.letters])["length"] == 3)
        #expect(try PureCall("ListJoinNode", ["list": [1, "a", true, nil, 2.0]])["result"] == "1, a, true, , 2")
    }

    @Test func `sorting is stable and puts nulls last`() throws {
        #expect(try PureCall("ListSortNode", ["list": self.letters])["result"] == ["a", "b", "c"])
        #expect(
            try PureCall("ListSortNode", ["list": [2, 10, 1.5, nil], "reverse": true])["result"] == [10, 2, 1.5, nil])
        let sorted = try PureCall("ListSortNode", ["list": self.rows, "key_path": "n"])["result"]
        #expect(sorted == [["n": 1], ["n": 2], ["n": 3, "s": "x"], ["s": "y"]])
        #expect(PureCall.failure("ListSortNode", ["list": [1, "2"]])?.type == "TypeError")
        #expect(PureCall.failure("ListSortNode", ["list": [["a": 1], ["a": 2]]])?.type == "TypeError")
    }

    @Test func `lists are turned round, made unique and flattened`() throws {
        #expect(try PureCall("ListReverseNode", ["list": self.letters])["result"] == ["b", "a", "c"])
        #expect(
            try PureCall("ListUniqueNode", ["list": [1, "1", 1.0, ["a": 1], ["a": 1]]])["result"] == [1, "1", ["a": 1]])
        // As ListContainsNode and ComparisonNode have it.
        #expect(try PureCall("ListUniqueNode", ["list": [1, 1.0, true, false, 0]])["result"] == [1, false])
        let nested: Value = [1, [2, [3, [4]]]]
        #expect(try PureCall("ListFlattenNode", ["list": nested])["result"] == [1, 2, [3, [4]]])
        #expect(try PureCall("ListFlattenNode", ["list": nested, "depth": 9])["result"] == [1, 2, 3, 4])
    }

    @Test(
        arguments: [
            ("equals", "b", ["b"]), ("not_equals", "b", ["abc", 3, nil, ""]), ("contains", "b", ["abc", "b"]),
            ("starts_with", "a", ["abc"]), ("ends_with", "c", ["abc"]), ("is_none", nil, [nil]),
            ("is_not_none", nil, ["abc", "b", 3, ""]), ("is_truthy", nil, ["abc", "b", 3]),
            ("is_falsy", nil, [nil, ""]),
            ("whatever", nil, ["abc", "b", 3, nil, ""]),
        ] as [(String, Value, Value)])
    func `a filter keeps what meets its condition`(condition: String, value: Value, kept: Value) throws {
        let list: Value = ["abc", "b", 3, nil, ""]
        let call = try PureCall("ListFilterNode", ["list": list, "condition": .string(condition), "value": value])
        #expect(call["result"] == kept)
        #expect((call["removed"].list?.count ?? 0) + (kept.list?.count ?? 0) == 5)
    }

    @Test func `a filter compares numbers and leaves nulls out`() throws {
        let call = try PureCall(
            "ListFilterNode",
            [
                "list": self.rows, "condition": "greater_than", "value": 1, "key_path": "n",
            ])
        #expect(call["result"] == [["n": 3, "s": "x"], ["n": 2]])
        #expect(PureCall.failure("ListFilterNode", ["list": ["x"], "condition": "less_than", "value": 1]) != nil)
    }

    @Test(
        arguments: [
            ("to_string", [1, nil, 2.0], ["1", "", "2"]), ("to_int", ["3", nil, 2.9], [3, 0, 2]),
            ("to_float", ["1.5", nil], [1.5, 0.0]), ("to_upper", ["a"], ["A"]), ("trim", [" a "], ["a"]),
            ("length", ["abc", [1], ["k": 1]], [3, 1, 1]), ("whatever", [1], [1]),
        ] as [(String, Value, Value)])
    func `every element is changed`(transform: String, list: Value, mapped: Value) throws {
        #expect(try PureCall("ListMapNode", ["list": list, "transform": .string(transform)])["result"] == mapped)
    }

    @Test func `members are plucked, and junk is no number`() throws {
        let call = try PureCall("ListMapNode", ["list": self.rows, "transform": "get_property", "key_path": "n"])
        #expect(call["result"] == [3, 1, nil, 2])
        #expect(
            PureCall.failure("ListMapNode", ["list": ["x"], "transform": "to_int"])?.message == "'x' is not a number")
    }

    @Test(arguments: [
        ("sum", "6.0"), ("product", "6.0"), ("avg", "2.0"), ("min", "1"), ("max", "3"), ("count", "3"), ("first", "3"),
        ("last", "2"), ("join", #""312""#),
    ])
    func `a list is reduced to one value`(operation: String, result: String) throws {
        let call = try PureCall(
            "ListReduceNode",
            [
                "list": self.rows, "operation": .string(operation), "key_path": "n",
            ])
        #expect(call["result"].jsonText() == result)
    }

    @Test func `nothing reduces to the initial value`() throws {
        #expect(try PureCall("ListReduceNode", ["list": []])["result"] == 0)
        #expect(try PureCall("ListReduceNode", ["list": [nil], "initial": 5])["result"] == 5)
        #expect(try PureCall("ListReduceNode", ["list": [], "operation": "max"])["result"] == nil)
        #expect(
            try PureCall("ListReduceNode", ["list": [1, 2], "operation": "join", "initial": "-"])["result"] == "1-2")
        #expect(PureCall.failure("ListReduceNode", ["list": ["x"]])?.message == "'x' is not a number")
    }

    @Test func `tables are compared by key`() throws {
        let call = try PureCall(
            "DataCompareNode",
            [
                "data_a": [["id": 1, "v": "a"], ["id": 2, "v": "b"], ["id": 3, "v": "C"]],
                "data_b": [["id": 3, "v": "c"], ["id": 2, "v": "x"], ["id": 4]],
                "key_columns": "id", "case_sensitive": false,
            ])
        #expect(call["only_in_a"] == [["id": 1, "v": "a"]])
        #expect(call["only_in_b"] == [["id": 4]])
        #expect(call["diff_summary"]["modified_count"] == 1)
        #expect(call["matched"].list?.first?["different_columns"] == ["v"])
        #expect(call["has_differences"] == true)
        let empty = try PureCall("DataCompareNode", ["data_a": "no list", "data_b": nil])
        #expect(empty["has_differences"] == false)
    }
}
