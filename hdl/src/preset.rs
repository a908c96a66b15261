//! The builds that have hardware: each [`Config`]'s sizes and the matching type, tied together once.

use tcpu_isa::Config;

use crate::bus::AxiTop;
use crate::link::LinkConfig;
use crate::processor::Processor;
use crate::sdram::SdramConfig;
use crate::system::System;
use crate::top::{BlockTop, SdramTop};

/// Something to do with the machine of a build, whatever its type.
pub trait WithProcessor {
    type Output;

    /// Does it.
    fn run<const S: usize, const L: usize, const F: usize, const V: usize, const A: usize>(
        self,
        processor: Box<Processor<S, L, F, V, A>>,
    ) -> Self::Output;
}

/// Something to do with the system of a build: the machine with its host link.
pub trait WithSystem {
    type Output;

    /// Does it.
    fn run<const S: usize, const L: usize, const F: usize, const V: usize, const A: usize>(
        self,
        system: Box<System<S, L, F, V, A>>,
    ) -> Self::Output;
}

/// Something to do with a build's top for boards with block RAM.
pub trait WithBlockTop {
    type Output;

    /// Does it.
    fn run<const S: usize, const L: usize, const F: usize, const V: usize, const A: usize>(
        self,
        top: Box<BlockTop<S, L, F, V, A>>,
    ) -> Self::Output;
}

/// Something to do with a build's top for boards with an SDRAM.
pub trait WithSdramTop {
    type Output;

    /// Does it.
    fn run<const S: usize, const L: usize, const F: usize, const V: usize, const A: usize>(
        self,
        top: Box<SdramTop<S, L, F, V, A>>,
    ) -> Self::Output;
}

/// Something to do with a build's top for a bus.
pub trait WithAxiTop {
    type Output;

    /// Does it.
    fn run<const S: usize, const L: usize, const F: usize, const V: usize, const A: usize>(
        self,
        top: Box<AxiTop<S, L, F, V, A>>,
    ) -> Self::Output;
}

/// The table: a function of a build's sizes, or `None`.
macro_rules! build {
    ($config:ident, $then:ident, $top:ident, $($argument:expr),*) => {
        build! { @table $config, $then, $top, ($($argument),*),
            1, 1, 4, 1;
            2, 2, 4, 2;
            1, 2, 8, 1;
            1, 4, 8, 1;
            2, 4, 16, 1;
            2, 8, 16, 1;
            4, 4, 16, 1;
            4, 4, 16, 2;
        }
    };
    (@table $config:ident, $then:ident, $top:ident, $arguments:tt,
        $($s:literal, $l:literal, $f:literal, $int4:literal;)*) => {
        match ($config.slices, $config.lanes, $config.flit, $config.int4) {
            $(($s, $l, $f, $int4) => {
                Some($then.run(boxed(|| {
                    $top::<$s, $l, $f, { $f / 4 }, { $l * $int4 }>::new $arguments
                })))
            })*
            _ => None,
        }
    };
}

/// A block on the heap. It is made in a frame of its own: those of all builds together are larger than the
/// stack of a thread.
#[inline(never)]
fn boxed<T>(make: impl FnOnce() -> T) -> Box<T> {
    Box::new(make())
}

/// Makes the machine of a build and hands it on; `None` if these sizes have no hardware.
pub fn with_processor<W: WithProcessor>(config: &Config, then: W) -> Option<W::Output> {
    build!(config, then, Processor, config)
}

/// Makes the system of a build and hands it on; `None` if these sizes have no hardware.
pub fn with_system<W: WithSystem>(
    config: &Config,
    link: &LinkConfig,
    then: W,
) -> Option<W::Output> {
    build!(config, then, System, config, link)
}

/// Makes the top of a build for a board with block RAM and hands it on; `None` if these sizes have no hardware.
pub fn with_block_top<W: WithBlockTop>(
    config: &Config,
    link: &LinkConfig,
    then: W,
) -> Option<W::Output> {
    build!(config, then, BlockTop, config, link)
}

/// Makes the top of a build for a board with an SDRAM and hands it on; `None` if these sizes have no hardware.
pub fn with_sdram_top<W: WithSdramTop>(
    config: &Config,
    link: &LinkConfig,
    chip: &SdramConfig,
    then: W,
) -> Option<W::Output> {
    build!(config, then, SdramTop, config, link, chip)
}

/// Makes the top of a build for a bus and hands it on; `None` if these sizes have no hardware.
pub fn with_axi_top<W: WithAxiTop>(config: &Config, then: W) -> Option<W::Output> {
    build!(config, then, AxiTop, config)
}
