//! `tcpu doctor`: the tools of others, and where they are.

use clap::Args;
use comfy_table::{presets, Table};
use serde::Serialize;
use tcpu_synth::tools::{cache, checkup, Finding, State};

use crate::error::Error;
use crate::output::say;

#[derive(Args)]
pub struct DoctorArgs {
    /// Report as JSON.
    #[arg(long)]
    json: bool,
}

/// One tool.
#[derive(Serialize)]
struct Row {
    tool: &'static str,
    purpose: &'static str,
    /// `path`, `cache`, `comes` (it installs itself on first use) or `missing`.
    state: &'static str,
    /// The version that is there, or that would come.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    /// Its folder in the cache, or how it would be got.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
}

#[derive(Serialize)]
struct Report {
    cache: String,
    tools: Vec<Row>,
}

impl From<&Finding> for Row {
    fn from(finding: &Finding) -> Row {
        let (state, version, place) = match &finding.state {
            State::Path { version } => ("path", Some(version.clone()), None),
            State::Cache { version, folder } => (
                "cache",
                Some(version.clone()),
                Some(folder.display().to_string()),
            ),
            State::Comes { package, folder } => (
                "comes",
                Some(package.clone()),
                Some(folder.display().to_string()),
            ),
            State::Missing { how, .. } => ("missing", None, Some(how.clone())),
        };
        Row {
            tool: finding.tool,
            purpose: finding.purpose,
            state,
            version,
            place,
        }
    }
}

/// Prints a line per tool.
///
/// # Errors
/// A tool that much depends on is missing and does not come by itself.
pub fn doctor(args: &DoctorArgs) -> Result<(), Error> {
    let findings = checkup()?;
    let report = Report {
        cache: cache()?.display().to_string(),
        tools: findings.iter().map(Row::from).collect(),
    };
    say(&match args.json {
        true => serde_json::to_string_pretty(&report).unwrap_or_default(),
        false => table(&report),
    });
    let missing = findings.iter().filter(|finding| {
        let State::Missing { needed, .. } = finding.state else {
            return false;
        };
        needed
    });
    let missing: Vec<&str> = missing.map(|finding| finding.tool).collect();
    match missing.is_empty() {
        true => Ok(()),
        false => Err(Error::Missing(missing.join(", "))),
    }
}

fn table(report: &Report) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_header(["tool", "for", "", "version", "where"]);
    for row in &report.tools {
        let state = match row.state {
            "path" => "there, on PATH",
            "cache" => "there, in the cache",
            "comes" => "comes by itself",
            _ => "missing",
        };
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        table.add_row([
            row.tool,
            row.purpose,
            state,
            &text(&row.version),
            &text(&row.place),
        ]);
    }
    table.to_string()
}
