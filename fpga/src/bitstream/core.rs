//! A processor alone, for a clock that is its own.
//!
//! ```text
//! ports ──> [ registers ] ──> processor ──> [ registers ] ──> ports
//! ```

use std::fmt::Write;

use tcpu_synth::Module;

/// Name of the outermost module.
pub const CORE: &str = "tcpu_core";

/// A module around another one that has a register at each port but the clock.
pub fn module(inside: &Module) -> Module {
    let range = |width: usize| format!("[{}:0] ", width - 1);
    let (mut ports, mut registers, mut edges, mut wires) = (
        vec!["    input clock".to_string()],
        String::new(),
        String::new(),
        vec!["        .clock(clock)".to_string()],
    );
    for port in inside.ports.iter().filter(|port| port.name != "clock") {
        let (name, range) = (&port.name, range(port.width));
        // Writing to a string cannot fail.
        let _ = match port.input {
            true => {
                ports.push(format!("    input {range}{name}"));
                writeln!(edges, "        {name}_then <= {name};")
            }
            false => {
                ports.push(format!("    output reg {range}{name}"));
                writeln!(edges, "        {name} <= {name}_then;")
            }
        };
        let kind = if port.input { "reg" } else { "wire" };
        let _ = writeln!(registers, "    {kind} {range}{name}_then;");
        wires.push(format!("        .{name}({name}_then)"));
    }
    let text = format!(
        "module {CORE} (\n{}\n);\n{registers}    always @(posedge clock) begin\n{edges}    end\n    {} core (\n{}\n    );\nendmodule\n",
        ports.join(",\n"),
        inside.name,
        wires.join(",\n"),
    );
    Module {
        name: CORE.to_string(),
        text,
        ports: inside.ports.clone(),
    }
}
