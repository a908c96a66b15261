//! The TRF operand on its way from DM to the TRF.

use tcpu_isa::{Command, Tail, TrfLoad};

use super::operands::{inside, BoxKey};
use super::ring::Ring;
use super::words::{fetch_words, levels, offset, parts};
use super::{Emitter, Job, Reject, Span};
use crate::plan::Mode;
use crate::region::Layout;
use crate::schedule::Event;

/// Names a box in the TRF.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct TrfKey {
    dm: BoxKey,
    lane: Option<usize>,
    /// The flits' axis, seen by the operand or not, and its length.
    byte: Option<(usize, usize)>,
    layout: TrfLayout,
}

/// Boxes in the TRF; which parts, as first index and length on each axis, are filled.
pub(super) type TrfRing = Ring<TrfKey, Vec<(usize, usize)>>;

/// A job's part of the TRF operand in the TRF.
pub(super) struct Held {
    /// The TRF byte at which it begins.
    pub base: usize,
    pub filled: Event,
    pub layout: TrfLayout,
    pub key: TrfKey,
}

/// How the TRF operand lies in the TRF: byte strides in a lane.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct TrfLayout {
    pub strides: Vec<i64>,
    /// Byte stride of a lane group.
    pub group: i64,
    rows: usize,
    /// Lanes share flits along the lane axis.
    pub skew: bool,
}

/// A part of a box: first index and length on each axis.
struct Part {
    first: Vec<usize>,
    lens: Vec<usize>,
}

impl Emitter<'_> {
    fn trf_layout(&self, span: &Span, dm: &[i64]) -> TrfLayout {
        let f = self.config.flit;
        let l = self.config.lanes;
        let axes = self.problem.axes.len();
        let strides = &self.problem.operands[self.plan.weights()];
        let mut trf = TrfLayout {
            strides: vec![0; axes],
            group: 0,
            rows: 1,
            skew: false,
        };
        let lane_len = self.plan.lane.map_or(1, |a| span.lens[a]);
        trf.skew = match self.plan.lane {
            Some(lane) => self.plan.byte.is_none() && dm[lane] == 1 && lane_len > 1,
            None => false,
        };
        if let Some(byte) = self.plan.byte {
            trf.strides[byte] = 1;
            trf.rows = span.lens[byte].div_ceil(f);
        } else if trf.skew {
            trf.group = l as i64;
            trf.rows = lane_len.div_ceil(f);
        }
        for a in (0..axes).rev() {
            if strides[a] != 0 && Some(a) != self.plan.lane && Some(a) != self.plan.byte {
                trf.strides[a] = (trf.rows * f) as i64;
                trf.rows *= span.lens[a];
            }
        }
        if !trf.skew {
            trf.group = (trf.rows * f) as i64;
            trf.rows *= lane_len.div_ceil(l);
        }
        trf
    }

    /// Brings the job's part of the TRF operand into the TRF.
    pub(super) fn weight_box(&mut self, job: &Job) -> Result<Held, Reject> {
        let operand = self.plan.weights();
        let (f, l) = (self.config.flit, self.config.lanes);
        let span = self.box_of(job, operand);
        let strides = &self.problem.operands[operand];
        let layout = Layout::new(strides, &span.lens, 1, f);
        let trf = self.trf_layout(&span, &layout.dm);
        let mut start = inside(strides, &job.span, &span);
        if let Some(byte) = self.plan.byte {
            start[byte] = job.span.start[byte] - span.start[byte];
        }
        let mut within = offset(&trf.strides, &start) as usize;
        if let Some(lane) = self.plan.lane {
            if start[lane] % l != 0 {
                return Err(Reject::Trf);
            }
            within += start[lane] / l * trf.group as usize;
        }
        if self.plan.mode != Mode::Outer && within % f != 0 {
            return Err(Reject::Trf);
        }
        let key = TrfKey {
            dm: self.key(&span, operand),
            lane: self.plan.lane,
            byte: self.plan.byte.map(|byte| (byte, span.lens[byte])),
            layout: trf.clone(),
        };
        let mut after = Vec::new();
        if self.trf.find(&key).is_none() {
            let room = self.trf.allocate(key.clone(), trf.rows, 1);
            after = room.ok_or(Reject::Trf)?.1;
        }
        let flit_axis = self.flit_axis(&trf);
        let found = self.trf.find(&key).ok_or(Reject::Trf)?;
        let row = found.start;
        // Whole flits, and whole groups of lanes.
        let part = (0..start.len()).map(|a| {
            let unit = match (Some(a) == flit_axis, Some(a) == self.plan.lane) {
                (true, _) => f,
                (_, true) => l,
                _ => 1,
            };
            if strides[a] == 0 && Some(a) != flit_axis {
                return (0, 1);
            }
            let first = start[a] - start[a] % unit;
            let end = (start[a] + job.span.lens[a]).next_multiple_of(unit);
            (first, end.min(span.lens[a]) - first)
        });
        let part: Vec<(usize, usize)> = part.collect();
        let missing = missing(&found.filled, &part)?;
        let held = |filled: Event| Held {
            base: row * f + within,
            filled,
            layout: trf.clone(),
            key,
        };
        let missing = match missing {
            Ok(filled) => return Ok(held(filled)),
            Err(missing) => missing,
        };
        let (first, lens): (Vec<usize>, Vec<usize>) = missing.into_iter().unzip();
        let (dm, loaded) = self.load(&span, (&first, &lens), operand, &layout)?;
        after.push(loaded);
        let read = Part { first, lens };
        let filled = self.trf_load(&layout, &trf, &read, (dm, row), &after)?;
        let held = held(filled);
        self.box_read(&held.key.dm, filled);
        if let Some(found) = self.trf.find(&held.key) {
            found.filled.push((part, filled));
        }
        Ok(held)
    }

    /// Brings a part of a box into the TRF: whole groups of lanes, then the rest.
    fn trf_load(
        &mut self,
        layout: &Layout,
        trf: &TrfLayout,
        part: &Part,
        (dm, row): (usize, usize),
        after: &[Event],
    ) -> Result<Event, Reject> {
        let (f, l) = (self.config.flit, self.config.lanes);
        let Part { first, lens } = part;
        let flit_axis = self.flit_axis(trf);
        let flits = l as i64;
        let mut nest = Vec::new();
        let (mut packet, mut pack) = (1, 1);
        let mut tail = None;
        if let Some(byte) = flit_axis {
            let len = lens[byte];
            if len > 1 && layout.dm[byte] != 1 {
                pack = len.min(f);
                nest.push((pack, layout.dm[byte], 0));
            } else {
                packet = len.min(f);
            }
            nest.push((len.div_ceil(f), f as i64 * layout.dm[byte], flits));
            // What lies behind the axis is not ours, and may be on its way in.
            if len > f && len % f > 0 {
                let level = nest.iter().filter(|level| level.0 > 1).count() - 1;
                tail = Some(Tail {
                    level: level as u8,
                    bytes: (len % f) as u8,
                });
            }
        }
        for (a, &stride) in trf.strides.iter().enumerate() {
            if stride != 0 && Some(a) != self.plan.byte {
                nest.push((lens[a], layout.dm[a], stride / f as i64 * flits));
            }
        }
        let group = trf.group / f as i64 * flits;
        let mut at = offset(&trf.strides, first);
        if let Some(lane) = self.plan.lane {
            at += (first[lane] / l) as i64 * trf.group;
        }
        let groups = match self.plan.lane.filter(|_| !trf.skew) {
            Some(lane) => parts(lens[lane], l),
            None => vec![(0, 1, 1)],
        };
        let by_lane = self.plan.lane.map_or(0, |lane| layout.dm[lane]);
        let mut filled = None;
        for (lane, groups, lanes) in groups {
            let mut nest = nest.clone();
            nest.push((lanes, by_lane, 1));
            nest.push((groups, l as i64 * by_lane, group));
            let base = dm as i64 + offset(&layout.dm, first) + lane as i64 * by_lane;
            let load = Command::TrfLoad(TrfLoad {
                fetch: fetch_words(base as usize, packet, pack, tail),
                trf: ((row as i64 + at / f as i64) * flits + (lane / l) as i64 * group) as u32,
                broadcast: trf.skew,
            });
            filled = Some(self.schedule.push(load, levels(&nest)?, after));
        }
        filled.ok_or(Reject::Trf)
    }

    /// The axis inside a flit of the TRF.
    fn flit_axis(&self, trf: &TrfLayout) -> Option<usize> {
        match trf.skew {
            true => self.plan.lane,
            false => self.plan.byte,
        }
    }
}

/// What of `part` is not among the parts that are `filled`; if nothing is, the exec that brought it. It must be
/// all of the part, or its end along one axis.
#[allow(clippy::type_complexity)]
fn missing(
    filled: &[(Vec<(usize, usize)>, Event)],
    part: &[(usize, usize)],
) -> Result<Result<Event, Vec<(usize, usize)>>, Reject> {
    let end = |range: &(usize, usize)| range.0 + range.1;
    let mut rest = part.to_vec();
    for (there, event) in filled.iter().rev() {
        let axes = || there.iter().zip(&rest);
        if axes().any(|(a, b)| end(a) <= b.0 || end(b) <= a.0) {
            continue;
        }
        let mut open = axes().enumerate();
        let mut open = open
            .by_ref()
            .filter(|(_, (a, b))| a.0 > b.0 || end(a) < end(b));
        match (open.next(), open.next()) {
            (None, _) => return Ok(Ok(*event)),
            (Some((axis, (a, b))), None) if a.0 <= b.0 => {
                rest[axis] = (end(a), end(b) - end(a));
            }
            _ => return Err(Reject::Trf),
        }
    }
    Ok(Err(rest))
}
