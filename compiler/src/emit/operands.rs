//! Operands on their way in: from external memory to DM.

use tcpu_isa::Command;

use super::ring::Ring;
use super::words::{address, dma, joined, offset};
use super::{Emitter, Job, Reject, Span, OUTPUT};
use crate::plan::Reach;
use crate::region::Layout;
use crate::schedule::Event;

/// Names a box in DM: which part of which tensor, and how slices share it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct BoxKey {
    step: usize,
    tensor: usize,
    /// Axis, first index, length; of each axis that the tensor sees.
    ranges: Vec<[usize; 3]>,
    /// Axis, ways, and (if the tensor sees the axis) a slice's share and where the last one ends.
    slices: Vec<[usize; 4]>,
}

/// Boxes in DM; how many units of their layouts are filled.
pub(super) type DmRing = Ring<BoxKey, usize>;
/// A job's part of the stream operand in DM.
pub(super) struct Streamed {
    /// Where it begins.
    pub base: i64,
    pub filled: Event,
    pub layout: Layout,
    pub key: BoxKey,
}

impl Emitter<'_> {
    /// Byte strides of an operand, or of the output.
    fn strides(&self, tensor: usize) -> &[i64] {
        self.problem
            .operands
            .get(tensor)
            .unwrap_or(&self.problem.output)
    }

    /// The box in which a job's part of an operand or of the output lies.
    pub(super) fn box_of(&self, job: &Job, tensor: usize) -> Span {
        let mut span = job.block.clone();
        let reach = match tensor {
            OUTPUT => self.results,
            _ => self.plan.reach[usize::from(tensor == self.plan.weights())],
        };
        for (axis, &stride) in self.strides(tensor).iter().enumerate() {
            if stride == 0 || reach == Reach::Job {
                continue;
            }
            if self.plan.ways(axis) == 1 {
                span.start[axis] = 0;
                span.lens[axis] = self.problem.whole[axis];
            } else if reach == Reach::Share {
                span.start[axis] = self.problem.origin[axis];
                span.lens[axis] = self.plan.share(self.problem, axis);
            }
        }
        span
    }

    /// Names a box.
    pub(super) fn key(&self, span: &Span, tensor: usize) -> BoxKey {
        let problem = self.problem;
        let strides = self.strides(tensor);
        let sees = |a: usize| strides[a] != 0;
        let seen = (0..problem.axes.len()).filter(|&a| sees(a));
        let spread = self.plan.slices.iter().any(|&(a, _)| sees(a));
        let slices = self.plan.slices.iter().filter(|_| spread);
        let slices = slices.map(|&(a, ways)| match sees(a) {
            true => {
                let end = problem.origin[a] + problem.axes[a].size;
                [a, ways, self.plan.share(problem, a), end]
            }
            false => [a, ways, 0, 0],
        });
        BoxKey {
            step: problem.step,
            tensor,
            ranges: seen.map(|a| [a, span.start[a], span.lens[a]]).collect(),
            slices: slices.collect(),
        }
    }

    /// Brings the part `start`, `lens` of an operand's box into DM, into a ring of the stream or of the weights
    /// (if it is in neither yet); says where the box is, and what to wait for.
    pub(super) fn load(
        &mut self,
        span: &Span,
        (start, lens): (&[usize], &[usize]),
        operand: usize,
        layout: &Layout,
    ) -> Result<(usize, Event), Reject> {
        let flit = self.config.flit;
        let strides = &self.problem.operands[operand];
        let key = self.key(span, operand);
        let own = usize::from(operand == self.plan.weights());
        let home = (0..2).find(|&ring| self.operands[ring].find(&key).is_some());
        let mut after = Vec::new();
        if home.is_none() {
            let ring = &mut self.operands[own];
            // A box that is followed by others shares its ring with the next one.
            let whole = (0..strides.len()).all(|a| {
                strides[a] == 0 || span.lens[a] * self.plan.ways(a) >= self.problem.axes[a].size
            });
            if !whole && layout.bytes > ring.size / 2 {
                return Err(Reject::Dm);
            }
            let room = ring.allocate(key.clone(), layout.bytes, flit);
            after = room.ok_or(Reject::Dm)?.1;
            if self.problem.chained && operand == 0 {
                after.extend(self.step_stored);
            }
        }
        let home = home.unwrap_or(own);
        let found = self.operands[home].find(&key).ok_or(Reject::Dm)?;
        let (base, from) = (
            found.start,
            found.filled.last().map_or(0, |(units, _)| *units),
        );
        let need = layout.units(start, lens);
        if let Some((_, filled)) = found.filled.iter().find(|(units, _)| *units >= need) {
            return Ok((base, *filled));
        }
        let to = layout.round_up(need, flit);
        let spread = self.plan.slices.iter().any(|&(a, _)| strides[a] != 0);
        let used = if spread { self.plan.slices_used() } else { 1 };
        let zero = vec![0; strides.len()];
        // What each slice has of it: where its box begins, its lengths, and its units.
        let parts = (0..used).filter_map(|s| {
            let (start, lens) = self.slice_box(span, s)?;
            let to = to.min(layout.units(&zero, &lens));
            (from < to).then_some((s, start, lens, to))
        });
        let parts: Vec<_> = parts.collect();
        let broadcast = !spread && self.config.slices > 1;
        let mut loads = Vec::new();
        let mut units = from;
        for (s, start, lens, to) in parts {
            let (ext_from, dm_from, rows) = layout.slab(&lens, from, to);
            let ext = address(self.problem.operand_ext[operand], strides, &start);
            let dm = s * self.config.dm_bytes() + base + dm_from as usize;
            loads.push(dma(ext + ext_from as u64, dm, &rows, broadcast)?);
            units = units.max(to);
        }
        // The first load of all has as few words before it as can be.
        if !self.schedule.is_empty() {
            loads = joined(loads);
        }
        let mut filled = None;
        for (dma, nest) in loads {
            filled = Some(self.schedule.push(Command::Load(dma), nest, &after));
        }
        let filled = filled.ok_or(Reject::Dm)?;
        if let Some(found) = self.operands[home].find(&key) {
            found.filled.push((units, filled));
        }
        Ok((base, filled))
    }

    /// Notes that an exec reads an operand's box in DM.
    pub(super) fn box_read(&mut self, key: &BoxKey, event: Event) {
        for ring in &mut self.operands {
            if let Some(resident) = ring.find(key) {
                resident.read_by(event);
            }
        }
    }

    /// Brings the job's part of the stream operand in.
    pub(super) fn stream_box(&mut self, job: &Job) -> Result<Streamed, Reject> {
        let operand = self.plan.stream();
        let span = self.box_of(job, operand);
        let strides = &self.problem.operands[operand];
        let layout = Layout::new(strides, &span.lens, 1, self.config.flit);
        let start = inside(strides, &job.span, &span);
        let (base, filled) = self.load(&span, (&start, &job.span.lens), operand, &layout)?;
        Ok(Streamed {
            base: base as i64 + offset(&layout.dm, &start),
            filled,
            layout,
            key: self.key(&span, operand),
        })
    }
}

/// Where a job's part begins inside the box that it lies in; zero on axes that the tensor does not see.
pub(super) fn inside(strides: &[i64], job: &Span, span: &Span) -> Vec<usize> {
    let axes = strides.iter().enumerate();
    axes.map(|(a, &stride)| match stride {
        0 => 0,
        _ => job.start[a] - span.start[a],
    })
    .collect()
}
