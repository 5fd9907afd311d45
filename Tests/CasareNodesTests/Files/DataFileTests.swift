import CasareDomain
import CasareEngine
import FoundationEssentials
import Testing

@Suite struct DataFileTests {
    @Test func `CSV with a header becomes objects`() async throws {
        try await withRunFolder { folder in
            try folder.write(
                "\u{FEFF}name,age,city\r\nAda,36\r\n\"Bob \"\"B\"\"\",7,\"Rome, Italy\",extra\r\n\r\n", "a.csv")
            let read = try await folder.perform("ReadCSVNode", ["file_path": "a.csv"])
            #expect(read["headers"] == ["name", "age", "city"])
            #expect(read["row_count"] == 2)
            #expect(
                read["data"] == [
                    ["name": "Ada", "age": "36", "city": nil],
                    ["name": "Bob \"B\"", "age": "7", "city": "Rome, Italy"],
                ])
        }
    }

    @Test func `CSV options select rows and characters`() async throws {
        try await withRunFolder { folder in
            try folder.write("# made by hand\n'x;y';2\n3;4\n5;6\n", "a.csv")
            let options: Object = [
                "file_path": "a.csv", "delimiter": ";", "quotechar": "'", "has_header": false, "skip_rows": 1,
                "max_rows": 2,
            ]
            #expect(try await folder.perform("ReadCSVNode", options)["data"] == [["x;y", "2"], ["3", "4"]])
            try folder.write("a\tb\n1\t2", "b.csv")
            let tabs = try await folder.perform("ReadCSVNode", ["file_path": "b.csv", "delimiter": "\\t"])
            #expect(tabs["data"] == [["a": "1", "b": "2"]])
            let wrong = try await folder.failure("ReadCSVNode", ["file_path": "b.csv", "delimiter": "::"])
            #expect(wrong.message.hasPrefix("delimiter must be one character"))
        }
    }

    @Test(arguments: ["\"a\"b,c\n", "\"never closed\n"])
    func `malformed quoting fails only when strict`(text: String) async throws {
        try await withRunFolder { folder in
            try folder.write(text, "a.csv")
            let inputs: Object = ["file_path": "a.csv", "has_header": false]
            #expect(try await folder.perform("ReadCSVNode", inputs)["row_count"] == 1)
            #expect(
                try await folder.failure("ReadCSVNode", inputs.merging(["strict": true])).message.hasPrefix(
                    "CSV line 1"))
        }
    }

    @Test func `CSV is written by RFC 4180 and read back the same`() async throws {
        try await withRunFolder { folder in
            let rows: Value = [
                ["name": "a \"b\"", "note": "two\nlines"], ["note": "x,y", "name": nil, "ignored": 1],
                ["name": 1.5, "note": true],
            ]
            let written = try await folder.perform("WriteCSVNode", ["file_path": "a.csv", "data": rows])
            #expect(written["row_count"] == 3)
            #expect(
                try folder.read("a.csv")
                    == "name,note\r\n\"a \"\"b\"\"\",\"two\nlines\"\r\n,\"x,y\"\r\n1.5,true\r\n")
            let read = try await folder.perform("ReadCSVNode", ["file_path": "a.csv"])
            #expect(
                read["data"] == [
                    ["name": "a \"b\"", "note": "two\nlines"], ["name": "", "note": "x,y"],
                    ["name": "1.5", "note": "true"],
                ])
        }
    }

    @Test func `CSV rows may be lists, with given headers or none`() async throws {
        try await withRunFolder { folder in
            let inputs: Object = ["file_path": "a.csv", "data": [["1", ""], [""]], "headers": ["x", "y"]]
            try await folder.perform("WriteCSVNode", inputs)
            #expect(try folder.read("a.csv") == "x,y\r\n1,\r\n\"\"\r\n")
            try await folder.perform("WriteCSVNode", inputs.merging(["write_header": false]))
            #expect(try folder.read("a.csv") == "1,\r\n\"\"\r\n")
            let failure = try await folder.failure("WriteCSVNode", ["file_path": "a.csv", "data": ["text"]])
            #expect(failure.message == "data[0] must be an object or a list, not a string")
        }
    }

    @Test func `JSON is written and read with its order and numbers`() async throws {
        try await withRunFolder { folder in
            let data: Value = ["z": 1, "a": [1.0, "é", nil]]
            try await folder.perform("WriteJSONFileNode", ["file_path": "a.json", "data": data])
            #expect(try folder.read("a.json").hasPrefix("{\n  \"z\": 1,\n"))
            let read = try await folder.perform("ReadJSONFileNode", ["file_path": "a.json"])["data"]
            #expect(read == data)
            #expect(read?.object?.keys == ["z", "a"])
            try await folder.perform(
                "WriteJSONNode", ["file_path": "b.json", "data": data, "indent": 0, "ensure_ascii": true])
            #expect(try folder.read("b.json") == "{\"z\":1,\"a\":[1.0,\"\\u00e9\",null]}")
        }
    }

    @Test func `invalid JSON fails`() async throws {
        try await withRunFolder { folder in
            try folder.write("{\"a\": }", "a.json")
            let failure = try await folder.failure("ReadJSONFileNode", ["file_path": "a.json"])
            #expect(failure.message.hasPrefix("Invalid JSON: line 1, column"))
            #expect(failure.outputs["success"] == false)
        }
    }
}
