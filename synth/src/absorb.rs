//! Registers move into the blocks that have registers of their own.
//!
//! ```text
//! FF ──> [ multiplier ] ──> FF         ->   [ FF multiplier FF ]
//!        [ block RAM  ] ──> FF         ->   [ block RAM  FF ]
//! ```
//!
//! An ECP5's multipliers and block RAMs have registers at their ends, which are faster than any outside: a
//! multiplication takes 4 ns of a cycle without them, a read almost 6. Yosys leaves all of them out, so its
//! netlist gets them here. A register moves only if that changes nothing: it is plain (no enable, no reset, zero at
//! first), all that the block has at that end is registered by the same clock, and nobody else looks at what
//! lies between a block and the registers behind it. A register before a block stays, too, if others need it.

use std::collections::{HashMap, HashSet};

use serde_json::{json, Map, Value};

/// What moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Absorbed {
    /// Operands and products of multipliers.
    pub operands: usize,
    pub products: usize,
    /// Block RAMs' outputs.
    pub reads: usize,
    /// Registers that are gone.
    pub registers: usize,
}

/// Bits of a multiplier's operand and product.
const OPERAND: usize = 18;
const PRODUCT: usize = 36;

type Cells = Map<String, Value>;

/// Moves registers in a netlist of ECP5 cells, as Yosys writes it (`write_json`).
pub fn absorb(netlist: &mut Value) -> Absorbed {
    let mut absorbed = Absorbed::default();
    let modules = netlist.get_mut("modules").and_then(Value::as_object_mut);
    for module in modules.into_iter().flat_map(Map::values_mut) {
        let outputs = outputs(module);
        if let Some(cells) = module.get_mut("cells").and_then(Value::as_object_mut) {
            let mut nets = Nets::of(cells, outputs);
            let mut names: Vec<String> = cells.keys().cloned().collect();
            names.retain(|name| matches!(kind(&cells[name]), "MULT18X18D" | "DP16KD"));
            for name in names {
                match kind(&cells[&name]) {
                    "DP16KD" => absorbed.reads += usize::from(nets.read(cells, &name)),
                    _ => {
                        absorbed.operands += nets.operands(cells, &name);
                        absorbed.products += usize::from(nets.product(cells, &name));
                    }
                }
            }
            let before = cells.len();
            cells.retain(|name, cell| !(nets.is_unused(name, cell)));
            absorbed.registers += before - cells.len();
        }
    }
    absorbed
}

/// The nets that leave a module.
fn outputs(module: &Value) -> HashSet<u64> {
    let ports = module["ports"].as_object();
    let ports = ports.into_iter().flat_map(Map::values);
    let ports = ports.filter(|port| port["direction"] == "output");
    let bits = ports.filter_map(|port| port["bits"].as_array());
    bits.flatten().filter_map(Value::as_u64).collect()
}

fn kind(cell: &Value) -> &str {
    cell["type"].as_str().unwrap_or_default()
}

/// The net at a port of one bit, if it is no constant.
fn net(cell: &Value, port: &str) -> Option<u64> {
    cell["connections"][port][0].as_u64()
}

/// A register's clock, if the register is plain.
fn clock(cell: &Value) -> Option<u64> {
    let is = |name: &str, value: &str| {
        let parameter = cell["parameters"][name].as_str();
        parameter.is_none_or(|found| found.trim() == value)
    };
    let plain = kind(cell) == "TRELLIS_FF"
        && is("CEMUX", "1")
        && is("CLKMUX", "CLK")
        && is("REGSET", "RESET")
        && cell["connections"]["LSR"][0]
            .as_str()
            .is_none_or(|lsr| lsr == "0")
        && net(cell, "LSR").is_none();
    net(cell, "CLK").filter(|_| plain)
}

fn connect(cell: &mut Value, port: &str, to: Value) {
    cell["connections"][port] = json!([to]);
}

/// Connects an input that was open.
fn drive(cell: &mut Value, port: &str, with: Value) {
    connect(cell, port, with);
    cell["port_directions"][port] = json!("input");
}

/// Who is at a net: the register that drives it, how many look at it, and, by name, the registers that do.
struct Nets {
    from: HashMap<u64, String>,
    readers: HashMap<u64, usize>,
    to: HashMap<u64, Vec<String>>,
    /// Registers that a block has instead.
    moved: HashSet<String>,
}

impl Nets {
    fn of(cells: &Cells, outputs: HashSet<u64>) -> Nets {
        let mut nets = Nets {
            from: HashMap::new(),
            readers: outputs.into_iter().map(|bit| (bit, 1)).collect(),
            to: HashMap::new(),
            moved: HashSet::new(),
        };
        for (name, cell) in cells {
            let ports = cell["connections"].as_object();
            for (port, bits) in ports.into_iter().flatten() {
                if cell["port_directions"][port] == "output" {
                    continue;
                }
                let bits = bits.as_array().into_iter().flatten();
                for bit in bits.filter_map(Value::as_u64) {
                    *nets.readers.entry(bit).or_default() += 1;
                }
            }
            if kind(cell) == "TRELLIS_FF" {
                if let Some(bit) = net(cell, "Q") {
                    nets.from.insert(bit, name.clone());
                }
                if let Some(bit) = net(cell, "DI") {
                    nets.to.entry(bit).or_default().push(name.clone());
                }
            }
        }
        nets
    }

    /// The one clock of some registers, all of them plain.
    fn clock<'a>(cells: &Cells, mut names: impl Iterator<Item = &'a String>) -> Option<u64> {
        let first = clock(&cells[names.next()?])?;
        names
            .all(|name| clock(&cells[name]) == Some(first))
            .then_some(first)
    }

    /// Gives a multiplier the registers before it; for how many operands.
    fn operands(&mut self, cells: &mut Cells, name: &str) -> usize {
        let mut moved = 0;
        for operand in ["A", "B"] {
            let ports: Vec<String> = (0..OPERAND).map(|i| format!("{operand}{i}")).collect();
            let bits: Vec<(String, u64)> = ports
                .into_iter()
                .filter_map(|port| net(&cells[name], &port).map(|bit| (port, bit)))
                .collect();
            let registers: Option<Vec<String>> = bits
                .iter()
                .map(|(_, bit)| self.from.get(bit).cloned())
                .collect();
            let Some(registers) = registers else { continue };
            let Some(clock) = Self::clock(cells, registers.iter()) else {
                continue;
            };
            if !self.takes_clock(cells, name, clock) {
                continue;
            }
            for ((port, bit), register) in bits.iter().zip(&registers) {
                let before = cells[register]["connections"]["DI"][0].clone();
                if let Some(bit) = before.as_u64() {
                    *self.readers.entry(bit).or_default() += 1;
                }
                self.readers.entry(*bit).and_modify(|n| *n -= 1);
                connect(&mut cells[name], port, before);
            }
            cells[name]["parameters"][format!("REG_INPUT{operand}_CLK")] = json!("CLK0");
            moved += 1;
        }
        moved
    }

    /// The registers behind a block's outputs, if nobody else looks at them, and their clock.
    fn behind(
        &self,
        cells: &Cells,
        name: &str,
        ports: &[String],
    ) -> Option<(Vec<(String, String)>, u64)> {
        let mut found = Vec::new();
        for port in ports {
            let Some(bit) = net(&cells[name], port) else {
                continue;
            };
            match (
                self.readers.get(&bit).copied().unwrap_or(0),
                self.to.get(&bit),
            ) {
                (0, _) => {}
                (1, Some(registers)) => found.push((port.clone(), registers[0].clone())),
                _ => return None,
            }
        }
        let clock = Self::clock(cells, found.iter().map(|(_, register)| register))?;
        Some((found, clock))
    }

    /// The block's outputs become those of the registers behind it.
    fn take(&mut self, cells: &mut Cells, name: &str, registers: Vec<(String, String)>) {
        for (port, register) in registers {
            let behind = cells[&register]["connections"]["Q"][0].clone();
            connect(&mut cells[name], &port, behind);
            self.moved.insert(register);
        }
    }

    /// Gives a multiplier the registers behind it.
    fn product(&mut self, cells: &mut Cells, name: &str) -> bool {
        let ports: Vec<String> = (0..PRODUCT).map(|i| format!("P{i}")).collect();
        match self.behind(cells, name, &ports) {
            Some((registers, clock)) if self.takes_clock(cells, name, clock) => {
                self.take(cells, name, registers);
                cells[name]["parameters"]["REG_OUTPUT_CLK"] = json!("CLK0");
                true
            }
            _ => false,
        }
    }

    /// A multiplier has this clock, or none yet: then it gets it.
    fn takes_clock(&self, cells: &mut Cells, name: &str, clock: u64) -> bool {
        let cell = &mut cells[name];
        match net(cell, "CLK0") {
            Some(other) => other == clock,
            None => {
                drive(cell, "CLK0", json!(clock));
                drive(cell, "CE0", json!("1"));
                drive(cell, "RST0", json!("0"));
                true
            }
        }
    }

    /// Gives a block RAM the registers behind it. Where both ports read, both do so with the registers' clock.
    fn read(&mut self, cells: &mut Cells, name: &str) -> bool {
        let ports: Vec<String> = cells[name]["connections"]
            .as_object()
            .into_iter()
            .flat_map(Map::keys)
            .filter(|port| port.starts_with("DO"))
            .cloned()
            .collect();
        let Some((registers, clock)) = self.behind(cells, name, &ports) else {
            return false;
        };
        let clocks = ["CLKA", "CLKB"].map(|port| net(&cells[name], port));
        if clocks.into_iter().flatten().any(|other| other != clock) {
            return false;
        }
        self.take(cells, name, registers);
        let cell = &mut cells[name];
        for port in ["A", "B"] {
            cell["parameters"][format!("REGMODE_{port}")] = json!("OUTREG");
            drive(cell, &format!("OCE{port}"), json!("1"));
        }
        true
    }

    /// A register that moved, or that nobody reads any more.
    fn is_unused(&self, name: &str, cell: &Value) -> bool {
        let read = net(cell, "Q").is_some_and(|bit| self.readers.get(&bit).is_some_and(|&n| n > 0));
        kind(cell) == "TRELLIS_FF" && (self.moved.contains(name) || !read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn register(from: Value, to: u64, clock: u64) -> Value {
        json!({
            "type": "TRELLIS_FF",
            "parameters": {"CEMUX": "1 ", "CLKMUX": "CLK", "REGSET": "RESET"},
            "port_directions": {"CLK": "input", "DI": "input", "LSR": "input", "Q": "output"},
            "connections": {"CLK": [clock], "DI": [from], "LSR": ["0"], "Q": [to]},
        })
    }

    /// Two operands of one bit (nets 10 and 11, registered as 20 and 21), a product of two (30, 31; registered as
    /// 40 and 41, which leave the module); net 2 is the clock.
    fn design() -> Value {
        let mut multiplier = json!({
            "type": "MULT18X18D",
            "parameters": {},
            "port_directions": {},
            "connections": {},
        });
        for i in 0..OPERAND {
            for (operand, bit) in [("A", 20), ("B", 21)] {
                let bit = if i == 0 { json!(bit) } else { json!("0") };
                drive(&mut multiplier, &format!("{operand}{i}"), bit);
            }
        }
        for (port, bit) in [("P0", 30), ("P1", 31)] {
            connect(&mut multiplier, port, json!(bit));
            multiplier["port_directions"][port] = json!("output");
        }
        json!({"modules": {"top": {
            "ports": {"q": {"direction": "output", "bits": [40, 41]}},
            "cells": {
                "m": multiplier,
                "a": register(json!(10), 20, 2),
                "b": register(json!(11), 21, 2),
                "p": register(json!(30), 40, 2),
                "q": register(json!(31), 41, 2),
            },
        }}})
    }

    fn cells(design: &mut Value) -> &mut Cells {
        design["modules"]["top"]["cells"].as_object_mut().unwrap()
    }

    /// All four registers become the multiplier's own, which then stands where they were.
    #[test]
    fn multiplier() {
        let mut design = design();
        let absorbed = absorb(&mut design);
        let expected = Absorbed {
            operands: 2,
            products: 1,
            reads: 0,
            registers: 4,
        };
        assert_eq!(absorbed, expected);
        let cells = cells(&mut design);
        assert_eq!(cells.len(), 1);
        let m = &cells["m"];
        let nets = ["A0", "B0", "P0", "P1", "CLK0"].map(|port| net(m, port).unwrap());
        assert_eq!(nets, [10, 11, 40, 41, 2]);
        for register in ["INPUTA", "INPUTB", "OUTPUT"] {
            assert_eq!(m["parameters"][format!("REG_{register}_CLK")], "CLK0");
        }
        assert_eq!(absorb(&mut design), Absorbed::default());
    }

    /// A register that others read stays, and is the multiplier's as well; one that is not plain, or has another
    /// clock, is not; products that somebody sees before their registers are left alone.
    #[test]
    fn what_stays() {
        let mut shared = design();
        cells(&mut shared).insert("other".to_string(), register(json!(20), 50, 2));
        cells(&mut shared).insert("seen".to_string(), register(json!(50), 40, 2));
        let absorbed = absorb(&mut shared);
        assert_eq!((absorbed.operands, absorbed.products), (2, 1));
        assert!(cells(&mut shared).contains_key("a") && !cells(&mut shared).contains_key("b"));

        let mut enabled = design();
        cells(&mut enabled)["a"]["parameters"]["CEMUX"] = json!("CE");
        assert_eq!(absorb(&mut enabled).operands, 1);
        assert_eq!(net(&cells(&mut enabled)["m"], "A0"), Some(20));

        let mut clocks = design();
        cells(&mut clocks)["a"] = register(json!(10), 20, 3);
        let absorbed = absorb(&mut clocks);
        assert_eq!((absorbed.operands, absorbed.products), (1, 0));

        let mut seen = design();
        seen["modules"]["top"]["ports"]["q"]["bits"] = json!([40, 41, 31]);
        assert_eq!(absorb(&mut seen).products, 0);
        assert_eq!(net(&cells(&mut seen)["m"], "P0"), Some(30));
    }

    /// A block RAM takes the registers behind it if all its outputs that are read have one.
    #[test]
    fn block_ram() {
        let memory = json!({
            "type": "DP16KD",
            "parameters": {"REGMODE_A": "NOREG", "REGMODE_B": "NOREG"},
            "port_directions": {"CLKA": "input", "CLKB": "input", "DOB0": "output", "DOB1": "output"},
            "connections": {"CLKA": [2], "CLKB": [2], "DOB0": [30], "DOB1": [31]},
        });
        let mut design = design();
        let cells_of = cells(&mut design);
        cells_of["m"] = memory;
        let mut half = design.clone();
        let absorbed = absorb(&mut design);
        // Nobody reads the other two any more.
        assert_eq!((absorbed.reads, absorbed.registers), (1, 4));
        let m = &cells(&mut design)["m"];
        assert_eq!(net(m, "DOB0"), Some(40));
        assert_eq!(m["parameters"]["REGMODE_B"], "OUTREG");
        assert_eq!(m["connections"]["OCEB"], json!(["1"]));

        cells(&mut half)["q"]["parameters"]["REGSET"] = json!("SET");
        assert_eq!(absorb(&mut half).reads, 0);
    }
}
