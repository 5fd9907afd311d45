import CasareDomain
import CasareTestSupport
import FoundationEssentials
import Testing

/// Dashboards are made of `dashboards.toml`, and have what people need to read them.
struct DashboardTests {
    private static let python = TestProgram(path: "/usr/bin/python3")

    private static func generate(_ arguments: [String], in folder: String) async throws -> TestProgram.Ended {
        try await Self.python.run(["\(folder)/dashboards/generate"] + arguments)
    }

    // MARK: - How they are made

    @Test func `the files are what dashboards-generate makes`() async throws {
        let ended = try await Self.generate(["--check"], in: KnownSeries.root)
        #expect(ended.status == 0, "\(ended.errors)")
    }

    /// Gives `body` a folder with copies of what dashboards are made of.
    private static func withCopy(_ body: (String) async throws -> Void) async throws {
        try await withTemporaryDirectory { folder in
            try FileManager.default.createDirectory(atPath: "\(folder)/alerts", withIntermediateDirectories: false)
            for path in ["dashboards", "alerts/thresholds.yml"] {
                try FileManager.default.copyItem(atPath: "\(KnownSeries.root)/\(path)", toPath: "\(folder)/\(path)")
            }
            try await body(folder)
        }
    }

    private static func replace(_ old: String, with new: String, in path: String) throws {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let changed = text.replacing(old, with: new)
        try #require(changed != text)
        try Data(changed.utf8).write(to: URL(filePath: path))
    }

    @Test func `whoever changes the source or a threshold is told to make them again`() async throws {
        try await Self.withCopy { folder in
            try Self.replace("title = \"Health\"", with: "title = \"Well\"", in: "\(folder)/dashboards/dashboards.toml")
            var ended = try await Self.generate(["--check"], in: folder)
            #expect(ended.status == 1)
            #expect(ended.errors == "dashboards/casare-fleet.json is not up to date; run dashboards/generate\n")
            ended = try await Self.generate([], in: folder)
            #expect(ended.status == 0)
            #expect(ended.output == "dashboards/casare-fleet.json\n")
            #expect(try await Self.generate(["--check"], in: folder).status == 0)
            // It is a colour of single numbers.
            try Self.replace("vector(300)", with: "vector(5 * 90)", in: "\(folder)/alerts/thresholds.yml")
            #expect(try await Self.generate(["--check"], in: folder).status == 1)
            _ = try await Self.generate([], in: folder)
            let made = try String(contentsOfFile: "\(folder)/dashboards/casare-fleet.json", encoding: .utf8)
            #expect(made.contains("\"value\": 450\n"))
            try Data("{}".utf8).write(to: URL(filePath: "\(folder)/dashboards/old.json"))
            ended = try await Self.generate(["--check"], in: folder)
            #expect(ended.status == 1)
            #expect(ended.errors == "dashboards/old.json is no dashboard of dashboards.toml; remove it\n")
        }
    }

    @Test(arguments: [
        ("title = \"Health\"", "titel = \"Health\"", "casare-fleet: a row: 'titel' is unknown; "),
        ("unit = \"percentunit\"", "unit = \"\"", "casare-fleet / Job success (1 h): 'unit' is missing, empty"),
        ("width = 16", "width = 25", "width is 1 to 24"),
        ("\"queue_depth\"", "\"queue_dept\"", "alerts/thresholds.yml has no 'queue_dept'"),
        ("variables = [\"queue\"]", "variables = [\"queues\"]", "variable.queues is not there"),
        ("links = [\"alert\"]", "links = [\"alarm\"]", "link.alarm is not there"),
        ("dashboard = \"casare-queues\"", "dashboard = \"queues\"", "link.queue: there is no dashboard 'queues'"),
        ("uid = \"casare-fleet\"", "uid = \"Queues!\"", "Queues!: a uid has up to 40 small letters"),
        ("kind = \"stat\"", "kind = \"graph\"", "kind must be one of lines, stat"),
    ])
    func `what is wrong in the source is said, and nothing is made`(
        old: String, new: String, message: String
    ) async throws {
        try await Self.withCopy { folder in
            try Self.replace(old, with: new, in: "\(folder)/dashboards/dashboards.toml")
            let ended = try await Self.generate([], in: folder)
            #expect(ended.status == 2)
            #expect(ended.output == "")
            #expect(ended.errors.hasPrefix("dashboards/generate: "), "\(ended.errors)")
            #expect(ended.errors.contains(message), "\(ended.errors)")
        }
    }

    // MARK: - What they are

    @Test func `there are seven, each with a name of its own and nothing that belongs to one Grafana`() throws {
        let all = try ShippedDashboard.all()
        #expect(all.count == 7)
        #expect(Set(all.compactMap(\.uid)).count == all.count)
        #expect(Set(all.compactMap { $0.json["title"]?.string }).count == all.count)
        for dashboard in all {
            let json = dashboard.json
            #expect(dashboard.uid.map { $0 + ".json" } == dashboard.file)
            #expect(json["id"] == .null && json["editable"] == false && json["__inputs"] == nil, "\(dashboard)")
            #expect(json["tags"] == ["casare"] && json["description"]?.string?.isEmpty == false, "\(dashboard)")
            let sources = dashboard.variables.filter { $0["type"] == "datasource" }.compactMap { $0["query"]?.string }
            #expect(sources == ["prometheus", "tempo", "loki"], "\(dashboard)")
            #expect(dashboard.variables.contains { $0["name"] == "job" && $0["allValue"] == ".+" }, "\(dashboard)")
            // Whatever asks for data asks where the person who looks has said.
            let uids = Self.sources(in: json)
            #expect(uids.subtracting(["-- Grafana --"]) == ["${datasource}"], "\(dashboard)")
        }
    }

    /// The `uid` of all data sources.
    private static func sources(in value: Value) -> Set<String> {
        switch value {
        case .null, .bool, .int, .double, .string: []
        case .list(let values): values.reduce(into: []) { $0.formUnion(Self.sources(in: $1)) }
        case .object(let object):
            object.values.reduce(into: object["datasource"]?["uid"]?.string.map { [$0] } ?? []) {
                $0.formUnion(Self.sources(in: $1))
            }
        }
    }

    @Test func `every panel has a title, says what it shows, and has a unit`() throws {
        for dashboard in try ShippedDashboard.all() {
            let panels = dashboard.panels
            #expect((10...22).contains(panels.count), "\(dashboard)")
            #expect(Set(panels.map(\.title)).count == panels.count, "\(dashboard)")
            for panel in panels {
                #expect(!panel.title.isEmpty && panel.defaults?["unit"]?.string?.isEmpty == false, "\(panel)")
                #expect(panel.json["description"]?.string?.hasSuffix(".") == true, "\(panel)")
                #expect(!panel.queries.isEmpty && panel.queries.count == panel.targets.count, "\(panel)")
                #expect(Set(panel.targets.compactMap { $0["refId"]?.string }).count == panel.targets.count, "\(panel)")
                for target in panel.targets where target["expr"]?.string?.contains("histogram_quantile") == true {
                    let isTable = panel.json["type"] == "table"
                    #expect(isTable || target["exemplar"] == true, "\(panel)")
                }
            }
        }
    }

    @Test func `no panel covers another, or leaves the page`() throws {
        for dashboard in try ShippedDashboard.all() {
            var taken: Set<[Int]> = []
            for place in dashboard.places {
                let grid = ["x", "y", "w", "h"].compactMap { place["gridPos"]?[$0]?.int }
                try #require(grid.count == 4)
                #expect(grid[0] >= 0 && grid[0] + grid[2] <= 24 && grid[2] > 0 && grid[3] > 0)
                for x in grid[0]..<(grid[0] + grid[2]) {
                    for y in grid[1]..<(grid[1] + grid[3]) {
                        #expect(taken.insert([x, y]).inserted, "\(dashboard): \(place["title"] ?? "")")
                    }
                }
            }
            let ids = dashboard.places.compactMap { $0["id"]?.int }
            #expect(Set(ids).count == dashboard.places.count, "\(dashboard)")
        }
    }

    @Test func `links lead to dashboards that there are, and keep what was chosen`() throws {
        let all = try ShippedDashboard.all()
        for dashboard in all {
            for path in ShippedDashboard.words(behind: "/d/", before: [], in: dashboard.json) {
                let parts = path.split(separator: "?", maxSplits: 1)
                let target = try #require(all.first { $0.uid == parts.first.map(String.init) }, "\(path)")
                for kept in ["${datasource:queryparam}", "${job:queryparam}", "${__url_time_range}"] {
                    #expect(path.contains(kept), "\(path)")
                }
                for name in ShippedDashboard.words(behind: "var-", before: ["="], in: .string(path)) {
                    #expect(target.variables.contains { $0["name"] == .string(name) }, "\(path)")
                }
            }
        }
    }
}
