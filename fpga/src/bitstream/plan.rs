//! Where the multipliers of a large design go.
//!
//! ```text
//!   slice 0                       slice 1
//! │ lane 0 ──> .. lane 1 ─┐     ┌─ lane 1 .. <── lane 0 │   a row of DSPs
//! │ ┌─ .. lane 2 <── .. <─┘     └─> .. ──> lane 2 .. ─┐ │   the next one
//! │ └─> lane 3 ──> requant │   │ requant <── lane 3 <─┘ │
//! ```
//!
//! The products of a lane are added up, so their multipliers should stand together. A placer that has to find that out
//! puts them all over the part, and what they belong to with them. So a slice gets a band of the part, from top to
//! bottom; its lanes follow each other along the band's rows of DSPs, to and fro, and those two are neighbours whose
//! products are added first. Behind the last lane come the multipliers that requantise.

use std::collections::HashMap;

use serde_json::{json, Map, Value};
use tcpu_isa::Config;

/// A device's DSPs: rows that have some, and in which columns a row has pairs of multipliers.
struct Sites {
    rows: &'static [u32],
    pairs: &'static [u32],
}

/// By the beginning of a device's name. From the tile grids of Project Trellis's database, where a pair is at a tile
/// `MIB_DSP0` or `MIB_DSP4`.
const SITES: [(&str, Sites); 3] = [
    ("LFE5U-45F", ECP5_45),
    ("LFE5U-85F", ECP5_85),
    ("LFE5UM5G-85F", ECP5_85),
];

const ECP5_45: Sites = Sites {
    rows: &[22, 46],
    pairs: &[
        4, 8, 13, 17, 22, 26, 31, 35, 42, 46, 51, 55, 60, 64, 69, 73, 78, 82,
    ],
};

const ECP5_85: Sites = Sites {
    rows: &[10, 34, 58],
    pairs: &[
        4, 8, 13, 17, 22, 26, 31, 35, 40, 44, 49, 53, 58, 62, 69, 73, 78, 82, 87, 91, 96, 100, 105,
        109, 114, 118,
    ],
};

impl Sites {
    /// The multipliers of a row, from left to right, as nextpnr calls them: every second pair has the other names.
    fn row(&self, row: u32) -> Vec<String> {
        let pairs = self.pairs.iter().enumerate();
        let names = pairs.flat_map(|(number, &column)| {
            let first = 4 * (number as u32 % 2);
            (0..2).map(move |i| format!("X{}/Y{row}/MULT18_{}", column + i, first + i))
        });
        names.collect()
    }

    /// The multipliers of each of so many bands, along its way. Every second band is the mirror image.
    fn bands(&self, bands: usize) -> Vec<Vec<String>> {
        let mut all = vec![Vec::new(); bands];
        for (number, &row) in self.rows.iter().enumerate() {
            let row = self.row(row);
            for (b, band) in all.iter_mut().enumerate() {
                let mut part = row[row.len() * b / bands..row.len() * (b + 1) / bands].to_vec();
                if (b + number) % 2 == 1 {
                    part.reverse();
                }
                band.append(&mut part);
            }
        }
        all
    }
}

/// What a multiplier is for: its slice, and its place among the slice's.
type Place = (usize, usize);

/// Says in a netlist where its multipliers are to be placed. A part whose sites are not known, or that has too few of
/// them for a slice in its band, has none placed. How many were.
pub fn plan(netlist: &mut Value, device: &str, config: &Config) -> usize {
    let sites = SITES.iter().find(|(name, _)| device.starts_with(name));
    let top = netlist["modules"].as_object_mut().and_then(|modules| {
        let mut modules = modules.values_mut();
        modules.find(|module| module["attributes"]["top"].is_string())
    });
    let (Some((_, sites)), Some(top)) = (sites, top) else {
        return 0;
    };
    let places = places(top["netnames"].as_object(), config);
    let Some(cells) = top["cells"].as_object_mut() else {
        return 0;
    };
    let mut found: Vec<(Place, &String, &mut Value)> = cells
        .iter_mut()
        .filter(|(_, cell)| cell["type"] == "MULT18X18D")
        .filter_map(|(name, cell)| Some((place(cell, &places)?, name, cell)))
        .collect();
    found.sort_by(|(a, a_name, _), (b, b_name, _)| (a, a_name).cmp(&(b, b_name)));
    let bands = sites.bands(config.slices);
    let of = |slice| found.iter().filter(|((s, _), ..)| *s == slice).count();
    if (0..config.slices).any(|slice| of(slice) > bands[slice].len()) {
        return 0;
    }
    let mut bands: Vec<_> = bands.into_iter().map(Vec::into_iter).collect();
    let number = found.len();
    for ((slice, _), _, cell) in found {
        if let Some(site) = bands[slice].next() {
            cell["attributes"]["BEL"] = json!(site);
        }
    }
    number
}

/// The place of the multiplier that drives a bit, for bits that are products or come out of requantisation.
fn places(names: Option<&Map<String, Value>>, config: &Config) -> HashMap<u64, Place> {
    let (lanes, flit) = (config.lanes * config.int4, config.flit);
    let products = lanes * flit;
    let bits = flit.trailing_zeros();
    let mut places = HashMap::new();
    for (name, net) in names.into_iter().flatten() {
        let nets = net["bits"].as_array().into_iter().flatten().enumerate();
        let nets = nets.filter_map(|(i, bit)| Some((i, bit.as_u64()?)));
        if name.ends_with(PRODUCTS) {
            for (i, bit) in nets {
                let product = i / PRODUCT_BITS;
                let (lane, element) = (product % products / flit, product % flit);
                // Neighbours are those whose numbers differ in the highest bit, then in the next one.
                let turned = (element.reverse_bits() >> (usize::BITS - bits.max(1))) % flit;
                places.insert(bit, (product / products, lane * flit + turned));
            }
        } else if let Some((slice, value)) = requantised(name) {
            for (_, bit) in nets {
                places.entry(bit).or_insert((slice, products + value));
            }
        }
    }
    places
}

/// The nets of all products, as `tcpu-hdl` has them: slice by slice, lane by lane.
const PRODUCTS: &str = "contract.level0.cells";
const PRODUCT_BITS: usize = 16;

/// Slice and number of the value that a net of requantisation belongs to.
fn requantised(name: &str) -> Option<(usize, usize)> {
    let (_, rest) = name.split_once("requant.slice[")?;
    let (slice, rest) = rest.split_once("].one[")?;
    let (value, _) = rest.split_once(']')?;
    Some((slice.parse().ok()?, value.parse().ok()?))
}

/// The place of a multiplier: that of the first bit of its product that has one.
fn place(cell: &Value, places: &HashMap<u64, Place>) -> Option<Place> {
    (0..36).find_map(|i| {
        let bit = cell["connections"][format!("P{i}")][0].as_u64()?;
        places.get(&bit).copied()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A netlist with the multipliers of `ecp5-85k`: their outputs, by name.
    fn netlist(config: &Config) -> Value {
        let products = config.slices * config.lanes * config.flit;
        let (mut cells, mut names) = (Map::new(), Map::new());
        let mut cell = |name: String, bits: Vec<usize>| {
            let outputs = bits.iter().enumerate();
            let outputs: Map<String, Value> = outputs
                .map(|(i, bit)| (format!("P{i}"), json!([bit])))
                .collect();
            let cell = json!({"type": "MULT18X18D", "attributes": {}, "connections": outputs});
            cells.insert(name, cell);
        };
        for product in 0..products {
            let bits = product * PRODUCT_BITS..(product + 1) * PRODUCT_BITS;
            cell(format!("p{product}"), bits.collect());
        }
        let all: Vec<usize> = (0..products * PRODUCT_BITS).collect();
        names.insert(format!("top.{PRODUCTS}"), json!({"bits": all}));
        for slice in 0..config.slices {
            for value in 0..4 {
                let bit = products * PRODUCT_BITS + slice * 4 + value;
                cell(format!("r{slice}_{value}"), vec![bit]);
                let name = format!("top.commit.requant.slice[{slice}].one[{value}].low_1");
                names.insert(name, json!({"bits": [bit]}));
            }
        }
        let top = json!({"attributes": {"top": "1"}, "cells": cells, "netnames": names});
        json!({"modules": {"other": {"attributes": {}}, "top": top}})
    }

    fn site<'a>(netlist: &'a Value, cell: &str) -> Option<&'a str> {
        netlist["modules"]["top"]["cells"][cell]["attributes"]["BEL"].as_str()
    }

    /// Each multiplier has a site of its own; products that are added first are neighbours; slices stand side by side.
    #[test]
    fn lanes_stand_together() {
        let config = Config::preset("ecp5-85k").unwrap();
        let mut netlist = netlist(&config);
        assert_eq!(plan(&mut netlist, "LFE5U-85F", &config), 136);
        assert_eq!(site(&netlist, "p0"), Some("X4/Y10/MULT18_0"));
        assert_eq!(site(&netlist, "p8"), Some("X5/Y10/MULT18_1"));
        assert_eq!(site(&netlist, "p4"), Some("X8/Y10/MULT18_4"));
        // The other slice is the mirror image.
        assert_eq!(site(&netlist, "p64"), Some("X119/Y10/MULT18_5"));
        assert_eq!(site(&netlist, "p72"), Some("X118/Y10/MULT18_4"));
        // The way goes on in the next row where it left the one before: the eleventh of lane 1.
        assert_eq!(site(&netlist, "p21"), Some("X59/Y34/MULT18_1"));
        assert_eq!(site(&netlist, "r0_0"), Some("X31/Y58/MULT18_0"));
        let cells = netlist["modules"]["top"]["cells"].as_object().unwrap();
        let mut sites: Vec<&str> = cells
            .keys()
            .filter_map(|name| site(&netlist, name))
            .collect();
        sites.sort_unstable();
        sites.dedup();
        assert_eq!(sites.len(), 136);
    }

    /// A part that is not known, or is too small, has no plan.
    #[test]
    fn no_plan() {
        let config = Config::preset("ecp5-85k").unwrap();
        let before = netlist(&config);
        for device in ["LFE5U-45F", "GW2AR-18"] {
            let mut netlist = before.clone();
            assert_eq!(plan(&mut netlist, device, &config), 0);
            assert_eq!(netlist, before);
        }
    }
}
