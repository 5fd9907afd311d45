import CasareDomain
import CasareWire
import Testing

struct OperationRequestTests {
    @Test func `whether letters are resolved comes back from a body, and is left out where they are not`() throws {
        let selection = Operation.Selection.deadLetters(DeadLetterFilter(workflow: "invoices"))
        var request = CreateOperationRequest(verb: .acknowledge, selection: selection)
        #expect(
            try ValueEncoder.encode(request)
                == ["verb": "acknowledge", "selection": ["dead_letters": ["workflow": "invoices"]]])
        #expect(!request.plan.resolves)
        request.resolve = true
        let body = try ValueEncoder.encode(request)
        #expect(body["resolve"] == true)
        let read = try ValueDecoder.decode(CreateOperationRequest.self, from: body)
        #expect(read == request && read.plan.resolves)
    }
}
