//! Address bits that a small memory does not need.
//!
//! ```text
//! RAD, WAD: a0, a1, a2, 0      ->      a0, a1, a2, a0
//! ```
//!
//! An ECP5's LUT RAM has 16 words. A memory with fewer leaves address bits over, which Yosys makes 0: and all these
//! zeros, thousands of them, come over wires from one place, because a LUT RAM's address can be nothing but a wire.
//! If such a bit repeats another one when reading and when writing, each word is still a word of its own, and the wire
//! is there anyway.

use serde_json::{Map, Value};

/// Has unneeded address bits of a netlist's LUT RAMs repeat others; how many were changed.
pub fn repeat(netlist: &mut Value) -> usize {
    let modules = netlist.get_mut("modules").and_then(Value::as_object_mut);
    let cells = modules.into_iter().flat_map(Map::values_mut);
    let cells = cells.filter_map(|module| module.get_mut("cells")?.as_object_mut());
    let cells = cells.flat_map(Map::values_mut);
    cells
        .filter(|cell| cell["type"] == "TRELLIS_DPR16X4" && begins_empty(cell))
        .map(repeat_in)
        .sum()
}

/// What it holds at first does not say which word is where: all of it is 0, or anything.
fn begins_empty(cell: &Value) -> bool {
    let initial = &cell["parameters"]["INITVAL"];
    initial.is_null()
        || initial
            .as_str()
            .is_some_and(|bits| bits.chars().all(|bit| matches!(bit, '0' | 'x')))
}

/// The same in one LUT RAM.
fn repeat_in(cell: &mut Value) -> usize {
    let connections = &mut cell["connections"];
    let bit = |port: &str, i: usize| connections[port][i].clone();
    let address: Vec<[Value; 2]> = (0..4).map(|i| [bit("RAD", i), bit("WAD", i)]).collect();
    let Some(used) = address.iter().find(|bits| bits.iter().all(Value::is_u64)) else {
        return 0;
    };
    let mut changed = 0;
    for (i, bits) in address.iter().enumerate() {
        if bits.iter().all(|bit| bit == "0") {
            for (port, to) in ["RAD", "WAD"].into_iter().zip(used) {
                connections[port][i] = to.clone();
                changed += 1;
            }
        }
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn design(initial: &str, read: Value, write: Value) -> Value {
        let memory = json!({
            "type": "TRELLIS_DPR16X4",
            "parameters": {"INITVAL": initial},
            "connections": {"RAD": read, "WAD": write},
        });
        let other = json!({"type": "LUT4", "connections": {"A": ["0"]}});
        json!({"modules": {"top": {"cells": {"memory": memory, "other": other}}}})
    }

    /// Bits that are 0 on both sides repeat the first that is a wire on both sides; nothing else changes.
    #[test]
    fn zeros_repeat_wires() {
        let mut netlist = design("0x0", json!([1, 7, 8, "0"]), json!(["0", 17, 18, "0"]));
        assert_eq!(repeat(&mut netlist), 2);
        let expected = design("0x0", json!([1, 7, 8, 7]), json!(["0", 17, 18, 17]));
        assert_eq!(netlist, expected);
    }

    /// Where words are known at first, or there is no other wire, all stays as it is.
    #[test]
    fn or_stay() {
        for netlist in [
            design("01", json!([7, "0", "0", "0"]), json!([17, "0", "0", "0"])),
            design("00", json!([7, "0", "0", "0"]), json!(["0", 17, "0", "0"])),
        ] {
            let mut changed = netlist.clone();
            assert_eq!(repeat(&mut changed), 0);
            assert_eq!(changed, netlist);
        }
    }
}
