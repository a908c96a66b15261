//! The builds that have hardware: each [`Config`]'s sizes and the matching type, tied together once.

use tcpu_isa::Config;

use crate::processor::Processor;

/// Something to do with the machine of a build, whatever its type.
pub trait WithProcessor {
    type Output;

    /// Does it.
    fn run<const S: usize, const L: usize, const F: usize, const V: usize, const A: usize>(
        self,
        processor: Box<Processor<S, L, F, V, A>>,
    ) -> Self::Output;
}

/// Makes the machine of a build and hands it on; `None` if these sizes have no hardware.
pub fn with_processor<W: WithProcessor>(config: &Config, then: W) -> Option<W::Output> {
    macro_rules! build {
        ($($s:literal, $l:literal, $f:literal, $int4:literal;)*) => {
            match (config.slices, config.lanes, config.flit, config.int4) {
                $(($s, $l, $f, $int4) => {
                    then.run(Box::new(Processor::<$s, $l, $f, { $f / 4 }, { $l * $int4 }>::new(config)))
                })*
                _ => return None,
            }
        };
    }
    Some(build! {
        2, 2, 4, 2;
        1, 2, 8, 1;
        1, 4, 8, 1;
        2, 4, 16, 1;
        4, 4, 16, 1;
        4, 4, 16, 2;
    })
}
