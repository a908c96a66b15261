//! The Verilog of a build.

use tcpu_hdl::preset::{with_processor, WithProcessor};
use tcpu_hdl::processor::Processor;
use tcpu_isa::Config;
use thiserror::Error;

use crate::design::{modules, Module};
use crate::error::EmitError;

/// Name of the top module, and the beginning of all others' names.
pub const TOP: &str = "tcpu";

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
    struct Emit;
    impl WithProcessor for Emit {
        type Output = Result<Vec<Module>, EmitError>;

        fn run<const S: usize, const L: usize, const F: usize, const V: usize, const A: usize>(
            self,
            processor: Box<Processor<S, L, F, V, A>>,
        ) -> Self::Output {
            modules(processor.as_ref(), TOP)
        }
    }
    let modules = with_processor(config, Emit);
    let mut modules = modules.ok_or_else(|| BuildError::NoHardware(config.name.clone()))??;
    for module in &mut modules {
        module.text = format!("{}{}", header(config), module.text);
    }
    Ok(modules)
}

/// What stands above every module.
fn header(config: &Config) -> String {
    let sizes = config.sizes().map(|(name, size)| format!("{name} {size}"));
    format!(
        "// Made by: tcpu verilog --preset {}\n// tcpu {}; {}\n\n",
        config.name,
        env!("CARGO_PKG_VERSION"),
        sizes.join(", ")
    )
}
