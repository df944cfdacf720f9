//! What goes wrong around a sealed file: modes, owners, key files, ignore rules, plaintext that was left lying.
//!
//! A finding says where and what, and names the command that mends it. What can be mended without losing anything is
//! mended on request; plaintext is never removed here.

mod ignore;
mod leftovers;
mod values;

pub use ignore::ignore;
pub use values::lossy;

use std::path::{Path, PathBuf};

use crate::disk::{self, Attributes, Project, quoted};
use crate::error::Result;

/// Something that is wrong.
pub struct Finding {
    /// Where.
    pub path: PathBuf,
    /// What.
    pub what: String,
    /// The command that mends it.
    pub remedy: String,
    mend: Mend,
}

enum Mend {
    Attributes(Attributes),
    Ignore(PathBuf),
    ByHand,
}

impl Finding {
    /// One that a person mends.
    pub fn by_hand(path: PathBuf, what: String, remedy: String) -> Self {
        Finding { path, what, remedy, mend: Mend::ByHand }
    }

    /// Mends it, if that loses nothing. Answers whether it did.
    pub fn mend(&self, project: &Project) -> Result<bool> {
        match self.mend {
            Mend::Attributes(attributes) => disk::correct(&self.path, attributes).map(|()| true),
            Mend::Ignore(ref file) => {
                ignore(&project.root, &[file.as_path()], project.attributes.owner).map(|_| true)
            }
            Mend::ByHand => Ok(false),
        }
    }
}

/// A plaintext file that the policy asks for.
pub struct Asked<'a> {
    /// Where, as the policy says it.
    pub path: &'a Path,
    /// What it shall have.
    pub attributes: Attributes,
}

/// Looks at everything that can be seen without opening the file. `mirrors` are other sealed files of the project.
pub fn examine(
    project: &Project,
    mirrors: &[Project],
    key_files: &[PathBuf],
    asked: &[Asked<'_>],
) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    attributes(&project.sealed, project.attributes, &mut findings);
    for mirror in mirrors {
        attributes(&mirror.sealed, mirror.attributes, &mut findings);
    }
    for path in key_files {
        if let Some(stat) = disk::stat(path)
            && stat.open_to_others()
        {
            findings.push(Finding {
                path: path.clone(),
                what: format!("the key can be read by others (mode {:04o})", stat.mode),
                remedy: format!("chmod 600 {}", quoted(path)),
                mend: Mend::Attributes(Attributes { mode: 0o600, owner: stat.owner }),
            });
        }
    }
    own_files(project, &project.state(), &mut findings)?;
    for file in asked {
        attributes(&project.resolve(file.path), file.attributes, &mut findings);
    }
    let files: Vec<&Path> = asked.iter().map(|file| file.path).collect();
    for missing in ignore::missing(&project.root, &files)? {
        findings.push(Finding {
            path: project.root.join(".gitignore"),
            what: format!("{missing} is not ignored: it could be committed"),
            remedy: format!("echo '{missing}' >> .gitignore"),
            mend: Mend::Ignore(PathBuf::from(missing)),
        });
    }
    let sealed: Vec<&Path> =
        std::iter::once(project).chain(mirrors).map(|project| project.sealed.as_path()).collect();
    for leftover in leftovers::find(&project.root, &sealed)? {
        findings.push(Finding {
            remedy: format!("shred -u {}", quoted(&leftover.path)),
            path: leftover.path,
            what: leftover.what,
            mend: Mend::ByHand,
        });
    }
    Ok(findings)
}

fn attributes(path: &Path, wanted: Attributes, findings: &mut Vec<Finding>) {
    let Some(stat) = disk::stat(path) else { return };
    if stat.mode != wanted.mode {
        findings.push(Finding {
            path: path.to_path_buf(),
            what: format!("has mode {:04o}, not {:04o}", stat.mode, wanted.mode),
            remedy: format!("chmod {:o} {}", wanted.mode, quoted(path)),
            mend: Mend::Attributes(wanted),
        });
    }
    if stat.owner != wanted.owner {
        findings.push(Finding {
            path: path.to_path_buf(),
            what: format!("belongs to {}, not to {}", stat.owner, wanted.owner),
            remedy: format!("chown {} {}", wanted.owner, quoted(path)),
            mend: Mend::Attributes(wanted),
        });
    }
}

/// Everything below `.reseal/`: files 0600, folders 0700, of the sealed file's owner.
fn own_files(project: &Project, folder: &Path, findings: &mut Vec<Finding>) -> Result<()> {
    // a link is none of ours, and may have been laid so that root mends what it leads to
    let Some(stat) = disk::lstat(folder).filter(|s| s.is_file || s.is_folder) else { return Ok(()) };
    let owner = project.attributes.owner;
    attributes(folder, Attributes { mode: if stat.is_folder { 0o700 } else { 0o600 }, owner }, findings);
    if stat.is_folder {
        for name in disk::names(folder)? {
            own_files(project, &folder.join(name), findings)?;
        }
    }
    Ok(())
}
