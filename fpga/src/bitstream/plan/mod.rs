//! Where the multipliers and the block RAMs of a large design go.
//!
//! ```text
//!   slice 0                       slice 1
//! │ lane 0 ──> .. lane 1 ─┐     ┌─ lane 1 .. <── lane 0 │   a row of DSPs
//! │ TRF of lanes 0 and 1  │     │                       │   a row of block RAMs
//! │ ┌─ .. lane 2 <── .. <─┘     └─> .. ──> lane 2 .. ─┐ │   the next one of DSPs
//! │ │ TRF of lane 3       │     │                     │ │
//! │ └─> lane 3 ──> requant│     │requant <── lane 3 <─┘ │
//! │ DM: words 0, 2        │     │                       │   the last rows of block RAMs
//! │ DM: words 1, 3        │     │                       │
//! ```
//!
//! The products of a lane are added up, so their multipliers should stand together, and so should the memories whose words
//! become one row. A placer that has to find that out puts them all over the part, and what they belong to with them. So
//! a slice gets a band of the part, from top to bottom; its lanes follow each other along the band's rows of DSPs, to and
//! fro, and those two are neighbours whose products are added first. Behind the last lane come the multipliers that
//! requantise, and next to them, in the last rows of block RAMs, DM's banks, each word of theirs beside the same one of the
//! others. A lane's TRF is as near as can be to the lane's multipliers.

mod names;
mod sites;

use serde_json::{json, Value};
use tcpu_isa::Config;

use names::Names;
use sites::{Site, Sites};

/// Rows of block RAMs, the last ones, that are DM's.
const DM_ROWS: usize = 2;

/// Says in a netlist where its multipliers and the block RAMs of DM and TRF are to be placed: how many were. A part whose
/// sites are not known, or that has too few of them for a slice in its band, has none placed.
///
/// # Errors
/// What the plan does not find in the netlist: somebody has given it another name.
pub fn plan(netlist: &mut Value, device: &str, config: &Config) -> Result<usize, String> {
    let Some(sites) = Sites::of(device) else {
        return Ok(0);
    };
    let mut modules = netlist["modules"].as_object_mut().into_iter().flatten();
    let top = modules.find(|(_, module)| module["attributes"]["top"].is_string());
    let (_, top) = top.ok_or("a top")?;
    let names = Names::of(top, config)?;
    let Some(planned) = lay(&names, &sites, config) else {
        return Ok(0);
    };
    for (name, site) in &planned {
        top["cells"][name]["attributes"]["BEL"] = json!(site.name);
    }
    Ok(planned.len())
}

/// The sites of all cells that have a name; none if there are too few.
fn lay<'a>(names: &'a Names, sites: &Sites, config: &Config) -> Option<Vec<(&'a str, Site)>> {
    let mut planned = Vec::new();
    let (near, last) = (sites.memories.rows).split_at(sites.memories.rows.len() - DM_ROWS);
    for slice in 0..config.slices {
        let band = |row: Vec<Site>| {
            let ends = [slice, slice + 1].map(|s| row.len() * s / config.slices);
            row[ends[0]..ends[1]].to_vec()
        };

        // The multipliers, to and fro. Every second band is the mirror image.
        let mut way = Vec::new();
        for (number, &y) in sites.multipliers.rows.iter().enumerate() {
            let mut row = band(sites.multipliers(y));
            if (slice + number) % 2 == 1 {
                row.reverse();
            }
            way.extend(row);
        }
        let mut way = way.into_iter();
        let mut lanes = vec![Vec::new(); config.lanes];
        for ((_, place), cells) in names.multipliers.range((slice, 0)..(slice + 1, 0)) {
            for cell in cells {
                let site = way.next()?;
                if let Some(lane) = lanes.get_mut(place / config.flit) {
                    lane.push(site.clone());
                }
                planned.push((cell.as_str(), site));
            }
        }

        // DM, one above the other, in the middle of the band.
        let dm = names.dm.get(&slice)?;
        let rows: Vec<_> = last.iter().map(|&y| band(sites.memories(y))).collect();
        let columns = dm.len().div_ceil(DM_ROWS);
        let left = rows[0].len().checked_sub(columns)? / 2;
        for (i, cell) in dm.values().enumerate() {
            let site = &rows[i % DM_ROWS][left + i / DM_ROWS];
            planned.push((cell, site.clone()));
        }

        // Each lane's TRF at the nearest sites that are left. A lane may have no multipliers but tables.
        let mut free: Vec<_> = near.iter().flat_map(|&y| band(sites.memories(y))).collect();
        for (lane, multipliers) in lanes.iter().enumerate().filter(|(_, own)| !own.is_empty()) {
            let mean = |of: fn(&Site) -> u32| {
                multipliers.iter().map(of).sum::<u32>() / multipliers.len() as u32
            };
            let (x, y) = (mean(|site| site.x), mean(|site| site.y));
            free.sort_by_key(|site| site.x.abs_diff(x) + site.y.abs_diff(y));
            let trf = names.trf.get(&(slice, lane))?;
            if trf.len() > free.len() {
                return None;
            }
            let mut nearest: Vec<_> = free.drain(..trf.len()).collect();
            nearest.sort_by_key(|site| (site.x, site.y));
            planned.extend(trf.values().map(String::as_str).zip(nearest));
        }
    }
    Some(planned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Map;

    /// A netlist with the multipliers and memories of `ecp5-85k`.
    fn netlist(config: &Config) -> Value {
        let products = config.slices * config.lanes * config.flit;
        let (mut cells, mut names) = (Map::new(), Map::new());
        let multiplier = |bits: std::ops::Range<usize>| {
            let outputs = bits
                .enumerate()
                .map(|(i, bit)| (format!("P{i}"), json!([bit])));
            let outputs: Map<String, Value> = outputs.collect();
            json!({"type": "MULT18X18D", "attributes": {}, "connections": outputs})
        };
        for product in 0..products {
            let bits = product * 16..(product + 1) * 16;
            cells.insert(format!("p{product}"), multiplier(bits));
        }
        let all: Vec<usize> = (0..products * 16).collect();
        names.insert(
            "top.contract.multipliers_products".to_string(),
            json!({"bits": all}),
        );
        let memory = || json!({"type": "DP16KD", "attributes": {}, "connections": {}});
        for slice in 0..config.slices {
            for value in 0..4 {
                let bit = products * 16 + slice * 4 + value;
                cells.insert(format!("r{slice}_{value}"), multiplier(bit..bit + 1));
                let name = format!("top.commit.requant.slice[{slice}].one[{value}].low_1");
                names.insert(name, json!({"bits": [bit]}));
            }
            for part in 0..4 {
                for lane in 0..config.lanes {
                    let name = format!("trf.slice[{slice}].lane[{lane}].rows.0.{part}");
                    cells.insert(name, memory());
                }
                for bank in 0..4 {
                    for parity in ["even", "odd"] {
                        let name = format!("dm.slice[{slice}].bank[{bank}].{parity}.0.{part}");
                        cells.insert(name, memory());
                    }
                }
            }
        }
        cells.insert("counters.sums.0.0".to_string(), memory());
        let top = json!({"attributes": {"top": "1"}, "cells": cells, "netnames": names});
        json!({"modules": {"other": {"attributes": {}}, "top": top}})
    }

    fn site<'a>(netlist: &'a Value, cell: &str) -> Option<&'a str> {
        netlist["modules"]["top"]["cells"][cell]["attributes"]["BEL"].as_str()
    }

    /// Each multiplier and each memory of DM and TRF has a site of its own; products that are added first are neighbours;
    /// slices stand side by side; words of DM stand together, a lane's TRF beside its multipliers.
    #[test]
    fn lanes_stand_together() {
        let config = Config::preset("ecp5-85k").unwrap();
        let mut netlist = netlist(&config);
        assert_eq!(plan(&mut netlist, "LFE5U-85F", &config), Ok(136 + 96));
        assert_eq!(site(&netlist, "p0"), Some("X4/Y10/MULT18_0"));
        assert_eq!(site(&netlist, "p8"), Some("X5/Y10/MULT18_1"));
        assert_eq!(site(&netlist, "p4"), Some("X8/Y10/MULT18_4"));
        // The other slice is the mirror image.
        assert_eq!(site(&netlist, "p64"), Some("X119/Y10/MULT18_5"));
        assert_eq!(site(&netlist, "p72"), Some("X118/Y10/MULT18_4"));
        // The way goes on in the next row where it left the one before: the eleventh of lane 1.
        assert_eq!(site(&netlist, "p21"), Some("X59/Y34/MULT18_1"));
        assert_eq!(site(&netlist, "r0_0"), Some("X31/Y58/MULT18_0"));
        let dm = |memory: &str| site(&netlist, &format!("dm.slice[0].bank[{memory}"));
        assert_eq!(dm("0].even.0.0"), Some("X15/Y70/EBR1"));
        assert_eq!(dm("0].even.0.1"), Some("X15/Y82/EBR1"));
        assert_eq!(dm("0].odd.0.0"), Some("X17/Y70/EBR2"));
        assert_eq!(dm("1].even.0.0"), Some("X19/Y70/EBR3"));
        assert_eq!(dm("3].odd.0.3"), Some("X49/Y82/EBR0"));
        let trf = |memory: &str| site(&netlist, &format!("trf.slice[{memory}"));
        assert_eq!(trf("0].lane[0].rows.0.0"), Some("X17/Y22/EBR2"));
        assert_eq!(trf("0].lane[3].rows.0.0"), Some("X10/Y46/EBR3"));
        assert_eq!(site(&netlist, "counters.sums.0.0"), None);
        let cells = netlist["modules"]["top"]["cells"].as_object().unwrap();
        let mut sites: Vec<&str> = cells
            .keys()
            .filter_map(|name| site(&netlist, name))
            .collect();
        sites.sort_unstable();
        sites.dedup();
        assert_eq!(sites.len(), 136 + 96);
    }

    /// A part that is not known, or is too small, has no plan.
    #[test]
    fn no_plan() {
        let config = Config::preset("ecp5-85k").unwrap();
        let before = netlist(&config);
        let mut netlist = before.clone();
        assert_eq!(plan(&mut netlist, "GW2AR-18", &config), Ok(0));
        for more in 0..24 {
            let cell = netlist["modules"]["top"]["cells"]["r0_0"].clone();
            netlist["modules"]["top"]["cells"][format!("more{more}")] = cell;
        }
        let before = netlist.clone();
        assert_eq!(plan(&mut netlist, "LFE5U-85F", &config), Ok(0));
        assert_eq!(netlist, before);
    }

    /// What has another name is not planned in silence.
    #[test]
    fn other_names() {
        let config = Config::preset("ecp5-85k").unwrap();
        let before = netlist(&config);
        for (old, new, missing) in [
            ("multipliers_products", "products", "multiplier p0"),
            ("dm.slice[1]", "dm.half[1]", "DM of slice 1"),
            (
                "slice[0].lane[2]",
                "slice[0].l[2]",
                "TRF of slice 0, lane 2",
            ),
        ] {
            let text = before.to_string().replace(old, new);
            let mut netlist: Value = serde_json::from_str(&text).unwrap();
            let error = plan(&mut netlist, "LFE5U-85F", &config).unwrap_err();
            assert_eq!(error, missing);
        }
    }
}
