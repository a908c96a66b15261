//! Files that are written whole or not at all, and the standard output.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::Error;

/// Where an output will be written: a file beside the final one, so that nothing half-written is ever
/// there under its name.
pub struct Sink {
    file: NamedTempFile,
    path: PathBuf,
}

impl Sink {
    /// Makes sure, before any work, that the output can be written.
    ///
    /// # Errors
    /// A directory that is not there or cannot be written to.
    pub fn create(path: &Path) -> Result<Sink, Error> {
        let fail = |reason: String| Error::Output {
            path: path.into(),
            reason,
        };
        if path.is_dir() {
            return Err(fail("it is a directory".to_string()));
        }
        let folder = match path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let file = tempfile::Builder::new()
            .permissions_like_new_files()
            .tempfile_in(folder)
            .map_err(|e| fail(e.to_string()))?;
        Ok(Sink {
            file,
            path: path.into(),
        })
    }

    /// Writes the content and puts the file in its place.
    ///
    /// # Errors
    /// A disk that is full, say.
    pub fn write<E: ToString>(
        mut self,
        content: impl FnOnce(&mut BufWriter<&mut File>) -> Result<(), E>,
    ) -> Result<(), Error> {
        let path = self.path.clone();
        let fail = |reason: String| Error::Output {
            path: path.clone(),
            reason,
        };
        let mut out = BufWriter::new(self.file.as_file_mut());
        content(&mut out).map_err(|e| fail(e.to_string()))?;
        out.flush().map_err(|e| fail(e.to_string()))?;
        drop(out);
        self.file
            .persist(&self.path)
            .map_err(|e| fail(e.error.to_string()))?;
        Ok(())
    }
}

/// Prints lines to the standard output. A reader that has seen enough (`head`, say) closes the pipe: that
/// is no error.
pub fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Result files get the permissions of ordinary new files, not those of secrets.
trait Permissions {
    fn permissions_like_new_files(&mut self) -> &mut Self;
}

impl Permissions for tempfile::Builder<'_, '_> {
    #[cfg(unix)]
    fn permissions_like_new_files(&mut self) -> &mut Self {
        use std::os::unix::fs::PermissionsExt;
        // The umask is applied on top.
        self.permissions(std::fs::Permissions::from_mode(0o666))
    }

    #[cfg(not(unix))]
    fn permissions_like_new_files(&mut self) -> &mut Self {
        self
    }
}
