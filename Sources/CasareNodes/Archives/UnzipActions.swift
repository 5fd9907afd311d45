import CasareDomain
import CasareEngine

/// Unpacking a zip archive; shared with `StructuredDataSuperNode`. All of it blocks.
enum UnzipActions {
    @Sendable static func unzip(
        _ inputs: Inputs, _ environment: NodeEnvironment, _ cancellation: BlockingWork.Cancellation
    ) throws -> NodeResult {
        let policy = PathPolicy(environment)
        let dangerously = inputs.bool("allow_dangerous_paths")
        let archive = try policy.resolve(ZipActions.required("zip_path", inputs), dangerously: dangerously)
        let target = try policy.resolve(ZipActions.required("extract_to", inputs), dangerously: dangerously)
        let outcome = try ZipUnpacking(
            archive: archive, target: target, policy: policy, allowsDangerousPaths: dangerously,
            overwrites: inputs["overwrite"].bool ?? true, cancellation: cancellation
        ).run()
        return NodeResult([
            "extract_to": .string(target), "files": .list(outcome.files.map(Value.string)),
            "file_count": .int(outcome.files.count), "skipped": .list(outcome.skipped.map(Value.string)),
            "success": true,
        ])
    }
}
