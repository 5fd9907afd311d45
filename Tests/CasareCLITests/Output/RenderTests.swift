import ArgumentParser
import CasareDomain
import FoundationEssentials
import Testing

@testable import CasareCLI

struct RenderTests {
    private struct Ship: Sendable {
        let name: String
        let state: String
        let tons: Int?
        let note: String
        let launched: Date
    }

    private static let now = Date(timeIntervalSince1970: 1_800_000_000)

    private static let columns: [Column<Ship>] = [
        Column("name") { .text($0.name) },
        Column("state") { .state($0.state, $0.state == "sunk" ? .bad : .good) },
        Column("tons") { .number($0.tons) },
        Column("note", shrinks: true) { .text($0.note) },
        Column("launched_at", wide: true) { .time($0.launched) },
    ]

    private static let ships = [
        Ship(
            name: "Aurora", state: "afloat", tons: 6731, note: "a museum, moored \u{1B}[2J for good",
            launched: now.addingTimeInterval(-7200)),
        Ship(name: "Batavia", state: "sunk", tons: nil, note: "says \"hello\", twice", launched: now),
    ]

    private static func list(_ ships: [Ship] = ships) -> Presentation {
        Presentation(list: ships, columns: columns, name: \.name) {
            ["name": .string($0.name), "tons": $0.tons.map(Value.int) ?? .null, "ratio": 15.0]
        }
    }

    private static func render(
        _ arguments: [String], _ presentation: Presentation = list(), width: Int? = nil,
        colour: Bool = false
    ) throws -> String {
        try OutputOptions.parse(arguments).render(
            presentation, in: RenderContext(width: width, usesColour: colour, now: Self.now))
    }

    @Test func `a table has aligned columns and escaped text`() throws {
        #expect(
            try Self.render([]) == """
                NAME     STATE   TONS  NOTE
                Aurora   afloat  6731  a museum, moored \\u{1b}[2J for good
                Batavia  sunk       –  says "hello", twice

                """)
    }

    @Test func `on a terminal the text that may be cut is cut to its width`() throws {
        let table = try Self.render([], width: 36)
        #expect(
            table == """
                NAME     STATE   TONS  NOTE
                Aurora   afloat  6731  a museum, mo…
                Batavia  sunk       –  says "hello"…

                """)
        #expect(table.split(separator: "\n").allSatisfy { DisplayWidth.of(String($0)) <= 36 })
    }

    @Test func `names are never cut, however narrow the terminal`() throws {
        #expect(try Self.render([], width: 10).contains("Batavia  sunk       –  says \"h…"))
    }

    @Test func `wide shows every column and cuts nothing`() throws {
        let table = try Self.render(["-o", "wide"], width: 20)
        #expect(table.hasPrefix("NAME     STATE   TONS  NOTE                                 LAUNCHED AT\n"))
        #expect(table.contains("2 h ago"))
    }

    @Test func `columns are shown in the order they are asked for`() throws {
        #expect(
            try Self.render(["--columns", "launched-at, NAME"]) == """
                LAUNCHED AT  NAME
                2 h ago      Aurora
                now          Batavia

                """)
    }

    @Test func `an unknown column is a usage error that names the known ones`() {
        #expect(
            throws: CommandFailure(
                .usage, "there is no column 'speed': choose from name, state, tons, note, launched_at")
        ) {
            try Self.render(["--columns", "name,speed"])
        }
    }

    @Test(arguments: ["json", "jsonl", "yaml", "name"])
    func `columns are refused where they have no meaning`(format: String) {
        #expect(throws: (any Error).self) { try OutputOptions.parse(["-o", format, "--columns", "name"]) }
    }

    @Test func `without headers only rows remain`() throws {
        #expect(try Self.render(["--no-headers", "--columns", "name"]) == "Aurora\nBatavia\n")
        #expect(try Self.render(["--no-headers", "-o", "csv", "--columns", "name"]) == "Aurora\nBatavia\n")
    }

    @Test func `colour follows the state and is off where it is not wanted`() throws {
        let coloured = try Self.render(["--columns", "state"], colour: true)
        #expect(coloured == "\u{1B}[1mSTATE\u{1B}[0m\n\u{1B}[32mafloat\u{1B}[0m\n\u{1B}[31msunk\u{1B}[0m\n")
        #expect(!(try Self.render([])).contains("\u{1B}"))
    }

    @Test func `JSON keeps key order and the kind of numbers`() throws {
        #expect(
            try Self.render(["-o", "jsonl"]) == """
                {"name":"Aurora","tons":6731,"ratio":15.0}
                {"name":"Batavia","tons":null,"ratio":15.0}

                """)
        let parsed = try Value(parsingJSON: try Self.render(["-o", "json"]))
        #expect(parsed.list?.count == 2)
        #expect(parsed.list?.first?.object?.keys == ["name", "tons", "ratio"])
    }

    @Test func `an empty list is an empty list in every format`() throws {
        #expect(try Self.render([], Self.list([])) == "NAME  STATE  TONS  NOTE\n")
        #expect(try Value(parsingJSON: try Self.render(["-o", "json"], Self.list([]))) == [])
        #expect(try Self.render(["-o", "jsonl"], Self.list([])) == "")
        #expect(try Self.render(["-o", "yaml"], Self.list([])) == "[]\n")
        #expect(try Self.render(["-o", "csv"], Self.list([])) == "name,state,tons,note,launched_at\n")
        #expect(try Self.render(["-o", "name"], Self.list([])) == "")
    }

    @Test func `CSV quotes what needs it and gives times as ISO 8601`() throws {
        #expect(
            try Self.render(["-o", "csv"]) == """
                name,state,tons,note,launched_at
                Aurora,afloat,6731,"a museum, moored \\u{1b}[2J for good",2027-01-15T06:00:00.000Z
                Batavia,sunk,,"says ""hello"", twice",2027-01-15T08:00:00.000Z

                """)
    }

    @Test func `names come one a line`() throws {
        #expect(try Self.render(["-o", "name"]) == "Aurora\nBatavia\n")
    }

    @Test func `YAML nests lists and objects and quotes what could be misread`() {
        let value: Value = [
            "plain": "text-1.0/x", "reserved": "no", "number": "12", "colon": "a: b", "empty": [:], "none": .null,
            "list": [1, 2.0, ["deep": [true]], [["x"]], []], "a key": "ä\n",
        ]
        #expect(
            YAMLText.document(value) == """
                plain: text-1.0/x
                reserved: "no"
                number: "12"
                colon: "a: b"
                empty: {}
                none: null
                list:
                - 1
                - 2.0
                - deep:
                  - true
                - - - x
                - []
                "a key": "ä\\n"

                """)
    }

    @Test func `one thing is an object in JSON and a sheet in a table`() throws {
        var sheet = Sheet("Aurora is afloat", tone: .good)
        sheet.add("tons", .number(6731))
        sheet.add("captain", .empty)
        sheet.add("launched", .time(Self.now.addingTimeInterval(-7200)))
        sheet.sections = [
            .lines(title: "Log", ["first\nsecond", "\u{1B}c"]),
            .fields(
                title: "Variables",
                [Sheet.Field(label: "übung", cell: .text("1")), Sheet.Field(label: "x", cell: .text("2"))]),
        ]
        let single = Presentation(
            single: Self.ships[0], columns: Self.columns, name: "Aurora", json: ["name": "Aurora"], sheet: sheet)
        #expect(
            try Self.render([], single) == """
                Aurora is afloat
                tons      6731
                launched  2027-01-15T06:00:00.000Z (2 h ago)

                Log
                  first
                  second
                  \\u{1b}c

                Variables
                  übung  1
                  x      2

                """)
        #expect(try Self.render(["-o", "jsonl"], single) == "{\"name\":\"Aurora\"}\n")
        #expect(try Value(parsingJSON: try Self.render(["-o", "json"], single)) == ["name": "Aurora"])
        #expect(try Self.render(["-o", "name"], single) == "Aurora\n")
        #expect(try Self.render(["--columns", "name,state"], single) == "NAME    STATE\nAurora  afloat\n")
    }

    @Test func `a sheet is shown where neither a format nor columns were asked for`() throws {
        for (arguments, isShown) in [
            ([], true), (["-o", "table"], true), (["-o", "json"], false), (["-o", "wide"], false),
            (["--columns", "name"], false),
        ] as [([String], Bool)] {
            let options = try OutputOptions.parse(arguments)
            #expect(options.showsSheet == isShown, "\(arguments)")
        }
    }
}
