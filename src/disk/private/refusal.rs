//! Why a machine allows no namespace, as far as it says so, and what helps.

use std::fs;
use std::io;

use crate::error::Error;

const NEED: &str = "a private mount namespace cannot";

/// `doing`: what could not be done with the namespace.
pub(super) fn explain(doing: &str, error: nix::Error) -> Error {
    explain_io(doing, &error.into())
}

pub(super) fn explain_io(doing: &str, error: &io::Error) -> Error {
    let (why, hint) = reason(error);
    Error::failed(format!("{NEED} {doing} here: {why}"))
        .note("it is what keeps the values in RAM and out of sight")
        .hint(hint)
}

fn reason(error: &io::Error) -> (String, &'static str) {
    let setting =
        |path: &str| fs::read_to_string(path).map(|text| text.trim().to_owned()).unwrap_or_default();
    if setting("/proc/sys/user/max_mnt_namespaces") == "0" {
        return (
            "mount namespaces are switched off (user.max_mnt_namespaces)".to_owned(),
            "allow them: `sysctl -w user.max_mnt_namespaces=15000`",
        );
    }
    if setting("/proc/sys/user/max_user_namespaces") == "0" {
        return (
            "user namespaces are switched off (user.max_user_namespaces)".to_owned(),
            "run it as root, or allow them: `sysctl -w user.max_user_namespaces=15000`",
        );
    }
    if setting("/proc/sys/kernel/unprivileged_userns_clone") == "0" {
        return (
            "user namespaces are switched off (kernel.unprivileged_userns_clone)".to_owned(),
            "run it as root, or allow them: `sysctl -w kernel.unprivileged_userns_clone=1`",
        );
    }
    if setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1" {
        return (
            "AppArmor lets ordinary users have none".to_owned(),
            "run it as root, or give reseal an AppArmor profile with the rule `userns,`",
        );
    }
    if error.raw_os_error() == Some(nix::Error::ENOSPC as i32) {
        return (
            "there are as many namespaces as are allowed".to_owned(),
            "see `sysctl user.max_user_namespaces user.max_mnt_namespaces`",
        );
    }
    let why = if error.kind() == io::ErrorKind::PermissionDenied {
        "it is not permitted".into()
    } else {
        error.to_string()
    };
    (
        why,
        "in a container it takes CAP_SYS_ADMIN; elsewhere run it as root, or look at what the kernel's security module forbids",
    )
}
