//! The description of a build's Verilog for FuseSoC.

use tcpu_isa::Config;

use crate::design::Module;

/// The text of a `.core` file that lies beside the modules' files.
pub fn core(config: &Config, modules: &[Module]) -> String {
    let top = modules.first().map_or("", |top| &top.name);
    let files = modules
        .iter()
        .map(|module| format!("      - {}.v\n", module.name));
    // FuseSoC takes a hyphen in a name for the beginning of a version.
    let name = config.name.replace('-', "_");
    format!(
        "\
CAPI=2:
name: ::{top}_{name}:{version}
description: tcpu, an open Tensor Contraction Processor; preset {preset}

filesets:
  rtl:
    files:
{files}    file_type: verilogSource-2005

targets:
  default:
    filesets: [rtl]
    toplevel: {top}
  lint:
    filesets: [rtl]
    toplevel: {top}
    flow: lint
    flow_options:
      tool: verilator
      verilator_options: [-Wall]
",
        version = env!("CARGO_PKG_VERSION"),
        preset = config.name,
        files = files.collect::<String>(),
    )
}
