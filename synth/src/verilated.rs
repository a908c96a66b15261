//! Emitted Verilog as a library in this process.
//!
//! ```text
//! modules ──Verilator──> C++ ─┐
//!            ports ──> shim ──┤
//!         Verilator's runtime ┴─ one compiler call ──> model.so ──> ports by name, eval
//! ```
//!
//! The library is cached by the content of everything that it is made from.

use std::ffi::c_void;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use libloading::{Library, Symbol};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::design::{write, Module};
use crate::module::Port;
use crate::tools::{self, ToolError, Verilator};

/// What Verilator is told: what the design does not say is up to the start of a model, no delays, optimise. Its
/// opinions are asked for elsewhere: a netlist of gates has vectors whose bits seem to feed themselves.
const VERILATOR: [&str; 10] = [
    "--cc",
    "-Wno-fatal",
    "-O3",
    "--x-assign",
    "fast",
    "--x-initial",
    "unique",
    "--no-timing",
    "--prefix",
    "Vmodel",
];

/// What the C++ compiler is told, beside how much to optimise.
const COMPILER: [&str; 5] = [
    "-std=c++20",
    "-fPIC",
    "-pthread",
    "-fvisibility=hidden",
    "-w",
];

/// What can go wrong with a model.
#[derive(Debug, Error)]
pub enum ModelError {
    #[error(transparent)]
    Tool(#[from] ToolError),
    #[error("{}: {error}", path.display())]
    File {
        path: PathBuf,
        error: std::io::Error,
    },
    #[error("the model {} cannot be loaded: {reason}", path.display())]
    Load { path: PathBuf, reason: String },
    #[error("the model has no {way} called {name:?} with at most {width} bits")]
    NoPort {
        way: &'static str,
        name: String,
        width: usize,
    },
}

/// A port of a [`Model`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortId(usize);

/// What registers and memories hold at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// What the design says; zero where it says nothing.
    Given,
    /// Random bits, by this seed, whatever the design says; inputs are zero.
    Random(u32),
}

/// How much work the compiler puts into a model: netlists are large, and few cycles of them are simulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effort {
    Full,
    None,
}

impl Effort {
    fn flag(self) -> &'static str {
        match self {
            Effort::Full => "-O2",
            Effort::None => "-O0",
        }
    }
}

/// A module under simulation, in its state after power-up.
pub struct Model {
    instance: *mut c_void,
    eval: unsafe extern "C" fn(*mut c_void),
    free: unsafe extern "C" fn(*mut c_void),
    ports: Vec<Port>,
    places: Vec<*mut c_void>,
    path: PathBuf,
    // Dropped last: everything above points into it.
    library: Arc<Library>,
}

// SAFETY: a model is used by one thread at a time; it shares nothing with other models.
unsafe impl Send for Model {}

impl Model {
    /// The model of a design, whose top is the first module. The first use builds it, which takes seconds to
    /// minutes.
    ///
    /// # Errors
    /// A tool that is not there or refuses its input, or a cache that cannot be written.
    pub fn new(modules: &[Module]) -> Result<Model, ModelError> {
        Model::built(modules, Effort::Full)
    }

    /// The model of a design, quickly built and slow: for a netlist.
    ///
    /// # Errors
    /// As for [`Model::new`].
    pub fn quick(modules: &[Module]) -> Result<Model, ModelError> {
        Model::built(modules, Effort::None)
    }

    fn built(modules: &[Module], effort: Effort) -> Result<Model, ModelError> {
        let ports = modules.first().map_or(&[][..], |top| &top.ports);
        let path = build(modules, ports, effort)?;
        // SAFETY: the library was made by `build`, and its initialisers are Verilator's.
        let library = unsafe { Library::new(&path) }.map_err(load(&path))?;
        Model::of(Arc::new(library), path, ports, Start::Given)
    }

    /// Another model of the same design, from a start of its own. That takes no time.
    ///
    /// # Errors
    /// As for [`Model::new`].
    pub fn again(&self, start: Start) -> Result<Model, ModelError> {
        Model::of(self.library.clone(), self.path.clone(), &self.ports, start)
    }

    fn of(
        library: Arc<Library>,
        path: PathBuf,
        ports: &[Port],
        start: Start,
    ) -> Result<Model, ModelError> {
        let refused = path.clone();
        let load = load(&refused);
        // SAFETY: the shim declares these functions with these types.
        let (instance, eval, free, places) = unsafe {
            let new: Symbol<unsafe extern "C" fn(u32, u32) -> *mut c_void> =
                library.get(b"model_new").map_err(&load)?;
            let eval: Symbol<unsafe extern "C" fn(*mut c_void)> =
                library.get(b"model_eval").map_err(&load)?;
            let free: Symbol<unsafe extern "C" fn(*mut c_void)> =
                library.get(b"model_free").map_err(&load)?;
            let find: Symbol<unsafe extern "C" fn(*mut c_void, *mut *mut c_void)> =
                library.get(b"model_ports").map_err(&load)?;
            let mut places = vec![std::ptr::null_mut(); ports.len()];
            let instance = match start {
                Start::Given => new(0, 0),
                Start::Random(seed) => new(1, seed),
            };
            find(instance, places.as_mut_ptr());
            (instance, *eval, *free, places)
        };
        let mut model = Model {
            instance,
            eval,
            free,
            ports: ports.to_vec(),
            places,
            path,
            library,
        };
        for port in (0..ports.len()).filter(|port| ports[*port].input) {
            model.set(PortId(port), &[]);
        }
        Ok(model)
    }

    /// All ports, in the module's order.
    pub fn ports(&self) -> impl Iterator<Item = (PortId, &Port)> {
        self.ports
            .iter()
            .enumerate()
            .map(|(i, port)| (PortId(i), port))
    }

    fn port(&self, name: &str, input: bool, width: usize) -> Result<PortId, ModelError> {
        let fits = |port: &Port| port.name == name && port.input == input && port.width <= width;
        let found = self.ports.iter().position(fits).map(PortId);
        found.ok_or_else(|| ModelError::NoPort {
            way: if input { "input" } else { "output" },
            name: name.to_string(),
            width,
        })
    }

    /// The input of this name.
    ///
    /// # Errors
    /// There is none, or it is wider than that.
    pub fn input(&self, name: &str, width: usize) -> Result<PortId, ModelError> {
        self.port(name, true, width)
    }

    /// The output of this name.
    ///
    /// # Errors
    /// There is none, or it is wider than that.
    pub fn output(&self, name: &str, width: usize) -> Result<PortId, ModelError> {
        self.port(name, false, width)
    }

    /// Sets an input, lowest word first; missing words are zero and higher bits are cut off.
    pub fn set(&mut self, port: PortId, words: &[u64]) {
        let (width, place) = (self.ports[port.0].width, self.places[port.0]);
        let word = |i: usize| words.get(i).copied().unwrap_or(0);
        let low = word(0) & mask(width);
        // SAFETY: Verilator keeps a port of this width in a number of this type.
        unsafe {
            match width {
                0..=8 => *place.cast::<u8>() = low as u8,
                9..=16 => *place.cast::<u16>() = low as u16,
                17..=32 => *place.cast::<u32>() = low as u32,
                33..=64 => *place.cast::<u64>() = low,
                _ => {
                    for i in 0..width.div_ceil(32) {
                        let part = (word(i / 2) >> (32 * (i % 2))) & mask(width - 32 * i);
                        *place.cast::<u32>().add(i) = part as u32;
                    }
                }
            }
        }
    }

    /// The low 64 bits of a port.
    pub fn get(&self, port: PortId) -> u64 {
        self.word(port, 0)
    }

    /// Bits `64 * index` and up of a port.
    pub fn word(&self, port: PortId, index: usize) -> u64 {
        let (width, place) = (self.ports[port.0].width, self.places[port.0]);
        if 64 * index >= width {
            return 0;
        }
        // SAFETY: as in `set`.
        unsafe {
            match width {
                0..=8 => u64::from(*place.cast::<u8>()),
                9..=16 => u64::from(*place.cast::<u16>()),
                17..=32 => u64::from(*place.cast::<u32>()),
                33..=64 => *place.cast::<u64>(),
                _ => {
                    let part = |i: usize| match 32 * i < width {
                        true => u64::from(*place.cast::<u32>().add(i)),
                        false => 0,
                    };
                    part(2 * index) | part(2 * index + 1) << 32
                }
            }
        }
    }

    /// Lets all signals settle; registers take a rising edge of their clock.
    pub fn eval(&mut self) {
        // SAFETY: the instance lives as long as this.
        unsafe { (self.eval)(self.instance) }
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        // SAFETY: nothing uses the instance after this.
        unsafe { (self.free)(self.instance) }
    }
}

/// What to say of a library that does not load.
fn load(path: &Path) -> impl Fn(libloading::Error) -> ModelError + '_ {
    |error| ModelError::Load {
        path: path.to_path_buf(),
        reason: error.to_string(),
    }
}

/// The low `width` bits.
fn mask(width: usize) -> u64 {
    match width {
        0..=63 => (1 << width) - 1,
        _ => u64::MAX,
    }
}

/// The C++ between Verilator's class and a C interface.
fn shim(ports: &[Port]) -> String {
    let mut text = "\
#include \"Vmodel.h\"
#define API extern \"C\" __attribute__((visibility(\"default\")))
struct Started : VerilatedContext {
    Started(unsigned random, unsigned seed) {
        const char* arguments[] = {\"model\", \"+random\"};
        commandArgs(random ? 2 : 1, arguments);
        randReset(random ? 2 : 0);
        // Seed 0 is the time of day.
        randSeed(1 + static_cast<int>(seed % 0x7fffffff));
    }
};
struct Model {
    Started context;
    Vmodel top{&context};
    Model(unsigned random, unsigned seed) : context{random, seed} {}
};
API void* model_new(unsigned random, unsigned seed) { return new Model{random, seed}; }
API void model_free(void* model) { delete static_cast<Model*>(model); }
API void model_eval(void* model) { static_cast<Model*>(model)->top.eval(); }
API void model_ports(void* model, void** places) {
    Vmodel& top = static_cast<Model*>(model)->top;
"
    .to_string();
    for (i, port) in ports.iter().enumerate() {
        // Writing to a string cannot fail. A double underscore is spelled out in Verilator's names.
        let name = port.name.replace("__", "___05F");
        let _ = writeln!(text, "    places[{i}] = &top.{name};");
    }
    text.push_str("    (void)top; (void)places;\n}\n");
    text
}

/// A design whose registers and memories are set at first only if the start is not random.
fn startable(modules: &[Module]) -> Vec<Module> {
    let startable = |module: &Module| {
        let mut text = String::new();
        let mut parts = module.text.split("initial ").peekable();
        while let Some(part) = parts.next() {
            text.push_str(part);
            let inside = part.ends_with(|c: char| c.is_alphanumeric() || c == '_');
            text.push_str(match (parts.peek(), inside) {
                (None, _) => "",
                (_, true) => "initial ",
                _ => "initial if (!$test$plusargs(\"random\")) ",
            });
        }
        Module {
            text,
            ..module.clone()
        }
    };
    modules.iter().map(startable).collect()
}

/// The library of a design, from the cache or new.
fn build(modules: &[Module], ports: &[Port], effort: Effort) -> Result<PathBuf, ModelError> {
    let verilator = Verilator::find()?;
    let compiler = tools::compiler();
    let shim = shim(ports);
    let modules = startable(modules);
    let mut hash = Sha256::new();
    let parts = modules.iter().map(|module| module.text.as_str());
    let fixed = [
        shim.as_str(),
        compiler.as_str(),
        effort.flag(),
        env!("CARGO_PKG_VERSION"),
    ];
    for part in parts.chain(fixed).chain(VERILATOR).chain(COMPILER) {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    let name = format!("models/{:x}", hash.finalize());
    let folder = tools::once(&name, |folder| {
        let top = modules.first().map_or("", |top| &top.name);
        eprintln!("tcpu: building the Verilated model of {top}, once");
        let files = write(&modules, folder)?;
        let path = folder.join("shim.cpp");
        fs::write(&path, &shim).map_err(|error| ModelError::File { path, error })?;
        let mut arguments = VERILATOR.to_vec();
        arguments.extend(["--top-module", top, "--Mdir", "."]);
        arguments.extend(files.iter().map(String::as_str));
        verilator.run(folder, &arguments)?;
        compile(folder, &compiler, &verilator, effort)
    })?;
    Ok(folder.join(LIBRARY))
}

const LIBRARY: &str = "model.so";

/// The source that includes all others.
const ALL: &str = "all.cpp";

/// A compiler that finds Verilator's headers, in a folder.
fn compiler_in(folder: &Path, compiler: &str, verilator: &Verilator) -> Command {
    let include = verilator.include();
    let mut command = Command::new(compiler);
    command.current_dir(folder).args(COMPILER);
    command.arg("-I").arg(".").arg("-I").arg(&include);
    command.arg("-I").arg(include.join("vltstd"));
    command
}

/// The parts of Verilator's runtime that every model needs.
const RUNTIME: [&str; 2] = ["verilated", "verilated_threads"];

/// The objects of the runtime, from the cache or new.
fn runtime(compiler: &str, verilator: &Verilator) -> Result<Vec<PathBuf>, ModelError> {
    let include = verilator.include();
    let mut hash = Sha256::new();
    let place = include.to_string_lossy();
    for part in [
        compiler,
        place.as_ref(),
        Verilator::VERSION,
        Effort::Full.flag(),
    ]
    .into_iter()
    .chain(COMPILER)
    {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    let name = format!("runtimes/{:x}", hash.finalize());
    let folder = tools::once(&name, |folder| {
        let sources = RUNTIME.map(|name| include.join(format!("{name}.cpp")));
        let mut command = compiler_in(folder, compiler, verilator);
        tools::run(command.args([Effort::Full.flag(), "-c"]).args(sources)).map(|_| ())
    })?;
    Ok(RUNTIME
        .map(|name| folder.join(format!("{name}.o")))
        .to_vec())
}

/// One call of the compiler for everything but the runtime.
fn compile(
    folder: &Path,
    compiler: &str,
    verilator: &Verilator,
    effort: Effort,
) -> Result<(), ModelError> {
    let entries = fs::read_dir(folder).map_err(|error| ModelError::File {
        path: folder.to_path_buf(),
        error,
    })?;
    let mut sources: Vec<String> = entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".cpp"))
        .collect();
    sources.sort();
    // As one source: most of the time goes into reading the same headers.
    let include = |name: &String| format!("#include \"{name}\"\n");
    let all: String = sources.iter().map(include).collect();
    let path = folder.join(ALL);
    fs::write(&path, all).map_err(|error| ModelError::File { path, error })?;
    let mut command = compiler_in(folder, compiler, verilator);
    command.args([effort.flag(), "-shared", ALL, "-o", LIBRARY]);
    tools::run(command.args(runtime(compiler, verilator)?))?;
    Ok(())
}
