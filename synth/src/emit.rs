//! The Verilog of a build.

use rust_hdl::prelude::Block;
use tcpu_hdl::bus::AxiTop;
use tcpu_hdl::preset::{with_axi_top, with_processor, WithAxiTop, WithProcessor};
use tcpu_hdl::processor::Processor;
use tcpu_isa::Config;
use thiserror::Error;

use crate::design::{modules, Module};
use crate::error::EmitError;

/// Name of the top module, and the beginning of all others' names.
pub const TOP: &str = "tcpu";

/// What a build stands on in a system on a chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bus {
    /// Registers behind AXI4-Lite, memory behind AXI4.
    Axi,
}

impl Bus {
    /// Its name, on the command line and in the top's name.
    pub fn name(self) -> &'static str {
        match self {
            Bus::Axi => "axi",
        }
    }

    /// Name of the top module.
    pub fn top(self) -> String {
        format!("{TOP}_{}", self.name())
    }
}

/// Why a build has no Verilog.
#[derive(Debug, Error)]
pub enum BuildError {
    #[error("preset {0} has no hardware")]
    NoHardware(String),
    #[error(transparent)]
    Emit(#[from] EmitError),
}

/// The modules of a build, the top first.
///
/// # Errors
/// A build without hardware, or a construct of it that cannot be translated.
pub fn emit(config: &Config) -> Result<Vec<Module>, BuildError> {
    let modules = with_processor(config, Emit(TOP));
    headed(modules, config, "")
}

/// The modules of a build for a bus, the top first.
///
/// # Errors
/// As for [`emit`].
pub fn emit_for(config: &Config, bus: Bus) -> Result<Vec<Module>, BuildError> {
    let modules = match bus {
        Bus::Axi => with_axi_top(config, Emit(&bus.top())),
    };
    headed(modules, config, &format!(" --bus {}", bus.name()))
}

/// Translates a top, with this name.
struct Emit<'a>(&'a str);

impl Emit<'_> {
    fn modules(&self, top: &dyn Block) -> Result<Vec<Module>, EmitError> {
        modules(top, self.0)
    }
}

impl WithProcessor for Emit<'_> {
    type Output = Result<Vec<Module>, EmitError>;

    fn run<const S: usize, const L: usize, const F: usize, const V: usize, const A: usize>(
        self,
        processor: Box<Processor<S, L, F, V, A>>,
    ) -> Self::Output {
        self.modules(processor.as_ref())
    }
}

impl WithAxiTop for Emit<'_> {
    type Output = Result<Vec<Module>, EmitError>;

    fn run<const S: usize, const L: usize, const F: usize, const V: usize, const A: usize>(
        self,
        top: Box<AxiTop<S, L, F, V, A>>,
    ) -> Self::Output {
        self.modules(top.as_ref())
    }
}

/// The modules with a header, which says how to make them again.
fn headed(
    modules: Option<Result<Vec<Module>, EmitError>>,
    config: &Config,
    more: &str,
) -> Result<Vec<Module>, BuildError> {
    let mut modules = modules.ok_or_else(|| BuildError::NoHardware(config.name.clone()))??;
    let sizes = config.sizes().map(|(name, size)| format!("{name} {size}"));
    let header = format!(
        "// Made by: tcpu verilog --preset {}{more}\n// tcpu {}; {}\n\n",
        config.name,
        env!("CARGO_PKG_VERSION"),
        sizes.join(", ")
    );
    for module in &mut modules {
        module.text = format!("{header}{}", module.text);
    }
    Ok(modules)
}
