//! How a box of a tensor lies in DM, and the rows that DMA moves for it.
//!
//! A *box* is a range of indices on each axis. Its elements are copied into DM so that the DM address is
//! again linear in the indices: axes that make one contiguous (or overlapping) run outside stay as they
//! are, all others get dense strides. Axes that walk the same dimension (`h + r` of a convolution) share
//! one level, so that an element is loaded once however many index pairs name it.
//!
//! A box can be filled piece by piece, along its outermost dimension: the bytes of the run, or the indices of
//! the last level. These are its *units*.

/// Where the elements of a box are in DM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// DM byte stride of each axis (0 where the tensor does not see it).
    pub dm: Vec<i64>,
    /// Bytes from the first to behind the last element.
    pub bytes: usize,
    element: usize,
    /// Axes of the run, with their strides.
    run: Vec<(usize, i64)>,
    levels: Vec<Level>,
}

/// Axes that walk one dimension outside the run.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Level {
    ext: i64,
    dm: i64,
    /// (axis, steps of the level per step of the axis)
    axes: Vec<(usize, i64)>,
}

/// DMA rows: `bytes` bytes each, in nested loops `(count, ext stride, dm stride)`, innermost first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows {
    pub bytes: usize,
    pub loops: Vec<(usize, i64, i64)>,
}

impl Layout {
    /// Layout of a box of `lens` of a tensor with byte strides `ext`. Gaps of up to `gap` bytes inside
    /// the run are copied along (for loads: what is between two elements is inside the tensor).
    pub fn new(ext: &[i64], lens: &[usize], element: usize, gap: usize) -> Layout {
        let mut order: Vec<usize> = (0..ext.len())
            .filter(|&a| ext[a] != 0 && lens[a] > 1)
            .collect();
        order.sort_by_key(|&a| ext[a]);
        let mut layout = Layout {
            dm: vec![0; ext.len()],
            bytes: element,
            element,
            run: Vec::new(),
            levels: Vec::new(),
        };
        let mut level_count = 0;
        let mut below = 0;
        for axis in order {
            let (stride, last) = (ext[axis], lens[axis] as i64 - 1);
            if layout.levels.is_empty() && stride <= layout.bytes.max(gap) as i64 {
                layout.run.push((axis, stride));
                layout.dm[axis] = stride;
                layout.bytes += (stride * last) as usize;
                continue;
            }
            match layout.levels.last_mut() {
                Some(level) if stride % level.ext == 0 && stride / level.ext <= level_count => {
                    let steps = stride / level.ext;
                    level.axes.push((axis, steps));
                    layout.dm[axis] = steps * level.dm;
                    level_count += steps * last;
                    layout.bytes = (below + level.dm * (level_count - 1)) as usize;
                }
                _ => {
                    let dm = layout.bytes as i64;
                    layout.levels.push(Level {
                        ext: stride,
                        dm,
                        axes: vec![(axis, 1)],
                    });
                    layout.dm[axis] = dm;
                    level_count = last + 1;
                    below = dm;
                    layout.bytes = (dm * (last + 1)) as usize;
                }
            }
        }
        layout
    }

    /// The box is one contiguous run.
    pub fn is_run(&self) -> bool {
        self.levels.is_empty()
    }

    /// Units of the part `lens` of the box that begins at index `start`, and all before it.
    pub fn units(&self, start: &[usize], lens: &[usize]) -> usize {
        let last = |a: usize| (start[a] + lens[a] - 1) as i64;
        let units = match self.levels.last() {
            Some(level) => 1 + level.axes.iter().map(|&(a, m)| m * last(a)).sum::<i64>(),
            None => {
                let run = self.run.iter().map(|&(a, stride)| stride * last(a));
                self.element as i64 + run.sum::<i64>()
            }
        };
        units as usize
    }

    /// The least number of units from `units` on that end where a row of DM ends.
    pub fn round_up(&self, units: usize, flit: usize) -> usize {
        let step = self.levels.last().map_or(1, |level| level.dm as usize);
        // Flits are powers of two.
        units.next_multiple_of(flit / flit.min(1 << step.trailing_zeros()))
    }

    /// Rows that move the units `from..to` of the part `lens` of the box, and the external and DM bytes at which
    /// they begin.
    pub fn slab(&self, lens: &[usize], from: usize, to: usize) -> (i64, i64, Rows) {
        match self.levels.last() {
            None => {
                let rows = Rows {
                    bytes: to - from,
                    loops: Vec::new(),
                };
                (from as i64, from as i64, rows)
            }
            Some(level) => {
                let below = Layout {
                    levels: self.levels[..self.levels.len() - 1].to_vec(),
                    ..self.clone()
                };
                let mut rows = below.rows(lens, false);
                push(&mut rows.loops, (to - from, level.ext, level.dm));
                (level.ext * from as i64, level.dm * from as i64, rows)
            }
        }
    }

    /// Rows that move the part `lens` of the box (from its first corner on). Only the elements
    /// themselves and what lies between them inside a run are touched; with `exact` not even that.
    pub fn rows(&self, lens: &[usize], exact: bool) -> Rows {
        let mut bytes = self.element;
        let mut loops: Vec<(usize, i64, i64)> = Vec::new();
        for &(axis, stride) in &self.run {
            if exact && (stride != bytes as i64 || !loops.is_empty()) {
                push(&mut loops, (lens[axis], stride, stride));
            } else {
                bytes += stride as usize * (lens[axis] - 1);
            }
        }
        for level in &self.levels {
            let count = 1 + level
                .axes
                .iter()
                .map(|&(a, m)| m * (lens[a] as i64 - 1))
                .sum::<i64>();
            push(&mut loops, (count as usize, level.ext, level.dm));
        }
        Rows { bytes, loops }
    }
}

/// Adds an outer loop, joined with the one below where the two are one.
fn push(loops: &mut Vec<(usize, i64, i64)>, (count, ext, dm): (usize, i64, i64)) {
    if count == 1 {
        return;
    }
    if let Some(below) = loops.last_mut() {
        let n = below.0 as i64;
        if ext == below.1 * n && dm == below.2 * n && below.0 * count <= u16::MAX as usize {
            below.0 *= count;
            return;
        }
    }
    loops.push((count, ext, dm));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A whole C-order matrix is one run; a block of its columns is a row per line.
    #[test]
    fn matrices() {
        let whole = Layout::new(&[17, 1], &[17, 17], 1, 1);
        assert_eq!(
            whole.rows(&[17, 17], false),
            Rows {
                bytes: 289,
                loops: vec![]
            }
        );
        let block = Layout::new(&[100, 1], &[7, 16], 1, 16);
        assert_eq!(block.dm, [16, 1]);
        assert_eq!(
            block.rows(&[7, 16], true),
            Rows {
                bytes: 16,
                loops: vec![(7, 100, 16)]
            }
        );
        assert_eq!(block.bytes, 7 * 16);
    }

    /// `(h + r) (w + s)` over an image with 10 columns: rows are loaded once.
    #[test]
    fn windows_overlap() {
        let layout = Layout::new(&[10, 1, 10, 1], &[4, 8, 3, 3], 1, 1);
        assert_eq!(layout.bytes, 60);
        let part = Layout::new(&[10, 1, 10, 1], &[4, 4, 3, 3], 1, 1);
        assert_eq!(part.dm, [6, 1, 6, 1]);
        assert_eq!(
            part.rows(&[4, 4, 3, 3], false),
            Rows {
                bytes: 6,
                loops: vec![(6, 10, 6)]
            }
        );
    }

    /// An exact store of part of a contiguous box touches nothing between its elements.
    #[test]
    fn exact_rows() {
        let layout = Layout::new(&[32, 4], &[3, 8], 4, 4);
        assert_eq!(layout.bytes, 96);
        assert_eq!(
            layout.rows(&[3, 8], true),
            Rows {
                bytes: 96,
                loops: vec![]
            }
        );
        assert_eq!(
            layout.rows(&[3, 5], true),
            Rows {
                bytes: 20,
                loops: vec![(3, 32, 32)]
            }
        );
    }

    /// Pieces of a run end where rows of DM do, pieces of a box in lines where a line and a row do.
    #[test]
    fn pieces() {
        let run = Layout::new(&[17, 1], &[17, 17], 1, 1);
        let units = run.units(&[2, 0], &[3, 17]);
        assert_eq!((units, run.round_up(units, 16)), (85, 96));
        let rows = Rows {
            bytes: 16,
            loops: vec![],
        };
        assert_eq!(run.slab(&[17, 17], 80, 96), (80, 80, rows));
        let lines = Layout::new(&[100, 1], &[24, 24], 1, 16);
        let units = lines.units(&[0, 0], &[3, 8]);
        assert_eq!((units, lines.round_up(units, 16)), (3, 4));
        let rows = Rows {
            bytes: 24,
            loops: vec![(2, 100, 24)],
        };
        assert_eq!(lines.slab(&[24, 24], 2, 4), (200, 48, rows));
        // Rows of an image, with those that windows reach into.
        let windows = Layout::new(&[10, 1, 10, 1], &[4, 4, 3, 3], 1, 1);
        assert_eq!(windows.units(&[1, 0, 0, 0], &[2, 4, 3, 3]), 5);
    }
}
