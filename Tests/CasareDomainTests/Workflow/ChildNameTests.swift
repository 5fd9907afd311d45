import CasareDomain
import Testing

struct ChildNameTests {
    @Test func `a child is named after its caller, and a child's child after the outermost`() {
        let child = Workflow.childName("adding", of: "orders")
        #expect(child == "orders › adding")
        #expect(Workflow.childName("more", of: child) == "orders › more")
        #expect(Workflow.childName("a › b", of: "orders") == "orders › a › b")
    }

    @Test(arguments: ["adding", "", "\u{301}x", " x", "› x"])
    func `every child's name is known as one`(own: String) {
        #expect(Workflow.isChildName(Workflow.childName(own, of: "orders")))
    }

    @Test(arguments: ["orders", "a/b", "a > b", "a›b", "a ›b", "a› b", "›", ""])
    func `other names are not`(name: String) { #expect(!Workflow.isChildName(name)) }

    @Test func `a name from inside a document is cut, and holds no control characters`() {
        let name = Workflow.childName("a\n\0" + String(repeating: "x", count: 1000), of: "w")
        #expect(name == "w › a\u{FFFD}\u{FFFD}" + String(repeating: "x", count: 252))
        #expect(Workflow.childName(String(repeating: "x", count: 255), of: "w").unicodeScalars.count == 259)
    }
}
