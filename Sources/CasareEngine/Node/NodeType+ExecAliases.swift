import CasareDomain

extension NodeType {
    /// The other names that connections may use for its exec ports: port → names, in the order of the ports.
    package var execAliases: [(port: String, names: [String])] {
        let inputs = ExecPorts.inputs.subtracting(["exec_in"]).sorted()
        let outputs = self.execOutputs.map { output -> (port: String, names: [String]) in
            let names = ExecPorts.aliases.keys.filter { alias in
                ExecPorts.canonicalOutput(alias, of: self, config: [:] as Object) == output && alias != output
            }
            return (output, names.sorted())
        }
        return ([("exec_in", inputs)] + outputs).filter { !$0.names.isEmpty }
    }
}
