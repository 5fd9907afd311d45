import Testing

@testable import CasareCLI

/// What expressions come to, against results that Prometheus gives.
struct PromQLTests {
    private static let now = 1000.0

    /// A store with one value a minute for each series, the last one now.
    private static func store(_ series: [(labels: PromQLLabels, values: [Double?])]) -> SampleStore {
        var store = SampleStore()
        for (labels, values) in series {
            for (place, value) in values.enumerated() {
                store.add(labels, value, at: Self.now - 60 * Double(values.count - 1 - place))
            }
        }
        return store
    }

    private static let store = Self.store([
        (["__name__": "depth", "queue": "a", "state": "ready", "instance": "1"], [1, 2, 3]),
        (["__name__": "depth", "queue": "a", "state": "ready", "instance": "2"], [1, 2, 4]),
        (["__name__": "depth", "queue": "b", "state": "ready", "instance": "1"], [7, 6, 5]),
        (["__name__": "depth", "queue": "b", "state": "blocked", "instance": "1"], [0, 0, 1]),
        (["__name__": "paused", "queue": "b"], [1, 1, 1]),
        (["__name__": "leased_total", "queue": "a"], [10, 16, 22, 28, 34]),
        (["__name__": "reset_total", "queue": "a"], [10, 20, 5, 10]),
        (["__name__": "single_total", "queue": "a"], [3]),
        (["__name__": "gone"], [1, nil]),
        (["__name__": "time_bucket", "le": "1"], [10]), (["__name__": "time_bucket", "le": "2.0"], [30]),
        (["__name__": "time_bucket", "le": "+Inf"], [40]),
        // Two writers of the same bounds.
        (["__name__": "two_bucket", "le": "1"], [4]), (["__name__": "two_bucket", "le": "1.0"], [6]),
        (["__name__": "two_bucket", "le": "2"], [10]), (["__name__": "two_bucket", "le": "2.0"], [20]),
        (["__name__": "two_bucket", "le": "+Inf"], [40]),
        (["__name__": "limit"], [4]),
    ])

    /// Each series in its shortest form, sorted: `{queue="a"} 4`.
    private static func result(_ text: String) throws -> [String] {
        let evaluator = PromQLEvaluator(store: Self.store, now: Self.now)
        switch try evaluator.value(of: try PromQLParser.parse(text)) {
        case .scalar(let number): return ["\(number)"]
        case .string(let text): return [text]
        case .vector(let elements):
            return elements.map { element in
                let labels = element.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
                return "{\(labels.joined(separator: ","))} \((element.value * 1e6).rounded() / 1e6)"
            }.sorted()
        }
    }

    @Test(
        arguments: [
            ("1 + 2 * 3 ^ 2 ^ 0", ["7.0"]), ("-2 ^ 2", ["-4.0"]), ("(1 + 2) * 3", ["9.0"]), ("7 % 4 - -1", ["4.0"]),
            ("2 > bool 1", ["1.0"]), ("1 / 0", ["inf"]), ("time()", ["1000.0"]), ("vector(3 * 86400)", ["{} 259200.0"]),
            ("3e2", ["300.0"]), ("scalar(limit)", ["4.0"]), ("scalar(depth)", ["nan"]),
            ("scalar(vector(2)) + 1", ["3.0"]),
            ("+5 # and more", ["5.0"]),
        ] as [(String, [String])])
    func `numbers`(text: String, expected: [String]) throws {
        #expect(try Self.result(text) == expected)
    }

    @Test(
        arguments: [
            ("paused", ["{__name__=paused,queue=b} 1.0"]), ("paused{queue=\"a\"}", []), ("gone", []),
            ("depth{state=~\"block.*\"}", ["{__name__=depth,instance=1,queue=b,state=blocked} 1.0"]),
            (
                "depth{state!~\"re\",queue!=\"a\",state!=\"ready\"}",
                ["{__name__=depth,instance=1,queue=b,state=blocked} 1.0"]
            ),
            // Patterns hold for the whole of a value, and a label that is not there is empty.
            ("paused{queue=~\"b|c\",nothing=\"\"}", ["{__name__=paused,queue=b} 1.0"]), ("paused{queue=~\"\"}", []),
            ("{__name__=~\"pau.+\"}", ["{__name__=paused,queue=b} 1.0"]),
            ("max by (queue) (depth offset 1m)", ["{queue=a} 2.0", "{queue=b} 6.0"]),
            ("single_total offset 5m", []),
        ] as [(String, [String])])
    func `selectors`(text: String, expected: [String]) throws {
        #expect(try Self.result(text) == expected)
    }

    @Test(
        arguments: [
            // It grew by 24 in four minutes, which is stretched to the fifth, as that is no longer than an interval.
            ("increase(leased_total[5m])", ["{queue=a} 30.0"]), ("rate(leased_total[5m])", ["{queue=a} 0.1"]),
            // Two values within the window: 6 in a minute, stretched by the rest of it.
            ("increase(leased_total[2m])", ["{queue=a} 12.0"]), ("irate(leased_total[5m])", ["{queue=a} 0.1"]),
            ("resets(reset_total[5m])", ["{queue=a} 1.0"]), ("changes(reset_total[5m])", ["{queue=a} 3.0"]),
            ("increase(single_total[5m])", []),
            (
                "delta(depth{queue=\"b\",state=\"ready\"}[1h])",
                ["{instance=1,queue=b,state=ready} -2.5"]
            ),
            (
                "min_over_time(depth{queue=\"b\"}[10m])",
                ["{instance=1,queue=b,state=blocked} 0.0", "{instance=1,queue=b,state=ready} 5.0"]
            ),
            ("max(max_over_time(depth[10m]))", ["{} 7.0"]),
            ("avg(avg_over_time(depth{queue=\"b\",state=\"ready\"}[10m]))", ["{} 6.0"]),
            ("count_over_time(leased_total[2m])", ["{queue=a} 2.0"]), ("sum_over_time(limit[5m])", ["{} 4.0"]),
            ("last_over_time(gone[5m])", ["{__name__=gone} 1.0"]),
        ] as [(String, [String])])
    func `ranges`(text: String, expected: [String]) throws {
        #expect(try Self.result(text) == expected)
    }

    @Test func `a counter that began anew counts on`() throws {
        // 10 → 20 → 5 → 10 is 10 + 5 + 5 in 180 s. Of the 120 s before them only half an interval counts, 30 s.
        #expect(try Self.result("increase(reset_total[5m])") == ["{queue=a} \(23.333333)"])
    }

    @Test(
        arguments: [
            ("sum(depth)", ["{} 13.0"]), ("count by (state) (depth)", ["{state=blocked} 1.0", "{state=ready} 3.0"]),
            ("sum without (instance, state) (depth)", ["{queue=a} 7.0", "{queue=b} 6.0"]), ("min(depth)", ["{} 1.0"]),
            ("sum(depth) by (queue)", ["{queue=a} 7.0", "{queue=b} 6.0"]), ("avg(depth{queue=\"a\"})", ["{} 3.5"]),
            ("topk(1, depth)", ["{__name__=depth,instance=1,queue=b,state=ready} 5.0"]),
            ("bottomk(1, max by (queue) (depth))", ["{queue=a} 4.0"]), ("sum(nothing)", []),
            ("group(depth)", ["{} 1.0"]),
        ] as [(String, [String])])
    func `aggregations`(text: String, expected: [String]) throws {
        #expect(try Self.result(text) == expected)
    }

    @Test(
        arguments: [
            ("max by (queue) (depth) > 4", ["{queue=b} 5.0"]),
            ("max by (queue) (depth) > bool 4", ["{queue=a} 0.0", "{queue=b} 1.0"]),
            ("4 < max by (queue) (depth)", ["{queue=b} 5.0"]),
            ("max by (queue) (depth) > 1 unless on (queue) paused > 0", ["{queue=a} 4.0"]),
            ("max by (queue) (depth) and on (queue) paused", ["{queue=b} 5.0"]),
            ("max by (queue) (depth) and on () limit", ["{queue=a} 4.0", "{queue=b} 5.0"]),
            ("paused or vector(0)", ["{__name__=paused,queue=b} 1.0", "{} 0.0"]), ("nothing or vector(0)", ["{} 0.0"]),
            ("max by (queue) (depth) + on (queue) paused", ["{queue=b} 6.0"]),
            (
                "depth{state=\"ready\"} * ignoring (instance, state) group_left paused",
                ["{instance=1,queue=b,state=ready} 5.0"]
            ),
            ("depth{state=\"ready\",instance=\"1\"} > on (queue) paused", ["{queue=b} 5.0"]),
            ("paused - paused", ["{queue=b} 0.0"]), ("-paused", ["{queue=b} -1.0"]),
            // `and` binds more tightly than `or`.
            ("limit or paused and nothing", ["{__name__=limit} 4.0"]),
        ] as [(String, [String])])
    func `operators between series`(text: String, expected: [String]) throws {
        #expect(try Self.result(text) == expected)
    }

    @Test(
        arguments: [
            ("absent(paused)", []), ("absent(nothing{queue=\"a\",state=~\"b\"})", ["{queue=a} 1.0"]),
            ("absent(nothing or paused)", []), ("absent(nothing or gone)", ["{} 1.0"]),
            ("absent_over_time(gone[5m])", []),
            ("histogram_quantile(0.5, time_bucket)", ["{} 1.5"]), ("histogram_quantile(0.99, time_bucket)", ["{} 2.0"]),
            ("clamp(limit, 0, 3)", ["{} 3.0"]), ("clamp_min(limit, 5)", ["{} 5.0"]),
            ("clamp_max(limit, 1)", ["{} 1.0"]),
            ("round(limit / 3)", ["{} 1.0"]), ("round(limit / 3, 0.5)", ["{} 1.5"]), ("floor(limit / 3)", ["{} 1.0"]),
            ("ceil(limit / 3)", ["{} 2.0"]), ("abs(-limit)", ["{} 4.0"]), ("timestamp(limit)", ["{} 1000.0"]),
            ("label_replace(paused, \"to\", \"x-$1\", \"queue\", \"(.)\")", ["{__name__=paused,queue=b,to=x-b} 1.0"]),
            ("label_replace(vector(1), \"slo\", \"s\", \"\", \"\")", ["{slo=s} 1.0"]),
            ("label_replace(vector(1), \"to\", \"$$1-${1}0$10$2$\", \"\", \"()\")", ["{to=$1-0$} 1.0"]),
            ("histogram_quantile(0.5, two_bucket)", ["{} 1.5"]),
        ] as [(String, [String])])
    func `functions`(text: String, expected: [String]) throws {
        #expect(try Self.result(text) == expected)
    }

    @Test(
        arguments: [
            ("$1", "a"), ("${1}", "a"), ("${1}2", "a2"), ("$12", ""), ("$1-$2", "a-b"), ("$$1", "$1"), ("$$$1", "$a"),
            ("$name", "b"), ("${name}s", "bs"), ("$names", ""), ("$3", ""), ("$", "$"), ("a$", "a$"), ("$-", "$-"),
            ("${1", "${1"), ("${}", "${}"), ("${1 }", "${1 }"), ("$0", "a b"), ("", ""),
        ])
    func `groups stand in texts as Go has them`(template: String, text: String) {
        let groups: [String: Substring] = ["0": "a b", "1": "a", "2": "b", "name": "b"]
        #expect(PromQLEvaluator.expanded(template) { groups[$0] } == text)
    }

    @Test func `a value counts for five minutes`() throws {
        var store = SampleStore()
        store.add(["__name__": "old"], 1, at: Self.now - 300)
        store.add(["__name__": "young"], 1, at: Self.now - 299)
        func isThere(_ text: String) throws -> Bool {
            try PromQLEvaluator(store: store, now: Self.now).value(of: try PromQLParser.parse(text)) != .vector([])
        }
        #expect(try isThere("old") == false)
        #expect(try isThere("young"))
    }

    @Test(arguments: [
        ("predict_linear(a[5m], 1)", "the function predict_linear is not known"), ("sum(a[5m:1m])", "subqueries"),
        ("(a)[5m:1m]", "subqueries"), ("a @ 5", "@"), ("a[5]", "a time"), ("a[", "a time"),
        ("rate(a)", "takes a range"),
        ("a{b}", "=~ or !~"), ("a{b=c}", "quotation marks"), ("{}", "selects everything"), ("sum()", "0 arguments"),
        ("a +", "is expected at byte"), ("a b", "the end is expected at byte 2"), ("1 > 2", "needs bool"),
        ("a[5m]", "a range"), ("a{b=~\"(\"}", "the pattern"), ("\"open", "has no end"), ("1 and 2", "takes series"),
        ("a ~ b", "no meaning"), ("5x", "no time such as"), ("depth + on (queue) depth", "have the same labels"),
        ("depth + on (queue) max by (queue) (depth)", "group_left"), ("topk(depth)", "1 arguments"),
        ("a and group_left b", "is expected"), ("1 + bool 2", "bool goes with comparisons"),
    ])
    func `what is not understood is said`(text: String, part: String) {
        let error = #expect(throws: PromQLError.self) { _ = try Self.result(text) }
        #expect(error?.description.contains(part) == true, "\(text): \(error?.description ?? "")")
    }

    @Test func `what stands too deeply is refused`() {
        let text = String(repeating: "(", count: 200) + "1" + String(repeating: ")", count: 200)
        #expect(throws: PromQLError.self) { _ = try PromQLParser.parse(text) }
    }

    @Test func `what has too many operators is refused, and what has as many as it may comes to something`() throws {
        func sum(_ operators: Int) -> String { "1" + String(repeating: " + 1", count: operators) }
        #expect(try Self.result(sum(PromQLParser.operatorsMax)) == ["\(Double(PromQLParser.operatorsMax + 1))"])
        let error = #expect(throws: PromQLError.self) {
            _ = try PromQLParser.parse(sum(PromQLParser.operatorsMax + 1))
        }
        #expect(error?.description.contains("operators") == true)
        // Brackets do not begin anew.
        #expect(throws: PromQLError.self) { _ = try PromQLParser.parse("(\(sum(200))) + (\(sum(200)))") }
    }
}
