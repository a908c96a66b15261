//! A netlist as Verilog: a wire for each net, an instance for each cell.
//!
//! What nobody cares about (x) is 0, as place and route has it.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::Value;

/// The Verilog of a flat module of a netlist that Yosys wrote, and how many cells it has; nothing if it is none.
pub fn verilog(module: &Value, name: &str) -> Option<(String, usize)> {
    let (ports, cells) = (module["ports"].as_object()?, module["cells"].as_object()?);
    // What Yosys notes about the design's hierarchy is no cell.
    let cells = cells.values().filter(|cell| !kind(cell).starts_with('$'));
    let cells: Vec<&Value> = cells.collect();
    let mut nets = BTreeSet::new();
    let connections = cells
        .iter()
        .filter_map(|cell| cell["connections"].as_object());
    let bits = connections.flat_map(|all| all.values());
    let bits = bits.chain(ports.values().map(|port| &port["bits"]));
    for bit in bits.filter_map(Value::as_array).flatten() {
        nets.extend(bit.as_u64());
    }

    // Writing to a string cannot fail.
    let mut text = format!("module {name} (\n");
    for (i, (port, what)) in ports.iter().enumerate() {
        let way = what["direction"].as_str()?;
        let top = what["bits"].as_array()?.len() - 1;
        let comma = if i + 1 < ports.len() { "," } else { "" };
        let _ = writeln!(text, "    {way} [{top}:0] {port}{comma}");
    }
    text.push_str(");\n");
    for net in nets {
        let _ = writeln!(text, "    wire n{net};");
    }
    for (port, what) in ports {
        let _ = match what["direction"].as_str()? {
            "input" => writeln!(text, "    assign {} = {port};", value(&what["bits"])?),
            _ => writeln!(text, "    assign {port} = {};", value(&what["bits"])?),
        };
    }
    for (i, cell) in cells.iter().enumerate() {
        let parameters = cell["parameters"].as_object()?.iter();
        let parameters: Option<Vec<String>> = parameters
            .map(|(name, value)| Some(format!(".{name}({})", parameter(value.as_str()?))))
            .collect();
        let connections = cell["connections"].as_object()?.iter();
        let connections: Option<Vec<String>> = connections
            .filter(|(_, bits)| bits != &&Value::Array(Vec::new()))
            .map(|(port, bits)| Some(format!(".{port}({})", value(bits)?)))
            .collect();
        let parameters = match parameters? {
            none if none.is_empty() => String::new(),
            some => format!("#({}) ", some.join(", ")),
        };
        let _ = writeln!(
            text,
            "    {} {parameters}c{i} ({});",
            kind(cell),
            connections?.join(", ")
        );
    }
    text.push_str("endmodule\n");
    Some((text, cells.len()))
}

fn kind(cell: &Value) -> &str {
    cell["type"].as_str().unwrap_or_default()
}

/// Bits, the lowest first, as an expression.
fn value(bits: &Value) -> Option<String> {
    let bit = |bit: &Value| match (bit.as_u64(), bit.as_str()) {
        (Some(net), _) => Some(format!("n{net}")),
        (None, Some(constant)) => Some(format!("1'b{}", known(constant))),
        _ => None,
    };
    let bits: Option<Vec<String>> = bits.as_array()?.iter().rev().map(bit).collect();
    Some(match bits?.as_slice() {
        [one] => one.clone(),
        several => format!("{{{}}}", several.join(", ")),
    })
}

/// Bits without unknown ones.
fn known(bits: &str) -> String {
    bits.replace(['x', 'z'], "0")
}

/// A parameter: bits, or words, which end with a blank if they look like bits.
fn parameter(value: &str) -> String {
    let bits = |text: &str| !text.is_empty() && text.chars().all(|c| "01xz".contains(c));
    match bits(value) {
        true => format!("{}'b{}", value.len(), known(value)),
        false if bits(value.trim_end()) => format!("\"{}\"", value.trim_end()),
        false => format!("\"{value}\""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn cells_and_wires() {
        let module = json!({
            "ports": {
                "a": {"direction": "input", "bits": [2, 3]},
                "q": {"direction": "output", "bits": [4, "1", "x", 2]},
            },
            "cells": {
                "note": {"type": "$scopeinfo", "parameters": {}, "connections": {}},
                "x": {
                    "type": "LUT4",
                    "parameters": {"INIT": "011x"},
                    "connections": {"A": [2], "B": [3], "C": ["0"], "Z": [4]},
                },
                "y": {
                    "type": "FF",
                    "parameters": {"MODE": "CE", "MUX": "1 "},
                    "connections": {"D": [4, 3], "Q": []},
                },
            },
        });
        let (text, cells) = verilog(&module, "top").unwrap();
        assert_eq!(cells, 2);
        let expected = "\
module top (
    input [1:0] a,
    output [3:0] q
);
    wire n2;
    wire n3;
    wire n4;
    assign {n3, n2} = a;
    assign q = {n2, 1'b0, 1'b1, n4};
    LUT4 #(.INIT(4'b0110)) c0 (.A(n2), .B(n3), .C(1'b0), .Z(n4));
    FF #(.MODE(\"CE\"), .MUX(\"1\")) c1 (.D({n3, n4}));
endmodule
";
        assert_eq!(text, expected);
        assert!(verilog(&json!({}), "top").is_none());
    }
}
