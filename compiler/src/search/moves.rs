//! Plans to try: structures to begin with, and changes of a plan.

use tcpu_isa::Config;

use crate::plan::{Mode, Plan, Reach};
use crate::problem::{Problem, Role};

/// Parts in which a job's results may be committed and stored.
const EARLY: [usize; 3] = [0, 4, 16];
const REACHES: [Reach; 3] = [Reach::Job, Reach::Line, Reach::Share];

/// Where an axis can be cut so that the larger part fills lanes, flits, slices or several of them.
pub(super) fn cut_points(config: &Config, problem: &Problem) -> Vec<(usize, usize)> {
    let (s, l, f) = (config.slices, config.lanes, config.flit);
    let mut points = Vec::new();
    for (number, axis) in problem.axes.iter().enumerate() {
        if axis.role != Role::Index {
            continue;
        }
        for unit in [s * f, s * config.columns, s * l, f, config.columns, l, s] {
            let at = axis.size - axis.size % unit;
            if !axis.reduced && at > 0 && at < axis.size && !points.contains(&(number, at)) {
                points.push((number, at));
            }
        }
    }
    points
}

/// Every sensible assignment of axes to Packet, Lane and Slice, with boxes of one element.
pub(super) fn structures(config: &Config, problem: &Problem, banks: [usize; 3]) -> Vec<Plan> {
    let mut plans = Vec::new();
    let axes = 0..problem.axes.len();
    let reduced = |a: usize| problem.axes[a].reduced;
    let order: Vec<usize> = output_axes(problem).collect();
    let lens: Vec<usize> = problem
        .axes
        .iter()
        .map(|axis| match axis.role {
            Role::Half => axis.size,
            Role::Index | Role::Digit => 1,
        })
        .collect();
    for swap in [false, true] {
        if problem.packed == Some(usize::from(swap)) {
            continue;
        }
        let x = &problem.operands[usize::from(swap)];
        let w = &problem.operands[usize::from(!swap)];
        let lanes = axes
            .clone()
            .filter(|&a| !reduced(a) && x[a] == 0 && w[a] != 0)
            .map(Some);
        let lanes: Vec<_> = or_none(lanes.collect());
        let outer = axes
            .clone()
            .filter(|&a| !reduced(a) && x[a] != 0 && w[a] == 0);
        let outer: Vec<_> = or_none(outer.map(Some).collect());
        let pairs: Vec<_> = axes
            .clone()
            .filter(|&a| config.columns == config.flit && !reduced(a) && x[a] != 0 && w[a] != 0)
            .map(Some)
            .collect();
        let inner: Vec<_> = axes
            .clone()
            .filter(|&a| reduced(a) && problem.axes[a].role == Role::Index)
            .map(Some)
            .collect();
        let modes = outer
            .into_iter()
            .map(|p| (Mode::Outer, p))
            .chain(inner.into_iter().map(|p| (Mode::Inner, p)))
            .chain(pairs.into_iter().map(|p| (Mode::Pair, p)));
        for (mode, packet) in modes {
            for &lane in &lanes {
                let bytes: Vec<Option<usize>> = match mode {
                    Mode::Inner | Mode::Pair => vec![packet],
                    Mode::Outer => byte_axes(problem, w, lane),
                };
                for byte in bytes {
                    for slices in slicings(config, problem) {
                        plans.push(Plan {
                            swap,
                            mode,
                            packet,
                            lane,
                            byte,
                            slices,
                            lens: lens.clone(),
                            order: order.clone(),
                            tile: vec![1; lens.len()],
                            reach: [Reach::Job; 2],
                            results: Reach::Job,
                            ahead: false,
                            ramp: 0,
                            taper: 0,
                            early: [0; 2],
                            spread: false,
                            banks,
                        });
                    }
                }
            }
        }
    }
    plans
}

fn or_none(axes: Vec<Option<usize>>) -> Vec<Option<usize>> {
    if axes.is_empty() {
        vec![None]
    } else {
        axes
    }
}

/// Axes that can lie inside a TRF flit: the contiguous one, else any contracted one.
fn byte_axes(problem: &Problem, w: &[i64], lane: Option<usize>) -> Vec<Option<usize>> {
    let axes = 0..problem.axes.len();
    let contiguous: Vec<_> = axes
        .clone()
        .filter(|&a| w[a] == 1 && Some(a) != lane)
        .map(Some)
        .collect();
    if !contiguous.is_empty() {
        return contiguous;
    }
    if lane.is_some_and(|lane| w[lane] == 1) {
        return vec![None];
    }
    or_none(
        axes.filter(|&a| w[a] != 0 && Some(a) != lane)
            .map(Some)
            .take(1)
            .collect(),
    )
}

/// Output axes that can be cut.
fn output_axes(problem: &Problem) -> impl Iterator<Item = usize> + '_ {
    (0..problem.axes.len())
        .filter(|&a| !problem.axes[a].reduced && problem.axes[a].role == Role::Index)
}

/// Ways to spread output axes over the slices.
fn slicings(config: &Config, problem: &Problem) -> Vec<Vec<(usize, usize)>> {
    let s = config.slices;
    let axes: Vec<usize> = output_axes(problem).collect();
    if s == 1 || axes.is_empty() {
        return vec![Vec::new()];
    }
    let mut slicings: Vec<Vec<(usize, usize)>> = axes.iter().map(|&a| vec![(a, s)]).collect();
    if s >= 4 {
        for (i, &a) in axes.iter().enumerate() {
            slicings.extend(axes[i + 1..].iter().map(|&b| vec![(a, 2), (b, s / 2)]));
        }
    }
    slicings
}

pub(super) fn split_banks(config: &Config) -> [usize; 3] {
    match config.dm_banks {
        0..=2 => [1, 1, 0],
        3 => [1, 1, 1],
        n => [n - 2, 1, 1],
    }
}

/// Jobs' lengths along an axis are best multiples of this.
fn unit(config: &Config, plan: &Plan, axis: usize) -> usize {
    match (Some(axis) == plan.lane, Some(axis) == plan.packet) {
        (true, _) => config.lanes,
        (_, true) => plan.packet_unit(config),
        _ => 1,
    }
}

/// Plans with the same structure whose jobs are small, in tiles that fill the accumulators.
pub(super) fn tiled(config: &Config, problem: &Problem, plan: Plan) -> Vec<Plan> {
    let mut small = plan.clone();
    let mut rows = config.acc_slots;
    for &axis in plan.order.iter().rev() {
        small.lens[axis] = unit(config, &plan, axis).min(plan.share(problem, axis));
        if rows > 1 && small.jobs(problem, axis) > 1 {
            small.tile[axis] = 2;
            rows /= 2;
        }
    }
    small.early = [4; 2];
    let mut plans = Vec::new();
    for flits in [4, 1] {
        for (axis, len) in small.lens.iter_mut().enumerate() {
            if problem.axes[axis].reduced {
                *len = (*len).min(flits * config.flit);
            }
        }
        for reach in [Reach::Job, Reach::Share] {
            plans.push(Plan {
                reach: [reach; 2],
                ..small.clone()
            });
        }
    }
    plans
}

/// Plans that differ from this one in one thing. What changes most comes first if the plan is `coarse`: others are
/// cheap to try then.
pub(super) fn neighbours(
    config: &Config,
    problem: &Problem,
    plan: &Plan,
    divide: bool,
    coarse: bool,
) -> Vec<Plan> {
    let (lens, details) = (lengths(config, problem, plan), details(plan));
    let mut plans = match coarse {
        true => [lens, details].concat(),
        false => [details, lens].concat(),
    };
    plans.extend(arrangements(config, problem, plan, divide));
    plans
}

/// A plan with a change, if it is one.
fn changed(plan: &Plan, change: &dyn Fn(&mut Plan)) -> Option<Plan> {
    let mut next = plan.clone();
    change(&mut next);
    (next != *plan).then_some(next)
}

/// Other lengths of jobs.
fn lengths(config: &Config, problem: &Problem, plan: &Plan) -> Vec<Plan> {
    let mut plans = Vec::new();
    let mut push = |change: &dyn Fn(&mut Plan)| plans.extend(changed(plan, change));
    for axis in (0..problem.axes.len()).filter(|&a| Some(a) != problem.half()) {
        let size = problem.axes[axis].size.div_ceil(plan.ways(axis));
        let len = plan.lens[axis];
        let unit = unit(config, plan, axis);
        let even = size.div_ceil(size.div_ceil(len));
        let lens = [
            2 * len,
            4 * len,
            len.div_ceil(2),
            len / 4,
            size,
            len + unit,
            even,
        ]
        .map(|n| n.next_multiple_of(unit).clamp(1, size));
        for n in lens {
            push(&|plan| plan.lens[axis] = n);
        }
    }
    plans
}

/// Other beginnings and ends, and other boxes.
fn details(plan: &Plan) -> Vec<Plan> {
    let mut plans = Vec::new();
    let mut push = |change: &dyn Fn(&mut Plan)| plans.extend(changed(plan, change));
    for ramp in [plan.ramp + 1, plan.ramp + 3, plan.ramp.saturating_sub(1)] {
        push(&|plan| plan.ramp = ramp);
    }
    for taper in [plan.taper + 1, plan.taper.saturating_sub(1)] {
        push(&|plan| plan.taper = taper);
    }
    for operand in 0..2 {
        for reach in REACHES {
            push(&|plan| plan.reach[operand] = reach);
        }
    }
    for reach in REACHES {
        push(&|plan| plan.results = reach);
    }
    for parts in EARLY {
        push(&|plan| plan.early[0] = parts);
        push(&|plan| plan.early[1] = parts);
    }
    push(&|plan| plan.ahead ^= true);
    push(&|plan| plan.spread ^= true);
    plans
}

/// Other tiles, orders, slices and banks.
fn arrangements(config: &Config, problem: &Problem, plan: &Plan, divide: bool) -> Vec<Plan> {
    let mut plans = Vec::new();
    let mut push = |change: &dyn Fn(&mut Plan)| plans.extend(changed(plan, change));
    for &axis in &plan.order {
        let tile = plan.tile[axis];
        for tile in [1, 2 * tile, tile.div_ceil(2)] {
            push(&|plan| plan.tile[axis] = tile);
        }
        // Two jobs in place of one.
        let half = plan.lens[axis]
            .div_ceil(2)
            .next_multiple_of(unit(config, plan, axis));
        push(&|plan| (plan.tile[axis], plan.lens[axis]) = (2 * tile, half.min(plan.lens[axis])));
    }
    for i in 1..plan.order.len() {
        push(&|plan| plan.order.swap(i - 1, i));
        push(&|plan| plan.order[..=i].rotate_right(1));
    }
    for slices in slicings(config, problem) {
        push(&|plan| plan.slices.clone_from(&slices));
    }
    for from in 0..3 {
        for to in 0..3 {
            if divide && from != to && plan.banks[from] > 1 {
                push(&|plan| {
                    plan.banks[from] -= 1;
                    plan.banks[to] += 1;
                });
            }
        }
    }
    plans
}
