//! The proofs: which property of which block, and how.

use rust_hdl::prelude::Block;
use tcpu_isa::{Config, ConfigError};

/// How a property is proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// For all times, by induction over so many cycles.
    Induction(usize),
    /// For so many cycles after power-up.
    Bounded(usize),
}

/// A property and the block that has it.
#[derive(Clone, Copy, Debug)]
pub struct Proof {
    pub name: &'static str,
    /// What is proven, in a line.
    pub claim: &'static str,
    pub method: Method,
    /// In how many cycles all covers are reached.
    pub covers: usize,
    /// It takes a second or two: part of the crate's tests.
    pub quick: bool,
    pub(crate) property: &'static str,
    pub(crate) block: fn(&Config) -> Box<dyn Block>,
    /// Parts of the block, by their instances' names from the top on, that are cut out: what comes from them may be
    /// anything.
    pub(crate) cut: &'static [&'static str],
    /// A fault that the property must find: text of the block's Verilog, and what stands there instead.
    pub(crate) fault: (&'static str, &'static str),
    /// Numbers of this block, for its property; those of the build are there anyway.
    pub(crate) numbers: &'static [(&'static str, usize)],
}

/// A property's text, of one or several files.
macro_rules! property {
    ($($name:literal),*) => {
        concat!($(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/properties/", $name, ".v"))),*)
    };
}

mod edges;
mod parts;
mod units;

/// What holds of every queue, every queue in parts, and every skid buffer inside a block.
pub(crate) const QUEUE: &str = property!("queue");
pub(crate) const QUEUE_PARTS: &str = property!("queue_parts");
pub(crate) const BUFFER: &str = property!("buffer");

/// All proofs, in the order of the book.
pub fn proofs() -> impl Iterator<Item = &'static Proof> {
    [parts::PARTS, units::UNITS, edges::EDGES]
        .into_iter()
        .flatten()
}

impl Proof {
    /// The build whose blocks are proven.
    ///
    /// # Errors
    /// None, as long as there is this build.
    pub fn config() -> Result<Config, ConfigError> {
        Config::preset("tiny")
    }
}
