//! The builds that have hardware: each [`Config`]'s sizes and the matching type, tied together once.

use tcpu_isa::Config;

use crate::processor::Processor;

/// Something to do with the machine of a build, whatever its type.
pub trait WithProcessor {
    type Output;

    /// Does it.
    fn run<const S: usize, const L: usize, const F: usize, const V: usize>(
        self,
        processor: Box<Processor<S, L, F, V>>,
    ) -> Self::Output;
}

/// Makes the machine of a build and hands it on; `None` if these sizes have no hardware.
pub fn with_processor<W: WithProcessor>(config: &Config, then: W) -> Option<W::Output> {
    macro_rules! build {
        ($($s:literal, $l:literal, $f:literal;)*) => {
            match (config.slices, config.lanes, config.flit) {
                $(($s, $l, $f) => {
                    then.run(Box::new(Processor::<$s, $l, $f, { $f / 4 }>::new(config)))
                })*
                _ => return None,
            }
        };
    }
    Some(build! {
        2, 2, 4;
        1, 2, 8;
        1, 4, 8;
        2, 4, 16;
        4, 4, 16;
    })
}
