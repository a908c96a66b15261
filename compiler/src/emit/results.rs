//! Results on their way out: from the lane folder to DM, and from DM to external memory.

use tcpu_isa::{Command, Commit, FoldOrder, Sync};

use super::operands::{inside, BoxKey};
use super::stream::{Piece, Walk};
use super::words::{address, dma, joined, levels, offset};
use super::{Emitter, Job, Reject, Span, OUTPUT};
use crate::region::{Layout, Rows};
use crate::schedule::Event;

/// A box of results in DM that jobs commit to. It is stored from its beginning on, as its results come.
pub(super) struct OpenBox {
    key: BoxKey,
    span: Span,
    base: usize,
    layout: Layout,
    /// The axis along which it is stored: the one that is outermost in DM.
    axis: Option<usize>,
    /// Results that each index of the axis has, and how many it will have.
    counts: Vec<usize>,
    full: usize,
    /// How much is stored: indices of the axis, or bytes if the box is one run.
    stored: usize,
}

/// Where a job's results go.
pub(super) struct Output {
    /// Number of the open box.
    pub number: usize,
    base: usize,
    pub layout: Layout,
    /// What must have been stored before.
    free: Vec<Event>,
    /// In how many parts a piece's results are committed, so that the first can be stored while others are.
    early: usize,
}

/// Some indices of one axis of a job's box.
#[derive(Clone, Copy)]
struct Range {
    axis: usize,
    first: usize,
    len: usize,
}

impl Emitter<'_> {
    /// Room for a job's results, if it has any.
    pub(super) fn output_box(&mut self, job: &Job, early: usize) -> Result<Output, Reject> {
        let problem = self.problem;
        let span = match job.last {
            true => self.box_of(job, OUTPUT),
            false => job.span.clone(),
        };
        let layout = Layout::new(&problem.output, &span.lens, problem.out.bytes(), 0);
        let mut output = Output {
            number: self.open.len(),
            base: 0,
            layout,
            free: Vec::new(),
            early,
        };
        if !job.last {
            return Ok(output);
        }
        let key = self.key(&span, OUTPUT);
        match self.open.iter().position(|open| open.key == key) {
            Some(number) => output.number = number,
            None => (output.free) = self.open_box(key, span, &output.layout)?,
        }
        let open = &self.open[output.number];
        let start = inside(&problem.output, &job.span, &open.span);
        output.base = open.base + offset(&output.layout.dm, &start) as usize;
        Ok(output)
    }

    /// Opens a box; returns what must be stored before it is written.
    fn open_box(&mut self, key: BoxKey, span: Span, layout: &Layout) -> Result<Vec<Event>, Reject> {
        let flit = self.config.flit;
        let room = self.output.allocate(key.clone(), layout.bytes, flit);
        let (base, free) = room.ok_or(Reject::Dm)?;
        let end = base + layout.bytes.next_multiple_of(flit);
        let taken = |open: &OpenBox| open.base < end && base < open.base + open.layout.bytes;
        if self.open.iter().any(taken) {
            return Err(Reject::Dm);
        }
        let sees = |a: &usize| self.problem.output[*a] != 0;
        let axes = (0..span.lens.len()).filter(|a| layout.dm[*a] != 0);
        let axis = axes.max_by_key(|a| layout.dm[*a]);
        let count = axis.map_or(1, |axis| span.lens[axis]);
        let volume = (0..span.lens.len()).filter(sees).map(|a| span.lens[a]);
        self.open.push(OpenBox {
            full: volume.product::<usize>() / count,
            counts: vec![0; count],
            key,
            span,
            base,
            layout: layout.clone(),
            axis,
            stored: 0,
        });
        Ok(free)
    }

    /// Commits a piece, and stores what there is of its box.
    pub(super) fn commit(
        &mut self,
        job: &Job,
        piece: &Piece,
        (order, group): (FoldOrder, usize),
        rows: &[Walk],
        out: &Output,
    ) -> Result<(), Reject> {
        let plan = self.plan;
        let dmo = |a: Option<usize>| a.map_or(0, |a| out.layout.dm[a]);
        let run = group as i64;
        let (cols, lanes) = (piece.cols, piece.lanes);
        let (by_col, by_lane) = (dmo(plan.packet), dmo(plan.lane));
        let mut nest = match order {
            FoldOrder::Sequential => vec![
                (None, cols.div_ceil(group), run * by_col),
                (plan.lane.map(|a| (a, 1)), lanes, by_lane),
            ],
            FoldOrder::Interleaved => vec![
                (None, lanes.div_ceil(group), run * by_lane),
                (plan.packet.map(|a| (a, 1)), cols, by_col),
            ],
        };
        let half = self.problem.half();
        nest.extend(half.map(|h| (Some((h, 1)), 2, out.layout.dm[h])));
        nest.extend(rows);
        nest.retain(|(_, count, _)| *count > 1);
        let by_lanes = plan
            .lane
            .map(|axis| (axis, piece.first_lane, piece.groups * lanes));
        let packet = plan.packet.filter(|&axis| !self.problem.axes[axis].reduced);
        let by_cols = packet.map(|axis| (axis, piece.first_col, piece.blocks * cols));
        let corner = by_lanes.into_iter().chain(by_cols);
        let corner: Vec<Range> = corner
            .map(|(axis, first, len)| Range { axis, first, len })
            .collect();
        let first = piece.first_lane as i64 * by_lane + piece.first_col as i64 * by_col;
        let steps = cut(&nest, out.early);
        let parts = nest
            .iter()
            .zip(&steps)
            .map(|((_, count, _), step)| count.div_ceil(*step));
        let parts: Vec<usize> = parts.collect();
        for number in 0..parts.iter().product() {
            let mut base = out.base as i64 + first;
            let mut ranges = corner.clone();
            let mut part = Vec::new();
            let mut narrower = Vec::new();
            let mut rest: usize = number;
            for (level, &(axis, count, stride)) in nest.iter().enumerate() {
                let begin = rest % parts[level] * steps[level];
                rest /= parts[level];
                let steps = steps[level].min(count - begin);
                base += begin as i64 * stride;
                part.push((steps, stride, 0));
                if let (Some((axis, unit)), true) = (axis, steps < count) {
                    narrower.push((axis, begin * unit, steps * unit));
                }
            }
            for (axis, first, len) in narrower.into_iter().rev() {
                narrow(&mut ranges, axis, first, len);
            }
            let commit = Command::Commit(Commit {
                levels: 0,
                base: base as u32,
                out: self.problem.out,
                mult: self.problem.mult,
                shift: self.problem.shift,
                sync: Sync::default(),
            });
            let event = self.schedule.push(commit, levels(&part)?, &out.free);
            self.count(job, &ranges, out.number);
            if out.early > 0 {
                self.store(out.number, event)?;
            }
        }
        Ok(())
    }

    /// Counts the results of a part of a job.
    fn count(&mut self, job: &Job, ranges: &[Range], number: usize) {
        let open = &mut self.open[number];
        let range = |axis: usize| {
            let range = ranges.iter().find(|range| range.axis == axis);
            let (first, len) = range.map_or((0, job.span.lens[axis]), |r| (r.first, r.len));
            (job.span.start[axis] - open.span.start[axis] + first, len)
        };
        let others = (0..job.span.lens.len()).filter(|&a| self.problem.output[a] != 0);
        let volume: usize = others.map(|a| range(a).1).product();
        let (first, len) = open.axis.map_or((0, 1), range);
        for count in &mut open.counts[first..first + len] {
            *count += volume / len;
        }
    }

    /// Stores what a box has from its beginning on, and is not yet stored, if anything; `last` committed to it last.
    /// A row of DM is read when all of it is there, so that none is read and written at once.
    pub(super) fn store(&mut self, number: usize, last: Event) -> Result<(), Reject> {
        let (problem, flit) = (self.problem, self.config.flit);
        let open = &self.open[number];
        let whole = open.counts.len();
        let there = open
            .counts
            .iter()
            .take_while(|count| **count == open.full)
            .count();
        let stride = open.axis.map_or(0, |axis| open.layout.dm[axis] as usize);
        let boxes = (0..self.plan.slices_used()).filter_map(|s| {
            let (start, lens) = self.slice_box(&open.span, s)?;
            Some((s, start, lens))
        });
        let boxes: Vec<_> = boxes.collect();
        let same = |lens: &[usize]| {
            let mut axes = lens.iter().zip(&open.span.lens).enumerate();
            axes.all(|(a, (slice, all))| Some(a) == open.axis || slice == all)
        };
        let one_run = open.layout.is_run() && boxes.iter().all(|(_, _, lens)| same(lens));
        let from = open.stored;
        let to = match (there == whole, one_run) {
            (true, true) => open.layout.bytes,
            (true, false) => whole,
            (false, true) => there * stride / flit * flit,
            // Halves overlap.
            (false, false) if problem.half().is_some() => 0,
            (false, false) => (0..=there)
                .rev()
                .find(|n| n * stride % flit == 0)
                .unwrap_or(0),
        };
        let mut stores = Vec::new();
        for (s, start, mut lens) in boxes {
            let ext = address(problem.output_ext, &problem.output, &start);
            let dm = s * self.config.dm_bytes() + open.base;
            let (ext, dm, rows) = match (one_run, open.axis) {
                (true, axis) => {
                    let cut = axis.map_or(0, |a| (open.span.lens[a] - lens[a]) * stride);
                    let to = to.min(open.layout.bytes - cut);
                    let rows = Rows {
                        bytes: to.saturating_sub(from),
                        loops: Vec::new(),
                    };
                    (ext + from as u64, dm + from, rows)
                }
                (false, Some(axis)) => {
                    lens[axis] = to.min(lens[axis]).saturating_sub(from);
                    if lens[axis] == 0 {
                        continue;
                    }
                    let ext = ext as i64 + from as i64 * problem.output[axis];
                    (
                        ext as u64,
                        dm + from * stride,
                        open.layout.rows(&lens, true),
                    )
                }
                (false, None) => (ext, dm, open.layout.rows(&lens, true)),
            };
            if rows.bytes > 0 && from < to {
                stores.push(dma(ext, dm, &rows, false)?);
            }
        }
        let key = open.key.clone();
        self.open[number].stored = to.max(from);
        for (dma, nest) in joined(stores) {
            let store = self.schedule.push(Command::Store(dma), nest, &[last]);
            self.stored = Some(store);
            if let Some(resident) = self.output.find(&key) {
                resident.read_by(store);
            }
        }
        Ok(())
    }

    /// Closes boxes that are stored.
    pub(super) fn close(&mut self) {
        self.open
            .retain(|open| open.counts.iter().any(|count| *count < open.full));
    }
}

/// How many iterations of each level go in one exec, so that there are about `parts` of them: the outer levels are
/// cut, as long as each walks one axis.
fn cut(nest: &[Walk], parts: usize) -> Vec<usize> {
    let mut steps: Vec<usize> = nest.iter().map(|(_, count, _)| *count).collect();
    let mut left = parts;
    for (level, &(axis, count, _)) in nest.iter().enumerate().rev() {
        if left < 2 || axis.is_none() {
            break;
        }
        let step = count.div_ceil(left.min(count));
        steps[level] = step;
        left /= count.div_ceil(step);
        if step > 1 {
            break;
        }
    }
    steps
}

/// Keeps of `ranges` only `len` indices of an axis, from the range's `first` one on.
fn narrow(ranges: &mut Vec<Range>, axis: usize, first: usize, len: usize) {
    match ranges.iter_mut().find(|range| range.axis == axis) {
        Some(range) => (range.first, range.len) = (range.first + first, len),
        None => ranges.push(Range { axis, first, len }),
    }
}
