//! DMA: rows between external memory and DM.
//!
//! ```text
//! external memory [ext + a .. + bytes]  <──>  DM of slice (dm + b) / dm_bytes, or of all slices
//! ```

use tcpu_isa::{Dma, LoopLevel};

use crate::sequencer::steps;

/// A row left external memory or its slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outside {
    pub ext: i64,
    pub dm: i64,
}

/// A row's external start, slice and DM start.
fn row(
    dma: &Dma,
    (a, b): (i64, i64),
    ext_len: usize,
    slices: usize,
    dm_bytes: usize,
) -> Result<(usize, usize, usize), Outside> {
    let (ext, dm) = (i64::from(dma.ext) + a, i64::from(dma.dm) + b);
    let bytes = i64::from(dma.bytes);
    let offset = dm.rem_euclid(dm_bytes as i64);
    let inside = ext >= 0
        && ext + bytes <= ext_len as i64
        && dm >= 0
        && dm < (slices * dm_bytes) as i64
        && offset + bytes <= dm_bytes as i64;
    if !inside {
        return Err(Outside { ext, dm });
    }
    Ok((ext as usize, dm as usize / dm_bytes, offset as usize))
}

/// Moves rows into DM.
pub fn load(dma: &Dma, nest: &[LoopLevel], ext: &[u8], dm: &mut [Vec<u8>]) -> Result<(), Outside> {
    let (slices, dm_bytes) = (dm.len(), dm[0].len());
    for step in steps(nest) {
        let (from, slice, to) = row(dma, (step.a, step.b), ext.len(), slices, dm_bytes)?;
        let bytes = &ext[from..from + usize::from(dma.bytes)];
        for (s, memory) in dm.iter_mut().enumerate() {
            if dma.broadcast || s == slice {
                memory[to..to + bytes.len()].copy_from_slice(bytes);
            }
        }
    }
    Ok(())
}

/// Moves rows out of DM.
pub fn store(dma: &Dma, nest: &[LoopLevel], ext: &mut [u8], dm: &[Vec<u8>]) -> Result<(), Outside> {
    for step in steps(nest) {
        let (to, slice, from) = row(dma, (step.a, step.b), ext.len(), dm.len(), dm[0].len())?;
        let bytes = usize::from(dma.bytes);
        ext[to..to + bytes].copy_from_slice(&dm[slice][from..from + bytes]);
    }
    Ok(())
}
