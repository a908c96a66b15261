//! Look-up tables move into the carry chains behind them.
//!
//! ```text
//! a, b ──> [ a & b ] ──┐
//!                      v                                  a, b, c ──> [ (a & b) + c ] <── carry
//!                c ──> [ + ] <── carry          ->
//! ```
//!
//! Half of an ECP5's carry cell (CCU2C) has a table T of four inputs of its own: its sum is `T(a, b, c, d)` xor the
//! carry, and the carry goes on where T is 1; where T is 0, the next carry is `T(a, b, 0, 0)`. An adder as Yosys
//! makes it takes two of the inputs. So a table before one of them (an operand's enable, or a partial product) goes
//! into T if both need no more than four inputs, and if there is an order of the inputs in which T says the right
//! carry, too: all orders and all values are tried. A table moves only if carry cells alone look at it.

use std::collections::HashMap;

use serde_json::{json, Map, Value};

/// Pins of half a carry cell, and of a table.
const PINS: [&str; 4] = ["A", "B", "C", "D"];

/// A constant or a net.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bit {
    Constant(bool),
    Net(u64),
}

/// A bit, or a table of bits.
#[derive(Clone, Debug)]
enum Source {
    Bit(Bit),
    Table(u16, [Bit; 4]),
}

/// Nets, and their values.
type Values<'a> = [(u64, bool)];

/// Moves tables in a netlist of ECP5 cells, as Yosys writes it (`write_json`); how many are gone.
pub fn fill(netlist: &mut Value) -> usize {
    let modules = netlist.get_mut("modules").and_then(Value::as_object_mut);
    let modules = modules.into_iter().flat_map(Map::values_mut);
    modules.map(fill_module).sum()
}

fn fill_module(module: &mut Value) -> usize {
    let mut tables = tables(module);
    let Some(cells) = module.get_mut("cells").and_then(Value::as_object_mut) else {
        return 0;
    };
    for cell in cells.values_mut().filter(|cell| kind(cell) == "CCU2C") {
        for half in ["0", "1"] {
            fill_half(cell, half, &mut tables);
        }
    }
    let before = cells.len();
    let gone = |table: &Table| table.readers == 0;
    let gone: Vec<String> = tables.into_values().filter(gone).map(|t| t.name).collect();
    gone.iter().for_each(|name| {
        cells.remove(name);
    });
    before - cells.len()
}

/// A table that only carry cells look at.
struct Table {
    name: String,
    source: Source,
    readers: usize,
}

fn kind(cell: &Value) -> &str {
    cell["type"].as_str().unwrap_or_default()
}

fn bit(value: &Value) -> Option<Bit> {
    match (value.as_u64(), value.as_str()) {
        (Some(net), _) => Some(Bit::Net(net)),
        (_, Some("0")) => Some(Bit::Constant(false)),
        (_, Some("1")) => Some(Bit::Constant(true)),
        _ => None,
    }
}

/// What is at the four pins, if all of it is known.
fn pins(cell: &Value, half: &str) -> Option<[Bit; 4]> {
    let mut bits = [Bit::Constant(false); 4];
    for (found, pin) in bits.iter_mut().zip(PINS) {
        *found = bit(&cell["connections"][format!("{pin}{half}")][0])?;
    }
    Some(bits)
}

fn contents(cell: &Value, parameter: &str) -> Option<u16> {
    u16::from_str_radix(cell["parameters"][parameter].as_str()?, 2).ok()
}

/// The tables that only the first two inputs of carry cells look at, by the net that they make.
fn tables(module: &Value) -> HashMap<u64, Table> {
    let all = || module["cells"].as_object().into_iter().flatten();
    let mut tables = HashMap::new();
    for (name, cell) in all().filter(|(_, cell)| kind(cell) == "LUT4") {
        let made = (bit(&cell["connections"]["Z"][0]), contents(cell, "INIT"));
        if let (Some(Bit::Net(net)), Some(init), Some(inputs)) = (made.0, made.1, pins(cell, "")) {
            let table = Table {
                name: name.clone(),
                source: Source::Table(init, inputs),
                readers: 0,
            };
            tables.insert(net, table);
        }
    }
    for cell in all().map(|(_, cell)| cell) {
        let ports = cell["connections"].as_object().into_iter().flatten();
        for (port, bits) in ports.filter(|(port, _)| cell["port_directions"][*port] != "output") {
            let adds = kind(cell) == "CCU2C" && ["A0", "A1", "B0", "B1"].contains(&port.as_str());
            for net in bits
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_u64)
            {
                match tables.get_mut(&net) {
                    Some(table) if adds => table.readers += 1,
                    _ => drop(tables.remove(&net)),
                }
            }
        }
    }
    let ports = module["ports"].as_object().into_iter().flatten();
    let bits = ports.filter_map(|(_, port)| port["bits"].as_array());
    for net in bits.flatten().filter_map(Value::as_u64) {
        tables.remove(&net);
    }
    tables.retain(|_, table| table.readers > 0);
    tables
}

/// Moves the tables before half a carry cell into it, if they go.
fn fill_half(cell: &mut Value, half: &str, tables: &mut HashMap<u64, Table>) {
    let no = |name: &str| {
        cell["parameters"][name]
            .as_str()
            .is_none_or(|it| it == "NO")
    };
    let init = contents(cell, &format!("INIT{half}"));
    let (Some(init), Some(bits), true) = (init, pins(cell, half), no(&format!("INJECT1_{half}")))
    else {
        return;
    };
    let table = |bit: Bit| match bit {
        Bit::Net(net) => tables.get(&net).map(|table| (net, table.source.clone())),
        Bit::Constant(_) => None,
    };
    let before = [table(bits[0]), table(bits[1])];
    for moved in [[true, true], [true, false], [false, true]] {
        if (0..2).any(|i| moved[i] && before[i].is_none()) {
            continue;
        }
        let mut sources = bits.map(Source::Bit);
        for (source, table) in
            sources
                .iter_mut()
                .zip(&before)
                .zip(moved)
                .filter_map(|((source, table), moved)| {
                    Some((source, table.as_ref().filter(|_| moved)?))
                })
        {
            *source = table.1.clone();
        }
        let Some((init, bits)) = merged(init, &sources) else {
            continue;
        };
        cell["parameters"][format!("INIT{half}")] = json!(format!("{init:016b}"));
        for (pin, bit) in PINS.into_iter().zip(bits) {
            cell["connections"][format!("{pin}{half}")] = match bit {
                Bit::Net(net) => json!([net]),
                Bit::Constant(value) => json!([if value { "1" } else { "0" }]),
            };
        }
        let gone = before.iter().zip(moved).filter(|it| it.1);
        for (net, _) in gone.filter_map(|(table, _)| table.as_ref()) {
            if let Some(table) = tables.get_mut(net) {
                table.readers -= 1;
            }
        }
        return;
    }
}

impl Source {
    fn bits(&self) -> &[Bit] {
        match self {
            Source::Bit(bit) => std::slice::from_ref(bit),
            Source::Table(_, bits) => bits,
        }
    }

    fn value(&self, values: &Values) -> bool {
        let of = |bit: &Bit| match bit {
            Bit::Constant(value) => *value,
            Bit::Net(net) => values.iter().any(|(other, value)| other == net && *value),
        };
        match self {
            Source::Bit(bit) => of(bit),
            Source::Table(init, bits) => init >> index(bits.each_ref().map(of)) & 1 == 1,
        }
    }
}

/// The place in a table of these inputs.
fn index(bits: [bool; 4]) -> usize {
    (0..4).map(|i| usize::from(bits[i]) << i).sum()
}

/// One table, and its inputs, for half a carry cell with a table behind these sources.
fn merged(init: u16, sources: &[Source; 4]) -> Option<(u16, [Bit; 4])> {
    let mut nets: Vec<u64> = Vec::new();
    for bit in sources.iter().flat_map(Source::bits) {
        match bit {
            Bit::Net(net) if !nets.contains(net) => nets.push(*net),
            _ => {}
        }
    }
    if nets.len() > PINS.len() {
        return None;
    }
    orders().find_map(|order| {
        let (mut table, mut carries) = (0, 0);
        for at in 0..16 {
            let values = nets
                .iter()
                .zip(order)
                .map(|(&net, pin)| (net, at >> pin & 1 == 1));
            let values: Vec<(u64, bool)> = values.collect();
            let inputs = sources.each_ref().map(|source| source.value(&values));
            let [a, b, ..] = inputs;
            table |= (init >> index(inputs) & 1) << at;
            carries |= (init >> index([a, b, false, false]) & 1) << at;
        }
        // Where the table is 0, what it says with c and d at 0 is the carry.
        let right =
            (0..16).all(|at| table >> at & 1 == 1 || table >> (at & 3) & 1 == carries >> at & 1);
        let mut bits = [Bit::Constant(false); 4];
        for (&net, pin) in nets.iter().zip(order) {
            bits[pin] = Bit::Net(net);
        }
        right.then_some((table, bits))
    })
}

/// All orders of four pins.
fn orders() -> impl Iterator<Item = [usize; 4]> {
    let all = (0..256usize).map(|n| [n & 3, n >> 2 & 3, n >> 4 & 3, n >> 6]);
    all.filter(|order| (0..4).all(|pin| order.contains(&pin)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Half an adder or a subtracter, as Yosys makes it: nets 1 and 2 are added (2 is inverted if `minus`).
    fn half(minus: bool) -> Value {
        let (c, open) = (if minus { "1" } else { "0" }, "0");
        json!({
            "type": "CCU2C",
            "parameters": {
                "INIT0": "1001011010101010", "INJECT1_0": "NO",
                "INIT1": "1001011010101010", "INJECT1_1": "NO",
            },
            "port_directions": {"CIN": "input", "S0": "output", "S1": "output", "COUT": "output"},
            "connections": {
                "A0": [1], "B0": [2], "C0": [c], "D0": ["1"], "CIN": [8], "S0": [9],
                "A1": [open], "B1": [open], "C1": [open], "D1": ["1"], "S1": [10], "COUT": [11],
            },
        })
    }

    fn lut(init: u16, inputs: [Value; 4], to: u64) -> Value {
        let [a, b, c, d] = inputs;
        json!({
            "type": "LUT4",
            "parameters": {"INIT": format!("{init:016b}")},
            "port_directions": {"Z": "output"},
            "connections": {"A": [a], "B": [b], "C": [c], "D": [d], "Z": [to]},
        })
    }

    fn design(cells: Value) -> Value {
        json!({"modules": {"top": {
            "ports": {"s": {"direction": "output", "bits": [9, 11]}},
            "cells": cells,
        }}})
    }

    /// The sum without its carry and the next carry (if this one is 0, and if it is 1), for all values of nets 20 to
    /// 25.
    fn behaviour(design: &Value) -> Vec<[bool; 3]> {
        let cells = design["modules"]["top"]["cells"].as_object().unwrap();
        let all = (0..64).map(|n| {
            let mut values: Vec<(u64, bool)> = (0..6).map(|i| (20 + i, n >> i & 1 == 1)).collect();
            for lut in cells.values().filter(|cell| kind(cell) == "LUT4") {
                let table = Source::Table(contents(lut, "INIT").unwrap(), pins(lut, "").unwrap());
                let to = lut["connections"]["Z"][0].as_u64().unwrap();
                let value = table.value(&values);
                values.push((to, value));
            }
            let carry = &cells["carry"];
            let init = contents(carry, "INIT0").unwrap();
            let inputs = pins(carry, "0")
                .unwrap()
                .map(|bit| Source::Bit(bit).value(&values));
            let sum = init >> index(inputs) & 1 == 1;
            let made = init >> index([inputs[0], inputs[1], false, false]) & 1 == 1;
            [sum, if sum { false } else { made }, sum || made]
        });
        all.collect()
    }

    /// Every pair of tables of two inputs, before an adder and a subtracter: whatever moves, sum and carries stay.
    /// What multipliers and enabled operands are made of moves.
    #[test]
    fn sums_and_carries_stay() {
        let (and, wire) = (0x8888, 0xAAAA);
        for minus in [false, true] {
            for (f, g) in (0..16u16).flat_map(|f| (0..16u16).map(move |g| (f * 0x1111, g * 0x1111)))
            {
                let two = |from: u64| [json!(from), json!(from + 1), json!("0"), json!("1")];
                let mut all = design(json!({
                    "carry": half(minus), "f": lut(f, two(20), 1), "g": lut(g, two(22), 2),
                }));
                let before = behaviour(&all);
                let gone = fill(&mut all);
                assert_eq!(behaviour(&all), before, "{f:x} and {g:x}, {minus}");
                if [and, wire].contains(&f) && [and, wire].contains(&g) {
                    assert_eq!(gone, 2, "{f:x} and {g:x}, {minus}");
                    assert_eq!(fill(&mut all), 0);
                }
            }
        }
    }

    /// A choice of two bits moves, whichever operand it is, and nothing of it is left.
    #[test]
    fn either_operand() {
        for (plain, pin, to) in [(23, "A0", 2), (23, "B0", 1)] {
            let choice = lut(0xCACA, [json!(20), json!(21), json!(22), json!("0")], to);
            let mut all = design(json!({"carry": half(false), "choice": choice}));
            all["modules"]["top"]["cells"]["carry"]["connections"][pin] = json!([plain]);
            let before = behaviour(&all);
            assert_eq!(fill(&mut all), 1, "{pin}");
            assert_eq!(behaviour(&all), before, "{pin}");
            let cells = all["modules"]["top"]["cells"].as_object().unwrap();
            assert_eq!(cells.len(), 1, "{pin}");
        }
    }

    /// Tables of more inputs move alone, if there is room; one that others look at stays where it is.
    #[test]
    fn what_stays() {
        let three = lut(0x8080, [json!(20), json!(21), json!(22), json!("1")], 1);
        let four = lut(0x8000, [20, 21, 22, 23].map(|net| json!(net)), 1);
        let other = lut(0x8888, [json!(24), json!(25), json!("0"), json!("0")], 2);
        for (first, gone) in [(three, 1), (four, 1)] {
            let mut all = design(json!({"carry": half(false), "f": first, "g": other}));
            let before = behaviour(&all);
            assert_eq!(fill(&mut all), gone);
            assert_eq!(behaviour(&all), before);
        }
        let mut seen = design(json!({"carry": half(false), "g": other}));
        seen["modules"]["top"]["ports"]["s"]["bits"] = json!([2, 9]);
        assert_eq!(fill(&mut seen), 0);
        let mut read = design(json!({"carry": half(false), "g": other}));
        read["modules"]["top"]["cells"]["more"] =
            lut(0x5555, [json!(2), json!("0"), json!("0"), json!("0")], 30);
        assert_eq!(fill(&mut read), 0);
    }
}
