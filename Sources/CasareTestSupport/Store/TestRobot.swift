/// Robots on SQL as they are to be run: they sign in as a user of their own.
package enum TestRobot {
    /// A user of all test databases; `casarectl db grant --robot` was said of it.
    package static let user = "robot_sign_in"
}
