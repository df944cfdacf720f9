//! Files of this host that outlive their purpose.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::super::{Item, Kind, Name, Place};
use super::{Leftover, Origin};
use crate::disk;

/// What the environment says of this host.
pub struct Host {
    /// The homes whose files can be read.
    pub homes: Vec<PathBuf>,
    /// Folders for what is not to stay.
    pub temporary: Vec<PathBuf>,
    /// Where sealed files of this project lie.
    pub root: PathBuf,
}

/// What people type, by where programs keep it below a home.
const TYPED: [&str; 18] = [
    ".bash_history",
    ".zsh_history",
    ".zhistory",
    ".histfile",
    ".sh_history",
    ".ash_history",
    ".ksh_history",
    ".local/share/fish/fish_history",
    ".config/fish/fish_history",
    ".python_history",
    ".node_repl_history",
    ".psql_history",
    ".mysql_history",
    ".mariadb_history",
    ".rediscli_history",
    ".mongorc_history",
    ".lesshst",
    ".viminfo",
];

/// What editors keep of files, by folders below a home.
const EDITED: [&str; 7] = [
    ".local/state/nvim",
    ".local/share/nvim",
    ".vim",
    ".cache/vim",
    ".emacs.d/auto-save-list",
    ".config/Code/User/History",
    ".local/share/nano",
];

/// A file in a temporary folder that is larger is none that a person made there.
const LARGEST: u64 = 64 << 20;

/// More files than this in a temporary folder are those of a program.
const MOST: usize = 20_000;

/// All such files, and what was left out.
pub fn files(host: &Host) -> (Vec<Leftover>, Vec<String>) {
    let (mut found, mut notes) = (Vec::new(), Vec::new());
    for home in &host.homes {
        for name in TYPED {
            add(&home.join(name), Origin::Typed, &mut found);
        }
        for folder in EDITED {
            for path in disk::walk(&home.join(folder), &|_| false).files {
                add(&path, Origin::Edited, &mut found);
            }
        }
        for name in disk::names(home).unwrap_or_default() {
            let path = home.join(&name);
            if is_copy(&path) {
                add(&path, Origin::Copy, &mut found);
            }
        }
    }
    let aside = |folder: &Path| {
        let name = folder.file_name().unwrap_or_default();
        name == ".git" || name == "node_modules" || folder.ends_with(".reseal/lock")
    };
    for path in disk::walk(&host.root, &aside).files {
        if is_copy(&path) {
            add(&path, Origin::Copy, &mut found);
        }
    }
    for folder in &host.temporary {
        let mut all = disk::walk(folder, &|_| false);
        // what people leave lies further up than what programs do
        all.files.sort_by_key(|path| path.components().count());
        if all.files.len() > MOST || !all.failures.is_empty() {
            let (more, shut) = (all.files.len().saturating_sub(MOST), all.failures.len());
            notes.push(format!("{folder:?}: {more} files and {shut} folders were not looked at"));
        }
        for path in all.files.iter().take(MOST) {
            add(path, Origin::Temporary, &mut found);
        }
    }
    found.sort_by(|a, b| a.item.name.path.cmp(&b.item.name.path));
    found.dedup_by(|a, b| a.item.name.path == b.item.name.path);
    (found, notes)
}

fn is_copy(path: &Path) -> bool {
    matches!(Name::of(path.as_os_str().as_bytes()).kind, Kind::Env | Kind::Leftover)
}

fn add(path: &Path, origin: Origin, found: &mut Vec<Leftover>) {
    if disk::lstat(path).is_some_and(|stat| stat.is_file && stat.size > 0 && stat.size <= LARGEST) {
        let item = Item::new(path.as_os_str().as_bytes(), Place::Disk(path.to_path_buf()));
        found.push(Leftover { item, origin });
    }
}
