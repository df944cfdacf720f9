//! A namespace in which nothing but RAM can be written to: for programs that leave copies of what they are shown.
//!
//! Every mount is made read-only. Over the folders that programs write to unasked lies an overlay: what was there can
//! be read, what is written goes to RAM. Where the kernel allows no overlay, a folder for temporary files is an empty
//! one in RAM, and any other is read-only.

use std::collections::BTreeMap;
use std::ffi::{CString, OsString};
use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use rustix::mount::{MountFlags, mount, mount_bind, mount_remount};

use super::Namespace;
use super::ram::Ram;
use crate::disk::failed;
use crate::error::{Error, Result};

/// Room for an editor's swap, undo and backup files.
const ROOM: usize = 256 << 20;
/// Where X11 has its sockets: an overlay does not pass them on.
const X11: &str = "/tmp/.X11-unix";

impl Namespace {
    /// Closes everything, and opens `/tmp`, `/var/tmp` and `home` upon RAM. Gives the folder in which the
    /// caller's own file is to lie; it is in RAM.
    pub fn close(&self, home: Option<&Path>) -> Result<PathBuf> {
        let temporary = ["/tmp", "/var/tmp"].map(|p| (PathBuf::from(p), true));
        let home = home.filter(|h| h.is_absolute() && h.parent().is_some()).map(|h| (h.to_path_buf(), false));
        let mut opened: Vec<(PathBuf, bool)> = Vec::new();
        for (folder, temporary) in temporary.into_iter().chain(home) {
            let Ok(folder) = fs::canonicalize(folder) else { continue };
            // what lies below one that is open is open
            if folder.is_dir() && !opened.iter().any(|(other, _)| folder.starts_with(other)) {
                opened.push((folder, temporary));
            }
        }
        read_only()?;
        let sockets = hold(Path::new(X11));
        let ram = Ram::mount(ROOM, &opened.iter().map(|(folder, _)| folder.as_path()).collect::<Vec<_>>())?;
        let laid = opened.iter().enumerate().try_for_each(|(n, (folder, temporary))| {
            open(&ram.place.join(n.to_string()), folder, *temporary)
        });
        ram.detach()?;
        laid?;
        if let Some(sockets) = sockets {
            // a display is a comfort
            let _ = fs::create_dir_all(X11);
            let _ = mount_bind(handle(&sockets), X11);
        }
        let (first, _) = opened.iter().find(|(_, temporary)| *temporary).ok_or_else(|| {
            Error::failed("there is no folder for temporary files: neither /tmp nor /var/tmp")
        })?;
        let folder = first.join(format!("reseal-edit-{}", std::process::id()));
        let made = fs::DirBuilder::new().mode(0o700).create(&folder);
        made.map_err(|e| failed("make the folder", &folder, &e))?;
        Ok(folder)
    }
}

/// Lays RAM over a folder, by an overlay if that is allowed.
fn open(layer: &Path, folder: &Path, temporary: bool) -> Result<()> {
    let [upper, work, empty] = ["upper", "work", "empty"].map(|name| layer.join(name));
    for part in [layer, &upper, &work, &empty] {
        let made = fs::DirBuilder::new().mode(0o700).create(part);
        made.map_err(|e| failed("make a folder in RAM for", folder, &e))?;
    }
    let Ok(there) = hold_or_fail(folder) else { return Ok(()) };
    let mode = there.metadata().map_or_else(|_| fs::Permissions::from_mode(0o700), |m| m.permissions());
    // the upper layer says who may enter the folder
    let _ = fs::set_permissions(&upper, mode.clone());
    let flags = MountFlags::NOSUID | MountFlags::NODEV;
    // by handles, so that no path needs to be quoted for the kernel
    let [up, aside] = [&upper, &work].map(|p| hold_or_fail(p));
    let (up, aside) = (up?, aside?);
    for extra in ["", ",userxattr"] {
        let options =
            format!("lowerdir={},upperdir={},workdir={}{extra}", handle(&there), handle(&up), handle(&aside));
        let options = CString::new(options).unwrap_or_default();
        if mount("reseal", folder, "overlay", flags, Some(options.as_c_str())).is_ok() {
            return Ok(());
        }
    }
    if temporary {
        let _ = fs::set_permissions(&empty, mode);
        return mount_bind(&empty, folder).map_err(|e| failed("lay RAM over", folder, &e.into()));
    }
    Ok(())
}

/// Makes every mount that this process can reach read-only.
fn read_only() -> Result<()> {
    let table = fs::read("/proc/self/mountinfo")
        .map_err(|e| failed("read", Path::new("/proc/self/mountinfo"), &e))?;
    // of several at one place only the uppermost can be reached, and it stands last
    let mounts: BTreeMap<PathBuf, MountFlags> = table.split(|b| *b == b'\n').filter_map(mounted).collect();
    for (place, flags) in mounts {
        // what must not be given up in a user namespace is kept
        let flags = flags | MountFlags::BIND | MountFlags::RDONLY;
        match mount_remount(&place, flags, c"") {
            Ok(()) => {}
            // out of reach for everybody in here: below a folder that is closed to this user, or below another mount
            Err(rustix::io::Errno::ACCESS | rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR) => {}
            // covered by a mount further up: there is no mount at the place that the path leads to
            Err(rustix::io::Errno::INVAL) => {}
            Err(e) => return Err(failed("make read-only", &place, &e.into())),
        }
    }
    Ok(())
}

/// The place and the flags of a line of mountinfo.
fn mounted(line: &[u8]) -> Option<(PathBuf, MountFlags)> {
    let mut fields = line.split(|b| *b == b' ');
    let place = unescape(fields.nth(4)?);
    let mut flags = MountFlags::empty();
    for option in fields.next()?.split(|b| *b == b',') {
        flags |= match option {
            b"nosuid" => MountFlags::NOSUID,
            b"nodev" => MountFlags::NODEV,
            b"noexec" => MountFlags::NOEXEC,
            b"noatime" => MountFlags::NOATIME,
            b"nodiratime" => MountFlags::NODIRATIME,
            b"relatime" => MountFlags::RELATIME,
            _ => MountFlags::empty(),
        };
    }
    Some((PathBuf::from(OsString::from_vec(place)), flags))
}

/// Blanks, line feeds and backslashes stand in the table as three octal digits.
fn unescape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let digits = text.get(at + 1..at + 4).filter(|_| text[at] == b'\\');
        let digits = digits.and_then(|d| std::str::from_utf8(d).ok());
        match digits.and_then(|d| u8::from_str_radix(d, 8).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 4;
            }
            None => {
                out.push(text[at]);
                at += 1;
            }
        }
    }
    out
}

fn hold(path: &Path) -> Option<File> {
    hold_or_fail(path).ok()
}

fn hold_or_fail(path: &Path) -> Result<File> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let held = rustix::fs::open(path, flags, Mode::empty());
    held.map(File::from).map_err(|e| failed("open", path, &e.into()))
}

fn handle(held: &File) -> String {
    format!("/proc/self/fd/{}", held.as_raw_fd())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_mountinfo_is_read() {
        let line = b"36 35 98:0 /a /mnt\\040x rw,nosuid,relatime shared:1 - ext4 /dev/root rw";
        let (place, flags) = mounted(line).unwrap();
        assert_eq!(place, Path::new("/mnt x"));
        assert_eq!(flags, MountFlags::NOSUID | MountFlags::RELATIME);
        assert_eq!(mounted(b""), None);
        assert_eq!(unescape(b"a\\134b\\zz"), b"a\\b\\zz");
    }
}
