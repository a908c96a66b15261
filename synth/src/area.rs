//! What a design costs on an FPGA, by Yosys, module by module.

use std::collections::BTreeMap;
use std::fs;
use std::ops::{Add, Mul};
use std::path::Path;

use serde_json::Value;

use crate::absorb::{absorb, Absorbed};
use crate::address::repeat;
use crate::carry::fill;
use crate::design::{write, Module};
use crate::tools::{ToolError, Yosys};

/// A family of FPGAs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    Ecp5,
    Ice40,
    Gowin,
    Nexus,
    Gatemate,
}

/// How much of a design's cost is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// Everything.
    All,
    /// Multipliers and block RAMs, which are known before the logic is mapped: quick.
    Blocks,
}

/// Cells of the kinds that all families have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cells {
    /// Look-up tables: of logic, of carry chains, and those that are memory.
    pub lut: u64,
    pub ff: u64,
    /// Multipliers.
    pub dsp: u64,
    /// Block RAMs.
    pub bram: u64,
}

/// What a module costs, with all that is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Area {
    pub module: String,
    /// How many of them the module above has.
    pub count: u64,
    /// One of them.
    pub cells: Cells,
    pub inside: Vec<Area>,
}

impl Add for Cells {
    type Output = Cells;
    fn add(self, other: Cells) -> Cells {
        Cells {
            lut: self.lut + other.lut,
            ff: self.ff + other.ff,
            dsp: self.dsp + other.dsp,
            bram: self.bram + other.bram,
        }
    }
}

impl Mul<u64> for Cells {
    type Output = Cells;
    fn mul(self, n: u64) -> Cells {
        Cells {
            lut: self.lut * n,
            ff: self.ff * n,
            dsp: self.dsp * n,
            bram: self.bram * n,
        }
    }
}

/// What the vendors' cells are, by the beginning of their names; the first that fits counts.
const KINDS: &[(&str, Cells)] = &[
    // ECP5, Nexus. A distributed RAM takes four tables and the two of its write port.
    ("LUT4", lut(1)),
    ("CCU2", lut(2)),
    ("TRELLIS_DPR16X4", lut(6)),
    ("DPR16X4", lut(6)),
    ("TRELLIS_FF", FF),
    ("FD1P3", FF),
    ("MULT", DSP),
    ("DP16K", BRAM),
    ("PDPW16K", BRAM),
    ("PDP16K", BRAM),
    ("PDPSC16K", BRAM),
    // iCE40
    ("SB_LUT4", lut(1)),
    ("SB_DFF", FF),
    ("SB_MAC16", DSP),
    ("SB_RAM40", BRAM),
    ("SB_SPRAM", BRAM),
    // Gowin
    ("LUT", lut(1)),
    ("ALU", lut(1)),
    ("RAM16S", lut(4)),
    ("DFF", FF),
    ("SDPB", BRAM),
    ("SDPX9B", BRAM),
    ("DPB", BRAM),
    ("DPX9B", BRAM),
    // GateMate
    ("CC_LUT", lut(1)),
    ("CC_ADDF", lut(1)),
    ("CC_L2T", lut(1)),
    ("CC_DFF", FF),
    ("CC_MULT", DSP),
    ("CC_BRAM", BRAM),
];

const NONE: Cells = Cells {
    lut: 0,
    ff: 0,
    dsp: 0,
    bram: 0,
};
const FF: Cells = Cells { ff: 1, ..NONE };
const DSP: Cells = Cells { dsp: 1, ..NONE };
const BRAM: Cells = Cells { bram: 1, ..NONE };

const fn lut(lut: u64) -> Cells {
    Cells { lut, ..NONE }
}

impl Family {
    /// All families.
    pub const ALL: [Family; 5] = [
        Family::Ecp5,
        Family::Ice40,
        Family::Gowin,
        Family::Nexus,
        Family::Gatemate,
    ];

    /// The name as it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Family::Ecp5 => "ecp5",
            Family::Ice40 => "ice40",
            Family::Gowin => "gowin",
            Family::Nexus => "nexus",
            Family::Gatemate => "gatemate",
        }
    }

    /// Yosys' command for a design. Where no look-up tables are memories, those that should be become
    /// whatever there is: registers, where they are read without a clock. An iCE40's design that has its multiplier
    /// blocks itself gets no others: Yosys would make others of those, too. In Gowin's parts a register shares its place with
    /// nothing but the table before it, and its enable with the register beside it; a carry chain takes places in a row. So
    /// enables and adders are tables there: without, a part that is nearly full takes the placer several times as long.
    pub(crate) fn command(self, modules: &[Module]) -> &'static str {
        let own = || {
            modules
                .iter()
                .any(|module| module.text.contains("SB_MAC16"))
        };
        match self {
            Family::Ecp5 => "synth_lattice -family ecp5 -latches error",
            Family::Ice40 if own() => {
                "setattr -unset ram_style */m:* */a:ram_style=distributed %i; synth_ice40 -device u"
            }
            Family::Ice40 => {
                "setattr -unset ram_style */m:* */a:ram_style=distributed %i; synth_ice40 -device u -dsp"
            }
            Family::Gowin => "synth_gowin -nowidelut -noalu -nodffe",
            Family::Nexus => "synth_lattice -family lifcl -latches error",
            Family::Gatemate => "setattr -unset ram_style */m:*; synth_gatemate",
        }
    }
}

/// Reads a design; a module that has a family's cells in it has them under the family's macro.
fn read(folder: &Path, modules: &[Module], family: Option<Family>) -> Result<String, ToolError> {
    let files = write(modules, folder)?.join(" ");
    let define = match family {
        Some(Family::Ice40) => "-DICE40 ",
        _ => "",
    };
    Ok(format!("read_verilog -noautowire {define}{files}"))
}

/// Has Yosys take a design apart: no warning, no latch, no loop.
///
/// # Errors
/// A tool that is not there, or what it says is wrong.
pub fn elaborate(modules: &[Module]) -> Result<(), ToolError> {
    let yosys = Yosys::find()?;
    let folder = scratch()?;
    let script = read(folder.path(), modules, None)?;
    let top = modules.first().map_or("", |top| &top.name);
    let checks = "proc; select -assert-none t:$dlatch; flatten; check -assert";
    let script = format!("{script}; hierarchy -check -top {top}; {checks}");
    yosys.run(folder.path(), &script, true).map(|_| ())
}

fn scratch() -> Result<tempfile::TempDir, ToolError> {
    tempfile::tempdir().map_err(|error| ToolError::File {
        path: std::env::temp_dir(),
        error,
    })
}

/// Synthesises a design; its cells, module by module.
///
/// # Errors
/// A tool that is not there, or what it says is wrong.
pub fn area(modules: &[Module], family: Family, count: Count) -> Result<Area, ToolError> {
    let yosys = Yosys::find()?;
    let folder = scratch()?;
    let top = modules.first().map_or("", |top| &top.name);
    let script = format!(
        "{}; {} -noflatten -top {top}{}; {STAT}",
        read(folder.path(), modules, Some(family))?,
        family.command(modules),
        match count {
            Count::All => "",
            Count::Blocks => " -run :map_luts",
        }
    );
    yosys.run(folder.path(), &script, false)?;
    counted(folder.path(), top)
}

/// The file of a netlist, in its folder.
pub const DESIGN: &str = "design.json";

/// Synthesises a design into one netlist, `design.json` in a folder; its cells.
///
/// # Errors
/// A tool that is not there, or what it says is wrong.
pub fn netlist(modules: &[Module], family: Family, folder: &Path) -> Result<Cells, ToolError> {
    let cells = mapped(modules, family, folder)?;
    if family == Family::Ecp5 {
        let (_, moved) = edit(folder, fit)?;
        return Ok(Cells {
            lut: cells.lut - moved.min(cells.lut),
            ..cells
        });
    }
    Ok(cells)
}

/// A netlist as Yosys leaves it, [`DESIGN`] in a folder; its cells.
pub(crate) fn mapped(
    modules: &[Module],
    family: Family,
    folder: &Path,
) -> Result<Cells, ToolError> {
    let yosys = Yosys::find()?;
    let top = modules.first().map_or("", |top| &top.name);
    let script = format!(
        "{}; {} -top {top} -json {DESIGN}; {STAT}",
        read(folder, modules, Some(family))?,
        family.command(modules),
    );
    yosys.run(folder, &script, false)?;
    counted(folder, top).map(|area| area.cells)
}

/// Moves registers into the blocks of an ECP5's netlist, then tables into its carry chains; how many of each. Its LUT
/// RAMs' spare address bits become wires that are there.
pub(crate) fn fit(netlist: &mut Value) -> (Absorbed, u64) {
    let absorbed = absorb(netlist);
    repeat(netlist);
    (absorbed, fill(netlist) as u64)
}

/// Changes the netlist, [`DESIGN`] in a folder; what the change has to say.
///
/// # Errors
/// A file that cannot be read or written, or is no netlist.
pub fn edit<T>(folder: &Path, change: impl FnOnce(&mut Value) -> T) -> Result<T, ToolError> {
    let path = &folder.join(DESIGN);
    let file_error = |error| ToolError::File {
        path: path.to_path_buf(),
        error,
    };
    let text = fs::read_to_string(path).map_err(file_error)?;
    let mut netlist = serde_json::from_str(&text).map_err(|error| answer(&error.to_string()))?;
    let said = change(&mut netlist);
    fs::write(path, netlist.to_string()).map_err(file_error)?;
    Ok(said)
}

/// Has Yosys write down what there is.
const STAT: &str = "tee -q -o stat.json stat -json";

/// What [`STAT`] wrote into a folder.
fn counted(folder: &Path, top: &str) -> Result<Area, ToolError> {
    let path = folder.join("stat.json");
    let text = fs::read_to_string(&path).map_err(|error| ToolError::File { path, error })?;
    let stat: Value = serde_json::from_str(&text).map_err(|error| answer(&error.to_string()))?;
    let parsed = stat["modules"].as_object().map(|all| {
        let module = |(name, stat): (&String, &Value)| {
            let cells = stat["num_cells_by_type"].as_object().cloned();
            let cells = cells.unwrap_or_default().into_iter();
            let cells = cells.map(|(cell, n)| (plain(&cell), n.as_u64().unwrap_or(0)));
            (plain(name), cells.collect())
        };
        all.iter().map(module).collect()
    });
    let stats: Stats = parsed.ok_or_else(|| answer("no modules"))?;
    match stats.contains_key(top) {
        true => Ok(tree(&stats, top, 1)),
        false => Err(answer("no top module")),
    }
}

fn answer(what: &str) -> ToolError {
    ToolError::Answer {
        command: "yosys stat -json".to_string(),
        what: what.to_string(),
    }
}

/// Cells of each module by their names.
type Stats = BTreeMap<String, BTreeMap<String, u64>>;

/// A name without Yosys' escape.
fn plain(name: &str) -> String {
    name.trim_start_matches('\\').to_string()
}

fn tree(stats: &Stats, module: &str, count: u64) -> Area {
    let mut area = Area {
        module: module.to_string(),
        count,
        cells: NONE,
        inside: Vec::new(),
    };
    for (cell, n) in stats.get(module).into_iter().flatten() {
        if stats.contains_key(cell) {
            let inside = tree(stats, cell, *n);
            area.cells = area.cells + inside.cells * *n;
            area.inside.push(inside);
        } else if let Some((_, kind)) = KINDS.iter().find(|(name, _)| cell.starts_with(name)) {
            area.cells = area.cells + *kind * *n;
        }
    }
    area.inside
        .sort_by_key(|a| std::cmp::Reverse(a.cells.lut * a.count));
    area
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A module costs its own cells and those of everything inside, as often as it is there.
    #[test]
    fn sums() {
        let cells = |cells: &[(&str, u64)]| {
            let own = |(name, n): &(&str, u64)| (name.to_string(), *n);
            cells.iter().map(own).collect()
        };
        let stats = Stats::from([
            ("top".into(), cells(&[("LUT4", 1), ("a", 2), ("PFUMX", 7)])),
            ("a".into(), cells(&[("b", 3), ("TRELLIS_FF", 5)])),
            (
                "b".into(),
                cells(&[("MULT18X18D", 1), ("CCU2C", 1), ("DP16KD", 2)]),
            ),
        ]);
        let area = tree(&stats, "top", 1);
        let all = Cells {
            lut: 1 + 2 * 3 * 2,
            ff: 10,
            dsp: 6,
            bram: 12,
        };
        assert_eq!(area.cells, all);
        assert_eq!(area.inside[0].inside[0].count, 3);
    }
}
