//! A design after synthesis, for simulation: the vendor's cells, and what each of them does.
//!
//! ```text
//! modules ──yosys──> netlist ──absorb, fill──> netlist ──print──> Verilog ─┐
//!                                 the cells of Yosys' library, and our own ┴──> modules
//! ```
//!
//! It is the netlist that goes on to place and route. Yosys' library says what most cells do; of the ECP5's
//! multipliers and block RAMs it knows the ports only, so these are described here (`ecp5.v`).

mod print;

use std::fs;
use std::path::Path;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::absorb::Absorbed;
use crate::area::{fit, mapped, Family, DESIGN};
use crate::design::Module;
use crate::tools::{once, ToolError, Yosys};

/// The ECP5's cells of which Yosys knows the ports only.
const ECP5: &str = include_str!("ecp5.v");

/// A design of cells.
#[derive(Clone, Debug)]
pub struct Gates {
    /// The netlist, as a module like the design's top, and the cells.
    pub modules: Vec<Module>,
    /// Cells of the netlist.
    pub cells: usize,
    /// Registers that moved into them.
    pub absorbed: Absorbed,
}

/// The cells of a family that has models of them.
fn cells(family: Family) -> Result<Module, ToolError> {
    let share = Yosys::share()?;
    let text = match family {
        Family::Ecp5 => [
            // The library's other names for the same cells are not needed.
            "`define NO_INCLUDES\n",
            &read(&share.join("ecp5/common_sim.vh"))?,
            &read(&share.join("ecp5/ccu2c_sim.vh"))?,
            ECP5,
        ]
        .concat(),
        Family::Ice40 => read(&share.join("ice40/cells_sim.v"))?,
        _ => return Err(ToolError::NoCells(family.name())),
    };
    Ok(Module {
        name: format!("{}_cells", family.name()),
        text,
        ports: Vec::new(),
    })
}

/// The cells of the ECP5 that are described here, to be checked alone.
pub fn ecp5_cells() -> Module {
    Module {
        name: "ecp5_cells".to_string(),
        text: ECP5.to_string(),
        ports: Vec::new(),
    }
}

/// Synthesises a design for an ECP5 or an iCE40. The first use takes seconds to minutes; what Yosys makes of the
/// design is cached.
///
/// # Errors
/// Another family, a tool that is not there, or what it says is wrong.
pub fn gates(modules: &[Module], family: Family) -> Result<Gates, ToolError> {
    let cells = cells(family)?;
    let top = modules.first().ok_or_else(|| answer("no module"))?;
    let mut hash = Sha256::new();
    let texts = modules.iter().map(|module| module.text.as_str());
    for part in texts.chain([family.command(modules), Yosys::VERSION]) {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    let name = format!("netlists/{:x}", hash.finalize());
    let folder = once(&name, |folder| mapped(modules, family, folder).map(|_| ()))?;
    let text = read(&folder.join(DESIGN))?;
    let mut netlist: Value =
        serde_json::from_str(&text).map_err(|error| answer(&error.to_string()))?;
    let absorbed = match family {
        Family::Ecp5 => fit(&mut netlist).0,
        _ => Absorbed::default(),
    };
    let (text, count) = print::verilog(&netlist["modules"][&top.name], &top.name)
        .ok_or_else(|| answer("no netlist"))?;
    let netlist = Module {
        text,
        ..top.clone()
    };
    Ok(Gates {
        modules: vec![netlist, cells],
        cells: count,
        absorbed,
    })
}

fn read(path: &Path) -> Result<String, ToolError> {
    fs::read_to_string(path).map_err(|error| ToolError::File {
        path: path.to_path_buf(),
        error,
    })
}

fn answer(what: &str) -> ToolError {
    ToolError::Answer {
        command: "yosys write_json".to_string(),
        what: what.to_string(),
    }
}
