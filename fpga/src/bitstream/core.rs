//! A processor alone, for a clock that is its own.
//!
//! ```text
//! in ──> [ shift register ] ──> processor ──> [ register, folded into itself ] ──> out
//! ```
//!
//! Every port meets a register, and three pins are enough, so that any part and any placer will do: all inputs come out of
//! a shift register, and every output changes what comes out at last.

use std::fmt::Write;

use tcpu_synth::Module;

/// Name of the outermost module.
pub const CORE: &str = "tcpu_core";

/// A module around another one, whose ports but the clock are registers of these two kinds.
pub fn module(inside: &Module) -> Module {
    let ports = inside.ports.iter().filter(|port| port.name != "clock");
    let (inputs, outputs): (Vec<_>, Vec<_>) = ports.partition(|port| port.input);
    let mut wires = vec![".clock(clock)".to_string()];
    let mut places = |ports: &[&tcpu_synth::Port], register: &str| {
        let mut at = 0;
        for port in ports {
            wires.push(format!(
                ".{}({register}[{at} +: {}])",
                port.name, port.width
            ));
            at += port.width;
        }
        at
    };
    let (all_in, all_out) = (places(&inputs, "inputs"), places(&outputs, "outputs"));
    let mut text = format!("module {CORE} (input clock, input in, output out);\n");
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        "    reg [{}:0] inputs;\n    wire [{top}:0] outputs;\n    reg [{top}:0] seen;\n    reg [{top}:0] folded;\n    assign out = folded[{top}];\n    always @(posedge clock) begin\n        inputs <= {{inputs[{}:0], in}};\n        seen <= outputs;\n        folded <= {{folded[{}:0], in}} ^ seen;\n    end\n    {} core (\n        {}\n    );\nendmodule\n",
        all_in - 1,
        all_in - 2,
        all_out - 2,
        inside.name,
        wires.join(",\n        "),
        top = all_out - 1,
    );
    let pin = |name: &str, input| tcpu_synth::Port {
        name: name.to_string(),
        width: 1,
        input,
    };
    Module {
        name: CORE.to_string(),
        text,
        ports: vec![pin("clock", true), pin("in", true), pin("out", false)],
    }
}
