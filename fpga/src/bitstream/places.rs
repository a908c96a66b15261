//! Where nextpnr has put the cells.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::timing::plain;

/// A cell's tile, and the part of the design to which it belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub x: u32,
    pub y: u32,
    /// An engine of the processor, or `link`, `memory`, `pins`.
    pub part: String,
}

/// nextpnr's netlist, as far as it matters here.
#[derive(Deserialize)]
struct Netlist {
    modules: BTreeMap<String, Cells>,
}

#[derive(Deserialize)]
struct Cells {
    cells: BTreeMap<String, Cell>,
}

#[derive(Deserialize)]
struct Cell {
    attributes: Attributes,
}

#[derive(Deserialize)]
struct Attributes {
    #[serde(rename = "NEXTPNR_BEL")]
    bel: Option<String>,
}

/// The places of all placed cells in a netlist that nextpnr wrote.
///
/// # Errors
/// A text that is no such netlist.
pub fn read(text: &str) -> Result<Vec<Place>, serde_json::Error> {
    let netlist: Netlist = serde_json::from_str(text)?;
    let cells = netlist
        .modules
        .into_values()
        .flat_map(|module| module.cells);
    let place = |(name, cell): (String, Cell)| {
        let bel = cell.attributes.bel?;
        let (x, y) = tile(&bel)?;
        let part = part(&name);
        Some(Place { x, y, part })
    };
    Ok(cells.filter_map(place).collect())
}

/// The tile in a place's name: `X12/Y3/..`, or `X12Y3/..`.
fn tile(bel: &str) -> Option<(u32, u32)> {
    let (x, rest) = bel.strip_prefix('X')?.split_once('Y')?;
    let (y, _) = rest.split_once('/')?;
    Some((x.trim_end_matches('/').parse().ok()?, y.parse().ok()?))
}

/// The part of the design to which a cell belongs.
fn part(cell: &str) -> String {
    let name = plain(cell);
    let mut levels = name.split(['.', '[']);
    match (levels.next(), levels.next()) {
        (Some("processor"), Some(engine)) => engine.to_string(),
        (Some("memory"), Some(_)) => "memory".to_string(),
        (Some(_), Some(_)) => "link".to_string(),
        _ => "pins".to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cells with a place, each in its part of the design.
    #[test]
    fn reads_places() {
        let cell = |name: &str, bel: &str| {
            format!(
                r#""{name}": {{"type": "T", "attributes": {{"NEXTPNR_BEL": "{bel}", "A": 1}}}}"#
            )
        };
        let cells = [
            cell(
                "top.system.processor.fetch.at_LUT4_Z",
                "X12/Y3/SLICEA.COMB0",
            ),
            cell("top.system.server.left_TRELLIS_FF_Q", "X1/Y2/SLICEA.FF0"),
            cell("top.memory.ram.rows.0.0", "X0/Y9/EBR"),
            cell("pll", "X4Y5/PLL"),
            r#""loose": {"attributes": {}}"#.to_string(),
        ];
        let text = format!(
            r#"{{"creator": "x", "modules": {{"top": {{"ports": {{}}, "cells": {{{}}}}}}}}}"#,
            cells.join(",")
        );
        let place = |x, y, part: &str| Place {
            x,
            y,
            part: part.to_string(),
        };
        let mut found = read(&text).unwrap();
        found.sort_by_key(|place| place.y);
        let expected = [
            place(1, 2, "link"),
            place(12, 3, "fetch"),
            place(4, 5, "pins"),
            place(0, 9, "memory"),
        ];
        assert_eq!(found, expected);
        assert!(read("{}").is_err());
    }
}
