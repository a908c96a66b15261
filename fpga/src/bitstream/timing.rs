//! nextpnr's report, read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What nextpnr reports.
#[derive(Debug, Deserialize)]
pub struct Placed {
    pub critical_paths: Vec<Path>,
    pub fmax: BTreeMap<String, Fmax>,
    pub utilization: BTreeMap<String, Use>,
}

/// A clock.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Fmax {
    /// In MHz.
    pub achieved: f64,
}

/// Cells of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Use {
    pub used: u64,
    pub available: u64,
}

/// A path from one event to another.
#[derive(Debug, Deserialize)]
pub struct Path {
    pub from: String,
    pub to: String,
    pub path: Vec<Segment>,
}

/// A step of a path.
#[derive(Debug, Deserialize)]
pub struct Segment {
    /// In ns.
    pub delay: f64,
    pub from: End,
    pub to: End,
    #[serde(rename = "type")]
    pub kind: String,
    pub net: Option<String>,
}

/// Where a step begins or ends.
#[derive(Debug, Deserialize)]
pub struct End {
    pub cell: String,
}

/// The slowest path of the design, in the design's names.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Critical {
    /// Registers (or pins) at its ends.
    pub from: String,
    pub to: String,
    /// In ns: all of it, and how much of that is wires.
    pub ns: f64,
    pub wires_ns: f64,
    /// Signals on the way, each with the ns that have gone by when it has arrived.
    pub signals: Vec<(String, f64)>,
}

impl Placed {
    /// The slowest clock of the design: its name and MHz.
    pub fn slowest(&self) -> Option<(&str, f64)> {
        let clocks = self
            .fmax
            .iter()
            .map(|(name, f)| (name.as_str(), f.achieved));
        clocks.min_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// The slowest path of a clock.
    pub fn critical(&self, clock: &str) -> Option<Critical> {
        let edge = format!("posedge {clock}");
        let of = |path: &&Path| path.from == edge && path.to == edge;
        let path = &self.critical_paths.iter().find(of)?.path;
        let mut critical = Critical {
            from: plain(&path.first()?.from.cell),
            to: plain(&path.last()?.to.cell),
            ns: 0.0,
            wires_ns: 0.0,
            signals: Vec::new(),
        };
        for segment in path {
            critical.ns += segment.delay;
            if segment.kind == "routing" {
                critical.wires_ns += segment.delay;
            }
            // Nets with a dollar are the tools' own: a carry that leaves its chain, say.
            if let Some(net) = segment.net.as_ref().filter(|net| !net.starts_with('$')) {
                let signal = plain(net);
                // One signal may be many in a netlist: its carries, say.
                match critical.signals.last_mut() {
                    Some(last) if last.0 == signal => last.1 = critical.ns,
                    _ => critical.signals.push((signal, critical.ns)),
                }
            }
        }
        Some(critical)
    }
}

/// A name without what synthesis has hung on to it, and without the tops above the engines.
pub fn plain(name: &str) -> String {
    // Synthesis calls a cell by the signal that it makes, the kind of cell, its output, and so on.
    const CELLS: [&str; 13] = [
        "_LUT4_",
        "_TRELLIS_FF_",
        "_PFUMX_",
        "_L6MUX21_",
        "_CCU2C_",
        "_MULT18X18D_",
        "_DP16KD_",
        "_TRELLIS_DPR16X4_",
        "$DPRAM",
        "_SB_",
        "_DFF",
        "_LUT",
        "_ALU",
    ];
    let ends = CELLS.iter().filter_map(|cell| name.find(cell));
    let end = ends.min().unwrap_or(name.len());
    let name = name[..end].trim_start_matches("top.");
    name.trim_start_matches("system.").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = r#"{
        "critical_paths": [
            {"from": "async", "to": "posedge c", "path": []},
            {"from": "posedge c", "to": "posedge c", "path": [
                {"delay": 0.5, "type": "clk-to-q", "from": {"cell": "top.system.processor.fetch.at_TRELLIS_FF_Q_3", "loc": [1, 2], "port": "CLK"},
                 "to": {"cell": "top.system.processor.fetch.at_TRELLIS_FF_Q_3", "loc": [1, 2], "port": "Q"}},
                {"delay": 1.5, "type": "routing", "net": "top.system.processor.fetch.at[3]",
                 "from": {"cell": "x", "loc": [1, 2], "port": "Q"}, "to": {"cell": "y", "loc": [1, 2], "port": "A"}},
                {"delay": 1, "type": "routing", "net": "$nextpnr_CCU2C_3$CIN",
                 "from": {"cell": "y", "loc": [1, 2], "port": "Z"}, "to": {"cell": "y", "loc": [1, 2], "port": "A"}},
                {"delay": 0.25, "type": "setup", "from": {"cell": "y", "loc": [1, 2], "port": "A"},
                 "to": {"cell": "top.memory.left_TRELLIS_FF_Q", "loc": [1, 2], "port": "DI"}}
            ]}
        ],
        "detailed_net_timings": [],
        "fmax": {"c": {"achieved": 51.5, "constraint": 40.0}, "d": {"achieved": 300, "constraint": 40.0}},
        "utilization": {"DCCA": {"available": 56, "used": 2}}
    }"#;

    /// The slowest clock and its path, in the design's names.
    #[test]
    fn reads_a_report() {
        let placed: Placed = serde_json::from_str(REPORT).unwrap();
        assert_eq!(placed.slowest(), Some(("c", 51.5)));
        let critical = placed.critical("c").unwrap();
        assert_eq!(critical.from, "processor.fetch.at");
        assert_eq!(critical.to, "memory.left");
        assert_eq!((critical.ns, critical.wires_ns), (3.25, 2.5));
        assert_eq!(
            critical.signals,
            [("processor.fetch.at[3]".to_string(), 2.0)]
        );
        assert_eq!(placed.utilization["DCCA"].used, 2);
        assert!(placed.critical("d").is_none());
    }
}
