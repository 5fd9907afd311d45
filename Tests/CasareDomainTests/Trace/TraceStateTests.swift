import CasareDomain
import Testing

struct TraceStateTests {
    private static let key = String(repeating: "k", count: 256)
    private static let value = String(repeating: "v", count: 256)

    @Test(arguments: [
        ("a=1", "a=1"), ("a=1,b=2", "a=1,b=2"), (" a=1 ,\tb=2\t", "a=1,b=2"), (",a=1,,b=2,", "a=1,b=2"),
        ("a=1 2", "a=1 2"), ("a= 1", "a= 1"), ("0a@b-c_d*e/f=x:~!", "0a@b-c_d*e/f=x:~!"),
    ])
    func `members are handed on without the blanks around them`(text: String, expected: String) {
        #expect(TraceState(text)?.description == expected)
    }

    @Test(arguments: [
        "", ",", " , ", "a", "a=", "a= ", "=1", "A=1", "a=1,A=2", "a =1", "@a=1", "a=b=c", "a=1,a=2", "ä=1", "a=ä",
        "a=\u{7F}", "a=1;b=2,c", "\(Self.key)k=1", "a=\(Self.value)v",
    ])
    func `what breaks a rule drops all of it`(text: String) {
        #expect(TraceState(text) == nil)
    }

    @Test(arguments: [32, 33])
    func `there are 32 members at most`(count: Int) {
        let text = (1...count).map { "k\($0)=v" }.joined(separator: ",")
        #expect(TraceState(text)?.description == (count == 32 ? text : nil))
    }

    @Test func `a member may be as long as all may be together`() {
        #expect(TraceState("\(Self.key)=\(Self.value.dropLast())")?.description.count == 512)
        #expect(TraceState("\(Self.key)=\(Self.value)") == nil, "513 characters: nothing of it is left")
    }

    @Test func `what is too long loses long members first, and then the last ones`() {
        func member(_ name: String, _ count: Int) -> String {
            "\(name)=" + String(repeating: "v", count: count - name.count - 1)
        }
        let short = (1...5).map { member("s\($0)", 100) }
        #expect(TraceState(short.joined(separator: ","))?.description.count == 504)
        let six = short + [member("s6", 100)]
        #expect(TraceState(six.joined(separator: ","))?.description == short.joined(separator: ","))
        let withLong = [member("l1", 129)] + short
        #expect(TraceState(withLong.joined(separator: ","))?.description == short.joined(separator: ","))
        let withKept = [member("l1", 128)] + short
        #expect(
            TraceState(withKept.joined(separator: ","))?.description == withKept.prefix(4).joined(separator: ","))
    }
}
