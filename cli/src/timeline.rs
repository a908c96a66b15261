//! Timelines in the Chrome trace format: open them in Perfetto or `chrome://tracing`. A cycle is a microsecond.

use serde::Serialize;
use serde_json::{json, Value};
use tcpu_isa::asm;
use tcpu_isa::program::Program;
use tcpu_isa::{Activity, Command, Interval, Unit};

use crate::error::Error;
use crate::output::Sink;

#[derive(Serialize)]
struct Trace {
    #[serde(rename = "traceEvents")]
    events: Vec<Value>,
    #[serde(rename = "otherData")]
    about: Value,
}

/// The context that a unit belongs to: a process of the trace.
fn context(unit: Unit) -> (usize, &'static str) {
    match unit {
        Unit::Fetch | Unit::Contract | Unit::Commit => (1, "main"),
        Unit::TrfLoad => (2, "sub"),
        Unit::Load | Unit::Store => (3, "dma"),
    }
}

/// Writes what each unit did when; an event carries its exec's command.
///
/// # Errors
/// See [`Sink::write`].
pub fn write(sink: Sink, program: &Program, intervals: &[Interval]) -> Result<(), Error> {
    let execs = |unit: Unit| {
        let commands = program.commands.iter().filter(|c| c.unit() == unit);
        let execs = commands.filter(|c| !matches!(c, Command::Loop { .. }));
        execs.map(asm::line).collect::<Vec<_>>()
    };
    let execs = Unit::ALL.map(execs);
    let mut events = Vec::new();
    for unit in Unit::ALL {
        let (process, name) = context(unit);
        let meta = |kind: &str, name: &str| {
            json!({
                "name": kind, "ph": "M", "pid": process, "tid": unit as usize, "args": { "name": name },
            })
        };
        events.push(meta("process_name", name));
        events.push(meta("thread_name", unit.name()));
    }
    for interval in intervals {
        let unit = interval.unit;
        let what = match interval.activity {
            Activity::Busy => "busy",
            Activity::Stalled => "stalled",
            Activity::Waiting => "waits for a semaphore",
            Activity::Idle => continue,
        };
        let command = execs[unit as usize].get(interval.exec);
        events.push(json!({
            "name": what,
            "cat": unit.name(),
            "ph": "X",
            "ts": interval.from,
            "dur": interval.to - interval.from,
            "pid": context(unit).0,
            "tid": unit as usize,
            "args": { "exec": interval.exec, "command": command },
        }));
    }
    let about =
        json!({ "program": program.source, "preset": program.config.name, "unit": "cycle" });
    sink.write(|out| serde_json::to_writer(out, &Trace { events, about }))
}
