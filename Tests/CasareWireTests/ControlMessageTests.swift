import CasareDomain
import CasareWire
import Testing

struct ControlMessageTests {
    private static func refusal<Request: Decodable>(_ type: Request.Type, _ body: Value) -> WireDecodingError? {
        do throws(WireDecodingError) {
            _ = try ValueDecoder.decode(type, from: body)
            return nil
        } catch {
            return error
        }
    }

    @Test func `a request that says why alone is held to the rule for reasons`() throws {
        func check<Request: ReasonRequest>(_ type: Request.Type) throws {
            let longest = String(repeating: "x", count: ControlReason.charactersMax)
            let request = try ValueDecoder.decode(type, from: ["reason": .string(longest)])
            #expect(request.reason == longest)
            #expect(try ValueEncoder.encode(request) == ["reason": .string(longest)])
            #expect(try ValueDecoder.decode(type, from: [:]).reason == nil)
            #expect(try ValueEncoder.encode(Request(reason: nil)) == ["reason": .null])
            #expect(Self.refusal(type, ["reason": .string(longest + "x")])?.path == "reason")
            #expect(Self.refusal(type, ["reason": "a\u{0}b"])?.kind == .malformed)
            #expect(Self.refusal(type, ["reason": 1])?.path == "reason")
        }
        let types: [any ReasonRequest.Type] = [
            CancelJobRequest.self, PauseJobRequest.self, ControlRobotRequest.self, SteerOperationRequest.self,
            ResumeScheduleRequest.self, CloseWindowRequest.self, SteerBackfillRequest.self, SteerTriggerRequest.self,
            ChangeWorkItemRequest.self,
        ]
        for type in types { try check(type) }
    }

    @Test func `a schema of such a request lists its reason and nothing else`() {
        var catalogue = SchemaCatalogue(referencePrefix: "#/")
        #expect(catalogue.schema(of: CloseWindowRequest.self) == ["$ref": "#/CloseWindowRequest"])
        #expect(
            catalogue.definitions["CloseWindowRequest"]
                == ["type": "object", "properties": ["reason": ["type": ["string", "null"]]]])
    }

    @Test func `a schema says of a number of 64 bits that it may be missing`() {
        var catalogue = SchemaCatalogue(referencePrefix: "#/")
        _ = catalogue.schema(of: Quotas.self)
        let quotas = catalogue.definitions["Quotas"]
        #expect(quotas?["properties"]?["storage_bytes"] == ["type": ["integer", "null"]])
        #expect(quotas?["required"] == nil)
    }

    @Test func `pauses of queues and of schedules end within a year, at a time or after one`() {
        let max = Int(QueuePause.secondsMax)
        let bad: [(body: Value, message: String)] = [
            (["for_seconds": 0], "expected a number above 0, up to \(max)"),
            (["for_seconds": .double(QueuePause.secondsMax + 0.5)], "expected a number above 0, up to \(max)"),
            (
                ["for_seconds": 1, "until": "2030-01-01T00:00:00Z"],
                "expected one of until and for_seconds, got both"
            ),
        ]
        for (body, message) in bad {
            for error in [Self.refusal(PauseQueueRequest.self, body), Self.refusal(PauseScheduleRequest.self, body)] {
                #expect(error == WireDecodingError(path: "for_seconds", message: message), "\(body)")
            }
        }
        for body in [["for_seconds": .int(max)], ["until": "2030-01-01T00:00:00Z"], [:]] as [Value] {
            #expect(Self.refusal(PauseQueueRequest.self, body) == nil, "\(body)")
            #expect(Self.refusal(PauseScheduleRequest.self, body) == nil, "\(body)")
        }
    }

    @Test func `a name is more than white space, and no ID where an ID may stand`() {
        let id = "0197f3a0-0000-7000-8000-000000000001"
        for name in ["", "  ", "a\u{7}"] {
            #expect(throws: WireDecodingError.self) { try ScheduleName.check(name, "name") }
            #expect(throws: WireDecodingError.self) { try TriggerName.check(name, "name") }
            #expect(throws: WireDecodingError.self) { try ItemQueueName.check(name, "name") }
        }
        let message = "is a UUID, as the IDs of schedules are; give it a name"
        #expect(throws: WireDecodingError(path: "name", message: message)) { try ScheduleName.check(id, "name") }
        #expect(throws: WireDecodingError.self) { try TriggerName.check(id.uppercased(), "name") }
        #expect(throws: Never.self) { try ItemQueueName.check(id, "name") }
        #expect(throws: Never.self) { try ScheduleName.check(" a ", "name") }
    }

    @Test(arguments: [64, 65])
    func `the mark of an owner has up to 64 characters`(count: Int) {
        let mark = Value.string(String(repeating: "o", count: count))
        let errors = [
            Self.refusal(UpdateScheduleRequest.self, ["managed_by": mark]),
            Self.refusal(UpdateTriggerRequest.self, ["managed_by": mark]),
        ]
        for error in errors { #expect(error?.path == (count > 64 ? "managed_by" : nil)) }
    }
}
